// What authors say of roles and policies, and the documents that say the same to IAM.
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "core/value/json.h"
#include "providers/aws/iam_grants.h"
#include "providers/aws/iam_trust.h"
#include "providers/aws/policy_document.h"
#include "providers/aws/types.h"
#include "tests/aws/rig.h"

namespace firn::aws {
namespace {

using test::json;

struct GrantCase {
  std::string name;
  std::string grants;
  std::string statements;
};

void PrintTo(const GrantCase& row, std::ostream* out) {
  *out << row.name;
}

class Grants : public testing::TestWithParam<GrantCase> {};

TEST_P(Grants, BecomeStatements) {
  const Value normal = normalize_grants(json(GetParam().grants));
  const Value expected = normalize_statements(json(GetParam().statements));
  EXPECT_EQ(to_pretty_json(normal.at("statements")), to_pretty_json(expected));
  EXPECT_EQ(normalize_grants(normal), normal);
  // What IAM shows again is the same.
  EXPECT_EQ(grants_document(normal).at("Statement"), normal.at("statements"));
}

const GrantCase kGrantCases[] = {
    {"reading_below_prefixes",
     R"({"s3_read": {"bucket": "arn:aws:s3:::b", "prefixes": ["x/", "a/"]}})",
     R"([{"Action": "s3:GetBucketLocation", "Effect": "Allow", "Resource": "arn:aws:s3:::b",
          "Sid": "S3ReadBucket"},
         {"Action": "s3:ListBucket", "Condition": {"StringLike": {"s3:prefix": ["a/*", "x/*"]}},
          "Effect": "Allow", "Resource": "arn:aws:s3:::b", "Sid": "S3ReadList"},
         {"Action": ["s3:GetObject", "s3:GetObjectVersion"], "Effect": "Allow",
          "Resource": ["arn:aws:s3:::b/a/*", "arn:aws:s3:::b/x/*"], "Sid": "S3ReadObjects"}])"},
    {"reading_a_whole_bucket", R"({"s3_read": {"bucket": "arn:aws:s3:::b"}})",
     R"([{"Action": ["s3:GetBucketLocation", "s3:ListBucket"], "Effect": "Allow",
          "Resource": "arn:aws:s3:::b", "Sid": "S3ReadBucket"},
         {"Action": ["s3:GetObject", "s3:GetObjectVersion"], "Effect": "Allow",
          "Resource": "arn:aws:s3:::b/*", "Sid": "S3ReadObjects"}])"},
    {"reading_without_listing", R"({"s3_read": {"bucket": "arn:aws:s3:::b", "list": false}})",
     R"([{"Action": ["s3:GetObject", "s3:GetObjectVersion"], "Effect": "Allow",
          "Resource": "arn:aws:s3:::b/*", "Sid": "S3ReadObjects"}])"},
    {"writing", R"({"s3_write": {"bucket": "arn:aws:s3:::b", "prefixes": ["raw/"]}})",
     R"([{"Action": ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"],
          "Effect": "Allow", "Resource": "arn:aws:s3:::b/raw/*", "Sid": "S3WriteObjects"}])"},
    {"logs_with_and_without_their_suffix",
     R"({"write_logs": {"log_groups": ["arn:aws:logs:r:1:log-group:a",
                                       "arn:aws:logs:r:1:log-group:b:*"]}})",
     R"([{"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Effect": "Allow",
          "Resource": ["arn:aws:logs:r:1:log-group:a:*", "arn:aws:logs:r:1:log-group:b:*"],
          "Sid": "WriteLogs"}])"},
    {"a_single_item_for_a_list",
     R"({"start_execution": {"state_machines": "arn:aws:states:r:1:stateMachine:m"}})",
     R"([{"Action": "states:StartExecution", "Effect": "Allow",
          "Resource": "arn:aws:states:r:1:stateMachine:m", "Sid": "StartExecution"}])"},
    {"topics", R"({"publish": {"topics": ["arn:aws:sns:r:1:t"]}})",
     R"([{"Action": "sns:Publish", "Effect": "Allow", "Resource": "arn:aws:sns:r:1:t",
          "Sid": "Publish"}])"},
    {"keys",
     R"({"kms_decrypt": {"keys": ["arn:aws:kms:r:1:key/k"]},
         "kms_encrypt": {"keys": ["arn:aws:kms:r:1:key/k"]}})",
     R"([{"Action": "kms:Decrypt", "Effect": "Allow", "Resource": "arn:aws:kms:r:1:key/k",
          "Sid": "KmsDecrypt"},
         {"Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Effect": "Allow",
          "Resource": "arn:aws:kms:r:1:key/k", "Sid": "KmsEncrypt"}])"},
    {"secrets", R"({"read_secrets": {"secrets": ["arn:aws:secretsmanager:r:1:secret:s-??????"]}})",
     R"([{"Action": ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
          "Effect": "Allow", "Resource": "arn:aws:secretsmanager:r:1:secret:s-??????",
          "Sid": "ReadSecrets"}])"},
    {"own_statements_beside_others",
     R"({"invoke": {"functions": ["arn:aws:lambda:r:1:function:f"]},
         "send_messages": {"queues": ["arn:aws:sqs:r:1:q"]},
         "statements": [{"Effect": "deny", "Action": ["S3:DeleteObject"], "Resource": ["*"]}]})",
     R"([{"Action": "lambda:InvokeFunction", "Effect": "Allow",
          "Resource": "arn:aws:lambda:r:1:function:f", "Sid": "Invoke"},
         {"Action": "s3:DeleteObject", "Effect": "Deny", "Resource": "*"},
         {"Action": "sqs:SendMessage", "Effect": "Allow", "Resource": "arn:aws:sqs:r:1:q",
          "Sid": "SendMessages"}])"},
};

