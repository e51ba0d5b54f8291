// aws.lambda_function: a function from a folder of code.
//
// Source of facts: AWS Lambda API Reference (CreateFunction, UpdateFunctionCode,
// UpdateFunctionConfiguration, GetFunction) and developer guide, "Lambda quotas" and "Lambda
// function states".
#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fmt/format.h>
#include <system_error>
#include <utility>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "providers/aws/calls.h"
#include "providers/aws/code_archive.h"
#include "providers/aws/lambda_handler.h"
#include "providers/aws/resource_tags.h"
#include "providers/aws/types.h"

namespace firn::aws {
namespace {

constexpr std::array<std::string_view, 2> kArchitectures{"arm64", "x86_64"};
constexpr std::size_t kEnvironmentBytesMax = 4096;
// How long a function may take to become active or to take a change on.
constexpr Duration kSettledWithin = std::chrono::minutes(5);
constexpr Duration kPoll = std::chrono::seconds(1);

constexpr Attribute kVariable{.name = "value", .doc = "The value of an environment variable."};
constexpr Attribute kLayer{.name = "layer", .doc = "The ARN of a layer version."};

constexpr std::array kAttributes{
    Attribute{.name = "architecture",
              .doc = "The processor that the code is built for.",
              .default_json = "\"x86_64\"",
              .allowed = kArchitectures},
    Attribute{
        .name = "arn", .doc = "The ARN of the function.", .computed = true, .predictable = true},
    Attribute{.name = "code",
              .doc = "The folder of the code, relative to the file that declares the function. "
                     "Folders named .git and __pycache__ and compiled Python files are left out.",
              .required = true,
              .write_only = true,
              .example = "functions/process"},
    Attribute{
        .name = "code_sha256",
        .doc = "The digest of the code as Lambda shows it: base64 of the SHA-256 of the archive.",
        .derived = true},
    Attribute{.name = "description",
              .doc = "What the function is for.",
              .default_json = "\"\"",
              .maximum = 256},
    Attribute{.name = "environment",
              .kind = AttributeKind::map,
              .doc = "Environment variables, at most 4 KB in all. Who may see the function may see "
                     "them: secrets belong into Secrets Manager.",
              .default_json = "{}",
              .example = "{ BUCKET_NAME: \"${data.name}\" }",
              .element = &kVariable},
    Attribute{.name = "ephemeral_storage",
              .kind = AttributeKind::integer,
              .doc = "The size of /tmp, in MB.",
              .default_json = "512",
              .minimum = 512,
              .maximum = 10240},
    Attribute{.name = "handler",
              .doc = "What is called: for Python file.function, for Node.js file.export.",
              .required = true,
              .example = "process.lambda_handler",
              .maximum = 128},
    Attribute{.name = "layers",
              .kind = AttributeKind::list,
              .doc = "Layer versions, by ARN, in the order in which they are laid over each other.",
              .default_json = "[]",
              .element = &kLayer,
              .maximum = 5},
    Attribute{.name = "log_group",
              .doc =
                  "The log group that the function writes to, by name; /aws/lambda/<name> unless "
                  "given.",
              .takes = "name",
              .example = "${logs}"},
    Attribute{.name = "memory",
              .kind = AttributeKind::integer,
              .doc = "Memory in MB; processor time grows with it.",
              .default_json = "128",
              .example = "512",
              .minimum = 128,
              .maximum = 32768},
    Attribute{.name = "reserved_concurrency",
              .kind = AttributeKind::integer,
              .doc = "How many executions are kept for the function and are the most it gets; left "
                     "out, it shares the account's.",
              .minimum = 0},
    Attribute{.name = "role",
              .doc = "The role that the code acts as, by ARN; it must trust lambda.amazonaws.com.",
              .required = true,
              .takes = "arn",
              .example = "${process_role}"},
    Attribute{.name = "runtime",
              .doc = "The language and its version.",
              .required = true,
              .example = "python3.13"},
    kTagsAttribute,
    Attribute{.name = "timeout",
              .kind = AttributeKind::integer,
              .doc = "Seconds after which an execution is stopped.",
              .default_json = "3",
              .example = "60",
              .minimum = 1,
              .maximum = 900},
    Attribute{.name = "version", .doc = "The version: $LATEST.", .computed = true},
};

// --- pure

std::string arn_in(const Placement& placement, const std::string& name) {
  return fmt::format("arn:{}:lambda:{}:{}:function:{}", placement.partition, placement.region,
                     placement.account, name);
}

Map predict(const Placement& placement, const std::string& name, const Value&) {
  Map outputs;
  outputs.set("arn", arn_in(placement, name));
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

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  const Value& environment = inputs.at("environment");
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
  return Value(std::move(normal));
}

// --- the wire

std::string path_of(const std::string& name) {
  return "/2015-03-31/functions/" + percent_encode(name);
}

Call function_call(const Operation& operation, std::string name, std::string_view method,
                   std::string path) {
  Call call = changing(service::lambda, std::move(name), Map(), operation);
  call.method = method;
  call.path = std::move(path);
  call.input = Value();
  return call;
}

// A role, a permission or a key made a moment ago.
void wait_for_role(Call& call) {
  for (const char* fragment :
       {"cannot be assumed by Lambda", "execution role does not have permissions to call",
        "Lambda was unable to configure access to your environment variables"}) {
    Propagation wait;
    wait.code = "InvalidParameterValueException";
    wait.fragment = fragment;
    wait.what = "Lambda may use the function's role";
    call.wait_while.push_back(wait);
  }
}

// The settings that CreateFunction and UpdateFunctionConfiguration have in common. All of them,
// with the service's defaults for what is not given: an update that leaves one out would keep the
// old.
Map configuration_wire(const Value& desired, bool is_create) {
  Map wire;
  wire.set("Runtime", desired.at("runtime"));
  wire.set("Handler", desired.at("handler"));
  wire.set("Role", desired.at("role"));
  wire.set("Description", clear_text(desired.at("description")));
  wire.set("MemorySize", desired.int_or("memory", 128));
  wire.set("Timeout", desired.int_or("timeout", 3));
  Map storage;
  storage.set("Size", desired.int_or("ephemeral_storage", 512));
  wire.set("EphemeralStorage", std::move(storage));
  Map variables;
  if (desired.at("environment").is_map()) {
    for (const auto& [key, value] : desired.at("environment").as_map()) {
      variables.set(key, clear_text(value));
    }
  }
  Map environment;
  environment.set("Variables", std::move(variables));
  wire.set("Environment", std::move(environment));
  const List layers = list_of(desired.at("layers"));
  if (!is_create || !layers.empty()) wire.set("Layers", layers);
  return wire;
}

void add_log_group(const Value& desired, const std::string& name, bool is_changed, Map& wire) {
  std::string group = clear_text(desired.at("log_group"));
  if (group.empty() && !is_changed) return;
  if (group.empty()) group = "/aws/lambda/" + name;
  Map logging;
  logging.set("LogFormat", "Text");
  logging.set("LogGroup", group);
  wire.set("LoggingConfig", std::move(logging));
}

List architectures_wire(const Value& desired) {
  List architectures;
  architectures.emplace_back(desired.string_or("architecture", "x86_64"));
  return architectures;
}

Map outputs_of(const Client& client, const std::string& name) {
  Map outputs = predict(client.placement(), name, Value());
  outputs.set("version", "$LATEST");
  return outputs;
}

Map inputs_from(const Value& shown, const ResourceRecord& record) {
  Map inputs;
  inputs.set("runtime", text_at(shown, "Runtime"));
  inputs.set("handler", text_at(shown, "Handler"));
  inputs.set("role", text_at(shown, "Role"));
  inputs.set("description", text_at(shown, "Description"));
  inputs.set("memory", shown.int_or("MemorySize", 128));
  inputs.set("timeout", shown.int_or("Timeout", 3));
  inputs.set("ephemeral_storage", shown.at("EphemeralStorage").int_or("Size", 512));
  inputs.set("code_sha256", text_at(shown, "CodeSha256"));
  const std::string architecture = text_at(shown, "Architectures.0");
  inputs.set("architecture", architecture.empty() ? std::string("x86_64") : architecture);
  List layers;
  for (const Value& layer : list_at(shown, "Layers"))
    layers.push_back(layer.at("Arn"));
  inputs.set("layers", std::move(layers));
  const std::string group = text_at(shown, "LoggingConfig.LogGroup");
  if (!group.empty()) inputs.set("log_group", group);
  // Lambda shows variables in clear. What was given as a secret stays as recorded, so that its text
  // goes no further; that it changed outside firn cannot be seen.
  if (shown.at("Environment").at("Error").is_null()) {
    Map variables;
    const Value& given = shown.at("Environment").at("Variables");
    const Value& recorded = record.inputs.at("environment");
    if (given.is_map()) {
      for (const auto& [key, value] : given.as_map()) {
        const Value* before = recorded.find(key);
        variables.set(key, before != nullptr && before->is_secret() ? *before : value);
      }
    }
    inputs.set("environment", std::move(variables));
  }
  return inputs;
}

// --- calls

Task<Result<Reply>> get_function(Client& client, ResourceRecord record) {
  Call call = reading(service::lambda, "GetFunction", Map(), record);
  call.input = Value();
  call.path = path_of(record.name);
  call.tolerated = missing_codes();
  Result<Reply> reply = co_await client.call(std::move(call));
  co_return reply;
}

Task<Result<Observation>> read(Client& client, ResourceRecord record) {
  ResourceRecord copy = record;
  const Result<Reply> reply = co_await get_function(client, std::move(copy));
  if (!reply) co_return fail(reply.error());
  if (reply->is_tolerated_error()) co_return absent();
  Observation observation;
  observation.exists = true;
  observation.outputs = outputs_of(client, record.name);
  observation.inputs = inputs_from(reply->at("Configuration"), record);
  const Value& reserved = reply->at("Concurrency").at("ReservedConcurrentExecutions");
  observation.inputs.set("reserved_concurrency", reserved);
  const Value& tags = reply->at("Tags");
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

Task<Status> change(Client& client, Operation& operation, Call call) {
  std::string name = call.operation;
  wait_for_role(call);
  const Result<Reply> reply = co_await client.call(std::move(call));
  if (!reply) co_return fail(reply.error());
  Value shown = reply->value;
  Status done = co_await settle(client, operation, std::move(shown), std::move(name));
  co_return done;
}

Result<std::string> zipped_code(const Operation& operation) {
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
  return base64(archive->bytes);
}

Call concurrency_call(const Operation& operation, const Value& reserved) {
  const std::string path =
      "/2017-10-31/functions/" + percent_encode(operation.prior.name) + "/concurrency";
  if (reserved.is_null()) {
    Call call = function_call(operation, "DeleteFunctionConcurrency", "DELETE", path);
    call.tolerated = missing_codes();
    return call;
  }
  Call call = function_call(operation, "PutFunctionConcurrency", "PUT", path);
  Map input;
  input.set("ReservedConcurrentExecutions", reserved);
  call.input = Value(std::move(input));
  return call;
}

bool changes_configuration(const Operation& operation) {
  for (const char* attribute : {"description", "environment", "ephemeral_storage", "handler",
                                "layers", "log_group", "memory", "role", "runtime", "timeout"}) {
    if (is_changed(operation, attribute)) return true;
  }
  return false;
}

std::vector<Call> tag_calls(const Client& client, const Operation& operation) {
  const TagChange change = wanted_tag_change(operation);
  const std::string path =
      "/2017-03-31/tags/" + percent_encode(arn_in(client.placement(), operation.prior.name));
  std::vector<Call> calls;
  Call add = function_call(operation, "TagResource", "POST", path);
  Map input;
  input.set("Tags", change.set);
  add.input = Value(std::move(input));
  calls.push_back(std::move(add));
  if (!change.removed.empty()) {
    Call remove = function_call(operation, "UntagResource", "DELETE", path);
    for (const std::string& key : change.removed)
      remove.query.emplace_back("tagKeys", key);
    calls.push_back(std::move(remove));
  }
  return calls;
}

Task<Result<Applied>> update(Client& client, Operation& operation) {
  const Value desired = normalize(operation.desired);
  const std::string& name = operation.prior.name;
  // Code and configuration strictly one after the other: Lambda refuses a change during another.
  if (is_changed(operation, "code_sha256") || is_changed(operation, "architecture")) {
    Result<std::string> code = zipped_code(operation);
    if (!code) co_return fail(code.error());
    Call call = function_call(operation, "UpdateFunctionCode", "PUT", path_of(name) + "/code");
    Map input;
    input.set("ZipFile", std::move(*code));
    input.set("Architectures", architectures_wire(desired));
    call.input = Value(std::move(input));
    const Status done = co_await change(client, operation, std::move(call));
    if (!done) co_return fail(done.error());
  }
  if (changes_configuration(operation)) {
    Call call = function_call(operation, "UpdateFunctionConfiguration", "PUT",
                              path_of(name) + "/configuration");
    Map input = configuration_wire(desired, false);
    add_log_group(desired, name, is_changed(operation, "log_group"), input);
    call.input = Value(std::move(input));
    const Status done = co_await change(client, operation, std::move(call));
    if (!done) co_return fail(done.error());
  }
  std::vector<Call> calls;
  if (is_changed(operation, "tags")) calls = tag_calls(client, operation);
  if (is_changed(operation, "reserved_concurrency")) {
    calls.push_back(concurrency_call(operation, desired.at("reserved_concurrency")));
  }
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
  Result<std::string> code = zipped_code(operation);
  if (!code) co_return fail(code.error());
  Map zip;
  zip.set("ZipFile", std::move(*code));
  Map input = configuration_wire(desired, true);
  input.set("FunctionName", operation.prior.name);
  input.set("Code", std::move(zip));
  input.set("Architectures", architectures_wire(desired));
  input.set("Tags", wanted_tags(operation));
  add_log_group(desired, operation.prior.name, false, input);
  Call call = function_call(operation, "CreateFunction", "POST", "/2015-03-31/functions");
  call.input = Value(std::move(input));
  wait_for_role(call);
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
  if (!reserved.is_null()) {
    Call put = concurrency_call(operation, reserved);
    const Result<Reply> kept = co_await client.call(std::move(put));
    if (!kept) co_return fail(kept.error());
  }
  co_return applied;
}

Task<Result<Removed>> remove(Client& client, Operation& operation) {
  Call call = function_call(operation, "DeleteFunction", "DELETE", path_of(operation.prior.name));
  call.tolerated = missing_codes();
  const Result<Reply> deleted = co_await client.call(std::move(call));
  if (!deleted) co_return fail(deleted.error());
  co_return Removed{};
}

const ResourceType kType{
    .name = "aws.lambda_function",
    .summary = "A Lambda function from a folder of code.",
    .doc =
        "The folder becomes a zip archive whose bytes depend on nothing but the files' names, "
        "contents and execute bits, so that unchanged code is never sent again. Code and "
        "configuration change in place.\n\n"
        "Declare the function's log group as well, or Lambda makes one that keeps its events for "
        "ever.",
    .example =
        "  type: aws.lambda_function\n"
        "  code: functions/process\n"
        "  runtime: python3.13\n"
        "  handler: process.lambda_handler\n"
        "  role: ${process_role}\n"
        "  environment: { BUCKET_NAME: \"${data.name}\" }\n",
    .attributes = kAttributes,
    .name_rule = {.form = NameForm::aws, .length_max = 64, .extra_characters = "-_"},
    .taggable = true,
    .predict = predict,
    .prepare = prepare,
    .validate = validate,
    .normalize = normalize,
};

}  // namespace

const AwsType lambda_function{
    .type = &kType, .read = read, .create = create, .update = update, .remove = remove};

}  // namespace firn::aws
