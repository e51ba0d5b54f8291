// The policies of topics, queues, keys, secrets and image repositories: made from what an author
// says (who publishes, who subscribes, who sends, who pulls), and taken apart again into the same
// words when the cloud shows one.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/schema/resource_type.h"
#include "core/value/value.h"

namespace firn::aws {

// An attribute that stands for one generated statement per kind of principal.
struct PolicyShorthand {
  std::string_view attribute;  // "publishers"
  std::string_view sid;        // "Publishers"; the service's name is put behind it
  std::string_view actions;    // "sns:Publish"; several are separated by commas
  // Whether the listed ARNs are the principals themselves (`subscribers`), or resources on whose
  // behalf their service acts (`publishers`: a bucket, for which s3.amazonaws.com publishes). Of
  // the latter an item may also be the service itself: then it acts for the whole account.
  bool principals = false;
  // What an ARN that is not known yet most probably belongs to.
  std::string_view usual_service = "s3";
  // A service that does not say for whom it acts: its statement can carry no condition.
  std::string_view silent_service = {};
};

// How one type makes its policy. The shorthands, then `statements`, each about `resource_arn`.
struct ResourcePolicyForm {
  std::span<const PolicyShorthand> shorthands;
  // The owner's own statement, which a policy always holds; null when the service needs none.
  Value owner_statement;
  // What the service has when nobody sets a policy; null when it has none.
  Value default_policy;
  std::string resource_arn;  // empty: statements name no resource, as those of a repository
  std::string account;
};

[[nodiscard]] ResourcePolicyForm topic_policy_form(const Placement& placement,
                                                   const std::string& name);
[[nodiscard]] ResourcePolicyForm queue_policy_form(const Placement& placement,
                                                   const std::string& name);
// Both know no resource but themselves, "*".
[[nodiscard]] ResourcePolicyForm key_policy_form(const Placement& placement);
[[nodiscard]] ResourcePolicyForm secret_policy_form();
[[nodiscard]] ResourcePolicyForm repository_policy_form(const Placement& placement);

// The document for `inputs`, normalised; the form's default (or null) when they say nothing about
// it. Unknown ARNs stay unknown inside.
[[nodiscard]] Value policy_from(const ResourcePolicyForm& form, const Value& inputs);

// Whether `inputs` say anything about the policy. Then the whole policy is firn's.
[[nodiscard]] bool manages_policy(const ResourcePolicyForm& form, const Value& inputs);

// The attributes that `document` shows. When it equals what `recorded` stands for, they are given
// in the recorded words; otherwise each statement that a shorthand would have made becomes an item
// of it, and the rest stands in `statements`.
[[nodiscard]] Map policy_to_inputs(const ResourcePolicyForm& form, const Value& document,
                                   const Value& recorded);

// The statements that an author wrote, with the resource put in where it was left out.
[[nodiscard]] List own_statements(const ResourcePolicyForm& form, const Value& inputs);

// Tells of items of the shorthands that are neither ARNs nor services.
void check_shorthands(std::span<const PolicyShorthand> shorthands, const Value& inputs,
                      std::vector<Problem>& problems);

// The normal form of the policy's attributes, in place: as soon as one is given, all are.
void normalize_policy_inputs(std::span<const PolicyShorthand> shorthands, Map& inputs);

extern const std::span<const PolicyShorthand> topic_shorthands;
extern const std::span<const PolicyShorthand> queue_shorthands;
extern const std::span<const PolicyShorthand> repository_shorthands;

}  // namespace firn::aws
