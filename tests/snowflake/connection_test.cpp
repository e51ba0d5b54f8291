#include "providers/snowflake/connection.h"

#include <gtest/gtest.h>
#include <map>
#include <set>

#include "providers/snowflake/toml.h"

namespace firn::snowflake {
namespace {

// The outside world as two maps.
struct Machine {
  std::map<std::string, std::string> variables;
  std::map<std::string, std::string> files;
  std::set<std::string> open_files;

  [[nodiscard]] ConnectionSources sources() const {
    ConnectionSources sources;
    sources.variable = [this](const std::string& name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
    sources.file = [this](const std::string& path) -> Result<std::optional<std::string>> {
      const auto found = files.find(path);
      return found == files.end() ? std::optional<std::string>() : std::optional(found->second);
    };
    sources.is_open_to_others = [this](const std::string& path) {
      return open_files.count(path) > 0;
    };
    sources.home = "/home/ada";
    return sources;
  }
  [[nodiscard]] Result<Connection> resolve(const ConnectionOptions& options = {}) const {
    return resolve_connection(options, sources());
  }
};

constexpr const char* connections_file = "/home/ada/.snowflake/connections.toml";
constexpr const char* config_file = "/home/ada/.snowflake/config.toml";

TEST(Toml, ReadsWhatSnowflakesFilesUse) {
  const auto toml = parse_toml(
      "# comment\n"
      "default_connection_name = \"dev\"\n"
      "[connections.\"my dev\"]\n"
      "account = 'raw\\text'   # literal\n"
      "port = 443\n"
      "insecure = false\n"
      "private_key_raw = \"\"\"\nline one\nline two\n\"\"\"\n"
      "a.b = \"dotted\"\n"
      "list = [1, 2]\n",
      "f.toml");
  ASSERT_TRUE(toml);
  EXPECT_EQ(toml->string_or("default_connection_name", ""), "dev");
  const Value& section = toml->at("connections").at("my dev");
  EXPECT_EQ(section.string_or("account", ""), "raw\\text");
  EXPECT_EQ(section.int_or("port", 0), 443);
  EXPECT_FALSE(section.bool_or("insecure", true));
  EXPECT_EQ(section.string_or("private_key_raw", ""), "line one\nline two\n");
  EXPECT_EQ(section.at_path("a.b").as_string(), "dotted");
  EXPECT_EQ(section.at("list").as_list().size(), 2U);
}

TEST(Toml, NamesFileAndLineButNeverTheText) {
  struct Row {
    const char* text;
    const char* summary;
  };
  for (const Row& row : {
           Row{"a = 1\npassword = hunter2\n", "f.toml:2 is not valid TOML"},
           Row{"[a\n", "f.toml:1 is not valid TOML"},
           Row{"a = 1\na = 2\n", "f.toml:2 is not valid TOML"},
           Row{"x = \"open\n", "f.toml:1 is not valid TOML"},
       }) {
    const auto toml = parse_toml(row.text, "f.toml");
    ASSERT_FALSE(toml) << row.text;
    EXPECT_EQ(toml.error().summary, row.summary);
    EXPECT_EQ(toml.error().where.file, "f.toml");
    EXPECT_EQ(toml.error().detail.find("hunter2"), std::string::npos) << toml.error().detail;
  }
}

TEST(Connection, PrecedenceIsThatOfSnowflakesTools) {
  Machine machine;
  machine.variables = {{"SNOWFLAKE_ACCOUNT", "generic"}, {"SNOWFLAKE_USER", "generic_user"}};
  EXPECT_EQ(machine.resolve()->account, "generic");

  machine.files[connections_file] =
      "[default]\naccount = \"from-file\"\nrole = \"file_role\"\n"
      "[ci]\naccount = \"ci-account\"\nuser = \"ci\"\n";
  auto connection = machine.resolve();
  ASSERT_TRUE(connection);
  EXPECT_EQ(connection->account, "from-file") << "a file wins over SNOWFLAKE_ACCOUNT";
  EXPECT_EQ(connection->user, "generic_user") << "what the file lacks comes from SNOWFLAKE_USER";
  EXPECT_EQ(connection->role, "FILE_ROLE") << "as stored";

  machine.variables["SNOWFLAKE_CONNECTIONS_DEFAULT_ACCOUNT"] = "by-name";
  EXPECT_EQ(machine.resolve()->account, "by-name");

  machine.variables["SNOWFLAKE_DEFAULT_CONNECTION_NAME"] = "ci";
  EXPECT_EQ(machine.resolve()->account, "ci-account");

  ConnectionOptions explicit_options;
  explicit_options.account = "explicit";
  explicit_options.role = "\"quoted role\"";
  connection = machine.resolve(explicit_options);
  EXPECT_EQ(connection->account, "explicit");
  EXPECT_EQ(connection->role, "quoted role");
  EXPECT_EQ(connection->user, "ci");
}

TEST(Connection, OneThatIsAskedForByNameDecidesWhoWorks) {
  Machine machine;
  machine.variables = {{"SNOWFLAKE_ROLE", "generic_role"}};
  machine.files[connections_file] =
      "[plan]\naccount = \"another\"\nuser = \"planner\"\n[bare]\nport = 443\n";
  ConnectionOptions options;
  options.account = "org-account";
  options.user = "deploy";
  options.role = "deployer";
  options.connection = "plan";
  EXPECT_EQ(machine.resolve(options)->user, "deploy");

  options.connection_decides = true;
  auto connection = machine.resolve(options);
  ASSERT_TRUE(connection);
  EXPECT_EQ(connection->user, "planner");
  EXPECT_EQ(connection->account, "org-account") << "the environment's account stays";
  EXPECT_EQ(connection->role, "DEPLOYER") << "what the connection does not say stays, too";

  machine.variables["SNOWFLAKE_CONNECTIONS_PLAN_ROLE"] = "viewer";
  EXPECT_EQ(machine.resolve(options)->role, "VIEWER");

  options.connection = "bare";
  EXPECT_EQ(machine.resolve(options)->user, "deploy");
}

TEST(Connection, ConnectionsFileReplacesThoseOfTheConfigFile) {
  Machine machine;
  machine.files[config_file] =
      "default_connection_name = \"dev\"\n"
      "[connections.dev]\naccount = \"config\"\nuser = \"u\"\nwarehouse = \"wh\"\n";
  auto connection = machine.resolve();
  ASSERT_TRUE(connection);
  EXPECT_EQ(connection->account, "config");
  EXPECT_EQ(connection->warehouse, "WH");

  machine.files[connections_file] = "[dev]\naccount = \"connections\"\nuser = \"u\"\n";
  connection = machine.resolve();
  EXPECT_EQ(connection->account, "connections");
  EXPECT_EQ(connection->warehouse, "") << "not merged";
}

TEST(Connection, FoldersAreThoseOfSnowflakesTools) {
  const std::string text = "[default]\naccount = \"a\"\nuser = \"u\"\n";
  struct Row {
    const char* path;
    std::map<std::string, std::string> variables;
  };
  for (const Row& row : {
           Row{"/home/ada/.snowflake/connections.toml", {}},
           Row{"/home/ada/.config/snowflake/connections.toml", {}},
           Row{"/xdg/snowflake/connections.toml", {{"XDG_CONFIG_HOME", "/xdg"}}},
           Row{"/opt/sf/connections.toml", {{"SNOWFLAKE_HOME", "/opt/sf"}}},
       }) {
    Machine machine;
    machine.variables = row.variables;
    machine.files[row.path] = text;
    const auto connection = machine.resolve();
    ASSERT_TRUE(connection) << row.path;
    EXPECT_EQ(connection->account, "a") << row.path;
  }
}

TEST(Connection, RefusesFilesThatOthersMayRead) {
  Machine machine;
  machine.files[connections_file] = "[default]\n";
  machine.open_files.insert(connections_file);
  const auto connection = machine.resolve();
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().summary,
            "/home/ada/.snowflake/connections.toml may be read by other people");
  EXPECT_EQ(connection.error().remedy, "run:\n  chmod 600 /home/ada/.snowflake/connections.toml");
}

TEST(Connection, KeysAndPassphrases) {
  Machine machine;
  machine.variables = {{"SNOWFLAKE_ACCOUNT", "a"}, {"SNOWFLAKE_USER", "u"}};
  auto connection = machine.resolve();
  ASSERT_TRUE(connection);
  auto status = load_private_key(*connection, machine.sources());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().summary, "there is no private key for the Snowflake user u");

