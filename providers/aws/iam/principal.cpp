#include "providers/aws/iam/principal.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "core/base/text.h"

namespace firn::aws::iam {
namespace {

using Kind = Principal::Kind;

struct ArnParts {
  std::string partition;
  std::string account;
  std::string resource;
};

ArnParts parts_of(std::string_view arn) {
  ArnParts parts;
  std::vector<std::string> pieces = split(arn, ':');
  if (pieces.size() < 6 || pieces[0] != "arn") return parts;
  parts.partition = pieces[1];
  parts.account = pieces[4];
  pieces.erase(pieces.begin(), pieces.begin() + 5);
  parts.resource = join(pieces, ":");
  return parts;
}

// "Loader" of "role/service/Loader".
std::string last_of_path(const std::string& resource) {
  return resource.substr(resource.rfind('/') + 1);
}

bool is_account(std::string_view text) {
  return text.size() == 12 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "arn:aws:iam::123456789012:root", or the bare number: both stand for the account.
std::string named_account(const std::string& text) {
  if (is_account(text)) return text;
  const ArnParts parts = parts_of(text);
  return parts.resource == "root" ? parts.account : std::string();
}

NamedAs match_aws(const std::string& text, const Principal& principal) {
  if (!principal.has_account()) return NamedAs::nobody;
  if (const std::string account = named_account(text); !account.empty()) {
    return account == principal.account ? NamedAs::account : NamedAs::nobody;
  }
  if (text == principal.arn) return NamedAs::itself;
  if (!principal.behind.empty() && text == principal.behind) return NamedAs::behind;
  // Services keep a role or user by its unique id, which is what is left when it was deleted.
  if (!principal.unique_id.empty() && text == principal.unique_id) {
    return principal.behind.empty() ? NamedAs::itself : NamedAs::behind;
  }
  return NamedAs::nobody;
}

Principal session(const std::string& of, const std::string& session_name, Kind kind) {
  const ArnParts parts = parts_of(of);
  Principal principal;
  principal.kind = kind;
  principal.account = parts.account;
  principal.behind = of;
  principal.arn = kind == Kind::role_session
                      ? fmt::format("arn:{}:sts::{}:assumed-role/{}/{}", parts.partition,
                                    parts.account, last_of_path(parts.resource), session_name)
                      : fmt::format("arn:{}:sts::{}:federated-user/{}", parts.partition,
                                    parts.account, session_name);
  return principal;
}

}  // namespace

Principal Principal::root(const std::string& account) {
  Principal principal;
  principal.kind = Kind::root;
  principal.account = account;
  principal.arn = fmt::format("arn:aws:iam::{}:root", account);
  return principal;
}

Principal Principal::user(const std::string& arn, std::string unique_id) {
  Principal principal;
  principal.kind = Kind::user;
  principal.account = account_of(arn);
  principal.arn = arn;
  principal.unique_id = std::move(unique_id);
  return principal;
}

Principal Principal::role_session(const std::string& role_arn, const std::string& session_name,
                                  std::string unique_id) {
  Principal principal = session(role_arn, session_name, Kind::role_session);
  principal.unique_id = std::move(unique_id);
  return principal;
}

Principal Principal::federated_user(const std::string& user_arn, const std::string& session_name) {
  return session(user_arn, session_name, Kind::federated_user);
}

Principal Principal::service(std::string name) {
  Principal principal;
  principal.kind = Kind::service;
  principal.name = std::move(name);
  return principal;
}

Principal Principal::identity(std::string provider) {
  Principal principal;
  principal.kind = Kind::identity;
  principal.name = std::move(provider);
  return principal;
}

std::string account_of(std::string_view arn) {
  return parts_of(arn).account;
}

PrincipalMatch match_principal(const PrincipalElement& element, const Principal& principal) {
  PrincipalMatch found;
  const auto meet = [&found](NamedAs named_as) {
    if (named_as == NamedAs::nobody) return;
    found.match = Match::yes;
    found.named_as = std::max(found.named_as, named_as);
  };
  const auto look = [&](const std::vector<PolicyText>& texts, const auto& name) {
    for (const PolicyText& text : texts) {
      if (text.is_known()) {
        meet(name(text.text));
      } else {
        found.match = either(found.match, Match::cannot_tell);
      }
    }
  };
  const auto equals_name = [&principal](const std::string& text) {
    return text == principal.name ? NamedAs::itself : NamedAs::nobody;
  };
  if (element.everyone) meet(NamedAs::everyone);
  if (principal.has_account()) {
    look(element.aws, [&](const std::string& text) { return match_aws(text, principal); });
    // A canonical user id is another name of an account, and nobody here knows of which.
    look(element.canonical_users, [](const std::string&) { return NamedAs::nobody; });
    if (!element.canonical_users.empty()) found.match = either(found.match, Match::cannot_tell);
  }
  if (principal.kind == Kind::service) look(element.services, equals_name);
  if (principal.kind == Kind::identity) look(element.federated, equals_name);
  return found;
}

void add_principal_keys(const Principal& principal, Context& context) {
  const std::string name = last_of_path(parts_of(principal.arn).resource);
  context.set("aws:PrincipalIsAWSService", principal.kind == Kind::service ? "true" : "false");
  if (principal.kind == Kind::service) context.set("aws:PrincipalServiceName", principal.name);
  if (!principal.has_account()) return;
  context.set("aws:PrincipalAccount", principal.account);
  // "For IAM roles, the request context returns the ARN of the role, not the ARN of the user that
  // assumed the role." A federated user is named by its session.
  context.set("aws:PrincipalArn",
              principal.kind == Kind::role_session ? principal.behind : principal.arn);
  switch (principal.kind) {
    case Kind::root:
      context.set("aws:PrincipalType", "Account");
      context.set("aws:userid", principal.account);
      break;
    case Kind::user:
      context.set("aws:PrincipalType", "User");
      context.set("aws:username", name);
      if (!principal.unique_id.empty()) context.set("aws:userid", principal.unique_id);
      break;
    case Kind::role_session:
      context.set("aws:PrincipalType", "AssumedRole");
      if (!principal.unique_id.empty()) {
        context.set("aws:userid", fmt::format("{}:{}", principal.unique_id, name));
      }
      break;
    case Kind::federated_user:
      context.set("aws:PrincipalType", "FederatedUser");
      context.set("aws:userid", fmt::format("{}:{}", principal.account, name));
      break;
    default:
      break;
  }
}

}  // namespace firn::aws::iam
