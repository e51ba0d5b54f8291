// A yardstick that overlooked a difference would make every simulation pass: what it must see.
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "core/value/json.h"
#include "tests/simulation/snapshot.h"

namespace firn::simulation {
namespace {

struct Row {
  std::string name;
  std::string collection;
  std::string expected;  // "" is no such document
  std::string actual;
  bool is_seen;
  Yardstick::Burnt burnt = Yardstick::Burnt::compared;  // forgiven: at the end of a history
};

constexpr auto after_a_history = Yardstick::Burnt::forgiven;

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}

Snapshot holding(const std::string& collection, const std::string& body) {
  std::vector<sandbox::Document> documents;
  // What all worlds have, so that a document that is not there is no empty world.
  documents.push_back({"aws/1/logs/group", "always", Value(Map{{"retention", Value(7)}})});
  if (!body.empty()) documents.push_back({collection, "it", *parse_json(body)});
  return Snapshot(documents);
}

class Differences : public testing::TestWithParam<Row> {};

TEST_P(Differences, AreSeenOrForgiven) {
  const Row& row = GetParam();
  const Snapshot expected = holding(row.collection, row.expected);
  const Yardstick yardstick({expected, expected, expected});
  const auto found = yardstick.differences(holding(row.collection, row.actual),
                                           Yardstick::Fewer::refused, row.burnt);
  EXPECT_EQ(!found.empty(), row.is_seen) << (found.empty() ? "nothing was found" : found.front());
}

const std::vector<Row> rows{
    {"RootLeftSuspended", "snowflake/A/task", R"({"name":"R","properties":{"state":"started"}})",
     R"({"name":"R","properties":{"state":"suspended"}})", true},
    {"RootThatWasSuspendedOnce", "snowflake/A/task",
     R"({"name":"R","properties":{"state":"started"}})",
     R"({"name":"R","properties":{"state":"started","last_suspended_on":5}})", false},
    {"Orphan", "aws/1/sqs/queue", "", R"({"name":"q"})", true},
    {"Lost", "aws/1/sqs/queue", R"({"name":"q"})", "", true},
    {"AttributeTooMuch", "aws/1/sqs/queue", R"({"name":"q"})", R"({"name":"q","delay":5})", true},
    {"EmptiedNotifications", "aws/s3/bucket", R"({"name":"b"})",
     R"({"name":"b","notification":{"rules":[],"event_bridge":false}})", false},
    {"NotificationLeft", "aws/s3/bucket", R"({"name":"b"})",
     R"({"name":"b","notification":{"rules":[{"id":"x"}],"event_bridge":false}})", true},
    {"LaterVersionOfAPolicy", "aws/1/iam/policy",
     R"({"default_version":"v1","next_version":2,"versions":[{"id":"v1","document":"same"}]})",
     R"({"default_version":"v2","next_version":3,"versions":[{"id":"v1","document":"old"},{"id":"v2","document":"same"}]})",
     false},
    {"EarlierVersionOfAPolicyInForce", "aws/1/iam/policy",
     R"({"default_version":"v1","next_version":2,"versions":[{"id":"v1","document":"same"}]})",
     R"({"default_version":"v1","next_version":3,"versions":[{"id":"v1","document":"old"},{"id":"v2","document":"same"}]})",
     true},
    {"DefaultPolicySaidAgain", "aws/1/sns/topic", R"({"name":"t"})",
     R"({"name":"t","policy":{"document":{"Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID"}]}}})",
     false},
    {"DefaultPolicyAndMore", "aws/1/sns/topic", R"({"name":"t"})",
     R"({"name":"t","policy":{"document":{"Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID"},{"Sid":"more"}]}}})",
     true},
    {"TrackingTurnedOnWithoutAStream", "snowflake/A/relation", R"({"name":"T"})",
     R"({"name":"T","properties":{"change_tracking":true}})", true},
    {"TrackingThatAnEarlierStreamLeft", "snowflake/A/relation", R"({"name":"T"})",
     R"({"name":"T","properties":{"change_tracking":true}})", false, after_a_history},
    {"ColumnsInAnotherOrder", "snowflake/A/relation",
     R"({"properties":{"columns":[{"name":"A","type":"DATE"},{"name":"B","type":"FLOAT"}]}})",
     R"({"properties":{"columns":[{"name":"B","type":"FLOAT"},{"name":"A","type":"DATE"}]}})",
     true},
    {"ColumnThatCameLater", "snowflake/A/relation",
     R"({"properties":{"columns":[{"name":"A","type":"DATE"},{"name":"B","type":"FLOAT"}]}})",
     R"({"properties":{"columns":[{"name":"B","type":"FLOAT"},{"name":"A","type":"DATE"}]}})",
     false, after_a_history},
    {"ColumnOfAnotherType", "snowflake/A/relation",
     R"({"properties":{"columns":[{"name":"A","type":"DATE"},{"name":"B","type":"FLOAT"}]}})",
     R"({"properties":{"columns":[{"name":"B","type":"DATE"},{"name":"A","type":"DATE"}]}})", true,
     after_a_history},
    {"ForeignKeysInAnotherOrder", "snowflake/A/relation",
     R"({"properties":{"foreign_keys":[{"columns":["A"]},{"columns":["B"]}]}})",
     R"({"properties":{"foreign_keys":[{"columns":["B"]},{"columns":["A"]}]}})", false},
    {"SettingBackAtItsDefault", "snowflake/A/schema", R"({"name":"S"})",
     R"({"name":"S","properties":{"managed_access":false}})", false, after_a_history},
    {"SettingThatIsNotTheDefault", "snowflake/A/schema", R"({"name":"S"})",
     R"({"name":"S","properties":{"managed_access":true}})", true, after_a_history},
    {"SettingWithoutAnEarlierVersion", "snowflake/A/schema", R"({"name":"S"})",
     R"({"name":"S","properties":{"managed_access":false}})", true},
    {"ViewThatWasMadeWithAnotherComment", "snowflake/A/relation",
     R"({"properties":{"text":"CREATE VIEW V COMMENT = 'it''s' AS SELECT 1"}})",
     R"({"properties":{"text":"CREATE VIEW V AS SELECT 1"}})", false, after_a_history},
    {"ViewOfSomethingElse", "snowflake/A/relation",
     R"({"properties":{"text":"CREATE VIEW V AS SELECT 2"}})",
     R"({"properties":{"text":"CREATE VIEW V AS SELECT 1"}})", true, after_a_history},
    {"SecretThatHadAValue", "aws/1/eu/secretsmanager/secret", R"({"name":"s"})",
     R"({"name":"s","versions":[{"id":"1"}]})", false, after_a_history},
    {"SecretWithAValueOfNobody", "aws/1/eu/secretsmanager/secret", R"({"name":"s"})",
     R"({"name":"s","versions":[{"id":"1"}]})", true},
    {"StatementsInAnotherOrder", "aws/1/eu/lambda/function",
     R"({"policy":{"document":{"Statement":[{"Sid":"a"},{"Sid":"b"}]}}})",
     R"({"policy":{"document":{"Statement":[{"Sid":"b"},{"Sid":"a"}]}}})", false},
    {"StatementMore", "aws/1/eu/lambda/function",
     R"({"policy":{"document":{"Statement":[{"Sid":"a"}]}}})",
     R"({"policy":{"document":{"Statement":[{"Sid":"b"},{"Sid":"a"}]}}})", true},
    {"TestEventMore", "aws/1/eu/sqs/message/q", "", R"({"body":"{\"Event\":\"s3:TestEvent\"}"})",
     false},
    {"MessageMore", "aws/1/eu/sqs/message/q", "", R"({"body":"{\"Event\":\"other\"}"})", true},
    {"ForeignKeyOfOthers", "snowflake/A/relation",
     R"({"properties":{"foreign_keys":[{"columns":["A"]},{"columns":["B"]}]}})",
     R"({"properties":{"foreign_keys":[{"columns":["B"]},{"columns":["C"]}]}})", true},
};

INSTANTIATE_TEST_SUITE_P(Yardstick, Differences, testing::ValuesIn(rows),
                         [](const auto& tried) { return tried.param.name; });

}  // namespace
}  // namespace firn::simulation
