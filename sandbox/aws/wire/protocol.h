// The four wire protocols: how requests are read, answers and errors written.
//
// Source: AWS's protocol documentation (Smithy "AWS protocols") and the service API references.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/http/http.h"
#include "core/value/value.h"
#include "sandbox/aws/call.h"
#include "sandbox/aws/wire/form.h"
#include "sandbox/aws/wire/xml.h"

namespace firn::sandbox::aws {

enum class Protocol { s3, query, json, rest_json };

// `xmlns` is that of the query service's answers.
[[nodiscard]] http::Response write_error(Protocol protocol, const Refusal& refusal,
                                         const http::Request& request,
                                         const std::string& request_id, std::string_view xmlns);

// --- query: SNS, IAM, STS
struct QueryOperation {
  std::string_view name;
  // Writes what stands inside <NameResult>; nothing there, no such element.
  void (*run)(Call& call, const Form& input, Xml& result);
};
struct QueryService {
  std::string_view service;
  std::string_view xmlns;
  std::span<const QueryOperation> operations;
};
[[nodiscard]] http::Response answer_query(Call& call, const QueryService& service);

// --- json 1.0 and 1.1: SQS, Step Functions, Logs, tagging
struct JsonOperation {
  std::string_view name;
  Value (*run)(Call& call, const Value& input);
};
struct JsonService {
  std::string_view service;
  std::string_view target_prefix;  // "AmazonSQS"
  std::string_view content_type;   // "application/x-amz-json-1.0"
  std::span<const JsonOperation> operations;
};
[[nodiscard]] http::Response answer_json(Call& call, const JsonService& service);

// --- rest-json: Lambda, Scheduler
struct RestInput {
  std::vector<std::string> path;  // the values of {…}, decoded
  std::vector<std::pair<std::string, std::string>> query;
  Value body;  // an empty map when there is none

  [[nodiscard]] std::string parameter(std::string_view name) const;  // "" when absent
  [[nodiscard]] std::vector<std::string> parameters(std::string_view name) const;
};
struct RestOutput {
  int status = 200;
  Value body;  // null: no body
};
struct RestOperation {
  std::string_view name;
  std::string_view method;
  std::string_view path;  // "/2015-03-31/functions/{}/code"
  RestOutput (*run)(Call& call, const RestInput& input);
};
[[nodiscard]] http::Response answer_rest(Call& call, std::string_view service,
                                         std::span<const RestOperation> operations);

// Epoch seconds with milliseconds, as JSON answers print times.
[[nodiscard]] Value epoch_seconds(std::int64_t ms);

}  // namespace firn::sandbox::aws
