#include "providers/snowflake/toml.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <sstream>
#include <toml.hpp>
#include <vector>

#include "core/config/utf8.h"

namespace firn::snowflake {
namespace {

Value converted(const toml::value& node);

Value converted_table(const toml::table& table) {
  std::vector<MapEntry> members;
  members.reserve(table.size());
  for (const auto& [key, member] : table)
    members.emplace_back(key, converted(member));
  return Map(std::move(members));
}

Value converted(const toml::value& node) {
  if (node.is_boolean()) return node.as_boolean();
  if (node.is_integer()) return std::int64_t{node.as_integer()};
  if (node.is_floating()) return node.as_floating();
  if (node.is_string()) return std::string(node.as_string().str);
  if (node.is_table()) return converted_table(node.as_table());
  if (node.is_array()) {
    List items;
    for (const auto& item : node.as_array())
      items.push_back(converted(item));
    return items;
  }
  std::ostringstream text;
  text << node;
  return text.str();
}

// The library's message goes on with the line of the file, which can hold a password; only its own
// words are kept: "[error] toml::parse_key: an invalid key appeared."
std::string own_words(std::string_view message) {
  std::string_view words = message.substr(0, message.find('\n'));
  if (const auto function = words.find("toml::"); function != std::string_view::npos) {
    if (const auto end = words.find(": ", function); end != std::string_view::npos) {
      words.remove_prefix(end + 2);
    }
  }
  return std::string(words);
}

// The position behind the string that begins at `at`; the end of the text when it is not closed.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const bool is_long = text.substr(at).starts_with(std::string(3, quote));
  const std::string end(is_long ? 3 : 1, quote);
  for (at += end.size(); at < text.size(); ++at) {
    if (text.substr(at).starts_with(end)) return at + end.size();
    if (text[at] == '\\' && quote == '"') ++at;
    if (!is_long && at < text.size() && text[at] == '\n') return at;
  }
  return text.size();
}

// The library calls itself for each level of brackets and of a dotted key, so levels are counted
// before it is asked. The line on which there are too many.
std::optional<std::size_t> line_nested_too_deeply(std::string_view text) {
  constexpr std::size_t depth_max = 32;
  std::size_t line = 1;
  std::size_t brackets = 0;
  std::size_t dots = 0;  // of the key or number that is being passed
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '#') at = std::min(text.find('\n', at), text.size()) - 1;
    if (c == '"' || c == '\'') {
      const std::size_t end = end_of_string(text, at);
      line += static_cast<std::size_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(at),
                                                  text.begin() + static_cast<std::ptrdiff_t>(end),
                                                  '\n'));
      at = end - 1;
    }
    if (c == '[' || c == '{') ++brackets;
    if ((c == ']' || c == '}') && brackets > 0) --brackets;
    if (c == '.') ++dots;
    if (c == '=' || c == ',' || c == '[' || c == ']' || c == '\n') dots = 0;
    if (brackets + dots > depth_max) return line;
    if (c == '\n') ++line;
  }
  return std::nullopt;
}

std::optional<std::size_t> line_not_utf8(std::string_view text) {
  std::size_t line = 1;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = config::utf8_length(text, at);
    if (length == 0) return line;
    if (text[at] == '\n') ++line;
    at += length;
  }
  return std::nullopt;
}

Failure invalid(const std::string& file, std::size_t line, std::string detail, std::string remedy) {
  Error error;
  error.kind = ErrorKind::invalid_input;
  error.summary = file + ':' + std::to_string(line) + " is not valid TOML";
  error.detail = std::move(detail);
  error.remedy = std::move(remedy);
  error.where.file = file;
  error.where.line = static_cast<std::uint32_t>(line);
  error.where.column = 1;
  return fail(std::move(error));
}

}  // namespace

Result<Value> parse_toml(std::string_view text, const std::string& file) {
  // The library reads beyond its buffer when it is to say where a text is not UTF-8.
  if (const auto line = line_not_utf8(text)) {
    return invalid(file, *line, "a character is not UTF-8", "save the file as UTF-8");
  }
  if (const auto line = line_nested_too_deeply(text)) {
    return invalid(file, *line, "tables and lists are nested more than 32 deep",
                   "a connection is one table: [connections.dev]");
  }
  try {
    std::istringstream stream{std::string(text)};
    return converted(toml::parse(stream, file));
  } catch (const toml::exception& problem) {
    // The library reads a line feed behind the text, too, and may name the line behind that.
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
    return invalid(file, std::min<std::size_t>(problem.location().line(), lines),
                   own_words(problem.what()),
                   "texts stand in quotation marks: account = \"myorg-myaccount\"");
  } catch (const std::exception& problem) {
    return fail(ErrorKind::invalid_input, file + " is not valid TOML", own_words(problem.what()));
  }
}

}  // namespace firn::snowflake
