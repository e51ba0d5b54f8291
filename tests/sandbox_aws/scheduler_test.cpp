// EventBridge Scheduler: schedules, their groups, and the words in which time is told.
#include <fmt/format.h>

#include "core/base/text.h"
#include "core/value/json.h"
#include "tests/sandbox_aws/harness.h"

namespace firn::sandbox::testing {
namespace {

constexpr const char* one = "/schedules/hourly";

class SchedulerTest : public FileTest {
 protected:
  SchedulerTest() : role_(ready_role("ClockRole", "scheduler.amazonaws.com")) {}

  Map body(const Map& changes = {}) const {
    Map all{{"ScheduleExpression", "rate(1 hour)"},
            {"FlexibleTimeWindow", Map{{"Mode", "OFF"}}},
            {"Target", target()},
            {"ClientToken", "token-1"}};
    for (const auto& [name, value] : changes)
      all.set(name, value);
    return all;
  }
  [[nodiscard]] Value target(const Map& changes = {}) const {
    Map all{{"Arn", "arn:aws:lambda:eu-west-1:123456789012:function:fetch"}, {"RoleArn", role_}};
    for (const auto& [name, value] : changes)
      all.set(name, value);
    return Value(std::move(all));
  }
  Reply create(const Map& changes = {}, const std::string& path = one) {
    return aws->rest("scheduler", "POST", path, Value(body(changes)));
  }
  Reply get(const std::string& path = one) { return aws->rest("scheduler", "GET", path); }

