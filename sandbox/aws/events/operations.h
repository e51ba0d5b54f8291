// What the files of EventBridge share.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "sandbox/aws/call.h"
#include "sandbox/aws/wire/protocol.h"

namespace firn::sandbox::aws::events {

constexpr std::string_view rule_place = "events/rule";
constexpr std::string_view bus_place = "events/bus";
constexpr std::string_view service_principal = "events.amazonaws.com";

[[nodiscard]] Refusal validation(std::string message);
[[nodiscard]] Refusal not_found(std::string message);
// Refuses members that the operation does not understand here.
void check_members(const Value& input, const char* operation,
                   std::initializer_list<std::string_view> known);

// [._A-Za-z0-9-]+, up to 64.
[[nodiscard]] bool is_name(std::string_view name);
[[nodiscard]] bool bus_exists(const World& world, const std::string& account,
                              const std::string& region, const std::string& bus);
// The bus that a request names, by its name or ARN; "default" when it names none. It must exist.
[[nodiscard]] std::string bus_in(Call& call, const Value& input);

[[nodiscard]] std::string rule_key(const std::string& bus, const std::string& rule);
[[nodiscard]] std::string rule_arn(const Call& call, const std::string& bus,
                                   const std::string& rule);
// The rule that a request names, after the caller may do `action` on it.
[[nodiscard]] Value rule_for(Call& call, const Value& input, std::string_view name_member,
                             const char* action);
void keep_rule(Call& call, const Value& rule);

// The pattern of a rule or a test, parsed and checked.
[[nodiscard]] Value checked_pattern(const char* operation, const std::string& text);

Value put_rule(Call&, const Value&);
Value describe_rule(Call&, const Value&);
Value list_rules(Call&, const Value&);
Value delete_rule(Call&, const Value&);
Value enable_rule(Call&, const Value&);
Value disable_rule(Call&, const Value&);
Value tag_resource(Call&, const Value&);
Value untag_resource(Call&, const Value&);
Value list_tags_for_resource(Call&, const Value&);

Value put_targets(Call&, const Value&);
Value list_targets_by_rule(Call&, const Value&);
Value remove_targets(Call&, const Value&);

Value create_event_bus(Call&, const Value&);
Value describe_event_bus(Call&, const Value&);
Value delete_event_bus(Call&, const Value&);
Value list_event_buses(Call&, const Value&);
Value put_events(Call&, const Value&);
Value test_event_pattern(Call&, const Value&);

}  // namespace firn::sandbox::aws::events
