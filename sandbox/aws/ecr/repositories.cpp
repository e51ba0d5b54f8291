#include <algorithm>
#include <fmt/format.h>

#include "core/base/text.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/ecr/operations.h"
#include "sandbox/aws/policy/principals.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::ecr {
namespace {

constexpr std::size_t longest_name = 256;
constexpr std::size_t most_named = 100;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*, and slashes between such words.
bool is_repository_name(const std::string& name) {
  if (name.size() < 2 || name.size() > longest_name) return false;
  std::string joint;
  bool in_word = false;
  for (const char c : name + "/") {
    if (is_letter(c)) {
      const bool fits = joint.empty() || joint == "." || joint == "_" || joint == "__" ||
                        joint.find_first_not_of('-') == std::string::npos;
      if (!fits) return false;
      joint.clear();
      in_word = true;
    } else if (c == '/') {
      if (!in_word || !joint.empty()) return false;
      in_word = false;
    } else if (c == '.' || c == '_' || c == '-') {
      if (!in_word) return false;
      joint += c;
    } else {
      return false;
    }
  }
  return true;
}

Map checked_tags(Map tags) {
  const TagProblem problem = check_tags(tags);
  if (problem.what == TagProblem::What::too_many) {
    throw refusal("TooManyTagsException", "A resource can have no more than 50 tags.");
  }
  if (problem.what != TagProblem::What::none) {
    throw refusal(
        "InvalidTagParameterException",
        fmt::format("Invalid parameter at 'tags': the tag {} is not valid.", problem.key));
  }
  return tags;
}

std::string checked_mutability(const Value& input) {
  const std::string text = input.string_or("imageTagMutability", "MUTABLE");
  if (text.ends_with("_WITH_EXCLUSION")) {
    throw unknown_member("ecr", "CreateRepository", "imageTagMutability " + text);
  }
  if (text != "MUTABLE" && text != "IMMUTABLE") {
    throw invalid_parameter("imageTagMutability", text, "Member must satisfy enum value set");
  }
  return text;
}

Value checked_encryption(const Call& call, const Value& given) {
  const std::string type = given.string_or("encryptionType", "AES256");
  const std::string key = given.string_or("kmsKey", "");
  if (type != "AES256" && type != "KMS" && type != "KMS_DSSE") {
    throw invalid_parameter("encryptionConfiguration.encryptionType", type,
                            "Member must satisfy enum value set: [AES256, KMS, KMS_DSSE]");
  }
  if (type == "AES256") {
    if (!key.empty()) {
      throw invalid_parameter("encryptionConfiguration.kmsKey", key,
                              "KMS key must not be given with AES256");
    }
    return Map{{"encryptionType", type}};
  }
  // Without a key ECR takes its own of the account and shows that by its ARN.
  return Map{{"encryptionType", type},
             {"kmsKey", key.empty() ? call.arn("kms", "alias/aws/ecr") : key}};
}

Value shown(const Repository& repository) {
  const Value& document = repository.document;
  return Map{{"repositoryArn", repository_arn(repository.id)},
             {"registryId", repository.id.account},
             {"repositoryName", repository.id.name},
             {"repositoryUri", repository_uri(repository.id)},
             {"createdAt", epoch_seconds(document.int_or("created_at", 0))},
             {"imageTagMutability", document.at("mutability")},
             {"imageScanningConfiguration", Map{{"scanOnPush", document.at("scan_on_push")}}},
             {"encryptionConfiguration", document.at("encryption")}};
}

Refusal not_found(const RepositoryId& id) {
  return refusal("RepositoryNotFoundException",
                 fmt::format("The repository with name '{}' does not exist in the registry with "
                             "id '{}'",
                             id.name, id.account));
}

void authorize_for(Call& call, const RepositoryId& id, const Value* document,
                   const std::string& action) {
  Access access;
  access.action = action;
  access.resource = repository_arn(id);
  access.owner = id.account;
  StoredPolicy policy;
  if (document && document->find("policy")) {
    policy = unpack(document->at("policy"));
    access.resource_policy = &policy;
  }
  authorize(call, std::move(access));
}

Repository repository_by_arn(Call& call, const Value& input, const char* action) {
  const std::string text = input.string_or("resourceArn", "");
  const auto arn = parse_arn(text);
  constexpr std::string_view prefix = "repository/";
  if (!arn || arn->service != "ecr" || !arn->resource.starts_with(prefix)) {
    throw invalid_parameter("resourceArn", text, "Invalid ARN");
  }
  const RepositoryId id{arn->account, arn->region, arn->resource.substr(prefix.size())};
  call.target = id.name;
  const Value* found = find_repository(call.world, id);
  authorize_for(call, id, found, action);
  if (!found) throw not_found(id);
  return {id, *found};
}

}  // namespace

