// From a bus to the targets of its rules.
//
// Source: Amazon EventBridge User Guide, "Using resource-based policies", "Input transformation",
// "Dead-letter queues".
#include <algorithm>
#include <fmt/format.h>

#include "core/base/text.h"
#include "core/value/json.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/events/bus.h"
#include "sandbox/aws/events/operations.h"
#include "sandbox/aws/events/pattern.h"
#include "sandbox/aws/lambda/state.h"
#include "sandbox/aws/policy/principals.h"
#include "sandbox/aws/sns/state.h"
#include "sandbox/aws/sqs/state.h"

namespace firn::sandbox::aws::events {
namespace {

Value shown(World& world, const std::string& account, const std::string& region, const Event& event,
            const std::string& id) {
  List resources(event.resources.begin(), event.resources.end());
  return Map{{"version", "0"},
             {"id", id},
             {"detail-type", event.detail_type},
             {"source", event.source},
             {"account", account},
             {"time", iso(event.time_ms == 0 ? world.now_ms() : event.time_ms)},
             {"region", region},
             {"resources", Value(std::move(resources))},
             {"detail", event.detail}};
}

// "$.detail.state" of an event; a null that was not found is left out by who asks.
const Value* at_path(const Value& event, const std::string& path) {
  if (path == "$") return &event;
  if (!path.starts_with("$.")) return nullptr;
  const Value* value = &event;
  for (const std::string& name : split(path.substr(2), '.')) {
    value = value->find(name);
    if (!value) return nullptr;
  }
  return value;
}

// The value of a placeholder. Texts stand as they are between quotation marks of the template, and
// within their own elsewhere; everything else stands as JSON.
std::string filled_in(const Value& value, bool is_quoted) {
  if (!value.is_string()) return to_json(value);
  const std::string text = to_json(value);
  return is_quoted ? text.substr(1, text.size() - 2) : text;
}

std::string transformed(const Value& transformer, const Value& rule, const Value& event) {
  const std::string text = transformer.string_or("InputTemplate", "");
  std::string result;
  bool is_quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"' && (i == 0 || text[i - 1] != '\\')) is_quoted = !is_quoted;
    const auto end = text[i] == '<' ? text.find('>', i) : std::string::npos;
    if (end == std::string::npos) {
      result += text[i];
      continue;
    }
    const std::string name = text.substr(i + 1, end - i - 1);
    i = end;
    if (name == "aws.events.rule-arn") {
      result += filled_in(rule.at("arn"), is_quoted);
    } else if (name == "aws.events.rule-name") {
      result += filled_in(rule.at("name"), is_quoted);
    } else if (name == "aws.events.event.json" || name == "aws.events.event") {
      result += to_json(event);
    } else {
      const Value* value = at_path(event, transformer.at("InputPathsMap").string_or(name, ""));
      if (value) result += filled_in(*value, is_quoted);
    }
  }
  return result;
}

std::string payload(const Value& target, const Value& rule, const Value& event) {
  if (target.find("Input")) return target.string_or("Input", "");
  if (target.at("InputTransformer").is_map()) {
    return transformed(target.at("InputTransformer"), rule, event);
  }
  const Value* part = at_path(event, target.string_or("InputPath", "$"));
  return part ? to_json(*part) : "{}";
}

Context source_of(const Value& rule, const std::string& account) {
  Context context;
  context.set("aws:SourceArn", rule.string_or("arn", ""));
  context.set("aws:SourceAccount", account);
  return context;
}

Principal events_principal() {
  Principal principal;
  principal.kind = Principal::Kind::service;
  principal.service = std::string(service_principal);
  return principal;
}

bool send_to_queue(World& world, const std::string& arn, const std::string& role,
                   const Context& context, const std::string& group, const std::string& message) {
  const auto id = sqs::queue_in_arn(arn);
  const Value* queue = id ? sqs::find_queue(world, *id) : nullptr;
  if (!queue) return false;
  if (role.empty()) {
    if (!sqs::service_may_send(world, *queue, std::string(service_principal), context).allowed) {
      return false;
    }
  } else {
    const StoredPolicy policy = unpack(queue->at("policy"));
    Access access;
    access.action = "sqs:SendMessage";
    access.resource = arn;
    access.owner = id->account;
    if (queue->find("policy")) access.resource_policy = &policy;
    if (!role_may(world, role, std::move(access)).allowed) return false;
  }
  const std::int64_t delay = sqs::number_attribute(*queue, "DelaySeconds");
  sqs::enqueue(world, *id, message, delay, group);
  return true;
}

// EventBridge brings no condition keys along when it publishes to a topic: a statement with a
// condition lets nothing through.
bool send_to_topic(World& world, const std::string& arn, const std::string& role,
                   const std::string& message) {
  const auto id = sns::topic_in_arn(arn);
  const Value* found = id ? sns::find_topic(world, *id) : nullptr;
  if (!found) return false;
  const Value topic = *found;
  if (role.empty()) {
    if (!sns::may(world, topic, events_principal(), "sns:Publish", {}).allowed) return false;
  } else {
    const StoredPolicy policy = sns::policy_of(topic);
    Access access;
    access.action = "sns:Publish";
    access.resource = arn;
    access.owner = id->account;
    access.resource_policy = &policy;
    if (!role_may(world, role, std::move(access)).allowed) return false;
  }
  sns::publish(world, *id, topic, "", message);
  return true;
}

bool deliver(World& world, const Value& rule, const Value& target, const std::string& account,
             const std::string& message) {
  const std::string text = target.string_or("Arn", "");
  const std::string role = target.string_or("RoleArn", "");
  const auto arn = parse_arn(text);
  const Context context = source_of(rule, account);
  if (arn->service == "sqs") {
    const std::string group = target.at("SqsParameters").string_or("MessageGroupId", "");
    return send_to_queue(world, text, role, context, group, message);
  }
  if (arn->service == "sns") return send_to_topic(world, text, role, message);
  if (arn->service == "lambda" && role.empty()) {
    return lambda::service_may_invoke(world, text, std::string(service_principal), context);
  }
  Access access;
  access.action = arn->service == "lambda" ? "lambda:InvokeFunction" : "states:StartExecution";
  access.resource = text;
  return role_may(world, role, std::move(access)).allowed;
}

}  // namespace

std::string emit(World& world, const std::string& account, const std::string& region, Event event,
                 const std::string& bus) {
  const std::string id = world.fresh_uuid();
  const Value whole = shown(world, account, region, event, id);
  for (const auto& [key, rule] : world.store.list(collection(account, region, rule_place))) {
    if (rule.string_or("bus", "") != bus || rule.string_or("state", "") != "ENABLED") continue;
    const auto pattern = parse_json(rule.string_or("EventPattern", ""));
    if (!pattern || !fits(*pattern, whole)) continue;
    for (const auto& [target_id, target] : rule.at("targets").as_map()) {
      const std::string message = payload(target, rule, whole);
      if (deliver(world, rule, target, account, message)) continue;
      const std::string letters = target.at("DeadLetterConfig").string_or("Arn", "");
      if (letters.empty()) continue;
      send_to_queue(world, letters, {}, source_of(rule, account), {}, message);
    }
  }
  return id;
}

}  // namespace firn::sandbox::aws::events
