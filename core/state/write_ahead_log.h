// A look at SQLite's write-ahead log before SQLite looks at it.
//
// SQLite reads the log up to the first frame that does not fit its checksum and takes that for the
// end of what was written (https://www.sqlite.org/fileformat2.html#walformat). That is right for a
// commit that was cut short, which is the last one. In the middle of the log it is damage, and the
// commits behind it would be lost without a word.
#pragma once

#include <string>

namespace firn {

// True when a frame that does not fit is followed by a whole commit and the begin of another one:
// each commit is on the disk before the next begins, so that frame was whole once. False when there
// is no log. Nobody may be writing the state at `path`.
[[nodiscard]] bool has_lost_commits(const std::string& path);

}  // namespace firn
