// snowflake.pipe. Snowflake documentation: "CREATE PIPE", "ALTER PIPE", "SHOW PIPES",
// "SYSTEM$PIPE_STATUS", "Managing Snowpipe".
#include <array>
#include <map>

#include "core/base/text.h"
#include "core/value/json.h"
#include "providers/snowflake/copy_statement.h"
#include "providers/snowflake/pipe_pause.h"
#include "providers/snowflake/types.h"

namespace firn::snowflake {
namespace {

constexpr std::string_view history_loss =
    "the load history of 14 days: the new pipe does not know which files the old one loaded";

constexpr std::array<std::string_view, 3> matches = {"CASE_SENSITIVE", "CASE_INSENSITIVE", "NONE"};
constexpr Attribute column_element{.name = "column", .doc = "Name of a column.", .example = "- ID"};

constexpr std::array copy_fields = {
    Attribute{.name = "into",
              .doc = "Table that rows are appended to.",
              .required = true,
              .on_change = OnChange::replace,
              .takes = "fqn",
              .example = "into: ${coins}"},
    Attribute{.name = "from",
              .doc = "Stage that files are read from.",
              .required = true,
              .exercises = true,
              .on_change = OnChange::replace,
              .on_target_replaced = OnTargetReplaced::replace,
              .broken_by_change_of = "url",
              .takes = "fqn",
              .example = "from: ${coins_stage}"},
    Attribute{.name = "path",
              .doc = "Path below the stage's URL.",
              .on_change = OnChange::replace,
              .example = "path: daily/"},
    Attribute{.name = "pattern",
              .doc = "Regular expression that the rest of a file's path must match.",
              .on_change = OnChange::replace,
              .example = "pattern: .*[.]parquet"},
    Attribute{.name = "file_format",
              .doc = "File format; that of the stage when it is not set.",
              .on_change = OnChange::replace,
              .on_target_replaced = OnTargetReplaced::replace,
              .takes = "fqn",
              .example = "file_format: ${parquet}"},
    Attribute{.name = "match_by_column_name",
              .doc = "Whether fields of the file go to columns of the same name.",
              .on_change = OnChange::replace,
              .default_json = "\"NONE\"",
              .example = "match_by_column_name: CASE_INSENSITIVE",
              .allowed = matches},
    Attribute{.name = "on_error",
              .doc = "What happens to a file with errors: CONTINUE, SKIP_FILE, SKIP_FILE_<n>, "
                     "SKIP_FILE_<n>%.",
              .on_change = OnChange::replace,
              .default_json = "\"SKIP_FILE\"",
              .example = "on_error: CONTINUE"},
    Attribute{.name = "columns",
              .kind = AttributeKind::list,
              .doc = "Columns of the table that are filled, in order.",
              .on_change = OnChange::replace,
              .example = "columns: [ID, NAME]",
              .element = &column_element},
    Attribute{.name = "select",
              .doc = "Expressions over the file's fields, as between SELECT and FROM.",
              .on_change = OnChange::replace,
              .example = "select: $1:id::VARCHAR, METADATA$FILENAME"},
};

constexpr std::array attributes = {
    schema_attribute,
    Attribute{.name = "copy",
              .kind = AttributeKind::object,
              .doc =
                  "What is loaded from where to where. A change makes the pipe anew; the new one "
                  "does not know which files the old one loaded.",
              .required = true,
              .on_change = OnChange::replace,
              .loss = history_loss,
              .example = "copy: { into: ${coins}, from: ${coins_stage} }",
              .fields = copy_fields},
    Attribute{.name = "auto_ingest",
              .kind = AttributeKind::boolean,
              .doc =
                  "Whether event notifications start loading. Creating such a pipe makes Snowflake "
                  "assume the integration's role.",
              .on_change = OnChange::replace,
              .loss = history_loss,
              .default_json = "false",
              .example = "auto_ingest: true"},
    Attribute{.name = "sns_topic",
              .doc = "SNS topic by which the notifications come; without it the bucket notifies "
                     "`notification_channel` itself.",
              .write_only = true,
              .on_change = OnChange::replace,
              .on_target_replaced = OnTargetReplaced::replace,
              .loss = history_loss,
              .takes = "arn",
              .example = "sns_topic: ${coins_topic}"},
    Attribute{.name = "error_integration",
              .doc = "Notification integration that errors are sent to.",
              .on_target_replaced = OnTargetReplaced::update,
              .takes = "fqn",
              .example = "error_integration: LOAD_ERRORS"},
    Attribute{.name = "paused",
              .kind = AttributeKind::boolean,
              .doc = "Whether loading is paused. Notifications are kept for 14 days meanwhile.",
              .default_json = "false",
              .example = "paused: true"},
    comment_attribute,
    Attribute{.name = "notification_channel",
              .doc = "ARN of Snowflake's queue that the pipe listens to.",
              .computed = true,
              .stand_in = notification_channel_stand_in},
    fqn_attribute,
};

Listing pipe_listing(const ObjectName& name) {
  return show_in_schema("SHOW PIPES", name);
}

std::vector<Listing> listings(const ResourceRecord& record) {
  const auto name = name_in_schema(record.inputs, record.name);
  if (!name) return {};
  std::vector<Listing> all{pipe_listing(*name)};
  if (record.inputs.find("paused") != nullptr) all.push_back(pipe_status(*name));
  return all;
}

Value status_of(const Rows& rows) {
  if (rows.rows.empty()) return {};
  auto status = parse_json(rows.rows.front().text_at(0));
  return status ? *status : Value();
}

Result<Seen> read(const Inventory& inventory, const ResourceRecord& record) {
  Seen seen;
  const auto found = find_in_schema(inventory, record, pipe_listing);
  if (!found) return fail(found.error());
  const ObjectName& name = found->name;
  const Row* row = found->row;
  if (row == nullptr) return seen;
  seen.exists = true;
  seen.inputs.set("schema", name.parent().shortest());
  const std::string definition = normalized_sql(row->text("definition"));
  const auto expected = copy_statement(record.inputs.at("copy"));
  seen.inputs.set("copy", expected && normalized_sql(expected->text()) == definition
                              ? record.inputs.at("copy")
                              : Value(Map{{"statement", definition}}));
  const std::string channel = row->text("notification_channel");
  seen.inputs.set("auto_ingest", !channel.empty());
  const std::string errors = row->text("error_integration");
  seen.inputs.set("error_integration",
                  errors.empty() ? Value() : Value(shortest_identifier(errors)));
  seen.read_comment(without_pause(row->text("comment")));
  seen.outputs = predict_in_schema({}, record.name, record.inputs);
  seen.outputs.set("notification_channel", channel);
  if (record.inputs.find("paused") != nullptr) {
    auto status = inventory.rows(pipe_status(name));
    if (!status) return fail(status.error());
    const std::string state =
        *status == nullptr ? "" : status_of(**status).string_or("executionState", "");
    // One that is stopped for another reason (its table is gone) may be paused as well.
    if (state == "RUNNING" || state == "PAUSED") seen.inputs.set("paused", state == "PAUSED");
  }
  return seen;
}

Statement alter(const ObjectName& name) {
  return Statement("ALTER PIPE").name(name);
}

Steps create(const Change& change) {
  const auto name = name_in_schema(change.desired, change.name);
  if (!name) return fail(name.error());
  const auto copy = copy_statement(change.desired.at("copy"));
  if (!copy) return fail(copy.error());
  Statement statement("CREATE PIPE");
  statement.name(*name);
  if (change.is_set("auto_ingest")) {
    statement.set_bool("AUTO_INGEST", change.wanted("auto_ingest").as_bool());
  }
  if (change.is_set("error_integration")) {
    statement.set_identifier("ERROR_INTEGRATION",
                             stored_identifier(change.desired.string_or("error_integration", "")));
  }
  if (change.is_set("sns_topic")) {
    statement.set_text("AWS_SNS_TOPIC", change.desired.string_or("sns_topic", ""));
  }
  statement.set_text("COMMENT", change.comment()).word("AS").append(*copy);
  std::vector<Step> steps{Step{statement}};
  // The first statement that makes Snowflake assume the role and subscribe to the topic; both may
  // still be spreading through AWS.
  steps.front().waiting_for = change.is_set("sns_topic")
                                  ? "waiting until Snowflake may assume the role and subscribe to "
                                    "the topic"
                                  : "waiting until Snowflake may assume the role";
  if (change.wanted("paused").is_bool() && change.wanted("paused").as_bool()) {
    steps.push_back({alter(*name).word("SET").set_bool("PIPE_EXECUTION_PAUSED", true)});
  }
  return steps;
}

std::vector<Listing> around_update(const Change& change) {
  if (!change.has_changed({"paused", "comment"})) return {};
  const auto name = name_in_schema(change.desired, change.name);
  if (!name) return {};
  return {pipe_description(*name)};
}

Steps update(const Change& change) {
  const auto name = name_in_schema(change.desired, change.name);
  if (!name) return fail(name.error());
  std::vector<Step> steps;
  Statement set = alter(*name).word("SET");
  const std::string nothing = set.text();
  PipeComment stored;
  // Not asked where a create finds what it made before.
  const bool is_described =
      change.around != nullptr && change.around->missing(pipe_description(*name)) == nullptr;
  if (is_described) {
    auto described = comment_of(*change.around, *name);
    if (!described) return fail(described.error());
    stored = std::move(*described);
  }
  const bool pauses = change.is_set("paused") && change.wanted("paused").as_bool();
  if (change.has_changed("paused") && pauses) set.set_bool("PIPE_EXECUTION_PAUSED", true);
  if (change.has_changed("error_integration") && change.is_set("error_integration")) {
    set.set_identifier("ERROR_INTEGRATION",
                       stored_identifier(change.desired.string_or("error_integration", "")));
  }
  if (change.has_changed("comment")) {
    set.set_text("COMMENT", change.comment());
  } else if (stored.says_paused) {
    set.set_text("COMMENT", stored.text.value_or(""));
  }
  if (set.text() != nothing) steps.push_back({set});
  if (change.has_changed("error_integration") && !change.is_set("error_integration")) {
    steps.push_back({alter(*name).word("UNSET").word("ERROR_INTEGRATION")});
  }
  // A removal that did not get to its end has paused the pipe, whoever decides that otherwise.
  const bool was_to_be_removed = change.unfinished && !change.is_set("paused");
  const bool is_to_work = (change.has_changed("paused") && !pauses) || was_to_be_removed;
  if (is_to_work || (stored.says_paused && !pauses)) steps.push_back(force_resume_pipe(*name));
  return steps;
}

bool is_drained(const Rows& rows) {
  const Value status = status_of(rows);
  return status.int_or("pendingFileCount", 0) == 0;
}

// Pausing first lets the files that Snowflake already took finish, so that none is loaded by half.
Steps remove(const ResourceRecord& record) {
  const auto name = name_in_schema(record.inputs, record.name);
  if (!name) return fail(name.error());
  const std::vector<std::string_view> gone{"002003", "002043"};
  std::vector<Step> steps;
  steps.push_back({alter(*name).word("SET").set_bool("PIPE_EXECUTION_PAUSED", true), gone});
  Step drain{pipe_status(*name).forms.front(), gone};
  drain.until = is_drained;
  steps.push_back(std::move(drain));
  steps.push_back({Statement("DROP PIPE").word("IF EXISTS").name(*name)});
  return steps;
}

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  check_name(inputs, "schema", 2, problems);
  if (inputs.at("copy").is_map()) {
    std::vector<Problem> inner;
    validate_copy(inputs.at("copy"), inner);
    problems.insert(problems.end(), inner.begin(), inner.end());
  }
  if (!inputs.at("sns_topic").is_null() && !inputs.at("auto_ingest").is_unknown() &&
      !inputs.bool_or("auto_ingest", false)) {
    problems.push_back({"sns_topic", "sns_topic needs auto_ingest: true",
                        "without auto-ingest nothing listens to the topic",
                        "add auto_ingest: true"});
  }
}

// Snowflake takes it; but then each pipe hears of the other's files as well, and what happens to
// the topic, such as the 72 hours after its end, happens to all of them.
void validate_together(std::span<const Peer> peers, std::vector<PeerProblem>& problems) {
  std::map<std::string, std::string_view> listeners;  // topic → pipe
  for (std::size_t i = 0; i < peers.size(); ++i) {
    const Value& topic = peers[i].inputs->at("sns_topic");
    if (!topic.is_string()) continue;
    const auto [found, is_new] = listeners.try_emplace(topic.as_string(), peers[i].address);
    if (is_new) continue;
    PeerProblem problem;
    problem.peer = i;
    problem.problem = {"sns_topic",
                       "\"" + std::string(found->second) + "\" listens to the same topic",
                       "each of the two would hear of the other's files: " + topic.as_string(),
                       "give each pipe a topic of its own"};
    problems.push_back(std::move(problem));
  }
}

Value normalize(const Value& inputs) {
  Map normal = inputs.as_map();
  normalize_name_at(normal, "schema");
  normalize_name_at(normal, "error_integration");
  if (const Value* copy = normal.find("copy")) {
    Value normalized = normalized_copy(*copy);
    normal.set("copy", std::move(normalized));
  }
  return normal;
}

OnChange judge_change(const Value&, const Value&, std::string_view attribute, std::string& reason,
                      std::string&) {
  if (attribute == "copy" || attribute == "auto_ingest" || attribute == "sns_topic") {
    reason = "a pipe's " + std::string(attribute) + " cannot be altered";
  }
  for (const Attribute& row : attributes) {
    if (row.name == attribute) return row.on_change;
  }
  return OnChange::update;
}

constexpr ResourceType type{
    .name = "snowflake.pipe",
    .summary = "A pipe: loads files from a stage into a table as they arrive.",
    .doc =
        "Files that were in the bucket before the pipe are not loaded. Two pipes that match the "
        "same file both load it. Two pipes on one topic are refused.",
    .example =
        "  type: snowflake.pipe\n  schema: ${loading}\n  auto_ingest: true\n"
        "  sns_topic: ${coins_topic}\n"
        "  copy: { into: ${coins}, from: ${coins_stage}, file_format: ${parquet} }\n",
    .attributes = attributes,
    .name_rule = database_name_rule,
    .predict = predict_in_schema,
    .validate = validate,
    .validate_together = validate_together,
    .normalize = normalize,
    .judge_change = judge_change};

}  // namespace

const ObjectType pipe_type{.type = &type,
                           .listings = listings,
                           .read = read,
                           .create = create,
                           .update = update,
                           .remove = remove,
                           .around_update = around_update,
                           .reads_back = true};

}  // namespace firn::snowflake
