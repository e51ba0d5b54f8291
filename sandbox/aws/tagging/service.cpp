// Resource Groups Tagging API: tags of everything in a region. IAM is not in it, as at AWS.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <set>

#include "sandbox/aws/authorize.h"
#include "sandbox/aws/s3/state.h"
#include "sandbox/aws/services.h"
#include "sandbox/aws/tags.h"
#include "sandbox/aws/wire/protocol.h"

namespace firn::sandbox::aws {
namespace {

struct Source {
  std::string_view place;
  std::string_view type;  // as ResourceTypeFilters name it
};
constexpr std::array sources = {
    Source{"sqs/queue", "sqs"},
    Source{"sns/topic", "sns"},
    Source{"lambda/function", "lambda:function"},
    Source{"logs/group", "logs:log-group"},
    Source{"states/machine", "states:stateMachine"},
    Source{"scheduler/group", "scheduler:schedule-group"},
    Source{"kms/key", "kms:key"},
    Source{"secretsmanager/secret", "secretsmanager:secret"},
    Source{"cloudwatch/alarm", "cloudwatch:alarm"},
    Source{"ecr/repository", "ecr:repository"},
    Source{"events/rule", "events:rule"},
};

struct Tagged {
  std::string arn;
  std::string type;
  Map tags;
};

std::vector<Tagged> all_tagged(const Call& call) {
  std::vector<Tagged> found;
  for (const auto& [name, bucket] : call.world.store.list("aws/s3/bucket")) {
    if (bucket.string_or("account", "") == call.account &&
        bucket.string_or("region", "") == call.region && !tags_of(bucket).empty()) {
      found.push_back({s3::bucket_arn(bucket), "s3:bucket", tags_of(bucket)});
    }
  }
  for (const Source& source : sources) {
    for (const auto& [name, document] : call.world.store.list(call.place(source.place))) {
      if (tags_of(document).empty()) continue;
      const std::string arn = document.string_or("arn", document.string_or("AlarmArn", ""));
      found.push_back({arn, std::string(source.type), tags_of(document)});
    }
  }
  std::sort(found.begin(), found.end(),
            [](const Tagged& a, const Tagged& b) { return a.arn < b.arn; });
  return found;
}

// "s3" takes every type of S3, "lambda:function" that one.
bool type_fits(const Value& filters, const std::string& type) {
  if (!filters.is_list() || filters.as_list().empty()) return true;
  const List& items = filters.as_list();
  return std::any_of(items.begin(), items.end(), [&](const Value& item) {
    const std::string wanted = item.is_string() ? item.as_string() : std::string();
    return type == wanted || type.starts_with(wanted + ":");
  });
}

// All keys must fit; of one key's values, any.
bool tags_fit(const Value& filters, const Map& tags) {
  if (!filters.is_list()) return true;
  const List& items = filters.as_list();
  return std::all_of(items.begin(), items.end(), [&](const Value& filter) {
    const Value* value = tags.find(filter.string_or("Key", ""));
    if (!value) return false;
    const Value& values = filter.at("Values");
    if (!values.is_list() || values.as_list().empty()) return true;
    const List& wanted = values.as_list();
    return std::find(wanted.begin(), wanted.end(), *value) != wanted.end();
  });
}

bool arn_fits(const Value& arns, const std::string& arn) {
  if (!arns.is_list() || arns.as_list().empty()) return true;
  const List& wanted = arns.as_list();
  return std::find(wanted.begin(), wanted.end(), Value(arn)) != wanted.end();
}

Value get_resources(Call& call, const Value& input) {
  authorize(call, "tag:GetResources", "*");
  const Value& arns = input.at("ResourceARNList");
  const bool by_arn = arns.is_list() && !arns.as_list().empty();
  const std::string after = input.string_or("PaginationToken", "");
  if (by_arn && (input.find("ResourcesPerPage") || input.find("TagFilters") || !after.empty())) {
    throw Refusal{400, "InvalidParameterException",
                  "ResourceARNList can't be combined with TagFilters, ResourcesPerPage or "
                  "PaginationToken."};
  }
  const auto most = static_cast<std::size_t>(
      std::clamp<std::int64_t>(input.int_or("ResourcesPerPage", 50), 1, 100));
  List mappings;
  std::string next;
  std::string last;
  for (const Tagged& one : all_tagged(call)) {
    if (!after.empty() && one.arn <= after) continue;
    if (!type_fits(input.at("ResourceTypeFilters"), one.type) ||
        !tags_fit(input.at("TagFilters"), one.tags) || !arn_fits(arns, one.arn)) {
      continue;
    }
    if (!by_arn && mappings.size() == most) {
      next = last;
      break;
    }
    mappings.push_back(
        Map{{"ResourceARN", one.arn}, {"Tags", tag_list(Value(one.tags), "Key", "Value")}});
    last = one.arn;
  }
  return Map{{"PaginationToken", next}, {"ResourceTagMappingList", Value(std::move(mappings))}};
}

Value get_tag_keys(Call& call, const Value&) {
  authorize(call, "tag:GetTagKeys", "*");
  std::set<std::string> keys;
  for (const Tagged& one : all_tagged(call)) {
    for (const auto& [key, value] : one.tags)
      keys.insert(key);
  }
  List list(keys.begin(), keys.end());
  return Map{{"PaginationToken", ""}, {"TagKeys", Value(std::move(list))}};
}

constexpr std::array operations = {
    JsonOperation{"GetResources", get_resources},
    JsonOperation{"GetTagKeys", get_tag_keys},
};

}  // namespace

http::Response answer_tagging(Call& call) {
  return answer_json(call, {"tagging", "ResourceGroupsTaggingAPI_20170126",
                            "application/x-amz-json-1.1", operations});
}

}  // namespace firn::sandbox::aws
