// One search for the tags of many objects stands in for a call for each, as long as it shows what
// is recorded; an object of which it shows anything else is asked itself.
#include <algorithm>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "tests/aws/type_rig.h"

namespace firn::aws {
namespace {

using namespace test;

constexpr const char* kTopics = "arn:aws:sns:eu-west-1:123456789012:";
constexpr const char* kGroups = "arn:aws:logs:eu-west-1:123456789012:log-group:";

class SharedTagsTest : public ServiceTypes {
 protected:
  static ResourceRecord record(std::string type, const std::string& name, const std::string& arn) {
    ResourceRecord made;
    made.address = name;
    made.type = std::move(type);
    made.name = name;
    made.inputs = json(R"({"tags": {"team": "data"}})");
    made.outputs = Value(Map{{"arn", arn + name}});
    return made;
  }
  static ResourceRecord topic(const std::string& name) {
    return record("aws.sns_topic", name, kTopics);
  }
  static ResourceRecord group(const std::string& name) {
    return record("aws.log_group", name, kGroups);
  }

  // An object as the search shows it: the marks of `address`, and a team.
  static Value found(const ResourceRecord& record, const std::string& team = "data",
                     const std::string& address = "") {
    const List tags{
        Value(Map{{"Key", "firn:stack"}, {"Value", "finance"}}),
        Value(Map{{"Key", "firn:environment"}, {"Value", "dev"}}),
        Value(Map{{"Key", "firn:address"}, {"Value", address.empty() ? record.address : address}}),
        Value(Map{{"Key", "team"}, {"Value", team}})};
    return Value(Map{{"ResourceARN", record.outputs.at("arn")}, {"Tags", Value(tags)}});
  }
  static http::Response search(List objects) {
    return respond(200, to_json(Value(Map{{"ResourceTagMappingList", Value(std::move(objects))}})));
  }
  static http::Response topic_tags(const std::string& address, const std::string& team) {
    const auto member = [](const std::string& key, const std::string& value) {
      return "<member><Key>" + key + "</Key><Value>" + value + "</Value></member>";
    };
    return query_answer("ListTagsForResource", "<Tags>" + member("firn:stack", "finance") +
                                                   member("firn:environment", "dev") +
                                                   member("firn:address", address) +
                                                   member("team", team) + "</Tags>");
  }
  static http::Response attributes() { return query_answer("GetTopicAttributes"); }

