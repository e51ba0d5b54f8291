// The two policies of a repository: who may use it, and which images expire.
#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <variant>

#include "core/base/text.h"
#include "core/value/json.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/ecr/operations.h"
#include "sandbox/aws/policy/document.h"
#include "sandbox/aws/policy/principals.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::ecr {
namespace {

constexpr std::size_t policy_bytes = 10240;
constexpr std::size_t shortest_lifecycle = 100;
constexpr std::size_t longest_lifecycle = 30720;

Refusal invalid_policy() {
  return refusal("InvalidParameterException",
                 "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid "
                 "repository policy provided'");
}

// A statement of a repository's policy is about the repository and says so nowhere.
void check_statements(const Value& document) {
  for (const Value& statement : statements_of(document)) {
    if (statement.find("Resource") || statement.find("NotResource")) throw invalid_policy();
    for (const char* member : {"Action", "NotAction"}) {
      for (const std::string& action : texts_of(statement.at(member))) {
        if (!to_lower(action).starts_with("ecr:")) throw invalid_policy();
      }
    }
  }
}

Value named(const Repository& repository, std::string_view member, std::string text) {
  return Map{{"registryId", repository.id.account},
             {"repositoryName", repository.id.name},
             {std::string(member), std::move(text)}};
}

Refusal bad_lifecycle(const std::string& why) {
  return refusal("InvalidParameterException",
                 "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: "
                 "'Lifecycle policy validation failure: " +
                     why + "'");
}

// Amazon ECR User Guide, "Lifecycle policy parameters".
void check_rule(const Value& rule, std::set<std::int64_t>& priorities) {
  for (const auto& [member, value] : rule.as_map()) {
    if (member != "rulePriority" && member != "description" && member != "selection" &&
        member != "action") {
      throw bad_lifecycle(
          fmt::format("object instance has properties which are not allowed by "
                      "the schema: [\"{}\"]",
                      member));
    }
  }
  const std::int64_t priority = rule.int_or("rulePriority", 0);
  if (priority < 1) throw bad_lifecycle("rulePriority must be 1 or more");
  if (!priorities.insert(priority).second) throw bad_lifecycle("rulePriority must be unique");
  if (rule.at("action").string_or("type", "") != "expire") {
    throw bad_lifecycle(
        "instance value of action.type not found in enum (possible values: "
        "[\"expire\"])");
  }
  const Value& selection = rule.at("selection");
  const std::string status = selection.string_or("tagStatus", "");
  if (status != "any" && status != "tagged" && status != "untagged") {
    throw bad_lifecycle(
        "instance value of tagStatus not found in enum (possible values: "
        "[\"tagged\",\"untagged\",\"any\"])");
  }
  if (selection.find("tagPatternList")) {
    throw unknown_member("ecr", "PutLifecyclePolicy", "tagPatternList");
  }
  if ((status == "tagged") != (selection.find("tagPrefixList") != nullptr)) {
    throw bad_lifecycle("tagPrefixList goes with tagStatus=tagged, and only with it");
  }
  if (selection.int_or("countNumber", 0) < 1) throw bad_lifecycle("countNumber must be positive");
  const std::string type = selection.string_or("countType", "");
  const bool by_age = type == "sinceImagePushed";
  if (type != "imageCountMoreThan" && !by_age) {
    throw bad_lifecycle("instance value of countType not found in enum");
  }
  if (by_age != (selection.string_or("countUnit", "") == "days")) {
    throw bad_lifecycle("countUnit=days goes with countType=sinceImagePushed, and only with it");
  }
}

void check_lifecycle(const std::string& text) {
  if (text.size() < shortest_lifecycle || text.size() > longest_lifecycle) {
    throw refusal("ValidationException",
                  "Value at 'lifecyclePolicyText' failed to satisfy constraint: Member must have "
                  "length between 100 and 30720");
  }
  const auto document = parse_json(text);
  if (!document || !document->at("rules").is_list() || document->as_map().size() != 1 ||
      document->at("rules").as_list().empty()) {
    throw bad_lifecycle("object has missing required properties ([\"rules\"])");
  }
  std::set<std::int64_t> priorities;
  const List& rules = document->at("rules").as_list();
  for (const Value& rule : rules) {
    if (!rule.is_map()) throw bad_lifecycle("a rule must be an object");
    check_rule(rule, priorities);
    const bool takes_any = rule.at("selection").string_or("tagStatus", "") == "any";
    const auto last = std::ranges::max_element(
        rules, {}, [](const Value& one) { return one.int_or("rulePriority", 0); });
    if (takes_any && &*last != &rule) {
      throw bad_lifecycle("a rule with tagStatus=any must have the highest rulePriority");
    }
  }
}

}  // namespace

Value set_repository_policy(Call& call, const Value& input) {
  Repository repository =
      repository_for(call, input, "SetRepositoryPolicy", {"policyText", "force"});
  const std::string text = input.string_or("policyText", "");
  auto parsed = parse_policy(text, PolicyKind::repository);
  const Value* document = std::get_if<Value>(&parsed);
  if (!document || text.size() > policy_bytes) throw invalid_policy();
  check_statements(*document);
  const PrincipalCheck check = check_principals(call.world, *document, SeenFrom::others);
  if (check.invalid) throw invalid_policy();
  repository.document = with(repository.document, "policy", pack({check.document, check.ids}));
  keep(call, repository);
  return named(repository, "policyText", to_json(check.document));
}

