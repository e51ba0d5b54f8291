#include "providers/snowflake/client.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "core/base/text.h"
#include "tests/snowflake/fake_snowflake.h"

namespace firn::snowflake {
namespace {

using namespace test;

class ClientTest : public ::testing::Test {
 protected:
  void SetUp() override { connect(connection()); }
  void connect(const Connection& to) {
    auto made = Client::make(world.scheduler, world.transport, to, "firn/0.1.0");
    ASSERT_TRUE(made);
    client = std::move(*made);
  }
  Result<Rows> run(const Statement& statement = Statement("SHOW ROLES"),
                   const CallContext& context = {}) {
    return world.scheduler.run(client->run(statement, context));
  }
  // Answers the n-th request with the n-th answer; the last one again and again.
  void answers(std::vector<Result<http::Response>> all) {
    world.transport.answer = [all = std::move(all), n = std::size_t{0}](
                                 const http::Request&) mutable -> Result<http::Response> {
      return all[std::min(n++, all.size() - 1)];
    };
  }
  const std::vector<http::Request>& requests() const { return world.transport.requests; }

  World world;
  std::unique_ptr<Client> client;
};

Result<http::Response> lost(bool may_have_arrived) {
  Error error;
  error.kind = ErrorKind::unavailable;
  error.summary = "the connection was cut";
  error.may_have_been_applied = may_have_arrived;
  return fail(std::move(error));
}

std::string gzipped(std::string text) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(text.size() + 128, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(text.data());
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST_F(ClientTest, SendsWhatTheSqlApiWants) {
  answers({done_response()});
  CallContext context;
  context.address = "lake";
  context.database = "DB";
  context.schema = "S";
  context.changes_something = true;
  ASSERT_TRUE(run(Statement("CREATE ROLE").identifier("R"), context));
  ASSERT_EQ(requests().size(), 1U);
  const http::Request& request = requests()[0];
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url().substr(0, 76),
            "https://myorg-myaccount.snowflakecomputing.com/api/v2/statements?requestId=" +
                request.query.substr(10, 1));
  EXPECT_EQ(request.query.find("retry"), std::string::npos);
  EXPECT_EQ(request.headers.get("Content-Type"), "application/json");
  EXPECT_EQ(request.headers.get("Accept"), "application/json");
  EXPECT_EQ(request.headers.get("User-Agent"), "firn/0.1.0");
  EXPECT_EQ(request.headers.get("X-Snowflake-Authorization-Token-Type"), "KEYPAIR_JWT");
  EXPECT_EQ(request.headers.get("Authorization").substr(0, 7), "Bearer ");
  EXPECT_EQ(request.service, "snowflake");
  EXPECT_EQ(request.operation, "CREATE ROLE");
  EXPECT_EQ(request.address, "lake");
  EXPECT_TRUE(request.changes_something);
  const auto body = parse_json(request.body);
  ASSERT_TRUE(body);
  EXPECT_EQ(body->string_or("statement", ""), "CREATE ROLE \"R\"");
  EXPECT_EQ(body->string_or("role", ""), "FIRN_DEPLOYER");
  EXPECT_EQ(body->string_or("database", ""), "DB");
  EXPECT_EQ(body->string_or("schema", ""), "S");
  EXPECT_EQ(body->find("warehouse"), nullptr);
  EXPECT_EQ(body->at("parameters").string_or("query_tag", ""), "firn:lake");
}

TEST_F(ClientTest, ReadsRowsByLowerCaseColumn) {
  answers({rows_response({"NAME", "auto_suspend", "auto_resume", "resource_monitor"},
                         {{"W1", "60", "true", "null"}, {"W2", "NULL", "false", ""}})});
  const auto rows = run();
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->rows.size(), 2U);
  EXPECT_EQ(rows->column_names[0], "NAME");
  EXPECT_EQ(rows->rows[0].text("name"), "W1");
  EXPECT_EQ(rows->rows[0].integer("auto_suspend"), 60);
  EXPECT_TRUE(rows->rows[0].flag("auto_resume"));
  EXPECT_EQ(rows->rows[0].text("resource_monitor"), "") << "the word null means nothing";
  EXPECT_EQ(rows->rows[1].integer("auto_suspend"), std::nullopt);
  EXPECT_EQ(rows->rows[1].text("no such column"), "");
  EXPECT_FALSE(rows->rows[1].has("no such column"));
}

TEST_F(ClientTest, PollsUntilDone) {
  answers({running_response(), running_response(), error_response(429, "333334", "still running"),
           rows_response({"status"}, {{"done"}})});
  const auto rows = run();
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->rows[0].text("status"), "done");
  ASSERT_EQ(requests().size(), 4U);
  EXPECT_EQ(requests()[1].method, "GET");
  EXPECT_EQ(requests()[1].path, "/api/v2/statements/01b2-handle");
  EXPECT_NEAR(world.seconds(), 0.25 + 0.5 + 1.0, 0.001) << "pauses grow";
}

