#include "providers/snowflake/columns.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "core/base/text.h"
#include "providers/snowflake/object_type.h"

namespace firn::snowflake {
namespace {

const Column* find_column(const std::vector<Column>& columns, std::string_view name) {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const Column& column) { return column.name == name; });
  return found == columns.end() ? nullptr : &*found;
}

void add_sentence(std::string& text, const std::string& sentence) {
  if (sentence.empty()) return;
  if (!text.empty()) text += "; ";
  text += sentence;
}

// Upper case outside quotes, no white space, no `::TYPE` at the end and no CAST(… AS …) around.
std::string plain_expression(std::string_view sql) {
  std::string out;
  char quote = 0;
  for (const char c : trim(sql)) {
    if (quote != 0) {
      out += c;
      if (c == quote) quote = 0;
      continue;
    }
    if (c == '\'' || c == '"') quote = c;
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') continue;
    out += (c >= 'a' && c <= 'z') ? static_cast<char>(c - 'a' + 'A') : c;
  }
  if (out.rfind("CAST(", 0) == 0 && out.back() == ')') {
    if (const auto as = out.rfind("AS"); as != std::string::npos) out = out.substr(5, as - 5);
  }
  if (const auto cast = out.rfind("::");
      cast != std::string::npos && cast > 0 && out.find('\'', cast) == std::string::npos) {
    out.resize(cast);
  }
  return out;
}

Identity identity_of(const Value& written) {
  return {written.int_or("start", 1), written.int_or("increment", 1)};
}

// The number behind a word; `otherwise` when there is none.
std::int64_t number_after(std::string_view text, std::string_view word, std::int64_t otherwise) {
  const auto at = text.find(word);
  if (at == std::string_view::npos) return otherwise;
  const std::string_view rest = trim(text.substr(at + word.size()));
  std::int64_t number = otherwise;
  std::from_chars(rest.data(), rest.data() + rest.size(), number);
  return number;
}

// SHOW COLUMNS, "autoincrement": `IDENTITY START 1 INCREMENT 1 NOORDER`; empty for other columns.
std::optional<Identity> shown_identity(std::string_view text) {
  if (trim(text).empty()) return std::nullopt;
  return Identity{number_after(text, "START", 1), number_after(text, "INCREMENT", 1)};
}

Statement alter_column(const ObjectName& table, const Column& column) {
  return Statement("ALTER TABLE").name(table).word("ALTER COLUMN").identifier(column.name);
}

void check_identity(const Value& column, const std::string& place, std::vector<Problem>& problems) {
  const Value& identity = column.at("identity");
  if (!identity.is_map()) return;
  if (!column.at("default").is_null()) {
    problems.push_back({place + ".identity", "a column has a default or is numbered, not both",
                        "either says what a row gets that brings no value",
                        "keep one of default and identity"});
  }
  if (identity.int_or("increment", 1) == 0) {
    problems.push_back({place + ".identity.increment", "numbers that do not go on",
                        "an increment of 0 would give every row the same number",
                        "write 1, or leave increment out"});
  }
  if (!is_text(column.at("type"))) return;
  const auto type = parse_data_type(column.at("type").as_string());
  if (type && type->family != TypeFamily::number) {
    problems.push_back({place + ".identity", "only a NUMBER can be numbered: " + type->text,
                        "Snowflake numbers rows with whole numbers", "write type: NUMBER"});
  }
}

}  // namespace

Result<std::vector<Column>> columns_of(const Value& columns) {
  std::vector<Column> all;
  if (!columns.is_list()) return all;
  for (const Value& written : columns.as_list()) {
    Column column;
    column.name = stored_identifier(written.string_or("name", ""));
    auto type = parse_data_type(written.string_or("type", ""));
    if (!type) return fail(type.error());
    column.type = *type;
    column.nullable = written.bool_or("nullable", true);
    column.default_sql = written.string_or("default", "");
    if (written.at("identity").is_map()) column.identity = identity_of(written.at("identity"));
    column.comment = written.string_or("comment", "");
    all.push_back(std::move(column));
  }
  return all;
}

Value value_of(const std::vector<Column>& columns) {
  List list;
  for (const Column& column : columns) {
    Map members;
    members.set("name", shortest_identifier(column.name));
    members.set("type", column.type.text);
    if (!column.nullable) members.set("nullable", false);
    if (!column.default_sql.empty()) members.set("default", column.default_sql);
    if (column.identity) {
      members.set("identity", Map{{"start", column.identity->start},
                                  {"increment", column.identity->increment}});
    }
    if (!column.comment.empty()) members.set("comment", column.comment);
    list.emplace_back(std::move(members));
  }
  return list;
}

