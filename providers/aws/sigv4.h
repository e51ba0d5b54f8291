// AWS Signature Version 4. Source: IAM User Guide, "Create a signed AWS API request".
#pragma once

#include <string>

#include "core/async/clock.h"
#include "core/http/http.h"
#include "providers/aws/credentials.h"

namespace firn::aws {

struct SigningScope {
  std::string region;
  std::string signing_name;  // "s3", "iam"
  Instant time{};
};

// What was signed, for tests and for comparing with what AWS says it expected. No secret.
struct Signature {
  std::string canonical_request;
  std::string signed_headers;
  std::string signature;
};

// Signs every header that the request already has, except those a proxy may change. Adds
// x-amz-date, x-amz-security-token for session credentials, for S3 x-amz-content-sha256, and
// Authorization. Path and query must be percent-encoded; they are not changed.
Signature sign(http::Request& request, const Credentials& credentials, const SigningScope& scope);

}  // namespace firn::aws
