// aws.iam_oidc_provider: an identity provider outside AWS whose tokens roles may trust.
//
// Source of facts: AWS IAM API Reference (CreateOpenIDConnectProvider, GetOpenIDConnectProvider,
// UpdateOpenIDConnectProviderThumbprint, AddClientIDToOpenIDConnectProvider) and user guide,
// "Create an OpenID Connect (OIDC) identity provider in IAM".
#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>
#include <utility>

#include "core/base/shell.h"
#include "core/base/text.h"
#include "providers/aws/calls.h"
#include "providers/aws/resource_tags.h"
#include "providers/aws/types.h"

namespace firn::aws {
namespace {

constexpr Attribute kClientId{.name = "client_id", .doc = "An audience.", .maximum = 255};
constexpr Attribute kThumbprint{.name = "thumbprint",
                                .doc = "A SHA-1 fingerprint, 40 hexadecimal digits."};

constexpr std::array kAttributes{
    Attribute{
        .name = "arn", .doc = "The ARN of the provider.", .computed = true, .predictable = true},
    Attribute{.name = "client_ids",
              .kind = AttributeKind::list,
              .doc = "The audiences for which the provider's tokens are taken.",
              .unordered = true,
              .default_json = "[]",
              .example = "[sts.amazonaws.com]",
              .element = &kClientId,
              .maximum = 100},
    kTagsAttribute,
    Attribute{.name = "thumbprints",
              .kind = AttributeKind::list,
              .doc = "Fingerprints of the certificate authorities that the provider's server may "
                     "have. Left out, IAM finds them, and for the well-known authorities it needs "
                     "none.",
              .unordered = true,
              .example = "[6938fd4d98bab03faadb97b34396831e3780aea1]",
              .element = &kThumbprint,
              .maximum = 5},
    Attribute{.name = "url",
              .doc = "The provider's issuer, as its tokens name it.",
              .required = true,
              .identity = true,
              .on_change = OnChange::replace,
              .example = "https://token.actions.githubusercontent.com",
              .maximum = 255},
};

constexpr std::string_view kScheme = "https://";

std::string without_scheme(const std::string& url) {
  return url.starts_with(kScheme) ? url.substr(kScheme.size()) : url;
}

// --- pure

Map predict(const Placement& placement, const std::string&, const Value& inputs) {
  Map outputs;
  const Value& url = inputs.at("url");
  if (url.is_unknown()) {
    outputs.set("arn", Value::unknown(url.waits_for()));
  } else {
    outputs.set("arn", fmt::format("arn:{}:iam::{}:oidc-provider/{}", placement.partition,
                                   placement.account, without_scheme(clear_text(url))));
  }
  return outputs;
}

bool is_thumbprint(const std::string& text) {
  return text.size() == 40 && std::all_of(text.begin(), text.end(),
                                          [](unsigned char c) { return std::isxdigit(c) != 0; });
}

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  const Value& url = inputs.at("url");
  if (url.is_string()) {
    const std::string& text = url.as_string();
    const std::string rest = without_scheme(text);
    if (!text.starts_with(kScheme) || rest.empty() || rest.ends_with('/') ||
        rest.find_first_of("?#: ") != std::string::npos) {
      problems.push_back({"url", fmt::format("\"{}\" is not the address of an issuer", text),
                          "IAM takes https:// with a host and perhaps a path, without a port, a "
                          "query and a slash at the end",
                          "write the issuer as in https://token.actions.githubusercontent.com"});
    }
  }
  const List thumbprints = list_of(inputs.at("thumbprints"));
  for (std::size_t i = 0; i < thumbprints.size(); ++i) {
    if (!thumbprints[i].is_string() || is_thumbprint(thumbprints[i].as_string())) continue;
    problems.push_back({fmt::format("thumbprints.{}", i),
                        fmt::format("\"{}\" is not a fingerprint", thumbprints[i].as_string()),
                        "a SHA-1 fingerprint has 40 hexadecimal digits",
                        "write it without colons"});
  }
}

Value normalize(const Value& inputs) {
  if (!inputs.is_map()) return inputs;
  Map normal = inputs.as_map();
  if (const Value* given = normal.find("client_ids"); given != nullptr && !given->is_null()) {
    normal.set("client_ids", as_set(Value(*given)));
  }
  if (const Value* given = normal.find("thumbprints"); given != nullptr && !given->is_null()) {
    List lower;
    for (const Value& item : list_of(Value(*given))) {
      lower.push_back(item.is_string() ? Value(to_lower(item.as_string())) : item);
    }
    normal.set("thumbprints", as_set(Value(std::move(lower))));
  }
  return Value(std::move(normal));
}

// --- calls

std::string arn_of(const Client& client, const Value& inputs) {
  const Map outputs = predict(client.placement(), "", inputs);
  return clear_text(*outputs.find("arn"));
}

// A changing call about the provider `arn`.
Call about(const Operation& operation, std::string name, const std::string& arn) {
  Map input;
  input.set("OpenIDConnectProviderArn", arn);
  return changing(service::iam, std::move(name), std::move(input), operation);
}

void put(Call& call, std::string_view member, Value value) {
  Map input = call.input.as_map();
  input.set(member, std::move(value));
  call.input = Value(std::move(input));
}

Task<Result<Observation>> look(Client& client, ResourceRecord record, std::string arn) {
  Map input;
  input.set("OpenIDConnectProviderArn", arn);
  Call call = reading(service::iam, "GetOpenIDConnectProvider", std::move(input), record);
  call.tolerated = missing_codes();
  const Result<Reply> shown = co_await client.call(std::move(call));
  if (!shown) co_return fail(shown.error());
  if (shown->is_tolerated_error()) co_return absent();
  Observation observation;
  observation.exists = true;
  Map inputs;
  // IAM shows the address without its scheme.
  inputs.set("url", std::string(kScheme) + without_scheme(shown->text("Url")));
  inputs.set("client_ids", shown->list("ClientIDList"));
  inputs.set("thumbprints", shown->list("ThumbprintList"));
  observation.inputs = normalize(Value(std::move(inputs))).as_map();
  observation.outputs.set("arn", arn);
  observe_tags(client.placement(), record, tags_from_list(shown->list("Tags")), observation);
  co_return observation;
}

Task<Result<Observation>> read(Client& client, ResourceRecord record) {
  std::string arn = text_at(record.outputs, "arn");
  if (arn.empty()) arn = arn_of(client, record.inputs);
  Result<Observation> observation = co_await look(client, std::move(record), std::move(arn));
  co_return observation;
}

Task<Result<Observation>> find_after_crash(Client& client, Operation& operation) {
  ResourceRecord record = operation.prior;
  std::string arn = arn_of(client, operation.desired);
  Result<Observation> observation = co_await look(client, std::move(record), std::move(arn));
  co_return observation;
}

// From the audiences that IAM has to those that are wanted.
std::vector<Call> client_id_calls(const Operation& operation, const std::string& arn,
                                  const Value& before, const Value& wanted) {
  const List old_ids = list_of(before);
  const List new_ids = list_of(wanted);
  const auto is_in = [](const List& list, const Value& id) {
    return std::find(list.begin(), list.end(), id) != list.end();
  };
  std::vector<Call> calls;
  for (const Value& id : new_ids) {
    if (is_in(old_ids, id)) continue;
    Call add = about(operation, "AddClientIDToOpenIDConnectProvider", arn);
    put(add, "ClientID", id);
    calls.push_back(std::move(add));
  }
  for (const Value& id : old_ids) {
    if (is_in(new_ids, id)) continue;
    Call remove = about(operation, "RemoveClientIDFromOpenIDConnectProvider", arn);
    put(remove, "ClientID", id);
    remove.tolerated = missing_codes();
    calls.push_back(std::move(remove));
  }
  return calls;
}

Task<Result<Applied>> update(Client& client, Operation& operation) {
  const Value desired = normalize(operation.desired);
  const std::string arn = arn_of(client, desired);
  std::vector<Call> calls;
  if (is_changed(operation, "client_ids")) {
    // What others added or took away meanwhile counts as well.
    ResourceRecord record = operation.prior;
    std::string own = arn;
    const Result<Observation> seen = co_await look(client, std::move(record), std::move(own));
    if (!seen) co_return fail(seen.error());
    calls = client_id_calls(operation, arn, Value(seen->inputs).at("client_ids"),
                            desired.at("client_ids"));
  }
  const List thumbprints = list_of(desired.at("thumbprints"));
  // Without any, the last ones stay: IAM takes no empty list here.
  if (is_changed(operation, "thumbprints") && !thumbprints.empty()) {
    Call call = about(operation, "UpdateOpenIDConnectProviderThumbprint", arn);
    put(call, "ThumbprintList", thumbprints);
    calls.push_back(std::move(call));
  }
  if (is_changed(operation, "tags")) {
    const TagChange change = wanted_tag_change(operation);
    Call add = about(operation, "TagOpenIDConnectProvider", arn);
    put(add, "Tags", tags_to_list(change.set));
    calls.push_back(std::move(add));
    if (!change.removed.empty()) {
      Call remove = about(operation, "UntagOpenIDConnectProvider", arn);
      put(remove, "TagKeys", removed_tag_keys(change));
      calls.push_back(std::move(remove));
    }
  }
  const Status done = co_await call_all(client, std::move(calls));
  if (!done) co_return fail(done.error());
  Applied applied;
  applied.outputs = predict(client.placement(), "", desired);
  co_return applied;
}

Task<Result<Applied>> create(Client& client, Operation& operation) {
  const Value desired = normalize(operation.desired);
  Map input;
  input.set("Url", desired.at("url"));
  const List client_ids = list_of(desired.at("client_ids"));
  if (!client_ids.empty()) input.set("ClientIDList", client_ids);
  const List thumbprints = list_of(desired.at("thumbprints"));
  if (!thumbprints.empty()) input.set("ThumbprintList", thumbprints);
  input.set("Tags", tags_to_list(wanted_tags(operation)));
  Call call = changing(service::iam, "CreateOpenIDConnectProvider", std::move(input), operation);
  call.tolerated.emplace_back("EntityAlreadyExists");
  const Result<Reply> created = co_await client.call(std::move(call));
  if (!created) co_return fail(created.error());
  if (created->is_tolerated_error()) {
    const Result<Observation> found = co_await find_after_crash(client, operation);
    if (!found) co_return fail(found.error());
    const Status ours = claim_existing(*found, operation, "OIDC provider",
                                       "iam:CreateOpenIDConnectProvider", *created);
    if (!ours) {
      Error error = ours.error();
      error.summary =
          fmt::format("the OIDC provider for {} exists already", clear_text(desired.at("url")));
      error.remedy = fmt::format(
          "an account has one provider for each address: leave this resource out and write the "
          "provider's ARN, {}, where it is used",
          arn_of(client, desired));
      if (!found->owner) {
        error.remedy +=
            fmt::format("; or, to manage it from here on, run\n  {}",
                        import_command(operation.placement.stack, operation.placement.environment,
                                       operation.prior.address));
      }
      co_return fail(std::move(error));
    }
    Operation again = update_of_found(operation, *found);
    Result<Applied> updated = co_await update(client, again);
    co_return updated;
  }
  Applied applied;
  applied.outputs = predict(client.placement(), "", desired);
  const Status recorded = co_await note_identity(operation, applied.outputs);
  if (!recorded) co_return fail(recorded.error());
  co_return applied;
}

Task<Result<Removed>> remove(Client& client, Operation& operation) {
  std::string arn = text_at(operation.prior.outputs, "arn");
  if (arn.empty()) arn = arn_of(client, operation.prior.inputs);
  Call call = about(operation, "DeleteOpenIDConnectProvider", arn);
  call.tolerated = missing_codes();
  const Result<Reply> deleted = co_await client.call(std::move(call));
  if (!deleted) co_return fail(deleted.error());
  co_return Removed{};
}

constexpr std::array<std::string_view, 1> import_inputs{"url"};

const ResourceType kType{
    .name = "aws.iam_oidc_provider",
    .summary = "An OpenID Connect provider whose tokens roles may trust.",
    .doc =
        "Lets programs outside AWS, such as the jobs of a CI service, take a role with a token "
        "that their own platform signs, so that no long-lived key is needed. A role names the "
        "provider in `trust: { web_identity: … }`.\n\n"
        "An account has one provider for each address. Where another stack or a person made it "
        "already, write its ARN instead of this resource.",
    .example =
        "  type: aws.iam_oidc_provider\n"
        "  url: https://token.actions.githubusercontent.com\n"
        "  client_ids: [sts.amazonaws.com]\n",
    .attributes = kAttributes,
    .taggable = true,
    .import_by = import_inputs,
    .predict = predict,
    .validate = validate,
    .normalize = normalize,
};

}  // namespace

const AwsType iam_oidc_provider{.type = &kType,
                                .read = read,
                                .create = create,
                                .update = update,
                                .remove = remove,
                                .find_after_crash = find_after_crash};

}  // namespace firn::aws
