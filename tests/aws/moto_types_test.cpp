// The whole life of every type against an independent emulator: create, read back, change, read
// back, remove, remove again. What the emulator does not show is named in the rows.
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

#include "core/value/json.h"
#include "providers/aws/image_builder.h"
#include "providers/aws/provider.h"
#include "providers/aws/types.h"
#include "tests/aws/moto.h"

namespace firn::aws {
namespace {

// Stands for a command that pushes by itself: moto knows no upload of layers.
class PushingBuilder final : public ImageBuilder {
 public:
  AwsProvider* provider = nullptr;

  Task<Status> build(ImageBuild build) override {
    Map manifest;
    manifest.set("schemaVersion", 2);
    manifest.set("mediaType", "application/vnd.oci.image.manifest.v1+json");
    // moto makes the digest of an image of those of its layers.
    manifest.set("layers", List{Value(Map{{"digest", "sha256:" + build.tag}, {"size", 2}})});
    manifest.set("config", Map{{"digest", "sha256:" + build.tag}, {"size", 2}});
    Map input;
    input.set("repositoryName", build.repository.substr(build.repository.find('/') + 1));
    input.set("imageManifest", to_json(Value(std::move(manifest))));
    input.set("imageTag", build.tag);
    Call call;
    call.service = &service::ecr;
    call.operation = "PutImage";
    call.input = Value(std::move(input));
    const Result<Reply> put = co_await provider->client().call(std::move(call));
    if (!put) co_return fail(put.error());
    co_return Ok{};
  }
};

class MotoTypes : public testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = test::Moto::start(); }
  static void TearDownTestSuite() { server_.reset(); }

  void SetUp() override {
    if (server_ == nullptr) GTEST_SKIP() << test::Moto::missing;
    reset();
    ClientOptions options = server_->options();
    options.placement = placement();
    options.image_builder = &builder_;
    provider_ = std::make_unique<AwsProvider>(server_->scheduler(), server_->transport(),
                                              server_->credentials(), options);
    builder_.provider = provider_.get();
  }

  static Placement placement() {
    Placement placement = test::Rig::options().placement;
    placement.stack = "road";
    return placement;
  }

  template <class T>
  static T run(Task<T> task) {
    return server_->scheduler().run(std::move(task));
  }

  void post(std::string path, std::string body) {
    auto request = http::parse_url(server_->url() + path);
    ASSERT_TRUE(request);
    request->method = "POST";
    request->body = std::move(body);
    auto response = run(server_->transport().send(std::move(*request)));
    ASSERT_TRUE(response);
    ASSERT_EQ(response->status / 100, 2);
  }
  void reset() {
    post("/moto-api/reset", "");
    post("/moto-api/config", R"({"lambda": {"use_docker": false}})");
  }

  Operation operation(std::string type, std::string name, const Value& desired) {
    Operation operation;
    operation.prior.address = "thing[\"a b\"]";
    operation.prior.type = std::move(type);
    operation.prior.name = std::move(name);
    operation.placement = placement();
    operation.idempotency_token = "11111111-2222-4333-8444-555555555555";
    operation.desired = desired;
    operation.base_folder = folder_;
    operation.record_identity = [this](Map outputs) { return note(this, std::move(outputs)); };
    return operation;
  }
  static Task<Status> note(MotoTypes* self, Map outputs) {
    self->identities_.push_back(std::move(outputs));
    co_return Ok{};
  }

  Observation observe(const ResourceRecord& record) {
    std::vector<ResourceRecord> records{record};
    auto seen = run(provider_->observe(std::move(records)));
    EXPECT_EQ(seen.size(), 1U);
    if (seen.empty() || !seen[0]) {
      ADD_FAILURE() << (seen.empty() ? std::string() : render(seen[0].error()));
      return {};
    }
    return *seen[0];
  }

