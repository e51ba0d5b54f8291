// What S3 calls a public bucket policy.
//
// Source: Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage", "The meaning of
// public".
#pragma once

#include "core/value/value.h"

namespace firn::sandbox::aws::s3 {

[[nodiscard]] bool is_public(const Value& document);

}  // namespace firn::sandbox::aws::s3
