// May the role read the objects, list them, and decrypt them?
//
// Snowflake, "Configuring a Snowflake storage integration to access Amazon S3", step 1
// (s3:GetObject, s3:GetObjectVersion, s3:ListBucket, s3:GetBucketLocation); Amazon S3 User Guide,
// "Using server-side encryption with AWS KMS keys".
#include <fmt/format.h>

#include "road/hops/hops.h"

namespace firn::road {

const Check FIRN221{
    .code = "FIRN221",
    .severity = Severity::error,
    .title = "The role may not read the objects",
    .cause =
        "No policy of the role allows s3:GetObject on all of them, or a statement of the role, "
        "its boundary or the bucket denies it.",
    .consequence =
        "Snowflake is told of a file and cannot open it. CREATE PIPE looks at one name "
        "only, so it may succeed.",
    .mend =
        "s3_read: { bucket: \"${bucket}\", prefixes: [prefix/] } in a policy of the aws.iam_role."};
const Check FIRN222{
    .code = "FIRN222",
    .severity = Severity::error,
    .title = "The role may not list the stage's path",
    .cause = "No policy of the role allows s3:ListBucket with the stage's path as prefix.",
    .consequence = "CREATE PIPE, COPY over the stage, LIST and REFRESH fail.",
    .mend =
        "s3_read: { bucket: \"${bucket}\", prefixes: [prefix/] } in a policy of the aws.iam_role; "
        "with own statements, s3:prefix must match the path as Snowflake sends it."};
const Check FIRN223{
    .code = "FIRN223",
    .severity = Severity::error,
    .title = "The role may not decrypt the objects",
    .cause =
        "The bucket encrypts with a key of KMS, and either the role's policies or the key's own "
        "do not allow kms:Decrypt.",
    .consequence = "Each file fails with Access Denied, although the role may read it.",
    .mend =
        "kms_decrypt: { keys: [\"${key}\"] } in a policy of the aws.iam_role, or a statement in "
        "the key's policy."};

namespace {

using aws::iam::Decision;
using aws::iam::PatternDecision;
using aws::iam::Policies;
using aws::iam::Principal;
using aws::iam::Reach;
using aws::iam::Request;

class Reading {
 public:
  Reading(const World& world, const Load& load, const Keys& keys)
      : world_(world), load_(load), keys_(keys), own_(own_policies(world, *load.role)) {
    hop_.title = "role's permissions";
    hop_.address = load.role->address;
    policies_.identity = own_.identity;
    policies_.boundary = own_.boundary;
    if (load.bucket != nullptr) policies_.resource = policy_of_bucket(world, *load.bucket);
  }

  Hop check() {
    objects();
    list();
    decrypt();
    if (load_.bucket == nullptr && hop_.passage == Passage::passes) {
      hop_.evidence += fmt::format("; the policy of bucket {} is not in this stack", keys_.bucket);
    }
    return std::move(hop_);
  }

 private:
  [[nodiscard]] Request request(std::string action, std::string resource) const {
    Request request =
        request_by(world_, Principal::role_session(output_of(*load_.role, "arn"), "snowflake"),
                   std::move(action), std::move(resource));
    request.context.set("aws:RequestedRegion", world_.aws().region);
    return request;
  }

  void refuse(const Check& check, std::string summary, const Request& asked,
              const Policies& policies, const Decision& decision, Reach reach,
              const Object* resource, Passage passage = Passage::stops) {
    // What nobody here can read may allow it, unless something denies it.
    if (!own_.unknown.empty() && !decision.denied_by) {
      if (hop_.passage == Passage::passes) hop_.passage = Passage::unknown;
      hop_.evidence =
          fmt::format("{} is attached and not in this stack", fmt::join(own_.unknown, ", "));
      return;
    }
    hop_.passage = passage;
    hop_.evidence = describe(decision);
    hop_.findings.push_back(
        finding_at(check, *load_.role, "policies", std::move(summary), describe(decision),
                   mend_text(missing_statements(asked, policies, reach), load_.role, resource)));
  }

