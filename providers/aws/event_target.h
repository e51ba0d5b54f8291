// Targets of EventBridge's rules: their schema, their checks, and their form on the wire.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/schema/resource_type.h"
#include "core/value/value.h"

namespace firn::aws {

inline constexpr Attribute event_path{.name = "path",
                                      .doc = "Where in the event: $.detail.status."};
inline constexpr std::array event_retry_fields{
    Attribute{.name = "max_age_seconds",
              .kind = AttributeKind::integer,
              .doc = "Seconds after which an event is given up.",
              .default_json = "86400",
              .minimum = 60,
              .maximum = 86400},
    Attribute{.name = "max_attempts",
              .kind = AttributeKind::integer,
              .doc = "How often a failed delivery is tried again.",
              .default_json = "185",
              .minimum = 0,
              .maximum = 185},
};
inline constexpr std::array event_transformer_fields{
    Attribute{.name = "paths",
              .kind = AttributeKind::map,
              .doc = "Names for parts of the event.",
              .default_json = "{}",
              .example = "{ status: $.detail.status }",
              .element = &event_path,
              .maximum = 100},
    Attribute{.name = "template",
              .doc = "The message, with <name> for each part. A message that is one text stands in "
                     "quotation marks, anything else is JSON.",
              .required = true,
              .example = R"('"The workflow ended as <status>."')",
              .maximum = 8192},
};
inline constexpr std::array event_target_fields{
    Attribute{.name = "arn",
              .doc = "Who is told, by ARN: a topic, a queue, a function or a state machine.",
              .required = true,
              .takes = "arn",
              .example = "${alerts}"},
    Attribute{.name = "dead_letter_queue",
              .doc = "The queue for events that could not be delivered, by ARN.",
              .takes = "arn",
              .example = "${dead_letters}"},
    Attribute{
        .name = "input",
        .kind = AttributeKind::any,
        .doc = "What the target is told instead of the event: JSON text, or the same as YAML.",
        .example = "{ full: true }"},
    Attribute{.name = "input_path",
              .doc = "The part of the event that the target is told.",
              .example = "$.detail",
              .maximum = 256},
    Attribute{.name = "message_group",
              .doc = "The message group, where the target is a FIFO queue.",
              .maximum = 100},
    Attribute{.name = "retry",
              .kind = AttributeKind::object,
              .doc = "How often and for how long a failed delivery is tried again.",
              .default_json = "{\"max_age_seconds\":86400,\"max_attempts\":185}",
              .example = "{ max_attempts: 2 }",
              .fields = event_retry_fields},
    Attribute{.name = "role",
              .doc =
                  "The role that EventBridge acts as, by ARN; a state machine is started by one. "
                  "It must trust events.amazonaws.com.",
              .takes = "arn",
              .example = "${starter_role}"},
    Attribute{.name = "transformer",
              .kind = AttributeKind::object,
              .doc = "A message made of parts of the event.",
              .example = R"({ paths: { s: $.detail.status }, template: '"It ended as <s>."' })",
              .fields = event_transformer_fields},
};

// `id` is the name of the target within its rule.
void check_event_target(const std::string& id, const Value& target, std::vector<Problem>& problems);
[[nodiscard]] Value normal_event_target(const Value& target);
[[nodiscard]] Value event_target_wire(const std::string& id, const Value& target);
// As the cloud shows it, normalised.
[[nodiscard]] Value event_target_from(const Value& wire);

}  // namespace firn::aws
