// snowflake.stream. Snowflake documentation: "CREATE STREAM", "ALTER STREAM", "SHOW STREAMS",
// "Introduction to streams".
#include <array>
#include <optional>

#include "core/base/text.h"
#include "providers/snowflake/types.h"

namespace firn::snowflake {
namespace {

constexpr std::string_view offset_loss =
    "its offset: changes that nobody has read from it yet are not in the new stream";

constexpr std::array<std::string_view, 3> modes = {"DEFAULT", "APPEND_ONLY", "INSERT_ONLY"};

constexpr Attribute source_attribute(std::string_view name, std::string_view doc,
                                     std::string_view example) {
  return {.name = name,
          .doc = doc,
          .on_change = OnChange::replace,
          .on_target_replaced = OnTargetReplaced::replace,
          .loss = offset_loss,
          .takes = "fqn",
          .example = example};
}

constexpr std::array attributes = {
    schema_attribute,
    source_attribute("table",
                     "Table whose changes it records. Exactly one of table, view, external_table "
                     "and stage is given.",
                     "table: ${readings}"),
    source_attribute("view", "View whose changes it records.", "view: ${readings_view}"),
    source_attribute("external_table", "External table whose new files it records.",
                     "external_table: ${events}"),
    source_attribute("stage", "Stage whose directory table it watches.", "stage: ${inbox}"),
    Attribute{.name = "mode",
              .doc = "DEFAULT records all changes, APPEND_ONLY new rows of a table or view, "
                     "INSERT_ONLY new rows of an external table, which knows no other mode.",
              .on_change = OnChange::replace,
              .loss = offset_loss,
              .default_json = "\"DEFAULT\"",
              .example = "mode: APPEND_ONLY",
              .allowed = modes},
    Attribute{.name = "show_initial_rows",
              .kind = AttributeKind::boolean,
              .doc = "Whether the first reading gives the rows that were there before the stream. "
                     "Read at creation only.",
              .write_only = true,
              .default_json = "false",
              .example = "show_initial_rows: true"},
    comment_attribute,
    fqn_attribute,
};

struct SourceKind {
  std::string_view attribute;
  Keyword keyword;
  std::string_view listed;  // SHOW STREAMS: source_type
};
constexpr std::array kinds = {
    SourceKind{"table", "ON TABLE", "TABLE"},
    SourceKind{"view", "ON VIEW", "VIEW"},
    SourceKind{"external_table", "ON EXTERNAL TABLE", "EXTERNAL TABLE"},
    SourceKind{"stage", "ON STAGE", "STAGE"},
};

Listing stream_listing(const ObjectName& name) {
  return show_in_schema("SHOW STREAMS", name);
}

std::vector<Listing> listings(const ResourceRecord& record) {
  const auto name = name_in_schema(record.inputs, record.name);
  if (!name) return {};
  return {stream_listing(*name)};
}

// What stands in place of its source when it can be read from no more.
std::optional<std::string> trouble_of(const Row& row) {
  // A source that is gone is told of in a sentence: "No privilege or table dropped".
  if (!parse_object_name(row.text("table_name"), 3)) {
    return "(its source was dropped or made anew)";
  }
  if (row.flag("stale")) return "(stale: its offset lies before what the source keeps)";
  return std::nullopt;
}

Result<Seen> read(const Inventory& inventory, const ResourceRecord& record) {
  Seen seen;
  const auto found = find_in_schema(inventory, record, stream_listing);
  if (!found) return fail(found.error());
  const Row* row = found->row;
  if (row == nullptr) return seen;
  seen.exists = true;
  seen.inputs.set("schema", found->name.parent().shortest());
  const std::string source_type = to_upper(row->text("source_type"));
  const auto trouble = trouble_of(*row);
  for (const SourceKind& kind : kinds) {
    const bool is_recorded = record.inputs.find(kind.attribute) != nullptr;
    if (trouble && is_recorded) {
      seen.inputs.set(kind.attribute, *trouble);
    } else if (!trouble && source_type == kind.listed) {
      seen.inputs.set(kind.attribute, normalized_name(row->text("table_name")));
    } else if (!trouble && is_recorded) {
      seen.inputs.set(kind.attribute, Value());
    }
  }
  const std::string mode = to_upper(row->text("mode"));
  seen.inputs.set("mode", mode.empty() ? std::string("DEFAULT") : mode);
  seen.read_comment(row->text("comment"));
  seen.outputs = predict_in_schema({}, record.name, record.inputs);
  return seen;
}

Steps create(const Change& change) {
  const auto name = name_in_schema(change.desired, change.name);
  if (!name) return fail(name.error());
  Statement statement("CREATE STREAM");
  statement.name(*name);
  for (const SourceKind& kind : kinds) {
    if (!change.is_set(kind.attribute)) continue;
    const auto source = parse_object_name(change.desired.string_or(kind.attribute, ""), 3);
    if (!source) return fail(source.error());
    statement.word(kind.keyword).name(*source);
  }
  const std::string mode = change.wanted("mode").as_string();
  if (mode == "APPEND_ONLY") statement.set_bool("APPEND_ONLY", true);
  if (mode == "INSERT_ONLY") statement.set_bool("INSERT_ONLY", true);
  if (change.desired.bool_or("show_initial_rows", false)) {
    statement.set_bool("SHOW_INITIAL_ROWS", true);
  }
  statement.set_text("COMMENT", change.comment());
  return std::vector{Step{statement}};
}

Steps update(const Change& change) {
  const auto name = name_in_schema(change.desired, change.name);
  if (!name) return fail(name.error());
  std::vector<Step> steps;
  if (change.has_changed("comment")) {
    steps.push_back(
        {Statement("ALTER STREAM").name(*name).word("SET").set_text("COMMENT", change.comment())});
  }
  return steps;
}

Steps remove(const ResourceRecord& record) {
  const auto name = name_in_schema(record.inputs, record.name);
  if (!name) return fail(name.error());
  return std::vector{Step{Statement("DROP STREAM").word("IF EXISTS").name(*name)}};
}

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  check_name(inputs, "schema", 2, problems);
  std::vector<std::string> given;
  for (const SourceKind& kind : kinds) {
    check_name(inputs, kind.attribute, 3, problems);
    if (!inputs.at(kind.attribute).is_null()) given.emplace_back(kind.attribute);
  }
  if (given.size() != 1) {
    problems.push_back({given.empty() ? std::string() : given.back(),
                        given.empty() ? "the stream has no source"
                                      : "the stream has several sources: " + join(given, ", "),
                        "a stream records the changes of one object",
                        "give exactly one of table, view, external_table and stage"});
    return;
  }
  const std::string mode = inputs.string_or("mode", "DEFAULT");
  const std::string& source = given.front();
  const bool external = source == "external_table";
  if (external && mode != "INSERT_ONLY") {
    problems.push_back({"mode", "a stream on an external table is INSERT_ONLY",
                        "Snowflake sees which files came, and no changes inside them",
                        "leave mode out, or write INSERT_ONLY"});
  } else if (!external && mode == "INSERT_ONLY") {
    problems.push_back({"mode",
                        "only a stream on an external table is INSERT_ONLY",
                        {},
                        "write APPEND_ONLY for new rows only"});
  } else if (source == "stage" && mode == "APPEND_ONLY") {
    problems.push_back({"mode", "a stream on a stage has no mode", {}, "leave mode out"});
  }
  const bool rows = source == "table" || source == "view";
  if (!rows && inputs.bool_or("show_initial_rows", false)) {
    problems.push_back({"show_initial_rows",
                        "only streams on tables and views show initial rows",
                        {},
                        "leave show_initial_rows out"});
  }
}

Value normalize(const Value& inputs) {
  Map normal = inputs.as_map();
  normalize_name_at(normal, "schema");
  for (const SourceKind& kind : kinds)
    normalize_name_at(normal, kind.attribute);
  normalize_upper_at(normal, "mode");
  const Value* external = normal.find("external_table");
  if (external != nullptr && !external->is_null() && normal.find("mode") == nullptr) {
    normal.set("mode", "INSERT_ONLY");
  }
  return normal;
}

OnChange judge_change(const Value& before, const Value& after, std::string_view attribute,
                      std::string& reason, std::string&) {
  for (const Attribute& row : attributes) {
    if (row.name != attribute) continue;
    const bool in_trouble = before.is_string() && before.as_string().starts_with('(');
    if (row.on_change == OnChange::replace && in_trouble) {
      reason = "it can be read from no more " + before.as_string();
    } else if (row.on_change == OnChange::replace && !after.is_null()) {
      reason = "a stream's " + std::string(attribute) + " cannot be altered";
    }
    return row.on_change;
  }
  return OnChange::update;
}

constexpr ResourceType type{
    .name = "snowflake.stream",
    .summary = "A stream: the changes of a table since they were last read.",
    .doc =
        "Its offset moves when a statement that changes something reads from it, so each reader "
        "needs a stream of its own. A stream that is not read for as long as its source keeps "
        "changes becomes stale; then it can only be made anew, which the next plan proposes.",
    .example =
        "  type: snowflake.stream\n  schema: ${loading}\n  table: ${readings}\n"
        "  mode: APPEND_ONLY\n",
    .attributes = attributes,
    .name_rule = database_name_rule,
    .predict = predict_in_schema,
    .validate = validate,
    .normalize = normalize,
    .judge_change = judge_change};

}  // namespace

const ObjectType stream_type{.type = &type,
                             .listings = listings,
                             .read = read,
                             .create = create,
                             .update = update,
                             .remove = remove};

}  // namespace firn::snowflake
