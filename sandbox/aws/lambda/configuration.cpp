#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "core/value/json.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/lambda/image.h"
#include "sandbox/aws/lambda/operations.h"
#include "sandbox/aws/s3/state.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::lambda {
namespace {

constexpr std::array runtimes = {
    "python3.9",  "python3.10",   "python3.11",     "python3.12", "python3.13", "python3.14",
    "nodejs20.x", "nodejs22.x",   "nodejs24.x",     "java8.al2",  "java11",     "java17",
    "java21",     "java25",       "dotnet8",        "dotnet10",   "ruby3.2",    "ruby3.3",
    "ruby3.4",    "provided.al2", "provided.al2023"};
constexpr std::array retired_runtimes = {"python2.7",  "python3.6",  "python3.7",  "python3.8",
                                         "nodejs",     "nodejs12.x", "nodejs14.x", "nodejs16.x",
                                         "nodejs18.x", "java8",      "dotnet6",    "go1.x",
                                         "ruby2.5",    "ruby2.7",    "provided"};
constexpr std::array reserved_variables = {"AWS_REGION",
                                           "AWS_DEFAULT_REGION",
                                           "AWS_ACCESS_KEY",
                                           "AWS_ACCESS_KEY_ID",
                                           "AWS_SECRET_ACCESS_KEY",
                                           "AWS_SESSION_TOKEN",
                                           "AWS_EXECUTION_ENV",
                                           "AWS_LAMBDA_FUNCTION_NAME",
                                           "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                                           "AWS_LAMBDA_FUNCTION_VERSION",
                                           "AWS_LAMBDA_INITIALIZATION_TYPE",
                                           "AWS_LAMBDA_LOG_GROUP_NAME",
                                           "AWS_LAMBDA_LOG_STREAM_NAME",
                                           "AWS_LAMBDA_RUNTIME_API",
                                           "LAMBDA_RUNTIME_DIR",
                                           "LAMBDA_TASK_ROOT",
                                           "_HANDLER",
                                           "_X_AMZN_TRACE_ID"};
constexpr std::size_t environment_bytes = 4096;
constexpr std::size_t most_layers = 5;

template <class Names>
bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Refusal out_of_range(std::int64_t value, std::string_view member, std::int64_t least,
                     std::int64_t most) {
  return {
      400, "ValidationException",
      fmt::format("1 validation error detected: Value '{}' at '{}' failed to satisfy "
                  "constraint: Member must have value {} than or equal to {}",
                  value, member, value < least ? "greater" : "less", value < least ? least : most)};
}

void put_role(Call& call, const FunctionId& id, Map& function, const std::string& role) {
  const auto arn = parse_arn(role);
  if (!arn || arn->service != "iam" || !arn->resource.starts_with("role/")) {
    throw Refusal{400, "ValidationException",
                  fmt::format("1 validation error detected: Value '{}' at 'role' failed to satisfy "
                              "constraint: Member must satisfy regular expression pattern: "
                              "arn:(aws[a-zA-Z-]*)?:iam::\\d{{12}}:role/?[a-zA-Z_0-9+=,.@\\-_/]+",
                              role)};
  }
  authorize(call, "iam:PassRole", role);
  if (arn->account != call.account) {
    throw access_denied("lambda", "Cross-account pass role is not allowed.");
  }
  Context context;
  context.set("aws:SourceAccount", id.account);
  context.set("aws:SourceArn", function_arn(id));
  if (!service_may_assume(call.world, role, "lambda.amazonaws.com", context)) {
    throw invalid_value("The role defined for the function cannot be assumed by Lambda.");
  }
  function.set("Role", role);
}

void put_runtime(Map& function, const std::string& runtime) {
  if (contains(retired_runtimes, runtime)) {
    throw invalid_value(
        fmt::format("The runtime parameter of {} is no longer supported for creating or updating "
                    "AWS Lambda functions. We recommend you use a supported runtime while creating "
                    "or updating functions.",
                    runtime));
  }
  if (!contains(runtimes, runtime)) {
    throw invalid_value(
        fmt::format("Value {} at 'runtime' failed to satisfy constraint: Member "
                    "must satisfy enum value set: [{}] or be a valid ARN",
                    runtime, fmt::join(runtimes, ", ")));
  }
  function.set("Runtime", runtime);
}

bool is_variable_name(const std::string& name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return name.size() >= 2 && letter(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; });
}

