#include "core/apply/apply.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <set>

#include "core/async/sync.h"
#include "core/state/deposed.h"
#include "core/state/tombstones.h"
#include "core/value/scrub.h"

namespace firn {
namespace {

using Kind = PlannedOperation::Kind;

// Secrets opened, for the call that needs them.
Value revealed(const Value& value) {
  if (!value.contains_secret()) return value;
  if (value.is_secret()) return value.reveal();
  if (value.is_list()) {
    List items;
    for (const Value& item : value.as_list())
      items.push_back(revealed(item));
    return Value(std::move(items));
  }
  Map members;
  for (const auto& [key, member] : value.as_map())
    members.set(key, revealed(member));
  return Value(std::move(members));
}

std::string first_problem(const Diagnostics& diagnostics) {
  for (const Diagnostic& item : diagnostics.items()) {
    if (item.severity == Severity::error) return item.summary;
  }
  return {};
}

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::look_up:
      return "look up";
    case Kind::create:
      return "create";
    case Kind::update:
      return "update";
    case Kind::adopt:
      return "adopt";
    case Kind::remove:
      return "remove";
    case Kind::state_only:
      break;
  }
  return "forget";
}

class Execution {
 public:
  Execution(Desk desk, Planned& planned, Journal& journal, ApplyOptions options)
      : desk_(desk),
        planned_(planned),
        plan_(planned.plan),
        journal_(journal),
        store_(journal.store()),
        options_(options),
        schedule_(schedule(planned.plan, journal.store().state())),
        all_done_(*desk.scheduler) {
    for (const Step& step : plan_.steps) {
      if (step.action != Action::update) continue;
      for (const std::string& target : step.linked_again)
        linked_again_.emplace(target, step.address);
    }
  }

  Task<ApplyOutcome> run() {
    note_unchanged();
    const std::size_t count = schedule_.operations.size();
    if (options_.observer != nullptr) options_.observer->planned(count);
    missing_.resize(count);
    states_.assign(count, Progress::waiting);
    left_ = count;
    if (count > 0 && schedule_.order.order().empty()) {
      Error error;
      error.summary = "the operations of this plan wait for each other";
      error.detail = ring();
      error.remedy = "this is a bug in firn: please report it with the stack";
      outcome_.failures.push_back({"", std::move(error)});
      co_return std::move(outcome_);
    }
    for (std::uint32_t i = 0; i < count; ++i) {
      missing_[i] = schedule_.order.needs(i).size();
    }
    if (count == 0) all_done_.set();
    for (std::uint32_t i = 0; i < count; ++i) {
      if (missing_[i] == 0 && states_[i] == Progress::waiting) start(i);
    }
    co_await all_done_;
    note_unchanged();
    write_outputs();
    outcome_.state_written = co_await journal_.durable();
    outcome_.interrupted = is_stopped() && !outcome_.not_started.empty();
    co_return std::move(outcome_);
  }

 private:
  enum class Progress : std::uint8_t { waiting, running, done, failed, skipped };

  [[nodiscard]] bool is_stopped() const {
    return options_.stop != nullptr && options_.stop->load(std::memory_order_relaxed);
  }
  [[nodiscard]] const Step& step_of(std::uint32_t operation) const {
    return plan_.steps[schedule_.operations[operation].step];
  }
  [[nodiscard]] Instant now() const { return desk_.scheduler->now(); }

