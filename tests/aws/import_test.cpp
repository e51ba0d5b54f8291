// Objects that somebody else made, of the types that no name finds or that take no tags: how they
// are found, and how they are marked.
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "core/base/digest.h"
#include "providers/aws/lambda_statement.h"
#include "providers/aws/provider.h"
#include "tests/aws/type_rig.h"

namespace firn::aws {
namespace {

using namespace test;

class Existing : public ServiceTypes {
 protected:
  Result<Observation> find(Operation& operation) {
    rig_.transport.requests.clear();
    return rig_.scheduler.run(provider_.find_existing(operation));
  }
  Result<Applied> claim(Operation& operation) {
    rig_.transport.requests.clear();
    return rig_.scheduler.run(provider_.claim(operation));
  }
  // As the engine goes on: with what was found.
  static void take(Operation& operation, const Observation& seen) {
    operation.prior.inputs = operation.desired;
    operation.prior.outputs = Value(seen.outputs);
  }

  AwsProvider provider_{rig_.scheduler, rig_.transport, rig_.credentials, Rig::options()};
};

// --- aws.lambda_permission

constexpr const char* kPermission =
    R"({"function": "f", "principal": "s3.amazonaws.com", "source_arn": "arn:aws:s3:::lake"})";
const std::string kSource = R"("ArnLike": {"AWS:SourceArn": "arn:aws:s3:::lake"})";
const std::string kAccount = R"("StringEquals": {"AWS:SourceAccount": "123456789012"})";

std::string statement(const std::string& id, const std::string& conditions) {
  return R"({"Sid": ")" + id + R"(", "Effect": "Allow", "Action": "lambda:InvokeFunction",
             "Principal": {"Service": "s3.amazonaws.com"}, "Condition": {)" +
         conditions + "}}";
}
http::Response policy(const std::vector<std::string>& statements) {
  Map answer;
  answer.set("Policy", R"({"Statement": [)" + join(statements, ",") + "]}");
  return respond(200, to_json(Value(std::move(answer))));
}

TEST_F(Existing, PermissionIsFoundByWhatItSaysAndGetsOurIdBeforeTheOldOneGoes) {
  const std::string whole = kSource + ", " + kAccount;
  script({{"GetPolicy", {policy({statement("other", kAccount), statement("by-hand", whole)})}},
          {"AddPermission", {respond(201, "{}")}},
          {"RemovePermission", {respond(204, "")}}});
  Operation permission = operation("aws.lambda_permission", "", kPermission);
  const auto seen = find(permission);
  ASSERT_TRUE(seen) << render(seen.error());
  EXPECT_TRUE(seen->exists);
  EXPECT_TRUE(seen->foreign);
  EXPECT_FALSE(seen->owner);
  EXPECT_TRUE(seen->inputs.find("source_account")->is_null()) << "it goes with the bucket";
  EXPECT_EQ(*seen->outputs.find("statement_id"), Value("by-hand"));

  take(permission, *seen);
  const auto claimed = claim(permission);
  ASSERT_TRUE(claimed) << render(claimed.error());
  EXPECT_EQ(operations(), (Names{"GetPolicy", "AddPermission", "RemovePermission"}));
  const std::string id = request("AddPermission").body.empty()
                             ? ""
                             : json(request("AddPermission").body).string_or("StatementId", "");
  EXPECT_TRUE(id.starts_with("firn-finance-dev-thing-")) << id;
  EXPECT_EQ(*claimed->outputs.find("statement_id"), Value(id));
  EXPECT_TRUE(request("RemovePermission").path.ends_with("/policy/by-hand"));
}

TEST_F(Existing, PermissionThatIsMeantMustBeClear) {
  const std::string whole = kSource + ", " + kAccount;
  const std::string more = R"("StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"})";
  Placement others = Rig::options().placement;
  others.stack = "weather";
  const std::string theirs = statement_id(others, "thing", json(kPermission));
  const std::string ours = statement_id(Rig::options().placement, "thing", json(kPermission));
  script({{"GetPolicy",
           {policy({statement("one", whole), statement("two", whole), statement("url", more),
                    statement(theirs, kSource), statement("loose", kSource)})}}});
  const struct {
    std::string name;
    std::string answer;  // an id, an error, or nothing
  } rows[] = {{"", "2 statements of the function's policy say this"},
              {"two", "two"},
              {"loose", "loose"},
              {"three", ""},
              {"url", "the statement url has conditions of another kind"}};
  for (const auto& row : rows) {
    Operation permission = operation("aws.lambda_permission", "", kPermission);
    permission.prior.name = row.name;
    const auto seen = find(permission);
    const std::string answer =
        seen ? Value(seen->outputs).string_or("statement_id", "") : seen.error().summary;
    EXPECT_EQ(answer, row.answer) << row.name;
  }
  Operation permission = operation("aws.lambda_permission", "", kPermission);
  permission.prior.name = theirs;
  EXPECT_EQ(find(permission)->owner, theirs) << "another stack's";
  script({{"GetPolicy", {policy({statement("one", whole), statement(ours, kSource)})}}});
  permission.prior.name = "";
  const auto seen = find(permission);
  EXPECT_EQ(seen->owner, "thing");
  EXPECT_FALSE(seen->foreign);
}

// --- aws.lambda_layer

TEST_F(Existing, LayerVersionStaysUnmarkedAndIsOursByTheStateAlone) {
  const auto version = [](int number, const std::string& description) {
    return R"({"Version": )" + std::to_string(number) + R"(, "Description": ")" + description +
           R"(", "Content": {"CodeSha256": "other"}})";
  };
  write("layer/python/tables.py", "x = 1\n");
  script({{"ListLayerVersions",
           {respond(200, R"({"LayerVersions": [)" + version(7, "By hand.") + ", " +
                             version(6, "By hand.") + "]}")}},
          {"GetLayerVersion", {respond(200, version(7, "By hand."))}},
          {"PublishLayerVersion", {respond(201, R"({"Version": 8})")}},
          {"DeleteLayerVersion", {respond(204, "")}}});
  Operation layer = operation("aws.lambda_layer", "pandas", R"({"code": "layer"})");
  const auto seen = find(layer);
  ASSERT_TRUE(seen) << render(seen.error());
  EXPECT_TRUE(seen->foreign);
  EXPECT_EQ(*seen->outputs.find("version"), Value(7));
  take(layer, *seen);
  ASSERT_TRUE(claim(layer));
  EXPECT_EQ(operations(), Names{}) << "a version cannot be changed";

  const auto later = rig_.scheduler.run(find_type("aws.lambda_layer")->read(client_, layer.prior));
  ASSERT_TRUE(later);
  EXPECT_FALSE(later->foreign);
  EXPECT_EQ(later->owner, "thing");
  // Its next version is ours, and the one that was imported goes as any other that was before.
  rig_.transport.requests.clear();
  const auto updated = update(layer);
  ASSERT_TRUE(updated) << render(updated.error());
  EXPECT_EQ(json(request("PublishLayerVersion").body).at("Description"),
            Value("[firn:finance/dev/thing]"));
  Names gone;
  for (const http::Request& request : rig_.transport.requests) {
    if (request.operation == "DeleteLayerVersion") gone.push_back(request.path);
  }
  EXPECT_EQ(gone, Names{"/2018-10-31/layers/pandas/versions/7"});
}

