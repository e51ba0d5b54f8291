// What is said of a state that cannot be used: what, where, why and what to do.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/state/sqlite.h"
#include "core/state/state_store.h"

namespace firn {

// "the state of shop/dev"
[[nodiscard]] std::string label(const StateLocation& location);

[[nodiscard]] Failure refuse(const StateLocation& location, std::string why, std::string remedy);
[[nodiscard]] Failure refuse_damaged(const StateLocation& location, std::string why);
[[nodiscard]] Failure refuse_foreign(const StateLocation& location, std::string why);
// There is nothing where a state was: the file is gone or empty.
[[nodiscard]] Failure refuse_lost(const StateLocation& location, std::string why,
                                  std::string remedy);
// Sorts a failure of SQLite into the refusals that people can act on.
[[nodiscard]] Failure refuse_failure(const StateLocation& location,
                                     const sqlite::Database* database, const Error& error);

// What a copy would mend: the file is damaged, lost, or another one stands in its place.
[[nodiscard]] bool is_mended_by_a_copy(const Error& refusal);
// Without what only the function above reads.
[[nodiscard]] Error for_people(Error refusal);

}  // namespace firn
