// May the bucket publish to the topic?
//
// Amazon S3 User Guide, "Granting permissions to publish event notification messages to a
// destination"; Amazon SNS Developer Guide, "Managing Amazon SNS encryption keys and costs".
#include <fmt/format.h>

#include "road/hops/hops.h"

namespace firn::road {

const Check FIRN111{
    .code = "FIRN111",
    .severity = Severity::error,
    .title = "The topic does not let the bucket publish",
    .cause =
        "No statement of the topic's policy allows sns:Publish to s3.amazonaws.com on behalf of "
        "this bucket, or one denies it.",
    .consequence =
        "S3 refuses the notification rule, or, where the policy changes later, drops its "
        "events without a word.",
    .mend = "publishers: [\"${bucket}\"] on the aws.sns_topic."};
const Check FIRN112{
    .code = "FIRN112",
    .severity = Severity::error,
    .title = "The bucket may not use the key that encrypts the topic",
    .cause =
        "The topic is encrypted with a key whose policy does not let s3.amazonaws.com make data "
        "keys. The key of AWS itself, alias/aws/sns, never does.",
    .consequence = "S3 cannot publish, and no object is announced.",
    .mend =
        "Let s3.amazonaws.com use the key (kms:GenerateDataKey and kms:Decrypt), or leave the "
        "topic to SNS's own encryption."};

namespace {

using aws::iam::Policies;
using aws::iam::Request;

Request request_of_bucket(const World& world, const Keys& keys, std::string action,
                          std::string resource) {
  return request_for(world, "s3.amazonaws.com", bucket_arn(world, keys.bucket), std::move(action),
                     std::move(resource));
}

}  // namespace

std::optional<Hop> check_publishing(const World& world, const Load& load, const Keys& keys) {
  if (load.topic_arn.empty()) return std::nullopt;  // the bucket tells Snowflake's queue itself
  Hop hop{.title = "topic"};
  if (load.topic == nullptr) {
    hop.passage = Passage::unknown;
    hop.evidence = fmt::format("the topic {} is not in this stack", load.topic_arn);
    return hop;
  }
  hop.address = load.topic->address;
  const Request request = request_of_bucket(world, keys, "sns:Publish", load.topic_arn);
  Policies policies;
  policies.resource = policy_of_topic(world, *load.topic);
  const auto decision = evaluate(request, policies);
  if (!decision.allowed) {
    hop.passage = Passage::stops;
    hop.evidence = describe(decision);
    hop.findings.push_back(finding_at(
        FIRN111, *load.topic, "publishers",
        fmt::format("bucket {} may not publish to \"{}\"", keys.bucket, load.topic->address),
        describe(decision), mend_text(missing_statements(request, policies), nullptr, load.topic)));
    return hop;
  }
  hop.evidence = allowed_text(decision);
  const std::string key_text = text_of(*load.topic, "kms_key");
  if (key_text.empty()) return hop;
  const Object* key = find_key(world, key_text);
  if (key == nullptr) {
    const bool is_of_aws = key_text.ends_with("alias/aws/sns");
    hop.passage = is_of_aws ? Passage::stops : Passage::unknown;
    hop.evidence = fmt::format("the key {} is not in this stack", key_text);
    if (is_of_aws) {
      hop.findings.push_back(finding_at(FIRN112, *load.topic, "kms_key",
                                        "S3 may not use the key alias/aws/sns",
                                        "AWS keeps that key for requests of users and roles.",
                                        "encrypt with a key of your own, or remove kms_key"));
    }
    return hop;
  }
  for (const char* action : {"kms:GenerateDataKey", "kms:Decrypt"}) {
    const Request use = request_of_bucket(world, keys, action, output_of(*key, "arn"));
    Policies of_key;
    of_key.resource = policy_of_key(world, *key);
    of_key.resource_kind = aws::iam::ResourcePolicyKind::kms_key;
    const auto allowed = evaluate(use, of_key);
    if (allowed.allowed) continue;
    hop.passage = Passage::stops;
    hop.evidence = describe(allowed);
    hop.findings.push_back(
        finding_at(FIRN112, *load.topic, "kms_key",
                   fmt::format("S3 may not {} with \"{}\"", action, key->address),
                   describe(allowed), mend_text(missing_statements(use, of_key), nullptr, key)));
  }
  return hop;
}

}  // namespace firn::road