  // Every input that was asked for and is shown must be as it was asked for.
  static void expect_shown(const Observation& seen, const Value& desired,
                           const std::vector<std::string>& not_shown) {
    ASSERT_TRUE(seen.exists);
    EXPECT_FALSE(seen.foreign);
    EXPECT_EQ(seen.owner, "thing[\"a b\"]");
    for (const auto& [name, wanted] : desired.as_map()) {
      const Value* shown = seen.inputs.find(name);
      if (std::find(not_shown.begin(), not_shown.end(), name) != not_shown.end()) continue;
      ASSERT_NE(shown, nullptr) << name;
      EXPECT_EQ(*shown, wanted) << name << ": shown " << to_json(*shown) << "\n wanted "
                                << to_json(wanted);
    }
  }

  struct Life {
    std::string type;
    std::string name;
    std::string first;   // inputs as JSON
    std::string second;  // inputs after the change
    std::vector<std::string> not_shown;
    bool outputs_move = false;  // with the change: the number of a layer's version
  };

  void live(const Life& life) {
    const AwsType* type = find_type(life.type);
    ASSERT_NE(type, nullptr);
    const auto inputs = [&](const std::string& text) {
      Result<Value> value = parse_json(text);
      EXPECT_TRUE(value) << text;
      std::vector<Problem> problems;
      Value normal = *value;
      if (type->type->prepare != nullptr) normal = type->type->prepare(folder_, normal, problems);
      if (type->type->normalize != nullptr) normal = type->type->normalize(normal);
      if (type->type->validate != nullptr) {
        type->type->validate(placement(), life.name, normal, problems);
      }
      for (const Problem& problem : problems)
        ADD_FAILURE() << problem.path << problem.summary;
      return normal;
    };
    const Value first = inputs(life.first);
    const Value second = inputs(life.second);

    Operation create = operation(life.type, life.name, first);
    const auto created = run(provider_->create(create));
    ASSERT_TRUE(created) << render(created.error());
    EXPECT_EQ(identities_.size(), 1U);
    Map predicted;
    if (type->type->predict != nullptr) {
      predicted = type->type->predict(placement(), life.name, first);
    }
    for (const auto& [name, value] : predicted) {
      const Value* real = created->outputs.find(name);
      ASSERT_NE(real, nullptr) << name;
      EXPECT_EQ(*real, value) << name;
    }

    ResourceRecord record = create.prior;
    record.inputs = first;
    record.outputs = Value(created->outputs);
    Observation seen = observe(record);
    expect_shown(seen, first, life.not_shown);
    EXPECT_EQ(Value(seen.outputs), record.outputs);

    // The create whose answer was lost: the object is recognised, and brought up to date.
    const auto again = run(provider_->create(create));
    ASSERT_TRUE(again) << render(again.error());
    const auto found = run(provider_->find_after_crash(create));
    ASSERT_TRUE(found) << render(found.error());
    EXPECT_TRUE(found->exists);

    Operation update = operation(life.type, life.name, second);
    update.prior = record;
    for (const Attribute& row : type->type->attributes) {
      if (!(first.at(row.name) == second.at(row.name))) update.changed.emplace_back(row.name);
    }
    const auto updated = run(provider_->update(update));
    ASSERT_TRUE(updated) << render(updated.error());
    EXPECT_EQ(Value(updated->outputs) == record.outputs, !life.outputs_move);
    record.inputs = second;
    record.outputs = Value(updated->outputs);
    expect_shown(observe(record), second, life.not_shown);

    Operation remove = operation(life.type, life.name, Value());
    remove.prior = record;
    for (int i = 0; i < 2; ++i) {
      const auto removed = run(provider_->remove(remove));
      ASSERT_TRUE(removed) << render(removed.error());
      EXPECT_TRUE(removed->tombstones.empty());
      EXPECT_FALSE(observe(record).exists);
    }
  }

