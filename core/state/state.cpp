#include "core/state/state.h"

#include <utility>

#include "core/base/digest.h"
#include "core/value/json.h"

namespace firn {
namespace {

constexpr std::string_view digest_prefix = "hmac-sha256:";

}  // namespace

const StoredResource* State::find(const std::string& address) const {
  const auto found = resources.find(address);
  return found == resources.end() ? nullptr : &found->second;
}

namespace {

// `recorded`, with the members that only `attempted` has.
Value with_all_of(const Value& recorded, const Value& attempted) {
  if (recorded.is_null()) return attempted;
  if (!recorded.is_map() || !attempted.is_map()) return recorded;
  Map all = recorded.as_map();
  for (const auto& [name, value] : attempted.as_map())
    all.set(name, with_all_of(recorded.at(name), value));
  return Value(std::move(all));
}

}  // namespace

void mark_half_updated(StoredResource& stored, const Value& inputs, Instant now) {
  stored.record.inputs = with_all_of(stored.record.inputs, inputs);
  stored.incomplete = true;
  stored.updated_at = now;
}

std::string seal(std::string_view secret_key, const Value& clear) {
  return std::string(digest_prefix) + base64(hmac_sha256(secret_key, to_state_json(clear)));
}

Value sealed(std::string_view secret_key, const Value& value) {
  switch (value.kind()) {
    case Value::Kind::secret:
      if (!value.secret_digest().empty()) return value;
      return Value::sealed_secret(seal(secret_key, value.reveal()));
    case Value::Kind::list: {
      if (!value.contains_secret()) return value;
      List items;
      items.reserve(value.as_list().size());
      for (const Value& item : value.as_list())
        items.push_back(sealed(secret_key, item));
      return Value(std::move(items));
    }
    case Value::Kind::map: {
      if (!value.contains_secret()) return value;
      std::vector<MapEntry> members;
      members.reserve(value.as_map().size());
      for (const auto& [key, member] : value.as_map()) {
        members.emplace_back(key, sealed(secret_key, member));
      }
      return Value(Map(std::move(members)));
    }
    case Value::Kind::null:
    case Value::Kind::boolean:
    case Value::Kind::integer:
    case Value::Kind::number:
    case Value::Kind::string:
    case Value::Kind::unknown:
      return value;
  }
  return value;
}

}  // namespace firn
