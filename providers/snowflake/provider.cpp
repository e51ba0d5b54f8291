#include "providers/snowflake/provider.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/base/shell.h"
#include "core/base/text.h"
#include "providers/snowflake/look_up.h"
#include "providers/snowflake/region.h"
#include "providers/snowflake/types.h"

namespace firn::snowflake {
namespace {

constexpr Duration poll_pause = std::chrono::seconds(1);
constexpr Duration wait_min = std::chrono::seconds(1);
constexpr Duration wait_max = std::chrono::seconds(10);
// SHOW may be behind what was just made.
constexpr Duration shown_within = std::chrono::seconds(30);
// What may not have been made at all is waited for no longer than this.
constexpr Duration shown_soon = std::chrono::seconds(10);

Error unknown_type(std::string_view type) {
  Error error;
  error.kind = ErrorKind::bug;
  error.summary = "the Snowflake provider has no type " + std::string(type);
  return error;
}

Error not_connected() {
  Error error;
  error.kind = ErrorKind::bug;
  error.summary = "the Snowflake provider was used before it was connected";
  error.remedy = "please report this";
  return error;
}

Mark mark_of(const Operation& operation) {
  return Mark{operation.placement.stack, operation.placement.environment, operation.prior.address};
}

// Snowflake's refusals quote what they could not read.
Error without_secret(Error error, std::string_view secret) {
  if (secret.empty()) return error;
  for (std::string* text : {&error.summary, &error.detail, &error.remedy}) {
    *text = replace_all(std::move(*text), secret, "(secret)");
    *text = replace_all(std::move(*text), string_literal(secret), "(secret)");
  }
  return error;
}

// The object's name for messages: its fully qualified one where it has one.
std::string shown_name(const ObjectType& type, const ResourceRecord& record) {
  if (type.type->predict == nullptr || !record.inputs.is_map()) return record.name;
  const Map outputs = type.type->predict({}, record.name, record.inputs);
  const Value* fqn = outputs.find("fqn");
  return fqn != nullptr && fqn->is_string() ? fqn->as_string() : record.name;
}

// `myorg-my_account` and `MYORG.MY-ACCOUNT` are the same account.
std::string comparable(std::string_view account) {
  return replace_all(replace_all(to_upper(account), ".", "-"), "_", "-");
}

bool is_account(const Connection& connection, const Row& row) {
  const std::string ours = comparable(connection.issuer_account());
  const std::string locator = comparable(row.text_at(0));
  const std::string pair = comparable(row.text_at(1) + "-" + row.text_at(2));
  return ours == locator || ours == pair;
}

}  // namespace

SnowflakeProvider::SnowflakeProvider(Scheduler& scheduler, http::Transport& transport,
                                     Connection connection, ConnectionSources sources,
                                     ProviderOptions options)
    : scheduler_(scheduler),
      transport_(transport),
      connection_(std::move(connection)),
      sources_(std::move(sources)),
      options_(std::move(options)) {}

SnowflakeProvider::~SnowflakeProvider() = default;

std::span<const ResourceType* const> SnowflakeProvider::types() const {
  return resource_types();
}

Placement SnowflakeProvider::placement() const {
  Placement placement;
  placement.account = connection_.issuer_account();
  return placement;
}

Task<Status> SnowflakeProvider::connect() {
  auto loaded = load_private_key(connection_, sources_);
  if (!loaded) co_return loaded;
  auto made = Client::make(scheduler_, transport_, connection_, options_.user_agent);
  if (!made) co_return fail(made.error());
  client_ = std::move(*made);

  Statement question = Statement("SELECT")
                           .word("CURRENT_ACCOUNT() AS \"account\",")
                           .word("CURRENT_ORGANIZATION_NAME() AS \"organization\",")
                           .word("CURRENT_ACCOUNT_NAME() AS \"account_name\",")
                           .word("CURRENT_USER() AS \"user\",")
                           .word("CURRENT_ROLE() AS \"role\",")
                           .word("CURRENT_REGION() AS \"region\"");
  CallContext context;
  auto rows = co_await client_->run(std::move(question), std::move(context));
  if (!rows) {
    Error error = rows.error();
    if (error.kind == ErrorKind::unavailable || error.kind == ErrorKind::timed_out) {
      error.summary = "cannot reach Snowflake at " + connection_.host + ": " + error.summary;
      if (connection_.scheme == "https" && error.remedy.starts_with("check the network")) {
        error.remedy.insert(0, "see that the account is called " + connection_.account + "; ");
      }
    }
    if (error.kind == ErrorKind::credentials) {
      error.summary = fmt::format("Snowflake does not let the user {} in", connection_.user);
    }
    co_return fail(std::move(error));
  }
  if (rows->rows.empty() || rows->column_names.empty()) {
    co_return fail(ErrorKind::unavailable, "Snowflake does not say which account this is");
  }
  if (rows->column_names.front() == "ACCOUNT") {
    co_return fail(ErrorKind::invalid_input, "QUOTED_IDENTIFIERS_IGNORE_CASE is on in this account",
                   "names in quotes then mean other objects than firn says",
                   "switch it off for the deploying user:\n  ALTER USER \"" +
                       connection_.issuer_user() + "\" SET QUOTED_IDENTIFIERS_IGNORE_CASE = FALSE");
  }
  const Row& row = rows->rows.front();
  if (!is_account(connection_, row)) {
    co_return fail(
        ErrorKind::credentials,
        "the Snowflake credentials belong to another account than " + connection_.account,
        "they are for " + row.text_at(1) + "-" + row.text_at(2) + " (" + row.text_at(0) + ")",
        "check account in the environment file and the connection that is used");
  }
  whereabouts_ = place_of(row.text_at(5));
  co_return Ok{};
}

bool SnowflakeProvider::is_ours(const Seen& seen) const {
  if (!seen.carries_mark) return true;
  if (!seen.mark) return false;
  if (options_.stack.empty()) return true;
  return seen.mark->stack == options_.stack && seen.mark->environment == options_.environment;
}

Observation SnowflakeProvider::observation_of(Seen seen) const {
  Observation observation;
  observation.exists = seen.exists;
  if (!seen.exists) return observation;
  observation.foreign = !is_ours(seen);
  if (seen.mark) {
    observation.owner = seen.mark->address;
    observation.owner_stack = seen.mark->stack + "/" + seen.mark->environment;
  }
  observation.inputs = std::move(seen.inputs);
  observation.outputs = std::move(seen.outputs);
  return observation;
}

Task<std::vector<Result<Observation>>> SnowflakeProvider::observe(
    std::vector<ResourceRecord> records) {
  std::vector<Result<Observation>> answers;
  answers.reserve(records.size());
  if (client_ == nullptr) {
    for (std::size_t i = 0; i < records.size(); ++i)
      answers.emplace_back(fail(not_connected()));
    co_return answers;
  }
  std::vector<Listing> listings;
  for (const ResourceRecord& record : records) {
    const ObjectType* type = find_object_type(record.type);
    if (type == nullptr) continue;
    for (Listing& listing : type->listings(record))
      listings.push_back(std::move(listing));
  }
  Inventory inventory = co_await take_inventory(*client_, std::move(listings), Width::widest);
  std::vector<Listing> further;
  for (const ResourceRecord& record : records) {
    const ObjectType* type = find_object_type(record.type);
    if (type == nullptr || type->details == nullptr) continue;
    for (Listing& listing : type->details(inventory, record))
      further.push_back(std::move(listing));
  }
  Inventory more = co_await take_inventory(*client_, std::move(further), Width::widest);
  inventory.add(std::move(more));
  for (const ResourceRecord& record : records) {
    const ObjectType* type = find_object_type(record.type);
    if (type == nullptr) {
      answers.emplace_back(fail(unknown_type(record.type)));
      continue;
    }
    auto seen = type->read(inventory, record);
    if (seen) {
      answers.emplace_back(observation_of(std::move(*seen)));
    } else {
      Error error = seen.error();
      error.address = record.address;
      answers.emplace_back(fail(std::move(error)));
    }
  }
  co_return answers;
}

Task<Result<Seen>> SnowflakeProvider::see(const ObjectType& type, ResourceRecord record) {
  std::vector<Listing> listings = type.listings(record);
  Inventory inventory = co_await take_inventory(*client_, std::move(listings), Width::narrowest);
  if (type.details != nullptr) {
    std::vector<Listing> further = type.details(inventory, record);
    Inventory more = co_await take_inventory(*client_, std::move(further), Width::narrowest);
    inventory.add(std::move(more));
  }
  co_return type.read(inventory, record);
}

Task<Inventory> SnowflakeProvider::look_around(const ObjectType& type,
                                               const ResourceRecord& record) {
  std::vector<Listing> listings;
  if (type.surroundings != nullptr) listings = type.surroundings(record);
  co_return co_await take_inventory(*client_, std::move(listings), Width::narrowest);
}

Task<Inventory> SnowflakeProvider::look_around_made(const ObjectType& type,
                                                    const ResourceRecord& record) {
  const Instant give_up = scheduler_.now() + shown_within;
  while (true) {
    Inventory around = co_await look_around(type, record);
    if (type.is_surrounded == nullptr || type.is_surrounded(record, around) ||
        scheduler_.now() >= give_up) {
      co_return around;
    }
    co_await scheduler_.sleep(poll_pause);
  }
}

Task<Status> SnowflakeProvider::carry_out(const ObjectType& type, const ResourceRecord& record,
                                          std::vector<Step> steps, Operation& operation) {
  CallContext context;
  context.address = operation.prior.address;
  context.object = shown_name(type, record);
  co_return co_await run_steps(std::move(steps), std::move(context), operation);
}

Task<Inventory> SnowflakeProvider::look_around_update(const ObjectType& type, ResourceRecord record,
                                                      const Change& change) {
  Inventory around = co_await look_around_made(type, record);
  if (type.around_update != nullptr) {
    std::vector<Listing> further = type.around_update(change);
    Inventory more = co_await take_inventory(*client_, std::move(further), Width::narrowest);
    around.add(std::move(more));
  }
  co_return around;
}

Task<Result<Map>> SnowflakeProvider::look_up(std::string_view type, Value inputs) {
  if (client_ == nullptr) co_return fail(not_connected());
  const LookUp* known = find_look_up(type);
  if (known == nullptr) co_return fail(unknown_type(type));
  auto question = known->question(inputs);
  if (!question) co_return fail(question.error());
  Asked asked{*question, inputs.string_or(known->object, "")};
  std::optional<Result<Rows>> rows;
  if (asked.statement.is_question()) {
    Result<Rows> answer = co_await rounds_.ask(*client_, std::move(asked));
    rows.emplace(std::move(answer));
  } else {
    CallContext context;
    context.object = std::move(asked.object);
    Result<Rows> answer = co_await client_->run(std::move(asked.statement), std::move(context));
    rows.emplace(std::move(answer));
  }
  if (!*rows) co_return fail(rows->error());
  co_return known->answer(**rows, inputs);
}

Task<Result<Seen>> SnowflakeProvider::see_made(const ObjectType& type, ResourceRecord record) {
  co_return co_await see_until(type, std::move(record), scheduler_.now() + shown_within);
}

Task<Result<Seen>> SnowflakeProvider::see_until(const ObjectType& type, ResourceRecord record,
                                                Instant give_up) {
  while (true) {
    ResourceRecord copy = record;
    auto seen = co_await see(type, std::move(copy));
    if (!seen || seen->exists || scheduler_.now() >= give_up) co_return seen;
    co_await scheduler_.sleep(poll_pause);
  }
}

// Runs one statement; waits out what other objects are still making possible.
Task<Result<Rows>> SnowflakeProvider::run_step(Step step, CallContext context,
                                               Operation& operation) {
  const Instant begun = scheduler_.now();
  const Instant give_up = begun + options_.patience;
  const Instant stop_polling = scheduler_.now() + step.patience;
  context.database = step.database;
  context.schema = step.schema;
  context.changes_something = step.until == nullptr;
  bool reported = false;
  while (true) {
    Statement statement = step.statement;
    CallContext copy = context;
    auto rows = co_await client_->run(std::move(statement), std::move(copy));
    if (!rows) {
      const Error& error = rows.error();
      const bool may_wait = error.kind == ErrorKind::not_ready && !step.waiting_for.empty();
      // A quarter of the time that has passed: no wait is much longer than it must be.
      const Duration pause = std::clamp((scheduler_.now() - begun) / 4, wait_min, wait_max);
      if (!may_wait || scheduler_.now() + pause > give_up) {
        co_return fail(without_secret(error, step.secret));
      }
      if (!reported && operation.report) operation.report(step.waiting_for);
      reported = true;
      co_await scheduler_.sleep(pause);
      continue;
    }
    if (step.until == nullptr || step.until(*rows) || scheduler_.now() >= stop_polling) {
      co_return rows;
    }
    co_await scheduler_.sleep(poll_pause);
  }
}

Task<Status> SnowflakeProvider::run_steps(std::vector<Step> steps, CallContext context,
                                          Operation& operation) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    Step step = steps[i];
    CallContext copy = context;
    auto rows = co_await run_step(std::move(step), std::move(copy), operation);
    if (rows) continue;
    const auto& tolerated = steps[i].tolerates;
    const bool is_so_already =
        std::find(tolerated.begin(), tolerated.end(), rows.error().code) != tolerated.end();
    if (is_so_already) continue;
    Error error = rows.error();
    // What came before in the same operation has taken effect.
    error.may_have_been_applied = error.may_have_been_applied || i > 0;
    co_return fail(std::move(error));
  }
  co_return Ok{};
}

