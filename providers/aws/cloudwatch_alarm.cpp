// aws.cloudwatch_alarm: an alarm on a metric of CloudWatch, or on a formula of metrics.
//
// Source of facts: Amazon CloudWatch API Reference (PutMetricAlarm, DescribeAlarms, DeleteAlarms,
// TagResource) and user guide, "Using Amazon CloudWatch alarms".
#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <string>
#include <utility>

#include "core/async/sync.h"
#include "core/base/text.h"
#include "providers/aws/calls.h"
#include "providers/aws/cloudwatch_alarm_table.h"
#include "providers/aws/cloudwatch_metrics.h"
#include "providers/aws/resource_tags.h"
#include "providers/aws/types.h"

namespace firn::aws {
namespace {

constexpr std::int64_t day_seconds = 86400;
// DescribeAlarms takes so many names in one call.
constexpr std::size_t names_per_call = 100;

// --- pure

std::string arn_in(const Placement& placement, const std::string& name) {
  return fmt::format("arn:{}:cloudwatch:{}:{}:alarm:{}", placement.partition, placement.region,
                     placement.account, name);
}

Map predict(const Placement& placement, const std::string& name, const Value&) {
  Map outputs;
  outputs.set("arn", arn_in(placement, name));
  return outputs;
}

void check_window(const Value& inputs, std::int64_t period, std::vector<Problem>& problems) {
  const std::int64_t periods = inputs.int_or("evaluation_periods", 1);
  const std::int64_t window = period >= 3600 ? 7 * day_seconds : day_seconds;
  if (period * periods > window) {
    problems.push_back(
        {"evaluation_periods",
         fmt::format("{} periods of {} seconds are more than CloudWatch looks back", periods,
                     period),
         fmt::format("it looks back a day, with periods of an hour or more a week ({} seconds)",
                     window),
         "take fewer or shorter periods"});
  }
  if (inputs.int_or("datapoints_to_alarm", 1) > periods) {
    problems.push_back({"datapoints_to_alarm",
                        fmt::format("of {} periods no {} can be beyond the threshold", periods,
                                    inputs.int_or("datapoints_to_alarm", 1)),
                        "", "raise evaluation_periods, or lower datapoints_to_alarm"});
  }
}

void check_single_metric(const Value& inputs, std::vector<Problem>& problems) {
  for (const char* needed : {"metric", "namespace", "period", "statistic"}) {
    if (!inputs.at(needed).is_null()) continue;
    problems.push_back({"", fmt::format("an alarm on a metric needs `{}`", needed), "",
                        fmt::format("add {}:, or describe what is watched in `metrics`", needed)});
  }
  const Value& period = inputs.at("period");
  if (period.is_int() && !is_metric_period(period.as_int())) {
    problems.push_back({"period",
                        fmt::format("CloudWatch has no period of {} seconds", period.as_int()),
                        "it knows 10, 20, 30 and full minutes", "write for example 60 or 300"});
  }
  const Value& statistic = inputs.at("statistic");
  if (statistic.is_string() && !is_statistic(statistic.as_string())) {
    problems.push_back({"statistic", fmt::format("\"{}\" is no statistic", statistic.as_string()),
                        "CloudWatch knows Sum, Average, Minimum, Maximum, SampleCount, percentiles "
                        "(p95) and trimmed statistics (tm90, PR(10:20))",
                        "write for example Sum or p95"});
  }
}

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  std::int64_t period = inputs.int_or("period", 0);
  const Value& queries = inputs.at("metrics");
  if (queries.is_null()) {
    check_single_metric(inputs, problems);
  } else {
    for (const char* other : {"dimensions", "metric", "namespace", "period", "statistic", "unit"}) {
      if (inputs.at(other).is_null()) continue;
      problems.push_back({other, fmt::format("`{}` does not go with `metrics`", other),
                          "each entry of `metrics` says for itself what it is",
                          fmt::format("move {} into an entry of `metrics`", other)});
    }
    period = check_queries(queries, problems);
  }
  check_window(inputs, period, problems);
  const Value& statistic = inputs.at("statistic");
  const bool is_percentile = statistic.is_string() && statistic.as_string().starts_with('p');
  if (inputs.string_or("low_samples", "evaluate") != "evaluate" && !is_percentile &&
      !statistic.is_unknown()) {
    problems.push_back({"low_samples", "low_samples is about percentiles alone",
                        "other statistics need no minimum of values", "remove low_samples:"});
  }
}

// 1 and 1.0 are one threshold.
Value normal_number(const Value& number) {
  if (!number.is_number()) return number;
  const double value = number.as_number();
  constexpr double exact_max = 9007199254740992.0;  // beyond it a double skips integers
  if (std::floor(value) != value || std::fabs(value) > exact_max) return number;
  return Value(static_cast<std::int64_t>(value));
}

Value normalize(const Value& inputs) {
  if (!inputs.is_map()) return inputs;
  Map normal = inputs.as_map();
  for (const char* list : {"actions", "insufficient_data_actions", "ok_actions"}) {
    const Value* given = normal.find(list);
    if (given == nullptr || given->is_null()) continue;
    Value sorted = as_set(*given);
    normal.set(list, std::move(sorted));
  }
  if (const Value* threshold = normal.find("threshold")) {
    Value number = normal_number(*threshold);
    normal.set("threshold", std::move(number));
  }
  if (const Value* given = normal.find("dimensions"); given != nullptr && !given->is_null()) {
    Value dimensions = normal_dimensions(*given);
    normal.set("dimensions", std::move(dimensions));
  }
  if (const Value* given = normal.find("metrics"); given != nullptr && !given->is_null()) {
    Value queries = normal_queries(*given);
    normal.set("metrics", std::move(queries));
  }
  return Value(std::move(normal));
}

// --- the wire

// The whole alarm: a call that leaves something out sets it back.
Map alarm_wire(const Operation& operation, const Value& desired) {
  Map wire;
  wire.set("AlarmName", operation.prior.name);
  wire.set("ActionsEnabled", desired.bool_or("actions_enabled", true));
  wire.set("AlarmActions", list_of(desired.at("actions")));
  wire.set("OKActions", list_of(desired.at("ok_actions")));
  wire.set("InsufficientDataActions", list_of(desired.at("insufficient_data_actions")));
  wire.set("ComparisonOperator", desired.at("comparison"));
  wire.set("Threshold", desired.at("threshold"));
  wire.set("EvaluationPeriods", desired.int_or("evaluation_periods", 1));
  wire.set("TreatMissingData", desired.string_or("treat_missing_data", "missing"));
  const std::string description = clear_text(desired.at("description"));
  if (!description.empty()) wire.set("AlarmDescription", description);
  if (!desired.at("datapoints_to_alarm").is_null()) {
    wire.set("DatapointsToAlarm", desired.at("datapoints_to_alarm"));
  }
  if (!desired.at("metrics").is_null()) {
    wire.set("Metrics", queries_wire(desired.at("metrics")));
    return wire;
  }
  wire.set("Namespace", desired.at("namespace"));
  wire.set("MetricName", desired.at("metric"));
  wire.set("Dimensions", dimensions_wire(desired.at("dimensions")));
  wire.set("Period", desired.at("period"));
  const std::string statistic = clear_text(desired.at("statistic"));
  wire.set(is_plain_statistic(statistic) ? "Statistic" : "ExtendedStatistic", statistic);
  if (!desired.at("unit").is_null()) wire.set("Unit", desired.at("unit"));
  const std::string few = desired.string_or("low_samples", "evaluate");
  if (few != "evaluate") wire.set("EvaluateLowSampleCountPercentile", few);
  return wire;
}

// An empty list of the wire may be absent.
List texts_at(const Value& wire, std::string_view member) {
  List texts;
  for (const Value& one : list_at(wire, member))
    texts.push_back(one);
  return texts;
}

Value or_null(const std::string& text) {
  return text.empty() ? Value() : Value(text);
}

Map inputs_from(const Value& wire) {
  Map inputs;
  inputs.set("actions", texts_at(wire, "AlarmActions"));
  inputs.set("ok_actions", texts_at(wire, "OKActions"));
  inputs.set("insufficient_data_actions", texts_at(wire, "InsufficientDataActions"));
  inputs.set("actions_enabled",
             wire.at("ActionsEnabled").is_null() || flag_at(wire, "ActionsEnabled"));
  inputs.set("comparison", text_at(wire, "ComparisonOperator"));
  inputs.set("threshold", wire.at("Threshold"));
  inputs.set("evaluation_periods", wire.int_or("EvaluationPeriods", 1));
  inputs.set("datapoints_to_alarm", wire.at("DatapointsToAlarm"));
  const std::string missing = text_at(wire, "TreatMissingData");
  inputs.set("treat_missing_data", missing.empty() ? std::string("missing") : missing);
  inputs.set("description", text_at(wire, "AlarmDescription"));
  const std::string few = text_at(wire, "EvaluateLowSampleCountPercentile");
  inputs.set("low_samples", few.empty() ? std::string("evaluate") : few);
  const List queries = list_at(wire, "Metrics");
  const bool is_single = queries.empty();
  inputs.set("metrics", is_single ? Value() : queries_from(queries));
  inputs.set("namespace", or_null(text_at(wire, "Namespace")));
  inputs.set("metric", or_null(text_at(wire, "MetricName")));
  inputs.set("dimensions",
             is_single ? Value(dimensions_from(list_at(wire, "Dimensions"))) : Value());
  inputs.set("period", is_single ? wire.at("Period") : Value());
  const std::string plain = text_at(wire, "Statistic");
  inputs.set("statistic", or_null(plain.empty() ? text_at(wire, "ExtendedStatistic") : plain));
  inputs.set("unit", or_null(text_at(wire, "Unit")));
  const Value normal = normalize(Value(std::move(inputs)));
  return normal.as_map();
}

// --- looking

Observation observation_of(const Client& client, const ResourceRecord& record, const Value& wire,
                           const Map& tags) {
  Observation observation;
  observation.exists = true;
  observation.outputs = predict(client.placement(), record.name, Value());
  observation.inputs = inputs_from(wire);
  observe_tags(client.placement(), record, tags, observation);
  return observation;
}

Call describe_call(const ResourceRecord& record, List names) {
  Map input;
  input.set("AlarmNames", std::move(names));
  return reading(service::cloudwatch, "DescribeAlarms", std::move(input), record);
}

TagQuestion question_of(const Client& client, const ResourceRecord& record) {
  Map input;
  input.set("ResourceARN", arn_in(client.placement(), record.name));
  TagQuestion question{
      .call = reading(service::cloudwatch, "ListTagsForResource", std::move(input), record),
      .tags_in = [](const Reply& reply) { return tags_from_list(reply.list("Tags")); }};
  question.call.tolerated = missing_codes();
  return question;
}

Value pick(const Reply& reply, const std::string& name) {
  for (const Value& alarm : reply.list("MetricAlarms")) {
    if (text_at(alarm, "AlarmName") == name) return alarm;
  }
  return Value();
}

Task<Result<Observation>> read(Client& client, ResourceRecord record,
                               SharedTags* shared = nullptr) {
  std::vector<Call> calls;
  List names;
  names.emplace_back(record.name);
  calls.push_back(describe_call(record, std::move(names)));
  TagQuestion question = question_of(client, record);
  const TaggedLook look =
      co_await look_with_tags(client, shared, record, std::move(calls), std::move(question));
  const Result<Reply>& described = look.replies[0];
  if (!described) co_return fail(described.error());
  const Value alarm = pick(*described, record.name);
  if (alarm.is_null()) co_return absent();
  if (!look.tags) co_return fail(look.tags.error());
  if (!*look.tags) co_return absent();
  co_return observation_of(client, record, alarm, **look.tags);
}

Task<Result<Observation>> with_tags(Client& client, SharedTags& shared, ResourceRecord record,
                                    Value alarm) {
  TagQuestion question = question_of(client, record);
  const Result<std::optional<Map>> tags =
      co_await tags_of(client, &shared, record, std::move(question));
  if (!tags) co_return fail(tags.error());
  if (!*tags) co_return absent();
  co_return observation_of(client, record, alarm, **tags);
}

Task<Result<Observation>> answer(Result<Observation> observation) {
  co_return observation;
}

Task<std::vector<Result<Observation>>> observe(Client& client, SharedTags& shared,
                                               std::vector<ResourceRecord> records) {
  std::vector<Call> calls;
  for (std::size_t begin = 0; begin < records.size(); begin += names_per_call) {
    const std::size_t end = std::min(records.size(), begin + names_per_call);
    List names;
    for (std::size_t i = begin; i < end; ++i)
      names.emplace_back(records[i].name);
    calls.push_back(describe_call(records[begin], std::move(names)));
  }
  const std::vector<Result<Reply>> pages = co_await call_together(client, std::move(calls));
  std::vector<Task<Result<Observation>>> tasks;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Result<Reply>& page = pages[i / names_per_call];
    Value alarm = page ? pick(*page, records[i].name) : Value();
    if (!page) {
      tasks.push_back(answer(fail(page.error())));
    } else if (alarm.is_null()) {
      tasks.push_back(answer(absent()));
    } else {
      tasks.push_back(with_tags(client, shared, records[i], std::move(alarm)));
    }
  }
  Task<std::vector<Result<Observation>>> all = when_all(client.scheduler(), std::move(tasks));
  std::vector<Result<Observation>> observations = co_await all;
  co_return observations;
}

