// May Snowflake take the role?
//
// Snowflake, "Configuring a Snowflake storage integration to access Amazon S3"; IAM User Guide,
// "The confused deputy problem".
#include <fmt/format.h>

#include "road/hops/hops.h"

namespace firn::road {

const Check FIRN211{
    .code = "FIRN211",
    .severity = Severity::error,
    .title = "The role does not trust the integration's user",
    .cause =
        "The trust policy does not let the integration's IAM user assume the role with the "
        "integration's external id.",
    .consequence =
        "CREATE PIPE fails with \"Error assuming AWS_ROLE\"; a pipe that was there stops "
        "loading.",
    .mend = "trust: { snowflake: \"${integration}\" } on the aws.iam_role."};
std::optional<Hop> check_trust(const World& world, const Load& load, const Keys&) {
  using aws::iam::Policies;
  using aws::iam::Principal;
  using aws::iam::Request;
  Hop hop{.title = "trust policy"};
  if (load.integration == nullptr || load.role == nullptr) {
    hop.passage = Passage::unknown;
    hop.evidence = load.integration == nullptr
                       ? "the integration is not in this stack"
                       : fmt::format("the role {} is not in this stack",
                                     text_of(*load.integration, "role_arn"));
    return hop;
  }
  hop.address = load.role->address;
  std::string external_id = output_of(*load.integration, "external_id");
  if (external_id.empty()) external_id = text_of(*load.integration, "external_id");
  Request request;
  request.principal = Principal::user(output_of(*load.integration, "iam_user_arn"));
  request.action = "sts:AssumeRole";
  request.resource = output_of(*load.role, "arn");
  request.resource_account = world.aws().account;
  request.context.set("sts:ExternalId", external_id);
  request.context.set("aws:SecureTransport", "true");
  add_principal_keys(request.principal, request.context);
  Policies policies;
  policies.identity_is_assumed = true;
  policies.resource = trust_of_role(*load.role);
  policies.resource_kind = aws::iam::ResourcePolicyKind::trust;
  const auto decision = evaluate(request, policies);
  if (decision.allowed) {
    hop.evidence = allowed_text(decision);
    return hop;
  }
  hop.passage = Passage::stops;
  hop.evidence = describe(decision);
  hop.findings.push_back(
      finding_at(FIRN211, *load.role, "trust",
                 fmt::format("\"{}\" does not trust the user of \"{}\"", load.role->address,
                             load.integration->address),
                 describe(decision),
                 fmt::format("trust: {{ snowflake: \"${{{}}}\" }}", load.integration->address)));
  return hop;
}

}  // namespace firn::road