Refusal refusal(std::string code, std::string message) {
  return {400, std::move(code), std::move(message)};
}

Refusal invalid_parameter(std::string_view member, std::string_view value,
                          std::string_view constraint) {
  return refusal("InvalidParameterException",
                 fmt::format("Invalid parameter at '{}' failed to satisfy constraint: '{}' ({})",
                             member, constraint, value));
}

Repository repository_for(Call& call, const Value& input, const char* operation,
                          std::initializer_list<std::string_view> known) {
  for (const auto& [member, value] : input.as_map()) {
    const bool is_known = member == "registryId" || member == "repositoryName" ||
                          std::ranges::find(known, member) != known.end();
    if (!is_known) throw unknown_member("ecr", operation, member);
  }
  RepositoryId id;
  id.account = input.string_or("registryId", call.account);
  id.region = call.region;
  id.name = input.string_or("repositoryName", "");
  call.target = id.name;
  expire(call.world, id);
  const Value* found = find_repository(call.world, id);
  authorize_for(call, id, found, std::string("ecr:") + operation);
  if (!found) throw not_found(id);
  return {id, *found};
}

void keep(Call& call, const Repository& repository) {
  keep_repository(call.world, repository.id, repository.document);
}

Value create_repository(Call& call, const Value& input) {
  for (const auto& [member, value] : input.as_map()) {
    if (member != "repositoryName" && member != "tags" && member != "imageTagMutability" &&
        member != "imageScanningConfiguration" && member != "encryptionConfiguration") {
      throw unknown_member("ecr", "CreateRepository", member);
    }
  }
  const RepositoryId id{call.account, call.region, input.string_or("repositoryName", "")};
  call.target = id.name;
  if (!is_repository_name(id.name)) {
    throw invalid_parameter("repositoryName", id.name,
                            "must satisfy regular expression "
                            "'(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*'");
  }
  authorize_for(call, id, nullptr, "ecr:CreateRepository");
  if (find_repository(call.world, id)) {
    throw refusal("RepositoryAlreadyExistsException",
                  fmt::format("The repository with name '{}' already exists in the registry with "
                              "id '{}'",
                              id.name, id.account));
  }
  const bool scans = input.at("imageScanningConfiguration").bool_or("scanOnPush", false);
  Repository made{id,
                  Map{{"name", id.name},
                      {"arn", repository_arn(id)},
                      {"mutability", checked_mutability(input)},
                      {"scan_on_push", scans},
                      {"encryption", checked_encryption(call, input.at("encryptionConfiguration"))},
                      {"tags", Value(checked_tags(tags_in(input.at("tags"), "Key", "Value")))},
                      {"created_at", call.world.now_ms()}}};
  keep(call, made);
  return Map{{"repository", shown(made)}};
}

