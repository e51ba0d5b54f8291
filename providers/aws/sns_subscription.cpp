// aws.sns_subscription: where the messages of a topic go.
//
// Source of facts: Amazon SNS API Reference (Subscribe, SetSubscriptionAttributes,
// GetSubscriptionAttributes, Unsubscribe) and Developer Guide, "Amazon SNS subscription filter
// policies" and "Amazon SNS dead-letter queues".
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

#include "core/base/text.h"
#include "core/value/json.h"
#include "providers/aws/calls.h"
#include "providers/aws/resource_tags.h"
#include "providers/aws/types.h"

namespace firn::aws {
namespace {

constexpr std::array<std::string_view, 7> protocols{"email",  "email-json", "http", "https",
                                                    "lambda", "sms",        "sqs"};
constexpr std::array<std::string_view, 2> scopes{"MessageAttributes", "MessageBody"};

constexpr std::array attributes{
    Attribute{.name = "arn",
              .doc = "The ARN of the subscription; it ends in an id that SNS chooses.",
              .computed = true},
    Attribute{.name = "confirmed",
              .kind = AttributeKind::boolean,
              .doc = "Whether the endpoint gets messages; false until somebody follows the link "
                     "that SNS sent to an e-mail address or a web address.",
              .computed = true},
    Attribute{.name = "dead_letter_queue",
              .doc = "The SQS queue that takes messages which SNS cannot deliver, by ARN; its "
                     "policy must let the topic send (`senders:`).",
              .takes = "arn",
              .example = "${dead_letters}"},
    Attribute{.name = "endpoint",
              .doc = "Where to: the ARN of a queue or function, an e-mail address, a URL, a "
                     "telephone number.",
              .required = true,
              .permitted_by = "aws.lambda_permission",
              .on_change = OnChange::replace,
              .takes = "arn",
              .example = "${work}"},
    Attribute{.name = "filter_policy",
              .kind = AttributeKind::any,
              .doc = "Only messages that fit this policy are sent. A change takes up to 15 "
                     "minutes to be felt.",
              .example = "{ kind: [order, { prefix: re } ] }"},
    Attribute{.name = "filter_policy_scope",
              .doc = "Whether filter_policy is about a message's attributes or about its body.",
              .default_json = "\"MessageAttributes\"",
              .example = "MessageBody",
              .allowed = scopes},
    Attribute{.name = "protocol",
              .doc = "How it gets there.",
              .required = true,
              .on_change = OnChange::replace,
              .example = "sqs",
              .allowed = protocols},
    Attribute{
        .name = "raw_delivery",
        .kind = AttributeKind::boolean,
        .doc = "Whether a queue or a URL gets the bare message, not SNS's envelope around it.",
        .default_json = "false"},
    Attribute{.name = "topic",
              .doc = "The topic, by ARN.",
              .required = true,
              .on_change = OnChange::replace,
              .on_target_replaced = OnTargetReplaced::replace,
              .takes = "arn",
              .example = "${alerts}"},
};

// --- pure

bool is_arn_of(const std::string& text, std::string_view service) {
  const std::vector<std::string> parts = split(text, ':');
  return parts.size() >= 6 && parts[0] == "arn" && parts[2] == service;
}

// What an endpoint of this protocol looks like; "" when `endpoint` does.
std::string expected_endpoint(const std::string& protocol, const std::string& endpoint) {
  if (protocol == "sqs" || protocol == "lambda") {
    if (is_arn_of(endpoint, protocol)) return {};
    return protocol == "sqs" ? "the ARN of a queue" : "the ARN of a function";
  }
  if (protocol == "http" || protocol == "https") {
    const std::string begin = protocol + "://";
    return endpoint.starts_with(begin) ? std::string() : "a URL that begins with " + begin;
  }
  if (protocol.starts_with("email")) {
    return endpoint.find('@') != std::string::npos ? std::string()
                                                   : std::string("an e-mail address");
  }
  return {};
}

void check_endpoint(const Value& inputs, std::vector<Problem>& problems) {
  const Value& protocol = inputs.at("protocol");
  const Value& endpoint = inputs.at("endpoint");
  if (!protocol.is_string()) return;
  const bool can_be_raw = protocol.as_string() == "sqs" || protocol.as_string().starts_with("http");
  if (inputs.bool_or("raw_delivery", false) && !can_be_raw) {
    problems.push_back({"raw_delivery", fmt::format("{} has no raw delivery", protocol.as_string()),
                        "SNS delivers raw to sqs, http and https", "leave raw_delivery out"});
  }
  if (!endpoint.is_string()) return;
  const std::string expected = expected_endpoint(protocol.as_string(), endpoint.as_string());
  if (!expected.empty()) {
    problems.push_back(
        {"endpoint",
         fmt::format("\"{}\" is no endpoint for {}", endpoint.as_string(), protocol.as_string()),
         fmt::format("{} takes {}", protocol.as_string(), expected),
         "mend the endpoint or the protocol"});
  }
  const Value& topic = inputs.at("topic");
  if (topic.is_string() && endpoint.as_string().ends_with(".fifo") &&
      !topic.as_string().ends_with(".fifo")) {
    problems.push_back({"endpoint", "a FIFO queue cannot be subscribed to a standard topic", "",
                        "use a FIFO topic, or a standard queue"});
  }
}

void check_filter(const Value& inputs, std::vector<Problem>& problems) {
  const Value& filter = inputs.at("filter_policy");
  if (filter.is_null() || filter.is_unknown()) return;
  if (!filter.is_map()) {
    problems.push_back(
        {"filter_policy", "a filter policy is a map", "", "write for example { kind: [order] }"});
    return;
  }
  const bool is_about_body = inputs.string_or("filter_policy_scope", "") == "MessageBody";
  for (const auto& [key, condition] : filter.as_map()) {
    if (condition.is_unknown() || condition.is_list() || key == "$or") continue;
    if (condition.is_map() && is_about_body) continue;
    problems.push_back(
        {"filter_policy." + key,
         condition.is_map() ? fmt::format("\"{}\" is nested, and attributes are not", key)
                            : fmt::format("\"{}\" needs a list of what is taken", key),
         "a policy about attributes names each with a list; only one about the body may be nested",
         condition.is_map() ? "add `filter_policy_scope: MessageBody`, or write a list"
                            : "write it in brackets"});
  }
}

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  check_endpoint(inputs, problems);
  check_filter(inputs, problems);
}

// A topic has one subscription for an endpoint.
void validate_together(std::span<const Peer> peers, std::vector<PeerProblem>& problems) {
  for (std::size_t i = 0; i < peers.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      const bool is_same = std::ranges::all_of(
          std::array<std::string_view, 3>{"topic", "protocol", "endpoint"},
          [&](std::string_view name) {
            const Value& here = peers[i].inputs->at(name);
            return !here.contains_unknown() && here == peers[k].inputs->at(name);
          });
      if (!is_same) continue;
      Problem problem;
      problem.path = "endpoint";
      problem.summary = fmt::format("\"{}\" subscribes this endpoint already", peers[k].address);
      problem.detail = "SNS keeps one subscription of an endpoint to a topic";
      problem.remedy = "remove one of the two";
      problems.push_back({i, std::move(problem)});
      break;
    }
  }
}

