// Image repositories and images on the wire.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "core/base/digest.h"
#include "providers/aws/image_builder.h"
#include "providers/aws/oci_layout.h"
#include "providers/aws/scratch_folder.h"
#include "tests/aws/type_rig.h"

namespace firn::aws {
namespace {

using namespace test;
namespace fs = std::filesystem;

constexpr const char* kRepository =
    R"({"immutable_tags": true, "scan_on_push": true, "keep_images": 5,
        "pullers": ["arn:aws:lambda:eu-west-1:123456789012:function:extractor"]})";

TEST_F(ServiceTypes, RepositoryIsMadeAndThenGetsItsPolicies) {
  script({{"CreateRepository", {respond(200, "{}")}},
          {"PutLifecyclePolicy", {respond(200, "{}")}},
          {"SetRepositoryPolicy", {respond(200, "{}")}}});
  Operation repository = operation("aws.ecr_repository", "edl-dev-extractor", kRepository);
  const auto created = create(repository);
  ASSERT_TRUE(created) << render(created.error());
  EXPECT_EQ(identified_after_, 1U);
  const Value made = json(request("CreateRepository").body);
  EXPECT_EQ(made.at("repositoryName"), Value("edl-dev-extractor"));
  EXPECT_EQ(made.at("imageTagMutability"), Value("IMMUTABLE"));
  EXPECT_EQ(made.at_path("imageScanningConfiguration.scanOnPush"), Value(true));
  EXPECT_EQ(made.at_path("tags.0.Key"), Value("firn:address"));
  EXPECT_EQ(made.find("encryptionConfiguration"), nullptr);
  const Value policy = json(json(request("SetRepositoryPolicy").body).string_or("policyText", ""));
  EXPECT_EQ(
      to_json(policy),
      R"({"Statement":[{"Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"],)"
      R"("Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:lambda:eu-west-1:123456789012:function:extractor"}},)"
      R"("Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Sid":"PullersLambda"}],)"
      R"("Version":"2012-10-17"})");
  const Value rule =
      json(json(request("PutLifecyclePolicy").body).string_or("lifecyclePolicyText", ""))
          .at_path("rules.0");
  EXPECT_EQ(to_json(rule.at("selection")),
            R"({"countNumber":5,"countType":"imageCountMoreThan","tagStatus":"any"})");
  EXPECT_EQ(*created->outputs.find("uri"),
            Value("123456789012.dkr.ecr.eu-west-1.amazonaws.com/edl-dev-extractor"));
}

std::map<std::string, std::vector<http::Response>> repository_answers(
    const std::string& lifecycle = "", const std::string& mutability = "IMMUTABLE") {
  const std::string shown = R"({"repositories": [{"imageTagMutability": ")" + mutability +
                            R"(", "imageScanningConfiguration": {"scanOnPush": true},
          "encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": "arn:aws:kms:eu-west-1:123456789012:key/k"}}]})";
  Map text;
  text.set("lifecyclePolicyText", lifecycle);
  return {
      {"DescribeRepositories", {respond(200, shown)}},
      {"ListTagsForResource", {respond(200, R"({"tags": [{"Key": "firn:stack", "Value": "finance"},
                                      {"Key": "firn:environment", "Value": "dev"},
                                      {"Key": "firn:address", "Value": "thing"}]})")}},
      {"GetRepositoryPolicy", {json_error(400, "RepositoryPolicyNotFoundException")}},
      {"GetLifecyclePolicy",
       {lifecycle.empty() ? json_error(400, "LifecyclePolicyNotFoundException")
                          : respond(200, to_json(Value(text)))}}};
}

class Repositories : public ServiceTypes {
 protected:
  Observation see(const std::string& inputs) {
    ResourceRecord record;
    record.type = "aws.ecr_repository";
    record.name = "images";
    record.inputs = json(inputs);
    const auto seen = rig_.scheduler.run(find_type(record.type)->read(client_, record));
    EXPECT_TRUE(seen) << render(seen.error());
    return seen ? *seen : Observation{};
  }
};

