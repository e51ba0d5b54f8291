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
              "Environment": {"Variables": {"PASSWORD": "hunter2", "PLAIN": "q",
                                            "THEIRS": "abc"}}}})")}}});
  ResourceRecord record;
  record.type = "aws.lambda_function";
  record.name = "process";
  Map environment;
  environment.set("PASSWORD", Value::sealed_secret("hmac-sha256:abc"));
  environment.set("PLAIN", "p");
  Map inputs;
  inputs.set("environment", std::move(environment));
  record.inputs = Value(std::move(inputs));
  const auto seen = rig_.scheduler.run(find_type("aws.lambda_function")->read(client_, record));
  ASSERT_TRUE(seen);
  const Value& variables = *seen->inputs.find("environment");
  EXPECT_EQ(variables.at("PASSWORD"), Value::secret("hunter2"));
  EXPECT_EQ(variables.at("PLAIN"), Value("q"));
  EXPECT_EQ(variables.at("THEIRS"), Value::secret("abc")) << "nobody here knows what it is";
}

// --- images, and events that nobody waits for

constexpr const char* kImage =
    R"({"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/worker@sha256:1", "timeout": 60,
        "image_config": {"command": ["a.b"]}, "role": "arn:aws:iam::123456789012:role/R"})";

TEST_F(ServiceTypes, FunctionFromAnImageSaysNothingOfCode) {
  script({{"CreateFunction",
           {json_error(403, "AccessDeniedException",
                       "Lambda does not have permission to access the ECR image. Check the ECR "
                       "permissions."),
            respond(201, R"({"State": "Active"})")}}});
  Operation function = operation("aws.lambda_function", "worker", kImage);
  const auto created = create(function);
  ASSERT_TRUE(created) << render(created.error());
  EXPECT_EQ(reports_, Names{"waiting until Lambda may pull the function's image"});
  const Value body = json(request("CreateFunction").body);
  EXPECT_EQ(body.at("PackageType"), Value("Image"));
  EXPECT_EQ(body.at("Code"), json(R"({"ImageUri":
      "123456789012.dkr.ecr.eu-west-1.amazonaws.com/worker@sha256:1"})"));
  EXPECT_EQ(body.at("ImageConfig"), json(R"({"Command": ["a.b"]})"));
  for (const char* member : {"Runtime", "Handler", "Layers"})
    EXPECT_EQ(body.find(member), nullptr) << member;
}

TEST_F(ServiceTypes, FunctionTakesANewImageInPlace) {
  script({{"UpdateFunctionCode", {respond(200, R"({"LastUpdateStatus": "Successful"})")}}});
  Operation function = operation("aws.lambda_function", "worker", kImage);
  function.changed = {"image"};
  ASSERT_TRUE(update(function));
  EXPECT_EQ(operations(), Names{"UpdateFunctionCode"});
  EXPECT_EQ(json(request("UpdateFunctionCode").body).at("ImageUri"),
            Value("123456789012.dkr.ecr.eu-west-1.amazonaws.com/worker@sha256:1"));
}