void put_environment(Map& function, const Value& environment) {
  const Value& variables = environment.at("Variables");
  Map kept;
  std::vector<std::string> reserved;
  if (variables.is_map()) {
    for (const auto& [name, value] : variables.as_map()) {
      if (contains(reserved_variables, name)) {
        reserved.push_back(name);
      } else if (!is_variable_name(name)) {
        throw Refusal{400, "ValidationException",
                      fmt::format("1 validation error detected: Value at 'environment.variables' "
                                  "failed to satisfy constraint: Map keys must satisfy constraint: "
                                  "[Member must satisfy regular expression pattern: "
                                  "[a-zA-Z]([a-zA-Z0-9_])+]: {}",
                                  name)};
      }
      kept.set(name, value);
    }
  }
  if (!reserved.empty()) {
    throw invalid_value(
        fmt::format("Lambda was unable to configure your environment variables because the "
                    "environment variables you have provided contains reserved keys that are "
                    "currently not supported for modification. Reserved keys used in this "
                    "request: {}",
                    join(reserved, ", ")));
  }
  if (to_json(Value(kept)).size() > environment_bytes) {
    throw invalid_value(
        "Lambda was unable to configure your environment variables because the environment "
        "variables you have provided exceeded the 4KB limit.");
  }
  if (kept.empty()) {
    function.erase("Environment");
  } else {
    function.set("Environment", Map{{"Variables", Value(std::move(kept))}});
  }
}

void put_layers(const Call& call, Map& function, const Value& layers) {
  if (!layers.is_list()) return;
  if (layers.as_list().size() > most_layers) {
    throw invalid_value("You can't add more than 5 layers to a function.");
  }
  List kept;
  for (const Value& layer : layers.as_list())
    kept.push_back(layer_for_function(call, layer.is_string() ? layer.as_string() : std::string()));
  if (kept.empty()) {
    function.erase("Layers");
  } else {
    function.set("Layers", Value(std::move(kept)));
  }
}

void put_logging(Map& function, const FunctionId& id, const Value& logging) {
  const std::string format = logging.string_or("LogFormat", "Text");
  if (format != "Text" && format != "JSON") {
    throw invalid_value(fmt::format("LogFormat {} is not valid.", format));
  }
  for (const char* level : {"ApplicationLogLevel", "SystemLogLevel"}) {
    if (logging.find(level) && format == "Text") {
      throw invalid_value(fmt::format("{} can't be set when LogFormat is Text.", level));
    }
  }
  Map kept{{"LogFormat", format},
           {"LogGroup", logging.string_or("LogGroup", "/aws/lambda/" + id.name)}};
  for (const char* level : {"ApplicationLogLevel", "SystemLogLevel"}) {
    if (const Value* given = logging.find(level)) kept.set(level, *given);
  }
  function.set("LoggingConfig", Value(std::move(kept)));
}

bool is_zip(const std::string& bytes) {
  return bytes.starts_with("PK\x03\x04");
}

std::string code_from_s3(Call& call, const Value& code) {
  const std::string bucket_name = code.string_or("S3Bucket", "");
  const std::string key = code.string_or("S3Key", "");
  const Value* bucket = s3::find_bucket(call.world, bucket_name);
  const auto fails = [](const char* error, const char* message) {
    return invalid_value(fmt::format(
        "Error occurred while GetObject. S3 Error Code: {}. S3 Error Message: {}", error, message));
  };
  if (!bucket) throw fails("NoSuchBucket", "The specified bucket does not exist");
  if (bucket->string_or("region", "") != call.region) {
    throw fails("PermanentRedirect",
                "The bucket is in this region: please use this region to retry the request");
  }
  const auto object = s3::find_object(call.world, bucket_name, key);
  const std::string version_id = code.string_or("S3ObjectVersion", "");
  const s3::Version* version = nullptr;
  if (object) version = version_id.empty() ? object->current() : object->find(version_id);
  if (!version) throw fails("NoSuchKey", "The specified key does not exist.");
  return version->body;
}

void put_image_config(Map& function, const Value& config) {
  check_members(config, {"EntryPoint", "Command", "WorkingDirectory"}, "ImageConfig");
  Map kept;
  for (const auto& [name, value] : config.is_map() ? config.as_map() : Map()) {
    const bool is_empty = value.is_null() || value == Value(List()) || value == Value("");
    if (!is_empty) kept.set(name, value);
  }
  if (kept.empty()) {
    function.erase("ImageConfig");
  } else {
    function.set("ImageConfig", Value(std::move(kept)));
  }
}

