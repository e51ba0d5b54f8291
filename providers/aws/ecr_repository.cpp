// aws.ecr_repository: a repository of container images with its policies.
//
// Source of facts: Amazon ECR API Reference (CreateRepository, DescribeRepositories,
// PutImageTagMutability, PutImageScanningConfiguration, SetRepositoryPolicy, PutLifecyclePolicy,
// DeleteRepository) and user guide, "Lifecycle policies" and "Repository policies".
#include <array>
#include <fmt/format.h>
#include <string>
#include <utility>

#include "core/base/text.h"
#include "core/value/json.h"
#include "providers/aws/calls.h"
#include "providers/aws/endpoint.h"
#include "providers/aws/policy_document.h"
#include "providers/aws/resource_policies.h"
#include "providers/aws/resource_tags.h"
#include "providers/aws/types.h"

namespace firn::aws {
namespace {

constexpr std::array<std::string_view, 3> encryption_types{"AES256", "KMS", "KMS_DSSE"};

constexpr Attribute puller{.name = "arn",
                           .doc = "The ARN of a function, or lambda.amazonaws.com.",
                           .weak = true,
                           .takes = "arn"};
constexpr Attribute policy_statement{
    .name = "statement",
    .kind = AttributeKind::any,
    .doc = "A policy statement in AWS's own words, without a Resource.",
    .weak = true};

constexpr std::array encryption_fields{
    Attribute{.name = "kms_key",
              .doc = "The KMS key, by ARN; left out, ECR's own of this account.",
              .takes = "arn",
              .example = "${key}"},
    Attribute{.name = "type",
              .doc = "AES256 with keys of ECR, KMS with keys of KMS, KMS_DSSE with two layers.",
              .required = true,
              .example = "KMS",
              .allowed = encryption_types},
};

constexpr std::array attributes{
    Attribute{
        .name = "arn", .doc = "The ARN of the repository.", .computed = true, .predictable = true},
    Attribute{.name = "encryption",
              .kind = AttributeKind::object,
              .doc = "How images are encrypted at rest.",
              .on_change = OnChange::replace_losing_data,
              .loss = "all images in the repository",
              .default_json = "{\"type\":\"AES256\"}",
              .example = "{ type: KMS, kms_key: \"${key}\" }",
              .fields = encryption_fields},
    Attribute{.name = "force_destroy",
              .kind = AttributeKind::boolean,
              .doc = "Whether destroying the repository deletes every image in it. Without it a "
                     "repository that holds images is kept, and the destroy fails.",
              .write_only = true,
              .default_json = "false"},
    Attribute{.name = "immutable_tags",
              .kind = AttributeKind::boolean,
              .doc = "Whether a tag, once set, stays on its image.",
              .default_json = "false",
              .example = "true"},
    Attribute{.name = "keep_images",
              .kind = AttributeKind::integer,
              .doc = "How many images are kept; older ones expire, within a day. 0 keeps all.",
              .default_json = "0",
              .example = "5",
              .minimum = 0,
              .maximum = 100000},
    Attribute{.name = "pullers",
              .kind = AttributeKind::list,
              .doc = "Functions for which Lambda may pull images from the repository.",
              .weak = true,
              .unordered = true,
              .takes = "arn",
              .default_json = "[]",
              .example = "[\"${process}\"]",
              .element = &puller},
    Attribute{.name = "scan_on_push",
              .kind = AttributeKind::boolean,
              .doc = "Whether images are scanned for known weaknesses when they are pushed.",
              .default_json = "false",
              .example = "true"},
    Attribute{.name = "statements",
              .kind = AttributeKind::list,
              .doc = "Further statements of the repository's policy, in AWS's own words.",
              .weak = true,
              .unordered = true,
              .default_json = "[]",
              .element = &policy_statement},
    kTagsAttribute,
    Attribute{.name = "uri",
              .doc = "Where images are pushed to: <account>.dkr.ecr.<region>.amazonaws.com/<name>.",
              .computed = true,
              .predictable = true},
};

// --- pure

Map predict(const Placement& placement, const std::string& name, const Value&) {
  Map outputs;
  outputs.set("arn", fmt::format("arn:{}:ecr:{}:{}:repository/{}", placement.partition,
                                 placement.region, placement.account, name));
  outputs.set("uri", fmt::format("{}.dkr.ecr.{}.{}/{}", placement.account, placement.region,
                                 dns_suffix(placement.partition), name));
  return outputs;
}

// Words of small letters and digits, joined by a dot, one or two underscores, or hyphens; slashes
// between such parts.
bool is_repository_name(const std::string& name) {
  const auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  for (const std::string& part : split(name, '/')) {
    std::size_t at = 0;
    while (true) {
      const std::size_t word = at;
      while (at < part.size() && is_word(part[at]))
        ++at;
      if (at == word) return false;
      if (at == part.size()) break;
      const std::size_t mark = at;
      while (at < part.size() && !is_word(part[at]))
        ++at;
      const std::string joint = part.substr(mark, at - mark);
      const bool is_hyphens = joint.find_first_not_of('-') == std::string::npos;
      if (joint != "." && joint != "_" && joint != "__" && !is_hyphens) return false;
    }
  }
  return name.size() >= 2;
}

void validate(const Placement& placement, const std::string& name, const Value& inputs,
              std::vector<Problem>& problems) {
  if (!is_repository_name(name)) {
    problems.push_back({"name", fmt::format("\"{}\" is not a repository name", name),
                        "ECR takes words of small letters and digits, joined by single dots, "
                        "hyphens, underscores or slashes",
                        "write a name such as team/process-orders"});
  }
  const Value& encryption = inputs.at("encryption");
  if (encryption.string_or("type", "") == "AES256" && !encryption.at("kms_key").is_null()) {
    problems.push_back({"encryption.kms_key", "encryption with AES256 has no KMS key",
                        "the keys are those of ECR itself", "write type: KMS, or drop kms_key"});
  }
  check_shorthands(repository_shorthands, inputs, problems);
  const ResourcePolicyForm form = repository_policy_form(placement);
  check_statements(Value(own_statements(form, inputs)), PolicyUse::repository, "statements",
                   problems);
}

Value normalize(const Value& inputs) {
  if (!inputs.is_map()) return inputs;
  Map normal = inputs.as_map();
  normalize_policy_inputs(repository_shorthands, normal);
  return Value(std::move(normal));
}

// --- the lifecycle policy

// Amazon ECR User Guide, "Lifecycle policy parameters".
std::string keep_document(std::int64_t images) {
  Map selection;
  selection.set("tagStatus", "any");
  selection.set("countType", "imageCountMoreThan");
  selection.set("countNumber", images);
  Map action;
  action.set("type", "expire");
  Map rule;
  rule.set("rulePriority", 1);
  rule.set("description", fmt::format("Keep the newest {} images.", images));
  rule.set("selection", std::move(selection));
  rule.set("action", std::move(action));
  List rules;
  rules.emplace_back(std::move(rule));
  Map document;
  document.set("rules", std::move(rules));
  return to_json(Value(std::move(document)));
}

// What `keep_images` is for this document; some other document is shown as what it is.
Value kept_images(const std::string& text) {
  const Result<Value> document = parse_json(text);
  if (!document) return Value("another lifecycle policy");
  const List rules = list_at(*document, "rules");
  const Value images = rules.size() == 1 ? rules.front().at_path("selection.countNumber") : Value();
  if (images.is_int()) {
    const Result<Value> ours = parse_json(keep_document(images.as_int()));
    const Value& wanted = ours->at_path("rules.0");
    const bool is_same = rules.front().at("selection") == wanted.at("selection") &&
                         rules.front().at("action") == wanted.at("action");
    if (is_same) return images;
  }
  return Value("another lifecycle policy");
}

// --- calls

Call repository_call(const Operation& operation, std::string name, Map input) {
  input.set("repositoryName", operation.prior.name);
  return changing(service::ecr, std::move(name), std::move(input), operation);
}

Call keep_call(const Operation& operation, const Value& desired) {
  const std::int64_t images = desired.int_or("keep_images", 0);
  Map input;
  if (images > 0) {
    input.set("lifecyclePolicyText", keep_document(images));
    return repository_call(operation, "PutLifecyclePolicy", std::move(input));
  }
  Call call = repository_call(operation, "DeleteLifecyclePolicy", std::move(input));
  call.tolerated.emplace_back("LifecyclePolicyNotFoundException");
  return call;
}

Call policy_call(const Client& client, const Operation& operation, const Value& desired) {
  const Value document = policy_from(repository_policy_form(client.placement()), desired);
  Map input;
  if (document.is_null()) {
    Call call = repository_call(operation, "DeleteRepositoryPolicy", std::move(input));
    call.tolerated.emplace_back("RepositoryPolicyNotFoundException");
    return call;
  }
  input.set("policyText", to_text(document));
  Call call = repository_call(operation, "SetRepositoryPolicy", std::move(input));
  if (!list_of(desired.at("statements")).empty()) {
    // ECR has the same words for a principal that it does not know yet and for a real mistake.
    Propagation principals;
    principals.code = "InvalidParameterException";
    principals.fragment = "Invalid repository policy provided";
    principals.what = "ECR knows the principals that the repository's policy names";
    call.wait_while.push_back(principals);
  }
  return call;
}

Map scanning_of(const Value& desired) {
  Map scanning;
  scanning.set("scanOnPush", desired.bool_or("scan_on_push", false));
  return scanning;
}

std::string mutability_of(const Value& desired) {
  return desired.bool_or("immutable_tags", false) ? "IMMUTABLE" : "MUTABLE";
}

Map encryption_from(const Value& shown, const Value& recorded) {
  Map encryption;
  const std::string kind = text_at(shown, "encryptionType");
  encryption.set("type", kind.empty() ? std::string("AES256") : kind);
  // ECR names its own key of the account when none was given.
  const bool is_recorded = recorded.at("encryption").is_map();
  const bool is_given = !recorded.at("encryption").at("kms_key").is_null();
  const std::string key = text_at(shown, "kmsKey");
  if (!key.empty() && (is_given || !is_recorded)) encryption.set("kms_key", key);
  return encryption;
}

// Whether tags stay where they are. Repositories may also name exceptions, which firn never sets:
// they differ from whatever was declared.
bool immutable_from(const std::string& shown, const Value& recorded) {
  if (shown.empty() || shown == "MUTABLE") return false;
  return shown == "IMMUTABLE" || !recorded.bool_or("immutable_tags", false);
}

Task<Result<Observation>> read(Client& client, ResourceRecord record,
                               SharedTags* shared = nullptr) {
  const ResourcePolicyForm form = repository_policy_form(client.placement());
  const bool knows_record = record.inputs.is_map() && !record.inputs.as_map().empty();
  const bool reads_policy = !knows_record || manages_policy(form, record.inputs);
  const bool reads_lifecycle = !knows_record || !record.inputs.at("keep_images").is_null();
  const auto repository = [&record] {
    Map input;
    input.set("repositoryName", record.name);
    return input;
  };
  Map names;
  names.set("repositoryNames", List{Value(record.name)});
  Map resource;
  const Map predicted = predict(client.placement(), record.name, Value());
  resource.set("resourceArn", *predicted.find("arn"));
  std::vector<Call> calls;
  calls.push_back(reading(service::ecr, "DescribeRepositories", std::move(names), record));
  if (reads_policy) {
    calls.push_back(reading(service::ecr, "GetRepositoryPolicy", repository(), record));
    calls.back().tolerated.emplace_back("RepositoryPolicyNotFoundException");
  }
  if (reads_lifecycle) {
    calls.push_back(reading(service::ecr, "GetLifecyclePolicy", repository(), record));
    calls.back().tolerated.emplace_back("LifecyclePolicyNotFoundException");
  }
  for (Call& call : calls)
    call.tolerated.emplace_back("RepositoryNotFoundException");
  TagQuestion question{
      .call = reading(service::ecr, "ListTagsForResource", std::move(resource), record),
      .tags_in = [](const Reply& reply) { return tags_from_list(reply.list("tags")); }};
  question.call.tolerated.emplace_back("RepositoryNotFoundException");
  const TaggedLook look =
      co_await look_with_tags(client, shared, record, std::move(calls), std::move(question));
  const std::vector<Result<Reply>>& replies = look.replies;
  for (const Result<Reply>& reply : replies) {
    if (!reply) co_return fail(reply.error());
    if (reply->code == "RepositoryNotFoundException") co_return absent();
  }
  if (!look.tags) co_return fail(look.tags.error());
  if (!*look.tags) co_return absent();
  const Value& shown = replies[0]->at("repositories.0");
  if (shown.is_null()) co_return absent();

  Observation observation;
  observation.exists = true;
  observation.outputs = predicted;
  if (reads_policy) {
    const Value document(replies[1]->text("policyText"));
    observation.inputs = policy_to_inputs(form, document, record.inputs);
  }
  if (reads_lifecycle) {
    const std::string text = replies.back()->text("lifecyclePolicyText");
    observation.inputs.set("keep_images", text.empty() ? Value(0) : kept_images(text));
  }
  observation.inputs.set("encryption",
                         encryption_from(shown.at("encryptionConfiguration"), record.inputs));
  observation.inputs.set("immutable_tags",
                         immutable_from(text_at(shown, "imageTagMutability"), record.inputs));
  observation.inputs.set("scan_on_push", flag_at(shown, "imageScanningConfiguration.scanOnPush"));
  observe_tags(client.placement(), record, **look.tags, observation);
  co_return observation;
}

bool changes_policy(const Operation& operation) {
  return is_changed(operation, "pullers") || is_changed(operation, "statements");
}

Task<Result<Applied>> update(Client& client, Operation& operation) {
  const Value desired = normalize(operation.desired);
  Map outputs = predict(client.placement(), operation.prior.name, desired);
  std::vector<Call> calls;
  if (is_changed(operation, "immutable_tags")) {
    Map input;
    input.set("imageTagMutability", mutability_of(desired));
    calls.push_back(repository_call(operation, "PutImageTagMutability", std::move(input)));
  }
  if (is_changed(operation, "scan_on_push")) {
    Map input;
    input.set("imageScanningConfiguration", scanning_of(desired));
    calls.push_back(repository_call(operation, "PutImageScanningConfiguration", std::move(input)));
  }
  if (is_changed(operation, "keep_images")) calls.push_back(keep_call(operation, desired));
  if (changes_policy(operation)) calls.push_back(policy_call(client, operation, desired));
  if (is_changed(operation, "tags")) {
    const TagChange change = wanted_tag_change(operation);
    Map add;
    add.set("resourceArn", *outputs.find("arn"));
    add.set("tags", tags_to_list(change.set));
    calls.push_back(changing(service::ecr, "TagResource", std::move(add), operation));
    if (!change.removed.empty()) {
      Map remove;
      remove.set("resourceArn", *outputs.find("arn"));
      remove.set("tagKeys", removed_tag_keys(change));
      calls.push_back(changing(service::ecr, "UntagResource", std::move(remove), operation));
    }
  }
  const Status done = co_await call_all(client, std::move(calls));
  if (!done) co_return fail(done.error());
  Applied applied;
  applied.outputs = std::move(outputs);
  co_return applied;
}

Task<Result<Applied>> take_over(Client& client, Operation& operation, Reply refusal) {
  ResourceRecord record = operation.prior;
  const Result<Observation> found = co_await read(client, std::move(record));
  if (!found) co_return fail(found.error());
  const Status ours =
      claim_existing(*found, operation, "ECR repository", "ecr:CreateRepository", refusal);
  if (!ours) co_return fail(ours.error());
  Operation again = update_of_found(operation, *found);
  Result<Applied> updated = co_await update(client, again);
  co_return updated;
}

Task<Result<Applied>> create(Client& client, Operation& operation) {
  const Value desired = normalize(operation.desired);
  Map input;
  input.set("imageTagMutability", mutability_of(desired));
  input.set("imageScanningConfiguration", scanning_of(desired));
  input.set("tags", tags_to_list(wanted_tags(operation)));
  const Value& wanted = desired.at("encryption");
  if (wanted.is_map()) {
    Map encryption;
    encryption.set("encryptionType", wanted.string_or("type", "AES256"));
    if (!wanted.at("kms_key").is_null()) encryption.set("kmsKey", wanted.at("kms_key"));
    input.set("encryptionConfiguration", std::move(encryption));
  }
  Call call = repository_call(operation, "CreateRepository", std::move(input));
  call.tolerated.emplace_back("RepositoryAlreadyExistsException");
  const Result<Reply> created = co_await client.call(std::move(call));
  if (!created) co_return fail(created.error());
  if (created->is_tolerated_error()) {
    Reply refusal = *created;
    Result<Applied> taken = co_await take_over(client, operation, std::move(refusal));
    co_return taken;
  }
  Applied applied;
  applied.outputs = predict(client.placement(), operation.prior.name, desired);
  const Status recorded = co_await note_identity(operation, applied.outputs);
  if (!recorded) co_return fail(recorded.error());
  std::vector<Call> calls;
  if (desired.int_or("keep_images", 0) > 0) calls.push_back(keep_call(operation, desired));
  const ResourcePolicyForm form = repository_policy_form(client.placement());
  if (!policy_from(form, desired).is_null()) {
    calls.push_back(policy_call(client, operation, desired));
  }
  const Status done = co_await call_all(client, std::move(calls));
  if (!done) co_return fail(done.error());
  co_return applied;
}

Task<Result<Removed>> remove(Client& client, Operation& operation) {
  Map input;
  input.set("force", operation.prior.inputs.bool_or("force_destroy", false));
  Call call = repository_call(operation, "DeleteRepository", std::move(input));
  call.tolerated = missing_codes();
  const Result<Reply> deleted = co_await client.call(std::move(call));
  if (deleted) co_return Removed{};
  Error error = deleted.error();
  if (error.code == "RepositoryNotEmptyException") {
    error.summary = fmt::format("the ECR repository {} holds images", operation.prior.name);
    error.detail = "a repository with images is deleted only where the stack says so";
    error.remedy =
        "delete the images, or set force_destroy: true and apply that first, then destroy";
  }
  co_return Failure(std::move(error));
}

const ResourceType type{
    .name = "aws.ecr_repository",
    .summary = "A repository of container images in Amazon ECR.",
    .doc =
        "The repository's policy is made of one statement for `pullers` and of `statements`; as "
        "soon "
        "as one of the two is given the whole policy is firn's. Lambda adds a statement of its own "
        "to a policy that does not let it pull, if whoever makes the function may change the "
        "policy: with `pullers` there is nothing to add.",
    .example =
        "  type: aws.ecr_repository\n"
        "  immutable_tags: true\n"
        "  scan_on_push: true\n"
        "  keep_images: 5\n"
        "  pullers: [\"${process}\"]\n",
    .attributes = attributes,
    .name_rule = {.form = NameForm::aws,
                  .length_max = 256,
                  .extra_characters = "-_./",
                  .lower_case_only = true},
    .holds_data = true,
    .data_loss = "all images in the repository",
    .taggable = true,
    .predict = predict,
    .validate = validate,
    .normalize = normalize,
};

}  // namespace

const AwsType ecr_repository{.type = &type,
                             .read = read_alone<read>,
                             .read_shared = read,
                             .create = create,
                             .update = update,
                             .remove = remove};

}  // namespace firn::aws
