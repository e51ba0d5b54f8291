#include "sandbox/aws/wire/xml.h"

#include <fmt/format.h>
#include <pugixml.hpp>

namespace firn::sandbox::aws {
namespace {

std::string local_name(const char* name) {
  const std::string_view text(name);
  const auto colon = text.find(':');
  return std::string(colon == std::string_view::npos ? text : text.substr(colon + 1));
}

constexpr int depth_limit = 64;

XmlElement convert(const pugi::xml_node& node, int depth) {
  XmlElement element;
  element.name = local_name(node.name());
  for (const pugi::xml_node& child : node.children()) {
    if (child.type() == pugi::node_element && depth < depth_limit) {
      element.children.push_back(convert(child, depth + 1));
    }
  }
  if (element.children.empty()) element.text = node.child_value();
  return element;
}

}  // namespace

std::string escape_xml(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\r':
        escaped += "&#xD;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

Xml& Xml::open(std::string_view name) {
  text_ += fmt::format("<{}>", name);
  open_.emplace_back(name);
  return *this;
}

Xml& Xml::open(std::string_view name, std::string_view xmlns) {
  text_ += fmt::format("<{} xmlns=\"{}\">", name, xmlns);
  open_.emplace_back(name);
  return *this;
}

Xml& Xml::close() {
  text_ += fmt::format("</{}>", open_.back());
  open_.pop_back();
  return *this;
}

Xml& Xml::leaf(std::string_view name, std::string_view text) {
  text_ += fmt::format("<{0}>{1}</{0}>", name, escape_xml(text));
  return *this;
}

Xml& Xml::leaf_if(std::string_view name, std::string_view text) {
  return text.empty() ? *this : leaf(name, text);
}

Xml& Xml::raw(std::string_view xml) {
  text_ += xml;
  return *this;
}

const XmlElement* XmlElement::child(std::string_view wanted) const {
  for (const XmlElement& element : children) {
    if (element.name == wanted) return &element;
  }
  return nullptr;
}

std::vector<const XmlElement*> XmlElement::all(std::string_view wanted) const {
  std::vector<const XmlElement*> found;
  for (const XmlElement& element : children) {
    if (element.name == wanted) found.push_back(&element);
  }
  return found;
}

std::string XmlElement::text_of(std::string_view wanted) const {
  const XmlElement* element = child(wanted);
  return element ? element->text : std::string();
}

std::optional<XmlElement> parse_xml(std::string_view body) {
  pugi::xml_document document;
  const auto options = pugi::parse_default | pugi::parse_ws_pcdata_single;
  if (!document.load_buffer(body.data(), body.size(), options)) return std::nullopt;
  const pugi::xml_node root = document.document_element();
  if (!root) return std::nullopt;
  return convert(root, 0);
}

}  // namespace firn::sandbox::aws
