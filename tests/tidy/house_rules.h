// The house rules that a tool can see. Each rule answers sentences that say what to do instead;
// nothing when the file keeps it.
#pragma once

#include <string>
#include <vector>

#include "tests/tidy/sources.h"

namespace firn::tidy {

// Includes point the way of docs/architecture.md: core knows nobody, a provider knows core, the
// sandbox knows core and never a provider, the command line knows all, nobody knows tests or bench.
[[nodiscard]] std::vector<std::string> broken_directions(const SourceFile& file);

// Headers of third parties that take long to compile stay in .cpp files.
[[nodiscard]] std::vector<std::string> heavy_includes(const SourceFile& file);

// Every header begins with its comment and has `#pragma once`.
[[nodiscard]] std::vector<std::string> header_form(const SourceFile& file);

// Words that must not be in the project: paths of somebody's machine, notes of unfinished work.
[[nodiscard]] std::vector<std::string> forbidden_words(const SourceFile& file);

// Tabs, blanks at the end of a line, a missing or a second newline at the end of the file.
[[nodiscard]] std::vector<std::string> loose_blanks(const SourceFile& file);

}  // namespace firn::tidy
