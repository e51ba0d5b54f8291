// ECR: repositories, their two policies, layers that come in parts, images and their tags.
#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/value/json.h"
#include "sandbox/aws/ecr/state.h"
#include "tests/sandbox_aws/harness.h"

namespace firn::sandbox::testing {
namespace {

constexpr const char* name = "team/extractor";
constexpr const char* arn = "arn:aws:ecr:eu-west-1:123456789012:repository/team/extractor";
constexpr const char* manifest_type = "application/vnd.oci.image.manifest.v1+json";

std::string digest_of(const std::string& bytes) {
  return "sha256:" + sha256_hex(bytes);
}

class EcrTest : public FileTest {
 protected:
  // Members beside the name of the repository.
  Reply ask(const std::string& operation, Map members = {}) {
    if (operation != "DescribeRepositories") members.set("repositoryName", name);
    return aws->json("ecr", operation, Value(std::move(members)));
  }
  void create(const Map& members = {}) { EXPECT_OK(ask("CreateRepository", members)); }

  std::string begin_upload() { return ask("InitiateLayerUpload").json().string_or("uploadId", ""); }
  Reply send_part(const std::string& upload, std::int64_t first, const std::string& bytes) {
    return ask("UploadLayerPart", {{"uploadId", upload},
                                   {"partFirstByte", first},
                                   {"partLastByte", first + std::int64_t(bytes.size()) - 1},
                                   {"layerPartBlob", base64(bytes)}});
  }
  Reply complete(const std::string& upload, const std::string& digest) {
    return ask("CompleteLayerUpload",
               {{"uploadId", upload}, {"layerDigests", List{Value(digest)}}});
  }
  // Puts a blob of these bytes there and answers its descriptor.
  Value upload(const std::string& bytes) {
    const std::string id = begin_upload();
    EXPECT_OK(send_part(id, 0, bytes));
    EXPECT_OK(complete(id, digest_of(bytes)));
    return Map{{"mediaType", "application/vnd.oci.image.layer.v1.tar"},
               {"digest", digest_of(bytes)},
               {"size", std::int64_t(bytes.size())}};
  }
  // The manifest of an image with one layer of this text, whose blobs are there.
  std::string manifest(const std::string& text) {
    const Value layer = upload("layer of " + text);
    const Value config = upload("config of " + text);
    return to_json(Map{{"schemaVersion", 2},
                       {"mediaType", manifest_type},
                       {"config", config},
                       {"layers", List{layer}}});
  }
  Reply put(const std::string& text, const std::string& tag) {
    Map members{{"imageManifest", text}};
    if (!tag.empty()) members.set("imageTag", tag);
    return ask("PutImage", members);
  }
  static Value by_tag(const std::string& tag) { return List{Value(Map{{"imageTag", tag}})}; }
  static Value by_digest(const std::string& digest) {
    return List{Value(Map{{"imageDigest", digest}})};
  }
  std::string tags_of(const std::string& digest) {
    const Reply reply = ask("DescribeImages", {{"imageIds", by_digest(digest)}});
    return to_json(reply.json().at_path("imageDetails.0.imageTags"));
  }
};

TEST_F(EcrTest, ARepositoryIsMadeReadChangedAndDeleted) {
  const List tags{Value(Map{{"Key", "team"}, {"Value", "data"}})};
  const Value made =
      ask("CreateRepository", {{"imageTagMutability", "IMMUTABLE"},
                               {"imageScanningConfiguration", Map{{"scanOnPush", true}}},
                               {"tags", Value(tags)}})
          .json()
          .at("repository");
  EXPECT_EQ(made.string_or("repositoryArn", ""), arn);
  EXPECT_EQ(made.string_or("repositoryUri", ""),
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/extractor");
  EXPECT_EQ(made.string_or("registryId", ""), account_a);
  EXPECT_EQ(made.at_path("encryptionConfiguration.encryptionType"), Value("AES256"));
  EXPECT_EQ(ask("DescribeRepositories", {{"repositoryNames", List{Value(name)}}})
                .json()
                .at_path("repositories.0"),
            made);
  expect_refused(
      "making it again", [&] { return ask("CreateRepository"); },
      {400, "RepositoryAlreadyExistsException", "already exists in the registry", "json"});

  EXPECT_OK(ask("PutImageTagMutability", {{"imageTagMutability", "MUTABLE"}}));
  EXPECT_OK(ask("PutImageScanningConfiguration",
                {{"imageScanningConfiguration", Map{{"scanOnPush", false}}}}));
  const Value shown = ask("DescribeRepositories").json().at_path("repositories.0");
  EXPECT_EQ(shown.string_or("imageTagMutability", ""), "MUTABLE");
  EXPECT_EQ(shown.at_path("imageScanningConfiguration.scanOnPush"), Value(false));

  EXPECT_OK(ask("DeleteRepository"));
  expect_refused("one name that is gone fails the whole call",
                 [&] {
                   return ask("DescribeRepositories", {{"repositoryNames", List{Value(name)}}});
                 },
                 {400, "RepositoryNotFoundException", "does not exist in the registry", "json"});
  expect_refused("deleting it again", [&] { return ask("DeleteRepository"); },
                 {400, "RepositoryNotFoundException", "does not exist", "json"});
}

TEST_F(EcrTest, NamesAndEncryptionAreChecked) {
  for (const char* good : {"ab", "a/b", "team.x/y-z__1", "a--b"}) {
    EXPECT_OK(aws->json("ecr", "CreateRepository", Map{{"repositoryName", good}}));
  }
  for (const char* bad : {"", "a", "A/b", "a//b", "/a", "a/", "a.-b", "a___b", "-ab", "a b"}) {
    expect_refused(bad,
                   [&] {
                     return aws->json("ecr", "CreateRepository", Map{{"repositoryName", bad}});
                   },
                   {400, "InvalidParameterException", "repositoryName", "json"});
  }
  expect_refused("a key without KMS",
                 [&] {
                   return ask("CreateRepository",
                              {{"encryptionConfiguration",
                                Map{{"encryptionType", "AES256"}, {"kmsKey", "arn:x"}}}});
                 },
                 {400, "InvalidParameterException", "kmsKey", "json"});
  // Without a key ECR names its own.
  create({{"encryptionConfiguration", Map{{"encryptionType", "KMS"}}}});
  EXPECT_TRUE(ask("DescribeRepositories").contains("arn:aws:kms:eu-west-1:123456789012:"));
  expect_refused(
      "exceptions from immutability",
      [&] {
        return ask("PutImageTagMutability", {{"imageTagMutability", "IMMUTABLE_WITH_EXCLUSION"}});
      },
      {501, "NotImplemented", "firn sandbox does not know", "json"});
}

TEST_F(EcrTest, TagsAreKeptAndChecked) {
  create();
  const List two{Value(Map{{"Key", "a"}, {"Value", "1"}}),
                 Value(Map{{"Key", "b"}, {"Value", "2"}})};
  const auto tag = [&](const char* operation, Map members) {
    members.set("resourceArn", arn);
    return aws->json("ecr", operation, Value(std::move(members)));
  };
  EXPECT_OK(tag("TagResource", {{"tags", Value(two)}}));
  EXPECT_OK(tag("UntagResource", {{"tagKeys", List{Value("a")}}}));
  EXPECT_EQ(to_json(tag("ListTagsForResource", {}).json()),
            R"({"tags":[{"Key":"b","Value":"2"}]})");
  expect_refused(
      "one of AWS's own",
      [&] {
        return tag("TagResource", {{"tags", List{Value(Map{{"Key", "aws:x"}, {"Value", "1"}})}}});
      },
      {400, "InvalidTagParameterException", "aws:x", "json"});
}

std::string lambda_policy(const std::string& extra = "") {
  return fmt::format(
      R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"lambda.amazonaws.com"}},"Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"],"Condition":{{"ArnLike":{{"aws:SourceArn":"arn:aws:lambda:eu-west-1:123456789012:function:extractor"}}}}{}}}]}})",
      extra);
}

