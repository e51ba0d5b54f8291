// Transports that wrap another one: for benchmarks, tests and simulation.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "core/async/scheduler.h"
#include "core/http/http.h"

namespace firn::http {

// Adds a fixed time to every exchange, on the scheduler's clock.
class DelayTransport final : public Transport {
 public:
  DelayTransport(Scheduler& scheduler, Transport& inner, Duration delay)
      : scheduler_(scheduler), inner_(inner), delay_(delay) {}
  Task<Result<Response>> send(Request request) override;

 private:
  Scheduler& scheduler_;
  Transport& inner_;
  Duration delay_;
};

// Counts exchanges by "service operation".
class CountingTransport final : public Transport {
 public:
  explicit CountingTransport(Transport& inner) : inner_(inner) {}
  Task<Result<Response>> send(Request request) override;
  [[nodiscard]] const std::map<std::string, std::size_t>& counts() const { return counts_; }
  [[nodiscard]] std::size_t total() const;

 private:
  Transport& inner_;
  std::map<std::string, std::size_t> counts_;
};

// Asks `decide` before and after each exchange whether to interfere: cut the connection before the
// request arrives, after it took effect, or answer in the service's place.
struct Interference {
  enum class Kind : std::uint8_t { none, cut_before, cut_after, answer };
  Kind kind = Kind::none;
  Response response;  // for `answer`
};
class InterferingTransport final : public Transport {
 public:
  InterferingTransport(Transport& inner, std::function<Interference(const Request&)> decide)
      : inner_(inner), decide_(std::move(decide)) {}
  Task<Result<Response>> send(Request request) override;

 private:
  Transport& inner_;
  std::function<Interference(const Request&)> decide_;
};

}  // namespace firn::http
