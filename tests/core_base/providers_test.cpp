#include <array>
#include <gtest/gtest.h>

#include "core/provider/builtin.h"
#include "core/provider/provider.h"

namespace firn {
namespace {

ResourceType type_named(std::string_view name) {
  ResourceType type;
  type.name = name;
  return type;
}

// A provider of which only the tables are asked for.
class TableOnly final : public Provider {
 public:
  TableOnly(std::string_view name, std::span<const ResourceType* const> types)
      : name_(name), types_(types) {}
  [[nodiscard]] std::string_view name() const override { return name_; }
  [[nodiscard]] std::span<const ResourceType* const> types() const override { return types_; }
  [[nodiscard]] Placement placement() const override { return {}; }
  Task<Status> connect() override { co_return Ok{}; }
  Task<std::vector<Result<Observation>>> observe(std::vector<ResourceRecord>) override {
    co_return std::vector<Result<Observation>>();
  }
  Task<Result<Map>> look_up(std::string_view, Value) override { co_return Map(); }
  Task<Result<Applied>> create(Operation&) override { co_return Applied(); }
  Task<Result<Applied>> update(Operation&) override { co_return Applied(); }
  Task<Result<Removed>> remove(Operation&) override { co_return Removed(); }
  Task<Result<Observation>> find_after_crash(Operation&) override { co_return Observation(); }

 private:
  std::string_view name_;
  std::span<const ResourceType* const> types_;
};

TEST(Providers, FindsProviderAndTypeByName) {
  const ResourceType role = type_named("aws.iam_role");
  const ResourceType queue = type_named("aws.sqs_queue");
  const ResourceType pipe = type_named("snowflake.pipe");
  const std::array<const ResourceType*, 2> aws_types{&role, &queue};
  const std::array<const ResourceType*, 1> snowflake_types{&pipe};
  TableOnly snowflake("snowflake", snowflake_types);
  TableOnly aws("aws", aws_types);
  Providers providers;
  providers.add(snowflake);
  providers.add(aws);

  EXPECT_EQ(providers.of_type("aws.sqs_queue"), &aws);
  EXPECT_EQ(providers.of_type("snowflake.anything"), &snowflake);
  for (const char* name : {"", "aws", "awsx.role", "aw.s", "."}) {
    EXPECT_EQ(providers.of_type(name), nullptr) << name;
    EXPECT_EQ(providers.type(name), nullptr) << name;
  }
  EXPECT_EQ(providers.type("aws.iam_role"), &role);
  EXPECT_EQ(providers.type("aws.sqs_queue"), &queue);
  EXPECT_EQ(providers.type("aws.zzz"), nullptr);
  EXPECT_EQ(providers.type("aws.iam"), nullptr);
  EXPECT_EQ(providers.type_names(),
            (std::vector<std::string_view>{"aws.iam_role", "aws.sqs_queue", "snowflake.pipe"}));
}

TEST(Builtin, AValueThatIsKeptInTheStateCannotBeASecret) {
  BuiltinProvider builtin;
  const ResourceType& type = *builtin.types().front();
  const auto problems_of = [&](Value input) {
    std::vector<Problem> problems;
    type.validate({}, "", Value(Map{{"input", std::move(input)}}), problems);
    return problems;
  };
  EXPECT_TRUE(problems_of(Value("clear")).empty());
  const auto problems = problems_of(Value(List{Value::secret(Value("hidden"))}));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].path, "input");
}

}  // namespace
}  // namespace firn