TEST_F(EcrTest, ThePolicyIsKeptShownAndTakenAway) {
  create();
  expect_refused("none yet", [&] { return ask("GetRepositoryPolicy"); },
                 {400, "RepositoryPolicyNotFoundException", "does not exist", "json"});
  EXPECT_OK(ask("SetRepositoryPolicy", {{"policyText", lambda_policy()}}));
  EXPECT_EQ(parse_json(ask("GetRepositoryPolicy").json().string_or("policyText", "")).value_or(""),
            parse_json(lambda_policy()).value_or("-"));
  const std::pair<const char*, std::string> bad[] = {
      {"not JSON", "{"},
      {"a resource", lambda_policy(R"(,"Resource":"*")")},
      {"actions of others",
       R"({"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject"}]})"},
      {"nobody",
       R"({"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/No"},"Action":"ecr:*"}]})"},
  };
  for (const auto& [what, text] : bad) {
    expect_refused(
        what,
        [&, &body = text] {
          return ask("SetRepositoryPolicy", {{"policyText", body}});
        },
        {400, "InvalidParameterException", "Invalid repository policy provided", "json"});
  }
  EXPECT_OK(ask("DeleteRepositoryPolicy"));
  expect_refused("gone", [&] { return ask("DeleteRepositoryPolicy"); },
                 {400, "RepositoryPolicyNotFoundException", "does not exist", "json"});
}