// --- aws.kms_key

constexpr const char* kKeyId = "1234abcd-12ab-34cd-56ef-1234567890ab";

http::Response key(const std::string& state, const std::string& manager = "CUSTOMER") {
  return respond(
      200, R"({"KeyMetadata": {"KeyId": ")" + std::string(kKeyId) +
               R"(", "Arn": "arn:k", "Enabled": true, "Description": "", "KeyState": ")" + state +
               R"(", "KeyManager": ")" + manager + "\"}}");
}

// A stack that says nothing of it sees all of it.
const http::Response kPolicy = respond(200, R"({"Policy": "{}"})");
const http::Response kRotation = respond(200, R"({"KeyRotationEnabled": false})");

TEST_F(Existing, KeyIsFoundByItsIdOrAnAliasAndMarkedByItsTags) {
  script({{"DescribeKey", {key("Enabled")}},
          {"GetKeyPolicy", {kPolicy}},
          {"GetKeyRotationStatus", {kRotation}},
          {"ListResourceTags", {respond(200, R"({"Tags": []})")}},
          {"TagResource", {respond(200, "")}}});
  for (const char* name : {kKeyId, "alias/lake", "arn:aws:kms:eu-west-1:123456789012:alias/lake"}) {
    Operation wanted = operation("aws.kms_key", name, "{}");
    const auto seen = find(wanted);
    ASSERT_TRUE(seen) << render(seen.error());
    EXPECT_TRUE(seen->exists) << name;
    EXPECT_EQ(*seen->outputs.find("key_id"), Value(kKeyId));
    EXPECT_EQ(json(request("ListResourceTags").body).at("KeyId"), Value(kKeyId))
        << "which takes no alias";
    take(wanted, *seen);
    ASSERT_TRUE(claim(wanted));
    EXPECT_EQ(operations(), Names{"TagResource"});
    EXPECT_EQ(json(request("TagResource").body).at("KeyId"), Value(kKeyId));
  }
}

