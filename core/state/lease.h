// The lease: one row in the state's file that says who may write it, and until when that is
// believed without a sign of life.
//
// Each holder has a token, one higher than that of the holder before. Every commit checks in its
// own transaction that the token in the file is still its own: whoever was stopped and comes back
// after somebody else has taken over finds another token and writes nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/state/sqlite.h"
#include "core/state/state_store.h"

namespace firn {

struct Lease {
  std::int64_t token = 0;
  LockHolder holder;  // empty when the lease was given back; the token stays
  Instant expires_at{};

  [[nodiscard]] bool is_given_back() const { return holder.who.empty() && holder.process == 0; }
};

// The functions below neither begin nor end a transaction.

// Nothing in a state that nobody has written to yet.
[[nodiscard]] Result<std::optional<Lease>> read_lease(const sqlite::Database& database);
[[nodiscard]] Status write_lease(sqlite::Database& database, const Lease& lease);
// Moves the end of the lease; false: the token in the file is another one, and nothing was written.
[[nodiscard]] Result<bool> extend_lease(sqlite::Database& database, std::int64_t token,
                                        Instant expires_at);

// Gives it back; nothing happens when the token in the file is another one.
[[nodiscard]] Result<bool> give_back_lease(sqlite::Database& database, std::int64_t token);

// The refusal of somebody who finds a lease that has not run out. `what`: "the state of shop/dev".
[[nodiscard]] Error refusal_by(const Lease& lease, const std::string& what);
// The failure of every commit after another run has taken over; `now_held_by` is nothing when it
// has no name.
[[nodiscard]] Error taken_over_by(const std::optional<Lease>& now_held_by, const std::string& what,
                                  Duration length);

}  // namespace firn
