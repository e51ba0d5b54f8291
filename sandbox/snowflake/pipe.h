// Pipes: their creation with all that Snowflake tries at once, their state, their notifications.
// Source: Snowflake documentation, "CREATE PIPE", "ALTER PIPE", "SYSTEM$PIPE_STATUS", "Automating
// Snowpipe for Amazon S3", "Managing Snowpipe".
#pragma once

#include <string>
#include <string_view>

#include "sandbox/snowflake/context.h"

namespace firn::sandbox::snowflake {

[[nodiscard]] ResultSet create_pipe(Context& context, const Create& create);
[[nodiscard]] ResultSet alter_pipe(Context& context, const Alter& alter);

// RUNNING, PAUSED, STOPPED_…, STALLED_…
[[nodiscard]] std::string execution_state(const Context& context, const Object& pipe);
// The JSON of SYSTEM$PIPE_STATUS.
[[nodiscard]] std::string pipe_status(Context& context, const std::string& name);

[[nodiscard]] bool is_paused(const Catalog& catalog, const Object& pipe);
// SYSTEM$PIPE_FORCE_RESUME: also resumes a pipe that has passed to another role.
[[nodiscard]] std::string force_resume(Context& context, const std::string& name,
                                       const std::string& overrides);

// After a stage's URL changed or it was renamed: its pipes must be made anew.
void stop_pipes_of_stage(Context& context, const Object& stage, std::string_view state);

// The ARN of the account's queue in a region; made when first asked for.
[[nodiscard]] std::string notification_channel(Catalog& catalog, const std::string& region);
// Of a pipe or an external table; empty when it listens to nothing.
[[nodiscard]] std::string channel_of(Catalog& catalog, const Object& pipe);
// Subscribes the queue to the topic, as the first pipe or external table on a topic does. Throws
// 003137 when the topic does not let it.
void subscribe(const Context& context, const std::string& topic, const std::string& queue);

// Snowflake's subscription of `queue` to `topic` is gone, by itself or with its topic. It is not
// made again for 72 hours, even when a topic of the same ARN is there.
void lose_subscription(Catalog& catalog, const std::string& topic, const std::string& queue,
                       std::int64_t now_ns);

}  // namespace firn::sandbox::snowflake
