// The rows of a grants object (iam_grants.h), sorted by name.
#pragma once

#include <array>

#include "core/schema/attribute.h"

namespace firn::aws {

inline constexpr Attribute kGrantStatement{
    .name = "statement",
    .kind = AttributeKind::any,
    .doc = "A policy statement in AWS's own words (Effect, Action, Resource, Condition, Sid).",
    .weak = true};
inline constexpr Attribute kGrantPrefix{.name = "prefix",
                                        .doc = "The beginning of object keys, without a wildcard.",
                                        .example = "coinlore/processed/"};

inline constexpr Attribute kGrantBucket{.name = "bucket",
                                        .doc = "The ARN of the bucket.",
                                        .required = true,
                                        .weak = true,
                                        .takes = "arn",
                                        .example = "${data}"};
inline constexpr Attribute kGrantPrefixes{
    .name = "prefixes",
    .kind = AttributeKind::list,
    .doc = "The key prefixes that the grant is limited to; empty means the whole bucket.",
    .unordered = true,
    .default_json = "[]",
    .example = "[raw/, processed/]",
    .element = &kGrantPrefix};

inline constexpr std::array kGrantS3Read{
    kGrantBucket,
    Attribute{
        .name = "list",
        .kind = AttributeKind::boolean,
        .doc = "Whether keys below the prefixes may be listed and the bucket's region be asked.",
        .default_json = "true"},
    kGrantPrefixes};
inline constexpr std::array kGrantS3Write{
    kGrantBucket,
    Attribute{
        .name = "list",
        .kind = AttributeKind::boolean,
        .doc = "Whether keys below the prefixes may be listed and the bucket's region be asked.",
        .default_json = "false"},
    kGrantPrefixes};

inline constexpr Attribute kGrantArn{.name = "arn", .doc = "An ARN.", .weak = true, .takes = "arn"};

inline constexpr std::array kGrantWriteLogs{Attribute{.name = "log_groups",
                                                      .kind = AttributeKind::list,
                                                      .doc = "The log groups, by ARN.",
                                                      .required = true,
                                                      .weak = true,
                                                      .unordered = true,
                                                      .takes = "arn",
                                                      .example = "[\"${logs}\"]",
                                                      .element = &kGrantArn}};
inline constexpr std::array kGrantInvoke{Attribute{.name = "functions",
                                                   .kind = AttributeKind::list,
                                                   .doc = "The Lambda functions, by ARN.",
                                                   .required = true,
                                                   .weak = true,
                                                   .unordered = true,
                                                   .takes = "arn",
                                                   .example = "[\"${process}\"]",
                                                   .element = &kGrantArn}};
inline constexpr std::array kGrantStartExecution{Attribute{.name = "state_machines",
                                                           .kind = AttributeKind::list,
                                                           .doc = "The state machines, by ARN.",
                                                           .required = true,
                                                           .weak = true,
                                                           .unordered = true,
                                                           .takes = "arn",
                                                           .example = "[\"${workflow}\"]",
                                                           .element = &kGrantArn}};
inline constexpr std::array kGrantPublish{Attribute{.name = "topics",
                                                    .kind = AttributeKind::list,
                                                    .doc = "The SNS topics, by ARN.",
                                                    .required = true,
                                                    .weak = true,
                                                    .unordered = true,
                                                    .takes = "arn",
                                                    .example = "[\"${alerts}\"]",
                                                    .element = &kGrantArn}};
inline constexpr std::array kGrantSendMessages{Attribute{.name = "queues",
                                                         .kind = AttributeKind::list,
                                                         .doc = "The SQS queues, by ARN.",
                                                         .required = true,
                                                         .weak = true,
                                                         .unordered = true,
                                                         .takes = "arn",
                                                         .example = "[\"${dead_letters}\"]",
                                                         .element = &kGrantArn}};
inline constexpr std::array kGrantKeys{Attribute{.name = "keys",
                                                 .kind = AttributeKind::list,
                                                 .doc = "The KMS keys, by ARN.",
                                                 .required = true,
                                                 .weak = true,
                                                 .unordered = true,
                                                 .takes = "arn",
                                                 .example = "[\"${data_key}\"]",
                                                 .element = &kGrantArn}};

inline constexpr Attribute kGrantSecret{
    .name = "arn", .doc = "The ARN of a secret.", .weak = true, .takes = "arn_pattern"};
inline constexpr std::array kGrantReadSecrets{Attribute{.name = "secrets",
                                                        .kind = AttributeKind::list,
                                                        .doc = "The secrets, by ARN.",
                                                        .required = true,
                                                        .weak = true,
                                                        .unordered = true,
                                                        .takes = "arn_pattern",
                                                        .example = "[\"${reddit_api}\"]",
                                                        .element = &kGrantSecret}};

inline constexpr std::array kGrantAttributes{
    Attribute{.name = "deliver_logs",
              .kind = AttributeKind::boolean,
              .doc =
                  "Lets Step Functions set up the delivery of its logs to CloudWatch Logs; these "
                  "actions know no narrower resource than *.",
              .default_json = "false"},
    Attribute{.name = "invoke",
              .kind = AttributeKind::object,
              .doc = "Lets the holder invoke Lambda functions.",
              .fields = kGrantInvoke},
    Attribute{.name = "kms_decrypt",
              .kind = AttributeKind::object,
              .doc = "Lets the holder decrypt with KMS keys (kms:Decrypt), which reading objects "
                     "encrypted with them needs.",
              .fields = kGrantKeys},
    Attribute{.name = "kms_encrypt",
              .kind = AttributeKind::object,
              .doc = "Lets the holder encrypt with KMS keys: kms:GenerateDataKey to write objects, "
                     "and kms:Decrypt, which uploads in parts need as well.",
              .fields = kGrantKeys},
    Attribute{.name = "publish",
              .kind = AttributeKind::object,
              .doc = "Lets the holder publish messages to SNS topics.",
              .fields = kGrantPublish},
    Attribute{.name = "read_secrets",
              .kind = AttributeKind::object,
              .doc = "Lets the holder read secrets. One that is encrypted with a key of your own "
                     "needs kms_decrypt on that key as well.",
              .fields = kGrantReadSecrets},
    Attribute{.name = "s3_read",
              .kind = AttributeKind::object,
              .doc =
                  "Lets the holder get objects and their versions, list their keys and ask for the "
                  "bucket's region.",
              .example = "{ bucket: \"${data}\", prefixes: [processed/] }",
              .fields = kGrantS3Read},
    Attribute{.name = "s3_write",
              .kind = AttributeKind::object,
              .doc = "Lets the holder put objects, in one piece or in parts.",
              .example = "{ bucket: \"${data}\", prefixes: [raw/] }",
              .fields = kGrantS3Write},
    Attribute{.name = "send_messages",
              .kind = AttributeKind::object,
              .doc = "Lets the holder send messages to SQS queues.",
              .fields = kGrantSendMessages},
    Attribute{.name = "start_execution",
              .kind = AttributeKind::object,
              .doc = "Lets the holder start executions of Step Functions state machines.",
              .fields = kGrantStartExecution},
    Attribute{
        .name = "statements",
        .kind = AttributeKind::list,
        .doc = "Further policy statements, in AWS's own words.",
        .weak = true,
        .unordered = true,
        .default_json = "[]",
        .example = "[{ Effect: Allow, Action: s3:GetBucketTagging, Resource: \"${data.arn}\" }]",
        .element = &kGrantStatement},
    Attribute{.name = "write_logs",
              .kind = AttributeKind::object,
              .doc = "Lets the holder create streams in log groups and write events to them.",
              .fields = kGrantWriteLogs},
};

}  // namespace firn::aws
