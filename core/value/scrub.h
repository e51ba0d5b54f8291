// Keeping secrets out of what people read: a cloud may repeat in an error what it was sent.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/value/value.h"

namespace firn {

// Adds the clear texts of all secrets in `value`; of a secret list or map, those of its leaves.
void collect_secrets(const Value& value, std::vector<std::string>& secrets);

// `text` with "(secret)" wherever one of `secrets` stands, as it is, or as JSON or a URL writes it.
// Secrets of fewer than four bytes are left: they are in every other word.
[[nodiscard]] std::string without_secrets(std::string text, std::span<const std::string> secrets);

// The same for everything in an error that may be a cloud's own words.
void scrub(Error& error, std::span<const std::string> secrets);

}  // namespace firn
