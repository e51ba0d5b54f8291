// How a function is called without anybody waiting for it: retries, age, and where the record of a
// call goes.
//
// Source: AWS Lambda API Reference, PutFunctionEventInvokeConfig; Developer Guide, "Invoking a
// Lambda function asynchronously".
#pragma once

#include <array>
#include <vector>

#include "core/provider/provider.h"
#include "core/schema/attribute.h"
#include "core/schema/resource_type.h"
#include "providers/aws/client.h"

namespace firn::aws {

inline constexpr std::array async_fields{
    Attribute{.name = "maximum_event_age",
              .kind = AttributeKind::integer,
              .doc = "Seconds for which Lambda keeps trying one event.",
              .default_json = "21600",
              .example = "3600",
              .minimum = 60,
              .maximum = 21600},
    Attribute{.name = "on_failure",
              .doc = "Where the record of an event goes that failed for good, by ARN: a standard "
                     "queue or topic, a function, an event bus or a bucket. The function's role "
                     "must be allowed to send there.",
              .takes = "arn",
              .example = "${dead_letters}"},
    Attribute{.name = "on_success",
              .doc = "Where the record of an event goes that was processed, by ARN: as on_failure, "
                     "but no bucket.",
              .takes = "arn",
              .example = "${done}"},
    Attribute{.name = "retries",
              .kind = AttributeKind::integer,
              .doc = "How often a failed event is tried again.",
              .default_json = "2",
              .minimum = 0,
              .maximum = 2},
};

// Tells of destinations that Lambda does not know.
void check_async(const Value& async, std::vector<Problem>& problems);

// The call that puts these settings in the place of all before; with null, the one that takes them
// away.
[[nodiscard]] Call async_call(const Operation& operation, const Value& async);
[[nodiscard]] Call async_reading(const ResourceRecord& record);
// The normalised attribute from what Lambda shows; null when the function has no such settings.
[[nodiscard]] Value async_from(const Reply& reply);

}  // namespace firn::aws
