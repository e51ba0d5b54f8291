// CREATE, and the column definitions that ALTER TABLE shares with it.
#include "sandbox/snowflake/parser_impl.h"
#include "sandbox/snowflake/sql_error.h"

namespace firn::sandbox::snowflake {

Statement Parser::create() {
  Create create;
  if (accept("OR REPLACE")) create.or_replace = true;
  if (accept("OR ALTER")) create.or_alter = true;
  while (true) {
    if (accept("TRANSIENT")) {
      create.transient = true;
    } else if (accept("TEMPORARY") || accept("TEMP") || accept("VOLATILE")) {
      create.temporary = true;
    } else if (accept("SECURE")) {
      create.secure = true;
    } else {
      break;
    }
  }
  create.words = kind_words(false, create.kind);
  // Temporary objects live as long as a session, and a session here is one request.
  if (create.or_alter || create.temporary || create.kind == Kind::account) unknown();
  if (accept("IF NOT EXISTS")) {
    if (create.or_replace) {
      refuse("001003", "42000",
             "options IF NOT EXISTS and OR REPLACE are incompatible with each other.");
    }
    create.if_not_exists = true;
  }
  create.name = name();
  if (create.kind == Kind::external_table) {
    create_external_table(create);
  } else if (create.kind == Kind::stream) {
    create_stream(create);
  } else if (create.kind == Kind::task) {
    create_task(create);
  } else if (create.kind == Kind::procedure) {
    create_procedure(create);
  } else if (create.kind == Kind::alert) {
    create_alert(create);
  } else if (create.kind == Kind::table) {
    create_table(create);
  } else if (create.kind == Kind::view) {
    create_view(create);
  } else if (create.kind == Kind::pipe) {
    create.properties = properties_until("AS");
    expect("AS");
    const auto begin = peek().begin;
    expect("COPY INTO");
    create.copy = copy_into();
    create.body = std::string(source(begin, tokens_[at_ - 1].end));
  } else {
    while (!at_end()) {
      if (accept("WITH MANAGED ACCESS")) {
        create.managed_access = true;
      } else if (at("WITH TAG") || at("TAG") || at("CLONE") || at("FROM")) {
        unknown();
      } else {
        accept("WITH");
        create.properties.push_back(property());
        accept_symbol(",");
      }
    }
  }
  return create;
}

void Parser::create_table(Create& create) {
  if (at("CLONE") || at("LIKE") || at("AS") || at("USING")) unknown();
  if (!at_symbol("(")) unexpected();
  take();
  do {
    table_element(create);
  } while (accept_symbol(","));
  expect_symbol(")");
  while (!at_end()) {
    if (accept("CLUSTER BY")) {
      create.cluster_by = texts_in_parentheses();
    } else if (accept("COPY GRANTS")) {
      create.copy_grants = true;
    } else if (at("AS") || at("WITH") || at("TAG")) {
      unknown();
    } else {
      create.properties.push_back(property());
      accept_symbol(",");
    }
  }
}

void Parser::table_element(Create& create) {
  std::string constraint;
  if (accept("CONSTRAINT")) {
    constraint = identifier();
    if (!at("PRIMARY KEY") && !at("UNIQUE") && !at("FOREIGN KEY")) unknown();
  }
  if (accept("PRIMARY KEY")) {
    if (!create.primary_key.empty()) refuse("002171", "42601", "Multiple primary keys defined.");
    create.primary_key = identifiers_in_parentheses();
  } else if (at("UNIQUE") && at_symbol("(", 1)) {
    take();
    create.unique_keys.push_back(identifiers_in_parentheses());
  } else if (at("FOREIGN KEY")) {
    create.foreign_keys.push_back(foreign_key(std::move(constraint)));
  } else {
    create.columns.push_back(column());
  }
}

ForeignKeyText Parser::foreign_key(std::string constraint) {
  ForeignKeyText key;
  key.name = std::move(constraint);
  expect("FOREIGN KEY");
  key.columns = identifiers_in_parentheses();
  expect("REFERENCES");
  key.table = name();
  if (at_symbol("(")) key.references = identifiers_in_parentheses();
  // Properties such as MATCH, ON DELETE, RELY and ENFORCED.
  if (!at_symbol(",") && !at_symbol(")") && !at_symbol(";") && peek().kind != Token::Kind::end) {
    unknown();
  }
  return key;
}

ColumnText Parser::column() {
  ColumnText column;
  column.name = identifier();
  column.type = type();
  while (true) {
    if (accept("NOT NULL")) {
      column.not_null = true;
    } else if (accept("NULL")) {
      column.not_null = false;
    } else if (accept("DEFAULT")) {
      column.default_sql = default_text();
    } else if (accept("COMMENT")) {
      accept_symbol("=");
      column.comment = string();
    } else if (accept("PRIMARY KEY")) {
      column.primary_key = true;
      column.not_null = true;
    } else if (accept("UNIQUE")) {
      column.unique = true;
    } else if (accept("AUTOINCREMENT") || accept("IDENTITY")) {
      column.autoincrement = numbering();
    } else if (accept("AS")) {
      column.expression = at_symbol("(") ? text_in_parentheses() : default_text();
    } else if (at("COLLATE") || at("WITH") || at("MASKING") || at("CONSTRAINT") ||
               at("REFERENCES")) {
      unknown();
    } else {
      return column;
    }
  }
}

// Behind AUTOINCREMENT: (1, 1), START 1 INCREMENT 1, or nothing.
std::string Parser::numbering() {
  std::string start = "1";
  std::string increment = "1";
  if (at_symbol("(")) {
    const auto numbers = texts_in_parentheses();
    if (numbers.size() != 2) unexpected();
    start = numbers.front();
    increment = numbers.back();
  } else {
    if (accept("START")) start = std::to_string(integer());
    if (accept("INCREMENT")) increment = std::to_string(integer());
  }
  if (increment == "0") refuse("001008", "22023", "invalid value [0] for parameter 'INCREMENT'");
  return "START " + start + " INCREMENT " + increment;
}

// The SQL of a default up to what can follow it in a column definition.
std::string Parser::default_text() {
  const auto begin = peek().begin;
  auto end = begin;
  int depth = 0;
  while (peek().kind != Token::Kind::end) {
    if (depth == 0 && end > begin &&
        (at_symbol(",") || at_symbol(")") || at_symbol(";") || at("NOT NULL") || at("NULL") ||
         at("COMMENT") || at("PRIMARY KEY") || at("UNIQUE") || at("DEFAULT"))) {
      break;
    }
    if (depth == 0 && end == begin && (at_symbol(",") || at_symbol(")"))) unexpected();
    depth += at_symbol("(") ? 1 : at_symbol(")") ? -1 : 0;
    end = take().end;
  }
  return std::string(source(begin, end));
}

void Parser::create_view(Create& create) {
  if (accept_symbol("(")) {
    do {
      ColumnText column;
      column.name = identifier();
      if (accept("COMMENT")) {
        accept_symbol("=");
        column.comment = string();
      }
      create.columns.push_back(std::move(column));
    } while (accept_symbol(","));
    expect_symbol(")");
  }
  while (!accept("AS")) {
    if (at_end()) unexpected();
    if (accept("COPY GRANTS")) {
      create.copy_grants = true;
    } else if (at("WITH")) {
      unknown();
    } else {
      create.properties.push_back(property());
    }
  }
  if (!at("SELECT") && !at("WITH") && !at_symbol("(")) unexpected();
  create.body = rest();
}

}  // namespace firn::sandbox::snowflake
