// The table function COPY_HISTORY.
#include "sandbox/snowflake/integration.h"
#include "sandbox/snowflake/load.h"

namespace firn::sandbox::snowflake {

namespace {
constexpr std::int64_t day = 86'400'000'000'000;
}  // namespace

ResultSet copy_history(const Context& context, const Expression& call) {
  NamePath table;
  std::string only_pipe;
  for (std::size_t i = 0; i < call.operands.size(); ++i) {
    const auto& name = call.argument_names[i];
    const auto& value = call.operands[i];
    if (name == "TABLE_NAME" || (name.empty() && i == 0)) {
      table = value.kind == Expression::Kind::string ? parse_path(value.text) : value.path;
    } else if (name == "PIPE_NAME") {
      only_pipe = dotted(parse_path(value.text));
    }
  }
  const auto target = need_relation(context, table);
  const auto path = context.catalog.path(target);
  ResultSet result;
  const auto text = [&](const char* name) { result.columns.push_back({name}); };
  const auto number = [&](const char* name) {
    result.columns.push_back({name, "fixed", true, 38, 0, 0});
  };
  text("FILE_NAME");
  text("STAGE_LOCATION");
  result.columns.push_back({"LAST_LOAD_TIME", "timestamp_ltz", true, 0, 9, 0});
  number("ROW_COUNT");
  number("ROW_PARSED");
  number("FILE_SIZE");
  text("FIRST_ERROR_MESSAGE");
  number("FIRST_ERROR_LINE_NUMBER");
  number("FIRST_ERROR_CHARACTER_POS");
  text("FIRST_ERROR_COLUMN_NAME");
  number("ERROR_COUNT");
  number("ERROR_LIMIT");
  text("STATUS");
  text("TABLE_CATALOG_NAME");
  text("TABLE_SCHEMA_NAME");
  text("TABLE_NAME");
  text("PIPE_CATALOG_NAME");
  text("PIPE_SCHEMA_NAME");
  text("PIPE_NAME");
  result.columns.push_back({"PIPE_RECEIVED_TIME", "timestamp_ltz", true, 0, 9, 0});
  number("BYTES_BILLED");
  for (const auto& pipe : context.catalog.all(Kind::pipe)) {
    const auto pipe_path = context.catalog.path(pipe);
    if (!only_pipe.empty() && dotted(pipe_path) != only_pipe) continue;
    if (pipe.text("table") != context.catalog.printed_path(target)) continue;
    for (const auto& row : context.catalog.store().list(history_collection(context, pipe))) {
      const Value& entry = row.second;
      const auto at = entry.int_or("at", 0);
      if (at < target.created || context.now_ns() - at > 14 * day) continue;
      const auto count = [&](const char* name) { return std::to_string(entry.int_or(name, 0)); };
      const bool failed = entry.int_or("errors", 0) > 0;
      const auto if_failed = [&](std::string value) {
        return failed ? Cell(std::move(value)) : std::nullopt;
      };
      const auto source = source_of(context, pipe);
      const auto prefix = source ? source->prefix : std::string();
      auto name = entry.string_or("key", "");
      if (name.starts_with(prefix)) name = name.substr(prefix.size());
      result.rows.push_back({name,
                             "s3://" + entry.string_or("bucket", "") + "/" + prefix,
                             timestamp_cell(at),
                             count("rows"),
                             count("parsed"),
                             count("size"),
                             if_failed(entry.string_or("first_error", "")),
                             if_failed(count("first_line")),
                             if_failed("1"),
                             if_failed(entry.string_or("first_column", "")),
                             count("errors"),
                             "1",
                             entry.string_or("status", ""),
                             path[0],
                             path[1],
                             path[2],
                             pipe_path[0],
                             pipe_path[1],
                             pipe_path[2],
                             timestamp_cell(at),
                             count("size")});
    }
  }
  return result;
}

}  // namespace firn::sandbox::snowflake
