// snowflake.stage: an external stage on S3. Snowflake documentation: "CREATE STAGE", "ALTER STAGE",
// "SHOW STAGES", "DESCRIBE STAGE".
#include <array>

#include "core/base/text.h"
#include "providers/snowflake/types.h"

namespace firn::snowflake {
namespace {

constexpr std::array directory_fields = {
    Attribute{.name = "enable",
              .kind = AttributeKind::boolean,
              .doc = "Whether Snowflake keeps a directory table of the stage's files.",
              .default_json = "false",
              .example = "enable: true"},
};

constexpr std::array attributes = {
    schema_attribute,
    Attribute{.name = "url",
              .doc = "S3 URL. Without a slash at the end it is a plain prefix: s3://b/data also "
                     "means s3://b/data2/. A change stops the pipes that read from the stage, so "
                     "they are made anew.",
              .required = true,
              .weak = true,
              .example = "url: s3://${data.name}/processed/"},
    Attribute{.name = "storage_integration",
              .doc = "Storage integration by which Snowflake reads the URL.",
              .on_target_replaced = OnTargetReplaced::update,
              .takes = "fqn",
              .example = "storage_integration: ${lake}"},
    Attribute{.name = "file_format",
              .doc = "File format of the files; Snowflake's CSV when it is not set.",
              .on_target_replaced = OnTargetReplaced::update,
              .takes = "fqn",
              .example = "file_format: ${parquet}"},
    Attribute{.name = "directory",
              .kind = AttributeKind::object,
              .doc = "Directory table of the stage.",
              .example = "directory: { enable: true }",
              .fields = directory_fields},
    comment_attribute,
    fqn_attribute,
};

Listing stage_listing(const ObjectName& name) {
  return show_in_schema("SHOW STAGES", name);
}
Listing details(const ObjectName& name) {
  return {{Statement("DESC STAGE").name(name)}};
}

std::vector<Listing> listings(const ResourceRecord& record) {
  const auto name = name_in_schema(record.inputs, record.name);
  if (!name) return {};
  std::vector<Listing> all{stage_listing(*name)};
  if (record.inputs.find("file_format") != nullptr) all.push_back(details(*name));
  return all;
}

Result<Seen> read(const Inventory& inventory, const ResourceRecord& record) {
  Seen seen;
  const auto found = find_in_schema(inventory, record, stage_listing);
  if (!found) return fail(found.error());
  const ObjectName& name = found->name;
  const Row* row = found->row;
  if (row == nullptr) return seen;
  seen.exists = true;
  seen.inputs.set("schema", name.parent().shortest());
  seen.inputs.set("url", row->text("url"));
  // The listing prints the stored name, without quotes.
  const std::string integration = row->text("storage_integration");
  seen.inputs.set("storage_integration",
                  integration.empty() ? Value() : Value(shortest_identifier(integration)));
  seen.inputs.set("directory", Map{{"enable", row->flag("directory_enabled")}});
  seen.read_comment(row->text("comment"));
  seen.outputs = predict_in_schema({}, record.name, record.inputs);
  if (record.inputs.find("file_format") != nullptr) {
    auto properties = inventory.rows(details(name));
    if (!properties) return fail(properties.error());
    if (*properties != nullptr) {
      const Row* format = find_row(
          **properties, {{"parent_property", "STAGE_FILE_FORMAT"}, {"property", "FORMAT_NAME"}});
      // Some versions escape the quotes of the name.
      const std::string text =
          format == nullptr ? "" : replace_all(format->text("property_value"), "\\\"", "\"");
      seen.inputs.set("file_format", text.empty() ? Value() : normalized_name(text));
    }
  }
  return seen;
}

Status add_integration(Statement& statement, const Change& change) {
  const auto name = parse_object_name(change.desired.string_or("storage_integration", ""), 1);
  if (!name) return fail(name.error());
  statement.set_identifier("STORAGE_INTEGRATION", name->last());
  return Ok{};
}

Status add_file_format(Statement& statement, const Change& change) {
  const auto name = parse_object_name(change.desired.string_or("file_format", ""), 3);
  if (!name) return fail(name.error());
  statement.word("FILE_FORMAT =").open().set_text("FORMAT_NAME", name->shortest()).close();
  return Ok{};
}

bool directory_enabled(const Change& change) {
  return change.desired.at("directory").bool_or("enable", false);
}

Steps create(const Change& change) {
  const auto name = name_in_schema(change.desired, change.name);
  if (!name) return fail(name.error());
  Statement statement("CREATE STAGE");
  statement.name(*name).set_text("URL", change.desired.string_or("url", ""));
  if (change.is_set("storage_integration")) {
    if (auto status = add_integration(statement, change); !status) return fail(status.error());
  }
  if (change.is_set("directory")) {
    statement.word("DIRECTORY =").open().set_bool("ENABLE", directory_enabled(change)).close();
  }
  if (change.is_set("file_format")) {
    if (auto status = add_file_format(statement, change); !status) return fail(status.error());
  }
  statement.set_text("COMMENT", change.comment());
  return std::vector{Step{statement}};
}

Steps update(const Change& change) {
  const auto name = name_in_schema(change.desired, change.name);
  if (!name) return fail(name.error());
  std::vector<Step> steps;
  Statement set = Statement("ALTER STAGE").name(*name).word("SET");
  const std::string nothing = set.text();
  if (change.has_changed("url")) set.set_text("URL", change.desired.string_or("url", ""));
  if (change.has_changed("storage_integration") && change.is_set("storage_integration")) {
    if (auto status = add_integration(set, change); !status) return fail(status.error());
  }
  if (change.has_changed("file_format")) {
    if (change.is_set("file_format")) {
      if (auto status = add_file_format(set, change); !status) return fail(status.error());
    } else {
      set.word("FILE_FORMAT =").open().set_word("TYPE", "CSV").close();
    }
  }
  if (change.has_changed("comment")) set.set_text("COMMENT", change.comment());
  if (set.text() != nothing) steps.push_back({set});
  if (change.has_changed("directory")) {
    steps.push_back({Statement("ALTER STAGE")
                         .name(*name)
                         .word("SET")
                         .word("DIRECTORY =")
                         .open()
                         .set_bool("ENABLE", directory_enabled(change))
                         .close()});
  }
  return steps;
}

Steps remove(const ResourceRecord& record) {
  const auto name = name_in_schema(record.inputs, record.name);
  if (!name) return fail(name.error());
  return std::vector{Step{Statement("DROP STAGE").word("IF EXISTS").name(*name)}};
}

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  check_name(inputs, "schema", 2, problems);
  check_name(inputs, "storage_integration", 1, problems);
  check_name(inputs, "file_format", 3, problems);
  const Value& url = inputs.at("url");
  if (!url.is_string()) return;
  const std::string& text = url.as_string();
  const auto scheme = text.substr(0, text.find("://"));
  if (scheme != "s3" && scheme != "s3gov" && scheme != "s3china") {
    problems.push_back({"url", "not an S3 URL: " + text,
                        "a stage of this type reads from S3 (s3://, s3gov://, s3china://)",
                        "write s3://BUCKET/PREFIX/"});
  }
}

Value normalize(const Value& inputs) {
  Map normal = inputs.as_map();
  normalize_name_at(normal, "schema");
  normalize_name_at(normal, "storage_integration");
  normalize_name_at(normal, "file_format");
  if (const Value* directory = normal.find("directory");
      directory != nullptr && directory->is_map() && directory->find("enable") == nullptr) {
    normal.set("directory", Map{{"enable", false}});
  }
  return normal;
}

OnChange judge_change(const Value&, const Value& after, std::string_view attribute,
                      std::string& reason, std::string&) {
  if (attribute == "storage_integration" && after.is_null()) {
    reason = "a storage integration can be exchanged, but not taken away from a stage";
    return OnChange::replace;
  }
  for (const Attribute& row : attributes) {
    if (row.name == attribute) return row.on_change;
  }
  return OnChange::update;
}

constexpr ResourceType type{
    .name = "snowflake.stage",
    .summary = "An external stage: a place in S3 that Snowflake reads.",
    .doc =
        "Making a stage checks that its URL lies within the integration's locations, not that "
        "the bucket can be read.",
    .example =
        "  type: snowflake.stage\n  schema: ${loading}\n"
        "  url: s3://${data.name}/processed/\n  storage_integration: ${lake}\n",
    .attributes = attributes,
    .name_rule = database_name_rule,
    .predict = predict_in_schema,
    .validate = validate,
    .normalize = normalize,
    .judge_change = judge_change};

}  // namespace

const ObjectType stage_type{.type = &type,
                            .listings = listings,
                            .read = read,
                            .create = create,
                            .update = update,
                            .remove = remove};

}  // namespace firn::snowflake
