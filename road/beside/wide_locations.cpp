// Integrations that allow every bucket.
//
// Snowflake, "CREATE STORAGE INTEGRATION" (STORAGE_ALLOWED_LOCATIONS).
#include <algorithm>
#include <fmt/format.h>

#include "road/beside/beside.h"

namespace firn::road {

const Check FIRN402{
    .code = "FIRN402",
    .severity = Severity::warning,
    .title = "An integration allows every location",
    .cause = "allowed_locations is \"*\", or a whole bucket without a path.",
    .consequence =
        "Whoever may use the integration can stage everything that its role reaches: other "
        "data in the bucket, also logs and states.",
    .mend = "List the paths that the stages need."};

void find_wide_locations(const World& world, const std::vector<Road>&,
                         std::vector<CheckFinding>& findings) {
  for (const Object* integration : world.of_type("snowflake.storage_integration")) {
    for (const std::string& location : texts_of(*integration, "allowed_locations")) {
      const auto area = keys_of_url(location);
      const bool is_wide = location == "*" || (area && area->prefix.empty());
      if (!is_wide) continue;
      std::string mend;
      for (const Object* stage : world.of_type("snowflake.stage")) {
        if (text_of(*stage, "storage_integration") != output_of(*integration, "fqn")) continue;
        mend += fmt::format("{}\"{}\"", mend.empty() ? "" : ", ", text_of(*stage, "url"));
      }
      findings.push_back(finding_at(
          FIRN402, *integration, "allowed_locations",
          fmt::format("\"{}\" allows {}", integration->address,
                      location == "*" ? "every location" : "all of " + location),
          {}, mend.empty() ? std::string() : fmt::format("allowed_locations: [{}]", mend)));
    }
  }
}

}  // namespace firn::road
