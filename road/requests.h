// Requests as they are made on a road, with all that AWS would know of them.
#pragma once

#include <string>

#include "providers/aws/iam/evaluator.h"
#include "road/world.h"

namespace firn::road {

// Over TLS, about a resource of the stack's account.
[[nodiscard]] aws::iam::Request request_by(const World& world, aws::iam::Principal principal,
                                           std::string action, std::string resource);
// By a service on behalf of a resource of the stack's account: a bucket, a topic.
[[nodiscard]] aws::iam::Request request_for(const World& world, std::string service,
                                            const std::string& source, std::string action,
                                            std::string resource);
[[nodiscard]] std::string bucket_arn(const World& world, const std::string& bucket);

// What an integration of Snowflake shows when it takes its role.
[[nodiscard]] std::string external_id_of(const Object& integration);
// Whether `principal` may take the role when it shows this external id; "" for none.
[[nodiscard]] aws::iam::Decision taking(const World& world, const Object& role,
                                        aws::iam::Principal principal,
                                        const std::string& external_id);

}  // namespace firn::road
