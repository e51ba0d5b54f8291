#include "core/schema/validate.h"

#include <algorithm>
#include <fmt/core.h>
#include <string>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "core/expression/scan.h"
#include "core/schema/describe.h"

namespace firn {
namespace {

using config::Node;

bool may_be_set(const Attribute& attribute) {
  return !attribute.computed && !attribute.derived;
}

const Attribute* find_input(std::span<const Attribute> rows, std::string_view name) {
  for (const Attribute& row : rows) {
    if (row.name == name && may_be_set(row)) return &row;
  }
  return nullptr;
}

// Whether a scalar is exactly one `${…}`, so that its value may be of any kind.
bool is_one_expression(std::string_view text) {
  return text.starts_with("${") && expression::find_expression_end(text, 0) == text.size();
}

// The dotted path, below `rows`, of an input called `name`; "" when there is none.
std::string path_below(std::span<const Attribute> rows, std::string_view name, int levels) {
  if (levels == 0) return {};
  for (const Attribute& row : rows) {
    if (!may_be_set(row)) continue;
    const Attribute* inner = &row;
    while (inner->kind != AttributeKind::object && inner->element != nullptr)
      inner = inner->element;
    if (find_input(inner->fields, name) != nullptr) return fmt::format("{}.{}", row.name, name);
    const std::string deeper = path_below(inner->fields, name, levels - 1);
    if (!deeper.empty()) return fmt::format("{}.{}", row.name, deeper);
  }
  return {};
}

// What an author can do about a literal of the wrong kind.
std::string mend(const Attribute& attribute, const Node& node) {
  if (node.is_scalar()) {
    const bool is_text = node.literal().is_string();
    const std::string_view text = node.text();
    if (attribute.kind == AttributeKind::string && !is_text)
      return fmt::format("put it in quotes: \"{}\"", text);
    if (attribute.kind == AttributeKind::boolean && is_text) {
      for (const std::string_view yes : {"yes", "on", "y", "true", "1"}) {
        if (equals_ignoring_case(text, yes)) return "write true";
      }
      for (const std::string_view no : {"no", "off", "n", "false", "0"}) {
        if (equals_ignoring_case(text, no)) return "write false";
      }
    }
    const bool wants_number =
        attribute.kind == AttributeKind::integer || attribute.kind == AttributeKind::number;
    const bool is_digits =
        !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
    if (wants_number && is_text && !node.is_plain() && is_digits)
      return fmt::format("write it without quotes: {}", text);
  }
  if (attribute.kind == AttributeKind::object && node.is_list() && node.size() == 1)
    return "write its entries without the dash or brackets";
  if (attribute.kind == AttributeKind::list && node.is_map())
    return "put a dash before the first entry and align the others below it";
  return example_of(attribute);
}

class Checker {
 public:
  Checker(std::string_view type_name, std::string_view address, Diagnostics& diagnostics)
      : type_name_(type_name), address_(address), diagnostics_(diagnostics) {}

  void block(const ResourceType& type, const Node& node,
             std::span<const std::string_view> meta_keys) {
    top_ = &type;
    if (!node.is_map()) {
      error(node.where(), "a resource is a map of attributes", {},
            "write type: and the attributes below the name, indented by two");
      return;
    }
    node.for_each_entry([&](Node key, Node value) {
      const std::string_view name = key.text();
      if (std::find(meta_keys.begin(), meta_keys.end(), name) != meta_keys.end()) return;
      if (const Attribute* row = find_input(type.attributes, name)) {
        attribute(*row, value, std::string(name));
      } else if (name == "tags" && type.taggable) {
        tags(value);
      } else {
        unknown_attribute(type, key, meta_keys);
      }
    });
    const Node type_node = node.find("type");
    missing(type.attributes, node, "", type_node.is_present() ? type_node.where() : node.where());
  }

