#include "sandbox/snowflake/external_table.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <regex>

#include "core/base/text.h"
#include "sandbox/snowflake/creation.h"
#include "sandbox/snowflake/file_format.h"
#include "sandbox/snowflake/integration.h"
#include "sandbox/snowflake/pipe.h"
#include "sandbox/snowflake/properties.h"
#include "sandbox/snowflake/sql_error.h"
#include "sandbox/snowflake/stage.h"
#include "sandbox/snowflake/stream.h"
#include "sandbox/snowflake/table.h"

namespace firn::sandbox::snowflake {
namespace {

constexpr std::array<PropertySpec, 6> specs = {{
    {"REFRESH_ON_CREATE", PropertyType::boolean, 0, 0, {}, false},
    {"AUTO_REFRESH", PropertyType::boolean, 0, 0, {}, false},
    {"PATTERN", PropertyType::text, 0, 0, {}, false},
    {"FILE_FORMAT", PropertyType::group},
    {"AWS_SNS_TOPIC", PropertyType::text, 0, 0, {}, false},
    {"COMMENT", PropertyType::text},
}};

Column read_column(const ColumnText& text) {
  if (!text.expression) {
    refuse("001003", "42000",
           fmt::format("syntax error: column '{}' of an external table needs an expression.",
                       printed(text.name)));
  }
  if (text.default_sql || text.autoincrement || text.comment) {
    refuse_unknown("EXTERNAL TABLE … column " + text.name + " with more than an expression");
  }
  Column column;
  column.name = text.name;
  column.type = data_type(text.type);
  column.nullable = !text.not_null;
  column.expression = text.expression;
  return column;
}

void add_column(std::vector<Column>& columns, const ColumnText& text) {
  for (const auto& column : columns) {
    if (column.name == text.name || text.name == "METADATA$FILENAME") {
      refuse("002025", "42S21", fmt::format("duplicate column name '{}'", printed(text.name)));
    }
  }
  columns.push_back(read_column(text));
}

void check_partitions(const std::vector<Column>& columns, const std::vector<std::string>& names) {
  for (const auto& name : names) {
    const auto found = std::find_if(columns.begin(), columns.end(),
                                    [&](const Column& column) { return column.name == name; });
    if (found == columns.end() || !found->expression) {
      refuse("000904", "42000", fmt::format("invalid identifier '{}'", printed(name)));
    }
    if (to_upper(*found->expression).find("METADATA$FILENAME") == std::string::npos) {
      refuse("001422", "22023",
             fmt::format("Partition column '{}' must be an expression of METADATA$FILENAME.",
                         printed(name)));
    }
  }
}

std::vector<std::string> partitions_of(const Object& table) {
  std::vector<std::string> names;
  if (!table.at("partition_by").is_list()) return names;
  for (const auto& name : table.at("partition_by").as_list())
    names.push_back(name.as_string());
  return names;
}

std::string files_collection(const Context& context, const Object& table) {
  return context.catalog.collection(fmt::format("files/{}", table.id));
}

std::optional<Location> location_of(const Context& context, const Object& table) {
  const auto stage = context.catalog.by_id(Kind::stage, table.number("stage"));
  if (!stage) return std::nullopt;
  auto url = stage->text("url");
  const auto path = table.text("path");
  if (!path.empty() && !url.ends_with('/')) url += '/';
  return parse_location(url + path);
}

bool matches(const Object& table, const Location& location, const std::string& bucket,
             const std::string& key) {
  if (location.bucket != bucket || !key.starts_with(location.prefix)) return false;
  const auto pattern = table.text("pattern");
  if (pattern.empty()) return true;
  const std::regex compiled(pattern);
  return std::regex_match(key, compiled) ||
         std::regex_match(key.substr(location.prefix.size()), compiled);
}

void register_file(const Context& context, const Object& table, const AwsDoor::Object& file) {
  context.catalog.store().put(
      files_collection(context, table), file.key,
      Map{{"at", context.now_ns()}, {"size", file.size}, {"etag", file.etag}});
}

// Makes the table's files those of the bucket; answers one row for each that came, changed or went.
ResultSet synchronize(Context& context, Object& table, const std::string& below) {
  ResultSet result{{{"file"}, {"status"}, {"description"}}, {}, std::nullopt};
  const auto location = location_of(context, table);
  if (context.aws == nullptr || !location) return result;
  auto& store = context.catalog.store();
  const auto collection = files_collection(context, table);
  const auto prefix = location->prefix + below;
  std::vector<std::string> present;
  for (const auto& file : context.aws->list_objects(location->bucket, prefix)) {
    if (!matches(table, *location, location->bucket, file.key)) continue;
    present.push_back(file.key);
    const Value* known = store.get(collection, file.key);
    if (known != nullptr && known->string_or("etag", "") == file.etag) continue;
    register_file(context, table, file);
    result.rows.push_back({file.key, known == nullptr ? "REGISTERED_NEW" : "REGISTERED_UPDATE",
                           "File registered successfully."});
  }
  for (const auto& [key, document] : store.list(collection)) {
    if (!key.starts_with(prefix)) continue;
    if (std::find(present.begin(), present.end(), key) != present.end()) continue;
    store.erase(collection, key);
    result.rows.push_back({key, "UNREGISTERED", "File unregistered successfully."});
  }
  table.properties.set("last_refreshed_on", context.now_ns());
  context.catalog.put(table);
  return result;
}

void require_readable(const Context& context, const Object& stage, const std::string& path) {
  const auto problem = try_stage(context, stage, path);
  if (!problem.code.empty()) throw problem;
}

ResultSet refresh(Context& context, Object& table, const std::string& below) {
  const auto reason = invalid_reason(context, table);
  if (!reason.empty()) refuse("091093", "55000", reason);
  const auto stage = context.catalog.by_id(Kind::stage, table.number("stage"));
  require(context, *stage, "USAGE");
  require_readable(context, *stage, table.text("path"));
  return synchronize(context, table, below);
}

}  // namespace

std::string invalid_reason(const Context& context, const Object& table) {
  if (!context.catalog.by_id(Kind::stage, table.number("stage"))) {
    return fmt::format("External table {} marked invalid. Missing stage.", printed(table.name));
  }
  if (!resolve_format(context, table.at("format").as_map())) {
    return fmt::format("External table {} marked invalid. Missing file format.",
                       printed(table.name));
  }
  return "";
}

ResultSet create_external_table(Context& context, const Create& create) {
  auto creation = begin(context, create);
  if (creation.already_there) return *creation.already_there;
  auto& table = creation.object;
  if (!create.location) {
    refuse("002029", "42601", "Missing option(s): [LOCATION]");
  }
  for (const auto* unknown : {"PARTITION_TYPE", "TABLE_FORMAT", "INTEGRATION"}) {
    if (find(create.properties, unknown) != nullptr) {
      refuse_unknown(fmt::format("CREATE EXTERNAL TABLE … {} = …", unknown));
    }
  }
  if (!create.location->special.empty()) {
    refuse_unknown("CREATE EXTERNAL TABLE … LOCATION = @" + create.location->special);
  }
  const auto stage = need(context, Kind::stage, create.location->name);
  require(context, stage, "USAGE");
  assign(table.properties, specs, create.properties, "EXTERNAL TABLE");
  Map format{{"TYPE", "CSV"}};
  if (const auto* clause = find(create.properties, "FILE_FORMAT")) {
    format = read_format_clause(context, *clause);
  }
  if (const auto pattern = table.text("pattern"); !pattern.empty()) {
    try {
      const std::regex compiled(pattern);
    } catch (const std::regex_error&) {
      refuse("100048", "2201B", fmt::format("Invalid regular expression: '{}'", pattern));
    }
  }
  const auto topic = table.text("aws_sns_topic");
  const bool auto_refresh = table.flag("auto_refresh", true);
  if (!topic.empty() && !auto_refresh) {
    refuse("003137", "42601",
           "Pipe Notifications bind failure \"Cannot set AWS SNS topic without auto_refresh\"");
  }
  Column value;
  value.name = "VALUE";
  value.type = parse_data_type("VARIANT");
  value.comment = "The value of this row";
  std::vector<Column> columns{value};
  for (const auto& text : create.columns)
    add_column(columns, text);
  check_partitions(columns, create.partition_by);
  set_columns(table, columns);
  List partitions;
  for (const auto& name : create.partition_by)
    partitions.emplace_back(name);
  table.properties.set("partition_by", std::move(partitions));
  table.properties.set("format", format);
  table.properties.set("stage", stage.id);
  table.properties.set("stage_name", context.catalog.printed_path(stage));
  table.properties.set("path", create.location->path);

  const bool refreshes = table.flag("refresh_on_create", true);
  if (refreshes || auto_refresh) require_readable(context, stage, create.location->path);
  if (auto_refresh) {
    const auto channel = channel_of(context.catalog, table);
    if (!topic.empty()) subscribe(context, topic, channel);
  }
  auto status = finish(context, create, creation);
  if (refreshes) (void)synchronize(context, table, "");
  return status;
}

ResultSet alter_external_table(Context& context, const Alter& alter) {
  auto target = alter_target(context, alter);
  if (!target) return done();
  auto& table = *target;
  require_ownership(context, table);
  switch (alter.action) {
    case Alter::Action::refresh:
      return refresh(context, table, alter.texts.empty() ? "" : alter.texts.front());
    case Alter::Action::set:
      for (const auto& property : alter.properties) {
        if (property.name == "AUTO_REFRESH") continue;
        refuse("001420", "22023",
               fmt::format("invalid property '{}' for 'EXTERNAL TABLE'", property.name));
      }
      assign(table.properties, specs, alter.properties, "EXTERNAL TABLE");
      (void)channel_of(context.catalog, table);
      break;
    default:
      refuse_unknown("ALTER EXTERNAL TABLE with this action");
  }
  context.catalog.put(table);
  return done();
}

ResultSet alter_external_columns(Context& context, const Alter& alter, Object table) {
  require_ownership(context, table);
  auto columns = columns_of(table);
  if (alter.action == Alter::Action::add_columns) {
    for (const auto& text : alter.columns)
      add_column(columns, text);
  } else if (alter.action == Alter::Action::drop_columns) {
    const auto partitions = partitions_of(table);
    for (const auto& name : alter.names) {
      const auto found = std::find_if(columns.begin(), columns.end(),
                                      [&](const Column& column) { return column.name == name; });
      if (found == columns.end()) {
        refuse("000904", "42000", fmt::format("invalid identifier '{}'", printed(name)));
      }
      const bool fixed = name == "VALUE" ||
                         std::find(partitions.begin(), partitions.end(), name) != partitions.end();
      if (fixed) {
        refuse("001425", "22000",
               fmt::format("Cannot drop column '{}' of an external table.", printed(name)));
      }
      columns.erase(found);
    }
  } else {
    refuse_unknown("ALTER TABLE of an external table with this action");
  }
  set_columns(table, columns);
  context.catalog.put(table);
  follow_source(context, table);
  return done();
}

void receive_event(Context& context, const std::string& topic, const std::string& event,
                   const std::string& bucket, const std::string& key) {
  for (auto& table : context.catalog.all(Kind::external_table)) {
    if (!table.flag("auto_refresh", true) || table.text("aws_sns_topic") != topic) continue;
    const auto location = location_of(context, table);
    if (!location || !matches(table, *location, bucket, key)) continue;
    if (!invalid_reason(context, table).empty()) continue;
    if (event.find("ObjectRemoved") != std::string::npos) {
      context.catalog.store().erase(files_collection(context, table), key);
    } else {
      const auto stage = context.catalog.by_id(Kind::stage, table.number("stage"));
      if (context.aws == nullptr || !try_stage(context, *stage, table.text("path")).code.empty()) {
        continue;
      }
      for (const auto& file : context.aws->list_objects(bucket, key)) {
        if (file.key == key) register_file(context, table, file);
      }
    }
    table.properties.set("last_refreshed_on", context.now_ns());
    context.catalog.put(table);
  }
}

ResultSet external_table_files(const Context& context, const Expression& call) {
  std::string name;
  for (std::size_t i = 0; i < call.operands.size(); ++i) {
    const auto& argument = call.argument_names[i];
    if (!argument.empty() && argument != "TABLE_NAME")
      refuse_unknown("EXTERNAL_TABLE_FILES … " + argument);
    name = call.operands[i].text;
  }
  const auto path = parse_path(name);
  if (path.empty()) refuse_missing("External table", name);
  const auto table = need(context, Kind::external_table, path);
  ResultSet result;
  result.columns = {{"FILE_NAME"},
                    {"REGISTERED_ON", "timestamp_ltz", true, 0, 9, 0},
                    {"FILE_SIZE", "fixed", true, 38, 0, 0},
                    {"ETAG"}};
  for (const auto& [key, file] : context.catalog.store().list(files_collection(context, table))) {
    result.rows.push_back({key, timestamp_cell(file.int_or("at", 0)),
                           std::to_string(file.int_or("size", 0)), file.string_or("etag", "")});
  }
  return result;
}

}  // namespace firn::sandbox::snowflake
