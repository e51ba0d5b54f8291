#include "core/plan/distance.h"

#include <algorithm>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <tuple>

namespace firn {
namespace {

std::string text_of(const Provider& provider, const Whereabouts& place, const Whereabouts& other) {
  if (place.cloud == other.cloud) return fmt::format("{} in {}", provider.name(), place.region);
  return fmt::format("{} in {} of {}", provider.name(), place.region, place.cloud);
}

}  // namespace

std::vector<Diagnostic> distance_warnings(const Plan& plan, const Providers& providers) {
  std::vector<const Provider*> used;
  for (const Step& step : plan.steps) {
    const Provider* provider = providers.of_type(step.type->name);
    const bool counts = step.instance != Step::kNoInstance && provider != nullptr;
    if (counts && std::ranges::find(used, provider) == used.end()) used.push_back(provider);
  }
  std::ranges::sort(used, {}, &Provider::name);

  std::vector<Diagnostic> warnings;
  std::vector<std::tuple<const Provider*, const Provider*, std::string_view>> told;
  for (const Step& step : plan.steps) {
    if (step.instance == Step::kNoInstance || step.type->distance_cost.empty()) continue;
    const Provider* provider = providers.of_type(step.type->name);
    if (provider == nullptr) continue;
    const Whereabouts here = provider->whereabouts();
    if (here.region.empty()) continue;
    for (const Provider* other : used) {
      const Whereabouts there = other->whereabouts();
      if (there.region.empty() || there == here) continue;
      const std::tuple pair{provider, other, step.type->distance_cost};
      if (std::ranges::find(told, pair) != told.end()) continue;
      told.push_back(pair);
      Diagnostic warning;
      warning.severity = Severity::warning;
      warning.summary = fmt::format("two regions: {}, {}", text_of(*other, there, here),
                                    text_of(*provider, here, there));
      warning.detail = std::string(step.type->distance_cost);
      warning.address = step.address;
      warnings.push_back(std::move(warning));
    }
  }
  return warnings;
}

}  // namespace firn
