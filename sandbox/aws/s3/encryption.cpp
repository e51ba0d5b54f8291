#include "sandbox/aws/s3/encryption.h"

#include <fmt/format.h>

#include "sandbox/aws/arn.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/kms/state.h"
#include "sandbox/aws/s3/operations.h"

namespace firn::sandbox::aws::s3 {
namespace {

std::optional<Value> find_key(const World& world, const Value& bucket, const std::string& text) {
  return kms::find_key(world, bucket.string_or("account", ""), bucket.string_or("region", ""),
                       text);
}

// S3 asks KMS on behalf of its caller, and says so. Source: AWS KMS Developer Guide, "AWS KMS
// condition keys".
Context through_s3(Context context, const Value& bucket, const std::string& account) {
  context.set("kms:CallerAccount", account);
  context.set("kms:ViaService", fmt::format("s3.{}.amazonaws.com", bucket.string_or("region", "")));
  return context;
}

// The key, after asking whether it can be used and whether the caller may; nothing when it is the
// one that AWS keeps for S3.
std::optional<Value> use_key(Call& call, const Value& bucket, const std::string& text,
                             const char* action) {
  if (kms::is_managed_by_aws(text)) return std::nullopt;
  const auto key = find_key(call.world, bucket, text);
  if (!key) {
    throw refusal(400, "KMS.NotFoundException", fmt::format("Key '{}' does not exist", text));
  }
  if (const auto problem = kms::unusable(*key)) {
    throw refusal(400, "KMS." + problem->code, problem->message);
  }
  const Context context = through_s3(call.context, bucket, call.caller.account);
  const auto verdict =
      kms::may_use(call.world, *key, call.caller, action, context, call.session_policy);
  if (!verdict.allowed) throw access_denied("s3", verdict.reason);
  return key;
}

bool by_kms(const std::string& algorithm) {
  return algorithm.starts_with("aws:kms");
}

}  // namespace

void set_encryption(Call& call, const Value& bucket, Version& version) {
  const Value& by_default = bucket.at("encryption");
  version.encryption = call.request.headers.get("x-amz-server-side-encryption");
  version.kms_key = call.request.headers.get("x-amz-server-side-encryption-aws-kms-key-id");
  if (version.encryption.empty()) {
    version.encryption = by_default.string_or("algorithm", "AES256");
    version.kms_key = by_default.string_or("kms_key", "");
  }
  if (!by_kms(version.encryption)) return;
  if (const auto key = use_key(call, bucket, version.kms_key, "kms:GenerateDataKey")) {
    version.kms_key = key->string_or("arn", "");  // an alias is followed once
  }
}

void check_decryption(Call& call, const Value& bucket, const Version& version) {
  if (by_kms(version.encryption)) (void)use_key(call, bucket, version.kms_key, "kms:Decrypt");
}

AwsDoor::Verdict key_lets(const World& world, const Value& bucket, const std::string& object_key,
                          const std::string& role_arn, const std::string& s3_action) {
  const bool reads = s3_action == "s3:GetObject" || s3_action == "s3:GetObjectVersion";
  if (!reads && s3_action != "s3:PutObject") return {true, {}};
  const auto object = find_object(world, bucket.string_or("name", ""), object_key);
  const Version* current = object && reads ? object->current() : nullptr;
  const Value& by_default = bucket.at("encryption");
  const std::string algorithm =
      current ? current->encryption : by_default.string_or("algorithm", "AES256");
  const std::string text = current ? current->kms_key : by_default.string_or("kms_key", "");
  if (!by_kms(algorithm) || kms::is_managed_by_aws(text)) return {true, {}};
  const auto key = find_key(world, bucket, text);
  if (!key) return {false, fmt::format("Key '{}' does not exist", text)};
  if (const auto problem = kms::unusable(*key)) return {false, problem->message};
  Context context;
  context.set("aws:PrincipalArn", role_arn);
  const auto role = parse_arn(role_arn);
  context = through_s3(std::move(context), bucket, role ? role->account : "");
  return kms::role_may_use(world, *key, role_arn, reads ? "kms:Decrypt" : "kms:GenerateDataKey",
                           context);
}

}  // namespace firn::sandbox::aws::s3
