// Recovery: settles what a run that was killed, or that lost an answer, left open.
//
// An open intent is an operation of which nobody knows whether it happened. Recovery looks at the
// cloud: what is there is taken into the state as unfinished, so that the next plan completes it;
// what is not there is planned again. It changes no object, and writes nothing before everything
// was looked at, so a recovery that is killed is simply done again.
#pragma once

#include <string>
#include <vector>

#include "core/apply/apply.h"
#include "core/async/task.h"
#include "core/provider/provider.h"
#include "core/state/state_store.h"

namespace firn {

enum class Finding : std::uint8_t {
  made,        // the object is there: the state has it now
  not_made,    // nothing is there: it is planned again
  not_ours,    // something else has that name: it is left alone
  unfinished,  // part of a change may have happened: the next plan looks at all of it
  removed,     // it is gone: the state has forgotten it
  not_removed,
};

struct Settled {
  std::string address;
  std::string type;
  std::string name;  // physical; may be empty
  IntentAction action = IntentAction::create;
  Finding finding = Finding::not_made;
};

struct Recovery {
  std::vector<Settled> settled;
  std::vector<ApplyFailure> failures;  // could not be looked at: their intents stay open
};

// Types of the objects with open intents: their clouds must be connected before recover().
[[nodiscard]] std::vector<std::string> types_to_recover(const State& state);

// Stages what was found in `store`; the caller lands it.
Task<Recovery> recover(Scheduler& scheduler, const Providers& providers, StateStore& store);

}  // namespace firn
