#include "providers/aws/resource_policies.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <utility>

#include "core/base/text.h"
#include "providers/aws/calls.h"
#include "providers/aws/policy_document.h"

namespace firn::aws {
namespace {

constexpr std::array kTopicShorthands{
    // Amazon EventBridge User Guide, "Using resource-based policies": conditions cannot be used in
    // what a topic's policy says about EventBridge. Such a statement lets nothing through.
    PolicyShorthand{.attribute = "publishers",
                    .sid = "Publishers",
                    .actions = "sns:Publish",
                    .silent_service = "events"},
    PolicyShorthand{.attribute = "subscribers",
                    .sid = "Subscribers",
                    .actions = "sns:Subscribe",
                    .principals = true},
};
constexpr std::array kQueueShorthands{
    PolicyShorthand{.attribute = "senders", .sid = "Senders", .actions = "sqs:SendMessage"},
};
// AWS Lambda Developer Guide, "Create a Lambda function using a container image": what Lambda needs
// to pull an image.
constexpr std::array kRepositoryShorthands{
    PolicyShorthand{.attribute = "pullers",
                    .sid = "Pullers",
                    .actions = "ecr:BatchGetImage,ecr:GetDownloadUrlForLayer",
                    .usual_service = "lambda"},
};

constexpr std::string_view service_suffix = ".amazonaws.com";

// "cloudwatch.amazonaws.com": letters, digits, dots and hyphens before the suffix.
bool is_service(std::string_view text) {
  if (!text.ends_with(service_suffix) || text.size() == service_suffix.size()) return false;
  return std::ranges::all_of(text, [](unsigned char c) {
    return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '.' || c == '-';
  });
}

// The service that acts for an item, without its suffix: "s3" for a bucket's ARN.
std::string service_of(const PolicyShorthand& shorthand, const Value& item) {
  if (!item.is_string()) return std::string(shorthand.usual_service);
  const std::string& text = item.as_string();
  if (is_service(text)) return text.substr(0, text.size() - service_suffix.size());
  const std::vector<std::string> parts = split(text, ':');
  return parts.size() > 2 && parts[0] == "arn" ? parts[2] : std::string();
}

Map single(std::string_view key, Value value) {
  Map map;
  map.set(key, std::move(value));
  return map;
}

// What all statements of a shorthand have in common.
Map statement_of(const ResourcePolicyForm& form, const PolicyShorthand& shorthand, std::string sid,
                 Value principal) {
  List actions;
  for (const std::string& action : split(shorthand.actions, ','))
    actions.emplace_back(action);
  Map statement;
  statement.set("Sid", std::move(sid));
  statement.set("Effect", "Allow");
  statement.set("Principal", std::move(principal));
  statement.set("Action", std::move(actions));
  if (!form.resource_arn.empty()) statement.set("Resource", form.resource_arn);
  return statement;
}

// A service acting for one of `arns`; for anything of the account when there are none. The ARN of a
// bucket names no account, so that a bucket of the same name in another account would pass: there
// the account is required as well.
Value service_statement(const ResourcePolicyForm& form, const PolicyShorthand& shorthand,
                        const std::string& service, List arns) {
  std::string sid = std::string(shorthand.sid) + service;
  const std::size_t initial = shorthand.sid.size();
  sid[initial] = static_cast<char>(std::toupper(static_cast<unsigned char>(sid[initial])));
  std::erase_if(sid, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; });
  const bool is_silent = service == shorthand.silent_service;
  const bool is_for_all = arns.empty();
  if (is_for_all && !is_silent) sid += "Account";
  Map statement = statement_of(form, shorthand, std::move(sid),
                               single("Service", service + std::string(service_suffix)));
  if (is_silent) return Value(std::move(statement));
  Map condition;
  if (!is_for_all) condition.set("ArnLike", single("aws:SourceArn", std::move(arns)));
  if (is_for_all || service == "s3") {
    condition.set("StringEquals", single("aws:SourceAccount", form.account));
  }
  statement.set("Condition", std::move(condition));
  return Value(std::move(statement));
}

void add_shorthand(const ResourcePolicyForm& form, const PolicyShorthand& shorthand,
                   const List& items, List& statements) {
  if (items.empty()) return;
  if (shorthand.principals) {
    statements.emplace_back(
        statement_of(form, shorthand, std::string(shorthand.sid), single("AWS", items)));
    return;
  }
  std::map<std::string, List> arns;   // by service
  std::map<std::string, List> whole;  // services that act for the account
  for (const Value& item : items) {
    const std::string service = service_of(shorthand, item);
    if (service.empty()) continue;
    const bool is_whole =
        service == shorthand.silent_service || (item.is_string() && is_service(item.as_string()));
    (is_whole ? whole : arns)[service].push_back(item);
  }
  for (auto& [service, list] : arns) {
    statements.push_back(service_statement(form, shorthand, service, std::move(list)));
  }
  for (const auto& [service, ignored] : whole) {
    statements.push_back(service_statement(form, shorthand, service, {}));
  }
}

Value normalized(const Value& statement) {
  List one;
  one.push_back(statement);
  const Value list = normalize_statements(Value(std::move(one)));
  return list.is_list() && list.as_list().size() == 1 ? list.as_list().front() : statement;
}

// The items of `statement` when it is exactly what the shorthand would have made of them.
std::optional<List> items_of(const ResourcePolicyForm& form, const PolicyShorthand& shorthand,
                             const Value& statement) {
  if (!statement.string_or("Sid", "").starts_with(shorthand.sid)) return std::nullopt;
  List items;
  if (shorthand.principals) {
    items = list_of(statement.at("Principal").at("AWS"));
  } else if (const Value& keys = statement.at("Condition").at("ArnLike"); keys.is_map()) {
    if (keys.as_map().size() != 1) return std::nullopt;
    items = list_of(keys.as_map().begin()->second);
  } else {
    items = list_of(statement.at("Principal").at("Service"));
  }
  List rebuilt;
  add_shorthand(form, shorthand, items, rebuilt);
  if (rebuilt.size() != 1 || normalized(rebuilt.front()) != normalized(statement)) {
    return std::nullopt;
  }
  return items;
}

Value without_own_resource(const ResourcePolicyForm& form, const Value& statement) {
  if (!statement.is_map() || form.resource_arn.empty()) return statement;
  const List resources = list_of(statement.at("Resource"));
  if (resources.size() != 1 || resources.front() != Value(form.resource_arn)) return statement;
  Map shorter = statement.as_map();
  shorter.erase("Resource");
  return Value(std::move(shorter));
}

Map take_apart(const ResourcePolicyForm& form, const Value& document) {
  std::map<std::string_view, List> lists;
  for (const PolicyShorthand& shorthand : form.shorthands)
    lists[shorthand.attribute] = {};
  List rest;
  const Value owner = form.owner_statement.is_map() ? normalized(form.owner_statement) : Value();
  for (const Value& statement : list_of(document.at("Statement"))) {
    if (owner.is_map() && normalized(statement) == owner) continue;
    bool is_taken = false;
    for (const PolicyShorthand& shorthand : form.shorthands) {
      auto items = items_of(form, shorthand, statement);
      if (!items) continue;
      List& list = lists[shorthand.attribute];
      list.insert(list.end(), items->begin(), items->end());
      is_taken = true;
      break;
    }
    if (!is_taken) rest.push_back(without_own_resource(form, statement));
  }
  Map inputs;
  for (auto& [attribute, list] : lists)
    inputs.set(attribute, std::move(list));
  inputs.set("statements", std::move(rest));
  normalize_policy_inputs(form.shorthands, inputs);
  return inputs;
}

Map recorded_words(const ResourcePolicyForm& form, const Value& recorded) {
  Map inputs;
  for (const PolicyShorthand& shorthand : form.shorthands) {
    if (const Value* list = recorded.find(shorthand.attribute)) {
      inputs.set(shorthand.attribute, *list);
    }
  }
  if (const Value* statements = recorded.find("statements")) inputs.set("statements", *statements);
  normalize_policy_inputs(form.shorthands, inputs);
  return inputs;
}

}  // namespace

