// Is a request allowed, by which statements, and if not, what is nearest to allowing it?
//
// Sources, in the IAM User Guide: "Policy evaluation logic", "How AWS enforcement code logic
// evaluates requests to allow or deny access", "Cross-account policy evaluation logic",
// "Permissions boundaries for IAM entities"; in the AWS KMS Developer Guide: "Key policies in AWS
// KMS".
//
// Not modelled: policies of organizations (SCP, RCP), endpoints and ACLs. They can only take away.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "providers/aws/iam/statement_match.h"

namespace firn::aws::iam {

enum class Reason : std::uint8_t {
  allowed,
  explicit_deny,      // a statement denies it, or it cannot be told that it does not
  no_resource_allow,  // implicit denials: the side that says nothing
  no_identity_allow,
  no_boundary_allow,
  no_session_allow,
};
[[nodiscard]] std::string_view reason_name(Reason reason);

// One statement of one policy.
struct StatementPlace {
  Side side = Side::identity;
  std::string policy;     // its name
  std::size_t index = 0;  // of the statement, from 0
  std::string sid;        // may be empty

  bool operator==(const StatementPlace&) const = default;
};

// An allowing statement that did not apply, and why.
struct Miss {
  StatementPlace place;
  std::vector<Mismatch> mismatches;
};

struct Decision {
  bool allowed = false;
  Reason reason = Reason::no_identity_allow;
  // One for each side that was needed and that allows.
  std::vector<StatementPlace> allowed_by;
  bool identity_was_assumed = false;  // the principal's own policies could not be read
  std::optional<StatementPlace> denied_by;
  // Of an explicit denial that cannot be told: what it waits for. Else the statements of the side
  // that is missing that are nearest to allowing it, nearest first.
  std::vector<Miss> misses;
};

[[nodiscard]] Decision evaluate(const Request& request, const Policies& policies);

// `request.resource` is a pattern, such as "arn:aws:s3:::lake/raw/*": is it allowed for every
// resource that it stands for? The answer is exact. The resources fall into finitely many classes
// that no statement can tell apart, and one of each is evaluated.
struct PatternDecision {
  bool allowed = false;
  struct Outcome {
    std::string example;  // one of the shortest resources of its class
    Decision decision;
  };
  std::vector<Outcome> refused;  // what is not covered; shortest first
  std::vector<Outcome> granted;
  bool too_large = false;  // nothing is claimed: the patterns have too many classes
};
[[nodiscard]] PatternDecision evaluate_pattern(const Request& request, const Policies& policies);

// The decision in a few lines, for messages: the reason, then a line for each piece of evidence.
[[nodiscard]] std::string describe(const Decision& decision);

}  // namespace firn::aws::iam
