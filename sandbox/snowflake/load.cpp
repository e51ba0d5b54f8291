#include "sandbox/snowflake/load.h"

#include <algorithm>
#include <charconv>
#include <fmt/core.h>
#include <regex>

#include "core/base/text.h"
#include "core/value/json.h"
#include "sandbox/snowflake/external_table.h"
#include "sandbox/snowflake/file_format.h"
#include "sandbox/snowflake/file_reader.h"
#include "sandbox/snowflake/integration.h"
#include "sandbox/snowflake/parser.h"
#include "sandbox/snowflake/pipe.h"
#include "sandbox/snowflake/properties.h"
#include "sandbox/snowflake/sql_error.h"
#include "sandbox/snowflake/stage.h"
#include "sandbox/snowflake/table.h"

namespace firn::sandbox::snowflake {
namespace {

constexpr std::int64_t day = 86'400'000'000'000;

std::string queue_collection(const Context& context, const Object& pipe) {
  return context.catalog.collection(fmt::format("queue/{}", pipe.id));
}

// The pipe runs as its owner, with the session of its creation.
Context context_of_pipe(const Context& context, const Object& pipe, Access& owner) {
  Context inside{context.catalog, owner, context.aws, context.now, context.session, ""};
  inside.session.database = pipe.text("session_database");
  inside.session.schema = pipe.text("session_schema");
  return inside;
}

}  // namespace

std::string history_collection(const Context& context, const Object& pipe) {
  return context.catalog.collection(fmt::format("history/{}", pipe.id));
}

std::optional<Location> source_of(const Context& context, const Object& pipe) {
  const auto stage = context.catalog.by_id(Kind::stage, pipe.number("stage"));
  if (!stage) return std::nullopt;
  auto url = stage->text("url");
  const auto path = parse_copy(pipe.text("definition")).from.path;
  if (!path.empty() && !url.ends_with('/')) url += '/';
  return parse_location(url + path);
}

namespace {

bool matches(const Context& context, const Object& pipe, const std::string& bucket,
             const std::string& key) {
  const auto source = source_of(context, pipe);
  if (!source || source->bucket != bucket || !key.starts_with(source->prefix)) return false;
  const auto pattern = pipe.text("pattern");
  if (pattern.empty()) return true;
  try {
    const std::regex compiled(pattern);
    return std::regex_match(key, compiled) ||
           std::regex_match(key.substr(source->prefix.size()), compiled);
  } catch (const std::regex_error&) {
    return false;
  }
}

struct Loaded {
  std::vector<Row> rows;
  std::int64_t parsed = 0;
  std::int64_t errors = 0;
  std::string first_error;
  std::int64_t first_line = 0;
  std::string first_column;
};

struct FileScope {
  std::string name;
  std::int64_t row = 0;
  Instant now{};
};

Result<Value> metadata_value(const NamePath& path, const FileScope& file) {
  const auto& name = path.back();
  if (name == "METADATA$FILENAME") return Value(file.name);
  if (name == "METADATA$FILE_ROW_NUMBER") return Value(file.row);
  if (name == "METADATA$START_SCAN_TIME" || name == "METADATA$FILE_LAST_MODIFIED") {
    return Value(format_iso_ms(file.now));
  }
  if (name == "METADATA$FILE_CONTENT_KEY") return Value();
  return fail(ErrorKind::invalid_input, fmt::format("invalid identifier '{}'", dotted(path)));
}

class Loader {
 public:
  Loader(const CopyInto& copy, const Map& format, std::vector<Column> columns, FileScope file)
      : copy_(copy), format_(format), columns_(std::move(columns)), file_(std::move(file)) {
    if (copy_.columns.empty()) {
      for (std::size_t i = 0; i < columns_.size(); ++i)
        targets_.push_back(i);
    }
    for (const auto& name : copy_.columns) {
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (columns_[i].name == name) targets_.push_back(i);
      }
    }
    if (const auto* match = find(copy_.options, "MATCH_BY_COLUMN_NAME")) {
      matching_ = to_upper(match->text);
    }
  }

  Loaded load(const FileContent& content) {
    Loaded loaded;
    for (const auto& record : content.records) {
      ++loaded.parsed;
      file_.row = loaded.parsed;
      auto row = make_row(content, record);
      if (row) {
        loaded.rows.push_back(std::move(*row));
        continue;
      }
      if (loaded.errors++ == 0) {
        loaded.first_error = row.error().summary;
        loaded.first_line = record.line;
        loaded.first_column = failed_column_;
      }
    }
    return loaded;
  }

