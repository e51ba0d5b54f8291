// Lambda: functions, the states they go through, their code and their policy.
#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "core/value/json.h"
#include "tests/sandbox_aws/harness.h"

namespace firn::sandbox::testing {
namespace {

constexpr const char* functions = "/2015-03-31/functions";
constexpr const char* one = "/2015-03-31/functions/fetch";
constexpr const char* arn = "arn:aws:lambda:eu-west-1:123456789012:function:fetch";

class LambdaTest : public FileTest {
 protected:
  LambdaTest() : role_(ready_role("FetchRole", "lambda.amazonaws.com")) {}

  Map body(const Map& changes = {}) const {
    Map all{{"FunctionName", "fetch"},
            {"Runtime", "python3.12"},
            {"Handler", "main.handler"},
            {"Role", role_},
            {"Code", Map{{"ZipFile", small_zip()}}}};
    for (const auto& [name, value] : changes)
      all.set(name, value);
    return all;
  }
  Reply create(const Map& changes = {}) {
    return aws->rest("lambda", "POST", functions, Value(body(changes)));
  }
  Reply get(const std::string& path = one) { return aws->rest("lambda", "GET", path); }
  Value configuration() { return get().json().at("Configuration"); }
  Reply configure(const Map& input) {
    return aws->rest("lambda", "PUT", std::string(one) + "/configuration", Value(input));
  }
  Reply recode(const Map& input) {
    return aws->rest("lambda", "PUT", std::string(one) + "/code", Value(input));
  }
  void ready() { advance(std::chrono::seconds(3)); }