bool let_lambda_pull(const Call& call, const RepositoryId& id, const std::string& function_arn) {
  if (lambda_may_pull(call.world, id, function_arn)) return true;
  const Value* repository = find_repository(call.world, id);
  if (!repository || id.account != call.account) return false;
  StoredPolicy policy;
  const bool has_policy = repository->find("policy") != nullptr;
  if (has_policy) policy = unpack(repository->at("policy"));
  for (const char* action : {"ecr:GetRepositoryPolicy", "ecr:SetRepositoryPolicy"}) {
    Access access;
    access.action = action;
    access.resource = repository_arn(id);
    access.context = call.context;
    if (has_policy) access.resource_policy = &policy;
    if (!decide(call.world, call.caller, access, call.session_policy).allowed) return false;
  }
  List actions;
  for (const char* action :
       {"ecr:BatchGetImage", "ecr:DeleteRepositoryPolicy", "ecr:GetDownloadUrlForLayer",
        "ecr:GetRepositoryPolicy", "ecr:SetRepositoryPolicy"}) {
    actions.emplace_back(action);
  }
  const Value functions = fmt::format("arn:aws:lambda:{}:{}:function:*", id.region, id.account);
  List statements = has_policy ? statements_of(policy.document) : List{};
  statements.emplace_back(
      Map{{"Sid", "LambdaECRImageRetrievalPolicy"},
          {"Effect", "Allow"},
          {"Principal", Map{{"Service", "lambda.amazonaws.com"}}},
          {"Action", Value(std::move(actions))},
          {"Condition", Map{{"StringLike", Map{{"aws:sourceArn", functions}}}}}});
  Map document = has_policy ? policy.document.as_map() : Map{{"Version", "2012-10-17"}};
  document.set("Statement", std::move(statements));
  policy.document = Value(std::move(document));
  keep_repository(call.world, id, with(*repository, "policy", pack(policy)));
  return lambda_may_pull(call.world, id, function_arn);
}

Value get_repository_policy(Call& call, const Value& input) {
  const Repository repository = repository_for(call, input, "GetRepositoryPolicy", {});
  if (!repository.document.find("policy")) {
    throw refusal("RepositoryPolicyNotFoundException",
                  fmt::format("Repository policy does not exist for the repository with name "
                              "'{}' in the registry with id '{}'",
                              repository.id.name, repository.id.account));
  }
  const StoredPolicy policy = unpack(repository.document.at("policy"));
  return named(repository, "policyText", to_json(present_policy(call.world, policy)));
}

Value delete_repository_policy(Call& call, const Value& input) {
  Repository repository = repository_for(call, input, "DeleteRepositoryPolicy", {});
  if (!repository.document.find("policy")) {
    throw refusal("RepositoryPolicyNotFoundException",
                  fmt::format("Repository policy does not exist for the repository with name "
                              "'{}' in the registry with id '{}'",
                              repository.id.name, repository.id.account));
  }
  const std::string text = to_json(unpack(repository.document.at("policy")).document);
  repository.document = without(repository.document, "policy");
  keep(call, repository);
  return named(repository, "policyText", text);
}

Value put_lifecycle_policy(Call& call, const Value& input) {
  Repository repository =
      repository_for(call, input, "PutLifecyclePolicy", {"lifecyclePolicyText"});
  const std::string text = input.string_or("lifecyclePolicyText", "");
  check_lifecycle(text);
  repository.document = with(with(repository.document, "lifecycle", text), "lifecycle_evaluated_at",
                             call.world.now_ms());
  keep(call, repository);
  return named(repository, "lifecyclePolicyText", text);
}

Value get_lifecycle_policy(Call& call, const Value& input) {
  const Repository repository = repository_for(call, input, "GetLifecyclePolicy", {});
  if (!repository.document.find("lifecycle")) {
    throw refusal("LifecyclePolicyNotFoundException",
                  fmt::format("Lifecycle policy does not exist for the repository with name "
                              "'{}' in the registry with id '{}'",
                              repository.id.name, repository.id.account));
  }
  return named(repository, "lifecyclePolicyText", repository.document.string_or("lifecycle", ""));
}

Value delete_lifecycle_policy(Call& call, const Value& input) {
  Repository repository = repository_for(call, input, "DeleteLifecyclePolicy", {});
  const std::string text = repository.document.string_or("lifecycle", "");
  if (text.empty()) {
    throw refusal("LifecyclePolicyNotFoundException",
                  fmt::format("Lifecycle policy does not exist for the repository with name "
                              "'{}' in the registry with id '{}'",
                              repository.id.name, repository.id.account));
  }
  repository.document = without(repository.document, "lifecycle");
  keep(call, repository);
  return named(repository, "lifecyclePolicyText", text);
}

}  // namespace firn::sandbox::aws::ecr
