// aws.lambda_layer: a layer whose newest version is a folder.
//
// Source of facts: AWS Lambda API Reference (PublishLayerVersion, GetLayerVersion, ListLayers,
// DeleteLayerVersion) and Developer Guide, "Managing Lambda dependencies with layers".
#include <algorithm>
#include <array>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <utility>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "providers/aws/calls.h"
#include "providers/aws/code_archive.h"
#include "providers/aws/lambda_calls.h"
#include "providers/aws/lambda_layer_versions.h"
#include "providers/aws/resource_tags.h"
#include "providers/aws/types.h"

namespace firn::aws {
namespace {

constexpr std::array<std::string_view, 2> processors{"arm64", "x86_64"};
constexpr Attribute processor{
    .name = "architecture", .doc = "A processor that the layer fits.", .allowed = processors};
constexpr Attribute runtime{.name = "runtime", .doc = "A language and its version."};

// What a version is made of: another value of any of these is another version.
constexpr std::string_view content = "architectures,code_sha256,description,license,runtimes";

constexpr std::array attributes{
    Attribute{.name = "architectures",
              .kind = AttributeKind::list,
              .doc = "The processors that the layer is built for.",
              .unordered = true,
              .default_json = "[]",
              .example = "[x86_64]",
              .element = &processor,
              .maximum = 2},
    Attribute{.name = "arn",
              .doc = "The ARN of the newest version, as functions take it.",
              .computed = true,
              .moves_with = content},
    Attribute{.name = "code",
              .doc = "The folder of the layer, relative to the file that declares it. It is laid "
                     "over /opt, where Python looks for packages in python/, Node.js in "
                     "nodejs/node_modules/. What functions leave out of their code is left out "
                     "here, too.",
              .required = true,
              .write_only = true,
              .example = "layers/pandas"},
    Attribute{.name = "code_sha256",
              .doc = "The digest of the code as Lambda shows it: base64 of the SHA-256 of the "
                     "archive.",
              .derived = true},
    Attribute{.name = "description",
              .doc = "What the layer brings. firn puts its mark behind it; together they may have "
                     "256 bytes.",
              .default_json = "\"\"",
              .maximum = 256},
    Attribute{.name = "keep_old_versions",
              .kind = AttributeKind::boolean,
              .doc = "Whether a version stays when a newer one takes its place. Functions keep "
                     "what they have of a version that is gone, but none can be given it again.",
              .default_json = "false"},
    Attribute{.name = "layer_arn",
              .doc = "The ARN of the layer, without a version.",
              .computed = true,
              .predictable = true},
    Attribute{.name = "license",
              .doc = "The license of what is in it: an SPDX id, a URL, or its text.",
              .default_json = "\"\"",
              .example = "BSD-3-Clause",
              .maximum = 512},
    Attribute{.name = "runtimes",
              .kind = AttributeKind::list,
              .doc = "The languages that the layer is made for.",
              .unordered = true,
              .default_json = "[]",
              .example = "[python3.13]",
              .element = &runtime,
              .maximum = 15},
    Attribute{.name = "version",
              .kind = AttributeKind::integer,
              .doc = "The number of the newest version.",
              .computed = true,
              .moves_with = content},
};

// --- pure

std::string layer_arn_in(const Placement& placement, const std::string& name) {
  return fmt::format("arn:{}:lambda:{}:{}:layer:{}", placement.partition, placement.region,
                     placement.account, name);
}

Map predict(const Placement& placement, const std::string& name, const Value&) {
  Map outputs;
  outputs.set("layer_arn", layer_arn_in(placement, name));
  return outputs;
}

std::string folder_in(const std::string& base_folder, const std::string& code) {
  return (std::filesystem::path(base_folder) / code).lexically_normal().string();
}

Value prepare(const std::string& base_folder, const Value& inputs, std::vector<Problem>& problems) {
  const Value& code = inputs.at("code");
  if (!inputs.is_map() || !code.is_string()) return inputs;
  const Result<CodeArchive> archive = archive_folder(folder_in(base_folder, code.as_string()));
  if (!archive) {
    const Error& error = archive.error();
    problems.push_back({"code", error.summary, error.detail, error.remedy});
    return inputs;
  }
  Map with_digest = inputs.as_map();
  with_digest.set("code_sha256", archive->sha256);
  return Value(std::move(with_digest));
}

void validate(const Placement& placement, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  const Value& description = inputs.at("description");
  if (!description.is_string()) return;
  const std::string mark = layer_mark(placement, placement.address);
  const std::size_t size = marked_description(description.as_string(), mark).size();
  if (size <= layer_description_limit) return;
  problems.push_back(
      {"description",
       fmt::format("the description is {} bytes too long", size - layer_description_limit),
       fmt::format("Lambda takes {}, of which firn's mark needs {}", layer_description_limit,
                   mark.size() + 1),
       "shorten it"});
}

Value normalize(const Value& inputs) {
  if (!inputs.is_map()) return inputs;
  Map normal = inputs.as_map();
  for (const std::string_view set : {"architectures", "runtimes"}) {
    const Value* given = normal.find(set);
    if (given == nullptr) continue;
    Value sorted = as_set(*given);
    normal.set(set, std::move(sorted));
  }
  return Value(std::move(normal));
}

// --- the wire

Map outputs_of(const Client& client, const std::string& name, std::int64_t version) {
  const std::string layer = layer_arn_in(client.placement(), name);
  Map outputs;
  outputs.set("arn", fmt::format("{}:{}", layer, version));
  outputs.set("layer_arn", layer);
  outputs.set("version", version);
  return outputs;
}

std::string version_path(const std::string& name, std::int64_t version) {
  return fmt::format("{}/{}", layer_versions_path(name), version);
}

std::string mark_of(const Operation& operation) {
  return layer_mark(operation.placement, operation.prior.address);
}

// Whether the state says that this version is the resource's.
bool has_recorded_version(const ResourceRecord& record, const Value& shown) {
  const Value& version = record.outputs.at("version");
  return version.is_int() && version == shown.at("Version");
}

// What lists and single versions show alike; the code is in single ones only, but never changes.
Map inputs_from(const Value& shown) {
  Map inputs;
  inputs.set("architectures", list_of(shown.at("CompatibleArchitectures")));
  inputs.set("description", words_of_description(text_at(shown, "Description")));
  inputs.set("license", text_at(shown, "LicenseInfo"));
  inputs.set("runtimes", list_of(shown.at("CompatibleRuntimes")));
  const std::string digest = text_at(shown, "Content.CodeSha256");
  if (!digest.empty()) inputs.set("code_sha256", digest);
  const Value normal = normalize(Value(std::move(inputs)));
  return normal.as_map();
}

Observation observation_of(const Client& client, const ResourceRecord& record, const Value& shown) {
  Observation observation;
  observation.exists = true;
  observation.inputs = inputs_from(shown);
  observation.outputs = outputs_of(client, record.name, shown.int_or("Version", 0));
  const std::string mark = mark_of_description(text_at(shown, "Description"));
  // A version cannot be marked later: of an imported one the state alone knows.
  const bool is_imported = mark.empty() && has_recorded_version(record, shown);
  observation.foreign = !is_imported && mark != layer_mark(client.placement(), record.address);
  if (!observation.foreign) {
    observation.owner = record.address;
  } else if (!mark.empty()) {
    observation.owner = mark;
  }
  return observation;
}

// --- calls

Task<Result<Reply>> get_version(Client& client, ResourceRecord record, std::int64_t version) {
  Call call = lambda_reading(record, "GetLayerVersion", version_path(record.name, version));
  Result<Reply> reply = co_await client.call(std::move(call));
  co_return reply;
}

Task<Result<Observation>> find_newest(Client& client, ResourceRecord record);

Task<Result<Observation>> read(Client& client, ResourceRecord record) {
  const Value& version = record.outputs.at("version");
  ResourceRecord copy = record;
  if (!version.is_int()) {
    Result<Observation> newest = co_await find_newest(client, std::move(copy));
    co_return newest;
  }
  const Result<Reply> reply = co_await get_version(client, std::move(copy), version.as_int());
  if (!reply) co_return fail(reply.error());
  if (reply->is_tolerated_error()) co_return absent();
  Observation observation = observation_of(client, record, reply->value);
  co_return observation;
}

// Ours with the highest number, or else somebody's.
Task<Result<Observation>> find_newest(Client& client, ResourceRecord record) {
  std::vector<std::pair<std::string, std::string>> all;
  const auto versions =
      co_await list_layer_versions(client, record.address, record.name, std::move(all));
  if (!versions) co_return fail(versions.error());
  if (versions->empty()) co_return absent();
  const std::string mark = layer_mark(client.placement(), record.address);
  const auto ours = std::find_if(versions->begin(), versions->end(), [&](const Value& one) {
    return mark_of_description(text_at(one, "Description")) == mark;
  });
  const Value& shown = ours != versions->end() ? *ours : versions->front();
  ResourceRecord copy = record;
  const Result<Reply> reply =
      co_await get_version(client, std::move(copy), shown.int_or("Version", 0));
  if (!reply) co_return fail(reply.error());
  if (reply->is_tolerated_error()) co_return absent();
  Observation observation = observation_of(client, record, reply->value);
  co_return observation;
}

Task<Result<Observation>> find_after_crash(Client& client, Operation& operation) {
  ResourceRecord record = operation.prior;
  Result<Observation> newest = co_await find_newest(client, std::move(record));
  co_return newest;
}

// Every layer's newest version, by name.
Task<Result<std::map<std::string, Value>>> list_layers(Client& client, ResourceRecord record) {
  std::map<std::string, Value> newest;
  std::string marker;
  do {
    Call call = lambda_reading(record, "ListLayers", "/2018-10-31/layers");
    if (!marker.empty()) call.query.emplace_back("Marker", marker);
    const Result<Reply> page = co_await client.call(std::move(call));
    if (!page) co_return fail(page.error());
    for (const Value& layer : page->list("Layers"))
      newest[text_at(layer, "LayerName")] = layer.at("LatestMatchingVersion");
    marker = page->text("NextMarker");
  } while (!marker.empty());
  co_return newest;
}

// One list for all layers. Only one whose newest version is not the recorded one is asked for.
Task<std::vector<Result<Observation>>> observe_many(Client& client, SharedTags&,
                                                    std::vector<ResourceRecord> records) {
  std::vector<Result<Observation>> observations;
  ResourceRecord any = records.front();
  const auto newest = co_await list_layers(client, std::move(any));
  for (const ResourceRecord& record : records) {
    if (!newest) {
      observations.emplace_back(fail(newest.error()));
      continue;
    }
    const auto found = newest->find(record.name);
    if (found == newest->end()) {
      observations.emplace_back(absent());
    } else if (found->second.at("Version") == record.outputs.at("version")) {
      observations.emplace_back(observation_of(client, record, found->second));
    } else {
      ResourceRecord copy = record;
      Result<Observation> seen = co_await read(client, std::move(copy));
      observations.push_back(std::move(seen));
    }
  }
  co_return observations;
}

Task<Result<std::int64_t>> publish(Client& client, Operation& operation, Value desired) {
  const std::string folder =
      folder_in(operation.base_folder, clear_text(operation.desired.at("code")));
  const Result<CodeArchive> archive = archive_folder(folder);
  if (!archive) co_return fail(archive.error());
  const Value& planned = operation.desired.at("code_sha256");
  if (planned.is_string() && planned.as_string() != archive->sha256) {
    co_return fail(ErrorKind::invalid_input,
                   fmt::format("the code in {} has changed since it was planned", folder),
                   "its digest is not the one in the plan", "plan again, then apply");
  }
  Map zip;
  zip.set("ZipFile", base64(archive->bytes));
  Map input;
  input.set("Content", std::move(zip));
  input.set("Description",
            marked_description(clear_text(desired.at("description")), mark_of(operation)));
  const List architectures = list_of(desired.at("architectures"));
  if (!architectures.empty()) input.set("CompatibleArchitectures", architectures);
  const List runtimes = list_of(desired.at("runtimes"));
  if (!runtimes.empty()) input.set("CompatibleRuntimes", runtimes);
  const std::string license = clear_text(desired.at("license"));
  if (!license.empty()) input.set("LicenseInfo", license);
  Call call = lambda_call(operation, "PublishLayerVersion", "POST",
                          layer_versions_path(operation.prior.name));
  call.input = Value(std::move(input));
  call.is_repeatable = false;
  const Result<Reply> published = co_await client.call(std::move(call));
  if (!published) co_return fail(published.error());
  co_return published->at("Version").is_int() ? published->at("Version").as_int() : 0;
}

// Whether the version holds exactly what is wanted: then nothing is published again.
bool is_wanted(const Observation& version, const Value& desired) {
  const Value shown(version.inputs);
  for (const std::string& name : split(content, ',')) {
    const Value wanted = name == "architectures" || name == "runtimes"
                             ? Value(list_of(desired.at(name)))
                             : Value(clear_text(desired.at(name)));
    if (shown.at(name) != wanted) return false;
  }
  return true;
}

// The version that a lost call has published; 0: there is none.
Task<Result<bool>> find_published(Client* client, Operation* operation, const Value* desired,
                                  std::int64_t before, std::int64_t* version) {
  ResourceRecord record = operation->prior;
  const Result<Observation> newest = co_await find_newest(*client, std::move(record));
  if (!newest) co_return fail(newest.error());
  if (!newest->exists || newest->foreign || !is_wanted(*newest, *desired)) co_return false;
  const std::int64_t seen = newest->outputs.find("version")->as_int();
  if (seen <= before) co_return false;
  *version = seen;
  co_return true;
}

// Each time it is published there is one more version, so it is not sent again before somebody has
// looked. `before`: the newest version so far.
Task<Result<std::int64_t>> publish_once(Client& client, Operation& operation, Value desired,
                                        std::int64_t before) {
  for (int round = 1;; ++round) {
    Value copy = desired;
    Result<std::int64_t> published = co_await publish(client, operation, std::move(copy));
    const bool is_lost = !published && published.error().may_have_been_applied;
    if (!is_lost) co_return published;
    std::int64_t version = 0;
    std::function<Task<Result<bool>>()> look = [&client, &operation, &desired, before, &version] {
      return find_published(&client, &operation, &desired, before, &version);
    };
    const Result<bool> there = co_await took_effect(client, std::move(look));
    if (there && *there) co_return version;
    if (!there || round == most_rounds_of_one_call) co_return published;
  }
}

Error somebody_elses(const Operation& operation, const Observation& found) {
  Error error;
  error.kind = ErrorKind::conflict;
  error.summary = fmt::format("the Lambda layer {} exists already", operation.prior.name);
  error.detail = found.owner
                     ? fmt::format("its description says that it belongs to {}", *found.owner)
                     : std::string(
                           "its description carries no mark of firn, so firn did not make "
                           "it and leaves it alone");
  error.remedy = "give the resource another name with `name:`";
  if (!found.owner) {
    error.remedy = how_to_import(operation);
  }
  error.address = operation.prior.address;
  return error;
}

Task<Status> remove_version(Client& client, Operation& operation, std::int64_t version) {
  Call call = lambda_call(operation, "DeleteLayerVersion", "DELETE",
                          version_path(operation.prior.name, version));
  call.tolerated = missing_codes();
  const Result<Reply> gone = co_await client.call(std::move(call));
  if (!gone) co_return fail(gone.error());
  co_return Ok{};
}

// Removes the versions of this resource except `keep`; 0 is none.
Task<Status> remove_others(Client& client, Operation& operation, std::int64_t keep) {
  std::vector<std::pair<std::string, std::string>> all;
  std::string address = operation.prior.address;
  std::string name = operation.prior.name;
  const auto versions =
      co_await list_layer_versions(client, std::move(address), std::move(name), std::move(all));
  if (!versions) co_return fail(versions.error());
  for (const Value& one : *versions) {
    const std::int64_t version = one.int_or("Version", 0);
    const bool is_ours = mark_of_description(text_at(one, "Description")) == mark_of(operation) ||
                         has_recorded_version(operation.prior, one);
    if (!is_ours || version == keep) continue;
    const Status gone = co_await remove_version(client, operation, version);
    if (!gone) co_return fail(gone.error());
  }
  co_return Ok{};
}

// Create and update alike: a version cannot be changed, so another one is published, unless an
// earlier run did that already and was cut off.
Task<Result<Applied>> put(Client& client, Operation& operation) {
  const Value desired = normalize(operation.desired);
  ResourceRecord record = operation.prior;
  const Result<Observation> newest = co_await find_newest(client, std::move(record));
  if (!newest) co_return fail(newest.error());
  // One that is in the state already goes on beside versions of others.
  const bool is_new = !operation.prior.outputs.at("version").is_int();
  if (newest->exists && newest->foreign && is_new) {
    Error error = somebody_elses(operation, *newest);
    co_return Failure(std::move(error));
  }
  std::int64_t version = 0;
  if (newest->exists && !newest->foreign && is_wanted(*newest, desired)) {
    version = newest->outputs.find("version")->as_int();
  } else {
    Value copy = desired;
    const std::int64_t before =
        newest->exists ? newest->outputs.find("version")->as_int() : std::int64_t{0};
    const Result<std::int64_t> published =
        co_await publish_once(client, operation, std::move(copy), before);
    if (!published) co_return fail(published.error());
    version = *published;
  }
  Applied applied;
  applied.outputs = outputs_of(client, operation.prior.name, version);
  const Status recorded = co_await note_identity(operation, applied.outputs);
  if (!recorded) co_return fail(recorded.error());
  if (newest->exists && !desired.bool_or("keep_old_versions", false)) {
    const Status gone = co_await remove_others(client, operation, version);
    if (!gone) co_return fail(gone.error());
  }
  co_return applied;
}

Task<Result<Removed>> remove(Client& client, Operation& operation) {
  const Status gone = co_await remove_others(client, operation, 0);
  if (!gone) co_return fail(gone.error());
  co_return Removed{};
}

const ResourceType type{
    .name = "aws.lambda_layer",
    .summary = "A Lambda layer from a folder, for functions of the stack.",
    .doc =
        "A version of a layer cannot be changed. When the folder or anything else of it changes, "
        "a new version is published, functions that name the layer are given it, and the version "
        "before goes (unless `keep_old_versions`); functions that still run with it keep it.\n\n"
        "The folder becomes an archive as that of `aws.lambda_function` does: unchanged code "
        "makes no new version. For a layer that others publish, see `aws.lambda_layer_version`.",
    .example =
        "  type: aws.lambda_layer\n"
        "  code: layers/pandas\n"
        "  runtimes: [python3.13]\n",
    .attributes = attributes,
    .name_rule = {.form = NameForm::aws, .length_max = 64, .extra_characters = "-_"},
    .predict = predict,
    .prepare = prepare,
    .validate = validate,
    .normalize = normalize,
};

const Batch all_layers{.threshold = 2, .observe = observe_many};

}  // namespace

const AwsType lambda_layer{.type = &type,
                           .read = read,
                           .create = put,
                           .update = put,
                           .remove = remove,
                           .find_after_crash = find_after_crash,
                           .batch = &all_layers};

}  // namespace firn::aws
