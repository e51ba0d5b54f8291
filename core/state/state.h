// State: what firn remembers of one stack in one environment.
//
// Invariants (checked by check_invariants):
//   S1  Addresses are unique, and so is (type, physical name) where the type has names; the names
//       of objects in two containers are told apart by their full name (output `fqn`).
//   S2  A dependency names a resource of the same state.
//   S3  Dependencies have no cycle.
//   S4  No value holds a secret in clear or an unknown.
//   S5  An open intent for an existing address is an update, replacement (a creation under another
//       name) or removal of it; one for any other address is a creation.
//   S6  A tombstone's (type, name) is not the name of a living resource.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/provider/provider.h"
#include "core/value/value.h"

namespace firn {

struct StoredResource {
  ResourceRecord record;
  std::string base_name;                  // the name before its generation
  int generation = 1;                     // 1: no suffix; 2: "-g2"
  std::vector<std::string> dependencies;  // addresses that must exist while this exists; sorted
  bool protect = false;     // refuse to delete or replace, even when the block is gone
  bool incomplete = false;  // created, but a later step failed: the next apply goes on with it
  bool deposed = false;     // the old half of a create-first replacement that is still to delete;
                            // its address has the suffix "#deposed"
  Instant created_at{};
  Instant updated_at{};
};

enum class IntentAction : std::uint8_t { create, update, remove };

// A mutating operation that was begun. Open: without an outcome, so it may or may not have
// happened.
struct Intent {
  std::int64_t id = 0;  // given by the store
  std::string address;
  std::string type;
  IntentAction action = IntentAction::create;
  std::string name;  // planned physical name
  std::string base_name;
  int generation = 1;
  std::string idempotency_token;  // UUID
  std::string inputs_digest;      // keyed digest of the desired inputs
  Value inputs;                   // desired inputs, secrets sealed
  Value outputs;                  // identity recorded so far; null when none
  std::vector<std::string> dependencies;
  Instant begun_at{};
};

struct State {
  std::string stack;
  std::string environment;
  std::string lineage;      // random, given at creation: tells two states of the same name apart
  std::int64_t serial = 0;  // rises with every run that changed something
  std::string secret_key;   // 32 random bytes for keyed digests of secrets; never leaves the state
  std::map<std::string, StoredResource> resources;  // by address
  std::vector<Tombstone> tombstones;
  Map outputs;
  std::vector<Intent> open_intents;

  [[nodiscard]] const StoredResource* find(const std::string& address) const;
};

// Sentences, empty when S1–S6 hold.
[[nodiscard]] std::vector<std::string> check_invariants(const State& state);

// Keyed digest of a secret's clear text, for State::secret_key.
[[nodiscard]] std::string seal(std::string_view secret_key, const Value& clear);
// A copy of `value` with every clear secret sealed.
[[nodiscard]] Value sealed(std::string_view secret_key, const Value& value);

}  // namespace firn
