#include "sandbox/aws/credentials.h"

#include <chrono>
#include <fmt/format.h>

#include "core/base/digest.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/iam/access_keys.h"
#include "sandbox/aws/iam/state.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws {
namespace {

constexpr std::string_view sessions = "aws/sts/session";
constexpr std::size_t secret_length = 40;

std::string derived_secret(const World& world, const std::string& access_key_id) {
  return base64(world.derive("secret of " + access_key_id)).substr(0, secret_length);
}

// The account stands in the key id, so a key needs no entry anywhere. Four derived letters tell the
// keys of two sandbox files apart.
std::string administrator_key_id(const World& world, const std::string& account) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const std::string bytes = world.derive("key of " + account);
  std::string id = "AKIA" + account;
  for (std::size_t i = 0; i < 4; ++i) {
    id += alphabet[static_cast<unsigned char>(bytes[i]) % alphabet.size()];
  }
  return id;
}

std::optional<KnownKey> user_key(const World& world, const std::string& access_key_id) {
  const auto found = iam::find_access_key(world, access_key_id);
  if (!found || found->string_or("status", "") != "Active") return std::nullopt;
  const auto delay =
      std::chrono::duration_cast<std::chrono::milliseconds>(world.options.iam_delay).count();
  if (found->int_or("created_at", 0) + delay > world.now_ms()) return std::nullopt;
  const std::string account = found->string_or("account", "");
  const Value* user = iam::find(world, account, "user", found->string_or("user", ""));
  if (!user) return std::nullopt;
  KnownKey key;
  key.secret = derived_secret(world, access_key_id);
  key.principal.kind = Principal::Kind::user;
  key.principal.account = account;
  key.principal.arn = user->string_or("arn", "");
  key.principal.unique_id = user->string_or("id", "");
  return key;
}

}  // namespace

std::string secret_access_key(const World& world, const std::string& access_key_id) {
  return derived_secret(world, access_key_id);
}

void note_use(World& world, const std::string& access_key_id, const std::string& service,
              const std::string& region) {
  const auto found = iam::find_access_key(world, access_key_id);
  if (!found) return;
  Value used = with(*found, "used_at", world.now_ms());
  used = with(used, "used_service", service);
  used = with(used, "used_region", region);
  iam::keep_access_key(world, access_key_id, std::move(used));
}

AwsCredentials administrator_key(const World& world, const std::string& account) {
  const std::string id = administrator_key_id(world, account);
  return {id, derived_secret(world, id)};
}

std::optional<KnownKey> find_key(const World& world, const std::string& access_key_id) {
  KnownKey key;
  if (access_key_id.starts_with("AKIA") && access_key_id.size() == 20) {
    const std::string account = access_key_id.substr(4, 12);
    if (!is_account(account) || access_key_id != administrator_key_id(world, account)) {
      return user_key(world, access_key_id);
    }
    key.secret = derived_secret(world, access_key_id);
    key.principal.kind = Principal::Kind::root;
    key.principal.account = account;
    key.principal.arn = fmt::format("arn:aws:iam::{}:root", account);
    key.principal.unique_id = account;
    return key;
  }
  const Value* session = world.store.get(sessions, access_key_id);
  if (!session) return std::nullopt;
  key.secret = derived_secret(world, access_key_id);
  key.session_token = session->string_or("token", "");
  key.expires_at_ms = session->int_or("expires_at", 0);
  key.session_policy = session->string_or("policy", "");
  key.principal.kind = Principal::Kind::role;
  key.principal.account = session->string_or("account", "");
  key.principal.arn = session->string_or("arn", "");
  key.principal.role_arn = session->string_or("role_arn", "");
  key.principal.unique_id = session->string_or("unique_id", "");
  return key;
}

SessionKey make_session_key(World& world, const Principal& principal, std::int64_t expires_at_ms,
                            const std::string& session_policy) {
  SessionKey key;
  key.access_key_id = world.fresh_id("ASIA", 20);
  key.secret_access_key = derived_secret(world, key.access_key_id);
  key.session_token = base64(world.derive("token of " + key.access_key_id) +
                             world.derive("more of " + key.access_key_id));
  world.store.put(sessions, key.access_key_id,
                  Map{{"token", key.session_token},
                      {"expires_at", expires_at_ms},
                      {"policy", session_policy},
                      {"account", principal.account},
                      {"arn", principal.arn},
                      {"role_arn", principal.role_arn},
                      {"unique_id", principal.unique_id}});
  return key;
}

}  // namespace firn::sandbox::aws
