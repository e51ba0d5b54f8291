#include "core/state/row_writer.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/base/digest.h"
#include "core/state/state_rows.h"
#include "core/state/stored_value.h"
#include "core/state/tombstones.h"
#include "core/value/json.h"

namespace firn {
namespace {

// Closed intents and runs are kept for people; this many runs of them.
constexpr int runs_kept = 100;

constexpr std::string_view by_address = "address = ?";
constexpr std::string_view by_id = "id = ?";
constexpr std::string_view open_by_id = "id = ? AND outcome IS NULL";
constexpr std::string_view open_by_address = "address = ? AND outcome IS NULL";
constexpr std::string_view by_key = "key = ?";
constexpr std::string_view by_grave = "type = ? AND name = ? AND place = ?";
// As is_name_of() tells it.
constexpr std::string_view graves_of_name =
    "type = ? AND name = ? AND (place = '' OR instr(?, place) > 0)";

std::int64_t nanoseconds(Instant instant) {
  return instant.time_since_epoch().count();
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

std::string list_text(const std::vector<std::string>& items) {
  if (items.empty()) return "[]";
  List list;
  list.reserve(items.size());
  for (const std::string& item : items)
    list.emplace_back(item);
  return to_json(Value(std::move(list)));
}

void bind_all(sqlite::Statement&, int) {}

template <class First, class... Rest>
void bind_all(sqlite::Statement& statement, int at, const First& first, const Rest&... rest) {
  if constexpr (std::is_same_v<First, std::nullptr_t>) {
    statement.bind_null(at);
  } else if constexpr (std::is_integral_v<First>) {
    statement.bind(at, std::int64_t{first});
  } else {
    statement.bind(at, std::string_view(first));
  }
  bind_all(statement, at + 1, rest...);
}

// Runs what changes rows between leave() and enter() of the rows that it may touch.
template <class... Steps>
Status in_order(Steps... steps) {
  Status done = Ok{};
  static_cast<void>(((done = steps(), done.has_value()) && ...));
  return done;
}

}  // namespace

Result<sqlite::Statement*> RowWriter::statement(std::string_view sql) {
  std::string text(sql);
  const auto known = statements_.find(text);
  if (known != statements_.end()) return &known->second;
  auto prepared = database_.prepare(text);
  if (!prepared) return fail(prepared.error());
  return &statements_.emplace(std::move(text), std::move(*prepared)).first->second;
}

template <class... Parameters>
Status RowWriter::run(std::string_view sql, const Parameters&... parameters) {
  const auto row = statement(sql);
  if (!row) return fail(row.error());
  bind_all(**row, 1, parameters...);
  return (*row)->run();
}

template <class... Parameters>
Result<std::uint64_t> RowWriter::sum_of_rows(Table table, std::string_view where,
                                             const Parameters&... parameters) {
  std::string sql(select_of(table));
  if (!where.empty()) sql.append(" WHERE ").append(where);
  const auto rows = statement(sql);
  if (!rows) return fail(rows.error());
  bind_all(**rows, 1, parameters...);
  std::uint64_t sum = 0;
  for (;;) {
    const auto more = (*rows)->step();
    if (!more || !*more) {
      (*rows)->reset();
      if (!more) return fail(more.error());
      return sum;
    }
    sum += hash_of(table, **rows);
  }
}

template <class... Parameters>
Status RowWriter::leave(Table table, std::string_view where, const Parameters&... parameters) {
  const auto sum = sum_of_rows(table, where, parameters...);
  if (!sum) return fail(sum.error());
  sum_ -= *sum;
  return Ok{};
}

template <class... Parameters>
Status RowWriter::enter(Table table, std::string_view where, const Parameters&... parameters) {
  const auto sum = sum_of_rows(table, where, parameters...);
  if (!sum) return fail(sum.error());
  sum_ += *sum;
  return Ok{};
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
    bind_all(**row, 1, intent.id, nullptr, intent.address, intent.type, action_text(intent.action),
             intent.name, intent.base_name, intent.generation, intent.idempotency_token,
             intent.inputs_digest, inputs, outputs, dependencies, nanoseconds(intent.begun_at));
    if (begin.run) (*row)->bind(2, *begin.run);
    return in_order([&] { return (*row)->run(); },
                    [&] { return writer.enter(Table::intents, by_id, intent.id); });
  }

  Status operator()(const change::RecordIdentity& record) {
    const std::string outputs = to_state_json(record.outputs);
    return in_order([&] { return writer.leave(Table::intents, open_by_id, record.intent); },
                    [&] {
                      return writer.run(
                          "UPDATE intents SET outputs = ? WHERE id = ? AND outcome IS NULL",
                          outputs, record.intent);
                    },
                    [&] { return writer.enter(Table::intents, open_by_id, record.intent); });
  }

  Status operator()(const change::CloseIntent& close) {
    return in_order([&] { return writer.leave(Table::intents, open_by_id, close.intent); },
                    [&] {
                      return writer.run(
                          "UPDATE intents SET outcome = ?, inputs = NULL, outputs = NULL"
                          " WHERE id = ? AND outcome IS NULL",
                          close.outcome, close.intent);
                    });
  }