TEST_F(Existing, KeyThatCannotBeTakenOver) {
  Operation wanted = operation("aws.kms_key", "alias/aws/s3", "{}");
  script({{"DescribeKey", {key("Enabled", "AWS")}},
          {"GetKeyPolicy", {kPolicy}},
          {"GetKeyRotationStatus", {kRotation}},
          {"ListResourceTags", {respond(200, R"({"Tags": []})")}}});
  const auto refused = find(wanted);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().summary, "the key alias/aws/s3 belongs to AWS");
  script({{"DescribeKey", {key("PendingDeletion")}},
          {"GetKeyPolicy", {kPolicy}},
          {"GetKeyRotationStatus", {kRotation}},
          {"ListResourceTags", {respond(200, R"({"Tags": []})")}}});
  EXPECT_FALSE(find(wanted)->exists) << "it waits for its deletion";
  script({{"GetResources", {respond(200, R"({"ResourceTagMappingList": []})")}}});
  wanted.prior.name = "";
  EXPECT_FALSE(find(wanted)->exists) << "no key is marked as ours";
}

// --- aws.iam_access_key

TEST_F(Existing, AccessKeyIsTheOneInTheSecretOrTheOnlyOne) {
  const std::string one = "AKIAONE0000000000000";
  const std::string two = "AKIATWO0000000000000";
  const auto keys = [](const std::vector<std::string>& ids) {
    std::string items;
    for (const std::string& id : ids)
      items += "<member><AccessKeyId>" + id + "</AccessKeyId><Status>Active</Status></member>";
    return query_answer("ListAccessKeys", "<AccessKeyMetadata>" + items + "</AccessKeyMetadata>");
  };
  const auto secret = [](const std::string& version) {
    return respond(200, R"({"ARN": "arn:s", "Name": "s", "VersionIdsToStages": {")" + version +
                            R"(": ["AWSCURRENT"]}})");
  };
  const struct {
    const char* what;
    std::vector<std::string> keys;
    std::string version;
    std::string name;
    std::string found;  // an id, an error, or nothing
    bool is_held;
  } rows[] = {
      {"the one in the secret", {one, two}, two + "-x", "", two, true},
      {"the only one", {one}, "by-hand", "", one, false},
      {"the one that was said", {one, two}, two + "-x", one, one, false},
      {"none", {}, "by-hand", "", "", false},
      {"none of that id", {one}, "by-hand", two, "", false},
      {"one of two",
       {one, two},
       "by-hand",
       "",
       "the user Collector has 2 keys, and none is in the secret",
       false},
  };
  for (const auto& row : rows) {
    script({{"ListAccessKeys", {keys(row.keys)}}, {"DescribeSecret", {secret(row.version)}}});
    Operation wanted =
        operation("aws.iam_access_key", row.name, R"({"user": "Collector", "secret": "arn:s"})");
    const auto seen = find(wanted);
    const std::string found =
        seen ? Value(seen->outputs).string_or("access_key_id", "") : seen.error().summary;
    EXPECT_EQ(found, row.found) << row.what;
    if (!seen || !seen->exists) continue;
    EXPECT_EQ(Value(seen->inputs).at("secret") == Value("arn:s"), row.is_held) << row.what;
  }
}

// --- aws.container_image

TEST_F(Existing, ImageOfOthersIsFoundByItsTagAndGetsOurMark) {
  const std::string tag(64, 'e');
  script(
      {{"DescribeImages",
        {respond(200, R"({"imageDetails": [{"imageDigest": "sha256:d", "imageTags": [")" + tag +
                          R"("]}]})")}},
       {"BatchGetImage",
        {respond(200, R"({"images": [{"imageManifest": "{}", "imageManifestMediaType": "m"}]})")}},
       {"PutImage", {respond(200, "{}")}}});
  Operation image = operation("aws.container_image", "",
                              R"({"repository": "images", "folder_sha256": ")" + tag + "\"}");
  const auto seen = find(image);
  ASSERT_TRUE(seen) << render(seen.error());
  EXPECT_TRUE(seen->foreign);
  EXPECT_EQ(*seen->inputs.find("folder_sha256"), Value(tag)) << "nothing differs";
  take(image, *seen);
  const auto claimed = claim(image);
  ASSERT_TRUE(claimed) << render(claimed.error());
  EXPECT_EQ(json(request("PutImage").body).at("imageTag"),
            Value(tag + "." + sha256_hex("finance/dev/thing").substr(0, 12)));
}

}  // namespace
}  // namespace firn::aws
