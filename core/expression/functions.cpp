#include "core/expression/functions.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <string>
#include <utility>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "core/expression/file_functions.h"
#include "core/value/json.h"

namespace firn::expression {
namespace {

using Answer = std::optional<Value>;

constexpr std::size_t any_number = 10'000;
constexpr std::int64_t range_max = 100'000;               // items
constexpr std::size_t text_max = std::size_t{64} << 20U;  // bytes that one call may make

std::nullopt_t fail(const Call& call, std::size_t argument, std::string summary,
                    std::string remedy = {}) {
  call.diagnostics.error(call.places[argument], std::move(summary),
                         fmt::format("This is {}.", kind_name(call.arguments[argument].kind())),
                         std::move(remedy));
  return std::nullopt;
}

const std::string* text_argument(const Call& call, std::size_t index, std::string_view function) {
  const Value& value = call.arguments[index];
  if (value.is_string()) return &value.as_string();
  const bool has_text = text_of(value).has_value();
  fail(call, index, fmt::format("{} takes a text here", function),
       has_text ? "put quotes around it, or write \"${…}\" as a parameter's value" : "");
  return nullptr;
}

std::nullopt_t too_large(const Call& call) {
  call.diagnostics.error(call.where, "the result is too large",
                         fmt::format("A text may have {} MiB at most.", text_max >> 20U));
  return std::nullopt;
}

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

std::int64_t count_characters(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); });
}

// The byte at which character `index` starts.
std::size_t byte_of_character(std::string_view text, std::int64_t index) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if (is_continuation(text[at])) continue;
    if (index-- == 0) break;
  }
  return at;
}

Answer apply_upper(const Call& call) {
  const std::string* text = text_argument(call, 0, "upper");
  return text ? Answer(Value(to_upper(*text))) : std::nullopt;
}

Answer apply_lower(const Call& call) {
  const std::string* text = text_argument(call, 0, "lower");
  return text ? Answer(Value(to_lower(*text))) : std::nullopt;
}

Answer apply_trim(const Call& call) {
  const std::string* text = text_argument(call, 0, "trim");
  return text ? Answer(Value(trim(*text))) : std::nullopt;
}

Answer apply_join(const Call& call) {
  // The other order is the habit of other tools, and the kinds tell which is meant.
  const bool is_swapped = call.arguments[0].is_string() && call.arguments[1].is_list();
  const std::size_t list_at = is_swapped ? 1 : 0;
  if (!call.arguments[list_at].is_list()) return fail(call, list_at, "join takes a list here");
  const std::string* separator = text_argument(call, is_swapped ? 0 : 1, "join");
  if (separator == nullptr) return std::nullopt;
  std::string result;
  bool is_first = true;
  for (const Value& item : call.arguments[list_at].as_list()) {
    const auto text = text_of(item);
    if (!text) {
      call.diagnostics.error(call.places[list_at], "join takes a list of texts",
                             fmt::format("One item is {}.", kind_name(item.kind())));
      return std::nullopt;
    }
    if (!is_first) result += *separator;
    is_first = false;
    result += *text;
    if (result.size() > text_max) return too_large(call);
  }
  return Value(std::move(result));
}

Answer apply_split(const Call& call) {
  const std::string* text = text_argument(call, 0, "split");
  const std::string* separator = text_argument(call, 1, "split");
  if (text == nullptr || separator == nullptr) return std::nullopt;
  if (separator->empty()) {
    call.diagnostics.error(call.places[1], "the separator is empty", {},
                           "write split(text, \",\")");
    return std::nullopt;
  }
  List parts;
  std::size_t start = 0;
  for (std::size_t end = text->find(*separator); end != std::string::npos;
       end = text->find(*separator, start)) {
    parts.emplace_back(text->substr(start, end - start));
    start = end + separator->size();
  }
  parts.emplace_back(text->substr(start));
  return Value(std::move(parts));
}

Answer apply_replace(const Call& call) {
  const std::string* text = text_argument(call, 0, "replace");
  const std::string* from = text_argument(call, 1, "replace");
  const std::string* to = text_argument(call, 2, "replace");
  if (text == nullptr || from == nullptr || to == nullptr) return std::nullopt;
  if (from->empty()) {
    call.diagnostics.error(call.places[1], "nothing to replace", "The second text is empty.");
    return std::nullopt;
  }
  if (text->size() / from->size() * to->size() > text_max) return too_large(call);
  return Value(replace_all(*text, *from, *to));
}

Answer apply_substring(const Call& call) {
  const std::string* text = text_argument(call, 0, "substring");
  if (text == nullptr) return std::nullopt;
  for (std::size_t i = 1; i < call.arguments.size(); ++i) {
    if (!call.arguments[i].is_int()) return fail(call, i, "substring takes an integer here");
    if (call.arguments[i].as_int() < 0) {
      call.diagnostics.error(call.places[i], "substring counts from 0",
                             fmt::format("This is {}.", call.arguments[i].as_int()));
      return std::nullopt;
    }
  }
  std::string_view rest = *text;
  rest.remove_prefix(byte_of_character(rest, call.arguments[1].as_int()));
  if (call.arguments.size() > 2)
    rest = rest.substr(0, byte_of_character(rest, call.arguments[2].as_int()));
  return Value(rest);
}

