#include "providers/aws/error.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "core/base/text.h"
#include "core/value/json.h"
#include "providers/aws/reply.h"

namespace firn::aws {

namespace {

bool is_one_of(std::string_view code, std::span<const std::string_view> codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

struct Renamed {
  std::string_view old_name;
  std::string_view new_name;
};
// Source: Amazon SQS API Reference, "Common errors" and the error lists of its actions.
constexpr std::array<Renamed, 6> sqs_names = {{
    {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"},
    {"NonExistentQueue", "QueueDoesNotExist"},
    {"QueueAlreadyExists", "QueueNameExists"},
    {"AWS.SimpleQueueService.QueueAlreadyExists", "QueueNameExists"},
    {"AWS.SimpleQueueService.QueueDeletedRecently", "QueueDeletedRecently"},
    {"AWS.SimpleQueueService.PurgeQueueInProgress", "PurgeQueueInProgress"},
}};

std::string todays_name(const Service& service, std::string code) {
  if (service.id != "sqs") return code;
  for (const Renamed& row : sqs_names) {
    if (code == row.old_name) return std::string(row.new_name);
  }
  return code;
}

// "com.amazonaws.sqs#QueueDoesNotExist:http://…" to "QueueDoesNotExist".
std::string bare_code(std::string_view code) {
  code = code.substr(0, code.find(':'));
  const auto hash = code.rfind('#');
  if (hash != std::string_view::npos) code.remove_prefix(hash + 1);
  return std::string(trim(code));
}

std::string first_text(const Value& body, std::span<const std::string_view> names) {
  for (const std::string_view name : names) {
    std::string text = text_of(body.at(name));
    if (!text.empty()) return text;
  }
  return {};
}

void parse_json_error(const http::Response& response, ServiceError& error) {
  constexpr std::array<std::string_view, 3> code_names = {"__type", "code", "Code"};
  constexpr std::array<std::string_view, 3> message_names = {"message", "Message", "errorMessage"};
  std::string code = response.headers.get("x-amzn-errortype");
  if (const Result<Value> body = parse_json(response.body); body && body->is_map()) {
    if (code.empty()) code = first_text(*body, code_names);
    error.message = first_text(*body, message_names);
  } else if (const Result<Value> xml = parse_xml(response.body); xml && xml->is_map()) {
    // Some stores answer every failed authentication in the form of the query protocol.
    const Value& inner = xml->find("Error") != nullptr ? xml->at("Error") : *xml;
    code = text_of(inner.at("Code"));
    error.message = text_of(inner.at("Message"));
  }
  error.code = bare_code(code);
  const std::string query_error = response.headers.get("x-amzn-query-error");
  error.alias = query_error.substr(0, query_error.find(';'));
}

void parse_xml_error(const http::Response& response, ServiceError& error) {
  const Result<Value> body = parse_xml(response.body);
  if (!body || !body->is_map()) return;
  // Query: ErrorResponse/Error/Code; S3: Error/Code.
  const Value& inner = body->find("Error") != nullptr ? body->at("Error") : *body;
  error.code = text_of(inner.at("Code"));
  error.message = text_of(inner.at("Message"));
  error.region = text_of(inner.at("Region"));
  if (error.request_id.empty()) error.request_id = text_of(body->at("RequestId"));
  for (int number = 1; number <= 9; ++number) {
    const std::string name = text_of(inner.at(fmt::format("ArgumentName{}", number)));
    if (name.empty()) break;
    const std::string value = text_of(inner.at(fmt::format("ArgumentValue{}", number)));
    error.message += fmt::format("{}{}: {}", number == 1 ? ": " : "; ", name, value);
  }
  const std::string argument = text_of(inner.at("ArgumentName"));
  if (!argument.empty()) {
    error.message += fmt::format(": {} = {}", argument, text_of(inner.at("ArgumentValue")));
  }
}

constexpr std::array<std::string_view, 13> transient_codes = {"RequestTimeout",
                                                              "RequestTimeoutException",
                                                              "InternalFailure",
                                                              "InternalError",
                                                              "InternalServerError",
                                                              "InternalServerException",
                                                              "InternalServiceError",
                                                              "ServiceFailure",
                                                              "ServiceUnavailable",
                                                              "ServiceUnavailableException",
                                                              "DependencyTimeoutException",
                                                              "KMSInternalException",
                                                              "IDPCommunicationError"};

// Without LimitExceededException: the services here use that name for hard quotas.
constexpr std::array<std::string_view, 14> throttle_codes = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "Throttled",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "SlowDown",
    "ProvisionedThroughputExceededException",
    "PriorRequestNotComplete",
    "EC2ThrottledException",
    "KmsThrottled"};

constexpr std::array<std::string_view, 10> conflict_codes = {"OperationAborted",
                                                             "ConditionalRequestConflict",
                                                             "ConcurrentModification",
                                                             "EntityTemporarilyUnmodifiable",
                                                             "ConcurrentAccess",
                                                             "ConcurrentAccessException",
                                                             "StaleTag",
                                                             "StaleTagException",
                                                             "OperationAbortedException",
                                                             "ConcurrentModificationException"};

constexpr std::array<std::string_view, 6> clock_codes = {
    "RequestTimeTooSkewed", "RequestExpired",        "RequestInTheFuture",
    "AuthFailure",          "SignatureDoesNotMatch", "InvalidSignatureException"};

constexpr std::array<std::string_view, 4> expired_codes = {"ExpiredToken", "ExpiredTokenException",
                                                           "TokenRefreshRequired", "InvalidToken"};

constexpr std::array<std::string_view, 7> credential_codes = {
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidAccessKeyId",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException"};

constexpr std::array<std::string_view, 5> denied_codes = {
    "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError",
    "AuthorizationErrorException"};

constexpr std::array<std::string_view, 13> existing_codes = {"EntityAlreadyExists",
                                                             "BucketAlreadyOwnedByYou",
                                                             "BucketAlreadyExists",
                                                             "ResourceConflictException",
                                                             "ResourceAlreadyExistsException",
                                                             "ConflictException",
                                                             "QueueNameExists",
                                                             "QueueDeletedRecently",
                                                             "DeleteConflict",
                                                             "BucketNotEmpty",
                                                             "PreconditionFailed",
                                                             "StateMachineAlreadyExists",
                                                             "StateMachineDeleting"};

bool is_missing(const ServiceError& error) {
  return error.code.starts_with("NoSuch") || error.code.starts_with("NotFound") ||
         error.code.ends_with("NotFound") || error.code.ends_with("NotFoundException") ||
         error.code.ends_with("NotFoundError") || error.code.ends_with("DoesNotExist") ||
         error.status == 404;
}

ErrorKind kind_of(const Service& service, const ServiceError& error) {
  switch (classify(service, error)) {
    case ErrorClass::throttled:
      return ErrorKind::throttled;
    case ErrorClass::transient:
      return ErrorKind::unavailable;
    case ErrorClass::conflict:
      return ErrorKind::conflict;
    case ErrorClass::clock:
    case ErrorClass::expired:
      return ErrorKind::credentials;
    case ErrorClass::wrong_region:
      return ErrorKind::invalid_input;
    case ErrorClass::final:
      break;
  }
  if (is_one_of(error.code, credential_codes)) return ErrorKind::credentials;
  if (is_one_of(error.code, denied_codes) || error.status == 403) return ErrorKind::denied;
  if (is_one_of(error.code, existing_codes)) return ErrorKind::conflict;
  if (is_missing(error)) return ErrorKind::not_found;
  if (error.status == 409 && error.code != "LimitExceeded") return ErrorKind::conflict;
  return ErrorKind::invalid_input;
}

std::string remedy_for(const Call& call, const ServiceError& error, ErrorKind kind) {
  const Service& service = *call.service;
  if (is_one_of(error.code, expired_codes)) {
    return "the session is over: sign in again (for example `aws sso login`, or renew the "
           "AWS_SESSION_TOKEN), then run the same command";
  }
  if (error.code == "SignatureDoesNotMatch" || error.code == "InvalidSignatureException") {
    return "check that the secret access key belongs to the access key id, and that this machine's "
           "clock is right";
  }
  if (classify(service, error) == ErrorClass::clock) {
    return "set this machine's clock: AWS refuses requests that are minutes off";
  }
  if (kind == ErrorKind::credentials) {
    return "check the access key id and its account: `aws sts get-caller-identity` must succeed "
           "with "
           "the same profile";
  }
  if (kind == ErrorKind::denied) {
    return fmt::format("allow the action {}:{} for these credentials, if AWS's words name no other",
                       service.id, call.operation);
  }
  if (error.code == "BucketAlreadyExists") {
    return "bucket names are global and this one belongs to another account: give the bucket "
           "another `name`";
  }
  if (error.code == "OperationAborted") {
    return "S3 is still releasing or changing this bucket: wait a few minutes (up to an hour after "
           "a delete in another region), then run the same command";
  }
  if (error.code == "LimitExceeded" || error.code == "LimitExceededException" ||
      error.code == "TooManyBuckets") {
    return "a quota of the account is used up: delete what is unused, or ask for more in Service "
           "Quotas";
  }
  if (kind == ErrorKind::throttled) return "wait a minute, then run the same command";
  if (kind == ErrorKind::unavailable) {
    return "the service has trouble: run the same command again; firn continues where it stopped";
  }
  return {};
}

// It becomes part of a host name, to which a signed request goes.
bool may_be_region(std::string_view text) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789-";
  return text.size() <= 32 && text.find_first_not_of(letters) == std::string_view::npos;
}

}  // namespace

ServiceError parse_error(const Service& service, const http::Response& response) {
  ServiceError error;
  error.status = response.status;
  error.request_id = response.headers.get("x-amzn-requestid");
  if (error.request_id.empty()) error.request_id = response.headers.get("x-amz-request-id");
  if (service.protocol == Protocol::query || service.protocol == Protocol::rest_xml) {
    parse_xml_error(response, error);
  } else {
    parse_json_error(response, error);
  }
  if (error.region.empty()) error.region = response.headers.get("x-amz-bucket-region");
  if (!may_be_region(error.region)) error.region.clear();
  error.code = todays_name(service, std::move(error.code));
  error.alias = todays_name(service, std::move(error.alias));
  if (service.id == "sqs" && !error.alias.empty() && error.code.empty()) error.code = error.alias;
  if (error.code.empty()) error.code = fmt::format("{}", response.status);
  return error;
}

bool is_named(const ServiceError& error, std::string_view code) {
  return error.code == code || (!error.alias.empty() && error.alias == code);
}

ErrorClass classify(const Service& service, const ServiceError& error) {
  const std::string_view code = error.code;
  if (is_one_of(code, throttle_codes) || error.status == 429) return ErrorClass::throttled;
  if (is_one_of(code, expired_codes)) return ErrorClass::expired;
  if (is_one_of(code, clock_codes)) return ErrorClass::clock;
  if (is_one_of(code, conflict_codes)) return ErrorClass::conflict;
  if (service.id == "lambda" && code == "ResourceConflictException" &&
      (error.message.find("in progress") != std::string::npos ||
       error.message.find("Pending") != std::string::npos)) {
    return ErrorClass::conflict;
  }
  if (service.id == "s3" && !error.region.empty() &&
      (error.status == 301 || error.status == 307 || code == "AuthorizationHeaderMalformed" ||
       (error.status == 400 && code == "400"))) {
    return ErrorClass::wrong_region;
  }
  if (is_one_of(code, transient_codes) || error.status == 500 || error.status == 502 ||
      error.status == 503 || error.status == 504) {
    return ErrorClass::transient;
  }
  return ErrorClass::final;
}

Error to_error(const Call& call, const ServiceError& service_error) {
  const Service& service = *call.service;
  Error error;
  error.kind = kind_of(service, service_error);
  error.operation = fmt::format("{}:{}", service.id, call.operation);
  error.code = service_error.code;
  error.request_id = service_error.request_id;
  error.address = call.address;
  error.summary = fmt::format("{} refused {}", service.title, call.operation);
  if (error.kind == ErrorKind::unavailable) {
    error.summary = fmt::format("{} failed at {}", service.title, call.operation);
  } else if (error.kind == ErrorKind::throttled) {
    error.summary = fmt::format("{} asks to slow down at {}", service.title, call.operation);
  }
  error.detail = service_error.code == fmt::format("{}", service_error.status)
                     ? fmt::format("HTTP status {}", service_error.status)
                     : service_error.code;
  if (!service_error.message.empty()) error.detail += ": " + service_error.message;
  error.remedy = remedy_for(call, service_error, error.kind);
  // A 503 of S3 is its way to slow callers down, but nothing promises that it did nothing.
  error.may_have_been_applied =
      call.changes_something && service_error.status >= 500 && error.kind == ErrorKind::unavailable;
  return error;
}

Error to_error(const Call& call, Error error, const http::Request& request) {
  error.operation = fmt::format("{}:{}", call.service->id, call.operation);
  error.address = call.address;
  error.may_have_been_applied = error.may_have_been_applied && call.changes_something;
  if (error.kind == ErrorKind::unavailable || error.kind == ErrorKind::timed_out) {
    const std::string cause =
        error.detail.empty() ? error.summary : fmt::format("{}: {}", error.summary, error.detail);
    error.summary = fmt::format("cannot reach {} at {}://{}", call.service->title, request.scheme,
                                request.authority());
    error.detail = cause;
    if (error.remedy.empty()) {
      error.remedy = fmt::format(
          "check the network, the region, HTTPS_PROXY, and AWS_ENDPOINT_URL or AWS_ENDPOINT_URL_{} "
          "if one is set",
          call.service->endpoint_name);
    }
  }
  return error;
}

}  // namespace firn::aws
