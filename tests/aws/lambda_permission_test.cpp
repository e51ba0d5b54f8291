// Permissions: statements that carry whose they are, and change without a gap.
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "providers/aws/lambda_statement.h"
#include "tests/aws/type_rig.h"

namespace firn::aws {
namespace {

using namespace test;

constexpr const char* function = "arn:aws:lambda:eu-west-1:123456789012:function:transformer";
constexpr const char* from_bucket =
    R"({"function": "arn:aws:lambda:eu-west-1:123456789012:function:transformer",
        "principal": "s3.amazonaws.com", "source_arn": "arn:aws:s3:::lake"})";
constexpr const char* from_other =
    R"({"function": "arn:aws:lambda:eu-west-1:123456789012:function:transformer",
        "principal": "s3.amazonaws.com", "source_arn": "arn:aws:s3:::other"})";
constexpr const char* policy_path =
    "/2015-03-31/functions/"
    "arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Atransformer/policy";

Placement placement(const std::string& address = "thing") {
  Placement placement = Rig::options().placement;
  placement.address = address;
  return placement;
}

std::string id_of(const char* inputs) {
  return statement_id(placement(), "thing", json(inputs));
}

// GetPolicy's answer with these statements.
http::Response policy(const std::vector<std::string>& statements) {
  Map answer;
  answer.set("Policy", R"({"Version": "2012-10-17", "Id": "default", "Statement": [)" +
                           join(statements, ",") + "]}");
  return respond(200, to_json(Value(std::move(answer))));
}
std::string statement(const std::string& id, const std::string& bucket,
                      const std::string& account = "123456789012") {
  const std::string equals =
      account.empty() ? "" : R"(, "StringEquals": {"AWS:SourceAccount": ")" + account + "\"}";
  return R"({"Sid": ")" + id + R"(", "Effect": "Allow", "Action": "lambda:InvokeFunction",
    "Principal": {"Service": "s3.amazonaws.com"}, "Resource": ")" +
         function + R"(", "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::)" + bucket +
         "\"}" + equals + "}}";
}
const char* const somebodys = R"({"Sid": "by-hand", "Effect": "Allow", "Principal": "*",
  "Action": "lambda:InvokeFunction", "Resource": "x"})";

TEST_F(ServiceTypes, PermissionNamesItsStackAndTheAccountOfABucket) {
  script({{"AddPermission", {respond(201, "{}")}}});
  Operation permission = operation("aws.lambda_permission", "", from_bucket);
  const auto created = create(permission);
  ASSERT_TRUE(created) << render(created.error());
  EXPECT_EQ(request("AddPermission").path, policy_path);
  const Value body = json(request("AddPermission").body);
  const std::string id = body.string_or("StatementId", "");
  EXPECT_TRUE(id.starts_with("firn-finance-dev-thing-")) << id;
  EXPECT_EQ(body.at("Principal"), Value("s3.amazonaws.com"));
  EXPECT_EQ(body.at("SourceArn"), Value("arn:aws:s3:::lake"));
  EXPECT_EQ(body.at("SourceAccount"), Value("123456789012"));
  EXPECT_EQ(*created->outputs.find("statement_id"), Value(id));
  EXPECT_EQ(identified_after_, 1U);
}

TEST_F(ServiceTypes, ChangedPermissionStandsBesideTheOldOneBeforeThatGoes) {
  const std::string before = id_of(from_bucket);
  const std::string after = id_of(from_other);
  ASSERT_NE(before, after);
  script(
      {{"AddPermission", {respond(201, "{}")}},
       {"GetPolicy", {policy({somebodys, statement(before, "lake"), statement(after, "other")})}},
       {"RemovePermission", {respond(204, "")}}});
  Operation permission = operation("aws.lambda_permission", "", from_other);
  permission.prior.inputs = json(from_bucket);
  permission.prior.outputs = Value(Map{{"statement_id", Value(before)}});
  permission.changed = {"source_arn"};
  const auto updated = update(permission);
  ASSERT_TRUE(updated) << render(updated.error());
  EXPECT_EQ(operations(), (Names{"AddPermission", "GetPolicy", "RemovePermission"}));
  EXPECT_EQ(request("RemovePermission").path, std::string(policy_path) + "/" + before);
  EXPECT_EQ(*updated->outputs.find("statement_id"), Value(after));
}

