// What decisions say: evidence, the nearest misses, whole prefixes.
#include "tests/aws/iam/evaluation_rows.h"

namespace firn::aws::iam::test {
namespace {

TEST(Evidence, NamesThePoliciesThatAllow) {
  Request request;
  request.principal = stranger();
  request.action = "sqs:SendMessage";
  request.resource = "arn:aws:sqs:eu-west-1:123456789012:q";
  request.resource_account = own;
  Policies policies;
  policies.identity = {
      policy("other", DocumentKind::identity, nothing),
      policy("send", DocumentKind::identity, std::string("[") + nothing + "," + allow + "]")};
  policies.resource =
      policy("q", DocumentKind::resource,
             R"({"Sid": "Senders", "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*",
          "Principal": {"AWS": "210987654321"}})");
  EXPECT_EQ(describe(evaluate(request, policies)),
            "allowed\n"
            "  by resource policy q, statement 1 (\"Senders\")\n"
            "  by identity policy send, statement 2");
}

TEST(Evidence, NamesWhatDenies) {
  Request request;
  request.principal = user();
  request.action = "sns:Publish";
  request.resource = "arn:aws:sns:eu-west-1:123456789012:alerts";
  Policies policies;
  policies.identity = {policy("publish", DocumentKind::identity, allow)};
  policies.resource =
      policy("alerts", DocumentKind::resource,
             R"({"Sid": "OnlySnowflakePublishes", "Effect": "Deny", "Action": "sns:Publish",
          "Resource": "*", "Principal": {"AWS": "*"},
          "Condition": {"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/N"}}})");
  add_principal_keys(request.principal, request.context);
  EXPECT_EQ(describe(evaluate(request, policies)),
            "a statement denies it\n"
            "  by resource policy alerts, statement 1 (\"OnlySnowflakePublishes\")");
}

TEST(Evidence, ShowsTheNearestMisses) {
  Request request;
  request.principal = user();
  request.action = "s3:ListBucket";
  request.resource = "arn:aws:s3:::lake";
  request.context = {{"s3:prefix", {"out/"}}};
  Policies policies;
  policies.identity = {policy(
      "read", DocumentKind::identity,
      R"([{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/raw/*"},
          {"Sid": "List", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::lake",
           "Condition": {"StringLike": {"s3:prefix": "raw/*"}}},
          {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::pond",
           "Condition": {"StringLike": {"s3:prefix": "raw/*"}}}])")};
  EXPECT_EQ(describe(evaluate(request, policies)),
            "no identity policy allows it\n"
            "  identity policy read, statement 2 (\"List\") does not apply:\n"
            "    s3:prefix is out/, the statement asks for StringLike raw/*\n"
            "  identity policy read, statement 3 does not apply:\n"
            "    Resource is arn:aws:s3:::lake, the statement asks for arn:aws:s3:::pond\n"
            "    s3:prefix is out/, the statement asks for StringLike raw/*\n"
            "  identity policy read, statement 1 does not apply:\n"
            "    Action is s3:ListBucket, the statement asks for s3:GetObject\n"
            "    Resource is arn:aws:s3:::lake, the statement asks for arn:aws:s3:::lake/raw/*");
}

TEST(Evidence, SaysWhatIsNotKnownYet) {
  Map principal;
  principal.set("AWS", Value::unknown("lake.iam_user_arn"));
  Map statement;
  statement.set("Effect", "Allow");
  statement.set("Action", "sts:AssumeRole");
  statement.set("Principal", Value(std::move(principal)));
  Map whole;
  whole.set("Statement", Value(std::move(statement)));
  Request request;
  request.principal = stranger();
  request.action = "sts:AssumeRole";
  request.resource = role;
  request.resource_account = own;
  Policies policies;
  policies.identity_is_assumed = true;
  policies.resource_kind = of_role;
  policies.resource = Policy{"Target", *parse_document(Value(whole), DocumentKind::trust)};
  EXPECT_EQ(describe(evaluate(request, policies)),
            "no resource policy allows it\n"
            "  resource policy Target, statement 1 does not apply:\n"
            "    Principal cannot be told yet: the statement says (lake.iam_user_arn)");
}

TEST(Evidence, SaysThatPoliciesElsewhereWereAssumed) {
  Request request;
  request.principal = stranger();
  request.action = "sts:AssumeRole";
  request.resource = role;
  request.resource_account = own;
  Policies policies;
  policies.identity_is_assumed = true;
  policies.resource_kind = of_role;
  policies.resource = policy("Target", DocumentKind::trust, trust(the_stranger));
  const Decision decision = evaluate(request, policies);
  EXPECT_TRUE(decision.allowed);
  EXPECT_TRUE(decision.identity_was_assumed);
}

TEST(GetCallerIdentity, NeedsNoPermission) {
  Request request;
  request.principal = user();
  request.action = "sts:GetCallerIdentity";
  request.resource = "*";
  Policies policies;
  policies.identity = {policy("none", DocumentKind::identity, deny)};
  EXPECT_TRUE(evaluate(request, policies).allowed);
}

// Whole prefixes.
struct PatternRow {
  const char* name;
  const char* identity;
  const char* refused;  // the first resource that is not covered; "" when all are
};

void PrintTo(const PatternRow& row, std::ostream* out) {
  *out << row.name;
}

// Asked for: s3:GetObject of arn:aws:s3:::lake/raw/?*.
const PatternRow pattern_rows[] = {
    {"all", allow, ""},
    {"the_prefix",
     R"({"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::lake/raw/*"})", ""},
    {"only_csv",
     R"({"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::lake/raw/*.csv"})",
     "arn:aws:s3:::lake/raw/x"},
    {"one_year", R"({"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::lake/raw/2*"})",
     "arn:aws:s3:::lake/raw/x"},
    {"nothing", nothing, "arn:aws:s3:::lake/raw/x"},
    {"a_part_is_denied",
     R"([{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::lake/*"},
         {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::lake/*/tmp"}])",
     "arn:aws:s3:::lake/raw/tmp"},
    {"another_prefix_is_denied",
     R"([{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::lake/*"},
         {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::lake/out/*"}])",
     ""},
    {"another_action_is_denied",
     R"([{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::lake/*"},
         {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::lake/*"}])",
     ""},
    {"two_statements_together",
     R"([{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/raw/a*"},
         {"Effect": "Allow", "Action": "s3:Get*", "NotResource": "arn:aws:s3:::lake/raw/a*"}])",
     ""},
    {"not_resource_leaves_a_gap",
     R"({"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::lake/raw/tmp/*"})",
     "arn:aws:s3:::lake/raw/tmp/"},
    {"deny_with_not_resource",
     R"([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
         {"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::lake/raw/*"}])",
     ""},
};

class Prefixes : public testing::TestWithParam<PatternRow> {};

TEST_P(Prefixes, AreCovered) {
  Request request;
  request.principal = user();
  request.action = "s3:GetObject";
  request.resource = "arn:aws:s3:::lake/raw/?*";
  Policies policies;
  policies.identity = {policy("own", DocumentKind::identity, GetParam().identity)};
  const PatternDecision decision = evaluate_pattern(request, policies);
  EXPECT_FALSE(decision.too_large);
  const std::string refused = decision.refused.empty() ? "" : decision.refused.front().example;
  EXPECT_EQ(refused, GetParam().refused);
  EXPECT_EQ(decision.allowed, decision.refused.empty());
}

INSTANTIATE_TEST_SUITE_P(Table, Prefixes, testing::ValuesIn(pattern_rows),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace firn::aws::iam::test
