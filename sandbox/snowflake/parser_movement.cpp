// CREATE of what moves data: external tables, streams, tasks, procedures, alerts.
#include "sandbox/snowflake/parser_impl.h"
#include "sandbox/snowflake/procedure.h"
#include "sandbox/snowflake/sql_error.h"

namespace firn::sandbox::snowflake {

void Parser::create_external_table(Create& create) {
  if (at("USING") || at("CLONE")) unknown();
  if (accept_symbol("(")) {
    do {
      create.columns.push_back(column());
    } while (accept_symbol(","));
    expect_symbol(")");
  }
  while (!at_end()) {
    if (accept("PARTITION BY")) {
      create.partition_by = identifiers_in_parentheses();
    } else if (accept("COPY GRANTS")) {
      create.copy_grants = true;
    } else if (accept("WITH LOCATION") || accept("LOCATION")) {
      expect_symbol("=");
      create.location = stage();
    } else if (at("WITH") || at("TAG") || at("ROW")) {
      unknown();
    } else {
      create.properties.push_back(property());
      accept_symbol(",");
    }
  }
}

void Parser::create_stream(Create& create) {
  if (at("CLONE") || at("WITH") || at("TAG")) unknown();
  if (accept("COPY GRANTS")) create.copy_grants = true;
  expect("ON");
  if (at("EVENT") || at("DYNAMIC")) unknown();
  kind_words(false, create.on_kind);
  create.on = name();
  if (at("AT") || at("BEFORE")) unknown();
  create.properties = properties_until("");
}

void Parser::create_task(Create& create) {
  while (!accept("AS")) {
    if (at_end()) unexpected();
    if (accept("AFTER")) {
      do {
        create.after.push_back(name());
      } while (accept_symbol(","));
    } else if (accept("WHEN")) {
      create.condition = text_until("AS");
      if (create.condition.empty()) unexpected();
      break;
    } else if (at("WITH") || at("EXECUTE") || at("CLONE")) {
      unknown();
    } else {
      create.properties.push_back(property());
      accept_symbol(",");
    }
  }
  create.body = script();
}

void Parser::create_procedure(Create& create) {
  expect_symbol("(");
  std::vector<TypeText> types;
  while (!at_symbol(")")) {
    ArgumentText argument;
    argument.name = identifier();
    if (accept("OUT") || accept("OUTPUT")) unknown();
    if (!accept("IN")) accept("INPUT");
    argument.type = type();
    if (accept("DEFAULT")) argument.default_sql = default_text();
    types.push_back(argument.type);
    create.arguments.push_back(std::move(argument));
    if (!at_symbol(")")) expect_symbol(",");
  }
  take();
  create.properties.clear();
  create.name.back() = procedure_key(create.name.back(), types);
  while (!accept("AS")) {
    if (at_end()) unexpected();
    if (!procedure_clause(create)) {
      create.properties.push_back(property());
      accept_symbol(",");
    }
  }
  create.body = peek().kind == Token::Kind::string ? take().text : script();
}

// A clause that is no NAME = value.
bool Parser::procedure_clause(Create& create) {
  if (accept("COPY GRANTS")) {
    create.copy_grants = true;
  } else if (accept("CALLED ON NULL INPUT") || accept("RETURNS NULL ON NULL INPUT") ||
             accept("STRICT") || accept("VOLATILE") || accept("IMMUTABLE")) {
    return true;  // says how NULL is handed over; bodies are kept, not run
  } else if (accept("RETURNS TABLE")) {
    create.returns = "TABLE (" + text_in_parentheses() + ")";
  } else if (accept("RETURNS")) {
    create.returns = returned_type(type());
    if (accept("NOT NULL")) create.returns += " NOT NULL";
  } else if (accept("LANGUAGE")) {
    Property language{"LANGUAGE", {}};
    language.value.kind = PropertyValue::Kind::name;
    language.value.name = {identifier()};
    language.value.text = language.value.name.front();
    create.properties.push_back(std::move(language));
  } else if (accept("EXECUTE AS OWNER")) {
    create.execute_as = "OWNER";
  } else if (accept("EXECUTE AS CALLER")) {
    create.execute_as = "CALLER";
  } else if (at("EXECUTE")) {
    unknown();
  } else {
    return false;
  }
  return true;
}

void Parser::create_alert(Create& create) {
  while (!accept("IF")) {
    if (at_end()) unexpected();
    if (at("WITH") || at("TAG") || at("CLONE") || at("FROM")) unknown();
    create.properties.push_back(property());
    accept_symbol(",");
  }
  expect_symbol("(");
  expect("EXISTS");
  create.condition = text_in_parentheses();
  expect_symbol(")");
  expect("THEN");
  create.body = script();
}

}  // namespace firn::sandbox::snowflake
