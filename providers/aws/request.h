// From a Call to an unsigned HTTP request, by the service's protocol.
#pragma once

#include <string>

#include "core/http/http.h"
#include "providers/aws/client.h"
#include "providers/aws/endpoint.h"

namespace firn::aws {

[[nodiscard]] http::Request build_request(const Call& call, const Endpoint& endpoint,
                                          const ClientOptions& options);

// Parameters of the query protocol: "Action=CreateTopic&Name=t&Version=2010-03-31", sorted by name.
[[nodiscard]] std::string query_body(const Service& service, std::string_view operation,
                                     const Value& input);

}  // namespace firn::aws
