#include <utility>

#include "core/state/state_store.h"

namespace firn {

Journal::Journal(Scheduler& scheduler, StateStore& store) : scheduler_(scheduler), store_(store) {
  scheduler_.at_end_of_turn([this] { end_of_turn(); });
}

void Journal::end_of_turn() {
  // After a failure only somebody who waits makes it try again: a full disk would otherwise be
  // asked in every turn.
  const bool is_wanted = !waiters_.empty() || (store_.has_staged() && !has_failed());
  if (!is_wanted) return;
  last_ = store_.commit();
  // All that waited go on in the next turn; what they stage then is committed at its end.
  for (const std::coroutine_handle<> handle : std::exchange(waiters_, {})) {
    scheduler_.post(handle);
  }
}

}  // namespace firn
