// Reading documents, and what is said of wrong ones.
#include "providers/aws/iam/document.h"

#include <gtest/gtest.h>

#include "core/value/json.h"
#include "tests/aws/iam/support.h"

namespace firn::aws::iam {
namespace {

TEST(Documents, AreReadFromTextAndFromMaps) {
  const std::string text =
      R"({"Version": "2012-10-17", "Id": "x", "Statement": {"Sid": "Read", "Effect": "Allow",
          "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::lake/*", "arn:aws:s3:::pond/*"],
          "Condition": {"Bool": {"aws:SecureTransport": true}}}})";
  const auto from_text = parse_document(Value(text), DocumentKind::identity);
  const auto from_map = parse_document(*parse_json(text), DocumentKind::identity);
  ASSERT_TRUE(from_text);
  ASSERT_TRUE(from_map);
  for (const auto* document : {&*from_text, &*from_map}) {
    EXPECT_TRUE(document->has_variables);
    ASSERT_EQ(document->statements.size(), 1U);
    const Statement& statement = document->statements.front();
    EXPECT_EQ(statement.label(), "statement 1 (\"Read\")");
    EXPECT_EQ(statement.effect, Effect::allow);
    EXPECT_FALSE(statement.principal);
    ASSERT_EQ(statement.actions.size(), 1U);
    EXPECT_EQ(statement.actions.front().text, "s3:GetObject");
    EXPECT_EQ(statement.resources.size(), 2U);
    ASSERT_EQ(statement.conditions.size(), 1U);
    EXPECT_EQ(statement.conditions.front().key, "aws:SecureTransport");
    EXPECT_EQ(statement.conditions.front().values.front().text, "true");
  }
}

TEST(Documents, WithoutVersionHaveNoVariables) {
  const auto document = parse_document(
      Value(R"({"Statement": [{"Effect": "Deny", "NotAction": "s3:*", "NotResource": "*"}]})"),
      DocumentKind::identity);
  ASSERT_TRUE(document);
  EXPECT_FALSE(document->has_variables);
  EXPECT_EQ(document->statements.front().effect, Effect::deny);
  EXPECT_TRUE(document->statements.front().is_not_action);
  EXPECT_TRUE(document->statements.front().is_not_resource);
}

TEST(Documents, PrincipalsOfEveryForm) {
  const Document all =
      test::document(DocumentKind::trust,
                     R"([{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"},
          {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"},
          {"Effect": "Allow", "Principal": {"AWS": ["123456789012", "*"]}, "Action": "sts:AssumeRole"},
          {"Effect": "Allow", "Action": "sts:AssumeRole",
           "Principal": {"AWS": 123456789012, "Service": ["a.amazonaws.com", "b.amazonaws.com"],
                         "Federated": "accounts.google.com", "CanonicalUser": "79a5"}},
          {"Effect": "Deny", "NotPrincipal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}])");
  ASSERT_EQ(all.statements.size(), 5U);
  EXPECT_TRUE(all.statements[0].principal->everyone);
  EXPECT_TRUE(all.statements[1].principal->everyone);
  EXPECT_TRUE(all.statements[2].principal->everyone);
  const PrincipalElement& named = *all.statements[3].principal;
  EXPECT_FALSE(named.everyone);
  EXPECT_EQ(named.aws.front().text, "123456789012");
  EXPECT_EQ(named.services.size(), 2U);
  EXPECT_EQ(named.federated.front().text, "accounts.google.com");
  EXPECT_EQ(named.canonical_users.front().text, "79a5");
  EXPECT_TRUE(all.statements[4].is_not_principal);
}

TEST(Documents, KeepWhatIsNotKnownInItsPlace) {
  Map principal;
  principal.set("AWS", Value::unknown("lake.iam_user_arn"));
  Map id;
  id.set("sts:ExternalId", Value::unknown("lake.external_id"));
  Map condition;
  condition.set("StringEquals", Value(std::move(id)));
  Map statement;
  statement.set("Effect", "Allow");
  statement.set("Action", "sts:AssumeRole");
  statement.set("Principal", Value(std::move(principal)));
  statement.set("Condition", Value(std::move(condition)));
  Map whole;
  whole.set("Version", "2012-10-17");
  whole.set("Statement", Value(std::move(statement)));
  const auto document = parse_document(Value(whole), DocumentKind::trust);
  ASSERT_TRUE(document);
  const Statement& read = document->statements.front();
  EXPECT_EQ(read.principal->aws.front().waits_for, "lake.iam_user_arn");
  EXPECT_EQ(read.conditions.front().values.front().waits_for, "lake.external_id");

  whole.set("Statement", Value::unknown("lake.statements"));
  const auto unknown = parse_document(Value(whole), DocumentKind::trust);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, ErrorKind::not_ready);
  EXPECT_EQ(unknown.error().detail, "Statement waits for lake.statements");
}

