// Which Snowflake account, user, role and key a run uses, read as Snowflake's own tools read them.
//
// Snowflake documentation: "Configuring Snowflake CLI", "Managing Snowflake connections", "Account
// identifiers". What is set explicitly (firn's environment file) wins, except over the user, role
// and warehouse of a connection that the command line names; then come
// SNOWFLAKE_CONNECTIONS_<NAME>_<KEY>, the files connections.toml or config.toml, SNOWFLAKE_<KEY>.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace firn::snowflake {

// What firn's environment file or the sandbox says. An empty text means "not said".
struct ConnectionOptions {
  std::string connection;  // name of a connection in the files; empty: the default one
  // Its user, role and warehouse win over the ones below. The account never does: an environment's
  // objects are in one account, whoever works on them.
  bool connection_decides = false;
  std::string account;  // "myorg-myaccount", "xy12345.eu-west-1", a whole host name
  std::string user;
  std::string role;
  std::string warehouse;
  std::string endpoint;         // "http://127.0.0.1:8080": instead of the account's own host
  std::string private_key_pem;  // the key itself; wins over every file
};

enum class Authenticator : std::uint8_t { key_pair, oauth, programmatic_access_token };

struct Connection {
  std::string account;    // as written, without a domain
  std::string user;       // as written
  std::string role;       // as stored; empty: the user's default
  std::string warehouse;  // as stored; empty: none
  std::string scheme = "https";
  std::string host;
  int port = 0;  // 0: the scheme's own
  Authenticator authenticator = Authenticator::key_pair;
  std::string private_key_file;  // when private_key_pem is empty
  std::string private_key_pem;
  std::string passphrase;
  std::string token;              // for oauth and programmatic_access_token
  std::vector<std::string> read;  // files and variables that were looked at, for messages

  // As a token's issuer and subject need them: upper case, account without region.
  [[nodiscard]] std::string issuer_account() const;
  [[nodiscard]] std::string issuer_user() const;
};

// The outside world of resolve_connection(); a test replaces it.
struct ConnectionSources {
  std::function<std::optional<std::string>(const std::string& name)> variable;
  // A file's text; nothing when it does not exist.
  std::function<Result<std::optional<std::string>>(const std::string& path)> file;
  // True when others than the owner may read the file.
  std::function<bool(const std::string& path)> is_open_to_others;
  std::string home;  // the user's home directory
};
// Environment variables and files of this process.
[[nodiscard]] ConnectionSources process_sources();

// Merges all of them; when account, user and key are explicit, reads nothing else. Does not read
// the key's file: load_private_key() does, when it is needed. Fails with ErrorKind::credentials and
// says what is missing and where it was looked for.
[[nodiscard]] Result<Connection> resolve_connection(const ConnectionOptions& options,
                                                    const ConnectionSources& sources);
// Fills private_key_pem from private_key_file.
[[nodiscard]] Status load_private_key(Connection& connection, const ConnectionSources& sources);

// The host of an account identifier: "myorg-my-account.snowflakecomputing.com".
[[nodiscard]] std::string account_host(std::string_view account);
// The identifier without a URL's scheme and Snowflake's domain.
[[nodiscard]] std::string account_identifier(std::string_view text);

}  // namespace firn::snowflake
