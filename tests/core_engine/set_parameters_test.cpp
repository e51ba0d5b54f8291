// Parameters given on the command line: --set NAME=VALUE.
#include <gtest/gtest.h>

#include "core/value/json.h"
#include "tests/core_engine/fake_cloud.h"

namespace firn::testing_support {
namespace {

struct Row {
  const char* name;
  const char* type;     // as the stack declares the parameter
  const char* setting;  // after --set
  const char* value;    // JSON; what ${param.size} gives
};

class SetParameters : public testing::TestWithParam<Row> {};

TEST_P(SetParameters, TakesTheValueAsItsTypeSays) {
  Workbench bench;
  bench.head = std::string("parameters: { size: { type: ") + GetParam().type + " } }\n";
  bench.parameters = {GetParam().setting};
  const auto planned = bench.plan("  a: { type: fake.store, color: \"${json(param.size)}\" }\n");
  ASSERT_TRUE(planned) << bench.problems_text();
  EXPECT_EQ(bench.step(planned->plan, "a").after.at("color").as_string(), GetParam().value);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, SetParameters,
    testing::Values(Row{"text", "string", "size=rate(1 hour)", "\"rate(1 hour)\""},
                    Row{"text_that_looks_like_a_number", "string", "size=5", "\"5\""},
                    Row{"text_with_marks_of_yaml", "string", "size=a: [b # c", "\"a: [b # c\""},
                    Row{"text_with_an_expression_stays_text", "string", "size=${env.name}",
                        "\"${env.name}\""},
                    Row{"empty_text", "string", "size=", "\"\""},
                    Row{"text_with_equals", "string", "size=a=b", "\"a=b\""},
                    Row{"integer", "integer", "size=5", "5"},
                    Row{"boolean", "boolean", "size=true", "true"},
                    Row{"list", "list", "size=[a, 2]", "[\"a\",2]"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(SetParametersOrder, TheLastOneWins) {
  Workbench bench;
  bench.head = "parameters: { size: { type: string, default: small } }\n";
  bench.parameters = {"size=middle", "size=large"};
  const auto planned = bench.plan("  a: { type: fake.store, color: \"${param.size}\" }\n");
  ASSERT_TRUE(planned) << bench.problems_text();
  EXPECT_EQ(bench.step(planned->plan, "a").after.at("color").as_string(), "large");
}

TEST(SetParametersMistakes, AreToldWithAMend) {
  const std::string parameters = "parameters: { size: { type: integer, default: 1 } }\n";
  const std::pair<const char*, const char*> rows[] = {
      {"size", "--set size: this is not NAME=VALUE"},
      {"=5", "--set =5: this is not NAME=VALUE"},
      {"siez=5", "did you mean \"size\"?"},
      {"size=many", "takes an integer\n  --set size\n"},
  };
  for (const auto& [setting, expected] : rows) {
    Workbench bench;
    bench.head = parameters;
    bench.parameters = {setting};
    EXPECT_FALSE(bench.plan("  a: { type: fake.store, color: \"x${param.size}\" }\n"));
    EXPECT_NE(bench.problems_text().find(expected), std::string::npos) << bench.problems_text();
  }
}

TEST(SetParametersMistakes, ASecretIsNotGivenOnACommandLine) {
  Workbench bench;
  bench.head = "parameters: { size: { type: string, secret: true, default: x } }\n";
  bench.parameters = {"size=hunter2"};
  EXPECT_FALSE(bench.plan("  a: { type: fake.store, password: \"${param.size}\" }\n"));
  const std::string text = bench.problems_text();
  EXPECT_NE(text.find("--set size: this parameter is a secret"), std::string::npos) << text;
  EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
}

}  // namespace
}  // namespace firn::testing_support