Task<Result<Applied>> SnowflakeProvider::settle(const ObjectType& type, ResourceRecord record,
                                                bool read_back) {
  Applied applied;
  if (!read_back) {
    if (type.type->predict != nullptr) {
      applied.outputs = type.type->predict({}, record.name, record.inputs);
    }
    co_return applied;
  }
  auto seen = co_await see_made(type, record);
  if (!seen) co_return fail(seen.error());
  if (!seen->exists) {
    Error error;
    error.kind = ErrorKind::not_found;
    error.summary = shown_name(type, record) + " was made, but Snowflake does not show it";
    error.remedy = "see that the deploying role keeps a privilege on it, then apply again";
    error.may_have_been_applied = true;
    co_return fail(std::move(error));
  }
  applied.outputs = std::move(seen->outputs);
  co_return applied;
}

// CREATE found something of that name: ours, from a call whose answer was lost, or somebody else's.
Task<Result<Applied>> SnowflakeProvider::meet_existing(const ObjectType& type, Operation& operation,
                                                       Error refusal) {
  ResourceRecord record = operation.prior;
  record.inputs = operation.desired;
  auto seen = co_await see_made(type, record);
  if (!seen) co_return fail(seen.error());
  const Mark ours = mark_of(operation);
  if (!seen->exists || !seen->mark || !(*seen->mark == ours)) {
    Error error = std::move(refusal);
    error.kind = ErrorKind::conflict;
    const std::string name = shown_name(type, record);
    error.summary = name + " exists already, and is not ours";
    if (!seen->exists) {
      error.detail += "\nthe deploying role cannot see it, or it is an object of another kind";
    } else if (seen->mark) {
      error.detail = "its comment says that it belongs to " + seen->mark->address + " of stack " +
                     seen->mark->stack + ", environment " + seen->mark->environment;
    } else {
      error.detail = "its comment carries no mark of firn's";
    }
    error.remedy = "give ours another name:, or remove theirs";
    if (seen->exists && !seen->mark) {
      error.remedy = "to manage it from here on, run\n  " +
                     import_command(ours.stack, ours.environment, ours.address) +
                     "\nor give ours another name:";
    }
    co_return fail(std::move(error));
  }
  Change change{operation.prior.name,
                operation.prior.address,
                operation.desired,
                operation.desired,
                {},
                ours,
                std::move(*seen),
                type.type,
                nullptr};
  const Value now{change.now.inputs};
  for (const auto& [attribute, wanted] : operation.desired.as_map()) {
    const Value* shown = now.find(attribute);
    if (shown != nullptr && !(*shown == wanted)) change.changed.push_back(attribute);
  }
  const Inventory around = co_await look_around_made(type, record);
  change.around = &around;
  auto steps = type.update(change);
  if (!steps) co_return fail(steps.error());
  auto done = co_await carry_out(type, record, std::move(*steps), operation);
  if (!done) co_return fail(done.error());
  co_return co_await settle(type, std::move(record), type.reads_back);
}

