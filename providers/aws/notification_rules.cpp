#include "providers/aws/notification_rules.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/base/text.h"
#include "providers/aws/calls.h"

namespace firn::aws {

bool events_overlap(std::string_view a, std::string_view b) {
  const auto covers = [](std::string_view wide, std::string_view narrow) {
    return wide.ends_with('*') && narrow.starts_with(wide.substr(0, wide.size() - 1));
  };
  return a == b || covers(a, b) || covers(b, a);
}

bool rules_overlap(const NotificationRule& a, const NotificationRule& b) {
  const bool share_event =
      std::any_of(a.events.begin(), a.events.end(), [&b](const std::string& event) {
        return std::any_of(b.events.begin(), b.events.end(), [&event](const std::string& other) {
          return events_overlap(event, other);
        });
      });
  const bool prefixes = a.prefix.starts_with(b.prefix) || b.prefix.starts_with(a.prefix);
  const bool suffixes = a.suffix.ends_with(b.suffix) || b.suffix.ends_with(a.suffix);
  return share_event && prefixes && suffixes;
}

NotificationRule rule_of(const Value& inputs, std::string id) {
  NotificationRule rule;
  rule.id = std::move(id);
  for (const Value& event : list_of(inputs.at("events"))) {
    if (event.is_string()) rule.events.push_back(event.as_string());
  }
  std::sort(rule.events.begin(), rule.events.end());
  rule.prefix = inputs.string_or("prefix", "");
  rule.suffix = inputs.string_or("suffix", "");
  const auto lead_to = [&](std::string_view attribute, DestinationKind kind) {
    const Value& destination = inputs.at(attribute);
    if (destination.is_null()) return;
    rule.kind = kind;
    rule.destination = destination.is_string() ? destination.as_string() : std::string();
  };
  lead_to("function", DestinationKind::function);
  lead_to("queue", DestinationKind::queue);
  lead_to("topic", DestinationKind::topic);
  return rule;
}

std::string describe(const NotificationRule& rule) {
  std::string text = join(rule.events, ", ");
  if (rule.prefix.empty() && rule.suffix.empty()) return text + " on every key";
  text += fmt::format(" on keys \"{}", rule.prefix);
  if (!rule.suffix.empty()) text += "…" + rule.suffix;
  return text + "\"";
}

}  // namespace firn::aws