std::vector<Column> columns_in(const Rows& rows, const ObjectName& table) {
  std::vector<Column> columns;
  for (const Row& row : rows.rows) {
    if (row.text("table_name") != table.last()) continue;
    if (row.text("schema_name") != table.parts[table.parts.size() - 2]) continue;
    if (row.has("database_name") && row.text("database_name") != table.parts.front()) continue;
    Column column;
    column.name = row.text("column_name");
    column.type = data_type_of_listing(row.text("data_type"));
    column.nullable = row.flag("null?");
    column.identity = shown_identity(row.text("autoincrement"));
    if (!column.identity) column.default_sql = row.text("default");
    column.comment = row.text("comment");
    columns.push_back(std::move(column));
  }
  return columns;
}

Value normalized_columns(const Value& columns, const std::vector<std::string>& primary_key) {
  if (!columns.is_list()) return columns;
  List list;
  for (const Value& written : columns.as_list()) {
    if (!written.is_map()) {
      list.push_back(written);
      continue;
    }
    Map members = written.as_map();
    std::string stored;
    if (const Value* name = members.find("name"); name != nullptr && name->is_string()) {
      stored = stored_identifier(name->as_string());
      members.set("name", shortest_identifier(stored));
    }
    if (const Value* type = members.find("type"); type != nullptr && type->is_string()) {
      if (auto parsed = parse_data_type(type->as_string())) members.set("type", parsed->text);
    }
    if (std::find(primary_key.begin(), primary_key.end(), stored) != primary_key.end()) {
      members.set("nullable", false);
    }
    if (const Value* flag = members.find("nullable");
        flag != nullptr && flag->is_bool() && flag->as_bool()) {
      members.erase("nullable");
    }
    if (const Value* identity = members.find("identity"); identity != nullptr) {
      if (identity->is_null()) members.erase("identity");
      if (identity->is_map()) {
        const Identity numbers = identity_of(*identity);
        members.set("identity", Map{{"start", numbers.start}, {"increment", numbers.increment}});
      }
    }
    for (const std::string_view text : {"default", "comment"}) {
      const Value* value = members.find(text);
      if (value != nullptr && value->is_string() && trim(value->as_string()).empty()) {
        members.erase(text);
      }
    }
    list.emplace_back(std::move(members));
  }
  return list;
}

Value normalized_terms(const Value& terms) {
  if (!terms.is_list()) return terms;
  List list;
  for (const Value& term : terms.as_list()) {
    if (!term.is_string()) {
      list.push_back(term);
      continue;
    }
    const auto name = parse_object_name(term.as_string(), 1);
    const bool is_name = name && term.as_string().find_first_of("(),: +-*/'") == std::string::npos;
    list.emplace_back(is_name ? name->shortest() : std::string(trim(term.as_string())));
  }
  return list;
}

std::vector<Column> told_as_recorded(std::vector<Column> shown,
                                     const std::vector<Column>& recorded) {
  std::vector<Column> told;
  for (const Column& known : recorded) {
    const Column* there = find_column(shown, known.name);
    if (there == nullptr) continue;
    told.push_back(*there);
    // Listings print what has parts (VECTOR, MAP, structured OBJECT) without them.
    const auto kind = [](const DataType& type) { return type.text.substr(0, type.text.find('(')); };
    if (there->type.text.empty() ||
        (known.type.family == TypeFamily::other && kind(there->type) == kind(known.type))) {
      told.back().type = known.type;
    }
    if (same_expression(there->default_sql, known.default_sql)) {
      told.back().default_sql = known.default_sql;
    }
  }
  for (Column& column : shown) {
    if (find_column(recorded, column.name) == nullptr) told.push_back(std::move(column));
  }
  return told;
}

bool same_expression(std::string_view a, std::string_view b) {
  return plain_expression(a) == plain_expression(b);
}

ColumnJudgement judge_columns(const std::vector<Column>& before, const std::vector<Column>& after) {
  ColumnJudgement judgement;
  const auto worst = [&](OnChange cost) { judgement.cost = std::max(judgement.cost, cost); };
  std::vector<std::string> dropped;
  for (const Column& old : before) {
    const Column* now = find_column(after, old.name);
    if (now == nullptr) {
      dropped.push_back(shortest_identifier(old.name));
      continue;
    }
    const std::string name = shortest_identifier(old.name);
    const TypeChange type = judge_type_change(old.type, now->type);
    worst(type.cost);
    if (!type.reason.empty()) add_sentence(judgement.reason, name + " from " + type.reason);
    if (!same_expression(old.default_sql, now->default_sql) && !now->default_sql.empty()) {
      worst(OnChange::replace_losing_data);
      add_sentence(judgement.reason,
                   name + ": the default of an existing column can only be dropped");
    }
    if (old.identity != now->identity) {
      worst(OnChange::replace_losing_data);
      add_sentence(judgement.reason,
                   name + ": how a column is numbered is settled when the table is made");
    }
    if (old.nullable && !now->nullable) {
      add_sentence(judgement.reason, name + ": NOT NULL works only while no row holds NULL there");
    }
  }
  for (const Column& now : after) {
    if (find_column(before, now.name) != nullptr) continue;
    const std::string name = shortest_identifier(now.name);
    add_sentence(judgement.reason, name + " is added at the end");
    if (now.identity) {
      add_sentence(judgement.reason, name + ": a column that is numbered needs an empty table");
    } else if (!now.nullable && now.default_sql.empty()) {
      add_sentence(judgement.reason, name + ": NOT NULL without a default needs an empty table");
    }
  }
  if (judgement.cost == OnChange::replace_losing_data) {
    judgement.loss = "all rows of the table";
  } else if (!dropped.empty()) {
    judgement.loss = (dropped.size() == 1 ? "the data of column " : "the data of columns ") +
                     join(dropped, ", ");
  }
  if (!dropped.empty()) {
    add_sentence(judgement.reason,
                 join(dropped, ", ") + (dropped.size() == 1 ? " is dropped" : " are dropped"));
  }
  return judgement;
}