TEST_F(Repositories, OnlyWhatIsManagedIsRead) {
  script(repository_answers());
  const Observation seen = see(R"({"immutable_tags": true})");
  EXPECT_FALSE(seen.foreign);
  EXPECT_EQ(operations(), (Names{"DescribeRepositories", "ListTagsForResource"}));
  EXPECT_EQ(seen.inputs.find("keep_images"), nullptr);
}

TEST_F(Repositories, EverythingIsReadWhereNothingIsKnown) {
  script(repository_answers());
  const Observation seen = see("{}");
  EXPECT_EQ(operations().size(), 4U);
  EXPECT_EQ(*seen.inputs.find("keep_images"), Value(0));
  EXPECT_EQ(to_json(*seen.inputs.find("encryption")),
            R"({"kms_key":"arn:aws:kms:eu-west-1:123456789012:key/k","type":"KMS"})");
}

// ECR names its own key where none was given: that is no difference.
TEST_F(Repositories, TheServicesOwnKeyIsNoDrift) {
  script(repository_answers());
  EXPECT_EQ(to_json(*see(R"({"encryption": {"type": "KMS"}})").inputs.find("encryption")),
            R"({"type":"KMS"})");
}

TEST_F(Repositories, ALifecycleOfOthersIsShownAsSuch) {
  script(repository_answers(
      R"({"rules": [{"rulePriority": 1, "selection": {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 5}, "action": {"type": "expire"}}]})"));
  EXPECT_EQ(*see(R"({"keep_images": 5})").inputs.find("keep_images"),
            Value("another lifecycle policy"));
  script(repository_answers(
      R"({"rules": [{"rulePriority": 7, "description": "Other words.", "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5}, "action": {"type": "expire"}}]})"));
  EXPECT_EQ(*see(R"({"keep_images": 3})").inputs.find("keep_images"), Value(5));
}

TEST_F(Repositories, ExceptionsFromImmutabilityAreDrift) {
  for (const char* wanted : {"true", "false"}) {
    script(repository_answers("", "IMMUTABLE_WITH_EXCLUSION"));
    const Observation seen = see(std::string(R"({"immutable_tags": )") + wanted + "}");
    EXPECT_NE(*seen.inputs.find("immutable_tags"), json(wanted)) << wanted;
  }
}

TEST_F(ServiceTypes, RepositoryWithImagesIsEmptiedOnlyWhereTheStackSaysSo) {
  script({{"DeleteRepository",
           {json_error(400, "RepositoryNotEmptyException"), respond(200, "{}"),
            json_error(400, "RepositoryNotFoundException")}}});
  Operation repository = operation("aws.ecr_repository", "images", "{}");
  const auto refused = remove(repository);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().summary, "the ECR repository images holds images");
  EXPECT_EQ(json(rig_.transport.requests[0].body).at("force"), Value(false));
  repository.prior.inputs = json(R"({"force_destroy": true})");
  ASSERT_TRUE(remove(repository));
  EXPECT_EQ(json(rig_.transport.requests[1].body).at("force"), Value(true));
  EXPECT_TRUE(remove(repository));
}

TEST(RepositoryNames, AreThoseOfEcr) {
  const ResourceType& type = *find_type("aws.ecr_repository")->type;
  const Placement placement = Rig::options().placement;
  const auto problems = [&](const std::string& name) {
    std::vector<Problem> found;
    type.validate(placement, name, json("{}"), found);
    return found.size();
  };
  for (const char* good : {"ab", "a/b", "team.x/y-z__1", "a--b", "edl-dev-extractor"})
    EXPECT_EQ(problems(good), 0U) << good;
  for (const char* bad : {"a", "a//b", "/ab", "ab/", "a.-b", "a___b", "-ab", "ab-"})
    EXPECT_EQ(problems(bad), 1U) << bad;
}

