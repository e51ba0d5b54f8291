// Lambda: what functions are made of beside their own code: layers and container images.
#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "core/value/json.h"
#include "tests/sandbox_aws/harness.h"

namespace firn::sandbox::testing {
namespace {

constexpr const char* functions = "/2015-03-31/functions";
constexpr const char* layer = "/2018-10-31/layers/pandas/versions";
constexpr const char* layer_arn = "arn:aws:lambda:eu-west-1:123456789012:layer:pandas";
constexpr const char* invalid = "InvalidParameterValueException";

class PackageTest : public FileTest {
 protected:
  PackageTest() : role_(ready_role("Worker", "lambda.amazonaws.com")) {}

  Reply publish(const Map& changes = {}) {
    Map input{{"Content", Map{{"ZipFile", small_zip()}}},
              {"Description", "For tables."},
              {"CompatibleRuntimes", List{Value("python3.13")}}};
    for (const auto& [name, value] : changes)
      input.set(name, value);
    return aws->rest("lambda", "POST", layer, Value(std::move(input)));
  }
  Reply get(const std::string& path) { return aws->rest("lambda", "GET", path); }
  Reply erase(int version) {
    return aws->rest("lambda", "DELETE", fmt::format("{}/{}", layer, version));
  }
  Reply create(const Map& changes) {
    Map input{{"FunctionName", "crunch"}, {"Role", role_}};
    for (const auto& [name, value] : changes)
      input.set(name, value);
    return aws->rest("lambda", "POST", functions, Value(std::move(input)));
  }
  Reply create_from_code(const Map& changes = {}) {
    Map all{{"Runtime", "python3.13"},
            {"Handler", "main.handler"},
            {"Code", Map{{"ZipFile", small_zip()}}}};
    for (const auto& [name, value] : changes)
      all.set(name, value);
    return create(all);
  }

  Reply ask_registry(const std::string& operation, Map members) {
    members.set("repositoryName", "worker");
    return aws->json("ecr", operation, Value(std::move(members)));
  }
  // Puts a small image into the repository "worker", under a tag, and answers its digest.
  std::string push(const std::string& text, const std::string& tag) {
    ask_registry("CreateRepository", {});
    const std::string digest = "sha256:" + sha256_hex(text);
    const auto size = static_cast<std::int64_t>(text.size());
    const std::string upload =
        ask_registry("InitiateLayerUpload", {}).json().string_or("uploadId", "");
    EXPECT_OK(ask_registry("UploadLayerPart", {{"uploadId", upload},
                                               {"partFirstByte", 0},
                                               {"partLastByte", size - 1},
                                               {"layerPartBlob", base64(text)}}));
    EXPECT_OK(ask_registry("CompleteLayerUpload",
                           {{"uploadId", upload}, {"layerDigests", List{Value(digest)}}}));
    const Value config = Map{{"mediaType", "application/vnd.oci.image.config.v1+json"},
                             {"digest", digest},
                             {"size", size}};
    const Value manifest = Map{{"schemaVersion", 2},
                               {"mediaType", "application/vnd.oci.image.manifest.v1+json"},
                               {"config", config},
                               {"layers", List{}}};
    const Reply put =
        ask_registry("PutImage", {{"imageManifest", to_json(manifest)}, {"imageTag", tag}});
    EXPECT_OK(put);
    return put.json().at_path("image.imageId.imageDigest").as_string();
  }

