// snowflake.user: its keys, its statements, and what cannot be.
#include <gtest/gtest.h>

#include "core/schema/resource_type.h"
#include "providers/snowflake/public_key.h"
#include "providers/snowflake/types.h"
#include "tests/snowflake/keys.h"

namespace firn::snowflake {
namespace {

const std::string first_key = public_key_body(keys::public_half);
const std::string second_key = public_key_body(keys::another_public_half);

TEST(PublicKey, HasTheFingerprintThatSnowflakeShows) {
  EXPECT_EQ(*public_key_fingerprint(keys::public_half), keys::rfc7515_a2_fingerprint);
  EXPECT_EQ(*public_key_fingerprint(keys::another_public_half), keys::another_fingerprint);
  // However it is written: without its lines, on one line, with \n as two characters.
  EXPECT_EQ(*public_key_fingerprint(first_key), keys::rfc7515_a2_fingerprint);
  EXPECT_EQ(first_key.find_first_of(" \n-"), std::string::npos);
  EXPECT_EQ(*public_key_fingerprint("-----BEGIN PUBLIC KEY-----\\n" + first_key +
                                    "\\n-----END PUBLIC KEY-----\\n"),
            keys::rfc7515_a2_fingerprint);
}

TEST(PublicKey, IsRefusedWithoutShowingIt) {
  struct Row {
    std::string_view text;
    const char* detail;
  };
  for (const Row& row : {
           Row{keys::rfc7515_a2, "it is a private key, which must stay with its owner"},
           Row{"ssh-rsa AAAAB3NzaC1yc2E ada@example.com",
               "it is neither PEM (BEGIN PUBLIC KEY) nor its Base64 text"},
           Row{"", "it is neither PEM (BEGIN PUBLIC KEY) nor its Base64 text"},
           Row{"aGVsbG8=", "its Base64 text holds no public key (SubjectPublicKeyInfo)"},
           Row{keys::public_elliptic, "it is not an RSA key"},
           Row{keys::public_1024, "it has 1024 bits; Snowflake asks for at least 2048"},
       }) {
    const auto print = public_key_fingerprint(row.text);
    ASSERT_FALSE(print) << row.detail;
    EXPECT_EQ(print.error().detail, row.detail);
    EXPECT_FALSE(print.error().remedy.empty());
    const std::string body = public_key_body(row.text).substr(0, 12);
    if (body.size() < 8) continue;
    EXPECT_EQ(print.error().summary.find(body), std::string::npos);
    EXPECT_EQ(print.error().detail.find(body), std::string::npos);
  }
}

Change change_of(Value desired, std::vector<std::string> changed = {}) {
  return {"U", "u",           std::move(desired), {}, std::move(changed), {"finance", "dev", "u"},
          {},  user_type.type};
}

std::vector<std::string> texts(const Steps& steps) {
  if (!steps) return {steps.error().summary};
  std::vector<std::string> all;
  for (const Step& step : *steps)
    all.push_back(step.statement.text());
  return all;
}

TEST(Users, RenderEveryStatement) {
  struct Row {
    const char* what;
    Value desired;
    std::vector<std::string> changed;  // empty: create
    std::vector<std::string> statements;
  };
  const Value service = Map{{"user_type", "SERVICE"},
                            {"default_warehouse", "FDL_DEV_WAREHOUSE"},
                            {"default_role", "FDL_DEV_DASHBOARD"},
                            {"default_namespace", "FDL_DEV_DATABASE.\"s\""},
                            {"default_secondary_roles", "NONE"},
                            {"rsa_public_key", first_key},
                            {"comment", "reads"}};
  for (const Row& row : {
           Row{"a service",
               service,
               {},
               {R"(CREATE USER "U" TYPE = SERVICE DEFAULT_WAREHOUSE = "FDL_DEV_WAREHOUSE" )"
                R"(DEFAULT_ROLE = "FDL_DEV_DASHBOARD" DEFAULT_NAMESPACE = "FDL_DEV_DATABASE"."s" )"
                R"(DEFAULT_SECONDARY_ROLES = () RSA_PUBLIC_KEY = ')" +
                first_key + R"(' COMMENT = 'reads [firn:finance/dev/u]')"}},
           Row{"a person",
               Map{{"login_name", "ADA@EXAMPLE.COM"},
                   {"display_name", "Ada"},
                   {"first_name", "Ada"},
                   {"last_name", "O'Hara"},
                   {"email", "ada@example.com"},
                   {"password", "it's"},
                   {"must_change_password", true},
                   {"disabled", true},
                   {"default_secondary_roles", "ALL"}},
               {},
               {R"(CREATE USER "U" LOGIN_NAME = 'ADA@EXAMPLE.COM' DISPLAY_NAME = 'Ada' )"
                R"(FIRST_NAME = 'Ada' LAST_NAME = 'O''Hara' EMAIL = 'ada@example.com' )"
                R"(DEFAULT_SECONDARY_ROLES = ('ALL') PASSWORD = 'it''s' )"
                R"(MUST_CHANGE_PASSWORD = TRUE DISABLED = TRUE COMMENT = '[firn:finance/dev/u]')"}},
           Row{"from a password to a key",
               service,
               {"user_type", "password", "rsa_public_key", "first_name"},
               {R"(ALTER USER "U" UNSET FIRST_NAME, PASSWORD)",
                R"(ALTER USER "U" SET TYPE = SERVICE)",
                R"(ALTER USER "U" SET RSA_PUBLIC_KEY = ')" + first_key + "'"}},
           Row{"a second key comes",
               Map{{"rsa_public_key", first_key}, {"rsa_public_key_2", second_key}},
               {"rsa_public_key_2"},
               {R"(ALTER USER "U" SET RSA_PUBLIC_KEY_2 = ')" + second_key + "'"}},
           Row{"and takes the first one's place",
               Map{{"rsa_public_key", second_key}},
               {"rsa_public_key", "rsa_public_key_2"},
               {R"(ALTER USER "U" UNSET RSA_PUBLIC_KEY_2)",
                R"(ALTER USER "U" SET RSA_PUBLIC_KEY = ')" + second_key + "'"}},
           Row{"a new password, to be changed again",
               Map{{"password", "secret-2"}, {"must_change_password", true}},
               {"password"},
               {R"(ALTER USER "U" SET PASSWORD = 'secret-2' MUST_CHANGE_PASSWORD = TRUE)"}},
           Row{"everything taken away",
               Map{{"display_name", ""}},
               {"login_name", "display_name", "email", "default_warehouse", "default_role",
                "default_namespace", "default_secondary_roles", "disabled", "comment", "user_type",
                "must_change_password"},
               {R"(ALTER USER "U" UNSET LOGIN_NAME, DISPLAY_NAME, EMAIL, DEFAULT_WAREHOUSE, )"
                R"(DEFAULT_ROLE, DEFAULT_NAMESPACE, DEFAULT_SECONDARY_ROLES, )"
                R"(MUST_CHANGE_PASSWORD, DISABLED)",
                R"(ALTER USER "U" SET TYPE = PERSON)",
                R"(ALTER USER "U" SET COMMENT = '[firn:finance/dev/u]')"}},
       }) {
    const Change change = change_of(row.desired, row.changed);
    EXPECT_EQ(texts(row.changed.empty() ? user_type.create(change) : user_type.update(change)),
              row.statements)
        << row.what;
  }
  ResourceRecord record;
  record.name = "my user";
  EXPECT_EQ(texts(user_type.remove(record)),
            (std::vector<std::string>{R"(DROP USER IF EXISTS "my user")"}));
}

TEST(Users, NormaliseKeysAndNames) {
  EXPECT_EQ(user_type.type->normalize(Map{{"rsa_public_key", keys::public_half},
                                          {"default_role", "reader"},
                                          {"default_namespace", "db.\"s\""},
                                          {"default_warehouse", ""},
                                          {"login_name", "ada@example.com"}}),
            Value(Map{{"rsa_public_key", first_key},
                      {"default_role", "READER"},
                      {"default_namespace", "DB.\"s\""},
                      {"default_warehouse", ""},
                      {"login_name", "ADA@EXAMPLE.COM"}}));
  // A secret stays what it is.
  const Value secret = Map{{"rsa_public_key", Value::secret("x")}};
  EXPECT_EQ(user_type.type->normalize(secret), secret);
}

TEST(Users, RefuseWhatMakesNoSense) {
  struct Row {
    const char* name;
    Value inputs;
    const char* path;
    const char* summary;
  };
  for (const Row& row : {
           Row{"U", Map{{"user_type", "SERVICE"}, {"password", Value::secret("p")}}, "password",
               "a user of type SERVICE has no password"},
           Row{"U", Map{{"user_type", "SERVICE"}, {"first_name", "Ada"}}, "first_name",
               "a user of type SERVICE has no first_name"},
           Row{"U", Map{{"rsa_public_key", keys::rfc7515_a2}}, "",
               "rsa_public_key is no public key that Snowflake takes"},
           Row{"U", Map{{"rsa_public_key_2", "nonsense"}}, "",
               "rsa_public_key_2 is no public key that Snowflake takes"},
           Row{"U", Map{{"rsa_public_key", first_key}, {"rsa_public_key_2", first_key}},
               "rsa_public_key_2", "both keys are the same"},
           Row{"U", Map{{"default_role", "D.LOADER"}}, "default_role",
               "not a Snowflake name: D.LOADER"},
           Row{"U", Map{{"default_namespace", "D.S.T"}}, "default_namespace",
               "a namespace is a database or a schema"},
           Row{"SNOWFLAKE", Map{}, "name", "SNOWFLAKE belongs to Snowflake"},
       }) {
    std::vector<Problem> problems;
    user_type.type->validate({}, row.name, row.inputs, problems);
    ASSERT_EQ(problems.size(), 1U) << row.summary;
    EXPECT_EQ(problems[0].path, row.path);
    EXPECT_EQ(problems[0].summary, row.summary);
  }
}

}  // namespace
}  // namespace firn::snowflake
