#include "core/state/deposed.h"

#include <string_view>
#include <utility>

namespace firn {
namespace {

constexpr std::string_view suffix = "#deposed";

}  // namespace

std::string deposed_address(const std::string& address) {
  return address + std::string(suffix);
}

std::string address_of_owner(const std::string& address) {
  const std::string_view text = address;
  return std::string(text.ends_with(suffix) ? text.substr(0, text.size() - suffix.size()) : text);
}

void depose(StateStore& store, const StoredResource& old) {
  StoredResource aside = old;
  aside.deposed = true;
  aside.protect = false;
  const std::string from = old.record.address;
  aside.record.address = deposed_address(from);
  store.move_resource(from, aside.record.address);
  store.put_resource(std::move(aside));
}

}  // namespace firn
