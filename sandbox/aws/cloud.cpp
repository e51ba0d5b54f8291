#include "sandbox/aws/cloud.h"

#include <fmt/format.h>
#include <map>

#include "core/base/text.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/credentials.h"
#include "sandbox/aws/front_door.h"
#include "sandbox/aws/iam/state.h"
#include "sandbox/aws/s3/encryption.h"
#include "sandbox/aws/s3/state.h"
#include "sandbox/aws/sns/state.h"
#include "sandbox/aws/world.h"

namespace firn::sandbox {
namespace {

using aws::World;

// An IAM user of an account that is not here: Snowflake's.
aws::Principal foreign_user(const std::string& arn) {
  aws::Principal principal;
  principal.kind = aws::Principal::Kind::user;
  principal.arn = arn;
  if (const auto parsed = aws::parse_arn(arn)) principal.account = parsed->account;
  return principal;
}

class Door final : public AwsDoor {
 public:
  explicit Door(World& world) : world_(world) {}

  Verdict assume_role(const std::string& role_arn, const std::string& principal_arn,
                      const std::string& external_id) override {
    const auto role = aws::iam::role_seen_by_others(world_, role_arn);
    if (!role) return {false, fmt::format("the role {} does not exist", role_arn)};
    aws::Context context;
    if (!external_id.empty()) context.set("sts:ExternalId", external_id);
    context.set("aws:PrincipalArn", principal_arn);
    return aws::may_assume(world_, foreign_user(principal_arn), *role, context);
  }

  Verdict role_may(const std::string& role_arn, const std::string& action,
                   const std::string& resource, const Map& context) override {
    aws::Access access;
    access.action = action;
    access.resource = resource;
    access.context.set("aws:SecureTransport", "true");
    for (const auto& [key, value] : context) {
      if (value.is_string()) access.context.set(key, value.as_string());
    }
    // What a bucket's own policy says counts as well.
    const auto arn = aws::parse_arn(resource);
    if (!arn || arn->service != "s3") return aws::role_may(world_, role_arn, std::move(access));
    const std::size_t slash = arn->resource.find('/');
    const Value* bucket = aws::s3::find_bucket(world_, arn->resource.substr(0, slash));
    if (!bucket) return aws::role_may(world_, role_arn, std::move(access));
    access.owner = bucket->string_or("account", "");
    const aws::StoredPolicy policy = aws::s3::policy_of(*bucket);
    if (aws::s3::has_policy(*bucket)) access.resource_policy = &policy;
    const Verdict verdict = aws::role_may(world_, role_arn, std::move(access));
    if (!verdict.allowed || slash == std::string::npos) return verdict;
    return aws::s3::key_lets(world_, *bucket, arn->resource.substr(slash + 1), role_arn, action);
  }

  Verdict subscribe(const std::string& topic_arn, const std::string& principal_arn,
                    const std::string& queue_arn) override {
    const auto id = aws::sns::topic_in_arn(topic_arn);
    const Value* found = id ? aws::sns::find_topic(world_, *id) : nullptr;
    if (!found) return {false, fmt::format("Topic does not exist: {}", topic_arn)};
    const Value topic = *found;
    const aws::Principal principal = foreign_user(principal_arn);
    aws::Context context;
    context.set("sns:Protocol", "sqs");
    context.set("sns:Endpoint", queue_arn);
    const Verdict verdict = aws::sns::may(world_, topic, principal, "sns:Subscribe", context);
    if (!verdict.allowed) return verdict;
    if (!aws::sns::find_subscription(world_, *id, topic, "sqs", queue_arn)) {
      aws::sns::subscribe(world_, *id, topic, "sqs", queue_arn, principal.account, {}, true);
    }
    return {true, {}};
  }

  bool bucket_exists(const std::string& bucket) override {
    return aws::s3::find_bucket(world_, bucket) != nullptr;
  }

  std::vector<Object> list_objects(const std::string& bucket, const std::string& prefix) override {
    std::vector<Object> objects;
    for (const auto& object : aws::s3::all_objects(world_, bucket)) {
      const aws::s3::Version* current = object.current();
      if (!current || !object.key.starts_with(prefix)) continue;
      objects.push_back({object.key, static_cast<std::int64_t>(current->body.size()), current->etag,
                         current->body});
    }
    return objects;
  }

 private:
  World& world_;
};

class Cloud final : public AwsCloud {
 public:
  Cloud(Store& store, VirtualClock& clock, AwsOptions options)
      : world_{store, clock, options}, door_(world_) {}

  http::Response answer(const http::Request& request, LogEntry& log) override {
    return aws::answer(world_, request, log);
  }
  AwsCredentials administrator_of(const std::string& account) override {
    return aws::administrator_key(world_, account);
  }
  void given_bucket(const std::string& account, const std::string& region,
                    const std::string& name) override {
    aws::s3::give_bucket(world_, account, region, name);
  }
  AwsDoor& door() override { return door_; }
  void connect(SnowflakeDoor* snowflake) override { world_.snowflake = snowflake; }

  [[nodiscard]] std::vector<Count> status() const override {
    std::map<std::pair<std::string, std::string>, std::size_t> counts;
    for (const auto& [name, bucket] : world_.store.list("aws/s3/bucket")) {
      if (bucket.find("given") == nullptr) ++counts[{"s3 bucket", bucket.string_or("account", "")}];
    }
    for (const std::string& place : world_.store.collections("aws/")) {
      const std::vector<std::string> parts = split(place, '/');
      if (parts.size() < 4 || !aws::is_account(parts[1])) continue;
      const std::string kind = join(std::span(parts).last(2), " ");
      if (const auto word = words().find(kind); word != words().end()) {
        for (const auto& [key, document] : world_.store.list(place)) {
          // What a deleted topic left behind counts no more, nor what waits for its deletion.
          if (!document.find("deleted_at")) ++counts[{word->second, parts[1]}];
        }
      }
    }
    std::vector<Count> lines;
    for (const auto& [key, count] : counts)
      lines.push_back({key.first, key.second, count});
    return lines;
  }

 private:
  static const std::map<std::string, std::string>& words() {
    static const std::map<std::string, std::string> kinds = {
        {"iam role", "iam role"},
        {"iam user", "iam user"},
        {"iam access-key", "iam access key"},
        {"iam oidc-provider", "iam oidc provider"},
        {"kms key", "kms key"},
        {"kms alias", "kms alias"},
        {"secretsmanager secret", "secret"},
        {"iam policy", "iam policy"},
        {"sqs queue", "sqs queue"},
        {"sns topic", "sns topic"},
        {"sns subscription", "sns subscription"},
        {"lambda function", "lambda function"},
        {"logs group", "log group"},
        {"states machine", "state machine"},
        {"scheduler schedule", "schedule"},
        {"scheduler group", "schedule group"},
        {"cloudwatch alarm", "alarm"},
        {"ecr repository", "image repository"},
        {"events bus", "event bus"},
        {"events rule", "event rule"}};
    return kinds;
  }

  World world_;
  Door door_;
};

}  // namespace

std::unique_ptr<AwsCloud> make_aws(Store& store, VirtualClock& clock, AwsOptions options) {
  return std::make_unique<Cloud>(store, clock, options);
}

}  // namespace firn::sandbox
