// Checks: what would go wrong although every cloud takes it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/diagnostic.h"

namespace firn {

// One row for each code. A code is never given to another check.
struct Check {
  std::string_view code;  // "FIRN201"
  // Of an error nothing is planned until it is mended or waived.
  Severity severity = Severity::error;
  std::string_view title;        // one line: what is wrong
  std::string_view cause;        // how it comes about
  std::string_view consequence;  // what a user would see, and when
  std::string_view mend;         // what to do about it
};

// What a check found in one place.
struct CheckFinding {
  const Check* check = nullptr;
  Diagnostic diagnostic;              // severity and place included; `code` is the check's
  std::optional<std::string> waived;  // the reason that the author gave

  [[nodiscard]] bool refuses() const { return !waived && diagnostic.severity == Severity::error; }
};

}  // namespace firn
