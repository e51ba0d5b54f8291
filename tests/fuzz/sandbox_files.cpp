// Files that the sandbox loads: CSV and JSON, packed or not, by formats of all kinds.
#include "core/value/json.h"
#include "sandbox/snowflake/ast.h"
#include "sandbox/snowflake/file_format.h"
#include "sandbox/snowflake/file_reader.h"
#include "sandbox/snowflake/gzip.h"
#include "sandbox/snowflake/parser.h"
#include "sandbox/snowflake/sql_error.h"
#include "sandbox/snowflake/types.h"
#include "tests/fuzz/fuzz.h"

namespace firn::fuzz {
namespace {

namespace sf = sandbox::snowflake;

// As the sandbox gets it: from the properties of a statement.
std::optional<Map> format_of(std::string_view properties) {
  try {
    const sf::Statement statement =
        sf::parse("CREATE FILE FORMAT F TYPE = CSV " + std::string(properties));
    const auto* create = std::get_if<sf::Create>(&statement);
    if (create == nullptr) return std::nullopt;
    return sf::read_format(create->properties, "CSV");
  } catch (const sf::SqlError& refusal) {
    require(!refusal.message.empty(), "a refusal says something");
    return std::nullopt;
  }
}

}  // namespace

// A line with properties of a file format, then the file.
void try_input(std::string_view input) {
  const auto format = format_of(take_line(input));
  if (sf::is_gzip(input)) {
    const auto unpacked = sf::gunzip(input);
    if (!unpacked) require(!unpacked.error().summary.empty(), "a failure says something");
  }
  if (!format) return;
  const auto content = sf::read_file(*format, input);
  if (!content) {
    require(!content.error().summary.empty(), "a failure says something");
    return;
  }
  std::int64_t line = 0;
  for (const sf::Record& record : content->records) {
    require(record.line >= line, "records stand in order");
    line = record.line;
    for (const Value& field : record.fields) {
      require_stable_json(field);
      for (const char* type : {"NUMBER(10,2)", "VARCHAR(5)", "FLOAT", "BOOLEAN", "BINARY", "DATE",
                               "TIME(3)", "TIMESTAMP_TZ(9)", "VARIANT", "ARRAY"})
        (void)sf::to_cell(sf::parse_data_type(type), field);
    }
  }
}

}  // namespace firn::fuzz
