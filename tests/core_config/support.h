// What the tests of configuration share: trees and diagnostics as text, a scope with known values.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/base/diagnostic.h"
#include "core/config/document.h"
#include "core/expression/expression.h"

namespace firn::tests {

// A document that a test expects to be sound; its problems fail the test.
[[nodiscard]] std::shared_ptr<const config::Document> parse_sound(std::string_view yaml);

// The node at "a.b.0": keys and positions in lists, separated by dots.
[[nodiscard]] config::Node at(const config::Document& document, std::string_view path);

// One line for each node: two spaces for each level, `line:column+width`, kind and text.
[[nodiscard]] std::string tree(config::Node node);

// "2:5+3 summary | detail | remedy", one line for each.
[[nodiscard]] std::string listed(const Diagnostics& diagnostics);

// Sees t = "text", n = 5, f = 2.5, yes = true, no = false, nothing = null, list = [a, b],
// map = {k: v, list: [x]}, u = unknown, s = secret, env.name = "dev"; nothing else.
class TestScope final : public expression::Scope {
 public:
  explicit TestScope(std::string folder = ".") : folder_(std::move(folder)) {}

  Value resolve(const expression::Reference& reference, Diagnostics& diagnostics) const override;
  [[nodiscard]] std::string base_folder() const override { return folder_; }
  Value secret(std::string_view source, const SourceRange& where,
               Diagnostics& diagnostics) const override;

 private:
  std::string folder_;
};

}  // namespace firn::tests
