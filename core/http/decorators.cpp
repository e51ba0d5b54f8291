#include "core/http/decorators.h"

#include <numeric>

namespace firn::http {
namespace {

Failure connection_cut(const Request& request, bool may_have_been_applied) {
  Error error;
  error.kind = ErrorKind::unavailable;
  error.summary = "the connection to " + request.authority() + " was cut";
  error.operation = request.service + ":" + request.operation;
  error.address = request.address;
  error.may_have_been_applied = may_have_been_applied;
  return fail(std::move(error));
}

}  // namespace

Task<Result<Response>> DelayTransport::send(Request request) {
  co_await scheduler_.sleep(delay_);
  Task<Result<Response>> exchange = inner_.send(std::move(request));
  co_return co_await exchange;
}

Task<Result<Response>> CountingTransport::send(Request request) {
  std::string name = request.service + " " + request.operation;
  ++counts_[std::move(name)];
  return inner_.send(std::move(request));
}

std::size_t CountingTransport::total() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::size_t{0},
                         [](std::size_t sum, const auto& count) { return sum + count.second; });
}

Task<Result<Response>> InterferingTransport::send(Request request) {
  Interference interference = decide_(request);
  switch (interference.kind) {
    case Interference::Kind::none:
      break;
    case Interference::Kind::cut_before:
      co_return connection_cut(request, false);
    case Interference::Kind::answer:
      co_return std::move(interference.response);
    case Interference::Kind::cut_after: {
      Request copy = request;
      Task<Result<Response>> exchange = inner_.send(std::move(copy));
      Result<Response> lost = co_await exchange;
      // Whatever came of it, the caller never hears.
      co_return connection_cut(request, lost.has_value() || lost.error().may_have_been_applied);
    }
  }
  Task<Result<Response>> exchange = inner_.send(std::move(request));
  co_return co_await exchange;
}

}  // namespace firn::http
