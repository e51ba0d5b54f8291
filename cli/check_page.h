// What each check means, for `firn explain` and for docs/checks.md, which scripts/reference.sh
// writes.
#pragma once

#include <span>
#include <string>

#include "core/check/check.h"

namespace firn::cli {

// One check: cause, consequence, mend.
[[nodiscard]] std::string check_text(const Check& check);
// All of them, as Markdown.
[[nodiscard]] std::string check_page(std::span<const Check* const> checks);

}  // namespace firn::cli
