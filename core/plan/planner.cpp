#include "core/plan/planner.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/async/sync.h"
#include "core/base/text.h"
#include "core/plan/comparison.h"
#include "core/plan/distance.h"
#include "core/plan/look_ups.h"
#include "core/plan/peers.h"
#include "core/plan/refresh.h"
#include "core/plan/selection.h"
#include "core/plan/wiring.h"

namespace firn {
namespace {

// Whose mark an object of somebody else's carries.
std::string owner_of(const Observation& seen) {
  return *seen.owner + (seen.owner_stack.empty() ? "" : " of " + seen.owner_stack);
}

using Index = std::uint32_t;

class Planner {
 public:
  Planner(Desk desk, PlanOptions options, Diagnostics& diagnostics)
      : desk_(desk), options_(std::move(options)), diagnostics_(diagnostics) {}

  Task<Planned> run() {
    Planned planned;
    plan_.stack = desk_.stack_name;
    plan_.environment = desk_.environment_name;
    plan_.lineage = desk_.state->lineage;
    plan_.serial = desk_.state->serial;
    plan_.secret_key = desk_.state->secret_key;
    plan_.is_destroy = options_.is_destroy;
    if (options_.refresh && !desk_.state->resources.empty()) {
      sightings_ =
          co_await observe_all(*desk_.scheduler, *desk_.providers, *desk_.state, diagnostics_);
      if (diagnostics_.has_errors()) co_return planned;
    }
    if (options_.is_destroy) {
      selection_ = Selection::with_dependents(options_.only, *desk_.state, diagnostics_);
      for (const auto& [address, stored] : desk_.state->resources) {
        if (selection_.contains(address)) remove(address, stored, "everything is destroyed");
      }
      for (const auto& [name, value] : desk_.state->outputs) {
        plan_.outputs.push_back({name, value, Value()});
      }
      planned.plan = std::move(plan_);
      co_return planned;
    }
    wiring_ = wire(*desk_.stack, diagnostics_);
    if (diagnostics_.has_errors()) co_return planned;
    order_ = wiring_.graph.order();
    planned.evaluation = std::make_unique<Evaluation>(*desk_.stack, *desk_.providers, *desk_.state,
                                                      desk_.scheduler->now());
    evaluation_ = planned.evaluation.get();
    sort_state();
    selection_ = Selection::with_needs(options_.only, *desk_.stack, wiring_.graph, *desk_.state,
                                       diagnostics_);
    std::vector<Index> look_ups;
    for (const Index index : order_) {
      if (evaluation_->type_of(index).is_lookup) look_ups.push_back(index);
    }
    Task<bool> looking_up = answer_look_ups(
        desk_, *evaluation_, std::move(look_ups), [this](Index index) { prime_needs(index); },
        diagnostics_);
    co_await looking_up;
    if (diagnostics_.has_errors()) co_return planned;
    step_all();
    if (diagnostics_.has_errors()) co_return planned;
    check_peers(plan_, *desk_.stack, diagnostics_);
    plan_.warnings = distance_warnings(plan_, *desk_.providers);
    remove_undeclared();
    outputs();
    planned.plan = std::move(plan_);
    co_return planned;
  }

 private:
  const Instance& instance(Index index) const { return desk_.stack->instances()[index]; }
  config::Node block_of(Index index) const {
    return desk_.stack->declaration_of(instance(index)).block;
  }

  // What the state holds of each instance, and what it holds beside them.
  void sort_state() {
    stored_.assign(desk_.stack->instances().size(), nullptr);
    for (const auto& [address, stored] : desk_.state->resources) {
      if (const auto index = desk_.stack->find(address)) {
        stored_[*index] = &stored;
      } else {
        undeclared_.push_back(&stored);
      }
    }
  }

  // What an object of another type that had this address showed says nothing about this one.
  bool is_of_its_type(Index index, const StoredResource* stored) const {
    return stored != nullptr && stored->record.type == evaluation_->type_of(index).name;
  }

  // A look-up may ask for outputs of objects that exist already.
  void prime_needs(Index index) {
    for (const Index need : wiring_.graph.needs(index)) {
      const StoredResource* stored = stored_[need];
      if (!is_of_its_type(need, stored) || evaluation_->outputs(need)) continue;
      const Observation* seen = sighting(instance(need).address);
      if (seen != nullptr && !seen->exists) continue;
      evaluation_->set_outputs(need, seen != nullptr ? seen->outputs
                                     : stored->record.outputs.is_map()
                                         ? stored->record.outputs.as_map()
                                         : Map());
    }
  }

