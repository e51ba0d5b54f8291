#include "providers/snowflake/region.h"

#include <array>
#include <string>

#include "core/base/text.h"

namespace firn::snowflake {
namespace {

// The government's regions have names of their own. Snowflake documentation, "Supported cloud
// regions".
struct NamedRegion {
  std::string_view snowflake;
  std::string_view aws;
};
constexpr std::array government = {NamedRegion{"aws_us_gov_east_1", "us-east-1"},
                                   NamedRegion{"aws_us_gov_east_1_fhplus", "us-gov-east-1"},
                                   NamedRegion{"aws_us_gov_west_1", "us-gov-west-1"},
                                   NamedRegion{"aws_us_gov_west_1_dod", "us-gov-west-1"},
                                   NamedRegion{"aws_us_gov_west_1_fhplus", "us-gov-west-1"},
                                   NamedRegion{"aws_us_gov_west_2", "us-west-2"}};

}  // namespace

Whereabouts place_of(std::string_view shown) {
  const std::size_t dot = shown.rfind('.');
  const std::string id = replace_all(
      to_lower(dot == std::string_view::npos ? shown : shown.substr(dot + 1)), "-", "_");
  for (const NamedRegion& row : government) {
    if (row.snowflake == id) return {"aws", std::string(row.aws)};
  }
  const std::size_t end = id.find('_');
  if (end == std::string::npos) return {"", id};
  return {id.substr(0, end), replace_all(id.substr(end + 1), "_", "-")};
}

}  // namespace firn::snowflake