Task<Result<Applied>> SnowflakeProvider::create(Operation& operation) {
  if (client_ == nullptr) co_return fail(not_connected());
  const ObjectType* type = find_object_type(operation.prior.type);
  if (type == nullptr) co_return fail(unknown_type(operation.prior.type));
  ResourceRecord record = operation.prior;
  record.inputs = operation.desired;
  const Inventory around = co_await look_around_made(*type, record);
  Change change{operation.prior.name,
                operation.prior.address,
                operation.desired,
                Value(),
                {},
                mark_of(operation),
                {},
                type->type,
                &around};
  auto steps = type->create(change);
  if (!steps) co_return fail(steps.error());
  if (steps->empty()) co_return co_await settle(*type, std::move(record), type->reads_back);
  CallContext context;
  context.address = operation.prior.address;
  context.object = shown_name(*type, record);

  std::vector<Step> rest = std::move(*steps);
  const auto is_creation = [](const Step& step) {
    return step.statement.operation().substr(0, 6) == "CREATE";
  };
  auto making = std::find_if(rest.begin(), rest.end(), is_creation);
  const bool makes_object = making != rest.end();
  if (!makes_object) making = rest.begin();
  // What clears the way for the object; nothing is made yet.
  std::vector<Step> before(std::make_move_iterator(rest.begin()), std::make_move_iterator(making));
  CallContext early = context;
  auto cleared = co_await run_steps(std::move(before), std::move(early), operation);
  if (!cleared) {
    Error error = cleared.error();
    error.may_have_been_applied = false;
    co_return fail(std::move(error));
  }
  Step first = std::move(*making);
  rest.erase(rest.begin(), std::next(making));
  CallContext copy = context;
  auto made = co_await run_step(std::move(first), std::move(copy), operation);
  if (!made) {
    Error refusal = made.error();
    const bool exists = refusal.code == "002002" || refusal.code == "003041";
    if (!makes_object || !exists) co_return fail(std::move(refusal));
    co_return co_await meet_existing(*type, operation, std::move(refusal));
  }
  if (operation.record_identity) {
    Map known = type->type->predict != nullptr ? type->type->predict({}, record.name, record.inputs)
                                               : Map();
    auto recorded = co_await operation.record_identity(std::move(known));
    if (!recorded) co_return fail(recorded.error());
  }
  auto done = co_await run_steps(std::move(rest), std::move(context), operation);
  if (!done) {
    Error error = done.error();
    error.may_have_been_applied = true;
    co_return fail(std::move(error));
  }
  co_return co_await settle(*type, std::move(record), type->reads_back);
}

