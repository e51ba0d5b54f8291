// One declaration per resource type; each is defined in the file of its name.
#pragma once

#include "providers/aws/type.h"

namespace firn::aws {

extern const AwsType iam_policy;
extern const AwsType iam_role;
extern const AwsType lambda_function;
extern const AwsType log_group;
extern const AwsType s3_bucket;
extern const AwsType s3_notification;
extern const AwsType scheduler_schedule;
extern const AwsType sfn_state_machine;
extern const AwsType sns_topic;
extern const AwsType sqs_queue;

}  // namespace firn::aws
