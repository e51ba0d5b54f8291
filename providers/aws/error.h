// What a service's failure says, what kind it is, and how a person is told.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/http/http.h"
#include "providers/aws/client.h"
#include "providers/aws/service.h"

namespace firn::aws {

struct ServiceError {
  int status = 0;
  // In today's names: SQS's older ones ("AWS.SimpleQueueService.NonExistentQueue") are translated.
  // The status as text when the answer names none ("404": S3 gives HEAD no body).
  std::string code;
  std::string alias;    // the other name of the same error, from x-amzn-query-error; may be empty
  std::string message;  // the service's words, with S3's argument name and value
  std::string request_id;
  std::string region;  // where the bucket is, if S3 says so
};

[[nodiscard]] ServiceError parse_error(const Service& service, const http::Response& response);
// Whether `code` is one of the error's names.
[[nodiscard]] bool is_named(const ServiceError& error, std::string_view code);

enum class ErrorClass : std::uint8_t {
  final,         // will not change by trying again
  transient,     // 5xx and the like: may have been applied
  throttled,     // not applied
  conflict,      // somebody else is changing the same thing: not applied, try again soon
  clock,         // the signature's time is off
  expired,       // the session is over: new credentials may help
  wrong_region,  // the bucket lives elsewhere
};

[[nodiscard]] ErrorClass classify(const Service& service, const ServiceError& error);

// As shown to people: operation "s3:PutBucketPolicy", AWS's words, and what to do.
[[nodiscard]] Error to_error(const Call& call, const ServiceError& error);

// Adds operation, address and endpoint to a failure of the transport.
[[nodiscard]] Error to_error(const Call& call, Error transport_error, const http::Request& request);

}  // namespace firn::aws
