#include "providers/snowflake/sql_error.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"

namespace firn::snowflake {
namespace {

struct Code {
  std::string_view code;
  ErrorKind kind;
};

constexpr std::array codes = {
    Code{"000604", ErrorKind::interrupted},   Code{"000605", ErrorKind::interrupted},
    Code{"000606", ErrorKind::invalid_input}, Code{"000625", ErrorKind::conflict},
    Code{"000630", ErrorKind::timed_out},     Code{"000709", ErrorKind::not_found},
    Code{"001998", ErrorKind::conflict},      Code{"002002", ErrorKind::conflict},
    Code{"002003", ErrorKind::not_found},     Code{"002043", ErrorKind::not_found},
    Code{"003001", ErrorKind::denied},        Code{"003011", ErrorKind::denied},
    Code{"003013", ErrorKind::denied},        Code{"003041", ErrorKind::conflict},
    Code{"003139", ErrorKind::not_found},     Code{"003167", ErrorKind::not_ready},
    Code{"390100", ErrorKind::credentials},   Code{"390101", ErrorKind::credentials},
    Code{"390104", ErrorKind::credentials},   Code{"390111", ErrorKind::credentials},
    Code{"390112", ErrorKind::credentials},   Code{"390114", ErrorKind::credentials},
    Code{"390142", ErrorKind::bug},           Code{"390144", ErrorKind::credentials},
    Code{"390195", ErrorKind::credentials},   Code{"390303", ErrorKind::credentials},
    Code{"390318", ErrorKind::credentials},   Code{"390505", ErrorKind::throttled},
};

// Why a token was refused; normally only SYSTEM$GET_LOGIN_FAILURE_DETAILS tells.
struct TokenProblem {
  std::string_view code;
  std::string_view reason;
  std::string_view remedy;
};
constexpr std::array token_problems = {
    TokenProblem{"394300", "no user has this login name",
                 "name the user by LOGIN_NAME, which can differ from NAME"},
    TokenProblem{"394301", "the token has no time", "report this as a bug of firn"},
    TokenProblem{"394302", "the token was made more than 60 s ago", "set this machine's clock"},
    TokenProblem{"394303", "the token has expired", "set this machine's clock"},
    TokenProblem{"394304", "the user has another public key",
                 "set the user's RSA_PUBLIC_KEY to the public half of this key"},
    TokenProblem{"394305", "the algorithm is not accepted", "use an RSA key"},
    TokenProblem{"394306", "the signature is wrong",
                 "set the user's RSA_PUBLIC_KEY to the public half of this key"},
    TokenProblem{"394307", "the token is for another account",
                 "check the account's name in the environment file"},
};

bool holds(std::string_view text, std::string_view part) {
  return to_lower(text).find(to_lower(part)) != std::string::npos;
}

bool is_notification_failure(std::string_view message) {
  return holds(message, "Pipe Notifications bind failure") &&
         !holds(message, "without auto_ingest");
}

// "SQL compilation error:\nObject 'X' already exists." without its standing first words.
std::string own_words(std::string_view message) {
  std::string_view rest = trim(message);
  for (const std::string_view opening :
       {"SQL compilation error:", "SQL execution error:", "SQL access control error:"}) {
    if (rest.substr(0, opening.size()) == opening) rest = trim(rest.substr(opening.size()));
  }
  return std::string(rest);
}

std::string remedy_of(const Answer& answer, ErrorKind kind, const Question& question) {
  const std::string role = question.role.empty() ? "the user's default role" : question.role;
  if (answer.code == "003127") {
    return "add the location to allowed_locations of the storage integration, and see that "
           "blocked_locations does not hold it";
  }
  if (answer.code == "003139") {
    return "the integration was made anew behind the stage; set the stage's storage_integration "
           "again";
  }
  if (answer.code == "003167") {
    return "the role's trust policy must name the integration's iam_user_arn and external_id, and "
           "AWS "
           "STS must be active in Snowflake's region";
  }
  if (is_notification_failure(answer.message)) {
    return "the topic's policy must let Snowflake's IAM user do sns:Subscribe; "
           "snowflake.sns_subscriber gives that user for `subscribers` of the topic";
  }
  if (answer.code == "091089" || answer.code == "091090") {
    return "the role that owns it needs EXECUTE TASK or EXECUTE ALERT on the account (without a "
           "warehouse also EXECUTE MANAGED TASK or EXECUTE MANAGED ALERT), and USAGE on the "
           "warehouse";
  }
  if (answer.code == "091421") {
    return "the graph was started again while it was being changed; apply again";
  }
  if (answer.code == "003008") return "that privilege does not exist for this kind of object";
  if (answer.code == "000606") return "name a warehouse in the environment file";
  if (answer.code == "390144" || answer.code.rfind("3943", 0) == 0) {
    std::string text = "compare the user's RSA_PUBLIC_KEY_FP (DESC USER) with this key's " +
                       question.key_fingerprint +
                       "; see that the user is named by LOGIN_NAME, that the account is right and "
                       "that this machine's clock is";
    for (const auto& problem : token_problems) {
      if (answer.code == problem.code || holds(answer.message, problem.code)) {
        text = std::string(problem.reason) + ": " + std::string(problem.remedy);
      }
    }
    return text;
  }
  if (means_busy(answer.code)) {
    return "another statement holds the lock: wait until it has ended (SHOW LOCKS), then apply "
           "again";
  }
  switch (kind) {
    case ErrorKind::not_found:
      return "see that it exists, and that " + role + " has a privilege on it";
    case ErrorKind::denied:
      return "grant the privilege to " + role + ", or name another role";
    case ErrorKind::credentials:
      return "check account, user and key of the Snowflake connection";
    case ErrorKind::throttled:
      return "try again later; other work keeps the account busy";
    case ErrorKind::bug:
      return "please report this with the query id";
    default:
      return {};
  }
}

}  // namespace

bool means_missing(std::string_view code) {
  return code == "002003" || code == "002043";
}

// 000625: "… has locked table … and this lock has not yet been released".
bool means_busy(std::string_view code) {
  return code == "000625";
}

ErrorKind kind_of(const Answer& answer) {
  if (is_notification_failure(answer.message)) return ErrorKind::not_ready;
  // Access to S3 is refused while a role's policy is on its way; other causes stay.
  if (answer.code == "091003" && holds(answer.message, "403")) return ErrorKind::not_ready;
  if (answer.code.rfind("3943", 0) == 0) return ErrorKind::credentials;
  const auto* found = std::find_if(codes.begin(), codes.end(),
                                   [&](const Code& row) { return row.code == answer.code; });
  if (found != codes.end()) return found->kind;
  switch (answer.status) {
    case 401:
      return ErrorKind::credentials;
    case 403:
      return ErrorKind::denied;
    case 404:
      return ErrorKind::unavailable;
    case 408:
      return ErrorKind::timed_out;
    case 429:
      return ErrorKind::throttled;
    case 400:
    case 405:
    case 415:
      return ErrorKind::bug;
    default:
      break;
  }
  return answer.status >= 500 ? ErrorKind::unavailable : ErrorKind::invalid_input;
}

Error error_of(const Answer& answer, const Question& question) {
  Error error;
  error.kind = kind_of(answer);
  error.operation = question.operation;
  error.code = answer.code;
  error.request_id = answer.handle;
  const std::string object = question.object.empty() ? "" : ' ' + question.object;
  error.summary = "Snowflake refused " + question.operation + object;
  error.detail = own_words(answer.message);
  if (answer.status == 404 && answer.code.empty()) {
    error.summary = "there is no Snowflake SQL API at this host";
    error.remedy = "check the account's name in the environment file";
  } else if (answer.status >= 500) {
    error.summary = "Snowflake could not do " + question.operation + object;
    error.may_have_been_applied = true;
  }
  if (error.detail.empty()) error.detail = "HTTP status " + std::to_string(answer.status);
  if (error.remedy.empty()) error.remedy = remedy_of(answer, error.kind, question);
  return error;
}

}  // namespace firn::snowflake
