#include "providers/aws/iam_trust.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <string>
#include <utility>

#include "providers/aws/calls.h"
#include "providers/aws/policy_document.h"

namespace firn::aws {
namespace {

Map single(std::string_view key, Value value) {
  Map map;
  map.set(key, std::move(value));
  return map;
}

Map assume_statement(std::string_view sid, Map principal) {
  Map statement;
  statement.set("Sid", sid);
  statement.set("Effect", "Allow");
  statement.set("Action", "sts:AssumeRole");
  statement.set("Principal", std::move(principal));
  return statement;
}

List statements_of(const Value& trust) {
  List statements;
  List services = list_of(trust.at("service"));
  if (!services.empty()) {
    Map statement = assume_statement("Service", single("Service", std::move(services)));
    const Value& account = trust.at("source_account");
    if (!account.is_null()) {
      statement.set("Condition", single("StringEquals", single("aws:SourceAccount", account)));
    }
    statements.emplace_back(std::move(statement));
  }
  const Value& snowflake = trust.at("snowflake");
  if (!snowflake.is_null()) {
    // While the integration is still to be made, both parts are unknown.
    const bool is_unknown = snowflake.is_unknown();
    const Value& user = is_unknown ? snowflake : snowflake.at("iam_user_arn");
    const Value& external_id = is_unknown ? snowflake : snowflake.at("external_id");
    Map statement = assume_statement("Snowflake", single("AWS", user));
    statement.set("Condition", single("StringEquals", single("sts:ExternalId", external_id)));
    statements.emplace_back(std::move(statement));
  }
  for (const Value& own : list_of(trust.at("statements")))
    statements.push_back(own);
  return statements;
}

bool is_account_id(const std::string& text) {
  return text.size() == 12 && std::all_of(text.begin(), text.end(),
                                          [](unsigned char c) { return std::isdigit(c) != 0; });
}

}  // namespace

Value normalize_trust(const Value& trust) {
  if (!trust.is_map()) return trust;
  Map normal;
  normal.set("statements", normalize_statements(Value(statements_of(trust))));
  return Value(std::move(normal));
}

Value trust_document(const Value& trust) {
  return policy_of(statements_of(trust));
}

void validate_trust(const Value& trust, std::vector<Problem>& problems) {
  if (!trust.is_map()) return;
  if (statements_of(trust).empty()) {
    problems.push_back({"trust", "nobody is trusted", "IAM refuses a role that nobody may assume",
                        "name a service, a storage integration (snowflake) or statements"});
  }
  const List services = list_of(trust.at("service"));
  for (std::size_t i = 0; i < services.size(); ++i) {
    if (!services[i].is_string()) continue;
    const std::string& service = services[i].as_string();
    if (service.find('.') != std::string::npos) continue;
    problems.push_back({trust.at("service").is_list() ? fmt::format("trust.service.{}", i)
                                                      : std::string("trust.service"),
                        fmt::format("\"{}\" is not a service principal", service),
                        "IAM names services by their full names",
                        fmt::format("write {}.amazonaws.com", service)});
  }
  const Value& account = trust.at("source_account");
  if (account.is_string() && !is_account_id(account.as_string())) {
    problems.push_back({"trust.source_account",
                        fmt::format("\"{}\" is not an account id", account.as_string()), "",
                        "write twelve digits, in quotes"});
  }
  if (!account.is_null() && services.empty()) {
    problems.push_back({"trust.source_account", "source_account goes with service",
                        "only services of AWS say on whose behalf they act",
                        "name the service, or leave source_account out"});
  }
  check_statements(trust.at("statements"), PolicyUse::trust, "trust.statements", problems);
}

}  // namespace firn::aws
