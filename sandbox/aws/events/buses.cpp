// Buses, and events that callers put on them.
#include <fmt/format.h>

#include "core/value/json.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/events/bus.h"
#include "sandbox/aws/events/operations.h"
#include "sandbox/aws/events/pattern.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::events {
namespace {

constexpr std::size_t most_entries = 10;

std::string bus_arn(const Call& call, const std::string& name) {
  return call.arn("events", "event-bus/" + name);
}

Value shown(const Call& call, const std::string& name) {
  return Map{{"Name", name}, {"Arn", bus_arn(call, name)}};
}

Value refused_entry(std::string code, std::string message) {
  return Map{{"ErrorCode", std::move(code)}, {"ErrorMessage", std::move(message)}};
}

Value put_entry(Call& call, const Value& entry, bool& failed) {
  check_members(entry, "PutEvents",
                {"Source", "DetailType", "Detail", "Resources", "EventBusName"});
  failed = true;
  Event event;
  event.source = entry.string_or("Source", "");
  event.detail_type = entry.string_or("DetailType", "");
  for (const auto& [member, value] :
       {std::pair("Source", event.source), std::pair("DetailType", event.detail_type)}) {
    if (value.empty()) {
      return refused_entry("InvalidArgument",
                           fmt::format("Parameter {} is not valid. Reason: {} is a required "
                                       "argument.",
                                       member, member));
    }
  }
  if (event.source.starts_with("aws.")) {
    return refused_entry("NotAuthorizedForSourceException", "Not authorized for the source.");
  }
  const auto detail = parse_json(entry.string_or("Detail", ""));
  if (!detail || !detail->is_map()) return refused_entry("MalformedDetail", "Detail is malformed.");
  event.detail = *detail;
  if (entry.at("Resources").is_list()) {
    for (const Value& resource : entry.at("Resources").as_list()) {
      if (resource.is_string()) event.resources.push_back(resource.as_string());
    }
  }
  const std::string bus = bus_in(call, entry);
  authorize(call, "events:PutEvents", bus_arn(call, bus));
  failed = false;
  return Map{{"EventId", emit(call.world, call.account, call.region, std::move(event), bus)}};
}

}  // namespace

bool bus_exists(const World& world, const std::string& account, const std::string& region,
                const std::string& bus) {
  return bus == "default" || world.store.get(collection(account, region, bus_place), bus);
}

std::string bus_in(Call& call, const Value& input) {
  std::string bus = input.string_or("EventBusName", "default");
  constexpr std::string_view prefix = "event-bus/";
  if (const auto arn = parse_arn(bus); arn && arn->resource.starts_with(prefix)) {
    bus = arn->resource.substr(prefix.size());
  }
  if (!bus_exists(call.world, call.account, call.region, bus)) {
    throw not_found(fmt::format("Event bus {} does not exist.", bus));
  }
  return bus;
}

Value create_event_bus(Call& call, const Value& input) {
  check_members(input, "CreateEventBus", {"Name", "Tags"});
  const std::string name = input.string_or("Name", "");
  call.target = name;
  if (!is_name(name) || name == "default") {
    throw validation(fmt::format("Parameter Name {} is not valid.", name));
  }
  authorize(call, "events:CreateEventBus", bus_arn(call, name));
  if (bus_exists(call.world, call.account, call.region, name)) {
    throw Refusal{400, "ResourceAlreadyExistsException",
                  fmt::format("Event bus {} already exists.", name)};
  }
  call.world.store.put(call.place(bus_place), name,
                       Map{{"name", name},
                           {"arn", bus_arn(call, name)},
                           {"tags", Value(tags_in(input.at("Tags"), "Key", "Value"))}});
  return Map{{"EventBusArn", bus_arn(call, name)}};
}

Value describe_event_bus(Call& call, const Value& input) {
  check_members(input, "DescribeEventBus", {"Name"});
  const std::string name = input.string_or("Name", "default");
  call.target = name;
  authorize(call, "events:DescribeEventBus", bus_arn(call, name));
  const Value named = Map{{"EventBusName", name}};
  return shown(call, bus_in(call, named));
}

Value delete_event_bus(Call& call, const Value& input) {
  check_members(input, "DeleteEventBus", {"Name"});
  const std::string name = input.string_or("Name", "");
  call.target = name;
  authorize(call, "events:DeleteEventBus", bus_arn(call, name));
  if (name == "default") throw validation("Cannot delete event bus default.");
  for (const auto& [key, rule] : call.world.store.list(call.place(rule_place))) {
    if (rule.string_or("bus", "") == name) {
      throw validation(fmt::format("Cannot delete event bus {} as it still has rules.", name));
    }
  }
  call.world.store.erase(call.place(bus_place), name);
  return {};
}

Value list_event_buses(Call& call, const Value& input) {
  check_members(input, "ListEventBuses", {"NamePrefix"});
  authorize(call, "events:ListEventBuses", "*");
  const std::string prefix = input.string_or("NamePrefix", "");
  List buses;
  if (std::string_view("default").starts_with(prefix)) buses.push_back(shown(call, "default"));
  for (const auto& [name, bus] : call.world.store.list(call.place(bus_place))) {
    if (name.starts_with(prefix)) buses.push_back(shown(call, name));
  }
  return Map{{"EventBuses", Value(std::move(buses))}};
}

Value put_events(Call& call, const Value& input) {
  check_members(input, "PutEvents", {"Entries"});
  const Value& entries = input.at("Entries");
  if (!entries.is_list() || entries.as_list().empty() || entries.as_list().size() > most_entries) {
    throw validation(
        "1 validation error detected: Value at 'entries' failed to satisfy "
        "constraint: Member must have length between 1 and 10");
  }
  List answers;
  int failures = 0;
  for (const Value& entry : entries.as_list()) {
    bool failed = false;
    answers.push_back(put_entry(call, entry, failed));
    failures += failed ? 1 : 0;
  }
  return Map{{"FailedEntryCount", failures}, {"Entries", Value(std::move(answers))}};
}

Value test_event_pattern(Call& call, const Value& input) {
  check_members(input, "TestEventPattern", {"EventPattern", "Event"});
  authorize(call, "events:TestEventPattern", "*");
  const Value pattern = checked_pattern("TestEventPattern", input.string_or("EventPattern", ""));
  const auto event = parse_json(input.string_or("Event", ""));
  if (!event || !event->is_map()) throw validation("Parameter Event is not valid.");
  return Map{{"Result", fits(pattern, *event)}};
}

}  // namespace firn::sandbox::aws::events
