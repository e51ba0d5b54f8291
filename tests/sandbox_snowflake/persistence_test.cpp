// What is in the file is there again, and a retry after a restart is not carried out twice.
#include <filesystem>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/sandbox_snowflake/harness.h"

namespace firn::sandbox {
namespace {

class PersistenceTest : public ::testing::Test {
 protected:
  PersistenceTest()
      : file_((std::filesystem::path(::testing::TempDir()) /
               (std::string("firn_snowflake_") +
                ::testing::UnitTest::GetInstance()->current_test_info()->name() + "_" +
                std::to_string(getpid()) + ".sqlite"))
                  .string()) {
    clean();
    open();
  }
  ~PersistenceTest() override {
    h.reset();
    clean();
  }
  void open() { h = std::make_unique<Harness>(file_); }
  // The same world, as another process finds it.
  void reopen() {
    const auto files = h->aws.files;
    h.reset();
    open();
    h->aws.files = files;
  }
  void clean() {
    for (const char* end : {"", "-wal", "-shm"})
      std::filesystem::remove(file_ + end);
  }

  std::string file_;
  std::unique_ptr<Harness> h;
};

TEST_F(PersistenceTest, TheWorldIsTheSameAfterReopening) {
  h->make_road();
  h->must("CREATE ROLE R");
  h->must("GRANT SELECT ON TABLE D.S.T TO ROLE R");
  h->must("CREATE PIPE D.S.P AUTO_INGEST = TRUE AS COPY INTO D.S.T (V) FROM @D.S.ST");
  h->arrive("in/a.json", R"([{"a": "ü"}, {"a": 2}])");
  const std::vector<std::string> reads = {
      "SHOW TABLES IN ACCOUNT",     "SHOW PIPES IN ACCOUNT", "SHOW STAGES IN ACCOUNT",
      "SHOW GRANTS ON TABLE D.S.T", "DESC INTEGRATION I",    "DESC TABLE D.S.T",
      "DESC FILE FORMAT D.S.J",     "SELECT V FROM D.S.T",   "SELECT SYSTEM$PIPE_STATUS('D.S.P')"};
  std::vector<Value> before;
  for (const auto& sql : reads)
    before.push_back(h->must(sql).body.at("data"));
  const auto key = h->key;
  const auto contents = h->contents();
  reopen();
  EXPECT_EQ(h->key, key);
  EXPECT_EQ(h->contents(), contents);
  for (std::size_t i = 0; i < reads.size(); ++i) {
    EXPECT_EQ(h->must(reads[i]).body.at("data"), before[i]) << reads[i];
  }
  h->arrive("in/a.json", "{}");
  EXPECT_EQ(h->must("SELECT COUNT(*) AS N FROM D.S.T").cell(0, "N"), "2") << "loaded already";
}

TEST_F(PersistenceTest, ARetryAfterARestartIsAnsweredAsBefore) {
  auto request = h->post("CREATE DATABASE D", {{"role", "DEPLOYER_ROLE"}});
  const auto first = h->send(request);
  ASSERT_EQ(first.status, 200);
  reopen();
  request.headers.set("Authorization", "Bearer " + sign_token(h->key, {}, h->clock.now()));
  request.query += "&retry=true";
  const auto again = h->send(request);
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.body.string_or("statementHandle", "-"),
            first.body.string_or("statementHandle", ""));
  EXPECT_EQ(again.cell(0, "status"), "Database D successfully created.");
  EXPECT_EQ(h->must("SHOW DATABASES").rows(), 1u);
}

TEST_F(PersistenceTest, WhatWasRefusedIsNotInTheFile) {
  h->make_road();
  const auto contents = h->contents();
  h->sql("CREATE TABLE D.S.T (A INT)");
  h->sql("ALTER TABLE D.S.T ALTER (COLUMN A TYPE VARCHAR, COLUMN N TYPE DATE)");
  reopen();
  EXPECT_EQ(h->contents(), contents);
}

TEST_F(PersistenceTest, TokensDoNotRepeatAcrossRestarts) {
  h->make_road();
  const auto id = [&] {
    return h->must("DESC INTEGRATION I")
        .look_up("property", "STORAGE_AWS_EXTERNAL_ID", "property_value");
  };
  const auto first = id();
  h->must("ALTER INTEGRATION I SET STORAGE_AWS_EXTERNAL_ID = 'mine'");
  reopen();
  h->must("ALTER INTEGRATION I UNSET STORAGE_AWS_EXTERNAL_ID");
  EXPECT_NE(id(), first);
}

}  // namespace
}  // namespace firn::sandbox