  std::size_t count(const std::string& name) const {
    const Names names = operations();
    return static_cast<std::size_t>(std::count(names.begin(), names.end(), name));
  }
};

TEST_F(SharedTagsTest, OneSearchServesObjectsOfAllServices) {
  const std::vector<ResourceRecord> records{topic("a"), topic("b"), group("c"), group("d")};
  List all;
  for (const ResourceRecord& one : records)
    all.push_back(found(one));
  script({{"GetResources", {search(all)}},
          {"GetTopicAttributes", {attributes()}},
          {"DescribeLogGroups",
           {respond(200, R"({"logGroups": [{"logGroupName": "c"}, {"logGroupName": "d"}]})")}}});
  const auto seen = observe(records);
  EXPECT_EQ(operations(), (Names{"GetResources", "GetTopicAttributes", "GetTopicAttributes",
                                 "DescribeLogGroups"}));
  EXPECT_EQ(json(request("DescribeLogGroups").body),
            json(R"({"logGroupIdentifiers": ["c", "d"]})"));
  for (std::size_t i = 0; i < records.size(); ++i) {
    ASSERT_TRUE(seen[i]) << i;
    EXPECT_TRUE(seen[i]->exists && !seen[i]->foreign) << i;
    EXPECT_EQ(seen[i]->owner, records[i].address);
    EXPECT_EQ(*seen[i]->inputs.find("tags"), json(R"({"team": "data"})"));
  }
}

// What the search knows may be minutes old. So it may confirm, and never tell of a change.
TEST_F(SharedTagsTest, WhateverIsNotAsRecordedIsAskedItself) {
  struct Row {
    const char* what;
    std::vector<Value> search;
  };
  const ResourceRecord other = topic("other");
  const Row rows[] = {
      {"it does not know the object yet", {found(other)}},
      {"a tag has another value", {found(other), found(topic("a"), "sales")}},
      {"the mark names another address", {found(other), found(topic("a"), "data", "renamed")}},
  };
  for (const Row& row : rows) {
    rig_.transport.requests.clear();
    script({{"GetResources", {search(List(row.search.begin(), row.search.end()))}},
            {"GetTopicAttributes", {attributes()}},
            {"ListTagsForResource", {topic_tags("a", "own answer")}}});
    const auto seen = observe({topic("a"), other});
    EXPECT_EQ(count("ListTagsForResource"), 1U) << row.what;
    ASSERT_TRUE(seen[0] && seen[1]) << row.what;
    EXPECT_EQ(*seen[0]->inputs.find("tags"), json(R"({"team": "own answer"})")) << row.what;
    EXPECT_EQ(*seen[1]->inputs.find("tags"), json(R"({"team": "data"})")) << row.what;
  }
}

// Of an object that has nothing to set nothing is recorded.
TEST_F(SharedTagsTest, AnObjectWithoutSettingsIsConfirmedWhenNobodyAddedATag) {
  ResourceRecord bare = topic("a");
  bare.inputs = Value(Map{});
  for (const bool has_more : {false, true}) {
    rig_.transport.requests.clear();
    Map known = found(bare).as_map();
    List tags = known.find("Tags")->as_list();
    if (!has_more) tags.pop_back();  // the team
    known.set("Tags", Value(std::move(tags)));
    script({{"GetResources", {search({Value(known), found(topic("b"))})}},
            {"GetTopicAttributes", {attributes()}},
            {"ListTagsForResource", {topic_tags("a", "data")}}});
    ASSERT_TRUE(observe({bare, topic("b")})[0]);
    EXPECT_EQ(count("ListTagsForResource"), has_more ? 1U : 0U);
  }
}

TEST_F(SharedTagsTest, ASingleObjectIsNotSearchedFor) {
  script(
      {{"GetTopicAttributes", {attributes()}}, {"ListTagsForResource", {topic_tags("a", "data")}}});
  ASSERT_TRUE(observe({topic("a")})[0]);
  EXPECT_EQ(operations(), (Names{"GetTopicAttributes", "ListTagsForResource"}));
}

TEST_F(SharedTagsTest, WhoeverMayNotSearchSeesAllTheSame) {
  script({{"GetResources", {json_error(400, "AccessDeniedException")}},
          {"GetTopicAttributes", {attributes()}},
          {"ListTagsForResource", {topic_tags("a", "data"), topic_tags("b", "data")}}});
  const auto seen = observe({topic("a"), topic("b")});
  for (const auto& one : seen) {
    ASSERT_TRUE(one);
    EXPECT_TRUE(one->exists && !one->foreign);
  }
  EXPECT_EQ(count("ListTagsForResource"), 2U);
}

TEST_F(SharedTagsTest, EachRegionIsSearchedForItself) {
  std::vector<ResourceRecord> records{topic("a"), topic("b"), topic("c"), topic("d")};
  for (std::size_t i = 2; i < 4; ++i)
    records[i].outputs =
        Value(Map{{"arn", "arn:aws:sns:eu-north-1:123456789012:" + records[i].name}});
  List all;
  for (const ResourceRecord& one : records)
    all.push_back(found(one));
  script({{"GetResources", {search(all)}}, {"GetTopicAttributes", {attributes()}}});
  for (const auto& one : observe(records))
    ASSERT_TRUE(one && one->exists);
  EXPECT_EQ(count("GetResources"), 2U);
  EXPECT_EQ(count("ListTagsForResource"), 0U);
}

// A search remembers what is gone for a while.
TEST_F(SharedTagsTest, WhatIsGoneIsGoneThoughTheSearchKnowsIt) {
  const std::vector<ResourceRecord> records{topic("a"), group("c"), group("d")};
  List all;
  for (const ResourceRecord& one : records)
    all.push_back(found(one));
  script({{"GetResources", {search(all)}},
          {"GetTopicAttributes", {query_error(404, "NotFound")}},
          {"DescribeLogGroups",
           {respond(200, R"({"logGroups": [{"logGroupName": "d"}]})"),
            respond(200, R"({"logGroups": []})")}}});
  const auto seen = observe(records);
  ASSERT_TRUE(seen[0] && seen[1] && seen[2]);
  EXPECT_FALSE(seen[0]->exists);
  EXPECT_FALSE(seen[1]->exists);
  EXPECT_TRUE(seen[2]->exists);
  EXPECT_EQ(count("DescribeLogGroups"), 2U);  // a listing alone does not make a group gone
}

// 120 groups: three pages of 50 names, and two searches of 100 ARNs.
TEST_F(SharedTagsTest, ManyGroupsTakeFewCalls) {
  std::vector<ResourceRecord> records;
  for (int i = 0; i < 120; ++i)
    records.push_back(group("g" + std::to_string(i)));
  rig_.transport.answer = [&](const http::Request& request) -> Result<http::Response> {
    const Value input = json(request.body);
    List objects;
    if (request.operation == "GetResources") {
      EXPECT_LE(input.at("ResourceARNList").as_list().size(), 100U);
      for (const ResourceRecord& one : records)
        objects.push_back(found(one));
      return search(objects);
    }
    EXPECT_EQ(request.operation, "DescribeLogGroups");
    for (const Value& name : input.at("logGroupIdentifiers").as_list())
      objects.emplace_back(Map{{"logGroupName", name}});
    EXPECT_LE(objects.size(), 50U);
    return respond(200, to_json(Value(Map{{"logGroups", Value(objects)}})));
  };
  for (const auto& one : observe(records))
    ASSERT_TRUE(one && one->exists && !one->foreign);
  EXPECT_EQ(operations().size(), 5U);
}

}  // namespace
}  // namespace firn::aws