 private:
  Result<Row> make_row(const FileContent& content, const Record& record) {
    std::vector<std::optional<Value>> values(columns_.size());
    if (!copy_.select.empty()) {
      EvaluationScope scope;
      scope.positions = record.fields;
      const FileScope file = file_;
      scope.column = [file](const NamePath& path) { return metadata_value(path, file); };
      for (std::size_t i = 0; i < copy_.select.size(); ++i) {
        auto value = evaluate(copy_.select[i].expression, scope);
        if (!value) return Failure(value.error());
        values[targets_[i]] = std::move(*value);
      }
    } else if (matching_ != "NONE") {
      match_by_name(content, record, values);
    } else if (format_type(format_) == "JSON") {
      values[targets_.front()] = record.fields.front();
    } else {
      const bool strict = format_option(format_, "ERROR_ON_COLUMN_COUNT_MISMATCH").as_bool();
      if (strict && record.fields.size() != targets_.size()) {
        failed_column_.clear();
        return fail(ErrorKind::invalid_input,
                    fmt::format("Number of columns in file ({}) does not match that of the "
                                "corresponding table ({}), use file format option "
                                "error_on_column_count_mismatch=false to ignore this error",
                                record.fields.size(), targets_.size()));
      }
      for (std::size_t i = 0; i < targets_.size(); ++i) {
        values[targets_[i]] = i < record.fields.size() ? record.fields[i] : Value();
      }
    }
    return cells(values);
  }

  void match_by_name(const FileContent& content, const Record& record,
                     std::vector<std::optional<Value>>& values) const {
    const auto same = [this](std::string_view a, std::string_view b) {
      return matching_ == "CASE_SENSITIVE" ? a == b : equals_ignoring_case(a, b);
    };
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      for (std::size_t f = 0; f < content.header.size() && f < record.fields.size(); ++f) {
        if (same(content.header[f], columns_[i].name)) values[i] = record.fields[f];
      }
      if (!content.header.empty() || !record.fields.front().is_map()) continue;
      for (const auto& [name, value] : record.fields.front().as_map()) {
        if (same(name, columns_[i].name)) values[i] = value;
      }
    }
  }

  Result<Row> cells(const std::vector<std::optional<Value>>& values) {
    Row row;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const auto& column = columns_[i];
      failed_column_ = column.name;
      Value value = values[i] ? *values[i] : default_value(column);
      auto cell = to_cell(column.type, value);
      if (!cell) return Failure(cell.error());
      if (!*cell && !column.nullable) {
        return fail(ErrorKind::invalid_input, "NULL result in a non-nullable column");
      }
      row.push_back(std::move(*cell));
    }
    return row;
  }

  // Literals and the time; other defaults are not evaluated here and leave NULL.
  [[nodiscard]] Value default_value(const Column& column) const {
    if (!column.default_sql) return {};
    const auto& sql = *column.default_sql;
    if (sql.starts_with("CURRENT_TIMESTAMP")) return format_iso_ms(file_.now);
    if (sql.size() >= 2 && sql.front() == '\'' && sql.back() == '\'') {
      return replace_all(sql.substr(1, sql.size() - 2), "''", "'");
    }
    const bool literal = sql.find_first_not_of("0123456789.-+") == std::string::npos ||
                         sql == "TRUE" || sql == "FALSE";
    return literal ? Value(sql) : Value();
  }

  const CopyInto& copy_;
  const Map& format_;
  std::vector<Column> columns_;
  FileScope file_;
  std::vector<std::size_t> targets_;
  std::string matching_ = "NONE";
  std::string failed_column_;
};

// Does ON_ERROR let the good rows of a file with errors in?
bool keeps_good_rows(const CopyInto& copy, const Loaded& loaded) {
  const auto* option = find(copy.options, "ON_ERROR");
  const auto mode = option != nullptr ? to_upper(option->text) : "SKIP_FILE";
  if (mode == "CONTINUE") return true;
  if (!mode.starts_with("SKIP_FILE_")) return false;
  std::string_view limit = std::string_view(mode).substr(10);
  const bool percent = limit.ends_with('%');
  if (percent) limit.remove_suffix(1);
  std::int64_t number = 0;
  std::from_chars(limit.data(), limit.data() + limit.size(), number);
  if (percent) return loaded.errors * 100 < number * loaded.parsed;
  return loaded.errors < number;
}