  // An object that another stack made is refused, and left as it is.
  void refuse(const std::string& type, const std::string& name, const std::string& inputs) {
    const AwsType* row = find_type(type);
    Value desired = *parse_json(inputs);
    std::vector<Problem> problems;
    if (row->type->prepare != nullptr) desired = row->type->prepare(folder_, desired, problems);
    Operation theirs = operation(type, name, desired);
    theirs.placement.stack = "somebody";
    ASSERT_TRUE(run(provider_->create(theirs)));
    Operation ours = operation(type, name, desired);
    const auto refused = run(provider_->create(ours));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::conflict) << render(refused.error());
    EXPECT_NE(refused.error().detail.find("another stack"), std::string::npos)
        << render(refused.error());
  }

  void add_role(const std::string& name) {
    Operation role = operation("aws.iam_role", name,
                               *parse_json(R"({"trust": {"service": ["lambda.amazonaws.com"]}})"));
    const auto created = run(provider_->create(role));
    ASSERT_TRUE(created) << render(created.error());
    identities_.clear();
  }

  void write(const std::string& file, const std::string& text) {
    const std::filesystem::path path = std::filesystem::path(folder_) / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }

  static std::unique_ptr<test::Moto> server_;
  PushingBuilder builder_;
  std::unique_ptr<AwsProvider> provider_;
  std::vector<Map> identities_;
  std::string folder_ = testing::TempDir() + "firn_moto_types_" + std::to_string(getpid());
};

std::unique_ptr<test::Moto> MotoTypes::server_;

TEST_F(MotoTypes, Topic) {
  live({"aws.sns_topic",
        "road-dev-files",
        R"({"publishers": ["arn:aws:s3:::road-data"], "display_name": "Files",
            "tags": {"team": "data", "kind": "a b"}})",
        R"({"publishers": ["arn:aws:s3:::road-data", "arn:aws:s3:::road-more"],
            "subscribers": ["arn:aws:iam::999999999999:user/snow"], "display_name": "",
            "statements": [{"Sid": "Own", "Effect": "Allow", "Principal": {"AWS": "123456789012"},
                            "Action": "sns:Publish"}],
            "tags": {"team": "road"}})",
        {}});
}

TEST_F(MotoTypes, Queue) {
  Operation letters = operation("aws.sqs_queue", "road-dev-letters", Value(Map()));
  ASSERT_TRUE(run(provider_->create(letters)));
  identities_.clear();
  live({"aws.sqs_queue",
        "road-dev-files",
        R"({"senders": ["arn:aws:s3:::road-data"], "visibility_timeout": 60,
            "message_retention": 1209600,
            "redrive": {"dead_letter_queue": "arn:aws:sqs:eu-west-1:123456789012:road-dev-letters",
                        "max_receive_count": 5}})",
        R"({"senders": ["arn:aws:sns:eu-west-1:123456789012:t", "arn:aws:s3:::road-data"],
            "statements": [{"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage",
                            "Condition": {"Bool": {"aws:SecureTransport": false}}}],
            "visibility_timeout": 30, "receive_wait": 20, "delay": 5, "tags": {"team": "data"}})",
        {}});
}

TEST_F(MotoTypes, Role) {
  Operation shared = operation(
      "aws.iam_policy", "Shared",
      *parse_json(R"({"s3_read": {"bucket": "arn:aws:s3:::road-data", "prefixes": ["a/"]}})"));
  ASSERT_TRUE(run(provider_->create(shared)));
  identities_.clear();
  live({"aws.iam_role",
        "RoadDevLoader",
        R"({"trust": {"service": ["states.amazonaws.com"], "source_account": "123456789012"},
            "policies": {"read": {"s3_read": {"bucket": "arn:aws:s3:::road-data",
                                              "prefixes": ["coinlore/processed/", "reddit/"]}},
                         "logs": {"deliver_logs": true}},
            "description": "Loads", "path": "/road/"})",
        R"({"trust": {"snowflake": {"iam_user_arn": "arn:aws:iam::999999999999:user/snow",
                                    "external_id": "X_SFCRole=1_a="}},
            "policies": {"read": {"s3_read": {"bucket": "arn:aws:s3:::road-data"}},
                         "call": {"invoke": {"functions":
                            ["arn:aws:lambda:eu-west-1:123456789012:function:f"]}}},
            "managed_policies": ["arn:aws:iam::123456789012:policy/Shared"],
            "max_session_duration": 7200, "path": "/road/", "tags": {"team": "data"}})",
        {}});
}

