// Secrets, keys and users on the wire: what is sent, in which order, and what is never repeated.
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "providers/aws/provider.h"
#include "tests/aws/type_rig.h"

namespace firn::aws {
namespace {

using namespace test;

constexpr const char* kSecretArn =
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:api-AbCdEf";
constexpr const char* kKeyArn =
    "arn:aws:kms:eu-west-1:123456789012:key/1a2b3c4d-0000-4000-8000-123456789abc";
constexpr const char* kKeyId = "1a2b3c4d-0000-4000-8000-123456789abc";

// The tags of the resource "thing" of this stack.
std::string marks(const char* key = "Key", const char* value = "Value",
                  const char* address = "thing") {
  std::string text = "[";
  for (const auto& [name, mark] :
       {std::pair{"firn:stack", "finance"}, std::pair{"firn:environment", "dev"},
        std::pair{"firn:address", address}}) {
    text += std::string(text.size() > 1 ? "," : "") + "{\"" + key + "\": \"" + name + "\", \"" +
            value + "\": \"" + mark + "\"}";
  }
  return text + "]";
}

http::Response described(const std::string& more = "", const std::string& tags = marks()) {
  return respond(200, R"({"Name": "api", "ARN": ")" + std::string(kSecretArn) + R"(", "Tags": )" +
                          tags + more + "}");
}

class SecurityTypes : public ServiceTypes {
 protected:
  Value body(const std::string& name) const { return json(request(name).body); }
  std::size_t count(const std::string& name) const {
    const auto names = operations();
    return static_cast<std::size_t>(std::count(names.begin(), names.end(), name));
  }
  static ResourceRecord record(std::string type, std::string name, const std::string& inputs,
                               const std::string& outputs) {
    ResourceRecord made;
    made.address = "thing";
    made.type = std::move(type);
    made.name = std::move(name);
    made.inputs = json(inputs);
    made.outputs = json(outputs);
    return made;
  }
};

// --- aws.secret

TEST_F(SecurityTypes, ASecretIsMadeInOneCall) {
  script({{"CreateSecret",
           {respond(200,
                    R"({"ARN": ")" + std::string(kSecretArn) + R"(", "VersionId": "token-1"})")}}});
  Operation secret_operation =
      operation("aws.secret", "api",
                R"({"value": {"user": "me", "pass": "p\"w"}, "description": "The API"})");
  const auto created = create(secret_operation);
  ASSERT_TRUE(created) << render(created.error());
  const Value sent = body("CreateSecret");
  EXPECT_EQ(sent.string_or("SecretString", ""), R"({"pass":"p\"w","user":"me"})");
  EXPECT_EQ(sent.string_or("ClientRequestToken", ""), "token-1");
  EXPECT_EQ(created->outputs.find("arn")->as_string(), kSecretArn);
  EXPECT_EQ(created->outputs.find("version_id")->as_string(), "token-1");
  EXPECT_EQ(identified_after_, 1U);
}

TEST_F(SecurityTypes, ASecretWithoutAValueIsNeverWritten) {
  script({{"CreateSecret", {respond(200, R"({"ARN": ")" + std::string(kSecretArn) + R"("})")}},
          {"UpdateSecret", {respond(200, "{}")}}});
  Operation outside = operation("aws.secret", "api", R"({"description": "Set outside"})");
  const auto created = create(outside);
  ASSERT_TRUE(created);
  EXPECT_EQ(body("CreateSecret").find("SecretString"), nullptr);
  EXPECT_EQ(*created->outputs.find("version_id"), Value(""));
  outside.changed = {"description", "value"};  // the value is no longer given
  ASSERT_TRUE(update(outside));
  EXPECT_EQ(operations(), (Names{"CreateSecret", "UpdateSecret"}));
}

TEST_F(SecurityTypes, ADeletedSecretOfOursIsBroughtBackAndBroughtUpToDate) {
  script({{"CreateSecret",
           {json_error(400, "InvalidRequestException",
                       "You can't create this secret because a secret with this name is already "
                       "scheduled for deletion.")}},
          {"DescribeSecret", {described(R"(, "DeletedDate": 1767927845)")}},
          {"RestoreSecret", {respond(200, "{}")}},
          {"UpdateSecret", {respond(200, "{}")}},
          {"TagResource", {respond(200, "{}")}},
          {"PutSecretValue",
           {json_error(400, "InvalidRequestException",
                       "You can't perform this operation on the secret because it was marked for "
                       "deletion."),
            respond(200, R"({"VersionId": "token-1"})")}}});
  Operation again = operation("aws.secret", "api",
                              R"({"value": "v", "description": "New", "tags": {"team": "data"}})");
  const auto created = create(again);
  ASSERT_TRUE(created) << render(created.error());
  EXPECT_EQ(created->outputs.find("arn")->as_string(), kSecretArn);
  EXPECT_EQ(created->outputs.find("version_id")->as_string(), "token-1");
  EXPECT_EQ(operations()[2], "RestoreSecret");
  EXPECT_EQ(count("PutSecretValue"), 2U) << "what was just restored may still pass for deleted";
  EXPECT_EQ(reports_[0], "bringing back the secret that was to be deleted");
}

