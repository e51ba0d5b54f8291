#include "providers/aws/iam/evaluator.h"

#include <algorithm>
#include <utility>

#include "core/base/text.h"
#include "providers/aws/iam/pattern_algebra.h"

namespace firn::aws::iam {
namespace {

using Kind = Principal::Kind;

constexpr std::size_t most_misses = 3;

// What the policies of one side say together.
struct SideVerdict {
  std::optional<StatementPlace> deny;
  std::vector<Mismatch> deny_waits_for;  // of a denial that cannot be told
  std::optional<StatementPlace> allow;
  NamedAs named_as = NamedAs::nobody;  // by the strongest of the allowing statements
  std::vector<Miss> misses;
};

void judge(const Policy& policy, Side side, const Request& request, bool has_boundary,
           SideVerdict& verdict) {
  for (const Statement& statement : policy.document.statements) {
    const StatementMatch found =
        match_statement(statement, policy.document.has_variables, request, has_boundary);
    const StatementPlace place{side, policy.name, statement.index, statement.sid};
    if (statement.effect == Effect::deny) {
      // What may deny does. One that surely denies is the better evidence.
      if (found.match == Match::no) continue;
      if (verdict.deny && (found.match != Match::yes || verdict.deny_waits_for.empty())) continue;
      verdict.deny = place;
      verdict.deny_waits_for = found.mismatches;
    } else if (found.match == Match::yes) {
      if (verdict.allow && found.named_as <= verdict.named_as) continue;
      verdict.allow = place;
      verdict.named_as = found.named_as;
    } else {
      verdict.misses.push_back({place, found.mismatches});
    }
  }
}

SideVerdict judge_side(const std::vector<Policy>& policies, Side side, const Request& request) {
  SideVerdict verdict;
  for (const Policy& policy : policies)
    judge(policy, side, request, false, verdict);
  return verdict;
}

SideVerdict judge_side(const std::optional<Policy>& policy, Side side, const Request& request,
                       bool has_boundary = false) {
  SideVerdict verdict;
  if (policy) judge(*policy, side, request, has_boundary, verdict);
  return verdict;
}

// Evaluation of one request: the sides, and what they make together.
class Evaluation {
 public:
  Evaluation(const Request& request, const Policies& policies)
      : request_(request), policies_(policies) {
    const bool has_own = has_own_policies();
    resource_ = judge_side(policies.resource, Side::resource, request,
                           has_own && policies.boundary.has_value());
    if (!has_own) return;
    identity_ = judge_side(policies.identity, Side::identity, request);
    boundary_ = judge_side(policies.boundary, Side::boundary, request);
    session_ = judge_side(policies.session, Side::session, request);
  }

  [[nodiscard]] Decision decide() const {
    // "An explicit deny in any policy overrides any allows."
    for (const SideVerdict* side : {&resource_, &identity_, &boundary_, &session_}) {
      if (side->deny) return denied(*side);
    }
    // Services, anonymous callers and tokens of identity providers have no policies of their own.
    if (!request_.principal.has_account()) {
      if (resource_.allow) return allowed({&resource_});
      return refused(Reason::no_resource_allow, resource_);
    }
    const bool is_same_account = request_.resource_account.empty() ||
                                 request_.resource_account == request_.principal.account;
    if (is_same_account && resource_.allow && resource_suffices()) return allowed({&resource_});
    if (is_same_account && resource_.allow && resource_.named_as == NamedAs::behind) {
      return limited();
    }
    // "IAM role trust policies and KMS key policies are exceptions to this logic, because they must
    // explicitly allow access for principals." Across accounts, every resource policy must.
    const bool needs_resource =
        !is_same_account || policies_.resource_kind != ResourcePolicyKind::usual;
    if (needs_resource && !resource_.allow) return refused(Reason::no_resource_allow, resource_);
    return decide_by_own(needs_resource);
  }

 private:
  // The root user has no policies, and full access to what is his account's.
  [[nodiscard]] bool has_own_policies() const {
    return request_.principal.has_account() && request_.principal.kind != Kind::root;
  }

  [[nodiscard]] bool is_limited() const {
    return (policies_.boundary && !boundary_.allow) || (policies_.session && !session_.allow);
  }

  // Is the word of the resource's policy enough, in the same account? "If a resource-based policy
  // grants permission directly to the IAM user or the session principal that is making the request,
  // then an implicit deny in an identity-based policy, a permissions boundary, or a session policy
  // does not impact the final decision." Granted to the role behind a session it is limited by an
  // implicit deny in a boundary or session policy; granted to "*" it is not ("AWS JSON policy
  // elements: Principal", on aws:PrincipalArn with a wildcard); granted to the account it is up to
  // the account's own policies.
  [[nodiscard]] bool resource_suffices() const {
    switch (resource_.named_as) {
      case NamedAs::itself:
      case NamedAs::everyone:
        return true;
      case NamedAs::behind:
        return !is_limited();
      case NamedAs::account:
      case NamedAs::nobody:
        break;
    }
    return false;
  }

