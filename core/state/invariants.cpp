#include "core/state/invariants.h"

#include <algorithm>
#include <fmt/core.h>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "core/base/text.h"
#include "core/state/deposed.h"
#include "core/state/tombstones.h"

namespace firn {
namespace {

bool holds_clear_secret(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::secret:
      return value.secret_digest().empty();
    case Value::Kind::list:
      for (const Value& item : value.as_list()) {
        if (holds_clear_secret(item)) return true;
      }
      return false;
    case Value::Kind::map:
      for (const auto& [key, member] : value.as_map()) {
        if (holds_clear_secret(member)) return true;
      }
      return false;
    case Value::Kind::null:
    case Value::Kind::boolean:
    case Value::Kind::integer:
    case Value::Kind::number:
    case Value::Kind::string:
    case Value::Kind::unknown:
      return false;
  }
  return false;
}

void check_value(const Value& value, const std::string& what, std::vector<std::string>& broken) {
  if (holds_clear_secret(value)) broken.push_back("S4: " + what + " hold a secret in clear");
  if (value.contains_unknown()) broken.push_back("S4: " + what + " hold an unknown value");
}

void check_names(const State& state, std::vector<std::string>& broken) {
  std::map<std::pair<std::string_view, std::string_view>, std::string_view> owners;
  std::multimap<std::pair<std::string_view, std::string_view>, const StoredResource*> living;
  for (const auto& [address, resource] : state.resources) {
    const ResourceRecord& record = resource.record;
    if (record.address != address) {
      broken.push_back(fmt::format("S1: {} is filed under {}", record.address, address));
    }
    if (record.name.empty()) continue;
    living.emplace(std::pair{std::string_view(record.type), std::string_view(record.name)},
                   &resource);
    const auto [owner, is_new] = owners.try_emplace({record.type, full_name_of(resource)}, address);
    if (!is_new) {
      broken.push_back(fmt::format("S1: {} and {} are both the {} {}", owner->second, address,
                                   record.type, full_name_of(resource)));
    }
  }
  for (const Tombstone& tombstone : state.tombstones) {
    const auto [first, last] = living.equal_range({tombstone.type, tombstone.name});
    const bool lives = std::any_of(
        first, last, [&](const auto& item) { return is_name_of(*item.second, tombstone); });
    if (lives) {
      broken.push_back(
          fmt::format("S6: {} {} lives and has a tombstone", tombstone.type, tombstone.name));
    }
  }
}

// Depth first and without recursion: a chain may be as long as the state.
class CycleSearch {
 public:
  explicit CycleSearch(const State& state) : state_(state) {}

  // The addresses along the first cycle, the first one repeated at the end; empty when none.
  std::vector<std::string> run() {
    for (const auto& [address, resource] : state_.resources) {
      auto cycle = from(address);
      if (!cycle.empty()) return cycle;
    }
    return {};
  }

 private:
  enum class Mark : std::uint8_t { on_path, done };
  struct Visit {
    std::string_view address;
    const std::vector<std::string>* dependencies;
    std::size_t next = 0;
  };

  std::vector<std::string> from(std::string_view start) {
    std::vector<Visit> path;
    enter(start, path);
    while (!path.empty()) {
      Visit& top = path.back();
      if (top.next == top.dependencies->size()) {
        marks_[top.address] = Mark::done;
        path.pop_back();
        continue;
      }
      const std::string& next = (*top.dependencies)[top.next++];
      const auto mark = marks_.find(next);
      if (mark == marks_.end()) {
        enter(next, path);
      } else if (mark->second == Mark::on_path) {
        return from_first(path, next);
      }
    }
    return {};
  }

  void enter(std::string_view address, std::vector<Visit>& path) {
    if (marks_.contains(address)) return;
    const StoredResource* resource = state_.find(std::string(address));
    if (resource == nullptr) return;  // S2 reports it
    marks_.emplace(resource->record.address, Mark::on_path);
    path.push_back({resource->record.address, &resource->dependencies});
  }

  static std::vector<std::string> from_first(const std::vector<Visit>& path,
                                             const std::string& repeated) {
    std::vector<std::string> cycle;
    for (const Visit& visit : path) {
      if (!cycle.empty() || visit.address == repeated) cycle.emplace_back(visit.address);
    }
    cycle.push_back(repeated);
    return cycle;
  }

