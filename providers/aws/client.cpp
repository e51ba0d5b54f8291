#include "providers/aws/client.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/http/retry.h"
#include "core/value/json.h"
#include "core/value/scrub.h"
#include "providers/aws/endpoint.h"
#include "providers/aws/error.h"
#include "providers/aws/request.h"
#include "providers/aws/retry.h"
#include "providers/aws/sigv4.h"

namespace firn::aws {

namespace {

// A difference this small cannot make a signature fail, and `Date` only counts whole seconds.
constexpr Duration negligible_skew = std::chrono::minutes(1);
// Below this a refused signature has another cause than the clock.
constexpr Duration decisive_skew = std::chrono::minutes(4);
// Longer round trips say nothing about the clock.
constexpr Duration longest_round_trip = std::chrono::minutes(15);
// How long to wait for what is spreading through AWS, or for somebody else's change to end.
constexpr Duration longest_wait = std::chrono::minutes(2);
constexpr int longest_throttling = 25;  // attempts
constexpr int usual_throttling = 3;
// An endpoint that never answered is more likely misspelt than busy: nobody shall wait long to
// learn that.
constexpr int first_attempts = 3;
// Calls that hang take long to fail; after this, one more try would only double the wait.
constexpr Duration longest_failing = std::chrono::minutes(3);
constexpr Duration between_probes = std::chrono::seconds(5);
constexpr int most_moves = 3;  // from one region to another, in search of a bucket

bool has_error_root(std::string_view body) {
  if (body.starts_with("<?")) {
    const auto end = body.find("?>");
    if (end == std::string_view::npos) return false;
    body.remove_prefix(end + 2);
  }
  const auto start = body.find_first_not_of(" \t\r\n");
  return start != std::string_view::npos && body.substr(start).starts_with("<Error>");
}

// Query answers carry their content in <OperationResult>.
Value content_of(const Value& answer, const std::string& operation) {
  const Value* result = answer.find(operation + "Result");
  if (result == nullptr || !result->is_map()) return Value(Map());
  return *result;
}

Result<Reply> to_reply(const Call& call, http::Response response) {
  Reply reply;
  reply.status = response.status;
  reply.request_id = response.headers.get("x-amzn-requestid");
  if (reply.request_id.empty()) reply.request_id = response.headers.get("x-amz-request-id");
  reply.headers = std::move(response.headers);
  reply.body = std::move(response.body);
  const bool is_query = call.service->protocol == Protocol::query;
  const bool is_xml = is_query || (call.service->protocol == Protocol::rest_xml &&
                                   call.operation != "GetObject" && reply.body.starts_with("<"));
  const bool is_json = !is_query && call.service->protocol != Protocol::rest_xml;
  if (!is_xml && !(is_json && !reply.body.empty())) return reply;

  Result<Value> value = is_xml ? parse_xml(reply.body) : parse_json(reply.body);
  if (!value) {
    Error error = value.error();
    error.kind = ErrorKind::unavailable;
    error.summary = fmt::format("{} answered {} with something unreadable", call.service->title,
                                call.operation);
    error.detail = value.error().summary + ". " + value.error().detail;
    error.remedy =
        "check that AWS_ENDPOINT_URL, if set, and HTTPS_PROXY lead to the service itself";
    error.operation = fmt::format("{}:{}", call.service->id, call.operation);
    error.address = call.address;
    error.request_id = reply.request_id;
    error.may_have_been_applied = call.changes_something;
    return Failure(std::move(error));
  }
  reply.value = is_query ? content_of(*value, call.operation) : std::move(*value);
  return reply;
}

}  // namespace

// What one service in one region has shown of itself, and what it may cost.
struct Client::Lane {
  Lane(Scheduler& scheduler, const Service& service)
      : budget(scheduler, service.concurrency), pace(service.calls_per_second, scheduler.now()) {}

  // A failure that no retry is left for, so that a service that is down costs little time: until
  // `next_probe`, calls fail as this one did, without being sent.
  struct Outage {
    Error error;
    Instant next_probe;
  };

  [[nodiscard]] bool is_down(Instant now) {
    if (!outage || now < outage->next_probe) return outage.has_value();
    outage->next_probe = now + between_probes;  // this call looks whether it is back
    return false;
  }

