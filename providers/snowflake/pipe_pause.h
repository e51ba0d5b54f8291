// A pipe that firn itself pauses for a moment says so in its comment. Pause and words are one
// statement, so that whoever comes after a crash can tell it from a pipe that somebody wants
// paused.
//
// Snowflake documentation: "ALTER PIPE", "DESCRIBE PIPE", "SYSTEM$PIPE_FORCE_RESUME".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "providers/snowflake/inventory.h"
#include "providers/snowflake/object_type.h"
#include "providers/snowflake/sql.h"

namespace firn::snowflake {

// What has to be known before. DESCRIBE is never behind, as SHOW may be.
[[nodiscard]] Listing pipe_description(const ObjectName& pipe);
[[nodiscard]] Listing pipe_status(const ObjectName& pipe);

// By what was asked before; they fail when asking failed. One that cannot work, as its table is
// gone say, is not paused by that.
[[nodiscard]] Result<bool> is_paused(const Inventory& around, const ObjectName& pipe);
struct PipeComment {
  std::optional<std::string> text;  // as it is without a pause; nullopt: not to be seen
  bool says_paused = false;         // a run paused the pipe and did not come to resume it
};
[[nodiscard]] Result<PipeComment> comment_of(const Inventory& around, const ObjectName& pipe);

// A stored comment without the words that a pause adds.
[[nodiscard]] std::string without_pause(std::string_view comment);

// Without a comment the pause leaves no words.
[[nodiscard]] Step pause_pipe(const ObjectName& pipe, const std::optional<std::string>& comment);
// ALTER PIPE does not resume a pipe that changed hands while it was paused; this does.
[[nodiscard]] Step force_resume_pipe(const ObjectName& pipe);
[[nodiscard]] std::vector<Step> resume_pipe(const ObjectName& pipe,
                                            const std::optional<std::string>& comment);

}  // namespace firn::snowflake