  Status operator()(const change::CloseIntentsOf& close) {
    return in_order([&] { return writer.leave(Table::intents, open_by_address, close.address); },
                    [&] {
                      return writer.run(
                          "UPDATE intents SET outcome = ?, inputs = NULL, outputs = NULL"
                          " WHERE address = ? AND outcome IS NULL",
                          close.outcome, close.address);
                    });
  }

  Status operator()(const change::PutResource& put) {
    const StoredResource& resource = put.resource;
    const ResourceRecord& record = resource.record;
    const std::string inputs = to_state_json(record.inputs);
    const std::string outputs = to_state_json(record.outputs);
    const std::string dependencies = list_text(resource.dependencies);
    return in_order(
        [&] { return writer.leave(Table::resources, by_address, record.address); },
        [&] {
          return writer.run(
              "INSERT OR REPLACE INTO resources (address, type, name, base_name, generation,"
              " inputs, outputs, dependencies, protect, incomplete, deposed, created_at,"
              " updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
              record.address, record.type, record.name, resource.base_name, resource.generation,
              inputs, outputs, dependencies, resource.protect, resource.incomplete,
              resource.deposed, nanoseconds(resource.created_at), nanoseconds(resource.updated_at));
        },
        [&] { return writer.enter(Table::resources, by_address, record.address); },
        [&] {
          return writer.leave(Table::tombstones, graves_of_name, record.type, record.name,
                              full_name_of(resource));
        },
        [&] {
          return writer.run("DELETE FROM tombstones WHERE " + std::string(graves_of_name),
                            record.type, record.name, full_name_of(resource));
        });
  }

  Status operator()(const change::RemoveResource& remove) {
    return in_order(
        [&] { return writer.leave(Table::resources, by_address, remove.address); },
        [&] { return writer.run("DELETE FROM resources WHERE address = ?", remove.address); });
  }

  Status operator()(const change::MoveResource& move) {
    constexpr std::string_view either = "address IN (?, ?)";
    constexpr std::string_view either_open = "address IN (?, ?) AND outcome IS NULL";
    return in_order(
        [&] { return writer.leave(Table::resources, either, move.from, move.to); },
        [&] {
          return writer.run("UPDATE OR REPLACE resources SET address = ? WHERE address = ?",
                            move.to, move.from);
        },
        [&] { return writer.enter(Table::resources, either, move.from, move.to); },
        [&] { return writer.leave(Table::intents, either_open, move.from, move.to); },
        [&] {
          return writer.run("UPDATE intents SET address = ? WHERE address = ? AND outcome IS NULL",
                            move.to, move.from);
        },
        [&] { return writer.enter(Table::intents, either_open, move.from, move.to); },
        [&] { return writer.rename_dependencies(move.from, move.to); });
  }

  Status operator()(const change::DropDependencies& drop) {
    return writer.rename_dependencies(drop.address, {});
  }

  Status operator()(const change::SetOutputs& set) {
    return in_order([&] { return writer.leave(Table::outputs, ""); },
                    [&] { return writer.run("DELETE FROM outputs"); },
                    [&]() -> Status {
                      for (const auto& [name, value] : set.outputs) {
                        const std::string text = to_state_json(value);
                        Status done = writer.run("INSERT INTO outputs (name, value) VALUES (?, ?)",
                                                 name, text);
                        if (!done) return done;
                      }
                      return Ok{};
                    },
                    [&] { return writer.enter(Table::outputs, ""); });
  }

  Status operator()(const change::AddTombstone& add) {
    const Tombstone& tombstone = add.tombstone;
    return in_order(
        [&] {
          return writer.leave(Table::tombstones, by_grave, tombstone.type, tombstone.name,
                              tombstone.place);
        },
        [&] {
          return writer.run(
              "INSERT OR REPLACE INTO tombstones (type, name, until, reason, place)"
              " VALUES (?, ?, ?, ?, ?)",
              tombstone.type, tombstone.name, nanoseconds(tombstone.until), tombstone.reason,
              tombstone.place);
        },
        [&] {
          return writer.enter(Table::tombstones, by_grave, tombstone.type, tombstone.name,
                              tombstone.place);
        });
  }

  Status operator()(const change::DropTombstones& drop) {
    const std::int64_t until = nanoseconds(drop.until);
    return in_order([&] { return writer.leave(Table::tombstones, "until <= ?", until); },
                    [&] { return writer.run("DELETE FROM tombstones WHERE until <= ?", until); });
  }

  Status operator()(const change::RaiseSerial&) {
    return in_order(
        [&] { return writer.leave(Table::meta, by_key, "serial"); },
        [&] { return writer.run("UPDATE meta SET value = value + 1 WHERE key = 'serial'"); },
        [&] { return writer.enter(Table::meta, by_key, "serial"); });
  }