  void attribute(const Attribute& row, const Node& node, const std::string& path) {
    if (node.is_null()) return;  // as if it had not been written
    if (node.is_scalar() && node.has_expression()) {
      expression(row, node, path);
      return;
    }
    switch (row.kind) {
      case AttributeKind::any:
        return keys_inside(node);
      case AttributeKind::list:
        return list(row, node, path);
      case AttributeKind::map:
        return map(row, node, path);
      case AttributeKind::object:
        return object(row, node, path);
      case AttributeKind::string:
      case AttributeKind::integer:
      case AttributeKind::number:
      case AttributeKind::boolean:
        return scalar(row, node, path);
    }
  }

 private:
  void error(SourceRange where, std::string summary, std::string detail, std::string remedy) {
    Diagnostic diagnostic;
    diagnostic.summary = std::move(summary);
    diagnostic.detail = std::move(detail);
    diagnostic.remedy = std::move(remedy);
    diagnostic.where = std::move(where);
    diagnostic.address = address_;
    diagnostics_.add(std::move(diagnostic));
  }

  void wrong_kind(const Attribute& row, const Node& node, const std::string& path) {
    error(node.where(), fmt::format("\"{}\" takes {}", path, expected_kind(row)),
          fmt::format("This is {}.", kind_name(kind_of(node))), mend(row, node));
  }

  static Value::Kind kind_of(const Node& node) {
    if (node.is_list()) return Value::Kind::list;
    if (node.is_map()) return Value::Kind::map;
    return node.literal().kind();
  }

  // A text with an expression in it stays a text, whatever the expression gives.
  void expression(const Attribute& row, const Node& node, const std::string& path) {
    if (is_one_expression(node.text())) return;
    const bool takes_text =
        row.kind == AttributeKind::string || row.kind == AttributeKind::any ||
        (row.kind == AttributeKind::list && row.element != nullptr &&
         (row.element->kind == AttributeKind::string || row.element->kind == AttributeKind::any));
    if (takes_text) return;
    error(node.where(), fmt::format("\"{}\" takes {}", path, expected_kind(row)),
          "An expression with text around it is a text.", "write the expression alone: ${…}");
  }

  void scalar(const Attribute& row, const Node& node, const std::string& path) {
    if (!node.is_scalar()) return wrong_kind(row, node, path);
    const Value value = node.literal();
    switch (row.kind) {
      case AttributeKind::string:
        if (!value.is_string()) return wrong_kind(row, node, path);
        return text(row, node, value.as_string(), path);
      case AttributeKind::integer:
        if (!value.is_int()) return wrong_kind(row, node, path);
        if (const auto why = out_of_bounds(row, value.as_int()))
          error(node.where(), fmt::format("\"{}\" cannot be {}", path, value.as_int()), *why, "");
        return;
      case AttributeKind::number:
        if (!value.is_int() && !value.is_number()) return wrong_kind(row, node, path);
        if (value.is_int()) {
          if (const auto why = out_of_bounds(row, value.as_int()))
            error(node.where(), fmt::format("\"{}\" cannot be {}", path, value.as_int()), *why, "");
        }
        return;
      case AttributeKind::boolean:
        if (!value.is_bool()) wrong_kind(row, node, path);
        return;
      case AttributeKind::list:
      case AttributeKind::map:
      case AttributeKind::object:
      case AttributeKind::any:
        return;
    }
  }

  void text(const Attribute& row, const Node& node, const std::string& value,
            const std::string& path) {
    if (!row.allowed.empty() &&
        std::find(row.allowed.begin(), row.allowed.end(), value) == row.allowed.end()) {
      // A secret is not shown, not even a mistaken one.
      error(node.where(),
            row.secret ? fmt::format("a value that \"{}\" does not allow", path)
                       : fmt::format("\"{}\" cannot be \"{}\"", path, value),
            fmt::format("Allowed: {}.", list_of(row.allowed)), near_of(value, row.allowed));
      return;
    }
    if (const auto why = bad_length(row, count_characters(value)))
      error(node.where(), fmt::format("\"{}\" has a wrong length", path), *why, "");
  }

