// The old half of a create-first replacement: it moves aside in the very landing in which the new
// object takes the address, and stays in the state until it is deleted.
#pragma once

#include <string>

#include "core/state/state_store.h"

namespace firn {

// "orders#deposed", "orders#deposed-2" → "orders". The ownership mark in the cloud keeps this form.
[[nodiscard]] std::string address_of_owner(const std::string& address);

// Stages the move of `old`, which the state holds, and answers the address that it moves to.
std::string depose(StateStore& store, const StoredResource& old);

}  // namespace firn