  Status operator()(const change::ReplaceAll& replace) {
    const State& state = replace.state;
    return in_order([&] { return writer.leave(Table::resources, ""); },
                    [&] { return writer.run("DELETE FROM resources"); },
                    [&] { return writer.leave(Table::tombstones, ""); },
                    [&] { return writer.run("DELETE FROM tombstones"); },
                    [&] { return writer.leave(Table::intents, "outcome IS NULL"); },
                    [&] {
                      return writer.run(
                          "UPDATE intents SET outcome = 'forgotten', inputs = NULL,"
                          " outputs = NULL WHERE outcome IS NULL");
                    },
                    [&]() -> Status {
                      Status done = Ok{};
                      for (auto at = state.resources.begin(); done && at != state.resources.end();
                           ++at)
                        done = (*this)(change::PutResource{at->second});
                      for (std::size_t i = 0; done && i < state.tombstones.size(); ++i)
                        done = (*this)(change::AddTombstone{state.tombstones[i]});
                      for (std::size_t i = 0; done && i < state.open_intents.size(); ++i)
                        done = (*this)(change::BeginIntent{state.open_intents[i], std::nullopt});
                      return done;
                    },
                    [&] { return (*this)(change::SetOutputs{state.outputs}); },
                    [&] { return writer.write_meta("lineage", state.lineage); },
                    [&] { return writer.write_meta("secret_key", base64(state.secret_key)); },
                    [&] { return writer.write_meta("serial", state.serial); });
  }

  Status operator()(const change::BeginRun& begin) {
    const std::int64_t oldest = begin.id - runs_kept;
    constexpr std::string_view forgotten =
        "id <= ? AND NOT EXISTS (SELECT 1 FROM intents WHERE intents.run = runs.id)";
    return in_order(
        [&] {
          return writer.run("INSERT INTO runs (id, command, begun_at) VALUES (?, ?, ?)", begin.id,
                            begin.command, nanoseconds(begin.at));
        },
        [&] { return writer.enter(Table::runs, by_id, begin.id); },
        // An intent that is still open is kept, and so is its run, however old.
        [&] {
          return writer.run(
              "DELETE FROM intents WHERE outcome IS NOT NULL AND (run IS NULL OR run <= ?)",
              oldest);
        },
        [&] { return writer.leave(Table::runs, forgotten, oldest); },
        [&] { return writer.run("DELETE FROM runs WHERE " + std::string(forgotten), oldest); });
  }

  Status operator()(const change::FinishRun& finish) {
    return in_order([&] { return writer.leave(Table::runs, by_id, finish.id); },
                    [&] {
                      return writer.run("UPDATE runs SET finished_at = ?, outcome = ? WHERE id = ?",
                                        nanoseconds(finish.at), finish.outcome, finish.id);
                    },
                    [&] { return writer.enter(Table::runs, by_id, finish.id); });
  }
};

Status RowWriter::write(const change::Change& change) {
  return std::visit(Visitor{*this}, change);
}

Status RowWriter::write_meta(std::string_view key, std::string_view value) {
  return in_order(
      [&] { return leave(Table::meta, by_key, key); },
      [&] { return run("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", key, value); },
      [&] { return enter(Table::meta, by_key, key); });
}

Status RowWriter::write_meta(std::string_view key, std::int64_t value) {
  return in_order(
      [&] { return leave(Table::meta, by_key, key); },
      [&] { return run("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", key, value); },
      [&] { return enter(Table::meta, by_key, key); });
}

Status RowWriter::rename_dependencies(const std::string& from, const std::string& to) {
  return in_order(
      [&] {
        return rename_dependency(
            Table::resources,
            "SELECT address, dependencies FROM resources WHERE instr(dependencies, ?) > 0",
            "UPDATE resources SET dependencies = ? WHERE address = ?", by_address, from, to);
      },
      [&] {
        return rename_dependency(Table::intents,
                                 "SELECT id, dependencies FROM intents WHERE outcome IS NULL"
                                 " AND instr(dependencies, ?) > 0",
                                 "UPDATE intents SET dependencies = ? WHERE id = ?", by_id, from,
                                 to);
      });
}

Status RowWriter::rename_dependency(Table table, std::string_view select, std::string_view update,
                                    std::string_view key_is, const std::string& from,
                                    const std::string& to) {
  // The text of a dependency in its row, quotes included, was written by the same function.
  const std::string needle = to_json(Value(from));
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
  for (const auto& row : rows) {
    // No structured binding: clang 14 does not let a lambda capture one.
    const std::string& key = row.first;
    std::vector<std::string> dependencies;
    if (Status read = read_list(row.second, key, dependencies); !read) return read;
    if (to.empty()) {
      std::erase(dependencies, from);
    } else {
      std::replace(dependencies.begin(), dependencies.end(), from, to);
    }
    std::sort(dependencies.begin(), dependencies.end());
    const std::string changed = list_text(dependencies);
    Status done = in_order([&] { return leave(table, key_is, key); },
                           [&] { return run(update, changed, key); },
                           [&] { return enter(table, key_is, key); });
    if (!done) return done;
  }
  return Ok{};
}

}  // namespace firn
