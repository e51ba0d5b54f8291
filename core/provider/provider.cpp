#include "core/provider/provider.h"

#include <algorithm>

namespace firn {

Task<Result<Observation>> Provider::find_existing(Operation& operation) {
  std::vector<ResourceRecord> records{operation.prior};
  std::vector<Result<Observation>> answers = co_await observe(std::move(records));
  co_return std::move(answers.front());
}

Task<Result<Applied>> Provider::claim(Operation&) {
  co_return Applied{};
}

Provider* Providers::of_type(std::string_view type_name) const {
  const std::size_t dot = type_name.find('.');
  if (dot == std::string_view::npos) return nullptr;
  const std::string_view prefix = type_name.substr(0, dot);
  const auto provider =
      std::find_if(providers_.begin(), providers_.end(),
                   [prefix](const Provider* candidate) { return candidate->name() == prefix; });
  return provider != providers_.end() ? *provider : nullptr;
}

const ResourceType* Providers::type(std::string_view type_name) const {
  const Provider* provider = of_type(type_name);
  if (provider == nullptr) return nullptr;
  const auto types = provider->types();
  const auto place = std::lower_bound(
      types.begin(), types.end(), type_name,
      [](const ResourceType* candidate, std::string_view name) { return candidate->name < name; });
  return place != types.end() && (*place)->name == type_name ? *place : nullptr;
}

std::vector<std::string_view> Providers::type_names() const {
  std::vector<std::string_view> names;
  for (const Provider* provider : providers_) {
    for (const ResourceType* type : provider->types())
      names.push_back(type->name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace firn
