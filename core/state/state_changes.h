// The changes that a StateStore stages: small values that are written to the file in one
// transaction and, once that has succeeded, to the State in memory.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/state/state.h"
#include "core/state/state_store.h"

namespace firn::change {

struct BeginIntent {
  Intent intent;
  std::optional<std::int64_t> run;
};
struct RecordIdentity {
  std::int64_t intent = 0;
  Value outputs;
};
struct CloseIntent {
  std::int64_t intent = 0;
  std::string_view outcome;  // as in schema.sql
};
struct PutResource {  // also buries no longer a name that lives again
  StoredResource resource;
};
struct RemoveResource {
  std::string address;
};
struct CloseIntentsOf {
  std::string address;
  std::string_view outcome;
};
struct MoveResource {
  std::string from;
  std::string to;
};
struct DropDependencies {  // of others on this address
  std::string address;
};
struct SetOutputs {
  Map outputs;
};
struct AddTombstone {
  Tombstone tombstone;
};
struct DropTombstones {
  Instant until{};
};
struct RaiseSerial {};
struct ReplaceAll {  // but for the runs
  State state;
};
struct BeginRun {
  std::int64_t id = 0;
  std::string command;
  Instant at{};
};
struct FinishRun {
  std::int64_t id = 0;
  Instant at{};
  std::string outcome;
};

using Change =
    std::variant<BeginIntent, RecordIdentity, CloseIntent, PutResource, RemoveResource,
                 CloseIntentsOf, MoveResource, DropDependencies, SetOutputs, AddTombstone,
                 DropTombstones, RaiseSerial, ReplaceAll, BeginRun, FinishRun>;

// Carries a committed change out in memory.
void apply(State& state, Change change);

}  // namespace firn::change