std::string keep(int images) {
  return fmt::format(
      R"({{"rules":[{{"rulePriority":1,"description":"Keep the newest.","selection":{{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":{}}},"action":{{"type":"expire"}}}}]}})",
      images);
}

TEST_F(EcrTest, ImagesExpireWithinADay) {
  create();
  EXPECT_OK(ask("PutLifecyclePolicy", {{"lifecyclePolicyText", keep(2)}}));
  EXPECT_EQ(ask("GetLifecyclePolicy").json().string_or("lifecyclePolicyText", ""), keep(2));
  for (const char* tag : {"one", "two", "three"}) {
    EXPECT_OK(put(manifest(tag), tag));
    advance(std::chrono::minutes(1));
  }
  EXPECT_EQ(ask("ListImages").json().at("imageIds").as_list().size(), 3U);
  advance(std::chrono::hours(24));
  const Reply left = ask("ListImages");
  EXPECT_FALSE(left.contains("\"one\"")) << left;
  EXPECT_TRUE(left.contains("\"two\"") && left.contains("\"three\"")) << left;
  EXPECT_OK(ask("DeleteLifecyclePolicy"));
  expect_refused("gone", [&] { return ask("GetLifecyclePolicy"); },
                 {400, "LifecyclePolicyNotFoundException", "does not exist", "json"});
  const std::pair<const char*, std::string> bad[] = {
      {"no rules", R"({"rules":[],"padding":")" + std::string(100, ' ') + "\"}"},
      {"nothing to keep", keep(0)},
      {"another action",
       R"({"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"keep"}}]})"},
  };
  for (const auto& [what, text] : bad) {
    expect_refused(
        what,
        [&, &body = text] {
          return ask("PutLifecyclePolicy", {{"lifecyclePolicyText", body}});
        },
        {400, "InvalidParameterException", "Lifecycle policy validation failure", "json"});
  }
}

TEST_F(EcrTest, LayersComeInParts) {
  create();
  const std::string first(5242880, 'a');
  const std::string second = "the rest";
  const std::string digest = digest_of(first + second);
  const List one{Value(digest)};
  EXPECT_TRUE(ask("BatchCheckLayerAvailability", {{"layerDigests", Value(one)}})
                  .contains("\"UNAVAILABLE\""));
  const std::string upload = begin_upload();
  EXPECT_OK(send_part(upload, 0, first));
  expect_refused("a gap", [&] { return send_part(upload, 5242999, second); },
                 {400, "InvalidLayerPartException", "5242879", "json"});
  EXPECT_OK(send_part(upload, 5242880, second));
  expect_refused("other bytes than said", [&] { return complete(upload, digest_of("x")); },
                 {400, "InvalidLayerException", digest, "json"});
  EXPECT_OK(complete(upload, digest));
  EXPECT_TRUE(
      ask("BatchCheckLayerAvailability", {{"layerDigests", Value(one)}}).contains("\"AVAILABLE\""));
  expect_refused("an upload that is through", [&] { return complete(upload, digest); },
                 {400, "UploadNotFoundException", upload, "json"});

  const std::string small = begin_upload();
  EXPECT_OK(send_part(small, 0, "too"));
  EXPECT_OK(send_part(small, 3, "small"));
  expect_refused("a small part that is not the last",
                 [&] { return complete(small, digest_of("toosmall")); },
                 {400, "LayerPartTooSmallException", "5 MiB", "json"});
  const std::string empty = begin_upload();
  expect_refused("nothing", [&] { return complete(empty, digest_of("")); },
                 {400, "EmptyUploadException", "no layer parts", "json"});
}

TEST_F(EcrTest, AnImageNeedsItsLayers) {
  create();
  const std::string lacking =
      to_json(Map{{"schemaVersion", 2},
                  {"mediaType", manifest_type},
                  {"config", Map{{"digest", digest_of("c")}, {"size", 1}}},
                  {"layers", List{Value(Map{{"digest", digest_of("l")}, {"size", 1}})}}});
  expect_refused("nothing was uploaded", [&] { return put(lacking, "v1"); },
                 {400, "LayersNotFoundException", digest_of("l"), "json"});
  const std::string whole = manifest("one");
  const Value put_one = put(whole, "v1").json();
  EXPECT_EQ(put_one.at_path("image.imageId.imageDigest"), Value(digest_of(whole)));
  expect_refused("again", [&] { return put(whole, "v1"); },
                 {400, "ImageAlreadyExistsException", "v1", "json"});
  expect_refused(
      "with another digest than it has",
      [&] {
        return ask("PutImage",
                   {{"imageManifest", whole}, {"imageTag", "v2"}, {"imageDigest", digest_of("x")}});
      },
      {400, "ImageDigestDoesNotMatchException", "does not match", "json"});
  const Reply got = ask("BatchGetImage", {{"imageIds", by_tag("v1")}});
  EXPECT_EQ(got.json().at_path("images.0.imageManifest"), Value(whole));
  EXPECT_EQ(
      ask("BatchGetImage", {{"imageIds", by_tag("v9")}}).json().at_path("failures.0.failureCode"),
      Value("ImageNotFound"));
  expect_refused("asking for what is not there",
                 [&] {
                   return ask("DescribeImages", {{"imageIds", by_tag("v9")}});
                 },
                 {400, "ImageNotFoundException", "v9", "json"});
  // Lambda finds an image by its URI.
  EXPECT_FALSE(aws::ecr::parse_image_uri("docker.io/library/python:3.13"));
  const auto reference = aws::ecr::parse_image_uri(
      "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/extractor@" + digest_of(whole));
  ASSERT_TRUE(reference);
  EXPECT_EQ(reference->repository.name, name);
  EXPECT_EQ(reference->digest, digest_of(whole));
}

