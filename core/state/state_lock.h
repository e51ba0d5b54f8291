// StateLock: an exclusive lock that dies with the process, and says who holds it.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/state/state_store.h"

namespace firn {

// An advisory lock of the operating system (flock) on a small file beside the state. The file names
// the holder in JSON, for people and for the refusal of the next one. It is removed at the end; one
// that a killed process left behind holds nothing.
class StateLock {
 public:
  // `what` names the state in messages ("finance/dev").
  [[nodiscard]] static Result<StateLock> take(const std::string& path, const std::string& what,
                                              const LockHolder& self);
  StateLock() = default;
  StateLock(StateLock&& other) noexcept;
  StateLock& operator=(StateLock&& other) noexcept;
  StateLock(const StateLock&) = delete;
  StateLock& operator=(const StateLock&) = delete;
  ~StateLock();

 private:
  StateLock(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  std::string path_;
  int descriptor_ = -1;
};

}  // namespace firn
