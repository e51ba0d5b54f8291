#include "core/state/state_rows.h"

#include <algorithm>
#include <fmt/core.h>
#include <utility>
#include <vector>

#include "core/base/digest.h"
#include "core/state/stored_value.h"
#include "core/value/json.h"

namespace firn {
namespace {

// Closed intents and runs are kept for people; this many runs of them.
constexpr int runs_kept = 100;

std::int64_t nanoseconds(Instant instant) {
  return instant.time_since_epoch().count();
}
Instant instant(std::int64_t nanoseconds) {
  return Instant(Duration(nanoseconds));
}

std::string_view action_text(IntentAction action) {
  switch (action) {
    case IntentAction::create:
      return "create";
    case IntentAction::update:
      return "update";
    case IntentAction::remove:
      return "remove";
  }
  return "";
}

IntentAction action_of(std::string_view text) {
  if (text == "create") return IntentAction::create;
  return text == "update" ? IntentAction::update : IntentAction::remove;
}

std::string list_text(const std::vector<std::string>& items) {
  if (items.empty()) return "[]";
  List list;
  list.reserve(items.size());
  for (const std::string& item : items)
    list.emplace_back(item);
  return to_json(Value(std::move(list)));
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

// Calls `row` for each row of `sql`.
template <class F>
Status each_row(const sqlite::Database& database, std::string_view sql, F row) {
  auto statement = database.prepare(sql);
  if (!statement) return fail(statement.error());
  for (;;) {
    const auto more = statement->step();
    if (!more) return fail(more.error());
    if (!*more) return Ok{};
    if (Status read = row(*statement); !read) return read;
  }
}

Status load_meta(const sqlite::Database& database, State& state) {
  return each_row(database, "SELECT key, value FROM meta", [&](const sqlite::Statement& row) {
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
  });
}

constexpr std::string_view select_resources =
    "SELECT address, type, name, base_name, generation, inputs, outputs, dependencies, protect,"
    " incomplete, deposed, created_at, updated_at FROM resources ORDER BY address";

Status load_resources(const sqlite::Database& database, State& state) {
  ValueReader values;
  return each_row(database, select_resources, [&](const sqlite::Statement& row) {
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
  });
}

constexpr std::string_view select_intents =
    "SELECT id, address, type, action, name, base_name, generation, idempotency_token,"
    " inputs_digest, inputs, outputs, dependencies, begun_at FROM intents WHERE outcome IS NULL"
    " ORDER BY id";

Status load_intents(const sqlite::Database& database, State& state) {
  ValueReader values;
  return each_row(database, select_intents, [&](const sqlite::Statement& row) {
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
  });
}

Status load_the_rest(const sqlite::Database& database, State& state) {
  Status read =
      each_row(database, "SELECT type, name, until, reason FROM tombstones ORDER BY type, name",
               [&](const sqlite::Statement& row) {
                 state.tombstones.push_back({std::string(row.text(0)), std::string(row.text(1)),
                                             instant(row.integer(2)), std::string(row.text(3))});
                 return Status(Ok{});
               });
  if (!read) return read;
  return each_row(
      database, "SELECT name, value FROM outputs ORDER BY name", [&](const sqlite::Statement& row) {
        auto value = checked(ValueReader().read(row.text(1)), "output " + std::string(row.text(0)));
        if (!value) return Status(fail(value.error()));
        state.outputs.set(row.text(0), std::move(*value));
        return Status(Ok{});
      });
}

}  // namespace

Result<State> load_state(const sqlite::Database& database) {
  State state;
  for (const auto load : {load_meta, load_resources, load_intents, load_the_rest}) {
    if (Status done = load(database, state); !done) return fail(done.error());
  }
  return state;
}

Result<std::vector<Run>> load_runs(const sqlite::Database& database) {
  std::vector<Run> runs;
  const Status read = each_row(
      database, "SELECT id, command, begun_at, finished_at, outcome FROM runs ORDER BY id DESC",
      [&](const sqlite::Statement& row) {
        Run run;
        run.id = row.integer(0);
        run.command = row.text(1);
        run.begun_at = instant(row.integer(2));
        if (!row.is_null(3)) run.finished_at = instant(row.integer(3));
        run.outcome = row.text(4);
        runs.push_back(std::move(run));
        return Status(Ok{});
      });
  if (!read) return fail(read.error());
  return runs;
}

struct RowWriter::Visitor {
  RowWriter& writer;

