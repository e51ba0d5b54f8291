#include "providers/aws/lambda_function_wire.h"

#include <array>
#include <utility>

#include "providers/aws/calls.h"

namespace firn::aws {
namespace {

constexpr std::array image_words{
    std::pair<std::string_view, std::string_view>{"command", "Command"},
    std::pair<std::string_view, std::string_view>{"entry_point", "EntryPoint"},
};

Map image_config_wire(const Value& config) {
  Map wire;
  for (const auto& [attribute, member] : image_words) {
    const List words = list_of(config.at(attribute));
    if (!words.empty()) wire.set(member, words);
  }
  const std::string folder = clear_text(config.at("working_directory"));
  if (!folder.empty()) wire.set("WorkingDirectory", folder);
  return wire;
}

Value image_config_from(const Value& shown) {
  Map config;
  for (const auto& [attribute, member] : image_words)
    config.set(attribute, list_of(shown.at(member)));
  config.set("working_directory", text_at(shown, "WorkingDirectory"));
  return normal_image_config(Value(std::move(config)));
}

// Lambda shows variables in clear. What was given as a secret stays one, so that its text goes no
// further; and so does what nobody gave, as it may be somebody's secret.
Map variables_from(const Value& shown, const Value& recorded) {
  Map variables;
  if (!shown.is_map()) return variables;
  for (const auto& [key, value] : shown.as_map()) {
    const Value* before = recorded.find(key);
    const bool is_open = before != nullptr && !before->is_secret();
    variables.set(key, is_open ? value : Value::secret(value));
  }
  return variables;
}

}  // namespace

bool is_image_function(const Value& inputs) {
  return !inputs.at("image").is_null();
}

Map configuration_wire(const Value& desired, bool is_create) {
  Map wire;
  const bool is_image = is_image_function(desired);
  if (is_image) {
    Map config = image_config_wire(desired.at("image_config"));
    if (!is_create || !config.empty()) wire.set("ImageConfig", std::move(config));
  } else {
    wire.set("Runtime", desired.at("runtime"));
    wire.set("Handler", desired.at("handler"));
    const List layers = list_of(desired.at("layers"));
    if (!is_create || !layers.empty()) wire.set("Layers", layers);
  }
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

Map function_inputs(const Reply& reply, const ResourceRecord& record) {
  const Value& shown = reply.at("Configuration");
  const bool is_image = text_at(shown, "PackageType") == "Image";
  Map inputs;
  if (is_image) {
    inputs.set("image", reply.text("Code.ImageUri"));
    inputs.set("image_config", image_config_from(shown.at_path("ImageConfigResponse.ImageConfig")));
  } else {
    inputs.set("image", Value());
    inputs.set("runtime", text_at(shown, "Runtime"));
    inputs.set("handler", text_at(shown, "Handler"));
    inputs.set("code_sha256", text_at(shown, "CodeSha256"));
    List layers;
    for (const Value& layer : list_at(shown, "Layers"))
      layers.push_back(layer.at("Arn"));
    inputs.set("layers", std::move(layers));
  }
  inputs.set("role", text_at(shown, "Role"));
  inputs.set("description", text_at(shown, "Description"));
  inputs.set("memory", shown.int_or("MemorySize", 128));
  inputs.set("timeout", shown.int_or("Timeout", 3));
  inputs.set("ephemeral_storage", shown.at("EphemeralStorage").int_or("Size", 512));
  const std::string architecture = text_at(shown, "Architectures.0");
  inputs.set("architecture", architecture.empty() ? std::string("x86_64") : architecture);
  const std::string group = text_at(shown, "LoggingConfig.LogGroup");
  if (!group.empty()) inputs.set("log_group", group);
  const Value& environment = shown.at("Environment");
  if (environment.at("Error").is_null()) {
    Map variables = variables_from(environment.at("Variables"), record.inputs.at("environment"));
    inputs.set("environment", std::move(variables));
  }
  inputs.set("reserved_concurrency", reply.at("Concurrency").at("ReservedConcurrentExecutions"));
  return inputs;
}

Value normal_image_config(const Value& config) {
  if (!config.is_map()) return config;
  Map normal;
  for (const auto& [name, value] : config.as_map()) {
    const bool is_empty = value.is_null() || (value.is_list() && value.as_list().empty()) ||
                          (value.is_string() && value.as_string().empty());
    if (!is_empty) normal.set(name, value);
  }
  return normal.empty() ? Value() : Value(std::move(normal));
}

}  // namespace firn::aws
