// snowflake.view. Snowflake documentation: "CREATE VIEW", "ALTER VIEW", "SHOW VIEWS".
#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "providers/snowflake/columns.h"
#include "providers/snowflake/types.h"

namespace firn::snowflake {
namespace {

constexpr std::array column_fields = {
    Attribute{.name = "name",
              .doc = "Name of the column; stored in upper case unless it stands in double quotes.",
              .required = true,
              .example = "name: PRICE_USD"},
    Attribute{
        .name = "comment", .doc = "Comment on the column.", .example = "comment: in US dollars"},
};
constexpr Attribute column_element{
    .name = "column", .kind = AttributeKind::object, .doc = "One column.", .fields = column_fields};

constexpr std::array attributes = {
    schema_attribute,
    Attribute{.name = "query",
              .doc =
                  "The SELECT. Names that are not qualified are looked up in the view's schema. A "
                  "change replaces the view at once and keeps its grants. So does a table or view "
                  "in it that is replaced: the columns of a view keep the types that they had.",
              .required = true,
              .on_target_replaced = OnTargetReplaced::update,
              .example = "query: SELECT ID, PRICE_USD FROM ${coins.fqn}"},
    Attribute{.name = "columns",
              .kind = AttributeKind::list,
              .doc = "Names of the view's columns, all of them, in the order of the query.",
              .example = "columns: [{ name: ID, comment: of the coin }]",
              .element = &column_element},
    Attribute{.name = "secure",
              .kind = AttributeKind::boolean,
              .doc = "Whether its definition is hidden from those who may only read it.",
              .default_json = "false",
              .example = "secure: true"},
    comment_attribute,
    fqn_attribute,
};

Listing view_listing(const ObjectName& name) {
  return show_in_schema("SHOW VIEWS", name);
}

Listing column_listing(const ObjectName& name) {
  return show_parts("SHOW COLUMNS", name);
}

std::vector<Listing> listings(const ResourceRecord& record) {
  const auto name = name_in_schema(record.inputs, record.name);
  if (!name) return {};
  std::vector<Listing> all{view_listing(*name)};
  if (record.inputs.find("columns") != nullptr) all.push_back(column_listing(*name));
  return all;
}

Value listed_columns(const Rows& rows, const ObjectName& view) {
  List list;
  for (const Column& column : columns_in(rows, view)) {
    Map members{{"name", shortest_identifier(column.name)}};
    if (!column.comment.empty()) members.set("comment", column.comment);
    list.emplace_back(std::move(members));
  }
  return list;
}

Result<Seen> read(const Inventory& inventory, const ResourceRecord& record) {
  Seen seen;
  const auto found = find_in_schema(inventory, record, view_listing);
  if (!found) return fail(found.error());
  const ObjectName& name = found->name;
  const Row* row = found->row;
  if (row == nullptr) return seen;
  seen.exists = true;
  seen.inputs.set("schema", name.parent().shortest());
  // The text of a secure view is hidden from all but its owner.
  const std::string query = normalized_sql(text_after_as(row->text("text")));
  if (!query.empty()) seen.inputs.set("query", query);
  seen.inputs.set("secure", row->flag("is_secure"));
  seen.read_comment(row->text("comment"));
  seen.outputs = predict_in_schema({}, record.name, record.inputs);
  if (record.inputs.find("columns") != nullptr) {
    auto columns = inventory.rows(column_listing(name));
    if (!columns) return fail(columns.error());
    if (*columns != nullptr) seen.inputs.set("columns", listed_columns(**columns, name));
  }
  return seen;
}

Result<Step> creation(const Change& change, const ObjectName& name, bool replaces) {
  auto query = AuthorSql::query(change.desired.string_or("query", ""));
  if (!query) return fail(query.error());
  const bool secure = change.desired.bool_or("secure", false);
  Statement statement = replaces
                            ? (secure ? Statement("CREATE OR REPLACE SECURE VIEW")
                                      : Statement("CREATE OR REPLACE VIEW"))
                            : (secure ? Statement("CREATE SECURE VIEW") : Statement("CREATE VIEW"));
  statement.name(name);
  const Value& columns = change.desired.at("columns");
  if (columns.is_list() && !columns.as_list().empty()) {
    statement.open();
    bool first = true;
    for (const Value& column : columns.as_list()) {
      if (!first) statement.comma();
      first = false;
      statement.identifier(stored_identifier(column.string_or("name", "")));
      const std::string comment = column.string_or("comment", "");
      if (!comment.empty()) statement.word("COMMENT").literal(comment);
    }
    statement.close();
  }
  if (replaces) statement.word("COPY GRANTS");
  statement.set_text("COMMENT", change.comment()).word("AS").sql(*query);
  Step step{std::move(statement)};
  step.database = name.parts[0];
  step.schema = name.parts[1];
  return step;
}

Steps create(const Change& change) {
  const auto name = name_in_schema(change.desired, change.name);
  if (!name) return fail(name.error());
  auto step = creation(change, *name, false);
  if (!step) return fail(step.error());
  return std::vector{std::move(*step)};
}

Steps update(const Change& change) {
  const auto name = name_in_schema(change.desired, change.name);
  if (!name) return fail(name.error());
  if (change.has_changed({"query", "columns"})) {
    auto step = creation(change, *name, true);
    if (!step) return fail(step.error());
    return std::vector{std::move(*step)};
  }
  std::vector<Step> steps;
  if (change.has_changed("secure")) {
    steps.push_back({Statement("ALTER VIEW")
                         .name(*name)
                         .word(change.wanted("secure").as_bool() ? Keyword("SET SECURE")
                                                                 : Keyword("UNSET SECURE"))});
  }
  if (change.has_changed("comment")) {
    steps.push_back(
        {Statement("ALTER VIEW").name(*name).word("SET").set_text("COMMENT", change.comment())});
  }
  return steps;
}

Steps remove(const ResourceRecord& record) {
  const auto name = name_in_schema(record.inputs, record.name);
  if (!name) return fail(name.error());
  return std::vector{Step{Statement("DROP VIEW").word("IF EXISTS").name(*name)}};
}

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  check_name(inputs, "schema", 2, problems);
  if (inputs.at("query").is_string()) {
    const auto query = AuthorSql::query(inputs.at("query").as_string());
    if (!query) problems.push_back(problem_of("query", query.error()));
  }
}

Value normalize(const Value& inputs) {
  Map normal = inputs.as_map();
  normalize_name_at(normal, "schema");
  if (const Value* query = normal.find("query"); query != nullptr && query->is_string()) {
    std::string text = normalized_sql(query->as_string());
    normal.set("query", std::move(text));
  }
  if (const Value* columns = normal.find("columns"); columns != nullptr && columns->is_list()) {
    List list;
    for (const Value& written : columns->as_list()) {
      if (!written.is_map()) {
        list.push_back(written);
        continue;
      }
      Map members = written.as_map();
      normalize_name_at(members, "name");
      if (written.at("comment").is_string() && written.string_or("comment", "").empty()) {
        members.erase("comment");
      }
      list.emplace_back(std::move(members));
    }
    normal.set("columns", std::move(list));
  }
  return normal;
}

constexpr ResourceType type{
    .name = "snowflake.view",
    .summary = "A view.",
    .doc = "Refer to what the query reads by `${table.fqn}`, so that it exists before the view.",
    .example =
        "  type: snowflake.view\n  schema: ${working}\n"
        "  query: SELECT ID, PRICE_USD FROM ${coins.fqn}\n",
    .attributes = attributes,
    .name_rule = database_name_rule,
    .predict = predict_in_schema,
    .validate = validate,
    .normalize = normalize};

}  // namespace

const ObjectType view_type{.type = &type,
                           .listings = listings,
                           .read = read,
                           .create = create,
                           .update = update,
                           .remove = remove};

}  // namespace firn::snowflake
