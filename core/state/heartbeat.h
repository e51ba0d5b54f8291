// Heartbeat: keeps a lease alive while its holder does something else.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "core/state/file_identity.h"
#include "core/state/lease_clock.h"
#include "core/state/sqlite.h"

namespace firn {

// A thread of its own, with a connection of its own: a person may sit at a question for minutes,
// and a step that blocks the engine must not cost it the state. It writes nothing but the end of
// the lease, and ends when the token in the file is another one.
class Heartbeat {
 public:
  // The lease with `token` stands already in `file`, which is at `path`.
  Heartbeat(std::string path, FileIdentity file, std::int64_t token, LeaseTerms terms);
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  // True: somebody else has taken over.
  [[nodiscard]] bool has_lost() const { return has_lost_.load(std::memory_order_acquire); }

 private:
  void run(const std::stop_token& stop);

  std::string path_;
  FileIdentity file_;
  std::int64_t token_;
  LeaseTerms terms_;
  std::atomic<bool> has_lost_ = false;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace firn
