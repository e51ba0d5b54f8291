// aws.caller_identity, a look-up: whose credentials these are, and where they are used.
//
// Source of facts: AWS Security Token Service API Reference, GetCallerIdentity.
#include "providers/aws/caller_identity.h"

#include <array>

#include "providers/aws/types.h"

namespace firn::aws {
namespace {

struct KnownIdentity {
  explicit KnownIdentity(Client&) {}
  std::optional<Reply> reply;
};

constexpr std::array attributes{
    Attribute{
        .name = "account", .doc = "The id of the account.", .computed = true, .predictable = true},
    Attribute{.name = "arn",
              .doc = "The ARN of who calls: a user, or a session of a role.",
              .computed = true},
    Attribute{.name = "partition",
              .doc = "The partition: aws, aws-cn, aws-us-gov.",
              .computed = true,
              .predictable = true},
    Attribute{.name = "region",
              .doc = "The region that the environment names.",
              .computed = true,
              .predictable = true},
    Attribute{.name = "user_id", .doc = "The unique id of who calls.", .computed = true},
};

Map predict(const Placement& placement, const std::string&, const Value&) {
  Map outputs;
  outputs.set("account", placement.account);
  outputs.set("partition", placement.partition);
  outputs.set("region", placement.region);
  return outputs;
}

Task<Result<Map>> look_up(Client& client, Value) {
  const Result<Reply> identity = co_await caller_identity_of(client);
  if (!identity) co_return fail(identity.error());
  Map outputs = predict(client.placement(), {}, Value());
  outputs.set("account", identity->text("Account"));
  outputs.set("arn", identity->text("Arn"));
  outputs.set("user_id", identity->text("UserId"));
  co_return outputs;
}

const ResourceType type{
    .name = "aws.caller_identity",
    .summary = "Look-up: the account, the region, and who calls.",
    .doc =
        "What a policy or a name must say about the account stands in `${env.account}` and "
        "`${env.region}` already; this look-up also knows the partition and the caller.",
    .example = "  type: aws.caller_identity\n",
    .attributes = attributes,
    .is_lookup = true,
    .predict = predict,
};

}  // namespace

Task<Result<Reply>> caller_identity_of(Client& client) {
  KnownIdentity& known = client.shared<KnownIdentity>();
  if (known.reply) co_return *known.reply;
  Call call;
  call.service = &service::sts;
  call.operation = "GetCallerIdentity";
  Result<Reply> reply = co_await client.call(std::move(call));
  if (reply) known.reply = *reply;
  co_return reply;
}

const AwsType caller_identity{.type = &type, .look_up = look_up};

}  // namespace firn::aws
