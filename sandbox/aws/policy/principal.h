// Who asks.
#pragma once

#include <string>

namespace firn::sandbox::aws {

struct Principal {
  enum class Kind { anonymous, root, role, user, service };
  Kind kind = Kind::anonymous;
  std::string account;    // empty for services and anonymous
  std::string arn;        // of the session where there is one; of the user; of the root
  std::string role_arn;   // kind role: the role behind the session
  std::string unique_id;  // "AROA…" of the role; empty when it has none here
  std::string service;    // kind service: "s3.amazonaws.com"
};

}  // namespace firn::sandbox::aws
