// The AWS services that firn speaks to, as data.
//
// Source of hosts, versions and target prefixes: the services' API references; of the budgets: each
// service's "quotas" page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace firn::aws {

enum class Protocol : std::uint8_t {
  query,      // form-encoded parameters, XML answers
  json_1_0,   // JSON both ways, operation in X-Amz-Target
  json_1_1,   // the same with another content type
  rest_json,  // verb and path, JSON both ways
  rest_xml,   // verb and path, XML both ways (S3)
};

struct Service {
  std::string_view id = {};     // as in IAM actions: "s3", "states", "logs"
  std::string_view title = {};  // for messages: "Amazon S3"
  std::string_view endpoint_name =
      {};                              // X in AWS_ENDPOINT_URL_X; lower case in `services` sections
  std::string_view host_prefix = {};   // "logs" in logs.eu-west-1.amazonaws.com
  std::string_view signing_name = {};  // in the SigV4 scope
  Protocol protocol = Protocol::query;
  std::string_view api_version = {};    // of query services
  std::string_view target_prefix = {};  // of JSON services: "AmazonSQS"
  std::size_t concurrency = 10;         // calls in flight at once
  double calls_per_second = 0;          // paced to this; 0: not paced
  bool is_global = false;               // one endpoint per partition (IAM)
};

namespace service {

inline constexpr Service s3{.id = "s3",
                            .title = "Amazon S3",
                            .endpoint_name = "S3",
                            .host_prefix = "s3",
                            .signing_name = "s3",
                            .protocol = Protocol::rest_xml,
                            .api_version = "2006-03-01",
                            .concurrency = 20};
inline constexpr Service sqs{.id = "sqs",
                             .title = "Amazon SQS",
                             .endpoint_name = "SQS",
                             .host_prefix = "sqs",
                             .signing_name = "sqs",
                             .protocol = Protocol::json_1_0,
                             .api_version = "2012-11-05",
                             .target_prefix = "AmazonSQS",
                             .concurrency = 20};
inline constexpr Service sns{.id = "sns",
                             .title = "Amazon SNS",
                             .endpoint_name = "SNS",
                             .host_prefix = "sns",
                             .signing_name = "sns",
                             .protocol = Protocol::query,
                             .api_version = "2010-03-31",
                             .concurrency = 20};
inline constexpr Service iam{.id = "iam",
                             .title = "AWS IAM",
                             .endpoint_name = "IAM",
                             .host_prefix = "iam",
                             .signing_name = "iam",
                             .protocol = Protocol::query,
                             .api_version = "2010-05-08",
                             .concurrency = 10,
                             .is_global = true};
inline constexpr Service sts{.id = "sts",
                             .title = "AWS STS",
                             .endpoint_name = "STS",
                             .host_prefix = "sts",
                             .signing_name = "sts",
                             .protocol = Protocol::query,
                             .api_version = "2011-06-15",
                             .concurrency = 10};
inline constexpr Service lambda{.id = "lambda",
                                .title = "AWS Lambda",
                                .endpoint_name = "LAMBDA",
                                .host_prefix = "lambda",
                                .signing_name = "lambda",
                                .protocol = Protocol::rest_json,
                                .api_version = "2015-03-31",
                                .concurrency = 6,
                                .calls_per_second = 15};
inline constexpr Service scheduler{.id = "scheduler",
                                   .title = "EventBridge Scheduler",
                                   .endpoint_name = "SCHEDULER",
                                   .host_prefix = "scheduler",
                                   .signing_name = "scheduler",
                                   .protocol = Protocol::rest_json,
                                   .api_version = "2021-06-30",
                                   .concurrency = 20};
inline constexpr Service states{.id = "states",
                                .title = "AWS Step Functions",
                                .endpoint_name = "SFN",
                                .host_prefix = "states",
                                .signing_name = "states",
                                .protocol = Protocol::json_1_0,
                                .api_version = "2016-11-23",
                                .target_prefix = "AWSStepFunctions",
                                .concurrency = 20};
inline constexpr Service logs{.id = "logs",
                              .title = "CloudWatch Logs",
                              .endpoint_name = "CLOUDWATCH_LOGS",
                              .host_prefix = "logs",
                              .signing_name = "logs",
                              .protocol = Protocol::json_1_1,
                              .api_version = "2014-03-28",
                              .target_prefix = "Logs_20140328",
                              .concurrency = 5};
inline constexpr Service secretsmanager{.id = "secretsmanager",
                                        .title = "AWS Secrets Manager",
                                        .endpoint_name = "SECRETS_MANAGER",
                                        .host_prefix = "secretsmanager",
                                        .signing_name = "secretsmanager",
                                        .protocol = Protocol::json_1_1,
                                        .api_version = "2017-10-17",
                                        .target_prefix = "secretsmanager",
                                        .concurrency = 10};
inline constexpr Service kms{.id = "kms",
                             .title = "AWS KMS",
                             .endpoint_name = "KMS",
                             .host_prefix = "kms",
                             .signing_name = "kms",
                             .protocol = Protocol::json_1_1,
                             .api_version = "2014-11-01",
                             .target_prefix = "TrentService",
                             .concurrency = 5};
inline constexpr Service cloudwatch{.id = "cloudwatch",
                                    .title = "Amazon CloudWatch",
                                    .endpoint_name = "CLOUDWATCH",
                                    .host_prefix = "monitoring",
                                    .signing_name = "monitoring",
                                    .protocol = Protocol::json_1_0,
                                    .api_version = "2010-08-01",
                                    .target_prefix = "GraniteServiceVersion20100801",
                                    .concurrency = 3,
                                    .calls_per_second = 3};
inline constexpr Service ecr{.id = "ecr",
                             .title = "Amazon ECR",
                             .endpoint_name = "ECR",
                             .host_prefix = "api.ecr",
                             .signing_name = "ecr",
                             .protocol = Protocol::json_1_1,
                             .api_version = "2015-09-21",
                             .target_prefix = "AmazonEC2ContainerRegistry_V20150921",
                             .concurrency = 10};
inline constexpr Service events{.id = "events",
                                .title = "Amazon EventBridge",
                                .endpoint_name = "EVENTBRIDGE",
                                .host_prefix = "events",
                                .signing_name = "events",
                                .protocol = Protocol::json_1_1,
                                .api_version = "2015-10-07",
                                .target_prefix = "AWSEvents",
                                .concurrency = 10};
inline constexpr Service tagging{.id = "tag",
                                 .title = "AWS Resource Groups Tagging",
                                 .endpoint_name = "RESOURCE_GROUPS_TAGGING_API",
                                 .host_prefix = "tagging",
                                 .signing_name = "tagging",
                                 .protocol = Protocol::json_1_1,
                                 .api_version = "2017-01-26",
                                 .target_prefix = "ResourceGroupsTaggingAPI_20170126",
                                 .concurrency = 5};

}  // namespace service

}  // namespace firn::aws
