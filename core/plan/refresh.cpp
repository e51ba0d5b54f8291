#include "core/plan/refresh.h"

#include <chrono>
#include <fmt/format.h>
#include <map>
#include <vector>

#include "core/async/sync.h"
#include "core/state/deposed.h"

namespace firn {
namespace {

// One provider's share of the refresh.
struct Batch {
  Provider* provider = nullptr;
  std::vector<std::string> addresses;
  std::vector<ResourceRecord> records;
  std::vector<Instant> made_at;
  std::vector<Result<Observation>> answers;
};

// What a cloud lists may be behind what was just made: it is not gone before this is over.
constexpr Duration listed_within = std::chrono::seconds(10);
constexpr Duration look_again_after = std::chrono::seconds(1);

Task<int> observe_batch(Scheduler& scheduler, Batch& batch) {
  std::vector<ResourceRecord> records = batch.records;
  batch.answers = co_await batch.provider->observe(std::move(records));
  while (true) {
    std::vector<std::size_t> missing;
    std::vector<ResourceRecord> sought;
    for (std::size_t i = 0; i < batch.answers.size() && i < batch.records.size(); ++i) {
      const bool is_new = scheduler.now() < batch.made_at[i] + listed_within;
      if (!is_new || !batch.answers[i] || batch.answers[i]->exists) continue;
      missing.push_back(i);
      sought.push_back(batch.records[i]);
    }
    if (missing.empty()) co_return 0;
    co_await scheduler.sleep(look_again_after);
    std::vector<Result<Observation>> found = co_await batch.provider->observe(std::move(sought));
    for (std::size_t i = 0; i < missing.size() && i < found.size(); ++i)
      batch.answers[missing[i]] = std::move(found[i]);
  }
}

}  // namespace

Task<Sightings> observe_all(Scheduler& scheduler, const Providers& providers, const State& state,
                            Diagnostics& diagnostics) {
  std::map<std::string_view, Batch> by_provider;  // by name, so that each run asks in one order
  for (const auto& [address, stored] : state.resources) {
    Provider* provider = providers.of_type(stored.record.type);
    if (provider == nullptr || providers.type(stored.record.type) == nullptr) {
      diagnostics.add(unknown_type(stored.record));
      continue;
    }
    Batch& batch = by_provider[provider->name()];
    batch.provider = provider;
    batch.addresses.push_back(address);
    batch.records.push_back(stored.record);
    batch.made_at.push_back(stored.created_at);
    batch.records.back().address = address_of_owner(address);
  }
  std::vector<Task<int>> tasks;
  for (auto& [name, batch] : by_provider)
    tasks.push_back(observe_batch(scheduler, batch));
  const std::vector<int> done = co_await when_all(scheduler, std::move(tasks));
  Sightings sightings;
  for (auto& [name, batch] : by_provider) {
    for (std::size_t i = 0; i < batch.records.size() && i < batch.answers.size(); ++i) {
      const std::string& address = batch.addresses[i];
      if (!batch.answers[i]) {
        diagnostics.add(diagnostic_of(batch.answers[i].error(), address));
      } else {
        sightings.emplace(address, std::move(*batch.answers[i]));
      }
    }
  }
  static_cast<void>(done);
  co_return sightings;
}

Diagnostic unknown_type(const ResourceRecord& record) {
  Diagnostic diagnostic;
  diagnostic.summary =
      fmt::format("the state holds \"{}\" of unknown type {}", record.address, record.type);
  diagnostic.detail = "It was written by a firn that knew this type.";
  diagnostic.remedy = "use that version of firn";
  return diagnostic;
}

Diagnostic diagnostic_of(const Error& error, const std::string& address) {
  Diagnostic diagnostic;
  diagnostic.summary = error.summary;
  diagnostic.detail = error.detail;
  if (!error.operation.empty()) {
    std::string call = error.operation;
    if (!error.code.empty() && !error.detail.starts_with(error.code + ":")) {
      call += ", " + error.code;
    }
    if (!error.request_id.empty()) call += ", request " + error.request_id;
    diagnostic.detail += fmt::format("{}({})", error.detail.empty() ? "" : "\n", call);
  }
  diagnostic.remedy = error.remedy;
  diagnostic.where = error.where;
  diagnostic.address = error.address.empty() ? address : error.address;
  return diagnostic;
}

}  // namespace firn
