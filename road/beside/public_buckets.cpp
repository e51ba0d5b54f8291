// Buckets that everybody can read.
//
// Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage".
#include <array>
#include <fmt/format.h>

#include "road/beside/beside.h"
#include "road/policies.h"
#include "road/requests.h"

namespace firn::road {

const Check FIRN406{
    .code = "FIRN406",
    .severity = Severity::error,
    .title = "A bucket's policy lets everybody in",
    .cause = "A statement allows reading, writing or listing to \"*\", and no condition limits it.",
    .consequence = "The bucket is public. While its locks are shut, S3 refuses the policy instead.",
    .mend = "Name who may, or limit the statement to an account, a network or an organization."};
const Check FIRN407{
    .code = "FIRN407",
    .severity = Severity::warning,
    .title = "A lock of a bucket against public access is open",
    .cause = "A member of public_access_block is false.",
    .consequence =
        "A later policy or access list can make the bucket public, and nothing stops it.",
    .mend = "public_access_block: {}"};

namespace {

constexpr std::array<std::string_view, 4> locks = {"block_public_acls", "block_public_policy",
                                                   "ignore_public_acls", "restrict_public_buckets"};

// Somebody without any account, over TLS.
bool is_open_to_all(const World& world, const Object& bucket, const aws::iam::Policy& policy,
                    const std::string& action) {
  const bool on_bucket = action == "s3:ListBucket";
  const aws::iam::Request request = request_by(world, aws::iam::Principal::anonymous(), action,
                                               output_of(bucket, "arn") + (on_bucket ? "" : "/*"));
  aws::iam::Policies policies;
  policies.resource = policy;
  return on_bucket ? evaluate(request, policies).allowed
                   : !evaluate_pattern(request, policies).granted.empty();
}

}  // namespace

void find_public_buckets(const World& world, const std::vector<Road>&,
                         std::vector<CheckFinding>& findings) {
  for (const Object* bucket : world.of_type("aws.s3_bucket")) {
    const Value& block = bucket->inputs.at("public_access_block");
    for (const std::string_view lock : locks) {
      if (block.bool_or(lock, true)) continue;
      findings.push_back(finding_at(FIRN407, *bucket, fmt::format("public_access_block.{}", lock),
                                    fmt::format("{} of \"{}\" is open", lock, bucket->address), {},
                                    "public_access_block: {}"));
    }
    const auto policy = policy_of_bucket(world, *bucket);
    if (!policy) continue;
    for (const char* action : {"s3:GetObject", "s3:PutObject", "s3:ListBucket"}) {
      if (!is_open_to_all(world, *bucket, *policy, action)) continue;
      findings.push_back(
          finding_at(FIRN406, *bucket, "statements",
                     fmt::format("everybody may {} in \"{}\"", action, bucket->address), {},
                     "name who may, in Principal or by a condition"));
    }
  }
}

}  // namespace firn::road