Value describe_repositories(Call& call, const Value& input) {
  const std::string account = input.string_or("registryId", call.account);
  List repositories;
  const Value& names = input.at("repositoryNames");
  if (names.is_list()) {
    if (names.as_list().empty() || names.as_list().size() > most_named) {
      throw invalid_parameter("repositoryNames", fmt::format("{} names", names.as_list().size()),
                              "Member must have length between 1 and 100");
    }
    if (input.find("maxResults") || input.find("nextToken")) {
      throw invalid_parameter("repositoryNames", "maxResults",
                              "must not be given together with repositoryNames");
    }
    // One name that is not there fails the whole call.
    for (const Value& name : names.as_list()) {
      const Value one = Map{{"repositoryName", name}, {"registryId", account}};
      repositories.push_back(shown(repository_for(call, one, "DescribeRepositories", {})));
    }
    return Map{{"repositories", Value(std::move(repositories))}};
  }
  authorize(call, "ecr:DescribeRepositories", call.arn("ecr", "repository/*"));
  const auto most =
      static_cast<std::size_t>(std::clamp<std::int64_t>(input.int_or("maxResults", 100), 1, 1000));
  const std::string after = input.string_or("nextToken", "");
  const std::string place = collection(account, call.region, "ecr/repository");
  std::string last;
  Map answer;
  for (const auto& [name, document] : call.world.store.list(place)) {
    if (!after.empty() && name <= after) continue;
    if (repositories.size() == most) {
      answer.set("nextToken", last);
      break;
    }
    repositories.push_back(shown({{account, call.region, name}, document}));
    last = name;
  }
  answer.set("repositories", Value(std::move(repositories)));
  return Value(std::move(answer));
}

Value delete_repository(Call& call, const Value& input) {
  const Repository repository = repository_for(call, input, "DeleteRepository", {"force"});
  const bool holds_images = !images_of(call.world, repository.id).empty();
  if (holds_images && !input.bool_or("force", false)) {
    throw refusal("RepositoryNotEmptyException",
                  fmt::format("The repository with name '{}' in registry with id '{}' cannot be "
                              "deleted because it still contains images",
                              repository.id.name, repository.id.account));
  }
  erase_repository(call.world, repository.id);
  return Map{{"repository", shown(repository)}};
}

Value put_image_tag_mutability(Call& call, const Value& input) {
  Repository repository =
      repository_for(call, input, "PutImageTagMutability", {"imageTagMutability"});
  const std::string mutability = checked_mutability(input);
  repository.document = with(repository.document, "mutability", mutability);
  keep(call, repository);
  return Map{{"registryId", repository.id.account},
             {"repositoryName", repository.id.name},
             {"imageTagMutability", mutability}};
}

Value put_image_scanning_configuration(Call& call, const Value& input) {
  Repository repository =
      repository_for(call, input, "PutImageScanningConfiguration", {"imageScanningConfiguration"});
  const bool scans = input.at("imageScanningConfiguration").bool_or("scanOnPush", false);
  repository.document = with(repository.document, "scan_on_push", scans);
  keep(call, repository);
  return Map{{"registryId", repository.id.account},
             {"repositoryName", repository.id.name},
             {"imageScanningConfiguration", Map{{"scanOnPush", scans}}}};
}

Value tag_resource(Call& call, const Value& input) {
  Repository repository = repository_by_arn(call, input, "ecr:TagResource");
  Map tags = tags_of(repository.document);
  for (const auto& [key, value] : tags_in(input.at("tags"), "Key", "Value"))
    tags.set(key, value);
  repository.document = with_tags(repository.document, checked_tags(std::move(tags)));
  keep(call, repository);
  return Map{};
}

Value untag_resource(Call& call, const Value& input) {
  Repository repository = repository_by_arn(call, input, "ecr:UntagResource");
  Map tags = tags_of(repository.document);
  if (input.at("tagKeys").is_list()) {
    for (const Value& key : input.at("tagKeys").as_list()) {
      if (key.is_string()) tags.erase(key.as_string());
    }
  }
  repository.document = with_tags(repository.document, std::move(tags));
  keep(call, repository);
  return Map{};
}

Value list_tags_for_resource(Call& call, const Value& input) {
  const Repository repository = repository_by_arn(call, input, "ecr:ListTagsForResource");
  return Map{{"tags", tag_list(Value(tags_of(repository.document)), "Key", "Value")}};
}

}  // namespace firn::sandbox::aws::ecr