Result<std::vector<Statement>> column_changes(const ObjectName& table,
                                              const std::vector<Column>& before,
                                              const std::vector<Column>& after) {
  std::vector<Statement> statements;
  for (const Column& now : after) {
    if (find_column(before, now.name) != nullptr) continue;
    Statement add = Statement("ALTER TABLE").name(table).word("ADD COLUMN");
    if (auto status = add_definition(add, now); !status) return fail(status.error());
    statements.push_back(std::move(add));
  }
  for (const Column& now : after) {
    const Column* old = find_column(before, now.name);
    if (old == nullptr) continue;
    if (!(old->type == now.type)) {
      Statement change = alter_column(table, now).word("SET DATA TYPE");
      auto type = AuthorSql::expression(now.type.text);
      if (!type) return fail(type.error());
      statements.push_back(change.sql(*type));
    }
    if (!old->default_sql.empty() && now.default_sql.empty()) {
      statements.push_back(alter_column(table, now).word("DROP DEFAULT"));
    }
    if (old->nullable != now.nullable) {
      statements.push_back(
          alter_column(table, now)
              .word(now.nullable ? Keyword("DROP NOT NULL") : Keyword("SET NOT NULL")));
    }
    if (old->comment != now.comment) {
      statements.push_back(alter_column(table, now).word("COMMENT").literal(now.comment));
    }
  }
  for (const Column& old : before) {
    if (find_column(after, old.name) != nullptr) continue;
    statements.push_back(
        Statement("ALTER TABLE").name(table).word("DROP COLUMN").identifier(old.name));
  }
  return statements;
}

Status add_definition(Statement& statement, const Column& column) {
  auto type = AuthorSql::expression(column.type.text);
  if (!type) return fail(type.error());
  statement.identifier(column.name).sql(*type);
  if (!column.nullable) statement.word("NOT NULL");
  if (!column.default_sql.empty()) {
    auto expression = AuthorSql::expression(column.default_sql);
    if (!expression) return fail(expression.error());
    statement.word("DEFAULT").sql(*expression);
  }
  if (column.identity) {
    statement.word("IDENTITY").open().integer(column.identity->start).comma();
    statement.integer(column.identity->increment).close();
  }
  if (!column.comment.empty()) statement.word("COMMENT").literal(column.comment);
  return Ok{};
}

void validate_columns(const Value& columns, std::vector<Problem>& problems) {
  if (!columns.is_list()) return;
  std::set<std::string> names;
  const auto& list = columns.as_list();
  if (list.empty()) {
    problems.push_back({"columns", "a table has at least one column", "the list is empty",
                        "write columns: [{ name: ID, type: VARCHAR }]"});
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string place = "columns." + std::to_string(i);
    const Value& name = list[i].at("name");
    if (name.is_string()) {
      const auto parsed = parse_object_name(name.as_string(), 1);
      if (!parsed) {
        problems.push_back({place + ".name", "not a column name: " + name.as_string(),
                            parsed.error().detail, "put unusual names in \"…\""});
      } else if (!names.insert(parsed->last()).second) {
        problems.push_back({place + ".name", "two columns are named " + parsed->shortest(),
                            "names without quotes are the same in any case", "rename one of them"});
      }
    }
    if (is_text(list[i].at("type"))) {
      const auto type = parse_data_type(list[i].at("type").as_string());
      if (!type) problems.push_back(problem_of(place + ".type", type.error()));
    }
    if (is_text(list[i].at("default"))) {
      const auto expression = AuthorSql::expression(list[i].at("default").as_string());
      if (!expression) problems.push_back(problem_of(place + ".default", expression.error()));
    }
    check_identity(list[i], place, problems);
  }
}

}  // namespace firn::snowflake
