// Files of the machine that firn runs on: AWS profiles, Snowflake connections, keys.
#include "core/value/json.h"
#include "providers/aws/credential_sources.h"
#include "providers/aws/profile.h"
#include "providers/aws/retry.h"
#include "providers/snowflake/connection.h"
#include "providers/snowflake/key_pair.h"
#include "providers/snowflake/public_key.h"
#include "providers/snowflake/toml.h"
#include "tests/fuzz/fuzz.h"

namespace firn::fuzz {
namespace {

constexpr std::string_view clear = "kv81-clear";

void check_profiles(std::string_view config, std::string_view credentials) {
  for (const auto& [name, section] : aws::parse_ini(config)) {
    require(name.find('\n') == std::string::npos, "a section's name is on one line", name);
    for (const auto& [key, value] : section)
      require(!key.empty(), "a key has a name", value);
  }
  aws::Machine machine;
  machine.home = "/home/ana";
  machine.read_file = [&](const std::string& path) -> std::optional<std::string> {
    return std::string(path.ends_with("config") ? config : credentials);
  };
  for (const char* chosen : {"", "dev"}) {
    const aws::SharedConfiguration configuration(machine, chosen);
    const auto settings = aws::read_settings(machine, configuration);
    if (!settings) require_told(settings.error());
    for (const std::string& name : configuration.profile_names()) {
      const aws::Section* section = configuration.profile(name);
      require(section != nullptr, "a profile that is named is there", name);
      (void)aws::from_keys(*section, name);
    }
  }
  for (const std::string& word : aws::split_command(config))
    require(word.size() <= config.size(), "words are of the line", word);
  (void)aws::parse_iso_time(config);
  (void)aws::parse_http_date(config);
  if (const auto value = parse_json(config); value) {
    const auto found = aws::read_credentials(*value, "the answer");
    if (!found) require_told(found.error());
  }
}

void check_connections(std::string_view toml) {
  const auto value = snowflake::parse_toml(toml, "connections.toml");
  if (!value) {
    require_told(value.error(), clear);
    if (value.error().where.is_known()) require_place(value.error().where, toml);
  }
  snowflake::ConnectionSources sources;
  sources.home = "/home/ana";
  sources.variable = [](const std::string&) { return std::optional<std::string>(); };
  sources.is_open_to_others = [](const std::string&) { return false; };
  for (const char* file : {"connections.toml", "config.toml"}) {
    sources.file = [&](const std::string& path) -> Result<std::optional<std::string>> {
      if (!path.ends_with(file)) return std::optional<std::string>();
      return std::optional<std::string>(toml);
    };
    for (const char* name : {"", "dev"}) {
      snowflake::ConnectionOptions options;
      options.connection = name;
      const auto connection = snowflake::resolve_connection(options, sources);
      if (!connection) {
        require_told(connection.error());
      } else {
        (void)connection->issuer_account();
        require(!connection->host.empty(), "a connection leads somewhere");
      }
    }
  }
}

void check_keys(std::string_view pem) {
  const bool holds_it = pem.find(clear) != std::string_view::npos;
  const auto key = snowflake::KeyPair::read(pem, "", "the key");
  if (!key) require_told(key.error(), holds_it ? clear : "");
  const auto fingerprint = snowflake::public_key_fingerprint(pem);
  if (!fingerprint) require_told(fingerprint.error(), holds_it ? clear : "");
  const std::string body = snowflake::public_key_body(pem);
  require(snowflake::public_key_body(body) == body, "the body of a key is its own body", body);
}

}  // namespace

// The text is taken for each of the files; what follows "----" for the credentials of AWS.
void try_input(std::string_view input) {
  const auto parts = parts_of(input);
  check_profiles(part(parts, 0), part(parts, 1));
  check_connections(part(parts, 0));
  check_keys(part(parts, 0));
}

}  // namespace firn::fuzz
