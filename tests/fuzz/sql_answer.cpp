// Answers of Snowflake's SQL API, as the client takes them, and rows of SHOW and DESC as the types
// read them.
#include <algorithm>

#include "core/async/clock.h"
#include "core/async/random.h"
#include "core/async/scheduler.h"
#include "core/value/json.h"
#include "providers/snowflake/client.h"
#include "providers/snowflake/columns.h"
#include "providers/snowflake/privileges.h"
#include "providers/snowflake/virtual_columns.h"
#include "tests/fuzz/fuzz.h"

namespace firn::fuzz {
namespace {

namespace sf = snowflake;

constexpr std::string_view clear = "kv81-clear";

// Answers in order, the last one again and again; an empty text is a lost connection.
class Answers final : public http::Transport {
 public:
  explicit Answers(std::vector<std::string_view> answers) : answers_(std::move(answers)) {}
  Task<Result<http::Response>> send(http::Request request) override {
    require(request.host == "myorg-myaccount.snowflakecomputing.com", "calls go to the account",
            request.host);
    require(request.path.find_first_of(" \r\n?") == std::string::npos, "a path is encoded",
            request.path);
    std::string_view text = answers_[std::min(asked_, answers_.size() - 1)];
    require(++asked_ < 20'000, "tries come to an end");
    http::Response response;
    response.status = std::clamp(number_of(take_line(text)), 100, 599);
    response.body = text;
    Result<http::Response> answer = response;
    if (text.empty() && response.status == 100) {
      answer = fail(ErrorKind::unavailable, "the connection was cut");
    }
    co_return answer;
  }

 private:
  std::vector<std::string_view> answers_;
  std::size_t asked_ = 0;
};

void check_columns(const sf::Rows& rows) {
  const sf::ObjectName table{{"D", "S", "T"}};
  const auto columns = sf::columns_in(rows, table);
  const Value value = sf::value_of(columns);
  require_stable_json(value);
  const Value normal = sf::normalized_columns(value, {"ID"});
  require(sf::normalized_columns(normal, {"ID"}) == normal, "a normal form stays", to_json(normal));
  if (const auto again = sf::columns_of(normal); again) {
    (void)sf::judge_columns(columns, *again);
    (void)sf::column_changes(table, columns, *again);
  }
  (void)sf::told_as_recorded(columns, columns);
  if (const auto shown = sf::shown_columns(rows, table, Value(List{})); shown) {
    const Value once = sf::normalized_virtual_columns(*shown);
    require(sf::normalized_virtual_columns(once) == once, "a normal form stays", to_json(once));
  }
}

void check_grants(const sf::Rows& rows) {
  for (const sf::Row& row : rows.rows) {
    const sf::GrantTarget target = sf::target_of_row(row);
    const std::string text = sf::text_of_target(target);
    if (const auto again = sf::target_of_text(text); again) {
      require(sf::text_of_target(*again) == text, "a target reads as it is written", text);
    }
    if (const auto future = sf::target_of_future_row(row); future) {
      (void)sf::covers(*future, target);
      (void)sf::text_of_target(*future);
    }
    (void)sf::is_same_name(row.text("name"), sf::ObjectName{{"D", "R"}});
    (void)row.integer("size");
    (void)row.flag("is_default");
  }
}

}  // namespace

// Responses, cut as parts_of() does: a status on the first line, then the body.
void try_input(std::string_view input) {
  VirtualClock clock(Instant(std::chrono::seconds(1'767'323'045)));
  SeededRandom random(7);
  Scheduler scheduler(clock, random);
  Answers transport(parts_of(input));
  sf::Connection connection;
  connection.account = "myorg-myaccount";
  connection.user = "firn_deploy";
  connection.role = "FIRN_DEPLOYER";
  connection.host = "myorg-myaccount.snowflakecomputing.com";
  connection.authenticator = sf::Authenticator::oauth;
  connection.token = std::string(clear);
  auto client = sf::Client::make(scheduler, transport, connection, "firn");
  require(client.has_value(), "a client is made");
  sf::Statement statement("SHOW COLUMNS IN ACCOUNT");
  sf::CallContext context;
  const Result<sf::Rows> rows = scheduler.run((*client)->run(statement, context));
  if (!rows) {
    // Some answers do mean that firn asked wrongly: a request that Snowflake cannot read.
    const bool is_ours = rows.error().kind == ErrorKind::bug;
    if (!is_ours && input.find(clear) == std::string_view::npos) require_told(rows.error(), clear);
    return;
  }
  check_columns(*rows);
  check_grants(*rows);
}

}  // namespace firn::fuzz