TEST_F(ServiceTypes, PermissionOfALostCallIsTakenAsItIs) {
  const std::string id = id_of(from_bucket);
  script({{"AddPermission", {json_error(409, "ResourceConflictException", "already exists")}},
          {"GetPolicy", {policy({statement(id, "lake")})}}});
  Operation permission = operation("aws.lambda_permission", "", from_bucket);
  const auto created = create(permission);
  ASSERT_TRUE(created) << render(created.error());
  EXPECT_EQ(operations(), (Names{"AddPermission", "GetPolicy"}));
}

TEST_F(ServiceTypes, PermissionThatSomebodyRewroteIsPutRight) {
  const std::string id = id_of(from_bucket);
  script({{"AddPermission",
           {json_error(409, "ResourceConflictException", "already exists"), respond(201, "{}")}},
          {"GetPolicy", {policy({statement(id, "theirs")})}},
          {"RemovePermission", {respond(204, "")}}});
  Operation permission = operation("aws.lambda_permission", "", from_bucket);
  const auto created = create(permission);
  ASSERT_TRUE(created) << render(created.error());
  EXPECT_EQ(operations(),
            (Names{"AddPermission", "GetPolicy", "RemovePermission", "AddPermission"}));
}

TEST_F(ServiceTypes, PermissionsOfOneFunctionAreReadInOneLookAndWrittenOneAfterTheOther) {
  const std::string id = id_of(from_bucket);
  script({{"GetPolicy",
           {policy({somebodys, statement(id, "lake"),
                    statement(statement_id(placement(), "unlimited", json(from_bucket)), "lake",
                              "")})}},
          {"AddPermission", {respond(201, "{}")}}});
  std::vector<ResourceRecord> records(3);
  records[0].address = "thing";
  records[1].address = "gone";
  records[2].address = "unlimited";  // somebody took the account away
  for (ResourceRecord& record : records) {
    record.type = "aws.lambda_permission";
    record.inputs = json(from_bucket);
    record.outputs = Value(Map{{"statement_id", Value("of-an-older-content")}});
  }
  const auto seen = observe(records);
  EXPECT_EQ(operations(), Names{"GetPolicy"});
  ASSERT_TRUE(seen[0]);
  EXPECT_TRUE(seen[0]->exists);
  EXPECT_EQ(*seen[0]->inputs.find("source_arn"), Value("arn:aws:s3:::lake"));
  EXPECT_TRUE(seen[0]->inputs.find("source_account")->is_null());  // nobody wrote it
  EXPECT_EQ(*seen[0]->outputs.find("statement_id"), Value(id));
  EXPECT_FALSE(seen[1]->exists);
  EXPECT_FALSE(seen[2]->exists);

  rig_.transport.requests.clear();
  rig_.transport.most_in_flight = 0;
  Operation one = operation("aws.lambda_permission", "", from_bucket);
  Operation two = operation("aws.lambda_permission", "", from_other);
  std::vector<Task<Result<Applied>>> both;
  both.push_back(find_type("aws.lambda_permission")->create(client_, one));
  both.push_back(find_type("aws.lambda_permission")->create(client_, two));
  static_cast<void>(rig_.scheduler.run(when_all(rig_.scheduler, std::move(both))));
  EXPECT_EQ(operations(), (Names{"AddPermission", "AddPermission"}));
  EXPECT_EQ(rig_.transport.most_in_flight, 1U);
}

