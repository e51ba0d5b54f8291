#include "providers/aws/reply.h"

#include <fmt/format.h>
#include <pugixml.hpp>

namespace firn::aws {

namespace {

constexpr int depth_limit = 64;

bool all_children_are(const pugi::xml_node& node, std::string_view name) {
  bool any = false;
  for (const pugi::xml_node& child : node.children()) {
    if (child.type() != pugi::node_element) continue;
    if (child.name() != name) return false;
    any = true;
  }
  return any;
}

bool is_text_map(const pugi::xml_node& node) {
  if (!all_children_are(node, "entry")) return false;
  for (const pugi::xml_node& entry : node.children("entry")) {
    if (!entry.child("key") || !entry.child("value")) return false;
  }
  return true;
}

bool has_elements(const pugi::xml_node& node) {
  for (const pugi::xml_node& child : node.children()) {
    if (child.type() == pugi::node_element) return true;
  }
  return false;
}

// Answers false when nested too deeply.
bool convert(const pugi::xml_node& node, int depth, Value& value) {
  if (depth > depth_limit) return false;
  if (!has_elements(node)) {
    std::string text;
    for (const pugi::xml_node& child : node.children())
      text += child.value();
    value = Value(std::move(text));
    return true;
  }
  if (all_children_are(node, "member")) {
    List items;
    for (const pugi::xml_node& child : node.children("member")) {
      if (!convert(child, depth + 1, items.emplace_back())) return false;
    }
    value = Value(std::move(items));
    return true;
  }
  std::vector<MapEntry> members;
  if (is_text_map(node)) {
    for (const pugi::xml_node& entry : node.children("entry")) {
      Value item;
      if (!convert(entry.child("value"), depth + 1, item)) return false;
      members.emplace_back(entry.child("key").text().get(), std::move(item));
    }
    value = Value(Map(std::move(members)));
    return true;
  }
  std::vector<std::pair<std::string, List>> groups;
  for (const pugi::xml_node& child : node.children()) {
    if (child.type() != pugi::node_element) continue;
    Value item;
    if (!convert(child, depth + 1, item)) return false;
    auto* group = static_cast<List*>(nullptr);
    for (auto& [name, items] : groups) {
      if (name == child.name()) group = &items;
    }
    if (group == nullptr) group = &groups.emplace_back(child.name(), List{}).second;
    group->push_back(std::move(item));
  }
  for (auto& [name, items] : groups) {
    Value member = items.size() == 1 ? std::move(items.front()) : Value(std::move(items));
    members.emplace_back(std::move(name), std::move(member));
  }
  value = Value(Map(std::move(members)));
  return true;
}

}  // namespace

Result<Value> parse_xml(std::string_view text) {
  pugi::xml_document document;
  // parse_default reads no DOCTYPE contents and expands no entities but the five of XML, so neither
  // can be used against us. White space inside text is kept.
  const unsigned options = pugi::parse_default | pugi::parse_ws_pcdata_single;
  const pugi::xml_parse_result parsed =
      document.load_buffer(text.data(), text.size(), options, pugi::encoding_utf8);
  if (!parsed) {
    return fail(ErrorKind::unavailable, "the answer is not well-formed XML",
                fmt::format("at byte {}: {}", parsed.offset, parsed.description()));
  }
  if (text.find("<!DOCTYPE") != std::string_view::npos) {
    return fail(ErrorKind::unavailable, "the answer is not a service's XML",
                "it has a document type declaration");
  }
  Value value;
  if (!convert(document.document_element(), 0, value)) {
    return fail(ErrorKind::unavailable, "the answer is not a service's XML",
                fmt::format("its elements are nested deeper than {}", depth_limit));
  }
  return value;
}

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
      case '\r':  // a parser would turn a bare carriage return into a line feed
        escaped += "&#13;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string text_of(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::string:
      return value.as_string();
    case Value::Kind::boolean:
      return value.as_bool() ? "true" : "false";
    case Value::Kind::integer:
      return fmt::format("{}", value.as_int());
    case Value::Kind::number:
      return fmt::format("{}", value.as_number());
    default:
      return {};
  }
}

std::string text_at(const Value& value, std::string_view dotted) {
  return text_of(value.at_path(dotted));
}

List list_at(const Value& value, std::string_view dotted) {
  const Value& found = value.at_path(dotted);
  if (found.is_list()) return found.as_list();
  if (found.is_null()) return {};
  if (found.is_string() && found.as_string().find_first_not_of(" \t\r\n") == std::string::npos) {
    return {};
  }
  return List{found};
}

bool flag_at(const Value& value, std::string_view dotted) {
  const std::string text = text_at(value, dotted);
  return text == "true" || text == "TRUE" || text == "True";
}

std::string Reply::text(std::string_view dotted) const {
  return text_at(value, dotted);
}

List Reply::list(std::string_view dotted) const {
  return list_at(value, dotted);
}

}  // namespace firn::aws
