#include "sandbox/aws/iam/state.h"

#include <chrono>
#include <fmt/format.h>

#include "core/base/text.h"
#include "sandbox/aws/arn.h"

namespace firn::sandbox::aws::iam {
namespace {

std::string place(const std::string& account, std::string_view kind) {
  return collection(account, "", fmt::format("iam/{}", kind));
}

std::string history_place(const std::string& account, std::string_view kind) {
  return collection(account, "", fmt::format("iam/{}-history", kind));
}

std::int64_t newest_visible(const World& world) {
  const auto delay =
      std::chrono::duration_cast<std::chrono::milliseconds>(world.options.iam_delay).count();
  return world.now_ms() - delay;
}

// Appends to the history and forgets what nobody can see any more.
void remember(World& world, const std::string& account, std::string_view kind,
              const std::string& key, Value document) {
  const std::int64_t visible = newest_visible(world);
  List entries;
  if (const Value* history = world.store.get(history_place(account, kind), key)) {
    entries = history->at("entries").as_list();
  }
  std::size_t first_needed = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].int_or("at", 0) <= visible) first_needed = i;
  }
  entries.erase(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(first_needed));
  entries.push_back(Map{{"at", world.now_ms()}, {"document", std::move(document)}});
  world.store.put(history_place(account, kind), key, Map{{"entries", std::move(entries)}});
}

}  // namespace

const Value* find(const World& world, const std::string& account, std::string_view kind,
                  const std::string& name) {
  return world.store.get(place(account, kind), to_lower(name));
}

void keep(World& world, const std::string& account, std::string_view kind, const std::string& name,
          Value document) {
  remember(world, account, kind, to_lower(name), document);
  world.store.put(place(account, kind), to_lower(name), std::move(document));
}

void drop(World& world, const std::string& account, std::string_view kind,
          const std::string& name) {
  remember(world, account, kind, to_lower(name), Value());
  world.store.erase(place(account, kind), to_lower(name));
}

std::vector<Value> all(const World& world, const std::string& account, std::string_view kind) {
  std::vector<Value> documents;
  for (auto& [key, document] : world.store.list(place(account, kind))) {
    documents.push_back(std::move(document));
  }
  return documents;
}

std::optional<Value> seen_by_others(const World& world, const std::string& account,
                                    std::string_view kind, const std::string& name) {
  const Value* history = world.store.get(history_place(account, kind), to_lower(name));
  if (!history) return std::nullopt;
  const std::int64_t visible = newest_visible(world);
  const Value* seen = nullptr;
  for (const Value& entry : history->at("entries").as_list()) {
    if (entry.int_or("at", 0) <= visible) seen = &entry.at("document");
  }
  if (!seen || seen->is_null()) return std::nullopt;
  return *seen;
}

std::optional<Named> name_in_arn(std::string_view text, std::string_view kind) {
  const auto arn = parse_arn(text);
  const std::string prefix = fmt::format("{}/", kind);
  if (!arn || arn->service != "iam" || !arn->resource.starts_with(prefix)) return std::nullopt;
  const auto slash = arn->resource.rfind('/');
  return Named{arn->account, arn->resource.substr(slash + 1)};
}

namespace {

const Value* find_by_arn(const World& world, const std::string& arn, std::string_view kind) {
  const auto named = name_in_arn(arn, kind);
  if (!named) return nullptr;
  const Value* found = find(world, named->account, kind, named->name);
  return found && found->string_or("arn", "") == arn ? found : nullptr;
}

std::optional<Value> by_arn_seen_by_others(const World& world, const std::string& arn,
                                           std::string_view kind) {
  const auto named = name_in_arn(arn, kind);
  if (!named) return std::nullopt;
  auto seen = seen_by_others(world, named->account, kind, named->name);
  if (!seen || seen->string_or("arn", "") != arn) return std::nullopt;
  return seen;
}

}  // namespace

const Value* find_role_by_arn(const World& world, const std::string& arn) {
  return find_by_arn(world, arn, "role");
}

std::optional<Value> role_seen_by_others(const World& world, const std::string& arn) {
  return by_arn_seen_by_others(world, arn, "role");
}

const Value* find_holder_by_arn(const World& world, const std::string& arn) {
  const Value* role = find_by_arn(world, arn, "role");
  return role ? role : find_by_arn(world, arn, "user");
}

std::optional<Value> holder_seen_by_others(const World& world, const std::string& arn) {
  auto role = by_arn_seen_by_others(world, arn, "role");
  return role ? role : by_arn_seen_by_others(world, arn, "user");
}

const std::vector<AwsManaged>& aws_managed_policies() {
  static const std::vector<AwsManaged> policies = {
      {"AdministratorAccess", "/",
       R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})"},
      {"AmazonS3FullAccess", "/",
       R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","s3-object-lambda:*"],"Resource":"*"}]})"},
      {"AmazonS3ReadOnlyAccess", "/",
       R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*","s3:Describe*"],"Resource":"*"}]})"},
      {"AWSLambdaBasicExecutionRole", "/service-role/",
       R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]})"},
      {"AWSLambdaSQSQueueExecutionRole", "/service-role/",
       R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sqs:ReceiveMessage","sqs:DeleteMessage","sqs:GetQueueAttributes","logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]})"},
  };
  return policies;
}

std::optional<std::string> managed_document(const World& world, const std::string& policy_arn,
                                            bool from_outside) {
  const auto named = name_in_arn(policy_arn, "policy");
  if (!named) return std::nullopt;
  if (named->account == "aws") {
    for (const AwsManaged& policy : aws_managed_policies()) {
      if (fmt::format("arn:aws:iam::aws:policy{}{}", policy.path, policy.name) == policy_arn) {
        return std::string(policy.document);
      }
    }
    return std::nullopt;
  }
  std::optional<Value> policy;
  if (from_outside) {
    policy = seen_by_others(world, named->account, "policy", named->name);
  } else if (const Value* found = find(world, named->account, "policy", named->name)) {
    policy = *found;
  }
  if (!policy || policy->string_or("arn", "") != policy_arn) return std::nullopt;
  const std::string wanted = policy->string_or("default_version", "");
  for (const Value& version : policy->at("versions").as_list()) {
    if (version.string_or("id", "") == wanted) return version.string_or("document", "");
  }
  return std::nullopt;
}

Permissions permissions_of(const World& world, const Value& holder) {
  Permissions permissions;
  for (const auto& [name, document] : holder.at("inline").as_map()) {
    permissions.identity.push_back(document.as_string());
  }
  for (const Value& arn : holder.at("attached").as_list()) {
    if (auto document = managed_document(world, arn.as_string(), true)) {
      permissions.identity.push_back(std::move(*document));
    }
  }
  const std::string boundary = holder.string_or("boundary", "");
  // A boundary that cannot be found allows nothing.
  if (!boundary.empty()) {
    permissions.boundary = managed_document(world, boundary, true).value_or("{}");
  }
  return permissions;
}

}  // namespace firn::sandbox::aws::iam
