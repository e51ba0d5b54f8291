// snowflake.external_table, on Amazon S3. Snowflake documentation: "CREATE EXTERNAL TABLE", "ALTER
// EXTERNAL TABLE", "ALTER TABLE" (columns of external tables), "SHOW EXTERNAL TABLES", "Refresh
// external tables automatically for Amazon S3".
#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "providers/snowflake/types.h"
#include "providers/snowflake/virtual_columns.h"

namespace firn::snowflake {
namespace {

constexpr std::array column_fields = {
    Attribute{.name = "name",
              .doc = "Name of the column; stored in upper case unless it stands in double quotes.",
              .required = true,
              .example = "name: EVENT"},
    Attribute{.name = "type", .doc = "Its type.", .required = true, .example = "type: VARCHAR"},
    Attribute{.name = "expression",
              .doc = "Where its value comes from: VALUE, a row of a file, or METADATA$FILENAME. "
                     "Snowflake shows it in words of its own, so a change made outside is not "
                     "looked for.",
              .required = true,
              .example = "expression: VALUE:event::VARCHAR"},
    Attribute{.name = "partition",
              .kind = AttributeKind::boolean,
              .doc = "Whether files are sorted into partitions by it; then its expression reads "
                     "METADATA$FILENAME only.",
              .default_json = "false",
              .example = "partition: true"},
};
constexpr Attribute column_element{.name = "column",
                                   .kind = AttributeKind::object,
                                   .doc = "One virtual column.",
                                   .fields = column_fields};

constexpr std::array attributes = {
    schema_attribute,
    Attribute{.name = "stage",
              .doc = "Stage whose files are its rows.",
              .required = true,
              .exercises = true,
              .on_change = OnChange::replace,
              .on_target_replaced = OnTargetReplaced::replace,
              .broken_by_change_of = "url",
              .takes = "fqn",
              .example = "stage: ${events_stage}"},
    Attribute{.name = "path",
              .doc = "Folder below the stage's URL.",
              .on_change = OnChange::replace,
              .example = "path: demo/"},
    Attribute{.name = "file_format",
              .doc = "Format of the files; that of the stage is not inherited.",
              .required = true,
              .on_change = OnChange::replace,
              .on_target_replaced = OnTargetReplaced::replace,
              .takes = "fqn",
              .example = "file_format: ${avro}"},
    Attribute{.name = "pattern",
              .doc = "Regular expression that a file's path must match.",
              .write_only = true,
              .on_change = OnChange::replace,
              .example = "pattern: .*[.]avro"},
    Attribute{
        .name = "columns",
        .kind = AttributeKind::list,
        .doc = "Virtual columns, beside VALUE. They are added and dropped in place; a change "
               "of a partition column makes the table anew.",
        .unordered = true,
        .default_json = "[]",
        .example = "columns: [{ name: EVENT, type: VARCHAR, expression: VALUE:event::VARCHAR }]",
        .element = &column_element},
    Attribute{.name = "auto_refresh",
              .kind = AttributeKind::boolean,
              .doc = "Whether event notifications register new files. Snowflake shows when it is "
                     "off, but not for certain when it is on.",
              .default_json = "true",
              .example = "auto_refresh: false"},
    Attribute{.name = "refresh_on_create",
              .kind = AttributeKind::boolean,
              .doc = "Whether the files that are there already are registered. Read at creation "
                     "only.",
              .write_only = true,
              .default_json = "true",
              .example = "refresh_on_create: false"},
    Attribute{.name = "sns_topic",
              .doc = "SNS topic by which the notifications come; without it the bucket notifies "
                     "`notification_channel` itself.",
              .write_only = true,
              .on_change = OnChange::replace,
              .on_target_replaced = OnTargetReplaced::replace,
              .takes = "arn",
              .example = "sns_topic: ${lake_topic}"},
    comment_attribute,
    Attribute{.name = "notification_channel",
              .doc = "ARN of Snowflake's queue that the table listens to: the `queue` of an "
                     "aws.s3_notification.",
              .computed = true,
              .moves_with = "auto_refresh",
              .stand_in = notification_channel_stand_in},
    fqn_attribute,
};

// ---- reading ----

Listing table_listing(const ObjectName& name) {
  return show_in_schema("SHOW EXTERNAL TABLES", name);
}
Listing column_listing(const ObjectName& name) {
  return show_parts("SHOW COLUMNS", name);
}

std::vector<Listing> listings(const ResourceRecord& record) {
  const auto name = name_in_schema(record.inputs, record.name);
  if (!name) return {};
  std::vector<Listing> all{table_listing(*name)};
  if (record.inputs.find("columns") != nullptr) all.push_back(column_listing(*name));
  return all;
}

std::string normalized_path(std::string_view path) {
  std::string text(path.substr(std::min(path.find_first_not_of('/'), path.size())));
  if (!text.empty() && text.back() != '/') text += '/';
  return text;
}

// `@D.S.ST/path/`: what stands behind the stage.
std::string path_of_location(std::string_view location) {
  bool quoted = false;
  for (std::size_t i = 0; i < location.size(); ++i) {
    if (location[i] == '"') quoted = !quoted;
    if (location[i] == '/' && !quoted) return normalized_path(location.substr(i + 1));
  }
  return {};
}

Result<Seen> read(const Inventory& inventory, const ResourceRecord& record) {
  Seen seen;
  const auto found = find_in_schema(inventory, record, table_listing);
  if (!found) return fail(found.error());
  const Row* row = found->row;
  if (row == nullptr) return seen;
  const ObjectName& name = found->name;
  seen.exists = true;
  seen.inputs.set("schema", name.parent().shortest());
  // The table is tied to its stage and format by hidden ids: one that was made anew is another one.
  const bool invalid = row->flag("invalid");
  seen.inputs.set("stage", invalid ? Value("(" + row->text("invalid_reason") + ")")
                                   : normalized_name(row->text("stage")));
  const std::string path = path_of_location(row->text("location"));
  seen.inputs.set("path", path.empty() ? Value() : Value(path));
  const std::string format = row->text("file_format_name");
  if (!format.empty()) seen.inputs.set("file_format", normalized_name(format));
  const std::string channel = row->text("notification_channel");
  if (channel.empty()) {
    seen.inputs.set("auto_refresh", false);
  } else if (record.inputs.bool_or("auto_refresh", true)) {
    seen.inputs.set("auto_refresh", true);
  }
  seen.read_comment(row->text("comment"));
  seen.outputs = predict_in_schema({}, record.name, record.inputs);
  // A channel that somebody else switched off comes back with it; the bucket's notification stays.
  const bool is_off = channel.empty() && record.inputs.bool_or("auto_refresh", true);
  seen.outputs.set("notification_channel",
                   is_off ? record.outputs.string_or("notification_channel", "") : channel);
  if (record.inputs.find("columns") != nullptr) {
    auto columns = inventory.rows(column_listing(name));
    if (!columns) return fail(columns.error());
    if (*columns != nullptr) {
      auto shown = shown_columns(**columns, name, record.inputs.at("columns"));
      if (!shown) return fail(shown.error());
      seen.inputs.set("columns", std::move(*shown));
    }
  }
  return seen;
}

// ---- changing ----

Steps create(const Change& change) {
  const auto name = name_in_schema(change.desired, change.name);
  if (!name) return fail(name.error());
  const auto columns = virtual_columns(change.desired.at("columns"));
  if (!columns) return fail(columns.error());
  const auto stage = parse_object_name(change.desired.string_or("stage", ""), 3);
  if (!stage) return fail(stage.error());
  const auto format = parse_object_name(change.desired.string_or("file_format", ""), 3);
  if (!format) return fail(format.error());

  Statement statement("CREATE EXTERNAL TABLE");
  statement.name(*name);
  std::vector<std::string> partitions;
  for (const VirtualColumn& column : *columns) {
    if (&column == columns->data()) {
      statement.open();
    } else {
      statement.comma();
    }
    if (auto added = add_definition(statement, column); !added) return fail(added.error());
    if (column.partition) partitions.push_back(column.name);
  }
  if (!columns->empty()) statement.close();
  if (!partitions.empty()) statement.word("PARTITION BY").identifiers(partitions);
  statement.word("LOCATION =").location(*stage, change.desired.string_or("path", ""));
  if (change.is_set("refresh_on_create")) {
    statement.set_bool("REFRESH_ON_CREATE", change.wanted("refresh_on_create").as_bool());
  }
  if (change.is_set("auto_refresh")) {
    statement.set_bool("AUTO_REFRESH", change.wanted("auto_refresh").as_bool());
  }
  if (change.is_set("pattern")) {
    statement.set_text("PATTERN", change.desired.string_or("pattern", ""));
  }
  statement.word("FILE_FORMAT =").open().set_text("FORMAT_NAME", format->shortest()).close();
  if (change.is_set("sns_topic")) {
    statement.set_text("AWS_SNS_TOPIC", change.desired.string_or("sns_topic", ""));
  }
  statement.set_text("COMMENT", change.comment());
  Step step{statement};
  // Its first look at the files makes Snowflake assume the role, which may still be on its way
  // through AWS, as may be the topic's policy.
  step.waiting_for = change.is_set("sns_topic")
                         ? "waiting until Snowflake may assume the role and subscribe to the topic"
                         : "waiting until Snowflake may assume the role";
  return std::vector{step};
}

// To ALTER, columns are those of a table. A changed one is dropped and added again: it holds no
// data.
Status change_columns(const Change& change, const ObjectName& name, std::vector<Step>& steps) {
  const auto wanted = virtual_columns(change.desired.at("columns"));
  if (!wanted) return fail(wanted.error());
  auto there = virtual_columns(change.prior.at("columns"));
  if (const Value* seen = change.now.inputs.find("columns")) there = virtual_columns(*seen);
  if (!there) return fail(there.error());
  std::vector<Step> drops;
  std::vector<Step> adds;
  for (const VirtualColumn& column : *there) {
    const VirtualColumn* kept = find_column(*wanted, column.name);
    if (kept != nullptr && *kept == column) continue;
    drops.push_back(
        {Statement("ALTER TABLE").name(name).word("DROP COLUMN").identifier(column.name)});
  }
  for (const VirtualColumn& column : *wanted) {
    const VirtualColumn* before = find_column(*there, column.name);
    if (before != nullptr && *before == column) continue;
    Statement add = Statement("ALTER TABLE").name(name).word("ADD COLUMN");
    if (auto added = add_definition(add, column); !added) return fail(added.error());
    adds.push_back({add});
  }
  steps.insert(steps.end(), drops.begin(), drops.end());
  steps.insert(steps.end(), adds.begin(), adds.end());
  return Ok{};
}

Steps update(const Change& change) {
  const auto name = name_in_schema(change.desired, change.name);
  if (!name) return fail(name.error());
  std::vector<Step> steps;
  if (change.has_changed("columns")) {
    if (auto status = change_columns(change, *name, steps); !status) return fail(status.error());
  }
  if (change.has_changed("auto_refresh")) {
    steps.push_back({Statement("ALTER EXTERNAL TABLE")
                         .name(*name)
                         .word("SET")
                         .set_bool("AUTO_REFRESH", change.wanted("auto_refresh").as_bool())});
  }
  if (change.has_changed("comment")) {
    // ALTER EXTERNAL TABLE knows no comment.
    steps.push_back(
        {Statement("COMMENT ON TABLE").name(*name).word("IS").literal(change.comment())});
  }
  return steps;
}

Steps remove(const ResourceRecord& record) {
  const auto name = name_in_schema(record.inputs, record.name);
  if (!name) return fail(name.error());
  return std::vector{Step{Statement("DROP EXTERNAL TABLE").word("IF EXISTS").name(*name)}};
}

// ---- checking ----

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  check_name(inputs, "schema", 2, problems);
  check_name(inputs, "stage", 3, problems);
  check_name(inputs, "file_format", 3, problems);
  check_virtual_columns(inputs.at("columns"), problems);
  if (!inputs.at("sns_topic").is_null() && !inputs.bool_or("auto_refresh", true)) {
    problems.push_back({"sns_topic", "sns_topic needs auto_refresh",
                        "without it nothing listens to the topic",
                        "leave out auto_refresh: false, or sns_topic"});
  }
}

Value normalize(const Value& inputs) {
  Map normal = inputs.as_map();
  for (const std::string_view name : {"schema", "stage", "file_format"})
    normalize_name_at(normal, name);
  if (const Value* columns = normal.find("columns")) {
    Value list = normalized_virtual_columns(*columns);
    normal.set("columns", std::move(list));
  }
  if (const Value* path = normal.find("path"); path != nullptr && path->is_string()) {
    std::string folder = normalized_path(path->as_string());
    if (folder.empty()) {
      normal.erase("path");
    } else {
      normal.set("path", std::move(folder));
    }
  }
  return normal;
}

OnChange judge_change(const Value& before, const Value& after, std::string_view attribute,
                      std::string& reason, std::string&) {
  if (attribute == "columns" && partitions_of(before) != partitions_of(after)) {
    reason = "the partitions of an external table cannot be changed in place; no file is lost";
    return OnChange::replace;
  }
  if (attribute == "stage" && before.is_string() && before.as_string().starts_with('(')) {
    reason = "it has lost its stage or file format " + before.as_string();
    return OnChange::replace;
  }
  for (const Attribute& row : attributes) {
    if (row.name == attribute) return row.on_change;
  }
  return OnChange::update;
}

constexpr ResourceType type{
    .name = "snowflake.external_table",
    .summary = "An external table: files in S3, read as rows where they are.",
    .doc =
        "Making it anew loses no data, since it holds none; but the streams on it are made anew as "
        "well, and lose their offset. Paths in expressions count from the bucket's root, so the "
        "stage's URL and `path` belong together with them.",
    .example =
        "  type: snowflake.external_table\n  schema: ${lake}\n  stage: ${events_stage}\n"
        "  path: demo/\n  file_format: ${avro}\n  columns:\n"
        "    - { name: DAY, type: DATE, partition: true,\n"
        "        expression: \"TO_DATE(SPLIT_PART(METADATA$FILENAME, '/', 3))\" }\n"
        "    - { name: EVENT, type: VARCHAR, expression: \"VALUE:event::VARCHAR\" }\n",
    .attributes = attributes,
    .name_rule = database_name_rule,
    .predict = predict_in_schema,
    .validate = validate,
    .normalize = normalize,
    .judge_change = judge_change};

}  // namespace

const ObjectType external_table_type{.type = &type,
                                     .listings = listings,
                                     .read = read,
                                     .create = create,
                                     .update = update,
                                     .remove = remove,
                                     .reads_back = true,
                                     .update_reads = true};

}  // namespace firn::snowflake
