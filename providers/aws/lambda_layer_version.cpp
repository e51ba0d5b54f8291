// aws.lambda_layer_version, a look-up: a version of a layer that somebody else publishes.
//
// Source of facts: AWS Lambda API Reference, ListLayerVersions.
#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <utility>

#include "core/base/text.h"
#include "providers/aws/calls.h"
#include "providers/aws/lambda_layer_versions.h"
#include "providers/aws/types.h"

namespace firn::aws {
namespace {

constexpr std::array<std::string_view, 2> processors{"arm64", "x86_64"};
constexpr Attribute version_arn{.name = "arn", .doc = "The ARN of a layer version."};

constexpr std::array attributes{
    Attribute{.name = "architecture",
              .doc = "With layer: only versions for this processor.",
              .allowed = processors},
    Attribute{
        .name = "arn", .doc = "The ARN of the version, as functions take it.", .computed = true},
    Attribute{.name = "arns",
              .kind = AttributeKind::map,
              .doc = "The version for each region, by ARN. A region that is not in the table is an "
                     "error before anything is asked. Either this or layer.",
              .example = "{ eu-west-1: \"arn:aws:lambda:eu-west-1:123456789012:layer:pandas:7\" }",
              .element = &version_arn,
              .minimum = 1},
    Attribute{.name = "layer",
              .doc = "A layer of this account and region by name, or one that may be listed by "
                     "ARN; its newest version is taken.",
              .example = "shared-pandas"},
    Attribute{.name = "runtime",
              .doc = "With layer: only versions for this language.",
              .example = "python3.13"},
    Attribute{.name = "version",
              .kind = AttributeKind::integer,
              .doc = "With layer: this version, not the newest.",
              .minimum = 1},
    Attribute{.name = "version",
              .kind = AttributeKind::integer,
              .doc = "The number of the version.",
              .computed = true},
};

// The number at the end of a version's ARN; 0 when it is none.
std::int64_t version_in(const std::string& arn) {
  const std::vector<std::string> parts = split(arn, ':');
  if (parts.size() != 8 || parts[0] != "arn" || parts[2] != "lambda" || parts[5] != "layer")
    return 0;
  std::int64_t number = 0;
  const std::string& text = parts[7];
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

void check_table(const Placement& placement, const Value& arns, std::vector<Problem>& problems) {
  std::vector<std::string> regions;
  for (const auto& [region, arn] : arns.as_map()) {
    regions.push_back(region);
    if (!arn.is_string()) continue;
    const std::string path = "arns." + region;
    if (version_in(arn.as_string()) == 0) {
      problems.push_back({path,
                          fmt::format("\"{}\" is not the ARN of a layer version", arn.as_string()),
                          "it ends in layer:NAME:VERSION", "add what is missing"});
    } else if (split(arn.as_string(), ':')[3] != region) {
      problems.push_back(
          {path, fmt::format("the layer version for {} is in another region", region),
           fmt::format("{}: functions take layers of their own region only", arn.as_string()),
           "name the one of this region"});
    }
  }
  if (std::find(regions.begin(), regions.end(), placement.region) != regions.end()) return;
  problems.push_back({"arns",
                      fmt::format("there is no layer version for the region {}", placement.region),
                      fmt::format("The table knows {}.", join(regions, ", ")),
                      "add one for this region, or choose another region"});
}

void validate(const Placement& placement, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  const Value& arns = inputs.at("arns");
  const Value& layer = inputs.at("layer");
  if (arns.is_null() == layer.is_null()) {
    problems.push_back({arns.is_null() ? "" : "layer",
                        arns.is_null() ? "no layer is named" : "two layers are named", "",
                        "give either arns, a table by region, or layer"});
    return;
  }
  if (arns.is_map()) check_table(placement, arns, problems);
  for (const std::string_view narrows : {"architecture", "runtime", "version"}) {
    if (arns.is_null() || inputs.at(narrows).is_null()) continue;
    problems.push_back({std::string(narrows), fmt::format("{} goes with layer only", narrows),
                        "the table says already which version is taken", "leave it out"});
  }
}

Map outputs_of(const std::string& arn) {
  Map outputs;
  outputs.set("arn", arn);
  outputs.set("version", version_in(arn));
  return outputs;
}

Error none_found(const Value& inputs, const Client& client, std::size_t others) {
  Error error;
  error.kind = ErrorKind::not_found;
  error.operation = "lambda:ListLayerVersions";
  error.summary = fmt::format("the layer {} has no such version in {}",
                              inputs.string_or("layer", ""), client.region());
  error.detail = others == 0 ? std::string(
                                   "no version of it fits that runtime and architecture, if there "
                                   "is a layer of this name at all")
                             : fmt::format("{} other versions fit", others);
  error.remedy = "check the name, the version, the region and the account";
  return error;
}

Task<Result<Map>> look_up(Client& client, Value inputs) {
  const Value& arns = inputs.at("arns");
  if (arns.is_map()) co_return outputs_of(arns.string_or(client.region(), ""));
  std::vector<std::pair<std::string, std::string>> query;
  const std::string runtime = inputs.string_or("runtime", "");
  if (!runtime.empty()) query.emplace_back("CompatibleRuntime", runtime);
  const std::string architecture = inputs.string_or("architecture", "");
  if (!architecture.empty()) query.emplace_back("CompatibleArchitecture", architecture);
  std::string layer = inputs.string_or("layer", "");
  std::string address;
  const auto versions =
      co_await list_layer_versions(client, std::move(address), std::move(layer), std::move(query));
  if (!versions) co_return fail(versions.error());
  const std::int64_t wanted = inputs.int_or("version", 0);
  for (const Value& version : *versions) {
    if (wanted != 0 && version.int_or("Version", 0) != wanted) continue;
    co_return outputs_of(text_at(version, "LayerVersionArn"));
  }
  Error error = none_found(inputs, client, versions->size());
  co_return Failure(std::move(error));
}

const ResourceType type{
    .name = "aws.lambda_layer_version",
    .summary = "Look-up: a version of a Lambda layer that others publish.",
    .doc =
        "Public layers have other ARNs in every region: `arns` is the table of those that the "
        "stack may use, and the environment's region chooses. Nothing is asked then; Lambda looks "
        "at the version when a function is given it. With `layer` the newest version of a layer "
        "of this account is taken, and a function that uses it moves on with it.",
    .example =
        "  type: aws.lambda_layer_version\n"
        "  arns:\n"
        "    eu-west-1: arn:aws:lambda:eu-west-1:123456789012:layer:pandas:7\n"
        "    us-east-1: arn:aws:lambda:us-east-1:123456789012:layer:pandas:9\n",
    .attributes = attributes,
    .is_lookup = true,
    .validate = validate,
};

}  // namespace

const AwsType lambda_layer_version{.type = &type, .look_up = look_up};

}  // namespace firn::aws
