// The Resource Groups Tagging API: what carries which tags, over all services of a region.
#include <fmt/format.h>

#include "core/value/json.h"
#include "tests/sandbox_aws/harness.h"

namespace firn::sandbox::testing {
namespace {

class TaggingTest : public FileTest {
 protected:
  TaggingTest() {
    EXPECT_OK(aws->s3("PUT", "lake", "/",
                      "<CreateBucketConfiguration><LocationConstraint>eu-west-1"
                      "</LocationConstraint><Tags><Tag><Key>stack</Key><Value>finance</Value>"
                      "</Tag></Tags></CreateBucketConfiguration>"));
    for (const char* name : {"one", "two"}) {
      EXPECT_OK(
          aws->json("sqs", "CreateQueue",
                    Map{{"QueueName", name}, {"tags", Map{{"stack", "finance"}, {"name", name}}}}));
    }
    EXPECT_OK(aws->json("sqs", "CreateQueue", Map{{"QueueName", "bare"}}));
    EXPECT_OK(aws->query("sns", {{"Action", "CreateTopic"},
                                 {"Name", "events"},
                                 {"Tags.member.1.Key", "stack"},
                                 {"Tags.member.1.Value", "orders"}}));
    EXPECT_OK(
        aws->query("iam", {{"Action", "CreateRole"},
                           {"RoleName", "Tagged"},
                           {"AssumeRolePolicyDocument", service_trust("lambda.amazonaws.com")},
                           {"Tags.member.1.Key", "stack"},
                           {"Tags.member.1.Value", "finance"}}));
    EXPECT_OK(other->json("sqs", "CreateQueue",
                          Map{{"QueueName", "theirs"}, {"tags", Map{{"stack", "finance"}}}}));
  }
  Reply ask(const Map& input) { return aws->json("tagging", "GetResources", Value(input)); }
  // The ARNs' last parts, in order.
  std::vector<std::string> names(const Map& input) {
    std::vector<std::string> found;
    const Value answer = ask(input).json();
    for (const Value& one : answer.at("ResourceTagMappingList").as_list()) {
      const std::string arn = one.string_or("ResourceARN", "");
      found.push_back(arn.substr(arn.rfind(':') + 1));
    }
    return found;
  }
  static Value filter(const std::string& key, const std::vector<std::string>& values) {
    List texts(values.begin(), values.end());
    const List filters{Value(Map{{"Key", key}, {"Values", Value(texts)}})};
    return Value(filters);
  }
};

TEST_F(TaggingTest, ResourcesAreFoundByTagsTypesAndArns) {
  using Names = std::vector<std::string>;
  const List sqs{Value("sqs")};
  const List lake{Value("arn:aws:s3:::lake"), Value("arn:aws:s3:::none")};
  EXPECT_EQ(names({}), (Names{"lake", "events", "one", "two"}))
      << "nothing untagged, nobody else's, and no role";
  EXPECT_EQ(names({{"TagFilters", filter("stack", {"finance"})}}), (Names{"lake", "one", "two"}));
  EXPECT_EQ(names({{"TagFilters", filter("stack", {"orders", "x"})}}), (Names{"events"}));
  EXPECT_EQ(names({{"TagFilters", filter("name", {})}}), (Names{"one", "two"}));
  EXPECT_EQ(names({{"ResourceTypeFilters", Value(sqs)}}), (Names{"one", "two"}));
  EXPECT_EQ(names({{"ResourceARNList", Value(lake)}}), (Names{"lake"}));
  Client virginia(*sandbox, account_a, "us-east-1");
  EXPECT_TRUE(virginia.json("tagging", "GetResources", Map{})
                  .json()
                  .at("ResourceTagMappingList")
                  .as_list()
                  .empty());
}

TEST_F(TaggingTest, PagesEndWithAnEmptyToken) {
  const Value first = ask({{"ResourcesPerPage", 3}}).json();
  EXPECT_EQ(first.at("ResourceTagMappingList").as_list().size(), 3u);
  const std::string token = first.string_or("PaginationToken", "");
  ASSERT_FALSE(token.empty());
  const Value second = ask({{"ResourcesPerPage", 3}, {"PaginationToken", token}}).json();
  EXPECT_EQ(second.at("ResourceTagMappingList").as_list().size(), 1u);
  EXPECT_EQ(second.string_or("PaginationToken", "x"), "");
}

TEST_F(TaggingTest, AListOfArnsStandsAlone) {
  const List arns{Value("arn:aws:s3:::lake")};
  expect_refused(
      "with filters",
      [&] {
        return ask({{"ResourceARNList", Value(arns)}, {"TagFilters", filter("stack", {})}});
      },
      {400, "InvalidParameterException", "ResourceARNList", "json"});
}

}  // namespace
}  // namespace firn::sandbox::testing