void remember(const Context& context, const Object& pipe, const std::string& bucket,
              const AwsDoor::Object& object, const Loaded& loaded, const std::string& status,
              std::int64_t rows) {
  context.catalog.store().put(history_collection(context, pipe), bucket + "/" + object.key,
                              Map{{"at", context.now_ns()},
                                  {"bucket", bucket},
                                  {"key", object.key},
                                  {"size", object.size},
                                  {"status", status},
                                  {"rows", rows},
                                  {"parsed", loaded.parsed},
                                  {"errors", loaded.errors},
                                  {"first_error", loaded.first_error},
                                  {"first_line", loaded.first_line},
                                  {"first_column", loaded.first_column},
                                  {"table", pipe.text("table")}});
}

void ingest(Context& context, Object& pipe, const std::string& bucket,
            const AwsDoor::Object& object) {
  const auto table = target_table(context, pipe);
  const auto format = resolve_format(context, pipe.at("format").as_map());
  const auto source = source_of(context, pipe);
  if (!table || !format || !source) return;
  const auto copy = parse_copy(pipe.text("definition"));
  const FileScope file{object.key, 0, context.now};
  Loaded loaded;
  std::string status = "Load failed";
  std::int64_t rows = 0;
  const auto content = read_file(*format, object.body);
  if (!content) {
    loaded.errors = 1;
    loaded.first_error = content.error().summary;
    loaded.first_line = 1;
  } else {
    loaded = Loader(copy, *format, columns_of(*table), file).load(*content);
    if (loaded.errors == 0 || keeps_good_rows(copy, loaded)) {
      rows = static_cast<std::int64_t>(loaded.rows.size());
      append_rows(context, *table, loaded.rows);
      status = loaded.errors == 0 ? "Loaded" : rows > 0 ? "Partially loaded" : "Load failed";
    }
  }
  remember(context, pipe, bucket, object, loaded, status, rows);
  if (status == "Load failed") return;
  pipe.properties.set("lastIngestedTimestamp", format_iso_ms(context.now));
  pipe.properties.set("lastIngestedFilePath", object.key);
  context.catalog.put(pipe);
}

bool is_loaded_already(const Context& context, const Object& pipe, const std::string& bucket,
                       const std::string& key) {
  const Value* entry =
      context.catalog.store().get(history_collection(context, pipe), bucket + "/" + key);
  return entry != nullptr && context.now_ns() - entry->int_or("at", 0) < 14 * day;
}

void enqueue(const Context& context, const Object& pipe, const std::string& bucket,
             const std::string& key) {
  context.catalog.store().put(queue_collection(context, pipe), bucket + "/" + key,
                              Map{{"bucket", bucket}, {"key", key}, {"at", context.now_ns()}});
}

// Why the owner cannot load now; empty: it can.
std::string stall_of(Context& inside, const Object& pipe) {
  const auto copy = parse_copy(pipe.text("definition"));
  const auto table = target_table(inside, pipe);
  if (table && (!inside.access.may(*table, "INSERT") || !inside.access.may(*table, "SELECT"))) {
    return "STALLED_COMPILATION_ERROR";
  }
  const auto stage = inside.catalog.by_id(Kind::stage, pipe.number("stage"));
  if (!stage) return "";
  if (!inside.access.may(*stage, "USAGE")) return "STALLED_COMPILATION_ERROR";
  try {
    const auto problem = try_stage(inside, *stage, copy.from.path);
    return problem.code.empty() ? "" : "STALLED_STAGE_PERMISSION_ERROR";
  } catch (const SqlError&) {
    return "STALLED_STAGE_PERMISSION_ERROR";
  }
}

void receive_file(Context& context, Object pipe, const std::string& bucket,
                  const std::string& key) {
  pipe.properties.set("lastReceivedMessageTimestamp", format_iso_ms(context.now));
  const bool mine = matches(context, pipe, bucket, key);
  if (mine) {
    pipe.properties.set("lastForwardedMessageTimestamp", format_iso_ms(context.now));
    pipe.properties.set("lastForwardedFilePath", bucket + "/" + key);
  }
  context.catalog.put(pipe);
  // Files announced while the table is gone are not kept.
  if (!mine || execution_state(context, pipe).starts_with("STOPPED")) return;
  if (is_loaded_already(context, pipe, bucket, key)) return;
  enqueue(context, pipe, bucket, key);
  load_pending(context, pipe);
}

}  // namespace

std::optional<Object> target_table(const Context& context, const Object& pipe) {
  const auto path = parse_path(pipe.text("table"));
  if (path.size() != 3) return std::nullopt;
  const auto database = context.catalog.find(Kind::database, 0, path[0]);
  if (!database) return std::nullopt;
  const auto schema = context.catalog.find(Kind::schema, database->id, path[1]);
  if (!schema) return std::nullopt;
  return context.catalog.find(Kind::table, schema->id, path[2]);
}

