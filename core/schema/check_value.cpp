#include <algorithm>
#include <cmath>
#include <fmt/core.h>
#include <string>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "core/schema/describe.h"
#include "core/schema/validate.h"
#include "core/value/json.h"

namespace firn {
namespace {

class ValueChecker {
 public:
  ValueChecker(const SourceRange& where, Diagnostics& diagnostics)
      : where_(where), diagnostics_(diagnostics), is_quiet_(diagnostics.has_errors()) {}

  Value check(const Attribute& row, Value value, const std::string& path) {
    if (value.is_unknown()) return value;
    if (value.is_secret()) return secret(row, value, path);
    if (value.is_null()) {
      // After an error null may stand for what could not be evaluated.
      if (row.required && !is_quiet_)
        error(fmt::format("\"{}\" needs a value", path), "The expression gives null.",
              "use default(x, y) to say what stands for nothing");
      return value;
    }
    switch (row.kind) {
      case AttributeKind::any:
        return value;
      case AttributeKind::string:
        return text(row, std::move(value), path);
      case AttributeKind::integer:
        return integer(row, std::move(value), path);
      case AttributeKind::number:
        return number(row, std::move(value), path);
      case AttributeKind::boolean:
        if (!value.is_bool()) wrong_kind(row, value, path);
        return value;
      case AttributeKind::list:
        return list(row, std::move(value), path);
      case AttributeKind::map:
        return map(row, std::move(value), path);
      case AttributeKind::object:
        return object(row, std::move(value), path);
    }
    return value;
  }

 private:
  // Of a secret only the kind is looked at: what is in it stands in no message, and `firn validate`
  // has something else in its place.
  Value secret(const Attribute& row, const Value& value, const std::string& path) {
    if (value.reveal().is_null()) return value;
    const bool was_hidden = std::exchange(is_hidden_, true);
    Value checked = check(row, value.reveal(), path);
    is_hidden_ = was_hidden;
    return Value::secret(checked);
  }

  void error(std::string summary, std::string detail, std::string remedy) {
    diagnostics_.error(where_, std::move(summary), std::move(detail), std::move(remedy));
  }

  void wrong_kind(const Attribute& row, const Value& value, const std::string& path) {
    const bool has_text = value.is_int() || value.is_number() || value.is_bool();
    error(fmt::format("\"{}\" takes {}", path, expected_kind(row)),
          fmt::format("The expression gives {}.", kind_name(value.kind())),
          row.kind == AttributeKind::string && has_text
              ? "declare the value as a text where it comes from: put it in quotes"
              : example_of(row));
  }

  Value text(const Attribute& row, Value value, const std::string& path) {
    if (!value.is_string()) {
      wrong_kind(row, value, path);
      return value;
    }
    if (is_hidden_) return value;
    const std::string& word = value.as_string();
    if (!row.allowed.empty() &&
        std::find(row.allowed.begin(), row.allowed.end(), word) == row.allowed.end()) {
      std::string allowed;
      for (const std::string_view one : row.allowed) {
        if (!allowed.empty()) allowed += ", ";
        allowed += one;
      }
      const auto near = nearest(word, row.allowed);
      error(row.secret ? fmt::format("a value that \"{}\" does not allow", path)
                       : fmt::format("\"{}\" cannot be \"{}\"", path, word),
            fmt::format("Allowed: {}.", allowed),
            near ? fmt::format("did you mean \"{}\"?", *near) : std::string());
    } else if (const auto why = bad_length(row, count_characters(word))) {
      error(fmt::format("\"{}\" has a wrong length", path), *why, "");
    }
    return value;
  }

  Value integer(const Attribute& row, Value value, const std::string& path) {
    constexpr double exact = 9007199254740992.0;  // 2^53: larger doubles skip integers
    if (value.is_number()) {
      const double real = value.as_number();
      if (std::trunc(real) == real && std::abs(real) <= exact)
        value = Value(static_cast<std::int64_t>(real));
    }
    if (!value.is_int()) {
      wrong_kind(row, value, path);
    } else if (is_hidden_) {
      return value;
    } else if (const auto why = out_of_bounds(row, value.as_int())) {
      error(fmt::format("\"{}\" cannot be {}", path, value.as_int()), *why, "");
    }
    return value;
  }

