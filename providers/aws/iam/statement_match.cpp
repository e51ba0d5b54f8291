#include "providers/aws/iam/statement_match.h"

#include <fmt/format.h>
#include <utility>

#include "core/base/text.h"

namespace firn::aws::iam {
namespace {

std::string words(const std::vector<PolicyText>& texts) {
  std::vector<std::string> words;
  for (const PolicyText& text : texts) {
    words.push_back(text.is_known() ? text.text : fmt::format("({})", text.waits_for));
  }
  return join(words, ", ");
}

std::string words(const PrincipalElement& element) {
  std::vector<std::string> parts;
  if (element.everyone) parts.emplace_back("*");
  for (const auto* texts :
       {&element.aws, &element.services, &element.federated, &element.canonical_users}) {
    if (!texts->empty()) parts.push_back(words(*texts));
  }
  return join(parts, ", ");
}

std::string words(const Principal& principal) {
  if (!principal.name.empty()) return principal.name;
  return principal.arn.empty() ? "anonymous" : principal.arn;
}

std::string negated(bool is_not, std::string wanted) {
  return is_not ? "not " + wanted : wanted;
}

Match match_resource(const Statement& statement, bool has_variables, const Request& request) {
  if (statement.resources.empty()) return Match::yes;
  Match any = Match::no;
  for (const PolicyText& text : statement.resources) {
    if (!text.is_known()) {
      any = either(any, Match::cannot_tell);
      continue;
    }
    const auto pattern = resource_pattern(text.text, request.context, has_variables);
    if (pattern && pattern->matches(request.resource)) any = Match::yes;
  }
  return statement.is_not_resource ? negation(any) : any;
}

PrincipalMatch match_named(const Statement& statement, const Request& request, bool has_boundary) {
  PrincipalMatch match = match_principal(*statement.principal, request.principal);
  if (!statement.is_not_principal) return match;
  if (has_boundary && statement.effect == Effect::deny) return {Match::yes, NamedAs::everyone};
  match.match = negation(match.match);
  match.named_as = match.match == Match::yes ? NamedAs::everyone : NamedAs::nobody;
  return match;
}

}  // namespace

std::string_view part_name(StatementPart part) {
  switch (part) {
    case StatementPart::principal:
      return "Principal";
    case StatementPart::action:
      return "Action";
    case StatementPart::resource:
      return "Resource";
    case StatementPart::condition:
      break;
  }
  return "Condition";
}

std::string_view side_name(Side side) {
  switch (side) {
    case Side::resource:
      return "resource policy";
    case Side::identity:
      return "identity policy";
    case Side::boundary:
      return "permissions boundary";
    case Side::session:
      break;
  }
  return "session policy";
}

Match match_action(const Statement& statement, const std::string& action) {
  Match any = Match::no;
  for (const PolicyText& text : statement.actions) {
    if (!text.is_known()) {
      any = either(any, Match::cannot_tell);
      continue;
    }
    // Actions hold no variables.
    const auto pattern = Pattern::glob(symbols_of(text.text), Pattern::Letters::ignore_case);
    if (pattern.matches(action)) any = Match::yes;
  }
  return statement.is_not_action ? negation(any) : any;
}

StatementMatch match_statement(const Statement& statement, bool has_variables,
                               const Request& request, bool has_boundary) {
  StatementMatch result;
  const auto add = [&result](Match match, StatementPart part, std::string key, std::string wanted,
                             std::string given) {
    result.match = both(result.match, match);
    if (match == Match::yes) return;
    result.mismatches.push_back(
        {part, std::move(key), std::move(wanted), std::move(given), match == Match::no});
  };
  if (statement.principal) {
    const PrincipalMatch principal = match_named(statement, request, has_boundary);
    result.named_as = principal.named_as;
    add(principal.match, StatementPart::principal, {},
        negated(statement.is_not_principal, words(*statement.principal)), words(request.principal));
  }
  add(match_action(statement, request.action), StatementPart::action, {},
      negated(statement.is_not_action, words(statement.actions)), request.action);
  add(match_resource(statement, has_variables, request), StatementPart::resource, {},
      negated(statement.is_not_resource, words(statement.resources)), request.resource);
  for (const Condition& condition : statement.conditions) {
    const auto* values = request.context.find(condition.key);
    add(evaluate_condition(condition, request.context, has_variables), StatementPart::condition,
        condition.key, fmt::format("{} {}", condition.operator_name, words(condition.values)),
        values == nullptr ? std::string() : join(*values, ", "));
  }
  return result;
}

}  // namespace firn::aws::iam