Task<Result<Applied>> SnowflakeProvider::update(Operation& operation) {
  if (client_ == nullptr) co_return fail(not_connected());
  const ObjectType* type = find_object_type(operation.prior.type);
  if (type == nullptr) co_return fail(unknown_type(operation.prior.type));
  Change change{operation.prior.name,
                operation.prior.address,
                operation.desired,
                operation.prior.inputs,
                operation.changed,
                mark_of(operation),
                {},
                type->type,
                nullptr};
  change.unfinished = operation.unfinished;
  ResourceRecord record = operation.prior;
  record.inputs = operation.desired;
  const Inventory around = co_await look_around_update(*type, record, change);
  change.around = &around;
  if (type->update_reads) {
    auto seen = co_await see_made(*type, operation.prior);
    if (!seen) co_return fail(seen.error());
    if (!seen->exists) {
      Error error;
      error.kind = ErrorKind::not_found;
      error.summary = shown_name(*type, operation.prior) + " is gone";
      error.detail = "it was removed while this run was under way";
      error.remedy = "apply again: it will be made anew";
      co_return fail(std::move(error));
    }
    change.now = std::move(*seen);
  }
  auto steps = type->update(change);
  if (!steps) co_return fail(steps.error());
  auto done = co_await carry_out(*type, record, std::move(*steps), operation);
  if (!done) co_return fail(done.error());
  co_return co_await settle(*type, std::move(record), type->reads_back);
}