  const Observation* sighting(const std::string& address) const {
    const auto found = sightings_.find(address);
    return found == sightings_.end() ? nullptr : &found->second;
  }

  // A replacement may change a name that was already used by an instance planned before it (through
  // a weak reference): plan again with the name settled. Each round settles at least one.
  void step_all() {
    for (std::size_t round = 0; round <= order_.size(); ++round) {
      renamed_ = false;
      plan_.steps.clear();
      plan_.steps.reserve(order_.size());
      actions_.assign(order_.size(), Action::none);
      delete_first_.assign(order_.size(), false);
      changed_.assign(order_.size(), {});
      const std::size_t before = diagnostics_.items().size();
      for (const Index index : order_)
        step(index);
      if (!renamed_ || diagnostics_.items().size() != before) return;
    }
  }

  void step(Index index) {
    const ResourceType& type = evaluation_->type_of(index);
    const std::string& address = instance(index).address;
    Step step;
    step.address = address;
    step.type = &type;
    step.instance = index;
    for (const Index need : wiring_.graph.needs(index)) {
      auto& addresses = evaluation_->type_of(need).is_lookup ? step.look_ups : step.dependencies;
      addresses.push_back(instance(need).address);
    }
    std::ranges::sort(step.dependencies);
    if (type.is_lookup) {
      if (!evaluation_->outputs(index)) {
        step.action = Action::look_up;
        step.after = evaluation_->desired(index, diagnostics_);
        step.reasons.emplace_back("its inputs are known only during apply");
        actions_[index] = step.action;
        plan_.steps.push_back(std::move(step));
      }
      return;
    }
    const StoredResource* stored = stored_[index];
    if (!selection_.contains(address)) {
      if (is_of_its_type(index, stored) && stored->record.outputs.is_map()) {
        evaluation_->set_outputs(index, stored->record.outputs.as_map());
      }
      return;
    }
    const config::Node protect = block_of(index).find("protect");
    step.protect =
        protect.is_present() ? is_true(protect, index) : stored != nullptr && stored->protect;
    const Observation* seen = sighting(address);
    const bool exists = stored != nullptr && (seen == nullptr || seen->exists);
    if (exists && seen != nullptr && seen->foreign && !stored->incomplete) {
      refuse_foreign(index, *stored, *seen);
      return;
    }
    const bool is_comparable = exists && is_of_its_type(index, stored);
    if (is_comparable) {
      evaluation_->set_outputs(index, seen != nullptr ? seen->outputs
                                      : stored->record.outputs.is_map()
                                          ? stored->record.outputs.as_map()
                                          : Map());
    } else {
      evaluation_->forget_outputs(index);
    }
    step.after = evaluation_->desired(index, diagnostics_);
    if (diagnostics_.has_errors()) return;
    if (is_comparable) {
      compare(index, *stored, seen, step);
    } else {
      make_new(index, stored, seen, step);
    }
    finish(index, stored, step);
    actions_[index] = step.action;
    changed_[index] = step.changed;
    plan_.steps.push_back(std::move(step));
  }

  bool is_true(config::Node node, Index index) {
    const StackScope scope(*desk_.stack, desk_.stack->context_of(instance(index)), nullptr);
    const Value value = evaluate_node(node, scope, diagnostics_);
    if (!value.is_bool()) {
      diagnostics_.error(node.where(), "protect takes true or false", {}, "write protect: true");
      return false;
    }
    return value.as_bool();
  }

  void refuse_foreign(Index index, const StoredResource& stored, const Observation& seen) {
    Diagnostic diagnostic;
    diagnostic.summary =
        fmt::format("{} {} exists, but is not ours", stored.record.type, stored.record.name);
    diagnostic.detail = seen.owner ? fmt::format("Its ownership mark names {}.", owner_of(seen))
                                   : std::string(
                                         "It carries no ownership mark of firn's; somebody "
                                         "else probably made it anew.");
    diagnostic.remedy = "give ours another name:, or remove theirs";
    diagnostic.where = block_of(index).where();
    diagnostic.address = stored.record.address;
    diagnostics_.add(std::move(diagnostic));
  }

  void make_new(Index index, const StoredResource* stored, const Observation* seen, Step& step) {
    step.action = Action::create;
    if (stored == nullptr) {
      step.reasons.emplace_back("it does not exist yet");
      return;
    }
    if (stored->record.type != step.type->name) {
      step.action = Action::replace;
      step.name_before = stored->record.name;
      step.reasons.push_back(
          fmt::format("its type changes from {} to {}", stored->record.type, step.type->name));
      return;
    }
    if (seen != nullptr && !seen->exists) {
      step.is_lost = true;
      step.reasons.emplace_back("it no longer exists in the cloud");
      if (step.type->replace_takes_new_name &&
          evaluation_->require_generation(index, stored->generation + 1, diagnostics_)) {
        renamed_ = true;
      }
    }
  }

