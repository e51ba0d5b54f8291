// Verdict: what must be true of a world in which everything was done, whatever happened before.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/simulation/world.h"

namespace firn::simulation {

using Problems = std::vector<std::string>;
void add(Problems& problems, const std::string& when, const std::vector<std::string>& lines);

// Applies the other stack whose objects this project's needs, where it has one.
void apply_what_stands(World& world, const Project& project, Problems& problems);

// The first of them, a line each, and how many more there are.
[[nodiscard]] std::string listed(const Problems& problems);

// Processes live until one finds nothing to do; each must carry its plan out, in good weather.
// `first` may watch its moments. More than `runs_max` runs with work are a problem.
void settle(World& world, const Process& first, int runs_max, Problems& problems);

// The state is sound and says that nothing is left to do.
void check_state(const World& world, const Project& project, Problems& problems);

// The clouds hold what they should, once everything has spread.
void check_clouds(World& world, const Yardstick& expected, const std::string& when,
                  Problems& problems, Yardstick::Fewer fewer = Yardstick::Fewer::refused,
                  Yardstick::Burnt burnt = Yardstick::Burnt::compared);

// What the clouds hold where `story` says `look`, lived without a crash in several sorts of
// weather. Ends the program when the story itself goes wrong.
using Story = std::function<void(World& world, const Weather& weather,
                                 const std::function<void()>& look, Problems& problems)>;
[[nodiscard]] std::vector<Yardstick> yardsticks_of(std::uint64_t seed, const Story& story);

}  // namespace firn::simulation