Answer apply_json(const Call& call) {
  return Value(to_json(call.arguments[0]));
}

Answer apply_parse_json(const Call& call) {
  const std::string* text = text_argument(call, 0, "parse_json");
  if (text == nullptr) return std::nullopt;
  auto value = parse_json(*text);
  if (!value) {
    call.diagnostics.error(
        call.places[0], "the text is not JSON",
        value.error().detail.empty() ? value.error().summary : value.error().detail,
        "check it with a JSON reader");
    return std::nullopt;
  }
  return *std::move(value);
}

Answer apply_hash(const Call& call) {
  const std::string* text = text_argument(call, 0, "hash");
  return text ? Answer(Value(sha256_hex(*text))) : std::nullopt;
}

Answer apply_base64(const Call& call) {
  const std::string* text = text_argument(call, 0, "base64");
  return text ? Answer(Value(base64(*text))) : std::nullopt;
}

Answer apply_merge(const Call& call) {
  std::vector<MapEntry> members;
  for (std::size_t i = 0; i < call.arguments.size(); ++i) {
    if (call.arguments[i].is_null()) continue;
    if (!call.arguments[i].is_map()) return fail(call, i, "merge takes maps");
    for (const auto& member : call.arguments[i].as_map())
      members.push_back(member);
  }
  return Value(Map(std::move(members)));
}

Answer apply_concat(const Call& call) {
  List items;
  for (std::size_t i = 0; i < call.arguments.size(); ++i) {
    if (call.arguments[i].is_null()) continue;
    if (!call.arguments[i].is_list())
      return fail(call, i, "concat takes lists", "put brackets around a single item: [x]");
    const List& more = call.arguments[i].as_list();
    items.insert(items.end(), more.begin(), more.end());
  }
  return Value(std::move(items));
}

Answer apply_range(const Call& call) {
  for (std::size_t i = 0; i < call.arguments.size(); ++i) {
    if (!call.arguments[i].is_int()) return fail(call, i, "range takes integers");
  }
  const bool has_start = call.arguments.size() > 1;
  const std::int64_t start = has_start ? call.arguments[0].as_int() : 0;
  const std::int64_t end = call.arguments[has_start ? 1 : 0].as_int();
  // Compared as unsigned, so that no difference overflows.
  if (end > start &&
      static_cast<std::uint64_t>(end) - static_cast<std::uint64_t>(start) > range_max) {
    call.diagnostics.error(call.where, "the range is too long",
                           fmt::format("It may have {} numbers at most.", range_max));
    return std::nullopt;
  }
  List items;
  for (std::int64_t i = start; i < end; ++i)
    items.emplace_back(i);
  return Value(std::move(items));
}

Answer apply_keys(const Call& call) {
  if (!call.arguments[0].is_map()) return fail(call, 0, "keys takes a map");
  List items;
  for (const auto& [key, unused] : call.arguments[0].as_map())
    items.emplace_back(key);
  return Value(std::move(items));
}

Answer apply_values(const Call& call) {
  if (!call.arguments[0].is_map()) return fail(call, 0, "values takes a map");
  List items;
  for (const auto& [unused, member] : call.arguments[0].as_map())
    items.push_back(member);
  return Value(std::move(items));
}

Answer apply_length(const Call& call) {
  const Value& value = call.arguments[0];
  if (value.is_string()) return Value(count_characters(value.as_string()));
  if (value.is_list()) return Value(static_cast<std::int64_t>(value.as_list().size()));
  if (value.is_map()) return Value(static_cast<std::int64_t>(value.as_map().size()));
  return fail(call, 0, "length takes a text, a list or a map");
}

Answer apply_contains(const Call& call) {
  const Value& whole = call.arguments[0];
  const Value& part = call.arguments[1];
  if (whole.is_list()) {
    const List& items = whole.as_list();
    return Value(std::find(items.begin(), items.end(), part) != items.end());
  }
  if (!whole.is_map() && !whole.is_string())
    return fail(call, 0, "contains takes a list, a map or a text");
  const std::string* text = text_argument(call, 1, "contains");
  if (text == nullptr) return std::nullopt;
  if (whole.is_map()) return Value(whole.find(*text) != nullptr);
  return Value(whole.as_string().find(*text) != std::string::npos);
}

