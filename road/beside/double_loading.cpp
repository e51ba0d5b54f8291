// Two pipes that load the same objects into one table.
//
// Snowflake, "Managing Snowpipe": each pipe has a load history of its own.
#include <fmt/format.h>

#include "road/beside/beside.h"

namespace firn::road {

const Check FIRN401{
    .code = "FIRN401",
    .severity = Severity::error,
    .title = "Two pipes load the same objects into one table",
    .cause =
        "The paths of two pipes into a table overlap. Each pipe remembers only what it has "
        "loaded itself.",
    .consequence = "Rows of the objects that both take are there twice.",
    .mend = "Give each pipe a path of its own, or remove one of them."};

namespace {

bool overlap(const Keys& a, const Keys& b) {
  return a.bucket == b.bucket &&
         (share_of(a, b.prefix, "") != Share::none || share_of(b, a.prefix, "") != Share::none);
}

}  // namespace

void find_double_loading(const World&, const std::vector<Road>& roads,
                         std::vector<CheckFinding>& findings) {
  for (std::size_t i = 0; i < roads.size(); ++i) {
    const Load& load = roads[i].load;
    for (std::size_t j = 0; j < i; ++j) {
      const Load& other = roads[j].load;
      const bool same = load.table != nullptr && load.table == other.table;
      if (!same || !overlap(load.keys, other.keys)) continue;
      findings.push_back(finding_at(
          FIRN401, *load.loader, "copy.from",
          fmt::format("\"{}\" and \"{}\" both load into \"{}\"", other.loader->address,
                      load.loader->address, load.table->address),
          fmt::format("One takes {}, the other {}.", other.keys.text(), load.keys.text()),
          "give each a path of its own"));
    }
  }
}

}  // namespace firn::road
