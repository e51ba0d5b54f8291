// Does one policy document allow or deny one request?
//
// Source: IAM User Guide, "Policy evaluation logic".
#pragma once

#include <string>

#include "core/value/value.h"
#include "sandbox/aws/policy/match.h"
#include "sandbox/aws/policy/principal.h"

namespace firn::sandbox::aws {

struct Question {
  Principal principal;
  bool has_boundary = false;  // the principal has a permissions boundary
  std::string action;         // "s3:GetObject"
  std::string resource;       // ARN
  Context context;
};

enum class Effect { none, allow, deny };

// How the principal was named by the statement that allows.
enum class NamedAs {
  nobody,    // identity policies name none
  account,   // by its account's root: the account's own policies decide further
  itself,    // by its user, role or service
  session,   // by its session
  everyone,  // by "*"
};

struct DocumentVerdict {
  Effect effect = Effect::none;
  NamedAs named_as = NamedAs::nobody;  // the strongest of the allowing statements
  std::string problem;                 // set when a condition could not be evaluated
};

// A policy as it is kept: its document, and the unique ids that its principals had when it was
// written ({"arn:aws:iam::1:role/R": "AROA…"}): a role made again is another principal.
struct StoredPolicy {
  Value document;
  Map principal_ids;
};

// For policies attached to a user or role: they name no principal.
[[nodiscard]] DocumentVerdict evaluate_identity_policy(const Value& document,
                                                       const Question& question);
// For policies attached to a bucket, queue, topic or (trust) role.
[[nodiscard]] DocumentVerdict evaluate_resource_policy(const StoredPolicy& policy,
                                                       const Question& question);

// A member that may be a text or a list of texts.
[[nodiscard]] std::vector<std::string> texts_of(const Value& value);
// Statement may be an object or a list of objects.
[[nodiscard]] List statements_of(const Value& document);

}  // namespace firn::sandbox::aws
