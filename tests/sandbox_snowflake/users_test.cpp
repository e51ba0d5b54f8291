// Users: what each type of them can have, what is shown of them and to whom.
#include <gtest/gtest.h>

#include "tests/sandbox_snowflake/harness.h"

namespace firn::sandbox {
namespace {

class Users : public ::testing::Test {
 protected:
  std::string described(const std::string& property) {
    return h.must("DESC USER U").look_up("property", property, "value");
  }
  std::string shown(const std::string& column) {
    return h.must("SHOW USERS LIKE 'U'").look_up("name", "U", column);
  }

  Harness h;
};

TEST_F(Users, AreMadeShownAlteredAndDropped) {
  h.must(
      "CREATE USER U TYPE = SERVICE LOGIN_NAME = 'u@example.com' DEFAULT_WAREHOUSE = \"W\" "
      "DEFAULT_ROLE = \"R\" DEFAULT_NAMESPACE = \"D\".\"my schema\" DEFAULT_SECONDARY_ROLES = () "
      "COMMENT = 'c'");
  EXPECT_EQ(shown("type"), "SERVICE");
  EXPECT_EQ(shown("login_name"), "U@EXAMPLE.COM");
  EXPECT_EQ(shown("default_warehouse"), "W");
  EXPECT_EQ(shown("default_namespace"), "D.my schema") << "parts with dots, and no quotes";
  EXPECT_EQ(shown("default_secondary_roles"), "[]");
  EXPECT_EQ(shown("display_name"), "U");
  EXPECT_EQ(shown("has_rsa_public_key"), "false");
  EXPECT_EQ(shown("owner"), "DEPLOYER_ROLE");
  EXPECT_EQ(described("DEFAULT_NAMESPACE"), "D.my schema");
  h.must("ALTER USER U SET COMMENT = 'd' DISABLED = TRUE");
  h.must("ALTER USER U UNSET LOGIN_NAME, DEFAULT_WAREHOUSE, DEFAULT_SECONDARY_ROLES");
  EXPECT_EQ(shown("comment"), "d");
  EXPECT_EQ(shown("disabled"), "true");
  EXPECT_EQ(shown("login_name"), "U");
  EXPECT_EQ(shown("default_warehouse"), "");
  EXPECT_EQ(shown("default_secondary_roles"), "[\"ALL\"]");
  h.must("ALTER USER U RENAME TO V");
  EXPECT_EQ(h.must("SHOW USERS LIKE 'V'").rows(), 1u);
  h.must("DROP USER V");
  h.expect_refused({
      {"drop", "DROP USER V", "002003", "02000", "User 'V' does not exist or not authorized."},
      {"describe", "DESC USER V", "002003", "02000", "User 'V' does not exist"},
      {"unknown", "CREATE USER X NETWORK = 'x'", "001420", "22023", "invalid property 'NETWORK'"},
      {"type", "CREATE USER X TYPE = ROBOT", "001422", "22023", "ROBOT"},
  });
  h.must("DROP USER IF EXISTS V");
}

TEST_F(Users, AServiceHasNoPasswordAndNoName) {
  h.must("CREATE USER U PASSWORD = 'p' FIRST_NAME = 'Ada' MUST_CHANGE_PASSWORD = TRUE");
  EXPECT_EQ(shown("has_password"), "true");
  EXPECT_EQ(described("PASSWORD"), "********");
  EXPECT_EQ(h.contents().find("'p'"), std::string::npos);
  // What it had stays, is not shown, and comes back with the type.
  h.must("ALTER USER U SET TYPE = SERVICE");
  EXPECT_EQ(shown("has_password"), "false");
  EXPECT_EQ(shown("first_name"), "");
  EXPECT_EQ(described("FIRST_NAME"), "null");
  EXPECT_EQ(described("PASSWORD"), "null");
  for (const char* property : {"PASSWORD = 'x'", "FIRST_NAME = 'x'", "LAST_NAME = 'x'",
                               "MIDDLE_NAME = 'x'", "MUST_CHANGE_PASSWORD = TRUE"}) {
    const std::string word = std::string(property).substr(0, std::string(property).find(' '));
    h.expect_refused({{"on one that is there", std::string("ALTER USER U SET ") + property,
                       "001425", "22000", word.c_str()},
                      {"on a new one", std::string("CREATE USER X TYPE = SERVICE ") + property,
                       "001425", "22000", word.c_str()}});
  }
  h.must("ALTER USER U SET TYPE = LEGACY_SERVICE");
  EXPECT_EQ(shown("has_password"), "true");
  EXPECT_EQ(shown("first_name"), "Ada");
  h.must("ALTER USER U UNSET PASSWORD, TYPE");
  EXPECT_EQ(shown("has_password"), "false");
  EXPECT_EQ(shown("type"), "PERSON");
}

TEST_F(Users, KeysSignInAndShowTheirFingerprint) {
  const std::string pem = new_key();
  h.must("CREATE USER U TYPE = SERVICE RSA_PUBLIC_KEY = '" + public_key_of(pem) + "'");
  const std::string fingerprint = described("RSA_PUBLIC_KEY_FP");
  EXPECT_TRUE(fingerprint.starts_with("SHA256:")) << fingerprint;
  EXPECT_EQ(described("RSA_PUBLIC_KEY_2_FP"), "null");
  EXPECT_EQ(shown("has_rsa_public_key"), "true");
  h.must("ALTER USER U SET RSA_PUBLIC_KEY_2 = '" + public_key_of(new_key()) + "'");
  EXPECT_NE(described("RSA_PUBLIC_KEY_2_FP"), fingerprint);
  h.must("ALTER USER U UNSET RSA_PUBLIC_KEY");
  EXPECT_EQ(described("RSA_PUBLIC_KEY_FP"), "null");
  h.expect_refused({{"no key", "ALTER USER U SET RSA_PUBLIC_KEY = 'x'", "001422", "22023",
                     "New public key rejected"}});
}

TEST_F(Users, AreListedForEverybodyByNameAlone) {
  h.must("CREATE ROLE R");
  h.must("GRANT ROLE R TO USER DEPLOYER");
  h.must("CREATE USER U COMMENT = 'c' DEFAULT_ROLE = R");
  const auto seen = h.must("SHOW USERS LIKE 'U'", "R");
  EXPECT_EQ(seen.cell(0, "name"), "U");
  EXPECT_EQ(seen.cell(0, "comment"), "<null>");
  EXPECT_EQ(seen.cell(0, "default_role"), "<null>");
  h.expect_refused({{"describe", "DESC USER U", "002003", "02000", "User 'U'", "R"}});
  // The owner sees all of it, and the user is no one's to change but theirs.
  h.must("GRANT OWNERSHIP ON USER U TO ROLE R");
  EXPECT_EQ(h.must("SHOW USERS LIKE 'U'", "R").cell(0, "comment"), "c");
  h.must("ALTER USER U SET COMMENT = 'd'", "R");
}

}  // namespace
}  // namespace firn::sandbox