TEST_F(EcrTest, TagsMoveUnlessTheyAreImmutable) {
  create();
  const std::string one = manifest("one");
  const std::string two = manifest("two");
  EXPECT_OK(put(one, "stable"));
  EXPECT_OK(put(two, "stable"));
  EXPECT_EQ(tags_of(digest_of(one)), "null");
  EXPECT_EQ(tags_of(digest_of(two)), R"(["stable"])");
  EXPECT_OK(ask("PutImageTagMutability", {{"imageTagMutability", "IMMUTABLE"}}));
  expect_refused("an immutable tag", [&] { return put(one, "stable"); },
                 {400, "ImageTagAlreadyExistsException", "immutable", "json"});
  EXPECT_OK(put(one, "old"));
  EXPECT_EQ(tags_of(digest_of(one)), R"(["old"])");
}

TEST_F(EcrTest, AnImageGoesWithItsLastTag) {
  create();
  const std::string text = manifest("one");
  EXPECT_OK(put(text, "a"));
  EXPECT_OK(put(text, "b"));
  const auto erase = [&](const Value& ids) {
    return ask("BatchDeleteImage", {{"imageIds", ids}}).json();
  };
  EXPECT_EQ(to_json(erase(by_tag("a")).at_path("imageIds.0.imageTag")), "\"a\"");
  EXPECT_EQ(tags_of(digest_of(text)), R"(["b"])");
  expect_refused("a repository with an image", [&] { return ask("DeleteRepository"); },
                 {400, "RepositoryNotEmptyException", "still contains images", "json"});
  (void)erase(by_tag("b"));
  EXPECT_EQ(erase(by_digest(digest_of(text))).at_path("failures.0.failureCode"),
            Value("ImageNotFound"));
  EXPECT_OK(ask("DeleteRepository"));
}

TEST_F(EcrTest, AnIndexHoldsItsMembers) {
  create();
  const std::string member = manifest("one");
  const std::string index =
      to_json(Map{{"schemaVersion", 2},
                  {"mediaType", "application/vnd.oci.image.index.v1+json"},
                  {"manifests", List{Value(Map{{"mediaType", manifest_type},
                                               {"digest", digest_of(member)},
                                               {"size", std::int64_t(member.size())}})}}});
  expect_refused("before its member", [&] { return put(index, "v1"); },
                 {400, "ReferencedImagesNotFoundException", digest_of(member), "json"});
  EXPECT_OK(put(member, ""));
  EXPECT_OK(put(index, "v1"));
  const Value refused =
      ask("BatchDeleteImage", {{"imageIds", by_digest(digest_of(member))}}).json();
  EXPECT_EQ(refused.at_path("failures.0.failureCode"), Value("ImageReferencedByManifestList"));
  EXPECT_OK(ask("DeleteRepository", {{"force", true}}));
}

TEST_F(EcrTest, OthersNeedTheRepositorysConsent) {
  create();
  const auto pull = [&] {
    return other->json(
        "ecr", "BatchGetImage",
        Map{{"registryId", account_a}, {"repositoryName", name}, {"imageIds", by_tag("v1")}});
  };
  EXPECT_REFUSED(pull(), 400, "AccessDeniedException", "BatchGetImage");
  EXPECT_OK(ask(
      "SetRepositoryPolicy",
      {{"policyText",
        R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"210987654321"},"Action":"ecr:BatchGetImage"}]})"}}));
  EXPECT_OK(pull());
}

TEST_F(EcrTest, EverythingIsInTheFile) {
  create();
  EXPECT_OK(put(manifest("one"), "v1"));
  reopen();
  EXPECT_TRUE(ask("ListImages").contains("\"v1\""));
}

}  // namespace
}  // namespace firn::sandbox::testing
