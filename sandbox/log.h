// The sandbox's request log: every request either cloud was asked, in order.
#pragma once

#include <vector>

#include "sandbox/sandbox.h"
#include "sandbox/store.h"

namespace firn::sandbox {

// Entries wait here until the store commits, so that rolling a refused request back does not lose
// the line that tells of it.
class RequestLog {
 public:
  void add(LogEntry entry) { waiting_.push_back(std::move(entry)); }
  // Hands what waits to the store; the caller commits.
  void move_into(Store& store);
  // Everything, oldest first.
  [[nodiscard]] std::vector<LogEntry> all(const Store& store) const;
  void clear() { waiting_.clear(); }
  [[nodiscard]] bool empty() const { return waiting_.empty(); }

 private:
  std::vector<LogEntry> waiting_;
};

}  // namespace firn::sandbox
