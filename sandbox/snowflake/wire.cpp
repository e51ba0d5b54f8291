#include "sandbox/snowflake/wire.h"

#include <algorithm>
#include <fmt/core.h>

#include "core/base/text.h"
#include "core/value/json.h"

namespace firn::sandbox::snowflake {
namespace {

constexpr std::string_view statements = "/api/v2/statements";

Value or_null(std::int64_t number, bool present) {
  return present ? Value(number) : Value();
}

Value row_type(const ResultColumn& column) {
  const bool text = column.type == "text" || column.type == "binary";
  const std::int64_t length = column.length > 0 ? column.length : 16777216;
  const bool fixed = column.type == "fixed";
  const bool scaled = fixed || column.type.starts_with("time");
  return Map{{"name", column.name},
             {"database", ""},
             {"schema", ""},
             {"table", ""},
             {"type", column.type},
             {"nullable", column.nullable},
             {"precision", or_null(fixed && column.precision > 0 ? column.precision : 38, fixed)},
             {"scale", or_null(column.scale, scaled)},
             {"length", or_null(length, text)},
             {"byteLength", or_null(length, text)},
             {"collation", Value()}};
}

Value data_of(const ResultSet& result, std::size_t begin, std::size_t end, bool nullable) {
  List rows;
  for (std::size_t i = begin; i < end; ++i) {
    List cells;
    for (const auto& cell : result.rows[i]) {
      cells.push_back(cell ? Value(*cell) : nullable ? Value() : Value("null"));
    }
    rows.emplace_back(std::move(cells));
  }
  return rows;
}

std::string status_url(const std::string& handle, const std::string& request_id) {
  return fmt::format("{}/{}?requestId={}", statements, handle, request_id);
}

std::int64_t milliseconds(Instant now) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
}

bool flag(std::string_view query, std::string_view name, bool fallback) {
  const auto value = to_lower(query_parameter(query, name));
  return value.empty() ? fallback : value == "true";
}

}  // namespace

std::string query_parameter(std::string_view query, std::string_view name) {
  for (const auto& pair : split(query, '&')) {
    const auto equals = pair.find('=');
    if (percent_decode(pair.substr(0, equals)) != name) continue;
    return equals == std::string::npos ? "" : percent_decode(pair.substr(equals + 1));
  }
  return "";
}

Rejection check_headers(const http::Request& request) {
  if (trim(request.headers.get("User-Agent")).empty()) {
    return {400, "391900", "The request has no User-Agent header."};
  }
  const auto accept = to_lower(request.headers.get("Accept"));
  const bool takes_json = accept.find("application/json") != std::string::npos ||
                          accept.find("*/*") != std::string::npos ||
                          accept.find("application/*") != std::string::npos;
  if (!takes_json) {
    return {406, "391902",
            fmt::format("Unsupported Accept header {} is specified.",
                        accept.empty() ? "null" : accept)};
  }
  const auto type = to_lower(request.headers.get("Content-Type"));
  if (request.method == "POST" && !type.starts_with("application/json")) {
    return {415, "391901", fmt::format("Unsupported Content-Type '{}'.", type)};
  }
  return {};
}

Rejection read_statement(const http::Request& request, StatementRequest& into) {
  const Rejection invalid{400, "390142", "Incoming request does not contain a valid payload."};
  const auto body = parse_json(request.body);
  if (!body || !body->is_map() || !body->at("statement").is_string()) return invalid;
  into.sql = body->string_or("statement", "");
  into.role = body->string_or("role", "");
  into.database = body->string_or("database", "");
  into.schema = body->string_or("schema", "");
  into.warehouse = body->string_or("warehouse", "");
  into.request_id = query_parameter(request.query, "requestId");
  into.asynchronous = flag(request.query, "async", false);
  into.retry = flag(request.query, "retry", false);
  into.nullable = flag(request.query, "nullable", true);
  const Value& count = body->at("parameters").at("MULTI_STATEMENT_COUNT");
  const Value& lower_count = body->at("parameters").at("multi_statement_count");
  for (const auto* value : {&count, &lower_count}) {
    if (value->is_string() && value->as_string() != "1") {
      return {422, "001003", "firn sandbox does not know: several statements in one request"};
    }
  }
  if (body->at("bindings").is_map() && !body->at("bindings").as_map().empty()) {
    return {422, "001003", "firn sandbox does not know: bindings of a statement"};
  }
  return {};
}

RenderedResult render_result(const ResultSet& result, const std::string& handle,
                             const std::string& request_id, Instant now, bool nullable,
                             std::size_t partition_rows) {
  const std::size_t total = result.rows.size();
  const std::size_t step = std::max<std::size_t>(1, partition_rows);
  List types;
  for (const auto& column : result.columns)
    types.push_back(row_type(column));
  List partitions;
  RenderedResult rendered;
  std::size_t begin = 0;
  std::string first_data;
  do {
    const auto end = std::min(total, begin + step);
    auto data = data_of(result, begin, end, nullable);
    const auto size = static_cast<std::int64_t>(to_json(data).size());
    Map part{{"rowCount", static_cast<std::int64_t>(end - begin)}, {"uncompressedSize", size}};
    if (begin > 0) {
      part.set("compressedSize", size);
      rendered.others.push_back(to_json(Map{{"data", std::move(data)}}));
    }
    partitions.emplace_back(std::move(part));
    begin = end;
  } while (begin < total);
  Map body{{"resultSetMetaData", Map{{"numRows", static_cast<std::int64_t>(total)},
                                     {"format", "jsonv2"},
                                     {"rowType", std::move(types)},
                                     {"partitionInfo", std::move(partitions)}}},
           {"data", data_of(result, 0, std::min(total, step), nullable)},
           {"code", "090001"},
           {"sqlState", "00000"},
           {"message", "Statement executed successfully."},
           {"statementHandle", handle},
           {"statementStatusUrl", status_url(handle, request_id)},
           {"createdOn", milliseconds(now)}};
  if (result.rows_inserted) {
    body.set("stats", Map{{"numRowsInserted", *result.rows_inserted},
                          {"numRowsUpdated", 0},
                          {"numRowsDeleted", 0},
                          {"numDuplicateRowsUpdated", 0}});
  }
  rendered.first = to_json(body);
  return rendered;
}

std::string render_running(const std::string& handle, const std::string& request_id) {
  return to_json(Map{{"code", "333334"},
                     {"message",
                      "Asynchronous execution in progress. Use provided query id to perform query "
                      "monitoring and management."},
                     {"statementHandle", handle},
                     {"statementStatusUrl", status_url(handle, request_id)}});
}

std::string render_refusal(const SqlError& error, const std::string& handle, Instant now) {
  return to_json(Map{{"code", error.code},
                     {"sqlState", error.state},
                     {"message", error.message},
                     {"statementHandle", handle},
                     {"createdOn", milliseconds(now)}});
}

std::string render_cancelled(const std::string& handle) {
  return to_json(Map{{"code", "000604"},
                     {"sqlState", "57014"},
                     {"message", "SQL execution canceled"},
                     {"statementHandle", handle},
                     {"statementStatusUrl", fmt::format("{}/{}", statements, handle)}});
}

http::Response json_response(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.set("Content-Type", "application/json");
  response.body = std::move(body);
  return response;
}

http::Response rejected(const Rejection& rejection) {
  return json_response(rejection.status,
                       to_json(Map{{"code", rejection.code}, {"message", rejection.message}}));
}

}  // namespace firn::sandbox::snowflake
