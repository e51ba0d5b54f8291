// ALTER.
#include "sandbox/snowflake/parser_impl.h"
#include "sandbox/snowflake/sql_error.h"

namespace firn::sandbox::snowflake {

Statement Parser::alter() {
  Alter alter;
  alter.words = kind_words(false, alter.kind);
  if (accept("IF EXISTS")) alter.if_exists = true;
  if (alter.kind != Kind::account) alter.name = object_name(alter.kind);
  alter_action(alter);
  return alter;
}

void Parser::alter_action(Alter& alter) {
  using Action = Alter::Action;
  if (alter.kind == Kind::task && alter_task(alter)) return;
  if (alter.kind == Kind::alert && alter_alert(alter)) return;
  if (alter.kind == Kind::procedure && accept("EXECUTE AS")) {
    alter.action = Action::execute_as;
    alter.texts = {accept("OWNER") ? "OWNER" : (expect("CALLER"), "CALLER")};
    return;
  }
  if (alter.kind == Kind::external_table && accept("REFRESH")) {
    alter.action = Action::refresh;
    if (peek().kind == Token::Kind::string) alter.texts = {string()};
    return;
  }
  if (accept("SET")) {
    if (at("TAG") || at("MASKING") || at("ROW")) unknown();
    if (accept("SECURE")) {
      alter.action = Action::set_secure;
      return;
    }
    alter.action = Action::set;
    alter.properties = properties_until("");
    if (alter.properties.empty()) unexpected();
  } else if (accept("UNSET")) {
    if (at("TAG")) unknown();
    if (accept("SECURE")) {
      alter.action = Action::unset_secure;
      return;
    }
    alter.action = Action::unset;
    do {
      alter.names.push_back(identifier());
    } while (accept_symbol(","));
  } else if (accept("RENAME TO")) {
    alter.action = Action::rename;
    alter.new_name = name();
  } else if (accept("RENAME COLUMN")) {
    alter.action = Action::rename_column;
    alter.names.push_back(identifier());
    expect("TO");
    alter.names.push_back(identifier());
  } else if (at("ADD") || at("DROP") || at("ALTER") || at("MODIFY")) {
    alter_columns(alter);
  } else if (accept("CLUSTER BY")) {
    alter.action = Action::cluster_by;
    alter.texts = texts_in_parentheses();
  } else if (accept("SUSPEND")) {
    alter.action = Action::suspend;
  } else if (accept("RESUME")) {
    alter.action = Action::resume;
    alter.if_suspended = accept("IF SUSPENDED");
  } else if (accept("REFRESH")) {
    alter.action = Action::refresh;
    alter.properties = properties_until("");
  } else if (accept("ENABLE MANAGED ACCESS")) {
    alter.action = Action::enable_managed_access;
  } else if (accept("DISABLE MANAGED ACCESS")) {
    alter.action = Action::disable_managed_access;
  } else if (peek().kind == Token::Kind::word) {
    unknown();
  } else {
    unexpected();
  }
}

bool Parser::alter_task(Alter& alter) {
  using Action = Alter::Action;
  if (accept("ADD AFTER") || accept("REMOVE AFTER")) {
    alter.action = tokens_[at_ - 2].text == "ADD" ? Action::add_after : Action::remove_after;
    do {
      alter.paths.push_back(name());
    } while (accept_symbol(","));
  } else if (accept("MODIFY AS")) {
    alter.action = Action::modify_definition;
    alter.texts = {script()};
  } else if (accept("MODIFY WHEN")) {
    alter.action = Action::modify_condition;
    alter.texts = {rest()};
    if (alter.texts.front().empty()) unexpected();
  } else if (accept("REMOVE WHEN")) {
    alter.action = Action::remove_condition;
  } else {
    return false;
  }
  return true;
}

bool Parser::alter_alert(Alter& alter) {
  using Action = Alter::Action;
  if (accept("MODIFY CONDITION EXISTS")) {
    alter.action = Action::modify_condition;
    alter.texts = {text_in_parentheses()};
  } else if (accept("MODIFY ACTION")) {
    alter.action = Action::modify_definition;
    alter.texts = {script()};
  } else {
    return false;
  }
  return true;
}

void Parser::alter_columns(Alter& alter) {
  using Action = Alter::Action;
  if (accept("ADD")) {
    std::string constraint;
    if (accept("CONSTRAINT")) constraint = identifier();
    if (accept("PRIMARY KEY")) {
      alter.action = Action::add_primary_key;
      alter.texts = identifiers_in_parentheses();
      return;
    }
    if (at("UNIQUE") && at_symbol("(", 1)) {
      take();
      alter.action = Action::add_unique_key;
      alter.texts = identifiers_in_parentheses();
      return;
    }
    if (at("FOREIGN KEY")) {
      alter.action = Action::add_foreign_key;
      alter.foreign_key = foreign_key(std::move(constraint));
      return;
    }
    accept("COLUMN");
    alter.column_condition = accept("IF NOT EXISTS");
    alter.action = Action::add_columns;
    do {
      accept("COLUMN");
      alter.columns.push_back(column());
    } while (accept_symbol(","));
    return;
  }
  if (accept("DROP")) {
    if (accept("CLUSTERING KEY")) {
      alter.action = Action::drop_clustering;
      return;
    }
    if (accept("PRIMARY KEY")) {
      alter.action = Action::drop_primary_key;
      return;
    }
    if (at("UNIQUE") && at_symbol("(", 1)) {
      take();
      alter.action = Action::drop_unique_key;
      alter.texts = identifiers_in_parentheses();
      return;
    }
    if (accept("FOREIGN KEY")) {
      alter.action = Action::drop_foreign_key;
      alter.foreign_key.columns = identifiers_in_parentheses();
      return;
    }
    accept("COLUMN");
    alter.column_condition = accept("IF EXISTS");
    alter.action = Action::drop_columns;
    do {
      alter.names.push_back(identifier());
    } while (accept_symbol(","));
    return;
  }
  take();  // ALTER or MODIFY
  alter.action = Action::change_columns;
  const bool parentheses = accept_symbol("(");
  do {
    accept("COLUMN");
    alter.changes.push_back(column_change());
  } while (accept_symbol(","));
  if (parentheses) expect_symbol(")");
}

ColumnChange Parser::column_change() {
  using What = ColumnChange::What;
  ColumnChange change;
  change.column = identifier();
  if (accept("SET NOT NULL")) {
    change.what = What::set_not_null;
  } else if (accept("DROP NOT NULL")) {
    change.what = What::drop_not_null;
  } else if (accept("DROP DEFAULT")) {
    change.what = What::drop_default;
  } else if (accept("SET DEFAULT")) {
    change.what = What::set_default;
    change.text = default_text();
  } else if (accept("UNSET COMMENT")) {
    change.what = What::unset_comment;
  } else if (accept("COMMENT")) {
    accept_symbol("=");
    change.what = What::comment;
    change.text = string();
  } else if (accept("SET DATA TYPE") || accept("TYPE")) {
    change.what = What::type;
    change.type = type();
  } else if (at("SET") || at("UNSET")) {
    unknown();  // masking policies, tags
  } else {
    change.what = What::type;
    change.type = type();
  }
  return change;
}

}  // namespace firn::sandbox::snowflake
