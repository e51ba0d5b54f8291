#include "providers/aws/profile.h"

#include <gtest/gtest.h>

namespace firn::aws {
namespace {

Machine machine_with(std::map<std::string, std::string> environment,
                     std::map<std::string, std::string> files = {}) {
  Machine machine;
  machine.environment = std::move(environment);
  machine.home = "/home/u";
  machine.read_file = [files = std::move(files)](const std::string& path) {
    const auto found = files.find(path);
    return found == files.end() ? std::nullopt : std::optional(found->second);
  };
  return machine;
}

Result<Settings> settings_of(const Machine& machine, const std::string& profile = "") {
  return read_settings(machine, SharedConfiguration(machine, profile));
}

TEST(Ini, ReadsAwsDialect) {
  const auto sections = parse_ini(
      "# comment\n[default]\nRegion = eu-west-1\n\n[profile \"a b\"]\r\n"
      "aws_secret_access_key = ab#c;d ; a comment\n"
      "s3 =\n  addressing_style = path\n  max_concurrent_requests=2\noutput=json\n"
      "not a line\n[broken\n");
  EXPECT_EQ(sections.at("default").at("region"), "eu-west-1");
  const Section& named = sections.at("profile \"a b\"");
  EXPECT_EQ(named.at("aws_secret_access_key"), "ab#c;d");
  EXPECT_EQ(named.at("s3.addressing_style"), "path");
  EXPECT_EQ(named.at("output"), "json");
}

TEST(SharedConfiguration, MergesBothFiles) {
  const Machine machine = machine_with(
      {{"AWS_PROFILE", "dev"}},
      {{"/home/u/.aws/config", "[profile dev]\nregion=eu-west-1\naws_access_key_id=FROMCONFIG\n"},
       {"/home/u/.aws/credentials",
        "[dev]\naws_access_key_id=FROMCREDENTIALS\naws_secret_access_key=s\n"}});
  const SharedConfiguration configuration(machine, "");
  EXPECT_TRUE(configuration.is_chosen());
  EXPECT_FALSE(configuration.is_flag());
  EXPECT_EQ(configuration.setting("region"), "eu-west-1");
  EXPECT_EQ(configuration.setting("aws_access_key_id"), "FROMCREDENTIALS");
}

TEST(SharedConfiguration, LooksWhereTheVariablesSay) {
  const Machine machine = machine_with({{"AWS_CONFIG_FILE", "~/c"}, {"AWS_PROFILE", "other"}},
                                       {{"/home/u/c", "[profile flagged]\nregion=us-east-2\n"}});
  const SharedConfiguration configuration(machine, "flagged");
  EXPECT_EQ(configuration.config_path(), "/home/u/c");
  EXPECT_EQ(configuration.setting("region"), "us-east-2");
}

struct RegionRow {
  std::map<std::string, std::string> environment;
  const char* region;
};

TEST(Settings, FindTheRegionInOrder) {
  const std::map<std::string, std::string> files = {
      {"/home/u/.aws/config", "[default]\nregion=eu-west-3\n"}};
  const std::vector<RegionRow> rows = {
      {{}, "eu-west-3"},
      {{{"AWS_DEFAULT_REGION", "eu-west-2"}}, "eu-west-2"},
      {{{"AWS_DEFAULT_REGION", "eu-west-2"}, {"AWS_REGION", "eu-west-1"}}, "eu-west-1"},
  };
  for (const RegionRow& row : rows) {
    const Result<Settings> settings = settings_of(machine_with(row.environment, files));
    ASSERT_TRUE(settings.has_value());
    EXPECT_EQ(settings->region, row.region);
  }
}

struct EndpointRow {
  const char* name;
  std::map<std::string, std::string> environment;
  const char* config;
  std::map<std::string, std::string> endpoints;
};

class Endpoints : public testing::TestWithParam<EndpointRow> {};

TEST_P(Endpoints, AreTakenInOrder) {
  const EndpointRow& row = GetParam();
  const Result<Settings> settings =
      settings_of(machine_with(row.environment, {{"/home/u/.aws/config", row.config}}));
  ASSERT_TRUE(settings.has_value());
  EXPECT_EQ(settings->endpoints, row.endpoints);
}

const char* const with_services =
    "[default]\nservices = local\nendpoint_url = http://profile\n"
    "[services local]\ns3 =\n  endpoint_url = http://s3\ncloudwatch_logs =\n  endpoint_url = "
    "http://logs\n";

INSTANTIATE_TEST_SUITE_P(
    Rules, Endpoints,
    testing::Values(
        EndpointRow{"none", {}, "", {}},
        EndpointRow{"one_variable", {{"AWS_ENDPOINT_URL", "http://all"}}, "", {{"", "http://all"}}},
        EndpointRow{"a_services_own",
                    {{"AWS_ENDPOINT_URL", "http://all"}, {"AWS_ENDPOINT_URL_SFN", "http://sfn"}},
                    "",
                    {{"", "http://all"}, {"SFN", "http://sfn"}}},
        EndpointRow{
            "the_files",
            {},
            with_services,
            {{"", "http://profile"}, {"S3", "http://s3"}, {"CLOUDWATCH_LOGS", "http://logs"}}},
        EndpointRow{"variables_before_files",
                    {{"AWS_ENDPOINT_URL", "http://all"}},
                    with_services,
                    {{"", "http://all"}}},
        EndpointRow{
            "ignored",
            {{"AWS_ENDPOINT_URL", "http://all"}, {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"}},
            with_services,
            {}}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Settings, RefuseAnUnknownProfileAndSuggestOne) {
  const Machine machine = machine_with({{"AWS_PROFILE", "prd"}},
                                       {{"/home/u/.aws/config", "[profile prod]\nregion=x\n"}});
  const Result<Settings> settings = settings_of(machine);
  ASSERT_FALSE(settings.has_value());
  EXPECT_EQ(settings.error().summary, "there is no AWS profile \"prd\"");
  EXPECT_NE(settings.error().remedy.find("prod"), std::string::npos);
}

TEST(Settings, RefuseAttemptsThatAreNoNumber) {
  const Result<Settings> settings = settings_of(machine_with({{"AWS_MAX_ATTEMPTS", "many"}}));
  ASSERT_FALSE(settings.has_value());
  EXPECT_NE(settings.error().summary.find("AWS_MAX_ATTEMPTS"), std::string::npos);
}

}  // namespace
}  // namespace firn::aws
