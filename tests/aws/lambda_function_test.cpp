// Functions on the wire: waits, secrets, code that is looked at before any call.
#include <gtest/gtest.h>
#include <string>
#include <unistd.h>
#include <vector>

#include "core/base/digest.h"
#include "tests/aws/type_rig.h"

namespace firn::aws {
namespace {

using namespace test;

constexpr const char* kFunction =
    R"({"code": "code", "runtime": "python3.13", "handler": "process.handler",
        "role": "arn:aws:iam::123456789012:role/R", "environment": {"A": "1"}})";

TEST_F(ServiceTypes, FunctionWaitsForItsRoleAndUntilItIsActive) {
  write("code/process.py", "def handler(event, context): return 1\n");
  script({{"CreateFunction",
           {json_error(400, "InvalidParameterValueException",
                       "The role defined for the function cannot be assumed by Lambda."),
            respond(201, R"({"State": "Pending"})")}},
          {"GetFunction",
           {respond(200, R"({"Configuration": {"State": "Pending"}})"),
            respond(200, R"({"Configuration": {"State": "Active",
                             "LastUpdateStatus": "Successful"}})")}}});
  Operation function = operation("aws.lambda_function", "process", kFunction);
  const auto created = create(function);
  ASSERT_TRUE(created) << render(created.error());
  EXPECT_EQ(identified_after_, 2U);
  EXPECT_EQ(operations().size(), 4U);
  EXPECT_EQ(reports_, (Names{"waiting until Lambda may use the function's role",
                             "waiting until the function is active"}));
  const Value body = json(request("CreateFunction").body);
  EXPECT_EQ(request("CreateFunction").path, "/2015-03-31/functions");
  EXPECT_EQ(body.at_path("Environment.Variables.A"), Value("1"));
  EXPECT_EQ(body.at("MemorySize"), Value(128));
  EXPECT_TRUE(decode_base64(body.at_path("Code.ZipFile").as_string())->starts_with("PK"));
}

TEST_F(ServiceTypes, FunctionThatFailsSaysWhy) {
  write("code/process.py", "def handler(event, context): return 1\n");
  script({{"CreateFunction", {respond(201, R"({"State": "Failed", "StateReason": "Image is gone",
                             "StateReasonCode": "InvalidImage"})")}}});
  Operation function = operation("aws.lambda_function", "process", kFunction);
  const auto created = create(function);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().detail, "Image is gone");
  EXPECT_EQ(created.error().code, "InvalidImage");
  EXPECT_EQ(created.error().operation, "lambda:CreateFunction");
}

TEST_F(ServiceTypes, FunctionTakesCodeAndSettingsOneAfterTheOther) {
  write("code/process.py", "def handler(event, context): return 1\n");
  script(
      {{"UpdateFunctionCode", {respond(200, R"({"LastUpdateStatus": "InProgress"})")}},
       {"GetFunction", {respond(200, R"({"Configuration": {"LastUpdateStatus": "Successful"}})")}},
       {"UpdateFunctionConfiguration", {respond(200, R"({"LastUpdateStatus": "Successful"})")}}});
  Operation function = operation("aws.lambda_function", "process", kFunction);
  function.changed = {"code", "code_sha256", "memory"};
  ASSERT_TRUE(update(function));
  EXPECT_EQ(operations(),
            (Names{"UpdateFunctionCode", "GetFunction", "UpdateFunctionConfiguration"}));
  EXPECT_EQ(request("UpdateFunctionConfiguration").path,
            "/2015-03-31/functions/process/configuration");
}

TEST_F(ServiceTypes, CodeThatChangedSinceThePlanIsNotSent) {
  write("code/process.py", "def handler(event, context): return 1\n");
  Operation function = operation("aws.lambda_function", "process", kFunction);
  Map desired = function.desired.as_map();
  desired.set("code_sha256", "of-the-plan");
  function.desired = Value(desired);
  const auto created = create(function);
  ASSERT_FALSE(created);
  EXPECT_NE(created.error().summary.find("has changed since it was planned"), std::string::npos);
  EXPECT_TRUE(rig_.transport.requests.empty());
}

TEST_F(ServiceTypes, VariablesThatAreSecretStaySecret) {
  script({{"GetFunction", {respond(200, R"({"Configuration": {"State": "Active",
              "Environment": {"Variables": {"PASSWORD": "hunter2", "PLAIN": "p"}}}})")}}});
  ResourceRecord record;
  record.type = "aws.lambda_function";
  record.name = "process";
  Map environment;
  environment.set("PASSWORD", Value::sealed_secret("hmac-sha256:abc"));
  environment.set("PLAIN", "p");
  Map inputs;
  inputs.set("environment", std::move(environment));
  record.inputs = Value(std::move(inputs));
  const Value recorded = record.inputs;
  const auto seen = rig_.scheduler.run(find_type("aws.lambda_function")->read(client_, record));
  ASSERT_TRUE(seen);
  EXPECT_EQ(*seen->inputs.find("environment"), recorded.at("environment"));
}

TEST(FunctionCode, IsLookedAtBeforeAnyCall) {
  const std::string folder = testing::TempDir() + "firn_function_code_" + std::to_string(getpid());
  std::filesystem::remove_all(folder);
  const ResourceType& type = *find_type("aws.lambda_function")->type;
  std::vector<Problem> problems;
  static_cast<void>(type.prepare(folder, json(kFunction), problems));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].path, "code");
  EXPECT_EQ(problems[0].summary, "there is no folder " + folder + "/code");

  std::filesystem::create_directories(folder + "/code");
  std::ofstream(folder + "/code/other.py") << "x = 1\n";
  problems.clear();
  const Value prepared = type.prepare(folder, json(kFunction), problems);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].path, "handler");
  EXPECT_EQ(problems[0].summary, "the handler's file " + folder + "/code/process.py is missing");
  EXPECT_FALSE(prepared.at("code_sha256").is_null());

  std::ofstream(folder + "/code/process.py") << "def handler(event, context): pass\n";
  problems.clear();
  static_cast<void>(type.prepare(folder, json(kFunction), problems));
  EXPECT_TRUE(problems.empty());
}

}  // namespace
}  // namespace firn::aws
