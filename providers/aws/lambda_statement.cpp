#include "providers/aws/lambda_statement.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <utility>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "core/value/json.h"
#include "providers/aws/calls.h"

namespace firn::aws {
namespace {

constexpr std::size_t id_limit = 100;
constexpr std::size_t digits = 8;  // of each of the two digests in an id

// The fifth part of an ARN; empty where it has none.
std::string account_in(const std::string& arn) {
  const std::vector<std::string> parts = split(arn, ':');
  return parts.size() > 4 ? parts[4] : std::string();
}

// The value of a condition key, whose case Lambda does not keep.
std::string condition_of(const Value& statement, std::string_view key) {
  const Value& conditions = statement.at("Condition");
  if (!conditions.is_map()) return {};
  for (const auto& [operation, keys] : conditions.as_map()) {
    if (!keys.is_map()) continue;
    for (const auto& [name, value] : keys.as_map()) {
      if (equals_ignoring_case(name, key)) return clear_text(value);
    }
  }
  return {};
}

std::string principal_of(const Value& statement) {
  const Value& principal = statement.at("Principal");
  if (principal.is_string()) return principal.as_string();
  const Value& service = principal.at("Service");
  if (service.is_string()) return service.as_string();
  const std::string arn = principal.string_or("AWS", "");
  // An account is shown as its root.
  return arn.ends_with(":root") ? account_in(arn) : arn;
}

// Whether the statement says no more than what AddPermission takes from firn.
bool says_no_more(const Value& statement) {
  if (statement.string_or("Effect", "Allow") != "Allow") return false;
  const Value& conditions = statement.at("Condition");
  if (!conditions.is_map()) return conditions.is_null();
  for (const auto& [operation, keys] : conditions.as_map()) {
    if (!keys.is_map()) return false;
    for (const auto& [name, value] : keys.as_map()) {
      const bool is_source = equals_ignoring_case(name, "aws:SourceArn");
      const bool is_other = equals_ignoring_case(name, "aws:SourceAccount") ||
                            equals_ignoring_case(name, "aws:PrincipalOrgID");
      const bool is_known =
          (is_source && operation == "ArnLike") || (is_other && operation == "StringEquals");
      if (!is_known || !value.is_string()) return false;
    }
  }
  return true;
}

PolicyStatement statement_of(const Value& shown) {
  PolicyStatement statement;
  statement.id = shown.string_or("Sid", "");
  statement.wire.set("Action", shown.string_or("Action", ""));
  statement.wire.set("Principal", principal_of(shown));
  const auto set = [&](std::string_view member, std::string_view key) {
    std::string value = condition_of(shown, key);
    if (!value.empty()) statement.wire.set(member, std::move(value));
  };
  set("PrincipalOrgID", "aws:PrincipalOrgID");
  set("SourceAccount", "aws:SourceAccount");
  set("SourceArn", "aws:SourceArn");
  statement.is_whole = says_no_more(shown);
  return statement;
}

}  // namespace

Map permission_wire(const Placement& placement, const Value& inputs) {
  const auto text = [&](std::string_view attribute) { return clear_text(inputs.at(attribute)); };
  Map wire;
  wire.set("Action", inputs.string_or("action", "lambda:InvokeFunction"));
  wire.set("Principal", text("principal"));
  if (const std::string organization = text("organization"); !organization.empty()) {
    wire.set("PrincipalOrgID", organization);
  }
  const std::string source = text("source_arn");
  std::string account = text("source_account");
  if (account.empty() && !source.empty() && account_in(source).empty()) {
    account = placement.account;
  }
  if (!account.empty()) wire.set("SourceAccount", account);
  if (!source.empty()) wire.set("SourceArn", source);
  return wire;
}

std::string statement_id_stem(const Placement& placement, std::string_view address) {
  const std::string whole =
      fmt::format("{}/{}/{}", placement.stack, placement.environment, address);
  std::string readable =
      fmt::format("firn-{}-{}-{}", placement.stack, placement.environment, address);
  std::replace_if(
      readable.begin(), readable.end(),
      [](unsigned char c) { return std::isalnum(c) == 0 && c != '-' && c != '_'; }, '-');
  readable.resize(std::min(readable.size(), id_limit - 2 * (digits + 1)));
  return fmt::format("{}-{}-", readable, sha256_hex(whole).substr(0, digits));
}

std::string statement_id(const Placement& placement, std::string_view address,
                         const Value& inputs) {
  const std::string content = to_json(Value(permission_wire(placement, inputs)));
  return statement_id_stem(placement, address) + sha256_hex(content).substr(0, digits);
}

bool is_of_stem(std::string_view id, std::string_view stem) {
  return id.size() == stem.size() + digits && id.starts_with(stem);
}

bool is_made_by_firn(std::string_view id) {
  const auto ends_with_digest = [](std::string_view text) {
    if (text.size() <= digits) return false;
    const std::string_view tail = text.substr(text.size() - digits - 1);
    return tail.front() == '-' && tail.find_first_not_of("0123456789abcdef", 1) == tail.npos;
  };
  if (!id.starts_with("firn-") || !ends_with_digest(id)) return false;
  return ends_with_digest(id.substr(0, id.size() - digits - 1));
}

std::vector<PolicyStatement> statements_of_policy(std::string_view policy) {
  std::vector<PolicyStatement> statements;
  const Result<Value> document = parse_json(policy);
  if (!document) return statements;
  for (const Value& shown : list_of(document->at("Statement")))
    statements.push_back(statement_of(shown));
  return statements;
}

}  // namespace firn::aws