// --- images

// Leaves what a test gives it, or nothing.
class TestBuilder final : public ImageBuilder {
 public:
  Task<Status> build(ImageBuild build) override {
    builds.push_back(build);
    if (on_build) on_build(build);
    co_return outcome;
  }
  std::vector<ImageBuild> builds;
  std::function<void(const ImageBuild&)> on_build;
  Status outcome = Ok{};
};

void write_file(const fs::path& path, const std::string& bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

// A blob of a layout, and its descriptor.
Value add_blob(const std::string& layout, const std::string& bytes, const std::string& media_type) {
  const std::string digest = sha256_hex(bytes);
  write_file(fs::path(layout) / "blobs" / "sha256" / digest, bytes);
  return Map{{"mediaType", media_type},
             {"digest", "sha256:" + digest},
             {"size", static_cast<std::int64_t>(bytes.size())}};
}

constexpr const char* kManifestType = "application/vnd.oci.image.manifest.v1+json";
constexpr const char* kIndexType = "application/vnd.oci.image.index.v1+json";

Value add_image(const std::string& layout, const std::string& content) {
  const Value layer = add_blob(layout, content, "application/vnd.oci.image.layer.v1.tar");
  const Value config = add_blob(layout, "{}", "application/vnd.oci.image.config.v1+json");
  const Value manifest = Map{{"schemaVersion", 2},
                             {"mediaType", kManifestType},
                             {"config", config},
                             {"layers", List{layer}}};
  return add_blob(layout, to_json(manifest), kManifestType);
}

void finish_layout(const std::string& layout, const List& images) {
  write_file(fs::path(layout) / "oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
  write_file(fs::path(layout) / "index.json",
             to_json(Map{{"schemaVersion", 2}, {"manifests", images}}));
}

Value with_annotation(const Value& descriptor, const std::string& key, const std::string& value) {
  Map members = descriptor.as_map();
  members.set("annotations", Map{{key, value}});
  return Value(std::move(members));
}

class Images : public ServiceTypes {
 protected:
  Images() {
    fs::remove_all(folder_);
    write("image/Dockerfile", "FROM scratch\n");
    ClientOptions options = Rig::options();
    options.image_builder = &builder_;
    building_ = std::make_unique<Client>(rig_.scheduler, rig_.transport, rig_.credentials, options);
  }
  ~Images() override { fs::remove_all(folder_); }

  // The inputs as the engine completes them.
  Value inputs() const {
    std::vector<Problem> problems;
    const Value given =
        json(R"({"repository": "images", "folder": "image", "command": ["sh", "build.sh"]})");
    const Value prepared =
        find_type("aws.container_image")->type->prepare(folder_, given, problems);
    EXPECT_TRUE(problems.empty());
    return prepared;
  }
  std::string tag() const { return inputs().string_or("folder_sha256", ""); }
  std::string mark() const { return tag() + "." + sha256_hex("finance/dev/thing").substr(0, 12); }

  Operation image() {
    Operation made = operation("aws.container_image", "", to_json(inputs()));
    return made;
  }
  Result<Applied> create_image(Operation& made) {
    return rig_.scheduler.run(find_type("aws.container_image")->create(*building_, made));
  }
  Result<Applied> update_image(Operation& made) {
    return rig_.scheduler.run(find_type("aws.container_image")->update(*building_, made));
  }
  Result<Removed> remove_image(Operation& made) {
    return rig_.scheduler.run(find_type("aws.container_image")->remove(*building_, made));
  }
  static http::Response described(const std::string& digest, const std::vector<std::string>& tags) {
    List list(tags.begin(), tags.end());
    return respond(
        200,
        to_json(Map{{"imageDetails", List{Value(Map{{"imageDigest", digest},
                                                    {"imageTags", Value(std::move(list))}})}}}));
  }
  static http::Response not_there() { return json_error(400, "ImageNotFoundException"); }
  std::size_t count(const std::string& operation) const {
    const auto names = operations();
    return static_cast<std::size_t>(std::count(names.begin(), names.end(), operation));
  }

  TestBuilder builder_;
  std::unique_ptr<Client> building_;
};

TEST_F(Images, NothingIsBuiltWhereTheTagIsThere) {
  script({{"DescribeImages", {described("sha256:d", {tag(), mark()})}}});
  Operation made = image();
  const auto created = create_image(made);
  ASSERT_TRUE(created) << render(created.error());
  EXPECT_EQ(operations(), Names{"DescribeImages"});
  EXPECT_TRUE(builder_.builds.empty());
  EXPECT_EQ(*created->outputs.find("digest"), Value("sha256:d"));
  EXPECT_EQ(*created->outputs.find("tag"), Value(tag()));
  EXPECT_EQ(*created->outputs.find("uri"),
            Value("123456789012.dkr.ecr.eu-west-1.amazonaws.com/images@sha256:d"));
}

TEST_F(Images, AnImageOfOthersGetsOurMark) {
  script(
      {{"DescribeImages", {described("sha256:d", {tag()})}},
       {"BatchGetImage",
        {respond(200, R"({"images": [{"imageManifest": "{}", "imageManifestMediaType": "m"}]})")}},
       {"PutImage", {respond(200, "{}")}}});
  Operation made = image();
  ASSERT_TRUE(create_image(made));
  EXPECT_EQ(json(request("PutImage").body).at("imageTag"), Value(mark()));
}

TEST_F(Images, WhatTheCommandLeavesIsPushed) {
  script({{"DescribeImages", {not_there()}},
          {"BatchCheckLayerAvailability",
           {respond(200, R"({"layers": [{"layerDigest": "sha256:)" + sha256_hex("{}") +
                             R"(", "layerAvailability": "AVAILABLE"}]})")}},
          {"InitiateLayerUpload", {respond(200, R"({"uploadId": "u-1", "partSize": 5242880})")}},
          {"UploadLayerPart", {respond(200, "{}")}},
          {"CompleteLayerUpload", {respond(200, "{}")}},
          {"PutImage", {respond(200, "{}")}}});
  const std::string content = std::string(5242880, 'a') + "rest";
  std::string digest;
  builder_.on_build = [&](const ImageBuild& build) {
    const Value descriptor = add_image(build.oci_layout, content);
    digest = descriptor.string_or("digest", "");
    finish_layout(build.oci_layout, List{descriptor});
  };
  Operation made = image();
  const auto created = create_image(made);
  ASSERT_TRUE(created) << render(created.error());
  ASSERT_EQ(builder_.builds.size(), 1U);
  const ImageBuild& build = builder_.builds[0];
  EXPECT_EQ(build.command, (std::vector<std::string>{"sh", "build.sh"}));
  EXPECT_EQ(build.repository, "123456789012.dkr.ecr.eu-west-1.amazonaws.com/images");
  EXPECT_EQ(build.tag, tag());
  EXPECT_EQ(build.folder, fs::path(folder_ + "/image").lexically_normal().string());
  EXPECT_FALSE(fs::exists(build.oci_layout)) << "the scratch folder stayed";

  // The configuration was there already; the layer comes in two parts.
  EXPECT_EQ(count("InitiateLayerUpload"), 1U);
  ASSERT_EQ(count("UploadLayerPart"), 2U);
  std::string sent;
  for (const http::Request& one : rig_.transport.requests) {
    if (one.operation != "UploadLayerPart") continue;
    const Value part = json(one.body);
    EXPECT_EQ(part.int_or("partFirstByte", -1), static_cast<std::int64_t>(sent.size()));
    sent += decode_base64(part.string_or("layerPartBlob", "")).value_or("");
    EXPECT_EQ(part.int_or("partLastByte", -1), static_cast<std::int64_t>(sent.size()) - 1);
  }
  EXPECT_EQ(sha256_hex(sent), sha256_hex(content));
  EXPECT_EQ(json(request("CompleteLayerUpload").body).at_path("layerDigests.0"),
            Value("sha256:" + sha256_hex(content)));
  std::vector<std::string> tags;
  for (const http::Request& one : rig_.transport.requests) {
    if (one.operation == "PutImage") tags.push_back(json(one.body).string_or("imageTag", ""));
  }
  EXPECT_EQ(tags, (std::vector<std::string>{tag(), mark()}));
  EXPECT_EQ(*created->outputs.find("digest"), Value(digest));
  EXPECT_EQ(count("BatchGetImage"), 0U);
}