TEST_F(SecurityTypes, ADeletedSecretOfAnotherStackIsLeftAlone) {
  script({{"CreateSecret", {json_error(400, "InvalidRequestException", "scheduled for deletion")}},
          {"DescribeSecret",
           {described(R"(, "DeletedDate": 1767927845)", marks("Key", "Value", "other"))}}});
  Operation taken = operation("aws.secret", "api", "{}");
  const auto refused = create(taken);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
  EXPECT_EQ(refused.error().summary, "the name api is taken by a deleted secret");
  EXPECT_NE(refused.error().detail.find("until 2026-01-09T03:04:05Z"), std::string::npos)
      << refused.error().detail;
  EXPECT_EQ(operations(), (Names{"CreateSecret", "DescribeSecret"}));
}

TEST_F(SecurityTypes, ANameThatIsBeingFreedIsWaitedFor) {
  script({{"CreateSecret",
           {json_error(400, "InvalidRequestException", "already scheduled for deletion."),
            json_error(400, "InvalidRequestException", "already scheduled for deletion."),
            respond(200, R"({"ARN": ")" + std::string(kSecretArn) + R"("})")}},
          {"DescribeSecret", {json_error(400, "ResourceNotFoundException", "can't find")}}});
  Operation again = operation("aws.secret", "api", "{}");
  ASSERT_TRUE(create(again));
  EXPECT_EQ(count("CreateSecret"), 3U);
}

TEST_F(SecurityTypes, ASecretIsInNoErrorThoughTheServiceRepeatsIt) {
  const std::string said =
      "Value 'hunter2' at 'secretString' failed to satisfy constraint: no hunter2";
  script({{"CreateSecret", {json_error(400, "ValidationException", said)}},
          {"PutSecretValue", {json_error(400, "ValidationException", said)}}});
  Operation with_value = operation("aws.secret", "api", R"({"value": {"pass": "hunter2"}})");
  with_value.changed = {"value"};
  for (const auto& refused : {create(with_value), update(with_value)}) {
    ASSERT_FALSE(refused);
    const std::string text = render(refused.error());
    EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
    EXPECT_NE(text.find("(secret)"), std::string::npos) << text;
  }
}

TEST_F(SecurityTypes, RemovingASecretLeavesATombstoneForItsWindow) {
  script({{"DeleteSecret",
           {respond(200, R"({"DeletionDate": 1767927845.5})"),
            json_error(400, "InvalidRequestException", "already scheduled"),
            json_error(400, "ResourceNotFoundException", "can't find"),
            respond(200, R"({"DeletionDate": 1767323045})")}},
          {"DescribeSecret", {described(R"(, "DeletedDate": 1767927845)")}}});
  Operation gone = operation("aws.secret", "api", "{}");
  gone.prior.inputs = json(R"({"recovery_window": 7})");
  for (int i = 0; i < 2; ++i) {  // the second time it waits already
    const auto removed = remove(gone);
    ASSERT_TRUE(removed) << render(removed.error());
    ASSERT_EQ(removed->tombstones.size(), 1U);
    EXPECT_EQ(removed->tombstones[0].name, "api");
    EXPECT_EQ(removed->tombstones[0].until, Instant(std::chrono::seconds(1767927845)));
  }
  const auto missing = remove(gone);
  ASSERT_TRUE(missing);
  EXPECT_TRUE(missing->tombstones.empty());
  EXPECT_EQ(body("DeleteSecret").int_or("RecoveryWindowInDays", 0), 7);
  gone.prior.inputs = json(R"({"recovery_window": 0})");
  const auto at_once = remove(gone);
  ASSERT_TRUE(at_once);
  EXPECT_TRUE(at_once->tombstones.empty());
  EXPECT_TRUE(
      json(rig_.transport.requests.back().body).bool_or("ForceDeleteWithoutRecovery", false));
}

TEST_F(SecurityTypes, AValueThatSomebodyElseWroteIsSeenWithoutReadingIt) {
  const auto versions = [](const char* current) {
    return described(std::string(R"(, "VersionIdsToStages": {"mine": ["AWSPREVIOUS"], ")") +
                     current + R"(": ["AWSCURRENT"]})");
  };
  script({{"DescribeSecret", {versions("theirs"), versions("ours")}}});
  const ResourceRecord known =
      record("aws.secret", "api", R"({"value": "sealed"})",
             R"({"arn": ")" + std::string(kSecretArn) + R"(", "version_id": "ours"})");
  auto seen = observe({known});
  ASSERT_TRUE(seen[0]);
  EXPECT_NE(seen[0]->inputs.find("value"), nullptr);
  seen = observe({known});
  ASSERT_TRUE(seen[0]);
  EXPECT_EQ(seen[0]->inputs.find("value"), nullptr);
  EXPECT_EQ(count("GetSecretValue"), 0U);
}

