#include "core/recovery/recovery.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "core/async/sync.h"
#include "core/state/deposed.h"
#include "core/state/tombstones.h"

namespace firn {
namespace {

// What the cloud shows of one open intent.
struct Sight {
  bool exists = false;
  bool foreign = false;
  Map outputs;
  std::vector<Tombstone> tombstones;  // of a removal that happened
};

Operation operation_of(const Intent& intent, const State& state, const Provider& provider) {
  Operation operation;
  operation.prior.address = address_of_owner(intent.address);
  operation.prior.type = intent.type;
  operation.prior.name = intent.name;
  operation.prior.inputs = intent.inputs;
  operation.prior.outputs = intent.outputs;
  operation.desired = intent.inputs;
  operation.idempotency_token = intent.idempotency_token;
  operation.begun_at = intent.begun_at;
  operation.placement = provider.placement();
  operation.placement.stack = state.stack;
  operation.placement.environment = state.environment;
  operation.placement.address = operation.prior.address;
  return operation;
}

Task<Result<Sight>> look_for_created(Provider& provider, Operation operation) {
  const Result<Observation> found = co_await provider.find_after_crash(operation);
  if (!found) co_return fail(found.error());
  Sight sight;
  sight.exists = found->exists;
  sight.foreign = found->foreign || (found->owner && *found->owner != operation.prior.address);
  sight.outputs = found->outputs;
  co_return sight;
}

Task<Result<Sight>> look_for_removed(Provider& provider, const Intent& intent,
                                     const StoredResource* stored, Operation operation) {
  Sight sight;
  if (stored == nullptr) co_return sight;
  ResourceRecord record = stored->record;
  record.address = operation.prior.address;
  std::vector<ResourceRecord> records{record};
  const std::vector<Result<Observation>> seen = co_await provider.observe(std::move(records));
  if (seen.empty()) co_return fail(ErrorKind::bug, "a provider did not answer");
  if (!seen.front()) co_return fail(seen.front().error());
  sight.exists = seen.front()->exists;
  sight.foreign = seen.front()->foreign;
  if (sight.exists) co_return sight;
  // Removing again what is gone changes nothing, and says what the removal left behind.
  operation.prior = std::move(record);
  operation.desired = Value();
  Result<Removed> again = co_await provider.remove(operation);
  if (!again) co_return fail(again.error());
  sight.tombstones = tombstones_of(intent);
  for (Tombstone& tombstone : again->tombstones)
    sight.tombstones.push_back(std::move(tombstone));
  co_return sight;
}

Task<Result<Sight>> look(const Providers& providers, const State& state, const Intent& intent) {
  Provider* provider = providers.of_type(intent.type);
  if (provider == nullptr || providers.type(intent.type) == nullptr) {
    co_return fail(ErrorKind::invalid_input,
                   "an earlier run was changing an object of unknown type " + intent.type,
                   "It was written by a firn that knew this type.", "use that version of firn");
  }
  Operation operation = operation_of(intent, state, *provider);
  switch (intent.action) {
    case IntentAction::create: {
      Result<Sight> sight = co_await look_for_created(*provider, std::move(operation));
      co_return sight;
    }
    case IntentAction::remove: {
      const StoredResource* stored = state.find(intent.address);
      Result<Sight> sight =
          co_await look_for_removed(*provider, intent, stored, std::move(operation));
      co_return sight;
    }
    case IntentAction::update:
      break;  // whatever happened, the next plan looks at the whole object
  }
  co_return Sight{};
}

class Settling {
 public:
  Settling(const Providers& providers, StateStore& store, Instant now)
      : providers_(providers), store_(store), state_(store.state()), now_(now) {}

  Finding settle(const Intent& intent, Sight sight) {
    switch (intent.action) {
      case IntentAction::create:
        return settle_create(intent, std::move(sight));
      case IntentAction::update:
        return settle_update(intent);
      case IntentAction::remove:
        break;
    }
    return settle_remove(intent, std::move(sight));
  }

