// What failures of each protocol are understood as.
#include "providers/aws/error.h"

#include <gtest/gtest.h>

#include "tests/aws/rig.h"

namespace firn::aws {
namespace {

using test::respond;

struct Row {
  const char* name;
  const Service* service;
  http::Response response;
  const char* code;
  const char* message;
  const char* request_id;
  ErrorKind kind;
};

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      {"query", &service::iam,
       respond(404,
               "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error>"
               "<Type>Sender</Type><Code>NoSuchEntity</Code><Message>gone</Message></Error>"
               "<RequestId>q-1</RequestId></ErrorResponse>"),
       "NoSuchEntity", "gone", "q-1", ErrorKind::not_found},
      {"s3", &service::s3,
       respond(404,
               "<?xml version=\"1.0\"?>\n<Error><Code>NoSuchBucket</Code><Message>The specified "
               "bucket does not exist</Message><RequestId>s-1</RequestId></Error>",
               {{"x-amz-request-id", "s-2"}}),
       "NoSuchBucket", "The specified bucket does not exist", "s-2", ErrorKind::not_found},
      {"s3_arguments", &service::s3,
       respond(400,
               "<Error><Code>InvalidArgument</Code><Message>Unable to validate the following "
               "destination configurations</Message><ArgumentName1>arn:q</ArgumentName1>"
               "<ArgumentValue1>The destination queue does not exist</ArgumentValue1></Error>"),
       "InvalidArgument",
       "Unable to validate the following destination configurations: arn:q: The destination queue "
       "does not exist",
       "", ErrorKind::invalid_input},
      {"s3_head_without_body", &service::s3, respond(404, ""), "404", "", "", ErrorKind::not_found},
      {"s3_head_denied", &service::s3, respond(403, ""), "403", "", "", ErrorKind::denied},
      {"json", &service::logs,
       respond(400, R"({"__type":"ResourceNotFoundException","message":"no such group"})",
               {{"x-amzn-requestid", "j-1"}}),
       "ResourceNotFoundException", "no such group", "j-1", ErrorKind::not_found},
      {"json_with_namespace", &service::states,
       respond(400, R"({"__type":"com.amazonaws.swf.service.v2.model#StateMachineDoesNotExist",)"
                    R"("Message":"none"})"),
       "StateMachineDoesNotExist", "none", "", ErrorKind::not_found},
      {"sqs_new_name", &service::sqs,
       respond(400, R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"none"})",
               {{"x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender"}}),
       "QueueDoesNotExist", "none", "", ErrorKind::not_found},
      {"sqs_old_name", &service::sqs,
       respond(400, R"({"__type":"AWS.SimpleQueueService.NonExistentQueue","message":"none"})"),
       "QueueDoesNotExist", "none", "", ErrorKind::not_found},
      {"rest_json_header", &service::lambda,
       respond(409, R"({"Type":"User","message":"Function already exist: f"})",
               {{"x-amzn-errortype", "ResourceConflictException:http://internal/"}}),
       "ResourceConflictException", "Function already exist: f", "", ErrorKind::conflict},
      {"rest_json_body", &service::scheduler, respond(400, R"({"code":"x#ValidationException"})"),
       "ValidationException", "", "", ErrorKind::invalid_input},
      {"xml_for_a_json_service", &service::sqs,
       respond(403,
               "<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>bad key"
               "</Message></Error></ErrorResponse>"),
       "InvalidClientTokenId", "bad key", "", ErrorKind::credentials},
      {"html_from_a_proxy", &service::iam, respond(502, "<html><body>Bad Gateway</body></html>"),
       "502", "", "", ErrorKind::unavailable},
      {"throttled", &service::iam,
       respond(400,
               "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message>"
               "</Error></ErrorResponse>"),
       "Throttling", "Rate exceeded", "", ErrorKind::throttled},
      {"slow_down", &service::s3, respond(503, "<Error><Code>SlowDown</Code></Error>"), "SlowDown",
       "", "", ErrorKind::throttled},
      {"hard_quota_is_no_throttle", &service::logs,
       respond(400, R"({"__type":"LimitExceededException","message":"too many"})"),
       "LimitExceededException", "too many", "", ErrorKind::invalid_input},
  };
  return all;
}

class Errors : public testing::TestWithParam<Row> {};

TEST_P(Errors, AreUnderstood) {
  const Row& row = GetParam();
  const ServiceError error = parse_error(*row.service, row.response);
  EXPECT_EQ(error.code, row.code);
  EXPECT_EQ(error.message, row.message);
  EXPECT_EQ(error.request_id, row.request_id);
  Call call;
  call.service = row.service;
  call.operation = "DoIt";
  EXPECT_EQ(to_error(call, error).kind, row.kind);
}

INSTANTIATE_TEST_SUITE_P(Protocols, Errors, testing::ValuesIn(rows()),
                         [](const auto& row) { return std::string(row.param.name); });

struct Classified {
  const Service* service;
  int status;
  const char* code;
  const char* message;
  ErrorClass expected;
};

TEST(ErrorClasses, TellBusyFromBroken) {
  const std::vector<Classified> table = {
      {&service::lambda, 409, "ResourceConflictException",
       "The operation cannot be performed at this time. An update is in progress for resource: f",
       ErrorClass::conflict},
      {&service::lambda, 409, "ResourceConflictException",
       "The function is currently in the following state: Pending", ErrorClass::conflict},
      {&service::lambda, 409, "ResourceConflictException", "Function already exist: f",
       ErrorClass::final},
      {&service::s3, 409, "OperationAborted", "", ErrorClass::conflict},
      {&service::s3, 409, "BucketNotEmpty", "", ErrorClass::final},
      {&service::s3, 400, "RequestTimeout", "", ErrorClass::transient},
      {&service::sqs, 403, "RequestThrottled", "", ErrorClass::throttled},
      {&service::scheduler, 429, "ThrottlingException", "", ErrorClass::throttled},
      {&service::s3, 403, "RequestTimeTooSkewed", "", ErrorClass::clock},
      {&service::sts, 403, "ExpiredToken", "", ErrorClass::expired},
  };
  for (const Classified& row : table) {
    ServiceError error;
    error.status = row.status;
    error.code = row.code;
    error.message = row.message;
    EXPECT_EQ(classify(*row.service, error), row.expected) << row.code << " " << row.message;
  }
}

TEST(ErrorAdvice, NamesTheMissingPermission) {
  ServiceError error;
  error.status = 403;
  error.code = "AccessDenied";
  error.message = "User: arn:aws:iam::1:user/u is not authorized to perform: s3:PutBucketPolicy";
  Call call;
  call.service = &service::s3;
  call.operation = "PutBucketPolicy";
  call.address = "data";
  const Error told = to_error(call, error);
  EXPECT_EQ(told.operation, "s3:PutBucketPolicy");
  EXPECT_NE(told.detail.find(error.message), std::string::npos);
  EXPECT_NE(told.remedy.find("s3:PutBucketPolicy"), std::string::npos);
}

}  // namespace
}  // namespace firn::aws