INSTANTIATE_TEST_SUITE_P(Table, Grants, testing::ValuesIn(kGrantCases),
                         [](const auto& row) { return row.param.name; });

TEST(GrantsOfUnknowns, KeepThemInTheirPlaces) {
  Map read;
  read.set("bucket", Value::unknown("data.arn"));
  Map grants;
  grants.set("s3_read", std::move(read));
  const Value normal = normalize_grants(Value(std::move(grants)));
  ASSERT_EQ(normal.at("statements").as_list().size(), 2U);
  for (const Value& statement : normal.at("statements").as_list()) {
    EXPECT_EQ(statement.at("Resource").waits_for(), "data.arn");
  }
}

// All checks of a type, in the engine's order.
std::vector<Problem> problems_of(const std::string& name, const std::string& physical_name,
                                 const std::string& inputs) {
  const ResourceType& type = *find_type(name)->type;
  std::vector<Problem> problems;
  Value value = json(inputs);
  if (type.prepare != nullptr) value = type.prepare(testing::TempDir(), value, problems);
  if (type.normalize != nullptr) value = type.normalize(value);
  type.validate(test::Rig::options().placement, physical_name, value, problems);
  return problems;
}

struct ProblemCase {
  std::string name;
  std::string type;
  std::string physical_name;
  std::string inputs;
  std::string path;
  std::string summary;
};

void PrintTo(const ProblemCase& row, std::ostream* out) {
  *out << row.name;
}

class ProblemsOf : public testing::TestWithParam<ProblemCase> {};

TEST_P(ProblemsOf, AreFoundWhereTheyAre) {
  const ProblemCase& row = GetParam();
  const std::vector<Problem> problems = problems_of(row.type, row.physical_name, row.inputs);
  ASSERT_FALSE(problems.empty());
  EXPECT_EQ(problems[0].path, row.path);
  EXPECT_EQ(problems[0].summary, row.summary);
}

