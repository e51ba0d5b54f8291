// Layers: versions that are published, never changed, and may be deleted.
//
// Source: AWS Lambda API Reference, PublishLayerVersion, GetLayerVersion, ListLayerVersions,
// ListLayers, DeleteLayerVersion; Developer Guide, "Managing Lambda dependencies with layers".
#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "core/base/text.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/lambda/operations.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::lambda {
namespace {

constexpr std::size_t items_per_page = 50;
constexpr std::size_t longest_description = 256;

struct LayerId {
  std::string account;
  std::string region;
  std::string name;
};

std::string layer_arn(const LayerId& id) {
  return fmt::format("arn:{}:lambda:{}:{}:layer:{}", partition_of(id.region), id.region, id.account,
                     id.name);
}

std::string place_of(const LayerId& id) {
  return collection(id.account, id.region, "lambda/layer");
}

// One document holds a layer's versions from old to new; another one, which stays when they are all
// deleted, the number of the last: none is given twice.
const Value* find_layer(const World& world, const LayerId& id) {
  return world.store.get(place_of(id), id.name);
}

Refusal no_version() {
  return {404, "ResourceNotFoundException", "The resource you requested does not exist."};
}

LayerId layer_for(Call& call, const std::string& text) {
  LayerId id{call.account, call.region, text};
  if (const auto arn = parse_arn(text)) {
    const auto parts = split(arn->resource, ':');
    if (arn->service != "lambda" || parts.size() != 2 || parts[0] != "layer") {
      throw invalid_value(fmt::format("Invalid Layer arn: {}", text));
    }
    id = {arn->account, arn->region, parts[1]};
  }
  const bool fits = !id.name.empty() && id.name.size() <= 140 &&
                    std::all_of(id.name.begin(), id.name.end(), [](char c) {
                      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                             (c >= '0' && c <= '9') || c == '-' || c == '_';
                    });
  if (!fits) {
    throw Refusal{400, "ValidationException",
                  fmt::format("1 validation error detected: Value '{}' at 'layerName' failed to "
                              "satisfy constraint: Member must satisfy regular expression pattern: "
                              "(arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\\d{{12}}:layer:"
                              "[a-zA-Z0-9-_]+)|[a-zA-Z0-9-_]+",
                              text)};
  }
  call.target = id.name;
  return id;
}

std::int64_t number_in(const std::string& text) {
  std::int64_t number = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Map shown_version(const LayerId& id, const Value& version) {
  Map shown{{"LayerVersionArn", fmt::format("{}:{}", layer_arn(id), version.int_or("Version", 0))},
            {"Version", version.at("Version")},
            {"Description", version.at("Description")},
            {"CreatedDate", version.at("CreatedDate")}};
  for (const char* member : {"CompatibleRuntimes", "CompatibleArchitectures", "LicenseInfo"}) {
    if (const Value* given = version.find(member)) shown.set(member, *given);
  }
  return shown;
}

Value with_content(const Call& call, const LayerId& id, const Value& version) {
  Map shown = shown_version(id, version);
  shown.set("LayerArn", layer_arn(id));
  shown.set(
      "Content",
      Map{{"Location", fmt::format("https://awslambda-{}-layers.s3.{}.amazonaws.com/snapshots/"
                                   "{}/{}?versionId={}",
                                   id.region, id.region, id.account, id.name, call.request_id)},
          {"CodeSha256", version.at("CodeSha256")},
          {"CodeSize", version.at("CodeSize")}});
  return Value(std::move(shown));
}

const List& versions_of(const Value& layer) {
  return layer.at("versions").as_list();
}

const Value* find_version(const Value* layer, std::int64_t number) {
  if (!layer) return nullptr;
  for (const Value& version : versions_of(*layer)) {
    if (version.int_or("Version", 0) == number) return &version;
  }
  return nullptr;
}

bool has(const Value& list, const std::string& wanted) {
  const List items = list.is_list() ? list.as_list() : List();
  return std::find(items.begin(), items.end(), Value(wanted)) != items.end();
}

bool is_asked_for(const RestInput& input, const Value& version) {
  const std::string runtime = input.parameter("CompatibleRuntime");
  const std::string architecture = input.parameter("CompatibleArchitecture");
  return (runtime.empty() || has(version.at("CompatibleRuntimes"), runtime)) &&
         (architecture.empty() || has(version.at("CompatibleArchitectures"), architecture));
}

void put_compatible(Map& version, const Value& body) {
  const Value& runtimes = body.at("CompatibleRuntimes");
  for (const Value& runtime : runtimes.is_list() ? runtimes.as_list() : List()) {
    if (runtime.is_string() && is_runtime(runtime.as_string())) continue;
    throw Refusal{400, "ValidationException",
                  "1 validation error detected: Value at 'compatibleRuntimes' failed to satisfy "
                  "constraint: Member must satisfy enum value set"};
  }
  const Value& architectures = body.at("CompatibleArchitectures");
  for (const Value& one : architectures.is_list() ? architectures.as_list() : List()) {
    if (one == Value("x86_64") || one == Value("arm64")) continue;
    throw Refusal{400, "ValidationException",
                  "1 validation error detected: Value at 'compatibleArchitectures' failed to "
                  "satisfy constraint: Member must satisfy enum value set: [x86_64, arm64]"};
  }
  for (const char* member : {"CompatibleRuntimes", "CompatibleArchitectures", "LicenseInfo"}) {
    if (const Value* given = body.find(member)) version.set(member, *given);
  }
}

}  // namespace

RestOutput publish_layer(Call& call, const RestInput& input) {
  check_members(input.body,
                {"LayerName", "Description", "Content", "CompatibleRuntimes", "LicenseInfo",
                 "CompatibleArchitectures"},
                "PublishLayerVersion");
  const LayerId id = layer_for(call, input.path[0]);
  authorize(call, "lambda:PublishLayerVersion", layer_arn(id));
  const std::string description = input.body.string_or("Description", "");
  if (description.size() > longest_description) {
    throw Refusal{400, "ValidationException",
                  fmt::format("1 validation error detected: Value '{}' at 'description' failed to "
                              "satisfy constraint: Member must have length less than or equal to "
                              "256",
                              description)};
  }
  const Value* present = find_layer(call.world, id);
  const std::string counts = collection(id.account, id.region, "lambda/layer_count");
  const Value* count = call.world.store.get(counts, id.name);
  const std::int64_t number = count ? count->int_or("last", 0) + 1 : 1;
  Map version{{"Version", number},
              {"Description", description},
              {"CreatedDate", replace_all(iso_ms(call.world.now_ms()), "Z", "+0000")}};
  put_code(call, version, input.body.at("Content"));
  put_compatible(version, input.body);
  const Value document(std::move(version));
  List versions = present ? versions_of(*present) : List();
  versions.push_back(document);
  call.world.store.put(place_of(id), id.name, Map{{"versions", Value(std::move(versions))}});
  call.world.store.put(counts, id.name, Map{{"last", number}});
  return {201, with_content(call, id, document)};
}

RestOutput get_layer_version(Call& call, const RestInput& input) {
  const LayerId id = layer_for(call, input.path[0]);
  authorize(call, "lambda:GetLayerVersion", fmt::format("{}:{}", layer_arn(id), input.path[1]));
  const Value* version = find_version(find_layer(call.world, id), number_in(input.path[1]));
  if (!version) throw no_version();
  return {200, with_content(call, id, *version)};
}

RestOutput delete_layer_version(Call& call, const RestInput& input) {
  const LayerId id = layer_for(call, input.path[0]);
  authorize(call, "lambda:DeleteLayerVersion", fmt::format("{}:{}", layer_arn(id), input.path[1]));
  const std::int64_t number = number_in(input.path[1]);
  const Value* layer = find_layer(call.world, id);
  if (!find_version(layer, number)) return {204, {}};
  List versions = versions_of(*layer);
  std::erase_if(versions,
                [&](const Value& version) { return version.int_or("Version", 0) == number; });
  if (versions.empty()) {
    call.world.store.erase(place_of(id), id.name);
  } else {
    call.world.store.put(place_of(id), id.name,
                         with(*layer, "versions", Value(std::move(versions))));
  }
  return {204, {}};
}

RestOutput list_layer_versions(Call& call, const RestInput& input) {
  const LayerId id = layer_for(call, input.path[0]);
  authorize(call, "lambda:ListLayerVersions", layer_arn(id));
  const std::int64_t before = number_in(input.parameter("Marker"));
  const Value* layer = find_layer(call.world, id);
  List versions = layer ? versions_of(*layer) : List();
  std::reverse(versions.begin(), versions.end());
  List shown;
  Map answer;
  std::int64_t last = 0;
  for (const Value& version : versions) {
    const std::int64_t number = version.int_or("Version", 0);
    if ((before != 0 && number >= before) || !is_asked_for(input, version)) continue;
    if (shown.size() == items_per_page) {
      answer.set("NextMarker", fmt::format("{}", last));
      break;
    }
    shown.emplace_back(shown_version(id, version));
    last = number;
  }
  answer.set("LayerVersions", Value(std::move(shown)));
  return {200, Value(std::move(answer))};
}

RestOutput list_layers(Call& call, const RestInput& input) {
  if (!input.parameter("find").empty()) {
    throw unknown_operation("lambda", "GetLayerVersionByArn");
  }
  authorize(call, "lambda:ListLayers", "*");
  const std::string after = input.parameter("Marker");
  List shown;
  Map answer;
  std::string last;
  for (const auto& [name, layer] : call.world.store.list(call.place("lambda/layer"))) {
    List versions = versions_of(layer);
    std::erase_if(versions, [&](const Value& one) { return !is_asked_for(input, one); });
    if (versions.empty() || (!after.empty() && name <= after)) continue;
    if (shown.size() == items_per_page) {
      answer.set("NextMarker", last);
      break;
    }
    const LayerId id{call.account, call.region, name};
    shown.push_back(Map{{"LayerName", name},
                        {"LayerArn", layer_arn(id)},
                        {"LatestMatchingVersion", Value(shown_version(id, versions.back()))}});
    last = name;
  }
  answer.set("Layers", Value(std::move(shown)));
  return {200, Value(std::move(answer))};
}

Value layer_for_function(const Call& call, const std::string& arn_text) {
  const auto arn = parse_arn(arn_text);
  const auto parts = arn ? split(arn->resource, ':') : std::vector<std::string>();
  if (!arn || arn->service != "lambda" || parts.size() != 3 || parts[0] != "layer") {
    throw invalid_value(
        fmt::format("Layer version {} is not a valid layer version ARN.", arn_text));
  }
  if (arn->region != call.region) {
    throw invalid_value(
        fmt::format("Layers are not in the same region as the function. Layers are expected to be "
                    "in region {}.",
                    call.region));
  }
  // Layers of other accounts cannot be looked into from here; public ones are used by everybody.
  if (arn->account != call.account) return Map{{"Arn", arn_text}, {"CodeSize", 0}};
  const LayerId id{arn->account, arn->region, parts[1]};
  const Value* version = find_version(find_layer(call.world, id), number_in(parts[2]));
  if (!version) throw invalid_value(fmt::format("Layer version {} does not exist.", arn_text));
  return Map{{"Arn", arn_text}, {"CodeSize", version->at("CodeSize")}};
}

}  // namespace firn::sandbox::aws::lambda
