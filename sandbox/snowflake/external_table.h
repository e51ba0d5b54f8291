// External tables: which files of a stage they know. Their rows are not read.
// Source: Snowflake documentation, "CREATE EXTERNAL TABLE", "ALTER EXTERNAL TABLE", "SHOW EXTERNAL
// TABLES", "Refresh external tables automatically for Amazon S3", "EXTERNAL_TABLE_FILES".
#pragma once

#include <string>

#include "sandbox/snowflake/context.h"

namespace firn::sandbox::snowflake {

[[nodiscard]] ResultSet create_external_table(Context& context, const Create& create);
// ALTER EXTERNAL TABLE
[[nodiscard]] ResultSet alter_external_table(Context& context, const Alter& alter);
// ALTER TABLE on an external one: its columns.
[[nodiscard]] ResultSet alter_external_columns(Context& context, const Alter& alter, Object table);

// Why it cannot be read: its stage or file format is gone. Empty: it can.
[[nodiscard]] std::string invalid_reason(const Context& context, const Object& table);

// An event of S3's came through the topic (empty: straight to the queue).
void receive_event(Context& context, const std::string& topic, const std::string& event,
                   const std::string& bucket, const std::string& key);

// TABLE(INFORMATION_SCHEMA.EXTERNAL_TABLE_FILES(TABLE_NAME => …))
[[nodiscard]] ResultSet external_table_files(const Context& context, const Expression& call);

}  // namespace firn::sandbox::snowflake
