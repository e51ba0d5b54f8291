#include "sandbox/sandbox.h"

#include <fmt/format.h>

#include "core/async/random.h"
#include "sandbox/aws/cloud.h"
#include "sandbox/log.h"
#include "sandbox/snowflake/cloud.h"
#include "sandbox/store.h"

namespace firn::sandbox {
namespace {

// Where the time of a new sandbox begins: fixed, so that two rehearsals look the same.
constexpr Instant first_instant{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

// Keys and ids are derived from a seed. A file can be copied and shared, so each has its own; what
// lives in memory never leaves the process, and the same ids in every test are worth more there.
std::string make_seed(const std::string& file) {
  if (file == ":memory:") return "memory";
  SystemRandom random;
  return random.uuid();
}

SnowflakeCloud::Options snowflake_options(const Options& options) {
  SnowflakeCloud::Options wanted;
  wanted.deployer_key = options.deployer_key;
  return wanted;
}

class OpenSandbox final : public Sandbox {
 public:
  OpenSandbox(Options options, std::unique_ptr<Store> store)
      : options_(std::move(options)),
        store_(std::move(store)),
        clock_(stored_time()),
        aws_(make_aws(*store_, clock_, {options_.iam_delay, options_.lambda_delay})),
        snowflake_(*store_, clock_, options_.aws_is_here ? &aws_->door() : nullptr,
                   snowflake_options(options_)),
        aws_transport_(*this, &OpenSandbox::ask_aws),
        snowflake_transport_(*this, &OpenSandbox::ask_snowflake) {
    aws_->connect(&snowflake_);
  }
  ~OpenSandbox() override {
    // Best effort: what changed is on disk already, only time and lines of the log can be missing.
    (void)save();
  }

  VirtualClock& clock() override { return clock_; }
  http::Transport& aws() override { return aws_transport_; }
  http::Transport& snowflake() override { return snowflake_transport_; }

  AwsCredentials administrator_of(const std::string& account) override {
    return aws_->administrator_of(account);
  }
  Status given_bucket(const std::string& account, const std::string& region,
                      const std::string& name) override {
    aws_->given_bucket(account, region, name);
    return save();
  }
  Result<std::string> deployer_key(const std::string& account, const std::string& region,
                                   const std::string& user, const std::string& role) override {
    auto key = snowflake_.deployer_key(account, region, user, role);
    if (!key) {
      store_->rollback();
      return key;
    }
    if (Status saved = save(); !saved) return Failure(saved.error());
    return key;
  }

  [[nodiscard]] std::vector<Count> status() const override {
    std::vector<Count> counts = aws_->status();
    for (Count& count : snowflake_.status())
      counts.push_back(std::move(count));
    return counts;
  }
  [[nodiscard]] std::vector<LogEntry> log() const override { return log_.all(*store_); }

  [[nodiscard]] std::vector<Document> documents() const override {
    std::vector<Document> all;
    for (const std::string& collection : store_->collections("")) {
      for (auto& [key, body] : store_->list(collection))
        all.push_back({collection, key, std::move(body)});
    }
    return all;
  }

  Status advance(Duration duration) override {
    if (duration < Duration::zero()) {
      return fail(ErrorKind::invalid_input, "the sandbox's time cannot go backwards",
                  "the duration is negative", "give a duration such as 73h");
    }
    clock_.advance_to(clock_.now() + duration);
    return save();
  }

  Status reset() override {
    const Value* seed = store_->get("sandbox", "seed");
    const Value kept = seed ? *seed : Value();
    log_.clear();
    store_->clear();
    store_->put("sandbox", "seed", kept);
    return save();
  }

  Status save() override {
    log_.move_into(*store_);
    const std::int64_t now = clock_.now().time_since_epoch().count();
    const Value* saved = store_->get("sandbox", "clock");
    if (!saved || saved->int_or("now", 0) != now) {
      store_->put("sandbox", "clock", Map{{"now", now}});
    }
    return store_->commit();
  }

 private:
  using Ask = Result<http::Response> (OpenSandbox::*)(const http::Request&);

  // One cloud's end of the wire. A request is answered at once, as one transaction.
  class Door final : public http::Transport {
   public:
    Door(OpenSandbox& sandbox, Ask ask) : sandbox_(sandbox), ask_(ask) {}
    Task<Result<http::Response>> send(http::Request request) override { co_return answer(request); }

   private:
    // Outside the coroutine: g++ 12 checks `this` of a call through a pointer too early there.
    Result<http::Response> answer(const http::Request& request) {
      return (sandbox_.*ask_)(request);
    }

    OpenSandbox& sandbox_;
    Ask ask_;
  };

  Instant stored_time() const {
    const Value* saved = store_->get("sandbox", "clock");
    return saved ? Instant(Duration(saved->int_or("now", 0))) : first_instant;
  }

  Result<http::Response> ask_aws(const http::Request& request) {
    LogEntry entry;
    entry.at = clock_.now();
    entry.cloud = "aws";
    entry.address = request.address;
    http::Response response = aws_->answer(request, entry);
    if (response.status >= 400) store_->rollback();
    return finish(std::move(entry), std::move(response));
  }

  Result<http::Response> ask_snowflake(const http::Request& request) {
    LogEntry entry;
    entry.at = clock_.now();
    entry.cloud = "snowflake";
    entry.service = "sql";
    entry.address = request.address;
    http::Response response = snowflake_.handle(request);
    const SnowflakeCloud::Handled& handled = snowflake_.last_handled();
    entry.operation = handled.operation;
    entry.target = handled.target;
    entry.status = response.status;
    entry.error = handled.error;
    // It commits its own store; what is left here is the line of the log.
    return finish(std::move(entry), std::move(response), handled.changed_something);
  }

  Result<http::Response> finish(LogEntry entry, http::Response response, bool changed = false) {
    log_.add(std::move(entry));
    // Requests that only looked are written with the next change: a refresh stays quick.
    if (changed || store_->has_changes()) {
      if (Status saved = save(); !saved) return Failure(saved.error());
    }
    return response;
  }

  Options options_;
  std::unique_ptr<Store> store_;
  VirtualClock clock_;
  RequestLog log_;
  std::unique_ptr<AwsCloud> aws_;
  SnowflakeCloud snowflake_;
  Door aws_transport_;
  Door snowflake_transport_;
};

}  // namespace

Result<std::unique_ptr<Sandbox>> Sandbox::open(Options options) {
  auto store = Store::open(options.file);
  if (!store) return Failure(store.error());
  if (!(*store)->get("sandbox", "seed")) {
    (*store)->put("sandbox", "seed", Map{{"seed", make_seed(options.file)}});
    if (Status committed = (*store)->commit(); !committed) return Failure(committed.error());
  }
  (*store)->count_from(options.first_number);
  return std::unique_ptr<Sandbox>(
      std::make_unique<OpenSandbox>(std::move(options), std::move(*store)));
}

}  // namespace firn::sandbox
