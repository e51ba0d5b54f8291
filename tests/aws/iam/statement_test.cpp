// The truth table of single statements: actions, resources, principals.
#include <gtest/gtest.h>

#include "providers/aws/iam/statement_match.h"
#include "tests/aws/iam/support.h"

namespace firn::aws::iam {
namespace {

constexpr Match yes = Match::yes;
constexpr Match no = Match::no;
constexpr Match cannot_tell = Match::cannot_tell;

constexpr const char* object = "arn:aws:s3:::lake/raw/a.csv";

struct Row {
  const char* name;
  const char* members;  // of one statement of an identity, without Effect
  Match match;
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}

// The request is s3:GetObject of the object.
const Row rows[] = {
    {"action", R"("Action": "s3:GetObject", "Resource": "*")", yes},
    {"action_case", R"("Action": "S3:GETOBJECT", "Resource": "*")", yes},
    {"action_prefix", R"("Action": "s3:Get*", "Resource": "*")", yes},
    {"action_star_inside", R"("Action": "s3:*Object", "Resource": "*")", yes},
    {"action_question_mark", R"("Action": "s3:?etObject", "Resource": "*")", yes},
    {"action_of_the_service", R"("Action": "s3:*", "Resource": "*")", yes},
    {"every_action", R"("Action": "*", "Resource": "*")", yes},
    {"action_longer", R"("Action": "s3:GetObjectVersion", "Resource": "*")", no},
    {"one_of_the_actions", R"("Action": ["s3:PutObject", "s3:GetObject"], "Resource": "*")", yes},
    {"none_of_the_actions", R"("Action": ["s3:PutObject", "sqs:*"], "Resource": "*")", no},
    {"not_action", R"("NotAction": "s3:PutObject", "Resource": "*")", yes},
    {"not_action_itself", R"("NotAction": "s3:GetObject", "Resource": "*")", no},
    {"not_action_pattern", R"("NotAction": ["iam:*", "s3:Get*"], "Resource": "*")", no},
    {"resource", R"("Action": "*", "Resource": "arn:aws:s3:::lake/raw/a.csv")", yes},
    {"resource_prefix", R"("Action": "*", "Resource": "arn:aws:s3:::lake/raw/*")", yes},
    {"resource_crosses_slashes", R"("Action": "*", "Resource": "arn:aws:s3:::*/a.csv")", yes},
    {"resource_bucket", R"("Action": "*", "Resource": "arn:aws:s3:::lake")", no},
    {"resource_other_bucket", R"("Action": "*", "Resource": "arn:aws:s3:::pond/*")", no},
    {"resource_other_partition", R"("Action": "*", "Resource": "arn:aws-cn:s3:::lake/*")", no},
    {"one_of_the_resources",
     R"("Action": "*", "Resource": ["arn:aws:s3:::pond/*", "arn:aws:s3:::lake/*"])", yes},
    {"not_resource", R"("Action": "*", "NotResource": "arn:aws:s3:::pond/*")", yes},
    {"not_resource_itself", R"("Action": "*", "NotResource": "arn:aws:s3:::lake/*")", no},
    {"not_resource_without_value", R"("Action": "*", "NotResource": "arn:aws:s3:::${aws:userid}*")",
     yes},
    {"action_and_resource_wrong", R"("Action": "sqs:*", "Resource": "arn:aws:s3:::pond")", no},
    {"condition", R"("Action": "*", "Resource": "*",
                     "Condition": {"Bool": {"aws:SecureTransport": "true"}})",
     yes},
    {"condition_wrong", R"("Action": "*", "Resource": "*",
                           "Condition": {"Bool": {"aws:SecureTransport": "false"}})",
     no},
    {"condition_cannot_be_told", R"("Action": "*", "Resource": "*",
                           "Condition": {"StringEquals": {"aws:TagKeys": "a"}})",
     cannot_tell},
    {"no_is_stronger_than_cannot_be_told", R"("Action": "sqs:*", "Resource": "*",
                           "Condition": {"StringEquals": {"aws:TagKeys": "a"}})",
     no},
};

class Statements : public testing::TestWithParam<Row> {};

TEST_P(Statements, Match) {
  Request request;
  request.principal = Principal::user("arn:aws:iam::123456789012:user/ada");
  request.action = "s3:GetObject";
  request.resource = object;
  request.context = {{"aws:SecureTransport", {"true"}}, {"aws:TagKeys", {"a", "b"}}};
  const Document document = test::document(
      DocumentKind::identity, std::string(R"({"Effect": "Allow", )") + GetParam().members + "}");
  const StatementMatch found = match_statement(document.statements.front(), true, request, false);
  EXPECT_EQ(found.match, GetParam().match);
  EXPECT_EQ(found.mismatches.empty(), found.match == yes);
}

INSTANTIATE_TEST_SUITE_P(Table, Statements, testing::ValuesIn(rows),
                         [](const auto& row) { return row.param.name; });

struct PrincipalRow {
  const char* name;
  Principal principal;
  const char* element;  // Principal
  NamedAs named_as;
};

void PrintTo(const PrincipalRow& row, std::ostream* out) {
  *out << row.name;
}

Principal ada() {
  return Principal::user("arn:aws:iam::123456789012:user/team/ada", "AIDAADA");
}
Principal loader() {
  return Principal::role_session("arn:aws:iam::123456789012:role/service/Loader", "run",
                                 "AROALOAD");
}
Principal federated() {
  return Principal::federated_user("arn:aws:iam::123456789012:user/team/ada", "bob");
}

const PrincipalRow principal_rows[] = {
    {"user", ada(), R"({"AWS": "arn:aws:iam::123456789012:user/team/ada"})", NamedAs::itself},
    {"user_without_path", ada(), R"({"AWS": "arn:aws:iam::123456789012:user/ada"})",
     NamedAs::nobody},
    {"user_case", ada(), R"({"AWS": "arn:aws:iam::123456789012:user/team/Ada"})", NamedAs::nobody},
    {"no_part_wildcards", ada(), R"({"AWS": "arn:aws:iam::123456789012:user/*"})", NamedAs::nobody},
    {"user_by_id", ada(), R"({"AWS": "AIDAADA"})", NamedAs::itself},
    {"user_by_account", ada(), R"({"AWS": "123456789012"})", NamedAs::account},
    {"user_by_root", ada(), R"({"AWS": "arn:aws:iam::123456789012:root"})", NamedAs::account},
    {"user_of_another_account", ada(), R"({"AWS": "210987654321"})", NamedAs::nobody},
    {"user_by_everyone", ada(), R"("*")", NamedAs::everyone},
    {"the_strongest_counts", ada(),
     R"({"AWS": ["123456789012", "arn:aws:iam::123456789012:user/team/ada"]})", NamedAs::itself},
    {"a_user_is_no_service", ada(), R"({"Service": "lambda.amazonaws.com"})", NamedAs::nobody},
    {"role_of_a_session", loader(), R"({"AWS": "arn:aws:iam::123456789012:role/service/Loader"})",
     NamedAs::behind},
    {"session", loader(), R"({"AWS": "arn:aws:sts::123456789012:assumed-role/Loader/run"})",
     NamedAs::itself},
    {"other_session", loader(), R"({"AWS": "arn:aws:sts::123456789012:assumed-role/Loader/other"})",
     NamedAs::nobody},
    {"role_by_id", loader(), R"({"AWS": "AROALOAD"})", NamedAs::behind},
    {"role_of_another_name", loader(), R"({"AWS": "arn:aws:iam::123456789012:role/Loader"})",
     NamedAs::nobody},
    {"federated_user_by_session", federated(),
     R"({"AWS": "arn:aws:sts::123456789012:federated-user/bob"})", NamedAs::itself},
    {"federated_user_by_user", federated(), R"({"AWS": "arn:aws:iam::123456789012:user/team/ada"})",
     NamedAs::behind},
    {"service", Principal::service("lambda.amazonaws.com"),
     R"({"Service": "lambda.amazonaws.com"})", NamedAs::itself},
    {"other_service", Principal::service("lambda.amazonaws.com"),
     R"({"Service": ["s3.amazonaws.com", "sns.amazonaws.com"]})", NamedAs::nobody},
    {"service_by_everyone", Principal::service("s3.amazonaws.com"), R"({"AWS": "*"})",
     NamedAs::everyone},
    {"a_service_is_of_no_account", Principal::service("s3.amazonaws.com"),
     R"({"AWS": "123456789012"})", NamedAs::nobody},
    {"identity", Principal::identity("accounts.google.com"),
     R"({"Federated": "accounts.google.com"})", NamedAs::itself},
    {"identity_of_another_provider",
     Principal::identity("arn:aws:iam::123456789012:oidc-provider/token.example.com"),
     R"({"Federated": "arn:aws:iam::123456789012:oidc-provider/other.example.com"})",
     NamedAs::nobody},
    {"anonymous_by_everyone", Principal::anonymous(), R"("*")", NamedAs::everyone},
    {"anonymous_is_of_no_account", Principal::anonymous(), R"({"AWS": "123456789012"})",
     NamedAs::nobody},
    {"root_by_account", Principal::root("123456789012"), R"({"AWS": "123456789012"})",
     NamedAs::account},
};

class Principals : public testing::TestWithParam<PrincipalRow> {};

TEST_P(Principals, AreNamed) {
  const PrincipalRow& row = GetParam();
  const Document document = test::document(
      DocumentKind::trust,
      std::string(R"([{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": )") +
          row.element + R"(}, {"Effect": "Deny", "Action": "sts:AssumeRole", "NotPrincipal": )" +
          row.element + "}]");
  const PrincipalMatch found = match_principal(*document.statements[0].principal, row.principal);
  EXPECT_EQ(found.named_as, row.named_as);
  EXPECT_EQ(found.match, row.named_as == NamedAs::nobody ? no : yes);

  Request request;
  request.principal = row.principal;
  request.action = "sts:AssumeRole";
  const StatementMatch others = match_statement(document.statements[1], true, request, false);
  EXPECT_EQ(others.match, row.named_as == NamedAs::nobody ? yes : no);
  const StatementMatch bounded = match_statement(document.statements[1], true, request, true);
  EXPECT_EQ(bounded.match, yes) << "NotPrincipal denies every one who has a boundary";
}

INSTANTIATE_TEST_SUITE_P(Table, Principals, testing::ValuesIn(principal_rows),
                         [](const auto& row) { return row.param.name; });

TEST(CanonicalUsers, CannotBeTold) {
  const Document document = test::document(
      DocumentKind::trust,
      R"({"Effect": "Allow", "Action": "s3:GetObject", "Principal": {"CanonicalUser": "79a5"}})");
  const PrincipalElement& element = *document.statements.front().principal;
  EXPECT_EQ(match_principal(element, ada()).match, cannot_tell);
  EXPECT_EQ(match_principal(element, Principal::service("s3.amazonaws.com")).match, no);
}

TEST(PrincipalKeys, AreThoseOfTheKind) {
  Context context;
  add_principal_keys(loader(), context);
  EXPECT_EQ(context.single("aws:PrincipalArn"), "arn:aws:iam::123456789012:role/service/Loader");
  EXPECT_EQ(context.single("aws:PrincipalAccount"), "123456789012");
  EXPECT_EQ(context.single("aws:userid"), "AROALOAD:run");
  EXPECT_EQ(context.find("aws:username"), nullptr);
  EXPECT_EQ(context.single("aws:PrincipalIsAWSService"), "false");
  Context of_user;
  add_principal_keys(ada(), of_user);
  EXPECT_EQ(of_user.single("aws:username"), "ada");
  EXPECT_EQ(of_user.single("aws:PrincipalArn"), "arn:aws:iam::123456789012:user/team/ada");
  Context of_service;
  add_principal_keys(Principal::service("s3.amazonaws.com"), of_service);
  EXPECT_EQ(of_service.single("aws:PrincipalServiceName"), "s3.amazonaws.com");
  EXPECT_EQ(of_service.find("aws:PrincipalArn"), nullptr);
}

}  // namespace
}  // namespace firn::aws::iam
