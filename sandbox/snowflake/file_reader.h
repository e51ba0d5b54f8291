// Records of the files that the sandbox can read: CSV and JSON, as they are or in gzip.
// Source: Snowflake documentation, "CREATE FILE FORMAT" (formatTypeOptions).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/value/value.h"

namespace firn::sandbox::snowflake {

struct Record {
  std::vector<Value> fields;  // CSV: the fields; JSON: one value
  std::int64_t line = 1;      // where it starts, from 1
};

struct FileContent {
  std::vector<std::string> header;  // with PARSE_HEADER
  std::vector<Record> records;
};

// `format` as read_format() gives it. Fails with what COPY_HISTORY shows as the first error: a type
// or a compression that the sandbox does not read, or a text that is not of the type.
[[nodiscard]] Result<FileContent> read_file(const Map& format, std::string_view body);

}  // namespace firn::sandbox::snowflake
