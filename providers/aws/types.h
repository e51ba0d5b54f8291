// One declaration per resource type; each is defined in the file of its name.
#pragma once

#include "providers/aws/type.h"

namespace firn::aws {

extern const AwsType caller_identity;
extern const AwsType cloudwatch_alarm;
extern const AwsType container_image;
extern const AwsType ecr_repository;
extern const AwsType event_rule;
extern const AwsType iam_access_key;
extern const AwsType iam_oidc_provider;
extern const AwsType iam_policy;
extern const AwsType iam_role;
extern const AwsType iam_user;
extern const AwsType kms_alias;
extern const AwsType kms_key;
extern const AwsType lambda_event_source_mapping;
extern const AwsType lambda_function;
extern const AwsType lambda_layer;
extern const AwsType lambda_layer_version;
extern const AwsType lambda_permission;
extern const AwsType log_group;
extern const AwsType s3_bucket;
extern const AwsType s3_notification;
extern const AwsType s3_object;
extern const AwsType scheduler_group;
extern const AwsType scheduler_schedule;
extern const AwsType secret;
extern const AwsType sfn_state_machine;
extern const AwsType sns_subscription;
extern const AwsType sns_topic;
extern const AwsType sqs_queue;

}  // namespace firn::aws