void load_pending(Context& context, const Object& given) {
  auto pipe = given;
  auto& store = context.catalog.store();
  const auto waiting = store.list(queue_collection(context, pipe));
  if (waiting.empty() && !pipe.has("stalled")) return;
  const auto state = execution_state(context, pipe);
  if (state == "PAUSED" || state.starts_with("STOPPED") || context.aws == nullptr) return;
  Access owner(context.catalog, pipe.owner);
  auto inside = context_of_pipe(context, pipe, owner);
  const auto stall = stall_of(inside, pipe);
  if (!stall.empty()) {
    pipe.properties.set("stalled", stall);
    pipe.properties.set("error", "The owner role cannot read the stage or write the table.");
    context.catalog.put(pipe);
    return;
  }
  pipe.properties.erase("stalled");
  pipe.properties.erase("error");
  context.catalog.put(pipe);
  for (const auto& [key, entry] : waiting) {
    store.erase(queue_collection(context, pipe), key);
    const auto bucket = entry.string_or("bucket", "");
    const auto name = entry.string_or("key", "");
    for (const auto& object : context.aws->list_objects(bucket, name)) {
      if (object.key == name) ingest(inside, pipe, bucket, object);
    }
  }
}

void load_all_pending(Context& context) {
  for (const auto& pipe : context.catalog.all(Kind::pipe)) {
    if (!pending_files(context, pipe).empty()) load_pending(context, pipe);
  }
}

std::vector<std::string> pending_files(const Context& context, const Object& pipe) {
  std::vector<std::string> files;
  for (const auto& [key, entry] : context.catalog.store().list(queue_collection(context, pipe))) {
    files.push_back(entry.string_or("key", ""));
  }
  return files;
}

void receive_message(Store& store, const std::string& account, AwsDoor* aws, Instant now,
                     const std::string& message) {
  auto parsed = parse_json(message);
  if (!parsed || !parsed->is_map()) return;
  std::string topic;
  Value event = *parsed;
  if (event.string_or("Type", "") == "Notification") {
    topic = event.string_or("TopicArn", "");
    auto inner = parse_json(event.string_or("Message", ""));
    if (!inner) return;
    event = std::move(*inner);
  }
  if (!event.at("Records").is_list()) return;  // s3:TestEvent and the like
  Catalog catalog(store, account);
  Access nobody(catalog, 0);
  Context context{catalog, nobody, aws, now, {}, ""};
  for (const auto& record : event.at("Records").as_list()) {
    const auto event_name = record.string_or("eventName", "");
    const auto bucket = record.at_path("s3.bucket").string_or("name", "");
    // Keys in events are URL-encoded with '+' for a blank.
    const auto key =
        percent_decode(replace_all(record.at_path("s3.object").string_or("key", ""), "+", " "));
    receive_event(context, topic, event_name, bucket, key);
    if (event_name.find("ObjectCreated") == std::string::npos) continue;
    for (const auto& pipe : catalog.all(Kind::pipe)) {
      if (!pipe.flag("auto_ingest") || pipe.text("aws_sns_topic") != topic) continue;
      receive_file(context, pipe, bucket, key);
    }
  }
}

ResultSet refresh_pipe(Context& context, const Object& given,
                       const std::vector<Property>& options) {
  for (const auto& option : options) {
    if (option.name != "PREFIX" && option.name != "MODIFIED_AFTER") {
      refuse("001420", "22023", fmt::format("invalid property '{}' for 'REFRESH'", option.name));
    }
  }
  ResultSet result{{{"File"}, {"Status"}}, {}, std::nullopt};
  if (context.aws == nullptr) refuse_unknown("ALTER PIPE … REFRESH where AWS is not the sandbox's");
  const auto source = source_of(context, given);
  if (!source) refuse_operation();
  const auto stage = context.catalog.by_id(Kind::stage, given.number("stage"));
  const auto copy = parse_copy(given.text("definition"));
  const auto problem = try_stage(context, *stage, copy.from.path);
  if (!problem.code.empty()) throw problem;
  auto prefix = source->prefix;
  if (const auto* more = find(options, "PREFIX")) prefix += more->text;
  for (const auto& object : context.aws->list_objects(source->bucket, prefix)) {
    if (!matches(context, given, source->bucket, object.key) ||
        is_loaded_already(context, given, source->bucket, object.key)) {
      continue;
    }
    enqueue(context, given, source->bucket, object.key);
    result.rows.push_back({object.key, "SENT"});
  }
  load_pending(context, given);
  return result;
}

}  // namespace firn::sandbox::snowflake
