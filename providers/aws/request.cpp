#include "providers/aws/request.h"

#include <fmt/format.h>
#include <map>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "core/value/json.h"
#include "providers/aws/reply.h"

namespace firn::aws {

namespace {

using Parameters = std::map<std::string, std::string>;

void flatten(const std::string& name, const Value& value, bool inside_list, Parameters& out) {
  if (value.is_secret()) {
    flatten(name, value.reveal(), inside_list, out);
    return;
  }
  if (value.is_null()) return;
  if (value.is_list()) {
    std::size_t number = 0;
    for (const Value& item : value.as_list()) {
      flatten(fmt::format("{}.member.{}", name, ++number), item, true, out);
    }
    return;
  }
  if (value.is_map() && inside_list) {  // a structure
    for (const auto& [key, member] : value.as_map()) {
      flatten(fmt::format("{}.{}", name, key), member, true, out);
    }
    return;
  }
  if (value.is_map()) {
    std::size_t number = 0;
    for (const auto& [key, member] : value.as_map()) {
      const std::string entry = fmt::format("{}.entry.{}", name, ++number);
      out[entry + ".key"] = key;
      flatten(entry + ".value", member, true, out);
    }
    return;
  }
  out[name] = text_of(value);
}

std::string encode_query(const std::vector<std::pair<std::string, std::string>>& query) {
  std::string encoded;
  for (const auto& [key, value] : query) {
    if (!encoded.empty()) encoded += '&';
    encoded += percent_encode(key);
    if (!value.empty()) encoded += "=" + percent_encode(value);
  }
  return encoded;
}

// A dot in a bucket's name does not match the wildcard of the TLS certificate, and other stores and
// emulators rarely have a host name per bucket.
bool needs_path_style(const std::string& bucket, const Endpoint& endpoint,
                      const ClientOptions& options) {
  return options.path_style || endpoint.is_configured || bucket.find('.') != std::string::npos;
}

void place_bucket(const Call& call, const Endpoint& endpoint, const ClientOptions& options,
                  http::Request& request) {
  if (call.bucket.empty()) return;
  if (needs_path_style(call.bucket, endpoint, options)) {
    const std::string rest = call.path == "/" ? std::string() : call.path;
    request.path = endpoint.base_path + "/" + percent_encode(call.bucket) + rest;
  } else {
    request.host = call.bucket + "." + request.host;
  }
  // A deleted bucket's name can be taken by a stranger: never talk to his.
  if (call.operation != "CreateBucket" && !options.placement.account.empty()) {
    request.headers.set("x-amz-expected-bucket-owner", options.placement.account);
  }
}

}  // namespace

std::string query_body(const Service& service, std::string_view operation, const Value& input) {
  Parameters parameters;
  if (input.is_map()) {
    for (const auto& [name, value] : input.as_map())
      flatten(name, value, false, parameters);
  }
  parameters["Action"] = std::string(operation);
  parameters["Version"] = std::string(service.api_version);
  std::string body;
  for (const auto& [name, value] : parameters) {
    if (!body.empty()) body += '&';
    body += percent_encode(name) + "=" + percent_encode(value);
  }
  return body;
}

namespace {

// A look is quick. A change may take a service a while (Lambda unpacks an archive before it
// answers), and what is sent takes as long as a slow line needs; a line on which nothing moves is
// given up earlier, by the transport.
constexpr Duration longest_look = std::chrono::seconds(30);
constexpr Duration longest_change = std::chrono::seconds(60);
constexpr std::size_t slow_line = std::size_t{64} * 1024;  // bytes a second

Duration time_for(const Call& call, std::size_t body_bytes) {
  return (call.changes_something ? longest_change : longest_look) +
         std::chrono::seconds(body_bytes / slow_line);
}

}  // namespace

http::Request build_request(const Call& call, const Endpoint& endpoint,
                            const ClientOptions& options) {
  const Service& service = *call.service;
  http::Request request;
  request.scheme = endpoint.scheme;
  request.host = endpoint.host;
  request.port = endpoint.port;
  request.service = std::string(service.id);
  request.operation = call.operation;
  request.address = call.address;
  request.changes_something = call.changes_something;
  request.headers = call.headers;
  request.headers.set("User-Agent", options.user_agent);

  switch (service.protocol) {
    case Protocol::query:
      request.method = "POST";
      request.path = endpoint.base_path + "/";
      request.headers.set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
      request.body = query_body(service, call.operation, call.input);
      break;
    case Protocol::json_1_0:
    case Protocol::json_1_1:
      request.method = "POST";
      request.path = endpoint.base_path + "/";
      request.headers.set("Content-Type", service.protocol == Protocol::json_1_0
                                              ? "application/x-amz-json-1.0"
                                              : "application/x-amz-json-1.1");
      request.headers.set("X-Amz-Target",
                          fmt::format("{}.{}", service.target_prefix, call.operation));
      // The service then adds the error names of its older protocol, which some stores still answer
      // with.
      if (service.id == "sqs" || service.id == "cloudwatch")
        request.headers.set("x-amzn-query-mode", "true");
      request.body = call.input.is_null() ? "{}" : to_json(call.input);
      break;
    case Protocol::rest_json:
      request.method = call.method;
      request.path = endpoint.base_path + call.path;
      request.query = encode_query(call.query);
      if (!call.input.is_null()) {
        request.headers.set("Content-Type", "application/json");
        request.body = to_json(call.input);
      }
      break;
    case Protocol::rest_xml:
      request.method = call.method;
      request.path = endpoint.base_path + call.path;
      request.query = encode_query(call.query);
      request.body = call.body;
      place_bucket(call, endpoint, options, request);
      if (!call.body.empty()) {
        if (call.headers.find("Content-Type") == nullptr) {
          request.headers.set("Content-Type", call.body.starts_with("<")
                                                  ? "application/xml"
                                                  : "application/octet-stream");
        }
        request.headers.set("Content-MD5", base64(md5(call.body)));
      }
      break;
  }
  request.timeout = time_for(call, request.body.size());
  return request;
}

}  // namespace firn::aws
