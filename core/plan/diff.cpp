#include "core/plan/diff.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/state/state.h"
#include "core/value/json.h"

namespace firn {
namespace {

// A list's items in an order that carries no meaning, for comparison only.
List as_set(const Value& value) {
  List items = value.as_list();
  std::ranges::sort(items, {}, [](const Value& item) { return to_state_json(redacted(item)); });
  return items;
}

bool same(const Attribute& attribute, const Value& a, const Value& b) {
  if (a.is_list() && b.is_list() && attribute.kind == AttributeKind::list) {
    if (a.as_list().size() != b.as_list().size()) return false;
    const List left = attribute.unordered ? as_set(a) : a.as_list();
    const List right = attribute.unordered ? as_set(b) : b.as_list();
    if (attribute.element == nullptr) return left == right;
    return std::ranges::equal(left, right, [&](const Value& x, const Value& y) {
      return same(*attribute.element, x, y);
    });
  }
  if (a.is_map() && b.is_map() && attribute.kind == AttributeKind::object) {
    const auto member_of = [&](std::string_view name) -> const Attribute* {
      const auto field = std::ranges::find(attribute.fields, name, &Attribute::name);
      return field == attribute.fields.end() ? nullptr : &*field;
    };
    if (a.as_map().size() != b.as_map().size()) return false;
    return std::ranges::equal(a.as_map(), b.as_map(), [&](const auto& x, const auto& y) {
      if (x.first != y.first) return false;
      const Attribute* field = member_of(x.first);
      return field != nullptr ? same(*field, x.second, y.second) : x.second == y.second;
    });
  }
  return a == b;
}

// The member that tells list items apart for people: columns by name, rules by id.
const Value* label_of(const Value& item) {
  for (const std::string_view key : {"name", "id", "Sid"}) {
    if (const Value* label = item.find(key); label != nullptr && label->is_string()) return label;
  }
  return nullptr;
}

bool has_labels(const List& items) {
  return !items.empty() &&
         std::ranges::all_of(items, [](const Value& item) { return label_of(item) != nullptr; });
}

const Value* find_labelled(const List& items, const Value& label) {
  const auto found =
      std::ranges::find_if(items, [&](const Value& item) { return *label_of(item) == label; });
  return found == items.end() ? nullptr : &*found;
}

void list_changes(const std::string& path, const List& before, const List& after,
                  std::vector<Change>& changes) {
  if (has_labels(before) && has_labels(after)) {
    for (const Value& item : before) {
      const Value& label = *label_of(item);
      const Value* now = find_labelled(after, label);
      collect_changes(fmt::format("{}[{}]", path, label.as_string()), item,
                      now == nullptr ? Value() : *now, changes);
    }
    for (const Value& item : after) {
      const Value& label = *label_of(item);
      if (find_labelled(before, label) == nullptr) {
        collect_changes(fmt::format("{}[{}]", path, label.as_string()), Value(), item, changes);
      }
    }
    return;
  }
  for (std::size_t i = 0; i < std::max(before.size(), after.size()); ++i) {
    collect_changes(fmt::format("{}[{}]", path, i), i < before.size() ? before[i] : Value(),
                    i < after.size() ? after[i] : Value(), changes);
  }
}

}  // namespace

Value comparable(const Value& value, const Value& other, std::string_view secret_key) {
  if (!value.contains_secret() && !other.contains_secret()) return value;
  if (value.is_secret()) return sealed(secret_key, value);
  if (other.is_secret()) {
    return value.is_null() || value.contains_unknown()
               ? value
               : Value::sealed_secret(seal(secret_key, value));
  }
  if (value.is_map()) {
    Map members;
    for (const auto& [key, member] : value.as_map())
      members.set(key, comparable(member, other.at(key), secret_key));
    return Value(std::move(members));
  }
  if (value.is_list()) {
    List items;
    const bool has_other = other.is_list();
    for (std::size_t i = 0; i < value.as_list().size(); ++i) {
      const bool has_item = has_other && i < other.as_list().size();
      items.push_back(
          comparable(value.as_list()[i], has_item ? other.as_list()[i] : Value(), secret_key));
    }
    return Value(std::move(items));
  }
  return value;
}

bool same_meaning(const Attribute& attribute, const Value& a, const Value& b,
                  std::string_view secret_key) {
  if (a.contains_unknown() || b.contains_unknown()) return false;
  if (!a.contains_secret() && !b.contains_secret()) return same(attribute, a, b);
  return same(attribute, comparable(a, b, secret_key), comparable(b, a, secret_key));
}

void collect_changes(const std::string& path, const Value& before, const Value& after,
                     std::vector<Change>& changes) {
  if (before == after && !after.contains_unknown()) return;
  if (before.is_map() && after.is_map()) {
    for (const auto& [key, value] : before.as_map()) {
      const Value* now = after.find(key);
      collect_changes(path + "." + key, value, now == nullptr ? Value() : *now, changes);
    }
    for (const auto& [key, value] : after.as_map()) {
      if (before.find(key) == nullptr) collect_changes(path + "." + key, Value(), value, changes);
    }
    return;
  }
  if (before.is_list() && after.is_list()) {
    list_changes(path, before.as_list(), after.as_list(), changes);
    return;
  }
  Change change;
  change.path = path;
  change.secret = before.contains_secret() || after.contains_secret();
  change.before = redacted(before);
  // Unknowns stay: the view prints what they wait for.
  change.after = change.secret ? redacted(after) : after;
  changes.push_back(std::move(change));
}

}  // namespace firn
