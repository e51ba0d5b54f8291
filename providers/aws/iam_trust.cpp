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

// "token.actions.githubusercontent.com" of the provider's ARN, by which its condition keys begin.
std::string issuer_of(const std::string& provider) {
  constexpr std::string_view kind = ":oidc-provider/";
  const std::size_t at = provider.find(kind);
  return at == std::string::npos ? std::string() : provider.substr(at + kind.size());
}

bool has_wildcard(const Value& text) {
  return text.is_string() && text.as_string().find_first_of("*?") != std::string::npos;
}

// IAM User Guide, "Creating a role for web identity or OpenID Connect federation": without a
// condition on the subject, everybody who has an account with the provider may assume the role.
Value web_identity_statement(const Value& identity) {
  const Value& provider = identity.at("provider");
  Map statement = assume_statement("WebIdentity", single("Federated", provider));
  statement.set("Action", "sts:AssumeRoleWithWebIdentity");
  if (!provider.is_string()) return Value(std::move(statement));  // its keys are not known yet
  const std::string issuer = issuer_of(provider.as_string());
  List audiences = list_of(identity.at("audiences"));
  if (audiences.empty()) audiences.emplace_back("sts.amazonaws.com");
  List subjects = list_of(identity.at("subjects"));
  const bool is_pattern = std::any_of(subjects.begin(), subjects.end(), has_wildcard);
  Map exactly = single(issuer + ":aud", std::move(audiences));
  Map condition;
  if (is_pattern) {
    condition.set("StringLike", single(issuer + ":sub", std::move(subjects)));
  } else {
    exactly.set(issuer + ":sub", std::move(subjects));
  }
  condition.set("StringEquals", std::move(exactly));
  statement.set("Condition", std::move(condition));
  return Value(std::move(statement));
}

void validate_web_identity(const Value& identity, std::vector<Problem>& problems) {
  if (!identity.is_map()) return;
  const Value& provider = identity.at("provider");
  if (provider.is_string() && issuer_of(provider.as_string()).empty()) {
    problems.push_back(
        {"trust.web_identity.provider",
         fmt::format("\"{}\" is not the ARN of an OpenID Connect provider", provider.as_string()),
         "", "refer to an aws.iam_oidc_provider, or write its ARN"});
  }
  const List subjects = list_of(identity.at("subjects"));
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    if (!subjects[i].is_string()) continue;
    const std::string& subject = subjects[i].as_string();
    if (subject.find_first_not_of("*?:") != std::string::npos) continue;
    problems.push_back({fmt::format("trust.web_identity.subjects.{}", i),
                        fmt::format("the subject \"{}\" fits everybody", subject),
                        "everyone with an account at the provider could assume the role",
                        "name at least the repository, as in repo:acme/lake:*"});
  }
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
  const Value& identity = trust.at("web_identity");
  if (identity.is_map()) statements.push_back(web_identity_statement(identity));
  if (identity.is_unknown()) statements.push_back(identity);
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
                        "name a service, an integration of Snowflake's (snowflake), a web_identity "
                        "or statements"});
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
  validate_web_identity(trust.at("web_identity"), problems);
  check_statements(trust.at("statements"), PolicyUse::trust, "trust.statements", problems);
}

}  // namespace firn::aws
