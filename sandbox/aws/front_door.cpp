#include "sandbox/aws/front_door.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <optional>

#include "core/base/text.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/credentials.h"
#include "sandbox/aws/services.h"
#include "sandbox/aws/signature.h"
#include "sandbox/aws/wire/protocol.h"

namespace firn::sandbox::aws {
namespace {

struct Service {
  std::string_view name;  // as requests are signed for it, and mostly the host's first label
  Protocol protocol;
  std::string_view xmlns;
  http::Response (*answer)(Call&);
};

constexpr std::array services = {
    Service{"s3", Protocol::s3, "", answer_s3},
    Service{"sqs", Protocol::json, "", answer_sqs},
    Service{"sns", Protocol::query, "http://sns.amazonaws.com/doc/2010-03-31/", answer_sns},
    Service{"iam", Protocol::query, "https://iam.amazonaws.com/doc/2010-05-08/", answer_iam},
    Service{"sts", Protocol::query, "https://sts.amazonaws.com/doc/2011-06-15/", answer_sts},
    Service{"lambda", Protocol::rest_json, "", answer_lambda},
    Service{"logs", Protocol::json, "", answer_logs},
    Service{"states", Protocol::json, "", answer_states},
    Service{"scheduler", Protocol::rest_json, "", answer_scheduler},
    Service{"tagging", Protocol::json, "", answer_tagging},
    Service{"secretsmanager", Protocol::json, "", answer_secretsmanager},
    Service{"kms", Protocol::json, "", answer_kms},
    Service{"monitoring", Protocol::json, "", answer_cloudwatch},
    Service{"ecr", Protocol::json, "", answer_ecr},
    Service{"events", Protocol::json, "", answer_events},
};

const Service* find_service(std::string_view name) {
  const auto found = std::find_if(services.begin(), services.end(),
                                  [&](const Service& service) { return service.name == name; });
  return found == services.end() ? nullptr : &*found;
}

struct Host {
  std::string service;  // empty: not a host of AWS's (a loopback address, another name)
  std::string region;   // empty: a global host
};

// "sqs.eu-west-1.amazonaws.com", "iam.amazonaws.com", "bucket.s3.eu-west-1.amazonaws.com".
Host read_host(const std::string& authority) {
  const std::string host = to_lower(authority.substr(0, authority.find(':')));
  std::string rest = host;
  for (const std::string_view suffix : {".amazonaws.com.cn", ".amazonaws.com", ".amazonaws.eu"}) {
    if (!host.ends_with(suffix)) continue;
    rest.resize(host.size() - suffix.size());
    const std::vector<std::string> labels = split(rest, '.');
    Host read;
    if (labels.size() >= 2 && is_region(labels.back())) {
      read.region = labels.back();
      read.service = labels[labels.size() - 2];
    } else {
      read.service = labels.back();
    }
    return read;
  }
  return {};
}

Refusal refusal(int status, std::string code, std::string message) {
  return {status, std::move(code), std::move(message)};
}

// A fault of the signature in the words of the service's protocol.
Refusal s3_refusal(const SignatureProblem& problem, const http::Request& request,
                   const Authorization& authorization) {
  switch (problem.fault) {
    case SignatureFault::missing:
      return refusal(403, "AccessDenied", "Access Denied");
    case SignatureFault::incomplete:
      return refusal(400, "AuthorizationHeaderMalformed",
                     "The authorization header is malformed; the Credential is mal-formed or the "
                     "date is missing.");
    case SignatureFault::unknown_key: {
      Refusal answer = refusal(403, "InvalidAccessKeyId",
                               "The AWS Access Key Id you provided does not exist in our records.");
      answer.fields = {{"AWSAccessKeyId", authorization.access_key_id}};
      return answer;
    }
    case SignatureFault::wrong_token:
      return refusal(400, "InvalidToken", "The provided token is malformed or otherwise invalid.");
    case SignatureFault::expired_token:
      return refusal(400, "ExpiredToken", "The provided token has expired.");
    case SignatureFault::wrong_region: {
      Refusal answer =
          refusal(400, "AuthorizationHeaderMalformed",
                  fmt::format("The authorization header is malformed; the region '{}' is wrong; "
                              "expecting '{}'",
                              authorization.region, problem.detail));
      answer.fields = {{"Region", problem.detail}};
      return answer;
    }
    case SignatureFault::too_early:
    case SignatureFault::too_late:
      return refusal(403, "RequestTimeTooSkewed",
                     "The difference between the request time and the current time is too large.");
    case SignatureFault::unsigned_headers: {
      Refusal answer = refusal(403, "AccessDenied",
                               "There were headers present in the request which were not signed");
      answer.fields = {{"HeadersNotSigned", problem.detail}};
      return answer;
    }
    case SignatureFault::missing_payload_hash:
      return refusal(400, "InvalidRequest",
                     "Missing required header for this request: x-amz-content-sha256");
    case SignatureFault::payload_hash_mismatch: {
      Refusal answer =
          refusal(400, "XAmzContentSHA256Mismatch",
                  "The provided 'x-amz-content-sha256' header does not match what was computed.");
      answer.fields = {{"ClientComputedContentSHA256", request.headers.get("x-amz-content-sha256")},
                       {"S3ComputedContentSHA256", problem.detail}};
      return answer;
    }
    case SignatureFault::streaming:
      return unknown_operation("s3", problem.detail);
    case SignatureFault::mismatch: {
      Refusal answer = refusal(403, "SignatureDoesNotMatch",
                               "The request signature we calculated does not match the signature "
                               "you provided. Check your key and signing method.");
      answer.fields = {{"AWSAccessKeyId", authorization.access_key_id},
                       {"StringToSign", problem.string_to_sign},
                       {"SignatureProvided", authorization.signature},
                       {"CanonicalRequest", problem.canonical_request}};
      return answer;
    }
  }
  return {};
}

Refusal other_refusal(const SignatureProblem& problem, Protocol protocol) {
  const bool is_query = protocol == Protocol::query;
  const int status = protocol == Protocol::json ? 400 : 403;
  const std::string exception = is_query ? "" : "Exception";
  const std::string bad_signature =
      is_query ? "SignatureDoesNotMatch" : "InvalidSignatureException";
  switch (problem.fault) {
    case SignatureFault::missing:
      return refusal(status, "MissingAuthenticationToken" + exception,
                     "Request is missing Authentication Token");
    case SignatureFault::incomplete:
      return refusal(status, "IncompleteSignature" + exception,
                     "Authorization header requires 'Credential' parameter, 'Signature' "
                     "parameter, 'SignedHeaders' parameter and existence of either a "
                     "'X-Amz-Date' or a 'Date' header.");
    case SignatureFault::unknown_key:
    case SignatureFault::wrong_token:
      return refusal(status, is_query ? "InvalidClientTokenId" : "UnrecognizedClientException",
                     "The security token included in the request is invalid.");
    case SignatureFault::expired_token:
      return refusal(status, is_query ? "ExpiredToken" : "ExpiredTokenException",
                     "The security token included in the request is expired");
    case SignatureFault::wrong_region:
      return refusal(status, bad_signature, "Credential should be scoped to a valid region.");
    case SignatureFault::too_early:
    case SignatureFault::too_late:
      return refusal(status, bad_signature, problem.detail);
    default:
      return refusal(status, bad_signature,
                     fmt::format("The request signature we calculated does not match the "
                                 "signature you provided. Check your AWS Secret Access Key and "
                                 "signing method. Consult the service documentation for "
                                 "details.\n\nThe Canonical String for this request should have "
                                 "been\n'{}'\n\nThe String-to-Sign should have been\n'{}'\n",
                                 problem.canonical_request, problem.string_to_sign));
  }
}

// The region that a host demands of the signature; empty: any.
std::string demanded_region(const Host& host, std::string_view service) {
  if (host.service.empty()) return {};
  if (!host.region.empty()) return host.region;
  return service == "iam" || service == "s3" || service == "sts" ? "us-east-1" : "";
}

std::optional<SignatureProblem> authenticate(Call& call, const http::Request& request,
                                             const std::optional<Authorization>& authorization,
                                             const Host& host) {
  if (!authorization) return SignatureProblem{SignatureFault::missing};
  if (authorization->access_key_id.empty()) return SignatureProblem{SignatureFault::incomplete};
  const auto key = find_key(call.world, authorization->access_key_id);
  if (!key) return SignatureProblem{SignatureFault::unknown_key};
  if (request.headers.get("x-amz-security-token") != key->session_token) {
    return SignatureProblem{SignatureFault::wrong_token};
  }
  if (key->expires_at_ms != 0 && call.world.now_ms() >= key->expires_at_ms) {
    return SignatureProblem{SignatureFault::expired_token};
  }
  const std::string region = demanded_region(host, call.service);
  if (!region.empty() && region != authorization->region) {
    return SignatureProblem{SignatureFault::wrong_region, region};
  }
  if (auto problem = verify_signature(request, *authorization, key->secret, call.world.now())) {
    return problem;
  }
  call.caller = key->principal;
  call.account = key->principal.account;
  call.session_policy = key->session_policy;
  if (call.caller.kind == Principal::Kind::user) {
    note_use(call.world, authorization->access_key_id, call.service, authorization->region);
  }
  return std::nullopt;
}

void set_global_keys(Call& call) {
  const Principal& caller = call.caller;
  call.context.set("aws:SecureTransport", call.request.scheme == "https" ? "true" : "false");
  call.context.set("aws:CurrentTime", format_iso(call.world.now()));
  call.context.set("aws:PrincipalAccount", caller.account);
  call.context.set("aws:PrincipalArn", caller.role_arn.empty() ? caller.arn : caller.role_arn);
  const bool is_user = caller.kind == Principal::Kind::user;
  call.context.set("aws:PrincipalType", is_user                                ? "User"
                                        : caller.kind == Principal::Kind::role ? "AssumedRole"
                                                                               : "Account");
  if (is_user) call.context.set("aws:username", caller.arn.substr(caller.arn.rfind('/') + 1));
  call.context.set("aws:userid", caller.unique_id);
  call.context.set("aws:RequestedRegion", call.region);
}

http::Response answer_signed(Call& call, const Service& service,
                             const std::optional<Authorization>& authorization, const Host& host) {
  try {
    if (const auto problem = authenticate(call, call.request, authorization, host)) {
      throw service.protocol == Protocol::s3
          ? s3_refusal(*problem, call.request, authorization.value_or(Authorization{}))
          : other_refusal(*problem, service.protocol);
    }
    set_global_keys(call);
    return service.answer(call);
  } catch (const Refusal& refused) {
    call.error = refused.code;
    return write_error(service.protocol, refused, call.request, call.request_id, service.xmlns);
  }
}

void finish_headers(http::Response& response, const Call& call, Protocol protocol) {
  response.headers.set("Date", http_date(call.world.now_ms()));
  if (protocol == Protocol::s3) {
    response.headers.set("x-amz-request-id", call.request_id);
    response.headers.set("x-amz-id-2", "firn-sandbox");
    response.headers.set("Server", "AmazonS3");
  } else {
    response.headers.set("x-amzn-RequestId", call.request_id);
  }
}

}  // namespace

std::string Call::arn(std::string_view arn_service, std::string_view resource) const {
  return fmt::format("arn:{}:{}:{}:{}:{}", partition_of(region), arn_service, region, account,
                     resource);
}

Refusal unknown_operation(std::string_view service, std::string_view operation) {
  return {501, "NotImplemented",
          fmt::format("firn sandbox does not know {}:{}", service, operation)};
}

Refusal unknown_member(std::string_view service, std::string_view operation,
                       std::string_view member) {
  return {501, "NotImplemented",
          fmt::format("firn sandbox does not know {} of {}:{}", member, service, operation)};
}

void refuse_other_members(const Call& call, const Value& input,
                          std::initializer_list<std::string_view> known) {
  if (!input.is_map()) return;
  for (const auto& [name, value] : input.as_map()) {
    const bool is_known = std::find(known.begin(), known.end(), name) != known.end();
    if (!is_known) throw unknown_member(call.service, call.operation, name);
  }
}

http::Response answer(World& world, const http::Request& request, LogEntry& log) {
  const auto authorization = parse_authorization(request);
  const std::string* host_header = request.headers.find("host");
  const Host host = read_host(host_header ? *host_header : request.authority());
  std::string name = authorization ? authorization->service : std::string();
  if (name.empty()) name = host.service.empty() ? "s3" : host.service;

  const bool is_s3 = name == "s3";
  Call call{world, request,
            name,  authorization ? authorization->region : host.region,
            {},    is_s3 ? world.fresh_id("", 16) : world.fresh_uuid()};
  const Service* service = find_service(name);
  http::Response response;
  if (service) {
    response = answer_signed(call, *service, authorization, host);
  } else {
    const Refusal refused = unknown_operation(name, request.method + " " + request.path);
    call.error = refused.code;
    response = write_error(Protocol::json, refused, request, call.request_id, "");
  }
  finish_headers(response, call, service ? service->protocol : Protocol::json);

  log.service = name;
  log.operation = call.operation.empty() ? request.method + " " + request.path : call.operation;
  log.target = call.target;
  log.status = response.status;
  log.error = call.error;
  return response;
}

}  // namespace firn::sandbox::aws