  std::string role_;
};

TEST_F(SchedulerTest, AScheduleIsMadeReadReplacedAndDeleted) {
  const Reply made = create({{"Description", "each hour"}, {"State", "DISABLED"}});
  EXPECT_EQ(made.json().string_or("ScheduleArn", ""),
            "arn:aws:scheduler:eu-west-1:123456789012:schedule/default/hourly");
  Value shown = get().json();
  EXPECT_EQ(shown.string_or("ScheduleExpressionTimezone", ""), "UTC");
  EXPECT_EQ(shown.string_or("State", ""), "DISABLED");
  EXPECT_EQ(shown.string_or("ActionAfterCompletion", ""), "NONE");
  EXPECT_EQ(shown.at_path("Target.RetryPolicy.MaximumEventAgeInSeconds").as_int(), 86400);
  EXPECT_EQ(shown.at_path("Target.RetryPolicy.MaximumRetryAttempts").as_int(), 185);

  // An update is a new schedule: what is not said falls back.
  EXPECT_OK(aws->rest("scheduler", "PUT", one,
                      Value(body({{"ScheduleExpression", "rate(10 minutes)"}}))));
  shown = get().json();
  EXPECT_EQ(shown.string_or("ScheduleExpression", ""), "rate(10 minutes)");
  EXPECT_EQ(shown.string_or("State", ""), "ENABLED");
  EXPECT_EQ(shown.find("Description"), nullptr);

  EXPECT_OK(aws->rest("scheduler", "DELETE", one));
  expect_refused("gone", [&] { return get(); },
                 {404, "ResourceNotFoundException", "Schedule hourly does not exist.", "rest"});
  expect_refused("deleting again", [&] { return aws->rest("scheduler", "DELETE", one); },
                 {404, "ResourceNotFoundException", "does not exist", "rest"});
  expect_refused("updating it", [&] { return aws->rest("scheduler", "PUT", one, Value(body())); },
                 {404, "ResourceNotFoundException", "does not exist", "rest"});
}

TEST_F(SchedulerTest, ARepeatedRequestIsTheSameRequest) {
  EXPECT_OK(create());
  EXPECT_OK(create());
  expect_refused("another token",
                 [&] {
                   return create({{"ClientToken", "token-2"}});
                 },
                 {409, "ConflictException", "Schedule hourly already exists.", "rest"});
  expect_refused("the same token, another body",
                 [&] {
                   return create({{"ScheduleExpression", "rate(2 hours)"}});
                 },
                 {409, "ConflictException", "already exists", "rest"});
}

TEST_F(SchedulerTest, ExpressionsAreChecked) {
  int number = 0;
  for (const char* good : {"rate(1 minute)", "rate(5 minutes)", "rate(1 day)", "cron(0 12 * * ? *)",
                           "cron(0/15 8 ? * MON-FRI *)", "at(2026-07-01T12:00:00)"}) {
    EXPECT_OK(create({{"ScheduleExpression", good}}, fmt::format("/schedules/s{}", ++number)));
  }
  for (const char* bad :
       {"", "hourly", "rate(1 minutes)", "rate(5 minute)", "rate(0 minutes)", "rate(5 weeks)",
        " rate(5 minutes)", "rate(5 minutes", "cron(0 12 * * *)", "cron(0 12 * * * *)",
        "cron(0 12 ? * ? *)", "cron(61 12 * * ? *)", "cron(0 24 * * ? *)", "cron(0 12 32 * ? *)",
        "cron(0 12 * FOO ? *)", "at(2026-07-01)", "at(2026-07-01T12:00:00Z)",
        "at(2026-13-01T12:00:00)", "at(2026-07-01T25:00:00)"}) {
    expect_refused(
        bad,
        [&] {
          return create({{"ScheduleExpression", bad}});
        },
        {400, "ValidationException", fmt::format("Invalid Schedule Expression {}", bad), "rest"});
  }
}

struct Bad {
  const char* what;
  Map changes;
  const char* message;
};

TEST_F(SchedulerTest, BadSchedulesAreNotMade) {
  const std::string lambda_role = ready_role("FnRole", "lambda.amazonaws.com");
  const char* const role =
      "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.";
  const Bad rows[] = {
      {"no window", {{"FlexibleTimeWindow", Value()}}, "FlexibleTimeWindow"},
      {"a window of no length",
       {{"FlexibleTimeWindow", Map{{"Mode", "FLEXIBLE"}}}},
       "MaximumWindowInMinutes"},
      {"a window of more than a day",
       {{"FlexibleTimeWindow", Map{{"Mode", "FLEXIBLE"}, {"MaximumWindowInMinutes", 1441}}}},
       "1440"},
      {"a length without a window",
       {{"FlexibleTimeWindow", Map{{"Mode", "OFF"}, {"MaximumWindowInMinutes", 5}}}},
       "MaximumWindowInMinutes"},
      {"an unknown state", {{"State", "PAUSED"}}, "PAUSED"},
      {"an unknown time zone", {{"ScheduleExpressionTimezone", "Mars/Olympus"}}, "Mars/Olympus"},
      {"no target", {{"Target", Value()}}, "Target"},
      {"a target that is no ARN", {{"Target", target({{"Arn", "fetch"}})}}, "fetch"},
      {"a role that is no ARN", {{"Target", target({{"RoleArn", "ClockRole"}})}}, "ClockRole"},
      {"a role that is not there",
       {{"Target", target({{"RoleArn", "arn:aws:iam::123456789012:role/None"}})}},
       role},
      {"another service's role", {{"Target", target({{"RoleArn", lambda_role}})}}, role},
      {"too many attempts",
       {{"Target", target({{"RetryPolicy", Map{{"MaximumRetryAttempts", 186}}}})}},
       "185"},
      {"dead letters to no queue",
       {{"Target",
         target({{"DeadLetterConfig", Map{{"Arn", "arn:aws:sns:eu-west-1:123456789012:x"}}}})}},
       "SQS"},
  };
  for (const Bad& row : rows) {
    expect_refused(row.what, [&] { return create(row.changes); },
                   {400, "ValidationException", row.message, "rest"});
  }
  expect_refused("a name of 65", [&] { return create({}, "/schedules/" + std::string(65, 's')); },
                 {400, "ValidationException", "'name'", "rest"});
  expect_refused("a group that is not there",
                 [&] {
                   return create({{"GroupName", "none"}});
                 },
                 {404, "ResourceNotFoundException", "Schedule group none does not exist.", "rest"});
}

TEST_F(SchedulerTest, ARoleJustMadeIsNotAssumableYet) {
  EXPECT_OK(
      aws->query("iam", {{"Action", "CreateRole"},
                         {"RoleName", "Fresh"},
                         {"AssumeRolePolicyDocument", service_trust("scheduler.amazonaws.com")}}));
  const Map changes{{"Target", target({{"RoleArn", "arn:aws:iam::123456789012:role/Fresh"}})}};
  expect_refused("at once", [&] { return create(changes); },
                 {400, "ValidationException", "assume the role", "rest"});
  advance(std::chrono::seconds(8));
  EXPECT_OK(create(changes));
}

TEST_F(SchedulerTest, AGroupTakesItsSchedulesAlong) {
  const std::string group = "/schedule-groups/finance";
  EXPECT_EQ(aws->rest("scheduler", "POST", group, Map{{"ClientToken", "t"}})
                .json()
                .string_or("ScheduleGroupArn", ""),
            "arn:aws:scheduler:eu-west-1:123456789012:schedule-group/finance");
  EXPECT_OK(aws->rest("scheduler", "POST", group, Map{{"ClientToken", "t"}}));
  expect_refused("again",
                 [&] {
                   return aws->rest("scheduler", "POST", group, Map{{"ClientToken", "u"}});
                 },
                 {409, "ConflictException", "already exists", "rest"});
  EXPECT_OK(create({{"GroupName", "finance"}}));
  EXPECT_OK(get("/schedules/hourly?groupName=finance"));
  expect_refused("in the default group", [&] { return get(); },
                 {404, "ResourceNotFoundException", "does not exist", "rest"});
  EXPECT_TRUE(get("/schedules?ScheduleGroup=finance").contains("\"hourly\""));

  const std::string tags = "/tags/" + percent_encode(
                                          "arn:aws:scheduler:eu-west-1:123456789012:"
                                          "schedule-group/finance");
  const List list{Value(Map{{"Key", "a"}, {"Value", "1"}}),
                  Value(Map{{"Key", "b"}, {"Value", "2"}})};
  EXPECT_OK(aws->rest("scheduler", "POST", tags, Map{{"Tags", Value(list)}}));
  EXPECT_OK(aws->rest("scheduler", "DELETE", tags + "?TagKeys=a"));
  EXPECT_EQ(to_json(get(tags).json()), R"({"Tags":[{"Key":"b","Value":"2"}]})");

  EXPECT_OK(aws->rest("scheduler", "DELETE", group));
  expect_refused("with its group", [&] { return get("/schedules/hourly?groupName=finance"); },
                 {404, "ResourceNotFoundException", "does not exist", "rest"});
  expect_refused("the default group",
                 [&] { return aws->rest("scheduler", "DELETE", "/schedule-groups/default"); },
                 {400, "ValidationException", "cannot be deleted", "rest"});
}

TEST_F(SchedulerTest, ADeletedGroupHoldsItsNameForAWhile) {
  const std::string group = "/schedule-groups/finance";
  EXPECT_OK(aws->rest("scheduler", "POST", group, Map{{"ClientToken", "t"}}));
  EXPECT_OK(aws->rest("scheduler", "DELETE", group));
  EXPECT_EQ(get(group).json().string_or("State", ""), "DELETING");
  expect_refused("making it again",
                 [&] {
                   return aws->rest("scheduler", "POST", group, Map{{"ClientToken", "u"}});
                 },
                 {409, "ConflictException", "is being deleted", "rest"});
  expect_refused("deleting it again", [&] { return aws->rest("scheduler", "DELETE", group); },
                 {409, "ConflictException", "is being deleted", "rest"});
  expect_refused(
      "a schedule in it",
      [&] {
        return create({{"GroupName", "finance"}});
      },
      {404, "ResourceNotFoundException", "Schedule group finance does not exist.", "rest"});
  advance(std::chrono::seconds(3));
  expect_refused(
      "afterwards", [&] { return get(group); },
      {404, "ResourceNotFoundException", "Schedule group finance does not exist.", "rest"});
  EXPECT_FALSE(get("/schedule-groups").contains("finance"));
  EXPECT_OK(aws->rest("scheduler", "POST", group, Map{{"ClientToken", "u"}}));
  EXPECT_EQ(get(group).json().string_or("State", ""), "ACTIVE");
}

}  // namespace
}  // namespace firn::sandbox::testing