// An empty filter policy is none.
Value normalize(const Value& inputs) {
  if (!inputs.is_map()) return inputs;
  Map normal = inputs.as_map();
  const Value* filter = normal.find("filter_policy");
  if (filter != nullptr && filter->is_map() && filter->as_map().empty()) {
    normal.erase("filter_policy");
  }
  return Value(std::move(normal));
}

// --- the wire

std::string filter_text(const Value& inputs) {
  const Value& filter = inputs.at("filter_policy");
  return filter.is_map() ? to_json(filter) : std::string("{}");
}

std::string redrive_text(const Value& inputs) {
  const std::string queue = clear_text(inputs.at("dead_letter_queue"));
  if (queue.empty()) return {};
  Map redrive;
  redrive.set("deadLetterTargetArn", queue);
  return to_json(Value(std::move(redrive)));
}

std::string arn_of(const ResourceRecord& record) {
  return record.outputs.string_or("arn", "");
}

// What the endpoint is in clear; a URL with a key in it may be a secret.
std::string endpoint_of(const Value& inputs) {
  return clear_text(inputs.at("endpoint"));
}

Value parsed(const std::string& text) {
  const Result<Value> value = parse_json(text);
  if (!value || !value->is_map() || value->as_map().empty()) return {};
  return *value;
}