Answer apply_secret(const Call& call) {
  const std::string* source = text_argument(call, 0, "secret");
  if (source == nullptr) return std::nullopt;
  const std::size_t colon = source->find(':');
  const std::string_view kind = std::string_view(*source).substr(0, colon);
  if (colon == std::string::npos || colon + 1 == source->size() ||
      (kind != "env" && kind != "file")) {
    // The text is not shown: it may be the secret itself, written here by mistake.
    call.diagnostics.error(call.places[0], "secret takes the place of a secret, not the secret",
                           "Secrets stand in an environment variable or in a file of their own.",
                           "write secret(\"env:NAME\") or secret(\"file:path\")");
    return std::nullopt;
  }
  const std::size_t start = call.diagnostics.items().size();
  Value clear = call.scope.secret(*source, call.places[0], call.diagnostics);
  const auto& items = call.diagnostics.items();
  const bool failed =
      std::any_of(items.begin() + static_cast<std::ptrdiff_t>(start), items.end(),
                  [](const Diagnostic& item) { return item.severity == Severity::error; });
  if (failed) return std::nullopt;
  return clear.is_unknown() ? clear : Value::secret(clear);
}

constexpr std::array table = {
    Function{"base64", "base64(text)", "The text in base64, with padding.", 1, 1, Depth::deep,
             apply_base64},
    Function{"concat", "concat(list, …)", "All items of the lists, in order. Null counts as empty.",
             1, any_number, Depth::shallow, apply_concat},
    Function{"contains", "contains(whole, part)",
             "Whether a list has an item, a map a key, or a text a piece of text.", 2, 2,
             Depth::deep, apply_contains},
    Function{"default", "default(value, other)",
             "The value, or the other one where the value is null or a path leads nowhere.", 2, 2,
             Depth::shallow, nullptr},
    Function{"file", "file(path)",
             "The text of a file. The path is relative to the file it is written in.", 1, 1,
             Depth::deep, apply_file},
    Function{"hash", "hash(text)", "The SHA-256 digest of the text, as 64 hexadecimal digits.", 1,
             1, Depth::deep, apply_hash},
    Function{"join", "join(list, separator)", "The items of a list as one text.", 2, 2, Depth::deep,
             apply_join},
    Function{"json", "json(value)", "The value as JSON text, with sorted keys.", 1, 1, Depth::deep,
             apply_json},
    Function{"keys", "keys(map)", "The keys of a map, sorted.", 1, 1, Depth::shallow, apply_keys},
    Function{"length", "length(value)",
             "The number of characters of a text, items of a list, or entries of a map.", 1, 1,
             Depth::shallow, apply_length},
    Function{"lower", "lower(text)", "The text with its letters A to Z in lower case.", 1, 1,
             Depth::deep, apply_lower},
    Function{"merge", "merge(map, …)",
             "The entries of all maps; of equal keys the last one stays. Null counts as empty.", 1,
             any_number, Depth::shallow, apply_merge},
    Function{"parse_json", "parse_json(text)", "The value that a JSON text stands for.", 1, 1,
             Depth::deep, apply_parse_json},
    Function{"range", "range(end) or range(start, end)",
             "The integers from start, or 0, up to but not including end.", 1, 2, Depth::deep,
             apply_range},
    Function{"replace", "replace(text, from, to)", "The text with every `from` replaced by `to`.",
             3, 3, Depth::deep, apply_replace},
    Function{"secret", "secret(\"env:NAME\") or secret(\"file:path\")",
             "A secret from an environment variable or a file. It is never stored or printed.", 1,
             1, Depth::deep, apply_secret},
    Function{"split", "split(text, separator)", "The pieces of a text, as a list.", 2, 2,
             Depth::deep, apply_split},
    Function{"substring", "substring(text, start) or substring(text, start, length)",
             "The characters from `start`, counted from 0: `length` of them, or all.", 2, 3,
             Depth::deep, apply_substring},
    Function{"template", "template(path, map)",
             "The text of a file, in which ${name} is replaced by the map's value; lists and maps "
             "become JSON, $${ stays ${.",
             2, 2, Depth::deep, apply_template},
    Function{"trim", "trim(text)", "The text without white space at its ends.", 1, 1, Depth::deep,
             apply_trim},
    Function{"upper", "upper(text)", "The text with its letters a to z in upper case.", 1, 1,
             Depth::deep, apply_upper},
    Function{"values", "values(map)", "The values of a map, in the order of its keys.", 1, 1,
             Depth::shallow, apply_values},
};

}  // namespace

std::span<const Function> functions() {
  return table;
}

const Function* find_function(std::string_view name) {
  const auto found = std::lower_bound(
      table.begin(), table.end(), name,
      [](const Function& function, std::string_view wanted) { return function.name < wanted; });
  return found != table.end() && found->name == name ? &*found : nullptr;
}

std::optional<std::string> text_of(const Value& value) {
  if (value.is_string()) return value.as_string();
  if (value.is_int() || value.is_number() || value.is_bool()) return to_json(value);
  return std::nullopt;
}

}  // namespace firn::expression