const std::span<const PolicyShorthand> topic_shorthands = kTopicShorthands;
const std::span<const PolicyShorthand> queue_shorthands = kQueueShorthands;
const std::span<const PolicyShorthand> repository_shorthands = kRepositoryShorthands;

ResourcePolicyForm topic_policy_form(const Placement& placement, const std::string& name) {
  ResourcePolicyForm form;
  form.shorthands = topic_shorthands;
  form.account = placement.account;
  form.resource_arn = fmt::format("arn:{}:sns:{}:{}:{}", placement.partition, placement.region,
                                  placement.account, name);
  // Source: Amazon SNS API Reference, SetTopicAttributes; the statement that a topic has when its
  // owner sets no policy. Without it nobody but the account's identity policies could be relied on.
  List actions;
  for (const char* action : {"SNS:GetTopicAttributes", "SNS:SetTopicAttributes",
                             "SNS:AddPermission", "SNS:RemovePermission", "SNS:DeleteTopic",
                             "SNS:Subscribe", "SNS:ListSubscriptionsByTopic", "SNS:Publish"}) {
    actions.emplace_back(action);
  }
  Map owner;
  owner.set("Sid", "__default_statement_ID");
  owner.set("Effect", "Allow");
  owner.set("Principal", single("AWS", "*"));
  owner.set("Action", std::move(actions));
  owner.set("Resource", form.resource_arn);
  owner.set("Condition", single("StringEquals", single("AWS:SourceOwner", placement.account)));
  form.owner_statement = Value(std::move(owner));
  Map policy;
  policy.set("Version", "2008-10-17");
  policy.set("Id", "__default_policy_ID");
  List statements;
  statements.push_back(form.owner_statement);
  policy.set("Statement", std::move(statements));
  form.default_policy = normalize_policy(Value(std::move(policy)));
  return form;
}

