// Operations as the engine makes them.
#pragma once

#include <string>
#include <vector>

#include "core/provider/provider.h"
#include "tests/aws/rig.h"

namespace firn::aws::test {

[[nodiscard]] inline Operation operation(std::string type, std::string address, std::string name,
                                         Value desired) {
  Operation made;
  made.prior.address = std::move(address);
  made.prior.type = std::move(type);
  made.prior.name = std::move(name);
  made.desired = std::move(desired);
  made.placement = Rig::options().placement;
  made.idempotency_token = "00000000-0000-4000-8000-000000000000";
  return made;
}

// An update from `before` to `after`, with the changed attributes found by comparing.
[[nodiscard]] inline Operation update(const Operation& created, const Value& before,
                                      const Value& after) {
  Operation made = created;
  made.prior.inputs = before;
  made.desired = after;
  made.changed.clear();
  for (const auto& [name, value] : after.as_map()) {
    if (!(before.at(name) == value)) made.changed.push_back(name);
  }
  for (const auto& [name, value] : before.as_map()) {
    if (after.find(name) == nullptr) made.changed.push_back(name);
  }
  return made;
}

[[nodiscard]] inline std::vector<std::string> operations_of(
    const std::vector<http::Request>& requests) {
  std::vector<std::string> names;
  for (const http::Request& request : requests)
    names.push_back(request.operation);
  return names;
}

[[nodiscard]] inline const http::Request* find_request(const std::vector<http::Request>& requests,
                                                       std::string_view operation) {
  for (const http::Request& request : requests) {
    if (request.operation == operation) return &request;
  }
  return nullptr;
}

}  // namespace firn::aws::test