Task<Result<Removed>> SnowflakeProvider::remove(Operation& operation) {
  if (client_ == nullptr) co_return fail(not_connected());
  const ObjectType* type = find_object_type(operation.prior.type);
  if (type == nullptr) co_return fail(unknown_type(operation.prior.type));
  const Inventory around = co_await look_around(*type, operation.prior);
  auto steps = type->remove_from != nullptr ? type->remove_from(operation.prior, around)
                                            : type->remove(operation.prior);
  if (!steps) co_return fail(steps.error());
  // DROP … IF EXISTS still fails when what holds the object is gone; then it is gone, too.
  for (Step& step : *steps) {
    step.tolerates.push_back("002003");
    step.tolerates.push_back("002043");
  }
  auto done = co_await carry_out(*type, operation.prior, std::move(*steps), operation);
  if (!done) co_return fail(done.error());
  co_return Removed{};
}

Task<Result<Observation>> SnowflakeProvider::find_after_crash(Operation& operation) {
  if (client_ == nullptr) co_return fail(not_connected());
  const ObjectType* type = find_object_type(operation.prior.type);
  if (type == nullptr) co_return fail(unknown_type(operation.prior.type));
  ResourceRecord record = operation.prior;
  if (operation.desired.is_map()) record.inputs = operation.desired;
  // The call may have been the last of many tries, made a moment ago.
  const Instant last_made = std::min(scheduler_.now(), operation.begun_at + options_.patience);
  auto seen = co_await see_until(*type, record, last_made + shown_soon);
  if (!seen) co_return fail(seen.error());
  if (!seen->exists && type->after_lost_creation != nullptr) {
    const Inventory around = co_await look_around(*type, record);
    auto steps = type->after_lost_creation(record, around);
    if (!steps) co_return fail(steps.error());
    auto done = co_await carry_out(*type, record, std::move(*steps), operation);
    if (!done) co_return fail(done.error());
  }
  Seen found = std::move(*seen);
  co_return observation_of(std::move(found));
}

