#include "providers/snowflake/client.h"

#include <algorithm>
#include <array>
#include <zlib.h>

#include "core/base/text.h"
#include "core/value/json.h"

namespace firn::snowflake {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Snowflake documents no number; few statements at once keep an account's other work going.
constexpr std::size_t in_flight_max = 10;
constexpr int attempts_max = 7;
// A host that was never reached is more likely misspelt than busy: nobody shall wait long to learn
// that.
constexpr int first_attempts_max = 3;
// Being asked to slow down is no failure.
constexpr int throttled_max = 25;
// Calls that hang take long to fail; after this, one more try would only double the wait.
constexpr Duration failing_max = std::chrono::minutes(3);
constexpr Duration between_probes = seconds(5);
// How long to wait for the lock of somebody else's statement.
constexpr Duration busy_max = std::chrono::minutes(2);
constexpr Duration poll_first = milliseconds(250);
constexpr Duration poll_max = seconds(5);
constexpr std::int64_t statement_timeout_s = 1800;
constexpr std::size_t unpacked_max = std::size_t{1} << 30;

// Snowflake's codes for "still running".
bool is_running(const Answer& answer) {
  return answer.code == "333333" || answer.code == "333334" || answer.status == 202;
}

Answer answer_of(int status, const Value& body) {
  return Answer{status, body.string_or("code", ""), body.string_or("sqlState", ""),
                body.string_or("message", ""), body.string_or("statementHandle", "")};
}

struct Answered {
  Answer answer;
  Value body;  // null when it is no JSON
};

Answered read_answer(const http::Response& response) {
  auto text = gunzip(response.body);
  if (!text) return {Answer{response.status, {}, {}, {}, {}}, Value()};
  auto body = parse_json(*text);
  if (!body) return {Answer{response.status, {}, {}, {}, {}}, Value()};
  return {answer_of(response.status, *body), *body};
}

bool is_server_failure(int status) {
  return status >= 500 && status != 522;
}

Error unreadable(const Answer& answer, const Question& question) {
  Error error;
  error.kind = ErrorKind::unavailable;
  error.operation = question.operation;
  error.summary = "cannot read Snowflake's answer to " + question.operation;
  error.detail = "HTTP status " + std::to_string(answer.status) + ", but no result in the body";
  error.request_id = answer.handle;
  error.may_have_been_applied = true;
  return error;
}

void add_rows(const Value& data, const std::shared_ptr<const std::vector<std::string>>& columns,
              Rows& rows) {
  if (!data.is_list()) return;
  for (const Value& line : data.as_list()) {
    if (!line.is_list()) continue;
    Row::Cells cells;
    cells.reserve(line.as_list().size());
    for (const Value& cell : line.as_list()) {
      if (cell.is_string()) {
        cells.emplace_back(cell.as_string());
      } else if (cell.is_null()) {
        cells.emplace_back(std::nullopt);
      } else {
        cells.emplace_back(to_json(cell));
      }
    }
    rows.rows.emplace_back(columns, std::move(cells));
  }
}

struct Inflater {
  z_stream stream{};
  bool ready = false;
  Inflater() { ready = inflateInit2(&stream, MAX_WBITS + 16) == Z_OK; }
  ~Inflater() {
    if (ready) inflateEnd(&stream);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
};

}  // namespace

Result<std::string> gunzip(std::string body) {
  const bool packed = body.size() > 2 && static_cast<unsigned char>(body[0]) == 0x1f &&
                      static_cast<unsigned char>(body[1]) == 0x8b;
  if (!packed) return body;
  Inflater inflater;
  std::string out;
  std::array<char, 16384> chunk{};
  inflater.stream.next_in = reinterpret_cast<Bytef*>(body.data());
  inflater.stream.avail_in = static_cast<uInt>(body.size());
  int state = inflater.ready ? Z_OK : Z_STREAM_ERROR;
  while (state == Z_OK && out.size() < unpacked_max) {
    inflater.stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
    inflater.stream.avail_out = static_cast<uInt>(chunk.size());
    state = inflate(&inflater.stream, Z_NO_FLUSH);
    out.append(chunk.data(), chunk.size() - inflater.stream.avail_out);
    if (state == Z_OK && inflater.stream.avail_in == 0 && inflater.stream.avail_out != 0) break;
  }
  if (state != Z_STREAM_END) {
    return fail(ErrorKind::unavailable, "cannot unpack a part of Snowflake's answer",
                "its gzip data is damaged or cut off");
  }
  return out;
}

std::string Row::text(std::string_view column) const {
  const auto found = std::find(columns_->begin(), columns_->end(), column);
  if (found == columns_->end()) return {};
  return text_at(static_cast<std::size_t>(found - columns_->begin()));
}

std::string Row::text_at(std::size_t index) const {
  if (index >= cells_.size() || !cells_[index] || *cells_[index] == "null") return {};
  return *cells_[index];
}

bool Row::has(std::string_view column) const {
  return std::find(columns_->begin(), columns_->end(), column) != columns_->end();
}

std::optional<std::int64_t> Row::integer(std::string_view column) const {
  const std::string digits = text(column);
  const auto* const begin = digits.c_str();
  char* end = nullptr;
  const long long number = std::strtoll(begin, &end, 10);
  if (digits.empty() || *end != '\0') return std::nullopt;
  return number;
}

bool Row::flag(std::string_view column) const {
  const std::string word = to_upper(text(column));
  return word == "TRUE" || word == "Y" || word == "YES" || word == "ON" || word == "1";
}

Result<std::unique_ptr<Client>> Client::make(Scheduler& scheduler, http::Transport& transport,
                                             const Connection& connection, std::string user_agent) {
  std::unique_ptr<Client> client(
      new Client(scheduler, transport, connection, std::move(user_agent)));
  if (connection.authenticator == Authenticator::key_pair) {
    const std::string source =
        connection.private_key_file.empty() ? "the configuration" : connection.private_key_file;
    auto key = KeyPair::read(connection.private_key_pem, connection.passphrase, source);
    if (!key) return fail(key.error());
    client->tokens_.emplace(std::move(*key), connection.issuer_account(), connection.issuer_user());
  }
  // The text of the key is not needed any more.
  client->connection_.private_key_pem.clear();
  client->connection_.passphrase.clear();
  return client;
}

Client::Client(Scheduler& scheduler, http::Transport& transport, const Connection& connection,
               std::string user_agent)
    : scheduler_(scheduler),
      transport_(transport),
      connection_(connection),
      user_agent_(std::move(user_agent)),
      in_flight_(scheduler, in_flight_max),
      pace_(0, scheduler.now()) {}

Question Client::question(const Statement& statement, const CallContext& context) const {
  return Question{std::string(statement.operation()), context.object, connection_.role,
                  tokens_ ? tokens_->key().fingerprint() : std::string()};
}

http::Request Client::make_request(std::string_view method, std::string path,
                                   const Statement& statement, const CallContext& context) const {
  http::Request request;
  request.method = method;
  request.scheme = connection_.scheme;
  request.host = connection_.host;
  request.port = connection_.port;
  request.path = std::move(path);
  request.service = "snowflake";
  request.operation = statement.operation();
  request.address = context.address;
  request.changes_something = context.changes_something && method == "POST";
  request.headers.set("Accept", "application/json");
  request.headers.set("Accept-Encoding", "gzip");
  request.headers.set("User-Agent", user_agent_);
  return request;
}

std::string Client::make_body(const Statement& statement, const CallContext& context) const {
  Map body;
  body.set("statement", statement.text());
  body.set("timeout", statement_timeout_s);
  if (!connection_.role.empty()) body.set("role", connection_.role);
  if (!connection_.warehouse.empty()) body.set("warehouse", connection_.warehouse);
  if (!context.database.empty()) body.set("database", context.database);
  if (!context.schema.empty()) body.set("schema", context.schema);
  Map parameters;
  parameters.set("query_tag", context.address.empty() ? "firn" : "firn:" + context.address);
  body.set("parameters", std::move(parameters));
  return to_json(body);
}

Status Client::authorize(http::Request& request) {
  std::string token = connection_.token;
  std::string type = "OAUTH";
  if (connection_.authenticator == Authenticator::programmatic_access_token) {
    type = "PROGRAMMATIC_ACCESS_TOKEN";
  } else if (tokens_) {
    auto made = tokens_->token(scheduler_.now());
    if (!made) return fail(made.error());
    token = *made;
    type = "KEYPAIR_JWT";
  }
  request.headers.set("Authorization", "Bearer " + token);
  request.headers.set("X-Snowflake-Authorization-Token-Type", type);
  return Ok{};
}

struct Client::Progress {
  Instant begun;
  Instant turn;  // when the attempt under way got its turn
  int failures = 0;
  int throttles = 0;
  int drawn = 0;         // from the budget of retries, for the attempt under way
  bool arrived = false;  // an earlier try may have reached Snowflake
  bool renewed = false;
};

// Waits as long as the class of the failure asks for, if there is to be another try.
Task<Client::Next> Client::wait_before_retry(Trouble trouble, Progress& progress) {
  progress.drawn = 0;
  Duration pause{};
  if (trouble == Trouble::throttled) {
    pace_.slow_down(progress.turn, scheduler_.now());
    if (++progress.throttles >= throttled_max) co_return Next::give_up;
    pause = http::backoff(scheduler_.random(), progress.throttles);
  } else {
    const int most = has_answered_ || progress.arrived ? attempts_max : first_attempts_max;
    const int cost = trouble == Trouble::cut ? http::RetryBudget::timeout_retry_cost
                                             : http::RetryBudget::retry_cost;
    if (++progress.failures >= most) co_return Next::give_up;
    if (scheduler_.now() - progress.begun >= failing_max) co_return Next::give_up;
    if (!retries_.draw(cost)) co_return Next::give_up;
    progress.drawn = cost;
    pause = http::backoff(scheduler_.random(), progress.failures);
  }
  co_await scheduler_.sleep(pause);
  co_return Next::again;
}

Status Client::is_up(const http::Request& request, bool may_have_been_applied) {
  if (!outage_) return Ok{};
  if (scheduler_.now() >= next_probe_) {
    next_probe_ = scheduler_.now() + between_probes;  // this one looks whether it is back
    return Ok{};
  }
  Error error = *outage_;
  error.operation = request.operation;
  error.address = request.address;
  error.may_have_been_applied = may_have_been_applied;
  return fail(std::move(error));
}

Task<Result<http::Response>> Client::exchange(http::Request request, std::string submit_id) {
  Progress progress;
  progress.begun = scheduler_.now();
  while (true) {
    const bool may_be_done = progress.arrived && request.changes_something;
    const Status up = is_up(request, may_be_done);
    if (!up) co_return fail(up.error());
    progress.turn = scheduler_.now();
    const Duration pace = pace_.take_turn(progress.turn);
    if (pace > Duration::zero()) co_await scheduler_.sleep(pace);
    http::Request copy = request;
    auto authorized = authorize(copy);
    if (!authorized) co_return fail(authorized.error());
    if (!submit_id.empty()) {
      copy.query = "requestId=" + submit_id + (progress.arrived ? "&retry=true" : "");
    }
    auto response = co_await transport_.send(std::move(copy));
    if (!response) {
      Error error = response.error();
      progress.arrived = progress.arrived || error.may_have_been_applied;
      const bool passes =
          error.kind == ErrorKind::unavailable || error.kind == ErrorKind::timed_out;
      Next next = Next::give_up;
      if (passes) next = co_await wait_before_retry(Trouble::cut, progress);
      if (next == Next::again) continue;
      error.operation = request.operation;
      error.may_have_been_applied = progress.arrived && request.changes_something;
      if (error.remedy.empty()) {
        error.remedy = "check the network and the account's name: the host is " + request.host;
      }
      if (passes && retries_.available() < http::RetryBudget::timeout_retry_cost) {
        outage_ = error;
        next_probe_ = scheduler_.now() + between_probes;
      }
      co_return fail(std::move(error));
    }
    has_answered_ = true;
    const int status = response->status;
    const Answer answer = status == 200 ? Answer{} : read_answer(*response).answer;
    if (status == 401 && tokens_ && !progress.renewed) {
      progress.renewed = true;
      tokens_->renew();
      continue;
    }
    const bool is_throttled = status == 429 && !is_running(answer);
    if (!is_throttled && !is_server_failure(status)) {
      outage_.reset();
      retries_.give_back(progress.drawn > 0 ? progress.drawn : 1);
      co_return response;
    }
    progress.arrived = progress.arrived || is_server_failure(status);
    const Trouble trouble = is_throttled ? Trouble::throttled : Trouble::failed;
    const Next next = co_await wait_before_retry(trouble, progress);
    if (next == Next::again) continue;
    if (!is_throttled && retries_.available() < http::RetryBudget::timeout_retry_cost) {
      outage_ = error_of(answer, Question{request.operation, {}, {}, {}});
      next_probe_ = scheduler_.now() + between_probes;
    }
    co_return response;
  }
}

Task<Result<Value>> Client::wait_for(std::string handle, Statement statement, CallContext context) {
  const Instant deadline = scheduler_.now() + seconds(statement_timeout_s) + seconds(60);
  Duration pause = poll_first;
  while (scheduler_.now() < deadline) {
    co_await scheduler_.sleep(pause);
    pause = std::min(pause * 2, poll_max);
    std::string path = "/api/v2/statements/" + percent_encode(handle);
    http::Request request = make_request("GET", std::move(path), statement, context);
    std::string none;
    auto response = co_await exchange(std::move(request), std::move(none));
    if (!response) {
      Error error = response.error();
      error.may_have_been_applied = context.changes_something;
      co_return fail(std::move(error));
    }
    Answered answered = read_answer(*response);
    if (is_running(answered.answer)) continue;
    if (response->status != 200) {
      const Question asked = question(statement, context);
      co_return fail(error_of(answered.answer, asked));
    }
    co_return std::move(answered.body);
  }
  Error error;
  error.kind = ErrorKind::timed_out;
  error.operation = statement.operation();
  error.summary = error.operation + " " + context.object + " is still running in Snowflake";
  error.detail = "gave up after half an hour";
  error.remedy = "look at the query in Snowflake's history, then run firn again";
  error.request_id = handle;
  error.may_have_been_applied = context.changes_something;
  co_return fail(std::move(error));
}

Task<Status> Client::fetch_partitions(std::string handle, std::size_t count, Statement statement,
                                      CallContext context, Rows& rows) {
  auto columns = std::make_shared<std::vector<std::string>>();
  for (const auto& name : rows.column_names)
    columns->push_back(to_lower(name));
  for (std::size_t i = 1; i < count; ++i) {
    std::string path = "/api/v2/statements/" + percent_encode(handle);
    http::Request request = make_request("GET", std::move(path), statement, context);
    request.query = "partition=" + std::to_string(i);
    std::string none;
    auto response = co_await exchange(std::move(request), std::move(none));
    if (!response) co_return fail(response.error());
    Answered answered = read_answer(*response);
    const Question asked = question(statement, context);
    if (response->status != 200) co_return fail(error_of(answered.answer, asked));
    if (!answered.body.at("data").is_list()) co_return fail(unreadable(answered.answer, asked));
    add_rows(answered.body.at("data"), columns, rows);
  }
  co_return Ok{};
}

Task<Result<Rows>> Client::run(Statement statement, CallContext context) {
  const Instant begun = scheduler_.now();
  for (int look = 1;; ++look) {
    Statement copy = statement;
    CallContext same = context;
    Result<Rows> rows = co_await run_once(std::move(copy), std::move(same));
    const bool is_busy = !rows && means_busy(rows.error().code);
    if (!is_busy || scheduler_.now() - begun >= busy_max) co_return rows;
    const Duration pause = http::backoff(scheduler_.random(), std::min(look, 4));
    co_await scheduler_.sleep(pause);
  }
}

Task<Result<Rows>> Client::run_once(Statement statement, CallContext context) {
  const Semaphore::Permit permit = co_await in_flight_;
  const Question asked = question(statement, context);
  std::string path = "/api/v2/statements";
  http::Request request = make_request("POST", std::move(path), statement, context);
  request.headers.set("Content-Type", "application/json");
  request.body = make_body(statement, context);
  std::string id = scheduler_.random().uuid();
  auto response = co_await exchange(std::move(request), std::move(id));
  if (!response) co_return fail(response.error());

  Answered answered = read_answer(*response);
  Value body = answered.body;
  if (is_running(answered.answer)) {
    if (answered.answer.handle.empty()) co_return fail(unreadable(answered.answer, asked));
    auto finished = co_await wait_for(answered.answer.handle, statement, context);
    if (!finished) co_return fail(finished.error());
    body = std::move(*finished);
  } else if (response->status != 200) {
    co_return fail(error_of(answered.answer, asked));
  }

  const Value& types = body.at_path("resultSetMetaData.rowType");
  if (!types.is_list()) co_return fail(unreadable(answered.answer, asked));
  Rows rows;
  auto lower = std::make_shared<std::vector<std::string>>();
  for (const Value& type : types.as_list()) {
    rows.column_names.push_back(type.string_or("name", ""));
    lower->push_back(to_lower(rows.column_names.back()));
  }
  add_rows(body.at("data"), lower, rows);
  const Value& partitions = body.at_path("resultSetMetaData.partitionInfo");
  if (partitions.is_list() && partitions.as_list().size() > 1) {
    std::string handle = body.string_or("statementHandle", answered.answer.handle);
    const std::size_t count = partitions.as_list().size();
    auto fetched = co_await fetch_partitions(handle, count, statement, context, rows);
    if (!fetched) co_return fail(fetched.error());
  }
  co_return rows;
}

}  // namespace firn::snowflake
