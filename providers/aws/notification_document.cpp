#include "providers/aws/notification_document.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "core/base/text.h"

namespace firn::aws {

namespace {

// The element names of the wire, older than those of the SDKs.
struct Form {
  DestinationKind kind;
  std::string_view element;
  std::string_view destination;
};
constexpr std::array<Form, 3> forms = {{
    {DestinationKind::topic, "TopicConfiguration", "Topic"},
    {DestinationKind::queue, "QueueConfiguration", "Queue"},
    {DestinationKind::function, "CloudFunctionConfiguration", "CloudFunction"},
}};

const Form& form_of(DestinationKind kind) {
  return *std::find_if(forms.begin(), forms.end(),
                       [kind](const Form& form) { return form.kind == kind; });
}

std::string text_element(std::string_view name, std::string_view text) {
  return fmt::format("<{0}>{1}</{0}>", name, escape_xml(text));
}

// Any value read by parse_xml, back as XML.
void print(std::string_view name, const Value& value, std::string& out) {
  if (value.is_list()) {
    for (const Value& item : value.as_list())
      print(name, item, out);
    return;
  }
  if (!value.is_map()) {
    out += text_element(name, text_of(value));
    return;
  }
  out += fmt::format("<{}>", name);
  for (const auto& [member, content] : value.as_map())
    print(member, content, out);
  out += fmt::format("</{}>", name);
}

NotificationRule read_rule(const Form& form, const Value& raw) {
  NotificationRule rule;
  rule.kind = form.kind;
  rule.id = text_at(raw, "Id");
  rule.destination = text_at(raw, form.destination);
  for (const Value& event : list_at(raw, "Event"))
    rule.events.push_back(text_of(event));
  std::sort(rule.events.begin(), rule.events.end());
  for (const Value& filter : list_at(raw, "Filter.S3Key.FilterRule")) {
    // S3 answers "Prefix" for what was sent as "prefix".
    const std::string name = text_at(filter, "Name");
    if (equals_ignoring_case(name, "prefix")) rule.prefix = text_at(filter, "Value");
    if (equals_ignoring_case(name, "suffix")) rule.suffix = text_at(filter, "Value");
  }
  return rule;
}

void print_rule(const NotificationRule& rule, std::string& out) {
  const Form& form = form_of(rule.kind);
  out += fmt::format("<{}>", form.element);
  out += text_element("Id", rule.id);
  out += text_element(form.destination, rule.destination);
  for (const std::string& event : rule.events)
    out += text_element("Event", event);
  std::string filters;
  const auto add = [&filters](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    filters += "<FilterRule>" + text_element("Name", name) + text_element("Value", value) +
               "</FilterRule>";
  };
  add("prefix", rule.prefix);
  add("suffix", rule.suffix);
  if (!filters.empty()) out += "<Filter><S3Key>" + filters + "</S3Key></Filter>";
  out += fmt::format("</{}>", form.element);
}

}  // namespace

NotificationDocument NotificationDocument::from_reply(const Reply& reply) {
  NotificationDocument document;
  if (!reply.value.is_map()) return document;
  for (const auto& [member, value] : reply.value.as_map()) {
    const std::string_view name = member;
    const auto form = std::find_if(forms.begin(), forms.end(),
                                   [name](const Form& row) { return row.element == name; });
    if (form == forms.end()) {
      document.others_.set(member, value);
      continue;
    }
    for (const Value& raw : reply.list(member)) {
      document.entries_.push_back({read_rule(*form, raw), raw});
    }
  }
  return document;
}

std::optional<NotificationRule> NotificationDocument::find(std::string_view id) const {
  for (const Entry& entry : entries_) {
    if (entry.rule.id == id) return entry.rule;
  }
  return std::nullopt;
}

std::vector<NotificationRule> NotificationDocument::rules() const {
  std::vector<NotificationRule> rules;
  for (const Entry& entry : entries_)
    rules.push_back(entry.rule);
  return rules;
}

void NotificationDocument::put(const NotificationRule& rule) {
  for (Entry& entry : entries_) {
    if (entry.rule.id != rule.id) continue;
    entry = Entry{rule, Value()};
    return;
  }
  entries_.push_back(Entry{rule, Value()});
}

void NotificationDocument::remove(std::string_view id) {
  std::erase_if(entries_, [id](const Entry& entry) { return entry.rule.id == id; });
}

std::string NotificationDocument::to_xml() const {
  std::string content;
  for (const Form& form : forms) {
    for (const Entry& entry : entries_) {
      if (entry.rule.kind != form.kind) continue;
      if (entry.raw.is_null()) {
        print_rule(entry.rule, content);
      } else {
        print(form.element, entry.raw, content);
      }
    }
  }
  for (const auto& [member, value] : others_)
    print(member, value, content);
  return "<NotificationConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" + content +
         "</NotificationConfiguration>";
}

}  // namespace firn::aws
