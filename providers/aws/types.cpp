#include "providers/aws/types.h"

#include <array>

namespace firn::aws {

namespace {

// Sorted by ResourceType::name (checked by a test).
constexpr std::array table = {
    &caller_identity,
    &cloudwatch_alarm,
    &container_image,
    &ecr_repository,
    &event_rule,
    &iam_access_key,
    &iam_oidc_provider,
    &iam_policy,
    &iam_role,
    &iam_user,
    &kms_alias,
    &kms_key,
    &lambda_event_source_mapping,
    &lambda_function,
    &lambda_layer,
    &lambda_layer_version,
    &lambda_permission,
    &log_group,
    &s3_bucket,
    &s3_notification,
    &s3_object,
    &scheduler_group,
    &scheduler_schedule,
    &secret,
    &sfn_state_machine,
    &sns_subscription,
    &sns_topic,
    &sqs_queue,
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
