// What all services of the sandbox's AWS share: memory, time, ids, and the other cloud.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sandbox/aws/cloud.h"
#include "sandbox/crossing.h"
#include "sandbox/store.h"

namespace firn::sandbox::aws {

struct World {
  Store& store;
  VirtualClock& clock;
  AwsOptions options;
  SnowflakeDoor* snowflake = nullptr;

  [[nodiscard]] Instant now() const { return clock.now(); }
  // Milliseconds since the epoch: how documents keep time.
  [[nodiscard]] std::int64_t now_ms() const;
  // Bytes that depend on the file's seed and on `purpose`; the same each time.
  [[nodiscard]] std::string derive(std::string_view purpose) const;

  // Ids that do not repeat.
  std::string fresh_uuid();
  // `prefix` and then capital letters and digits up to `length` in all: "AROA4XQ…".
  std::string fresh_id(std::string_view prefix, std::size_t length);
  // Lower-case hexadecimal digits.
  std::string fresh_hex(std::size_t length);
};

// "aws/123456789012/eu-west-1/sqs/queue".
[[nodiscard]] std::string collection(std::string_view account, std::string_view region,
                                     std::string_view what);

// Milliseconds since the epoch as AWS prints them.
[[nodiscard]] Instant from_ms(std::int64_t ms);
[[nodiscard]] std::string iso(std::int64_t ms);     // 2026-01-02T03:04:05Z
[[nodiscard]] std::string iso_ms(std::int64_t ms);  // 2026-01-02T03:04:05.123Z
[[nodiscard]] std::string http_date(std::int64_t ms);

}  // namespace firn::sandbox::aws