ResourcePolicyForm queue_policy_form(const Placement& placement, const std::string& name) {
  ResourcePolicyForm form;
  form.shorthands = queue_shorthands;
  form.account = placement.account;
  form.resource_arn = fmt::format("arn:{}:sqs:{}:{}:{}", placement.partition, placement.region,
                                  placement.account, name);
  return form;
}

ResourcePolicyForm key_policy_form(const Placement& placement) {
  ResourcePolicyForm form;
  form.account = placement.account;
  form.resource_arn = "*";
  // Source: AWS KMS Developer Guide, "Default key policy". Without it the account's own policies
  // would count for nothing, and a key that names nobody could never be managed again.
  Map owner;
  owner.set("Sid", "Enable IAM User Permissions");
  owner.set("Effect", "Allow");
  owner.set("Principal", single("AWS", fmt::format("arn:{}:iam::{}:root", placement.partition,
                                                   placement.account)));
  owner.set("Action", "kms:*");
  owner.set("Resource", "*");
  form.owner_statement = Value(std::move(owner));
  List statements;
  statements.push_back(form.owner_statement);
  form.default_policy = policy_of(statements);
  return form;
}

ResourcePolicyForm secret_policy_form() {
  ResourcePolicyForm form;
  form.resource_arn = "*";
  return form;
}

ResourcePolicyForm repository_policy_form(const Placement& placement) {
  ResourcePolicyForm form;
  form.shorthands = repository_shorthands;
  form.account = placement.account;
  return form;
}

bool manages_policy(const ResourcePolicyForm& form, const Value& inputs) {
  const auto is_given = [&inputs](std::string_view attribute) {
    return !inputs.at(attribute).is_null();
  };
  return is_given("statements") ||
         std::any_of(form.shorthands.begin(), form.shorthands.end(),
                     [&](const PolicyShorthand& row) { return is_given(row.attribute); });
}