// What goes with code and what with an image.
void check_package(const Map& function, const Value& input) {
  if (is_image(Value(function))) {
    for (const char* member : {"Runtime", "Handler", "Layers"}) {
      const Value& given = input.at(member);
      if (given.is_null() || given == Value(List())) continue;
      throw invalid_value(
          "Please don't provide Handler or Runtime or Layer when the intended function PackageType "
          "is Image.");
    }
  } else if (!input.at("ImageConfig").is_null()) {
    throw invalid_value("Please don't provide ImageConfig when PackageType is not Image.");
  }
}

}  // namespace

void put_number(Map& function, const Value& input, const char* member, const char* word,
                std::int64_t least, std::int64_t most) {
  const Value* given = input.find(member);
  if (!given || given->is_null()) return;
  const std::int64_t value = input.int_or(member, least - 1);
  if (value < least || value > most) throw out_of_range(value, word, least, most);
  function.set(member, value);
}

bool is_runtime(const std::string& name) {
  return contains(runtimes, name) || contains(retired_runtimes, name);
}

bool is_image(const Value& function) {
  return function.string_or("PackageType", "Zip") == "Image";
}

void put_image(const Call& call, const FunctionId& id, Map& function, const Value& code) {
  check_members(code, {"ImageUri"}, "the code of a function from an image");
  const std::string uri = code.string_or("ImageUri", "");
  if (uri.empty()) throw invalid_value("Please provide an ImageUri for the function.");
  const FunctionImage image = image_for_function(call, id, uri);
  function.set("ImageUri", image.uri);
  function.set("ResolvedImageUri", image.resolved);
  function.set("CodeSha256", image.digest.substr(image.digest.find(':') + 1));
  function.set("CodeSize", 0);
}

Refusal invalid_value(std::string message) {
  return {400, "InvalidParameterValueException", std::move(message)};
}

void check_members(const Value& input, std::initializer_list<std::string_view> known,
                   const char* operation) {
  for (const auto& [name, value] : input.as_map()) {
    const bool empty = value.is_null() || (value.is_map() && value.as_map().empty());
    if (!empty && std::find(known.begin(), known.end(), name) == known.end()) {
      throw unknown_member("lambda", operation, name);
    }
  }
}

void put_configuration(Call& call, const FunctionId& id, Map& function, const Value& input) {
  check_package(function, input);
  if (input.find("ImageConfig")) put_image_config(function, input.at("ImageConfig"));
  if (input.find("Runtime")) put_runtime(function, input.string_or("Runtime", ""));
  if (input.find("Handler")) function.set("Handler", input.at("Handler"));
  if (input.find("Description")) function.set("Description", input.at("Description"));
  put_number(function, input, "Timeout", "timeout", 1, 900);
  put_number(function, input, "MemorySize", "memorySize", 128, 10240);
  if (const Value* storage = input.find("EphemeralStorage"); storage && storage->is_map()) {
    Map size;
    put_number(size, *storage, "Size", "ephemeralStorage.size", 512, 10240);
    if (!size.empty()) function.set("EphemeralStorage", Value(std::move(size)));
  }
  if (input.find("Environment")) put_environment(function, input.at("Environment"));
  if (input.find("Layers")) put_layers(call, function, input.at("Layers"));
  if (input.find("LoggingConfig")) put_logging(function, id, input.at("LoggingConfig"));
  if (const Value* tracing = input.find("TracingConfig"); tracing && tracing->is_map()) {
    const std::string mode = tracing->string_or("Mode", "PassThrough");
    if (mode != "PassThrough" && mode != "Active") {
      throw invalid_value(fmt::format("Tracing mode {} is not valid.", mode));
    }
    function.set("TracingConfig", Map{{"Mode", mode}});
  }
  if (input.find("Role")) put_role(call, id, function, input.string_or("Role", ""));
}

void put_code(Call& call, Map& function, const Value& code) {
  check_members(code, {"ZipFile", "S3Bucket", "S3Key", "S3ObjectVersion"}, "the code");
  std::string bytes;
  if (const Value* zip = code.find("ZipFile"); zip && zip->is_string()) {
    bytes = decode_base64(zip->as_string()).value_or("");
  } else if (code.find("S3Bucket")) {
    bytes = code_from_s3(call, code);
  } else {
    throw invalid_value("Please provide a source for function code.");
  }
  if (bytes.empty()) throw invalid_value("Uploaded file must be a non-empty zip");
  if (!is_zip(bytes)) {
    throw invalid_value(
        "Could not unzip uploaded file. Please check your file, then try to upload again.");
  }
  function.set("CodeSha256", base64(sha256(bytes)));
  function.set("CodeSize", static_cast<std::int64_t>(bytes.size()));
}

