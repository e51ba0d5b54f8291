// Ownership marks: three tags that say which stack, environment and address an object belongs to.
#pragma once

#include <string>

#include "core/provider/provider.h"
#include "core/schema/resource_type.h"
#include "core/value/value.h"

namespace firn::aws {

inline constexpr std::string_view stack_tag = "firn:stack";
inline constexpr std::string_view environment_tag = "firn:environment";
inline constexpr std::string_view address_tag = "firn:address";

// The value of the address tag. Bytes that tags do not allow become =XX, so `customers["acme"]` is
// marked `customers=5B=22acme=22=5D`; an address too long for a tag ends in a digest of itself.
[[nodiscard]] std::string address_mark(std::string_view address);

// The author's `tags` (null or a map of text) and the three marks.
[[nodiscard]] Map tags_with_ownership(const Placement& placement, std::string_view address,
                                      const Value& tags);

// Fills `owner` (the address, decoded), `owner_stack` and `foreign` from an object's tags, and
// `inputs.tags` with the rest: without the marks and without those that AWS made (`aws:`).
void read_ownership(const Placement& placement, const Map& tags, Observation& observation);

// Tags on the wire, [{Key, Value}, …] as most services have them, to a map and back.
[[nodiscard]] Map tags_from_list(const List& items);
[[nodiscard]] List tags_to_list(const Map& tags);

// What to call to get to `wanted`: tags to set, and keys to take away. Keys that neither `before`
// (what firn set last) nor `wanted` knows are somebody else's and stay. All of `wanted` is set, as
// somebody may have changed what firn set last; it is one call either way.
struct TagChange {
  Map set;
  std::vector<std::string> removed;
};
[[nodiscard]] TagChange tag_change(const Map& before, const Map& wanted);

}  // namespace firn::aws