constexpr Batch batch{.threshold = 2, .observe = observe};

// --- changing

Task<Result<Applied>> update(Client& client, Operation& operation) {
  const Value desired = normalize(operation.desired);
  const bool only_tags = operation.changed.size() == 1 && is_changed(operation, "tags");
  std::vector<Call> calls;
  if (!only_tags) {
    Map wire = alarm_wire(operation, desired);
    calls.push_back(changing(service::cloudwatch, "PutMetricAlarm", std::move(wire), operation));
  }
  if (is_changed(operation, "tags")) {
    const std::string arn = arn_in(client.placement(), operation.prior.name);
    const TagChange change = wanted_tag_change(operation);
    Map add;
    add.set("ResourceARN", arn);
    add.set("Tags", tags_to_list(change.set));
    calls.push_back(changing(service::cloudwatch, "TagResource", std::move(add), operation));
    if (!change.removed.empty()) {
      Map remove;
      remove.set("ResourceARN", arn);
      remove.set("TagKeys", removed_tag_keys(change));
      calls.push_back(changing(service::cloudwatch, "UntagResource", std::move(remove), operation));
    }
  }
  const Status done = co_await call_all(client, std::move(calls));
  if (!done) co_return fail(done.error());
  Applied applied;
  applied.outputs = predict(client.placement(), operation.prior.name, desired);
  co_return applied;
}

