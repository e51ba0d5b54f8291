// XML as the rest-xml and query protocols use it: elements and text, no mixed content.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace firn::sandbox::aws {

// Writes elements in order.
class Xml {
 public:
  Xml& open(std::string_view name);                            // <name>
  Xml& open(std::string_view name, std::string_view xmlns);    // <name xmlns="…">
  Xml& close();                                                // the last one opened
  Xml& leaf(std::string_view name, std::string_view text);     // <name>text</name>, escaped
  Xml& leaf_if(std::string_view name, std::string_view text);  // nothing when the text is empty
  Xml& raw(std::string_view xml);                              // as it is
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::vector<std::string> open_;
};

[[nodiscard]] std::string escape_xml(std::string_view text);

// A parsed element. Namespaces are dropped.
struct XmlElement {
  std::string name;
  std::string text;  // its own text, not trimmed; empty when it has children
  std::vector<XmlElement> children;

  [[nodiscard]] const XmlElement* child(std::string_view wanted) const;  // first; nullptr
  [[nodiscard]] std::vector<const XmlElement*> all(std::string_view wanted) const;
  [[nodiscard]] std::string text_of(std::string_view wanted) const;  // "" when absent
  [[nodiscard]] bool has(std::string_view wanted) const { return child(wanted) != nullptr; }
};

[[nodiscard]] std::optional<XmlElement> parse_xml(std::string_view body);

}  // namespace firn::sandbox::aws
