#include "sandbox/aws/policy/document.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <set>

#include "core/base/text.h"
#include "core/value/json.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/policy/conditions.h"
#include "sandbox/aws/policy/evaluate.h"

namespace firn::sandbox::aws {
namespace {

using What = PolicyProblem::What;
using Problem = std::optional<PolicyProblem>;

constexpr std::array statement_members = {"Sid",          "Effect",      "Action",
                                          "NotAction",    "Resource",    "Principal",
                                          "NotPrincipal", "NotResource", "Condition"};
constexpr std::string_view syntax_message = "Syntax errors in policy.";

Problem problem(What what, std::string message, std::string subject = {}) {
  return PolicyProblem{what, std::move(message), std::move(subject)};
}

bool is_text_or_texts(const Value& value) {
  if (value.is_string()) return true;
  if (!value.is_list() || value.as_list().empty()) return false;
  const List& items = value.as_list();
  return std::all_of(items.begin(), items.end(),
                     [](const Value& item) { return item.is_string(); });
}

Problem check_action(const std::string& action, PolicyKind kind) {
  if (action == "*") {
    if (kind != PolicyKind::trust) return std::nullopt;
    return problem(What::bad_action, "AssumeRole policy may only specify STS AssumeRole actions.",
                   action);
  }
  const auto colon = action.find(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == action.size()) {
    return problem(What::bad_action,
                   "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
                   action);
  }
  const std::string vendor = to_lower(action.substr(0, colon));
  const bool plain = std::all_of(vendor.begin(), vendor.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (!plain) {
    return problem(What::bad_action, fmt::format("Vendor {} is not valid", vendor), action);
  }
  if (kind == PolicyKind::trust && vendor != "sts") {
    return problem(What::bad_action, "AssumeRole policy may only specify STS AssumeRole actions.",
                   action);
  }
  return std::nullopt;
}

Problem check_actions(const Value& statement, PolicyKind kind) {
  const Value* actions = statement.find("Action");
  const Value* others = statement.find("NotAction");
  if (!actions && !others) {
    return problem(What::missing_action, "Policy statement must contain actions.");
  }
  if (actions && others) return problem(What::syntax, std::string(syntax_message), "NotAction");
  const Value& given = actions ? *actions : *others;
  if (given.is_list() && given.as_list().empty()) {
    return problem(What::missing_action, "Policy statement must contain actions.");
  }
  if (!is_text_or_texts(given)) return problem(What::syntax, std::string(syntax_message), "Action");
  for (const std::string& action : texts_of(given)) {
    if (Problem found = check_action(action, kind)) return found;
  }
  return std::nullopt;
}

Problem check_resource(const std::string& text) {
  if (text == "*") return std::nullopt;
  // A wildcard may stand for the later parts: "arn:aws:s3:::*", "arn:aws:sqs:*".
  if (!text.starts_with("arn:")) {
    return problem(What::bad_resource,
                   fmt::format("Resource {} must be in ARN format or \"*\".", text), text);
  }
  const std::vector<std::string> parts = split(text, ':');
  if (parts.size() < 6 && text.find('*') == std::string::npos) {
    return problem(What::bad_resource, fmt::format("The policy failed legacy parsing"), text);
  }
  if (parts.size() > 1 && !parts[1].starts_with("aws") && parts[1] != "*") {
    return problem(
        What::bad_resource,
        fmt::format("Partition \"{}\" is not valid for resource \"{}\".", parts[1], text), text);
  }
  return std::nullopt;
}

Problem check_resources(const Value& statement, PolicyKind kind) {
  const Value* resources = statement.find("Resource");
  const Value* others = statement.find("NotResource");
  if (kind == PolicyKind::trust || kind == PolicyKind::repository) {
    if (!resources && !others) return std::nullopt;
    return problem(What::prohibited_resource, "Has prohibited field Resource");
  }
  if (!resources && !others) {
    return problem(What::missing_resource, "Policy statement must contain resources.");
  }
  if (resources && others) return problem(What::syntax, std::string(syntax_message), "NotResource");
  const Value& given = resources ? *resources : *others;
  if (given.is_list() && given.as_list().empty()) {
    return problem(What::missing_resource, "Policy statement must contain resources.");
  }
  if (!is_text_or_texts(given)) {
    return problem(What::syntax, std::string(syntax_message), "Resource");
  }
  for (const std::string& text : texts_of(given)) {
    if (Problem found = check_resource(text)) return found;
  }
  return std::nullopt;
}

Problem check_principal_element(const Value& element) {
  if (element.is_string()) {
    if (element.as_string() == "*") return std::nullopt;
    return problem(What::bad_principal,
                   fmt::format("Invalid principal in policy: \"{}\"", element.as_string()),
                   element.as_string());
  }
  if (!element.is_map() || element.as_map().empty()) {
    return problem(What::bad_principal, "Invalid principal in policy.");
  }
  for (const auto& [type, values] : element.as_map()) {
    if (type != "AWS" && type != "Service" && type != "Federated" && type != "CanonicalUser") {
      return problem(What::bad_principal, fmt::format("Invalid principal in policy: \"{}\"", type),
                     type);
    }
    if (!is_text_or_texts(values)) {
      return problem(What::bad_principal, "Invalid principal in policy.", type);
    }
  }
  return std::nullopt;
}

Problem check_principals(const Value& statement, PolicyKind kind) {
  const Value* principal = statement.find("Principal");
  const Value* others = statement.find("NotPrincipal");
  if (kind == PolicyKind::identity) {
    if (!principal && !others) return std::nullopt;
    return problem(What::prohibited_principal, "Policy document should not specify a principal.");
  }
  if (!principal && !others) {
    return problem(What::missing_principal, "Missing required field Principal");
  }
  if (principal && others) {
    return problem(What::syntax, std::string(syntax_message), "NotPrincipal");
  }
  return check_principal_element(principal ? *principal : *others);
}

Problem check_condition(const Value& statement) {
  const Value* block = statement.find("Condition");
  if (!block) return std::nullopt;
  if (!block->is_map()) return problem(What::syntax, std::string(syntax_message), "Condition");
  for (const auto& [name, keys] : block->as_map()) {
    if (!is_condition_operator(name)) {
      return problem(What::bad_condition, fmt::format("Invalid Condition type : {}.", name), name);
    }
    if (!keys.is_map()) return problem(What::syntax, std::string(syntax_message), name);
    for (const auto& [key, value] : keys.as_map()) {
      if (key.find(':') == std::string::npos) {
        return problem(What::bad_condition,
                       "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
                       key);
      }
      if (value.is_map() || value.is_null()) {
        return problem(What::syntax, std::string(syntax_message), key);
      }
    }
  }
  return std::nullopt;
}

Problem check_sid(const Value& statement, PolicyKind kind, std::set<std::string>& seen) {
  const Value* sid = statement.find("Sid");
  if (!sid) return std::nullopt;
  if (!sid->is_string()) return problem(What::syntax, std::string(syntax_message), "Sid");
  const std::string& text = sid->as_string();
  // Resource policies may name statements freely; identity and trust policies may not.
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
  if (kind != PolicyKind::resource && kind != PolicyKind::repository && !plain) {
    return problem(What::bad_sid,
                   "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the "
                   "regular expression [0-9A-Za-z]*",
                   text);
  }
  if (!text.empty() && !seen.insert(text).second) {
    return problem(What::duplicate_sid, "Statement IDs (SID) in a single policy must be unique.",
                   text);
  }
  return std::nullopt;
}

Problem check_effect(const Value& statement) {
  const Value* effect = statement.find("Effect");
  if (!effect) return problem(What::missing_effect, std::string(syntax_message), "Effect");
  if (!effect->is_string() || (effect->as_string() != "Allow" && effect->as_string() != "Deny")) {
    return problem(What::syntax, std::string(syntax_message), "Effect");
  }
  return std::nullopt;
}

Problem check_statement(const Value& statement, PolicyKind kind, std::set<std::string>& sids) {
  if (!statement.is_map()) return problem(What::syntax, std::string(syntax_message), "Statement");
  for (const auto& [name, value] : statement.as_map()) {
    if (std::find(statement_members.begin(), statement_members.end(), name) ==
        statement_members.end()) {
      return problem(What::syntax, std::string(syntax_message), name);
    }
  }
  if (Problem found = check_effect(statement)) return found;
  if (Problem found = check_sid(statement, kind, sids)) return found;
  if (Problem found = check_actions(statement, kind)) return found;
  if (Problem found = check_principals(statement, kind)) return found;
  if (Problem found = check_resources(statement, kind)) return found;
  return check_condition(statement);
}

Problem check_document(const Value& document, PolicyKind kind) {
  for (const auto& [name, value] : document.as_map()) {
    if (name != "Version" && name != "Id" && name != "Statement") {
      return problem(What::syntax, std::string(syntax_message), name);
    }
  }
  if (const Value* version = document.find("Version")) {
    if (!version->is_string() ||
        (version->as_string() != "2012-10-17" && version->as_string() != "2008-10-17")) {
      return problem(What::syntax, std::string(syntax_message), "Version");
    }
  }
  const Value* statement = document.find("Statement");
  if (!statement || (statement->is_list() && statement->as_list().empty())) {
    return problem(What::missing_statement, std::string(syntax_message), "Statement");
  }
  if (!statement->is_list() && !statement->is_map()) {
    return problem(What::syntax, std::string(syntax_message), "Statement");
  }
  std::set<std::string> sids;
  for (const Value& one : statements_of(document)) {
    if (Problem found = check_statement(one, kind, sids)) return found;
  }
  return std::nullopt;
}

}  // namespace

std::variant<Value, PolicyProblem> parse_policy(std::string_view text, PolicyKind kind) {
  auto document = parse_json(text);
  if (!document || !document->is_map()) {
    return PolicyProblem{What::not_json, "This policy contains invalid Json", {}};
  }
  if (Problem found = check_document(*document, kind)) return *found;
  return *document;
}

}  // namespace firn::sandbox::aws
