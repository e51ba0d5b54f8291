// Step Functions: state machines. They do not run here.
#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "core/base/text.h"
#include "core/value/json.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/logs/state.h"
#include "sandbox/aws/services.h"
#include "sandbox/aws/states/definition.h"
#include "sandbox/aws/tags.h"
#include "sandbox/aws/wire/protocol.h"

namespace firn::sandbox::aws {
namespace {

constexpr std::string_view machine_place = "states/machine";
constexpr std::size_t longest_name = 80;
constexpr std::size_t longest_definition = 1024 * 1024;
// Step Functions Developer Guide, "Using CloudWatch Logs to log execution history".
constexpr std::array delivery_actions = {"logs:CreateLogDelivery",        "logs:GetLogDelivery",
                                         "logs:UpdateLogDelivery",        "logs:DeleteLogDelivery",
                                         "logs:ListLogDeliveries",        "logs:PutResourcePolicy",
                                         "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"};

Refusal refusal(std::string code, std::string message) {
  return {400, std::move(code), std::move(message)};
}

std::string machine_arn(const Call& call, const std::string& name) {
  return call.arn("states", "stateMachine:" + name);
}

void check_name(const std::string& name, bool logs) {
  constexpr std::string_view forbidden = " <>{}[]?*\"#%\\^|~`$&,;:/";
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
  const bool bad = std::any_of(name.begin(), name.end(), [&](char c) {
    return forbidden.find(c) != std::string_view::npos || (c >= 0 && c < 0x20) || c == 0x7F;
  });
  if (name.empty() || name.size() > longest_name || bad || (logs && !plain)) {
    throw refusal("InvalidName", fmt::format("Invalid Name: '{}'", name));
  }
}

void check_definition(const std::string& definition) {
  if (definition.size() > longest_definition) {
    throw refusal("InvalidDefinition",
                  "Invalid State Machine Definition: 'The definition exceeds "
                  "1048576 bytes'");
  }
  const auto problems = states::check_definition(definition);
  if (problems.empty()) return;
  std::vector<std::string> texts;
  for (const auto& one : problems) {
    texts.push_back(fmt::format("{}: {} at {}", one.code, one.message, one.location));
  }
  throw refusal("InvalidDefinition",
                fmt::format("Invalid State Machine Definition: '{}'", join(texts, ", ")));
}

void check_role(Call& call, const std::string& role, const std::string& arn) {
  const auto parsed = parse_arn(role);
  if (!parsed || parsed->service != "iam" || !parsed->resource.starts_with("role/")) {
    throw refusal("InvalidArn", fmt::format("Invalid Role Arn: '{}'", role));
  }
  authorize(call, "iam:PassRole", role);
  if (parsed->account != call.account) {
    throw refusal("AccessDeniedException", "Cross-account pass role is not allowed.");
  }
  Context context;
  context.set("aws:SourceAccount", call.account);
  context.set("aws:SourceArn", arn);
  const std::string regional = fmt::format("states.{}.amazonaws.com", call.region);
  if (!service_may_assume(call.world, role, "states.amazonaws.com", context) &&
      !service_may_assume(call.world, role, regional, context)) {
    throw refusal("AccessDeniedException",
                  "Neither the global service principal states.amazonaws.com, nor the regional one "
                  "is authorized to assume the provided role.");
  }
}

// The logging configuration as it is kept, with what was left out filled in.
Value checked_logging(Call& call, const Value& given, const std::string& role) {
  const std::string level = given.string_or("level", "OFF");
  if (level != "OFF" && level != "ALL" && level != "ERROR" && level != "FATAL") {
    throw refusal("InvalidLoggingConfiguration",
                  fmt::format("Invalid Logging Configuration: the level {} is not valid.", level));
  }
  Map logging{{"level", level},
              {"includeExecutionData", given.bool_or("includeExecutionData", false)}};
  const Value& destinations = given.at("destinations");
  const bool has_destination = destinations.is_list() && !destinations.as_list().empty();
  if (level != "OFF" && !has_destination) {
    throw refusal("InvalidLoggingConfiguration",
                  "Invalid Logging Configuration: Must specify exactly one Log Destination.");
  }
  if (has_destination) {
    if (destinations.as_list().size() != 1) {
      throw refusal("InvalidLoggingConfiguration",
                    "Invalid Logging Configuration: Must specify exactly one Log Destination.");
    }
    const std::string group =
        destinations.as_list().front().at("cloudWatchLogsLogGroup").string_or("logGroupArn", "");
    if (!group.ends_with(":*") || !parse_arn(group)) {
      throw refusal("InvalidLoggingConfiguration",
                    "Invalid Logging Configuration: Invalid Log Destination ARN.");
    }
    if (!logs::group_exists(call.world, group)) {
      throw refusal("InvalidLoggingConfiguration",
                    "Invalid Logging Configuration: Log Destination Does Not Exist.");
    }
    for (const char* action : delivery_actions) {
      Access access;
      access.action = action;
      access.resource = "*";
      if (!role_may(call.world, role, std::move(access)).allowed) {
        throw refusal("AccessDeniedException",
                      "The state machine IAM Role is not authorized to access the Log Destination");
      }
    }
    logging.set("destinations", destinations);
  }
  return Value(std::move(logging));
}

Map checked_tags(Map tags) {
  const TagProblem problem = check_tags(tags);
  if (problem.what == TagProblem::What::too_many) {
    throw refusal("TooManyTags", "A resource can have no more than 50 tags.");
  }
  if (problem.what != TagProblem::What::none) {
    throw refusal("ValidationException", fmt::format("The tag {} is not valid.", problem.key));
  }
  return tags;
}

Value tracing_of(const Value& input) {
  return Map{{"enabled", input.at("tracingConfiguration").bool_or("enabled", false)}};
}

void refuse_unknown(const Value& input, const char* operation) {
  for (const char* member : {"encryptionConfiguration", "versionDescription"}) {
    if (input.find(member)) throw unknown_member("states", operation, member);
  }
  if (input.bool_or("publish", false)) throw unknown_member("states", operation, "publish");
}

Value machine_by_arn(Call& call, const std::string& text, const char* action) {
  const auto arn = parse_arn(text);
  constexpr std::string_view prefix = "stateMachine:";
  if (!arn || arn->service != "states" || !arn->resource.starts_with(prefix)) {
    throw refusal("InvalidArn", fmt::format("Invalid Arn: '{}'", text));
  }
  call.target = arn->resource.substr(prefix.size());
  authorize(call, action, text);
  const Value* machine =
      call.world.store.get(collection(arn->account, arn->region, machine_place), call.target);
  if (!machine) {
    throw refusal("StateMachineDoesNotExist",
                  fmt::format("State Machine Does Not Exist: '{}'", text));
  }
  return *machine;
}

void keep(Call& call, const Value& machine) {
  call.world.store.put(call.place(machine_place), machine.string_or("name", ""), machine);
}

Value create_state_machine(Call& call, const Value& input) {
  const std::string name = input.string_or("name", "");
  call.target = name;
  refuse_unknown(input, "CreateStateMachine");
  const Value& logging_given = input.at("loggingConfiguration");
  check_name(name, logging_given.string_or("level", "OFF") != "OFF");
  const std::string arn = machine_arn(call, name);
  authorize(call, "states:CreateStateMachine", arn);
  const std::string type = input.string_or("type", "STANDARD");
  if (type != "STANDARD" && type != "EXPRESS") {
    throw refusal("ValidationException",
                  fmt::format("1 validation error detected: Value '{}' at 'type' failed to satisfy "
                              "constraint: Member must satisfy enum value set: [STANDARD, EXPRESS]",
                              type));
  }
  const std::string definition = input.string_or("definition", "");
  const std::string role = input.string_or("roleArn", "");
  check_definition(definition);
  if (const Value* existing = call.world.store.get(call.place(machine_place), name)) {
    // Role and tags are not compared; the rest must be the same to the letter.
    const Value wanted_level(logging_given.string_or("level", "OFF"));
    const bool same =
        existing->string_or("definition", "") == definition &&
        existing->string_or("type", "") == type &&
        existing->at("logging").at("level") == wanted_level &&
        existing->at("logging").at("destinations") == logging_given.at("destinations") &&
        existing->at("tracing") == tracing_of(input);
    if (!same) {
      throw refusal("StateMachineAlreadyExists",
                    fmt::format("State Machine Already Exists: '{}'", arn));
    }
    return Map{{"stateMachineArn", arn},
               {"creationDate", epoch_seconds(existing->int_or("created_at", 0))}};
  }
  check_role(call, role, arn);
  const Value logging = checked_logging(call, logging_given, role);
  const std::int64_t now = call.world.now_ms();
  keep(call, Map{{"name", name},
                 {"arn", arn},
                 {"definition", definition},
                 {"role", role},
                 {"type", type},
                 {"logging", logging},
                 {"tracing", tracing_of(input)},
                 {"tags", Value(checked_tags(tags_in(input.at("tags"), "key", "value")))},
                 {"revision", call.world.fresh_uuid()},
                 {"created_at", now}});
  return Map{{"stateMachineArn", arn}, {"creationDate", epoch_seconds(now)}};
}

Value describe_state_machine(Call& call, const Value& input) {
  const Value machine =
      machine_by_arn(call, input.string_or("stateMachineArn", ""), "states:DescribeStateMachine");
  return Map{{"stateMachineArn", machine.at("arn")},
             {"name", machine.at("name")},
             {"status", "ACTIVE"},
             {"definition", machine.at("definition")},
             {"roleArn", machine.at("role")},
             {"type", machine.at("type")},
             {"creationDate", epoch_seconds(machine.int_or("created_at", 0))},
             {"loggingConfiguration", machine.at("logging")},
             {"tracingConfiguration", machine.at("tracing")},
             {"revisionId", machine.at("revision")}};
}

Value update_state_machine(Call& call, const Value& input) {
  refuse_unknown(input, "UpdateStateMachine");
  const Value before =
      machine_by_arn(call, input.string_or("stateMachineArn", ""), "states:UpdateStateMachine");
  const bool nothing = !input.find("definition") && !input.find("roleArn") &&
                       !input.find("loggingConfiguration") && !input.find("tracingConfiguration");
  if (nothing) {
    throw refusal("MissingRequiredParameter",
                  "Either the definition, the role ARN, the LoggingConfiguration, the "
                  "EncryptionConfiguration or the TracingConfiguration must be specified");
  }
  Value machine = before;
  if (input.find("definition")) {
    const std::string definition = input.string_or("definition", "");
    check_definition(definition);
    machine = with(machine, "definition", definition);
  }
  if (input.find("roleArn")) {
    const std::string role = input.string_or("roleArn", "");
    check_role(call, role, machine.string_or("arn", ""));
    machine = with(machine, "role", role);
  }
  if (input.find("loggingConfiguration")) {
    const Value logging =
        checked_logging(call, input.at("loggingConfiguration"), machine.string_or("role", ""));
    machine = with(machine, "logging", logging);
  }
  if (input.find("tracingConfiguration")) machine = with(machine, "tracing", tracing_of(input));
  if (!(machine == before)) machine = with(machine, "revision", call.world.fresh_uuid());
  keep(call, machine);
  return Map{{"updateDate", epoch_seconds(call.world.now_ms())},
             {"revisionId", machine.at("revision")}};
}

Value delete_state_machine(Call& call, const Value& input) {
  const std::string text = input.string_or("stateMachineArn", "");
  const auto arn = parse_arn(text);
  constexpr std::string_view prefix = "stateMachine:";
  if (!arn || arn->service != "states" || !arn->resource.starts_with(prefix)) {
    throw refusal("InvalidArn", fmt::format("Invalid Arn: '{}'", text));
  }
  call.target = arn->resource.substr(prefix.size());
  authorize(call, "states:DeleteStateMachine", text);
  // Nothing runs, so nothing keeps it; deleting what is not there succeeds.
  call.world.store.erase(call.place(machine_place), call.target);
  return Map{};
}

Value list_state_machines(Call& call, const Value& input) {
  authorize(call, "states:ListStateMachines", "*");
  const auto most =
      static_cast<std::size_t>(std::clamp<std::int64_t>(input.int_or("maxResults", 100), 1, 1000));
  const std::string after = input.string_or("nextToken", "");
  List machines;
  std::string last;
  Map answer;
  for (const auto& [name, machine] : call.world.store.list(call.place(machine_place))) {
    if (!after.empty() && name <= after) continue;
    if (machines.size() == most) {
      answer.set("nextToken", last);
      break;
    }
    machines.push_back(Map{{"stateMachineArn", machine.at("arn")},
                           {"name", machine.at("name")},
                           {"type", machine.at("type")},
                           {"creationDate", epoch_seconds(machine.int_or("created_at", 0))}});
    last = name;
  }
  answer.set("stateMachines", Value(std::move(machines)));
  return Value(std::move(answer));
}

Value validate_definition(Call& call, const Value& input) {
  authorize(call, "states:ValidateStateMachineDefinition", "*");
  List diagnostics;
  for (const auto& one : states::check_definition(input.string_or("definition", ""))) {
    diagnostics.push_back(Map{{"severity", "ERROR"},
                              {"code", one.code},
                              {"message", one.message},
                              {"location", one.location}});
  }
  const bool fine = diagnostics.empty();
  return Map{{"result", fine ? "OK" : "FAIL"},
             {"diagnostics", Value(std::move(diagnostics))},
             {"truncated", false}};
}

Value tag_resource(Call& call, const Value& input) {
  const Value machine =
      machine_by_arn(call, input.string_or("resourceArn", ""), "states:TagResource");
  Map tags = tags_of(machine);
  for (const auto& [key, value] : tags_in(input.at("tags"), "key", "value"))
    tags.set(key, value);
  keep(call, with_tags(machine, checked_tags(std::move(tags))));
  return Map{};
}

Value untag_resource(Call& call, const Value& input) {
  const Value machine =
      machine_by_arn(call, input.string_or("resourceArn", ""), "states:UntagResource");
  Map tags = tags_of(machine);
  if (input.at("tagKeys").is_list()) {
    for (const Value& key : input.at("tagKeys").as_list()) {
      if (key.is_string()) tags.erase(key.as_string());
    }
  }
  keep(call, with_tags(machine, std::move(tags)));
  return Map{};
}

Value list_tags_for_resource(Call& call, const Value& input) {
  const Value machine =
      machine_by_arn(call, input.string_or("resourceArn", ""), "states:ListTagsForResource");
  return Map{{"tags", tag_list(machine.at("tags"), "key", "value")}};
}

Value list_executions(Call& call, const Value& input) {
  (void)machine_by_arn(call, input.string_or("stateMachineArn", ""), "states:ListExecutions");
  return Map{{"executions", List{}}};
}

constexpr std::array operations = {
    JsonOperation{"CreateStateMachine", create_state_machine},
    JsonOperation{"DescribeStateMachine", describe_state_machine},
    JsonOperation{"UpdateStateMachine", update_state_machine},
    JsonOperation{"DeleteStateMachine", delete_state_machine},
    JsonOperation{"ListStateMachines", list_state_machines},
    JsonOperation{"ValidateStateMachineDefinition", validate_definition},
    JsonOperation{"TagResource", tag_resource},
    JsonOperation{"UntagResource", untag_resource},
    JsonOperation{"ListTagsForResource", list_tags_for_resource},
    JsonOperation{"ListExecutions", list_executions},
};

}  // namespace

http::Response answer_states(Call& call) {
  return answer_json(call,
                     {"states", "AWSStepFunctions", "application/x-amz-json-1.0", operations});
}

}  // namespace firn::sandbox::aws
