// Notification rules that lead to another region.
//
// Amazon S3 User Guide, "Amazon S3 Event Notifications": the destination must be in the bucket's
// region.
#include <fmt/format.h>

#include "core/base/text.h"
#include "road/beside/beside.h"

namespace firn::road {

const Check FIRN408{
    .code = "FIRN408",
    .severity = Severity::error,
    .title = "A notification rule leads to another region",
    .cause = "The queue, topic or function is in another region than the bucket.",
    .consequence = "S3 refuses the rule.",
    .mend =
        "Make the destination in the bucket's region. Of a pipe whose Snowflake account is in "
        "another region, let a topic in the bucket's region stand between."};

void find_other_regions(const World& world, const std::vector<Road>&,
                        std::vector<CheckFinding>& findings) {
  for (const Object* rule : world.of_type("aws.s3_notification")) {
    const Object* bucket = world.by_name("aws.s3_bucket", text_of(*rule, "bucket"));
    if (bucket == nullptr) continue;
    for (const char* destination : {"topic", "queue", "function"}) {
      const std::vector<std::string> arn = split(text_of(*rule, destination), ':');
      if (arn.size() < 6 || arn[3].empty() || arn[3] == world.aws().region) continue;
      findings.push_back(
          finding_at(FIRN408, *rule, destination,
                     fmt::format("\"{}\" is in {}, and the {} in {}", bucket->address,
                                 world.aws().region, destination, arn[3]),
                     {}, "make it in the bucket's region"));
    }
  }
}

}  // namespace firn::road