void start_change(const World& world, Map& function, const char* change) {
  const auto delay =
      std::chrono::duration_cast<std::chrono::milliseconds>(world.options.lambda_delay).count();
  function.set("change", change);
  function.set("ready_at", world.now_ms() + delay);
  function.set("modified_at", world.now_ms());
  const Value* revision = function.find("revision");
  function.set("revision", (revision ? revision->as_int() : 0) + 1);
}

namespace {

bool is_changing(const World& world, const Value& function) {
  return world.now_ms() < function.int_or("ready_at", 0);
}

// Changes with every change, and once more when the change is done.
std::string revision_id(const World& world, const Value& function) {
  const std::string digits =
      hex(world.derive(fmt::format("revision {} {} {}", function.string_or("arn", ""),
                                   function.int_or("revision", 0), is_changing(world, function))));
  return fmt::format("{}-{}-4{}-8{}-{}", digits.substr(0, 8), digits.substr(8, 4),
                     digits.substr(12, 3), digits.substr(15, 3), digits.substr(18, 12));
}

}  // namespace

void check_changeable(const World& world, const Function& function, const Value& input) {
  const Value& document = function.document;
  if (is_changing(world, document)) {
    if (document.string_or("change", "") == "create") {
      throw Refusal{409, "ResourceConflictException",
                    "The operation cannot be performed at this time. The function is currently in "
                    "the following state: Pending"};
    }
    throw Refusal{409, "ResourceConflictException",
                  fmt::format("The operation cannot be performed at this time. An update is in "
                              "progress for resource: {}",
                              document.string_or("arn", ""))};
  }
  const std::string wanted = input.string_or("RevisionId", "");
  if (!wanted.empty() && wanted != revision_id(world, document)) {
    throw Refusal{412, "PreconditionFailedException",
                  "The Revision Id provided does not match the latest Revision Id. Call the "
                  "GetFunction/GetAlias API to retrieve the latest Revision Id"};
  }
}

Map shown_configuration(const World& world, const Value& function, bool with_states) {
  Map shown;
  for (const char* member : {"Runtime", "Role", "Handler", "CodeSize", "Description", "Timeout",
                             "MemorySize", "CodeSha256", "TracingConfig", "Architectures",
                             "EphemeralStorage", "LoggingConfig", "Environment", "Layers"}) {
    if (const Value* value = function.find(member)) shown.set(member, *value);
  }
  if (const Value* config = function.find("ImageConfig")) {
    shown.set("ImageConfigResponse", Map{{"ImageConfig", *config}});
  }
  shown.set("FunctionName", function.at("name"));
  shown.set("FunctionArn", function.at("arn"));
  shown.set("Version", "$LATEST");
  shown.set("PackageType", function.string_or("PackageType", "Zip"));
  shown.set("RevisionId", revision_id(world, function));
  shown.set("LastModified", replace_all(iso_ms(function.int_or("modified_at", 0)), "Z", "+0000"));
  shown.set("SnapStart", Map{{"ApplyOn", "None"}, {"OptimizationStatus", "Off"}});
  if (!is_image(function))
    shown.set(
        "RuntimeVersionConfig",
        Map{{"RuntimeVersionArn", fmt::format("arn:aws:lambda:{}::runtime:{}",
                                              split(function.string_or("arn", "::::"), ':')[3],
                                              sha256_hex(function.string_or("Runtime", "")))}});
  if (!with_states) return shown;
  const bool changing = is_changing(world, function);
  const bool creating = changing && function.string_or("change", "") == "create";
  shown.set("State", creating ? "Pending" : "Active");
  if (creating) {
    shown.set("StateReason", "The function is being created.");
    shown.set("StateReasonCode", "Creating");
  } else {
    shown.set("LastUpdateStatus", changing ? "InProgress" : "Successful");
    if (changing) {
      shown.set("LastUpdateStatusReason", "The function is being updated.");
      shown.set("LastUpdateStatusReasonCode", "Updating");
    }
  }
  return shown;
}

}  // namespace firn::sandbox::aws::lambda
