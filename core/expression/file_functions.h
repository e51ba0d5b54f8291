// The functions that read files: file() and template(). Paths are relative to the YAML file.
#pragma once

#include <optional>

#include "core/expression/functions.h"

namespace firn::expression {

[[nodiscard]] std::optional<Value> apply_file(const Call& call);
[[nodiscard]] std::optional<Value> apply_template(const Call& call);

}  // namespace firn::expression