TEST_F(Images, ACommandMayPushByItself) {
  script({{"DescribeImages", {not_there(), described("sha256:pushed", {tag()})}},
          {"BatchGetImage", {respond(200, R"({"images": [{"imageManifest": "{}"}]})")}},
          {"PutImage", {respond(200, "{}")}}});
  Operation made = image();
  const auto created = create_image(made);
  ASSERT_TRUE(created) << render(created.error());
  EXPECT_EQ(*created->outputs.find("digest"), Value("sha256:pushed"));
  EXPECT_EQ(count("PutImage"), 1U);
}

TEST_F(Images, ACommandThatLeavesNothingIsToldOf) {
  script({{"DescribeImages", {not_there()}}});
  Operation made = image();
  const auto created = create_image(made);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().summary, "the command ended well, but there is no image");
  EXPECT_NE(created.error().remedy.find("$FIRN_OCI_LAYOUT"), std::string::npos);
}

TEST_F(Images, AFolderThatChangedSinceThePlanIsNotBuilt) {
  script({{"DescribeImages", {not_there()}}});
  Operation made = image();
  write("image/late", "x");
  const auto created = create_image(made);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().remedy, "plan again, then apply");
  EXPECT_TRUE(builder_.builds.empty());
}

TEST_F(Images, ATagThatSomebodyMovedIsBuiltAgain) {
  script({{"DescribeImages", {described("sha256:theirs", {tag()})}},
          {"BatchCheckLayerAvailability", {respond(200, "{}")}},
          {"InitiateLayerUpload", {respond(200, R"({"uploadId": "u", "partSize": 5242880})")}},
          {"UploadLayerPart", {respond(200, "{}")}},
          {"CompleteLayerUpload", {respond(200, "{}")}},
          {"PutImage", {respond(200, "{}")}}});
  builder_.on_build = [&](const ImageBuild& build) {
    finish_layout(build.oci_layout, List{add_image(build.oci_layout, "content")});
  };
  Operation made = image();
  made.prior.inputs = made.desired;
  made.prior.outputs = Map{{"digest", "sha256:ours"}, {"tag", tag()}};
  made.changed = {"folder_sha256"};
  const auto seen =
      rig_.scheduler.run(find_type("aws.container_image")->read(*building_, made.prior));
  ASSERT_TRUE(seen);
  EXPECT_EQ(*seen->inputs.find("folder_sha256"), Value("another image under this tag"));
  ASSERT_TRUE(update_image(made));
  EXPECT_EQ(builder_.builds.size(), 1U);
  EXPECT_EQ(count("PutImage"), 2U);
}

