// Tags of functions and of triggers, which are named by their ARNs.
#include "sandbox/aws/tags.h"

#include <fmt/format.h>

#include "sandbox/aws/arn.h"
#include "sandbox/aws/authorize.h"
#include "sandbox/aws/lambda/operations.h"

namespace firn::sandbox::aws::lambda {
namespace {

constexpr std::string_view mapping_prefix = "event-source-mapping:";

// What a tag request is about, and where it is kept.
struct Tagged {
  std::string place;
  std::string key;
  Value document;
};

Tagged tagged_for(Call& call, const RestInput& input, const char* action) {
  const std::string& text = input.path.front();
  const auto arn = parse_arn(text);
  if (!arn) throw invalid_value(fmt::format("{} is not a valid ARN.", text));
  if (arn->resource.starts_with(mapping_prefix)) {
    const std::string uuid = arn->resource.substr(mapping_prefix.size());
    call.target = uuid;
    authorize(call, action, text);
    const Value* found = find_mapping(call.world, arn->account, arn->region, uuid);
    if (!found) {
      throw Refusal{404, "ResourceNotFoundException", "The resource you requested does not exist."};
    }
    return {collection(arn->account, arn->region, "lambda/mapping"), uuid, *found};
  }
  const Function function = function_for(call, text, action);
  return {collection(function.id.account, function.id.region, "lambda/function"), function.id.name,
          function.document};
}

void keep(Call& call, const Tagged& tagged, Map tags) {
  call.world.store.put(tagged.place, tagged.key,
                       with_tags(tagged.document, checked_tags(std::move(tags))));
}

}  // namespace

Map string_map(const Value& value) {
  Map texts;
  if (!value.is_map()) return texts;
  for (const auto& [key, item] : value.as_map())
    texts.set(key, item.is_string() ? item : Value(""));
  return texts;
}

Map checked_tags(Map tags) {
  if (check_tags(tags).what != TagProblem::What::none) {
    throw invalid_value("The tags are not valid.");
  }
  return tags;
}

RestOutput list_tags(Call& call, const RestInput& input) {
  const Tagged tagged = tagged_for(call, input, "lambda:ListTags");
  return {200, Map{{"Tags", Value(tags_of(tagged.document))}}};
}

RestOutput tag_resource(Call& call, const RestInput& input) {
  const Tagged tagged = tagged_for(call, input, "lambda:TagResource");
  Map tags = tags_of(tagged.document);
  for (const auto& [key, value] : string_map(input.body.at("Tags")))
    tags.set(key, value);
  keep(call, tagged, std::move(tags));
  return {204, {}};
}

RestOutput untag_resource(Call& call, const RestInput& input) {
  const Tagged tagged = tagged_for(call, input, "lambda:UntagResource");
  Map tags = tags_of(tagged.document);
  for (const std::string& key : input.parameters("tagKeys"))
    tags.erase(key);
  keep(call, tagged, std::move(tags));
  return {204, {}};
}

}  // namespace firn::sandbox::aws::lambda
