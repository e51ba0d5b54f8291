// Layers: versions that carry a mark, and are published only when something is new.
#include <gtest/gtest.h>
#include <string>
#include <unistd.h>
#include <vector>

#include "providers/aws/code_archive.h"
#include "providers/aws/lambda_layer_versions.h"
#include "tests/aws/type_rig.h"

namespace firn::aws {
namespace {

using namespace test;

constexpr const char* layer = R"({"code": "layer", "description": "Tables.",
                                  "runtimes": ["python3.13"]})";
constexpr const char* mark = "[firn:finance/dev/thing]";

std::string version(int number, const std::string& description, const std::string& sha = "") {
  const std::string content = sha.empty() ? "" : R"(, "Content": {"CodeSha256": ")" + sha + "\"}";
  return R"({"Version": )" + std::to_string(number) + R"(, "Description": ")" + description +
         R"(", "CompatibleRuntimes": ["python3.13"],
             "LayerVersionArn": "arn:aws:lambda:eu-west-1:123456789012:layer:pandas:)" +
         std::to_string(number) + "\"" + content + "}";
}
http::Response versions(const std::vector<std::string>& list) {
  return respond(200, R"({"LayerVersions": [)" + join(list, ",") + "]}");
}

class Layers : public ServiceTypes {
 protected:
  Layers() {
    write("layer/python/tables.py", "x = 1\n");
    sha_ = archive_folder(folder_ + "/layer")->sha256;
  }
  Operation wanted(const std::string& inputs = layer) {
    return operation("aws.lambda_layer", "pandas", inputs);
  }
  std::string sha_;
};

TEST_F(Layers, AreMarkedInTheirDescription) {
  script({{"ListLayerVersions", {versions({})}},
          {"PublishLayerVersion", {respond(201, R"({"Version": 1})")}}});
  Operation first = wanted();
  const auto created = create(first);
  ASSERT_TRUE(created) << render(created.error());
  EXPECT_EQ(operations(), (Names{"ListLayerVersions", "PublishLayerVersion"}));
  const Value body = json(request("PublishLayerVersion").body);
  EXPECT_EQ(body.at("Description"), Value(std::string("Tables. ") + mark));
  EXPECT_EQ(body.at("CompatibleRuntimes"), json(R"(["python3.13"])"));
  EXPECT_EQ(*created->outputs.find("arn"),
            Value("arn:aws:lambda:eu-west-1:123456789012:layer:pandas:1"));
  EXPECT_EQ(*created->outputs.find("layer_arn"),
            Value("arn:aws:lambda:eu-west-1:123456789012:layer:pandas"));
}

TEST_F(Layers, AChangedOneIsPublishedAnewAndTheOldVersionGoes) {
  const std::string ours = std::string("Tables. ") + mark;
  script({{"ListLayerVersions",
           {versions({version(2, ours)}), versions({version(3, ours), version(2, ours)})}},
          {"GetLayerVersion", {respond(200, version(2, ours, "other"))}},
          {"PublishLayerVersion", {respond(201, R"({"Version": 3})")}},
          {"DeleteLayerVersion", {respond(204, "")}}});
  Operation changed = wanted();
  changed.prior.outputs = Value(Map{{"version", Value(2)}});
  changed.changed = {"code_sha256"};
  const auto updated = update(changed);
  ASSERT_TRUE(updated) << render(updated.error());
  EXPECT_EQ(*updated->outputs.find("version"), Value(3));
  EXPECT_EQ(request("DeleteLayerVersion").path, "/2018-10-31/layers/pandas/versions/2");
  EXPECT_EQ(operations().back(), "DeleteLayerVersion");
}

TEST_F(Layers, AnInterruptedPublicationIsNotRepeated) {
  const std::string ours = std::string("Tables. ") + mark;
  script({{"ListLayerVersions", {versions({version(3, ours), version(2, ours)})}},
          {"GetLayerVersion", {respond(200, version(3, ours, sha_))}},
          {"DeleteLayerVersion", {respond(204, "")}}});
  Map inputs = json(layer).as_map();
  inputs.set("code_sha256", sha_);
  Operation again = wanted();
  again.desired = Value(inputs);
  const auto created = create(again);
  ASSERT_TRUE(created) << render(created.error());
  EXPECT_EQ(*created->outputs.find("version"), Value(3));
  EXPECT_EQ(operations(), (Names{"ListLayerVersions", "GetLayerVersion", "ListLayerVersions",
                                 "DeleteLayerVersion"}));
}

