#include "providers/aws/cloudwatch_metrics.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <utility>

#include "core/base/text.h"
#include "providers/aws/calls.h"
#include "providers/aws/reply.h"

namespace firn::aws {
namespace {

constexpr std::size_t queries_max = 20;
constexpr std::array<std::string_view, 5> plain_statistics{"Average", "Maximum", "Minimum",
                                                           "SampleCount", "Sum"};

bool is_number(std::string_view text) {
  const std::size_t dot = text.find('.');
  const auto is_digits = [](std::string_view part) {
    return !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
  };
  if (dot == std::string_view::npos) return is_digits(text);
  return is_digits(text.substr(0, dot)) && is_digits(text.substr(dot + 1));
}

bool is_query_id(std::string_view id) {
  if (id.empty() || id.front() < 'a' || id.front() > 'z') return false;
  return std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

void check_metric(const Value& metric, const std::string& path, std::vector<Problem>& problems) {
  const Value& period = metric.at("period");
  if (period.is_int() && !is_metric_period(period.as_int())) {
    problems.push_back({path + ".period",
                        fmt::format("CloudWatch has no period of {} seconds", period.as_int()),
                        "it knows 10, 20, 30 and full minutes", "write for example 60 or 300"});
  }
  const Value& statistic = metric.at("statistic");
  if (statistic.is_string() && !is_statistic(statistic.as_string())) {
    problems.push_back({path + ".statistic",
                        fmt::format("\"{}\" is no statistic", statistic.as_string()),
                        "CloudWatch knows Sum, Average, Minimum, Maximum, SampleCount, percentiles "
                        "(p95) and trimmed statistics (tm90, PR(10:20))",
                        "write for example Sum or p95"});
  }
}

Value normal_metric(const Value& metric) {
  if (!metric.is_map()) return metric;
  const Value filled = with_defaults(metric, metric_fields);
  Map normal = filled.as_map();
  Value dimensions = normal_dimensions(Value(*normal.find("dimensions")));
  normal.set("dimensions", std::move(dimensions));
  if (const Value* unit = normal.find("unit"); unit != nullptr && unit->is_null()) {
    normal.erase("unit");
  }
  return Value(std::move(normal));
}

}  // namespace

bool is_plain_statistic(std::string_view text) {
  return std::ranges::find(plain_statistics, text) != plain_statistics.end();
}

bool is_statistic(std::string_view text) {
  if (is_plain_statistic(text) || text == "IQM") return true;
  for (const std::string_view range : {"PR(", "TC(", "TM(", "TS(", "WM("}) {
    if (text.starts_with(range)) return text.ends_with(')') && text.find(':') != text.npos;
  }
  for (const std::string_view kind : {"p", "tc", "tm", "ts", "wm"}) {
    if (text.starts_with(kind) && is_number(text.substr(kind.size()))) return true;
  }
  return false;
}

bool is_metric_period(std::int64_t seconds) {
  return seconds == 10 || seconds == 20 || seconds == 30 || (seconds > 0 && seconds % 60 == 0);
}

std::int64_t check_queries(const Value& queries, std::vector<Problem>& problems) {
  if (!queries.is_list()) return 0;
  std::set<std::string> ids;
  int returned = 0;
  bool is_open = false;  // something is not known yet
  std::int64_t longest = 0;
  for (std::size_t i = 0; i < queries.as_list().size(); ++i) {
    const Value& query = queries.as_list()[i];
    const std::string path = fmt::format("metrics.{}", i);
    const std::string id = query.string_or("id", "");
    if (query.at("id").is_string() && !is_query_id(id)) {
      problems.push_back({path + ".id", fmt::format("\"{}\" cannot be an id", id),
                          "CloudWatch takes letters, digits and underscores after a small letter",
                          "rename it"});
    }
    if (!id.empty() && !ids.insert(id).second) {
      problems.push_back({path + ".id", fmt::format("the id {} is there twice", id),
                          "formulas could not tell the two apart", "rename one of them"});
    }
    const Value& metric = query.at("metric");
    const Value& expression = query.at("expression");
    if (metric.is_null() == expression.is_null()) {
      problems.push_back({path, "an entry has either a metric or an expression", "",
                          metric.is_null() ? "add metric: or expression:" : "remove one of them"});
    }
    if (metric.is_map()) check_metric(metric, path + ".metric", problems);
    const std::int64_t own =
        metric.is_map() ? metric.int_or("period", 0) : query.int_or("period", 0);
    if (!metric.is_map() && own != 0 && !is_metric_period(own)) check_metric(query, path, problems);
    longest = std::max(longest, own);
    is_open = is_open || query.at("returns").is_unknown();
    returned += query.bool_or("returns", false) ? 1 : 0;
  }
  if (queries.as_list().size() > queries_max) {
    problems.push_back({"metrics", "an alarm has more than 20 metrics and expressions",
                        "CloudWatch takes 20", "split it into several alarms"});
  }
  if (returned != 1 && !is_open) {
    problems.push_back({"metrics",
                        returned == 0 ? "no entry is compared with the threshold"
                                      : "several entries are compared with the threshold",
                        "an alarm watches one value", "write returns: true at one entry"});
  }
  return longest;
}

Value normal_dimensions(const Value& dimensions) {
  if (dimensions.is_null()) return Value(Map());
  if (!dimensions.is_map()) return dimensions;
  Map normal;
  for (const auto& [name, value] : dimensions.as_map()) {
    const bool is_plain = value.is_bool() || value.is_int() || value.is_number();
    if (!value.is_null()) normal.set(name, is_plain ? Value(clear_text(value)) : value);
  }
  return Value(std::move(normal));
}

Value normal_queries(const Value& queries) {
  if (!queries.is_list()) return queries;
  List normal;
  for (const Value& query : queries.as_list()) {
    const Value filled = with_defaults(query, query_fields);
    if (!filled.is_map()) {
      normal.push_back(filled);
      continue;
    }
    Map entry = filled.as_map();
    if (const Value* metric = entry.find("metric"); metric != nullptr && !metric->is_null()) {
      Value whole = normal_metric(Value(*metric));
      entry.set("metric", std::move(whole));
    }
    for (const char* optional : {"expression", "label", "metric", "period"}) {
      const Value* value = entry.find(optional);
      if (value != nullptr && (value->is_null() || *value == Value(""))) entry.erase(optional);
    }
    normal.emplace_back(std::move(entry));
  }
  std::stable_sort(normal.begin(), normal.end(), [](const Value& a, const Value& b) {
    return a.string_or("id", "") < b.string_or("id", "");
  });
  return Value(std::move(normal));
}

List dimensions_wire(const Value& dimensions) {
  List wire;
  if (!dimensions.is_map()) return wire;
  for (const auto& [name, value] : dimensions.as_map()) {
    Map dimension;
    dimension.set("Name", name);
    dimension.set("Value", clear_text(value));
    wire.emplace_back(std::move(dimension));
  }
  return wire;
}

Map dimensions_from(const List& wire) {
  Map dimensions;
  for (const Value& one : wire)
    dimensions.set(text_at(one, "Name"), text_at(one, "Value"));
  return dimensions;
}

List queries_wire(const Value& queries) {
  List wire;
  for (const Value& query : list_of(queries)) {
    Map entry;
    entry.set("Id", query.at("id"));
    entry.set("ReturnData", query.bool_or("returns", false));
    if (!query.at("label").is_null()) entry.set("Label", query.at("label"));
    if (!query.at("expression").is_null()) entry.set("Expression", query.at("expression"));
    if (!query.at("period").is_null()) entry.set("Period", query.at("period"));
    const Value& metric = query.at("metric");
    if (metric.is_map()) {
      Map named;
      named.set("Namespace", metric.at("namespace"));
      named.set("MetricName", metric.at("name"));
      named.set("Dimensions", dimensions_wire(metric.at("dimensions")));
      Map values;
      values.set("Metric", std::move(named));
      values.set("Period", metric.at("period"));
      values.set("Stat", metric.at("statistic"));
      if (!metric.at("unit").is_null()) values.set("Unit", metric.at("unit"));
      entry.set("MetricStat", std::move(values));
    }
    wire.emplace_back(std::move(entry));
  }
  return wire;
}

Value queries_from(const List& wire) {
  List queries;
  for (const Value& entry : wire) {
    Map query;
    query.set("id", text_at(entry, "Id"));
    query.set("returns", entry.at("ReturnData").is_null() || flag_at(entry, "ReturnData"));
    query.set("label", entry.at("Label"));
    query.set("expression", entry.at("Expression"));
    query.set("period", entry.at("Period"));
    const Value& values = entry.at("MetricStat");
    if (values.is_map()) {
      Map metric;
      metric.set("namespace", values.at("Metric").at("Namespace"));
      metric.set("name", values.at("Metric").at("MetricName"));
      metric.set("dimensions", dimensions_from(list_at(values, "Metric.Dimensions")));
      metric.set("period", values.at("Period"));
      metric.set("statistic", values.at("Stat"));
      metric.set("unit", values.at("Unit"));
      query.set("metric", std::move(metric));
    }
    queries.emplace_back(std::move(query));
  }
  return normal_queries(Value(std::move(queries)));
}

}  // namespace firn::aws
