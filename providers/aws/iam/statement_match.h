// Does one statement apply to one request, and if not, which parts of it do not fit?
#pragma once

#include <string>
#include <vector>

#include "providers/aws/iam/request.h"

namespace firn::aws::iam {

enum class StatementPart : std::uint8_t { principal, action, resource, condition };
[[nodiscard]] std::string_view part_name(StatementPart part);

struct Mismatch {
  StatementPart part = StatementPart::action;
  std::string key;       // of a condition: its key
  std::string wanted;    // what the statement says
  std::string given;     // what the request has; empty when it has nothing
  bool is_known = true;  // false: it cannot be told, because `wanted` waits for something
};

struct StatementMatch {
  Match match = Match::yes;
  NamedAs named_as = NamedAs::nobody;  // of statements that name principals
  std::vector<Mismatch> mismatches;    // of all parts that do not fit, and of those that may not
};

// `has_boundary`: "The NotPrincipal element with a Deny effect will always deny any IAM principal
// that has a permissions boundary attached" (IAM User Guide, "Permissions boundaries for IAM
// entities").
[[nodiscard]] StatementMatch match_statement(const Statement& statement, bool has_variables,
                                             const Request& request, bool has_boundary);

// Only whether the action fits, for which nothing else of the request is needed.
[[nodiscard]] Match match_action(const Statement& statement, const std::string& action);

}  // namespace firn::aws::iam
