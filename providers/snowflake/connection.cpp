#include "providers/snowflake/connection.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/base/text.h"
#include "core/http/http.h"
#include "providers/snowflake/sql.h"
#include "providers/snowflake/toml.h"

namespace firn::snowflake {
namespace {

constexpr std::string_view domain = ".snowflakecomputing.com";
constexpr std::string_view domain_china = ".snowflakecomputing.cn";

// Keys of a connection under all names that Snowflake's tools use for them, the first one ours.
struct Key {
  std::string_view name;
  std::array<std::string_view, 3> spellings;  // as in the files; upper case in variables
};
constexpr std::array keys = {
    Key{"account", {"account", "accountname"}},
    Key{"user", {"user", "username"}},
    Key{"role", {"role", "rolename"}},
    Key{"warehouse", {"warehouse", "warehousename"}},
    Key{"host", {"host"}},
    Key{"port", {"port"}},
    Key{"protocol", {"protocol"}},
    Key{"region", {"region"}},
    Key{"authenticator", {"authenticator"}},
    Key{"private_key_file", {"private_key_file", "private_key_path"}},
    Key{"private_key_raw", {"private_key_raw"}},
    Key{"private_key_passphrase", {"private_key_passphrase", "private_key_file_pwd"}},
    Key{"token", {"token"}},
    Key{"token_file_path", {"token_file_path"}},
};

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// `org.account` against `locator.region[.cloud]`: account names have no hyphen, regions do.
bool is_locator_with_region(std::string_view account) {
  const auto dot = account.find('.');
  if (dot == std::string_view::npos) return false;
  const auto rest = account.substr(dot + 1);
  return rest.find('-') != std::string_view::npos || rest.find('.') != std::string_view::npos ||
         rest == "privatelink" || rest == "aws" || rest == "azure" || rest == "gcp";
}

std::optional<std::string> scalar_text(const Value& value) {
  if (value.is_string()) return value.as_string();
  if (value.is_int()) return std::to_string(value.as_int());
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  return std::nullopt;
}

struct Files {
  Value connections;  // map of connection name to its keys
  std::string default_name;
  std::string path;  // the file that the connections came from; empty when there is none
};

std::string config_folder(const ConnectionSources& sources, std::vector<std::string>& read) {
  if (const auto home = sources.variable("SNOWFLAKE_HOME"); home && !home->empty()) return *home;
  const std::string old = sources.home + "/.snowflake";
  for (const char* name : {"/connections.toml", "/config.toml"}) {
    const auto there = sources.file(old + name);
    if (there && there->has_value()) return old;
  }
  read.push_back(old);
  const auto xdg = sources.variable("XDG_CONFIG_HOME");
  return (xdg && !xdg->empty() ? *xdg : sources.home + "/.config") + "/snowflake";
}

Result<Value> read_config(const std::string& path, const ConnectionSources& sources,
                          std::vector<std::string>& read) {
  read.push_back(path);
  auto text = sources.file(path);
  if (!text) return fail(text.error());
  if (!text->has_value()) return Value();
  if (sources.is_open_to_others(path)) {
    return fail(ErrorKind::credentials, path + " may be read by other people",
                "it can hold passwords and tokens, so Snowflake's tools want it private",
                "run:\n  chmod 600 " + path);
  }
  return parse_toml(**text, path);
}

Result<Files> read_files(const ConnectionSources& sources, std::vector<std::string>& read) {
  Files files;
  const std::string folder = config_folder(sources, read);
  auto config = read_config(folder + "/config.toml", sources, read);
  if (!config) return fail(config.error());
  auto connections = read_config(folder + "/connections.toml", sources, read);
  if (!connections) return fail(connections.error());
  files.default_name = config->string_or("default_connection_name", "");
  if (connections->is_map()) {  // replaces the connections of config.toml, without merging
    files.connections = *connections;
    files.path = folder + "/connections.toml";
  } else {
    files.connections = config->at("connections");
    files.path = config->is_map() ? folder + "/config.toml" : "";
  }
  return files;
}

// Looks a key up in the order of precedence.
class Lookup {
 public:
  Lookup(const ConnectionSources& sources, std::string connection, const Value& section)
      : sources_(sources), connection_(std::move(connection)), section_(section) {}