  void compare(Index index, const StoredResource& stored, const Observation* seen, Step& step) {
    Comparison comparison;
    if (seen == nullptr && step.after == stored.record.inputs) {
      step.after = stored.record.inputs;  // one copy in memory is enough
    } else {
      comparison = firn::compare(*step.type, stored, seen, step.after, plan_.secret_key);
    }
    const PlannedName& name = evaluation_->name_of(index, diagnostics_);
    step.changes = std::move(comparison.changes);
    step.changed = std::move(comparison.changed);
    step.reasons = std::move(comparison.reasons);
    step.losses = std::move(comparison.losses);
    step.notes = std::move(comparison.notes);
    OnChange cost = comparison.cost;
    // Imported under the name that the stack gives it now, it is only called otherwise.
    const bool renamed = name.base != stored.base_name && name.name != stored.record.name;
    if (renamed) {
      step.reasons.push_back(fmt::format("its name changes from {}", stored.record.name));
      cost = std::max(cost, OnChange::replace);
    }
    const Elsewhere elsewhere = desk_.providers->of_type(step.type->name)->elsewhere(stored.record);
    const bool has_moved = !elsewhere.place.empty();
    if (has_moved) {
      step.reasons.push_back(
          fmt::format("it is in {}, and the environment in {}", elsewhere.place, elsewhere.here));
      cost = std::max(cost, OnChange::replace);
    }
    bool forced_delete_first = false;
    follow_targets(index, step, cost, forced_delete_first);
    if (cost != OnChange::update) {
      step.action = Action::replace;
      step.name_before = stored.record.name;
      if (!renamed && !has_moved && step.type->replace_takes_new_name &&
          evaluation_->require_generation(index, stored.generation + 1, diagnostics_)) {
        renamed_ = true;
      }
      const std::string now = evaluation_->name_of(index, diagnostics_).name;
      const bool is_free = now != stored.record.name || (has_moved && elsewhere.name_is_free);
      step.create_first = is_free && !forced_delete_first;
      delete_first_[index] = !step.create_first;
      evaluation_->forget_outputs(index);
      if (step.type->holds_data) {
        step.losses.push_back(std::string(step.type->data_loss));
      }
      drop_repeated(step.losses);
      drop_repeated(step.notes);
    } else if (!step.changed.empty() || stored.incomplete) {
      step.action = Action::update;
      if (stored.incomplete) {
        step.reasons.emplace_back("an earlier apply did not finish it");
        for (const auto& [key, value] : step.after.as_map()) {
          if (!is_proven(*step.type, seen, key, value)) step.changed.push_back(key);
        }
        drop_repeated(step.changed);
      }
      adjust_outputs(index, step);
    } else if (seen != nullptr && Value(seen->outputs) != stored.record.outputs) {
      step.outputs_changed = true;
    }
  }

  // Whether the comparison knows this attribute of an object that may be half-made: the object has
  // its mark, and shows the attribute as a whole.
  static bool is_proven(const ResourceType& type, const Observation* seen, std::string_view key,
                        const Value& wanted) {
    if (seen == nullptr || seen->foreign || seen->inputs.find(key) == nullptr) return false;
    const Attribute* row = find_attribute(type, key);
    // The text is the same, whatever object it means.
    const bool means_an_object =
        row != nullptr && row->on_target_replaced == OnTargetReplaced::update;
    return row != nullptr && !means_an_object && !row->secret && !row->write_only &&
           !wanted.contains_secret();
  }

