// Which texts are policy documents, and IAM's words for the others.
#include <gtest/gtest.h>

#include "sandbox/aws/policy/document.h"

namespace firn::sandbox::aws {
namespace {

struct Row {
  PolicyKind kind;
  const char* text;
  const char* message;  // nullptr: it is taken
};

constexpr const char* statements = "\"Statement\":[";

std::string with_statement(const std::string& members) {
  return "{\"Version\":\"2012-10-17\"," + std::string(statements) + "{" + members + "}]}";
}

TEST(PolicyDocuments, WholeTexts) {
  const std::vector<Row> rows = {
      {PolicyKind::identity, "", "This policy contains invalid Json"},
      {PolicyKind::identity, "{", "This policy contains invalid Json"},
      {PolicyKind::identity, "[]", "This policy contains invalid Json"},
      {PolicyKind::identity, "{}", "Syntax errors in policy."},
      {PolicyKind::identity, R"({"Version":"2012-10-17","Statement":[]})",
       "Syntax errors in policy."},
      {PolicyKind::identity, R"({"Version":"2015-01-01","Statement":[{}]})",
       "Syntax errors in policy."},
      {PolicyKind::identity, R"({"version":"2012-10-17","Statement":[{}]})",
       "Syntax errors in policy."},
      {PolicyKind::identity,
       R"({"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}})", nullptr},
      {PolicyKind::identity,
       R"({"Statement":[{"Sid":"A","Effect":"Allow","Action":"s3:*","Resource":"*"},
           {"Sid":"A","Effect":"Allow","Action":"s3:*","Resource":"*"}]})",
       "Statement IDs (SID) in a single policy must be unique."},
  };
  for (const Row& row : rows) {
    const auto parsed = parse_policy(row.text, row.kind);
    const auto* problem = std::get_if<PolicyProblem>(&parsed);
    if (row.message) {
      ASSERT_TRUE(problem) << row.text;
      EXPECT_EQ(problem->message, row.message) << row.text;
    } else {
      EXPECT_FALSE(problem) << row.text;
    }
  }
}

TEST(PolicyDocuments, Statements) {
  const std::vector<Row> rows = {
      {PolicyKind::identity, R"("Effect":"Allow","Action":"s3:GetObject","Resource":"*")", nullptr},
      {PolicyKind::identity, R"("Action":"s3:GetObject","Resource":"*")",
       "Syntax errors in policy."},
      {PolicyKind::identity, R"("Effect":"allow","Action":"s3:GetObject","Resource":"*")",
       "Syntax errors in policy."},
      {PolicyKind::identity, R"("Effect":"Allow","Resource":"*")",
       "Policy statement must contain actions."},
      {PolicyKind::identity, R"("Effect":"Allow","Action":[],"Resource":"*")",
       "Policy statement must contain actions."},
      {PolicyKind::identity, R"("Effect":"Allow","Action":"GetObject","Resource":"*")",
       "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."},
      {PolicyKind::identity, R"("Effect":"Allow","Action":"s3:GetObject")",
       "Policy statement must contain resources."},
      {PolicyKind::identity, R"("Effect":"Allow","Action":"s3:GetObject","Resource":"bucket")",
       "Resource bucket must be in ARN format or \"*\"."},
      {PolicyKind::identity,
       R"("Effect":"Allow","Action":"s3:GetObject","Resource":"arn:awz:s3:::b")",
       "Partition \"awz\" is not valid for resource \"arn:awz:s3:::b\"."},
      {PolicyKind::identity,
       R"("Effect":"Allow","Action":"s3:GetObject","Resource":"*","Principal":"*")",
       "Policy document should not specify a principal."},
      {PolicyKind::identity,
       R"("Sid":"a-b","Effect":"Allow","Action":"s3:GetObject","Resource":"*")",
       "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular "
       "expression [0-9A-Za-z]*"},
      {PolicyKind::resource,
       R"("Sid":"a b","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*")",
       nullptr},
      {PolicyKind::identity,
       R"("Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEqual":{"a:b":"c"}})",
       "Invalid Condition type : StringEqual."},
      {PolicyKind::identity,
       R"("Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"b":"c"}})",
       "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."},
      {PolicyKind::identity, R"("Effect":"Allow","Action":"s3:*","Resource":"*","Colour":"red")",
       "Syntax errors in policy."},
      {PolicyKind::trust,
       R"("Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole")",
       nullptr},
      {PolicyKind::trust, R"("Effect":"Allow","Action":"sts:AssumeRole")",
       "Missing required field Principal"},
      {PolicyKind::trust, R"("Effect":"Allow","Principal":"*","Action":"s3:GetObject")",
       "AssumeRole policy may only specify STS AssumeRole actions."},
      {PolicyKind::trust,
       R"("Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*")",
       "Has prohibited field Resource"},
      {PolicyKind::trust, R"("Effect":"Allow","Principal":"me","Action":"sts:AssumeRole")",
       "Invalid principal in policy: \"me\""},
      {PolicyKind::trust,
       R"("Effect":"Allow","Principal":{"Person":"me"},"Action":"sts:AssumeRole")",
       "Invalid principal in policy: \"Person\""},
  };
  for (const Row& row : rows) {
    const auto parsed = parse_policy(with_statement(row.text), row.kind);
    const auto* problem = std::get_if<PolicyProblem>(&parsed);
    if (row.message) {
      ASSERT_TRUE(problem) << row.text;
      EXPECT_EQ(problem->message, row.message) << row.text;
    } else {
      EXPECT_FALSE(problem) << row.text << ": " << (problem ? problem->message : "");
    }
  }
}

}  // namespace
}  // namespace firn::sandbox::aws
