// Makes a state look as if the run that created everything in it had been killed before it heard of
// anything: each object becomes an open intent to create it, and the state has none of them.
//
//   firn_leave_open STATE STACK ENVIRONMENT
#include <fmt/format.h>
#include <string>
#include <vector>

#include "core/async/random.h"
#include "core/state/state_store.h"

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() != 3) {
    fmt::print(stderr, "usage: firn_leave_open STATE STACK ENVIRONMENT\n");
    return 2;
  }
  firn::StateLocation location;
  location.path = words[0];
  location.stack = words[1];
  location.environment = words[2];
  firn::LockHolder self;
  self.who = "test";
  self.command = "leave open";
  firn::SystemRandom random;
  auto store = firn::StateStore::open(location, firn::StateStore::Mode::write, self, random);
  if (!store) {
    fmt::print(stderr, "{}\n{}\n", store.error().summary, store.error().detail);
    return 1;
  }
  const auto resources = (*store)->state().resources;
  for (const auto& [address, stored] : resources) {
    firn::Intent intent;
    intent.address = address;
    intent.type = stored.record.type;
    intent.name = stored.record.name;
    intent.base_name = stored.base_name;
    intent.generation = stored.generation;
    intent.idempotency_token = random.uuid();
    intent.inputs = stored.record.inputs;
    intent.inputs_digest = "unknown";
    intent.dependencies = stored.dependencies;
    intent.begun_at = stored.created_at;
    (*store)->forget_resource(address);
    (*store)->begin_intent(std::move(intent));
  }
  if (const firn::Status landed = (*store)->commit(); !landed) {
    fmt::print(stderr, "{}\n{}\n", landed.error().summary, landed.error().detail);
    return 1;
  }
  return 0;
}