TEST_F(SecurityTypes, ManySecretsTakeOneListingAndWhatItLacksIsAskedForAlone) {
  const auto listed = [](const std::string& name, const std::string& description) {
    return R"({"Name": ")" + name + R"(", "ARN": "arn:)" + name + R"(", "Description": ")" +
           description + R"(", "Tags": )" + marks() + "}";
  };
  script({{"ListSecrets",
           {respond(200,
                    R"({"SecretList": [)" + listed("a", "as recorded") + R"(], "NextToken": "n"})"),
            respond(200, R"({"SecretList": [)" + listed("b", "behind") + "]}")}},
          {"DescribeSecret",
           {described(R"(, "Description": "new")"),
            json_error(400, "ResourceNotFoundException", "")}}});
  const auto known = [](const char* name, const char* description) {
    return record(
        "aws.secret", name, std::string(R"({"description": ")") + description + "\"}",
        std::string(R"({"arn_pattern": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:)") +
            name + R"(-??????", "arn": "arn:)" + name + R"(", "version_id": ""})");
  };
  const auto seen = observe({known("a", "as recorded"), known("b", "new"), known("c", "gone")});
  ASSERT_EQ(seen.size(), 3U);
  for (const auto& one : seen)
    ASSERT_TRUE(one) << render(one.error());
  EXPECT_EQ(*seen[1]->inputs.find("description"), Value("new")) << "the listing was behind";
  EXPECT_TRUE(seen[0]->exists && seen[1]->exists && !seen[2]->exists);
  EXPECT_EQ(count("ListSecrets"), 2U);
  EXPECT_EQ(count("DescribeSecret"), 2U);
  EXPECT_EQ(body("ListSecrets").at_path("Filters.0.Values.0"), Value("finance"));
}

// --- aws.iam_access_key

constexpr const char* kNewKey =
    "<AccessKey><AccessKeyId>AKIANEW0000000000000</AccessKeyId>"
    "<SecretAccessKey>wJalr/XUtnFEMI+secret</SecretAccessKey></AccessKey>";

http::Response keys_of_user(const std::vector<std::string>& ids) {
  std::string items;
  for (const std::string& id : ids)
    items += "<member><AccessKeyId>" + id + "</AccessKeyId><Status>Active</Status></member>";
  return query_answer("ListAccessKeys", "<AccessKeyMetadata>" + items + "</AccessKeyMetadata>");
}

http::Response holding(const std::string& version) {
  return described(R"(, "VersionIdsToStages": {")" + version + R"(": ["AWSCURRENT"]})");
}

const std::string kKeyInputs =
    R"({"user": "Collector", "secret": ")" + std::string(kSecretArn) + "\"}";

TEST_F(SecurityTypes, AnAccessKeyGoesStraightIntoItsSecret) {
  script({{"CreateAccessKey", {query_answer("CreateAccessKey", kNewKey)}},
          {"PutSecretValue", {respond(200, "{}")}}});
  Operation key = operation("aws.iam_access_key", "", kKeyInputs);
  const auto created = create(key);
  ASSERT_TRUE(created) << render(created.error());
  EXPECT_EQ(operations(), (Names{"CreateAccessKey", "PutSecretValue"}));
  EXPECT_EQ(identified_after_, 1U) << "known before anything else can go wrong";
  EXPECT_EQ(body("PutSecretValue").string_or("SecretString", ""),
            R"({"AccessKeyId":"AKIANEW0000000000000","SecretAccessKey":"wJalr/XUtnFEMI+secret",)"
            R"("Version":1})");
  EXPECT_TRUE(body("PutSecretValue")
                  .string_or("ClientRequestToken", "")
                  .starts_with("AKIANEW0000000000000-"));
  const std::string told = to_json(Value(created->outputs)) + to_json(Value(identity_)) +
                           to_json(Value(created->inputs));
  EXPECT_EQ(told, R"({"access_key_id":"AKIANEW0000000000000"})"
                  R"({"access_key_id":"AKIANEW0000000000000"}{})");
}

TEST_F(SecurityTypes, AKeyThatCannotBeStoredIsDeletedAndInNoError) {
  script({{"CreateAccessKey", {query_answer("CreateAccessKey", kNewKey)}},
          {"PutSecretValue", {json_error(400, "ValidationException", "not wJalr/XUtnFEMI+secret")}},
          {"DeleteAccessKey", {query_answer("DeleteAccessKey")}}});
  Operation key = operation("aws.iam_access_key", "", kKeyInputs);
  const auto refused = create(key);
  ASSERT_FALSE(refused);
  EXPECT_EQ(render(refused.error()).find("wJalr"), std::string::npos);
  EXPECT_EQ(parameter(request("DeleteAccessKey"), "AccessKeyId"), "AKIANEW0000000000000");
}

