// Schedule expressions of EventBridge: rate(10 minutes), cron(0 8 * * ? *),
// at(2026-01-31T08:00:00).
#pragma once

#include <string>

namespace firn::aws {

// What is wrong with an expression; empty when nothing is seen. Rules know no at().
[[nodiscard]] std::string schedule_problem(const std::string& text, bool takes_at);

}  // namespace firn::aws
