#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "sandbox/aws/arn.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/lambda/operations.h"
#include "sandbox/aws/policy/principals.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::lambda {
namespace {

constexpr std::size_t longest_name = 64;
constexpr std::size_t functions_per_page = 50;
constexpr std::int64_t account_concurrency = 1000;
constexpr std::int64_t unreserved_minimum = 100;

Refusal not_found(const FunctionId& id) {
  return {404, "ResourceNotFoundException",
          fmt::format("Function not found: {}", function_arn(id))};
}

bool is_function_name(const std::string& name) {
  return !name.empty() && name.size() <= longest_name &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_';
         });
}

void put_architectures(Map& function, const Value& input) {
  const Value* given = input.find("Architectures");
  if (!given || !given->is_list()) return;
  const List& items = given->as_list();
  const bool fits = items.size() == 1 && items.front().is_string() &&
                    (items.front().as_string() == "x86_64" || items.front().as_string() == "arm64");
  if (!fits) throw invalid_value("Architectures must be one of x86_64, arm64.");
  function.set("Architectures", *given);
}

}  // namespace

Function function_for(Call& call, const std::string& name, const char* action) {
  const auto id = function_id(name, call.account, call.region);
  if (!id) throw invalid_value(fmt::format("The function name {} is not valid.", name));
  call.target = id->name;
  Function function{*id, {}};
  const Value* found = find_function(call.world, *id);
  const StoredPolicy policy = found ? unpack(found->at("policy")) : StoredPolicy{};
  Access access;
  access.action = action;
  access.resource = function_arn(*id);
  access.owner = id->account;
  access.resource_policy = &policy;
  authorize(call, std::move(access));
  if (!found) throw not_found(*id);
  function.document = *found;
  return function;
}

RestOutput create_function(Call& call, const RestInput& input) {
  const Value& body = input.body;
  check_members(body,
                {"FunctionName", "Runtime", "Role", "Handler", "Code", "Description", "Timeout",
                 "MemorySize", "Environment", "Tags", "Layers", "Architectures", "EphemeralStorage",
                 "LoggingConfig", "TracingConfig", "PackageType", "ImageConfig", "Publish"},
                "CreateFunction");
  const std::string package = body.string_or("PackageType", "Zip");
  if (body.bool_or("Publish", false)) throw unknown_member("lambda", "CreateFunction", "Publish");
  const FunctionId id{call.account, call.region, body.string_or("FunctionName", "")};
  call.target = id.name;
  if (!is_function_name(id.name)) {
    throw Refusal{400, "ValidationException",
                  fmt::format("1 validation error detected: Value '{}' at 'functionName' failed to "
                              "satisfy constraint: Member must have length less than or equal to "
                              "64 and satisfy regular expression pattern: [a-zA-Z0-9-_]+",
                              id.name)};
  }
  authorize(call, "lambda:CreateFunction", function_arn(id));
  if (find_function(call.world, id)) {
    throw Refusal{409, "ResourceConflictException",
                  fmt::format("Function already exist: {}", id.name)};
  }
  for (const char* member : {"Runtime", "Handler"}) {
    if (package == "Zip" && body.string_or(member, "").empty()) {
      throw invalid_value(
          "Runtime and Handler are mandatory parameters for functions created with deployment "
          "packages.");
    }
  }
  const List architectures{Value("x86_64")};
  Map function{
      {"name", id.name},
      {"arn", function_arn(id)},
      {"PackageType", package},
      {"Description", ""},
      {"Timeout", 3},
      {"MemorySize", 128},
      {"EphemeralStorage", Map{{"Size", 512}}},
      {"Architectures", Value(architectures)},
      {"TracingConfig", Map{{"Mode", "PassThrough"}}},
      {"LoggingConfig", Map{{"LogFormat", "Text"}, {"LogGroup", "/aws/lambda/" + id.name}}},
      {"tags", Value(checked_tags(string_map(body.at("Tags"))))}};
  Map settings = body.as_map();
  if (!settings.find("Role")) settings.set("Role", "");
  put_configuration(call, id, function, Value(std::move(settings)));
  put_architectures(function, body);
  if (package == "Image") {
    put_image(call, id, function, body.at("Code"));
  } else {
    put_code(call, function, body.at("Code"));
  }
  start_change(call.world, function, "create");
  const Value document(std::move(function));
  keep_function(call.world, id, document);
  return {201, Value(shown_configuration(call.world, document, true))};
}

RestOutput get_function(Call& call, const RestInput& input) {
  const Function function = function_for(call, input.path[0], "lambda:GetFunction");
  Map code{{"RepositoryType", "S3"},
           {"Location", fmt::format("https://awslambda-{}-tasks.s3.{}.amazonaws.com/snapshots/{}/{}"
                                    "?versionId={}",
                                    call.region, call.region, function.id.account, function.id.name,
                                    call.request_id)}};
  if (is_image(function.document)) {
    code = Map{{"RepositoryType", "ECR"},
               {"ImageUri", function.document.at("ImageUri")},
               {"ResolvedImageUri", function.document.at("ResolvedImageUri")}};
  }
  Map answer{{"Configuration", Value(shown_configuration(call.world, function.document, true))},
             {"Code", Value(std::move(code))}};
  if (Map tags = tags_of(function.document); !tags.empty()) {
    answer.set("Tags", Value(std::move(tags)));
  }
  if (const Value* reserved = function.document.find("reserved")) {
    answer.set("Concurrency", Map{{"ReservedConcurrentExecutions", *reserved}});
  }
  return {200, Value(std::move(answer))};
}