  // What a replaced or changed target means for this object, by the columns of its attributes.
  void follow_targets(Index index, Step& step, OnChange& cost, bool& forced_delete_first) {
    for (const Link& link : wiring_.links[index]) {
      if (link.innermost == nullptr) continue;
      const std::string& target = instance(link.target).address;
      const Attribute& row = *link.innermost;
      // What somebody removed and is made again is another object, too.
      const bool is_anew =
          actions_[link.target] == Action::create && stored_[link.target] != nullptr;
      if ((actions_[link.target] == Action::replace || is_anew) &&
          row.on_target_replaced != OnTargetReplaced::nothing) {
        add_changed(step, std::string(link.attribute->name));
        if (row.on_target_replaced == OnTargetReplaced::replace) {
          add_reason(step, fmt::format("{} is {}, and takes it along", target,
                                       is_anew ? "made anew" : "replaced"));
          tell_loss(link, step);
          cost =
              std::max(cost, row.on_change == OnChange::update ? OnChange::replace : row.on_change);
          // Where nothing shows that it still stands on what is gone, it is gone itself before.
          forced_delete_first = forced_delete_first || delete_first_[link.target] || is_anew;
        } else {
          step.linked_again.push_back(target);
          add_reason(step, fmt::format("{} is {}, and must be linked again", target,
                                       is_anew ? "made anew" : "replaced"));
        }
      } else if (row.updated_with_target && is_operated_on(actions_[link.target])) {
        add_changed(step, std::string(link.attribute->name));
        add_reason(step, fmt::format("{} is {}", target, done_to(actions_[link.target])));
      }
      if (!row.broken_by_change_of.empty() && actions_[link.target] == Action::update) {
        const auto& changed = changed_[link.target];
        if (std::ranges::find(changed, row.broken_by_change_of) == changed.end()) continue;
        add_reason(step, fmt::format("{} of {} changes, which stops this object",
                                     row.broken_by_change_of, target));
        step.stopped_by.push_back(target);
        tell_loss(link, step);
        cost =
            std::max(cost, row.on_change == OnChange::update ? OnChange::replace : row.on_change);
      }
    }
  }

  // An attribute may refer to one object several times; that is told once.
  static void add_reason(Step& step, std::string reason) {
    if (std::ranges::find(step.reasons, reason) != step.reasons.end()) return;
    step.reasons.push_back(std::move(reason));
  }

  static void add_changed(Step& step, std::string name) {
    if (std::ranges::find(step.changed, name) != step.changed.end()) return;
    step.changed.push_back(std::move(name));
    std::ranges::sort(step.changed);
  }

  static bool is_operated_on(Action action) {
    return action == Action::create || action == Action::update || action == Action::replace;
  }
  static std::string_view done_to(Action action) {
    if (action == Action::update) return "changed";
    return action == Action::create ? "made" : "replaced";
  }

  // What goes with the old object: data, which needs consent, or something that is worth a note.
  static void tell_loss(const Link& link, Step& step) {
    const Attribute& row = *link.innermost;
    const std::string_view loss = row.loss.empty() ? link.attribute->loss : row.loss;
    if (loss.empty()) return;
    if (row.on_change == OnChange::replace) {
      step.notes.push_back(note_of_loss(loss));
    } else {
      step.losses.emplace_back(loss);
    }
  }

  static void drop_repeated(std::vector<std::string>& lines) {
    std::ranges::sort(lines);
    lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  }

  // An update that sets an input which is an output too shows the new value to whoever refers to
  // it; one that moves an output leaves it open.
  void adjust_outputs(Index index, const Step& step) {
    Map outputs = *evaluation_->outputs(index);
    bool adjusted = false;
    for (const std::string& name : step.changed) {
      if (outputs.find(name) == nullptr) continue;
      const Value* wanted = step.after.find(name);
      outputs.set(name, wanted != nullptr ? *wanted : Value::unknown(step.address + "." + name));
      adjusted = true;
    }
    for (const Attribute& row : step.type->attributes) {
      if (row.moves_with.empty()) continue;
      const bool moves = std::ranges::any_of(split(row.moves_with, ','), [&](const auto& input) {
        return std::ranges::find(step.changed, input) != step.changed.end();
      });
      if (!moves) continue;
      outputs.set(row.name, Value::unknown(step.address + "." + std::string(row.name)));
      adjusted = true;
    }
    if (adjusted) evaluation_->set_outputs(index, std::move(outputs));
  }

  void finish(Index index, const StoredResource* stored, Step& step) {
    const PlannedName& name = evaluation_->name_of(index, diagnostics_);
    step.name = name.name;
    step.base_name = name.base;
    step.generation = name.generation;
    for (const Tombstone& tombstone : name.stepped_over) {
      const std::string when = tombstone.until == Instant::max()
                                   ? std::string("is not free yet")
                                   : "is not free until " + format_iso(tombstone.until);
      step.notes.push_back(fmt::format("takes the name {}, because {} {}: {}", name.name,
                                       tombstone.name, when, tombstone.reason));
    }
    const bool makes = step.action == Action::create || step.action == Action::replace;
    if (makes && name.lifted) {
      step.notes.push_back(fmt::format("brings back {}, which was removed and would be gone on {}",
                                       name.name, format_iso(name.lifted->until)));
    }
    if (step.action == Action::replace && stored != nullptr && name.stepped_over.empty() &&
        name.generation != stored->generation && name.base == stored->base_name) {
      step.notes.push_back(fmt::format("takes the name {}, because {} cannot be used again at once",
                                       name.name, stored->record.name));
    }
    const bool loses_object = step.action == Action::replace;
    if (loses_object && stored != nullptr && (stored->protect || step.protect)) {
      refuse_protected(step.address, block_of(index).where(), "replaced");
    }
    if (step.action == Action::none || step.action == Action::update) {
      step.outputs = *evaluation_->outputs(index);
    } else {
      step.outputs = evaluation_->predicted(index, diagnostics_);
      for (const Attribute& row : step.type->attributes) {
        if (row.computed && step.outputs.find(row.name) == nullptr) {
          step.outputs.set(row.name, Value::unknown(step.address + "." + std::string(row.name)));
        }
      }
    }
  }

