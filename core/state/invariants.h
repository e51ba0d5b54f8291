// The rules that every state keeps, at every moment at which it can be read.
//
//   S1   Addresses are unique, and so is (type, physical name) where the type has names; the names
//        of objects in two containers are told apart by their full name (output `fqn` or `arn`).
//   S2   A dependency names a resource of the same state.
//   S3   Dependencies have no cycle.
//   S4   No value holds a secret in clear or an unknown.
//   S5   What an open intent updates or removes is in the state. (What it creates may be: the old
//   half
//        of a replacement, or an object that was found gone.)
//   S6   A tombstone's (type, name, place) is not the name of a living resource.
//   S7   A deposed resource, and no other, has an address with "#deposed" behind its owner's.
//   S8   The dependencies of a resource are sorted, and each is there once.
//   S9   A resource has a type and a generation from 1 on; with a name it has a base name, too.
//   S10  An incomplete resource can be found again: it has a name, or outputs.
//   S11  Open intents stand in the order of their numbers, which are unique; each has a type and an
//        idempotency token.
//   S12  A tombstone has a type and a name, and there is one for each, in each place.
//   S13  The serial is not negative. A state that holds anything says whose it is, has a lineage,
//   and
//        a key of 32 bytes for its secrets.
#pragma once

#include <string>
#include <vector>

#include "core/state/state.h"

namespace firn {

// A sentence for each breach, beginning with the rule's number; empty when all rules hold.
[[nodiscard]] std::vector<std::string> check_invariants(const State& state);

}  // namespace firn
