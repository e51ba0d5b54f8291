// snowflake.procedure. Snowflake documentation: "CREATE PROCEDURE", "DROP PROCEDURE", "SHOW
// PROCEDURES", "DESCRIBE PROCEDURE", "Naming and overloading procedures and UDFs".
#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "providers/snowflake/procedure_parts.h"
#include "providers/snowflake/types.h"

namespace firn::snowflake {
namespace {

constexpr std::array<std::string_view, 3> languages = {"SQL", "JAVASCRIPT", "PYTHON"};
constexpr std::array<std::string_view, 2> rights = {"OWNER", "CALLER"};

constexpr std::array argument_fields = {
    Attribute{
        .name = "name",
        .doc = "Name of the argument; stored in upper case unless it stands in double quotes.",
        .required = true,
        .example = "name: SINCE"},
    Attribute{.name = "type", .doc = "Its type.", .required = true, .example = "type: DATE"},
    Attribute{.name = "default",
              .doc = "SQL of its value when the caller gives none.",
              .example = "default: CURRENT_DATE()"},
};
constexpr Attribute argument_element{.name = "argument",
                                     .kind = AttributeKind::object,
                                     .doc = "One argument.",
                                     .fields = argument_fields};
constexpr Attribute package_element{.name = "package",
                                    .doc = "Name of a package, with or without a version.",
                                    .example = "- snowflake-snowpark-python"};

constexpr std::array attributes = {
    schema_attribute,
    Attribute{.name = "arguments",
              .kind = AttributeKind::list,
              .doc = "Its arguments. Their types are part of its identity: other types make it "
                     "anew, and grants on it go with the old one.",
              .identity = true,
              .on_change = OnChange::replace,
              .default_json = "[]",
              .example = "arguments: [{ name: SINCE, type: DATE }]",
              .element = &argument_element},
    Attribute{.name = "returns",
              .doc = "Type of its result, or TABLE (NAME TYPE, …).",
              .required = true,
              .example = "returns: VARCHAR"},
    Attribute{.name = "language",
              .doc = "Language of the body.",
              .default_json = "\"SQL\"",
              .example = "language: SQL",
              .allowed = languages},
    Attribute{.name = "body",
              .doc = "What it does; in SQL a block BEGIN … END. A change replaces the procedure at "
                     "once and keeps its grants.",
              .required = true,
              .example = "body: ${file('load.sql')}"},
    Attribute{.name = "execute_as",
              .doc = "With whose rights it runs. Snowflake shows it for one procedure at a time "
                     "only, so ALTER PROCEDURE by somebody else is not looked for.",
              .default_json = "\"OWNER\"",
              .example = "execute_as: CALLER",
              .allowed = rights},
    Attribute{.name = "runtime_version",
              .doc = "Version of Python.",
              .example = "runtime_version: \"3.12\""},
    Attribute{.name = "handler",
              .doc = "The function of the body that is called, in Python.",
              .example = "handler: run"},
    Attribute{.name = "packages",
              .kind = AttributeKind::list,
              .doc = "Packages that the body imports, in Python.",
              .unordered = true,
              .example = "packages: [snowflake-snowpark-python]",
              .element = &package_element},
    comment_attribute,
    Attribute{.name = "signature",
              .doc = "Fully qualified name with the types of its arguments, as GRANT and DROP want "
                     "it.",
              .computed = true,
              .predictable = true},
    Attribute{.name = "created_on",
              .doc = "When its present body came in. The body is read again only when this moves.",
              .computed = true},
    fqn_attribute,
};

// ---- reading ----

Listing procedure_listing(const ObjectName& name) {
  return show_in_schema("SHOW PROCEDURES", name);
}

// `"D"."S"."P"(VARCHAR, NUMBER)`; the types are words of the language.
Status add_signature(Statement& statement, const ObjectName& name, const Value& arguments) {
  statement.name(name).open();
  bool first = true;
  for (const std::string& type : bare_types(arguments)) {
    auto word = AuthorSql::expression(type);
    if (!word) return fail(word.error());
    if (!first) statement.comma();
    first = false;
    statement.sql(*word);
  }
  statement.close();
  return Ok{};
}

Result<Listing> description(const ResourceRecord& record) {
  const auto name = name_in_schema(record.inputs, record.name);
  if (!name) return fail(name.error());
  Statement statement("DESC PROCEDURE");
  if (auto added = add_signature(statement, *name, record.inputs.at("arguments")); !added) {
    return fail(added.error());
  }
  return Listing{{statement}};
}

std::vector<Listing> listings(const ResourceRecord& record) {
  const auto name = name_in_schema(record.inputs, record.name);
  if (!name) return {};
  return {procedure_listing(*name)};
}

Result<const Row*> find_procedure(const Inventory& inventory, const ResourceRecord& record) {
  const auto name = name_in_schema(record.inputs, record.name);
  if (!name) return fail(name.error());
  const auto rows = inventory.rows(procedure_listing(*name));
  if (!rows) return fail(rows.error());
  if (*rows == nullptr) return nullptr;
  const auto types = bare_types(record.inputs.at("arguments"));
  for (const Row& row : (*rows)->rows) {
    if (row.text("name") == name->last() && row.text("schema_name") == name->parts[1] &&
        row.text("catalog_name") == name->parts[0] &&
        listed_types(row.text("arguments")) == types) {
      return &row;
    }
  }
  return nullptr;
}

// SHOW tells everything but what the procedure does; that is asked when it may have changed. Only
// CREATE OR REPLACE changes it, which makes the procedure younger.
std::vector<Listing> details(const Inventory& inventory, const ResourceRecord& record) {
  const auto row = find_procedure(inventory, record);
  if (!row || *row == nullptr) return {};
  if ((*row)->text("created_on") == record.outputs.string_or("created_on", "")) return {};
  auto listing = description(record);
  if (!listing) return {};
  return {std::move(*listing)};
}

Status read_description(const Inventory& inventory, const ResourceRecord& record, Seen& seen) {
  const auto listing = description(record);
  if (!listing) return fail(listing.error());
  const auto rows = inventory.rows(*listing);
  if (!rows) return fail(rows.error());
  if (*rows == nullptr) return Ok{};
  const auto property = [&](std::string_view name) {
    const Row* row = find_row(**rows, {{"property", name}});
    return row == nullptr ? std::string() : row->text("value");
  };
  seen.inputs.set("arguments",
                  described_arguments(property("signature"), record.inputs.at("arguments")));
  seen.inputs.set("returns", normalized_returns(property("returns")));
  seen.inputs.set("language", to_upper(property("language")));
  seen.inputs.set("body", normalized_body(property("body")));
  seen.inputs.set("execute_as", to_upper(property("execute as")));
  const auto text_or_null = [&](std::string_view name) {
    const std::string text = property(name);
    return text.empty() ? Value() : Value(text);
  };
  seen.inputs.set("runtime_version", text_or_null("runtime_version"));
  seen.inputs.set("handler", text_or_null("handler"));
  const Value packages = listed_packages(property("packages"));
  seen.inputs.set("packages", packages.as_list().empty() ? Value() : packages);
  return Ok{};
}

Map predict(const Placement& placement, const std::string& name, const Value& inputs) {
  Map outputs = predict_in_schema(placement, name, inputs);
  const Value* fqn = outputs.find("fqn");
  const Value& arguments = inputs.at("arguments");
  if (fqn == nullptr) return outputs;
  if (!fqn->is_string() || arguments.contains_unknown()) {
    outputs.set("signature", fqn->is_string() ? Value::unknown("its arguments") : *fqn);
    return outputs;
  }
  outputs.set("signature", fqn->as_string() + "(" + join(bare_types(arguments), ", ") + ")");
  return outputs;
}

Result<Seen> read(const Inventory& inventory, const ResourceRecord& record) {
  Seen seen;
  const auto row = find_procedure(inventory, record);
  if (!row) return fail(row.error());
  if (*row == nullptr) return seen;
  const auto name = name_in_schema(record.inputs, record.name);
  seen.exists = true;
  seen.inputs.set("schema", name->parent().shortest());
  const std::string created = (*row)->text("created_on");
  if (created != record.outputs.string_or("created_on", "")) {
    if (auto status = read_description(inventory, record, seen); !status) {
      return fail(status.error());
    }
  }
  seen.read_comment((*row)->text("description"));
  seen.outputs = predict({}, record.name, record.inputs);
  seen.outputs.set("created_on", created);
  return seen;
}

// ---- changing ----

Status add_arguments(Statement& statement, const Value& arguments) {
  statement.open();
  for (std::size_t i = 0; arguments.is_list() && i < arguments.as_list().size(); ++i) {
    const Value& argument = arguments.as_list()[i];
    auto type = AuthorSql::expression(argument.string_or("type", ""));
    if (!type) return fail(type.error());
    if (i > 0) statement.comma();
    statement.identifier(stored_identifier(argument.string_or("name", ""))).sql(*type);
    if (!is_text(argument.at("default"))) continue;
    auto fallback = AuthorSql::expression(argument.string_or("default", ""));
    if (!fallback) return fail(fallback.error());
    statement.word("DEFAULT").sql(*fallback);
  }
  statement.close();
  return Ok{};
}

Result<Step> creation(const Change& change, bool replaces) {
  const auto name = name_in_schema(change.desired, change.name);
  if (!name) return fail(name.error());
  auto returns = AuthorSql::expression(change.desired.string_or("returns", ""));
  if (!returns) return fail(returns.error());
  Statement statement(replaces ? Keyword("CREATE OR REPLACE PROCEDURE")
                               : Keyword("CREATE PROCEDURE"));
  statement.name(*name);
  if (auto added = add_arguments(statement, change.desired.at("arguments")); !added) {
    return fail(added.error());
  }
  if (replaces) statement.word("COPY GRANTS");
  statement.word("RETURNS").sql(*returns);
  statement.word("LANGUAGE").value_word(change.wanted("language").as_string());
  if (change.is_set("runtime_version")) {
    statement.set_text("RUNTIME_VERSION", change.desired.string_or("runtime_version", ""));
  }
  if (change.is_set("packages")) {
    statement.set_texts("PACKAGES", texts_of(change.desired.at("packages")));
  }
  if (change.is_set("handler")) {
    statement.set_text("HANDLER", change.desired.string_or("handler", ""));
  }
  statement.set_text("COMMENT", change.comment())
      .word("EXECUTE AS")
      .value_word(change.wanted("execute_as").as_string())
      .word("AS")
      .dollar_literal(change.desired.string_or("body", ""));
  return Step{statement};
}

Steps create(const Change& change) {
  auto step = creation(change, false);
  if (!step) return fail(step.error());
  return std::vector{std::move(*step)};
}

Steps update(const Change& change) {
  const auto name = name_in_schema(change.desired, change.name);
  if (!name) return fail(name.error());
  if (change.has_changed(
          {"arguments", "returns", "language", "body", "runtime_version", "handler", "packages"})) {
    auto step = creation(change, true);
    if (!step) return fail(step.error());
    return std::vector{std::move(*step)};
  }
  std::vector<Step> steps;
  const auto alter = [&]() -> Result<Statement> {
    Statement statement("ALTER PROCEDURE");
    if (auto added = add_signature(statement, *name, change.desired.at("arguments")); !added) {
      return fail(added.error());
    }
    return statement;
  };
  if (change.has_changed("execute_as")) {
    auto statement = alter();
    if (!statement) return fail(statement.error());
    steps.push_back(
        {statement->word("EXECUTE AS").value_word(change.wanted("execute_as").as_string())});
  }
  if (change.has_changed("comment")) {
    auto statement = alter();
    if (!statement) return fail(statement.error());
    steps.push_back({statement->word("SET").set_text("COMMENT", change.comment())});
  }
  return steps;
}

Steps remove(const ResourceRecord& record) {
  const auto name = name_in_schema(record.inputs, record.name);
  if (!name) return fail(name.error());
  Statement statement = Statement("DROP PROCEDURE").word("IF EXISTS");
  if (auto added = add_signature(statement, *name, record.inputs.at("arguments")); !added) {
    return fail(added.error());
  }
  return std::vector{Step{statement}};
}

// ---- checking ----

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  check_name(inputs, "schema", 2, problems);
  check_arguments(inputs.at("arguments"), problems);
  const std::string language = inputs.string_or("language", "SQL");
  if (inputs.at("body").is_string() && language == "SQL") {
    const auto body = AuthorSql::script(inputs.at("body").as_string());
    if (!body) problems.push_back(problem_of("body", body.error()));
  }
  if (inputs.at("returns").is_string()) {
    const auto returns = AuthorSql::expression(inputs.at("returns").as_string());
    if (!returns) problems.push_back(problem_of("returns", returns.error()));
  }
  for (const std::string_view of_python : {"runtime_version", "handler", "packages"}) {
    const bool given = !inputs.at(of_python).is_null();
    if (given && language != "PYTHON") {
      problems.push_back({std::string(of_python), std::string(of_python) + " belongs to Python",
                          "the procedure is written in " + language,
                          "leave it out, or write language: PYTHON"});
    } else if (!given && language == "PYTHON") {
      problems.push_back({"",
                          "a procedure in Python needs " + std::string(of_python),
                          {},
                          "add runtime_version:, handler: and packages:"});
    }
  }
}

Value normalize(const Value& inputs) {
  Map normal = inputs.as_map();
  normalize_name_at(normal, "schema");
  normalize_upper_at(normal, "language");
  normalize_upper_at(normal, "execute_as");
  if (const Value* arguments = normal.find("arguments")) {
    Value list = normalized_arguments(*arguments);
    normal.set("arguments", std::move(list));
  }
  if (const Value* returns = normal.find("returns"); returns != nullptr && returns->is_string()) {
    std::string text = normalized_returns(returns->as_string());
    normal.set("returns", std::move(text));
  }
  if (const Value* body = normal.find("body"); body != nullptr && body->is_string()) {
    std::string text = normalized_body(body->as_string());
    normal.set("body", std::move(text));
  }
  return normal;
}

OnChange judge_change(const Value& before, const Value& after, std::string_view attribute,
                      std::string& reason, std::string&) {
  if (attribute == "arguments") {
    if (bare_types(before) == bare_types(after)) return OnChange::update;
    reason = "a procedure with other types of arguments is another procedure";
  }
  for (const Attribute& row : attributes) {
    if (row.name == attribute) return row.on_change;
  }
  return OnChange::update;
}

constexpr ResourceType type{
    .name = "snowflake.procedure",
    .summary = "A stored procedure.",
    .doc = "Call it by `${procedure.fqn}`; grant on it by `${procedure.signature}`.",
    .example =
        "  type: snowflake.procedure\n  schema: ${loading}\n  returns: VARCHAR\n  body: |\n"
        "    BEGIN\n      INSERT OVERWRITE INTO PRODUCTS SELECT * FROM V_PRODUCTS;\n"
        "      RETURN 'done';\n    END\n",
    .attributes = attributes,
    .name_rule = database_name_rule,
    .predict = predict,
    .validate = validate,
    .normalize = normalize,
    .judge_change = judge_change};

}  // namespace

const ObjectType procedure_type{.type = &type,
                                .listings = listings,
                                .read = read,
                                .create = create,
                                .update = update,
                                .remove = remove,
                                .details = details,
                                .reads_back = true};

}  // namespace firn::snowflake
