// From texts to numbers, for many: 16 bytes or so each, and mostly one look into memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace firn {

// Holds numbers only. Whoever asks gives `text_of`, which answers the text that a number was added
// with; the texts live elsewhere.
class TextIndex {
 public:
  static constexpr std::uint32_t number_max = UINT32_MAX - 1;

  // False when the text is there already; its number stays.
  template <class TextOf>
  bool add(std::string_view text, std::uint32_t number, const TextOf& text_of) {
    if ((count_ + 1) * 4 > slots_.size() * 3) grow();
    const std::uint32_t hash = hash_of(text);
    for (std::size_t at = hash & mask();; at = (at + 1) & mask()) {
      Slot& slot = slots_[at];
      if (slot.entry == 0) {
        slot = {hash, number + 1};
        ++count_;
        return true;
      }
      if (slot.hash == hash && text_of(slot.entry - 1) == text) return false;
    }
  }

  template <class TextOf>
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view text,
                                                  const TextOf& text_of) const {
    if (slots_.empty()) return std::nullopt;
    const std::uint32_t hash = hash_of(text);
    for (std::size_t at = hash & mask();; at = (at + 1) & mask()) {
      const Slot& slot = slots_[at];
      if (slot.entry == 0) return std::nullopt;
      if (slot.hash == hash && text_of(slot.entry - 1) == text) return slot.entry - 1;
    }
  }

  void reserve(std::size_t count) {
    while (count * 4 > slots_.size() * 3)
      grow();
  }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t entry = 0;  // number + 1; 0: free
  };

  static std::uint32_t hash_of(std::string_view text) {
    return static_cast<std::uint32_t>(std::hash<std::string_view>{}(text));
  }
  [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }
  void grow() {
    std::vector<Slot> old(slots_.empty() ? 8 : slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.entry == 0) continue;
      std::size_t at = slot.hash & mask();
      while (slots_[at].entry != 0)
        at = (at + 1) & mask();
      slots_[at] = slot;
    }
  }

  std::vector<Slot> slots_;  // a power of two, at most three quarters full
  std::size_t count_ = 0;
};

}  // namespace firn
