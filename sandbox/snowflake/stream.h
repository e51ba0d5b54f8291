// Streams: what they are on, their mode, and when they can be read from no more.
// Source: Snowflake documentation, "CREATE STREAM", "ALTER STREAM", "SHOW STREAMS", "Introduction
// to streams" (staleness).
#pragma once

#include <string>

#include "sandbox/snowflake/context.h"

namespace firn::sandbox::snowflake {

[[nodiscard]] ResultSet create_stream(Context& context, const Create& create);
[[nodiscard]] ResultSet alter_stream(Context& context, const Alter& alter);

// Gives the streams on `source` the columns that it has now.
void follow_source(Context& context, const Object& source);

// The source by its hidden id: one of the same name that was made later is another object.
[[nodiscard]] std::optional<Object> source_of_stream(const Context& context, const Object& stream);
// When the source keeps the changes behind the stream's offset no longer; nanoseconds.
[[nodiscard]] std::int64_t stale_after(const Context& context, const Object& stream);
[[nodiscard]] bool is_stale(const Context& context, const Object& stream);

}  // namespace firn::sandbox::snowflake
