// Client: one SQL statement over Snowflake's SQL API v2, from request to rows.
//
// Snowflake documentation: "Snowflake SQL API reference", "Submitting requests", "Handling
// responses". A statement is sent with a fresh request id; a repetition carries the same id and
// retry=true, so that Snowflake does not run it twice. Failures are retried by their class, within
// a budget; an account that asks to slow down is called more slowly; a statement that meets with
// somebody else's lock is run again.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/async/scheduler.h"
#include "core/async/sync.h"
#include "core/base/result.h"
#include "core/http/http.h"
#include "core/http/retry.h"
#include "core/value/value.h"
#include "providers/snowflake/connection.h"
#include "providers/snowflake/key_pair.h"
#include "providers/snowflake/sql.h"
#include "providers/snowflake/sql_error.h"

namespace firn::snowflake {

// One row; columns are found by lower-case name, since Snowflake adds columns over time.
class Row {
 public:
  using Cells = std::vector<std::optional<std::string>>;
  Row(std::shared_ptr<const std::vector<std::string>> columns, Cells cells)
      : columns_(std::move(columns)), cells_(std::move(cells)) {}

  // The text of a cell; "" when the column is absent, NULL, or the word null that some commands
  // print for nothing.
  [[nodiscard]] std::string text(std::string_view column) const;
  [[nodiscard]] std::string text_at(std::size_t index) const;
  [[nodiscard]] bool has(std::string_view column) const;
  // Numbers and flags as SHOW prints them; nothing when absent or not such.
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view column) const;
  [[nodiscard]] bool flag(std::string_view column) const;  // true, Y, YES, ON, 1

 private:
  std::shared_ptr<const std::vector<std::string>> columns_;
  Cells cells_;
};

struct Rows {
  std::vector<std::string> column_names;  // as Snowflake gave them
  std::vector<Row> rows;
};

// What a statement runs in and for.
struct CallContext {
  std::string address;   // resource address, for messages and logs; may be empty
  std::string object;    // name of the object, for messages; may be empty
  std::string database;  // as stored; empty: the user's default
  std::string schema;
  bool changes_something = false;
};

class Client {
 public:
  // All outlive the client. The connection's key has been loaded.
  static Result<std::unique_ptr<Client>> make(Scheduler& scheduler, http::Transport& transport,
                                              const Connection& connection, std::string user_agent);

  // Runs one statement to its end and answers all of its rows.
  Task<Result<Rows>> run(Statement statement, CallContext context);

  [[nodiscard]] Scheduler& scheduler() { return scheduler_; }

 private:
  Client(Scheduler& scheduler, http::Transport& transport, const Connection& connection,
         std::string user_agent);

  struct Progress;  // of one exchange through its attempts
  enum class Next : std::uint8_t { again, give_up };
  enum class Trouble : std::uint8_t { throttled, failed, cut };

  // One exchange, repeated on failures that pass. `submit_id` is the request id of a submission,
  // empty for a look at one.
  Task<Result<http::Response>> exchange(http::Request request, std::string submit_id);
  Task<Next> wait_before_retry(Trouble trouble, Progress& progress);
  // One statement, to the end of this try of it.
  Task<Result<Rows>> run_once(Statement statement, CallContext context);
  // Fails at once while Snowflake is known to be down.
  [[nodiscard]] Status is_up(const http::Request& request, bool may_have_been_applied);
  Task<Result<Value>> wait_for(std::string handle, Statement statement, CallContext context);
  Task<Status> fetch_partitions(std::string handle, std::size_t count, Statement statement,
                                CallContext context, Rows& rows);
  [[nodiscard]] http::Request make_request(std::string_view method, std::string path,
                                           const Statement& statement,
                                           const CallContext& context) const;
  [[nodiscard]] std::string make_body(const Statement& statement, const CallContext& context) const;
  [[nodiscard]] Status authorize(http::Request& request);
  [[nodiscard]] Question question(const Statement& statement, const CallContext& context) const;

  Scheduler& scheduler_;
  http::Transport& transport_;
  Connection connection_;
  std::string user_agent_;
  std::optional<TokenSource> tokens_;
  Semaphore in_flight_;
  http::Pace pace_;
  http::RetryBudget retries_;
  // The failure for which no retry was left, and when to look whether it has passed.
  std::optional<Error> outage_;
  Instant next_probe_{};
  bool has_answered_ = false;  // the host has been reached at least once
};

// Unpacks a gzip body; text that is not gzip comes back as it is.
[[nodiscard]] Result<std::string> gunzip(std::string body);

}  // namespace firn::snowflake