  // What keeps a grant to the role from its session. The identity policies cannot change that.
  [[nodiscard]] Decision limited() const {
    if (policies_.boundary && !boundary_.allow) {
      return refused(Reason::no_boundary_allow, boundary_);
    }
    return refused(Reason::no_session_allow, session_);
  }

  // Identity policies, within the boundary and the session policy.
  [[nodiscard]] Decision decide_by_own(bool needs_resource) const {
    std::vector<const SideVerdict*> sides;
    if (needs_resource) sides.push_back(&resource_);
    if (!has_own_policies()) return allowed(sides);
    if (!identity_.allow && !policies_.identity_is_assumed) {
      return refused(Reason::no_identity_allow, identity_);
    }
    if (identity_.allow) sides.push_back(&identity_);
    if (policies_.boundary) {
      if (!boundary_.allow) return refused(Reason::no_boundary_allow, boundary_);
      sides.push_back(&boundary_);
    }
    if (policies_.session) {
      if (!session_.allow) return refused(Reason::no_session_allow, session_);
      sides.push_back(&session_);
    } else if (request_.principal.kind == Kind::federated_user) {
      // "If there is no session policy, the code checks whether the principal is a role session. …
      // Otherwise, the request is implicitly denied."
      return refused(Reason::no_session_allow, session_);
    }
    Decision decision = allowed(sides);
    decision.identity_was_assumed = !identity_.allow;
    return decision;
  }

  static Decision allowed(const std::vector<const SideVerdict*>& sides) {
    Decision decision;
    decision.allowed = true;
    decision.reason = Reason::allowed;
    for (const SideVerdict* side : sides)
      decision.allowed_by.push_back(*side->allow);
    return decision;
  }

  static Decision denied(const SideVerdict& side) {
    Decision decision;
    decision.reason = Reason::explicit_deny;
    decision.denied_by = side.deny;
    if (!side.deny_waits_for.empty()) {
      decision.misses.push_back({*side.deny, side.deny_waits_for});
    }
    return decision;
  }

  // The statements that miss by the fewest parts; those that are about the action come first.
  static Decision refused(Reason reason, const SideVerdict& side) {
    Decision decision;
    decision.reason = reason;
    decision.misses = side.misses;
    const auto distance = [](const Miss& miss) {
      const bool wrong_action = std::any_of(
          miss.mismatches.begin(), miss.mismatches.end(),
          [](const Mismatch& mismatch) { return mismatch.part == StatementPart::action; });
      return std::pair(wrong_action, miss.mismatches.size());
    };
    std::stable_sort(
        decision.misses.begin(), decision.misses.end(),
        [&distance](const Miss& a, const Miss& b) { return distance(a) < distance(b); });
    if (decision.misses.size() > most_misses) decision.misses.resize(most_misses);
    return decision;
  }

  const Request& request_;
  const Policies& policies_;
  SideVerdict resource_;
  SideVerdict identity_;
  SideVerdict boundary_;
  SideVerdict session_;
};

// The patterns by which the policies tell resources apart, as far as they are about the action.
void add_patterns(const Policy& policy, const Request& request, std::vector<Pattern>& patterns) {
  for (const Statement& statement : policy.document.statements) {
    if (match_action(statement, request.action) == Match::no) continue;
    for (const PolicyText& text : statement.resources) {
      if (!text.is_known()) continue;
      auto pattern = resource_pattern(text.text, request.context, policy.document.has_variables);
      if (pattern) patterns.push_back(std::move(*pattern));
    }
  }
}

}  // namespace

Decision evaluate(const Request& request, const Policies& policies) {
  // AWS STS API Reference, "GetCallerIdentity": "No permissions are required to perform this
  // operation", and no policy can forbid it.
  if (equals_ignoring_case(request.action, "sts:GetCallerIdentity") &&
      request.principal.has_account()) {
    Decision decision;
    decision.allowed = true;
    decision.reason = Reason::allowed;
    return decision;
  }
  return Evaluation(request, policies).decide();
}

PatternDecision evaluate_pattern(const Request& request, const Policies& policies) {
  std::vector<Pattern> patterns;
  for (const Policy& policy : policies.identity)
    add_patterns(policy, request, patterns);
  for (const auto* policy : {&policies.boundary, &policies.session, &policies.resource}) {
    if (*policy) add_patterns(**policy, request, patterns);
  }
  PatternDecision answer;
  const auto classes = classes_of(Pattern::resource(symbols_of(request.resource)), patterns);
  if (!classes) {
    answer.too_large = true;
    return answer;
  }
  for (const TextClass& one : *classes) {
    Request single = request;
    single.resource = one.example;
    Decision decision = evaluate(single, policies);
    auto& outcomes = decision.allowed ? answer.granted : answer.refused;
    outcomes.push_back({one.example, std::move(decision)});
  }
  answer.allowed = answer.refused.empty();
  return answer;
}

}  // namespace firn::aws::iam