  // "update a, remove b, update a": each waits for the next.
  std::string ring() const {
    std::string text;
    for (const Graph::Index operation : schedule_.order.cycle()) {
      const PlannedOperation& planned = schedule_.operations[operation];
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", kind_name(planned.kind),
                          step_of(operation).address);
    }
    return text;
  }

  // What it depends on may be still to be made: that is noted at the end.
  std::vector<std::string> known_among(const std::vector<std::string>& addresses) const {
    std::vector<std::string> known;
    for (const std::string& address : addresses) {
      if (store_.state().find(address) != nullptr) known.push_back(address);
    }
    return known;
  }

  // Steps without an operation may still teach the state something: other dependencies, protection,
  // outputs that moved.
  void note_unchanged() {
    for (const Step& step : plan_.steps) {
      if (step.action != Action::none) continue;
      const StoredResource* stored = store_.state().find(step.address);
      if (stored == nullptr) continue;
      StoredResource next = *stored;
      next.dependencies = known_among(step.dependencies);
      next.protect = step.protect;
      next.record.inputs = sealed(store_.state().secret_key, step.after);
      // The stack may call an imported object by its name now.
      next.base_name = step.base_name;
      next.generation = step.generation;
      if (step.outputs_changed) next.record.outputs = Value(step.outputs);
      if (next.dependencies == stored->dependencies && next.protect == stored->protect &&
          next.record.inputs == stored->record.inputs && next.base_name == stored->base_name &&
          next.generation == stored->generation && !step.outputs_changed) {
        continue;
      }
      next.updated_at = now();
      store_.put_resource(std::move(next));
      touched_ = true;
    }
  }

  void start(std::uint32_t operation) {
    if (is_stopped() || journal_.has_failed()) {
      skip(operation, "");
      return;
    }
    states_[operation] = Progress::running;
    Task<void> task = operate(operation);
    desk_.scheduler->spawn(std::move(task));
  }

  void skip(std::uint32_t operation, const std::string& because) {
    if (states_[operation] != Progress::waiting) return;
    states_[operation] = Progress::skipped;
    const std::string& address = step_of(operation).address;
    const auto known = std::ranges::find(outcome_.not_started, address, &NotStarted::address);
    if (known == outcome_.not_started.end()) outcome_.not_started.push_back({address, because});
    finish_one();
    for (const std::uint32_t dependent : schedule_.order.needed_by(operation)) {
      skip(dependent, because);
    }
  }

  void finish_one() {
    if (--left_ == 0) all_done_.set();
  }

  static OperationKind shown_kind(Kind kind) {
    switch (kind) {
      case Kind::look_up:
        return OperationKind::look_up;
      case Kind::create:
        return OperationKind::create;
      case Kind::update:
        return OperationKind::update;
      case Kind::adopt:
        return OperationKind::adopt;
      case Kind::remove:
      case Kind::state_only:
        break;
    }
    return OperationKind::remove;
  }

  Task<void> operate(std::uint32_t operation) {
    const PlannedOperation& planned = schedule_.operations[operation];
    const Step& step = step_of(operation);
    const OperationKind kind = shown_kind(planned.kind);
    const Instant begun = now();
    if (options_.observer != nullptr) options_.observer->begun(step, kind);
    Status status = Ok{};
    switch (planned.kind) {
      case Kind::look_up: {
        Task<Status> task = look_up(step);
        status = co_await task;
        break;
      }
      case Kind::create: {
        Task<Status> task = create(step);
        status = co_await task;
        break;
      }
      case Kind::update: {
        Task<Status> task = update(step);
        status = co_await task;
        break;
      }
      case Kind::adopt: {
        Task<Status> task = adopt(step);
        status = co_await task;
        break;
      }
      case Kind::remove: {
        Task<Status> task = remove(step, planned.of_old_object);
        status = co_await task;
        break;
      }
      case Kind::state_only: {
        const std::optional<Tombstone> held = name_held_by_loss(step);
        store_.forget_resource(step.address);
        if (held) store_.add_tombstone(*held);
        touched_ = true;
        status = co_await journal_.durable();
        break;
      }
    }
    if (!status) {
      states_[operation] = Progress::failed;
      Error error = status.error();
      if (error.address.empty()) error.address = step.address;
      scrub(error, secrets_of(step));
      if (options_.observer != nullptr) options_.observer->failed(step, kind, error);
      outcome_.failures.push_back({step.address, std::move(error)});
      for (const std::uint32_t dependent : schedule_.order.needed_by(operation)) {
        skip(dependent, step.address);
      }
      finish_one();
      co_return;
    }
    states_[operation] = Progress::done;
    count(step, planned);
    if (options_.observer != nullptr) options_.observer->finished(step, kind, now() - begun);
    for (const std::uint32_t dependent : schedule_.order.needed_by(operation)) {
      if (--missing_[dependent] == 0 && states_[dependent] == Progress::waiting) start(dependent);
    }
    finish_one();
  }

  void count(const Step& step, const PlannedOperation& planned) {
    switch (planned.kind) {
      case Kind::create:
        ++(step.action == Action::replace ? outcome_.replaced : outcome_.created);
        break;
      case Kind::update:
        ++outcome_.updated;
        break;
      case Kind::adopt:
        ++outcome_.adopted;
        break;
      case Kind::remove:
        if (!planned.of_old_object) ++outcome_.removed;
        break;
      case Kind::look_up:
      case Kind::state_only:
        break;
    }
  }

  // The desired inputs with everything known by now; fails when something is still unknown.
  Result<Value> desired_now(const Step& step) {
    if (!step.after.contains_unknown()) return step.after;
    Diagnostics diagnostics;
    Value value = planned_.evaluation->desired(step.instance, diagnostics);
    if (diagnostics.has_errors()) {
      return fail(ErrorKind::invalid_input, first_problem(diagnostics),
                  "It came to light only now that all values are known.",
                  "correct the stack and apply again");
    }
    if (value.contains_unknown()) {
      return fail(ErrorKind::bug, "a value is still unknown when it is needed", {},
                  "this is a bug in firn: please report it with the stack");
    }
    collect_secrets(value, late_secrets_[step.address]);
    return value;
  }

  Placement placement_of(const Step& step) const {
    Placement placement = desk_.providers->of_type(step.type->name)->placement();
    placement.stack = desk_.stack_name;
    placement.environment = desk_.environment_name;
    placement.address = step.address;
    return placement;
  }

  static Task<Status> record_identity(Execution* run, std::int64_t intent, bool* recorded,
                                      Map outputs) {
    const Value value{std::move(outputs)};
    run->store_.record_identity(intent, value);
    *recorded = true;
    co_return co_await run->journal_.durable();
  }

  static Task<Status> record_tombstones(Execution* run, std::int64_t intent,
                                        std::vector<Tombstone> tombstones) {
    run->store_.record_identity(intent, value_of(tombstones));
    co_return co_await run->journal_.durable();
  }

  Operation operation_for(const Step& step, Value desired, std::string token) {
    Operation operation;
    operation.prior.address = step.address;
    operation.prior.type = std::string(step.type->name);
    operation.prior.name = step.name;
    operation.desired = std::move(desired);
    operation.changed = step.changed;
    operation.placement = placement_of(step);
    operation.idempotency_token = std::move(token);
    if (step.instance != Step::kNoInstance) {
      operation.base_folder = planned_.evaluation->base_folder_of(step.instance);
    }
    operation.report = [this, &step](std::string_view line) {
      if (options_.observer == nullptr) return;
      options_.observer->progress(step, without_secrets(std::string(line), secrets_of(step)));
    };
    return operation;
  }

  // What no message about this step may repeat.
  std::vector<std::string> secrets_of(const Step& step) const {
    std::vector<std::string> secrets;
    const auto late = late_secrets_.find(step.address);
    if (late != late_secrets_.end()) secrets = late->second;
    collect_secrets(step.after, secrets);
    return secrets;
  }

  Intent intent_for(const Step& step, IntentAction action, const Value& inputs) {
    Intent intent;
    intent.address = step.address;
    intent.type = std::string(step.type->name);
    intent.action = action;
    intent.name = step.name;
    intent.base_name = step.base_name;
    intent.generation = step.generation;
    intent.idempotency_token = desk_.scheduler->random().uuid();
    intent.inputs = sealed(store_.state().secret_key, inputs);
    if (action == IntentAction::create) intent.outputs = known_outputs(step);
    intent.inputs_digest = seal(store_.state().secret_key, intent.inputs);
    intent.dependencies = step.dependencies;
    intent.begun_at = now();
    return intent;
  }

  // What is known of an object before it is made: where it will be, above all. A recovery looks for
  // it there, even if the environment has moved on.
  Value known_outputs(const Step& step) const {
    Map known;
    for (const auto& [name, value] : step.outputs) {
      if (!value.contains_unknown()) known.set(name, value);
    }
    // Of an object whose identity the cloud chooses, such as a secret, nothing else tells where.
    const std::string region = placement_of(step).region;
    if (!region.empty() && known.find("region") == nullptr) known.set("region", region);
    return sealed(store_.state().secret_key, Value(std::move(known)));
  }

  StoredResource stored_from(const Step& step, const Value& desired, Map outputs) const {
    StoredResource stored;
    if (const StoredResource* before = store_.state().find(step.address);
        before != nullptr && step.action == Action::update) {
      stored = *before;
    } else {
      stored.created_at = now();
    }
    stored.record.address = step.address;
    stored.record.type = std::string(step.type->name);
    stored.record.name = step.name;
    stored.record.inputs = sealed(store_.state().secret_key, desired);
    stored.record.outputs = sealed(store_.state().secret_key, Value(std::move(outputs)));
    stored.base_name = step.base_name;
    stored.generation = step.generation;
    stored.dependencies = step.dependencies;
    stored.protect = step.protect;
    stored.incomplete = false;
    stored.updated_at = now();
    return stored;
  }

  Task<Status> look_up(const Step& step) {
    Result<Value> inputs = desired_now(step);
    if (!inputs) co_return fail(inputs.error());
    Provider* provider = desk_.providers->of_type(step.type->name);
    Value clear = revealed(*inputs);
    Result<Map> outputs = co_await provider->look_up(step.type->name, std::move(clear));
    if (!outputs) co_return fail(outputs.error());
    planned_.evaluation->set_outputs(step.instance, std::move(*outputs));
    co_return Ok{};
  }

  // Nothing in the cloud will show that these still refer to the object that was there before. So
  // the state knows it from the moment on in which that object is touched.
  void remember_links_to(const std::string& target) {
    const auto [first, last] = linked_again_.equal_range(target);
    for (auto link = first; link != last; ++link) {
      const StoredResource* stored = store_.state().find(link->second);
      if (stored == nullptr || stored->incomplete) continue;
      StoredResource waiting = *stored;
      waiting.incomplete = true;
      store_.put_resource(std::move(waiting));
      marked_.insert(link->second);
    }
  }

  // Of an object that somebody else deleted: its name may be taken for a while, there where it was.
  std::optional<Tombstone> name_held_by_loss(const Step& step) const {
    const StoredResource* lost = store_.state().find(step.address);
    if (!step.is_lost || lost == nullptr || step.type->name_held_after_loss == Duration{})
      return {};
    const Provider* provider = desk_.providers->of_type(lost->record.type);
    Tombstone held;
    held.type = lost->record.type;
    held.name = lost->record.name;
    held.until = now() + step.type->name_held_after_loss;
    held.reason = std::string(step.type->name_held_because);
    held.place = provider->elsewhere(lost->record).place;
    if (held.place.empty()) held.place = provider->placement().region;
    // Made again under its name after all.
    const bool is_same = step.action == Action::create && step.name == held.name &&
                         held.place == provider->placement().region;
    if (is_same) return {};
    return held;
  }

  Task<Status> create(const Step& step) {
    Result<Value> desired = desired_now(step);
    if (!desired) co_return fail(desired.error());
    Intent intent = intent_for(step, IntentAction::create, *desired);
    const std::string token = intent.idempotency_token;
    const std::int64_t id = store_.begin_intent(std::move(intent));
    remember_links_to(step.address);
    touched_ = true;
    Status durable = co_await journal_.durable();
    if (!durable) co_return durable;

    Provider* provider = desk_.providers->of_type(step.type->name);
    Operation operation = operation_for(step, revealed(*desired), token);
    bool recorded = false;
    Map early;
    operation.record_identity = [this, id, &recorded, &early](Map outputs) {
      early = outputs;
      return record_identity(this, id, &recorded, std::move(outputs));
    };
    Result<Applied> applied = co_await provider->create(operation);
    if (!applied) {
      if (recorded) {
        depose_old(step);
        StoredResource half = stored_from(step, *desired, early);
        half.incomplete = true;
        store_.finish_create(id, std::move(half));
      } else if (!applied.error().may_have_been_applied) {
        store_.abandon_intent(id);
      }
      static_cast<void>(co_await journal_.durable());  // its own failure ends the run
      co_return fail(applied.error());
    }
    Map outputs = complete_outputs(step, std::move(applied->outputs));
    const std::optional<Tombstone> held = name_held_by_loss(step);
    depose_old(step);
    store_.finish_create(id, stored_from(step, *desired, outputs));
    if (held) store_.add_tombstone(*held);
    durable = co_await journal_.durable();
    if (!durable) co_return durable;
    if (const Status kept = check_promises(step, outputs); !kept) co_return kept;
    planned_.evaluation->set_outputs(step.instance, std::move(outputs));
    co_return Ok{};
  }

  Task<Status> update(const Step& step) {
    Result<Value> desired = desired_now(step);
    if (!desired) co_return fail(desired.error());
    const StoredResource* stored = store_.state().find(step.address);
    if (stored == nullptr) co_return fail(ErrorKind::bug, "the object is not in the state");
    Intent intent = intent_for(step, IntentAction::update, *desired);
    const std::string token = intent.idempotency_token;
    const std::int64_t id = store_.begin_intent(std::move(intent));
    touched_ = true;
    ResourceRecord prior = stored->record;
    const bool unfinished = stored->incomplete && !marked_.contains(step.address);
    Status durable = co_await journal_.durable();
    if (!durable) co_return durable;

    Provider* provider = desk_.providers->of_type(step.type->name);
    Operation operation = operation_for(step, revealed(*desired), token);
    operation.prior = std::move(prior);
    operation.unfinished = unfinished;
    bool recorded = false;
    operation.record_identity = [this, id, &recorded](Map outputs) {
      return record_identity(this, id, &recorded, std::move(outputs));
    };
    Result<Applied> applied = co_await provider->update(operation);
    if (!applied) {
      // Some of its calls may have gone through: the next plan looks at everything again.
      StoredResource half = *store_.state().find(step.address);
      mark_half_updated(half, sealed(store_.state().secret_key, *desired), now());
      store_.finish_update(id, std::move(half));
      static_cast<void>(co_await journal_.durable());  // its own failure ends the run
      co_return fail(applied.error());
    }
    Map outputs = complete_outputs(step, std::move(applied->outputs));
    store_.finish_update(id, stored_from(step, *desired, outputs));
    durable = co_await journal_.durable();
    if (!durable) co_return durable;
    planned_.evaluation->set_outputs(step.instance, std::move(outputs));
    co_return Ok{};
  }

  // The mark in the cloud first, then the state: a run that is killed in between is done again. No
  // more than the mark is at stake, so a failure leaves no trace in the state.
  Task<Status> adopt(const Step& step) {
    Intent intent = intent_for(step, IntentAction::create, step.after);
    const std::string token = intent.idempotency_token;
    const std::int64_t id = store_.begin_intent(std::move(intent));
    touched_ = true;
    Status durable = co_await journal_.durable();
    if (!durable) co_return durable;

    Map outputs = step.outputs;
    if (!step.is_marked) {
      Provider* provider = desk_.providers->of_type(step.type->name);
      Operation operation = operation_for(step, step.after, token);
      operation.prior.inputs = step.after;
      operation.prior.outputs = Value(step.outputs);
      Result<Applied> claimed = co_await provider->claim(operation);
      if (!claimed) {
        store_.abandon_intent(id);
        static_cast<void>(co_await journal_.durable());  // its own failure ends the run
        co_return fail(claimed.error());
      }
      for (const auto& [name, value] : claimed->outputs)
        outputs.set(name, value);
    }
    // What a run that was killed had begun here has its answer now.
    std::vector<std::int64_t> answered;
    for (const Intent& open : store_.state().open_intents) {
      if (open.address == step.address && open.id != id) answered.push_back(open.id);
    }
    for (const std::int64_t open : answered)
      store_.abandon_intent(open);
    store_.finish_create(id, stored_from(step, step.after, std::move(outputs)));
    co_return co_await journal_.durable();
  }

  Task<Status> remove(const Step& step, bool of_old_object) {
    const auto aside = of_old_object ? deposed_.find(step.address) : deposed_.end();
    const std::string address = aside == deposed_.end() ? step.address : aside->second;
    const StoredResource* stored = store_.state().find(address);
    if (stored == nullptr) co_return Ok{};
    Intent intent = intent_for(step, IntentAction::remove, stored->record.inputs);
    intent.address = address;
    intent.type = stored->record.type;
    intent.name = stored->record.name;
    const std::string token = intent.idempotency_token;
    ResourceRecord prior = stored->record;
    const std::int64_t id = store_.begin_intent(std::move(intent));
    // Where the new one came first, all are linked to it by now.
    if (of_old_object && !step.create_first) remember_links_to(step.address);
    touched_ = true;
    Status durable = co_await journal_.durable();
    if (!durable) co_return durable;

    Provider* provider = desk_.providers->of_type(prior.type);
    Value nothing;
    Operation operation = operation_for(step, std::move(nothing), token);
    // The ownership mark in the cloud names the address that the object was made for.
    prior.address = address_of_owner(step.address);
    operation.prior = std::move(prior);
    operation.record_tombstones = [this, id](std::vector<Tombstone> tombstones) {
      return record_tombstones(this, id, std::move(tombstones));
    };
    Result<Removed> removed = co_await provider->remove(operation);
    if (!removed) {
      // Without an answer it may be gone: the next run looks.
      if (!removed.error().may_have_been_applied) store_.abandon_intent(id);
      static_cast<void>(co_await journal_.durable());  // its own failure ends the run
      co_return fail(removed.error());
    }
    outcome_.tombstones.insert(outcome_.tombstones.end(), removed->tombstones.begin(),
                               removed->tombstones.end());
    if (of_old_object) store_.drop_dependencies_on(address);
    store_.finish_remove(id, address, std::move(removed->tombstones));
    co_return co_await journal_.durable();
  }

  // A create-first replacement: in the same landing in which the new object takes the address, the
  // old one moves aside.
  void depose_old(const Step& step) {
    if (!step.create_first || step.action != Action::replace) return;
    const StoredResource* old = store_.state().find(step.address);
    if (old == nullptr) return;
    deposed_[step.address] = depose(store_, *old);
  }

  Map complete_outputs(const Step& step, Map outputs) const {
    if (outputs.find("name") == nullptr && !step.name.empty())
      outputs.set("name", Value(step.name));
    return outputs;
  }

  // What the plan showed as known must be so.
  static Status check_promises(const Step& step, const Map& outputs) {
    for (const auto& [name, promised] : step.outputs) {
      const Value* real = outputs.find(name);
      if (real == nullptr || promised.contains_unknown() || *real == promised) continue;
      return fail(ErrorKind::bug,
                  fmt::format("{} of {} is not what the plan said", name, step.address),
                  fmt::format("Planned {}, but the cloud answered {}.",
                              promised.is_string() ? promised.as_string() : "another value",
                              real->is_string() ? real->as_string() : "another value"),
                  "this is a bug in the provider of " + std::string(step.type->name) +
                      ": please report it");
    }
    return Ok{};
  }

  void write_outputs() {
    if (plan_.is_import) {
      if (outcome_.adopted == 0) return;
    } else if (plan_.is_destroy) {
      if (outcome_.failures.empty() && outcome_.not_started.empty()) store_.set_outputs(Map{});
    } else {
      Map values = plan_.output_values;
      const config::Node block = desk_.stack->modules()[0].outputs;
      if (block.is_map()) {
        Diagnostics ignored;  // an output that cannot be known yet stays as it was
        const StackScope scope(*desk_.stack, Context{0, nullptr}, planned_.evaluation.get());
        block.for_each_entry([&](config::Node key, config::Node node) {
          Value value = evaluate_node(node, scope, ignored);
          if (value.contains_unknown()) {
            values.erase(key.text());
          } else {
            values.set(key.text(), sealed(store_.state().secret_key, value));
          }
        });
      }
      if (values == store_.state().outputs && !touched_) return;
      store_.set_outputs(std::move(values));
    }
    store_.drop_tombstones_before(now());
    store_.raise_serial();
  }

  Desk desk_;
  Planned& planned_;
  const Plan& plan_;
  Journal& journal_;
  StateStore& store_;
  ApplyOptions options_;
  Schedule schedule_;
  Event all_done_;
  std::vector<std::size_t> missing_;  // predecessors not done yet, by operation
  std::vector<Progress> states_;      // by operation
  // Clear texts that came to light during the apply, by address.
  std::map<std::string, std::vector<std::string>> late_secrets_;
  std::multimap<std::string, std::string> linked_again_;  // made anew → must be linked to it again
  std::set<std::string> marked_;                // incomplete for that only, and by this run
  std::map<std::string, std::string> deposed_;  // address → where its old half has moved
  std::size_t left_ = 0;
  bool touched_ = false;
  ApplyOutcome outcome_;
};

}  // namespace

Task<ApplyOutcome> apply(Desk desk, Planned& planned, Journal& journal, ApplyOptions options) {
  Execution execution(desk, planned, journal, options);
  Task<ApplyOutcome> running = execution.run();
  co_return co_await running;
}

}  // namespace firn
