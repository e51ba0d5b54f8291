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
    PolicyShorthand{"publishers", "Publishers", "sns:Publish", false},
    PolicyShorthand{"subscribers", "Subscribers", "sns:Subscribe", true},
};
constexpr std::array kQueueShorthands{
    PolicyShorthand{"senders", "Senders", "sqs:SendMessage", false},
};

// The third part of an ARN: "s3". Senders whose ARN is not known yet count as buckets, which is
// what they nearly always are.
std::string service_of(const Value& arn) {
  if (!arn.is_string()) return "s3";
  const std::vector<std::string> parts = split(arn.as_string(), ':');
  return parts.size() > 2 && parts[0] == "arn" ? parts[2] : std::string();
}

Map single(std::string_view key, Value value) {
  Map map;
  map.set(key, std::move(value));
  return map;
}

Value principals_statement(const ResourcePolicyForm& form, const PolicyShorthand& shorthand,
                           List arns) {
  Map statement;
  statement.set("Sid", shorthand.sid);
  statement.set("Effect", "Allow");
  statement.set("Principal", single("AWS", std::move(arns)));
  statement.set("Action", shorthand.action);
  statement.set("Resource", form.resource_arn);
  return Value(std::move(statement));
}

// A service acting for one of `arns`. The ARN of a bucket names no account, so that a bucket of the
// same name in another account would pass: there the account is required as well.
Value service_statement(const ResourcePolicyForm& form, const PolicyShorthand& shorthand,
                        const std::string& service, List arns) {
  std::string sid = std::string(shorthand.sid) + service;
  const std::size_t initial = shorthand.sid.size();
  sid[initial] = static_cast<char>(std::toupper(static_cast<unsigned char>(sid[initial])));
  std::erase_if(sid, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; });
  Map condition;
  condition.set("ArnLike", single("aws:SourceArn", std::move(arns)));
  if (service == "s3") {
    condition.set("StringEquals", single("aws:SourceAccount", form.account));
  }
  Map statement;
  statement.set("Sid", sid);
  statement.set("Effect", "Allow");
  statement.set("Principal", single("Service", service + ".amazonaws.com"));
  statement.set("Action", shorthand.action);
  statement.set("Resource", form.resource_arn);
  statement.set("Condition", std::move(condition));
  return Value(std::move(statement));
}

void add_shorthand(const ResourcePolicyForm& form, const PolicyShorthand& shorthand,
                   const List& arns, List& statements) {
  if (arns.empty()) return;
  if (shorthand.principals) {
    statements.push_back(principals_statement(form, shorthand, arns));
    return;
  }
  std::map<std::string, List> by_service;
  for (const Value& arn : arns) {
    const std::string service = service_of(arn);
    if (!service.empty()) by_service[service].push_back(arn);
  }
  for (auto& [service, list] : by_service) {
    statements.push_back(service_statement(form, shorthand, service, std::move(list)));
  }
}

Value normalized(const Value& statement) {
  List one;
  one.push_back(statement);
  const Value list = normalize_statements(Value(std::move(one)));
  return list.is_list() && list.as_list().size() == 1 ? list.as_list().front() : statement;
}

// The ARNs of `statement` when it is exactly what the shorthand would have made of them.
std::optional<List> arns_of(const ResourcePolicyForm& form, const PolicyShorthand& shorthand,
                            const Value& statement) {
  if (!statement.string_or("Sid", "").starts_with(shorthand.sid)) return std::nullopt;
  List arns;
  if (shorthand.principals) {
    arns = list_of(statement.at("Principal").at("AWS"));
  } else {
    const Value& keys = statement.at("Condition").at("ArnLike");
    if (!keys.is_map() || keys.as_map().size() != 1) return std::nullopt;
    arns = list_of(keys.as_map().begin()->second);
  }
  List rebuilt;
  add_shorthand(form, shorthand, arns, rebuilt);
  if (rebuilt.size() != 1 || normalized(rebuilt.front()) != normalized(statement)) {
    return std::nullopt;
  }
  return arns;
}

Value without_own_resource(const ResourcePolicyForm& form, const Value& statement) {
  if (!statement.is_map()) return statement;
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
      auto arns = arns_of(form, shorthand, statement);
      if (!arns) continue;
      List& list = lists[shorthand.attribute];
      list.insert(list.end(), arns->begin(), arns->end());
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
    if (!statement.is_map() || !statement.at("Resource").is_null() ||
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
                              : "refer to the object itself, for example \"${data}\""});
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