TEST_F(SecurityTypes, CreateAccessKeyIsNotRepeatedWhenItMayHaveBeenDone) {
  rig_.transport.answer = [](const http::Request&) -> Result<http::Response> { return cut(true); };
  Operation key = operation("aws.iam_access_key", "", kKeyInputs);
  const auto lost = create(key);
  ASSERT_FALSE(lost);
  EXPECT_TRUE(lost.error().may_have_been_applied);
  EXPECT_EQ(count("CreateAccessKey"), 1U);
  rig_.transport.answer = sequence({respond(503, "")});
  ASSERT_FALSE(create(key));
  EXPECT_EQ(count("CreateAccessKey"), 2U);
}

TEST_F(SecurityTypes, RotationStoresTheNewKeyBeforeItDeletesTheOldOne) {
  script({{"DescribeSecret", {holding("AKIAOLD0000000000000-x")}},
          {"ListAccessKeys", {keys_of_user({"AKIAOLD0000000000000"})}},
          {"CreateAccessKey", {query_answer("CreateAccessKey", kNewKey)}},
          {"PutSecretValue", {respond(200, "{}")}},
          {"UpdateAccessKey", {query_answer("UpdateAccessKey")}},
          {"DeleteAccessKey", {query_answer("DeleteAccessKey")}}});
  Operation key = operation("aws.iam_access_key", "",
                            R"({"user": "Collector", "secret": ")" + std::string(kSecretArn) +
                                R"(", "rotation": 1, "status": "Inactive"})");
  key.prior.outputs = json(R"({"access_key_id": "AKIAOLD0000000000000"})");
  key.changed = {"rotation"};
  const auto updated = update(key);
  ASSERT_TRUE(updated) << render(updated.error());
  EXPECT_EQ(operations(), (Names{"DescribeSecret", "ListAccessKeys", "CreateAccessKey",
                                 "PutSecretValue", "UpdateAccessKey", "DeleteAccessKey"}));
  EXPECT_EQ(parameter(request("UpdateAccessKey"), "AccessKeyId"), "AKIANEW0000000000000");
  EXPECT_EQ(parameter(request("DeleteAccessKey"), "AccessKeyId"), "AKIAOLD0000000000000");
  EXPECT_EQ(updated->outputs.find("access_key_id")->as_string(), "AKIANEW0000000000000");
}

// The run that rotated was killed between PutSecretValue and DeleteAccessKey: both places are
// taken, and the secret holds the new key.
TEST_F(SecurityTypes, ARotationThatDidNotEndGoesOnWithTheKeyThatItStored) {
  script({{"ListAccessKeys", {keys_of_user({"AKIAOLD0000000000000", "AKIANEW0000000000000"})}},
          {"DescribeSecret", {holding("AKIANEW0000000000000-token")}},
          {"DeleteAccessKey", {query_answer("DeleteAccessKey")}}});
  Operation key = operation("aws.iam_access_key", "", kKeyInputs);
  key.prior.outputs = json(R"({"access_key_id": "AKIAOLD0000000000000"})");
  key.changed = {"rotation"};
  const auto updated = update(key);
  ASSERT_TRUE(updated) << render(updated.error());
  EXPECT_EQ(updated->outputs.find("access_key_id")->as_string(), "AKIANEW0000000000000");
  EXPECT_EQ(parameter(request("DeleteAccessKey"), "AccessKeyId"), "AKIAOLD0000000000000");
  EXPECT_EQ(count("CreateAccessKey"), 0U);
}

TEST_F(SecurityTypes, OnlyTheStatusIsChangedWhenOnlyThatChanges) {
  script({{"UpdateAccessKey", {query_answer("UpdateAccessKey")}}});
  Operation key = operation("aws.iam_access_key", "", kKeyInputs);
  key.prior.outputs = json(R"({"access_key_id": "AKIAOLD0000000000000"})");
  key.changed = {"status"};
  ASSERT_TRUE(update(key));
  EXPECT_EQ(parameter(request("UpdateAccessKey"), "Status"), "Active");
}