  [[nodiscard]] std::string find(std::string_view name) const {
    for (const Key& key : keys) {
      if (key.name != name) continue;
      if (auto text = own(key)) return *text;
      if (auto text = variable("SNOWFLAKE_", key)) return *text;
    }
    return {};
  }

  // The same without SNOWFLAKE_<KEY>, which is for every connection.
  [[nodiscard]] std::string find_own(std::string_view name) const {
    for (const Key& key : keys) {
      if (key.name == name) return own(key).value_or("");
    }
    return {};
  }

 private:
  [[nodiscard]] std::optional<std::string> own(const Key& key) const {
    const std::string prefix = "SNOWFLAKE_CONNECTIONS_" + to_upper(connection_) + '_';
    if (auto text = variable(prefix, key)) return text;
    for (const auto spelling : key.spellings) {
      if (spelling.empty()) continue;
      if (auto text = scalar_text(section_.at(spelling))) return text;
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<std::string> variable(const std::string& prefix,
                                                    const Key& key) const {
    for (const auto spelling : key.spellings) {
      if (spelling.empty()) continue;
      auto text = sources_.variable(prefix + to_upper(spelling));
      if (text && !text->empty()) return text;
    }
    return std::nullopt;
  }

  const ConnectionSources& sources_;
  std::string connection_;
  const Value& section_;
};

std::string looked_at(const Connection& connection) {
  return "looked at " + join(connection.read, ", ");
}

Status set_authenticator(Connection& connection, const std::string& name) {
  const std::string upper = to_upper(name);
  if (upper == "OAUTH") {
    connection.authenticator = Authenticator::oauth;
  } else if (upper == "PROGRAMMATIC_ACCESS_TOKEN") {
    connection.authenticator = Authenticator::programmatic_access_token;
  } else if (!upper.empty() && upper != "SNOWFLAKE_JWT") {
    // A key that is there is used, whatever the default of Snowflake's tools says.
    if (upper == "SNOWFLAKE" &&
        (!connection.private_key_pem.empty() || !connection.private_key_file.empty())) {
      return Ok{};
    }
    return fail(ErrorKind::credentials, "the Snowflake authenticator " + name + " cannot be used",
                "the SQL API takes key pairs, OAuth tokens and programmatic access tokens",
                "use authenticator = \"SNOWFLAKE_JWT\" with private_key_file");
  }
  return Ok{};
}

Status set_endpoint(Connection& connection, const std::string& endpoint, const Lookup& lookup) {
  if (!endpoint.empty()) {
    auto url = http::parse_url(endpoint);
    if (!url) return fail(url.error());
    connection.scheme = url->scheme;
    connection.host = url->host;
    connection.port = url->port;
    return Ok{};
  }
  const std::string protocol = lookup.find("protocol");
  if (!protocol.empty()) connection.scheme = to_lower(protocol);
  if (connection.scheme != "https" && connection.scheme != "http") {
    return fail(ErrorKind::invalid_input, "the Snowflake protocol is neither http nor https",
                "it is \"" + protocol + "\"");
  }
  const std::string port = lookup.find("port");
  if (!port.empty()) {
    connection.port = std::atoi(port.c_str());
    if (connection.port <= 0 || connection.port > 65535) {
      return fail(ErrorKind::invalid_input, "the Snowflake port is not a port number",
                  "it is \"" + port + "\"");
    }
  }
  connection.host = lookup.find("host");
  return Ok{};
}

}  // namespace

std::string account_identifier(std::string_view text) {
  std::string_view account = trim(text);
  if (const auto scheme = account.find("://"); scheme != std::string_view::npos) {
    account.remove_prefix(scheme + 3);
  }
  account = account.substr(0, account.find('/'));
  for (const auto end : {domain, domain_china}) {
    if (ends_with(to_lower(account), end)) account.remove_suffix(end.size());
  }
  return std::string(account);
}

std::string account_host(std::string_view account) {
  std::string host = to_lower(account_identifier(account));
  const bool located = is_locator_with_region(host);
  // The pair of organisation and account is one label of the host name.
  if (!located) host = replace_all(host, ".", "-");
  // Underscores do not work with every TLS library; the hyphen form always does.
  host = replace_all(host, "_", "-");
  const bool china = host.find(".cn-") != std::string::npos;
  return host + std::string(china ? domain_china : domain);
}

std::string Connection::issuer_account() const {
  std::string name = to_upper(account_identifier(account));
  const bool global = ends_with(name, ".GLOBAL");
  if (is_locator_with_region(to_lower(name)) || global) {
    name = name.substr(0, name.find('.'));
    if (global) name = name.substr(0, name.rfind('-'));
  }
  return replace_all(name, ".", "-");
}

std::string Connection::issuer_user() const {
  return to_upper(user);
}

ConnectionSources process_sources() {
  ConnectionSources sources;
  sources.variable = [](const std::string& name) -> std::optional<std::string> {
    const char* text = std::getenv(name.c_str());
    return text != nullptr ? std::optional<std::string>(text) : std::nullopt;
  };
  sources.file = [](const std::string& path) -> Result<std::optional<std::string>> {
    std::error_code problem;
    if (!std::filesystem::exists(path, problem)) return std::optional<std::string>();
    std::ifstream stream(path, std::ios::binary);
    if (!stream) {
      return fail(ErrorKind::credentials, "cannot read " + path, std::strerror(errno));
    }
    return std::optional<std::string>(
        std::string(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()));
  };
  sources.is_open_to_others = [](const std::string& path) {
    using std::filesystem::perms;
    std::error_code problem;
    const auto mode = std::filesystem::status(path, problem).permissions();
    return !problem && (mode & (perms::group_read | perms::others_read | perms::group_write |
                                perms::others_write)) != perms::none;
  };
  sources.home = sources.variable("HOME").value_or("");
  return sources;
}

Result<Connection> resolve_connection(const ConnectionOptions& options,
                                      const ConnectionSources& sources) {
  Connection connection;
  if (!options.private_key_pem.empty() && !options.account.empty() && !options.user.empty()) {
    // All is said (the sandbox does so): what lies on this machine must not get in between.
    static const Value nothing;
    ConnectionSources none = sources;
    none.variable = [](const std::string&) { return std::optional<std::string>(); };
    connection.account = account_identifier(options.account);
    connection.user = options.user;
    connection.role = stored_identifier(options.role);
    connection.warehouse = stored_identifier(options.warehouse);
    connection.private_key_pem = options.private_key_pem;
    auto endpoint = set_endpoint(connection, options.endpoint, Lookup(none, "", nothing));
    if (!endpoint) return fail(endpoint.error());
    if (connection.host.empty()) connection.host = account_host(connection.account);
    return connection;
  }
  auto files = read_files(sources, connection.read);
  if (!files) return fail(files.error());
  connection.read.emplace_back("SNOWFLAKE_*");

  std::string name = options.connection;
  const bool named = !name.empty();
  if (name.empty()) name = sources.variable("SNOWFLAKE_DEFAULT_CONNECTION_NAME").value_or("");
  if (name.empty()) name = files->default_name;
  if (name.empty()) name = "default";
  const Value& section = files->connections.at(name);
  if (named && !section.is_map()) {
    std::vector<std::string_view> there;
    if (files->connections.is_map()) {
      for (const auto& [key, unused] : files->connections.as_map())
        there.push_back(key);
    }
    return fail(ErrorKind::credentials, "there is no Snowflake connection named " + name,
                looked_at(connection), suggestion(name, there));
  }
  const Lookup lookup(sources, name, section);
  const auto first = [](const std::string& said, const std::string& found) {
    return said.empty() ? found : said;
  };

  connection.account = account_identifier(first(options.account, lookup.find("account")));
  const std::string region = lookup.find("region");
  if (options.account.empty() && !region.empty() &&
      connection.account.find('.') == std::string::npos) {
    connection.account += '.' + region;
  }
  const auto who = [&](const std::string& said, std::string_view key) {
    const std::string own = options.connection_decides ? lookup.find_own(key) : std::string();
    return own.empty() ? first(said, lookup.find(key)) : own;
  };
  connection.user = who(options.user, "user");
  connection.role = stored_identifier(who(options.role, "role"));
  connection.warehouse = stored_identifier(who(options.warehouse, "warehouse"));
  connection.private_key_file = lookup.find("private_key_file");
  connection.private_key_pem = first(options.private_key_pem, lookup.find("private_key_raw"));
  connection.passphrase = lookup.find("private_key_passphrase");
  if (connection.passphrase.empty()) {
    connection.passphrase = sources.variable("PRIVATE_KEY_PASSPHRASE").value_or("");
  }
  if (options.private_key_pem.empty()) {
    auto status = set_authenticator(connection, lookup.find("authenticator"));
    if (!status) return fail(status.error());
  }
  auto endpoint = set_endpoint(connection, options.endpoint, lookup);
  if (!endpoint) return fail(endpoint.error());

  if (connection.account.empty()) {
    return fail(
        ErrorKind::credentials, "no Snowflake account is named", looked_at(connection),
        "write snowflake: { account: ORGANISATION-ACCOUNT } in the environment file, or set "
        "SNOWFLAKE_ACCOUNT");
  }
  if (connection.host.empty()) connection.host = account_host(connection.account);
  if (connection.authenticator != Authenticator::key_pair) {
    connection.token = lookup.find("token");
    if (const auto path = lookup.find("token_file_path");
        connection.token.empty() && !path.empty()) {
      auto text = sources.file(path);
      if (!text) return fail(text.error());
      connection.token = std::string(trim(text->value_or("")));
    }
    if (connection.token.empty()) {
      return fail(ErrorKind::credentials, "there is no Snowflake token", looked_at(connection),
                  "set token or token_file_path in the connection, or SNOWFLAKE_TOKEN");
    }
  } else if (connection.user.empty()) {
    return fail(ErrorKind::credentials, "no Snowflake user is named", looked_at(connection),
                "write snowflake: { user: NAME } in the environment file, or set SNOWFLAKE_USER");
  }
  return connection;
}

Status load_private_key(Connection& connection, const ConnectionSources& sources) {
  if (connection.authenticator != Authenticator::key_pair || !connection.private_key_pem.empty()) {
    return Ok{};
  }
  if (connection.private_key_file.empty()) {
    return fail(ErrorKind::credentials,
                "there is no private key for the Snowflake user " + connection.user,
                looked_at(connection),
                "set private_key_file in the connection, or SNOWFLAKE_PRIVATE_KEY_PATH, or "
                "SNOWFLAKE_PRIVATE_KEY_RAW");
  }
  std::string path = connection.private_key_file;
  if (path.rfind("~/", 0) == 0) path = sources.home + path.substr(1);
  auto text = sources.file(path);
  if (!text) return fail(text.error());
  if (!text->has_value()) {
    return fail(ErrorKind::credentials, "the private key file " + path + " does not exist", {},
                "check private_key_file in the connection, or SNOWFLAKE_PRIVATE_KEY_PATH");
  }
  connection.private_key_pem = **text;
  return Ok{};
}

}  // namespace firn::snowflake
