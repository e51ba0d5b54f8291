// SHOW, DESCRIBE, DROP, COMMENT, USE, LIST.
#include "sandbox/snowflake/parser_impl.h"
#include "sandbox/snowflake/sql_error.h"

namespace firn::sandbox::snowflake {

Statement Parser::drop() {
  Drop drop;
  drop.words = kind_words(false, drop.kind);
  if (drop.kind == Kind::account) unknown();
  drop.if_exists = accept("IF EXISTS");
  drop.name = object_name(drop.kind);
  if (!accept("CASCADE")) drop.restrict_ = accept("RESTRICT");
  return drop;
}

Statement Parser::show() {
  Show show;
  show.terse = accept("TERSE");
  if (accept("GRANTS")) return show_grants(false);
  if (accept("FUTURE GRANTS")) return show_grants(true);
  if (accept("COLUMNS")) {
    show.what = "COLUMNS";
  } else if (accept("PARAMETERS")) {
    show.what = "PARAMETERS";
  } else if (accept("PRIMARY KEYS")) {
    show.what = "PRIMARY KEYS";
  } else if (accept("UNIQUE KEYS")) {
    show.what = "UNIQUE KEYS";
  } else if (accept("IMPORTED KEYS")) {
    show.what = "IMPORTED KEYS";
  } else {
    Kind kind = Kind::table;
    show.what = kind_words(true, kind);
    if (kind == Kind::account) unknown();
  }
  if (at("HISTORY") || at("ROOT")) unknown();
  if (accept("LIKE")) show.like = string();
  if (accept("IN") || accept("FOR")) show.in = scope();
  if (!show.like && accept("LIKE")) show.like = string();
  if (accept("STARTS WITH")) show.starts_with = string();
  if (accept("LIMIT")) {
    show.limit = integer();
    if (accept("FROM")) show.from = string();
  }
  return show;
}

Scope Parser::scope() {
  Scope scope;
  const auto optional_name = [this](NamePath& path) {
    const auto kind = peek().kind;
    const bool clause = at("STARTS") || at("LIMIT") || at("LIKE");
    if ((kind == Token::Kind::word && !clause) || kind == Token::Kind::quoted) path = name();
  };
  if (accept("ACCOUNT")) {
    scope.kind = Scope::Kind::account;
  } else if (accept("DATABASE")) {
    scope.kind = Scope::Kind::database;
    optional_name(scope.name);
  } else if (accept("SCHEMA")) {
    scope.kind = Scope::Kind::schema;
    optional_name(scope.name);
  } else if (accept("TABLE") || accept("VIEW")) {
    scope.kind = Scope::Kind::table;
    scope.name = name();
  } else if (accept("WAREHOUSE") || accept("USER") || accept("TASK")) {
    scope.kind = Scope::Kind::object;
    scope.object_kind = *kind_of_words(tokens_[at_ - 1].text);
    scope.name = name();
  } else if (at("SESSION") || at("APPLICATION") || at("CLASS")) {
    unknown();
  } else {
    scope.name = name();
    scope.kind = scope.name.size() == 1   ? Scope::Kind::database
                 : scope.name.size() == 2 ? Scope::Kind::schema
                                          : Scope::Kind::table;
  }
  return scope;
}

Statement Parser::describe() {
  Describe describe;
  describe.words = kind_words(false, describe.kind);
  if (describe.kind == Kind::account || describe.kind == Kind::role ||
      describe.kind == Kind::database_role) {
    unknown();
  }
  describe.name = object_name(describe.kind);
  if (accept("TYPE")) {
    expect_symbol("=");
    describe.type = identifier();
  }
  return describe;
}

Statement Parser::comment() {
  CommentOn comment;
  comment.if_exists = accept("IF EXISTS");
  expect("ON");
  if (accept("COLUMN")) {
    comment.column = true;
    comment.kind = Kind::table;
    comment.words = "COLUMN";
  } else {
    comment.words = kind_words(false, comment.kind);
  }
  comment.name = object_name(comment.kind);
  expect("IS");
  comment.text = string();
  return comment;
}

Statement Parser::use() {
  Use use;
  if (accept("SECONDARY ROLES")) {
    use.words = "SECONDARY ROLES";
    if (!accept("ALL") && !accept("NONE")) use.name = name();
    return use;
  }
  for (const auto* word : {"ROLE", "WAREHOUSE", "DATABASE", "SCHEMA"}) {
    if (accept(word)) {
      use.words = word;
      use.name = name();
      return use;
    }
  }
  use.name = name();
  use.words = use.name.size() == 1 ? "DATABASE" : "SCHEMA";
  return use;
}

Statement Parser::list() {
  ListStage list;
  list.stage = stage();
  if (accept("PATTERN")) {
    expect_symbol("=");
    list.pattern = string();
  }
  return list;
}

}  // namespace firn::sandbox::snowflake