TEST_F(MotoTypes, Policy) {
  live({"aws.iam_policy",
        "RoadDevRead",
        R"({"s3_read": {"bucket": "arn:aws:s3:::road-data", "prefixes": ["a/"]}})",
        R"({"s3_read": {"bucket": "arn:aws:s3:::road-data", "prefixes": ["a/", "b/"]},
            "kms_decrypt": {"keys": ["arn:aws:kms:eu-west-1:123456789012:key/k"]},
            "tags": {"team": "data"}})",
        {}});
}

TEST_F(MotoTypes, PolicyKeepsFiveVersions) {
  Operation policy = operation("aws.iam_policy", "Versions",
                               *parse_json(R"({"s3_read": {"bucket": "arn:aws:s3:::b"}})"));
  ASSERT_TRUE(run(provider_->create(policy)));
  for (int i = 0; i < 8; ++i) {
    const std::string text =
        R"({"s3_read": {"bucket": "arn:aws:s3:::b", "prefixes": [")" + std::to_string(i) + "/\"]}}";
    Operation update = operation("aws.iam_policy", "Versions", *parse_json(text));
    update.changed.emplace_back("statements");
    const auto updated = run(provider_->update(update));
    ASSERT_TRUE(updated) << render(updated.error());
  }
  ResourceRecord record = policy.prior;
  const Observation seen = observe(record);
  EXPECT_NE(to_json(Value(seen.inputs)).find("arn:aws:s3:::b/7/*"), std::string::npos);
}

TEST_F(MotoTypes, User) {
  live({"aws.iam_user",
        "RoadDevCollector",
        R"({"policies": {"put": {"s3_write": {"bucket": "arn:aws:s3:::road-data",
                                              "prefixes": ["incoming/"]}}},
            "path": "/collectors/"})",
        R"({"policies": {"put": {"s3_write": {"bucket": "arn:aws:s3:::road-data"}},
                         "read": {"read_secrets": {"secrets":
                            ["arn:aws:secretsmanager:eu-west-1:123456789012:secret:s-??????"]}}},
            "path": "/collectors/", "tags": {"team": "data"}})",
        {}});
}

TEST_F(MotoTypes, OidcProvider) {
  live({"aws.iam_oidc_provider",
        "",
        R"({"url": "https://token.example.com/ci", "client_ids": ["sts.amazonaws.com"],
            "thumbprints": ["6938fd4d98bab03faadb97b34396831e3780aea1"]})",
        R"({"url": "https://token.example.com/ci", "client_ids": ["sts.amazonaws.com"],
            "thumbprints": ["1111111111111111111111111111111111111111",
                            "6938fd4d98bab03faadb97b34396831e3780aea1"],
            "tags": {"team": "data"}})",
        {}});
}

TEST_F(MotoTypes, Secret) {
  live({"aws.secret",
        "road-dev-api",
        R"({"description": "The API", "value": {"user": "me"}, "recovery_window": 0,
            "statements": [{"Effect": "Allow", "Principal": {"AWS": "123456789012"},
                            "Action": "secretsmanager:GetSecretValue"}]})",
        R"({"description": "Another", "value": {"user": "me"}, "recovery_window": 0,
            "kms_key": "alias/road-dev-data", "statements": [], "tags": {"team": "data"}})",
        {"value", "recovery_window"}});
}

TEST_F(MotoTypes, Key) {
  live({"aws.kms_key",
        "",
        R"({"description": "Data", "deletion_window": 7})",
        R"({"description": "More", "deletion_window": 7, "rotation": true,
            "statements": [{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
                            "Action": "kms:GenerateDataKey"}],
            "tags": {"team": "data"}})",
        {"deletion_window"}});
}

TEST_F(MotoTypes, Function) {
  add_role("R");
  write("one/process.py", "def handler(event, context): return 1\n");
  write("two/process.py", "def handler(event, context): return 2\n");
  live({"aws.lambda_function",
        "road-dev-process",
        R"({"code": "one", "runtime": "python3.13", "handler": "process.handler",
            "role": "arn:aws:iam::123456789012:role/R", "memory": 512,
            "environment": {"BUCKET_NAME": "road-data", "NUMBER": 5}})",
        R"({"code": "two", "runtime": "python3.13", "handler": "process.handler",
            "role": "arn:aws:iam::123456789012:role/R", "timeout": 60,
            "environment": {"BUCKET_NAME": "road-more"}, "reserved_concurrency": 3,
            "description": "Second", "tags": {"team": "data"}})",
        {"code"}});
}

