// Holder: what IAM's roles and users have in common, which is everything that says what they may
// do: inline policies, attached policies, a permissions boundary; and their tags.
//
// Source of facts: AWS IAM API Reference. The operations for roles and for users differ in their
// names and in nothing else.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/schema/resource_type.h"
#include "providers/aws/calls.h"
#include "providers/aws/iam_details.h"

namespace firn::aws {

struct Holder {
  std::string_view word;         // for people: "role"
  std::string_view name_member;  // "RoleName"
  std::string_view get;
  std::string_view member;  // of the answer to `get`
  std::string_view put_policy;
  std::string_view get_policy;
  std::string_view list_policies;
  std::string_view delete_policy;
  std::string_view attach;
  std::string_view list_attached;
  std::string_view detach;
  std::string_view put_boundary;
  std::string_view delete_boundary;
  std::string_view remove;
  std::string_view tag;
  std::string_view untag;
  std::string_view not_yet;  // how IAM begins to say that it has not heard of a new one
};

extern const Holder role_holder;
extern const Holder user_holder;

// --- pure

// What is wrong with `policies` as the author wrote them: their names, grants and statements.
void check_inline_policies(const Value& policies, std::vector<Problem>& problems);
void check_iam_path(const Value& path, std::vector<Problem>& problems);
// `policies` and `managed_policies` in their normal form, in place.
void normalize_held(Map& inputs);

// --- calls

// A changing call about the operation's holder.
[[nodiscard]] Call holder_call(const Holder& holder, const Operation& operation,
                               std::string_view name);
void put(Call& call, std::string_view member, Value value);

// The inline policies and attachments of `desired`.
[[nodiscard]] std::vector<Call> policy_calls(const Holder& holder, const Operation& operation,
                                             const Value& desired, bool with_policies,
                                             bool with_attachments);
// Boundary and tags, where the operation changes them.
[[nodiscard]] std::vector<Call> boundary_and_tag_calls(const Holder& holder,
                                                       const Operation& operation,
                                                       const Value& desired);
// All pages of each operation about the record's holder, asked at once.
Task<Result<std::vector<std::vector<Reply>>>> ask(Client& client, const Holder& holder,
                                                  ResourceRecord record,
                                                  std::vector<std::string> operations);
// Makes the calls of `settings`, sets the policies that changed, and takes off what is not
// declared: first what is added, then what is taken away, so that the holder may do its work all
// the while.
Task<Status> update_holder(Client& client, const Holder& holder, Operation& operation,
                           Value desired, std::vector<Call> settings);
// Takes off everything else that hangs on the holder; asked for only when IAM objects.
using OwnRemovals = Task<Result<std::vector<Call>>> (*)(Client& client, Operation& operation);
// Policies and attachments that are known go first, then the holder; where IAM shows that more
// hangs on it, that goes, too.
Task<Result<Removed>> remove_holder(Client& client, const Holder& holder, Operation& operation,
                                    OwnRemovals own_removals);

// Everything about one holder; nothing when it does not exist.
Task<Result<std::optional<ShownHolder>>> look_at(Client& client, const Holder& holder,
                                                 ResourceRecord record);

}  // namespace firn::aws
