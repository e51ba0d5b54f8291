#include "core/plan/look_ups.h"

#include "core/async/sync.h"
#include "core/plan/refresh.h"

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

Task<bool> answer_look_ups(Desk desk, Evaluation& evaluation, std::vector<std::uint32_t> look_ups,
                           std::function<void(std::uint32_t)> prime, Diagnostics& diagnostics) {
  std::vector<std::uint32_t> waiting = std::move(look_ups);
  bool progress = true;
  while (!waiting.empty() && progress && !diagnostics.has_errors()) {
    progress = false;
    std::vector<std::uint32_t> later;
    std::vector<std::uint32_t> now;
    std::vector<Task<Result<Map>>> tasks;
    for (const std::uint32_t index : waiting) {
      prime(index);
      Value inputs = evaluation.desired(index, diagnostics);
      if (inputs.contains_unknown()) {
        later.push_back(index);
        continue;
      }
      const std::string_view type = evaluation.type_of(index).name;
      Provider* provider = desk.providers->of_type(type);
      tasks.push_back(provider->look_up(type, std::move(inputs)));
      now.push_back(index);
    }
    std::vector<Result<Map>> answers = co_await when_all(*desk.scheduler, std::move(tasks));
    for (std::size_t i = 0; i < now.size(); ++i) {
      if (!answers[i]) {
        const Instance& instance = desk.stack->instances()[now[i]];
        Diagnostic diagnostic = diagnostic_of(answers[i].error(), instance.address);
        diagnostic.where = desk.stack->declaration_of(instance).block.where();
        diagnostics.add(std::move(diagnostic));
        continue;
      }
      evaluation.set_outputs(now[i], std::move(*answers[i]));
      progress = true;
    }
    waiting = std::move(later);
  }
  co_return true;
}

}  // namespace firn