Map inputs_from(const Value& shown, const ResourceRecord& record) {
  Map inputs;
  inputs.set("topic", text_at(shown, "TopicArn"));
  inputs.set("protocol", text_at(shown, "Protocol"));
  const Value& recorded = record.inputs.at("endpoint");
  inputs.set("endpoint", recorded.is_secret() ? recorded : Value(text_at(shown, "Endpoint")));
  inputs.set("raw_delivery", flag_at(shown, "RawMessageDelivery"));
  inputs.set("filter_policy", parsed(text_at(shown, "FilterPolicy")));
  const std::string scope = text_at(shown, "FilterPolicyScope");
  inputs.set("filter_policy_scope", scope.empty() ? std::string("MessageAttributes") : scope);
  const Value redrive = parsed(text_at(shown, "RedrivePolicy"));
  inputs.set("dead_letter_queue", redrive.at("deadLetterTargetArn"));
  return inputs;
}

// --- calls

Task<Result<Observation>> read_arn(Client& client, ResourceRecord record, std::string arn) {
  Map input;
  input.set("SubscriptionArn", arn);
  Call call = reading(service::sns, "GetSubscriptionAttributes", std::move(input), record);
  call.tolerated = missing_codes();
  const Result<Reply> reply = co_await client.call(std::move(call));
  if (!reply) co_return fail(reply.error());
  if (reply->is_tolerated_error()) co_return absent();
  const Value& shown = reply->at("Attributes");
  Observation observation;
  observation.exists = true;
  observation.inputs = inputs_from(shown, record);
  observation.outputs.set("arn", arn);
  observation.outputs.set("confirmed", !flag_at(shown, "PendingConfirmation"));
  observation.owner = record.address;  // there is nothing to carry a mark
  co_return observation;
}

// The ARN of the subscription of this protocol and endpoint, "" when there is none. Lists do not
// tell it while it waits for its confirmation.
Task<Result<std::string>> find_arn(Client& client, ResourceRecord record, Value inputs) {
  std::string next;
  do {
    Map input;
    input.set("TopicArn", inputs.at("topic"));
    if (!next.empty()) input.set("NextToken", next);
    Call call = reading(service::sns, "ListSubscriptionsByTopic", std::move(input), record);
    call.tolerated = missing_codes();
    const Result<Reply> page = co_await client.call(std::move(call));
    if (!page) co_return fail(page.error());
    if (page->is_tolerated_error()) co_return std::string();
    for (const Value& one : page->list("Subscriptions")) {
      const std::string arn = text_at(one, "SubscriptionArn");
      if (text_at(one, "Protocol") == inputs.string_or("protocol", "") &&
          text_at(one, "Endpoint") == endpoint_of(inputs) && arn.starts_with("arn:")) {
        co_return arn;
      }
    }
    next = page->text("NextToken");
  } while (!next.empty());
  co_return std::string();
}

Task<Result<Observation>> find(Client& client, ResourceRecord record, Value inputs) {
  ResourceRecord copy = record;
  Result<std::string> arn = co_await find_arn(client, std::move(copy), std::move(inputs));
  if (!arn) co_return fail(arn.error());
  if (arn->empty()) co_return absent();
  Result<Observation> seen = co_await read_arn(client, std::move(record), std::move(*arn));
  co_return seen;
}

Task<Result<Observation>> read(Client& client, ResourceRecord record) {
  std::string arn = arn_of(record);
  if (arn.empty()) {
    Value inputs = record.inputs;
    Result<Observation> found = co_await find(client, std::move(record), std::move(inputs));
    co_return found;
  }
  Result<Observation> seen = co_await read_arn(client, std::move(record), std::move(arn));
  co_return seen;
}