struct WrongRow {
  const char* name;
  DocumentKind kind;
  const char* document;
  const char* detail;
};

void PrintTo(const WrongRow& row, std::ostream* out) {
  *out << row.name;
}

const WrongRow wrong_rows[] = {
    {"no_map", DocumentKind::identity, "[]", "the document is not a map"},
    {"no_statement", DocumentKind::identity, "{}", "the document has no Statement"},
    {"member", DocumentKind::identity, R"({"Statements": []})",
     R"(the document has a member "Statements")"},
    {"version", DocumentKind::identity, R"({"Version": "2020", "Statement": []})",
     R"(the document has the Version "2020")"},
    {"statement_is_text", DocumentKind::identity, R"({"Statement": ["x"]})",
     "statement 1 is a string, not a map"},
    {"effect", DocumentKind::identity, R"({"Statement": {"Sid": "A", "Effect": "allow"}})",
     R"(statement 1 ("A") has no Effect)"},
    {"statement_member", DocumentKind::identity,
     R"({"Statement": {"Effect": "Allow", "Actions": "*"}})",
     R"(statement 1 has a member "Actions")"},
    {"no_action", DocumentKind::identity, R"({"Statement": {"Effect": "Allow", "Resource": "*"}})",
     "statement 1 has no Action"},
    {"two_actions", DocumentKind::identity,
     R"({"Statement": {"Effect": "Allow", "Action": "a:b", "NotAction": "a:c", "Resource": "*"}})",
     "statement 1 has both Action and NotAction"},
    {"empty_action", DocumentKind::identity,
     R"({"Statement": {"Effect": "Allow", "Action": [], "Resource": "*"}})",
     "statement 1: Action is empty"},
    {"action_is_a_map", DocumentKind::identity,
     R"({"Statement": {"Effect": "Allow", "Action": {}, "Resource": "*"}})",
     "statement 1: Action holds a map, not a text"},
    {"no_resource", DocumentKind::identity, R"({"Statement": {"Effect": "Allow", "Action": "*"}})",
     "statement 1 has no Resource"},
    {"resource_of_trust", DocumentKind::trust,
     R"({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}})",
     "statement 1 has a Resource, which is what it is part of"},
    {"principal_of_identity", DocumentKind::identity,
     R"({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}})",
     "statement 1 has a Principal, which is whose policy it is"},
    {"no_principal", DocumentKind::resource,
     R"({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})",
     "statement 1 has no Principal"},
    {"principal_text", DocumentKind::trust,
     R"({"Statement": {"Effect": "Allow", "Action": "*", "Principal": "ada"}})",
     "statement 1: Principal names nobody"},
    {"principal_type", DocumentKind::trust,
     R"({"Statement": {"Effect": "Allow", "Action": "*", "Principal": {"User": "ada"}}})",
     R"(statement 1: Principal has no type "User")"},
    {"operator", DocumentKind::identity,
     R"({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"},
                       {"Effect": "Allow", "Action": "*", "Resource": "*",
                        "Condition": {"StringIs": {}}}]})",
     R"(statement 2: Condition has no operator "StringIs")"},
    {"condition_keys", DocumentKind::identity,
     R"({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",
                       "Condition": {"Bool": "true"}}})",
     "statement 1: Condition.Bool is not a map of condition keys"},
};

class WrongDocuments : public testing::TestWithParam<WrongRow> {};

TEST_P(WrongDocuments, AreRefusedWithTheirPlace) {
  const auto document = parse_document(*parse_json(GetParam().document), GetParam().kind);
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().kind, ErrorKind::invalid_input);
  EXPECT_EQ(document.error().detail, GetParam().detail);
}

INSTANTIATE_TEST_SUITE_P(Table, WrongDocuments, testing::ValuesIn(wrong_rows),
                         [](const auto& row) { return row.param.name; });

TEST(WrongDocuments, ThatAreNoJson) {
  const auto document = parse_document(Value("{"), DocumentKind::identity);
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().kind, ErrorKind::invalid_input);
}

}  // namespace
}  // namespace firn::aws::iam
