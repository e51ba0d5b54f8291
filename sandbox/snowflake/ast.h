// Statements as the parser reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sandbox/snowflake/kinds.h"
#include "sandbox/snowflake/names.h"

namespace firn::sandbox::snowflake {

struct Property;

// What stands right of NAME = …
struct PropertyValue {
  enum class Kind : std::uint8_t { string, number, boolean, null, name, list, group };
  Kind kind = Kind::null;
  std::string text;  // string, number; a name's dotted printed form
  NamePath name;     // name
  bool boolean = false;
  std::vector<PropertyValue> items;  // list: ('a', 'b')
  std::vector<Property> members;     // group: (TYPE = CSV …)
};

struct Property {
  std::string name;
  PropertyValue value;
};

// A type as it is written: VARCHAR, TIMESTAMP WITH TIME ZONE, NUMBER(10,2).
struct TypeText {
  std::string name;                    // upper case, one blank between words
  std::vector<std::string> arguments;  // "10", "2"
};

struct ColumnText {
  std::string name;
  TypeText type;
  bool not_null = false;
  bool primary_key = false;
  bool unique = false;
  std::optional<std::string> autoincrement;  // START 1 INCREMENT 1
  std::optional<std::string> default_sql;
  std::optional<std::string> comment;
  std::optional<std::string> expression;  // of a virtual column: NAME TYPE AS (expression)
};

// FOREIGN KEY (columns) REFERENCES table (references)
struct ForeignKeyText {
  std::string name;  // empty: Snowflake makes one up
  std::vector<std::string> columns;
  NamePath table;
  std::vector<std::string> references;  // empty: the primary key
};

struct ArgumentText {
  std::string name;
  TypeText type;
  std::optional<std::string> default_sql;
};

// A small expression language: what COPY transformations and looks into tables need.
struct Expression {
  enum class Kind : std::uint8_t {
    string,
    number,
    boolean,
    null,
    column,    // path: [qualifier.]name
    position,  // $1
    star,
    call,   // name(arguments); named arguments have a name in `argument_names`
    path,   // operands[0] followed by member `text`
    index,  // operands[0][text]
    cast,   // operands[0]::type
    binary  // operands[0] text operands[1], text is the operator
  };
  Kind kind = Kind::null;
  std::string text;
  NamePath path;
  TypeText type;
  std::vector<Expression> operands;
  std::vector<std::string> argument_names;
};

struct StageText {
  NamePath name;        // empty for user and table stages
  std::string path;     // below the stage, without leading '/'
  std::string special;  // "~" or "%TABLE"
};

struct SelectItem {
  Expression expression;
  std::string alias;  // stored form; empty when none
  std::string text;   // as written: the result column's name when there is no alias
};

struct CopyInto {
  NamePath into;
  std::vector<std::string> columns;
  StageText from;
  std::vector<SelectItem> select;  // empty: a plain copy
  std::string alias;               // of the stage in the transformation
  std::vector<Property> options;
};

struct Create {
  Kind kind = Kind::table;
  std::string words;  // "STORAGE INTEGRATION"
  bool or_replace = false;
  bool or_alter = false;
  bool if_not_exists = false;
  bool transient = false;
  bool temporary = false;
  bool secure = false;
  bool copy_grants = false;
  bool managed_access = false;
  NamePath name;
  std::vector<Property> properties;
  std::vector<ColumnText> columns;  // table; of a view only name and comment
  std::vector<std::string> primary_key;
  std::vector<std::vector<std::string>> unique_keys;
  std::vector<ForeignKeyText> foreign_keys;
  std::vector<std::string> cluster_by;  // SQL texts
  std::string body;  // view: the query; pipe: the COPY statement; task, procedure: what they do;
                     // alert: its action
  std::optional<CopyInto> copy;
  Kind on_kind = Kind::table;  // stream: what it is on
  NamePath on;
  std::optional<StageText> location;  // external table
  std::vector<std::string> partition_by;
  std::vector<NamePath> after;          // task
  std::string condition;                // task: WHEN; alert: what is asked
  std::vector<ArgumentText> arguments;  // procedure
  std::string returns;
  std::string execute_as;
};

struct ColumnChange {
  enum class What : std::uint8_t {
    type,
    set_not_null,
    drop_not_null,
    set_default,
    drop_default,
    comment,
    unset_comment
  };
  std::string column;
  What what = What::comment;
  TypeText type;
  std::string text;  // default or comment
};

struct Alter {
  enum class Action : std::uint8_t {
    set,
    unset,
    rename,
    add_columns,
    drop_columns,
    rename_column,
    change_columns,
    cluster_by,
    drop_clustering,
    add_primary_key,
    drop_primary_key,
    add_unique_key,
    drop_unique_key,
    add_foreign_key,
    drop_foreign_key,
    suspend,
    resume,
    refresh,
    enable_managed_access,
    disable_managed_access,
    set_secure,
    unset_secure,
    add_after,
    remove_after,
    modify_definition,  // MODIFY AS, MODIFY ACTION
    modify_condition,   // MODIFY WHEN, MODIFY CONDITION
    remove_condition,
    execute_as
  };
  Kind kind = Kind::table;
  std::string words;
  bool if_exists = false;
  NamePath name;
  Action action = Action::set;
  std::vector<Property> properties;  // set, refresh
  std::vector<std::string> names;    // unset: properties; drop_columns, rename_column: columns
  NamePath new_name;
  std::vector<ColumnText> columns;
  std::vector<ColumnChange> changes;
  std::vector<std::string> texts;  // cluster_by, columns of a key, a definition, a condition
  std::vector<NamePath> paths;     // add_after, remove_after
  ForeignKeyText foreign_key;      // drop_foreign_key: its columns
  bool if_suspended = false;
  bool column_condition = false;  // ADD COLUMN IF NOT EXISTS, DROP COLUMN IF EXISTS
};

struct Drop {
  Kind kind = Kind::table;
  std::string words;
  bool if_exists = false;
  bool restrict_ = false;
  NamePath name;
};

struct Scope {
  enum class Kind : std::uint8_t { none, account, database, schema, table, object };
  Kind kind = Kind::none;
  NamePath name;  // may be empty: IN DATABASE alone means the current one
  snowflake::Kind object_kind = snowflake::Kind::table;  // Kind::object
};

struct Show {
  std::string what;  // "TABLES", "COLUMNS", "PARAMETERS", "PRIMARY KEYS", "UNIQUE KEYS", …
  bool terse = false;
  std::optional<std::string> like;
  Scope in;
  std::optional<std::string> starts_with;
  std::optional<std::int64_t> limit;
  std::optional<std::string> from;
};

struct Describe {
  Kind kind = Kind::table;
  std::string words;
  NamePath name;
  std::string type;  // DESC TABLE … TYPE = STAGE
};

// Where privileges are granted.
struct GrantTarget {
  enum class Kind : std::uint8_t { account, object, all, future };
  Kind kind = Kind::object;
  snowflake::Kind object_kind = snowflake::Kind::table;
  NamePath name;
  snowflake::Kind scope_kind = snowflake::Kind::schema;  // all, future
  NamePath scope;
};

struct Grantee {
  Kind kind = Kind::role;  // role, database_role, user
  NamePath name;
};

struct Grant {
  bool revoke = false;
  bool grant_option_only = false;  // REVOKE GRANT OPTION FOR
  bool cascade = false;
  std::vector<std::string> privileges;  // "ALL PRIVILEGES", "OWNERSHIP", "CREATE TABLE"
  GrantTarget on;
  std::optional<Grantee> membership;  // GRANT [DATABASE] ROLE r
  Grantee to;
  bool with_grant_option = false;
  std::string current_grants;  // "COPY" or "REVOKE" of GRANT OWNERSHIP
};

struct ShowGrants {
  enum class Form : std::uint8_t { on, to, of, future_in, future_to, own };
  Form form = Form::own;
  GrantTarget on;
  Grantee subject;
  std::optional<std::int64_t> limit;
};

struct CommentOn {
  Kind kind = Kind::table;
  std::string words;
  bool if_exists = false;
  bool column = false;  // the name's last part is a column
  NamePath name;
  std::string text;
};

struct Use {
  std::string words;  // "ROLE", "WAREHOUSE", "DATABASE", "SCHEMA", "SECONDARY ROLES"
  NamePath name;
};

struct ListStage {
  StageText stage;
  std::optional<std::string> pattern;
};

struct Comparison {
  std::string column;
  std::string operation;  // = <> < <= > >= IS, IS NOT, LIKE
  Expression value;
};

struct Select {
  std::vector<SelectItem> items;
  bool no_source = true;
  NamePath table;
  std::string alias;
  std::optional<Expression> function;                  // FROM TABLE(f(…))
  std::vector<Comparison> where;                       // all must hold
  std::vector<std::pair<std::string, bool>> order_by;  // name or position; true: descending
  std::optional<std::int64_t> limit;
};

struct Insert {
  NamePath table;
  std::vector<std::string> columns;
  std::vector<std::vector<Expression>> rows;
};

using Statement = std::variant<Create, Alter, Drop, Show, Describe, Grant, ShowGrants, CommentOn,
                               Use, ListStage, Select, Insert>;

}  // namespace firn::sandbox::snowflake
