#include "sandbox/aws/tags.h"

#include "core/base/text.h"

namespace firn::sandbox::aws {
namespace {

constexpr std::size_t most_tags = 50;
constexpr std::size_t longest_key = 128;
constexpr std::size_t longest_value = 256;

// Letters, digits, blanks and _ . : / = + - @; letters of any script count.
bool is_plain(std::string_view text) {
  constexpr std::string_view marks = " _.:/=+-@";
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    const bool other_script = static_cast<unsigned char>(c) >= 0x80;
    if (!letter && !other_script && marks.find(c) == std::string_view::npos) return false;
  }
  return true;
}

std::size_t characters(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text)
    count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  return count;
}

}  // namespace

TagProblem check_tags(const Map& tags) {
  using What = TagProblem::What;
  for (const auto& [key, value] : tags) {
    if (key.empty() || characters(key) > longest_key) return {What::key, key};
    if (to_lower(key).starts_with("aws:")) return {What::reserved, key};
    if (!is_plain(key)) return {What::characters, key};
    if (!value.is_string() || characters(value.as_string()) > longest_value ||
        !is_plain(value.as_string())) {
      return {What::value, key};
    }
  }
  if (tags.size() > most_tags) return {What::too_many, {}};
  return {};
}

Map tags_in(const Form& form, const std::string& prefix) {
  Map tags;
  for (const Form& member : form.members(prefix))
    tags.set(member.get("Key"), member.get("Value"));
  return tags;
}

Map tags_in(const Value& list, const char* key_name, const char* value_name) {
  Map tags;
  if (!list.is_list()) return tags;
  for (const Value& item : list.as_list()) {
    tags.set(item.string_or(key_name, ""), item.string_or(value_name, ""));
  }
  return tags;
}

Value tag_list(const Value& tags, const char* key_name, const char* value_name) {
  List items;
  if (tags.is_map()) {
    for (const auto& [key, value] : tags.as_map()) {
      items.push_back(Map{{key_name, key}, {value_name, value}});
    }
  }
  return Value(std::move(items));
}

Map tags_of(const Value& document) {
  const Value& tags = document.at("tags");
  return tags.is_map() ? tags.as_map() : Map{};
}

Value with(const Value& document, std::string_view name, Value value) {
  Map members = document.is_map() ? document.as_map() : Map{};
  members.set(name, std::move(value));
  return Value(std::move(members));
}

Value without(const Value& document, std::string_view name) {
  Map members = document.is_map() ? document.as_map() : Map{};
  members.erase(name);
  return Value(std::move(members));
}

Value with_tags(const Value& document, Map tags) {
  return with(document, "tags", Value(std::move(tags)));
}

}  // namespace firn::sandbox::aws