  std::string role_;
};

TEST_F(PackageTest, VersionsAreCountedAndNoNumberIsGivenTwice) {
  const Reply first = publish();
  ASSERT_EQ(first.status, 201) << first;
  EXPECT_EQ(first.json().int_or("Version", 0), 1);
  EXPECT_EQ(first.json().string_or("LayerVersionArn", ""), std::string(layer_arn) + ":1");
  EXPECT_EQ(first.json().string_or("LayerArn", ""), layer_arn);
  EXPECT_EQ(first.json().at_path("Content.CodeSha256"),
            Value(base64(sha256(decode_base64(small_zip()).value()))));
  EXPECT_EQ(publish().json().int_or("Version", 0), 2);
  EXPECT_EQ(erase(1).status, 204);
  EXPECT_EQ(erase(2).status, 204);
  EXPECT_EQ(erase(2).status, 204);  // again: no error
  EXPECT_EQ(get(layer).json().at("LayerVersions"), Value(List()));
  EXPECT_EQ(publish().json().int_or("Version", 0), 3);
  expect_refused(
      "one that is gone", [&] { return get(std::string(layer) + "/2"); },
      {404, "ResourceNotFoundException", "The resource you requested does not exist.", "rest"});
}

TEST_F(PackageTest, ListsShowTheNewestFirstAndWhatFits) {
  EXPECT_OK(publish());
  EXPECT_OK(publish({{"CompatibleRuntimes", List{Value("python3.12")}},
                     {"CompatibleArchitectures", List{Value("arm64")}},
                     {"LicenseInfo", "MIT"}}));
  const Value all = get(layer).json().at("LayerVersions");
  ASSERT_EQ(all.as_list().size(), 2U);
  EXPECT_EQ(all.as_list()[0].int_or("Version", 0), 2);
  EXPECT_EQ(all.as_list()[0].string_or("LicenseInfo", ""), "MIT");
  EXPECT_EQ(all.as_list()[0].find("Content"), nullptr);
  const Value fitting =
      get(std::string(layer) + "?CompatibleRuntime=python3.13").json().at("LayerVersions");
  ASSERT_EQ(fitting.as_list().size(), 1U);
  EXPECT_EQ(fitting.as_list()[0].int_or("Version", 0), 1);
  EXPECT_EQ(get(std::string(layer) + "?CompatibleArchitecture=x86_64").json().at("LayerVersions"),
            Value(List()));
  const Value layers = get("/2018-10-31/layers").json().at("Layers");
  ASSERT_EQ(layers.as_list().size(), 1U);
  EXPECT_EQ(layers.at_path("0.LatestMatchingVersion.Version"), Value(2));
  // By its ARN as by its name.
  EXPECT_OK(get("/2018-10-31/layers/" + percent_encode(layer_arn) + "/versions/1"));
}

TEST_F(PackageTest, WhatCannotBePublished) {
  const struct {
    const char* what;
    Map changes;
    const char* code;
    const char* message;
  } rows[] = {
      {"no archive", {{"Content", Map{{"ZipFile", "bm8="}}}}, invalid, "Could not unzip"},
      {"a language that is none",
       {{"CompatibleRuntimes", List{Value("cobol1")}}},
       "ValidationException",
       "compatibleRuntimes"},
      {"a processor that is none",
       {{"CompatibleArchitectures", List{Value("z80")}}},
       "ValidationException",
       "compatibleArchitectures"},
      {"too many words",
       {{"Description", std::string(257, 'x')}},
       "ValidationException",
       "description"},
  };
  for (const auto& row : rows) {
    expect_refused(row.what, [&] { return publish(row.changes); },
                   {400, row.code, row.message, "rest"});
  }
}

TEST_F(PackageTest, FunctionsTakeLayersThatAreThereAndKeepThem) {
  EXPECT_OK(publish());
  const auto with = [&](const std::string& arn) { return Map{{"Layers", List{Value(arn)}}}; };
  const struct {
    const char* arn;
    const char* message;
  } rows[] = {
      {"arn:aws:lambda:eu-west-1:123456789012:layer:pandas:2",
       "Layer version arn:aws:lambda:eu-west-1:123456789012:layer:pandas:2 does not exist."},
      {"arn:aws:lambda:us-east-1:123456789012:layer:pandas:1",
       "Layers are expected to be in region eu-west-1."},
      {"arn:aws:lambda:eu-west-1:123456789012:layer:pandas", "not a valid layer version ARN"},
  };
  for (const auto& row : rows) {
    expect_refused(row.arn, [&] { return create_from_code(with(row.arn)); },
                   {400, invalid, row.message, "rest"});
  }
  const std::string present = std::string(layer_arn) + ":1";
  EXPECT_OK(create_from_code(with(present)));
  EXPECT_OK(erase(1));
  const Value shown = get(std::string(functions) + "/crunch").json();
  EXPECT_EQ(shown.at_path("Configuration.Layers.0.Arn"), Value(present));
}

// --- images

constexpr const char* worker = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/worker";

Map from_image(const std::string& uri, const Map& changes = {}) {
  Map all{{"PackageType", "Image"}, {"Code", Map{{"ImageUri", uri}}}};
  for (const auto& [name, value] : changes)
    all.set(name, value);
  return all;
}

// Lets Lambda pull for functions of this ARN.
Value pulling(const std::string& function) {
  const Value actions = List{Value("ecr:BatchGetImage"), Value("ecr:GetDownloadUrlForLayer")};
  const Value condition = Map{{"ArnLike", Map{{"aws:SourceArn", function}}}};
  const Value statement = Map{{"Effect", "Allow"},
                              {"Principal", Map{{"Service", "lambda.amazonaws.com"}}},
                              {"Action", actions},
                              {"Condition", condition}};
  return Map{{"Version", "2012-10-17"}, {"Statement", List{statement}}};
}

TEST_F(PackageTest, AFunctionFromAnImageShowsWhichOne) {
  const std::string digest = push("one", "1");
  const std::string image = fmt::format("{}@{}", worker, digest);
  EXPECT_OK(create(from_image(image, {{"ImageConfig", Map{{"Command", List{Value("a.b")}}}}})));
  const Value shown = get(std::string(functions) + "/crunch").json();
  EXPECT_EQ(shown.at_path("Configuration.PackageType"), Value("Image"));
  EXPECT_EQ(shown.at_path("Configuration.ImageConfigResponse.ImageConfig.Command.0"), Value("a.b"));
  EXPECT_TRUE(shown.at_path("Configuration.Runtime").is_null());
  EXPECT_EQ(shown.at_path("Code.RepositoryType"), Value("ECR"));
  EXPECT_EQ(shown.at_path("Code.ImageUri"), Value(image));
  EXPECT_EQ(shown.at_path("Code.ResolvedImageUri"), Value(image));
  EXPECT_EQ(shown.at_path("Configuration.CodeSha256"), Value(digest.substr(7)));
  advance(std::chrono::seconds(3));
  const std::string configuration = std::string(functions) + "/crunch/configuration";
  EXPECT_OK(aws->rest("lambda", "PUT", configuration, Map{{"ImageConfig", Map{}}}));
  EXPECT_TRUE(get(configuration).json().at("ImageConfigResponse").is_null());
}

TEST_F(PackageTest, ATagIsLookedAtWhenItIsGiven) {
  const std::string first = push("one", "live");
  EXPECT_OK(create(from_image(std::string(worker) + ":live")));
  const std::string second = push("two", "live");
  ASSERT_NE(second, first);
  const auto resolved = [this] {
    return get(std::string(functions) + "/crunch").json().at_path("Code.ResolvedImageUri");
  };
  EXPECT_EQ(resolved(), Value(fmt::format("{}@{}", worker, first)));
  advance(std::chrono::seconds(3));
  EXPECT_OK(aws->rest("lambda", "PUT", std::string(functions) + "/crunch/code",
                      Map{{"ImageUri", std::string(worker) + ":live"}}));
  EXPECT_EQ(resolved(), Value(fmt::format("{}@{}", worker, second)));
}

TEST_F(PackageTest, TheImageMustBeThere) {
  const std::string gone = std::string(worker) + ":gone";
  const auto make = [&] { return create(from_image(gone)); };
  const Refused missing{400, invalid, "does not exist. Provide a valid source image.", "rest"};
  expect_refused("no repository", make, missing);
  push("one", "1");
  expect_refused("no image of this tag", make, missing);
}

TEST_F(PackageTest, LambdaMustBeLetIntoTheRepository) {
  const std::string image = fmt::format("{}@{}", worker, push("one", "1"));
  const char* mine = "arn:aws:lambda:eu-west-1:123456789012:function:crunch";

  // The one who makes the function may set the policy: Lambda adds what it needs.
  EXPECT_OK(create(from_image(image)));
  const auto policy = [this] {
    const Reply reply = ask_registry("GetRepositoryPolicy", {});
    return parse_json(reply.json().string_or("policyText", "null")).value_or(Value());
  };
  EXPECT_EQ(policy().at_path("Statement.0.Sid"), Value("LambdaECRImageRetrievalPolicy"));
  advance(std::chrono::seconds(3));

  // Where it is let in already, the policy stays as it is.
  EXPECT_OK(ask_registry("SetRepositoryPolicy", {{"policyText", to_json(pulling(mine))}}));
  const Value before = policy();
  const std::string code = std::string(functions) + "/crunch/code";
  const auto update = [&] { return aws->rest("lambda", "PUT", code, Map{{"ImageUri", image}}); };
  EXPECT_OK(update());
  EXPECT_EQ(policy(), before);
  advance(std::chrono::seconds(3));

  // A refusal stands above all that is allowed.
  const Value statement = Map{{"Effect", "Deny"}, {"Principal", "*"}, {"Action", "ecr:*"}};
  const Value closed = Map{{"Version", "2012-10-17"}, {"Statement", List{statement}}};
  EXPECT_OK(ask_registry("SetRepositoryPolicy", {{"policyText", to_json(closed)}}));
  expect_refused("a repository that is closed to Lambda", update,
                 {403, "AccessDeniedException",
                  "Lambda does not have permission to access the ECR image", "rest"});
}

TEST_F(PackageTest, CodeAndImageAreNotMixed) {
  const std::string image = fmt::format("{}@{}", worker, push("one", "1"));
  const struct {
    const char* what;
    Map input;
    const char* message;
  } rows[] = {
      {"a language beside an image", from_image(image, {{"Runtime", "python3.13"}}),
       "Please don't provide Handler or Runtime or Layer"},
      {"settings of an image beside code",
       {{"Runtime", "python3.13"},
        {"Handler", "a.b"},
        {"Code", Map{{"ZipFile", small_zip()}}},
        {"ImageConfig", Map{{"Command", List{Value("a")}}}}},
       "Please don't provide ImageConfig"},
      {"an image without a tag", from_image("123456789012.dkr.ecr.eu-west-1.amazonaws.com/worker"),
       "is not valid. Provide a valid source image."},
      {"an image of another region",
       from_image("123456789012.dkr.ecr.us-east-1.amazonaws.com/worker:1"),
       "is not valid. Provide a valid source image."},
      {"an image that is elsewhere", from_image("public.ecr.aws/worker:1"),
       "is not valid. Provide a valid source image."},
  };
  for (const auto& row : rows) {
    expect_refused(row.what, [&] { return create(row.input); },
                   {400, invalid, row.message, "rest"});
  }
  EXPECT_OK(create_from_code());
  advance(std::chrono::seconds(3));
  const std::string code = std::string(functions) + "/crunch/code";
  expect_refused("an image for a function from code",
                 [&] {
                   return aws->rest("lambda", "PUT", code, Map{{"ImageUri", image}});
                 },
                 {400, invalid, "Please do not provide ImageUri", "rest"});
}

}  // namespace
}  // namespace firn::sandbox::testing