TEST_F(Layers, OldVersionsStayWhenTheyAreKept) {
  const std::string ours = std::string("Tables. ") + mark;
  script({{"ListLayerVersions", {versions({version(2, ours)})}},
          {"GetLayerVersion", {respond(200, version(2, ours, "other"))}},
          {"PublishLayerVersion", {respond(201, R"({"Version": 3})")}}});
  Operation changed = wanted(R"({"code": "layer", "keep_old_versions": true})");
  ASSERT_TRUE(update(changed));
  EXPECT_EQ(operations(), (Names{"ListLayerVersions", "GetLayerVersion", "PublishLayerVersion"}));
}

TEST_F(Layers, SomebodyElsesIsRefused) {
  for (const std::string description : {"By hand.", "[firn:weather/dev/thing]"}) {
    rig_.transport.requests.clear();
    script({{"ListLayerVersions", {versions({version(9, description)})}},
            {"GetLayerVersion", {respond(200, version(9, description, sha_))}}});
    Operation first = wanted();
    const auto refused = create(first);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
    EXPECT_EQ(refused.error().summary, "the Lambda layer pandas exists already");
  }
}

TEST_F(Layers, RemovalTakesEveryVersionOfOursAndNoOther) {
  const std::string ours = mark;
  script({{"ListLayerVersions",
           {versions({version(4, ours), version(3, "By hand."), version(2, ours)})}},
          {"DeleteLayerVersion", {respond(204, "")}}});
  Operation gone = wanted("null");
  ASSERT_TRUE(remove(gone));
  Names paths;
  for (const http::Request& request : rig_.transport.requests) {
    if (request.operation == "DeleteLayerVersion") paths.push_back(request.path);
  }
  EXPECT_EQ(paths, (Names{"/2018-10-31/layers/pandas/versions/4",
                          "/2018-10-31/layers/pandas/versions/2"}));
}

TEST_F(Layers, ManyAreSeenInOneListAndOnlyWhatMovedIsAskedFor) {
  const std::string ours = std::string("Tables. ") + mark;
  const auto listed = [&](const std::string& name, int number) {
    return R"({"LayerName": ")" + name + R"(", "LatestMatchingVersion": )" + version(number, ours) +
           "}";
  };
  script(
      {{"ListLayers",
        {respond(200, R"({"Layers": [)" + listed("pandas", 2) + "," + listed("moved", 7) + "]}")}},
       {"GetLayerVersion", {json_error(404, "ResourceNotFoundException", "gone")}}});
  std::vector<ResourceRecord> records(3);
  const std::vector<std::string> names{"pandas", "moved", "gone"};
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i].address = "thing";
    records[i].type = "aws.lambda_layer";
    records[i].name = names[i];
    records[i].outputs = Value(Map{{"version", Value(2)}});
  }
  const auto seen = observe(records);
  EXPECT_EQ(operations(), (Names{"ListLayers", "GetLayerVersion"}));
  ASSERT_TRUE(seen[0]);
  EXPECT_TRUE(seen[0]->exists);
  EXPECT_FALSE(seen[0]->foreign);
  EXPECT_EQ(*seen[0]->inputs.find("description"), Value("Tables."));
  EXPECT_EQ(seen[0]->inputs.find("code_sha256"), nullptr);  // a version's code does not change
  EXPECT_FALSE(seen[1]->exists);
  EXPECT_FALSE(seen[2]->exists);
}

struct Description {
  const char* what;
  std::string whole;
  std::string words;
  std::string mark;
};

class LayerDescriptions : public testing::TestWithParam<Description> {};

TEST_P(LayerDescriptions, AreTakenApart) {
  EXPECT_EQ(words_of_description(GetParam().whole), GetParam().words);
  EXPECT_EQ(mark_of_description(GetParam().whole), GetParam().mark);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, LayerDescriptions,
    testing::Values(Description{"both", "Words. [firn:a/b/c]", "Words.", "[firn:a/b/c]"},
                    Description{"mark_only", "[firn:a/b/c]", "", "[firn:a/b/c]"},
                    Description{"words_only", "Words [of mine].", "Words [of mine].", ""},
                    Description{"keys", "W [firn:a/b/c[\\\"d\\\"]]", "W",
                                "[firn:a/b/c[\\\"d\\\"]]"},
                    Description{"nothing", "", "", ""}),
    [](const auto& row) { return std::string(row.param.what); });

