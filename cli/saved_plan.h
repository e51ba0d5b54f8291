// SavedPlan: what `plan --out FILE` keeps, as a value and as the text of the file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace firn::cli {

struct SavedPlan {
  std::string stack_argument;  // what the plan was made with
  std::string environment;
  std::optional<std::string> sandbox;
  std::string state_path;
  std::vector<std::string> only;
  std::vector<std::string> parameters;  // --set NAME=VALUE
  bool refresh = true;
  bool is_destroy = false;
  std::vector<std::string> digests;
  std::string lineage;
  std::int64_t serial = 0;
  std::string steps;  // the plan as JSON, secrets sealed
};

// JSON, and back. `path` names the file in messages.
[[nodiscard]] std::string to_text(const SavedPlan& saved);
[[nodiscard]] Result<SavedPlan> parse_plan(std::string_view text, const std::string& path);
// A refusal when `now` is not the plan that was saved.
Status check_still_the_same(const SavedPlan& saved, const SavedPlan& now);

}  // namespace firn::cli
