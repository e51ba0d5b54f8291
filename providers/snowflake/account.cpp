// snowflake.account, a look-up. Snowflake documentation: "CURRENT_ACCOUNT", "CURRENT_ACCOUNT_NAME",
// "CURRENT_ORGANIZATION_NAME", "CURRENT_REGION", "Account identifiers".
#include <array>

#include "core/base/text.h"
#include "providers/snowflake/look_up.h"
#include "providers/snowflake/region.h"

namespace firn::snowflake {
namespace {

constexpr std::array attributes = {
    Attribute{.name = "account_name",
              .doc = "Name of the account in its organization.",
              .computed = true},
    Attribute{.name = "cloud", .doc = "Where the account is: aws, azure or gcp.", .computed = true},
    Attribute{.name = "identifier",
              .doc = "Organization and account name, joined by a hyphen: what clients connect to.",
              .computed = true},
    Attribute{.name = "locator",
              .doc = "The account's older name, unique in its region.",
              .computed = true},
    Attribute{
        .name = "organization", .doc = "Organization that has the account.", .computed = true},
    Attribute{.name = "region",
              .doc = "Region of the account as its cloud calls it: eu-west-1.",
              .computed = true},
    Attribute{.name = "snowflake_region",
              .doc = "The same as Snowflake calls it: AWS_EU_WEST_1.",
              .computed = true},
};

Result<Statement> question(const Value&) {
  return Statement("SELECT")
      .word("CURRENT_ACCOUNT() AS \"account\",")
      .word("CURRENT_ORGANIZATION_NAME() AS \"organization\",")
      .word("CURRENT_ACCOUNT_NAME() AS \"account_name\",")
      .word("CURRENT_REGION() AS \"region\"");
}

Result<Map> answer(const Rows& rows, const Value&) {
  if (rows.rows.empty()) {
    return fail(ErrorKind::unavailable, "Snowflake does not say which account this is");
  }
  const Row& row = rows.rows.front();
  const std::string organization = row.text_at(1);
  const std::string name = row.text_at(2);
  const std::string shown = row.text_at(3);
  Whereabouts place = place_of(shown);
  return Map{{"account_name", name},
             {"cloud", std::move(place.cloud)},
             {"identifier", organization + "-" + replace_all(name, "_", "-")},
             {"locator", row.text_at(0)},
             {"organization", organization},
             {"region", std::move(place.region)},
             {"snowflake_region", shown.substr(shown.rfind('.') + 1)}};
}

constexpr ResourceType type{
    .name = "snowflake.account",
    .summary = "Look-up: the Snowflake account that the run works in.",
    .doc =
        "Its region tells whether files cross regions on their way: a bucket elsewhere costs "
        "egress, and notifications do not cross.",
    .example = "  type: snowflake.account\n",
    .attributes = attributes,
    .is_lookup = true};

}  // namespace

const LookUp account_look_up{.type = &type, .question = question, .answer = answer};

}  // namespace firn::snowflake
