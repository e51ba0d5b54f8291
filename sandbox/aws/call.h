// One request while it is being answered.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/http/http.h"
#include "sandbox/aws/policy/match.h"
#include "sandbox/aws/policy/principal.h"
#include "sandbox/aws/refusal.h"
#include "sandbox/aws/world.h"

namespace firn::sandbox::aws {

struct Call {
  World& world;
  const http::Request& request;
  std::string service;  // signing name: "s3", "states"
  std::string region;   // of the signature
  std::string account;  // of the caller
  std::string request_id;
  Principal caller;
  std::string session_policy;  // document text; empty when the session has none
  Context context;             // the global condition keys

  // For the request log; operation and target are set by the services.
  std::string operation;
  std::string target;
  std::string error;

  // Where this account keeps `what` in this region.
  [[nodiscard]] std::string place(std::string_view what) const {
    return collection(account, region, what);
  }
  // arn:aws:<service>:<region>:<account>:<resource>
  [[nodiscard]] std::string arn(std::string_view arn_service, std::string_view resource) const;
};

// "firn sandbox does not know s3:PutBucketCors": loud, so that a gap is never taken for an answer.
[[nodiscard]] Refusal unknown_operation(std::string_view service, std::string_view operation);
// The same for a member of a known operation whose meaning would be lost.
[[nodiscard]] Refusal unknown_member(std::string_view service, std::string_view operation,
                                     std::string_view member);

// Refuses a JSON request that holds a member which is none of `known`.
void refuse_other_members(const Call& call, const Value& input,
                          std::initializer_list<std::string_view> known);

}  // namespace firn::sandbox::aws
