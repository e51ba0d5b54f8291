// Schedules of tasks and alerts: `10 MINUTE`, `USING CRON 0 8 * * * UTC`.
//
// Snowflake documentation: "CREATE TASK", "CREATE ALERT" (SCHEDULE).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/schema/resource_type.h"

namespace firn::snowflake {

enum class Intervals : std::uint8_t { minutes, any };  // alerts know minutes only

// normalize(): the unit in the singular, one blank between words. What is no schedule stays.
[[nodiscard]] std::string normalized_schedule(std::string_view text);
void normalize_schedule_at(Map& inputs, std::string_view attribute);
// validate(): a problem when a known text at `attribute` is no schedule.
void check_schedule(const Value& inputs, std::string_view attribute, Intervals intervals,
                    std::vector<Problem>& problems);

}  // namespace firn::snowflake