  std::string role_;
};

TEST_F(LambdaTest, AFunctionIsPendingThenActiveThenGone) {
  const Reply made = create({{"Tags", Map{{"team", "data"}}}});
  ASSERT_EQ(made.status, 201) << made;
  EXPECT_EQ(made.json().string_or("State", ""), "Pending");
  EXPECT_EQ(made.json().string_or("StateReasonCode", ""), "Creating");
  EXPECT_EQ(made.json().find("LastUpdateStatus"), nullptr);
  EXPECT_EQ(made.json().string_or("FunctionArn", ""), arn);
  ready();
  const Value shown = configuration();
  EXPECT_EQ(shown.string_or("State", ""), "Active");
  EXPECT_EQ(shown.string_or("LastUpdateStatus", ""), "Successful");
  EXPECT_EQ(shown.int_or("Timeout", 0), 3);
  EXPECT_EQ(shown.int_or("MemorySize", 0), 128);
  EXPECT_EQ(shown.at_path("EphemeralStorage.Size").as_int(), 512);
  EXPECT_EQ(to_json(shown.at("Architectures")), R"(["x86_64"])");
  EXPECT_EQ(shown.at_path("LoggingConfig.LogGroup").as_string(), "/aws/lambda/fetch");
  EXPECT_TRUE(shown.string_or("LastModified", "").ends_with("+0000"));
  EXPECT_EQ(get().json().at_path("Tags.team").as_string(), "data");
  EXPECT_EQ(aws->rest("lambda", "DELETE", one).status, 204);
  expect_refused(
      "gone", [&] { return get(); },
      {404, "ResourceNotFoundException", std::string("Function not found: ") + arn, "rest"});
  expect_refused("deleting again", [&] { return aws->rest("lambda", "DELETE", one); },
                 {404, "ResourceNotFoundException", "Function not found", "rest"});
}

TEST_F(LambdaTest, TheHashIsThatOfTheArchive) {
  EXPECT_OK(create());
  const std::string bytes = decode_base64(small_zip()).value();
  EXPECT_EQ(configuration().string_or("CodeSha256", ""), base64(sha256(bytes)));
  EXPECT_EQ(configuration().int_or("CodeSize", 0), static_cast<std::int64_t>(bytes.size()));
  ready();
  const std::string other_code = base64(bytes + "more");
  const auto dry = recode({{"ZipFile", other_code}, {"DryRun", true}});
  EXPECT_EQ(dry.json().string_or("CodeSha256", ""), base64(sha256(bytes + "more")));
  EXPECT_EQ(configuration().string_or("CodeSha256", ""), base64(sha256(bytes)));
  EXPECT_OK(recode({{"ZipFile", other_code}}));
  EXPECT_EQ(configuration().string_or("CodeSha256", ""), base64(sha256(bytes + "more")));
}

TEST_F(LambdaTest, CodeMayComeFromABucket) {
  EXPECT_OK(create_bucket("code"));
  EXPECT_OK(aws->s3("PUT", "code", "/f.zip", decode_base64(small_zip()).value()));
  const auto from = [](const std::string& bucket, const std::string& key) {
    return Map{{"Code", Map{{"S3Bucket", bucket}, {"S3Key", key}}}};
  };
  expect_refused("no such bucket", [&] { return create(from("none", "f.zip")); },
                 {400, "InvalidParameterValueException", "S3 Error Code: NoSuchBucket", "rest"});
  expect_refused("no such key", [&] { return create(from("code", "g.zip")); },
                 {400, "InvalidParameterValueException", "S3 Error Code: NoSuchKey", "rest"});
  EXPECT_OK(create(from("code", "f.zip")));
  EXPECT_EQ(configuration().string_or("CodeSha256", ""),
            base64(sha256(decode_base64(small_zip()).value())));
}

TEST_F(LambdaTest, ARoleMustBeAssumableByNow) {
  const char* const wanted = "The role defined for the function cannot be assumed by Lambda.";
  const std::string states_role = ready_role("States", "states.amazonaws.com");
  const std::string fresh = "arn:aws:iam::123456789012:role/Fresh";
  EXPECT_OK(
      aws->query("iam", {{"Action", "CreateRole"},
                         {"RoleName", "Fresh"},
                         {"AssumeRolePolicyDocument", service_trust("lambda.amazonaws.com")}}));
  expect_refused("just made",
                 [&] {
                   return create({{"Role", fresh}});
                 },
                 {400, "InvalidParameterValueException", wanted, "rest"});
  expect_refused("never made",
                 [&] {
                   return create({{"Role", "arn:aws:iam::123456789012:role/None"}});
                 },
                 {400, "InvalidParameterValueException", wanted, "rest"});
  expect_refused("for another service",
                 [&] {
                   return create({{"Role", states_role}});
                 },
                 {400, "InvalidParameterValueException", wanted, "rest"});
  advance(std::chrono::seconds(8));
  EXPECT_OK(create({{"Role", fresh}}));
}

TEST_F(LambdaTest, OneChangeAtATime) {
  EXPECT_OK(create());
  const char* const pending = "The function is currently in the following state: Pending";
  expect_refused("code while pending",
                 [&] {
                   return recode({{"ZipFile", small_zip()}});
                 },
                 {409, "ResourceConflictException", pending, "rest"});
  expect_refused("configuration while pending",
                 [&] {
                   return configure({{"Timeout", 9}});
                 },
                 {409, "ResourceConflictException", pending, "rest"});
  ready();
  const Reply changed = configure({{"Timeout", 9}});
  EXPECT_EQ(changed.json().string_or("LastUpdateStatus", ""), "InProgress");
  EXPECT_EQ(changed.json().string_or("State", ""), "Active");
  expect_refused("code during an update",
                 [&] {
                   return recode({{"ZipFile", small_zip()}});
                 },
                 {409, "ResourceConflictException",
                  std::string("An update is in progress for resource: ") + arn, "rest"});
  ready();
  EXPECT_EQ(configuration().string_or("LastUpdateStatus", ""), "Successful");
  EXPECT_OK(recode({{"ZipFile", small_zip()}}));
}

TEST_F(LambdaTest, ARevisionIsALock) {
  EXPECT_OK(create());
  ready();
  const std::string revision = configuration().string_or("RevisionId", "");
  EXPECT_OK(configure({{"Timeout", 9}, {"RevisionId", revision}}));
  ready();
  expect_refused("the one before",
                 [&] {
                   return configure({{"Timeout", 10}, {"RevisionId", revision}});
                 },
                 {412, "PreconditionFailedException", "does not match the latest", "rest"});
}

TEST_F(LambdaTest, WhatIsNotNamedIsKeptAndEmptyClears) {
  EXPECT_OK(create({{"Environment", Map{{"Variables", Map{{"STAGE", "dev"}}}}},
                    {"Description", "first"},
                    {"Timeout", 30}}));
  ready();
  EXPECT_OK(configure({{"MemorySize", 256}}));
  EXPECT_EQ(configuration().at_path("Environment.Variables.STAGE").as_string(), "dev");
  EXPECT_EQ(configuration().int_or("Timeout", 0), 30);
  ready();
  EXPECT_OK(configure({{"Environment", Map{{"Variables", Map{}}}}, {"Description", ""}}));
  EXPECT_EQ(configuration().find("Environment"), nullptr);
  EXPECT_EQ(configuration().string_or("Description", "x"), "");
}

TEST_F(LambdaTest, LayersAreNamedByTheirVersions) {
  const std::string layer = "arn:aws:lambda:eu-west-1:210987654321:layer:pandas:7";
  const List layers{Value(layer)};
  EXPECT_OK(create({{"Layers", Value(layers)}}));
  EXPECT_EQ(configuration().at("Layers").as_list().at(0).string_or("Arn", ""), layer);
  ready();
  EXPECT_OK(configure({{"Layers", List{}}}));
  EXPECT_EQ(configuration().find("Layers"), nullptr);
  ready();
  List six;
  for (int i = 0; i < 6; ++i)
    six.emplace_back(layer);
  const List unversioned{Value("arn:aws:lambda:eu-west-1:123456789012:layer:pandas")};
  expect_refused("six",
                 [&] {
                   return configure({{"Layers", Value(six)}});
                 },
                 {400, "InvalidParameterValueException", "more than 5 layers", "rest"});
  expect_refused("without a version",
                 [&] {
                   return configure({{"Layers", Value(unversioned)}});
                 },
                 {400, "InvalidParameterValueException", "not a valid layer version", "rest"});
}

struct Bad {
  const char* what;
  Map changes;
  const char* code;
  const char* message;
};

TEST_F(LambdaTest, BadFunctionsAreNotMade) {
  const List both{Value("x86_64"), Value("arm64")};
  const char* const value = "InvalidParameterValueException";
  const char* const validation = "ValidationException";
  const Bad rows[] = {
      {"a blank in the name", {{"FunctionName", "my fetch"}}, validation, "functionName"},
      {"a name of 65", {{"FunctionName", std::string(65, 'f')}}, validation, "functionName"},
      {"a role that is no ARN", {{"Role", "FetchRole"}}, validation, "'role'"},
      {"a runtime that is gone", {{"Runtime", "python3.7"}}, value, "no longer supported"},
      {"a runtime that never was", {{"Runtime", "cobol85"}}, value, "cobol85"},
      {"no handler", {{"Handler", ""}}, value, "Runtime and Handler are mandatory"},
      {"901 seconds", {{"Timeout", 901}}, validation, "'timeout'"},
      {"no time", {{"Timeout", 0}}, validation, "'timeout'"},
      {"127 MB", {{"MemorySize", 127}}, validation, "'memorySize'"},
      {"20 GB of disk",
       {{"EphemeralStorage", Map{{"Size", 20480}}}},
       validation,
       "'ephemeralStorage.size'"},
      {"a reserved variable",
       {{"Environment", Map{{"Variables", Map{{"AWS_REGION", "eu-west-1"}}}}}},
       value,
       "reserved keys"},
      {"a variable with a dash",
       {{"Environment", Map{{"Variables", Map{{"A-B", "x"}}}}}},
       validation,
       "environment.variables"},
      {"5 KB of variables",
       {{"Environment", Map{{"Variables", Map{{"BIG", std::string(5000, 'x')}}}}}},
       value,
       "4KB limit"},
      {"two architectures", {{"Architectures", Value(both)}}, value, "Architectures"},
      {"no code", {{"Code", Map{}}}, value, "Please provide a source for function code."},
      {"empty code", {{"Code", Map{{"ZipFile", ""}}}}, value, "non-empty zip"},
      {"code that is no archive",
       {{"Code", Map{{"ZipFile", base64("print(1)")}}}},
       value,
       "Could not unzip uploaded file"},
      {"a level for text logs",
       {{"LoggingConfig", Map{{"LogFormat", "Text"}, {"SystemLogLevel", "WARN"}}}},
       value,
       "SystemLogLevel"},
      {"a tag of AWS's", {{"Tags", Map{{"aws:x", "y"}}}}, value, "tags"},
  };
  for (const Bad& row : rows) {
    expect_refused(row.what, [&] { return create(row.changes); },
                   {400, row.code, row.message, "rest"});
  }
  EXPECT_OK(create());
  expect_refused("a name that is taken", [&] { return create(); },
                 {409, "ResourceConflictException", "Function already exist: fetch", "rest"});
}

TEST_F(LambdaTest, WhatASandboxCannotDoItSays) {
  const struct {
    const char* member;
    Map changes;
  } rows[] = {{"VpcConfig", {{"VpcConfig", Map{{"SubnetIds", List{Value("subnet-1")}}}}}},
              {"Publish", {{"Publish", true}}}};
  for (const auto& row : rows) {
    expect_refused(
        row.member, [&] { return create(row.changes); },
        {501, "NotImplemented",
         fmt::format("firn sandbox does not know {} of lambda:CreateFunction", row.member),
         "rest"});
  }
}

// --- policy

TEST_F(LambdaTest, PermissionsAreStatementsOfAPolicy) {
  EXPECT_OK(create());
  const std::string path = std::string(one) + "/policy";
  const auto add = [&](const Map& input) {
    return aws->rest("lambda", "POST", path, Value(input));
  };
  expect_refused(
      "none yet", [&] { return get(path); },
      {404, "ResourceNotFoundException", "The resource you requested does not exist.", "rest"});
  const Map s3{{"StatementId", "s3-invokes"},
               {"Action", "lambda:InvokeFunction"},
               {"Principal", "s3.amazonaws.com"},
               {"SourceArn", "arn:aws:s3:::lake"},
               {"SourceAccount", account_a}};
  EXPECT_EQ(add(s3).status, 201);
  const Value policy = parse_json(get(path).json().string_or("Policy", "")).value_or(Value());
  EXPECT_EQ(policy.string_or("Version", ""), "2012-10-17");
  EXPECT_EQ(policy.string_or("Id", ""), "default");
  const Value statement = policy.at("Statement").as_list().at(0);
  EXPECT_EQ(
      statement,
      parse_json(
          R"({"Sid":"s3-invokes","Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:eu-west-1:123456789012:function:fetch","Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::lake"},"StringEquals":{"AWS:SourceAccount":"123456789012"}}})")
          .value())
      << to_json(statement);
  expect_refused("the same Sid", [&] { return add(s3); },
                 {409, "ResourceConflictException",
                  "The statement id (s3-invokes) provided already exists.", "rest"});
  Map nobody = s3;
  nobody.set("StatementId", "x");
  nobody.set("Principal", "arn:aws:iam::123456789012:role/None");
  expect_refused(
      "a principal that is not there", [&] { return add(nobody); },
      {400, "InvalidParameterValueException", "The provided principal was invalid", "rest"});
  EXPECT_EQ(aws->rest("lambda", "DELETE", path + "/s3-invokes").status, 204);
  expect_refused("removing it again",
                 [&] { return aws->rest("lambda", "DELETE", path + "/s3-invokes"); },
                 {404, "ResourceNotFoundException",
                  "No policy is associated with the given resource.", "rest"});
}

TEST_F(LambdaTest, ReservedConcurrencyLeavesSomeForTheOthers) {
  EXPECT_OK(create());
  const std::string path = "/2017-10-31/functions/fetch/concurrency";
  expect_refused(
      "all of it",
      [&] {
        return aws->rest("lambda", "PUT", path, Map{{"ReservedConcurrentExecutions", 901}});
      },
      {400, "InvalidParameterValueException", "below its minimum value of [100]", "rest"});
  EXPECT_OK(aws->rest("lambda", "PUT", path, Map{{"ReservedConcurrentExecutions", 5}}));
  EXPECT_EQ(get().json().at_path("Concurrency.ReservedConcurrentExecutions").as_int(), 5);
  EXPECT_EQ(aws->rest("lambda", "DELETE", path).status, 204);
  EXPECT_EQ(get().json().find("Concurrency"), nullptr);
}

TEST_F(LambdaTest, TagsGoByTheArn) {
  EXPECT_OK(create());
  const std::string path = "/2017-03-31/tags/" + percent_encode(arn);
  EXPECT_EQ(aws->rest("lambda", "POST", path, Map{{"Tags", Map{{"a", "1"}, {"b c", "2"}}}}).status,
            204);
  EXPECT_EQ(aws->rest("lambda", "DELETE", path + "?tagKeys=a").status, 204);
  EXPECT_EQ(to_json(get(path).json()), R"({"Tags":{"b c":"2"}})");
  expect_refused("of nothing", [&] { return get(path + "x"); },
                 {404, "ResourceNotFoundException", "Function not found", "rest"});
}

TEST_F(LambdaTest, FunctionsAreListedWithoutTheirStates) {
  for (const char* name : {"a", "b", "c"})
    EXPECT_OK(create({{"FunctionName", name}}));
  const Value first = get(std::string(functions) + "?MaxItems=2").json();
  ASSERT_EQ(first.at("Functions").as_list().size(), 2u);
  EXPECT_EQ(first.at("Functions").as_list()[0].find("State"), nullptr);
  const Value second =
      get(fmt::format("{}?Marker={}&MaxItems=2", functions, first.string_or("NextMarker", "")))
          .json();
  EXPECT_EQ(second.at("Functions").as_list().size(), 1u);
  EXPECT_EQ(second.find("NextMarker"), nullptr);
}

}  // namespace
}  // namespace firn::sandbox::testing