// A second PutFunctionEventInvokeConfig changes nothing here.
TEST_F(MotoTypes, FunctionFromAnImage) {
  add_role("R");
  live({"aws.lambda_function",
        "road-dev-extract",
        R"({"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/road:1",
            "role": "arn:aws:iam::123456789012:role/R", "timeout": 60,
            "image_config": {"command": ["a.b"]},
            "async": {"retries": 1, "on_failure": "arn:aws:sqs:eu-west-1:123456789012:q"}})",
        R"({"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/road:2",
            "role": "arn:aws:iam::123456789012:role/R",
            "async": {"maximum_event_age": 60, "on_success": "arn:aws:sns:eu-west-1:123456789012:t"}})",
        {"async"}});
}

TEST_F(MotoTypes, Layer) {
  write("one/python/tables.py", "x = 1\n");
  write("two/python/tables.py", "x = 2\n");
  live({"aws.lambda_layer",
        "road-dev-tables",
        R"({"code": "one", "runtimes": ["python3.13"]})",
        R"({"code": "two", "runtimes": ["python3.12", "python3.13"], "license": "MIT",
            "architectures": ["arm64"], "description": "For tables."})",
        {"code"},
        true});
}

TEST_F(MotoTypes, Permission) {
  add_role("R");
  write("one/process.py", "def handler(event, context): return 1\n");
  Operation function = operation("aws.lambda_function", "road-dev-process", *parse_json(R"({
      "code": "one", "runtime": "python3.13", "handler": "process.handler",
      "role": "arn:aws:iam::123456789012:role/R"})"));
  ASSERT_TRUE(run(provider_->create(function)));
  identities_.clear();
  live({"aws.lambda_permission",
        "",
        R"({"function": "arn:aws:lambda:eu-west-1:123456789012:function:road-dev-process",
            "principal": "s3.amazonaws.com", "source_arn": "arn:aws:s3:::road-data"})",
        R"({"function": "arn:aws:lambda:eu-west-1:123456789012:function:road-dev-process",
            "principal": "sns.amazonaws.com", "action": "lambda:GetFunction",
            "source_arn": "arn:aws:sns:eu-west-1:123456789012:t"})",
        {"function"},
        true});
}

TEST_F(MotoTypes, Trigger) {
  add_role("R");
  write("one/process.py", "def handler(event, context): return 1\n");
  for (const char* name : {"road-dev-process", "road-dev-other"}) {
    Operation function = operation("aws.lambda_function", name, *parse_json(R"({
        "code": "one", "runtime": "python3.13", "handler": "process.handler",
        "role": "arn:aws:iam::123456789012:role/R"})"));
    ASSERT_TRUE(run(provider_->create(function)));
  }
  Operation queue = operation("aws.sqs_queue", "road-dev-work", Value(Map()));
  ASSERT_TRUE(run(provider_->create(queue)));
  identities_.clear();
  live({"aws.lambda_event_source_mapping",
        "",
        R"({"function": "arn:aws:lambda:eu-west-1:123456789012:function:road-dev-process",
            "queue": "arn:aws:sqs:eu-west-1:123456789012:road-dev-work", "batch_size": 5,
            "filters": [{"body": {"kind": ["a"]}}], "maximum_concurrency": 3})",
        R"({"function": "arn:aws:lambda:eu-west-1:123456789012:function:road-dev-other",
            "queue": "arn:aws:sqs:eu-west-1:123456789012:road-dev-work",
            "partial_batch_responses": true, "enabled": false, "batch_window": 2,
            "tags": {"team": "data"}})",
        {}});
}

