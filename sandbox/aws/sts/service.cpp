// STS: who am I, and sessions of roles.
#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>

#include "sandbox/aws/arn.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/credentials.h"
#include "sandbox/aws/iam/state.h"
#include "sandbox/aws/policy/document.h"
#include "sandbox/aws/services.h"
#include "sandbox/aws/wire/protocol.h"

namespace firn::sandbox::aws {
namespace {

constexpr std::int64_t shortest_session = 900;
constexpr std::int64_t chained_session = 3600;

Refusal validation_error(std::string message) {
  return {400, "ValidationError", std::move(message)};
}

void get_caller_identity(Call& call, const Form&, Xml& xml) {
  const Principal& caller = call.caller;
  xml.leaf("Arn", caller.arn);
  const auto slash = caller.arn.rfind('/');
  xml.leaf("UserId", caller.kind == Principal::Kind::role
                         ? caller.unique_id + ":" + caller.arn.substr(slash + 1)
                         : caller.unique_id);
  xml.leaf("Account", caller.account);
}

bool is_session_name(const std::string& name) {
  constexpr std::string_view marks = "_+=,.@-";
  return name.size() >= 2 && name.size() <= 64 &&
         std::all_of(name.begin(), name.end(), [&](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  marks.find(c) != std::string_view::npos;
         });
}

std::int64_t duration_of(const Call& call, const Form& input, const Value& role) {
  const auto given = input.find("DurationSeconds");
  std::int64_t seconds = chained_session;
  if (!given) return seconds;
  const auto [end, error] = std::from_chars(given->data(), given->data() + given->size(), seconds);
  if (error != std::errc() || end != given->data() + given->size() || seconds < shortest_session) {
    throw validation_error(
        fmt::format("1 validation error detected: Value '{}' at 'durationSeconds' failed to "
                    "satisfy constraint: Member must have value greater than or equal to 900",
                    *given));
  }
  if (call.caller.kind == Principal::Kind::role && seconds > chained_session) {
    throw validation_error(
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
        "chaining.");
  }
  if (seconds > role.int_or("max_session", chained_session)) {
    throw validation_error(
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  }
  return seconds;
}

void assume_role(Call& call, const Form& input, Xml& xml) {
  const std::string arn = input.get("RoleArn");
  const std::string session = input.get("RoleSessionName");
  call.target = arn;
  if (!parse_arn(arn)) throw validation_error(fmt::format("{} is invalid", arn));
  if (!is_session_name(session)) {
    throw validation_error(
        fmt::format("1 validation error detected: Value '{}' at 'roleSessionName' failed to "
                    "satisfy constraint: Member must satisfy regular expression pattern: "
                    "[\\w+=,.@-]*",
                    session));
  }
  const std::string policy = input.get("Policy");
  if (!policy.empty()) {
    const auto parsed = parse_policy(policy, PolicyKind::identity);
    if (const auto* problem = std::get_if<PolicyProblem>(&parsed)) {
      throw Refusal{400, "MalformedPolicyDocument", problem->message};
    }
  }
  Context context = call.context;
  if (const auto external_id = input.find("ExternalId")) {
    context.set("sts:ExternalId", *external_id);
  }
  context.set("sts:RoleSessionName", session);
  const auto role = iam::role_seen_by_others(call.world, arn);
  const bool allowed =
      role && may_assume(call.world, call.caller, *role, context, call.session_policy).allowed;
  if (!allowed) {
    // The same words whether the role is missing or unwilling: nobody can probe for names.
    throw access_denied("sts", fmt::format("User: {} is not authorized to perform: sts:AssumeRole "
                                           "on resource: {}",
                                           call.caller.arn, arn));
  }
  const std::int64_t expires = call.world.now_ms() + duration_of(call, input, *role) * 1000;
  const auto parsed = parse_arn(arn);
  Principal principal;
  principal.kind = Principal::Kind::role;
  principal.account = parsed->account;
  principal.role_arn = arn;
  principal.arn = fmt::format("arn:{}:sts::{}:assumed-role/{}/{}", parsed->partition,
                              parsed->account, role->string_or("name", ""), session);
  principal.unique_id = role->string_or("id", "");
  const SessionKey key = make_session_key(call.world, principal, expires, policy);
  xml.open("Credentials").leaf("AccessKeyId", key.access_key_id);
  xml.leaf("SecretAccessKey", key.secret_access_key).leaf("SessionToken", key.session_token);
  xml.leaf("Expiration", iso(expires)).close();
  xml.open("AssumedRoleUser");
  xml.leaf("AssumedRoleId", principal.unique_id + ":" + session).leaf("Arn", principal.arn);
  xml.close();
}

constexpr std::array operations = {
    QueryOperation{"GetCallerIdentity", get_caller_identity},
    QueryOperation{"AssumeRole", assume_role},
};

}  // namespace

http::Response answer_sts(Call& call) {
  return answer_query(call, {"sts", "https://sts.amazonaws.com/doc/2011-06-15/", operations});
}

}  // namespace firn::sandbox::aws
