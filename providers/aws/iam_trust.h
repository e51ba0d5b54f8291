// A role's trust: who may assume it, as an author says it and as the trust policy that says the
// same. The normal form is {statements: […]}, which is what IAM can show again.
#pragma once

#include <array>
#include <vector>

#include "core/schema/attribute.h"
#include "core/schema/resource_type.h"
#include "core/value/value.h"

namespace firn::aws {

inline constexpr Attribute kTrustService{.name = "service",
                                         .doc = "A service of AWS, as in lambda.amazonaws.com."};
inline constexpr Attribute kTrustStatement{
    .name = "statement",
    .kind = AttributeKind::any,
    .doc = "A statement of the trust policy in AWS's own words."};
inline constexpr std::array kTrustSnowflake{
    Attribute{.name = "external_id",
              .doc = "The external id that Snowflake shows with every request for the role.",
              .required = true},
    Attribute{.name = "iam_user_arn",
              .doc = "The IAM user in Snowflake's account that assumes the role.",
              .required = true},
};
inline constexpr Attribute kTrustAudience{.name = "audience", .doc = "An audience of tokens."};
inline constexpr Attribute kTrustSubject{
    .name = "subject", .doc = "A subject of tokens; * and ? stand for any characters."};
inline constexpr std::array kTrustWebIdentity{
    Attribute{.name = "audiences",
              .kind = AttributeKind::list,
              .doc = "For whom the token must be meant.",
              .unordered = true,
              .default_json = "[\"sts.amazonaws.com\"]",
              .element = &kTrustAudience},
    Attribute{.name = "provider",
              .doc = "The OpenID Connect provider that signs the tokens, by ARN.",
              .required = true,
              .takes = "arn",
              .example = "${github}"},
    Attribute{.name = "subjects",
              .kind = AttributeKind::list,
              .doc = "Whom the token must be about: for GitHub, a repository with a branch or an "
                     "environment.",
              .required = true,
              .unordered = true,
              .example = "[\"repo:acme/lake:environment:prod\"]",
              .element = &kTrustSubject,
              .minimum = 1},
};
inline constexpr std::array kTrustFields{
    Attribute{.name = "service",
              .kind = AttributeKind::list,
              .doc = "Services of AWS that may assume the role.",
              .unordered = true,
              .example = "[states.amazonaws.com]",
              .element = &kTrustService},
    Attribute{
        .name = "snowflake",
        .kind = AttributeKind::object,
        .doc = "A storage or notification integration whose IAM user may assume the role, with its "
               "external id.",
        .on_target_replaced = OnTargetReplaced::update,
        .takes = "iam_user_arn,external_id",
        .example = "${lake}",
        .fields = kTrustSnowflake},
    Attribute{.name = "source_account",
              .doc =
                  "The account on whose behalf the services must act, which keeps other accounts' "
                  "resources from using the role.",
              .example = "\"123456789012\""},
    Attribute{.name = "statements",
              .kind = AttributeKind::list,
              .doc = "Further statements of the trust policy, in AWS's own words.",
              .unordered = true,
              .default_json = "[]",
              .element = &kTrustStatement},
    Attribute{.name = "web_identity",
              .kind = AttributeKind::object,
              .doc = "Programs outside AWS that may assume the role with a token of an OpenID "
                     "Connect provider.",
              .example =
                  "{ provider: \"${github}\", subjects: [\"repo:acme/lake:ref:refs/heads/main\"] }",
              .fields = kTrustWebIdentity},
};
inline constexpr Attribute kTrustAttribute{
    .name = "trust",
    .kind = AttributeKind::object,
    .doc = "Who may assume the role.",
    .required = true,
    .example = "{ service: [states.amazonaws.com], source_account: \"123456789012\" }",
    .fields = kTrustFields};

// {statements: […]}; idempotent. Unknown ARNs stay unknown inside.
[[nodiscard]] Value normalize_trust(const Value& trust);
// The trust policy, normalised.
[[nodiscard]] Value trust_document(const Value& trust);
void validate_trust(const Value& trust, std::vector<Problem>& problems);

}  // namespace firn::aws
