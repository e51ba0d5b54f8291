// Is a text a policy document that AWS would take?
//
// Source: IAM User Guide, "Grammar of the IAM JSON policy language"; the answers of the services to
// wrong documents.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/value/value.h"

namespace firn::sandbox::aws {

// A repository's policy is about the repository and names no resource.
enum class PolicyKind { identity, trust, resource, repository };

struct PolicyProblem {
  enum class What {
    not_json,
    syntax,  // unknown members, wrong kinds, wrong Effect or Version
    missing_statement,
    missing_effect,
    missing_action,
    missing_resource,
    missing_principal,
    prohibited_principal,
    prohibited_resource,
    bad_action,
    bad_resource,
    bad_condition,
    bad_sid,
    duplicate_sid,
    bad_principal,
  };
  What what = What::syntax;
  std::string message;  // in IAM's words
  std::string subject;  // the offending member or value; may be empty
};

// The parsed document, or the first thing wrong with it. Principals are only checked for shape.
[[nodiscard]] std::variant<Value, PolicyProblem> parse_policy(std::string_view text,
                                                              PolicyKind kind);

}  // namespace firn::sandbox::aws