TEST_F(SecurityTypes, WhatAnInterruptedRotationLeftMakesRoom) {
  const auto used = [](const char* service, const char* date) {
    return query_answer("GetAccessKeyLastUsed", std::string("<AccessKeyLastUsed><ServiceName>") +
                                                    service + "</ServiceName>" + date +
                                                    "</AccessKeyLastUsed>");
  };
  const auto limit = query_error(409, "LimitExceeded", "AccessKeysPerUser: 2");
  script({{"CreateAccessKey", {limit, query_answer("CreateAccessKey", kNewKey), limit}},
          {"ListAccessKeys",
           {keys_of_user({"AKIAOLD0000000000000", "AKIALEFT000000000000"}),
            keys_of_user({"AKIAOLD0000000000000", "AKIALEFT000000000000"}),
            keys_of_user({"AKIAOLD0000000000000", "AKIAUSED000000000000"})}},
          {"DescribeSecret", {holding("AKIAOLD0000000000000-x")}},
          {"GetAccessKeyLastUsed",
           {used("N/A", ""), used("s3", "<LastUsedDate>2026-01-01T00:00:00Z</LastUsedDate>")}},
          {"PutSecretValue", {respond(200, "{}")}},
          {"DeleteAccessKey", {query_answer("DeleteAccessKey")}}});
  Operation key = operation("aws.iam_access_key", "", kKeyInputs);
  key.prior.outputs = json(R"({"access_key_id": "AKIAOLD0000000000000"})");
  key.changed = {"rotation"};
  const auto updated = update(key);
  ASSERT_TRUE(updated) << render(updated.error());
  EXPECT_EQ(parameter(request("DeleteAccessKey"), "AccessKeyId"), "AKIALEFT000000000000");
  EXPECT_EQ(count("DeleteAccessKey"), 2U);
  // A key that is in use is nobody's remains.
  const auto refused = update(key);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
  EXPECT_EQ(refused.error().summary, "the user Collector has two access keys already");
  EXPECT_EQ(count("DeleteAccessKey"), 2U);
}

TEST_F(SecurityTypes, AKeyIsInPlaceWhenItsSecretHoldsIt) {
  const std::string id = "AKIAOLD0000000000000";
  const ResourceRecord known =
      record("aws.iam_access_key", "", kKeyInputs, R"({"access_key_id": ")" + id + "\"}");
  struct Row {
    const char* what;
    std::vector<std::string> keys;
    std::string version;
    bool exists;
    bool drifted;
  };
  const Row rows[] = {{"all is well", {id}, id + "-token", true, false},
                      {"another value", {id}, "11111111-2222", true, true},
                      {"another key", {id}, "AKIANEW0000000000000-token", true, true},
                      {"deleted", {"AKIANEW0000000000000"}, id + "-token", false, false}};
  for (const Row& row : rows) {
    script(
        {{"ListAccessKeys", {keys_of_user(row.keys)}}, {"DescribeSecret", {holding(row.version)}}});
    const auto seen = observe({known});
    ASSERT_TRUE(seen[0]) << row.what;
    EXPECT_EQ(seen[0]->exists, row.exists) << row.what;
    EXPECT_EQ(seen[0]->inputs.find("secret") != nullptr, row.drifted) << row.what;
    EXPECT_FALSE(seen[0]->foreign) << row.what;
  }
  script({{"ListAccessKeys", {query_error(404, "NoSuchEntity", "The user with name")}}});
  EXPECT_FALSE(observe({known})[0]->exists);
}

TEST(AccessKeys, OneForEachUser) {
  const ResourceType& type = *find_type("aws.iam_access_key")->type;
  const Value one = json(R"({"user": "A"})");
  const Value two = json(R"({"user": "B"})");
  const std::vector<Peer> peers{{"first", &one}, {"second", &two}, {"third", &one}};
  std::vector<PeerProblem> problems;
  type.validate_together(peers, problems);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].peer, 2U);
  EXPECT_EQ(problems[0].problem.summary, "\"first\" makes a key for the user A as well");
}

// --- aws.kms_key and aws.kms_alias

std::string metadata(const std::string& state) {
  return R"({"KeyMetadata": {"KeyId": ")" + std::string(kKeyId) + R"(", "Arn": ")" + kKeyArn +
         R"(", "KeyState": ")" + state + R"(", "Enabled": )" +
         (state == "Enabled" ? "true" : "false") + R"(, "Description": ""}})";
}
http::Response found_key(const std::string& arn) {
  return respond(200, arn.empty()
                          ? R"({"ResourceTagMappingList": []})"
                          : R"({"ResourceTagMappingList": [{"ResourceARN": ")" + arn + R"("}]})");
}
std::string key_tags() {
  return R"({"Tags": )" + marks("TagKey", "TagValue") + "}";
}

TEST_F(SecurityTypes, AKeyIsMadeWithItsPolicyAndThenRotates) {
  script({{"GetResources", {found_key("")}},
          {"CreateKey", {respond(200, metadata("Enabled"))}},
          {"EnableKeyRotation", {respond(200, "")}}});
  Operation key = operation("aws.kms_key", "", R"({"rotation": true, "statements": [
      {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
       "Action": "kms:GenerateDataKey"}]})");
  const auto created = create(key);
  ASSERT_TRUE(created) << render(created.error());
  const Value policy = json(body("CreateKey").string_or("Policy", ""));
  ASSERT_EQ(policy.at("Statement").as_list().size(), 2U);
  EXPECT_NE(to_json(policy).find(R"("Principal":{"AWS":"123456789012"})"), std::string::npos)
      << "the account keeps its say: " << to_json(policy);
  EXPECT_EQ(created->outputs.find("key_id")->as_string(), kKeyId);
  EXPECT_EQ(operations(), (Names{"GetResources", "CreateKey", "EnableKeyRotation"}));
}

