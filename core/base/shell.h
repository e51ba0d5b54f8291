// Commands as people type them.
#pragma once

#include <string>
#include <string_view>

namespace firn {

// As one word of a command line: in quotes where a shell needs them.
[[nodiscard]] std::string shell_word(std::string_view text);

// The command that takes an existing object into the state; advice of many errors. `more` stands
// for a name or an id that is still to be said.
[[nodiscard]] std::string import_command(std::string_view stack, std::string_view environment,
                                         std::string_view address, std::string_view more = {});

}  // namespace firn