TEST(LayerMarks, OfLongAddressesAreShortAndTheirOwn) {
  const Placement placement = Rig::options().placement;
  const std::string one = layer_mark(placement, std::string(200, 'x') + "1");
  const std::string two = layer_mark(placement, std::string(200, 'x') + "2");
  EXPECT_LE(one.size(), 128U);
  EXPECT_NE(one, two);
  EXPECT_TRUE(one.starts_with("[firn:finance/dev/#"));
}

// --- the look-up

Result<Map> look_up(Client& client, Rig& rig, const char* inputs) {
  return rig.scheduler.run(find_type("aws.lambda_layer_version")->look_up(client, json(inputs)));
}

TEST_F(ServiceTypes, LayerVersionOfATableIsNotAskedFor) {
  const auto found = look_up(client_, rig_,
                             R"({"arns": {"eu-west-1": "arn:aws:lambda:eu-west-1:1:layer:p:7",
                                          "us-east-1": "arn:aws:lambda:us-east-1:1:layer:p:9"}})");
  ASSERT_TRUE(found);
  EXPECT_EQ(*found->find("arn"), Value("arn:aws:lambda:eu-west-1:1:layer:p:7"));
  EXPECT_EQ(*found->find("version"), Value(7));
  EXPECT_TRUE(rig_.transport.requests.empty());
}

TEST_F(ServiceTypes, LayerVersionByNameIsTheNewestOrTheOneThatIsNamed) {
  script({{"ListLayerVersions", {versions({version(2, ""), version(10, "")})}}});
  const auto newest = look_up(client_, rig_, R"({"layer": "pandas", "runtime": "python3.13"})");
  ASSERT_TRUE(newest);
  EXPECT_EQ(*newest->find("version"), Value(10));
  EXPECT_EQ(request("ListLayerVersions").query, "CompatibleRuntime=python3.13");
  const auto named = look_up(client_, rig_, R"({"layer": "pandas", "version": 2})");
  ASSERT_TRUE(named);
  EXPECT_EQ(*named->find("version"), Value(2));
  const auto none = look_up(client_, rig_, R"({"layer": "pandas", "version": 3})");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::not_found);
  EXPECT_EQ(none.error().summary, "the layer pandas has no such version in eu-west-1");
}

TEST(LambdaLayerVersion, RefusesATableWithoutTheRegion) {
  const struct {
    const char* inputs;
    const char* path;
    const char* summary;
  } rows[] = {
      {R"({"arns": {"us-east-1": "arn:aws:lambda:us-east-1:1:layer:p:9"}})", "arns",
       "there is no layer version for the region eu-west-1"},
      {R"({"arns": {"eu-west-1": "arn:aws:lambda:us-east-1:1:layer:p:9"}})", "arns.eu-west-1",
       "the layer version for eu-west-1 is in another region"},
      {R"({"arns": {"eu-west-1": "arn:aws:lambda:eu-west-1:1:layer:p"}})", "arns.eu-west-1",
       "\"arn:aws:lambda:eu-west-1:1:layer:p\" is not the ARN of a layer version"},
      {"{}", "", "no layer is named"},
      {R"({"layer": "p", "arns": {"eu-west-1": "arn:aws:lambda:eu-west-1:1:layer:p:1"}})", "layer",
       "two layers are named"},
      {R"({"version": 3, "arns": {"eu-west-1": "arn:aws:lambda:eu-west-1:1:layer:p:1"}})",
       "version", "version goes with layer only"},
  };
  const ResourceType& type = *find_type("aws.lambda_layer_version")->type;
  for (const auto& row : rows) {
    std::vector<Problem> problems;
    type.validate(Rig::options().placement, "", json(row.inputs), problems);
    ASSERT_EQ(problems.size(), 1U) << row.inputs;
    EXPECT_EQ(problems[0].path, row.path);
    EXPECT_EQ(problems[0].summary, row.summary);
  }
}

}  // namespace
}  // namespace firn::aws
