// File formats: named ones, and those written into a stage or a COPY.
// Source: Snowflake documentation, "CREATE FILE FORMAT", "DESCRIBE FILE FORMAT".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sandbox/snowflake/context.h"

namespace firn::sandbox::snowflake {

// TYPE and the options that were given, under their upper-case names.
// Throws 001420 for an option that the type does not have, 001422 for a wrong value.
[[nodiscard]] Map read_format(const std::vector<Property>& members, std::string_view type_before);
// The value that counts: given, or the type's default.
[[nodiscard]] Value format_option(const Map& format, std::string_view name);
[[nodiscard]] std::string format_type(const Map& format);
// property, type, value, default: in the order of DESC FILE FORMAT.
[[nodiscard]] std::vector<Row> format_rows(const Map& format);
// The format_options column of SHOW FILE FORMATS.
[[nodiscard]] Value format_json(const Map& format);

[[nodiscard]] ResultSet create_file_format(Context& context, const Create& create);
[[nodiscard]] ResultSet alter_file_format(Context& context, const Alter& alter);
[[nodiscard]] ResultSet describe_file_format(const Context& context, const Describe& describe);

// FILE_FORMAT = (…) of a stage or COPY: {"FORMAT_NAME": "DB.S.F"} or an inline format. Checks that
// the named format exists and may be used.
[[nodiscard]] Map read_format_clause(const Context& context, const PropertyValue& clause);
// The inline format, or the options of the named one; nothing when it was dropped.
[[nodiscard]] std::optional<Map> resolve_format(const Context& context, const Map& clause);

}  // namespace firn::sandbox::snowflake