  void refuse_protected(const std::string& address, const SourceRange& where,
                        std::string_view what) {
    Diagnostic diagnostic;
    diagnostic.summary = fmt::format("\"{}\" is protected and would be {}", address, what);
    diagnostic.detail = "protect: true is recorded in the state and holds even without its block.";
    diagnostic.remedy = "apply protect: false first, or undo the change that makes this necessary";
    diagnostic.where = where;
    diagnostic.address = address;
    diagnostics_.add(std::move(diagnostic));
  }

  void remove(const std::string& address, const StoredResource& stored, std::string reason) {
    Step step;
    step.address = address;
    step.type = desk_.providers->type(stored.record.type);
    if (step.type == nullptr) {
      diagnostics_.add(unknown_type(stored.record));
      return;
    }
    step.name = stored.record.name;
    step.base_name = stored.base_name;
    step.generation = stored.generation;
    step.reasons.push_back(std::move(reason));
    const Observation* seen = sighting(address);
    if (stored.protect && !stored.deposed) {
      refuse_protected(address, {}, "removed");
      return;
    }
    if (seen != nullptr && !seen->exists) {
      step.action = Action::forget;
      step.is_lost = true;
      step.reasons.emplace_back("it no longer exists in the cloud");
    } else if (seen != nullptr && seen->foreign && !stored.incomplete) {
      step.action = Action::forget;
      step.notes.push_back(fmt::format("{} is not ours any more{}: left alone", stored.record.name,
                                       seen->owner ? " (" + owner_of(*seen) + ")" : std::string()));
    } else {
      step.action = Action::remove;
      // Whoever agreed to the replacement has agreed to this.
      if (step.type->holds_data && !stored.deposed) step.losses.emplace_back(step.type->data_loss);
    }
    plan_.steps.push_back(std::move(step));
  }

  void remove_undeclared() {
    for (const StoredResource* stored : undeclared_) {
      const std::string& address = stored->record.address;
      if (!selection_.contains(address)) continue;
      remove(address, *stored,
             stored->deposed ? "it was replaced, and is still to be removed"
                             : "it is no longer in the stack");
    }
  }

  void outputs() {
    Map values;
    const config::Node block = desk_.stack->modules()[0].outputs;
    if (block.is_map()) {
      const StackScope scope(*desk_.stack, Context{0, nullptr}, evaluation_);
      block.for_each_entry([&](config::Node key, config::Node node) {
        values.set(key.text(), evaluate_node(node, scope, diagnostics_));
      });
    }
    for (const auto& [name, before] : desk_.state->outputs) {
      const Value* after = values.find(name);
      if (after == nullptr) plan_.outputs.push_back({name, before, Value()});
    }
    for (const auto& [name, after] : values) {
      const Value* before = desk_.state->outputs.find(name);
      const Value compared = sealed(plan_.secret_key, after);
      if (before == nullptr || *before != compared || after.contains_unknown()) {
        plan_.outputs.push_back({name, before == nullptr ? Value() : *before, after});
      }
    }
    plan_.output_values = std::move(values);
  }

  Desk desk_;
  PlanOptions options_;
  Diagnostics& diagnostics_;
  Plan plan_;
  Wiring wiring_;
  std::vector<Index> order_;
  Evaluation* evaluation_ = nullptr;
  std::vector<const StoredResource*> stored_;      // by instance; nullptr: nothing
  std::vector<const StoredResource*> undeclared_;  // in the order of their addresses
  Sightings sightings_;
  Selection selection_;
  std::vector<Action> actions_;                    // by instance
  std::vector<bool> delete_first_;                 // by instance: replaced, the old one goes first
  std::vector<std::vector<std::string>> changed_;  // by instance: attributes updated
  bool renamed_ = false;
};

}  // namespace

Task<Planned> make_plan(Desk desk, PlanOptions options, Diagnostics& diagnostics) {
  Planner planner(desk, std::move(options), diagnostics);
  Task<Planned> running = planner.run();
  co_return co_await running;
}

}  // namespace firn