  Status operator()(const change::BeginIntent& begin) {
    const Intent& intent = begin.intent;
    const std::string inputs = to_state_json(intent.inputs);
    const std::string outputs = to_state_json(intent.outputs);
    const std::string dependencies = list_text(intent.dependencies);
    const auto row = writer.statement(
        "INSERT INTO intents (id, run, address, type, action, name, base_name, generation,"
        " idempotency_token, inputs_digest, inputs, outputs, dependencies, begun_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    if (!row) return fail(row.error());
    sqlite::Statement& insert = **row;
    insert.bind(1, intent.id);
    if (begin.run) {
      insert.bind(2, *begin.run);
    } else {
      insert.bind_null(2);
    }
    insert.bind(3, intent.address);
    insert.bind(4, intent.type);
    insert.bind(5, action_text(intent.action));
    insert.bind(6, intent.name);
    insert.bind(7, intent.base_name);
    insert.bind(8, std::int64_t{intent.generation});
    insert.bind(9, intent.idempotency_token);
    insert.bind(10, intent.inputs_digest);
    insert.bind(11, inputs);
    insert.bind(12, outputs);
    insert.bind(13, dependencies);
    insert.bind(14, nanoseconds(intent.begun_at));
    return insert.run();
  }

  Status operator()(const change::RecordIdentity& record) {
    const std::string outputs = to_state_json(record.outputs);
    const auto row =
        writer.statement("UPDATE intents SET outputs = ? WHERE id = ? AND outcome IS NULL");
    if (!row) return fail(row.error());
    (*row)->bind(1, outputs);
    (*row)->bind(2, record.intent);
    return (*row)->run();
  }

  Status operator()(const change::CloseIntent& close) {
    const auto row = writer.statement(
        "UPDATE intents SET outcome = ?, inputs = NULL, outputs = NULL"
        " WHERE id = ? AND outcome IS NULL");
    if (!row) return fail(row.error());
    (*row)->bind(1, close.outcome);
    (*row)->bind(2, close.intent);
    return (*row)->run();
  }

  Status operator()(const change::CloseIntentsOf& close) {
    const auto row = writer.statement(
        "UPDATE intents SET outcome = ?, inputs = NULL, outputs = NULL"
        " WHERE address = ? AND outcome IS NULL");
    if (!row) return fail(row.error());
    (*row)->bind(1, close.outcome);
    (*row)->bind(2, close.address);
    return (*row)->run();
  }

  Status operator()(const change::PutResource& put) {
    const StoredResource& resource = put.resource;
    const ResourceRecord& record = resource.record;
    const std::string inputs = to_state_json(record.inputs);
    const std::string outputs = to_state_json(record.outputs);
    const std::string dependencies = list_text(resource.dependencies);
    const auto row = writer.statement(
        "INSERT OR REPLACE INTO resources (address, type, name, base_name, generation, inputs,"
        " outputs, dependencies, protect, incomplete, deposed, created_at, updated_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    if (!row) return fail(row.error());
    sqlite::Statement& insert = **row;
    insert.bind(1, record.address);
    insert.bind(2, record.type);
    insert.bind(3, record.name);
    insert.bind(4, resource.base_name);
    insert.bind(5, std::int64_t{resource.generation});
    insert.bind(6, inputs);
    insert.bind(7, outputs);
    insert.bind(8, dependencies);
    insert.bind(9, std::int64_t{resource.protect});
    insert.bind(10, std::int64_t{resource.incomplete});
    insert.bind(11, std::int64_t{resource.deposed});
    insert.bind(12, nanoseconds(resource.created_at));
    insert.bind(13, nanoseconds(resource.updated_at));
    if (Status done = insert.run(); !done) return done;
    const auto grave = writer.statement("DELETE FROM tombstones WHERE type = ? AND name = ?");
    if (!grave) return fail(grave.error());
    (*grave)->bind(1, record.type);
    (*grave)->bind(2, record.name);
    return (*grave)->run();
  }

  Status operator()(const change::RemoveResource& remove) {
    const auto row = writer.statement("DELETE FROM resources WHERE address = ?");
    if (!row) return fail(row.error());
    (*row)->bind(1, remove.address);
    return (*row)->run();
  }

  Status operator()(const change::MoveResource& move) {
    const auto resource =
        writer.statement("UPDATE OR REPLACE resources SET address = ? WHERE address = ?");
    if (!resource) return fail(resource.error());
    (*resource)->bind(1, move.to);
    (*resource)->bind(2, move.from);
    if (Status done = (*resource)->run(); !done) return done;
    const auto intent =
        writer.statement("UPDATE intents SET address = ? WHERE address = ? AND outcome IS NULL");
    if (!intent) return fail(intent.error());
    (*intent)->bind(1, move.to);
    (*intent)->bind(2, move.from);
    if (Status done = (*intent)->run(); !done) return done;
    if (Status done = writer.rename_dependency(
            "SELECT address, dependencies FROM resources WHERE instr(dependencies, ?) > 0",
            "UPDATE resources SET dependencies = ? WHERE address = ?", move);
        !done) {
      return done;
    }
    return writer.rename_dependency(
        "SELECT id, dependencies FROM intents WHERE outcome IS NULL"
        " AND instr(dependencies, ?) > 0",
        "UPDATE intents SET dependencies = ? WHERE id = ?", move);
  }

  Status operator()(const change::SetOutputs& set) {
    if (Status done = writer.database_.execute("DELETE FROM outputs"); !done) return done;
    for (const auto& [name, value] : set.outputs) {
      const std::string text = to_state_json(value);
      const auto row = writer.statement("INSERT INTO outputs (name, value) VALUES (?, ?)");
      if (!row) return fail(row.error());
      (*row)->bind(1, name);
      (*row)->bind(2, text);
      if (Status done = (*row)->run(); !done) return done;
    }
    return Ok{};
  }

  Status operator()(const change::AddTombstone& add) {
    const auto row = writer.statement(
        "INSERT OR REPLACE INTO tombstones (type, name, until, reason) VALUES (?, ?, ?, ?)");
    if (!row) return fail(row.error());
    (*row)->bind(1, add.tombstone.type);
    (*row)->bind(2, add.tombstone.name);
    (*row)->bind(3, nanoseconds(add.tombstone.until));
    (*row)->bind(4, add.tombstone.reason);
    return (*row)->run();
  }

  Status operator()(const change::DropTombstones& drop) {
    const auto row = writer.statement("DELETE FROM tombstones WHERE until <= ?");
    if (!row) return fail(row.error());
    (*row)->bind(1, nanoseconds(drop.until));
    return (*row)->run();
  }

  Status operator()(const change::RaiseSerial&) {
    return writer.database_.execute("UPDATE meta SET value = value + 1 WHERE key = 'serial'");
  }

  Status operator()(const change::BeginRun& begin) {
    const auto row = writer.statement("INSERT INTO runs (id, command, begun_at) VALUES (?, ?, ?)");
    if (!row) return fail(row.error());
    (*row)->bind(1, begin.id);
    (*row)->bind(2, begin.command);
    (*row)->bind(3, nanoseconds(begin.at));
    if (Status done = (*row)->run(); !done) return done;
    const std::int64_t oldest = begin.id - runs_kept;
    // An intent that is still open is kept, and so is its run, however old.
    const auto intents = writer.statement(
        "DELETE FROM intents WHERE outcome IS NOT NULL AND (run IS NULL OR run <= ?)");
    if (!intents) return fail(intents.error());
    (*intents)->bind(1, oldest);
    if (Status done = (*intents)->run(); !done) return done;
    const auto runs = writer.statement(
        "DELETE FROM runs WHERE id <= ? AND NOT EXISTS"
        " (SELECT 1 FROM intents WHERE intents.run = runs.id)");
    if (!runs) return fail(runs.error());
    (*runs)->bind(1, oldest);
    return (*runs)->run();
  }

  Status operator()(const change::FinishRun& finish) {
    const auto row = writer.statement("UPDATE runs SET finished_at = ?, outcome = ? WHERE id = ?");
    if (!row) return fail(row.error());
    (*row)->bind(1, nanoseconds(finish.at));
    (*row)->bind(2, finish.outcome);
    (*row)->bind(3, finish.id);
    return (*row)->run();
  }
};

Status RowWriter::write(const change::Change& change) {
  return std::visit(Visitor{*this}, change);
}

Result<sqlite::Statement*> RowWriter::statement(std::string_view sql) {
  const auto known = statements_.find(sql);
  if (known != statements_.end()) return &known->second;
  auto prepared = database_.prepare(sql);
  if (!prepared) return fail(prepared.error());
  return &statements_.emplace(sql, std::move(*prepared)).first->second;
}

Status RowWriter::rename_dependency(std::string_view select, std::string_view update,
                                    const change::MoveResource& move) {
  // The text of a dependency in its row, quotes included, was written by the same function.
  const std::string needle = to_json(Value(move.from));
  const auto holders = statement(select);
  if (!holders) return fail(holders.error());
  (*holders)->bind(1, needle);
  std::vector<std::pair<std::string, std::string>> rows;
  for (;;) {
    const auto more = (*holders)->step();
    if (!more || !*more) {
      (*holders)->reset();
      if (!more) return fail(more.error());
      break;
    }
    rows.emplace_back((*holders)->text(0), (*holders)->text(1));
  }
  for (const auto& [key, text] : rows) {
    std::vector<std::string> dependencies;
    if (Status read = read_list(text, key, dependencies); !read) return read;
    std::replace(dependencies.begin(), dependencies.end(), move.from, move.to);
    std::sort(dependencies.begin(), dependencies.end());
    const std::string changed = list_text(dependencies);
    const auto row = statement(update);
    if (!row) return fail(row.error());
    (*row)->bind(1, changed);
    (*row)->bind(2, key);
    if (Status done = (*row)->run(); !done) return done;
  }
  return Ok{};
}

}  // namespace firn