  machine.variables["SNOWFLAKE_PRIVATE_KEY_PATH"] = "~/rsa_key.p8";
  machine.variables["PRIVATE_KEY_PASSPHRASE"] = "winter";
  connection = machine.resolve();
  EXPECT_EQ(connection->passphrase, "winter");
  status = load_private_key(*connection, machine.sources());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().summary, "the private key file /home/ada/rsa_key.p8 does not exist");

  machine.files["/home/ada/rsa_key.p8"] = "KEY";
  ASSERT_TRUE(load_private_key(*connection, machine.sources()));
  EXPECT_EQ(connection->private_key_pem, "KEY");

  machine.variables["SNOWFLAKE_PRIVATE_KEY_RAW"] = "RAW";
  EXPECT_EQ(machine.resolve()->private_key_pem, "RAW");

  machine.files[connections_file] =
      "[default]\nprivate_key_file_pwd = \"other\"\nprivate_key_path = \"/k\"\n";
  connection = machine.resolve();
  EXPECT_EQ(connection->passphrase, "other");
  EXPECT_EQ(connection->private_key_file, "/k");
}

TEST(Connection, AuthenticatorsThatTheSqlApiTakes) {
  Machine machine;
  machine.variables = {{"SNOWFLAKE_ACCOUNT", "a"},
                       {"SNOWFLAKE_USER", "u"},
                       {"SNOWFLAKE_AUTHENTICATOR", "externalbrowser"}};
  EXPECT_EQ(machine.resolve().error().summary,
            "the Snowflake authenticator externalbrowser cannot be used");
  machine.variables["SNOWFLAKE_AUTHENTICATOR"] = "oauth";
  EXPECT_EQ(machine.resolve().error().summary, "there is no Snowflake token");
  machine.variables["SNOWFLAKE_TOKEN_FILE_PATH"] = "/run/token";
  machine.files["/run/token"] = "abc\n";
  EXPECT_EQ(machine.resolve()->token, "abc");
  EXPECT_EQ(machine.resolve()->authenticator, Authenticator::oauth);
  machine.variables["SNOWFLAKE_AUTHENTICATOR"] = "SNOWFLAKE_JWT";
  EXPECT_EQ(machine.resolve()->authenticator, Authenticator::key_pair);
}

