// Verifies Signature Version 4.
//
// Written from "AWS Signature Version 4 for API requests" (IAM User Guide) and "Authenticating
// Requests" (Amazon S3 API Reference), apart from the code that signs.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "core/async/clock.h"
#include "core/http/http.h"

namespace firn::sandbox::aws {

// The Authorization header, taken apart.
struct Authorization {
  std::string access_key_id;
  std::string day;  // "20260102"
  std::string region;
  std::string service;
  std::vector<std::string> signed_headers;  // lower case, in the order given
  std::string signature;
};

enum class SignatureFault {
  missing,     // no Authorization header
  incomplete,  // it cannot be read, or the date is missing
  unknown_key,
  wrong_token,  // the session token is missing or not that of the key
  expired_token,
  wrong_region,  // the scope names another region than the host
  too_early,
  too_late,
  unsigned_headers,  // x-amz-* headers that the signature does not cover
  missing_payload_hash,
  payload_hash_mismatch,
  streaming,  // aws-chunked: not known here
  mismatch,
};

struct SignatureProblem {
  SignatureFault fault = SignatureFault::mismatch;
  std::string detail;             // for the message: what was expected, or the two times
  std::string canonical_request;  // of a mismatch: services print what they computed
  std::string string_to_sign;
};

// nullopt: there is no such header, or it is none of AWS4-HMAC-SHA256.
[[nodiscard]] std::optional<Authorization> parse_authorization(const http::Request& request);

// `secret` is the secret access key that belongs to the header's key id.
[[nodiscard]] std::optional<SignatureProblem> verify_signature(const http::Request& request,
                                                               const Authorization& authorization,
                                                               const std::string& secret,
                                                               Instant now);

// "20260102T030405Z" or an RFC 1123 date.
[[nodiscard]] std::optional<Instant> signing_time(const http::Request& request);

}  // namespace firn::sandbox::aws
