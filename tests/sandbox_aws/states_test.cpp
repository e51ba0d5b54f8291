// Step Functions: state machines, what a definition must be, and who may be their role.
#include <fmt/format.h>

#include "core/value/json.h"
#include "tests/sandbox_aws/harness.h"

namespace firn::sandbox::testing {
namespace {

constexpr const char* arn = "arn:aws:states:eu-west-1:123456789012:stateMachine:load";
constexpr const char* definition =
    R"({"StartAt":"Wait","States":{"Wait":{"Type":"Wait","Seconds":1,"End":true}}})";

class StatesTest : public FileTest {
 protected:
  StatesTest() : role_(ready_role("LoadRole", "states.amazonaws.com")) {}

  Reply ask(const std::string& operation, const Map& input) {
    return aws->json("states", operation, Value(input));
  }
  Reply create(const Map& changes = {}) {
    Map input{{"name", "load"}, {"definition", definition}, {"roleArn", role_}};
    for (const auto& [name, value] : changes)
      input.set(name, value);
    return ask("CreateStateMachine", input);
  }
  Reply update(const Map& changes) {
    Map input{{"stateMachineArn", arn}};
    for (const auto& [name, value] : changes)
      input.set(name, value);
    return ask("UpdateStateMachine", input);
  }
  Reply describe() { return ask("DescribeStateMachine", {{"stateMachineArn", arn}}); }

