// Runs SQL in the Snowflake of a sandbox's file, as any user and role, and prints what comes of it:
// one line of JSON for each statement, {"rows": [{"COLUMN": "cell"}]} or {"code": …, "message": …}.
//
//   firn_sandbox_sql FILE ACCOUNT USER ROLE STATEMENT…
//
// Tests look so into tables that firn fills, by the eyes of the roles that it makes.
#include <fmt/format.h>
#include <string>
#include <vector>

#include "core/async/random.h"
#include "core/async/scheduler.h"
#include "core/base/text.h"
#include "core/value/json.h"
#include "sandbox/sandbox.h"
#include "tests/sandbox_snowflake/harness.h"

namespace {

using firn::List;
using firn::Map;
using firn::Value;

struct Who {
  std::string account;
  std::string user;
  std::string role;
  std::string key;
};

Value run(firn::sandbox::Sandbox& sandbox, const Who& who, const std::string& statement,
          int number) {
  firn::sandbox::Token token;
  token.account = firn::to_upper(who.account);
  token.user = who.user;
  firn::http::Request request;
  request.method = "POST";
  request.host = firn::to_lower(who.account) + ".snowflakecomputing.com";
  request.path = "/api/v2/statements";
  request.query = fmt::format("requestId=00000000-0000-0000-0000-{:012}", number);
  request.headers.set("Authorization",
                      "Bearer " + firn::sandbox::sign_token(who.key, token, sandbox.clock().now()));
  request.headers.set("Content-Type", "application/json");
  request.headers.set("Accept", "application/json");
  request.headers.set("User-Agent", "firn-tests/1.0");
  request.body = firn::to_json(Map{{"statement", statement}, {"role", who.role}});
  firn::SeededRandom random(1);
  firn::Scheduler scheduler(sandbox.clock(), random);
  const auto response = scheduler.run(sandbox.snowflake().send(std::move(request)));
  if (!response) return Map{{"code", ""}, {"message", response.error().summary}};
  firn::sandbox::Answer answer;
  answer.body = firn::parse_json(response->body).value_or(Value());
  if (response->status != 200) {
    return Map{{"code", answer.body.string_or("code", "")},
               {"message", answer.body.string_or("message", "")}};
  }
  List rows;
  for (std::size_t i = 0; i < answer.rows(); ++i) {
    Map row;
    const Value& cells = answer.body.at("data").as_list()[i];
    std::size_t column = 0;
    for (const auto& name : answer.column_names())
      row.set(name, cells.as_list()[column++]);
    rows.emplace_back(std::move(row));
  }
  return Map{{"rows", std::move(rows)}};
}

}  // namespace

int main(int count, char** words) {
  const std::vector<std::string> given(words + 1, words + count);
  if (given.size() < 5) {
    fmt::print(stderr, "FILE ACCOUNT USER ROLE STATEMENT…\n");
    return 2;
  }
  firn::sandbox::Options options;
  options.file = given[0];
  auto sandbox = firn::sandbox::Sandbox::open(options);
  if (!sandbox) {
    fmt::print(stderr, "{}\n", sandbox.error().summary);
    return 1;
  }
  Who who{given[1], given[2], given[3], ""};
  // The account, the user and the role are there already: this only gives the user a key.
  auto key = (*sandbox)->deployer_key(who.account, "", who.user, who.role);
  if (!key) {
    fmt::print(stderr, "{}\n", key.error().summary);
    return 1;
  }
  who.key = *key;
  for (std::size_t i = 4; i < given.size(); ++i) {
    const auto answer = run(**sandbox, who, given[i], static_cast<int>(i));
    fmt::print("{}\n", firn::to_json(answer));
  }
  return (*sandbox)->save() ? 0 : 1;
}
