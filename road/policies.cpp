#include "road/policies.h"

#include <fmt/format.h>
#include <utility>

#include "providers/aws/iam_grants.h"
#include "providers/aws/iam_trust.h"
#include "providers/aws/lambda_statement.h"
#include "providers/aws/policy_document.h"
#include "providers/aws/resource_policies.h"
#include "providers/aws/s3_bucket_policy.h"

namespace firn::road {
namespace {

using aws::iam::DocumentKind;
using aws::iam::Policy;

std::optional<Policy> policy_of(std::string name, const Value& document, DocumentKind kind) {
  if (!document.is_map()) return std::nullopt;
  auto parsed = aws::iam::parse_document(document, kind);
  if (!parsed) return std::nullopt;
  return Policy{std::move(name), std::move(*parsed)};
}

Placement placement_of(const World& world, const Object& object) {
  Placement placement = world.aws();
  placement.address = object.address;
  return placement;
}

// As AddPermission writes it (AWS Lambda Developer Guide, "Viewing resource-based IAM policies in
// Lambda").
Value lambda_statement(const World& world, const Object& permission, const std::string& function) {
  const Value wire(aws::permission_wire(placement_of(world, permission), permission.inputs));
  const std::string principal = wire.string_or("Principal", "");
  const bool is_service = principal.find(".amazonaws.com") != std::string::npos;
  Map condition;
  Map equals;
  if (wire.find("SourceAccount") != nullptr)
    equals.set("AWS:SourceAccount", wire.at("SourceAccount"));
  if (wire.find("PrincipalOrgID") != nullptr)
    equals.set("aws:PrincipalOrgID", wire.at("PrincipalOrgID"));
  if (!equals.empty()) condition.set("StringEquals", Value(std::move(equals)));
  if (wire.find("SourceArn") != nullptr)
    condition.set("ArnLike", Value(Map{{"AWS:SourceArn", wire.at("SourceArn")}}));
  Map statement{{"Sid", Value(permission.address)},
                {"Effect", Value("Allow")},
                {"Principal", principal == "*"
                                  ? Value("*")
                                  : Value(Map{{is_service ? "Service" : "AWS", Value(principal)}})},
                {"Action", wire.at("Action")},
                {"Resource", Value(function)}};
  if (!condition.empty()) statement.set("Condition", Value(std::move(condition)));
  return Value(std::move(statement));
}

}  // namespace

std::optional<Policy> policy_of_topic(const World& world, const Object& topic) {
  const auto form = aws::topic_policy_form(placement_of(world, topic), topic.name);
  return policy_of(fmt::format("of topic {}", topic.address), policy_from(form, topic.inputs),
                   DocumentKind::resource);
}

std::optional<Policy> policy_of_queue(const World& world, const Object& queue) {
  const auto form = aws::queue_policy_form(placement_of(world, queue), queue.name);
  return policy_of(fmt::format("of queue {}", queue.address), policy_from(form, queue.inputs),
                   DocumentKind::resource);
}

std::optional<Policy> policy_of_bucket(const World& world, const Object& bucket) {
  aws::BucketPolicyParts parts;
  parts.tls_only = bucket.inputs.bool_or("tls_only", true);
  if (bucket.inputs.at("log_sources").is_list())
    parts.log_sources = bucket.inputs.at("log_sources");
  if (bucket.inputs.at("statements").is_list()) parts.statements = bucket.inputs.at("statements");
  return policy_of(fmt::format("of bucket {}", bucket.address),
                   make_bucket_policy(placement_of(world, bucket), bucket.name, parts),
                   DocumentKind::resource);
}

std::optional<Policy> policy_of_key(const World& world, const Object& key) {
  const auto form = aws::key_policy_form(placement_of(world, key));
  return policy_of(fmt::format("of key {}", key.address), policy_from(form, key.inputs),
                   DocumentKind::resource);
}

std::optional<Policy> policy_of_function(const World& world, const Object& function) {
  const std::string arn = output_of(function, "arn");
  List statements;
  for (const Object* permission : world.of_type("aws.lambda_permission")) {
    const std::string opened = text_of(*permission, "function");
    if (opened == arn || opened == function.name)
      statements.push_back(lambda_statement(world, *permission, arn));
  }
  return policy_of(fmt::format("of function {}", function.address), aws::policy_of(statements),
                   DocumentKind::resource);
}

std::optional<Policy> trust_of_role(const Object& role) {
  return policy_of(fmt::format("trust policy of {}", role.address),
                   aws::trust_document(role.inputs.at("trust")), DocumentKind::trust);
}

OwnPolicies own_policies(const World& world, const Object& role) {
  OwnPolicies own;
  if (const Value& inline_policies = role.inputs.at("policies"); inline_policies.is_map()) {
    for (const auto& [name, grants] : inline_policies.as_map()) {
      auto policy = policy_of(fmt::format("{} of {}", name, role.address),
                              aws::grants_document(grants), DocumentKind::identity);
      if (policy) own.identity.push_back(std::move(*policy));
    }
  }
  const auto managed = [&world](const std::string& arn) -> std::optional<Policy> {
    const Object* object = world.by_output("aws.iam_policy", "arn", arn);
    if (object == nullptr) return std::nullopt;
    return policy_of(object->address, aws::grants_document(object->inputs), DocumentKind::identity);
  };
  for (const std::string& arn : texts_of(role, "managed_policies")) {
    if (auto policy = managed(arn)) {
      own.identity.push_back(std::move(*policy));
    } else {
      own.unknown.push_back(arn);
    }
  }
  const std::string boundary = text_of(role, "permissions_boundary");
  if (!boundary.empty()) {
    own.boundary = managed(boundary);
    if (!own.boundary) own.unknown.push_back(boundary);
  }
  return own;
}

std::string place_text(const aws::iam::StatementPlace& place) {
  const std::string sid = place.sid.empty() ? std::string() : fmt::format(" (\"{}\")", place.sid);
  const std::string statement = fmt::format("statement {}{}", place.index + 1, sid);
  if (place.policy.starts_with("trust policy")) return place.policy + ", " + statement;
  return fmt::format("{} {}, {}", side_name(place.side), place.policy, statement);
}

std::string allowed_text(const aws::iam::Decision& decision) {
  std::string text;
  for (const aws::iam::StatementPlace& place : decision.allowed_by)
    text += (text.empty() ? "" : "; ") + place_text(place);
  return text;
}

}  // namespace firn::road