TEST_F(ClientTest, GivesUpPollingAfterTheStatementsTime) {
  answers({running_response()});
  CallContext context;
  context.object = "DB.S.T";
  context.changes_something = true;
  const auto rows = run(Statement("ALTER TABLE"), context);
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().kind, ErrorKind::timed_out);
  EXPECT_EQ(rows.error().summary, "ALTER TABLE DB.S.T is still running in Snowflake");
  EXPECT_EQ(rows.error().request_id, "01b2-handle");
  EXPECT_TRUE(rows.error().may_have_been_applied);
}

TEST_F(ClientTest, FetchesGzippedPartitions) {
  http::Response second = json_response(200, Map{{"data", List{List{Value("C")}, List{Value()}}}});
  second.body = gzipped(second.body);
  http::Response third = json_response(200, Map{{"data", List{Value(List{Value("E")})}}});
  answers({json_response(200, result_body({"NAME"}, {{"A"}, {"B"}}, 3)), second, third});
  const auto rows = run();
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->rows.size(), 5U);
  EXPECT_EQ(rows->rows[2].text("name"), "C");
  EXPECT_EQ(rows->rows[3].text("name"), "");
  EXPECT_EQ(rows->rows[4].text("name"), "E");
  EXPECT_EQ(requests()[1].query, "partition=1");
  EXPECT_EQ(requests()[2].query, "partition=2");
}

TEST_F(ClientTest, RefusesDamagedPartitions) {
  http::Response second = json_response(200, Map{{"data", List{}}});
  second.body = gzipped(second.body);
  second.body.resize(second.body.size() / 2);
  answers({json_response(200, result_body({"NAME"}, {{"A"}}, 2)), second});
  const auto rows = run();
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().kind, ErrorKind::unavailable);
}

TEST_F(ClientTest, RepeatsWithTheSameIdAndSaysSoOnlyWhenItMayHaveArrived) {
  struct Row {
    const char* what;
    Result<http::Response> first;
    bool says_retry;
  };
  for (const Row& row : {
           Row{"cut after sending", lost(true), true},
           Row{"cut before sending", lost(false), false},
           Row{"500", json_response(500, Map{}), true},
           Row{"502", json_response(502, Map{}), true},
           Row{"503", json_response(503, Map{}), true},
           Row{"504", json_response(504, Map{}), true},
           Row{"throttled", error_response(429, "390505", "Too many requests."), false},
       }) {
    SCOPED_TRACE(row.what);
    world.transport.requests.clear();
    answers({row.first, done_response()});
    ASSERT_TRUE(run());
    ASSERT_EQ(requests().size(), 2U);
    EXPECT_EQ(requests()[0].query.find("&retry=true"), std::string::npos);
    EXPECT_EQ(requests()[1].query, requests()[0].query + (row.says_retry ? "&retry=true" : ""));
  }
  const std::string earlier = requests()[0].query;
  ASSERT_TRUE(run());
  EXPECT_NE(requests().back().query, earlier) << "a new statement has a new id";
}

TEST_F(ClientTest, GivesUpAfterSomeTries) {
  answers({lost(true)});
  CallContext context;
  context.changes_something = true;
  const auto rows = run(Statement("CREATE ROLE"), context);
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(rows.error().operation, "CREATE ROLE");
  EXPECT_TRUE(rows.error().may_have_been_applied);
  EXPECT_EQ(requests().size(), 7U);
  EXPECT_GT(world.seconds(), 10.0);
  EXPECT_LT(world.seconds(), 60.0);

  answers({error_response(429, "390505", "Too many requests.")});
  EXPECT_EQ(run().error().kind, ErrorKind::throttled);
}

TEST_F(ClientTest, WaitsForTheLockOfAnotherStatement) {
  const auto locked = error_response(422, "000625", "Statement '01' has locked table 'T'");
  answers({locked, locked, done_response()});
  ASSERT_TRUE(run());
  ASSERT_EQ(requests().size(), 3U);
  EXPECT_NE(requests()[0].query, requests()[1].query) << "it did not run, so it is a new statement";

  answers({locked});
  const auto rows = run();
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().kind, ErrorKind::conflict);
  EXPECT_GT(world.seconds(), 120.0);
  EXPECT_LT(world.seconds(), 180.0);
  EXPECT_NE(rows.error().remedy.find("SHOW LOCKS"), std::string::npos);
}