  static std::string list_of(std::span<const std::string_view> words) {
    std::string text;
    for (const std::string_view word : words) {
      if (!text.empty()) text += ", ";
      text += word;
    }
    return text;
  }

  static std::string near_of(std::string_view wrong, std::span<const std::string_view> words) {
    const auto near = nearest(wrong, words);
    return near ? fmt::format("did you mean \"{}\"?", *near) : std::string();
  }

  void list(const Attribute& row, const Node& node, const std::string& path) {
    if (node.is_scalar()) {
      // A single scalar stands for a list of one.
      const bool is_simple = row.element != nullptr &&
                             (is_scalar(*row.element) || row.element->kind == AttributeKind::any);
      if (!is_simple) return wrong_kind(row, node, path);
      return attribute(*row.element, node, path);
    }
    if (!node.is_list()) return wrong_kind(row, node, path);
    if (const auto why = bad_length(row, node.size()))
      error(node.where(), fmt::format("\"{}\" has a wrong length", path), *why, "");
    if (row.element == nullptr) return keys_inside(node);
    std::size_t index = 0;
    node.for_each_item(
        [&](Node item) { attribute(*row.element, item, fmt::format("{}.{}", path, index++)); });
  }

  void map(const Attribute& row, const Node& node, const std::string& path) {
    if (!node.is_map()) return wrong_kind(row, node, path);
    if (row.element == nullptr) return keys_inside(node);
    node.for_each_entry([&](Node key, Node value) {
      check_key(key);
      const std::string inner = fmt::format("{}.{}", path, key.text());
      const bool is_text_wanted = row.element->kind == AttributeKind::string;
      if (is_text_wanted && value.is_scalar() && !value.has_expression()) {
        written_number(*row.element, value, inner);
      } else {
        attribute(*row.element, value, inner);
      }
    });
  }

  // In a map of texts a number becomes its text; `3.10` would silently become "3.1".
  void written_number(const Attribute& row, const Node& node, const std::string& path) {
    const Value value = node.literal();
    if (value.is_string()) return text(row, node, value.as_string(), path);
    const std::string made = value.is_bool()  ? (value.as_bool() ? "true" : "false")
                             : value.is_int() ? std::to_string(value.as_int())
                                              : fmt::format("{}", value.as_number());
    if (made != node.text())
      error(node.where(), fmt::format("\"{}\" takes a text", path),
            fmt::format("Without quotes this would become \"{}\".", made),
            fmt::format("put it in quotes: \"{}\"", node.text()));
  }

  void object(const Attribute& row, const Node& node, const std::string& path) {
    if (!node.is_map()) return wrong_kind(row, node, path);
    node.for_each_entry([&](Node key, Node value) {
      const std::string_view name = key.text();
      if (const Attribute* field = find_input(row.fields, name)) {
        attribute(*field, value, fmt::format("{}.{}", path, name));
      } else {
        unknown_field(row, key, path);
      }
    });
    missing(row.fields, node, path, node.where());
  }

  void tags(const Node& node) {
    static constexpr Attribute value{.name = "tag", .kind = AttributeKind::string};
    static constexpr Attribute row{.name = "tags",
                                   .kind = AttributeKind::map,
                                   .example = "{ team: finance }",
                                   .element = &value};
    attribute(row, node, "tags");
  }

  // Keys are never evaluated, wherever they stand.
  void check_key(const Node& key) {
    if (key.has_expression())
      error(key.where(), "a key cannot hold an expression", "Only values are evaluated.",
            "write the key out");
  }
  void keys_inside(const Node& node) {
    if (node.is_list()) node.for_each_item([&](Node item) { keys_inside(item); });
    if (node.is_map()) {
      node.for_each_entry([&](Node key, Node value) {
        check_key(key);
        keys_inside(value);
      });
    }
  }

