// The recursive-descent parser; its methods are spread over parser*.cpp by statement.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sandbox/snowflake/ast.h"
#include "sandbox/snowflake/lexer.h"

namespace firn::sandbox::snowflake {

class Parser {
 public:
  explicit Parser(std::string_view sql, bool ignore_case = false);

  Statement statement();
  CopyInto only_copy();

 private:
  // Tokens (parser.cpp). A phrase is words with one blank between them.
  [[nodiscard]] const Token& peek(std::size_t ahead = 0) const;
  [[nodiscard]] bool at_end() const;
  [[nodiscard]] bool at_symbol(std::string_view symbol, std::size_t ahead = 0) const;
  [[nodiscard]] bool at(std::string_view phrase) const;
  bool accept(std::string_view phrase);
  bool accept_symbol(std::string_view symbol);
  void expect(std::string_view phrase);
  void expect_symbol(std::string_view symbol);
  [[noreturn]] void unexpected() const;
  // Names the statement's first words.
  [[noreturn]] void unknown() const;
  const Token& take();
  [[nodiscard]] std::string_view source(std::size_t begin, std::size_t end) const;
  // The text from here to the end of the statement, taken.
  std::string rest();
  // The same of what may be a block of Snowflake Scripting, which holds ';' itself.
  std::string script();
  // The text up to a word outside brackets, which is taken, too.
  std::string text_until(std::string_view word);
  // What stands between brackets, without them.
  std::string text_in_parentheses();
  // May the statement hold a block?
  [[nodiscard]] bool holds_script() const;
  [[noreturn]] void refuse_several(std::ptrdiff_t count) const;

  // Parts (parser.cpp)
  std::string identifier();
  NamePath name();
  std::string string();
  std::int64_t integer();
  std::vector<std::string> identifiers_in_parentheses();
  ForeignKeyText foreign_key(std::string constraint);
  std::vector<std::string> texts_in_parentheses();
  PropertyValue property_value();
  Property property();
  std::vector<Property> properties_until(std::string_view stop);
  TypeText type();
  StageText stage();
  std::string kind_words(bool plural, Kind& kind);
  // A name; of a procedure with the types of its arguments.
  NamePath object_name(Kind kind);

  // Expressions (parser_select.cpp)
  Expression expression();
  Expression postfix();
  Expression primary();
  Expression call(std::string function);
  std::vector<SelectItem> select_items();

  // Statements
  Statement create();
  void create_table(Create& create);
  void table_element(Create& create);
  void create_view(Create& create);
  void create_external_table(Create& create);
  void create_stream(Create& create);
  void create_task(Create& create);
  void create_procedure(Create& create);
  bool procedure_clause(Create& create);
  void create_alert(Create& create);
  ColumnText column();
  std::string numbering();
  std::string default_text();
  Statement alter();
  void alter_action(Alter& alter);
  bool alter_task(Alter& alter);
  bool alter_alert(Alter& alter);
  void alter_columns(Alter& alter);
  ColumnChange column_change();
  Statement drop();
  Statement show();
  Scope scope();
  Statement show_grants(bool future);
  Statement describe();
  Statement grant(bool revoke);
  GrantTarget grant_target();
  Grantee grantee(bool bare_is_role);
  Statement comment();
  Statement use();
  Statement list();
  Statement select();
  void where(Select& select);
  Statement insert();
  CopyInto copy_into();

  // Brackets inside brackets, which the parser follows by calling itself.
  class Level {
   public:
    explicit Level(Parser& parser);
    ~Level() { --parser_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Parser& parser_;
  };

  std::string_view sql_;
  std::vector<Token> tokens_;
  std::size_t depth_ = 0;
  std::size_t at_ = 0;
};

}  // namespace firn::sandbox::snowflake
