// What IAM shows of roles, users and policies: the pages of its lists, its percent-encoded
// documents, and the one call that shows many objects at once.
//
// Source of facts: AWS IAM API Reference (GetAccountAuthorizationDetails, GetRole, ListRoles,
// GetPolicy, ListPolicyTags).
#pragma once

#include <string>
#include <vector>

#include "providers/aws/calls.h"
#include "providers/aws/type.h"

namespace firn::aws {

// Observes roles, users and policies with GetAccountAuthorizationDetails.
extern const Batch iam_details_batch;

// All pages of a list operation of IAM. When a code of `first.tolerated` comes back, that reply is
// the last page.
Task<Result<std::vector<Reply>>> all_pages(Client& client, Call first);

// The items of `path` on all pages.
[[nodiscard]] List items_of(const std::vector<Reply>& pages, std::string_view path);

// The statements of a document as IAM shows it (percent-encoded JSON), normalised.
[[nodiscard]] Value shown_statements(const Value& document);

// "arn:aws:iam::123456789012:role/path/name"; `kind` is "role", "user" or "policy". Unknown while
// the path is.
[[nodiscard]] Value iam_arn(const Placement& placement, std::string_view kind, const Value& path,
                            const std::string& name);

// A role or a user from the parts that IAM shows in different calls. `holder` has Path,
// PermissionsBoundary and Tags; a role has RoleId and AssumeRolePolicyDocument, and may have
// Description and MaxSessionDuration (`shows_settings`); a user has UserId.
struct ShownHolder {
  Value holder;
  bool shows_settings = false;
  Map policies;  // of each inline policy's name: {statements: […]}
  List managed_policies;
};
[[nodiscard]] Observation observation_of_role(const Client& client, const ResourceRecord& record,
                                              const ShownHolder& shown);
[[nodiscard]] Observation observation_of_user(const Client& client, const ResourceRecord& record,
                                              const ShownHolder& shown);

// A managed policy: `policy` has Path and may have Description.
struct ShownPolicy {
  Value policy;
  Value document;  // of the default version, as IAM shows it
  List tags;
};
[[nodiscard]] Observation observation_of(const Client& client, const ResourceRecord& record,
                                         const ShownPolicy& shown);

}  // namespace firn::aws
