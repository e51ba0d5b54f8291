// Roads as people and machines read them.
#pragma once

#include <string>

#include "cli/console.h"
#include "cli/proof.h"

namespace firn::cli {

// One object on its way: the roads that take it, with their hops as they are for it.
struct Journey {
  road::Keys object;
  std::vector<road::Road> roads;

  // It becomes rows of at least one table.
  [[nodiscard]] bool arrives() const;
};
[[nodiscard]] Journey journey_of(const Proof& proof, const road::Keys& object);

[[nodiscard]] std::string roads_text(const std::vector<road::Road>& roads, const Console& console);
[[nodiscard]] std::string journey_text(const Journey& journey, const Proof& proof,
                                       const Console& console);
[[nodiscard]] Value roads_value(const std::vector<road::Road>& roads);
[[nodiscard]] Value journey_value(const Journey& journey);

}  // namespace firn::cli