TEST_F(MotoTypes, Subscription) {
  for (const char* name : {"road-dev-inbox", "road-dev-dead"}) {
    Operation queue = operation("aws.sqs_queue", name, Value(Map()));
    ASSERT_TRUE(run(provider_->create(queue)));
  }
  Operation topic = operation("aws.sns_topic", "road-dev-news", Value(Map()));
  ASSERT_TRUE(run(provider_->create(topic)));
  identities_.clear();
  live({"aws.sns_subscription",
        "",
        R"({"topic": "arn:aws:sns:eu-west-1:123456789012:road-dev-news", "protocol": "sqs",
            "endpoint": "arn:aws:sqs:eu-west-1:123456789012:road-dev-inbox", "raw_delivery": true,
            "filter_policy": {"kind": ["a"]}})",
        R"({"topic": "arn:aws:sns:eu-west-1:123456789012:road-dev-news", "protocol": "sqs",
            "endpoint": "arn:aws:sqs:eu-west-1:123456789012:road-dev-inbox",
            "filter_policy": {"kind": {"of": ["a"]}}, "filter_policy_scope": "MessageBody",
            "dead_letter_queue": "arn:aws:sqs:eu-west-1:123456789012:road-dev-dead"})",
        {}});
}

TEST_F(MotoTypes, LogGroup) {
  live({"aws.log_group",
        "/aws/vendedlogs/states/road-dev",
        R"({"retention_days": 14})",
        R"({"retention_days": 90, "tags": {"team": "data"}})",
        {}});
}

TEST_F(MotoTypes, StateMachine) {
  add_role("R");
  live(
      {"aws.sfn_state_machine",
       "road-dev-workflow",
       R"({"definition": "{\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Pass\", \"End\": true}}}",
            "role": "arn:aws:iam::123456789012:role/R"})",
       R"({"definition": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}},
            "role": "arn:aws:iam::123456789012:role/R", "tracing": true,
            "logging": {"level": "ERROR",
                        "log_group": "arn:aws:logs:eu-west-1:123456789012:log-group:g"},
            "tags": {"team": "data"}})",
       {}});
}

TEST_F(MotoTypes, Schedule) {
  live({"aws.scheduler_schedule",
        "RoadDevSchedule",
        R"j({"expression": "rate(10 minutes)", "description": "Every ten",
            "target": {"arn": "arn:aws:states:eu-west-1:123456789012:stateMachine:m",
                       "role": "arn:aws:iam::123456789012:role/R", "input": {"a": 1},
                       "retry": {"max_attempts": 2},
                       "dead_letter_queue": "arn:aws:sqs:eu-west-1:123456789012:q"}})j",
        R"j({"expression": "cron(0 8 * * ? *)", "timezone": "Europe/Zurich", "state": "DISABLED",
            "flexible_window_minutes": 15,
            "target": {"arn": "arn:aws:states:eu-west-1:123456789012:stateMachine:m",
                       "role": "arn:aws:iam::123456789012:role/R"}})j",
        {}});
}

TEST_F(MotoTypes, Repository) {
  live({"aws.ecr_repository",
        "road-dev-images",
        R"({"immutable_tags": true, "scan_on_push": true, "keep_images": 5,
            "pullers": ["arn:aws:lambda:eu-west-1:123456789012:function:f"]})",
        R"({"immutable_tags": false, "scan_on_push": false, "keep_images": 2, "force_destroy": true,
            "pullers": ["lambda.amazonaws.com"],
            "statements": [{"Sid": "Own", "Effect": "Allow", "Principal": {"AWS": "123456789012"},
                            "Action": "ecr:BatchGetImage"}],
            "tags": {"team": "data"}})",
        {"force_destroy"}});
}

TEST_F(MotoTypes, Image) {
  Operation images = operation("aws.ecr_repository", "images", Value(Map()));
  ASSERT_TRUE(run(provider_->create(images)));
  identities_.clear();
  write("one/Dockerfile", "FROM scratch\n");
  write("two/Dockerfile", "FROM scratch\nENV A=1\n");
  live({"aws.container_image",
        "",
        R"({"repository": "images", "folder": "one", "command": ["sh", "build.sh"]})",
        R"({"repository": "images", "folder": "two", "command": ["sh", "build.sh"]})",
        {"command", "folder"},
        true});
  // The removal took both builds with it, so that the repository is empty.
  EXPECT_TRUE(run(provider_->remove(images)));
}

