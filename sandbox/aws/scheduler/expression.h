// Schedule expressions: rate(10 minutes), cron(0 8 * * ? *), at(2026-01-02T03:04:05).
#pragma once

#include <string>

namespace firn::sandbox::aws::scheduler {

[[nodiscard]] bool is_schedule_expression(const std::string& text);
// "UTC", "Europe/Berlin"
[[nodiscard]] bool is_time_zone(const std::string& text);

}  // namespace firn::sandbox::aws::scheduler
