#include "core/plan/peers.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "core/plan/evaluation.h"

namespace firn {
namespace {

config::Node block_of(const Stack& stack, const Step& step) {
  return stack.declaration_of(stack.instances()[step.instance]).block;
}

void check_names(const Plan& plan, const Stack& stack, Diagnostics& diagnostics) {
  std::map<std::pair<std::string, std::string>, const Step*> owners;
  for (const Step& step : plan.steps) {
    if (step.instance == Step::kNoInstance || step.name.empty()) continue;
    const ResourceType& type = *step.type;
    std::string name = type.name_rule.case_insensitive ? to_lower(step.name) : step.name;
    if (const Value* fqn = step.outputs.find("fqn"); fqn != nullptr && fqn->is_string()) {
      name = fqn->as_string();
    }
    const std::string scope(type.scope.empty() ? type.name : type.scope);
    const auto [found, is_new] = owners.try_emplace({scope, name}, &step);
    if (is_new) continue;
    diagnostics.error(block_of(stack, step).where(),
                      fmt::format("\"{}\" and \"{}\" would both be named {}",
                                  found->second->address, step.address, step.name),
                      fmt::format("Names of {} are unique.", type.name),
                      "give one of them a name: of its own");
  }
}

void check_types(const Plan& plan, const Stack& stack, Diagnostics& diagnostics) {
  std::map<const ResourceType*, std::vector<const Step*>> by_type;
  std::set<const ResourceType*> looking_around;
  for (const Step& step : plan.steps) {
    if (step.instance != Step::kNoInstance && step.type->validate_together != nullptr) {
      by_type[step.type].push_back(&step);
      if (!step.type->also_sees.empty()) looking_around.insert(step.type);
    }
  }
  for (const ResourceType* type : looking_around) {
    for (const Step& step : plan.steps) {
      const bool seen =
          std::ranges::find(type->also_sees, step.type->name) != type->also_sees.end();
      if (seen && step.instance != Step::kNoInstance) by_type[type].push_back(&step);
    }
  }
  for (const auto& [type, steps] : by_type) {
    std::vector<Peer> peers;
    peers.reserve(steps.size());
    for (const Step* step : steps)
      peers.push_back({step->address, &step->after, step->type->name, &step->outputs});
    std::vector<PeerProblem> problems;
    type->validate_together(peers, problems);
    for (const PeerProblem& found : problems) {
      const Step& step = *steps[found.peer];
      report_problems({found.problem}, block_of(stack, step), step.address, diagnostics);
    }
  }
}

}  // namespace

void check_peers(const Plan& plan, const Stack& stack, Diagnostics& diagnostics) {
  check_names(plan, stack, diagnostics);
  check_types(plan, stack, diagnostics);
}

}  // namespace firn
