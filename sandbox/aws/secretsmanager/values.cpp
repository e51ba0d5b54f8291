// The values of secrets: versions, stages, and the keys that encrypt them.
#include <algorithm>
#include <fmt/format.h>

#include "sandbox/aws/authorize.h"
#include "sandbox/aws/kms/state.h"
#include "sandbox/aws/secretsmanager/operations.h"
#include "sandbox/aws/secretsmanager/state.h"
#include "sandbox/aws/tags.h"
#include "sandbox/aws/wire/protocol.h"

namespace firn::sandbox::aws::secretsmanager {
namespace {

constexpr std::size_t longest_value = 65536;
constexpr std::size_t shortest_token = 32;
constexpr std::size_t longest_token = 64;
constexpr std::size_t most_versions = 100;

Value with_stages(const Value& version, List stages) {
  return with(version, "stages", Value(std::move(stages)));
}

// The stages after another version has become the current one.
Value demoted(const Value& version) {
  List stages;
  for (const Value& stage : version.at("stages").as_list()) {
    if (stage == Value("AWSCURRENT")) {
      stages.emplace_back("AWSPREVIOUS");
    } else if (!(stage == Value("AWSPREVIOUS"))) {
      stages.push_back(stage);
    }
  }
  return with_stages(version, std::move(stages));
}

}  // namespace

std::string token_in(const Value& input) {
  std::string token = input.string_or("ClientRequestToken", "");
  if (token.size() < shortest_token || token.size() > longest_token) {
    throw refusal("InvalidParameterException",
                  "You must provide a ClientRequestToken value. We recommend a UUID-type value.");
  }
  return token;
}

void use_key(Call& call, const Value& secret, KeyUse use) {
  const std::string name = secret.string_or("kms_key", "");
  if (kms::is_managed_by_aws(name)) return;
  const bool encrypts = use == KeyUse::encrypt;
  const auto key = kms::find_key(call.world, call.account, call.region, name);
  if (!key || kms::unusable(*key)) {
    throw refusal(encrypts ? "EncryptionFailure" : "DecryptionFailure",
                  fmt::format("Secrets Manager can't {} the protected secret text using the "
                              "provided KMS key. Check that the KMS key is available, enabled, and "
                              "not in an invalid state.",
                              encrypts ? "encrypt" : "decrypt"));
  }
  for (const char* action : {"kms:GenerateDataKey", "kms:Decrypt"}) {
    if (!encrypts && std::string_view(action) != "kms:Decrypt") continue;
    if (!kms::may_use(call.world, *key, call.caller, action, call.context, call.session_policy)
             .allowed) {
      throw refusal("AccessDeniedException", "Access to KMS is not allowed");
    }
  }
}

Value with_value(Call& call, const Value& secret, const std::string& token,
                 const std::string& text) {
  if (text.empty() || text.size() > longest_value) {
    throw refusal("ValidationException",
                  "1 validation error detected: Value at 'secretString' failed to satisfy "
                  "constraint: Member must have length between 1 and 65536");
  }
  List versions = secret.at("versions").as_list();
  for (const Value& version : versions) {
    if (version.string_or("id", "") != token) continue;
    if (version.string_or("text", "") == text) return secret;
    throw refusal("ResourceExistsException",
                  fmt::format("You can't use ClientRequestToken {} because that value is already "
                              "in use for a version of secret {}.",
                              token, secret.string_or("arn", "")));
  }
  use_key(call, secret, KeyUse::encrypt);
  for (Value& version : versions)
    version = demoted(version);
  versions.push_back(Map{{"id", token},
                         {"text", text},
                         {"stages", List{Value("AWSCURRENT")}},
                         {"created_at", call.world.now_ms()}});
  // Old ones without a stage are forgotten.
  while (versions.size() > most_versions) {
    const auto oldest = std::find_if(versions.begin(), versions.end(), [](const Value& version) {
      return version.at("stages").as_list().empty();
    });
    if (oldest == versions.end()) break;
    versions.erase(oldest);
  }
  return with(secret, "versions", Value(std::move(versions)));
}

Value put_secret_value(Call& call, const Value& input) {
  refuse_other_members(call, input, {"SecretId", "ClientRequestToken", "SecretString"});
  const Value secret = secret_for(call, input);
  const std::string token = token_in(input);
  keep_secret(call, with_value(call, secret, token, input.string_or("SecretString", "")));
  return Map{{"ARN", secret.at("arn")},
             {"Name", secret.at("name")},
             {"VersionId", token},
             {"VersionStages", List{Value("AWSCURRENT")}}};
}

Value get_secret_value(Call& call, const Value& input) {
  refuse_other_members(call, input, {"SecretId", "VersionId", "VersionStage"});
  const Value secret = secret_for(call, input);
  const std::string id = input.string_or("VersionId", "");
  const std::string stage = input.string_or("VersionStage", "AWSCURRENT");
  const Value* found = nullptr;
  for (const Value& version : secret.at("versions").as_list()) {
    if (version.string_or("id", "") == id) found = &version;
  }
  if (id.empty()) found = version_at(secret, stage);
  if (!found) {
    throw refusal("ResourceNotFoundException",
                  id.empty() ? fmt::format("Secrets Manager can't find the specified secret value "
                                           "for staging label: {}",
                                           stage)
                             : fmt::format("Secrets Manager can't find the specified secret value "
                                           "for VersionId: {}",
                                           id));
  }
  use_key(call, secret, KeyUse::decrypt);
  return Map{{"ARN", secret.at("arn")},
             {"Name", secret.at("name")},
             {"VersionId", found->at("id")},
             {"SecretString", found->at("text")},
             {"VersionStages", found->at("stages")},
             {"CreatedDate", epoch_seconds(found->int_or("created_at", 0))}};
}

Value list_secret_version_ids(Call& call, const Value& input) {
  refuse_other_members(call, input, {"SecretId", "IncludeDeprecated", "MaxResults", "NextToken"});
  const Value secret = any_secret_for(call, input);
  List versions;
  for (const Value& version : secret.at("versions").as_list()) {
    if (version.at("stages").as_list().empty() && !input.bool_or("IncludeDeprecated", false)) {
      continue;
    }
    versions.push_back(Map{{"VersionId", version.at("id")},
                           {"VersionStages", version.at("stages")},
                           {"CreatedDate", epoch_seconds(version.int_or("created_at", 0))}});
  }
  return Map{{"ARN", secret.at("arn")},
             {"Name", secret.at("name")},
             {"Versions", Value(std::move(versions))}};
}

}  // namespace firn::sandbox::aws::secretsmanager
