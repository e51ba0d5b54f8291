// What the tables of whole evaluations share: who asks, statements, rows.
#pragma once

#include <gtest/gtest.h>
#include <string>

#include "tests/aws/iam/support.h"

namespace firn::aws::iam::test {

inline constexpr const char* own = "123456789012";
inline constexpr const char* other = "210987654321";
inline constexpr const char* object = "arn:aws:s3:::lake/raw/a.csv";
inline constexpr const char* role = "arn:aws:iam::123456789012:role/Target";

inline constexpr const char* allow = R"({"Effect": "Allow", "Action": "*", "Resource": "*"})";
inline constexpr const char* deny = R"({"Effect": "Deny", "Action": "*", "Resource": "*"})";
inline constexpr const char* nothing = R"({"Effect": "Allow", "Action": "ec2:*", "Resource": "*"})";

inline Principal user() {
  return Principal::user("arn:aws:iam::123456789012:user/ada");
}
inline Principal session() {
  return Principal::role_session("arn:aws:iam::123456789012:role/Loader", "run");
}
inline Principal federated() {
  return Principal::federated_user("arn:aws:iam::123456789012:user/ada", "bob");
}
inline Principal root() {
  return Principal::root(own);
}
inline Principal stranger() {
  return Principal::user("arn:aws:iam::210987654321:user/eve");
}
inline Principal service() {
  return Principal::service("s3.amazonaws.com");
}

// A statement of a resource's policy about these principals.
inline std::string to(const std::string& principal, const std::string& effect = "Allow",
                      const std::string& more = {}) {
  return R"({"Effect": ")" + effect + R"(", "Action": "*", "Resource": "*", "Principal": )" +
         principal + more + "}";
}
inline std::string trust(const std::string& principal, const std::string& more = {}) {
  return R"({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": )" + principal + more +
         "}";
}

inline const std::string the_user = R"({"AWS": "arn:aws:iam::123456789012:user/ada"})";
inline const std::string the_role = R"({"AWS": "arn:aws:iam::123456789012:role/Loader"})";
inline const std::string the_session =
    R"({"AWS": "arn:aws:sts::123456789012:assumed-role/Loader/run"})";
inline const std::string the_account = R"({"AWS": "123456789012"})";
inline const std::string the_stranger = R"({"AWS": "arn:aws:iam::210987654321:user/eve"})";
inline const std::string the_service = R"({"Service": "s3.amazonaws.com"})";
inline const std::string everyone = R"("*")";

// The policies and keys of a row; empty texts where there is no such policy.
struct Given {
  std::string identity = {};
  std::string boundary = {};
  std::string session = {};
  std::string resource = {};
  ResourcePolicyKind kind = ResourcePolicyKind::usual;
  const char* account = own;  // of the resource
  Context context = {};
};

struct Row {
  const char* name;
  Principal principal;
  Reason reason;
  Given given = {};
};

inline void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}

inline constexpr ResourcePolicyKind of_role = ResourcePolicyKind::trust;
inline constexpr ResourcePolicyKind of_key = ResourcePolicyKind::kms_key;

inline Request request_of(const Row& row) {
  Request request;
  request.principal = row.principal;
  request.action = row.given.kind == of_role ? "sts:AssumeRole" : "s3:GetObject";
  request.resource = row.given.kind == of_role ? role : object;
  request.resource_account = row.given.account;
  request.context = row.given.context;
  return request;
}

inline Policies policies_of(const Row& row) {
  Policies policies;
  if (!row.given.identity.empty()) {
    policies.identity.push_back(policy("own", DocumentKind::identity, row.given.identity));
  }
  if (!row.given.boundary.empty()) {
    policies.boundary = policy("limit", DocumentKind::identity, row.given.boundary);
  }
  if (!row.given.session.empty()) {
    policies.session = policy("session", DocumentKind::identity, row.given.session);
  }
  if (!row.given.resource.empty()) {
    const DocumentKind kind =
        row.given.kind == of_role ? DocumentKind::trust : DocumentKind::resource;
    policies.resource = policy("lake", kind, row.given.resource);
  }
  policies.resource_kind = row.given.kind;
  return policies;
}

inline void decides(const Row& row) {
  const Request request = request_of(row);
  const Policies policies = policies_of(row);
  const Decision decision = evaluate(request, policies);
  EXPECT_EQ(reason_name(decision.reason), reason_name(row.reason)) << describe(decision);
  EXPECT_EQ(decision.allowed, decision.reason == Reason::allowed);
  EXPECT_EQ(decision.denied_by.has_value(), decision.reason == Reason::explicit_deny);
  // A single resource is a pattern of one text.
  EXPECT_EQ(evaluate_pattern(request, policies).allowed, decision.allowed);
}

}  // namespace firn::aws::iam::test
