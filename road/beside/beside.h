// Checks beside the roads: what lets objects past and should not be so. One file each.
#pragma once

#include <vector>

#include "road/road.h"

namespace firn::road {

using BesideCheck = void (*)(const World& world, const std::vector<Road>& roads,
                             std::vector<CheckFinding>& findings);
[[nodiscard]] const std::vector<BesideCheck>& beside_checks();

void find_double_loading(const World& world, const std::vector<Road>& roads,
                         std::vector<CheckFinding>& findings);
void find_wide_locations(const World& world, const std::vector<Road>& roads,
                         std::vector<CheckFinding>& findings);
void find_written_keys(const World& world, const std::vector<Road>& roads,
                       std::vector<CheckFinding>& findings);
void find_wide_trust(const World& world, const std::vector<Road>& roads,
                     std::vector<CheckFinding>& findings);
void find_public_buckets(const World& world, const std::vector<Road>& roads,
                         std::vector<CheckFinding>& findings);
void find_other_regions(const World& world, const std::vector<Road>& roads,
                        std::vector<CheckFinding>& findings);
void find_mistaken_names(const World& world, const std::vector<Road>& roads,
                         std::vector<CheckFinding>& findings);
void find_barred_callers(const World& world, const std::vector<Road>& roads,
                         std::vector<CheckFinding>& findings);

extern const Check FIRN401;
extern const Check FIRN402;
extern const Check FIRN403;
extern const Check FIRN404, FIRN405;
extern const Check FIRN406, FIRN407;
extern const Check FIRN408;
extern const Check FIRN409;
extern const Check FIRN501, FIRN502, FIRN503;

}  // namespace firn::road
