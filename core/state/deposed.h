// The old half of a create-first replacement: it moves aside in the very landing in which the new
// object takes the address, and stays in the state until it is deleted.
#pragma once

#include <string>

#include "core/state/state_store.h"

namespace firn {

// "orders" → "orders#deposed", and back. The ownership mark in the cloud keeps the first form.
[[nodiscard]] std::string deposed_address(const std::string& address);
[[nodiscard]] std::string address_of_owner(const std::string& address);

// Stages the move of `old`, which the state holds.
void depose(StateStore& store, const StoredResource& old);

}  // namespace firn
