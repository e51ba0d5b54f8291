// The policy of a function, which is written statement by statement.
#include <algorithm>
#include <fmt/format.h>

#include "core/value/json.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/lambda/operations.h"
#include "sandbox/aws/policy/principals.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::lambda {
namespace {

List statements_in(const Value& function) {
  return statements_of(unpack(function.at("policy")).document);
}

Refusal no_policy() {
  return {404, "ResourceNotFoundException", "The resource you requested does not exist."};
}

bool is_statement_id(const std::string& id) {
  return !id.empty() && id.size() <= 100 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

Value make_statement(const Function& function, const Value& body) {
  const std::string principal = body.string_or("Principal", "");
  Value named = Map{{"Service", principal}};
  if (principal == "*") {
    named = Value("*");
  } else if (is_account(principal)) {
    named = Map{{"AWS", fmt::format("arn:aws:iam::{}:root", principal)}};
  } else if (parse_arn(principal)) {
    named = Map{{"AWS", principal}};
  }
  Map condition;
  const std::string source_arn = body.string_or("SourceArn", "");
  const std::string source_account = body.string_or("SourceAccount", "");
  if (!source_arn.empty()) condition.set("ArnLike", Map{{"AWS:SourceArn", source_arn}});
  const std::string organization = body.string_or("PrincipalOrgID", "");
  Map equals;
  if (!source_account.empty()) equals.set("AWS:SourceAccount", source_account);
  if (!organization.empty()) equals.set("aws:PrincipalOrgID", organization);
  if (!equals.empty()) condition.set("StringEquals", Value(std::move(equals)));
  Map statement{{"Sid", body.at("StatementId")},
                {"Effect", "Allow"},
                {"Principal", named},
                {"Action", body.at("Action")},
                {"Resource", function.document.at("arn")}};
  if (!condition.empty()) statement.set("Condition", Value(std::move(condition)));
  return Value(std::move(statement));
}

void keep_statements(Call& call, const Function& function, List statements) {
  if (statements.empty()) {
    keep_function(call.world, function.id, without(function.document, "policy"));
    return;
  }
  const Value document = Map{
      {"Version", "2012-10-17"}, {"Id", "default"}, {"Statement", Value(std::move(statements))}};
  const PrincipalCheck check = check_principals(call.world, document, SeenFrom::others);
  if (check.invalid) {
    throw invalid_value(
        "The provided principal was invalid. Please check the principal and try again.");
  }
  keep_function(call.world, function.id,
                with(function.document, "policy", pack({check.document, check.ids})));
}

}  // namespace

RestOutput add_permission(Call& call, const RestInput& input) {
  check_members(input.body,
                {"FunctionName", "StatementId", "Action", "Principal", "SourceArn", "SourceAccount",
                 "PrincipalOrgID"},
                "AddPermission");
  const Function function = function_for(call, input.path[0], "lambda:AddPermission");
  const std::string id = input.body.string_or("StatementId", "");
  const std::string action = input.body.string_or("Action", "");
  if (!is_statement_id(id)) {
    throw Refusal{400, "ValidationException",
                  fmt::format("1 validation error detected: Value '{}' at 'statementId' failed to "
                              "satisfy constraint: Member must satisfy regular expression pattern: "
                              "([a-zA-Z0-9-_]+)",
                              id)};
  }
  if (action != "lambda:*" && !action.starts_with("lambda:")) {
    throw Refusal{400, "ValidationException",
                  fmt::format("1 validation error detected: Value '{}' at 'action' failed to "
                              "satisfy constraint: Member must satisfy regular expression pattern: "
                              "(lambda:[*]|lambda:[a-zA-Z]+|[*])",
                              action)};
  }
  List statements = statements_in(function.document);
  for (const Value& statement : statements) {
    if (statement.string_or("Sid", "") == id) {
      throw Refusal{409, "ResourceConflictException",
                    fmt::format("The statement id ({}) provided already exists. Please provide a "
                                "new statement id, or remove the existing statement.",
                                id)};
    }
  }
  const Value statement = make_statement(function, input.body);
  statements.push_back(statement);
  keep_statements(call, function, std::move(statements));
  return {201, Map{{"Statement", to_json(statement)}}};
}

RestOutput get_policy(Call& call, const RestInput& input) {
  const Function function = function_for(call, input.path[0], "lambda:GetPolicy");
  if (!function.document.find("policy")) throw no_policy();
  const StoredPolicy policy = unpack(function.document.at("policy"));
  return {200, Map{{"Policy", to_json(present_policy(call.world, policy))},
                   {"RevisionId", call.request_id}}};
}

RestOutput remove_permission(Call& call, const RestInput& input) {
  const Function function = function_for(call, input.path[0], "lambda:RemovePermission");
  List statements = statements_in(function.document);
  const auto erased = std::erase_if(statements, [&](const Value& statement) {
    return statement.string_or("Sid", "") == input.path[1];
  });
  if (erased == 0) {
    throw Refusal{404, "ResourceNotFoundException",
                  "No policy is associated with the given resource."};
  }
  keep_statements(call, function, std::move(statements));
  return {204, {}};
}

}  // namespace firn::sandbox::aws::lambda
