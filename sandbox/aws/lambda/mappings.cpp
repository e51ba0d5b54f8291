// Triggers: queues whose messages start functions. Functions do not run here, so messages stay.
//
// Source: AWS Lambda API Reference, CreateEventSourceMapping and its kin; Developer Guide, "Using
// Lambda with Amazon SQS".
#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>

#include "core/base/text.h"
#include "core/value/json.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/event_pattern.h"
#include "sandbox/aws/lambda/operations.h"
#include "sandbox/aws/policy/principals.h"
#include "sandbox/aws/sqs/state.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::lambda {
namespace {

constexpr std::size_t mappings_per_page = 100;

Refusal no_mapping() {
  return {404, "ResourceNotFoundException", "The resource you requested does not exist."};
}

bool is_moving(const World& world, const Value& mapping) {
  return world.now_ms() < mapping.int_or("ready_at", 0);
}

bool is_gone(const World& world, const Value& mapping) {
  return mapping.string_or("change", "") == "Deleting" && !is_moving(world, mapping);
}

std::string state_of(const World& world, const Value& mapping) {
  if (is_moving(world, mapping)) return mapping.string_or("change", "");
  return mapping.bool_or("enabled", true) ? "Enabled" : "Disabled";
}

Value shown_mapping(const World& world, const Value& mapping) {
  Map shown{{"UUID", mapping.at("uuid")},
            {"EventSourceMappingArn", mapping.at("arn")},
            {"EventSourceArn", mapping.at("queue")},
            {"FunctionArn", mapping.at("function")},
            {"BatchSize", mapping.at("BatchSize")},
            {"MaximumBatchingWindowInSeconds", mapping.at("MaximumBatchingWindowInSeconds")},
            {"FunctionResponseTypes", mapping.at("FunctionResponseTypes")},
            {"State", state_of(world, mapping)},
            {"StateTransitionReason", "USER_INITIATED"},
            {"LastModified", epoch_seconds(mapping.int_or("modified_at", 0))}};
  for (const char* member : {"FilterCriteria", "ScalingConfig"}) {
    if (const Value* given = mapping.find(member)) shown.set(member, *given);
  }
  return Value(std::move(shown));
}

// --- what is checked

const Value& queue_for(const World& world, const std::string& arn) {
  const auto id = sqs::queue_in_arn(arn);
  const Value* queue = id ? sqs::find_queue(world, *id) : nullptr;
  if (!queue) {
    throw invalid_value(
        "Error occurred while ReceiveMessage. SQS Error Code: "
        "AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not "
        "exist for this wsdl version.");
  }
  return *queue;
}

void check_rights(const World& world, const Value& function, const Value& queue) {
  const StoredPolicy policy = unpack(queue.at("policy"));
  const std::string arn = queue.string_or("arn", "");
  for (const char* action : {"ReceiveMessage", "DeleteMessage", "GetQueueAttributes"}) {
    Access access;
    access.action = fmt::format("sqs:{}", action);
    access.resource = arn;
    access.owner = parse_arn(arn)->account;
    access.resource_policy = &policy;
    if (role_may(world, function.string_or("Role", ""), std::move(access)).allowed) continue;
    throw invalid_value(fmt::format(
        "The provided execution role does not have permissions to call {} on SQS", action));
  }
}

void check_timeouts(const Value& function, const Value& queue) {
  const std::int64_t visible = sqs::number_attribute(queue, "VisibilityTimeout");
  const std::int64_t timeout = function.int_or("Timeout", 3);
  if (visible >= timeout) return;
  throw invalid_value(
      fmt::format("Queue visibility timeout: {} seconds is less than Function timeout: {} seconds",
                  visible, timeout));
}

void check_batches(const Map& mapping) {
  const Value given(mapping);
  const std::int64_t size = given.int_or("BatchSize", 10);
  const std::int64_t window = given.int_or("MaximumBatchingWindowInSeconds", 0);
  const bool fifo = given.string_or("queue", "").ends_with(".fifo");
  if (fifo && window > 0) {
    throw invalid_value("Batching window is not supported for FIFO queues");
  }
  if (fifo && size > 10) {
    throw invalid_value("Batch size must be less than or equal to 10 for FIFO queues.");
  }
  if (size > 10 && window == 0) {
    throw invalid_value(
        "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater "
        "than 10");
  }
}

void put_filters(Map& mapping, const Value& criteria) {
  const Value& filters = criteria.at("Filters");
  if (!filters.is_list() || filters.as_list().empty()) {
    mapping.erase("FilterCriteria");
    return;
  }
  if (filters.as_list().size() > 10) throw invalid_value("Too many filters: the maximum is 10.");
  for (const Value& filter : filters.as_list()) {
    const auto pattern = parse_json(filter.string_or("Pattern", ""));
    if (!pattern || pattern_problem(*pattern, true)) {
      throw invalid_value("Invalid filter pattern definition.");
    }
  }
  mapping.set("FilterCriteria", criteria);
}

void put_scaling(Map& mapping, const Value& scaling) {
  if (!scaling.find("MaximumConcurrency")) {
    mapping.erase("ScalingConfig");
    return;
  }
  Map kept;
  put_number(kept, scaling, "MaximumConcurrency", "scalingConfig.maximumConcurrency", 2, 1000);
  mapping.set("ScalingConfig", Value(std::move(kept)));
}

void put_responses(Map& mapping, const Value& responses) {
  for (const Value& response : responses.is_list() ? responses.as_list() : List()) {
    if (response == Value("ReportBatchItemFailures")) continue;
    throw invalid_value("FunctionResponseTypes must be ReportBatchItemFailures.");
  }
  mapping.set("FunctionResponseTypes", responses);
}

// The function that is named, by name or ARN.
Function target_of(Call& call, const std::string& name) {
  const auto id = function_id(name, call.account, call.region);
  const Value* found = id ? find_function(call.world, *id) : nullptr;
  if (!found) {
    throw Refusal{404, "ResourceNotFoundException",
                  fmt::format("Function not found: {}", id ? function_arn(*id) : name)};
  }
  return {*id, *found};
}

// Everything that a create and an update have in common.
void put_settings(Call& call, Map& mapping, const Value& input) {
  put_number(mapping, input, "BatchSize", "batchSize", 1, 10000);
  put_number(mapping, input, "MaximumBatchingWindowInSeconds", "maximumBatchingWindowInSeconds", 0,
             300);
  if (input.find("Enabled")) mapping.set("enabled", input.bool_or("Enabled", true));
  if (input.find("FilterCriteria")) put_filters(mapping, input.at("FilterCriteria"));
  if (input.find("ScalingConfig")) put_scaling(mapping, input.at("ScalingConfig"));
  if (input.find("FunctionResponseTypes")) {
    put_responses(mapping, input.at("FunctionResponseTypes"));
  }
  check_batches(mapping);
  const Function function = target_of(call, mapping.find("function")->as_string());
  const Value& queue = queue_for(call.world, mapping.find("queue")->as_string());
  check_rights(call.world, function.document, queue);
  check_timeouts(function.document, queue);
}

void start(const World& world, Map& mapping, const char* change) {
  const auto delay =
      std::chrono::duration_cast<std::chrono::milliseconds>(world.options.lambda_delay).count();
  mapping.set("change", change);
  mapping.set("ready_at", world.now_ms() + delay);
  mapping.set("modified_at", world.now_ms());
}

void keep(Call& call, Value mapping) {
  const std::string uuid = mapping.string_or("uuid", "");
  call.world.store.put(call.place("lambda/mapping"), uuid, std::move(mapping));
}

// The mapping of the path, with the caller's right to do `action` checked.
Value mapping_for(Call& call, const std::string& uuid, const char* action) {
  call.target = uuid;
  authorize(call, action, call.arn("lambda", "event-source-mapping:" + uuid));
  const Value* found = find_mapping(call.world, call.account, call.region, uuid);
  if (!found) throw no_mapping();
  return *found;
}

void check_still(const World& world, const Value& mapping, const char* what) {
  if (!is_moving(world, mapping)) return;
  throw Refusal{400, "ResourceInUseException",
                fmt::format("Cannot {} the event source mapping because it is in use.", what)};
}

}  // namespace

