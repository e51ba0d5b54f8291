// SQL that the sandbox is sent.
#include "sandbox/snowflake/lexer.h"
#include "sandbox/snowflake/parser.h"
#include "sandbox/snowflake/sql_error.h"
#include "sandbox/snowflake/types.h"
#include "tests/fuzz/fuzz.h"

namespace firn::fuzz {
namespace {

namespace sf = sandbox::snowflake;

template <class Try>
void refusing(Try&& attempt) {
  try {
    attempt();
  } catch (const sf::SqlError& refusal) {
    require(!refusal.code.empty() && !refusal.message.empty(), "a refusal says something");
  }
}

}  // namespace

void try_input(std::string_view input) {
  (void)sf::operation_of(input);
  refusing([input] {
    const auto tokens = sf::tokenize(input);
    std::size_t before = 0;
    for (const sf::Token& token : tokens) {
      require(token.begin >= before && token.end >= token.begin && token.end <= input.size(),
              "tokens stand in order");
      before = token.end;
    }
    require(tokens.back().kind == sf::Token::Kind::end, "the last token is the end");
  });
  refusing([input] { (void)sf::parse(input); });
  refusing([input] { (void)sf::parse(input, true); });
  refusing([input] { (void)sf::parse_copy(input); });
  refusing([input] {
    const std::string text = sf::canonical(sf::parse_data_type(input));
    require(sf::canonical(sf::parse_data_type(text)) == text, "a canonical type is canonical",
            text);
  });
}

}  // namespace firn::fuzz