  std::string role_;
};

TEST_F(StatesTest, AMachineIsMadeReadUpdatedAndDeleted) {
  const Reply made = create();
  EXPECT_EQ(made.json().string_or("stateMachineArn", ""), arn);
  Value shown = describe().json();
  EXPECT_EQ(shown.string_or("status", ""), "ACTIVE");
  EXPECT_EQ(shown.string_or("type", ""), "STANDARD");
  EXPECT_EQ(shown.string_or("definition", ""), definition);
  EXPECT_EQ(shown.at_path("loggingConfiguration.level").as_string(), "OFF");
  EXPECT_FALSE(shown.at_path("tracingConfiguration.enabled").as_bool());
  const std::string revision = shown.string_or("revisionId", "");

  EXPECT_OK(update({{"definition", definition}}));
  EXPECT_EQ(describe().json().string_or("revisionId", ""), revision) << "nothing changed";
  EXPECT_OK(update({{"tracingConfiguration", Map{{"enabled", true}}}}));
  EXPECT_NE(describe().json().string_or("revisionId", ""), revision);
  EXPECT_TRUE(describe().json().at_path("tracingConfiguration.enabled").as_bool());

  EXPECT_OK(ask("DeleteStateMachine", {{"stateMachineArn", arn}}));
  expect_refused("gone", [&] { return describe(); },
                 {400, "StateMachineDoesNotExist", "State Machine Does Not Exist", "json"});
  EXPECT_OK(ask("DeleteStateMachine", {{"stateMachineArn", arn}}));  // again: no error
}

struct Definition {
  const char* what;
  const char* text;
  const char* message;
};

TEST_F(StatesTest, BadDefinitionsAreRefused) {
  EXPECT_OK(create());
  const Definition rows[] = {
      {"not JSON", "StartAt: Wait", "INVALID_JSON_DESCRIPTION"},
      {"a list", "[]", "SCHEMA_VALIDATION_FAILED"},
      {"no states", R"({"StartAt":"A"})",
       "SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /"},
      {"a start that is not there", R"({"StartAt":"B","States":{"A":{"Type":"Succeed"}}})",
       "MISSING_TRANSITION_TARGET"},
      {"a next that is not there", R"({"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"}}})",
       "Missing 'Next' target: B at /States/A/Next"},
      {"a state that is not reached",
       R"({"StartAt":"A","States":{"A":{"Type":"Succeed"},"B":{"Type":"Succeed"}}})",
       "State \\\"B\\\" is not reachable."},
      {"no type", R"({"StartAt":"A","States":{"A":{"End":true}}})",
       "These fields are required: [Type] at /States/A"},
      {"an unknown type", R"({"StartAt":"A","States":{"A":{"Type":"Dance","End":true}}})",
       "'Type' must be one of the values"},
      {"neither next nor end", R"({"StartAt":"A","States":{"A":{"Type":"Pass"}}})", "'Next'"},
      {"a task without a resource", R"({"StartAt":"A","States":{"A":{"Type":"Task","End":true}}})",
       "These fields are required: [Resource] at /States/A"},
      {"a choice of nothing", R"({"StartAt":"A","States":{"A":{"Type":"Choice"}}})",
       "These fields are required: [Choices]"},
      {"a bad branch",
       R"({"StartAt":"A","States":{"A":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"B"}]}}})",
       "These fields are required: [States] at /States/A/Branches[0]"},
      {"a bad iterator",
       R"({"StartAt":"A","States":{"A":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"B","States":{}}}}})",
       "must not be empty"},
  };
  for (const Definition& row : rows) {
    const Refused wanted{400, "InvalidDefinition", row.message, "json"};
    expect_refused(
        row.what,
        [&] {
          return create({{"name", "other"}, {"definition", row.text}});
        },
        wanted);
    expect_refused(
        row.what,
        [&] {
          return update({{"definition", row.text}});
        },
        wanted);
    const Value checked = ask("ValidateStateMachineDefinition", {{"definition", row.text}}).json();
    EXPECT_EQ(checked.string_or("result", ""), "FAIL") << row.what;
    EXPECT_FALSE(checked.at("diagnostics").as_list().empty()) << row.what;
  }
  EXPECT_EQ(ask("ValidateStateMachineDefinition", {{"definition", definition}})
                .json()
                .string_or("result", ""),
            "OK");
}

TEST_F(StatesTest, TheRoleMustBeAssumableByNow) {
  const char* const wanted =
      "Neither the global service principal states.amazonaws.com, nor the regional one is "
      "authorized to assume the provided role.";
  const std::string lambda_role = ready_role("Fn", "lambda.amazonaws.com");
  const std::string fresh = "arn:aws:iam::123456789012:role/Fresh";
  EXPECT_OK(aws->query(
      "iam", {{"Action", "CreateRole"},
              {"RoleName", "Fresh"},
              {"AssumeRolePolicyDocument", service_trust("states.eu-west-1.amazonaws.com")}}));
  expect_refused("just made",
                 [&] {
                   return create({{"roleArn", fresh}});
                 },
                 {400, "AccessDeniedException", wanted, "json"});
  expect_refused("another service's",
                 [&] {
                   return create({{"roleArn", lambda_role}});
                 },
                 {400, "AccessDeniedException", wanted, "json"});
  expect_refused("not an ARN",
                 [&] {
                   return create({{"roleArn", "LoadRole"}});
                 },
                 {400, "InvalidArn", "LoadRole", "json"});
  advance(std::chrono::seconds(8));
  EXPECT_OK(create({{"roleArn", fresh}}));  // the regional principal is enough
}

TEST_F(StatesTest, CreatingAgainIsTheSameWhenTheTextIsTheSame) {
  EXPECT_OK(create());
  EXPECT_EQ(create().json().string_or("stateMachineArn", ""), arn);
  // Another role is passed over in silence, as AWS does.
  const std::string second = ready_role("SecondRole", "states.amazonaws.com");
  EXPECT_OK(create({{"roleArn", second}}));
  EXPECT_EQ(describe().json().string_or("roleArn", ""), role_);
  // The same meaning in another layout is another machine.
  const std::string laid_out = to_json(parse_json(definition).value()) + "\n";
  const struct {
    const char* what;
    Map changes;
  } rows[] = {{"layout", {{"definition", laid_out}}},
              {"type", {{"type", "EXPRESS"}}},
              {"tracing", {{"tracingConfiguration", Map{{"enabled", true}}}}}};
  for (const auto& row : rows) {
    expect_refused(row.what, [&] { return create(row.changes); },
                   {400, "StateMachineAlreadyExists", arn, "json"});
  }
}

TEST_F(StatesTest, BadRequestsAreRefused) {
  EXPECT_OK(create());
  const struct {
    const char* what;
    const char* operation;
    Map input;
    const char* code;
    const char* message;
  } rows[] = {
      {"a blank in the name",
       "CreateStateMachine",
       {{"name", "my load"}, {"definition", definition}, {"roleArn", role_}},
       "InvalidName",
       "my load"},
      {"81 characters",
       "CreateStateMachine",
       {{"name", std::string(81, 's')}, {"definition", definition}, {"roleArn", role_}},
       "InvalidName",
       "Invalid Name"},
      {"an unknown type",
       "CreateStateMachine",
       {{"name", "x"}, {"definition", definition}, {"roleArn", role_}, {"type", "SLOW"}},
       "ValidationException",
       "SLOW"},
      {"nothing to update",
       "UpdateStateMachine",
       {{"stateMachineArn", arn}},
       "MissingRequiredParameter",
       "must be specified"},
      {"an ARN that is none",
       "DescribeStateMachine",
       {{"stateMachineArn", "load"}},
       "InvalidArn",
       "load"},
      {"update of nothing",
       "UpdateStateMachine",
       {{"stateMachineArn", std::string(arn) + "x"}, {"definition", definition}},
       "StateMachineDoesNotExist",
       "Does Not Exist"},
  };
  for (const auto& row : rows) {
    expect_refused(row.what, [&] { return ask(row.operation, row.input); },
                   {400, row.code, row.message, "json"});
  }
}

TEST_F(StatesTest, LogsNeedAGroupAndARoleThatMayWriteThem) {
  const std::string group = "arn:aws:logs:eu-west-1:123456789012:log-group:/load";
  const auto logging = [&](const std::string& to) {
    const List destinations{Value(Map{{"cloudWatchLogsLogGroup", Map{{"logGroupArn", to}}}})};
    return Map{
        {"loggingConfiguration", Map{{"level", "ERROR"}, {"destinations", Value(destinations)}}}};
  };
  expect_refused("no group", [&] { return create(logging(group + ":*")); },
                 {400, "InvalidLoggingConfiguration", "Does Not Exist", "json"});
  EXPECT_OK(aws->json("logs", "CreateLogGroup", Map{{"logGroupName", "/load"}}));
  expect_refused("an ARN without its asterisk", [&] { return create(logging(group)); },
                 {400, "InvalidLoggingConfiguration", "Invalid Log Destination ARN", "json"});
  expect_refused("a level without a destination",
                 [&] {
                   return create({{"loggingConfiguration", Map{{"level", "ALL"}}}});
                 },
                 {400, "InvalidLoggingConfiguration", "exactly one Log Destination", "json"});
  expect_refused(
      "a role that may not", [&] { return create(logging(group + ":*")); },
      {400, "AccessDeniedException", "not authorized to access the Log Destination", "json"});
  const std::string writer = ready_role(
      "Writer", "states.amazonaws.com",
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:*","Resource":"*"}]})");
  Map input = logging(group + ":*");
  input.set("roleArn", writer);
  EXPECT_OK(create(input));
  EXPECT_EQ(describe().json().at_path("loggingConfiguration.level").as_string(), "ERROR");
}

TEST_F(StatesTest, MachinesAreListedInPagesAndTagged) {
  for (const char* name : {"a", "b", "c"})
    EXPECT_OK(create({{"name", name}}));
  const Value first = ask("ListStateMachines", {{"maxResults", 2}}).json();
  EXPECT_EQ(first.at("stateMachines").as_list().size(), 2u);
  const Value second =
      ask("ListStateMachines", {{"maxResults", 2}, {"nextToken", first.at("nextToken")}}).json();
  EXPECT_EQ(second.at("stateMachines").as_list().size(), 1u);

  const List tags{Value(Map{{"key", "team"}, {"value", "data"}}),
                  Value(Map{{"key", "x"}, {"value", "y"}})};
  EXPECT_OK(create({{"tags", Value(tags)}}));
  const List keys{Value("x")};
  EXPECT_OK(ask("UntagResource", {{"resourceArn", arn}, {"tagKeys", Value(keys)}}));
  EXPECT_EQ(to_json(ask("ListTagsForResource", {{"resourceArn", arn}}).json()),
            R"({"tags":[{"key":"team","value":"data"}]})");
}

}  // namespace
}  // namespace firn::sandbox::testing