  void missing(std::span<const Attribute> rows, const Node& node, const std::string& path,
               const SourceRange& where) {
    for (const Attribute& row : rows) {
      if (!row.required || !may_be_set(row)) continue;
      const Node value = node.find(row.name);
      if (value.is_present() && !value.is_null()) continue;
      const std::string full =
          path.empty() ? std::string(row.name) : fmt::format("{}.{}", path, row.name);
      error(value.is_present() ? node.find_key(row.name).where() : where,
            value.is_present()
                ? fmt::format("\"{}\" has no value", full)
                : (path.empty() ? fmt::format("{} needs \"{}\"", type_name_, full)
                                : fmt::format("\"{}\" needs \"{}\"", path, row.name)),
            std::string(row.doc), example_of(row));
    }
  }

  // True when a row of that name exists but an author may not set it.
  bool is_given(std::span<const Attribute> rows, const Node& key) {
    for (const Attribute& row : rows) {
      if (row.name != key.text()) continue;
      error(key.where(), fmt::format("\"{}\" cannot be set", row.name),
            row.derived ? "firn works it out from local files."
                        : fmt::format("It is an output of {}: the cloud gives it.", type_name_),
            "delete the line");
      return true;
    }
    return false;
  }

  void unknown_attribute(const ResourceType& type, const Node& key,
                         std::span<const std::string_view> meta_keys) {
    if (is_given(type.attributes, key)) return;
    const std::string_view name = key.text();
    if (key.has_expression()) return check_key(key);
    std::vector<std::string_view> known(meta_keys.begin(), meta_keys.end());
    for (const Attribute& row : type.attributes) {
      if (may_be_set(row)) known.push_back(row.name);
    }
    const std::string deeper = path_below(type.attributes, name, 3);
    error(key.where(), fmt::format("unknown attribute \"{}\" on {}", name, type_name_),
          deeper.empty() ? "" : fmt::format("There is a \"{}\" deeper down.", deeper),
          deeper.empty() ? suggestion(name, known)
                         : fmt::format("move it below \"{}\"",
                                       deeper.substr(0, deeper.size() - name.size() - 1)));
  }

  void unknown_field(const Attribute& object, const Node& key, const std::string& path) {
    if (is_given(object.fields, key)) return;
    if (key.has_expression()) return check_key(key);
    const std::string_view name = key.text();
    std::vector<std::string_view> known;
    for (const Attribute& field : object.fields) {
      if (may_be_set(field)) known.push_back(field.name);
    }
    const auto near = nearest(name, known);
    const bool is_higher = top_ != nullptr && find_input(top_->attributes, name) != nullptr;
    const std::string deeper = path_below(object.fields, name, 3);
    std::string remedy = suggestion(name, known);
    std::string detail;
    if (!near && is_higher) {
      detail = fmt::format("{} itself has an attribute of that name.", type_name_);
      remedy = "indent it less, to the level of the resource's other attributes";
    } else if (!near && !deeper.empty()) {
      detail = fmt::format("There is a \"{}.{}\" deeper down.", path, deeper);
      remedy = fmt::format("move it below \"{}.{}\"", path,
                           deeper.substr(0, deeper.size() - name.size() - 1));
    }
    error(key.where(), fmt::format("unknown attribute \"{}\" in {} of {}", name, path, type_name_),
          std::move(detail), std::move(remedy));
  }

  std::string_view type_name_;
  std::string_view address_;
  Diagnostics& diagnostics_;
  const ResourceType* top_ = nullptr;  // for words that are known higher up
};

}  // namespace

void check_block(const ResourceType& type, const Node& block,
                 std::span<const std::string_view> meta_keys, std::string_view address,
                 Diagnostics& diagnostics) {
  Checker(type.name, address, diagnostics).block(type, block, meta_keys);
}

void check_attribute(const Attribute& attribute, const Node& node, std::string_view path,
                     std::string_view type_name, std::string_view address,
                     Diagnostics& diagnostics) {
  Checker(type_name, address, diagnostics).attribute(attribute, node, std::string(path));
}

}  // namespace firn
