#include "road/road.h"

#include <algorithm>
#include <array>
#include <optional>

#include "road/hops/hops.h"

namespace firn::road {
namespace {

using HopCheck = std::optional<Hop> (*)(const World& world, const Load& load, const Keys& keys);

// In the order in which an object passes them.
constexpr std::array<HopCheck, 9> hop_checks{
    check_references, check_announcement, check_publishing, check_subscription, check_loader,
    check_locations,  check_trust,        check_reading,    check_columns};

}  // namespace

std::string_view passage_name(Passage passage) {
  switch (passage) {
    case Passage::passes:
      return "passes";
    case Passage::some:
      return "some";
    case Passage::stops:
      return "stops";
    case Passage::unknown:
      break;
  }
  return "unknown";
}

Passage Road::passage() const {
  const auto any = [this](Passage passage) {
    return std::ranges::find(hops, passage, &Hop::passage) != hops.end();
  };
  for (const Passage passage : {Passage::stops, Passage::some, Passage::unknown}) {
    if (any(passage)) return passage;
  }
  return Passage::passes;
}

std::vector<Hop> prove_hops(const World& world, const Load& load, const Keys& keys) {
  std::vector<Hop> proven;
  for (const HopCheck check : hop_checks) {
    if (auto hop = check(world, load, keys)) proven.push_back(std::move(*hop));
  }
  return proven;
}

std::vector<Road> prove_roads(const World& world) {
  std::vector<Road> roads;
  for (Load& load : find_loads(world)) {
    std::vector<Hop> own = prove_hops(world, load, load.keys);
    roads.push_back({.load = std::move(load), .hops = std::move(own)});
  }
  return roads;
}

CheckFinding finding_at(const Check& check, const Object& object, std::string_view path,
                        std::string summary, std::string detail, std::string mend) {
  CheckFinding finding;
  finding.check = &check;
  finding.diagnostic.severity = check.severity;
  finding.diagnostic.summary = std::move(summary);
  finding.diagnostic.detail = std::move(detail);
  finding.diagnostic.remedy = std::move(mend);
  finding.diagnostic.where = node_at(object.block, path).where();
  finding.diagnostic.address = object.address;
  finding.diagnostic.code = check.code;
  return finding;
}

}  // namespace firn::road