TEST_F(Images, AnotherCommandBuildsNothing) {
  script({{"DescribeImages", {described("sha256:d", {tag(), mark()})}}});
  Operation made = image();
  made.prior.inputs = made.desired;
  made.prior.outputs = Map{{"digest", "sha256:d"}, {"tag", tag()}};
  made.changed = {"command"};
  ASSERT_TRUE(update_image(made));
  EXPECT_TRUE(builder_.builds.empty());
  EXPECT_EQ(operations(), Names{"DescribeImages"});
}

// What goes of an image with these tags: "all", some tags, or "nothing".
TEST_F(Images, OnlyWhatNobodyElseNeedsIsDeleted) {
  const std::string other = tag() + "." + std::string(12, '0');
  const std::string old = std::string(64, 'e');
  const std::string old_mark = old + mark().substr(64);
  const struct {
    const char* what;
    std::vector<std::string> tags;
    std::string deleted;  // as JSON
  } rows[] = {
      {"ours", {tag(), mark()}, R"([{"imageDigest":"sha256:d"}])"},
      {"an earlier build of ours", {old, old_mark}, R"([{"imageDigest":"sha256:d"}])"},
      {"another resource's, too", {tag(), mark(), other}, R"([{"imageTag":")" + mark() + "\"}]"},
      {"with a tag of somebody's own",
       {tag(), mark(), "stable"},
       R"([{"imageTag":")" + mark() + R"("},{"imageTag":")" + tag() + "\"}]"},
      {"another resource's", {tag(), other}, "nothing"},
      {"not made by firn", {"v1"}, "nothing"},
  };
  for (const auto& row : rows) {
    rig_.transport.requests.clear();
    script({{"DescribeImages", {described("sha256:d", row.tags)}},
            {"BatchGetImage", {respond(200, R"({"images": [{"imageManifest": "{}"}]})")}},
            {"BatchDeleteImage", {respond(200, R"({"imageIds": [], "failures": []})")}}});
    Operation made = image();
    made.prior.inputs = made.desired;
    ASSERT_TRUE(remove_image(made)) << row.what;
    const std::string deleted =
        count("BatchDeleteImage") == 0
            ? "nothing"
            : to_json(json(request("BatchDeleteImage").body).at("imageIds"));
    EXPECT_EQ(deleted, row.deleted) << row.what;
  }
}