TEST_F(ServiceTypes, PermissionOfAFunctionThatIsGoneIsGone) {
  script({{"GetPolicy", {json_error(404, "ResourceNotFoundException", "gone")}}});
  Operation permission = operation("aws.lambda_permission", "", "null");
  permission.prior.inputs = json(from_bucket);
  EXPECT_TRUE(remove(permission));
  EXPECT_EQ(operations(), Names{"GetPolicy"});
}

struct Principal {
  const char* what;
  const char* written;
  const char* shown;  // in a policy
  const char* normal;
};

class LambdaPrincipals : public testing::TestWithParam<Principal> {};

TEST_P(LambdaPrincipals, AreTheSameAsWrittenAndAsShown) {
  const std::string document = R"({"Statement": [{"Sid": "s", "Action": "lambda:InvokeFunction",
    "Principal": )" + std::string(GetParam().shown) +
                               "}]}";
  EXPECT_EQ(*statements_of_policy(document).at(0).wire.find("Principal"), Value(GetParam().normal));
  const Value normal = find_type("aws.lambda_permission")
                           ->type->normalize(Value(Map{{"principal", Value(GetParam().written)}}));
  EXPECT_EQ(normal.at("principal"), Value(GetParam().normal));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, LambdaPrincipals,
    testing::Values(Principal{"service", "sns.amazonaws.com", R"({"Service": "sns.amazonaws.com"})",
                              "sns.amazonaws.com"},
                    Principal{"account", "123456789012",
                              R"({"AWS": "arn:aws:iam::123456789012:root"})", "123456789012"},
                    Principal{"root", "arn:aws:iam::123456789012:root",
                              R"({"AWS": "arn:aws:iam::123456789012:root"})", "123456789012"},
                    Principal{"role", "arn:aws:iam::123456789012:role/R",
                              R"({"AWS": "arn:aws:iam::123456789012:role/R"})",
                              "arn:aws:iam::123456789012:role/R"},
                    Principal{"everybody", "*", R"("*")", "*"}),
    [](const auto& row) { return std::string(row.param.what); });

TEST(LambdaStatementIds, FitLambdaAndTellResourcesApart) {
  const std::string address = "customers[\"" + std::string(120, 'x') + "\"].may_call";
  const Value inputs = json(from_bucket);
  const std::string id = statement_id(placement(), address, inputs);
  EXPECT_EQ(id.size(), 100U);
  EXPECT_EQ(
      id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"),
      std::string::npos);
  EXPECT_TRUE(is_of_stem(id, statement_id_stem(placement(), address)));
  EXPECT_FALSE(is_of_stem(id, statement_id_stem(placement(), address + "2")));
}

TEST(LambdaPermission, RefusesWhatLambdaWouldAndWhatIsTooWide) {
  const struct {
    const char* inputs;
    const char* path;
    const char* summary;
  } rows[] = {
      {R"({"principal": "s3"})", "principal", "\"s3\" is no principal"},
      {R"({"principal": "*"})", "principal", "this opens the function to everybody"},
      {R"({"principal": "1234567890ab", "source_account": "1234567890ab"})", "principal",
       "\"1234567890ab\" is no principal"},
      {R"({"principal": "s3.amazonaws.com", "action": "s3:GetObject"})", "action",
       "\"s3:GetObject\" is no action of Lambda"},
  };
  const ResourceType& type = *find_type("aws.lambda_permission")->type;
  for (const auto& row : rows) {
    std::vector<Problem> problems;
    type.validate(placement(), "", json(row.inputs), problems);
    ASSERT_FALSE(problems.empty()) << row.inputs;
    EXPECT_EQ(problems[0].path, row.path);
    EXPECT_EQ(problems[0].summary, row.summary);
  }
  const Value same = json(from_bucket);
  const std::vector<Peer> peers{{"one", &same}, {"two", &same}};
  std::vector<PeerProblem> problems;
  type.validate_together(peers, problems);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].problem.summary, "\"one\" permits the same already");
}

}  // namespace
}  // namespace firn::aws
