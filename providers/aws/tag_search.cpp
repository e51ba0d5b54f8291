#include "providers/aws/tag_search.h"

#include <algorithm>
#include <utility>

#include "providers/aws/calls.h"
#include "providers/aws/ownership.h"

namespace firn::aws {
namespace {

// GetResources takes so many ARNs in one call.
constexpr std::size_t arns_per_call = 100;

}  // namespace

Task<std::map<std::string, Map>> search_tags(Client& client, std::vector<std::string> arns) {
  std::vector<Call> calls;
  for (std::size_t begin = 0; begin < arns.size(); begin += arns_per_call) {
    const std::size_t end = std::min(arns.size(), begin + arns_per_call);
    List list;
    for (std::size_t i = begin; i < end; ++i)
      list.emplace_back(arns[i]);
    Map input;
    input.set("ResourceARNList", std::move(list));
    const ResourceRecord nobody;
    calls.push_back(reading(service::tagging, "GetResources", std::move(input), nobody));
  }
  const std::vector<Result<Reply>> replies = co_await call_together(client, std::move(calls));
  std::map<std::string, Map> found;
  for (const Result<Reply>& reply : replies) {
    if (!reply) continue;
    for (const Value& one : reply->list("ResourceTagMappingList"))
      found[text_at(one, "ResourceARN")] = tags_from_list(list_at(one, "Tags"));
  }
  co_return found;
}

}  // namespace firn::aws
