// Single texts of Snowflake's, and authors' SQL: names, types, expressions, comments, schedules.
#include "core/value/json.h"
#include "providers/snowflake/columns.h"
#include "providers/snowflake/copy_statement.h"
#include "providers/snowflake/data_type.h"
#include "providers/snowflake/format_options.h"
#include "providers/snowflake/ownership.h"
#include "providers/snowflake/privileges.h"
#include "providers/snowflake/procedure_parts.h"
#include "providers/snowflake/schedule.h"
#include "providers/snowflake/sql.h"
#include "tests/fuzz/fuzz.h"

namespace firn::fuzz {
namespace {

namespace sf = snowflake;

void check_names(std::string_view text) {
  const std::string stored = sf::stored_identifier(text);
  require(sf::stored_identifier(sf::quoted_identifier(stored)) == stored, "quotes keep a name",
          stored);
  require(sf::stored_identifier(sf::shortest_identifier(stored)) == stored,
          "the shortest form keeps a name", stored);
  const auto name = sf::parse_object_name(text);
  if (!name) {
    require_told(name.error());
    return;
  }
  const auto quoted = sf::parse_object_name(name->quoted());
  require(quoted.has_value() && *quoted == *name, "a quoted name is the same", name->quoted());
  const auto shortest = sf::parse_object_name(name->shortest());
  require(shortest.has_value() && *shortest == *name, "a short name is the same", name->shortest());
}

void check_types(std::string_view text) {
  const auto type = sf::parse_data_type(text);
  if (!type) {
    require_told(type.error());
  } else {
    const auto again = sf::parse_data_type(type->text);
    require(again.has_value() && *again == *type, "a canonical type is canonical", type->text);
    require(sf::judge_type_change(*type, *type).reason.empty(), "the same type is no change",
            type->text);
    for (const char* other : {"NUMBER(10,2)", "VARCHAR(20)", "TIMESTAMP_NTZ(3)", "VARIANT"})
      (void)sf::judge_type_change(*type, *sf::parse_data_type(other));
  }
  (void)sf::data_type_of_listing(text);
}

void check_author_sql(std::string_view text) {
  for (const auto& sql : {sf::AuthorSql::query(text), sf::AuthorSql::script(text),
                          sf::AuthorSql::expressions(text), sf::AuthorSql::expression(text)}) {
    if (!sql) require_told(sql.error());
  }
  if (const auto one = sf::AuthorSql::expression(text); one) {
    require(sf::split_at_commas(one->text()).size() <= 1, "one expression is one", one->text());
    require(sf::same_expression(one->text(), one->text()), "an expression is itself", text);
    const auto again = sf::AuthorSql::expression(one->text());
    require(again.has_value() && again->text() == one->text(), "closed SQL stays closed", text);
  }
}

void check_mark(std::string_view text) {
  const sf::MarkedComment read = sf::read_mark(text);
  if (read.mark) {
    const std::string stored = sf::with_mark(read.text, *read.mark);
    const sf::MarkedComment again = sf::read_mark(stored);
    require(again.mark == read.mark && again.text == read.text, "a mark reads as it is written",
            stored);
  } else {
    require(read.text == text, "a comment without a mark is the author's", text);
  }
  const sf::Mark mark{"finance", "dev", "a[\"b\"].c"};
  const sf::MarkedComment mine = sf::read_mark(sf::with_mark(text, mark));
  require(mine.mark == mark, "a comment carries its mark, whatever it says", text);
}

void check_normal_forms(std::string_view text) {
  const std::string schedule = sf::normalized_schedule(text);
  require(sf::normalized_schedule(schedule) == schedule, "a normal schedule is normal", schedule);
  const std::string body = sf::normalized_body(text);
  require(sf::normalized_body(body) == body, "a normal body is normal", body);
  const std::string returns = sf::normalized_returns(text);
  require(sf::normalized_returns(returns) == returns, "a normal type is normal", returns);
  (void)sf::listed_types(text);
  (void)sf::described_arguments(text, Value());
  require_stable_json(sf::listed_packages(text));
  if (const auto target = sf::target_of_text(text); target) {
    const std::string written = sf::text_of_target(*target);
    const auto again = sf::target_of_text(written);
    require(again.has_value() && sf::text_of_target(*again) == written,
            "a target reads as it is written", written);
  }
}

// Attributes of types, as JSON.
void check_values(std::string_view text) {
  const Result<Value> value = parse_json(text);
  if (!value) return;
  for (const std::string_view format : sf::format_types()) {
    const Value once = sf::canonical_options(format, *value);
    require(sf::canonical_options(format, once) == once, "canonical options are canonical",
            to_json(once));
    std::vector<Problem> problems;
    sf::validate_options(format, *value, problems);
  }
  std::vector<Problem> problems;
  sf::validate_copy(*value, problems);
  const Value copy = sf::normalized_copy(*value);
  require(sf::normalized_copy(copy) == copy, "a normal copy is normal", to_json(copy));
  if (problems.empty()) (void)sf::copy_statement(copy);
  const Value arguments = sf::normalized_arguments(*value);
  require(sf::normalized_arguments(arguments) == arguments, "normal arguments are normal",
          to_json(arguments));
  sf::check_arguments(*value, problems);
  sf::validate_columns(*value, problems);
  const Value columns = sf::normalized_columns(*value, {"ID"});
  require(sf::normalized_columns(columns, {"ID"}) == columns, "normal columns are normal",
          to_json(columns));
  const Value target = sf::normalized_target(*value);
  require(sf::normalized_target(target) == target, "a normal target is normal", to_json(target));
  sf::validate_target(*value, "on", Value(), problems);
  sf::validate_privileges(*value, "privileges", problems);
  for (const Problem& problem : problems)
    require(!problem.summary.empty(), "a problem says something");
}

}  // namespace

void try_input(std::string_view input) {
  check_names(input);
  check_types(input);
  check_author_sql(input);
  check_mark(input);
  check_normal_forms(input);
  check_values(input);
}

}  // namespace firn::fuzz