  void objects() {
    const Request asked = request("s3:GetObject", keys_.arn(world_.aws().partition));
    const std::string summary =
        fmt::format("\"{}\" may not read {}", load_.role->address, keys_.text());
    if (keys_.is_one) {
      const Decision decision = evaluate(asked, policies_);
      if (decision.allowed) {
        hop_.evidence = allowed_text(decision);
      } else {
        refuse(FIRN221, summary, asked, policies_, decision, Reach::one, load_.bucket);
      }
      return;
    }
    const PatternDecision decision = evaluate_pattern(asked, policies_);
    if (decision.too_large) {
      hop_.passage = Passage::unknown;
      hop_.evidence = "the policies have more cases than firn looks at";
    } else if (decision.allowed) {
      if (!decision.granted.empty())
        hop_.evidence = allowed_text(decision.granted.front().decision);
    } else {
      const auto& refused = decision.refused.front();
      refuse(FIRN221,
             decision.granted.empty() ? summary
                                      : fmt::format("{}: {} for example", summary, refused.example),
             asked, policies_, refused.decision, Reach::pattern, load_.bucket,
             decision.granted.empty() ? Passage::stops : Passage::some);
    }
  }

  void list() {
    Request asked = request("s3:ListBucket", bucket_arn(world_, keys_.bucket));
    asked.context.set("s3:prefix", load_.keys.prefix);
    const Decision decision = evaluate(asked, policies_);
    if (decision.allowed) return;
    refuse(FIRN222, fmt::format("\"{}\" may not list {}", load_.role->address, load_.keys.text()),
           asked, policies_, decision, Reach::one, load_.bucket);
  }

  void decrypt() {
    if (load_.bucket == nullptr) return;
    const Value& encryption = load_.bucket->inputs.at("encryption");
    if (!encryption.string_or("type", "").starts_with("sse_kms") &&
        encryption.string_or("type", "") != "dsse_kms") {
      return;
    }
    const std::string named = encryption.string_or("kms_key", "");
    const Object* key = find_key(world_, named);
    if (key == nullptr) {
      if (!named.empty() && !named.ends_with("alias/aws/s3")) {
        hop_.evidence += fmt::format("; the key {} is not in this stack", named);
      }
      return;
    }
    Request asked = request("kms:Decrypt", output_of(*key, "arn"));
    asked.context.set("kms:ViaService", fmt::format("s3.{}.amazonaws.com", world_.aws().region));
    asked.context.set("kms:CallerAccount", world_.aws().account);
    const std::string bucket = bucket_arn(world_, keys_.bucket);
    asked.context.set("kms:EncryptionContext:aws:s3:arn", encryption.bool_or("bucket_key", false)
                                                              ? bucket
                                                              : bucket + "/" + keys_.prefix);
    Policies policies = policies_;
    policies.resource = policy_of_key(world_, *key);
    policies.resource_kind = aws::iam::ResourcePolicyKind::kms_key;
    const Decision decision = evaluate(asked, policies);
    if (decision.allowed) {
      hop_.evidence += "; " + allowed_text(decision);
      return;
    }
    refuse(FIRN223,
           fmt::format("\"{}\" may not decrypt with \"{}\"", load_.role->address, key->address),
           asked, policies, decision, Reach::one, key);
  }

  const World& world_;
  const Load& load_;
  const Keys& keys_;
  OwnPolicies own_;
  Policies policies_;
  Hop hop_;
};

}  // namespace

std::optional<Hop> check_reading(const World& world, const Load& load, const Keys& keys) {
  if (load.role != nullptr) return Reading(world, load, keys).check();
  Hop hop{.title = "role's permissions"};
  hop.passage = Passage::unknown;
  hop.evidence = "the role is not in this stack";
  return hop;
}

}  // namespace firn::road
