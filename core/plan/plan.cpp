#include "core/plan/plan.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "core/state/deposed.h"
#include "core/value/json.h"

namespace firn {

std::string_view action_name(Action action) {
  switch (action) {
    case Action::none:
      return "none";
    case Action::look_up:
      return "look up";
    case Action::create:
      return "create";
    case Action::update:
      return "update";
    case Action::replace:
      return "replace";
    case Action::remove:
      return "remove";
    case Action::adopt:
      return "adopt";
    case Action::forget:
      return "forget";
  }
  return "none";
}

bool Plan::changes_anything() const {
  return !outputs.empty() || std::ranges::any_of(steps, [](const Step& step) {
    return step.action != Action::none && step.action != Action::look_up;
  });
}

std::size_t Plan::count(Action action) const {
  return static_cast<std::size_t>(std::ranges::count(steps, action, &Step::action));
}

std::vector<const Step*> Plan::losing_without_consent(
    const std::vector<std::string>& accepted_addresses) const {
  std::vector<const Step*> losing;
  for (const Step& step : steps) {
    if (step.losses.empty()) continue;
    if (std::ranges::find(accepted_addresses, step.address) == accepted_addresses.end()) {
      losing.push_back(&step);
    }
  }
  return losing;
}

namespace {

constexpr std::uint32_t kNone = UINT32_MAX;

// The operations of one address.
struct Operations {
  std::uint32_t main = kNone;     // look-up, create or update
  std::uint32_t removal = kNone;  // of the object as it was
};

class Scheduling {
 public:
  Scheduling(const Plan& plan, const State& state) : plan_(plan), state_(state) {}

  Schedule build() {
    for (std::uint32_t i = 0; i < plan_.steps.size(); ++i)
      add_operations(i);
    schedule_.order = Graph(schedule_.operations.size());
    for (const Step& step : plan_.steps)
      order_main(step);
    for (const auto& [address, stored] : state_.resources)
      order_removal(address, stored);
    schedule_.order.freeze();
    return std::move(schedule_);
  }

 private:
  std::uint32_t add(PlannedOperation::Kind kind, std::uint32_t step, bool of_old_object = false) {
    schedule_.operations.push_back({kind, step, of_old_object});
    return static_cast<std::uint32_t>(schedule_.operations.size() - 1);
  }

  void add_operations(std::uint32_t index) {
    using Kind = PlannedOperation::Kind;
    const Step& step = plan_.steps[index];
    Operations operations;
    switch (step.action) {
      case Action::none:
        return;
      case Action::look_up:
        operations.main = add(Kind::look_up, index);
        break;
      case Action::create:
        operations.main = add(Kind::create, index);
        break;
      case Action::update:
        operations.main = add(Kind::update, index);
        break;
      case Action::replace:
        if (!step.create_first) operations.removal = add(Kind::remove, index, true);
        operations.main = add(Kind::create, index);
        if (step.create_first) operations.removal = add(Kind::remove, index, true);
        break;
      case Action::remove:
        operations.removal = add(Kind::remove, index);
        break;
      case Action::adopt:
        operations.main = add(Kind::adopt, index);
        break;
      case Action::forget:
        operations.removal = add(Kind::state_only, index);
        break;
    }
    by_address_.emplace(step.address, operations);
    // What was at the address may have been of another type.
    const StoredResource* stored =
        operations.removal == kNone ? nullptr : state_.find(step.address);
    const bool gives_up = stored != nullptr &&
                          (step.action == Action::remove || stored->record.type != step.type->name);
    if (gives_up) removed_of_type_[stored->record.type].push_back(index);
  }

  // What the cloud tells it by from all others of its type: two addresses that have the same mean
  // one object. Empty: not known.
  static std::string identity_of(const ResourceType& type, const std::string& name,
                                 const Value& inputs) {
    std::string identity = std::string(type.name) + " " + name;
    if (!name.empty()) return identity;
    if (type.import_by.empty()) return {};
    for (const std::string_view input : type.import_by) {
      const Value& value = inputs.at(input);
      if (value.contains_unknown() || value.contains_secret()) return {};
      identity += to_json(value) + " ";
    }
    return identity;
  }

  // Only now the type says what tells its objects apart.
  void note_removed(const ResourceType& type) {
    const auto found = removed_of_type_.find(std::string(type.name));
    if (found == removed_of_type_.end()) return;
    for (const std::uint32_t index : found->second) {
      const ResourceRecord& record = state_.find(plan_.steps[index].address)->record;
      const std::string identity = identity_of(type, record.name, record.inputs);
      if (!identity.empty()) removed_.emplace(identity, index);
    }
    removed_of_type_.erase(found);
  }

  Operations of(const std::string& address) const {
    const auto found = by_address_.find(address);
    return found == by_address_.end() ? Operations{} : found->second;
  }

  void edge(std::uint32_t later, std::uint32_t earlier) {
    if (later != kNone && earlier != kNone) schedule_.order.add_edge(later, earlier);
  }

  const Step* step_of(const std::string& address) {
    if (steps_.empty()) {
      for (const Step& step : plan_.steps)
        steps_.emplace(step.address, &step);
    }
    const auto found = steps_.find(address);
    return found == steps_.end() ? nullptr : found->second;
  }

