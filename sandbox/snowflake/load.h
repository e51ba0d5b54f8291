// Files that become rows: event messages, matching of pipes, reading, load history.
// Source: Snowflake documentation, "Automating Snowpipe for Amazon S3", "COPY INTO <table>",
// "Introduction to Snowpipe" (load metadata: 14 days), "COPY_HISTORY".
#pragma once

#include <string>
#include <vector>

#include "sandbox/snowflake/context.h"
#include "sandbox/snowflake/expression.h"
#include "sandbox/snowflake/integration.h"

namespace firn::sandbox::snowflake {

// One message on the account's queue: the S3 event, or an SNS envelope around it.
void receive_message(Store& store, const std::string& account, AwsDoor* aws, Instant now,
                     const std::string& message);

// ALTER PIPE … REFRESH: result columns File, Status.
[[nodiscard]] ResultSet refresh_pipe(Context& context, const Object& pipe,
                                     const std::vector<Property>& options);
// Files that wait because the pipe is paused or stalled; loads them when it runs again.
void load_pending(Context& context, const Object& pipe);
void load_all_pending(Context& context);
[[nodiscard]] std::vector<std::string> pending_files(const Context& context, const Object& pipe);

// The table that the pipe's COPY names, found by name at each load.
[[nodiscard]] std::optional<Object> target_table(const Context& context, const Object& pipe);

// Where the pipe's COPY looks: stage URL and path; nothing when the stage is gone.
[[nodiscard]] std::optional<Location> source_of(const Context& context, const Object& pipe);
// The collection of the pipe's load history, keyed by bucket and key.
[[nodiscard]] std::string history_collection(const Context& context, const Object& pipe);

// TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => …, START_TIME => …))
[[nodiscard]] ResultSet copy_history(const Context& context, const Expression& call);

}  // namespace firn::sandbox::snowflake
