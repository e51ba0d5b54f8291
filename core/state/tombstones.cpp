#include "core/state/tombstones.h"

#include <utility>

namespace firn {

std::string_view full_name_of(const StoredResource& resource) {
  for (const std::string_view output : {"fqn", "arn"}) {
    const Value& full_name = resource.record.outputs.at(output);
    if (full_name.is_string()) return full_name.as_string();
  }
  return resource.record.name;
}

bool is_name_of(const StoredResource& resource, const Tombstone& tombstone) {
  return tombstone.type == resource.record.type && tombstone.name == resource.record.name &&
         full_name_of(resource).find(tombstone.place) != std::string_view::npos;
}

Value value_of(const std::vector<Tombstone>& tombstones) {
  List list;
  for (const Tombstone& one : tombstones) {
    list.emplace_back(
        Map{{"type", Value(one.type)},
            {"name", Value(one.name)},
            {"until", Value(static_cast<std::int64_t>(one.until.time_since_epoch().count()))},
            {"reason", Value(one.reason)},
            {"place", Value(one.place)}});
  }
  return Value(Map{{"tombstones", Value(std::move(list))}});
}

std::vector<Tombstone> tombstones_of(const Intent& intent) {
  std::vector<Tombstone> tombstones;
  if (intent.action != IntentAction::remove) return tombstones;
  const Value& list = intent.outputs.at("tombstones");
  if (!list.is_list()) return tombstones;
  for (const Value& one : list.as_list()) {
    Tombstone tombstone;
    tombstone.type = one.string_or("type", "");
    tombstone.name = one.string_or("name", "");
    tombstone.until = Instant(Duration(one.int_or("until", 0)));
    tombstone.reason = one.string_or("reason", "");
    tombstone.place = one.string_or("place", "");
    tombstones.push_back(std::move(tombstone));
  }
  return tombstones;
}

}  // namespace firn