Task<Result<Observation>> find_after_crash(Client& client, Operation& operation) {
  ResourceRecord record = operation.prior;
  Value inputs = operation.desired.is_null() ? record.inputs : operation.desired;
  Result<Observation> found = co_await find(client, std::move(record), std::move(inputs));
  co_return found;
}

// The attributes to set, in an order in which SNS takes them: a nested policy needs the scope of
// the body to be there before it, and must be gone before the other scope comes. So there is no
// moment without a filter.
std::vector<std::pair<std::string_view, std::string>> wanted_attributes(const Operation& operation,
                                                                        const Value& desired) {
  std::vector<std::pair<std::string_view, std::string>> wanted;
  if (is_changed(operation, "raw_delivery")) {
    wanted.emplace_back("RawMessageDelivery",
                        desired.bool_or("raw_delivery", false) ? "true" : "false");
  }
  if (is_changed(operation, "dead_letter_queue")) {
    wanted.emplace_back("RedrivePolicy", redrive_text(desired));
  }
  const std::string scope = desired.string_or("filter_policy_scope", "MessageAttributes");
  const bool sets_scope = is_changed(operation, "filter_policy_scope");
  if (sets_scope && scope == "MessageBody") wanted.emplace_back("FilterPolicyScope", scope);
  if (is_changed(operation, "filter_policy")) {
    wanted.emplace_back("FilterPolicy", filter_text(desired));
  }
  if (sets_scope && scope != "MessageBody") wanted.emplace_back("FilterPolicyScope", scope);
  return wanted;
}

Task<Result<Applied>> update(Client& client, Operation& operation) {
  const Value desired = normalize(operation.desired);
  const std::string arn = arn_of(operation.prior);
  for (auto& [name, value] : wanted_attributes(operation, desired)) {
    Map input;
    input.set("SubscriptionArn", arn);
    input.set("AttributeName", name);
    input.set("AttributeValue", std::move(value));
    Call call = changing(service::sns, "SetSubscriptionAttributes", std::move(input), operation);
    const Result<Reply> set = co_await client.call(std::move(call));
    if (!set) co_return fail(set.error());
  }
  Applied applied;
  applied.outputs.set("arn", arn);
  applied.outputs.set("confirmed", operation.prior.outputs.bool_or("confirmed", false));
  co_return applied;
}

Map subscribe_input(const Value& desired) {
  Map with;
  if (desired.bool_or("raw_delivery", false)) with.set("RawMessageDelivery", "true");
  if (desired.at("filter_policy").is_map()) with.set("FilterPolicy", filter_text(desired));
  const Value& scope = desired.at("filter_policy_scope");
  if (scope.is_string()) with.set("FilterPolicyScope", scope);
  std::string redrive = redrive_text(desired);
  if (!redrive.empty()) with.set("RedrivePolicy", std::move(redrive));
  Map input;
  input.set("TopicArn", desired.at("topic"));
  input.set("Protocol", desired.at("protocol"));
  input.set("Endpoint", endpoint_of(desired));
  // Otherwise SNS says "pending confirmation" in place of the ARN.
  input.set("ReturnSubscriptionArn", "true");
  if (!with.empty()) input.set("Attributes", std::move(with));
  return input;
}

Error exists_otherwise(const Operation& operation, const Error& refusal) {
  Error error = refusal;
  error.kind = ErrorKind::conflict;
  error.summary = "the topic has another subscription of this endpoint already";
  error.detail = "it waits for its confirmation, and until then SNS does not tell which it is";
  error.remedy =
      "confirm it, or wait until SNS has forgotten it after three days; then run the command again";
  error.address = operation.prior.address;
  return error;
}

// A topic has one subscription of an endpoint, so the one that is there is the one that is meant.
Task<Result<Applied>> take_over(Client& client, Operation& operation, Error refusal) {
  ResourceRecord record = operation.prior;
  Value inputs = operation.desired;
  const Result<Observation> found = co_await find(client, std::move(record), std::move(inputs));
  if (!found) co_return fail(found.error());
  if (!found->exists) {
    Error error = exists_otherwise(operation, refusal);
    co_return Failure(std::move(error));
  }
  const Status recorded = co_await note_identity(operation, found->outputs);
  if (!recorded) co_return fail(recorded.error());
  Operation again = update_of_found(operation, *found);
  Result<Applied> updated = co_await update(client, again);
  co_return updated;
}