TEST_F(MotoTypes, Rule) {
  add_role("R");
  live({"aws.event_rule",
        "RoadDevFailed",
        R"({"pattern": {"source": ["aws.states"], "detail": {"status": ["FAILED"]}},
            "description": "Tells of failures.",
            "targets": {"alerts": {"arn": "arn:aws:sns:eu-west-1:123456789012:t",
                                   "transformer": {"paths": {"s": "$.detail.status"},
                                                   "template": "\"It is <s>.\""}},
                        "old": {"arn": "arn:aws:sqs:eu-west-1:123456789012:q"}}})",
        R"j({"schedule": "rate(10 minutes)", "state": "DISABLED", "tags": {"team": "data"},
            "targets": {"alerts": {"arn": "arn:aws:sns:eu-west-1:123456789012:t",
                                   "input": {"fixed": true}},
                        "queue": {"arn": "arn:aws:sqs:eu-west-1:123456789012:q.fifo",
                                  "message_group": "g", "input_path": "$.detail",
                                  "retry": {"max_attempts": 3},
                                  "dead_letter_queue": "arn:aws:sqs:eu-west-1:123456789012:d"},
                        "workflow": {"arn": "arn:aws:states:eu-west-1:123456789012:stateMachine:m",
                                     "role": "arn:aws:iam::123456789012:role/R"}}})j",
        {}});
}

TEST_F(MotoTypes, Alarm) {
  live({"aws.cloudwatch_alarm",
        "road-dev-fetch-errors",
        R"({"namespace": "AWS/Lambda", "metric": "Errors", "dimensions": {"FunctionName": "fetch"},
            "statistic": "Sum", "period": 300, "evaluation_periods": 2, "datapoints_to_alarm": 1,
            "comparison": "GreaterThanOrEqualToThreshold", "threshold": 1,
            "treat_missing_data": "notBreaching", "description": "It broke.",
            "actions": ["arn:aws:sns:eu-west-1:123456789012:t"]})",
        R"({"metrics": [{"id": "rate", "expression": "errors / calls", "label": "Rate",
                         "returns": true},
                        {"id": "errors", "metric": {"namespace": "AWS/Lambda", "name": "Errors",
                                                    "statistic": "Sum", "period": 60}},
                        {"id": "calls", "metric": {"namespace": "AWS/Lambda",
                                                   "name": "Invocations", "statistic": "Sum",
                                                   "period": 60,
                                                   "dimensions": {"FunctionName": "fetch"}}}],
            "comparison": "GreaterThanThreshold", "threshold": 0.5,
            "ok_actions": ["arn:aws:sns:eu-west-1:123456789012:t"], "tags": {"team": "data"}})",
        {}});
}

TEST_F(MotoTypes, ManyAlarmsTakeFewLooks) {
  std::vector<ResourceRecord> records;
  for (int i = 0; i < 4; ++i) {
    Operation alarm =
        operation("aws.cloudwatch_alarm", "a" + std::to_string(i),
                  *parse_json(R"({"namespace": "N", "metric": "M", "statistic": "Sum", "period": 60,
                        "comparison": "GreaterThanThreshold", "threshold": 1})"));
    ASSERT_TRUE(run(provider_->create(alarm)));
    ResourceRecord record = alarm.prior;
    record.inputs = alarm.desired;
    records.push_back(record);
  }
  ResourceRecord gone = records.front();
  gone.name = "gone";
  records.push_back(gone);
  std::vector<ResourceRecord> asked = records;
  const auto seen = run(provider_->observe(std::move(asked)));
  ASSERT_EQ(seen.size(), records.size());
  for (std::size_t i = 0; i + 1 < seen.size(); ++i) {
    ASSERT_TRUE(seen[i]) << render(seen[i].error());
    expect_shown(*seen[i], records[i].inputs, {});
  }
  ASSERT_TRUE(seen.back());
  EXPECT_FALSE(seen.back()->exists);
}