const Value* find_mapping(const World& world, const std::string& account, const std::string& region,
                          const std::string& uuid) {
  const Value* found = world.store.get(collection(account, region, "lambda/mapping"), uuid);
  return found && !is_gone(world, *found) ? found : nullptr;
}

RestOutput create_mapping(Call& call, const RestInput& input) {
  const Value& body = input.body;
  check_members(
      body,
      {"EventSourceArn", "FunctionName", "Enabled", "BatchSize", "FilterCriteria",
       "MaximumBatchingWindowInSeconds", "FunctionResponseTypes", "ScalingConfig", "Tags"},
      "CreateEventSourceMapping");
  const std::string source = body.string_or("EventSourceArn", "");
  authorize(call, "lambda:CreateEventSourceMapping", "*");
  const auto arn = parse_arn(source);
  if (!arn) throw invalid_value(fmt::format("Unrecognized event source: {}", source));
  if (arn->service != "sqs") {
    throw unknown_member("lambda", "CreateEventSourceMapping", "EventSourceArn of " + arn->service);
  }
  const Function function = target_of(call, body.string_or("FunctionName", ""));
  const std::string target = function_arn(function.id);
  for (const auto& [uuid, other] : call.world.store.list(call.place("lambda/mapping"))) {
    if (is_gone(call.world, other) || other.string_or("queue", "") != source ||
        other.string_or("function", "") != target) {
      continue;
    }
    throw Refusal{409, "ResourceConflictException",
                  fmt::format("An event source mapping with SQS arn (\" {} \") and function (\" {} "
                              "\") already exists. Please update or delete the existing mapping "
                              "with UUID {}",
                              source, function.id.name, uuid)};
  }
  const std::string uuid = call.world.fresh_uuid();
  call.target = uuid;
  Map mapping{{"uuid", uuid},
              {"arn", call.arn("lambda", "event-source-mapping:" + uuid)},
              {"queue", source},
              {"function", target},
              {"BatchSize", 10},
              {"MaximumBatchingWindowInSeconds", 0},
              {"FunctionResponseTypes", List()},
              {"enabled", true},
              {"tags", Value(checked_tags(string_map(body.at("Tags"))))}};
  put_settings(call, mapping, body);
  start(call.world, mapping, "Creating");
  const Value document(std::move(mapping));
  keep(call, document);
  return {202, shown_mapping(call.world, document)};
}

