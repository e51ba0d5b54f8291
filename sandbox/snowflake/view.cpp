// Views: the query is kept as written; its sources are checked and its columns worked out.
#include <array>
#include <fmt/core.h>
#include <set>

#include "core/base/text.h"
#include "sandbox/snowflake/creation.h"
#include "sandbox/snowflake/lexer.h"
#include "sandbox/snowflake/properties.h"
#include "sandbox/snowflake/sql_error.h"
#include "sandbox/snowflake/table.h"

namespace firn::sandbox::snowflake {
namespace {

constexpr std::array<PropertySpec, 2> specs = {{
    {"COMMENT", PropertyType::text},
    {"CHANGE_TRACKING", PropertyType::boolean},
}};

struct Source {
  std::string alias;
  std::vector<Column> columns;
};

class Query {
 public:
  Query(const Context& context, std::string_view sql)
      : context_(context), sql_(sql), tokens_(tokenize(sql)) {}

  // Checks that every table and view it names is there; throws 002003 otherwise.
  void read_sources() {
    std::vector<std::string> opened;  // the word before each open parenthesis
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      const auto& token = tokens_[i];
      if (is_symbol(i, "(")) opened.push_back(i > 0 ? tokens_[i - 1].text : "");
      if (is_symbol(i, ")") && !opened.empty()) opened.pop_back();
      if (is_symbol(i, "(") && i >= 2 && is_word(i - 1, "AS")) ctes_.insert(tokens_[i - 2].text);
      if (token.kind != Token::Kind::word || (token.text != "FROM" && token.text != "JOIN")) {
        continue;
      }
      static const std::set<std::string, std::less<>> functions = {"EXTRACT", "TRIM", "SUBSTRING",
                                                                   "SUBSTR", "POSITION"};
      if (!opened.empty() && functions.contains(opened.back())) continue;
      if (i > 0 && is_word(i - 1, "DISTINCT")) continue;  // IS DISTINCT FROM
      std::size_t at = i + 1;
      while (source(at) && is_symbol(at, ","))
        ++at;
    }
  }

  std::vector<Column> columns() const {
    std::vector<Column> result;
    std::size_t at = final_select();
    if (at >= tokens_.size()) return {};
    ++at;
    if (is_word(at, "DISTINCT") || is_word(at, "ALL")) ++at;
    std::size_t begin = at;
    int depth = 0;
    for (;; ++at) {
      const bool end = tokens_[at].kind == Token::Kind::end ||
                       (depth == 0 && is_word(at, "FROM")) || is_symbol(at, ";");
      if (end || (depth == 0 && is_symbol(at, ","))) {
        item(begin, at, result);
        begin = at + 1;
        if (end) return result;
      }
      if (is_symbol(at, "(")) ++depth;
      if (is_symbol(at, ")")) --depth;
    }
  }

 private:
  [[nodiscard]] bool is_word(std::size_t i, std::string_view word) const {
    return i < tokens_.size() && tokens_[i].kind == Token::Kind::word && tokens_[i].text == word;
  }
  [[nodiscard]] bool is_symbol(std::size_t i, std::string_view symbol) const {
    return i < tokens_.size() && tokens_[i].kind == Token::Kind::symbol &&
           tokens_[i].text == symbol;
  }
  [[nodiscard]] bool is_name(std::size_t i) const {
    return i < tokens_.size() &&
           (tokens_[i].kind == Token::Kind::word || tokens_[i].kind == Token::Kind::quoted);
  }

  // One item of a FROM clause; false when it is no plain name. Leaves `at` behind its alias.
  bool source(std::size_t& at) {
    if (!is_name(at) || is_word(at, "LATERAL") || is_word(at, "TABLE") || is_word(at, "VALUES")) {
      return false;
    }
    NamePath name = {tokens_[at++].text};
    while (is_symbol(at, ".") && is_name(at + 1)) {
      name.push_back(tokens_[at + 1].text);
      at += 2;
    }
    if (is_symbol(at, "(")) return false;  // a table function
    Source found;
    found.alias = name.back();
    if (name.size() > 1 || !ctes_.contains(name.front())) {
      const auto relation = need_relation(context_, name);
      require(context_, relation, "SELECT");
      found.columns = columns_of(relation);
    }
    if (is_word(at, "AS")) ++at;
    static const std::set<std::string, std::less<>> after = {
        "WHERE", "JOIN",   "ON",        "LEFT",    "RIGHT",   "FULL",  "INNER",  "OUTER",
        "CROSS", "GROUP",  "ORDER",     "LIMIT",   "QUALIFY", "UNION", "HAVING", "USING",
        "MINUS", "EXCEPT", "INTERSECT", "NATURAL", "SAMPLE",  "FETCH", "ASOF",   "PIVOT"};
    if (is_name(at) &&
        (tokens_[at].kind == Token::Kind::quoted || !after.contains(tokens_[at].text))) {
      found.alias = tokens_[at++].text;
    }
    sources_.push_back(std::move(found));
    return true;
  }

