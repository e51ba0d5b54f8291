// Restore: puts a copy of a state in the place of the state.
//
// A state that can be read is replaced within itself, in one transaction under its lease, so that
// whoever has it open sees the old one or the new one. One that is damaged is moved aside, and a
// new file is put in its place; a mark stands there meanwhile, so that what is cut short is
// noticed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/state/state_lock.h"
#include "core/state/state_store.h"

namespace firn {

class Restore {
 public:
  // Refuses a copy that is not sound or of another state, and a state that somebody is changing.
  // Holds the state from here on; `location` is the state's, `copy` a file.
  static Result<Restore> prepare(const StateLocation& location, const std::string& copy,
                                 const LockHolder& self, Random& random, LeaseTerms terms = {});

  [[nodiscard]] const State& copy() const { return copy_; }
  // The state that would be replaced; nullptr when it is lost or cannot be read.
  [[nodiscard]] const State* present() const { return store_ ? &store_->state() : nullptr; }
  [[nodiscard]] bool is_older() const;
  // Addresses that the present state holds and the copy does not, or under another name.
  [[nodiscard]] std::vector<std::string> forgotten() const;

  // The new serial. What was replaced is kept first.
  Result<std::int64_t> carry_out(Instant now, Random& random);
  // Where what was replaced is kept; empty when there was nothing.
  [[nodiscard]] const std::string& kept() const { return kept_; }

 private:
  Restore() = default;
  [[nodiscard]] State result() const;
  Status replace_rows(Instant now);
  Status replace_file(Instant now, Random& random);

  StateLocation location_;
  LockHolder self_;
  LeaseTerms terms_;
  StateLock lock_;                     // where there is no store
  std::unique_ptr<StateStore> store_;  // the present state
  State copy_;
  std::string kept_;
};

}  // namespace firn
