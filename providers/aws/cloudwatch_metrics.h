// What a CloudWatch alarm watches: one metric, or several in a formula. Schema, checks, and form on
// the wire.
//
// Source of facts: Amazon CloudWatch API Reference, PutMetricAlarm, MetricDataQuery, MetricStat,
// and user guide, "Statistics definitions" and "Using metric math".
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/schema/resource_type.h"
#include "core/value/value.h"

namespace firn::aws {

inline constexpr std::array<std::string_view, 27> metric_units{"Seconds",
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

inline constexpr Attribute metric_dimension{
    .name = "value", .doc = "What the dimension must be.", .weak = true, .takes = "name"};

inline constexpr std::array metric_fields{
    Attribute{.name = "dimensions",
              .kind = AttributeKind::map,
              .doc = "Which of the namespace's objects is meant.",
              .weak = true,
              .default_json = "{}",
              .example = "{ FunctionName: \"${process}\" }",
              .element = &metric_dimension,
              .maximum = 30},
    Attribute{.name = "name",
              .doc = "The metric.",
              .required = true,
              .example = "Errors",
              .maximum = 255},
    Attribute{.name = "namespace",
              .doc = "Whose metric it is.",
              .required = true,
              .example = "AWS/Lambda",
              .maximum = 255},
    Attribute{.name = "period",
              .kind = AttributeKind::integer,
              .doc = "Seconds that make one data point: 10, 20, 30, or full minutes.",
              .required = true,
              .example = "300",
              .minimum = 10},
    Attribute{.name = "statistic",
              .doc = "What is made of the values of a period: Sum, Average, Minimum, Maximum, "
                     "SampleCount, a percentile such as p95, or a trimmed mean such as tm90.",
              .required = true,
              .example = "Sum"},
    Attribute{.name = "unit", .doc = "The unit of the values.", .allowed = metric_units},
};
inline constexpr std::array query_fields{
    Attribute{.name = "expression",
              .doc = "A formula of other entries, by their ids.",
              .weak = true,
              .example = "errors / calls * 100",
              .maximum = 2048},
    Attribute{.name = "id",
              .doc = "What formulas call the entry; begins with a small letter.",
              .required = true,
              .example = "errors",
              .maximum = 255},
    Attribute{.name = "label", .doc = "What people read beside the line."},
    Attribute{.name = "metric",
              .kind = AttributeKind::object,
              .doc = "A metric of its own.",
              .example = "{ namespace: AWS/Lambda, name: Errors, statistic: Sum, period: 300 }",
              .fields = metric_fields},
    Attribute{.name = "period",
              .kind = AttributeKind::integer,
              .doc = "Seconds that make one data point of the formula.",
              .minimum = 10},
    Attribute{.name = "returns",
              .kind = AttributeKind::boolean,
              .doc = "Whether this is the value that is compared with the threshold; one entry is.",
              .default_json = "false"},
};

// Whether PutMetricAlarm and MetricStat know the statistic.
[[nodiscard]] bool is_statistic(std::string_view text);
// One of the five that have a member of their own in PutMetricAlarm.
[[nodiscard]] bool is_plain_statistic(std::string_view text);
[[nodiscard]] bool is_metric_period(std::int64_t seconds);

// `metrics` of an alarm. Answers the longest period, 0 when none is known.
std::int64_t check_queries(const Value& queries, std::vector<Problem>& problems);

// Values of dimensions are text, whatever YAML took them for.
[[nodiscard]] Value normal_dimensions(const Value& dimensions);
// Sorted by id, with the defaults of what is not said.
[[nodiscard]] Value normal_queries(const Value& queries);

[[nodiscard]] List dimensions_wire(const Value& dimensions);
[[nodiscard]] Map dimensions_from(const List& wire);
[[nodiscard]] List queries_wire(const Value& queries);
[[nodiscard]] Value queries_from(const List& wire);

}  // namespace firn::aws
