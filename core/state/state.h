// State: what firn remembers of one stack in one environment.
//
// The rules that it keeps stand in core/state/invariants.h.
#pragma once

#include <cstdint>
#include <deque>
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

// An update to these inputs may have happened in part. What it was the first to set counts as set,
// so that it is looked at, and cleared if nobody wants it any more.
void mark_half_updated(StoredResource& stored, const Value& inputs, Instant now);

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
  std::deque<Intent> open_intents;  // as they began; the first to begin is mostly the first to end

  [[nodiscard]] const StoredResource* find(const std::string& address) const;
};

// Keyed digest of a secret's clear text, for State::secret_key.
[[nodiscard]] std::string seal(std::string_view secret_key, const Value& clear);
// A copy of `value` with every clear secret sealed.
[[nodiscard]] Value sealed(std::string_view secret_key, const Value& value);

}  // namespace firn
