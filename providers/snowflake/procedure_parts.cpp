#include "providers/snowflake/procedure_parts.h"

#include <algorithm>

#include "core/base/text.h"
#include "providers/snowflake/data_type.h"
#include "providers/snowflake/line_feeds.h"
#include "providers/snowflake/object_type.h"

namespace firn::snowflake {
namespace {

// `TIMESTAMP_NTZ(9)`: a procedure is known by its types without their sizes.
std::string bare_type(std::string_view type) {
  const auto parsed = parse_data_type(type);
  const std::string text = parsed ? parsed->text : to_upper(trim(type));
  return text.substr(0, text.find('('));
}

// What stands in the outermost brackets of `P(DEFAULT VARCHAR, NUMBER) RETURN VARCHAR`.
std::string_view inside_brackets(std::string_view text) {
  const auto open = text.find('(');
  if (open == std::string_view::npos) return {};
  int depth = 0;
  for (std::size_t i = open; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')' && --depth == 0) return text.substr(open + 1, i - open - 1);
  }
  return {};
}

}  // namespace

std::vector<std::string> bare_types(const Value& arguments) {
  std::vector<std::string> types;
  if (!arguments.is_list()) return types;
  for (const Value& argument : arguments.as_list())
    types.push_back(bare_type(argument.string_or("type", "")));
  return types;
}

std::vector<std::string> listed_types(std::string_view listed) {
  std::vector<std::string> types;
  for (const std::string& part : split_at_commas(inside_brackets(listed))) {
    std::string_view type = part;
    for (const std::string_view word : {"DEFAULT ", "OUT "}) {
      if (type.starts_with(word)) type.remove_prefix(word.size());
    }
    types.push_back(bare_type(type));
  }
  return types;
}

Value described_arguments(std::string_view signature, const Value& recorded) {
  List list;
  for (const std::string& part : split_at_commas(inside_brackets(signature))) {
    const auto blank = part.rfind(part.starts_with('"') ? "\" " : " ");
    const std::size_t end =
        blank == std::string::npos ? part.size() : blank + (part.starts_with('"') ? 1 : 0);
    Map argument{{"name", shortest_identifier(stored_identifier(part.substr(0, end)))},
                 {"type", bare_type(std::string_view(part).substr(std::min(end, part.size())))}};
    // The sizes of types and the defaults are not shown.
    if (recorded.is_list() && list.size() < recorded.as_list().size()) {
      const Value& before = recorded.as_list()[list.size()];
      if (before.at("name") == argument.find("name")[0] &&
          bare_type(before.string_or("type", "")) == argument.find("type")->as_string()) {
        argument = before.as_map();
      }
    }
    list.emplace_back(std::move(argument));
  }
  return list;
}

std::string normalized_body(std::string_view body) {
  const std::string text = with_line_feeds(body);
  const auto begin = text.find_first_not_of('\n');
  const auto end = text.find_last_not_of(" \t\n\r");
  return begin == std::string::npos || end == std::string::npos
             ? std::string()
             : text.substr(begin, end - begin + 1);
}

std::string normalized_returns(std::string_view written) {
  std::string_view text = trim(written);
  constexpr std::string_view not_null = " NOT NULL";
  std::string suffix;
  if (to_upper(text).ends_with(not_null)) {
    text.remove_suffix(not_null.size());
    suffix = not_null;
  }
  if (const auto type = parse_data_type(text)) return type->text + suffix;
  if (to_upper(text.substr(0, 5)) != "TABLE") return std::string(text) + suffix;
  std::string columns;
  for (const std::string& column : split_at_commas(inside_brackets(text))) {
    const auto blank = column.find(' ');
    if (!columns.empty()) columns += ", ";
    columns += to_upper(column.substr(0, blank));
    if (blank == std::string::npos) continue;
    const auto type = parse_data_type(trim(std::string_view(column).substr(blank)));
    columns += " " + (type ? type->text : std::string(trim(column.substr(blank))));
  }
  return "TABLE (" + columns + ")" + suffix;
}

Value listed_packages(std::string_view text) {
  List list;
  std::string name;
  bool inside = false;
  for (const char c : text) {
    if (c == '\'') {
      if (inside) list.emplace_back(std::move(name));
      name.clear();
      inside = !inside;
    } else if (inside) {
      name += c;
    }
  }
  return list;
}

Value normalized_arguments(const Value& written) {
  if (!written.is_list()) return written;
  List list;
  for (const Value& item : written.as_list()) {
    if (!item.is_map()) {
      list.push_back(item);
      continue;
    }
    Map argument = item.as_map();
    normalize_name_at(argument, "name");
    if (const auto type = parse_data_type(item.string_or("type", ""))) {
      argument.set("type", type->text);
    }
    if (const Value* fallback = argument.find("default");
        fallback != nullptr && fallback->is_string()) {
      std::string sql = normalized_sql(fallback->as_string());
      argument.set("default", std::move(sql));
    }
    list.emplace_back(std::move(argument));
  }
  return list;
}

void check_arguments(const Value& arguments, std::vector<Problem>& problems) {
  bool optional_before = false;
  for (std::size_t i = 0; arguments.is_list() && i < arguments.as_list().size(); ++i) {
    const Value& argument = arguments.as_list()[i];
    const std::string path = "arguments." + std::to_string(i);
    if (argument.at("type").is_string()) {
      const auto type = parse_data_type(argument.at("type").as_string());
      if (!type) problems.push_back(problem_of(path + ".type", type.error()));
    }
    if (is_text(argument.at("default"))) {
      const auto sql = AuthorSql::expression(argument.at("default").as_string());
      if (!sql) problems.push_back(problem_of(path + ".default", sql.error()));
      optional_before = true;
    } else if (optional_before) {
      problems.push_back({path, "an argument without a default follows one with a default",
                          "who calls it may leave out arguments only from the end",
                          "give it a default, or put it first"});
    }
  }
}

}  // namespace firn::snowflake
