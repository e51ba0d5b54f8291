#include "providers/snowflake/toml.h"

#include <exception>
#include <sstream>
#include <toml.hpp>
#include <vector>

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

}  // namespace

Result<Value> parse_toml(std::string_view text, const std::string& file) {
  try {
    std::istringstream stream{std::string(text)};
    return converted(toml::parse(stream, file));
  } catch (const toml::exception& problem) {
    Error error;
    error.kind = ErrorKind::invalid_input;
    const auto line = problem.location().line();
    error.summary = file + ':' + std::to_string(line) + " is not valid TOML";
    error.detail = own_words(problem.what());
    error.remedy = "texts stand in quotation marks: account = \"myorg-myaccount\"";
    error.where.file = file;
    error.where.line = static_cast<std::uint32_t>(line);
    error.where.column = 1;
    return fail(std::move(error));
  } catch (const std::exception& problem) {
    return fail(ErrorKind::invalid_input, file + " is not valid TOML", own_words(problem.what()));
  }
}

}  // namespace firn::snowflake
