#include "core/state/deposed.h"

#include <fmt/format.h>
#include <string_view>
#include <utility>

namespace firn {
namespace {

constexpr std::string_view suffix = "#deposed";

}  // namespace

std::string address_of_owner(const std::string& address) {
  return address.substr(0, address.find(suffix));
}

std::string depose(StateStore& store, const StoredResource& old) {
  const std::string from = old.record.address;
  // The place may be taken: an earlier run replaced this object, and did not come to remove the old
  // one.
  std::string aside_at = from + std::string(suffix);
  for (int number = 2; store.state().find(aside_at) != nullptr; ++number)
    aside_at = fmt::format("{}{}-{}", from, suffix, number);
  StoredResource aside = old;
  aside.deposed = true;
  aside.protect = false;
  aside.record.address = aside_at;
  store.move_resource(from, aside_at);
  store.put_resource(std::move(aside));
  return aside_at;
}

}  // namespace firn