List own_statements(const ResourcePolicyForm& form, const Value& inputs) {
  List statements;
  for (const Value& statement : list_of(inputs.at("statements"))) {
    if (!statement.is_map() || form.resource_arn.empty() || !statement.at("Resource").is_null() ||
        !statement.at("NotResource").is_null()) {
      statements.push_back(statement);
      continue;
    }
    Map whole = statement.as_map();
    whole.set("Resource", form.resource_arn);
    statements.emplace_back(std::move(whole));
  }
  return statements;
}

Value policy_from(const ResourcePolicyForm& form, const Value& inputs) {
  List statements;
  for (const PolicyShorthand& shorthand : form.shorthands) {
    add_shorthand(form, shorthand, list_of(inputs.at(shorthand.attribute)), statements);
  }
  for (const Value& statement : own_statements(form, inputs))
    statements.push_back(statement);
  if (statements.empty()) return form.default_policy;
  if (form.owner_statement.is_map()) statements.push_back(form.owner_statement);
  return policy_of(statements);
}

Map policy_to_inputs(const ResourcePolicyForm& form, const Value& document, const Value& recorded) {
  const Value shown = normalize_policy(document);
  const bool knows_record = recorded.is_map() && !recorded.as_map().empty();
  if (knows_record && !manages_policy(form, recorded)) return {};
  if (knows_record && policy_from(form, recorded) == shown) return recorded_words(form, recorded);
  Map inputs = take_apart(form, shown);
  if (policy_from(form, Value(inputs)) == shown) return inputs;
  // Something that the attributes cannot say has changed (the owner's statement is gone, another
  // version): show the statements as they are, so that the difference is seen and mended.
  Map plain;
  for (const PolicyShorthand& shorthand : form.shorthands)
    plain.set(shorthand.attribute, List{});
  plain.set("statements", list_of(shown.at("Statement")));
  normalize_policy_inputs(form.shorthands, plain);
  return plain;
}

void check_shorthands(std::span<const PolicyShorthand> shorthands, const Value& inputs,
                      std::vector<Problem>& problems) {
  for (const PolicyShorthand& shorthand : shorthands) {
    const Value* items = inputs.find(shorthand.attribute);
    if (items == nullptr || !items->is_list()) continue;
    for (std::size_t i = 0; i < items->as_list().size(); ++i) {
      const Value& item = items->as_list()[i];
      if (!item.is_string() || item.as_string().starts_with("arn:")) continue;
      if (!shorthand.principals && is_service(item.as_string())) continue;
      const bool is_account = item.as_string().size() == 12 &&
                              std::ranges::all_of(item.as_string(), [](unsigned char c) {
                                return std::isdigit(c) != 0;
                              });
      if (shorthand.principals && (is_account || item.as_string() == "*")) continue;
      problems.push_back({fmt::format("{}.{}", shorthand.attribute, i),
                          fmt::format("\"{}\" is no ARN", item.as_string()),
                          fmt::format("{} are named by their ARNs.", shorthand.attribute),
                          shorthand.principals
                              ? "write an ARN, or refer to an output that is one"
                              : "refer to the object itself, for example \"${data}\", or name a "
                                "service, for example cloudwatch.amazonaws.com"});
    }
  }
}

void normalize_policy_inputs(std::span<const PolicyShorthand> shorthands, Map& inputs) {
  ResourcePolicyForm form;
  form.shorthands = shorthands;
  if (!manages_policy(form, Value(inputs))) return;
  for (const PolicyShorthand& shorthand : shorthands) {
    const Value* given = inputs.find(shorthand.attribute);
    inputs.set(shorthand.attribute, as_set(given != nullptr ? *given : Value()));
  }
  const Value* statements = inputs.find("statements");
  const Value given = statements != nullptr ? *statements : Value();
  inputs.set("statements", given.is_null() ? Value(List{}) : normalize_statements(given));
}

}  // namespace firn::aws
