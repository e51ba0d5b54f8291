// The schema rows of aws.cloudwatch_alarm.
#pragma once

#include <array>
#include <string_view>

#include "core/schema/attribute.h"
#include "providers/aws/cloudwatch_metrics.h"
#include "providers/aws/resource_tags.h"

namespace firn::aws::cloudwatch_alarm_table {

inline constexpr std::array<std::string_view, 4> comparisons{
    "GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanOrEqualToThreshold",
    "LessThanThreshold"};
inline constexpr std::array<std::string_view, 4> missing_data{"breaching", "ignore", "missing",
                                                              "notBreaching"};
inline constexpr std::array<std::string_view, 2> low_samples{"evaluate", "ignore"};
inline constexpr std::int64_t actions_max = 5;
inline constexpr Attribute action{
    .name = "action", .doc = "A topic or a function, by ARN.", .takes = "arn"};
inline constexpr Attribute query{.name = "entry",
                                 .kind = AttributeKind::object,
                                 .doc = "A metric, or a formula of others.",
                                 .fields = query_fields};

inline constexpr std::array attributes{
    Attribute{.name = "actions",
              .kind = AttributeKind::list,
              .doc = "Who is told when the alarm goes off: topics or functions, by ARN.",
              .unordered = true,
              .default_json = "[]",
              .example = "[\"${alerts}\"]",
              .element = &action,
              .maximum = actions_max},
    Attribute{.name = "actions_enabled",
              .kind = AttributeKind::boolean,
              .doc = "Whether anybody is told at all.",
              .default_json = "true"},
    Attribute{.name = "arn", .doc = "The ARN of the alarm.", .computed = true, .predictable = true},
    Attribute{.name = "comparison",
              .doc = "How the value stands to the threshold when the alarm goes off.",
              .required = true,
              .example = "GreaterThanOrEqualToThreshold",
              .allowed = comparisons},
    Attribute{
        .name = "datapoints_to_alarm",
        .kind = AttributeKind::integer,
        .doc = "How many of the evaluated periods must be beyond the threshold; left out, all.",
        .minimum = 1},
    Attribute{.name = "description",
              .doc = "What the alarm means and what to do.",
              .default_json = "\"\"",
              .maximum = 1024},
    Attribute{.name = "dimensions",
              .kind = AttributeKind::map,
              .doc = "Which of the namespace's objects is watched.",
              .weak = true,
              .default_json = "{}",
              .example = "{ FunctionName: \"${process}\" }",
              .element = &metric_dimension,
              .maximum = 30},
    Attribute{.name = "evaluation_periods",
              .kind = AttributeKind::integer,
              .doc = "How many periods are looked at.",
              .default_json = "1",
              .minimum = 1},
    Attribute{.name = "insufficient_data_actions",
              .kind = AttributeKind::list,
              .doc = "Who is told when there is too little data.",
              .unordered = true,
              .default_json = "[]",
              .element = &action,
              .maximum = actions_max},
    Attribute{.name = "low_samples",
              .doc = "With a percentile: whether it is evaluated also where too few values make it "
                     "uncertain.",
              .default_json = "\"evaluate\"",
              .allowed = low_samples},
    Attribute{.name = "metric",
              .doc = "The metric that is watched.",
              .example = "Errors",
              .maximum = 255},
    Attribute{.name = "metrics",
              .kind = AttributeKind::list,
              .doc = "Several metrics and a formula, in the place of one metric.",
              .unordered = true,
              .example = "[{ id: e, metric: { namespace: AWS/Lambda, name: Errors, statistic: Sum, "
                         "period: 300 }, returns: true }]",
              .element = &query},
    Attribute{
        .name = "namespace", .doc = "Whose metric it is.", .example = "AWS/Lambda", .maximum = 255},
    Attribute{.name = "ok_actions",
              .kind = AttributeKind::list,
              .doc = "Who is told when all is well again.",
              .unordered = true,
              .default_json = "[]",
              .example = "[\"${alerts}\"]",
              .element = &action,
              .maximum = actions_max},
    Attribute{.name = "period",
              .kind = AttributeKind::integer,
              .doc = "Seconds that make one data point: 10, 20, 30, or full minutes.",
              .example = "300",
              .minimum = 10},
    Attribute{.name = "statistic",
              .doc = "What is made of the values of a period: Sum, Average, Minimum, Maximum, "
                     "SampleCount, a percentile such as p95, or a trimmed mean such as tm90.",
              .example = "Sum"},
    kTagsAttribute,
    Attribute{.name = "threshold",
              .kind = AttributeKind::number,
              .doc = "What the value is compared with.",
              .required = true,
              .example = "1"},
    Attribute{.name = "treat_missing_data",
              .doc = "What a period without data counts as.",
              .default_json = "\"missing\"",
              .example = "notBreaching",
              .allowed = missing_data},
    Attribute{.name = "unit", .doc = "The unit of the values.", .allowed = metric_units},
};

}  // namespace firn::aws::cloudwatch_alarm_table
