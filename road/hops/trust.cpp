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
  const auto user = aws::iam::Principal::user(output_of(*load.integration, "iam_user_arn"));
  const auto decision = taking(world, *load.role, user, external_id_of(*load.integration));
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
