// What clouds hold, made comparable: object for object and attribute for attribute.
//
// Two worlds in which the same was done hold the same, but for what chance and time chose: ids,
// times, versions of things. What that is, nobody lists: it is whatever differs among worlds in
// which the same was done without a crash, in different weather. An id that chance chose may stand
// inside another text (the external id in a trust policy); there it counts as what it stands for.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/value/value.h"
#include "sandbox/sandbox.h"

namespace firn::simulation {

// Every leaf of every document, by collection and key. Texts that hold JSON count as what they say.
class Snapshot {
 public:
  explicit Snapshot(const std::vector<sandbox::Document>& documents);

  using Leaves = std::map<std::string, std::string>;  // path → value
  using Documents = std::map<std::string, Leaves>;    // key → leaves
  [[nodiscard]] const std::map<std::string, Documents>& collections() const { return collections_; }

 private:
  friend class Yardstick;
  friend void forget_burnt(Snapshot& snapshot);
  std::map<std::string, Documents> collections_;
};

class Yardstick {
 public:
  explicit Yardstick(std::vector<Snapshot> references);  // two or more
  // Sentences; empty when the clouds hold what they should, or, if that is allowed, less: what was
  // never made leaves no burnt name behind, and what remains is not asked what it was.
  enum class Fewer : std::uint8_t { refused, allowed };
  // Names that were burnt on the way, and are remembered, can be forgiven: generations of names do
  // not count then, nor what the clouds keep of things that are deleted.
  enum class Burnt : std::uint8_t { compared, forgiven };
  [[nodiscard]] std::vector<std::string> differences(const Snapshot& actual,
                                                     Fewer fewer = Fewer::refused,
                                                     Burnt burnt = Burnt::compared) const;
  [[nodiscard]] std::size_t documents() const;
  [[nodiscard]] std::size_t compared_leaves() const { return compared_; }

 private:
  using Patterns = std::set<std::string>;  // "collection|path", list indices left out
  [[nodiscard]] static Patterns differing(const std::vector<Snapshot>& snapshots);
  // With ids of chance replaced by the name of the place that they come from.
  [[nodiscard]] Snapshot told_by_origin(Snapshot snapshot) const;
  [[nodiscard]] std::vector<std::string> compare(const Snapshot& actual, Fewer fewer) const;
  void compare_nameless(const std::string& collection, const Snapshot::Documents& expected,
                        const Snapshot::Documents& present, Fewer fewer,
                        std::vector<std::string>& found) const;
  [[nodiscard]] Snapshot::Leaves masked(const std::string& collection,
                                        const Snapshot::Leaves& leaves) const;

  Patterns sources_;                // leaves that are ids or times
  Patterns volatile_;               // leaves that say nothing even so
  std::set<std::string> nameless_;  // collections whose keys are of chance
  Snapshot expected_;
  std::size_t compared_ = 0;
};

}  // namespace firn::simulation
