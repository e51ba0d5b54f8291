// Tags as resource types use them: the schema row, whose tags count as drift, and what to make of
// an object that already stands where one was to be created.
#pragma once

#include <string>
#include <string_view>

#include "core/provider/provider.h"
#include "core/schema/attribute.h"
#include "core/value/value.h"
#include "providers/aws/ownership.h"
#include "providers/aws/reply.h"

namespace firn::aws {

inline constexpr Attribute kTagValue{.name = "value", .doc = "The value of a tag.", .maximum = 256};
inline constexpr Attribute kTagsAttribute{
    .name = "tags",
    .kind = AttributeKind::map,
    .doc =
        "Tags beside firn's own marks (firn:stack, firn:environment, firn:address). Tags that "
        "others put on the object are left alone.",
    .default_json = "{}",
    .example = "{ team: data }",
    .element = &kTagValue,
    .maximum = 47};  // AWS allows 50, three are firn's

// Ownership and tags of an object into `observation`. Of its tags only those count whose keys the
// record knows: others are somebody else's. All count when nothing is recorded (an import).
void observe_tags(const Placement& placement, const ResourceRecord& record, const Map& tags,
                  Observation& observation);

// The tags of `operation.desired` together with the ownership marks.
[[nodiscard]] Map wanted_tags(const Operation& operation);
// From what firn set last to what is wanted now.
[[nodiscard]] TagChange wanted_tag_change(const Operation& operation);
// The keys as a list of text.
[[nodiscard]] List removed_tag_keys(const TagChange& change);
// Tags as [{key, value}, …], which Step Functions wants in lower case.
[[nodiscard]] List tags_to_lower_case_list(const Map& tags);

// A create call was answered "exists already". Ok when `found` carries our marks and this address:
// then an earlier create of ours was lost, and the object is to be brought up to date. Otherwise
// the conflict to report. `what` is the object in the service's words ("IAM role"); `reply` is the
// refusal, or empty; `operation_name` is "iam:CreateRole".
[[nodiscard]] Status claim_existing(const Observation& found, const Operation& operation,
                                    std::string_view what, std::string_view operation_name,
                                    const Reply& reply);

// Advice on an object that somebody else made: import it, or take another name.
[[nodiscard]] std::string how_to_import(const Operation& operation);
// Advice where several objects are what the inputs say: an id says which to import.
[[nodiscard]] std::string how_to_say_which(const Operation& operation);

// The operation that brings the object `found` up to date: an update of everything desired. Refers
// to nothing of `operation` but its callbacks, which it copies.
[[nodiscard]] Operation update_of_found(const Operation& operation, const Observation& found);

}  // namespace firn::aws
