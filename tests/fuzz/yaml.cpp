// YAML documents: what an author wrote, read into a tree whose nodes know where they stand.
#include "core/config/document.h"
#include "core/expression/expression.h"
#include "core/value/json.h"
#include "tests/fuzz/fuzz.h"

namespace firn::fuzz {
namespace {

using config::Document;
using config::Node;

void visit(Node node, std::string_view text) {
  require_place(node.where(), text);
  if (node.is_map()) {
    node.for_each_entry([text](Node key, Node value) {
      visit(key, text);
      visit(value, text);
    });
  } else if (node.is_list()) {
    node.for_each_item([text](Node item) { visit(item, text); });
  } else if (node.has_expression()) {
    Diagnostics problems;
    std::vector<expression::Reference> references;
    expression::collect_references(node.text(), node.where(), references, problems);
    for (const auto& reference : references)
      require(!reference.path.empty(), "a reference has a root");
  }
}

}  // namespace

void try_input(std::string_view input) {
  Diagnostics problems;
  const auto document = Document::parse("stack.yaml", input, problems);
  require_places(problems, input);
  if (document == nullptr) {
    require(problems.has_errors(), "a text that cannot be read is told about");
    return;
  }
  visit(document->root(), input);
  for (const auto& annotation : document->annotations())
    require_place({"stack.yaml", annotation.line, 1}, input);
  if (problems.has_errors()) return;

  const Value value = document->root().literal();
  require_stable_json(value);
  // JSON is YAML, so what was read reads the same as JSON; "$" would be read as an expression.
  const std::string json = to_json(value);
  if (json.find('$') != std::string::npos) return;
  Diagnostics none;
  const auto again = Document::parse("again.yaml", json, none);
  if (again == nullptr || none.has_errors()) {
    require(false, "what was read can be written as JSON and read again",
            none.items().front().summary + " in " + json);
  }
  require(again->root().literal() == value, "as JSON it reads the same", json);
}

}  // namespace firn::fuzz