TEST_F(Images, RemovingFromARepositoryThatIsGoneSucceeds) {
  script({{"DescribeImages", {json_error(400, "RepositoryNotFoundException")}}});
  Operation made = image();
  made.prior.inputs = made.desired;
  EXPECT_TRUE(remove_image(made));
}

TEST_F(Images, AFailureOfTheDeletionIsToldOf) {
  script(
      {{"DescribeImages", {described("sha256:d", {tag(), mark()})}},
       {"BatchGetImage", {respond(200, R"({"images": [{"imageManifest": "{}"}]})")}},
       {"BatchDeleteImage",
        {respond(200, R"({"failures": [{"failureCode": "ImageNotFound"}]})"),
         respond(200,
                 R"({"failures": [{"failureCode": "KmsError", "failureReason": "no key"}]})")}}});
  Operation made = image();
  made.prior.inputs = made.desired;
  EXPECT_TRUE(remove_image(made));
  const auto refused = remove_image(made);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().detail, "no key");
}

TEST(ScratchFolders, BelongToOneImageAlone) {
  std::string first;
  {
    const auto one = ScratchFolder::create();
    const auto other = ScratchFolder::create();
    ASSERT_TRUE(one && other);
    first = one->path();
    EXPECT_NE(one->path(), other->path());
    EXPECT_EQ(fs::status(first).permissions(), fs::perms::owner_all);
    write_file(fs::path(first) / "blobs" / "one", "x");
  }
  EXPECT_FALSE(fs::exists(first));
}

TEST(ScratchFolders, WithoutAPlaceForThemAreToldOf) {
  const char* before = std::getenv("TMPDIR");
  const std::string kept = before == nullptr ? std::string() : std::string(before);
  ::setenv("TMPDIR", "/nowhere/at/all", 1);
  const auto folder = ScratchFolder::create();
  if (before == nullptr) {
    ::unsetenv("TMPDIR");
  } else {
    ::setenv("TMPDIR", kept.c_str(), 1);
  }
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().kind, ErrorKind::storage);
  EXPECT_NE(folder.error().remedy.find("TMPDIR"), std::string::npos);
}

// --- layouts

