#include "providers/aws/event_target.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "core/base/text.h"
#include "core/value/json.h"
#include "providers/aws/calls.h"
#include "providers/aws/reply.h"

namespace firn::aws {
namespace {

constexpr std::size_t id_length_max = 64;
constexpr std::int64_t max_age_seconds = 86400;
constexpr std::int64_t max_attempts = 185;

bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= id_length_max && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
}

// Text that holds a JSON object or list is that object or list; any other value is its text.
Value normal_input(const Value& input) {
  if (input.is_map() || input.is_list() || input.contains_unknown() || input.contains_secret()) {
    return input;
  }
  const std::string text = clear_text(input);
  Result<Value> parsed = parse_json(text);
  if (parsed && (parsed->is_map() || parsed->is_list())) return std::move(*parsed);
  return Value(text);
}

// Every <name> of a template must be one of the paths, unless EventBridge fills it itself.
void check_template(const std::string& path, const Value& transformer,
                    std::vector<Problem>& problems) {
  const Value& text = transformer.at("template");
  if (!text.is_string()) return;
  const std::string& words = text.as_string();
  for (std::size_t at = words.find('<'); at != std::string::npos; at = words.find('<', at + 1)) {
    const std::size_t end = words.find('>', at);
    if (end == std::string::npos) return;
    const std::string name = words.substr(at + 1, end - at - 1);
    if (name.starts_with("aws.events.") || transformer.at("paths").find(name) != nullptr) continue;
    problems.push_back({path + ".template",
                        fmt::format("the template names <{}>, and `paths` does not", name),
                        "EventBridge refuses a name without a path",
                        fmt::format("add paths: {{ {}: $.detail.… }}", name)});
  }
}

}  // namespace

void check_event_target(const std::string& id, const Value& target,
                        std::vector<Problem>& problems) {
  const std::string path = "targets." + id;
  if (!is_id(id)) {
    problems.push_back({path, fmt::format("\"{}\" cannot name a target", id),
                        "EventBridge takes up to 64 letters, digits, dots, hyphens and underscores",
                        "rename it"});
  }
  if (!target.is_map()) return;
  int inputs = 0;
  for (const char* kind : {"input", "input_path", "transformer"})
    inputs += target.at(kind).is_null() ? 0 : 1;
  if (inputs > 1) {
    problems.push_back({path, "a target has one of input, input_path and transformer",
                        "each says in its own way what the target is told", "keep one of them"});
  }
  if (target.at("transformer").is_map()) {
    check_template(path + ".transformer", target.at("transformer"), problems);
  }
  const Value& arn = target.at("arn");
  if (!arn.is_string()) return;
  const std::vector<std::string> parts = split(arn.as_string(), ':');
  if (parts.size() < 6 || parts[0] != "arn") {
    problems.push_back({path + ".arn", fmt::format("\"{}\" is no ARN", arn.as_string()),
                        "targets are named by their ARNs",
                        "refer to the object itself, for example \"${alerts}\""});
    return;
  }
  if (parts[2] == "states" && target.at("role").is_null()) {
    problems.push_back({path, "a state machine is started by a role",
                        "EventBridge has no right of its own to start it", "add role:"});
  }
  const bool is_fifo = parts[2] == "sqs" && parts[5].ends_with(".fifo");
  if (is_fifo == target.at("message_group").is_null()) {
    problems.push_back(
        {path,
         is_fifo ? "a FIFO queue needs a message group" : "only a FIFO queue has message groups",
         "", is_fifo ? "add message_group:" : "remove message_group:"});
  }
}

Value normal_event_target(const Value& target) {
  if (!target.is_map()) return target;
  const Value filled = with_defaults(target, event_target_fields);
  Map normal = filled.as_map();
  if (const Value* input = normal.find("input"); input != nullptr && !input->is_null()) {
    Value parsed = normal_input(*input);
    normal.set("input", std::move(parsed));
  }
  if (const Value* given = normal.find("transformer"); given != nullptr && given->is_map()) {
    Value transformer = with_defaults(*given, event_transformer_fields);
    normal.set("transformer", std::move(transformer));
  }
  for (const char* optional :
       {"dead_letter_queue", "input", "input_path", "message_group", "role", "transformer"}) {
    const Value* value = normal.find(optional);
    if (value != nullptr && (value->is_null() || *value == Value(""))) normal.erase(optional);
  }
  return Value(std::move(normal));
}

Value event_target_wire(const std::string& id, const Value& target) {
  Map retry;
  const Value& wanted = target.at("retry");
  retry.set("MaximumEventAgeInSeconds", wanted.int_or("max_age_seconds", max_age_seconds));
  retry.set("MaximumRetryAttempts", wanted.int_or("max_attempts", max_attempts));
  Map wire;
  wire.set("Id", id);
  wire.set("Arn", target.at("arn"));
  wire.set("RetryPolicy", std::move(retry));
  if (!target.at("role").is_null()) wire.set("RoleArn", target.at("role"));
  if (!target.at("input").is_null()) wire.set("Input", clear_text(target.at("input")));
  if (!target.at("input_path").is_null()) wire.set("InputPath", target.at("input_path"));
  const Value& transformer = target.at("transformer");
  if (transformer.is_map()) {
    Map words;
    words.set("InputTemplate", clear_text(transformer.at("template")));
    const Value& paths = transformer.at("paths");
    if (paths.is_map() && !paths.as_map().empty()) words.set("InputPathsMap", paths);
    wire.set("InputTransformer", std::move(words));
  }
  if (!target.at("message_group").is_null()) {
    Map queue;
    queue.set("MessageGroupId", target.at("message_group"));
    wire.set("SqsParameters", std::move(queue));
  }
  if (!target.at("dead_letter_queue").is_null()) {
    Map letters;
    letters.set("Arn", target.at("dead_letter_queue"));
    wire.set("DeadLetterConfig", std::move(letters));
  }
  return Value(std::move(wire));
}

Value event_target_from(const Value& wire) {
  Map target;
  target.set("arn", wire.at("Arn"));
  target.set("role", wire.at("RoleArn"));
  target.set("input", wire.at("Input"));
  target.set("input_path", wire.at("InputPath"));
  target.set("message_group", wire.at("SqsParameters").at("MessageGroupId"));
  target.set("dead_letter_queue", wire.at("DeadLetterConfig").at("Arn"));
  const Value& shown = wire.at("InputTransformer");
  if (shown.is_map()) {
    Map transformer;
    transformer.set("template", shown.at("InputTemplate"));
    if (shown.at("InputPathsMap").is_map()) transformer.set("paths", shown.at("InputPathsMap"));
    target.set("transformer", std::move(transformer));
  }
  const Value& policy = wire.at("RetryPolicy");
  Map retry;
  retry.set("max_age_seconds", policy.int_or("MaximumEventAgeInSeconds", max_age_seconds));
  retry.set("max_attempts", policy.int_or("MaximumRetryAttempts", max_attempts));
  target.set("retry", std::move(retry));
  return normal_event_target(Value(std::move(target)));
}

}  // namespace firn::aws
