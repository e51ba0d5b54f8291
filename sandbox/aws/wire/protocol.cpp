#include "sandbox/aws/wire/protocol.h"

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/value/json.h"

namespace firn::sandbox::aws {
namespace {

constexpr std::string_view xml_header = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

http::Response s3_error(const Refusal& refusal, const http::Request& request,
                        const std::string& request_id) {
  http::Response response;
  response.headers.set("Content-Type", "application/xml");
  if (request.method == "HEAD") return response;  // only the status tells
  Xml xml;
  xml.raw(xml_header).open("Error");
  xml.leaf("Code", refusal.code).leaf("Message", refusal.message);
  for (const auto& [name, value] : refusal.fields)
    xml.leaf(name, value);
  xml.leaf("RequestId", request_id).leaf("HostId", "firn-sandbox").close();
  response.body = xml.text();
  return response;
}

http::Response query_error(const Refusal& refusal, const std::string& request_id,
                           std::string_view xmlns) {
  Xml xml;
  xml.open("ErrorResponse", xmlns).open("Error");
  xml.leaf("Type", refusal.status >= 500 ? "Receiver" : "Sender");
  xml.leaf("Code", refusal.code).leaf("Message", refusal.message).close();
  xml.leaf("RequestId", request_id).close();
  http::Response response;
  response.headers.set("Content-Type", "text/xml");
  response.body = xml.text();
  return response;
}

http::Response json_error(const Refusal& refusal, bool is_rest) {
  http::Response response;
  Map body{{"message", refusal.message}};
  if (is_rest) {
    response.headers.set("Content-Type", "application/json");
    response.headers.set("x-amzn-ErrorType", refusal.code);
    body.set("Message", refusal.message);
    body.set("Type", refusal.status >= 500 ? "Service" : "User");
  } else {
    response.headers.set("Content-Type", "application/x-amz-json-1.0");
    body.set("__type", refusal.code);
    for (const auto& [name, value] : refusal.fields)
      body.set(name, value);
  }
  if (!refusal.query_code.empty()) {
    response.headers.set("x-amzn-query-error", refusal.query_code + ";Sender");
  }
  response.body = to_json(Value(std::move(body)));
  return response;
}

// Does the path (still percent-encoded) fit the pattern? A {} takes one segment.
std::optional<std::vector<std::string>> match_path(std::string_view pattern,
                                                   std::string_view path) {
  const std::vector<std::string> wanted = split(pattern, '/');
  std::vector<std::string> given = split(path, '/');
  if (given.size() == wanted.size() + 1 && given.back().empty()) given.pop_back();
  if (wanted.size() != given.size()) return std::nullopt;
  std::vector<std::string> values;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == "{}" && !given[i].empty()) {
      values.push_back(percent_decode(given[i]));
    } else if (wanted[i] != given[i]) {
      return std::nullopt;
    }
  }
  return values;
}

Value parse_body(const Call& call) {
  if (call.request.body.empty()) return Map{};
  auto body = parse_json(call.request.body);
  if (!body || !body->is_map()) {
    throw Refusal{400, "SerializationException", "The request body is not a JSON object."};
  }
  return *body;
}

}  // namespace

http::Response write_error(Protocol protocol, const Refusal& refusal, const http::Request& request,
                           const std::string& request_id, std::string_view xmlns) {
  http::Response response;
  switch (protocol) {
    case Protocol::s3:
      response = s3_error(refusal, request, request_id);
      break;
    case Protocol::query:
      response = query_error(refusal, request_id, xmlns);
      break;
    case Protocol::json:
      response = json_error(refusal, false);
      break;
    case Protocol::rest_json:
      response = json_error(refusal, true);
      break;
  }
  response.status = refusal.status;
  for (const auto& [name, value] : refusal.headers)
    response.headers.set(name, value);
  return response;
}

http::Response answer_query(Call& call, const QueryService& service) {
  const Form input = Form::parse(call.request.body);
  call.operation = input.get("Action");
  for (const QueryOperation& operation : service.operations) {
    if (operation.name != call.operation) continue;
    Xml result;
    operation.run(call, input, result);
    Xml xml;
    xml.open(fmt::format("{}Response", operation.name), service.xmlns);
    if (!result.text().empty()) {
      xml.open(fmt::format("{}Result", operation.name)).raw(result.text()).close();
    }
    xml.open("ResponseMetadata").leaf("RequestId", call.request_id).close().close();
    http::Response response;
    response.status = 200;
    response.headers.set("Content-Type", "text/xml");
    response.body = xml.text();
    return response;
  }
  throw unknown_operation(service.service, call.operation);
}

http::Response answer_json(Call& call, const JsonService& service) {
  const std::string target = call.request.headers.get("x-amz-target");
  const auto dot = target.rfind('.');
  call.operation = dot == std::string::npos ? target : target.substr(dot + 1);
  if (dot != std::string::npos && target.substr(0, dot) == service.target_prefix) {
    for (const JsonOperation& operation : service.operations) {
      if (operation.name != call.operation) continue;
      const Value output = operation.run(call, parse_body(call));
      http::Response response;
      response.status = 200;
      response.headers.set("Content-Type", std::string(service.content_type));
      if (!output.is_null()) response.body = to_json(output);
      return response;
    }
  }
  throw unknown_operation(service.service,
                          call.operation.empty() ? "(no X-Amz-Target)" : call.operation);
}

std::string RestInput::parameter(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return {};
}

std::vector<std::string> RestInput::parameters(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [key, value] : query) {
    if (key == name) values.push_back(value);
  }
  return values;
}

http::Response answer_rest(Call& call, std::string_view service,
                           std::span<const RestOperation> operations) {
  for (const RestOperation& operation : operations) {
    if (operation.method != call.request.method) continue;
    auto values = match_path(operation.path, call.request.path);
    if (!values) continue;
    call.operation = std::string(operation.name);
    RestInput input;
    input.path = std::move(*values);
    input.query = parse_url_query(call.request.query);
    input.body = parse_body(call);
    const RestOutput output = operation.run(call, input);
    http::Response response;
    response.status = output.status;
    response.headers.set("Content-Type", "application/json");
    if (!output.body.is_null()) response.body = to_json(output.body);
    return response;
  }
  call.operation = fmt::format("{} {}", call.request.method, call.request.path);
  throw unknown_operation(service, call.operation);
}

Value epoch_seconds(std::int64_t ms) {
  if (ms % 1000 == 0) return Value(ms / 1000);
  return Value(static_cast<double>(ms) / 1000.0);
}

}  // namespace firn::sandbox::aws