Task<Result<Applied>> create(Client& client, Operation& operation) {
  const Value desired = normalize(operation.desired);
  Map input = subscribe_input(desired);
  Call call = changing(service::sns, "Subscribe", std::move(input), operation);
  const Result<Reply> subscribed = co_await client.call(std::move(call));
  if (!subscribed) {
    const Error& refusal = subscribed.error();
    if (refusal.detail.find("already exists with different attributes") == std::string::npos) {
      co_return fail(refusal);
    }
    Error copy = refusal;
    Result<Applied> taken = co_await take_over(client, operation, std::move(copy));
    co_return taken;
  }
  Applied applied;
  const std::string arn = subscribed->text("SubscriptionArn");
  applied.outputs.set("arn", arn);
  applied.outputs.set("confirmed", false);
  const Status recorded = co_await note_identity(operation, applied.outputs);
  if (!recorded) co_return fail(recorded.error());
  ResourceRecord record = operation.prior;
  const Result<Observation> seen = co_await read_arn(client, std::move(record), arn);
  if (!seen) co_return fail(seen.error());
  const Value outputs(seen->outputs);
  const bool is_confirmed = outputs.bool_or("confirmed", false);
  applied.outputs.set("confirmed", is_confirmed);
  if (!is_confirmed && operation.report) {
    operation.report("SNS asked the endpoint to confirm; until then it gets nothing");
  }
  co_return applied;
}

// A subscription that nobody confirmed cannot be removed; SNS forgets it after three days.
bool is_still_pending(const Error& error) {
  return error.code == "InvalidParameter" &&
         error.detail.find("pending confirmation") != std::string::npos;
}

Task<Result<Removed>> remove(Client& client, Operation& operation) {
  std::string arn = arn_of(operation.prior);
  if (arn.empty()) {
    ResourceRecord record = operation.prior;
    Value inputs = record.inputs;
    const Result<std::string> found =
        co_await find_arn(client, std::move(record), std::move(inputs));
    if (!found) co_return fail(found.error());
    arn = *found;
  }
  if (arn.empty()) co_return Removed{};
  Map input;
  input.set("SubscriptionArn", arn);
  Call call = changing(service::sns, "Unsubscribe", std::move(input), operation);
  call.tolerated = missing_codes();
  const Result<Reply> gone = co_await client.call(std::move(call));
  if (!gone && !is_still_pending(gone.error())) co_return fail(gone.error());
  if (!gone && operation.report) {
    operation.report("nobody confirmed it; SNS forgets it within three days");
  }
  co_return Removed{};
}

constexpr std::array<std::string_view, 3> import_inputs{"endpoint", "protocol", "topic"};

const ResourceType type{
    .name = "aws.sns_subscription",
    .summary = "A subscription of a queue, a function, a mailbox or a URL to an SNS topic.",
    .doc =
        "Queues and functions of the same account get messages at once. SNS asks a mailbox or a "
        "URL to confirm first: firn does not wait for that, and the output `confirmed` says "
        "whether it has happened. What nobody confirms within three days SNS forgets, and the "
        "next apply asks again.\n\n"
        "The queue must let the topic send (`senders:`), and the function needs an "
        "`aws.lambda_permission` for sns.amazonaws.com, for which the subscription waits by "
        "itself. SNS looks at neither before it delivers.\n\n"
        "A subscription carries no marks, and a topic has one of each endpoint: one that is there "
        "already is taken over.",
    .example =
        "  type: aws.sns_subscription\n"
        "  topic: ${alerts}\n"
        "  protocol: email\n"
        "  endpoint: data-team@example.com\n",
    .attributes = attributes,
    .import_by = import_inputs,
    .validate = validate,
    .validate_together = validate_together,
    .normalize = normalize,
};

}  // namespace

const AwsType sns_subscription{.type = &type,
                               .read = read,
                               .create = create,
                               .update = update,
                               .remove = remove,
                               .find_after_crash = find_after_crash};

}  // namespace firn::aws