class OciLayouts : public testing::Test {
 protected:
  OciLayouts() { fs::remove_all(folder_); }
  ~OciLayouts() override { fs::remove_all(folder_); }
  std::string folder_ =
      (fs::path(testing::TempDir()) / ("firn_oci_" + std::to_string(getpid()))).string();
};

TEST_F(OciLayouts, AnImageIsReadWithItsBlobs) {
  finish_layout(folder_, List{add_image(folder_, "content")});
  const auto image = read_oci_layout(folder_, "tag");
  ASSERT_TRUE(image) << render(image.error());
  EXPECT_EQ(image->media_type, kManifestType);
  ASSERT_EQ(image->blobs.size(), 2U);
  EXPECT_EQ(image->blobs[0].size, 7);
  EXPECT_EQ(image->digest, "sha256:" + sha256_hex(image->text));
}

// buildx lists a statement about the build beside the image; Lambda takes no index.
TEST_F(OciLayouts, AnIndexOfOneImageIsThatImage) {
  const Value image = add_image(folder_, "content");
  const Value statement = with_annotation(add_image(folder_, "provenance"),
                                          "vnd.docker.reference.type", "attestation-manifest");
  const Value index =
      Map{{"schemaVersion", 2}, {"mediaType", kIndexType}, {"manifests", List{image, statement}}};
  finish_layout(folder_, List{add_blob(folder_, to_json(index), kIndexType)});
  const auto read = read_oci_layout(folder_, "tag");
  ASSERT_TRUE(read) << render(read.error());
  EXPECT_EQ(Value(read->digest), image.at("digest"));
  EXPECT_TRUE(read->members.empty());
}

TEST_F(OciLayouts, AnIndexOfSeveralKeepsThem) {
  const Value index =
      Map{{"schemaVersion", 2},
          {"mediaType", kIndexType},
          {"manifests", List{add_image(folder_, "amd64"), add_image(folder_, "arm64")}}};
  finish_layout(folder_, List{add_blob(folder_, to_json(index), kIndexType)});
  const auto read = read_oci_layout(folder_, "tag");
  ASSERT_TRUE(read) << render(read.error());
  EXPECT_EQ(read->members.size(), 2U);
  EXPECT_TRUE(read->blobs.empty());
}

TEST_F(OciLayouts, OfSeveralImagesTheNamedOneIsMeant) {
  const Value one = add_image(folder_, "one");
  const Value two =
      with_annotation(add_image(folder_, "two"), "org.opencontainers.image.ref.name", "wanted");
  finish_layout(folder_, List{one, two});
  const auto read = read_oci_layout(folder_, "wanted");
  ASSERT_TRUE(read);
  EXPECT_EQ(Value(read->digest), two.at("digest"));
  const auto none = read_oci_layout(folder_, "other");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().detail, "its index.json names 2 images, and none as \"other\"");
}

TEST_F(OciLayouts, WhatDoesNotFitIsRefused) {
  fs::create_directories(folder_);
  EXPECT_FALSE(is_oci_layout(folder_));
  const Value image = add_image(folder_, "content");
  const std::string digest = image.string_or("digest", "").substr(7);
  finish_layout(folder_, List{image});
  EXPECT_TRUE(is_oci_layout(folder_));
  write_file(fs::path(folder_) / "blobs" / "sha256" / digest, "{}");
  EXPECT_FALSE(read_oci_layout(folder_, "tag")) << "other bytes than the digest says";
  finish_layout(folder_, List{Value(Map{{"digest", "sha256:../../etc/passwd"}})});
  EXPECT_FALSE(read_oci_layout(folder_, "tag")) << "a digest that is a path";
  finish_layout(folder_, List{});
  EXPECT_FALSE(read_oci_layout(folder_, "tag")) << "no image";
  write_file(fs::path(folder_) / "index.json", "text");
  EXPECT_FALSE(read_oci_layout(folder_, "tag")) << "no JSON";
}

}  // namespace
}  // namespace firn::aws