TEST_F(SecurityTypes, WithoutStatementsTheDefaultPolicyStays) {
  script({{"GetResources", {found_key("")}}, {"CreateKey", {respond(200, metadata("Enabled"))}}});
  Operation key = operation("aws.kms_key", "", "{}");
  ASSERT_TRUE(create(key));
  EXPECT_EQ(body("CreateKey").find("Policy"), nullptr);
}

TEST_F(SecurityTypes, AKeyThatWaitsForItsDeletionIsBroughtBack) {
  script({{"GetResources", {found_key(kKeyArn)}},
          {"DescribeKey", {respond(200, metadata("PendingDeletion"))}},
          {"ListResourceTags", {respond(200, key_tags())}},
          {"GetKeyPolicy", {respond(200, R"({"Policy": "{}"})")}},
          {"GetKeyRotationStatus", {respond(200, R"({"KeyRotationEnabled": false})")}},
          {"CancelKeyDeletion", {respond(200, "{}")}},
          {"EnableKey", {respond(200, "")}},
          {"UpdateKeyDescription", {respond(200, "")}}});
  Operation key = operation("aws.kms_key", "", R"({"description": "Data"})");
  const auto created = create(key);
  ASSERT_TRUE(created) << render(created.error());
  EXPECT_EQ(created->outputs.find("arn")->as_string(), kKeyArn);
  const Names names = operations();
  const auto at = [&names](const char* name) {
    return std::find(names.begin(), names.end(), name) - names.begin();
  };
  EXPECT_LT(at("CancelKeyDeletion"), at("EnableKey"));
  EXPECT_LT(at("EnableKey"), at("UpdateKeyDescription"));
  EXPECT_EQ(count("CreateKey"), 0U);
  EXPECT_EQ(body("GetResources").at("TagFilters").as_list().size(), 3U);
}

TEST_F(SecurityTypes, AKeyIsGoneWhenItWaitsForItsDeletion) {
  script({{"DescribeKey",
           {respond(200, metadata("PendingDeletion")), json_error(400, "NotFoundException", "")}},
          {"ListResourceTags", {respond(200, key_tags()), json_error(400, "NotFoundException")}},
          {"ScheduleKeyDeletion",
           {respond(200, "{}"), json_error(400, "KMSInvalidStateException"),
            json_error(400, "NotFoundException")}}});
  const ResourceRecord known = record("aws.kms_key", "", R"({"description": ""})",
                                      R"({"arn": "a", "key_id": ")" + std::string(kKeyId) + "\"}");
  EXPECT_FALSE(observe({known})[0]->exists);
  EXPECT_FALSE(observe({known})[0]->exists);
  Operation key = operation("aws.kms_key", "", "{}");
  key.prior = known;
  key.prior.inputs = json(R"({"deletion_window": 7})");
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(remove(key));
  EXPECT_EQ(body("ScheduleKeyDeletion").int_or("PendingWindowInDays", 0), 7);
}

TEST_F(SecurityTypes, OnlyWhatIsManagedOfAKeyIsAskedFor) {
  script(
      {{"DescribeKey", {respond(200, metadata("Enabled"))}},
       {"ListResourceTags", {respond(200, key_tags())}},
       {"GetKeyPolicy",
        {respond(
            200,
            R"({"Policy": "{\"Version\":\"2012-10-17\",\"Id\":\"key-default-1\",\"Statement\":[{\"Sid\":\"Enable IAM User Permissions\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::123456789012:root\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}]}"})")}},
       {"GetKeyRotationStatus", {respond(200, R"({"KeyRotationEnabled": true})")}}});
  const std::string outputs = R"({"arn": "a", "key_id": ")" + std::string(kKeyId) + "\"}";
  auto seen = observe({record("aws.kms_key", "", R"({"description": ""})", outputs)});
  EXPECT_EQ(operations(), (Names{"DescribeKey", "ListResourceTags"}));
  seen = observe({record("aws.kms_key", "", R"({"statements": [], "rotation": true})", outputs)});
  ASSERT_TRUE(seen[0]);
  EXPECT_EQ(*seen[0]->inputs.find("statements"), Value(List{})) << "the default is no statement";
  EXPECT_EQ(*seen[0]->inputs.find("rotation"), Value(true));
  EXPECT_EQ(seen[0]->owner, "thing");
}

TEST_F(SecurityTypes, AnAliasThatNamesTheKeyAlreadyIsOurs) {
  script({{"CreateAlias", {json_error(400, "AlreadyExistsException")}},
          {"DescribeKey", {respond(200, metadata("Enabled"))}}});
  Operation alias =
      operation("aws.kms_alias", "fdl-data", R"({"key": ")" + std::string(kKeyArn) + "\"}");
  const auto created = create(alias);
  ASSERT_TRUE(created) << render(created.error());
  EXPECT_EQ(created->outputs.find("alias")->as_string(), "alias/fdl-data");
  alias.desired = json(R"({"key": "arn:aws:kms:eu-west-1:123456789012:key/other"})");
  const auto refused = create(alias);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
  EXPECT_EQ(refused.error().detail, "it stands for " + std::string(kKeyArn));
}

