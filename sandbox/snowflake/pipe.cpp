#include "sandbox/snowflake/pipe.h"

#include <array>
#include <fmt/core.h>
#include <regex>

#include "core/base/text.h"
#include "core/value/json.h"
#include "sandbox/snowflake/creation.h"
#include "sandbox/snowflake/file_format.h"
#include "sandbox/snowflake/integration.h"
#include "sandbox/snowflake/load.h"
#include "sandbox/snowflake/notification.h"
#include "sandbox/snowflake/parameters.h"
#include "sandbox/snowflake/properties.h"
#include "sandbox/snowflake/sql_error.h"
#include "sandbox/snowflake/stage.h"
#include "sandbox/snowflake/table.h"

namespace firn::sandbox::snowflake {
namespace {

constexpr std::int64_t hour = 3'600'000'000'000;

constexpr std::array<PropertySpec, 7> specs = {{
    {"AUTO_INGEST", PropertyType::boolean, 0, 0, {}, false},
    {"ERROR_INTEGRATION", PropertyType::name},
    {"AWS_SNS_TOPIC", PropertyType::text, 0, 0, {}, false},
    {"INTEGRATION", PropertyType::text, 0, 0, {}, false},
    {"COMMENT", PropertyType::text},
    {"PIPE_EXECUTION_PAUSED", PropertyType::boolean},
    {"LOG_EVENT_LEVEL", PropertyType::keyword},
}};

[[noreturn]] void refuse_binding(std::string_view why) {
  refuse("003137", "42601", fmt::format("Pipe Notifications bind failure \"{}\"", why));
}

bool is_semi_structured(DataType::Family family) {
  return family == DataType::Family::variant || family == DataType::Family::object ||
         family == DataType::Family::array;
}

// What a COPY inside a pipe may not say, and how its format and target must fit.
void check_copy(const CopyInto& copy, const Object& table, const Map& format) {
  static constexpr std::array<std::string_view, 7> known = {
      "FILE_FORMAT",     "PATTERN",        "MATCH_BY_COLUMN_NAME", "ON_ERROR",
      "TRUNCATECOLUMNS", "ENFORCE_LENGTH", "LOAD_UNCERTAIN_FILES"};
  for (const auto& option : copy.options) {
    if (std::find(known.begin(), known.end(), option.name) == known.end()) {
      refuse("000002", "0A000",
             fmt::format("Unsupported feature 'COPY option {} in a pipe'.", option.name));
    }
  }
  const auto* on_error = find(copy.options, "ON_ERROR");
  if (on_error != nullptr) {
    const auto value = to_upper(on_error->text);
    if (value != "CONTINUE" && !value.starts_with("SKIP_FILE")) {
      refuse("000002", "0A000",
             fmt::format("Unsupported feature 'ON_ERROR = {} in a pipe'.", value));
    }
  }
  const auto columns = columns_of(table);
  for (const auto& name : copy.columns) {
    if (std::none_of(columns.begin(), columns.end(),
                     [&](const Column& column) { return column.name == name; })) {
      refuse("000904", "42000", fmt::format("invalid identifier '{}'", printed(name)));
    }
  }
  const auto* match = find(copy.options, "MATCH_BY_COLUMN_NAME");
  const auto matching = match != nullptr ? to_upper(match->text) : "NONE";
  if (matching != "NONE" && matching != "CASE_SENSITIVE" && matching != "CASE_INSENSITIVE") {
    refuse("001422", "22023",
           fmt::format("invalid value [{}] for parameter 'MATCH_BY_COLUMN_NAME'", matching));
  }
  if (matching != "NONE" && (!copy.select.empty() || !copy.columns.empty())) {
    refuse("001757", "42601",
           "MATCH_BY_COLUMN_NAME cannot be combined with a column list or a transformation.");
  }
  for (const auto& item : copy.select)
    check_expression(item.expression);
  const std::size_t targets = copy.columns.empty() ? columns.size() : copy.columns.size();
  if (!copy.select.empty() && copy.select.size() > targets) {
    refuse("002020", "21S01",
           fmt::format("Insert value list does not match column list expecting {} but got {}",
                       targets, copy.select.size()));
  }
  const auto type = format_type(format);
  if (type != "CSV" && matching == "NONE" && copy.select.empty()) {
    bool fits = targets == 1;
    for (const auto& column : columns) {
      const bool wanted = copy.columns.empty() || copy.columns.front() == column.name;
      if (wanted) fits = fits && is_semi_structured(column.type.family);
    }
    if (!fits) {
      refuse("001757", "42601",
             fmt::format("{} file format can produce one and only one column of type variant, "
                         "object, or array. Load data into separate columns using the "
                         "MATCH_BY_COLUMN_NAME copy option or copy with transformation.",
                         type));
    }
  }
  if (type == "CSV" && matching != "NONE" && !format_option(format, "PARSE_HEADER").as_bool()) {
    refuse("001757", "42601", "MATCH_BY_COLUMN_NAME with CSV files needs PARSE_HEADER = TRUE.");
  }
  if (const auto* pattern = find(copy.options, "PATTERN")) {
    try {
      const std::regex compiled(pattern->text);
    } catch (const std::regex_error&) {
      refuse("100048", "2201B", fmt::format("Invalid regular expression: '{}'", pattern->text));
    }
  }
}

}  // namespace

void subscribe(const Context& context, const std::string& topic, const std::string& queue) {
  const auto parts = split(topic, ':');
  if (parts.size() != 6 || parts[0] != "arn" || parts[2] != "sns") {
    refuse_binding(fmt::format("Invalid AWS SNS topic: {}", topic));
  }
  if (context.aws == nullptr) return;
  auto& store = context.catalog.store();
  const auto collection = context.catalog.collection("subscription");
  const Value* found = store.get(collection, topic);
  const Value record = found != nullptr ? *found : Value(Map{});
  const auto lost = record.int_or("lost", 0);
  if (found != nullptr && lost == 0) return;                     // still subscribed
  if (lost != 0 && context.now_ns() - lost < 72 * hour) return;  // silently dead, as in Snowflake
  const auto user = context.catalog.about().string_or("sns_user_arn", "");
  const auto verdict = context.aws->subscribe(topic, user, queue);
  if (!verdict.allowed) {
    refuse_binding(fmt::format("Not authorized to subscribe to {}: {}", topic, verdict.reason));
  }
  store.put(collection, topic, Map{{"queue", queue}});
}

namespace {

std::string region_of_topic(const std::string& topic) {
  const auto parts = split(topic, ':');
  return parts.size() == 6 ? parts[3] : "";
}

// Source: Snowflake documentation, "SYSTEM$PIPE_FORCE_RESUME".
void check_same_owner(const Object& pipe) {
  if (!pipe.flag("ownership_changed")) return;
  refuse("003034", "22000",
         fmt::format("Pipe {0} cannot be resumed as ownership had changed. Resuming pipe may load "
                     "files inserted by previous owner into table. To forceresume pipe use "
                     "SYSTEM$PIPE_FORCE_RESUME('{0}')",
                     printed(pipe.name)));
}

}  // namespace

bool is_paused(const Catalog& catalog, const Object& pipe) {
  return parameter(catalog, pipe, "PIPE_EXECUTION_PAUSED").value == "true";
}

std::string force_resume(Context& context, const std::string& name, const std::string& overrides) {
  const auto path = parse_path(name);
  if (path.empty()) refuse_missing("Pipe", name);
  auto pipe = need(context, Kind::pipe, path);
  require(context, pipe, "OPERATE");
  for (const auto& word : split(overrides, ',')) {
    const auto given = to_upper(trim(word));
    if (!given.empty() && given != "STALENESS_CHECK_OVERRIDE" &&
        given != "OWNERSHIP_TRANSFER_CHECK_OVERRIDE") {
      refuse("001422", "22023", fmt::format("invalid argument '{}'", given));
    }
  }
  pipe.properties.erase("ownership_changed");
  pipe.properties.erase("pipe_execution_paused");
  context.catalog.put(pipe);
  load_pending(context, pipe);
  return "true";
}

std::string notification_channel(Catalog& catalog, const std::string& region) {
  auto& store = catalog.store();
  const auto collection = catalog.collection("channel");
  if (const Value* known = store.get(collection, region)) return known->string_or("arn", "");
  const auto token = [&](std::string_view purpose) {
    return replace_all(replace_all(catalog.fresh_token(purpose), "+", "-"), "/", "_");
  };
  std::string id;
  for (const char c : to_upper(token("queue user"))) {
    if (id.size() < 17 && ((c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7'))) id += c;
  }
  const auto arn =
      fmt::format("arn:aws:sqs:{}:{}:sf-snowpipe-AIDA{}-{}", region,
                  catalog.about().string_or("aws_account", ""), id, token("queue").substr(0, 22));
  store.put(collection, region, Map{{"arn", arn}});
  return arn;
}

std::string channel_of(Catalog& catalog, const Object& pipe) {
  const bool listens =
      pipe.kind == Kind::pipe ? pipe.flag("auto_ingest") : pipe.flag("auto_refresh", true);
  if (!listens) return "";
  const auto region = region_of_topic(pipe.text("aws_sns_topic"));
  return notification_channel(catalog,
                              region.empty() ? catalog.about().string_or("region", "") : region);
}

void lose_subscription(Catalog& catalog, const std::string& topic, const std::string& queue,
                       std::int64_t now_ns) {
  auto& store = catalog.store();
  const auto collection = catalog.collection("subscription");
  const Value* found = store.get(collection, topic);
  if (found == nullptr || found->string_or("queue", "") != queue) return;
  store.put(collection, topic, Map{{"queue", queue}, {"lost", now_ns}});
}

ResultSet create_pipe(Context& context, const Create& create) {
  auto creation = begin(context, create);
  if (creation.already_there) return *creation.already_there;
  auto& pipe = creation.object;
  assign(pipe.properties, specs, create.properties, "PIPE");
  const auto& copy = *create.copy;
  const auto topic = pipe.text("aws_sns_topic");
  const bool auto_ingest = pipe.flag("auto_ingest");
  if (!topic.empty() && !auto_ingest) {
    refuse_binding("Cannot set AWS SNS topic for pipe without auto_ingest");
  }
  if (pipe.has("integration")) refuse_unknown("CREATE PIPE … INTEGRATION = … (not for Amazon S3)");
  check_error_integration(context, pipe);

  const auto table = need(context, Kind::table, copy.into);
  require(context, table, "INSERT");
  require(context, table, "SELECT");
  if (!copy.from.special.empty()) refuse_unknown("CREATE PIPE … FROM @" + copy.from.special);
  const auto stage = need(context, Kind::stage, copy.from.name);
  require(context, stage, "USAGE");
  Map clause = stage.at("format").is_map() ? stage.at("format").as_map() : Map{{"TYPE", "CSV"}};
  if (const auto* format = find(copy.options, "FILE_FORMAT")) {
    clause = read_format_clause(context, *format);
  } else if (const Value* name = clause.find("FORMAT_NAME")) {
    // The stage names a format: who loads from it must be allowed to use that.
    require(context, need(context, Kind::file_format, parse_path(name->as_string())), "USAGE");
  }
  const auto format = resolve_format(context, clause);
  if (!format) {
    refuse_missing("File format", clause.find("FORMAT_NAME")->as_string());
  }
  check_copy(copy, table, *format);

  pipe.properties.set("definition", create.body);
  pipe.properties.set("stage", stage.id);
  pipe.properties.set("stage_name", context.catalog.printed_path(stage));
  pipe.properties.set("format", clause);
  pipe.properties.set("table", context.catalog.printed_path(table));
  if (const auto* pattern = find(copy.options, "PATTERN")) {
    pipe.properties.set("pattern", pattern->text);
  }
  // The names in the COPY keep meaning what they mean now.
  pipe.properties.set("session_database", context.session.database);
  pipe.properties.set("session_schema", context.session.schema);

  if (auto_ingest) {
    const auto problem = try_stage(context, stage, copy.from.path);
    if (!problem.code.empty()) throw problem;
    const auto channel = channel_of(context.catalog, pipe);
    if (!topic.empty()) subscribe(context, topic, channel);
  }
  return finish(context, create, creation);
}

ResultSet alter_pipe(Context& context, const Alter& alter) {
  auto target = alter_target(context, alter);
  if (!target) return done();
  auto& pipe = *target;
  using Action = Alter::Action;
  bool only_pause = alter.action == Action::refresh;
  if (alter.action == Action::set) {
    only_pause = true;
    for (const auto& property : alter.properties) {
      only_pause = only_pause && property.name == "PIPE_EXECUTION_PAUSED";
    }
  }
  if (alter.action == Action::unset) {
    only_pause = alter.names == std::vector<std::string>{"PIPE_EXECUTION_PAUSED"};
  }
  if (only_pause) {
    require(context, pipe, "OPERATE");
  } else {
    require_ownership(context, pipe);
  }
  switch (alter.action) {
    case Action::rename:
      return rename(context, alter, std::move(pipe));
    case Action::refresh:
      return refresh_pipe(context, pipe, alter.properties);
    case Action::set:
      for (const auto* fixed : {"AUTO_INGEST", "AWS_SNS_TOPIC", "INTEGRATION"}) {
        if (find(alter.properties, fixed) != nullptr) {
          refuse("001420", "22023", fmt::format("invalid property '{}' for 'PIPE'", fixed));
        }
      }
      assign(pipe.properties, specs, alter.properties, "PIPE");
      if (find(alter.properties, "PIPE_EXECUTION_PAUSED") != nullptr &&
          !pipe.flag("pipe_execution_paused")) {
        check_same_owner(pipe);
      }
      if (find(alter.properties, "ERROR_INTEGRATION") != nullptr) {
        check_error_integration(context, pipe);
      }
      break;
    case Action::unset:
      unset(pipe.properties, specs, alter.names, "PIPE");
      if (std::find(alter.names.begin(), alter.names.end(), "PIPE_EXECUTION_PAUSED") !=
          alter.names.end()) {
        check_same_owner(pipe);
      }
      break;
    default:
      refuse_unknown("ALTER PIPE with this action");
  }
  context.catalog.put(pipe);
  return done();
}

std::string execution_state(const Context& context, const Object& pipe) {
  const auto& catalog = context.catalog;
  const auto stage = catalog.by_id(Kind::stage, pipe.number("stage"));
  if (!stage) return "STOPPED_STAGE_DROPPED";
  if (pipe.has("stopped")) return pipe.text("stopped");
  if (pipe.at("format").is_map() && !resolve_format(context, pipe.at("format").as_map())) {
    return "STOPPED_FILE_FORMAT_DROPPED";
  }
  if (!target_table(context, pipe)) return "STOPPED_MISSING_TABLE";
  if (is_paused(catalog, pipe)) return "PAUSED";
  if (pipe.has("stalled")) return pipe.text("stalled");
  return "RUNNING";
}

std::string pipe_status(Context& context, const std::string& name) {
  const auto path = parse_path(name);
  if (path.empty()) refuse_missing("Pipe", name);
  auto pipe = need(context, Kind::pipe, path);
  require(context, pipe, "MONITOR");
  load_pending(context, pipe);
  pipe = need(context, Kind::pipe, path);
  const auto state = execution_state(context, pipe);
  const auto pending = pending_files(context, pipe);
  Map status{{"executionState", state}, {"pendingFileCount", std::int64_t(pending.size())}};
  if (!pending.empty()) status.set("oldestPendingFilePath", pending.front());
  if (pipe.flag("auto_ingest")) {
    status.set("notificationChannelName", channel_of(context.catalog, pipe));
    status.set("numOutstandingMessagesOnChannel", 0);
  }
  for (const auto* key :
       {"lastReceivedMessageTimestamp", "lastForwardedMessageTimestamp", "lastForwardedFilePath",
        "lastIngestedTimestamp", "lastIngestedFilePath", "error"}) {
    if (pipe.has(key)) status.set(key, pipe.text(key));
  }
  const auto topic = pipe.text("aws_sns_topic");
  const Value* subscription =
      context.catalog.store().get(context.catalog.collection("subscription"), topic);
  if (!topic.empty() && subscription != nullptr && subscription->int_or("lost", 0) != 0) {
    status.set("channelErrorMessage",
               fmt::format("The subscription to {} was deleted. It is made again when a pipe on "
                           "the topic is created 72 hours later.",
                           topic));
  }
  return to_json(status);
}

void stop_pipes_of_stage(Context& context, const Object& stage, std::string_view state) {
  for (auto pipe : context.catalog.all(Kind::pipe)) {
    if (pipe.number("stage") != stage.id) continue;
    pipe.properties.set("stopped", state);
    context.catalog.put(pipe);
  }
}

}  // namespace firn::sandbox::snowflake
