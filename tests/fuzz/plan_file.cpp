// Saved plans.
#include "cli/saved_plan.h"
#include "tests/fuzz/fuzz.h"

namespace firn::fuzz {

void try_input(std::string_view input) {
  const auto plan = cli::parse_plan(input, "review.plan");
  if (!plan) {
    require_told(plan.error());
    return;
  }
  const std::string text = cli::to_text(*plan);
  const auto again = cli::parse_plan(text, "review.plan");
  require(again.has_value() && cli::to_text(*again) == text, "a plan reads as it is written", text);
  require(cli::check_still_the_same(*plan, *again).has_value(), "a plan is the same as itself",
          text);
}

}  // namespace firn::fuzz
