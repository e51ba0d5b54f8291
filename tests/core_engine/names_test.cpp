// Physical names: the conventions of the documentation, fitting, generations, tombstones.
#include "core/names/names.h"

#include <gtest/gtest.h>

namespace firn {
namespace {

constexpr ResourceType kBucket{.name = "aws.s3_bucket",
                               .name_rule = {.form = NameForm::s3_bucket,
                                             .length_max = 63,
                                             .extra_characters = "-",
                                             .lower_case_only = true}};
constexpr ResourceType kRole{
    .name = "aws.iam_role",
    .name_rule = {.form = NameForm::iam, .length_max = 64, .extra_characters = "_+=,.@-"}};
constexpr ResourceType kTopic{
    .name = "aws.sns_topic",
    .name_rule = {.form = NameForm::aws, .length_max = 256, .extra_characters = "-_"}};
constexpr ResourceType kIntegration{
    .name = "snowflake.storage_integration",
    .name_rule = {.form = NameForm::snowflake_account, .extra_characters = "_$"}};
constexpr ResourceType kPipe{
    .name = "snowflake.pipe",
    .name_rule = {.form = NameForm::snowflake_database, .extra_characters = "_$"}};

Naming finance(const std::string& environment) {
  Naming naming;
  naming.project = "finance-de-lab";
  naming.environment = environment;
  naming.region = "eu-west-1";
  naming.account = "123456789012";
  naming.stack = "finance";
  return naming;
}

struct NameCase {
  const char* what;
  const ResourceType* type;
  const char* address;
  const char* dev;
};

class ConventionalName : public testing::TestWithParam<NameCase> {};

TEST_P(ConventionalName, IsAsDocumented) {
  EXPECT_EQ(conventional_name(finance("dev"), *GetParam().type, GetParam().address),
            GetParam().dev);
}

INSTANTIATE_TEST_SUITE_P(
    Names, ConventionalName,
    testing::Values(NameCase{"main_bucket", &kBucket, "data", "finance-de-lab-dev-eu-west-1"},
                    NameCase{"other_bucket", &kBucket, "access_logs",
                             "finance-de-lab-dev-eu-west-1-access-logs"},
                    NameCase{"role", &kRole, "snowpipe_role", "FDLDevSnowpipeRole"},
                    NameCase{"camel_role", &kRole, "getDataFromCoinloreApi_role",
                             "FDLDevGetDataFromCoinloreApiRole"},
                    NameCase{"topic", &kTopic, "snowpipe_coinlore", "fdl-dev-snowpipe-coinlore"},
                    NameCase{"camel_topic", &kTopic, "newFiles", "fdl-dev-new-files"},
                    NameCase{"keyed", &kTopic, "alerts[\"acme corp\"]", "fdl-dev-alerts-acme-corp"},
                    NameCase{"in_component", &kTopic, "road.topic", "fdl-dev-road-topic"},
                    NameCase{"integration", &kIntegration, "s3_integration",
                             "FDL_DEV_S3_INTEGRATION"},
                    NameCase{"pipe", &kPipe, "coinlore_data_pipe", "COINLORE_DATA_PIPE"}),
    [](const auto& test) { return test.param.what; });

TEST(ConventionalName, TemplateOfTheTypeWinsOverThatOfTheForm) {
  Naming naming = finance("prod");
  naming.templates["aws"] = "{project}-{resource}";
  EXPECT_EQ(conventional_name(naming, kTopic, "getData"), "finance-de-lab-getData");
  naming.templates["aws.sns_topic"] = "{short}-{env}-{resource:raw}";
  EXPECT_EQ(conventional_name(naming, kTopic, "getData"), "fdl-prod-getData");
}

TEST(ConventionalName, TooLongIsCutAndStaysDistinct) {
  const std::string long_address(80, 'a');
  const std::string one = conventional_name(finance("dev"), kRole, long_address + "_one");
  const std::string two = conventional_name(finance("dev"), kRole, long_address + "_two");
  EXPECT_LE(one.size(), 64U - 4U);  // room for a generation
  EXPECT_NE(one, two);
  EXPECT_EQ(one, conventional_name(finance("dev"), kRole, long_address + "_one"));
}

TEST(CheckTemplate, NamesTheMistakeAndTheNearestWord) {
  EXPECT_TRUE(check_template("{project}-{env}-{region}[-{resource:kebab}]").empty());
  ASSERT_EQ(check_template("{projekt}").size(), 1U);
  EXPECT_EQ(check_template("{projekt}")[0],
            "unknown placeholder {projekt}: did you mean \"project\"?");
  EXPECT_EQ(check_template("{env:Pascal}")[0],
            "unknown style \"Pascal\": did you mean \"pascal\"?");
  EXPECT_EQ(check_template("{env")[0], "a placeholder is not closed with }");
  EXPECT_EQ(check_template("a]b")[0], "brackets must come in pairs and cannot be nested");
}

TEST(RefuseName, SaysWhy) {
  EXPECT_FALSE(refuse_name(kBucket.name_rule, "my-bucket"));
  EXPECT_EQ(refuse_name(kBucket.name_rule, "My-bucket"),
            "the character 'M' is not allowed: only lower-case letters, digits and -");
  EXPECT_EQ(refuse_name(kBucket.name_rule, std::string(64, 'a')),
            "it has 64 characters, and at most 63 are allowed");
}

TEST(Generation, IsWrittenInTheFormsOwnStyle) {
  EXPECT_EQ(with_generation(kTopic.name_rule, "fdl-dev-topic", 1), "fdl-dev-topic");
  EXPECT_EQ(with_generation(kTopic.name_rule, "fdl-dev-topic", 2), "fdl-dev-topic-g2");
  EXPECT_EQ(with_generation(kTopic.name_rule, "fdl-dev-topic.fifo", 3), "fdl-dev-topic-g3.fifo");
  EXPECT_EQ(with_generation(kRole.name_rule, "FDLDevRole", 2), "FDLDevRoleG2");
  EXPECT_EQ(with_generation(kIntegration.name_rule, "FDL_DEV_INT", 2), "FDL_DEV_INT_G2");
}

TEST(ChooseName, StepsOverWhatIsStillBurnt) {
  const Instant now{std::chrono::hours(1000)};
  const std::vector<Tombstone> tombstones{
      {"aws.sns_topic", "t", now + std::chrono::hours(72), "Snowflake holds it"},
      {"aws.sns_topic", "t-g2", now + std::chrono::hours(1), "Snowflake holds it"},
      {"aws.sqs_queue", "t-g3", now + std::chrono::hours(1), "another kind of object"}};
  const ChosenName chosen = choose_name(kTopic, "t", 1, tombstones, now);
  EXPECT_EQ(chosen.name, "t-g3");
  EXPECT_EQ(chosen.generation, 3);
  EXPECT_EQ(chosen.stepped_over.size(), 2U);
  const ChosenName later = choose_name(kTopic, "t", 1, tombstones, now + std::chrono::hours(73));
  EXPECT_EQ(later.name, "t");
  EXPECT_TRUE(later.stepped_over.empty());
}

TEST(ChooseName, TakesInOnePlaceWhatIsBurntInAnother) {
  const Instant now{std::chrono::hours(1000)};
  const std::vector<Tombstone> tombstones{
      {"aws.sns_topic", "t", now + std::chrono::hours(72), "Snowflake holds it", "eu-west-1"}};
  EXPECT_EQ(choose_name(kTopic, "t", 1, tombstones, now, "eu-central-1").name, "t");
  EXPECT_EQ(choose_name(kTopic, "t", 1, tombstones, now, "eu-west-1").name, "t-g2");
}

}  // namespace
}  // namespace firn
