#include "providers/aws/types.h"

#include <array>

namespace firn::aws {

namespace {

// Sorted by ResourceType::name (checked by a test).
constexpr std::array<const AwsType*, 10> table = {
    &iam_policy,      &iam_role,           &lambda_function,   &log_group, &s3_bucket,
    &s3_notification, &scheduler_schedule, &sfn_state_machine, &sns_topic, &sqs_queue,
};

}  // namespace

std::span<const AwsType* const> all_types() {
  return table;
}

const AwsType* find_type(std::string_view name) {
  for (const AwsType* type : table) {
    if (type->type->name == name) return type;
  }
  return nullptr;
}

}  // namespace firn::aws