 private:
  Finding settle_create(const Intent& intent, Sight sight) {
    if (!sight.exists || sight.foreign) {
      store_.abandon_intent(intent.id);
      return sight.exists ? Finding::not_ours : Finding::not_made;
    }
    StoredResource made;
    made.record.address = intent.address;
    made.record.type = intent.type;
    made.record.name = intent.name;
    made.record.inputs = intent.inputs;
    made.record.outputs = Value(std::move(sight.outputs));
    if (const StoredResource* old = state_.find(intent.address);
        old != nullptr && are_two(old->record, made.record)) {
      depose(store_, *old);
    }
    made.base_name = intent.base_name;
    made.generation = intent.generation;
    made.dependencies = intent.dependencies;
    made.incomplete = true;
    made.created_at = intent.begun_at;
    made.updated_at = now_;
    store_.finish_create(intent.id, std::move(made));
    return Finding::made;
  }

  // The old and the new half of a replacement, and not one object that was made again.
  bool are_two(const ResourceRecord& old, const ResourceRecord& made) const {
    if (old.type != made.type || old.name != made.name) return true;
    const Provider* provider = providers_.of_type(old.type);
    return provider->elsewhere(old).place != provider->elsewhere(made).place;
  }

  Finding settle_update(const Intent& intent) {
    const StoredResource* stored = state_.find(intent.address);
    if (stored == nullptr) {
      store_.abandon_intent(intent.id);
      return Finding::not_made;
    }
    StoredResource half = *stored;
    mark_half_updated(half, intent.inputs, now_);
    store_.finish_update(intent.id, std::move(half));
    return Finding::unfinished;
  }

  Finding settle_remove(const Intent& intent, Sight sight) {
    const StoredResource* stored = state_.find(intent.address);
    if (stored == nullptr || !sight.exists) {
      store_.drop_dependencies_on(intent.address);
      store_.finish_remove(intent.id, intent.address, std::move(sight.tombstones));
      return Finding::removed;
    }
    if (sight.foreign) {
      store_.abandon_intent(intent.id);
      return Finding::not_ours;
    }
    mark_unfinished(intent, *stored);
    return Finding::not_removed;
  }

  void mark_unfinished(const Intent& intent, const StoredResource& stored) {
    StoredResource half = stored;
    half.incomplete = true;
    half.updated_at = now_;
    store_.finish_update(intent.id, std::move(half));
  }

  const Providers& providers_;
  StateStore& store_;
  const State& state_;
  Instant now_;
};

}  // namespace

std::vector<std::string> types_to_recover(const State& state) {
  std::vector<std::string> types;
  for (const Intent& intent : state.open_intents)
    types.push_back(intent.type);
  std::ranges::sort(types);
  types.erase(std::unique(types.begin(), types.end()), types.end());
  return types;
}

Task<Recovery> recover(Scheduler& scheduler, const Providers& providers, StateStore& store) {
  const std::deque<Intent> open = store.state().open_intents;
  std::vector<Task<Result<Sight>>> looking;
  looking.reserve(open.size());
  for (const Intent& intent : open)
    looking.push_back(look(providers, store.state(), intent));
  std::vector<Result<Sight>> sights = co_await when_all(scheduler, std::move(looking));
  Recovery recovery;
  Settling settling(providers, store, scheduler.now());
  for (std::size_t i = 0; i < open.size(); ++i) {
    if (!sights[i]) {
      Error error = sights[i].error();
      error.address = open[i].address;
      recovery.failures.push_back({open[i].address, std::move(error)});
      continue;
    }
    const Finding finding = settling.settle(open[i], std::move(*sights[i]));
    recovery.settled.push_back(
        {open[i].address, open[i].type, open[i].name, open[i].action, finding});
  }
  co_return recovery;
}

}  // namespace firn
