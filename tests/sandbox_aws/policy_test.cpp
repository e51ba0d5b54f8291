// The truth table of policy evaluation.
#include <gtest/gtest.h>
#include <map>

#include "core/value/json.h"
#include "sandbox/aws/policy/evaluate.h"

namespace firn::sandbox::aws {
namespace {

using Keys = std::map<std::string, std::vector<std::string>>;

struct Row {
  const char* name;
  const char* statement;  // members of one statement, without Effect
  const char* action;
  const char* resource;
  Keys keys;
  bool matches;
};

Question question_of(const Row& row) {
  Question question;
  question.action = row.action;
  question.resource = row.resource;
  for (const auto& [key, values] : row.keys)
    question.context.set(key, values);
  return question;
}

Value document_with(const std::string& effect, const std::string& members,
                    const std::string& version = "2012-10-17") {
  return parse_json("{\"Version\":\"" + version + "\",\"Statement\":{\"Effect\":\"" + effect +
                    "\"," + members + "}}")
      .value();
}

constexpr const char* get = "s3:GetObject";
constexpr const char* object = "arn:aws:s3:::lake/raw/a.csv";
constexpr const char* all = R"("Action":"*","Resource":"*")";

#define CONDITION(block) R"("Action":"*","Resource":"*","Condition":)" block

const std::vector<Row>& rows() {
  static const std::vector<Row> table = {
      // actions
      {"exact action", R"("Action":"s3:GetObject","Resource":"*")", get, object, {}, true},
      {"other action", R"("Action":"s3:PutObject","Resource":"*")", get, object, {}, false},
      {"case of action", R"("Action":"S3:getobject","Resource":"*")", get, object, {}, true},
      {"action star", R"("Action":"s3:Get*","Resource":"*")", get, object, {}, true},
      {"action question mark", R"("Action":"s3:GetObjec?","Resource":"*")", get, object, {}, true},
      {"question mark is one",
       R"("Action":"s3:GetObject?","Resource":"*")",
       get,
       object,
       {},
       false},
      {"everything", all, get, object, {}, true},
      {"list of actions",
       R"("Action":["s3:PutObject","s3:GetObject"],"Resource":"*")",
       get,
       object,
       {},
       true},
      {"other service", R"("Action":"sqs:*","Resource":"*")", get, object, {}, false},
      {"not action, named", R"("NotAction":"s3:GetObject","Resource":"*")", get, object, {}, false},
      {"not action, other", R"("NotAction":"iam:*","Resource":"*")", get, object, {}, true},
      {"not action list",
       R"("NotAction":["iam:*","s3:Get*"],"Resource":"*")",
       get,
       object,
       {},
       false},
      // resources
      {"exact resource",
       R"("Action":"*","Resource":"arn:aws:s3:::lake/raw/a.csv")",
       get,
       object,
       {},
       true},
      {"bucket is not its objects",
       R"("Action":"*","Resource":"arn:aws:s3:::lake")",
       get,
       object,
       {},
       false},
      {"objects are not the bucket",
       R"("Action":"*","Resource":"arn:aws:s3:::lake/*")",
       "s3:ListBucket",
       "arn:aws:s3:::lake",
       {},
       false},
      {"star crosses slashes",
       R"("Action":"*","Resource":"arn:aws:s3:::lake/*")",
       get,
       object,
       {},
       true},
      {"prefix", R"("Action":"*","Resource":"arn:aws:s3:::lake/raw/*")", get, object, {}, true},
      {"other prefix",
       R"("Action":"*","Resource":"arn:aws:s3:::lake/cooked/*")",
       get,
       object,
       {},
       false},
      {"case of resource",
       R"("Action":"*","Resource":"arn:aws:s3:::LAKE/*")",
       get,
       object,
       {},
       false},
      {"star in the middle",
       R"("Action":"*","Resource":"arn:aws:s3:::lake/*/a.csv")",
       get,
       object,
       {},
       true},
      {"two stars", R"("Action":"*","Resource":"arn:*:s3:::*/a.csv")", get, object, {}, true},
      {"question mark in resource",
       R"("Action":"*","Resource":"arn:aws:s3:::lak?/*")",
       get,
       object,
       {},
       true},
      {"list of resources",
       R"("Action":"*","Resource":["arn:aws:s3:::x","arn:aws:s3:::lake/raw/*"])",
       get,
       object,
       {},
       true},
      {"not resource, named",
       R"("Action":"*","NotResource":"arn:aws:s3:::lake/*")",
       get,
       object,
       {},
       false},
      {"not resource, other",
       R"("Action":"*","NotResource":"arn:aws:s3:::pond/*")",
       get,
       object,
       {},
       true},
      {"star that ends a part goes on",
       R"("Action":"*","Resource":"arn:aws:s3*")",
       get,
       object,
       {},
       true},
      {"star inside a part stays in it",
       R"("Action":"*","Resource":"arn:aw*ke/raw/a.csv")",
       get,
       object,
       {},
       false},
      {"question mark is no colon before the resource",
       R"("Action":"*","Resource":"arn:aws?s3:::lake/*")",
       get,
       object,
       {},
       false},
      {"question mark is a colon in a key",
       R"("Action":"*","Resource":"arn:aws:s3:::lake/a?b")",
       get,
       "arn:aws:s3:::lake/a:b",
       {},
       true},
      // variables
      {"variable before the resource",
       R"("Action":"*","Resource":"arn:aws:${a:b}:::lake/*")",
       get,
       object,
       {{"a:b", {"s3"}}},
       false},
      {"variable",
       R"("Action":"*","Resource":"arn:aws:s3:::lake/${aws:PrincipalTag/team}/*")",
       get,
       object,
       {{"aws:PrincipalTag/team", {"raw"}}},
       true},
      {"variable of another value",
       R"("Action":"*","Resource":"arn:aws:s3:::lake/${aws:PrincipalTag/team}/*")",
       get,
       object,
       {{"aws:PrincipalTag/team", {"cooked"}}},
       false},
      {"missing variable",
       R"("Action":"*","Resource":"arn:aws:s3:::lake/${aws:username}/*")",
       get,
       object,
       {},
       false},
      {"default of a variable",
       R"("Action":"*","Resource":"arn:aws:s3:::lake/${aws:username, 'raw'}/*")",
       get,
       object,
       {},
       true},
      {"star from a variable is no wildcard",
       R"("Action":"*","Resource":"arn:aws:s3:::lake/${aws:username}")",
       get,
       object,
       {{"aws:username", {"*"}}},
       false},
      {"escaped star",
       R"("Action":"*","Resource":"arn:aws:s3:::lake/${*}")",
       get,
       "arn:aws:s3:::lake/*",
       {},
       true},
      {"escaped star is only a star",
       R"("Action":"*","Resource":"arn:aws:s3:::lake/${*}")",
       get,
       object,
       {},
       false},
      // strings
      {"StringEquals",
       CONDITION(R"({"StringEquals":{"aws:SourceAccount":"1"}})"),
       get,
       object,
       {{"aws:SourceAccount", {"1"}}},
       true},
      {"StringEquals, other value",
       CONDITION(R"({"StringEquals":{"aws:SourceAccount":"1"}})"),
       get,
       object,
       {{"aws:SourceAccount", {"2"}}},
       false},
      {"StringEquals, key missing",
       CONDITION(R"({"StringEquals":{"aws:SourceAccount":"1"}})"),
       get,
       object,
       {},
       false},
      {"case of the key",
       CONDITION(R"({"StringEquals":{"AWS:sourceaccount":"1"}})"),
       get,
       object,
       {{"aws:SourceAccount", {"1"}}},
       true},
      {"case of the value",
       CONDITION(R"({"StringEquals":{"a:b":"Blue"}})"),
       get,
       object,
       {{"a:b", {"blue"}}},
       false},
      {"StringEqualsIgnoreCase",
       CONDITION(R"({"StringEqualsIgnoreCase":{"a:b":"Blue"}})"),
       get,
       object,
       {{"a:b", {"blue"}}},
       true},
      {"StringNotEqualsIgnoreCase",
       CONDITION(R"({"StringNotEqualsIgnoreCase":{"a:b":"Blue"}})"),
       get,
       object,
       {{"a:b", {"blue"}}},
       false},
      {"StringEquals takes no wildcard",
       CONDITION(R"({"StringEquals":{"a:b":"bl*"}})"),
       get,
       object,
       {{"a:b", {"blue"}}},
       false},
      {"values are alternatives",
       CONDITION(R"({"StringEquals":{"a:b":["red","blue"]}})"),
       get,
       object,
       {{"a:b", {"blue"}}},
       true},
      {"keys must all hold",
       CONDITION(R"({"StringEquals":{"a:b":"blue","a:c":"x"}})"),
       get,
       object,
       {{"a:b", {"blue"}}, {"a:c", {"y"}}},
       false},
      {"operators must all hold",
       CONDITION(R"({"StringEquals":{"a:b":"blue"},"StringLike":{"a:c":"y*"}})"),
       get,
       object,
       {{"a:b", {"blue"}}, {"a:c", {"yes"}}},
       true},
      {"one operator fails",
       CONDITION(R"({"StringEquals":{"a:b":"blue"},"StringLike":{"a:c":"n*"}})"),
       get,
       object,
       {{"a:b", {"blue"}}, {"a:c", {"yes"}}},
       false},
      {"StringNotEquals, other",
       CONDITION(R"({"StringNotEquals":{"a:b":"red"}})"),
       get,
       object,
       {{"a:b", {"blue"}}},
       true},
      {"StringNotEquals, same",
       CONDITION(R"({"StringNotEquals":{"a:b":"blue"}})"),
       get,
       object,
       {{"a:b", {"blue"}}},
       false},
      {"StringNotEquals, key missing",
       CONDITION(R"({"StringNotEquals":{"a:b":"blue"}})"),
       get,
       object,
       {},
       true},
      {"StringNotEquals, none of them",
       CONDITION(R"({"StringNotEquals":{"a:b":["red","blue"]}})"),
       get,
       object,
       {{"a:b", {"blue"}}},
       false},
      {"StringLike",
       CONDITION(R"({"StringLike":{"s3:prefix":"raw/*"}})"),
       get,
       object,
       {{"s3:prefix", {"raw/x"}}},
       true},
      {"StringLike, one character",
       CONDITION(R"({"StringLike":{"s3:prefix":"ra?"}})"),
       get,
       object,
       {{"s3:prefix", {"raw"}}},
       true},
      {"StringLike, not",
       CONDITION(R"({"StringLike":{"s3:prefix":"raw/*"}})"),
       get,
       object,
       {{"s3:prefix", {"cooked/"}}},
       false},
      {"StringLike, key missing",
       CONDITION(R"({"StringLike":{"s3:prefix":"*"}})"),
       get,
       object,
       {},
       false},
      {"StringNotLike",
       CONDITION(R"({"StringNotLike":{"s3:prefix":"raw/*"}})"),
       get,
       object,
       {{"s3:prefix", {"cooked/"}}},
       true},
      {"StringNotLike, like",
       CONDITION(R"({"StringNotLike":{"s3:prefix":"raw/*"}})"),
       get,
       object,
       {{"s3:prefix", {"raw/x"}}},
       false},
      {"empty value is a value",
       CONDITION(R"({"StringEquals":{"s3:prefix":""}})"),
       get,
       object,
       {{"s3:prefix", {""}}},
       true},
      {"variable in a condition",
       CONDITION(R"({"StringEquals":{"a:b":"${a:c}"}})"),
       get,
       object,
       {{"a:b", {"x"}}, {"a:c", {"x"}}},
       true},
      // IfExists and Null
      {"IfExists, missing",
       CONDITION(R"({"StringEqualsIfExists":{"a:b":"x"}})"),
       get,
       object,
       {},
       true},
      {"IfExists, there",
       CONDITION(R"({"StringEqualsIfExists":{"a:b":"x"}})"),
       get,
       object,
       {{"a:b", {"y"}}},
       false},
      {"ArnLikeIfExists, missing",
       CONDITION(R"({"ArnLikeIfExists":{"aws:SourceArn":"a"}})"),
       get,
       object,
       {},
       true},
      {"Null true, missing", CONDITION(R"({"Null":{"a:b":"true"}})"), get, object, {}, true},
      {"Null true, there",
       CONDITION(R"({"Null":{"a:b":"true"}})"),
       get,
       object,
       {{"a:b", {"x"}}},
       false},
      {"Null false, there",
       CONDITION(R"({"Null":{"a:b":false}})"),
       get,
       object,
       {{"a:b", {"x"}}},
       true},
      {"Null false, missing", CONDITION(R"({"Null":{"a:b":"false"}})"), get, object, {}, false},
      // booleans
      {"Bool",
       CONDITION(R"({"Bool":{"aws:SecureTransport":"false"}})"),
       get,
       object,
       {{"aws:SecureTransport", {"false"}}},
       true},
      {"Bool without quotes",
       CONDITION(R"({"Bool":{"aws:SecureTransport":false}})"),
       get,
       object,
       {{"aws:SecureTransport", {"false"}}},
       true},
      {"Bool, other",
       CONDITION(R"({"Bool":{"aws:SecureTransport":"false"}})"),
       get,
       object,
       {{"aws:SecureTransport", {"true"}}},
       false},
      {"Bool, missing",
       CONDITION(R"({"Bool":{"aws:SecureTransport":"false"}})"),
       get,
       object,
       {},
       false},
      {"BoolIfExists, missing",
       CONDITION(R"({"BoolIfExists":{"aws:SecureTransport":"false"}})"),
       get,
       object,
       {},
       true},
      // numbers
      {"NumericEquals",
       CONDITION(R"({"NumericEquals":{"s3:max-keys":"10"}})"),
       get,
       object,
       {{"s3:max-keys", {"10.0"}}},
       true},
      {"NumericLessThanEquals",
       CONDITION(R"({"NumericLessThanEquals":{"s3:max-keys":10}})"),
       get,
       object,
       {{"s3:max-keys", {"10"}}},
       true},
      {"NumericLessThan",
       CONDITION(R"({"NumericLessThan":{"s3:max-keys":"10"}})"),
       get,
       object,
       {{"s3:max-keys", {"10"}}},
       false},
      {"NumericGreaterThan",
       CONDITION(R"({"NumericGreaterThan":{"s3:max-keys":"9"}})"),
       get,
       object,
       {{"s3:max-keys", {"10"}}},
       true},
      {"NumericGreaterThanEquals",
       CONDITION(R"({"NumericGreaterThanEquals":{"a:b":"11"}})"),
       get,
       object,
       {{"a:b", {"10"}}},
       false},
      {"NumericNotEquals",
       CONDITION(R"({"NumericNotEquals":{"a:b":"10"}})"),
       get,
       object,
       {{"a:b", {"10"}}},
       false},
      {"no number",
       CONDITION(R"({"NumericEquals":{"a:b":"10"}})"),
       get,
       object,
       {{"a:b", {"ten"}}},
       false},
      // ARNs
      {"ArnLike",
       CONDITION(R"({"ArnLike":{"aws:SourceArn":"arn:aws:s3:::lake"}})"),
       get,
       object,
       {{"aws:SourceArn", {"arn:aws:s3:::lake"}}},
       true},
      {"ArnLike star",
       CONDITION(R"({"ArnLike":{"aws:SourceArn":"arn:aws:s3:::la*"}})"),
       get,
       object,
       {{"aws:SourceArn", {"arn:aws:s3:::lake"}}},
       true},
      {"ArnEquals takes wildcards too",
       CONDITION(R"({"ArnEquals":{"aws:SourceArn":"arn:aws:sns:*:1:t"}})"),
       get,
       object,
       {{"aws:SourceArn", {"arn:aws:sns:eu-west-1:1:t"}}},
       true},
      {"star stays in its part",
       CONDITION(R"({"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:t"}})"),
       get,
       object,
       {{"aws:SourceArn", {"arn:aws:sns:eu-west-1:1:t"}}},
       false},
      {"StringLike's star does not",
       CONDITION(R"({"StringLike":{"a:b":"arn:aws:sns:*:t"}})"),
       get,
       object,
       {{"a:b", {"arn:aws:sns:eu-west-1:1:t"}}},
       true},
      {"star in the last part crosses colons",
       CONDITION(R"({"ArnLike":{"a:b":"arn:aws:logs:*:1:log-group:*"}})"),
       get,
       object,
       {{"a:b", {"arn:aws:logs:eu-west-1:1:log-group:x:*"}}},
       true},
      {"ArnNotLike",
       CONDITION(R"({"ArnNotLike":{"aws:SourceArn":"arn:aws:s3:::la*"}})"),
       get,
       object,
       {{"aws:SourceArn", {"arn:aws:s3:::lake"}}},
       false},
      {"ArnNotEquals, missing",
       CONDITION(R"({"ArnNotEquals":{"aws:SourceArn":"arn:a:b:c:d:e"}})"),
       get,
       object,
       {},
       true},
      {"ArnLike, no ARN",
       CONDITION(R"({"ArnLike":{"a:b":"*"}})"),
       get,
       object,
       {{"a:b", {"lake"}}},
       false},
      // several values in the request
      {"ForAnyValue, one fits",
       CONDITION(R"({"ForAnyValue:StringEquals":{"a:b":["x","y"]}})"),
       get,
       object,
       {{"a:b", {"z", "y"}}},
       true},
      {"ForAnyValue, none",
       CONDITION(R"({"ForAnyValue:StringEquals":{"a:b":"x"}})"),
       get,
       object,
       {{"a:b", {"z", "y"}}},
       false},
      {"ForAnyValue, empty",
       CONDITION(R"({"ForAnyValue:StringEquals":{"a:b":"x"}})"),
       get,
       object,
       {},
       false},
      {"ForAnyValue, empty, IfExists",
       CONDITION(R"({"ForAnyValue:StringEqualsIfExists":{"a:b":"x"}})"),
       get,
       object,
       {},
       false},
      {"ForAnyValue, an empty text",
       CONDITION(R"({"ForAnyValue:StringEquals":{"a:b":""}})"),
       get,
       object,
       {{"a:b", {""}}},
       false},
      {"ForAllValues, an empty text",
       CONDITION(R"({"ForAllValues:StringEquals":{"a:b":"x"}})"),
       get,
       object,
       {{"a:b", {""}}},
       true},
      {"ForAllValues, all fit",
       CONDITION(R"({"ForAllValues:StringLike":{"a:b":["x*","y*"]}})"),
       get,
       object,
       {{"a:b", {"x1", "y2"}}},
       true},
      {"ForAllValues, one does not",
       CONDITION(R"({"ForAllValues:StringLike":{"a:b":"x*"}})"),
       get,
       object,
       {{"a:b", {"x1", "y2"}}},
       false},
      {"ForAllValues, empty",
       CONDITION(R"({"ForAllValues:StringLike":{"a:b":"x*"}})"),
       get,
       object,
       {},
       true},
      {"ForAnyValue negated",
       CONDITION(R"({"ForAnyValue:StringNotEquals":{"a:b":"x"}})"),
       get,
       object,
       {{"a:b", {"x", "y"}}},
       true},
      {"ForAllValues negated",
       CONDITION(R"({"ForAllValues:StringNotEquals":{"a:b":"x"}})"),
       get,
       object,
       {{"a:b", {"x", "y"}}},
       false},
  };
  return table;
}

TEST(PolicyEvaluation, TruthTable) {
  ASSERT_GE(rows().size(), 80U);
  for (const Row& row : rows()) {
    const Question question = question_of(row);
    EXPECT_EQ(evaluate_identity_policy(document_with("Allow", row.statement), question).effect,
              row.matches ? Effect::allow : Effect::none)
        << row.name;
    EXPECT_EQ(evaluate_identity_policy(document_with("Deny", row.statement), question).effect,
              row.matches ? Effect::deny : Effect::none)
        << row.name;
  }
}

TEST(PolicyEvaluation, AConditionThatCannotBeEvaluatedFailsClosedAndSaysSo) {
  Row row{"",
          CONDITION(R"({"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}})"),
          get,
          object,
          {{"aws:SourceIp", {"10.1.2.3"}}},
          false};
  const DocumentVerdict allow =
      evaluate_identity_policy(document_with("Allow", row.statement), question_of(row));
  EXPECT_EQ(allow.effect, Effect::none);
  EXPECT_NE(allow.problem.find("IpAddress"), std::string::npos);
  const DocumentVerdict deny =
      evaluate_identity_policy(document_with("Deny", row.statement), question_of(row));
  EXPECT_EQ(deny.effect, Effect::deny);
  EXPECT_NE(deny.problem.find("IpAddress"), std::string::npos);
}

TEST(PolicyEvaluation, VariablesNeedTheNewVersion) {
  const std::string statement = R"("Action":"*","Resource":"arn:aws:s3:::${aws:username}")";
  Question question;
  question.action = get;
  question.resource = "arn:aws:s3:::x";
  question.context.set("aws:username", "x");
  EXPECT_EQ(evaluate_identity_policy(document_with("Allow", statement), question).effect,
            Effect::allow);
  EXPECT_EQ(
      evaluate_identity_policy(document_with("Allow", statement, "2008-10-17"), question).effect,
      Effect::none);
  question.resource = "arn:aws:s3:::${aws:username}";
  EXPECT_EQ(
      evaluate_identity_policy(document_with("Allow", statement, "2008-10-17"), question).effect,
      Effect::allow);
}

TEST(PolicyEvaluation, DenyBeatsAllowWhateverTheirOrder) {
  const Value document = parse_json(
                             R"({"Version":"2012-10-17","Statement":[
             {"Effect":"Allow","Action":"*","Resource":"*"},
             {"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::lake/*"},
             {"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]})")
                             .value();
  Question question;
  question.action = get;
  question.resource = object;
  EXPECT_EQ(evaluate_identity_policy(document, question).effect, Effect::deny);
  question.resource = "arn:aws:s3:::pond/a";
  EXPECT_EQ(evaluate_identity_policy(document, question).effect, Effect::allow);
}

struct PrincipalRow {
  const char* name;
  const char* element;  // the Principal or NotPrincipal member
  Principal principal;
  NamedAs named;
};

Principal role_session() {
  Principal principal;
  principal.kind = Principal::Kind::role;
  principal.account = "111122223333";
  principal.role_arn = "arn:aws:iam::111122223333:role/R";
  principal.arn = "arn:aws:sts::111122223333:assumed-role/R/s";
  principal.unique_id = "AROAEXAMPLE";
  return principal;
}

Principal user() {
  Principal principal;
  principal.kind = Principal::Kind::user;
  principal.account = "444455556666";
  principal.arn = "arn:aws:iam::444455556666:user/u";
  return principal;
}

Principal service() {
  Principal principal;
  principal.kind = Principal::Kind::service;
  principal.service = "s3.amazonaws.com";
  return principal;
}

TEST(PolicyEvaluation, Principals) {
  const std::vector<PrincipalRow> table = {
      {"star", R"("Principal":"*")", role_session(), NamedAs::everyone},
      {"AWS star", R"("Principal":{"AWS":"*"})", role_session(), NamedAs::everyone},
      {"star and services", R"("Principal":"*")", service(), NamedAs::everyone},
      {"AWS star is not for services", R"("Principal":{"AWS":"arn:aws:iam::1:root"})", service(),
       NamedAs::nobody},
      {"account id", R"("Principal":{"AWS":"111122223333"})", role_session(), NamedAs::account},
      {"root", R"("Principal":{"AWS":"arn:aws:iam::111122223333:root"})", role_session(),
       NamedAs::account},
      {"other root", R"("Principal":{"AWS":"arn:aws:iam::999999999999:root"})", role_session(),
       NamedAs::nobody},
      {"role", R"("Principal":{"AWS":"arn:aws:iam::111122223333:role/R"})", role_session(),
       NamedAs::itself},
      {"other role", R"("Principal":{"AWS":"arn:aws:iam::111122223333:role/Q"})", role_session(),
       NamedAs::nobody},
      {"session", R"("Principal":{"AWS":"arn:aws:sts::111122223333:assumed-role/R/s"})",
       role_session(), NamedAs::session},
      {"unique id", R"("Principal":{"AWS":"AROAEXAMPLE"})", role_session(), NamedAs::itself},
      {"user", R"("Principal":{"AWS":"arn:aws:iam::444455556666:user/u"})", user(),
       NamedAs::itself},
      {"list", R"("Principal":{"AWS":["arn:aws:iam::1:root","arn:aws:iam::444455556666:user/u"]})",
       user(), NamedAs::itself},
      {"service", R"("Principal":{"Service":"s3.amazonaws.com"})", service(), NamedAs::itself},
      {"other service", R"("Principal":{"Service":"sns.amazonaws.com"})", service(),
       NamedAs::nobody},
      {"one of two kinds",
       R"("Principal":{"Service":"s3.amazonaws.com","AWS":"arn:aws:iam::1:root"})", service(),
       NamedAs::itself},
      {"not principal, named", R"("NotPrincipal":{"AWS":"arn:aws:iam::444455556666:user/u"})",
       user(), NamedAs::nobody},
      {"not principal, other", R"("NotPrincipal":{"AWS":"arn:aws:iam::444455556666:user/v"})",
       user(), NamedAs::everyone},
      {"no principal at all", R"("Sid":"a")", user(), NamedAs::nobody},
  };
  for (const PrincipalRow& row : table) {
    StoredPolicy policy;
    policy.document =
        document_with("Allow", std::string(row.element) + R"(,"Action":"*","Resource":"*")");
    Question question;
    question.principal = row.principal;
    question.action = get;
    question.resource = object;
    const DocumentVerdict verdict = evaluate_resource_policy(policy, question);
    EXPECT_EQ(verdict.effect, row.named == NamedAs::nobody ? Effect::none : Effect::allow)
        << row.name;
    EXPECT_EQ(verdict.named_as, row.named) << row.name;
  }
}

TEST(PolicyEvaluation, ARoleMadeAgainIsAnotherPrincipal) {
  StoredPolicy policy;
  policy.document = document_with(
      "Allow",
      R"("Principal":{"AWS":"arn:aws:iam::111122223333:role/R"},"Action":"*","Resource":"*")");
  policy.principal_ids.set("arn:aws:iam::111122223333:role/R", "AROAEXAMPLE");
  Question question;
  question.principal = role_session();
  question.action = get;
  question.resource = object;
  EXPECT_EQ(evaluate_resource_policy(policy, question).effect, Effect::allow);
  question.principal.unique_id = "AROAOTHER";
  EXPECT_EQ(evaluate_resource_policy(policy, question).effect, Effect::none);
}

}  // namespace
}  // namespace firn::sandbox::aws
