#include "providers/aws/policy_document.h"

#include <gtest/gtest.h>

#include "tests/aws/rig.h"

namespace firn::aws {
namespace {

using test::json;

struct Pair {
  const char* name;
  const char* a;
  const char* b;
  bool equal;
};

class Policies : public testing::TestWithParam<Pair> {};

TEST_P(Policies, CompareByMeaning) {
  const Value a = normalize_policy(json(GetParam().a));
  const Value b = normalize_policy(json(GetParam().b));
  EXPECT_EQ(a == b, GetParam().equal) << to_json(a) << "\n" << to_json(b);
  EXPECT_EQ(normalize_policy(a), a);
  EXPECT_EQ(normalize_policy(Value(to_text(a))), a);
}

INSTANTIATE_TEST_SUITE_P(
    Pairs, Policies,
    testing::Values(
        Pair{"one_statement_is_a_list_of_one",
             R"({"Version":"2012-10-17","Statement":{"Effect":"Allow"}})",
             R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow"}]})", true},
        Pair{"order_of_statements", R"({"Statement":[{"Sid":"a"},{"Sid":"b"}]})",
             R"({"Statement":[{"Sid":"b"},{"Sid":"a"}]})", true},
        Pair{"no_version_is_the_old_one", R"({"Statement":[]})",
             R"({"Version":"2008-10-17","Statement":[]})", true},
        Pair{"versions_differ", R"({"Version":"2012-10-17","Statement":[]})",
             R"({"Version":"2008-10-17","Statement":[]})", false},
        Pair{"one_action_is_a_list_of_one", R"({"Statement":[{"Action":"s3:GetObject"}]})",
             R"({"Statement":[{"Action":["s3:GetObject"]}]})", true},
        Pair{"order_of_actions", R"({"Statement":[{"Action":["s3:GetObject","s3:PutObject"]}]})",
             R"({"Statement":[{"Action":["s3:PutObject","s3:GetObject"]}]})", true},
        Pair{"case_of_the_services_prefix", R"({"Statement":[{"Action":"SQS:SendMessage"}]})",
             R"({"Statement":[{"Action":"sqs:SendMessage"}]})", true},
        Pair{"resources_are_compared_exactly", R"({"Statement":[{"Resource":"arn:aws:s3:::A"}]})",
             R"({"Statement":[{"Resource":"arn:aws:s3:::a"}]})", false},
        Pair{"case_of_effect", R"({"Statement":[{"Effect":"allow"}]})",
             R"({"Statement":[{"Effect":"Allow"}]})", true},
        Pair{"account_is_its_root",
             R"({"Statement":[{"Principal":{"AWS":"arn:aws:iam::123456789012:root"}}]})",
             R"({"Statement":[{"Principal":{"AWS":["123456789012"]}}]})", true},
        Pair{"account_as_a_yaml_number", R"({"Statement":[{"Principal":{"AWS":123456789012}}]})",
             R"({"Statement":[{"Principal":{"AWS":"123456789012"}}]})", true},
        Pair{"a_user_is_not_the_root",
             R"({"Statement":[{"Principal":{"AWS":"arn:aws:iam::123456789012:user/u"}}]})",
             R"({"Statement":[{"Principal":{"AWS":"123456789012"}}]})", false},
        Pair{"everyone_in_two_ways", R"({"Statement":[{"Principal":"*"}]})",
             R"({"Statement":[{"Principal":{"AWS":"*"}}]})", true},
        Pair{"case_of_condition_keys",
             R"({"Statement":[{"Condition":{"StringEquals":{"AWS:SourceAccount":"1"}}}]})",
             R"({"Statement":[{"Condition":{"StringEquals":{"aws:SourceAccount":["1"]}}}]})", true},
        Pair{"case_of_a_tag_key_counts",
             R"({"Statement":[{"Condition":{"StringEquals":{"aws:RequestTag/Team":"1"}}}]})",
             R"({"Statement":[{"Condition":{"StringEquals":{"aws:RequestTag/team":"1"}}}]})",
             false},
        Pair{"booleans_are_text",
             R"({"Statement":[{"Condition":{"Bool":{"aws:SecureTransport":false}}}]})",
             R"({"Statement":[{"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]})", true},
        Pair{"an_empty_condition_is_none", R"({"Statement":[{"Condition":{}}]})",
             R"({"Statement":[{}]})", true},
        Pair{"operators_are_compared_exactly",
             R"({"Statement":[{"Condition":{"StringLike":{"s3:prefix":"a"}}}]})",
             R"({"Statement":[{"Condition":{"StringEquals":{"s3:prefix":"a"}}}]})", false}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(PolicyDocument, KeepsUnknownsInTheirPlace) {
  Map principal;
  principal.set("AWS", Value::unknown("lake.iam_user_arn"));
  Map statement;
  statement.set("Effect", "Allow");
  statement.set("Principal", Value(std::move(principal)));
  List statements;
  statements.emplace_back(std::move(statement));
  const Value document = policy_of(statements);
  EXPECT_TRUE(document.contains_unknown());
  EXPECT_EQ(normalize_policy(document), document);
}

struct Checked {
  const char* statement;
  PolicyUse use;
  const char* summary;  // "" for none
};

TEST(PolicyStatements, AreCheckedForTheirUse) {
  const std::vector<Checked> rows = {
      {R"({"Effect":"Allow","Action":"s3:*","Resource":"*"})", PolicyUse::identity, ""},
      {R"({"Effect":"Allow","Action":"s3:*"})", PolicyUse::identity,
       "a policy statement needs a Resource"},
      {R"({"Effect":"Permit","Action":"s3:*","Resource":"*"})", PolicyUse::identity,
       "Effect cannot be \"Permit\""},
      {R"({"Effect":"Allow","Actions":"s3:*","Action":"s3:*","Resource":"*"})", PolicyUse::identity,
       "a policy statement has no member \"Actions\""},
      {R"({"Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*"})", PolicyUse::identity,
       "a policy of a role has no Principal"},
      {R"({"Effect":"Allow","Action":"s3:*","Resource":"*"})", PolicyUse::resource,
       "this policy statement needs a Principal"},
      {R"({"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"x"}})",
       PolicyUse::trust, ""},
      {R"("all")", PolicyUse::identity, "a policy statement is a map"},
  };
  for (const Checked& row : rows) {
    std::vector<Problem> problems;
    check_statements(json(row.statement), row.use, "statements", problems);
    const std::string summary = problems.empty() ? "" : problems.front().summary;
    EXPECT_EQ(summary, row.summary) << row.statement;
  }
}

}  // namespace
}  // namespace firn::aws