Task<Result<Applied>> create(Client& client, Operation& operation) {
  const Value desired = normalize(operation.desired);
  // PutMetricAlarm would write over an alarm of the same name without a word.
  ResourceRecord record = operation.prior;
  const Result<Observation> found = co_await read(client, std::move(record));
  if (!found) co_return fail(found.error());
  if (found->exists) {
    const Reply nothing;
    const Status ours =
        claim_existing(*found, operation, "alarm", "cloudwatch:DescribeAlarms", nothing);
    if (!ours) co_return fail(ours.error());
    Operation again = update_of_found(operation, *found);
    Result<Applied> updated = co_await update(client, again);
    co_return updated;
  }
  Map wire = alarm_wire(operation, desired);
  wire.set("Tags", tags_to_list(wanted_tags(operation)));
  Call call = changing(service::cloudwatch, "PutMetricAlarm", std::move(wire), operation);
  const Result<Reply> created = co_await client.call(std::move(call));
  if (!created) co_return fail(created.error());
  Applied applied;
  applied.outputs = predict(client.placement(), operation.prior.name, desired);
  const Status recorded = co_await note_identity(operation, applied.outputs);
  if (!recorded) co_return fail(recorded.error());
  co_return applied;
}

Task<Result<Removed>> remove(Client& client, Operation& operation) {
  List names;
  names.emplace_back(operation.prior.name);
  Map input;
  input.set("AlarmNames", std::move(names));
  Call call = changing(service::cloudwatch, "DeleteAlarms", std::move(input), operation);
  call.tolerated = missing_codes();
  const Result<Reply> deleted = co_await client.call(std::move(call));
  if (!deleted) co_return fail(deleted.error());
  co_return Removed{};
}

