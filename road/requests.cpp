#include "road/requests.h"

#include <fmt/format.h>
#include <utility>

#include "road/policies.h"

namespace firn::road {

using aws::iam::Principal;
using aws::iam::Request;

Request request_by(const World& world, Principal principal, std::string action,
                   std::string resource) {
  Request request;
  request.principal = std::move(principal);
  request.action = std::move(action);
  request.resource = std::move(resource);
  request.resource_account = world.aws().account;
  request.context.set("aws:SecureTransport", "true");
  add_principal_keys(request.principal, request.context);
  return request;
}

Request request_for(const World& world, std::string service, const std::string& source,
                    std::string action, std::string resource) {
  Request request = request_by(world, Principal::service(std::move(service)), std::move(action),
                               std::move(resource));
  request.context.set("aws:SourceArn", source);
  request.context.set("aws:SourceAccount", world.aws().account);
  return request;
}

std::string bucket_arn(const World& world, const std::string& bucket) {
  return fmt::format("arn:{}:s3:::{}", world.aws().partition, bucket);
}

std::string external_id_of(const Object& integration) {
  std::string id = output_of(integration, "external_id");
  return id.empty() ? text_of(integration, "external_id") : id;
}

aws::iam::Decision taking(const World& world, const Object& role, Principal principal,
                          const std::string& external_id) {
  Request request =
      request_by(world, std::move(principal), "sts:AssumeRole", output_of(role, "arn"));
  if (!external_id.empty()) request.context.set("sts:ExternalId", external_id);
  aws::iam::Policies policies;
  policies.identity_is_assumed = true;
  policies.resource = trust_of_role(role);
  policies.resource_kind = aws::iam::ResourcePolicyKind::trust;
  return evaluate(request, policies);
}

}  // namespace firn::road
