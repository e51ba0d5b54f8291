#include "tests/core_config/support.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "core/base/text.h"

namespace firn::tests {

using config::Node;
using config::NodeKind;

std::shared_ptr<const config::Document> parse_sound(std::string_view yaml) {
  Diagnostics diagnostics;
  auto document = config::Document::parse("stack.yaml", yaml, diagnostics);
  EXPECT_EQ(listed(diagnostics), "") << yaml;
  EXPECT_NE(document, nullptr) << yaml;
  return document;
}

Node at(const config::Document& document, std::string_view path) {
  Node node = document.root();
  if (path.empty()) return node;
  for (const std::string& word : split(path, '.')) {
    if (node.is_list()) {
      Node item = node.first_child();
      for (int left = std::stoi(word); left > 0; --left)
        item = item.next_sibling();
      node = item;
    } else {
      node = node.find(word);
    }
  }
  return node;
}

namespace {

void append_tree(std::string& out, Node node, std::size_t level) {
  const SourceRange where = node.where();
  out += fmt::format("{}{}:{}+{} ", std::string(level * 2, ' '), where.line, where.column,
                     where.length);
  switch (node.kind()) {
    case NodeKind::null:
      out += "null\n";
      break;
    case NodeKind::scalar:
      out += fmt::format("{}{}\n", node.is_plain() ? "" : "quoted ",
                         replace_all(std::string(node.text()), "\n", "\\n"));
      break;
    case NodeKind::list:
      out += fmt::format("list of {}\n", node.size());
      node.for_each_item([&](Node item) { append_tree(out, item, level + 1); });
      break;
    case NodeKind::map:
      out += fmt::format("map of {}\n", node.size());
      node.for_each_entry([&](Node key, Node value) {
        append_tree(out, key, level + 1);
        append_tree(out, value, level + 2);
      });
      break;
  }
}

}  // namespace

std::string tree(Node node) {
  std::string out;
  append_tree(out, node, 0);
  return out;
}

std::string listed(const Diagnostics& diagnostics) {
  std::string out;
  for (const Diagnostic& item : diagnostics.items()) {
    out += fmt::format("{}:{}+{} {} | {} | {}\n", item.where.line, item.where.column,
                       item.where.length, item.summary, item.detail, item.remedy);
  }
  return out;
}

Value TestScope::resolve(const expression::Reference& reference, Diagnostics& diagnostics) const {
  const Map known{
      {"t", Value("text")},
      {"n", Value(5)},
      {"f", Value(2.5)},
      {"yes", Value(true)},
      {"no", Value(false)},
      {"nothing", Value()},
      {"zero", Value(0)},
      {"list", Value(List{Value("a"), Value("b")})},
      {"map", Value(Map{{"k", Value("v")}, {"list", Value(List{Value("x")})}})},
      {"u", Value::unknown("lake.external_id")},
      {"s", Value::secret(Value("hunter2"))},
      {"part", Value(Map{{"known", Value("k")}, {"later", Value::unknown("lake.iam_user_arn")}})},
      {"env", Value(Map{{"name", Value("dev")}})}};
  Value value(known);
  for (const expression::PathStep& step : reference.path) {
    const bool is_inside = step.is_index ? value.is_list() && static_cast<std::size_t>(step.index) <
                                                                  value.as_list().size()
                                         : value.find(step.name) != nullptr;
    if (!is_inside) {
      diagnostics.error(reference.where, fmt::format("there is no {}", reference.text()));
      return {};
    }
    const Value inner = step.is_index ? value.as_list()[static_cast<std::size_t>(step.index)]
                                      : *value.find(step.name);
    value = inner;
  }
  return value;
}

Value TestScope::secret(std::string_view source, const SourceRange& where,
                        Diagnostics& diagnostics) const {
  if (source == "env:PASSWORD") return Value::secret(Value("hunter2"));
  diagnostics.error(where, fmt::format("the secret \"{}\" is not there", source));
  return {};
}

}  // namespace firn::tests