RestOutput get_mapping(Call& call, const RestInput& input) {
  const Value mapping = mapping_for(call, input.path[0], "lambda:GetEventSourceMapping");
  return {200, shown_mapping(call.world, mapping)};
}

RestOutput update_mapping(Call& call, const RestInput& input) {
  check_members(input.body,
                {"UUID", "FunctionName", "Enabled", "BatchSize", "FilterCriteria",
                 "MaximumBatchingWindowInSeconds", "FunctionResponseTypes", "ScalingConfig"},
                "UpdateEventSourceMapping");
  const Value before = mapping_for(call, input.path[0], "lambda:UpdateEventSourceMapping");
  check_still(call.world, before, "update");
  Map mapping = before.as_map();
  if (input.body.find("FunctionName")) {
    mapping.set("function",
                function_arn(target_of(call, input.body.string_or("FunctionName", "")).id));
  }
  const bool was_on = before.bool_or("enabled", true);
  const bool goes_off = was_on && !input.body.bool_or("Enabled", was_on);
  if (goes_off && input.body.as_map().size() == 1) {
    mapping.set("enabled", false);  // nothing else is looked at, so that it always works
  } else {
    put_settings(call, mapping, input.body);
  }
  const bool is_on = Value(mapping).bool_or("enabled", true);
  start(call.world, mapping, was_on == is_on ? "Updating" : is_on ? "Enabling" : "Disabling");
  const Value document(std::move(mapping));
  keep(call, document);
  return {202, shown_mapping(call.world, document)};
}

RestOutput delete_mapping(Call& call, const RestInput& input) {
  const Value before = mapping_for(call, input.path[0], "lambda:DeleteEventSourceMapping");
  check_still(call.world, before, "delete");
  Map mapping = before.as_map();
  start(call.world, mapping, "Deleting");
  mapping.set("deleted_at", call.world.now_ms());
  const Value document(std::move(mapping));
  keep(call, document);
  return {202, shown_mapping(call.world, document)};
}

RestOutput list_mappings(Call& call, const RestInput& input) {
  authorize(call, "lambda:ListEventSourceMappings", "*");
  const std::string source = input.parameter("EventSourceArn");
  const std::string name = input.parameter("FunctionName");
  std::string function;
  if (!name.empty()) function = function_arn(target_of(call, name).id);
  const std::string after = input.parameter("Marker");
  List shown;
  Map answer;
  std::string last;
  for (const auto& [uuid, mapping] : call.world.store.list(call.place("lambda/mapping"))) {
    const bool fits = !is_gone(call.world, mapping) &&
                      (source.empty() || mapping.string_or("queue", "") == source) &&
                      (function.empty() || mapping.string_or("function", "") == function) &&
                      (after.empty() || uuid > after);
    if (!fits) continue;
    if (shown.size() == mappings_per_page) {
      answer.set("NextMarker", last);
      break;
    }
    shown.push_back(shown_mapping(call.world, mapping));
    last = uuid;
  }
  answer.set("EventSourceMappings", Value(std::move(shown)));
  return {200, Value(std::move(answer))};
}

}  // namespace firn::sandbox::aws::lambda
