#include "sandbox/aws/policy/evaluate.h"

#include <algorithm>

#include "core/base/text.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/policy/conditions.h"

namespace firn::sandbox::aws {
namespace {

bool any_action(const Value& patterns, const Question& question) {
  for (const std::string& item : texts_of(patterns)) {
    // Actions hold no variables, and case does not matter.
    const auto pattern = compile_pattern(item, question.context, false, true);
    if (pattern && matches(*pattern, question.action, true)) return true;
  }
  return false;
}

bool any_resource(const Value& patterns, const Question& question, bool variables) {
  for (const std::string& item : texts_of(patterns)) {
    if (variables && has_misplaced_variable(item)) continue;
    const auto pattern = compile_pattern(item, question.context, variables, true);
    if (pattern && matches_resource(*pattern, question.resource)) return true;
  }
  return false;
}

bool action_matches(const Value& statement, const Question& question) {
  if (const Value* actions = statement.find("Action")) return any_action(*actions, question);
  if (const Value* others = statement.find("NotAction")) return !any_action(*others, question);
  return false;
}

bool resource_matches(const Value& statement, const Question& question, bool variables) {
  if (const Value* resources = statement.find("Resource")) {
    return any_resource(*resources, question, variables);
  }
  if (const Value* others = statement.find("NotResource")) {
    return !any_resource(*others, question, variables);
  }
  return true;  // policies of roles and repositories have none: what they are part of is meant
}

NamedAs strongest(NamedAs a, NamedAs b) {
  return std::max(a, b);
}

NamedAs match_aws_principal(const std::string& text, const Principal& principal,
                            const Map& principal_ids) {
  if (text == "*") return NamedAs::everyone;
  if (principal.kind == Principal::Kind::service || principal.kind == Principal::Kind::anonymous) {
    return NamedAs::nobody;
  }
  if (is_account(text)) return text == principal.account ? NamedAs::account : NamedAs::nobody;
  const auto arn = parse_arn(text);
  if (!arn) return text == principal.unique_id ? NamedAs::itself : NamedAs::nobody;
  if (arn->service == "iam" && arn->resource == "root") {
    return arn->account == principal.account ? NamedAs::account : NamedAs::nobody;
  }
  if (principal.kind == Principal::Kind::role && text == principal.arn) return NamedAs::session;
  const std::string& own =
      principal.kind == Principal::Kind::role ? principal.role_arn : principal.arn;
  if (text != own) return NamedAs::nobody;
  const Value* id = principal_ids.find(text);
  const bool same_one = !id || !id->is_string() || principal.unique_id.empty() ||
                        id->as_string() == principal.unique_id;
  return same_one ? NamedAs::itself : NamedAs::nobody;
}

NamedAs match_principal_element(const Value& element, const Principal& principal,
                                const Map& principal_ids) {
  if (element.is_string()) {
    return element.as_string() == "*" ? NamedAs::everyone : NamedAs::nobody;
  }
  NamedAs best = NamedAs::nobody;
  for (const std::string& text : texts_of(element.at("AWS"))) {
    best = strongest(best, match_aws_principal(text, principal, principal_ids));
  }
  for (const std::string& text : texts_of(element.at("Service"))) {
    if (principal.kind == Principal::Kind::service && text == principal.service) {
      best = strongest(best, NamedAs::itself);
    }
  }
  return best;
}

bool denies(const Value& statement) {
  return equals_ignoring_case(statement.string_or("Effect", ""), "Deny");
}

// `nobody` when the statement is about somebody else.
NamedAs match_principal(const Value& statement, const StoredPolicy& policy,
                        const Question& question) {
  const Principal& principal = question.principal;
  if (const Value* element = statement.find("Principal")) {
    return match_principal_element(*element, principal, policy.principal_ids);
  }
  if (const Value* others = statement.find("NotPrincipal")) {
    // With Deny it "will always deny any IAM principal that has a permissions boundary"
    // ("Permissions boundaries for IAM entities").
    if (question.has_boundary && denies(statement)) return NamedAs::everyone;
    const NamedAs named = match_principal_element(*others, principal, policy.principal_ids);
    return named == NamedAs::nobody ? NamedAs::everyone : NamedAs::nobody;
  }
  return NamedAs::nobody;
}

DocumentVerdict evaluate(const StoredPolicy& policy, const Question& question, bool names) {
  DocumentVerdict verdict;
  const bool variables = policy.document.string_or("Version", "") == "2012-10-17";
  for (const Value& statement : statements_of(policy.document)) {
    NamedAs named = NamedAs::nobody;
    if (names) {
      named = match_principal(statement, policy, question);
      if (named == NamedAs::nobody) continue;
    }
    if (!action_matches(statement, question)) continue;
    if (!resource_matches(statement, question, variables)) continue;
    const ConditionResult conditions =
        evaluate_conditions(statement.at("Condition"), question.context, variables);
    using Outcome = ConditionResult::Outcome;
    if (conditions.outcome == Outcome::not_met) continue;
    if (conditions.outcome == Outcome::cannot_tell) {
      // Fails closed: it may deny, so it does; it may not allow, so it does not.
      verdict.problem = conditions.problem;
      if (!denies(statement)) continue;
    }
    if (denies(statement)) {
      verdict.effect = Effect::deny;
      return verdict;
    }
    verdict.effect = Effect::allow;
    verdict.named_as = strongest(verdict.named_as, named);
  }
  return verdict;
}

}  // namespace

std::vector<std::string> texts_of(const Value& value) {
  std::vector<std::string> texts;
  if (value.is_string()) {
    texts.push_back(value.as_string());
  } else if (value.is_list()) {
    for (const Value& item : value.as_list()) {
      if (item.is_string()) texts.push_back(item.as_string());
    }
  }
  return texts;
}

List statements_of(const Value& document) {
  const Value& statement = document.at("Statement");
  if (statement.is_list()) return statement.as_list();
  if (statement.is_map()) return List{statement};
  return {};
}

DocumentVerdict evaluate_identity_policy(const Value& document, const Question& question) {
  return evaluate(StoredPolicy{document, {}}, question, false);
}

DocumentVerdict evaluate_resource_policy(const StoredPolicy& policy, const Question& question) {
  return evaluate(policy, question, true);
}

}  // namespace firn::sandbox::aws
