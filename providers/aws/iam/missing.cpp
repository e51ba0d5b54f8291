#include "providers/aws/iam/missing.h"

#include <string>
#include <utility>

#include "core/base/text.h"

namespace firn::aws::iam {
namespace {

using Kind = Principal::Kind;

constexpr std::size_t all_sides = 4;

Map single(std::string_view key, Value value) {
  Map map;
  map.set(key, std::move(value));
  return map;
}

// A text that stands for itself: wildcards and variables are escaped.
std::string escaped(const std::string& text) {
  std::string safe;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool begins_variable = c == '$' && i + 1 < text.size() && text[i + 1] == '{';
    if (c == '*' || c == '?' || begins_variable) {
      safe += std::string("${") + c + "}";
    } else {
      safe += c;
    }
  }
  return safe;
}

Value principal_of(const Principal& principal) {
  switch (principal.kind) {
    case Kind::anonymous:
      return Value("*");
    case Kind::service:
      return Value(single("Service", principal.name));
    case Kind::identity:
      return Value(single("Federated", principal.name));
    case Kind::root:
    case Kind::user:
      return Value(single("AWS", principal.arn));
    default:
      // Sessions come and go. Who has the role stays.
      return Value(single("AWS", principal.behind));
  }
}

// Keys that tell on whose behalf somebody asks.
Value condition_of(const Request& request) {
  const auto value = [&request](std::string_view key) { return request.context.single(key); };
  Map equals;
  Map like;
  if (const auto id = value("sts:ExternalId")) equals.set("sts:ExternalId", escaped(*id));
  if (request.principal.kind == Kind::service) {
    if (const auto arn = value("aws:SourceArn")) like.set("aws:SourceArn", escaped(*arn));
    if (const auto account = value("aws:SourceAccount")) {
      equals.set("aws:SourceAccount", escaped(*account));
    }
  }
  Map condition;
  if (!like.empty()) condition.set("ArnLike", Value(std::move(like)));
  if (!equals.empty()) condition.set("StringEquals", Value(std::move(equals)));
  return condition.empty() ? Value() : Value(std::move(condition));
}

std::optional<Side> side_of(Reason reason) {
  switch (reason) {
    case Reason::no_resource_allow:
      return Side::resource;
    case Reason::no_identity_allow:
      return Side::identity;
    case Reason::no_boundary_allow:
      return Side::boundary;
    case Reason::no_session_allow:
      return Side::session;
    default:
      return std::nullopt;
  }
}

Value statement_for(Side side, const Request& request, const Policies& policies, Reach reach) {
  Map statement;
  statement.set("Effect", "Allow");
  statement.set("Action", request.action);
  const bool is_key = policies.resource_kind == ResourcePolicyKind::kms_key;
  const bool is_trust = policies.resource_kind == ResourcePolicyKind::trust;
  if (side != Side::resource) {
    statement.set("Resource", reach == Reach::pattern || request.resource == "*"
                                  ? request.resource
                                  : escaped(request.resource));
    return Value(std::move(statement));
  }
  statement.set("Principal", principal_of(request.principal));
  const bool names_resource =
      !is_trust &&
      !(policies.resource && policies.resource->document.kind == DocumentKind::repository);
  if (names_resource) {
    // In a key's policy "*" is this key ("Key policies in AWS KMS").
    const bool as_it_is = reach == Reach::pattern || is_key;
    statement.set("Resource", is_key     ? std::string("*")
                              : as_it_is ? request.resource
                                         : escaped(request.resource));
  }
  if (Value condition = condition_of(request); !condition.is_null()) {
    statement.set("Condition", std::move(condition));
  }
  return Value(std::move(statement));
}

DocumentKind kind_of(Side side, const Policies& policies) {
  if (side != Side::resource) return DocumentKind::identity;
  if (policies.resource) return policies.resource->document.kind;
  return policies.resource_kind == ResourcePolicyKind::trust ? DocumentKind::trust
                                                             : DocumentKind::resource;
}

// The policies with one more statement; false when the side has no policy that could take it.
bool add_statement(Policies& policies, Side side, const Value& statement) {
  Map document;
  document.set("Version", "2012-10-17");
  document.set("Statement", statement);
  auto parsed = parse_document(Value(std::move(document)), kind_of(side, policies));
  if (!parsed) return false;
  Policy policy{"addition", std::move(*parsed)};
  const auto join_into = [&policy](std::optional<Policy>& place) {
    if (!place) {
      place = std::move(policy);
    } else {
      place->document.statements.push_back(std::move(policy.document.statements.front()));
    }
  };
  switch (side) {
    case Side::identity:
      policies.identity.push_back(std::move(policy));
      return true;
    case Side::resource:
      join_into(policies.resource);
      return true;
    case Side::boundary:
      join_into(policies.boundary);
      return true;
    case Side::session:
      if (!policies.session) return false;
      join_into(policies.session);
      return true;
  }
  return false;
}

// The first refusal; nothing when it is allowed.
std::optional<Decision> refusal(const Request& request, const Policies& policies, Reach reach) {
  if (reach == Reach::one) {
    Decision decision = evaluate(request, policies);
    if (decision.allowed) return std::nullopt;
    return decision;
  }
  PatternDecision decision = evaluate_pattern(request, policies);
  if (decision.allowed) return std::nullopt;
  // Where there are too many classes nobody knows what is missing.
  if (decision.too_large) return Decision{.reason = Reason::explicit_deny};
  for (auto& outcome : decision.refused) {
    if (outcome.decision.reason == Reason::explicit_deny) return outcome.decision;
  }
  return decision.refused.front().decision;
}

// Leaves out what turned out not to be needed: a statement may make an earlier one idle.
void drop_idle(const Request& request, const Policies& policies, Reach reach,
               std::vector<Addition>& additions) {
  for (std::size_t left_out = 0; left_out < additions.size();) {
    Policies extended = policies;
    for (std::size_t i = 0; i < additions.size(); ++i) {
      if (i != left_out) (void)add_statement(extended, additions[i].side, additions[i].statement);
    }
    if (refusal(request, extended, reach)) {
      ++left_out;
    } else {
      additions.erase(additions.begin() + static_cast<std::ptrdiff_t>(left_out));
    }
  }
}

}  // namespace

Missing missing_statements(const Request& request, const Policies& policies, Reach reach) {
  Missing missing;
  Policies extended = policies;
  for (std::size_t i = 0; i <= all_sides; ++i) {
    const auto refused = refusal(request, extended, reach);
    if (!refused) {
      drop_idle(request, policies, reach, missing.additions);
      return missing;
    }
    const auto side = side_of(refused->reason);
    if (!side) {
      missing.denied_by = refused->denied_by;
      break;
    }
    Value statement = statement_for(*side, request, extended, reach);
    if (!add_statement(extended, *side, statement)) break;
    missing.additions.push_back({*side, std::move(statement)});
  }
  missing.additions.clear();
  missing.possible = false;
  return missing;
}

}  // namespace firn::aws::iam
