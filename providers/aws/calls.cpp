#include "providers/aws/calls.h"

#include <algorithm>
#include <utility>

#include "core/async/sync.h"
#include "core/value/json.h"
#include "providers/aws/retry.h"

namespace firn::aws {

Call reading(const Service& service, std::string operation, Map input,
             const ResourceRecord& record) {
  Call call;
  call.service = &service;
  call.operation = std::move(operation);
  call.input = Value(std::move(input));
  call.address = record.address;
  return call;
}

Call changing(const Service& service, std::string name, Map input, const Operation& operation) {
  Call call = reading(service, std::move(name), std::move(input), operation.prior);
  call.changes_something = true;
  call.report = operation.report;
  return call;
}

Task<std::vector<Result<Reply>>> call_together(Client& client, std::vector<Call> calls) {
  std::vector<Task<Result<Reply>>> tasks;
  tasks.reserve(calls.size());
  for (Call& call : calls)
    tasks.push_back(client.call(std::move(call)));
  Task<std::vector<Result<Reply>>> all = when_all(client.scheduler(), std::move(tasks));
  std::vector<Result<Reply>> replies = co_await all;
  co_return replies;
}

Task<Status> call_all(Client& client, std::vector<Call> calls) {
  Task<std::vector<Result<Reply>>> together = call_together(client, std::move(calls));
  const std::vector<Result<Reply>> replies = co_await together;
  for (const Result<Reply>& reply : replies) {
    if (!reply) co_return fail(reply.error());
  }
  co_return Ok{};
}

Task<Result<bool>> took_effect(Client& client, std::function<Task<Result<bool>>()> is_there) {
  constexpr int looks_max = 6;
  for (int look = 1;; ++look) {
    Task<Result<bool>> looking = is_there();
    Result<bool> seen = co_await looking;
    if (!seen || *seen || look == looks_max) co_return seen;
    const Duration pause = poll_interval(client.random(), look);
    co_await client.scheduler().sleep(pause);
  }
}

Task<Status> note_identity(const Operation& operation, Map outputs) {
  if (!operation.record_identity) co_return Ok{};
  Task<Status> recorded = operation.record_identity(std::move(outputs));
  Status status = co_await recorded;
  co_return status;
}

Task<Status> note_tombstones(const Operation& operation, std::vector<Tombstone> tombstones) {
  if (!operation.record_tombstones) co_return Ok{};
  Task<Status> recorded = operation.record_tombstones(std::move(tombstones));
  Status status = co_await recorded;
  co_return status;
}

bool is_changed(const Operation& operation, std::string_view attribute) {
  return std::find(operation.changed.begin(), operation.changed.end(), attribute) !=
         operation.changed.end();
}

std::vector<std::string_view> missing_codes() {
  return {"NoSuchEntity",
          "NotFound",
          "NotFoundException",
          "QueueDoesNotExist",
          "RepositoryNotFoundException",
          "ResourceNotFound",
          "ResourceNotFoundException",
          "StateMachineDoesNotExist"};
}

Observation absent() {
  return Observation{};
}

Value with_defaults(const Value& value, std::span<const Attribute> fields) {
  if (!value.is_map()) return value;
  Map filled = value.as_map();
  for (const Attribute& field : fields) {
    const Value* given = filled.find(field.name);
    if (given != nullptr && !given->is_null()) {
      if (field.kind == AttributeKind::object) {
        Value below = with_defaults(*given, field.fields);
        filled.set(field.name, std::move(below));
      }
      continue;
    }
    if (field.default_json.empty()) continue;
    Result<Value> standard = parse_json(field.default_json);
    if (standard && !standard->is_null()) filled.set(field.name, std::move(*standard));
  }
  return Value(std::move(filled));
}

List list_of(const Value& value) {
  if (value.is_null()) return {};
  if (value.is_list()) return value.as_list();
  return {value};
}

Value as_set(const Value& value) {
  if (value.is_unknown()) return value;
  List list = list_of(value);
  const auto key = [](const Value& item) {
    if (item.is_string()) return item.as_string();
    if (item.is_unknown()) return item.waits_for();
    return item.contains_unknown() || item.contains_secret() ? std::string() : to_json(item);
  };
  std::stable_sort(list.begin(), list.end(),
                   [&key](const Value& a, const Value& b) { return key(a) < key(b); });
  list.erase(std::unique(list.begin(), list.end()), list.end());
  return Value(std::move(list));
}

std::string clear_text(const Value& value) {
  if (value.is_string()) return value.as_string();
  if (value.is_secret()) return clear_text(value.reveal());
  if (value.is_null()) return {};
  return to_json(value);
}

}  // namespace firn::aws