const ProblemCase kProblemCases[] = {
    {"bucket_by_name", "aws.iam_policy", "P", R"({"s3_read": {"bucket": "data"}})",
     "s3_read.bucket", "\"data\" is not an ARN of s3"},
    {"prefix_with_a_slash", "aws.iam_role", "R",
     R"({"trust": {"service": ["states.amazonaws.com"]},
         "policies": {"read": {"s3_read": {"bucket": "arn:aws:s3:::b", "prefixes": ["ok/", "/a"]}}}})",
     "policies.read.s3_read.prefixes.1", "\"/a\" is not the beginning of an object key"},
    {"prefix_with_a_wildcard", "aws.iam_policy", "P",
     R"({"s3_write": {"bucket": "arn:aws:s3:::b", "prefixes": ["a/*"]}})", "s3_write.prefixes.0",
     "\"a/*\" is not the beginning of an object key"},
    {"queue_where_a_function_belongs", "aws.iam_policy", "P",
     R"({"invoke": {"functions": ["arn:aws:sqs:r:1:q"]}})", "invoke.functions.0",
     "\"arn:aws:sqs:r:1:q\" is not an ARN of lambda"},
    {"empty_policy", "aws.iam_role", "R",
     R"({"trust": {"service": ["states.amazonaws.com"]}, "policies": {"none": {}}})",
     "policies.none", "the policy grants nothing"},
    {"policy_name", "aws.iam_role", "R",
     R"({"trust": {"service": ["states.amazonaws.com"]},
         "policies": {"a b": {"deliver_logs": true}}})",
     "policies.a b", "\"a b\" is not a policy name"},
    {"nobody_trusted", "aws.iam_role", "R", R"({"trust": {}})", "trust", "nobody is trusted"},
    {"service_in_short", "aws.iam_role", "R", R"({"trust": {"service": ["lambda"]}})",
     "trust.service.0", "\"lambda\" is not a service principal"},
    {"account_too_short", "aws.iam_role", "R",
     R"({"trust": {"service": ["states.amazonaws.com"], "source_account": "1234"}})",
     "trust.source_account", "\"1234\" is not an account id"},
    {"path_without_slashes", "aws.iam_role", "R",
     R"({"trust": {"service": ["states.amazonaws.com"]}, "path": "a"})", "path",
     "\"a\" is not a path of IAM"},
    {"alias_for_a_key", "aws.iam_policy", "P",
     R"({"kms_decrypt": {"keys": ["arn:aws:kms:r:1:alias/a"]}})", "kms_decrypt.keys.0",
     "\"arn:aws:kms:r:1:alias/a\" is an alias"},
    {"everybody_with_a_token", "aws.iam_role", "R",
     R"({"trust": {"web_identity": {"provider": "arn:aws:iam::1:oidc-provider/t.example.com",
                                    "subjects": ["repo:a/b:*", "*"]}}})",
     "trust.web_identity.subjects.1", "the subject \"*\" fits everybody"},
    {"provider_by_address", "aws.iam_role", "R",
     R"({"trust": {"web_identity": {"provider": "https://t.example.com", "subjects": ["s"]}}})",
     "trust.web_identity.provider",
     "\"https://t.example.com\" is not the ARN of an OpenID Connect provider"},
    {"user_path", "aws.iam_user", "U", R"({"path": "collectors"})", "path",
     "\"collectors\" is not a path of IAM"},
    {"user_policy", "aws.iam_user", "U", R"({"policies": {"p": {}}})", "policies.p",
     "the policy grants nothing"},
    {"issuer_without_scheme", "aws.iam_oidc_provider", "", R"({"url": "token.example.com"})", "url",
     "\"token.example.com\" is not the address of an issuer"},
    {"issuer_with_a_slash", "aws.iam_oidc_provider", "", R"({"url": "https://t.example.com/"})",
     "url", "\"https://t.example.com/\" is not the address of an issuer"},
    {"thumbprint_with_colons", "aws.iam_oidc_provider", "",
     R"({"url": "https://t.example.com", "thumbprints": ["aa:bb"]})", "thumbprints.0",
     "\"aa:bb\" is not a fingerprint"},
    {"alias_with_its_prefix", "aws.kms_alias", "alias/a", R"({"key": "k"})", "name",
     "\"alias/a\" begins with alias/"},
    {"reserved_alias", "aws.kms_alias", "aws/a", R"({"key": "k"})", "name",
     "\"aws/a\" is not a name for an alias"},
    {"key_statement_for_nobody", "aws.kms_key", "",
     R"({"statements": [{"Effect": "Allow", "Action": "kms:*"}]})", "statements.0",
     "this policy statement needs a Principal"},
    {"short_window", "aws.secret", "s", R"({"recovery_window": 3})", "recovery_window",
     "a recovery window cannot be 3 days"},
    {"a_number_for_a_secret", "aws.secret", "s", R"({"value": 42})", "value",
     "the value is an integer"},
    {"an_empty_secret", "aws.secret", "s", R"({"value": ""})", "value", "the value is empty"},
    {"fifo_topic", "aws.sns_topic", "t", R"({"fifo": true})", "fifo",
     "the name of a FIFO topic ends in .fifo, not \"t\""},
    {"dot_in_a_topic", "aws.sns_topic", "a.b", R"({})", "name", "\"a.b\" is not a topic name"},
    {"fifo_queue", "aws.sqs_queue", "q", R"({"fifo": true})", "fifo",
     "the name of a FIFO queue ends in .fifo, not \"q\""},
    {"deduplication_without_fifo", "aws.sqs_queue", "q", R"({"content_based_deduplication": true})",
     "content_based_deduplication", "only FIFO queues know content_based_deduplication"},
    {"by_queue_without_queues", "aws.sqs_queue", "q",
     R"({"redrive_allow": {"permission": "byQueue"}})", "redrive_allow.source_queues",
     "the permission byQueue needs source_queues"},
    {"statement_without_principal", "aws.sqs_queue", "q",
     R"({"statements": [{"Effect": "Allow", "Action": "sqs:SendMessage"}]})", "statements.0",
     "this policy statement needs a Principal"},
    {"odd_retention", "aws.log_group", "g", R"({"retention_days": 10})", "retention_days",
     "CloudWatch Logs cannot keep events for 10 days"},
    {"reserved_group", "aws.log_group", "aws/x", R"({})", "name",
     "\"aws/x\" is not a log group name"},
    {"definition_no_json", "aws.sfn_state_machine", "m", R"({"definition": "{"})", "definition",
     "the definition is not JSON"},
    {"definition_without_states", "aws.sfn_state_machine", "m",
     R"({"definition": {"StartAt": "A"}})", "definition", "the definition has no States"},
    {"definition_starts_nowhere", "aws.sfn_state_machine", "m",
     R"({"definition": {"StartAt": "A", "States": {"B": {}}}})", "definition",
     "the definition starts at \"A\", which is no state of it"},
    {"logging_nowhere", "aws.sfn_state_machine", "m", R"({"logging": {"level": "ALL"}})",
     "logging.log_group", "logging needs a log group"},
    {"rate_without_unit", "aws.scheduler_schedule", "s", R"j({"expression": "rate(10)"})j",
     "expression", "\"rate(10)\" is no schedule expression"},
    {"rate_singular", "aws.scheduler_schedule", "s", R"j({"expression": "rate(1 minutes)"})j",
     "expression", "\"rate(1 minutes)\" is no schedule expression"},
    {"rate_plural", "aws.scheduler_schedule", "s", R"j({"expression": "rate(5 hour)"})j",
     "expression", "\"rate(5 hour)\" is no schedule expression"},
    {"cron_of_five", "aws.scheduler_schedule", "s", R"j({"expression": "cron(0 8 * * ?)"})j",
     "expression", "\"cron(0 8 * * ?)\" is no schedule expression"},
    {"at_with_zone", "aws.scheduler_schedule", "s",
     R"j({"expression": "at(2026-01-01T00:00:00Z)"})j", "expression",
     "\"at(2026-01-01T00:00:00Z)\" is no schedule expression"},
    {"reserved_variable", "aws.lambda_function", "f",
     R"({"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/a:1",
         "environment": {"AWS_REGION": "x"}})",
     "environment.AWS_REGION", "the environment variable AWS_REGION is Lambda's own"},
    {"variable_name", "aws.lambda_function", "f",
     R"({"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/a:1",
         "environment": {"A-B": "x"}})",
     "environment.A-B", "\"A-B\" cannot be an environment variable"},
};

INSTANTIATE_TEST_SUITE_P(Table, ProblemsOf, testing::ValuesIn(kProblemCases),
                         [](const auto& row) { return row.param.name; });

TEST(SoundInputs, HaveNoProblems) {
  const std::pair<std::string, std::string> rows[] = {
      {"aws.scheduler_schedule", R"j({"expression": "rate(10 minutes)"})j"},
      {"aws.scheduler_schedule", R"j({"expression": "rate(1 day)"})j"},
      {"aws.scheduler_schedule", R"j({"expression": "cron(0 8 ? * MON-FRI *)"})j"},
      {"aws.scheduler_schedule", R"j({"expression": "at(2026-01-31T08:00:00)"})j"},
      {"aws.log_group", R"({"retention_days": 0})"},
      {"aws.log_group", R"({"retention_days": 3653})"},
      {"aws.lambda_function",
       R"({"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/a:1",
         "environment": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/x", "TZ": "UTC"}})"},
      {"aws.sns_topic",
       R"({"statements": [{"Effect": "Allow", "Principal": "*", "Action": "sns:Publish"}]})"},
      {"aws.iam_role", R"({"trust": {"service": ["lambda.amazonaws.com"]}, "path": "/a/b/"})"},
  };
  for (const auto& [name, inputs] : rows) {
    const std::vector<Problem> problems = problems_of(name, "name", inputs);
    EXPECT_TRUE(problems.empty()) << name << inputs << ": " << problems[0].summary;
  }
}

TEST(Trust, NamesServicesWithTheirAccount) {
  const Value trust = normalize_trust(
      json(R"({"service": "states.amazonaws.com", "source_account": "123456789012"})"));
  EXPECT_EQ(to_json(trust),
            R"({"statements":[{"Action":"sts:AssumeRole","Condition":{"StringEquals":)"
            R"({"aws:SourceAccount":"123456789012"}},"Effect":"Allow",)"
            R"("Principal":{"Service":"states.amazonaws.com"},"Sid":"Service"}]})");
  EXPECT_EQ(normalize_trust(trust), trust);
}

TEST(Trust, NamesSnowflakesUserWithItsExternalId) {
  const Value trust = normalize_trust(
      json(R"({"snowflake": {"iam_user_arn": "arn:aws:iam::1:user/u", "external_id": "X=1"}})"));
  EXPECT_EQ(to_json(trust_document(trust)),
            R"({"Statement":[{"Action":"sts:AssumeRole","Condition":{"StringEquals":)"
            R"({"sts:ExternalId":"X=1"}},"Effect":"Allow","Principal":{"AWS":)"
            R"("arn:aws:iam::1:user/u"},"Sid":"Snowflake"}],"Version":"2012-10-17"})");
}

TEST(Trust, NamesAProviderWithAudienceAndSubject) {
  const std::string provider = "arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com";
  const auto conditions = [&](const char* subject) {
    const Value trust = normalize_trust(json(R"({"web_identity": {"provider": ")" + provider +
                                             R"(", "subjects": [")" + subject + R"("]}})"));
    EXPECT_EQ(normalize_trust(trust), trust);
    EXPECT_EQ(trust.at_path("statements.0.Action"), Value("sts:AssumeRoleWithWebIdentity"));
    EXPECT_EQ(trust.at_path("statements.0.Principal.Federated"), Value(provider));
    return to_json(trust.at_path("statements.0.Condition"));
  };
  EXPECT_EQ(conditions("repo:acme/lake:environment:prod"),
            R"({"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com",)"
            R"("token.actions.githubusercontent.com:sub":"repo:acme/lake:environment:prod"}})");
  EXPECT_EQ(conditions("repo:acme/lake:*"),
            R"({"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"},)"
            R"("StringLike":{"token.actions.githubusercontent.com:sub":"repo:acme/lake:*"}})");
}

TEST(Trust, WaitsForAnIntegrationThatIsStillToBeMade) {
  Map snowflake;
  snowflake.set("iam_user_arn", Value::unknown("lake.iam_user_arn"));
  snowflake.set("external_id", Value::unknown("lake.external_id"));
  Map trust;
  trust.set("snowflake", std::move(snowflake));
  const Value normal = normalize_trust(Value(std::move(trust)));
  EXPECT_EQ(normal.at_path("statements.0.Principal.AWS").waits_for(), "lake.iam_user_arn");
  EXPECT_EQ(normal.at_path("statements.0.Condition.StringEquals").at("sts:ExternalId").waits_for(),
            "lake.external_id");
  EXPECT_EQ(normalize_trust(normal).at_path("statements.0.Principal.AWS").waits_for(),
            "lake.iam_user_arn");
}

}  // namespace
}  // namespace firn::aws