TEST_F(ServiceTypes, FunctionFromAnImageIsShownWithIt) {
  script({{"GetFunction", {respond(200, R"({"Code": {"ImageUri": "uri@sha256:2"},
      "Configuration": {"PackageType": "Image", "Role": "r",
                        "ImageConfigResponse": {"ImageConfig": {"Command": ["x"]}}}})")}}});
  ResourceRecord record;
  record.name = "worker";
  record.inputs = json(kImage);
  const auto seen = rig_.scheduler.run(find_type("aws.lambda_function")->read(client_, record));
  ASSERT_TRUE(seen);
  EXPECT_EQ(*seen->inputs.find("image"), Value("uri@sha256:2"));
  EXPECT_EQ(*seen->inputs.find("image_config"), json(R"({"command": ["x"]})"));
  EXPECT_EQ(seen->inputs.find("runtime"), nullptr);
}

TEST(FunctionPackage, CodeAndImageAreMadeAnewFromEachOther) {
  const ResourceType& type = *find_type("aws.lambda_function")->type;
  const Value present("something");
  const struct {
    const char* attribute;
    Value before;
    Value after;
    OnChange cost;
  } rows[] = {{"code", present, Value(), OnChange::replace},
              {"image", present, Value(), OnChange::replace},
              {"code", present, Value("else"), OnChange::update},
              {"image", Value(), present, OnChange::update},
              {"handler", present, Value(), OnChange::update}};
  for (const auto& row : rows) {
    std::string reason;
    std::string loss;
    EXPECT_EQ(type.judge_change(row.before, row.after, row.attribute, reason, loss), row.cost)
        << row.attribute;
    EXPECT_EQ(reason.empty(), row.cost == OnChange::update);
    EXPECT_TRUE(loss.empty());
  }
}

TEST(FunctionPackage, IsOneOfTheTwoWithWhatBelongsToIt) {
  const struct {
    const char* inputs;
    const char* path;
    const char* summary;
  } rows[] = {
      {"{}", "", "the function is made of nothing"},
      {R"({"code": "c", "image": "i"})", "image",
       "a function is made of code or of an image, not of both"},
      {R"({"code": "c", "runtime": "python3.13"})", "", "handler is missing"},
      {R"({"code": "c", "handler": "a.b"})", "", "runtime is missing"},
      {R"({"code": "c", "handler": "a.b", "runtime": "python3.13", "image_config": {"command": ["a"]}})",
       "image_config", "image_config goes with an image only"},
      {R"({"image": "1.dkr.ecr.eu-west-1.amazonaws.com/r:1", "handler": "a.b"})", "handler",
       "an image brings its own handler"},
      {R"({"image": "1.dkr.ecr.eu-west-1.amazonaws.com/r:1", "layers": ["l"]})", "layers",
       "an image brings its own layers"},
      {R"({"image": "1.dkr.ecr.eu-west-1.amazonaws.com/r"})", "image",
       "\"1.dkr.ecr.eu-west-1.amazonaws.com/r\" is no image that Lambda takes"},
      {R"({"image": "public.ecr.aws/r:1"})", "image",
       "\"public.ecr.aws/r:1\" is no image that Lambda takes"},
      {R"({"image": "1.dkr.ecr.us-east-1.amazonaws.com/r:1"})", "image",
       "the image is in another region than the function"},
      {R"({"image": "1.dkr.ecr.eu-west-1.amazonaws.com/r:1",
           "async": {"on_success": "arn:aws:s3:::b"}})",
       "async.on_success", "\"arn:aws:s3:::b\" is no destination for on_success"},
      {R"({"image": "1.dkr.ecr.eu-west-1.amazonaws.com/r:1",
           "async": {"on_failure": "arn:aws:sqs:eu-west-1:1:q.fifo"}})",
       "async.on_failure", "Lambda sends to standard queues and topics only"},
  };
  const ResourceType& type = *find_type("aws.lambda_function")->type;
  for (const auto& row : rows) {
    std::vector<Problem> problems;
    type.validate(Rig::options().placement, "f", json(row.inputs), problems);
    ASSERT_EQ(problems.size(), 1U) << row.inputs;
    EXPECT_EQ(problems[0].path, row.path);
    EXPECT_EQ(problems[0].summary, row.summary);
  }
}

TEST_F(ServiceTypes, AsynchronousSettingsArePutAsAWholeAndTakenAway) {
  script({{"PutFunctionEventInvokeConfig",
           {json_error(400, "InvalidParameterValueException",
                       "The function's execution role does not have permissions to call "
                       "SendMessage on arn:dead"),
            respond(200, "{}")}},
          {"DeleteFunctionEventInvokeConfig",
           {json_error(404, "ResourceNotFoundException", "none")}}});
  Operation function = operation("aws.lambda_function", "worker", R"({"role": "r",
      "async": {"retries": 0, "on_failure": "arn:aws:sqs:eu-west-1:123456789012:dead"}})");
  function.changed = {"async"};
  ASSERT_TRUE(update(function));
  EXPECT_EQ(request("PutFunctionEventInvokeConfig").path,
            "/2019-09-25/functions/worker/event-invoke-config");
  EXPECT_EQ(json(request("PutFunctionEventInvokeConfig").body),
            json(R"({"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 21600,
                     "DestinationConfig": {"OnFailure":
                        {"Destination": "arn:aws:sqs:eu-west-1:123456789012:dead"}}})"));
  EXPECT_EQ(reports_, Names{"waiting until the function's role may send to the destination"});
  Operation without = operation("aws.lambda_function", "worker", R"({"role": "r"})");
  without.changed = {"async"};
  EXPECT_TRUE(update(without));
}

TEST_F(ServiceTypes, AsynchronousSettingsAreReadOnlyForThoseWhoManageThem) {
  script({{"GetFunction", {respond(200, R"({"Configuration": {"State": "Active"}})")}},
          {"GetFunctionEventInvokeConfig",
           {respond(200, R"({"MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 60,
              "DestinationConfig": {"OnSuccess": {}, "OnFailure": {"Destination": "arn:d"}}})")}}});
  ResourceRecord record;
  record.name = "worker";
  record.inputs = json(R"({"role": "r"})");
  const auto plain = rig_.scheduler.run(find_type("aws.lambda_function")->read(client_, record));
  ASSERT_TRUE(plain);
  EXPECT_EQ(operations(), Names{"GetFunction"});
  record.inputs = json(R"({"role": "r", "async": {"retries": 1}})");
  const auto managed = rig_.scheduler.run(find_type("aws.lambda_function")->read(client_, record));
  ASSERT_TRUE(managed);
  EXPECT_EQ(*managed->inputs.find("async"),
            json(R"({"retries": 1, "maximum_event_age": 60, "on_failure": "arn:d"})"));
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