// The first statements spend what retries there are; after that each fails at once, and now and
// then one looks whether Snowflake is back.
TEST_F(ClientTest, AnOutageCostsABoundedNumberOfRequests) {
  answers({lost(true)});
  CallContext context;
  context.changes_something = true;
  for (int i = 0; i < 200; ++i) {
    const auto rows = run(Statement("CREATE ROLE"), context);
    ASSERT_FALSE(rows);
    EXPECT_EQ(rows.error().kind, ErrorKind::unavailable);
    EXPECT_EQ(rows.error().may_have_been_applied, i <= 8) << i;
  }
  EXPECT_LT(requests().size(), 70U);
  EXPECT_LT(world.seconds(), 600.0);
  answers({done_response()});
  EXPECT_FALSE(run());
  world.clock.advance_to(world.scheduler.now() + std::chrono::seconds(5));
  EXPECT_TRUE(run());
  EXPECT_TRUE(run());
}

TEST_F(ClientTest, IsPatientWhenThrottled) {
  std::vector<Result<http::Response>> all(20, error_response(429, "390505", "Too many requests."));
  all.emplace_back(done_response());
  answers(std::move(all));
  EXPECT_TRUE(run());
  EXPECT_EQ(requests().size(), 21U);
}

TEST_F(ClientTest, DoesNotRepeatWhatStaysWrong) {
  struct Row {
    int status;
    const char* code;
    ErrorKind kind;
  };
  for (const Row& row : {
           Row{422, "000904", ErrorKind::invalid_input},
           Row{422, "002003", ErrorKind::not_found},
           Row{408, "000630", ErrorKind::timed_out},
           Row{403, "", ErrorKind::denied},
           Row{415, "", ErrorKind::bug},
       }) {
    world.transport.requests.clear();
    answers({error_response(row.status, row.code, "no")});
    const auto rows = run();
    ASSERT_FALSE(rows);
    EXPECT_EQ(rows.error().kind, row.kind) << row.status;
    EXPECT_EQ(rows.error().request_id, "01b2-handle");
    EXPECT_EQ(requests().size(), 1U) << row.status;
  }
}

TEST_F(ClientTest, SignsOnceMoreWhenTheTokenIsRefused) {
  answers({error_response(401, "390144", "JWT token is invalid. [u]"), done_response()});
  EXPECT_TRUE(run());
  EXPECT_EQ(requests().size(), 2U);

  world.transport.requests.clear();
  answers({error_response(401, "390144", "JWT token is invalid. [u]")});
  const auto rows = run();
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().kind, ErrorKind::credentials);
  EXPECT_EQ(requests().size(), 2U);
  EXPECT_NE(rows.error().remedy.find(keys::rfc7515_a2_fingerprint), std::string::npos);
}

TEST_F(ClientTest, SignsAnewWhileItPolls) {
  std::vector<Result<http::Response>> all(30, running_response());
  all.emplace_back(done_response());
  answers(std::move(all));
  ASSERT_TRUE(run());
  EXPECT_GT(world.seconds(), 100.0);
  EXPECT_NE(requests().front().headers.get("Authorization"),
            requests().back().headers.get("Authorization"));
}

TEST_F(ClientTest, SendsTokensOfOtherKinds) {
  answers({done_response()});
  Connection other = connection();
  other.token = "secret-token";
  other.authenticator = Authenticator::oauth;
  connect(other);
  ASSERT_TRUE(run());
  EXPECT_EQ(requests().back().headers.get("Authorization"), "Bearer secret-token");
  EXPECT_EQ(requests().back().headers.get("X-Snowflake-Authorization-Token-Type"), "OAUTH");
  other.authenticator = Authenticator::programmatic_access_token;
  connect(other);
  ASSERT_TRUE(run());
  EXPECT_EQ(requests().back().headers.get("X-Snowflake-Authorization-Token-Type"),
            "PROGRAMMATIC_ACCESS_TOKEN");
}

// Holds every answer back for a second and counts what is under way.
class SlowTransport final : public http::Transport {
 public:
  explicit SlowTransport(Scheduler& scheduler) : scheduler_(scheduler) {}
  Task<Result<http::Response>> send(http::Request) override {
    most = std::max(most, ++now_);
    co_await scheduler_.sleep(std::chrono::seconds(1));
    --now_;
    co_return done_response();
  }
  int most = 0;

 private:
  Scheduler& scheduler_;
  int now_ = 0;
};

TEST(Client, KeepsTenStatementsInFlight) {
  World world;
  SlowTransport transport(world.scheduler);
  auto client = Client::make(world.scheduler, transport, connection(), "firn");
  ASSERT_TRUE(client);
  std::vector<Task<Result<Rows>>> tasks;
  for (int i = 0; i < 25; ++i)
    tasks.push_back((*client)->run(Statement("SHOW ROLES"), {}));
  const auto rows = world.scheduler.run(when_all(world.scheduler, std::move(tasks)));
  EXPECT_EQ(rows.size(), 25U);
  EXPECT_EQ(transport.most, 10);
  EXPECT_NEAR(world.seconds(), 3.0, 0.001);
}

}  // namespace
}  // namespace firn::snowflake