RestOutput get_function_configuration(Call& call, const RestInput& input) {
  const Function function = function_for(call, input.path[0], "lambda:GetFunctionConfiguration");
  return {200, Value(shown_configuration(call.world, function.document, true))};
}

RestOutput update_function_configuration(Call& call, const RestInput& input) {
  check_members(input.body,
                {"FunctionName", "Runtime", "Role", "Handler", "Description", "Timeout",
                 "MemorySize", "Environment", "Layers", "EphemeralStorage", "LoggingConfig",
                 "TracingConfig", "ImageConfig", "RevisionId"},
                "UpdateFunctionConfiguration");
  const Function function = function_for(call, input.path[0], "lambda:UpdateFunctionConfiguration");
  check_changeable(call.world, function, input.body);
  Map document = function.document.as_map();
  put_configuration(call, function.id, document, input.body);
  start_change(call.world, document, "update");
  const Value updated(std::move(document));
  keep_function(call.world, function.id, updated);
  return {200, Value(shown_configuration(call.world, updated, true))};
}

RestOutput update_function_code(Call& call, const RestInput& input) {
  check_members(input.body,
                {"FunctionName", "ZipFile", "ImageUri", "S3Bucket", "S3Key", "S3ObjectVersion",
                 "Architectures", "RevisionId", "Publish", "DryRun"},
                "UpdateFunctionCode");
  if (input.body.bool_or("Publish", false)) {
    throw unknown_member("lambda", "UpdateFunctionCode", "Publish");
  }
  const Function function = function_for(call, input.path[0], "lambda:UpdateFunctionCode");
  check_changeable(call.world, function, input.body);
  Map document = function.document.as_map();
  Map code = input.body.as_map();
  for (const char* other : {"FunctionName", "Architectures", "RevisionId", "Publish", "DryRun"}) {
    code.erase(other);
  }
  if (is_image(function.document)) {
    if (!code.find("ImageUri")) {
      throw invalid_value(
          "Please provide ImageUri when updating a function with packageType Image.");
    }
    put_image(call, function.id, document, Value(std::move(code)));
  } else if (code.find("ImageUri")) {
    throw invalid_value(
        "Please do not provide ImageUri when updating a function with packageType Zip.");
  } else {
    put_code(call, document, Value(std::move(code)));
  }
  put_architectures(document, input.body);
  start_change(call.world, document, "update");
  const Value updated(std::move(document));
  if (!input.body.bool_or("DryRun", false)) keep_function(call.world, function.id, updated);
  return {200, Value(shown_configuration(call.world, updated, true))};
}

RestOutput delete_function(Call& call, const RestInput& input) {
  const Function function = function_for(call, input.path[0], "lambda:DeleteFunction");
  call.world.store.erase(collection(function.id.account, function.id.region, "lambda/function"),
                         function.id.name);
  return {204, {}};
}

RestOutput list_functions(Call& call, const RestInput& input) {
  authorize(call, "lambda:ListFunctions", "*");
  const std::string after = input.parameter("Marker");
  std::size_t most = functions_per_page;
  const std::string given = input.parameter("MaxItems");
  if (!given.empty()) {
    (void)std::from_chars(given.data(), given.data() + given.size(), most);
    most = std::clamp<std::size_t>(most, 1, functions_per_page);
  }
  List functions;
  std::string last;
  Map answer;
  for (const auto& [name, function] : call.world.store.list(call.place("lambda/function"))) {
    if (!after.empty() && name <= after) continue;
    if (functions.size() == most) {
      answer.set("NextMarker", last);
      break;
    }
    functions.emplace_back(shown_configuration(call.world, function, false));
    last = name;
  }
  answer.set("Functions", Value(std::move(functions)));
  return {200, Value(std::move(answer))};
}

RestOutput list_versions_by_function(Call& call, const RestInput& input) {
  const Function function = function_for(call, input.path[0], "lambda:ListVersionsByFunction");
  const List versions{Value(shown_configuration(call.world, function.document, false))};
  return {200, Map{{"Versions", Value(versions)}}};
}

// --- reserved concurrency

RestOutput put_concurrency(Call& call, const RestInput& input) {
  const Function function = function_for(call, input.path[0], "lambda:PutFunctionConcurrency");
  const std::int64_t wanted = input.body.int_or("ReservedConcurrentExecutions", -1);
  if (wanted < 0) throw invalid_value("ReservedConcurrentExecutions must be zero or more.");
  std::int64_t others = 0;
  for (const auto& [name, other] : call.world.store.list(call.place("lambda/function"))) {
    if (name != function.id.name) others += other.int_or("reserved", 0);
  }
  if (account_concurrency - others - wanted < unreserved_minimum) {
    throw invalid_value(
        "Specified ReservedConcurrentExecutions for function decreases account's "
        "UnreservedConcurrentExecution below its minimum value of [100].");
  }
  keep_function(call.world, function.id, with(function.document, "reserved", wanted));
  return {200, Map{{"ReservedConcurrentExecutions", wanted}}};
}

RestOutput get_concurrency(Call& call, const RestInput& input) {
  const Function function = function_for(call, input.path[0], "lambda:GetFunctionConcurrency");
  const Value* reserved = function.document.find("reserved");
  if (!reserved) return {200, Map{}};
  return {200, Map{{"ReservedConcurrentExecutions", *reserved}}};
}

RestOutput delete_concurrency(Call& call, const RestInput& input) {
  const Function function = function_for(call, input.path[0], "lambda:DeleteFunctionConcurrency");
  keep_function(call.world, function.id, without(function.document, "reserved"));
  return {204, {}};
}

}  // namespace firn::sandbox::aws::lambda
