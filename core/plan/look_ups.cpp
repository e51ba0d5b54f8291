#include "core/plan/look_ups.h"

#include <cstdint>

#include "core/plan/evaluation.h"

namespace firn {

void check_look_ups(const Stack& stack, const Providers& providers, Instant now,
                    Diagnostics& diagnostics) {
  const State nothing;
  Evaluation evaluation(stack, providers, nothing, now);
  for (std::uint32_t index = 0; index < stack.instances().size(); ++index) {
    if (!evaluation.type_of(index).is_lookup) continue;
    static_cast<void>(evaluation.desired(index, diagnostics));
  }
}

}  // namespace firn
