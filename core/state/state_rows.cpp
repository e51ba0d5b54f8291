#include "core/state/state_rows.h"

#include <algorithm>
#include <fmt/core.h>
#include <utility>
#include <vector>

#include "core/base/digest.h"
#include "core/state/checksum.h"
#include "core/state/stored_value.h"
#include "core/value/json.h"

namespace firn {
namespace {

Instant instant(std::int64_t nanoseconds) {
  return Instant(Duration(nanoseconds));
}

IntentAction action_of(std::string_view text) {
  if (text == "create") return IntentAction::create;
  return text == "update" ? IntentAction::update : IntentAction::remove;
}

Failure damaged_row(const std::string& what, const std::string& why) {
  Error error;
  error.kind = ErrorKind::storage;
  error.summary = "the state holds something that firn did not write: " + what;
  error.detail = why;
  error.code = "SQLITE_CORRUPT";
  return fail(std::move(error));
}

Result<Value> checked(Result<Value> value, const std::string& address) {
  if (!value) return damaged_row(address, value.error().summary);
  return value;
}

// Calls `row` for each row of a table, and adds the row to `sum`.
template <class F>
Status each_row(const sqlite::Database& database, Table table, std::string_view rest,
                std::uint64_t& sum, F row) {
  const std::string sql = std::string(select_of(table)) + std::string(rest);
  auto statement = database.prepare(sql);
  if (!statement) return fail(statement.error());
  for (;;) {
    const auto more = statement->step();
    if (!more) return fail(more.error());
    if (!*more) return Ok{};
    sum += hash_of(table, *statement);
    if (Status read = row(*statement); !read) return read;
  }
}

Status load_meta(const sqlite::Database& database, State& state, std::uint64_t& sum) {
  const auto read = [&state](const sqlite::Statement& row) {
    const std::string_view key = row.text(0);
    if (key == "stack") state.stack = row.text(1);
    if (key == "environment") state.environment = row.text(1);
    if (key == "lineage") state.lineage = row.text(1);
    if (key == "serial") state.serial = row.integer(1);
    if (key == "secret_key") {
      auto bytes = decode_base64(row.text(1));
      if (!bytes) return Status(damaged_row("meta.secret_key", "it is not base64"));
      state.secret_key = std::move(*bytes);
    }
    return Status(Ok{});
  };
  return each_row(database, Table::meta, " WHERE key <> 'checksum'", sum, read);
}

Status load_resources(const sqlite::Database& database, State& state, std::uint64_t& sum) {
  ValueReader values;
  const auto read = [&](const sqlite::Statement& row) {
    StoredResource resource;
    ResourceRecord& record = resource.record;
    record.address = row.text(0);
    record.type = row.text(1);
    record.name = row.text(2);
    resource.base_name = row.text(3);
    resource.generation = static_cast<int>(row.integer(4));
    auto inputs = checked(values.read_shared(row.text(5)), record.address);
    if (!inputs) return Status(fail(inputs.error()));
    record.inputs = std::move(*inputs);
    // Outputs differ from resource to resource.
    auto outputs = checked(values.read(row.text(6)), record.address);
    if (!outputs) return Status(fail(outputs.error()));
    record.outputs = std::move(*outputs);
    Status dependencies = read_list(row.text(7), record.address, resource.dependencies);
    if (!dependencies) return dependencies;
    resource.protect = row.integer(8) != 0;
    resource.incomplete = row.integer(9) != 0;
    resource.deposed = row.integer(10) != 0;
    resource.created_at = instant(row.integer(11));
    resource.updated_at = instant(row.integer(12));
    std::string address = record.address;
    // Rows come in the order of the map's keys, so each goes to its end.
    state.resources.emplace_hint(state.resources.end(), std::move(address), std::move(resource));
    return Status(Ok{});
  };
  return each_row(database, Table::resources, " ORDER BY address", sum, read);
}

Status load_intents(const sqlite::Database& database, State& state, std::uint64_t& sum) {
  ValueReader values;
  const auto read = [&](const sqlite::Statement& row) {
    Intent intent;
    intent.id = row.integer(0);
    intent.address = row.text(1);
    intent.type = row.text(2);
    intent.action = action_of(row.text(3));
    intent.name = row.text(4);
    intent.base_name = row.text(5);
    intent.generation = static_cast<int>(row.integer(6));
    intent.idempotency_token = row.text(7);
    intent.inputs_digest = row.text(8);
    auto inputs = checked(values.read(row.text(9)), intent.address);
    if (!inputs) return Status(fail(inputs.error()));
    intent.inputs = std::move(*inputs);
    auto outputs = checked(values.read(row.text(10)), intent.address);
    if (!outputs) return Status(fail(outputs.error()));
    intent.outputs = std::move(*outputs);
    Status dependencies = read_list(row.text(11), intent.address, intent.dependencies);
    if (!dependencies) return dependencies;
    intent.begun_at = instant(row.integer(12));
    state.open_intents.push_back(std::move(intent));
    return Status(Ok{});
  };
  return each_row(database, Table::intents, " WHERE outcome IS NULL ORDER BY id", sum, read);
}

Status load_the_rest(const sqlite::Database& database, State& state, std::uint64_t& sum) {
  const auto read_tombstone = [&state](const sqlite::Statement& row) {
    const bool has_place = row.columns() > 4;  // not in format 1
    const int until = has_place ? 3 : 2;
    Tombstone tombstone;
    tombstone.type = row.text(0);
    tombstone.name = row.text(1);
    if (has_place) tombstone.place = row.text(2);
    tombstone.until = instant(row.integer(until));
    tombstone.reason = row.text(until + 1);
    state.tombstones.push_back(std::move(tombstone));
    return Status(Ok{});
  };
  Status read = each_row(database, Table::tombstones, " ORDER BY type, name", sum, read_tombstone);
  if (!read) return read;
  const auto read_output = [&state](const sqlite::Statement& row) {
    auto value = checked(ValueReader().read(row.text(1)), "output " + std::string(row.text(0)));
    if (!value) return Status(fail(value.error()));
    state.outputs.set(row.text(0), std::move(*value));
    return Status(Ok{});
  };
  return each_row(database, Table::outputs, " ORDER BY name", sum, read_output);
}

// What nobody reads now and the sum covers all the same.
Status count_the_rest(const sqlite::Database& database, std::uint64_t& sum) {
  const auto ignore = [](const sqlite::Statement&) { return Status(Ok{}); };
  if (Status runs = each_row(database, Table::runs, "", sum, ignore); !runs) return runs;
  return each_row(database, Table::schema, "", sum, ignore);
}

}  // namespace

Status read_list(std::string_view text, const std::string& address, std::vector<std::string>& out) {
  if (text == "[]") return Ok{};
  if (auto plain = parse_plain_texts(text)) {
    out = *std::move(plain);
    return Ok{};
  }
  const auto value = parse_state_json(text);
  if (!value || !value->is_list()) return damaged_row(address, "its dependencies are not a list");
  out.reserve(value->as_list().size());
  for (const Value& item : value->as_list()) {
    if (!item.is_string()) return damaged_row(address, "a dependency is not a text");
    out.push_back(item.as_string());
  }
  return Ok{};
}

Result<LoadedState> load_state(const sqlite::Database& database) {
  LoadedState loaded;
  for (const auto& load : {load_meta, load_resources, load_intents, load_the_rest}) {
    if (Status done = load(database, loaded.state, loaded.sum); !done) return fail(done.error());
  }
  if (Status done = count_the_rest(database, loaded.sum); !done) return fail(done.error());
  return loaded;
}

Result<std::vector<Run>> load_runs(const sqlite::Database& database) {
  std::vector<Run> runs;
  std::uint64_t unused = 0;
  const auto read_run = [&runs](const sqlite::Statement& row) {
    Run run;
    run.id = row.integer(0);
    run.command = row.text(1);
    run.begun_at = instant(row.integer(2));
    if (!row.is_null(3)) run.finished_at = instant(row.integer(3));
    run.outcome = row.text(4);
    runs.push_back(std::move(run));
    return Status(Ok{});
  };
  const Status read = each_row(database, Table::runs, " ORDER BY id DESC", unused, read_run);
  if (!read) return fail(read.error());
  return runs;
}

}  // namespace firn
