// Comparison: an existing object as it should be against how it is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/plan/plan.h"
#include "core/provider/provider.h"
#include "core/schema/resource_type.h"
#include "core/state/state.h"
#include "core/value/value.h"

namespace firn {

struct Comparison {
  std::vector<Change> changes;
  std::vector<std::string> changed;  // top-level attributes, in the order of the table
  std::vector<std::string> reasons;
  std::vector<std::string> losses;
  std::vector<std::string> notes;    // what else goes with the old object, though it is no data
  OnChange cost = OnChange::update;  // the worst of all changes
};

// Attribute by attribute: desired against recorded and, where it was looked at, observed. An
// attribute that the author never set is not managed. `seen` may be nullptr; `secret_key` is the
// key of the state's digests of secrets.
[[nodiscard]] Comparison compare(const ResourceType& type, const StoredResource& stored,
                                 const Observation* seen, const Value& desired,
                                 const std::string& secret_key);

// What the cloud shows of an attribute, as the type says it in the terms of what is wanted.
[[nodiscard]] Value in_terms_of_wanted(const ResourceType& type, const Attribute& row,
                                       const Value& wanted, const Value& shown);

// Tells of what a replacement costs beside data.
[[nodiscard]] std::string note_of_loss(std::string_view what);

}  // namespace firn
