// aws.lambda_function: a function from a folder of code or a container image.
//
// Source of facts: AWS Lambda API Reference (CreateFunction, UpdateFunctionCode,
// UpdateFunctionConfiguration, GetFunction) and developer guide, "Lambda quotas", "Lambda function
// states" and "Create a Lambda function using a container image".
#include <array>
#include <chrono>
#include <filesystem>
#include <fmt/format.h>
#include <utility>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "providers/aws/calls.h"
#include "providers/aws/code_archive.h"
#include "providers/aws/lambda_async.h"
#include "providers/aws/lambda_calls.h"
#include "providers/aws/lambda_function_table.h"
#include "providers/aws/lambda_function_wire.h"
#include "providers/aws/lambda_handler.h"
#include "providers/aws/resource_tags.h"
#include "providers/aws/types.h"

namespace firn::aws {
namespace {

constexpr std::size_t kEnvironmentBytesMax = 4096;
// How long a function may take to become active or to take a change on.
constexpr Duration kSettledWithin = std::chrono::minutes(5);
constexpr Duration kPoll = std::chrono::seconds(1);

// --- pure

Map predict(const Placement& placement, const std::string& name, const Value&) {
  Map outputs;
  outputs.set("arn", function_arn(placement, name));
  return outputs;
}

std::string folder_in(const std::string& base_folder, const std::string& code) {
  return (std::filesystem::path(base_folder) / code).lexically_normal().string();
}

Problem problem_from(const Error& error) {
  return {"code", error.summary, error.detail, error.remedy};
}

Value prepare(const std::string& base_folder, const Value& inputs, std::vector<Problem>& problems) {
  const Value& code = inputs.at("code");
  if (!inputs.is_map() || !code.is_string()) return inputs;
  const std::string folder = folder_in(base_folder, code.as_string());
  const Result<CodeArchive> archive = archive_folder(folder);
  if (!archive) {
    problems.push_back(problem_from(archive.error()));
    return inputs;
  }
  check_handler(folder, inputs, problems);
  Map with_digest = inputs.as_map();
  with_digest.set("code_sha256", archive->sha256);
  return Value(std::move(with_digest));
}

// Lambda takes images from ECR repositories of its own region, with a tag or a digest.
void check_image(const Placement& placement, const std::string& uri,
                 std::vector<Problem>& problems) {
  const std::size_t slash = uri.find('/');
  const std::string registry = uri.substr(0, slash);
  const std::string rest = slash == std::string::npos ? std::string() : uri.substr(slash + 1);
  if (registry.find(".dkr.ecr.") == std::string::npos || rest.find(':') == std::string::npos) {
    problems.push_back({"image", fmt::format("\"{}\" is no image that Lambda takes", uri),
                        "Lambda takes images of private ECR repositories, by tag or digest",
                        "write REPOSITORY_URI@sha256:DIGEST, or ${CONTAINER_IMAGE}"});
  } else if (registry.find(fmt::format(".dkr.ecr.{}.", placement.region)) == std::string::npos) {
    problems.push_back({"image", "the image is in another region than the function",
                        fmt::format("{} is not in {}", registry, placement.region),
                        "push it to a repository of this region"});
  }
}

// What goes with code and what with an image.
void check_package(const Placement& placement, const Value& inputs,
                   std::vector<Problem>& problems) {
  const bool has_code = !inputs.at("code").is_null();
  const bool has_image = is_image_function(inputs);
  if (has_code == has_image) {
    problems.push_back({has_code ? "image" : "",
                        has_code ? "a function is made of code or of an image, not of both"
                                 : "the function is made of nothing",
                        "", "give either code, a folder, or image"});
    return;
  }
  for (const std::string_view name : {"handler", "runtime"}) {
    if (has_code && inputs.at(name).is_null()) {
      problems.push_back({"", fmt::format("{} is missing", name),
                          "a function from a folder of code needs it",
                          fmt::format("add {}", name)});
    }
  }
  for (const std::string_view name : {"handler", "layers", "runtime"}) {
    const Value& given = inputs.at(name);
    if (!has_image || given.is_null() || given == Value(List())) continue;
    problems.push_back(
        {std::string(name), fmt::format("an image brings its own {}", name),
         "Lambda takes it for functions from a folder of code only",
         name == "handler" ? "write `image_config: { command: [...] }`" : "leave it out"});
  }
  if (has_code && !inputs.at("image_config").is_null()) {
    problems.push_back(
        {"image_config", "image_config goes with an image only", "", "leave it out"});
  }
  const Value& image = inputs.at("image");
  if (image.is_string()) check_image(placement, image.as_string(), problems);
}

void check_environment(const Value& environment, std::vector<Problem>& problems) {
  if (!environment.is_map()) return;
  std::size_t bytes = 0;
  for (const auto& [key, value] : environment.as_map()) {
    bytes += key.size() + (value.is_string() ? value.as_string().size() : 0U);
    const std::string path = "environment." + key;
    if (is_reserved_variable(key)) {
      problems.push_back({path, fmt::format("the environment variable {} is Lambda's own", key),
                          "Lambda sets it, and refuses functions that do", "use another name"});
    } else if (!is_variable_name(key)) {
      problems.push_back({path, fmt::format("\"{}\" cannot be an environment variable", key),
                          "Lambda takes names of at least two letters, digits and underscores that "
                          "begin with a letter",
                          "rename it"});
    }
  }
  if (bytes > kEnvironmentBytesMax) {
    problems.push_back(
        {"environment", fmt::format("the environment variables have {} bytes together", bytes),
         "Lambda takes 4096", "put what is large into a file of the code, or into S3"});
  }
}

void validate(const Placement& placement, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  check_package(placement, inputs, problems);
  check_environment(inputs.at("environment"), problems);
  check_async(inputs.at("async"), problems);
}

// The package type cannot be changed. Seen from what is taken away: what comes instead may be an
// image that is still to be built, of which nothing is known yet.
OnChange judge_change(const Value& before, const Value& after, std::string_view attribute,
                      std::string& reason, std::string&) {
  if ((attribute == "code" || attribute == "image") && !before.is_null() && after.is_null()) {
    reason = attribute == "code" ? "a function from code cannot become one from an image"
                                 : "a function from an image cannot become one from code";
    return OnChange::replace;
  }
  return OnChange::update;
}

Value normalize(const Value& inputs) {
  if (!inputs.is_map()) return inputs;
  Map normal = inputs.as_map();
  if (const Value* given = normal.find("environment"); given != nullptr && given->is_map()) {
    Map variables;
    for (const auto& [key, value] : given->as_map()) {
      const bool is_plain = value.is_bool() || value.is_int() || value.is_number();
      variables.set(key, is_plain ? Value(clear_text(value)) : value);
    }
    normal.set("environment", std::move(variables));
  }
  if (const Value* given = normal.find("async"); given != nullptr) {
    Value full = with_defaults(*given, async_fields);
    normal.set("async", std::move(full));
  }
  if (const Value* given = normal.find("image_config"); given != nullptr) {
    Value config = normal_image_config(*given);
    if (config.is_null()) {
      normal.erase("image_config");
    } else {
      normal.set("image_config", std::move(config));
    }
  }
  return Value(std::move(normal));
}

// --- calls

Map outputs_of(const Client& client, const std::string& name) {
  Map outputs = predict(client.placement(), name, Value());
  outputs.set("version", "$LATEST");
  return outputs;
}

Task<Result<Reply>> get_function(Client& client, ResourceRecord record) {
  Call call = lambda_reading(record, "GetFunction", function_path(record.name));
  Result<Reply> reply = co_await client.call(std::move(call));
  co_return reply;
}

// Settings for events that nobody waits for have a call of their own, which is made for those who
// manage them, and when nothing is recorded (an import).
bool is_async_of_interest(const ResourceRecord& record) {
  const bool is_import = !record.inputs.is_map() || record.inputs.as_map().empty();
  return is_import || !record.inputs.at("async").is_null();
}

Task<Result<Observation>> read(Client& client, ResourceRecord record) {
  std::vector<Call> calls;
  calls.push_back(lambda_reading(record, "GetFunction", function_path(record.name)));
  if (is_async_of_interest(record)) calls.push_back(async_reading(record));
  const std::vector<Result<Reply>> replies = co_await call_together(client, std::move(calls));
  for (const Result<Reply>& reply : replies) {
    if (!reply) co_return fail(reply.error());
  }
  const Reply& function = *replies[0];
  if (function.is_tolerated_error()) co_return absent();
  Observation observation;
  observation.exists = true;
  observation.outputs = outputs_of(client, record.name);
  observation.inputs = function_inputs(function, record);
  if (replies.size() > 1) observation.inputs.set("async", async_from(*replies[1]));
  const Value& tags = function.at("Tags");
  observe_tags(client.placement(), record, tags.is_map() ? tags.as_map() : Map(), observation);
  co_return observation;
}

enum class Settled : std::uint8_t { yes, not_yet, failed };

Settled settled(const Value& shown) {
  const std::string state = text_at(shown, "State");
  const std::string update = text_at(shown, "LastUpdateStatus");
  if (state == "Failed" || update == "Failed") return Settled::failed;
  if (state == "Pending" || update == "InProgress") return Settled::not_yet;
  return Settled::yes;
}

Error not_settled(const Operation& operation, const Value& shown, std::string_view after) {
  Error error;
  error.kind = ErrorKind::invalid_input;
  error.summary = fmt::format("the function {} did not take the change on", operation.prior.name);
  std::string reason = text_at(shown, "LastUpdateStatusReason");
  if (reason.empty()) reason = text_at(shown, "StateReason");
  error.detail = reason.empty() ? std::string("Lambda gives no reason") : reason;
  error.remedy = "mend what Lambda names, then run the command again";
  error.operation = fmt::format("lambda:{}", after);
  error.code = text_at(shown, "LastUpdateStatusReasonCode");
  if (error.code.empty()) error.code = text_at(shown, "StateReasonCode");
  error.address = operation.prior.address;
  return error;
}

// Waits until the function is active and its last update is through. `shown` is what the changing
// call answered.
Task<Status> settle(Client& client, Operation& operation, Value shown, std::string after) {
  const Instant deadline = client.scheduler().now() + kSettledWithin;
  bool has_reported = false;
  while (true) {
    const Settled now = settled(shown);
    if (now == Settled::yes) co_return Ok{};
    if (now == Settled::failed) co_return fail(not_settled(operation, shown, after));
    if (client.scheduler().now() >= deadline) {
      Error error = not_settled(operation, shown, after);
      error.kind = ErrorKind::timed_out;
      error.detail = "it was still being prepared after five minutes";
      error.remedy = "run the command again; firn continues where it stopped";
      co_return fail(std::move(error));
    }
    if (!has_reported && operation.report) operation.report("waiting until the function is active");
    has_reported = true;
    co_await client.scheduler().sleep(kPoll);
    ResourceRecord record = operation.prior;
    const Result<Reply> reply = co_await get_function(client, std::move(record));
    if (!reply) co_return fail(reply.error());
    // Right after the create it may not be visible yet.
    if (!reply->is_tolerated_error()) shown = reply->at("Configuration");
  }
}

// A repository's policy written a moment ago.
void wait_for_image(Call& call) {
  for (const char* code : {"AccessDeniedException", "InvalidParameterValueException"}) {
    Propagation wait;
    wait.code = code;
    wait.fragment = "does not have permission to access the ECR image";
    wait.what = "Lambda may pull the function's image";
    call.wait_while.push_back(wait);
  }
}

Task<Status> change(Client& client, Operation& operation, Call call) {
  std::string name = call.operation;
  wait_for_role(call);
  wait_for_image(call);
  const Result<Reply> reply = co_await client.call(std::move(call));
  if (!reply) co_return fail(reply.error());
  Value shown = reply->value;
  Status done = co_await settle(client, operation, std::move(shown), std::move(name));
  co_return done;
}

// What UpdateFunctionCode and the `Code` of CreateFunction have in common.
Result<Map> code_wire(const Operation& operation) {
  Map wire;
  if (is_image_function(operation.desired)) {
    wire.set("ImageUri", clear_text(operation.desired.at("image")));
    return wire;
  }
  const std::string folder =
      folder_in(operation.base_folder, clear_text(operation.desired.at("code")));
  Result<CodeArchive> archive = archive_folder(folder);
  if (!archive) return fail(archive.error());
  const Value& planned = operation.desired.at("code_sha256");
  if (planned.is_string() && planned.as_string() != archive->sha256) {
    return fail(ErrorKind::invalid_input,
                fmt::format("the code in {} has changed since it was planned", folder),
                "its digest is not the one in the plan", "plan again, then apply");
  }
  wire.set("ZipFile", base64(archive->bytes));
  return wire;
}

Call concurrency_call(const Operation& operation, const Value& reserved) {
  const std::string path =
      "/2017-10-31/functions/" + percent_encode(operation.prior.name) + "/concurrency";
  if (reserved.is_null()) {
    Call call = lambda_call(operation, "DeleteFunctionConcurrency", "DELETE", path);
    call.tolerated = missing_codes();
    return call;
  }
  Call call = lambda_call(operation, "PutFunctionConcurrency", "PUT", path);
  Map input;
  input.set("ReservedConcurrentExecutions", reserved);
  call.input = Value(std::move(input));
  return call;
}

bool changes_configuration(const Operation& operation) {
  for (const char* attribute :
       {"description", "environment", "ephemeral_storage", "handler", "image_config", "layers",
        "log_group", "memory", "role", "runtime", "timeout"}) {
    if (is_changed(operation, attribute)) return true;
  }
  return false;
}

Task<Result<Applied>> update(Client& client, Operation& operation) {
  const Value desired = normalize(operation.desired);
  const std::string& name = operation.prior.name;
  // Code and configuration strictly one after the other: Lambda refuses a change during another.
  if (is_changed(operation, "code_sha256") || is_changed(operation, "image") ||
      is_changed(operation, "architecture")) {
    Result<Map> input = code_wire(operation);
    if (!input) co_return fail(input.error());
    input->set("Architectures", architectures_wire(desired));
    Call call = lambda_call(operation, "UpdateFunctionCode", "PUT", function_path(name) + "/code");
    call.input = Value(std::move(*input));
    const Status done = co_await change(client, operation, std::move(call));
    if (!done) co_return fail(done.error());
  }
  if (changes_configuration(operation)) {
    Call call = lambda_call(operation, "UpdateFunctionConfiguration", "PUT",
                            function_path(name) + "/configuration");
    Map input = configuration_wire(desired, false);
    add_log_group(desired, name, is_changed(operation, "log_group"), input);
    call.input = Value(std::move(input));
    const Status done = co_await change(client, operation, std::move(call));
    if (!done) co_return fail(done.error());
  }
  std::vector<Call> calls;
  if (is_changed(operation, "tags")) {
    calls = lambda_tag_calls(operation, function_arn(client.placement(), name));
  }
  if (is_changed(operation, "reserved_concurrency")) {
    calls.push_back(concurrency_call(operation, desired.at("reserved_concurrency")));
  }
  if (is_changed(operation, "async")) calls.push_back(async_call(operation, desired.at("async")));
  const Status done = co_await call_all(client, std::move(calls));
  if (!done) co_return fail(done.error());
  Applied applied;
  applied.outputs = outputs_of(client, name);
  co_return applied;
}

Task<Result<Applied>> take_over(Client& client, Operation& operation, Reply refusal) {
  ResourceRecord record = operation.prior;
  const Result<Observation> found = co_await read(client, std::move(record));
  if (!found) co_return fail(found.error());
  const Status ours =
      claim_existing(*found, operation, "Lambda function", "lambda:CreateFunction", refusal);
  if (!ours) co_return fail(ours.error());
  Operation again = update_of_found(operation, *found);
  Result<Applied> updated = co_await update(client, again);
  co_return updated;
}

Task<Result<Applied>> create(Client& client, Operation& operation) {
  const Value desired = normalize(operation.desired);
  Result<Map> code = code_wire(operation);
  if (!code) co_return fail(code.error());
  Map input = configuration_wire(desired, true);
  input.set("FunctionName", operation.prior.name);
  input.set("Code", std::move(*code));
  if (is_image_function(desired)) input.set("PackageType", "Image");
  input.set("Architectures", architectures_wire(desired));
  input.set("Tags", wanted_tags(operation));
  add_log_group(desired, operation.prior.name, false, input);
  Call call = lambda_call(operation, "CreateFunction", "POST", "/2015-03-31/functions");
  call.input = Value(std::move(input));
  wait_for_role(call);
  wait_for_image(call);
  call.tolerated.emplace_back("ResourceConflictException");
  const Result<Reply> created = co_await client.call(std::move(call));
  if (!created) co_return fail(created.error());
  if (created->is_tolerated_error()) {
    Reply refusal = *created;
    Result<Applied> taken = co_await take_over(client, operation, std::move(refusal));
    co_return taken;
  }
  Applied applied;
  applied.outputs = outputs_of(client, operation.prior.name);
  const Status recorded = co_await note_identity(operation, applied.outputs);
  if (!recorded) co_return fail(recorded.error());
  Value shown = created->value;
  std::string after = "CreateFunction";
  const Status active = co_await settle(client, operation, std::move(shown), std::move(after));
  if (!active) co_return fail(active.error());
  const Value& reserved = desired.at("reserved_concurrency");
  std::vector<Call> calls;
  if (!reserved.is_null()) calls.push_back(concurrency_call(operation, reserved));
  const Value& async = desired.at("async");
  if (!async.is_null()) calls.push_back(async_call(operation, async));
  const Status done = co_await call_all(client, std::move(calls));
  if (!done) co_return fail(done.error());
  co_return applied;
}

Task<Result<Removed>> remove(Client& client, Operation& operation) {
  Call call =
      lambda_call(operation, "DeleteFunction", "DELETE", function_path(operation.prior.name));
  call.tolerated = missing_codes();
  const Result<Reply> deleted = co_await client.call(std::move(call));
  if (!deleted) co_return fail(deleted.error());
  co_return Removed{};
}

const ResourceType kType{
    .name = "aws.lambda_function",
    .summary = "A Lambda function from a folder of code or a container image.",
    .doc =
        "A folder of code becomes a zip archive whose bytes depend on nothing but the files' "
        "names, "
        "contents and execute bits, so that unchanged code is never sent again. Code and "
        "configuration change in place. An image is taken by its URI; with its digest, as "
        "`aws.container_image` gives it, a new image is a change in place, too.\n\n"
        "Declare the function's log group as well, or Lambda makes one that keeps its events for "
        "ever.",
    .example =
        "  type: aws.lambda_function\n"
        "  code: functions/process\n"
        "  runtime: python3.13\n"
        "  handler: process.lambda_handler\n"
        "  role: ${process_role}\n"
        "  environment: { BUCKET_NAME: \"${data.name}\" }\n",
    .attributes = lambda_function_table::attributes,
    .name_rule = {.form = NameForm::aws, .length_max = 64, .extra_characters = "-_"},
    .taggable = true,
    .predict = predict,
    .prepare = prepare,
    .validate = validate,
    .normalize = normalize,
    .judge_change = judge_change,
};

}  // namespace

const AwsType lambda_function{
    .type = &kType, .read = read, .create = create, .update = update, .remove = remove};

}  // namespace firn::aws
