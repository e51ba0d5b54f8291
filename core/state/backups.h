// Copies of a state, beside it in `<state>.backups/`: kept by each run before it changes something,
// and by `firn state backup`.
//
// "20260102T030405Z-12.db" is the state of serial 12 as it was at that time. Those of runs are of
// that form and are pruned; what a person asked for, and what a restore replaced, has a word behind
// the serial and stays.
#pragma once

#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/state/state_store.h"

namespace firn {

// The folder of the copies of the state at `path`.
[[nodiscard]] std::string backups_folder(const std::string& path);
// Where a copy goes. `word`: empty for one of a run, or why it is kept ("by-hand", "replaced").
[[nodiscard]] std::string backup_path(const std::string& path, Instant now, std::int64_t serial,
                                      std::string_view word);

// A copy of the state as committed at `to`, whole or not at all; another run may be writing. Makes
// the folder. Refuses to replace a file.
[[nodiscard]] Status keep_copy(const StateStore& store, const std::string& to);

// The copy of a run that is about to change something; keeps the newest `count` of them. Where the
// disk is full, old ones go first. Does nothing for a state that holds nothing, or with 0.
[[nodiscard]] Status keep_backup_of_run(const StateStore& store, Instant now, std::int64_t count);

struct GoodBackup {
  std::string path;
  std::int64_t serial = 0;
  std::size_t resources = 0;
};
// The newest copy that is sound and of this state; nothing when there is none.
[[nodiscard]] std::optional<GoodBackup> newest_good_backup(const StateLocation& location);

// Says of a refusal that a copy would mend which copy that is, and the command that restores it.
[[nodiscard]] Error with_newest_backup(Error refusal, const StateLocation& location);

}  // namespace firn