  // The SELECT whose list names the view's columns: the first one outside all parentheses.
  [[nodiscard]] std::size_t final_select() const {
    int depth = 0;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (is_symbol(i, "(")) ++depth;
      if (is_symbol(i, ")")) --depth;
      if (depth == 0 && is_word(i, "SELECT")) return i;
    }
    return tokens_.size();
  }

  void item(std::size_t begin, std::size_t end, std::vector<Column>& result) const {
    if (begin >= end) return;
    const auto last = end - 1;
    if (is_symbol(last, "*")) {
      const std::string qualifier = end - begin == 3 ? tokens_[begin].text : "";
      for (const auto& source : sources_) {
        if (!qualifier.empty() && source.alias != qualifier) continue;
        result.insert(result.end(), source.columns.begin(), source.columns.end());
      }
      return;
    }
    Column column;
    column.type = parse_data_type("VARCHAR");
    std::size_t stop = end;
    const bool alias = is_name(last) && last > begin && !is_symbol(last - 1, ".") &&
                       !is_word(last, "END") &&
                       (tokens_[last - 1].kind != Token::Kind::symbol || is_symbol(last - 1, ")"));
    if (alias) {
      column.name = tokens_[last].text;
      stop = is_word(last - 1, "AS") ? last - 1 : last;
    } else if (is_name(last) && (end - begin == 1 || is_symbol(last - 1, "."))) {
      column.name = tokens_[last].text;
    } else {
      column.name =
          to_upper(sql_.substr(tokens_[begin].begin, tokens_[last].end - tokens_[begin].begin));
    }
    if (is_word(begin, "COUNT")) column.type = parse_data_type("NUMBER(18,0)");
    if (stop - begin == 1 || (stop - begin == 3 && is_symbol(begin + 1, "."))) {
      const std::string qualifier = stop - begin == 3 ? tokens_[begin].text : "";
      for (const auto& source : sources_) {
        if (!qualifier.empty() && source.alias != qualifier) continue;
        for (const auto& known : source.columns) {
          if (known.name == tokens_[stop - 1].text) column.type = known.type;
        }
      }
    }
    result.push_back(std::move(column));
  }

  const Context& context_;
  std::string_view sql_;
  std::vector<Token> tokens_;
  std::set<std::string, std::less<>> ctes_;
  std::vector<Source> sources_;
};

}  // namespace

ResultSet create_view(Context& context, const Create& create) {
  auto creation = begin(context, create);
  if (creation.already_there) return *creation.already_there;
  auto& view = creation.object;
  // Names without a schema are looked up where the view stands.
  Context inside = context;
  if (const auto schema = context.catalog.by_id(Kind::schema, view.parent)) {
    const auto path = context.catalog.path(*schema);
    inside.session.database = path[0];
    inside.session.schema = path[1];
  }
  Query query(inside, create.body);
  query.read_sources();
  auto columns = query.columns();
  if (!create.columns.empty()) {
    if (!columns.empty() && columns.size() != create.columns.size()) {
      refuse("002051", "42601",
             fmt::format("Invalid number of columns in view '{}': {} declared, {} selected.",
                         printed(view.name), create.columns.size(), columns.size()));
    }
    columns.resize(create.columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i) {
      columns[i].name = create.columns[i].name;
      columns[i].comment = create.columns[i].comment;
    }
  }
  std::set<std::string> names;
  for (auto& column : columns) {
    if (!names.insert(column.name).second) {
      refuse("002025", "42S21", fmt::format("duplicate column name '{}'", printed(column.name)));
    }
    if (column.type.family == DataType::Family::text && column.type.length == 0) {
      column.type = parse_data_type("VARCHAR");
    }
    column.nullable = true;
    column.default_sql.reset();
    column.key_position = 0;
  }
  set_columns(view, columns);
  assign(view.properties, specs, create.properties, "VIEW");
  view.properties.set("text", std::string(trim(context.sql)));
  view.properties.set("query", create.body);
  view.properties.set("secure", create.secure);
  return finish(context, create, creation);
}

ResultSet alter_view(Context& context, const Alter& alter) {
  using Action = Alter::Action;
  auto target = alter_target(context, alter);
  if (!target) return done();
  require_ownership(context, *target);
  switch (alter.action) {
    case Action::rename:
      return rename(context, alter, std::move(*target));
    case Action::set:
      assign(target->properties, specs, alter.properties, "VIEW");
      break;
    case Action::unset:
      unset(target->properties, specs, alter.names, "VIEW");
      break;
    case Action::set_secure:
      target->properties.set("secure", true);
      break;
    case Action::unset_secure:
      target->properties.set("secure", false);
      break;
    case Action::change_columns:
      for (const auto& change : alter.changes) {
        if (change.what != ColumnChange::What::comment &&
            change.what != ColumnChange::What::unset_comment) {
          refuse_unknown("ALTER VIEW … ALTER COLUMN other than COMMENT");
        }
        set_column_comment(*target, change.column, change.text);
      }
      break;
    default:
      refuse_unknown("ALTER VIEW with this action");
  }
  context.catalog.put(*target);
  return done();
}

}  // namespace firn::sandbox::snowflake