  Value number(const Attribute& row, Value value, const std::string& path) {
    if (value.is_int()) {
      if (const auto why = out_of_bounds(row, value.as_int()); why && !is_hidden_)
        error(fmt::format("\"{}\" cannot be {}", path, value.as_int()), *why, "");
      return Value(value.as_number());
    }
    if (!value.is_number()) wrong_kind(row, value, path);
    return value;
  }

  Value list(const Attribute& row, Value value, const std::string& path) {
    if (!value.is_list()) {
      const bool is_simple = row.element != nullptr &&
                             (is_scalar(*row.element) || row.element->kind == AttributeKind::any);
      if (!is_simple || value.is_map()) {
        wrong_kind(row, value, path);
        return value;
      }
      value = Value(List{std::move(value)});
    }
    if (const auto why = bad_length(row, value.as_list().size()); why && !is_hidden_)
      error(fmt::format("\"{}\" has a wrong length", path), *why, "");
    if (row.element == nullptr || row.element->kind == AttributeKind::any) return value;
    List items;
    items.reserve(value.as_list().size());
    for (const Value& item : value.as_list())
      items.push_back(check(*row.element, item, fmt::format("{}.{}", path, items.size())));
    return Value(std::move(items));
  }

  Value map(const Attribute& row, Value value, const std::string& path) {
    if (!value.is_map()) {
      wrong_kind(row, value, path);
      return value;
    }
    if (row.element == nullptr || row.element->kind == AttributeKind::any) return value;
    const bool wants_text = row.element->kind == AttributeKind::string;
    std::vector<MapEntry> members;
    members.reserve(value.as_map().size());
    for (const auto& [key, member] : value.as_map()) {
      Value made = wants_text ? as_text(member) : member;
      Value checked = check(*row.element, std::move(made), fmt::format("{}.{}", path, key));
      if (!checked.is_null()) members.emplace_back(key, std::move(checked));  // null: left out
    }
    return Value(Map(std::move(members)));
  }

  Value object(const Attribute& row, Value value, const std::string& path) {
    if (!value.is_map()) {
      wrong_kind(row, value, path);
      return value;
    }
    std::vector<MapEntry> members;
    members.reserve(value.as_map().size());
    for (const auto& [key, member] : value.as_map()) {
      const std::string inner = fmt::format("{}.{}", path, key);
      const Attribute* field = input(row, key);
      if (field == nullptr) {
        unknown_member(row, key, path);
        continue;
      }
      Value checked = check(*field, member, inner);
      if (!checked.is_null()) members.emplace_back(key, std::move(checked));
    }
    for (const Attribute& field : row.fields) {
      const bool is_wanted = field.required && !field.computed && !field.derived;
      if (is_wanted && value.find(field.name) == nullptr)
        error(fmt::format("\"{}\" needs \"{}\"", path, field.name), std::string(field.doc),
              example_of(field));
    }
    return Value(Map(std::move(members)));
  }

  // Numbers and booleans as YAML writes them, where texts are wanted.
  static Value as_text(const Value& value) {
    if (value.is_secret()) {
      return value.reveal().is_null() ? value : Value::secret(as_text(value.reveal()));
    }
    const bool has_text = value.is_int() || value.is_number() || value.is_bool();
    return has_text ? Value(to_json(value)) : value;
  }

  static const Attribute* input(const Attribute& row, std::string_view name) {
    for (const Attribute& field : row.fields) {
      if (field.name == name && !field.computed && !field.derived) return &field;
    }
    return nullptr;
  }

  void unknown_member(const Attribute& row, std::string_view name, const std::string& path) {
    std::vector<std::string_view> known;
    for (const Attribute& field : row.fields) {
      if (!field.computed && !field.derived) known.push_back(field.name);
    }
    error(is_hidden_ ? fmt::format("unknown attribute in {}", path)
                     : fmt::format("unknown attribute \"{}\" in {}", name, path),
          "", is_hidden_ ? std::string() : suggestion(name, known));
  }

  const SourceRange& where_;
  Diagnostics& diagnostics_;
  bool is_quiet_;
  bool is_hidden_ = false;  // inside a secret
};

}  // namespace

Value check_value(const Attribute& attribute, Value value, const SourceRange& where,
                  std::string_view path, Diagnostics& diagnostics) {
  return ValueChecker(where, diagnostics).check(attribute, std::move(value), std::string(path));
}

}  // namespace firn