  // What is done to `need` comes first; where nothing is done to it, what it needs in its turn: a
  // task that stays as it is may hang on rights that are granted again.
  void wait_for(std::uint32_t later, const std::string& need) {
    if (later == kNone) return;
    std::vector<const std::string*> ahead{&need};
    std::unordered_set<std::string_view> seen;
    while (!ahead.empty()) {
      const std::string& current = *ahead.back();
      ahead.pop_back();
      if (!seen.insert(current).second) continue;
      const std::uint32_t earlier = of(current).main;
      edge(later, earlier);
      const Step* step = earlier == kNone ? step_of(current) : nullptr;
      if (step == nullptr || step->action != Action::none) continue;
      for (const auto* needs : {&step->dependencies, &step->look_ups}) {
        for (const std::string& next : *needs)
          ahead.push_back(&next);
      }
    }
  }

  void order_main(const Step& step) {
    const Operations own = of(step.address);
    for (const auto* needs : {&step.dependencies, &step.look_ups}) {
      for (const std::string& need : *needs) {
        const Operations target = of(need);
        wait_for(own.main, need);
        // A create-first replacement: the old one goes when everybody has moved to the new one.
        if (is_create_first(need)) edge(target.removal, own.main);
      }
    }
    if (step.action == Action::replace) {
      if (step.create_first) {
        edge(own.removal, own.main);
      } else {
        edge(own.main, own.removal);
        // Nothing would show a later run that the old one is broken, so it goes before it is.
        for (const std::string& target : step.stopped_by) {
          if (!is_left_for(step.address, target)) edge(of(target).main, own.removal);
        }
      }
    }
    // A name that another address gives up in the same run must be free first.
    const bool is_made = step.action == Action::create || step.action == Action::replace;
    if (is_made && own.main != kNone) {
      note_removed(*step.type);
      const auto found = removed_.find(identity_of(*step.type, step.name, step.after));
      // Its own old half has stood beside it, in another place.
      const bool is_other = found != removed_.end() &&
                            address_of_owner(plan_.steps[found->second].address) != step.address;
      if (is_other) edge(own.main, of(plan_.steps[found->second].address).removal);
    }
  }

  bool is_create_first(const std::string& address) const {
    const Operations operations = of(address);
    return operations.main != kNone && operations.removal != kNone &&
           operations.main < operations.removal;
  }

  bool is_delete_first(const std::string& address) const {
    const Operations operations = of(address);
    return operations.main != kNone && operations.removal != kNone &&
           operations.removal < operations.main;
  }

  // Whether an object needs another one when the run is over, directly or through others.
  bool will_need(const std::string& address, const std::string& need) {
    std::vector<const std::string*> ahead{&address};
    std::unordered_set<std::string_view> seen;
    while (!ahead.empty()) {
      const std::string* current = ahead.back();
      ahead.pop_back();
      if (*current == need) return true;
      const Step* step = step_of(*current);
      if (step == nullptr || !seen.insert(*current).second) continue;
      for (const std::string& next : step->dependencies)
        ahead.push_back(&next);
    }
    return false;
  }

  // Whether somebody who needed `address` needs `target` instead: he lets go only afterwards.
  bool is_left_for(const std::string& address, const std::string& target) {
    return std::ranges::any_of(state_.resources, [&](const auto& entry) {
      const auto& [other, stored] = entry;
      return std::ranges::find(stored.dependencies, address) != stored.dependencies.end() &&
             of(other).main != kNone && !is_delete_first(other) && !will_need(other, address) &&
             will_need(other, target);
    });
  }

  // What `stored` depended on goes after it: after its own removal, or after the change by which it
  // lets go.
  void order_removal(const std::string& address, const StoredResource& stored) {
    const Operations own = of(address);
    for (const std::string& need : stored.dependencies) {
      const Operations target = of(need);
      // It is made anew since somebody removed it. Whoever is replaced with it goes before: a run
      // that ends in between leaves nobody who only seems to stand on the new one.
      const bool goes_first = is_delete_first(address);
      if (target.removal == kNone) {
        const Step* step = goes_first ? step_of(need) : nullptr;
        if (step != nullptr && step->action == Action::create) edge(target.main, own.removal);
        continue;
      }
      // One that goes before it comes again lets go by going.
      if (is_delete_first(need)) {
        if (own.main == kNone || goes_first) edge(target.removal, own.removal);
        if (!goes_first && !will_need(address, need)) edge(target.removal, own.main);
        continue;
      }
      edge(target.removal, own.removal);
      if (!goes_first) edge(target.removal, own.main);
    }
  }

  const Plan& plan_;
  const State& state_;
  Schedule schedule_;
  std::unordered_map<std::string, Operations> by_address_;
  // Steps that give up what was at their address: by its type, until that is asked for, then by
  // identity_of().
  std::unordered_map<std::string, std::vector<std::uint32_t>> removed_of_type_;
  std::unordered_map<std::string, std::uint32_t> removed_;
  std::unordered_map<std::string_view, const Step*> steps_;  // by address; filled when needed
};

}  // namespace

Schedule schedule(const Plan& plan, const State& state) {
  Scheduling scheduling(plan, state);
  return scheduling.build();
}

}  // namespace firn
