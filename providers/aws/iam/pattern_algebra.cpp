#include "providers/aws/iam/pattern_algebra.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <utility>

namespace firn::aws::iam {
namespace {

using Kind = PatternUnit::Kind;
using Positions = Pattern::Positions;

constexpr std::size_t most_steps = 100'000;

// The characters that make a difference from these positions on, and one that stands for all
// others: a colon only counts where a wildcard refuses it.
class Alphabet {
 public:
  void add(const Pattern& pattern, const Positions& positions) {
    for (const std::uint32_t at : positions) {
      if (at == pattern.units().size()) continue;
      const PatternUnit& unit = pattern.units()[at];
      if (unit.kind == Kind::literal) {
        add(unit.character);
        if (pattern.ignores_case() && unit.character >= U'a' && unit.character <= U'z') {
          add(unit.character - U'a' + U'A');
        }
      } else if (unit.kind == Kind::one_in_part || unit.kind == Kind::many_in_part) {
        add(U':');
      }
    }
  }

  [[nodiscard]] std::u32string characters() const {
    // The one for all others first: examples should be ordinary.
    return other() + distinct_;
  }

 private:
  void add(char32_t character) {
    if (distinct_.find(character) == std::u32string::npos) distinct_ += character;
  }

  // A letter, so that examples read like names.
  [[nodiscard]] char32_t other() const {
    const auto is_free = [this](char32_t character) {
      return distinct_.find(character) == std::u32string::npos;
    };
    for (char32_t letter = U'x'; letter <= U'z'; ++letter) {
      if (is_free(letter)) return letter;
    }
    char32_t character = U'a';
    while (!is_free(character))
      ++character;
    return character;
  }

  std::u32string distinct_;
};

// How each state was reached first, so that its text can be told: breadth first finds a shortest.
struct Visit {
  std::size_t from = 0;
  char32_t character = 0;
};

std::string text_to(const std::vector<Visit>& visits, std::size_t at) {
  std::u32string reversed;
  for (; at != 0; at = visits[at].from)
    reversed += visits[at].character;
  std::reverse(reversed.begin(), reversed.end());
  return encode_text(reversed);
}

// Walks the texts of `of`, with what the others make of them, shortest first. `see` is called for
// every state in which `of` matches, and stops the walk by answering false. False when there were
// too many states.
template <class See>
bool walk(const Pattern& of, std::span<const Pattern> by, const See& see) {
  using State = std::vector<Positions>;  // of `of`, then of each other pattern
  State first{of.start()};
  for (const Pattern& pattern : by)
    first.push_back(pattern.start());

  std::map<State, std::size_t> known{{first, 0}};
  std::deque<const State*> waiting{&known.begin()->first};
  std::vector<Visit> visits{Visit{}};
  std::set<std::vector<bool>> seen;

  for (std::size_t at = 0; !waiting.empty(); ++at) {
    const State& state = *waiting.front();
    waiting.pop_front();
    std::vector<bool> matched;
    bool settled = true;
    for (std::size_t i = 0; i < by.size(); ++i) {
      matched.push_back(by[i].accepts(state[i + 1]));
      settled = settled && by[i].is_settled(state[i + 1]);
    }
    if (of.accepts(state[0]) && seen.insert(matched).second) {
      if (!see(text_to(visits, at), matched)) return true;
    }
    // Longer texts are of the same class.
    if (settled && seen.contains(matched)) continue;

    Alphabet alphabet;
    alphabet.add(of, state[0]);
    for (std::size_t i = 0; i < by.size(); ++i)
      alphabet.add(by[i], state[i + 1]);
    for (const char32_t character : alphabet.characters()) {
      State next{of.step(state[0], character)};
      if (next[0].empty()) continue;
      for (std::size_t i = 0; i < by.size(); ++i)
        next.push_back(by[i].step(state[i + 1], character));
      const auto [place, is_new] = known.try_emplace(std::move(next), visits.size());
      if (!is_new) continue;
      if (visits.size() == most_steps) return false;
      visits.push_back({at, character});
      waiting.push_back(&place->first);
    }
  }
  return true;
}

}  // namespace

std::optional<std::vector<TextClass>> classes_of(const Pattern& of, std::span<const Pattern> by) {
  std::vector<TextClass> classes;
  const bool complete =
      walk(of, by, [&classes](std::string example, const std::vector<bool>& matched) {
        classes.push_back({std::move(example), matched});
        return true;
      });
  if (!complete) return std::nullopt;
  return classes;
}

Cover cover(const Pattern& of, std::span<const Pattern> by) {
  Cover answer{.covered = true};
  const bool complete =
      walk(of, by, [&answer](std::string example, const std::vector<bool>& matched) {
        if (std::find(matched.begin(), matched.end(), true) != matched.end()) return true;
        answer.covered = false;
        answer.uncovered = std::move(example);
        return false;
      });
  if (!complete) return {.covered = false, .too_large = true};
  return answer;
}

bool covers(const Pattern& wide, const Pattern& narrow) {
  return cover(narrow, {&wide, 1}).covered;
}

// Pairs of single positions are enough here, so there are never too many.
std::optional<std::string> common_text(const Pattern& a, const Pattern& b) {
  using State = std::pair<std::uint32_t, std::uint32_t>;
  std::map<State, std::size_t> known;
  std::deque<State> waiting;
  std::vector<Visit> visits{Visit{}};
  for (const std::uint32_t x : a.start()) {
    for (const std::uint32_t y : b.start()) {
      known.emplace(State{x, y}, 0);
      waiting.emplace_back(x, y);
    }
  }
  while (!waiting.empty()) {
    const State state = waiting.front();
    waiting.pop_front();
    const std::size_t at = known.at(state);
    const Positions in_a{state.first};
    const Positions in_b{state.second};
    if (a.accepts(in_a) && b.accepts(in_b)) return text_to(visits, at);
    Alphabet alphabet;
    alphabet.add(a, in_a);
    alphabet.add(b, in_b);
    for (const char32_t character : alphabet.characters()) {
      for (const std::uint32_t x : a.step(in_a, character)) {
        for (const std::uint32_t y : b.step(in_b, character)) {
          if (!known.emplace(State{x, y}, visits.size()).second) continue;
          visits.push_back({at, character});
          waiting.emplace_back(x, y);
        }
      }
    }
  }
  return std::nullopt;
}

}  // namespace firn::aws::iam
