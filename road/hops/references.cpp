// References that lead to an object of another type than the one that is meant there.
#include <array>
#include <fmt/format.h>

#include "road/beside/beside.h"
#include "road/hops/hops.h"

namespace firn::road {

const Check FIRN409{
    .code = "FIRN409",
    .severity = Severity::error,
    .title = "A reference leads to an object of another type",
    .cause =
        "A name or ARN stands where another kind of object is meant: a table in place of a file "
        "format, a queue in place of a topic. Both are texts, so nothing else notices.",
    .consequence =
        "The cloud refuses it in the middle of an apply, or takes it for something that "
        "does not exist.",
    .mend = "Refer to an object of the type that the message names."};

namespace {

struct Place {
  std::string_view type;
  std::string_view input;  // dotted
  std::string_view output;
  std::string_view wanted;  // type
};
constexpr std::array places{
    Place{"aws.s3_notification", "topic", "arn", "aws.sns_topic"},
    Place{"aws.s3_notification", "function", "arn", "aws.lambda_function"},
    Place{"snowflake.storage_integration", "role_arn", "arn", "aws.iam_role"},
    Place{"snowflake.stage", "storage_integration", "fqn", "snowflake.storage_integration"},
    Place{"snowflake.stage", "file_format", "fqn", "snowflake.file_format"},
    Place{"snowflake.pipe", "copy.into", "fqn", "snowflake.table"},
    Place{"snowflake.pipe", "copy.from", "fqn", "snowflake.stage"},
    Place{"snowflake.pipe", "copy.file_format", "fqn", "snowflake.file_format"},
    Place{"snowflake.pipe", "sns_topic", "arn", "aws.sns_topic"},
    Place{"snowflake.external_table", "stage", "fqn", "snowflake.stage"},
    Place{"snowflake.external_table", "file_format", "fqn", "snowflake.file_format"},
    Place{"snowflake.external_table", "sns_topic", "arn", "aws.sns_topic"},
};

const Object* of_any_type(const World& world, std::string_view output, const std::string& text) {
  for (const Object& object : world.all()) {
    if (output_of(object, output) == text) return &object;
  }
  return nullptr;
}

void find_in(const World& world, const Object& object, std::vector<CheckFinding>& findings) {
  for (const Place& place : places) {
    if (place.type != object.type->name) continue;
    const Value& value = object.inputs.at_path(place.input);
    if (!value.is_string() || value.as_string().empty()) continue;
    if (world.by_output(place.wanted, place.output, value.as_string()) != nullptr) continue;
    const Object* other = of_any_type(world, place.output, value.as_string());
    if (other == nullptr) continue;
    findings.push_back(
        finding_at(FIRN409, object, place.input,
                   fmt::format("{} of \"{}\" leads to \"{}\", which is no {}", place.input,
                               object.address, other->address, place.wanted),
                   fmt::format("\"{}\" is a {}.", other->address, other->type->name), {}));
  }
}

}  // namespace

std::optional<Hop> check_references(const World& world, const Load& load, const Keys&) {
  Hop hop{.title = "references", .address = load.loader->address};
  for (const Object* object : {load.loader, load.stage, load.integration}) {
    if (object != nullptr) find_in(world, *object, hop.findings);
  }
  if (hop.findings.empty()) return std::nullopt;  // there is nothing to say of names that fit
  hop.passage = Passage::stops;
  hop.evidence = hop.findings.front().diagnostic.summary;
  return hop;
}

void find_mistaken_names(const World& world, const std::vector<Road>&,
                         std::vector<CheckFinding>& findings) {
  for (const Object& object : world.all())
    find_in(world, object, findings);
}

}  // namespace firn::road
