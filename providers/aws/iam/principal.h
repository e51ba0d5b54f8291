// Who asks, and how a policy can name him.
//
// Sources, in the IAM User Guide: "AWS JSON policy elements: Principal", "AWS global condition
// context keys" (properties of the principal).
#pragma once

#include <string>
#include <string_view>

#include "providers/aws/iam/document.h"

namespace firn::aws::iam {

struct Principal {
  enum class Kind : std::uint8_t {
    anonymous,
    root,            // the root user of an account
    user,            // an IAM user
    role_session,    // who has assumed a role
    federated_user,  // a session of GetFederationToken
    service,         // "lambda.amazonaws.com"
    identity,        // somebody with a token of an identity provider, on the way to a role
  };
  Kind kind = Kind::anonymous;
  std::string account = {};    // empty: none (services, anonymous, identity)
  std::string arn = {};        // of the user, the root, the session
  std::string behind = {};     // of sessions: the ARN of the role or user whose session it is
  std::string unique_id = {};  // "AROA…" or "AIDA…" of the role or user; may be empty
  std::string name = {};       // service: its name; identity: the provider's ARN or host

  [[nodiscard]] static Principal anonymous() { return {}; }
  [[nodiscard]] static Principal root(const std::string& account);
  [[nodiscard]] static Principal user(const std::string& arn, std::string unique_id = {});
  [[nodiscard]] static Principal role_session(const std::string& role_arn,
                                              const std::string& session_name,
                                              std::string unique_id = {});
  [[nodiscard]] static Principal federated_user(const std::string& user_arn,
                                                const std::string& session_name);
  [[nodiscard]] static Principal service(std::string name);
  [[nodiscard]] static Principal identity(std::string provider);

  // Users, roles and roots have policies of their own; the others live by the resource's.
  [[nodiscard]] bool has_account() const { return !account.empty(); }
};

// The account of an ARN; empty when it names none (buckets) or is no ARN.
[[nodiscard]] std::string account_of(std::string_view arn);

// How a statement names a principal, from the weakest to the strongest. What a resource policy's
// word is worth depends on it ("Determining whether a request is allowed or denied within an
// account").
enum class NamedAs : std::uint8_t {
  nobody,
  account,   // by its account: the account's own policies decide further
  behind,    // by the role or user whose session it is: boundary and session policy still limit it
  itself,    // directly
  everyone,  // by "*"
};

struct PrincipalMatch {
  Match match = Match::no;
  NamedAs named_as = NamedAs::nobody;
};
// Of the element as it stands, be it Principal or NotPrincipal.
[[nodiscard]] PrincipalMatch match_principal(const PrincipalElement& element,
                                             const Principal& principal);

// Puts the keys into `context` that AWS adds for every principal of this kind: aws:PrincipalArn,
// aws:PrincipalAccount, aws:PrincipalType, aws:userid, aws:username, aws:PrincipalIsAWSService, …
void add_principal_keys(const Principal& principal, Context& context);

}  // namespace firn::aws::iam