const ResourceType type{
    .name = "aws.cloudwatch_alarm",
    .summary = "An alarm on a metric of CloudWatch.",
    .doc =
        "An alarm watches one metric (`namespace`, `metric`, `dimensions`, `statistic`, `period`) "
        "or "
        "a formula of several (`metrics`). A change writes the whole alarm anew.\n\n"
        "A topic that is told must let CloudWatch publish: give the alarm, or "
        "cloudwatch.amazonaws.com, to its `publishers`.",
    .example =
        "  type: aws.cloudwatch_alarm\n"
        "  namespace: AWS/Lambda\n"
        "  metric: Errors\n"
        "  dimensions: { FunctionName: \"${process}\" }\n"
        "  statistic: Sum\n"
        "  period: 300\n"
        "  comparison: GreaterThanOrEqualToThreshold\n"
        "  threshold: 1\n"
        "  treat_missing_data: notBreaching\n"
        "  actions: [\"${alerts}\"]\n",
    .attributes = cloudwatch_alarm_table::attributes,
    .name_rule = {.form = NameForm::aws, .length_max = 255, .extra_characters = "-_. /"},
    .taggable = true,
    .predict = predict,
    .validate = validate,
    .normalize = normalize,
};

}  // namespace

const AwsType cloudwatch_alarm{.type = &type,
                               .read = read_alone<read>,
                               .read_shared = read,
                               .create = create,
                               .update = update,
                               .remove = remove,
                               .batch = &batch};

}  // namespace firn::aws