TEST_F(SecurityTypes, ManyAliasesTakeOneListing) {
  script({{"ListAliases",
           {respond(200, R"({"Aliases": [{"AliasName": "alias/a", "TargetKeyId": "k1"}],
                             "Truncated": true, "NextMarker": "m"})"),
            respond(200, R"({"Aliases": [{"AliasName": "alias/b", "TargetKeyId": "k2"}],
                             "Truncated": false})")}}});
  const auto known = [](const char* name, const char* key) {
    return record("aws.kms_alias", name, std::string(R"({"key": ")") + key + "\"}", "{}");
  };
  const auto seen = observe({known("a", "arn:aws:kms:eu-west-1:123456789012:key/k1"),
                             known("b", "k2"), known("c", "k3")});
  EXPECT_EQ(*seen[0]->inputs.find("key"), Value("arn:aws:kms:eu-west-1:123456789012:key/k1"));
  EXPECT_EQ(*seen[1]->inputs.find("key"), Value("k2")) << "in the author's words";
  EXPECT_FALSE(seen[2]->exists);
  EXPECT_EQ(count("ListAliases"), 2U);
}

// --- aws.iam_user and aws.iam_oidc_provider

TEST_F(SecurityTypes, AUserIsMadeInTwoSteps) {
  script({{"CreateUser", {query_answer("CreateUser", "<User><UserId>AIDA1</UserId></User>")}},
          {"PutUserPolicy",
           {query_error(404, "NoSuchEntity", "The user with name Collector cannot be found."),
            query_answer("PutUserPolicy")}},
          {"AttachUserPolicy", {query_answer("AttachUserPolicy")}}});
  Operation user = operation("aws.iam_user", "Collector",
                             R"({"path": "/collectors/",
          "policies": {"put": {"s3_write": {"bucket": "arn:aws:s3:::b", "prefixes": ["in/"]}}},
          "managed_policies": ["arn:aws:iam::123456789012:policy/P"]})");
  const auto created = create(user);
  ASSERT_TRUE(created) << render(created.error());
  EXPECT_EQ(*created->outputs.find("arn"),
            Value("arn:aws:iam::123456789012:user/collectors/Collector"));
  EXPECT_EQ(*created->outputs.find("user_id"), Value("AIDA1"));
  EXPECT_EQ(parameter(request("CreateUser"), "Path"), "/collectors/");
  EXPECT_EQ(identified_after_, 1U);
}

TEST_F(SecurityTypes, ABoundaryIsPutOnAndTakenOff) {
  script({{"PutUserPermissionsBoundary", {query_answer("PutUserPermissionsBoundary")}},
          {"DeleteUserPermissionsBoundary",
           {query_error(404, "NoSuchEntity", "does not have a permission boundary")}},
          {"UntagUser", {query_answer("UntagUser")}},
          {"TagUser", {query_answer("TagUser")}}});
  Operation user = operation("aws.iam_user", "Collector",
                             R"({"permissions_boundary": "arn:aws:iam::123456789012:policy/B"})");
  user.changed = {"permissions_boundary"};
  ASSERT_TRUE(update(user));
  EXPECT_EQ(parameter(request("PutUserPermissionsBoundary"), "PermissionsBoundary"),
            "arn:aws:iam::123456789012:policy/B");
  user.prior.inputs = json(R"({"tags": {"team": "data"}})");
  user.desired = json("{}");
  user.changed = {"permissions_boundary", "tags"};
  ASSERT_TRUE(update(user));
  EXPECT_EQ(parameter(request("DeleteUserPermissionsBoundary"), "UserName"), "Collector");
  EXPECT_EQ(parameter(request("UntagUser"), "TagKeys.member.1"), "team");
}

TEST_F(SecurityTypes, AUserIsStrippedOfEverythingOnlyWhenIamObjects) {
  const auto none = [](const std::string& operation, const std::string& list) {
    return query_answer(operation, "<" + list + "/>");
  };
  script({{"DeleteUser",
           {query_error(409, "DeleteConflict", "must delete access keys first"),
            query_answer("DeleteUser")}},
          {"ListUserPolicies", {none("ListUserPolicies", "PolicyNames")}},
          {"ListAttachedUserPolicies", {none("ListAttachedUserPolicies", "AttachedPolicies")}},
          {"ListAccessKeys", {keys_of_user({"AKIA1"})}},
          {"ListGroupsForUser",
           {query_answer("ListGroupsForUser",
                         "<Groups><member><GroupName>g</GroupName></member></Groups>")}},
          {"ListMFADevices", {none("ListMFADevices", "MFADevices")}},
          {"ListSSHPublicKeys", {none("ListSSHPublicKeys", "SSHPublicKeys")}},
          {"ListServiceSpecificCredentials",
           {none("ListServiceSpecificCredentials", "ServiceSpecificCredentials")}},
          {"ListSigningCertificates", {none("ListSigningCertificates", "Certificates")}},
          {"DeleteAccessKey", {query_answer("DeleteAccessKey")}},
          {"RemoveUserFromGroup", {query_answer("RemoveUserFromGroup")}},
          {"DeleteLoginProfile", {query_error(404, "NoSuchEntity")}}});
  Operation user = operation("aws.iam_user", "Collector", "{}");
  const auto removed = remove(user);
  ASSERT_TRUE(removed) << render(removed.error());
  EXPECT_EQ(parameter(request("DeleteAccessKey"), "AccessKeyId"), "AKIA1");
  EXPECT_EQ(parameter(request("RemoveUserFromGroup"), "GroupName"), "g");
  EXPECT_EQ(operations().back(), "DeleteUser");
}

TEST_F(SecurityTypes, UsersAndRolesShareOneLook) {
  script(
      {{"GetAccountAuthorizationDetails",
        {query_answer(
            "GetAccountAuthorizationDetails",
            "<UserDetailList><member><UserName>U</UserName><UserId>AIDA1</UserId><Path>/c/</Path>"
            "<UserPolicyList><member><PolicyName>p</PolicyName><PolicyDocument>%7B%22Version%22%3A"
            "%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D</PolicyDocument></member>"
            "</UserPolicyList></member></UserDetailList>"
            "<RoleDetailList><member><RoleName>R</RoleName><RoleId>AROA1</RoleId></member>"
            "</RoleDetailList><IsTruncated>false</IsTruncated>")}}});
  const auto seen =
      observe({record("aws.iam_user", "U", "{}", "{}"), record("aws.iam_role", "R", "{}", "{}"),
               record("aws.iam_user", "Gone", "{}", "{}")});
  ASSERT_EQ(operations(), (Names{"GetAccountAuthorizationDetails"}));
  EXPECT_EQ(parameter(request("GetAccountAuthorizationDetails"), "Filter.member.2"), "User");
  EXPECT_EQ(*seen[0]->outputs.find("arn"), Value("arn:aws:iam::123456789012:user/c/U"));
  EXPECT_NE(Value(seen[0]->inputs).at("policies").find("p"), nullptr);
  EXPECT_TRUE(seen[1]->exists);
  EXPECT_FALSE(seen[2]->exists);
}

TEST_F(SecurityTypes, AProvidersAudiencesAreHeldAgainstThoseItHas) {
  script(
      {{"GetOpenIDConnectProvider",
        {query_answer("GetOpenIDConnectProvider",
                      "<Url>token.example.com</Url><ClientIDList><member>old</member>"
                      "<member>kept</member></ClientIDList>")}},
       {"AddClientIDToOpenIDConnectProvider", {query_answer("AddClientIDToOpenIDConnectProvider")}},
       {"RemoveClientIDFromOpenIDConnectProvider",
        {query_answer("RemoveClientIDFromOpenIDConnectProvider")}},
       {"UpdateOpenIDConnectProviderThumbprint",
        {query_answer("UpdateOpenIDConnectProviderThumbprint")}}});
  Operation provider = operation("aws.iam_oidc_provider", "",
                                 R"({"url": "https://token.example.com",
                                     "client_ids": ["kept", "new"], "thumbprints": ["AB"]})");
  provider.changed = {"client_ids", "thumbprints"};
  ASSERT_TRUE(update(provider));
  EXPECT_EQ(parameter(request("AddClientIDToOpenIDConnectProvider"), "ClientID"), "new");
  EXPECT_EQ(parameter(request("RemoveClientIDFromOpenIDConnectProvider"), "ClientID"), "old");
  EXPECT_EQ(parameter(request("UpdateOpenIDConnectProviderThumbprint"), "ThumbprintList.member.1"),
            "ab");
  EXPECT_EQ(parameter(request("GetOpenIDConnectProvider"), "OpenIDConnectProviderArn"),
            "arn:aws:iam::123456789012:oidc-provider/token.example.com");
}

TEST_F(SecurityTypes, AProviderOfSomebodyElseIsNamedWithItsArn) {
  script({{"CreateOpenIDConnectProvider", {query_error(409, "EntityAlreadyExists", "exists")}},
          {"GetOpenIDConnectProvider",
           {query_answer("GetOpenIDConnectProvider", "<Url>token.example.com</Url>")}}});
  Operation provider =
      operation("aws.iam_oidc_provider", "", R"({"url": "https://token.example.com"})");
  const auto refused = create(provider);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().summary,
            "the OIDC provider for https://token.example.com exists already");
  EXPECT_NE(
      refused.error().remedy.find("arn:aws:iam::123456789012:oidc-provider/token.example.com"),
      std::string::npos);
}

}  // namespace
}  // namespace firn::aws