  Semaphore budget;
  http::Pace pace;
  http::RetryBudget retries;
  std::optional<Outage> outage;
  bool has_answered = false;
  Duration skew = Duration::zero();  // their clock minus ours
};

struct Client::Progress {
  std::string region;
  int failures = 0;
  int throttles = 0;
  int waits = 0;
  std::optional<Instant> wait_deadline;
  Instant begun;
  Instant turn;            // when the attempt under way got its turn
  int drawn = 0;           // from the budget of retries, for the attempt under way
  bool ambiguous = false;  // an earlier attempt may have been applied
  bool renewed_credentials = false;
  bool corrected_clock = false;
  int moves = 0;
  std::optional<Semaphore::Permit> permit;  // to have a call in flight
};

struct Client::Exchange {
  std::optional<http::Response> response;
  std::optional<Error> failure;  // of credentials, endpoint or transport
  bool reached_transport = false;
  std::optional<ServiceError> service_error;
};

Client::Client(Scheduler& scheduler, http::Transport& transport, CredentialsSource& credentials,
               ClientOptions options)
    : scheduler_(scheduler),
      transport_(transport),
      credentials_(credentials),
      options_(std::move(options)) {}

Client::~Client() = default;

Client::Lane& Client::lane_of(const Service& service, const std::string& region) {
  auto& lane = lanes_[fmt::format("{}/{}", service.id, service.is_global ? "" : region)];
  if (!lane) lane = std::make_unique<Lane>(scheduler_, service);
  return *lane;
}

std::string Client::region_of(const Call& call) const {
  if (!call.region.empty()) return call.region;
  if (!call.bucket.empty()) {
    const auto known = bucket_regions_.find(call.bucket);
    if (known != bucket_regions_.end()) return known->second;
  }
  return options_.placement.region;
}

Task<Client::Exchange> Client::attempt(const Call& call, Lane& lane, std::string region) {
  Exchange exchange;
  Result<Endpoint> endpoint = resolve_endpoint(*call.service, region, options_.endpoints);
  if (!endpoint) {
    exchange.failure = endpoint.error();
    co_return exchange;
  }
  http::Request request = build_request(call, *endpoint, options_);
  if (call.is_signed) {
    Result<Credentials> credentials = co_await credentials_.get();
    if (!credentials) {
      exchange.failure = credentials.error();
      exchange.failure->address = call.address;
      co_return exchange;
    }
    const Duration skew = std::chrono::abs(lane.skew) > negligible_skew ? lane.skew : Duration(0);
    SigningScope scope{endpoint->signing_region, std::string(call.service->signing_name),
                       scheduler_.now() + skew};
    sign(request, *credentials, scope);
  }

  http::Request sent_request = request;
  sent_request.body.clear();
  const Instant sent = scheduler_.now();
  Result<http::Response> response = co_await transport_.send(std::move(request));
  const Instant received = scheduler_.now();
  exchange.reached_transport = true;
  if (!response) {
    exchange.failure = to_error(call, response.error(), sent_request);
    co_return exchange;
  }
  const auto date = parse_http_date(response->headers.get("Date"));
  const bool is_fresh = response->headers.find("Age") == nullptr;
  if (date && is_fresh && received - sent <= longest_round_trip) {
    lane.skew = *date - (sent + (received - sent) / 2);
  }
  exchange.response = std::move(*response);
  const bool is_success = exchange.response->status >= 200 && exchange.response->status < 300;
  if (is_success && !(call.service->protocol == Protocol::rest_xml &&
                      call.operation != "GetObject" && has_error_root(exchange.response->body))) {
    co_return exchange;
  }
  if (is_success) exchange.response->status = 500;  // S3: an error after the headers had gone out
  exchange.service_error = parse_error(*call.service, *exchange.response);
  co_return exchange;
}

// Decides whether to try again, and waits as long as that takes. Fills exchange.failure otherwise.
Task<Client::Next> Client::wait_before_retry(const Call& call, Lane& lane, Exchange& exchange,
                                             Progress& progress) {
  Random& random = scheduler_.random();
  if (exchange.failure) {
    const bool is_retryable =
        exchange.reached_transport && (exchange.failure->kind == ErrorKind::unavailable ||
                                       exchange.failure->kind == ErrorKind::timed_out);
    progress.ambiguous = progress.ambiguous || exchange.failure->may_have_been_applied;
    if (!call.is_repeatable && exchange.failure->may_have_been_applied) co_return Next::give_up;
    if (!is_retryable) co_return Next::give_up;
    if (!may_fail_again(lane, progress, http::RetryBudget::timeout_retry_cost)) {
      note_outage(lane, *exchange.failure);
      co_return Next::give_up;
    }
    progress.permit.reset();
    const Duration pause = http::backoff(random, progress.failures);
    co_await scheduler_.sleep(pause);
    co_return Next::again;
  }

  const ServiceError& error = *exchange.service_error;
  const Propagation* propagation = nullptr;
  for (const Propagation& candidate : call.wait_while) {
    if (is_named(error, candidate.code) &&
        error.message.find(candidate.fragment) != std::string::npos) {
      propagation = &candidate;
    }
  }
  const ErrorClass kind = classify(*call.service, error);
  if (propagation != nullptr || kind == ErrorClass::conflict) {
    if (!progress.wait_deadline) {
      progress.wait_deadline = scheduler_.now() + longest_wait;
      if (call.report) {
        call.report(propagation != nullptr
                        ? fmt::format("waiting until {}", propagation->what)
                        : fmt::format("waiting: {} is busy with another change ({})",
                                      call.service->title, error.code));
      }
    }
    if (scheduler_.now() >= *progress.wait_deadline) co_return Next::give_up;
    progress.failures = 0;  // it does answer
    progress.permit.reset();
    const Duration pause = poll_interval(random, ++progress.waits);
    co_await scheduler_.sleep(pause);
    co_return Next::again;
  }

  switch (kind) {
    case ErrorClass::throttled: {
      const int most = std::min(longest_throttling, options_.max_attempts * 10);
      if (++progress.throttles >= most) co_return Next::give_up;
      lane.pace.slow_down(progress.turn, scheduler_.now());
      // The pace slows all calls down, so this one need not wait long for its next turn; unless it
      // goes on and on.
      const int step = std::max(std::min(progress.throttles, usual_throttling),
                                progress.throttles - usual_throttling);
      progress.permit.reset();
      const Duration pause = http::backoff(random, step);
      co_await scheduler_.sleep(pause);
      co_return Next::again;
    }
    case ErrorClass::transient: {
      if (call.changes_something) progress.ambiguous = true;
      if (!call.is_repeatable) co_return Next::give_up;
      if (!may_fail_again(lane, progress, http::RetryBudget::retry_cost)) {
        note_outage(lane, to_error(call, error));
        co_return Next::give_up;
      }
      progress.permit.reset();
      const Duration pause = http::backoff(random, progress.failures);
      co_await scheduler_.sleep(pause);
      co_return Next::again;
    }
    case ErrorClass::clock:
      if (progress.corrected_clock || std::chrono::abs(lane.skew) < decisive_skew) break;
      progress.corrected_clock = true;
      co_return Next::again;
    case ErrorClass::expired:
      if (progress.renewed_credentials) break;
      progress.renewed_credentials = true;
      credentials_.forget();
      co_return Next::again;
    case ErrorClass::wrong_region:
      if (call.bucket.empty() || error.region == progress.region) break;
      if (++progress.moves > most_moves) break;
      bucket_regions_[call.bucket] = error.region;
      progress.region = error.region;
      co_return Next::again;
    case ErrorClass::conflict:
    case ErrorClass::final:
      break;
  }
  co_return Next::give_up;
}

// Counts a failure, and draws what the next attempt costs.
bool Client::may_fail_again(Lane& lane, Progress& progress, int cost) const {
  const int most =
      lane.has_answered ? options_.max_attempts : std::min(first_attempts, options_.max_attempts);
  if (++progress.failures >= most) return false;
  if (scheduler_.now() - progress.begun >= longest_failing) return false;
  if (!lane.retries.draw(cost)) return false;
  progress.drawn = cost;
  return true;
}

void Client::note_outage(Lane& lane, Error error) {
  if (lane.retries.available() >= http::RetryBudget::timeout_retry_cost) return;
  error.may_have_been_applied = false;
  lane.outage = Lane::Outage{std::move(error), scheduler_.now() + between_probes};
}

Task<Result<Reply>> Client::call(Call call) {
  Progress progress;
  progress.region = region_of(call);
  progress.begun = scheduler_.now();
  Lane& lane = lane_of(*call.service, progress.region);
  while (true) {
    if (!progress.permit) {
      Semaphore::Permit permit = co_await lane.budget;
      progress.permit = std::move(permit);
    }
    if (lane.is_down(scheduler_.now())) {
      Error error = lane.outage->error;
      error.operation = fmt::format("{}:{}", call.service->id, call.operation);
      error.address = call.address;
      error.may_have_been_applied = progress.ambiguous && call.changes_something;
      co_return Failure(std::move(error));
    }
    progress.turn = scheduler_.now();
    const Duration pace = lane.pace.take_turn(progress.turn);
    if (pace > Duration::zero()) co_await scheduler_.sleep(pace);

    std::string region = progress.region;
    Exchange exchange = co_await attempt(call, lane, std::move(region));
    if (exchange.response) lane.has_answered = true;
    const bool is_well = !exchange.failure && (!exchange.service_error ||
                                               classify(*call.service, *exchange.service_error) !=
                                                   ErrorClass::transient);
    if (is_well) lane.outage.reset();
    if (!exchange.failure && !exchange.service_error) {
      lane.retries.give_back(progress.drawn > 0 ? progress.drawn : 1);
      Result<Reply> reply = to_reply(call, std::move(*exchange.response));
      if (!reply) scrub(reply.error(), call.secrets);
      co_return reply;
    }
    if (exchange.service_error) {
      for (const std::string_view code : call.tolerated) {
        if (!is_named(*exchange.service_error, code)) continue;
        Reply reply;
        reply.status = exchange.service_error->status;
        reply.code = std::string(code);
        reply.request_id = exchange.service_error->request_id;
        reply.headers = std::move(exchange.response->headers);
        reply.body = std::move(exchange.response->body);
        co_return reply;
      }
    }
    progress.drawn = 0;
    const Next next = co_await wait_before_retry(call, lane, exchange, progress);
    if (next == Next::again) continue;
    Error error =
        exchange.failure ? std::move(*exchange.failure) : to_error(call, *exchange.service_error);
    // "It exists already" can be the answer to our own earlier attempt.
    if (progress.ambiguous) error.may_have_been_applied = true;
    scrub(error, call.secrets);
    co_return Failure(std::move(error));
  }
}

}  // namespace firn::aws