TEST(Connection, SaysWhatIsMissingAndWhereItLooked) {
  const Machine machine;
  auto connection = machine.resolve();
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().kind, ErrorKind::credentials);
  EXPECT_EQ(connection.error().summary, "no Snowflake account is named");
  EXPECT_EQ(connection.error().detail,
            "looked at /home/ada/.snowflake, /home/ada/.config/snowflake/config.toml, "
            "/home/ada/.config/snowflake/connections.toml, SNOWFLAKE_*");

  Machine named;
  named.files[connections_file] = "[dev]\naccount = \"a\"\n";
  ConnectionOptions options;
  options.connection = "dve";
  connection = named.resolve(options);
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().summary, "there is no Snowflake connection named dve");
  EXPECT_EQ(connection.error().remedy, "did you mean \"dev\"?");
}

TEST(Connection, WithEverythingSaidReadsNothing) {
  Machine machine;
  machine.files[connections_file] = "this is not TOML";
  machine.variables["SNOWFLAKE_HOST"] = "elsewhere";
  ConnectionOptions options;
  options.account = "myorg-myaccount";
  options.user = "FIRN";
  options.private_key_pem = "KEY";
  options.endpoint = "http://127.0.0.1:8080";
  const auto connection = machine.resolve(options);
  ASSERT_TRUE(connection);
  EXPECT_EQ(connection->scheme, "http");
  EXPECT_EQ(connection->host, "127.0.0.1");
  EXPECT_EQ(connection->port, 8080);
}

TEST(Accounts, HaveHostsAndIssuers) {
  struct Row {
    const char* account;
    const char* host;
    const char* issuer;
  };
  for (const Row& row : {
           Row{"myorg-myaccount", "myorg-myaccount.snowflakecomputing.com", "MYORG-MYACCOUNT"},
           Row{"MYORG-My_Account", "myorg-my-account.snowflakecomputing.com", "MYORG-MY_ACCOUNT"},
           Row{"myorg.myaccount", "myorg-myaccount.snowflakecomputing.com", "MYORG-MYACCOUNT"},
           Row{"xy12345", "xy12345.snowflakecomputing.com", "XY12345"},
           Row{"xy12345.eu-west-1", "xy12345.eu-west-1.snowflakecomputing.com", "XY12345"},
           Row{"xy12345.us-east-2.aws", "xy12345.us-east-2.aws.snowflakecomputing.com", "XY12345"},
           Row{"xy12345.cn-northwest-1.aws", "xy12345.cn-northwest-1.aws.snowflakecomputing.cn",
               "XY12345"},
           Row{"https://myorg-myaccount.snowflakecomputing.com/",
               "myorg-myaccount.snowflakecomputing.com", "MYORG-MYACCOUNT"},
           Row{"xy12345.eu-west-1.snowflakecomputing.com",
               "xy12345.eu-west-1.snowflakecomputing.com", "XY12345"},
       }) {
    Connection connection;
    connection.account = account_identifier(row.account);
    EXPECT_EQ(account_host(row.account), row.host);
    EXPECT_EQ(connection.issuer_account(), row.issuer) << row.account;
  }
}

}  // namespace
}  // namespace firn::snowflake
