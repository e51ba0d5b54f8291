// A bucket's one policy: made from `tls_only`, `log_sources` and `statements`, and taken apart
// again.
#pragma once

#include <string>

#include "core/schema/resource_type.h"
#include "core/value/value.h"

namespace firn::aws {

[[nodiscard]] std::string bucket_arn(const Placement& placement, const std::string& name);

// What a policy says in an author's words.
struct BucketPolicyParts {
  bool tls_only = false;
  Value log_sources = List();  // ARNs
  Value statements = List();   // normalised; a Resource of the bucket and all its objects left out
};

[[nodiscard]] BucketPolicyParts read_bucket_policy(const Placement& placement,
                                                   const std::string& name, const Value& document);

// The whole document, normalised; null when nothing is left to say.
[[nodiscard]] Value make_bucket_policy(const Placement& placement, const std::string& name,
                                       const BucketPolicyParts& parts);

// `statements` with the Resource put in where it was left out: the bucket and all its objects.
[[nodiscard]] List complete_statements(const Placement& placement, const std::string& name,
                                       const Value& statements);

}  // namespace firn::aws
