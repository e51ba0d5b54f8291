// A road: what happens to objects of a bucket until their rows are in a table, hop by hop, and
// whether they get past each hop.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/check/check.h"
#include "road/keys.h"
#include "road/world.h"

namespace firn::road {

enum class Passage : std::uint8_t {
  passes,
  some,     // some of the objects get past, others do not
  stops,    // none does
  unknown,  // it is not decided in this stack
};
[[nodiscard]] std::string_view passage_name(Passage passage);

struct Hop {
  std::string_view title;  // "notification", "topic's policy", …
  std::string address;     // of the object that decides; empty: outside of the stack
  Passage passage = Passage::passes;
  std::string evidence;  // what lets objects past, or stops them
  std::vector<CheckFinding> findings;
};

// Where objects become rows: a pipe, or an external table that refreshes itself, and what it stands
// on. What is not the stack's is nullptr.
struct Load {
  const Object* loader = nullptr;
  const Object* stage = nullptr;
  const Object* integration = nullptr;
  const Object* role = nullptr;
  const Object* bucket = nullptr;
  const Object* topic = nullptr;  // by which it hears of objects
  const Object* table = nullptr;  // of an external table: itself
  Keys keys;                      // the objects that it would take
  std::string topic_arn;          // empty: it hears of them by its own queue
  bool listens = false;           // events start it
};
[[nodiscard]] std::vector<Load> find_loads(const World& world);

struct Road {
  Load load;
  std::vector<Hop> hops;

  // The worst of its hops.
  [[nodiscard]] Passage passage() const;
};

// Every road of the stack, for all objects that it is made for.
[[nodiscard]] std::vector<Road> prove_roads(const World& world);
// The hops of a load for these objects, all of which it would take; in the order in which an object
// passes them.
[[nodiscard]] std::vector<Hop> prove_hops(const World& world, const Load& load, const Keys& keys);

// What a check found at an input of an object; `path` is dotted ("copy.from"), "" for the object.
[[nodiscard]] CheckFinding finding_at(const Check& check, const Object& object,
                                      std::string_view path, std::string summary,
                                      std::string detail, std::string mend);

}  // namespace firn::road
