// May Snowflake subscribe its queue to the topic?
//
// Snowflake, "Automating Snowpipe for Amazon S3", option 2; SYSTEM$GET_AWS_SNS_IAM_POLICY.
#include <fmt/format.h>

#include "road/hops/hops.h"

namespace firn::road {

const Check FIRN121{
    .code = "FIRN121",
    .severity = Severity::error,
    .title = "The topic does not let Snowflake subscribe",
    .cause =
        "No statement of the topic's policy allows sns:Subscribe to the IAM user of the "
        "Snowflake account, or one denies it.",
    .consequence =
        "CREATE PIPE fails. Where the statement is lost later, a pipe that is made anew "
        "hears nothing.",
    .mend =
        "subscribers: [\"${subscriber.iam_user_arn}\"] on the aws.sns_topic, with a look-up of "
        "snowflake.sns_subscriber."};

std::optional<Hop> check_subscription(const World& world, const Load& load, const Keys&) {
  if (load.topic_arn.empty()) return std::nullopt;
  Hop hop{.title = "subscription"};
  if (load.topic == nullptr) {
    hop.passage = Passage::unknown;
    hop.evidence = fmt::format("the topic {} is not in this stack", load.topic_arn);
    return hop;
  }
  hop.address = load.topic->address;
  const std::string user = snowflake_user(world, load);
  if (user.empty()) {
    hop.passage = Passage::unknown;
    hop.evidence = "nothing in this stack says as whom Snowflake subscribes";
    return hop;
  }
  aws::iam::Request request =
      request_by(world, aws::iam::Principal::user(user), "sns:Subscribe", load.topic_arn);
  request.context.set("sns:Protocol", "sqs");
  aws::iam::Policies policies;
  policies.identity_is_assumed = true;
  policies.resource = policy_of_topic(world, *load.topic);
  const auto decision = evaluate(request, policies);
  if (decision.allowed) {
    hop.evidence = allowed_text(decision);
    return hop;
  }
  hop.passage = Passage::stops;
  hop.evidence = describe(decision);
  hop.findings.push_back(
      finding_at(FIRN121, *load.topic, "subscribers",
                 fmt::format("Snowflake may not subscribe to \"{}\"", load.topic->address),
                 fmt::format("It does so as {} when \"{}\" is made.\n{}", user,
                             load.loader->address, describe(decision)),
                 mend_text(missing_statements(request, policies), nullptr, load.topic)));
  return hop;
}

}  // namespace firn::road
