// Values as people read them in plans and states. Secrets never show.
#pragma once

#include <string>
#include <string_view>

#include "core/value/value.h"

namespace firn::cli {

// On one line: "rate(10 minutes)", 14, [a, b], {level: ERROR}, (known after apply:
// lake.external_id).
[[nodiscard]] std::string inline_text(const Value& value);

// `name: value`, over several lines where the value has structure or is long, each line indented.
[[nodiscard]] std::string block_text(std::string_view name, const Value& value, std::size_t indent);

// Null or empty: a normalised form spells out what is absent ("no suffix"), and nobody asks for it.
[[nodiscard]] bool is_blank(const Value& value);

}  // namespace firn::cli
