#include "sandbox/aws/authorize.h"

#include <fmt/format.h>

#include "core/value/json.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/iam/state.h"
#include "sandbox/aws/policy/principals.h"

namespace firn::sandbox::aws {
namespace {

using Verdict = AwsDoor::Verdict;

Effect evaluate_all(const std::vector<std::string>& documents, const Question& question,
                    std::string& problem) {
  Effect effect = Effect::none;
  for (const std::string& text : documents) {
    const auto document = parse_json(text);
    if (!document) continue;
    const DocumentVerdict verdict = evaluate_identity_policy(*document, question);
    if (!verdict.problem.empty()) problem = verdict.problem;
    if (verdict.effect == Effect::deny) return Effect::deny;
    if (verdict.effect == Effect::allow) effect = Effect::allow;
  }
  return effect;
}

std::string words_for(const Principal& principal) {
  switch (principal.kind) {
    case Principal::Kind::anonymous:
      return "User: anonymous";
    case Principal::Kind::service:
      return fmt::format("Service: {}", principal.service);
    default:
      return fmt::format("User: {}", principal.arn);
  }
}

Verdict refused(const Question& question, std::string why, const std::string& problem) {
  if (!problem.empty()) why += fmt::format(" ({})", problem);
  return {false,
          fmt::format("{} is not authorized to perform: {} on resource: \"{}\" {}",
                      words_for(question.principal), question.action, question.resource, why)};
}

std::string no_policy(std::string_view type, const Question& question) {
  return fmt::format("because no {} policy allows the {} action", type, question.action);
}

// What the principal's own policies say. Roots, and users of accounts that are not here (they have
// no unique id), may all.
struct Own {
  Effect identity = Effect::none;
  bool limited = false;  // the boundary or the session policy does not allow it
  std::string limit;     // which of them
  bool has_boundary = false;
};

Own own_policies(const World& world, const Question& question, const std::string& session_policy,
                 std::string& problem) {
  Own own;
  const Principal& principal = question.principal;
  const bool is_user = principal.kind == Principal::Kind::user;
  if (principal.kind == Principal::Kind::root || (is_user && principal.unique_id.empty())) {
    own.identity = Effect::allow;
    return own;
  }
  if (principal.kind != Principal::Kind::role && !is_user) return own;
  const auto holder =
      iam::holder_seen_by_others(world, is_user ? principal.arn : principal.role_arn);
  if (!holder) return own;
  const iam::Permissions permissions = iam::permissions_of(world, *holder);
  own.identity = evaluate_all(permissions.identity, question, problem);
  const auto limit = [&](const std::string& document, const char* name) {
    const Effect effect = evaluate_all({document}, question, problem);
    if (effect == Effect::deny) own.identity = Effect::deny;
    if (effect != Effect::allow) {
      own.limited = true;
      own.limit = name;
    }
  };
  own.has_boundary = permissions.boundary.has_value();
  if (permissions.boundary) limit(*permissions.boundary, "permissions boundary");
  if (!session_policy.empty()) limit(session_policy, "session");
  return own;
}

// Is the resource policy's word enough on its own, for a principal of the owner's account? A
// boundary and a session policy limit what is granted to a role, but not what is granted to its
// session, be it by name or as one of all ("AWS JSON policy elements: Principal").
bool suffices_alone(NamedAs named, const Principal& principal, bool limited) {
  switch (named) {
    case NamedAs::session:
    case NamedAs::everyone:
      return true;
    case NamedAs::itself:
      return principal.kind != Principal::Kind::role || !limited;
    case NamedAs::account:
      return principal.kind == Principal::Kind::root;
    case NamedAs::nobody:
      return false;
  }
  return false;
}

}  // namespace

Refusal access_denied(std::string_view service, std::string message) {
  Refusal refusal;
  refusal.status = 403;
  refusal.code = "AccessDeniedException";
  if (service == "s3" || service == "iam" || service == "sts" || service == "sqs") {
    refusal.code = "AccessDenied";
  } else if (service == "sns") {
    refusal.code = "AuthorizationError";
  } else if (service == "logs" || service == "states" || service == "tagging" || service == "kms" ||
             service == "secretsmanager" || service == "ecr" || service == "events" ||
             service == "monitoring") {
    refusal.status = 400;
  }
  refusal.message = std::move(message);
  return refusal;
}

Verdict decide(const World& world, const Principal& principal, const Access& access,
               const std::string& session_policy) {
  Question question{principal, false, access.action, access.resource, access.context};
  std::string problem;
  const Own own = own_policies(world, question, session_policy, problem);
  question.has_boundary = own.has_boundary;
  DocumentVerdict resource;
  if (access.resource_policy) {
    resource = evaluate_resource_policy(*access.resource_policy, question);
    if (!resource.problem.empty()) problem = resource.problem;
  }
  if (resource.effect == Effect::deny) {
    return refused(question, "with an explicit deny in a resource-based policy", problem);
  }
  if (principal.kind == Principal::Kind::service || principal.kind == Principal::Kind::anonymous) {
    if (resource.effect == Effect::allow) return {true, {}};
    return refused(question, no_policy("resource-based", question), problem);
  }
  if (own.identity == Effect::deny) {
    return refused(question, "with an explicit deny in an identity-based policy", problem);
  }
  const bool same_account = access.owner.empty() || access.owner == principal.account;
  if (same_account && access.resource_policy_decides && resource.effect != Effect::allow) {
    return refused(question, no_policy("resource-based", question), problem);
  }
  if (same_account) {
    if (resource.effect == Effect::allow &&
        suffices_alone(resource.named_as, principal, own.limited)) {
      return {true, {}};
    }
  } else if (resource.effect != Effect::allow) {
    return refused(question, no_policy("resource-based", question), problem);
  }
  if (own.identity != Effect::allow) {
    return refused(question, no_policy("identity-based", question), problem);
  }
  if (own.limited) {
    return refused(question,
                   fmt::format("because no {} allows the {} action", own.limit, question.action),
                   problem);
  }
  return {true, {}};
}

void authorize(Call& call, Access access) {
  Context context = call.context;
  context.merge(access.context);
  access.context = std::move(context);
  const Verdict verdict = decide(call.world, call.caller, access, call.session_policy);
  if (!verdict.allowed) throw access_denied(call.service, verdict.reason);
}

void authorize(Call& call, std::string action, std::string resource) {
  Access access;
  access.action = std::move(action);
  access.resource = std::move(resource);
  authorize(call, std::move(access));
}

Verdict may_assume(const World& world, const Principal& principal, const Value& role,
                   const Context& context, const std::string& session_policy) {
  const StoredPolicy trust = unpack(role.at("trust"));
  Access access;
  access.action = "sts:AssumeRole";
  access.resource = role.string_or("arn", "");
  if (const auto named = iam::name_in_arn(access.resource, "role")) access.owner = named->account;
  access.resource_policy = &trust;
  access.resource_policy_decides = true;
  access.context = context;
  return decide(world, principal, access, session_policy);
}

bool service_may_assume(const World& world, const std::string& role_arn, const std::string& service,
                        const Context& context) {
  const auto role = iam::role_seen_by_others(world, role_arn);
  if (!role) return false;
  Principal principal;
  principal.kind = Principal::Kind::service;
  principal.service = service;
  return may_assume(world, principal, *role, context).allowed;
}

Verdict role_may(const World& world, const std::string& role_arn, Access access) {
  const auto role = iam::role_seen_by_others(world, role_arn);
  if (!role) return {false, fmt::format("the role {} does not exist", role_arn)};
  const auto arn = parse_arn(role_arn);
  Principal principal;
  principal.kind = Principal::Kind::role;
  principal.account = arn->account;
  principal.role_arn = role_arn;
  principal.arn = fmt::format("arn:{}:sts::{}:assumed-role/{}/session", arn->partition,
                              arn->account, role->string_or("name", ""));
  principal.unique_id = role->string_or("id", "");
  return decide(world, principal, access);
}

}  // namespace firn::sandbox::aws
