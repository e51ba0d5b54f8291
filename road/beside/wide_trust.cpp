// Roles for Snowflake that others can take as well.
//
// IAM User Guide, "The confused deputy problem"; Snowflake, "Configuring a Snowflake storage
// integration to access Amazon S3", step 5.
#include <fmt/format.h>

#include "road/beside/beside.h"
#include "road/requests.h"

namespace firn::road {

const Check FIRN404{
    .code = "FIRN404",
    .severity = Severity::warning,
    .title = "A role can be taken by Snowflake without the external id",
    .cause = "The trust policy does not ask for sts:ExternalId.",
    .consequence =
        "Any Snowflake account whose users are the same can reach the bucket through an "
        "integration that names this role: one IAM user stands for many integrations.",
    .mend = "trust: { snowflake: \"${integration}\" } on the aws.iam_role."};
const Check FIRN405{
    .code = "FIRN405",
    .severity = Severity::warning,
    .title = "A role for Snowflake trusts others than the integration's user",
    .cause = "The trust policy names an account, \"*\", or a pattern, where one IAM user is meant.",
    .consequence =
        "Whoever else is meant by it and knows the external id can read what the role may "
        "read.",
    .mend = "trust: { snowflake: \"${integration}\" } on the aws.iam_role."};

using aws::iam::Principal;

void find_wide_trust(const World& world, const std::vector<Road>&,
                     std::vector<CheckFinding>& findings) {
  for (const std::string_view type :
       {"snowflake.storage_integration", "snowflake.notification_integration"}) {
    for (const Object* integration : world.of_type(type)) {
      const Object* role =
          world.by_output("aws.iam_role", "arn", text_of(*integration, "role_arn"));
      const std::string user = output_of(*integration, "iam_user_arn");
      if (role == nullptr || user.empty()) continue;
      const std::string external_id = external_id_of(*integration);
      const std::string mend =
          fmt::format("trust: {{ snowflake: \"${{{}}}\" }}", integration->address);
      if (taking(world, *role, Principal::user(user), "").allowed) {
        findings.push_back(
            finding_at(FIRN404, *role, "trust",
                       fmt::format("\"{}\" can be taken without the external id of \"{}\"",
                                   role->address, integration->address),
                       {}, mend));
      }
      // A user of the same account that is another one, and one of an account that has no part in
      // it.
      const std::string neighbour = user + "-somebody-else";
      const std::string stranger = "arn:aws:iam::999999999999:user/somebody-else";
      for (const std::string& other : {neighbour, stranger}) {
        if (!taking(world, *role, Principal::user(other), external_id).allowed) continue;
        findings.push_back(finding_at(FIRN405, *role, "trust",
                                      fmt::format("\"{}\" trusts others than the user of \"{}\"",
                                                  role->address, integration->address),
                                      fmt::format("{} could take it, for example.", other), mend));
        break;
      }
    }
  }
}

}  // namespace firn::road
