// StateLock: the proof, on one machine, that the holder of a state's lease is alive.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/state/state_store.h"

namespace firn {

// An advisory lock of the operating system (flock) on a small file beside the state. It ends with
// the process, however that ends, so whoever gets it may take the lease at once. Whoever does not
// get it looks at the lease: the holder may be stopped, and stands aside when its lease has run out
// (core/state/lease.h). The file names the holder in JSON, for people; a killed process leaves it
// behind, and it then holds nothing.
class StateLock {
 public:
  // A lock that is not held: somebody else has it.
  [[nodiscard]] static Result<StateLock> try_take(const std::string& path, const LockHolder& self);
  // Puts a file of our own, locked, in the place of a holder's whose lease has run out. The caller
  // has the state's file locked for writing, so only one does this at a time.
  [[nodiscard]] static Result<StateLock> take_over(const std::string& path, const LockHolder& self);

  StateLock() = default;
  StateLock(StateLock&& other) noexcept;
  StateLock& operator=(StateLock&& other) noexcept;
  StateLock(const StateLock&) = delete;
  StateLock& operator=(const StateLock&) = delete;
  // Gives the lock back. The file is removed by remove_file() only.
  ~StateLock();

  [[nodiscard]] bool is_held() const { return descriptor_ >= 0; }
  // Held, and not replaced by somebody who took over.
  [[nodiscard]] bool is_in_place() const;
  // Removes the file if it is still ours. The caller sees to it that nobody takes over meanwhile.
  void remove_file();

 private:
  StateLock(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  std::string path_;
  int descriptor_ = -1;
};

// The refusal where only the lock's file can say who holds `what` ("the state of shop/dev"): its
// state is being made, or is an older firn's, which has no leases.
[[nodiscard]] Error refusal_by_lock(const std::string& path, const std::string& what);

}  // namespace firn