Task<Result<Observation>> SnowflakeProvider::find_existing(Operation& operation) {
  if (client_ == nullptr) co_return fail(not_connected());
  const ObjectType* type = find_object_type(operation.prior.type);
  if (type == nullptr) co_return fail(unknown_type(operation.prior.type));
  ResourceRecord record = operation.prior;
  auto seen = co_await see(*type, std::move(record));
  if (!seen) co_return fail(seen.error());
  Seen found = std::move(*seen);
  co_return observation_of(std::move(found));
}

// The comment gets our mark behind its text, which may have changed since: it is read again.
Task<Result<Applied>> SnowflakeProvider::claim(Operation& operation) {
  if (client_ == nullptr) co_return fail(not_connected());
  const ObjectType* type = find_object_type(operation.prior.type);
  if (type == nullptr) co_return fail(unknown_type(operation.prior.type));
  ResourceRecord record = operation.prior;
  auto seen = co_await see(*type, std::move(record));
  if (!seen) co_return fail(seen.error());
  const Mark ours = mark_of(operation);
  const bool is_marked = seen->mark && *seen->mark == ours;
  if (!seen->exists || !seen->carries_mark || is_marked) co_return Applied{};
  Map inputs = operation.prior.inputs.is_map() ? operation.prior.inputs.as_map() : Map();
  for (const auto& [name, value] : seen->inputs)
    inputs.set(name, value);
  Value shown(std::move(inputs));
  Change change{operation.prior.name,
                operation.prior.address,
                shown,
                shown,
                {"comment"},
                ours,
                std::move(*seen),
                type->type,
                nullptr};
  const Inventory around = co_await look_around_update(*type, operation.prior, change);
  change.around = &around;
  auto steps = type->claim != nullptr ? type->claim(change) : type->update(change);
  if (!steps) co_return fail(steps.error());
  auto done = co_await carry_out(*type, operation.prior, std::move(*steps), operation);
  if (!done) co_return fail(done.error());
  co_return Applied{};
}

}  // namespace firn::snowflake
