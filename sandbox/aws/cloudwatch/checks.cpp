// What PutMetricAlarm refuses.
//
// Source: Amazon CloudWatch API Reference, PutMetricAlarm, MetricDataQuery.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <set>

#include "core/base/text.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/cloudwatch/operations.h"

namespace firn::sandbox::aws::cloudwatch {
namespace {

constexpr std::size_t most_metrics = 20;
constexpr std::size_t most_dimensions = 30;
constexpr std::size_t most_actions = 5;
constexpr std::int64_t day_s = 86400;

constexpr std::array members = {"AlarmName",
                                "AlarmDescription",
                                "ActionsEnabled",
                                "OKActions",
                                "AlarmActions",
                                "InsufficientDataActions",
                                "MetricName",
                                "Namespace",
                                "Statistic",
                                "ExtendedStatistic",
                                "Dimensions",
                                "Period",
                                "Unit",
                                "EvaluationPeriods",
                                "DatapointsToAlarm",
                                "Threshold",
                                "ComparisonOperator",
                                "TreatMissingData",
                                "EvaluateLowSampleCountPercentile",
                                "Metrics",
                                "Tags"};
constexpr std::array statistics = {"SampleCount", "Average", "Sum", "Minimum", "Maximum"};
constexpr std::array comparisons = {"GreaterThanOrEqualToThreshold", "GreaterThanThreshold",
                                    "LessThanThreshold", "LessThanOrEqualToThreshold"};
constexpr std::array missing_data = {"breaching", "notBreaching", "ignore", "missing"};
constexpr std::array units = {"Seconds",
                              "Microseconds",
                              "Milliseconds",
                              "Bytes",
                              "Kilobytes",
                              "Megabytes",
                              "Gigabytes",
                              "Terabytes",
                              "Bits",
                              "Kilobits",
                              "Megabits",
                              "Gigabits",
                              "Terabits",
                              "Percent",
                              "Count",
                              "Bytes/Second",
                              "Kilobytes/Second",
                              "Megabytes/Second",
                              "Gigabytes/Second",
                              "Terabytes/Second",
                              "Bits/Second",
                              "Kilobits/Second",
                              "Megabits/Second",
                              "Gigabits/Second",
                              "Terabits/Second",
                              "Count/Second",
                              "None"};

template <class Names>
bool is_one_of(const Names& names, const std::string& text) {
  return std::ranges::find(names, text) != names.end();
}

// "p95", "tm99.9", "IQM", "PR(10:20)".
bool is_extended_statistic(const std::string& text) {
  if (text == "IQM") return true;
  for (const std::string_view range : {"PR(", "TM(", "WM(", "TC(", "TS("}) {
    if (text.starts_with(range)) return text.ends_with(')') && text.find(':') != text.npos;
  }
  std::size_t digits = text.find_first_of("0123456789");
  if (digits == std::string::npos) return false;
  const std::string kind = text.substr(0, digits);
  if (kind != "p" && kind != "tm" && kind != "wm" && kind != "tc" && kind != "ts") return false;
  return text.find_first_not_of("0123456789.", digits) == std::string::npos &&
         std::stod(text.substr(digits)) <= 100;
}

void check_statistic(const std::string& text) {
  if (is_one_of(statistics, text) || is_extended_statistic(text)) return;
  throw validation(
      fmt::format("The value {} for parameter ExtendedStatistic is not supported.", text));
}

void check_period(std::int64_t period) {
  const bool fits =
      period == 10 || period == 20 || period == 30 || (period > 0 && period % 60 == 0);
  if (!fits) {
    throw validation("The parameter Period must be 10, 20, 30 or a multiple of 60.");
  }
}

void check_dimensions(const Value& dimensions) {
  if (dimensions.is_null()) return;
  if (!dimensions.is_list() || dimensions.as_list().size() > most_dimensions) {
    throw validation("The collection Dimensions must not have a size greater than 30.");
  }
  std::set<std::string> names;
  for (const Value& dimension : dimensions.as_list()) {
    const std::string name = dimension.string_or("Name", "");
    if (name.empty() || dimension.string_or("Value", "").empty()) {
      throw validation("The parameters Dimensions.Name and Dimensions.Value must not be empty.");
    }
    if (!names.insert(name).second) throw validation("No duplicate dimension names are allowed.");
  }
}

void check_metric(const Value& metric, const char* operation_member) {
  if (metric.string_or("Namespace", "").empty() || metric.string_or("MetricName", "").empty()) {
    throw validation(
        fmt::format("The parameters {}Namespace and MetricName are required.", operation_member));
  }
  check_dimensions(metric.at("Dimensions"));
}

bool is_query_id(const std::string& id) {
  if (id.empty() || id.front() < 'a' || id.front() > 'z') return false;
  return std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// Answers the period of the query; 0 when it has none.
std::int64_t check_query(const Value& query) {
  for (const auto& [member, value] : query.as_map()) {
    if (member != "Id" && member != "MetricStat" && member != "Expression" && member != "Label" &&
        member != "ReturnData" && member != "Period") {
      throw unknown_member("monitoring", "PutMetricAlarm", "Metrics." + member);
    }
  }
  const Value& metric = query.at("MetricStat");
  const bool has_expression = query.find("Expression") != nullptr;
  if (metric.is_map() == has_expression) {
    throw validation("A MetricDataQuery must have either Expression or MetricStat.");
  }
  if (has_expression) {
    const std::int64_t period = query.int_or("Period", 0);
    if (period != 0) check_period(period);
    return period;
  }
  check_metric(metric.at("Metric"), "Metric.");
  check_period(metric.int_or("Period", 0));
  check_statistic(metric.string_or("Stat", ""));
  return metric.int_or("Period", 0);
}

// Answers the longest period.
std::int64_t check_queries(const Value& queries) {
  if (!queries.is_list() || queries.as_list().empty() || queries.as_list().size() > most_metrics) {
    throw validation("The collection Metrics must have between 1 and 20 items.");
  }
  std::set<std::string> ids;
  int returned = 0;
  std::int64_t period = 0;
  for (const Value& query : queries.as_list()) {
    const std::string id = query.string_or("Id", "");
    if (!is_query_id(id)) {
      throw validation(
          fmt::format("Invalid metrics list: the id {} must begin with a lower-case "
                      "letter.",
                      id));
    }
    if (!ids.insert(id).second) throw validation("Invalid metrics list: ids must be unique.");
    returned += query.bool_or("ReturnData", true) ? 1 : 0;
    period = std::max(period, check_query(query));
  }
  if (returned != 1) {
    throw validation("Exactly one element of the metrics list should return data.");
  }
  return period;
}

std::int64_t check_single_metric(const Value& input) {
  check_metric(input, "");
  const std::string statistic = input.string_or("Statistic", "");
  const std::string extended = input.string_or("ExtendedStatistic", "");
  if (statistic.empty() == extended.empty()) {
    throw validation("Exactly one of Statistic and ExtendedStatistic must be specified.");
  }
  if (!statistic.empty() && !is_one_of(statistics, statistic)) {
    throw validation(
        fmt::format("1 validation error detected: Value '{}' at 'statistic' failed to "
                    "satisfy constraint: Member must satisfy enum value set",
                    statistic));
  }
  if (!extended.empty()) check_statistic(extended);
  const std::string unit = input.string_or("Unit", "");
  if (!unit.empty() && !is_one_of(units, unit)) {
    throw validation(fmt::format("The value {} for parameter Unit is not supported.", unit));
  }
  const std::int64_t period = input.int_or("Period", 0);
  check_period(period);
  return period;
}

void check_evaluation(const Value& input, std::int64_t period) {
  const std::int64_t periods = input.int_or("EvaluationPeriods", 0);
  const std::int64_t points = input.int_or("DatapointsToAlarm", periods);
  if (periods < 1) throw validation("The parameter EvaluationPeriods must be greater than 0.");
  if (points < 1 || points > periods) {
    throw validation("DatapointsToAlarm must be between 1 and EvaluationPeriods.");
  }
  const std::int64_t window = period >= 3600 ? 7 * day_s : day_s;
  if (period * periods > window) {
    throw validation(
        fmt::format("Metrics cannot be checked across more than {} "
                    "(EvaluationPeriods * Period must be <= {}).",
                    window == day_s ? "a day" : "seven days", window));
  }
  if (!is_one_of(comparisons, input.string_or("ComparisonOperator", ""))) {
    const std::string given = input.string_or("ComparisonOperator", "");
    if (given.find("Lower") != std::string::npos || given.find("Upper") != std::string::npos) {
      throw unknown_member("monitoring", "PutMetricAlarm", "ComparisonOperator " + given);
    }
    throw validation("The parameter ComparisonOperator is not valid.");
  }
  const Value& threshold = input.at("Threshold");
  if (!threshold.is_int() && !threshold.is_number()) {
    throw validation("The parameter Threshold is required.");
  }
  const std::string missing = input.string_or("TreatMissingData", "missing");
  if (!is_one_of(missing_data, missing)) {
    throw validation(
        fmt::format("The value {} for parameter TreatMissingData is not supported.", missing));
  }
  const std::string few = input.string_or("EvaluateLowSampleCountPercentile", "evaluate");
  if (few != "evaluate" && few != "ignore") {
    throw validation(fmt::format(
        "The value {} for parameter EvaluateLowSampleCountPercentile is not supported.", few));
  }
  if (input.find("EvaluateLowSampleCountPercentile") && !input.find("ExtendedStatistic")) {
    throw validation(
        "EvaluateLowSampleCountPercentile goes with an ExtendedStatistic that is a percentile.");
  }
}

void check_actions(const Call& call, const Value& actions, const char* member) {
  if (actions.is_null()) return;
  if (!actions.is_list() || actions.as_list().size() > most_actions) {
    throw validation(fmt::format("The collection {} must not have a size greater than 5.", member));
  }
  for (const Value& action : actions.as_list()) {
    const std::string text = action.is_string() ? action.as_string() : std::string();
    const auto arn = parse_arn(text);
    if (!arn) throw validation(fmt::format("Invalid arn syntax: {}", text));
    if (arn->service != "sns" && arn->service != "lambda") {
      throw unknown_member("monitoring", "PutMetricAlarm", "actions of " + arn->service);
    }
    if (arn->region != call.region) {
      throw validation(fmt::format("Invalid region {} specified. Only {} is supported.",
                                   arn->region, call.region));
    }
  }
}

}  // namespace

void check_alarm(const Call& call, const Value& input) {
  for (const auto& [member, value] : input.as_map()) {
    if (!is_one_of(members, member)) {
      throw unknown_member("monitoring", "PutMetricAlarm", member);
    }
  }
  std::int64_t period = 0;
  if (input.find("Metrics")) {
    for (const char* other : {"MetricName", "Namespace", "Dimensions", "Period", "Unit",
                              "Statistic", "ExtendedStatistic"}) {
      if (!input.find(other)) continue;
      throw validation(fmt::format("Metrics list is given, so {} must not be specified.", other));
    }
    period = check_queries(input.at("Metrics"));
  } else {
    period = check_single_metric(input);
  }
  check_evaluation(input, period);
  for (const char* member : {"AlarmActions", "OKActions", "InsufficientDataActions"}) {
    check_actions(call, input.at(member), member);
  }
  if (input.string_or("AlarmDescription", "").size() > 1024) {
    throw validation("AlarmDescription must not have a length greater than 1024.");
  }
}

}  // namespace firn::sandbox::aws::cloudwatch
