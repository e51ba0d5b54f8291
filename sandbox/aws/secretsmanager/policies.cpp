// Resource policies of secrets.
#include <fmt/format.h>

#include "core/value/json.h"
#include "sandbox/aws/policy/document.h"
#include "sandbox/aws/policy/principals.h"
#include "sandbox/aws/s3/public_policy.h"
#include "sandbox/aws/secretsmanager/operations.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::secretsmanager {
namespace {

constexpr std::size_t longest_policy = 20480;

}  // namespace

Value put_resource_policy(Call& call, const Value& input) {
  refuse_other_members(call, input, {"SecretId", "ResourcePolicy", "BlockPublicPolicy"});
  const Value secret = secret_for(call, input);
  const std::string text = input.string_or("ResourcePolicy", "");
  if (text.empty() || text.size() > longest_policy) {
    throw refusal("InvalidParameterException", "The policy is empty or exceeds 20480 characters.");
  }
  auto parsed = parse_policy(text, PolicyKind::resource);
  if (const auto* problem = std::get_if<PolicyProblem>(&parsed)) {
    throw refusal("MalformedPolicyDocumentException", problem->message);
  }
  const Value document = std::get<Value>(std::move(parsed));
  const PrincipalCheck check = check_principals(call.world, document, SeenFrom::others);
  if (check.invalid) {
    throw refusal("MalformedPolicyDocumentException",
                  "This resource policy contains an unsupported principal.");
  }
  if (input.bool_or("BlockPublicPolicy", false) && s3::is_public(document)) {
    throw refusal("PublicPolicyException",
                  "You can't attach a resource policy that grants broad access to the secret.");
  }
  keep_secret(call, with(secret, "policy", pack({check.document, check.ids})));
  return Map{{"ARN", secret.at("arn")}, {"Name", secret.at("name")}};
}

Value get_resource_policy(Call& call, const Value& input) {
  refuse_other_members(call, input, {"SecretId"});
  const Value secret = secret_for(call, input);
  Map answer{{"ARN", secret.at("arn")}, {"Name", secret.at("name")}};
  if (const StoredPolicy policy = unpack(secret.at("policy")); policy.document.is_map()) {
    answer.set("ResourcePolicy", to_json(present_policy(call.world, policy)));
  }
  return Value(std::move(answer));
}

Value delete_resource_policy(Call& call, const Value& input) {
  refuse_other_members(call, input, {"SecretId"});
  const Value secret = secret_for(call, input);
  keep_secret(call, without(secret, "policy"));
  return Map{{"ARN", secret.at("arn")}, {"Name", secret.at("name")}};
}

}  // namespace firn::sandbox::aws::secretsmanager