TEST_F(MotoTypes, Object) {
  Operation bucket = operation("aws.s3_bucket", "road-data", *parse_json(R"({"tls_only": false})"));
  ASSERT_TRUE(run(provider_->create(bucket)));
  identities_.clear();
  write("seed.csv", "a,b\n");
  live({"aws.s3_object",
        "",
        R"({"bucket": "road-data", "key": "in/a b.csv", "content": "hello",
            "content_type": "text/plain", "tags": {"team": "data @ ops"}})",
        R"({"bucket": "road-data", "key": "in/a b.csv", "file": "seed.csv",
            "content_type": "text/csv", "tags": {"kind": "seed"}})",
        {"content", "file"},
        true});
}

TEST_F(MotoTypes, ScheduleGroup) {
  live({"aws.scheduler_group",
        "road-dev",
        R"({"tags": {"team": "data", "once": "yes"}})",
        R"({"tags": {"team": "ops"}})",
        {}});
}

// Not queues, topics and schedule groups: a second create overwrites their tags here, which AWS
// does not do.
TEST_F(MotoTypes, RefusesWhatBelongsToAnotherStack) {
  add_role("R");
  write("one/process.py", "def handler(event, context): return 1\n");
  refuse("aws.iam_role", "Theirs", R"({"trust": {"service": ["lambda.amazonaws.com"]}})");
  refuse("aws.iam_policy", "Theirs", R"({"s3_read": {"bucket": "arn:aws:s3:::b"}})");
  refuse("aws.iam_user", "Theirs", R"({})");
  refuse("aws.iam_oidc_provider", "", R"({"url": "https://token.example.com"})");
  refuse("aws.secret", "theirs", R"({"description": "d"})");
  refuse("aws.log_group", "theirs", R"({"retention_days": 5})");
  refuse("aws.lambda_function", "theirs",
         R"({"code": "one", "runtime": "python3.13", "handler": "process.handler",
             "role": "arn:aws:iam::123456789012:role/R"})");
  refuse("aws.ecr_repository", "theirs", "{}");
  refuse("aws.event_rule", "theirs", R"({"pattern": {"source": ["x"]}})");
  refuse("aws.cloudwatch_alarm", "theirs",
         R"({"namespace": "N", "metric": "M", "statistic": "Sum", "period": 60,
             "comparison": "GreaterThanThreshold", "threshold": 1})");
  refuse("aws.scheduler_schedule", "theirs",
         R"j({"expression": "rate(1 hour)",
             "target": {"arn": "arn:aws:states:eu-west-1:123456789012:stateMachine:m",
                        "role": "arn:aws:iam::123456789012:role/R"}})j");
}

TEST_F(MotoTypes, ManyRolesAndPoliciesTakeOneLook) {
  std::vector<ResourceRecord> records;
  for (int i = 0; i < 4; ++i) {
    Operation role = operation(
        "aws.iam_role", "R" + std::to_string(i),
        *parse_json(R"({"trust": {"service": ["lambda.amazonaws.com"]}, "description": "d",
                        "policies": {"p": {"s3_write": {"bucket": "arn:aws:s3:::b"}}}})"));
    ASSERT_TRUE(run(provider_->create(role)));
    ResourceRecord record = role.prior;
    record.inputs = find_type("aws.iam_role")->type->normalize(role.desired);
    records.push_back(record);
    Operation policy = operation("aws.iam_policy", "P" + std::to_string(i),
                                 *parse_json(R"({"s3_read": {"bucket": "arn:aws:s3:::b"}})"));
    ASSERT_TRUE(run(provider_->create(policy)));
    record = policy.prior;
    record.inputs = find_type("aws.iam_policy")->type->normalize(policy.desired);
    records.push_back(record);
  }
  ResourceRecord gone = records.front();
  gone.name = "Gone";
  records.push_back(gone);
  std::vector<ResourceRecord> asked = records;
  const auto seen = run(provider_->observe(std::move(asked)));
  ASSERT_EQ(seen.size(), records.size());
  for (std::size_t i = 0; i + 1 < seen.size(); ++i) {
    ASSERT_TRUE(seen[i]) << render(seen[i].error());
    expect_shown(*seen[i], records[i].inputs, {});
  }
  ASSERT_TRUE(seen.back());
  EXPECT_FALSE(seen.back()->exists);
}

}  // namespace
}  // namespace firn::aws