  const State& state_;
  std::map<std::string_view, Mark> marks_;
};

void check_dependencies(const State& state, std::vector<std::string>& broken) {
  for (const auto& [address, resource] : state.resources) {
    for (const std::string& dependency : resource.dependencies) {
      if (!state.resources.contains(dependency)) {
        broken.push_back(
            fmt::format("S2: {} depends on {}, which is not in the state", address, dependency));
      }
    }
  }
  const auto cycle = CycleSearch(state).run();
  if (!cycle.empty()) broken.push_back("S3: dependencies in a circle: " + join(cycle, " -> "));
}

void check_values(const State& state, std::vector<std::string>& broken) {
  for (const auto& [address, resource] : state.resources) {
    check_value(resource.record.inputs, "the inputs of " + address, broken);
    check_value(resource.record.outputs, "the outputs of " + address, broken);
  }
  for (const auto& [name, value] : state.outputs) {
    check_value(value, "the stack's outputs (" + name + ")", broken);
  }
  for (const Intent& intent : state.open_intents) {
    check_value(intent.inputs, "the inputs of the open intent on " + intent.address, broken);
    check_value(intent.outputs, "the outputs of the open intent on " + intent.address, broken);
  }
}

void check_intents(const State& state, std::vector<std::string>& broken) {
  for (const Intent& intent : state.open_intents) {
    const StoredResource* resource = state.find(intent.address);
    // A creation may be of an object that was found gone, or the first half of a replacement.
    if (intent.action != IntentAction::create && resource == nullptr) {
      broken.push_back(fmt::format("S5: an open intent would {} {}, which is not in the state",
                                   intent.action == IntentAction::update ? "update" : "remove",
                                   intent.address));
    }
  }
}

void check_resources(const State& state, std::vector<std::string>& broken) {
  for (const auto& [address, resource] : state.resources) {
    const ResourceRecord& record = resource.record;
    const std::string owner = address_of_owner(address);
    if (resource.deposed && owner == address) {
      broken.push_back(fmt::format("S7: {} is deposed, and its address does not say so", address));
    }
    if (!resource.deposed && owner != address) {
      broken.push_back(
          fmt::format("S7: {} has the address of a deposed object and is none", address));
    }
    const std::vector<std::string>& needs = resource.dependencies;
    if (!std::ranges::is_sorted(needs) || std::ranges::adjacent_find(needs) != needs.end()) {
      broken.push_back(fmt::format("S8: the dependencies of {} are not a sorted set", address));
    }
    if (record.type.empty()) broken.push_back(fmt::format("S9: {} has no type", address));
    if (resource.generation < 1) {
      broken.push_back(fmt::format("S9: {} has the generation {}", address, resource.generation));
    }
    if (!record.name.empty() && resource.base_name.empty()) {
      broken.push_back(fmt::format("S9: {} has a name without a base", address));
    }
    if (resource.incomplete && record.name.empty() && !record.outputs.is_map()) {
      broken.push_back(
          fmt::format("S10: {} is incomplete, and nothing says which object it is", address));
    }
  }
}

void check_journal(const State& state, std::vector<std::string>& broken) {
  std::int64_t last = 0;
  for (const Intent& intent : state.open_intents) {
    if (intent.id <= last) {
      broken.push_back(fmt::format("S11: the open intent {} on {} follows number {}", intent.id,
                                   intent.address, last));
    }
    last = intent.id;
    if (intent.type.empty() || intent.idempotency_token.empty()) {
      broken.push_back(
          fmt::format("S11: the open intent on {} lacks its type or its token", intent.address));
    }
  }
}

void check_tombstones(const State& state, std::vector<std::string>& broken) {
  std::set<std::tuple<std::string_view, std::string_view, std::string_view>> known;
  for (const Tombstone& tombstone : state.tombstones) {
    if (tombstone.type.empty() || tombstone.name.empty()) {
      broken.emplace_back("S12: a tombstone lacks its type or its name");
    } else if (!known.emplace(tombstone.type, tombstone.name, tombstone.place).second) {
      broken.push_back(
          fmt::format("S12: {} {} has two tombstones", tombstone.type, tombstone.name));
    }
  }
}

void check_identity(const State& state, std::vector<std::string>& broken) {
  const bool holds_something = !state.resources.empty() || !state.open_intents.empty() ||
                               !state.tombstones.empty() || !state.outputs.empty();
  if (state.serial < 0) broken.push_back(fmt::format("S13: the serial is {}", state.serial));
  if (!holds_something) return;
  if (state.stack.empty() || state.environment.empty() || state.lineage.empty()) {
    broken.emplace_back("S13: the state does not say whose it is");
  }
  if (state.secret_key.size() != 32) {
    broken.push_back(fmt::format("S13: the key of the sealed secrets has {} bytes, not 32",
                                 state.secret_key.size()));
  }
}

}  // namespace

std::vector<std::string> check_invariants(const State& state) {
  std::vector<std::string> broken;
  check_names(state, broken);
  check_dependencies(state, broken);
  check_values(state, broken);
  check_intents(state, broken);
  check_resources(state, broken);
  check_journal(state, broken);
  check_tombstones(state, broken);
  check_identity(state, broken);
  return broken;
}

}  // namespace firn
