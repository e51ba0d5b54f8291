#include "providers/aws/client.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/value/json.h"
#include "core/value/scrub.h"
#include "providers/aws/endpoint.h"
#include "providers/aws/error.h"
#include "providers/aws/request.h"
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

// Budget, pace and clock skew of one service.
struct Client::Lane {
  Lane(Scheduler& scheduler, const Service& service)
      : budget(scheduler, service.concurrency),
        rate(service.calls_per_second),
        tokens(service.calls_per_second),
        refilled(scheduler.now()) {}

  // How long to wait before the next call may go; it is then counted.
  Duration take_turn(Instant now) {
    if (rate <= 0) return Duration::zero();
    const double passed = std::chrono::duration<double>(now - refilled).count();
    tokens = std::min(rate, tokens + passed * rate);
    refilled = now;
    tokens -= 1;
    if (tokens >= 0) return Duration::zero();
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(-tokens / rate));
  }

  Semaphore budget;
  double rate;    // calls per second; 0: not paced
  double tokens;  // a second's worth may go at once
  Instant refilled;
  Duration skew = Duration::zero();  // their clock minus ours
};

struct Client::Progress {
  std::string region;
  int failures = 0;
  int throttles = 0;
  int waits = 0;
  std::optional<Instant> wait_deadline;
  int drawn = 0;           // from the retry quota, for the attempt under way
  bool ambiguous = false;  // an earlier attempt may have been applied
  bool renewed_credentials = false;
  bool corrected_clock = false;
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

Client::Lane& Client::lane_of(const Service& service) {
  auto& lane = lanes_[service.id];
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
    const int cost = RetryQuota::timeout_retry_cost;
    if (!call.is_repeatable && exchange.failure->may_have_been_applied) co_return Next::give_up;
    if (!is_retryable || ++progress.failures >= options_.max_attempts || !quota_.draw(cost)) {
      co_return Next::give_up;
    }
    progress.drawn = cost;
    progress.permit.reset();
    const Duration pause = backoff(random, progress.failures);
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
    progress.permit.reset();
    const Duration pause = poll_interval(random, ++progress.waits);
    co_await scheduler_.sleep(pause);
    co_return Next::again;
  }

  switch (kind) {
    case ErrorClass::throttled: {
      const int most = std::min(longest_throttling, options_.max_attempts * 10);
      if (++progress.throttles >= most) co_return Next::give_up;
      // The permit is kept while waiting: a service that throttles then sees fewer calls.
      const Duration pause = backoff(random, progress.throttles);
      co_await scheduler_.sleep(pause);
      co_return Next::again;
    }
    case ErrorClass::transient: {
      if (call.changes_something) progress.ambiguous = true;
      if (!call.is_repeatable) co_return Next::give_up;
      const int cost = RetryQuota::retry_cost;
      if (++progress.failures >= options_.max_attempts || !quota_.draw(cost)) {
        co_return Next::give_up;
      }
      progress.drawn = cost;
      progress.permit.reset();
      const Duration pause = backoff(random, progress.failures);
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
      bucket_regions_[call.bucket] = error.region;
      progress.region = error.region;
      co_return Next::again;
    case ErrorClass::conflict:
    case ErrorClass::final:
      break;
  }
  co_return Next::give_up;
}

Task<Result<Reply>> Client::call(Call call) {
  Lane& lane = lane_of(*call.service);
  Progress progress;
  progress.region = region_of(call);
  while (true) {
    if (!progress.permit) {
      Semaphore::Permit permit = co_await lane.budget;
      progress.permit = std::move(permit);
    }
    const Duration pace = lane.take_turn(scheduler_.now());
    if (pace > Duration::zero()) co_await scheduler_.sleep(pace);

    std::string region = progress.region;
    Exchange exchange = co_await attempt(call, lane, std::move(region));
    if (!exchange.failure && !exchange.service_error) {
      quota_.give_back(progress.drawn > 0 ? progress.drawn : 1);
      Result<Reply> reply = to_reply(call, std::move(*exchange.response));
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
