#include "sandbox/snowflake/schedule.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <regex>
#include <string_view>

#include "sandbox/snowflake/lexer.h"
#include "sandbox/snowflake/sql_error.h"

namespace firn::sandbox::snowflake {

void check_schedule(const std::string& text, bool minutes_only) {
  static const std::regex cron(R"(\s*USING\s+CRON(\s+[-0-9A-Z*/,]+){5}\s+[A-Z][-A-Z0-9_+/]*\s*)",
                               std::regex::icase);
  static const std::regex minutes(R"(\s*[1-9][0-9]{0,4}\s*(M|MINUTES?)\s*)", std::regex::icase);
  static const std::regex interval(R"(\s*[1-9][0-9]{0,5}\s*(S|SECONDS?|M|MINUTES?|H|HOURS?)\s*)",
                                   std::regex::icase);
  if (std::regex_match(text, cron)) return;
  if (std::regex_match(text, minutes_only ? minutes : interval)) return;
  refuse("001422", "22023", fmt::format("invalid value [{}] for parameter 'SCHEDULE'", text));
}

void check_definition(const std::string& sql) {
  static constexpr std::array<std::string_view, 22> verbs = {
      "ALTER",   "BEGIN", "CALL",     "COPY",  "CREATE", "DECLARE", "DELETE", "DROP",
      "EXECUTE", "GRANT", "INSERT",   "LIST",  "MERGE",  "REMOVE",  "REVOKE", "SELECT",
      "SET",     "SHOW",  "TRUNCATE", "UNSET", "UPDATE", "WITH"};
  const auto tokens = tokenize(sql);
  const auto& first = tokens.front();
  const bool known =
      first.kind == Token::Kind::word && std::binary_search(verbs.begin(), verbs.end(), first.text);
  if (known) return;
  refuse_syntax(sql, first.begin,
                first.kind == Token::Kind::end
                    ? "<EOF>"
                    : std::string_view(sql).substr(first.begin, first.end - first.begin));
}

}  // namespace firn::sandbox::snowflake
