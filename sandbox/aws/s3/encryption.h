// Objects that are encrypted with KMS: whoever reads or writes them must be allowed to use the key.
//
// Source: Amazon S3 User Guide, "Using server-side encryption with AWS KMS keys (SSE-KMS)".
#pragma once

#include <optional>
#include <string>

#include "core/value/value.h"
#include "sandbox/aws/call.h"
#include "sandbox/aws/s3/state.h"

namespace firn::sandbox::aws::s3 {

// How a new object is encrypted: as the request says, or as the bucket does by default. Refuses a
// key that cannot be used, or not by the caller.
void set_encryption(Call& call, const Value& bucket, Version& version);
// Refuses a caller that may not decrypt the object.
void check_decryption(Call& call, const Value& bucket, const Version& version);

// May the role do what S3 lets it do with this object, as far as the key is concerned? Of an object
// that does not exist, the bucket's own key counts.
[[nodiscard]] AwsDoor::Verdict key_lets(const World& world, const Value& bucket,
                                        const std::string& object_key, const std::string& role_arn,
                                        const std::string& s3_action);

}  // namespace firn::sandbox::aws::s3
