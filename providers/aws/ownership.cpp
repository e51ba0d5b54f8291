#include "providers/aws/ownership.h"

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "providers/aws/reply.h"

namespace firn::aws {

namespace {

constexpr std::size_t tag_value_limit = 256;

bool is_plain(char c) {
  const bool is_letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  return is_letter || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == ':' || c == '/' ||
         c == '+' || c == '-' || c == '@';
}

std::string address_of_mark(std::string_view mark) {
  std::string percent;
  for (const char c : mark)
    percent += c == '=' ? '%' : c;
  return percent_decode(percent);
}

}  // namespace

std::string address_mark(std::string_view address) {
  std::string mark;
  for (const char c : address) {
    if (is_plain(c)) {
      mark += c;
    } else {
      mark += fmt::format("={:02X}", static_cast<unsigned char>(c));
    }
  }
  if (mark.size() <= tag_value_limit) return mark;
  const std::string digest = sha256_hex(address).substr(0, 32);
  return mark.substr(0, tag_value_limit - digest.size() - 1) + "@" + digest;
}

Map tags_with_ownership(const Placement& placement, std::string_view address, const Value& tags) {
  Map all;
  if (tags.is_map()) {
    for (const auto& [key, value] : tags.as_map()) {
      if (value.is_null()) continue;  // left out, as everywhere; not an empty tag
      all.set(key, value.is_secret() || value.is_string() ? value : Value(text_of(value)));
    }
  }
  all.set(stack_tag, address_mark(placement.stack));
  all.set(environment_tag, address_mark(placement.environment));
  all.set(address_tag, address_mark(address));
  return all;
}

void read_ownership(const Placement& placement, const Map& tags, Observation& observation) {
  const auto text = [&tags](std::string_view key) {
    const Value* value = tags.find(key);
    return value == nullptr ? std::string() : text_of(*value);
  };
  const std::string mark = text(address_tag);
  observation.owner.reset();
  if (!mark.empty()) {
    observation.owner = address_of_mark(mark);
    observation.owner_stack =
        address_of_mark(text(stack_tag)) + "/" + address_of_mark(text(environment_tag));
  }
  const bool is_this_stack =
      placement.stack.empty() || (text(stack_tag) == address_mark(placement.stack) &&
                                  text(environment_tag) == address_mark(placement.environment));
  observation.foreign = mark.empty() || !is_this_stack;

  Map rest;
  for (const auto& [key, value] : tags) {
    if (key.starts_with("aws:") || key == stack_tag || key == environment_tag ||
        key == address_tag) {
      continue;
    }
    rest.set(key, value);
  }
  observation.inputs.set("tags", Value(std::move(rest)));
}

Map tags_from_list(const List& items) {
  std::vector<MapEntry> tags;
  for (const Value& item : items) {
    const bool is_upper = item.find("Key") != nullptr;
    tags.emplace_back(text_of(item.at(is_upper ? "Key" : "key")),
                      Value(text_of(item.at(is_upper ? "Value" : "value"))));
  }
  return Map(std::move(tags));
}

List tags_to_list(const Map& tags) {
  List items;
  for (const auto& [key, value] : tags) {
    Map item;
    item.set("Key", Value(key));
    item.set("Value", value);
    items.emplace_back(std::move(item));
  }
  return items;
}

TagChange tag_change(const Map& before, const Map& wanted) {
  TagChange change;
  change.set = wanted;
  for (const auto& [key, value] : before) {
    if (wanted.find(key) == nullptr) change.removed.push_back(key);
  }
  return change;
}

}  // namespace firn::aws
