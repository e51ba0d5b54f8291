// Tags of many objects with few calls, by the Resource Groups Tagging API.
//
// What it knows is some seconds to minutes old, and objects that never had a tag are missing. So it
// can confirm what is expected, and nothing else: whoever finds something unexpected asks the
// object's own service. Source: Resource Groups Tagging API Reference, GetResources.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "providers/aws/client.h"

namespace firn::aws {

// By ARN; without those that it does not know. Empty when it cannot be asked, which its callers
// make up for.
Task<std::map<std::string, Map>> search_tags(Client& client, std::vector<std::string> arns);

}  // namespace firn::aws
