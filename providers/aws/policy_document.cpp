#include "providers/aws/policy_document.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "core/base/text.h"
#include "core/value/json.h"
#include "providers/aws/reply.h"

namespace firn::aws {

namespace {

// Orders values that may hold unknowns, which plain JSON cannot print.
std::string sort_key(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::list: {
      std::string key = "[";
      for (const Value& item : value.as_list())
        key += sort_key(item) + ",";
      return key + "]";
    }
    case Value::Kind::map: {
      std::string key = "{";
      for (const auto& [name, member] : value.as_map())
        key += name + ":" + sort_key(member) + ",";
      return key + "}";
    }
    case Value::Kind::unknown:
      return "?" + value.waits_for();
    case Value::Kind::secret:
      return "!" + value.secret_digest();
    case Value::Kind::string:
      return value.as_string();
    default:
      return text_of(value);
  }
}

List sorted_set(List items) {
  std::stable_sort(items.begin(), items.end(),
                   [](const Value& a, const Value& b) { return sort_key(a) < sort_key(b); });
  const auto same = [](const Value& a, const Value& b) { return sort_key(a) == sort_key(b); };
  items.erase(std::unique(items.begin(), items.end(), same), items.end());
  return items;
}

List items_of(const Value& value) {
  if (value.is_list()) return value.as_list();
  if (value.is_null()) return {};
  return List{value};
}

// One item stands alone, as AWS prints it; several are a sorted list.
Value one_or_list(List items) {
  items = sorted_set(std::move(items));
  if (items.size() == 1) return items.front();
  return Value(std::move(items));
}

bool is_account_id(std::string_view text) {
  return text.size() == 12 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "arn:aws:iam::123456789012:root" stands for the account, and so does its bare number.
Value account_principal(const Value& principal) {
  if (!principal.is_string()) return principal;
  const std::string& text = principal.as_string();
  const auto parts = split(text, ':');
  if (parts.size() == 6 && parts[0] == "arn" && parts[2] == "iam" && parts[5] == "root" &&
      is_account_id(parts[4])) {
    return Value(parts[4]);
  }
  return principal;
}

// YAML reads a bare account id as a number.
Value as_text(const Value& value) {
  if (value.is_bool() || value.is_int() || value.is_number()) return Value(text_of(value));
  return value;
}

// Some services print their prefix in capitals ("SQS:SendMessage"). The name behind it comes back
// as it was sent.
Value canonical_action(const Value& action) {
  if (!action.is_string()) return as_text(action);
  const std::string& text = action.as_string();
  const auto colon = text.find(':');
  if (colon == std::string::npos) return action;
  return Value(to_lower(text.substr(0, colon)) + text.substr(colon));
}

// Condition keys compare ignoring case. The usual ones are written as AWS documents them, all
// others in lower case. Source: Service Authorization Reference, "Condition keys".
constexpr std::array<std::string_view, 34> usual_keys = {
    "aws:CalledVia",        "aws:CurrentTime",       "aws:MultiFactorAuthPresent",
    "aws:PrincipalAccount", "aws:PrincipalArn",      "aws:PrincipalIsAWSService",
    "aws:PrincipalOrgID",   "aws:PrincipalOrgPaths", "aws:PrincipalServiceName",
    "aws:PrincipalTag",     "aws:PrincipalType",     "aws:RequestTag",
    "aws:RequestedRegion",  "aws:ResourceAccount",   "aws:ResourceOrgID",
    "aws:ResourceTag",      "aws:SecureTransport",   "aws:SourceAccount",
    "aws:SourceArn",        "aws:SourceIp",          "aws:SourceOrgID",
    "aws:SourceVpc",        "aws:SourceVpce",        "aws:TagKeys",
    "aws:UserAgent",        "aws:ViaAWSService",     "aws:userid",
    "aws:username",         "iam:PassedToService",   "kms:CallerAccount",
    "kms:ViaService",       "sns:Endpoint",          "sns:Protocol",
    "sts:ExternalId"};

// What follows the first slash is a tag's key, whose case counts (`aws:RequestTag/Team`).
std::string canonical_key(std::string_view key) {
  const auto slash = key.find('/');
  const std::string_view name = key.substr(0, slash);
  const std::string_view rest =
      slash == std::string_view::npos ? std::string_view() : key.substr(slash);
  for (const std::string_view usual : usual_keys) {
    if (equals_ignoring_case(usual, name)) return std::string(usual) + std::string(rest);
  }
  return to_lower(name) + std::string(rest);
}

Value canonical_principal(const Value& principal) {
  if (principal.is_string()) {
    // Everyone. {"AWS": "*"} has the same effect.
    if (principal.as_string() == "*") return principal;
    Map of_aws;
    of_aws.set("AWS", account_principal(principal));
    return Value(std::move(of_aws));
  }
  if (principal.is_list()) {
    Map of_aws;
    of_aws.set("AWS", principal);
    return canonical_principal(Value(std::move(of_aws)));
  }
  if (!principal.is_map()) return principal;
  Map canonical;
  for (const auto& [kind, who] : principal.as_map()) {
    List items;
    for (const Value& item : items_of(who)) {
      items.push_back(kind == "AWS" ? account_principal(as_text(item)) : as_text(item));
    }
    if (items.empty()) continue;
    canonical.set(kind, one_or_list(std::move(items)));
  }
  const Value* aws = canonical.find("AWS");
  if (canonical.size() == 1 && aws != nullptr && aws->is_string() && aws->as_string() == "*") {
    return *aws;
  }
  return Value(std::move(canonical));
}

// Operators keep their spelling, which AWS compares exactly.
Value canonical_condition(const Value& condition) {
  if (!condition.is_map()) return condition;
  Map canonical;
  for (const auto& [operation, tests] : condition.as_map()) {
    if (!tests.is_map()) {
      canonical.set(operation, tests);
      continue;
    }
    Map keys;
    for (const auto& [key, values] : tests.as_map()) {
      List items;
      for (const Value& value : items_of(values))
        items.push_back(as_text(value));
      keys.set(canonical_key(key), one_or_list(std::move(items)));
    }
    if (!keys.empty()) canonical.set(operation, Value(std::move(keys)));
  }
  return Value(std::move(canonical));
}

Value canonical_statement(const Value& statement) {
  if (!statement.is_map()) return statement;
  Map canonical;
  for (const auto& [member, value] : statement.as_map()) {
    if (value.is_null()) continue;
    if (member == "Effect" && value.is_string()) {
      canonical.set(member, equals_ignoring_case(value.as_string(), "deny") ? "Deny" : "Allow");
    } else if (member == "Action" || member == "NotAction") {
      List items;
      for (const Value& item : items_of(value))
        items.push_back(canonical_action(item));
      canonical.set(member, one_or_list(std::move(items)));
    } else if (member == "Resource" || member == "NotResource") {
      List items;
      for (const Value& item : items_of(value))
        items.push_back(as_text(item));
      canonical.set(member, one_or_list(std::move(items)));
    } else if (member == "Principal" || member == "NotPrincipal") {
      canonical.set(member, canonical_principal(value));
    } else if (member == "Condition") {
      Value condition = canonical_condition(value);
      if (!condition.is_map() || !condition.as_map().empty()) {
        canonical.set(member, std::move(condition));
      }
    } else if (member == "Sid" && value.is_string() && value.as_string().empty()) {
      continue;
    } else {
      canonical.set(member, value);
    }
  }
  return Value(std::move(canonical));
}

constexpr std::array<std::string_view, 9> members = {"Sid",          "Effect",      "Principal",
                                                     "NotPrincipal", "Action",      "NotAction",
                                                     "Resource",     "NotResource", "Condition"};

bool has(const Value& statement, std::string_view a, std::string_view b) {
  return !statement.at(a).is_null() || !statement.at(b).is_null();
}

void check_statement(const Value& statement, PolicyUse use, const std::string& path,
                     std::vector<Problem>& problems) {
  if (statement.is_unknown()) return;
  if (!statement.is_map()) {
    problems.push_back({path, "a policy statement is a map",
                        fmt::format("this is {}", kind_name(statement.kind())),
                        "write { Effect: Allow, Action: …, Resource: … }"});
    return;
  }
  for (const auto& [member, value] : statement.as_map()) {
    if (std::find(members.begin(), members.end(), member) == members.end()) {
      problems.push_back({path + "." + member,
                          fmt::format("a policy statement has no member \"{}\"", member),
                          "AWS refuses the whole document", suggestion(member, members)});
    }
  }
  const Value& effect = statement.at("Effect");
  if (effect.is_null()) {
    problems.push_back(
        {path, "a policy statement needs an Effect", "", "add Effect: Allow (or Deny)"});
  } else if (effect.is_string() && !equals_ignoring_case(effect.as_string(), "allow") &&
             !equals_ignoring_case(effect.as_string(), "deny")) {
    problems.push_back({path + ".Effect",
                        fmt::format("Effect cannot be \"{}\"", effect.as_string()), "",
                        "write Allow or Deny"});
  }
  if (!has(statement, "Action", "NotAction")) {
    problems.push_back(
        {path, "a policy statement needs an Action", "", "add Action, such as s3:GetObject"});
  }
  const bool has_principal = has(statement, "Principal", "NotPrincipal");
  if (use == PolicyUse::identity && has_principal) {
    problems.push_back({path + ".Principal", "a policy of a role has no Principal",
                        "it says what the role may do; who may assume the role stands in `trust`",
                        "remove Principal"});
  }
  if (use != PolicyUse::identity && !has_principal) {
    problems.push_back({path, "this policy statement needs a Principal",
                        "it says who is allowed or denied",
                        "add Principal: { AWS: … } or { Service: … }"});
  }
  const bool has_resource = has(statement, "Resource", "NotResource");
  if (use == PolicyUse::trust && has_resource) {
    problems.push_back({path + ".Resource", "a trust statement has no Resource",
                        "the resource is the role itself", "remove Resource"});
  }
  if (use == PolicyUse::repository && has_resource) {
    problems.push_back({path + ".Resource", "a statement of a repository has no Resource",
                        "the resource is the repository itself", "remove Resource"});
  }
  if (use == PolicyUse::identity && !has_resource) {
    problems.push_back({path, "a policy statement needs a Resource", "",
                        "add the ARNs that it is about, or \"*\""});
  }
}

}  // namespace

Value normalize_statements(const Value& statements) {
  if (statements.is_unknown() || statements.is_secret()) return statements;
  List canonical;
  for (const Value& statement : items_of(statements)) {
    canonical.push_back(canonical_statement(statement));
  }
  // Not a set: two equal statements stay two, they only cost space.
  std::stable_sort(canonical.begin(), canonical.end(),
                   [](const Value& a, const Value& b) { return sort_key(a) < sort_key(b); });
  return Value(std::move(canonical));
}

Value normalize_policy(const Value& document) {
  if (document.is_string()) {
    if (trim(document.as_string()).empty()) return {};
    const Result<Value> parsed = parse_json(document.as_string());
    if (!parsed || !parsed->is_map()) return document;  // not a policy: shown as it is
    return normalize_policy(*parsed);
  }
  if (!document.is_map()) return document;
  Map canonical;
  for (const auto& [member, value] : document.as_map()) {
    if (member == "Statement") {
      canonical.set(member, normalize_statements(value));
    } else if (!value.is_null()) {
      canonical.set(member, as_text(value));
    }
  }
  // IAM's default when a document names no version.
  if (canonical.find("Version") == nullptr) canonical.set("Version", "2008-10-17");
  if (canonical.find("Statement") == nullptr) canonical.set("Statement", Value(List()));
  return Value(std::move(canonical));
}

Value policy_of(const List& statements) {
  if (statements.empty()) return {};
  Map document;
  document.set("Version", "2012-10-17");
  document.set("Statement", normalize_statements(Value(statements)));
  return Value(std::move(document));
}

std::string to_text(const Value& document) {
  if (document.is_string()) return document.as_string();
  return to_json(document);
}

void check_statements(const Value& statements, PolicyUse use, std::string_view path,
                      std::vector<Problem>& problems) {
  if (statements.is_null() || statements.is_unknown()) return;
  if (!statements.is_list()) {
    check_statement(statements, use, std::string(path), problems);
    return;
  }
  std::size_t index = 0;
  for (const Value& statement : statements.as_list()) {
    check_statement(statement, use, fmt::format("{}.{}", path, index++), problems);
  }
}

}  // namespace firn::aws
