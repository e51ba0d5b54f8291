// From places and texts of a shortened YAML file (core/config/source_text.h) to those of its
// source.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/config/source_text.h"

namespace firn::config {

// Quick when asked in order. The text outlives it.
class SourcePlaces {
 public:
  SourcePlaces(std::string_view source, const ShortText& text) : source_(source), text_(text) {}

  [[nodiscard]] std::string_view source() const { return source_; }
  // Both count from 0; `at` and `column` are those of the same place in the shortened text.
  [[nodiscard]] std::size_t offset(std::size_t at);
  [[nodiscard]] std::size_t column(std::size_t at, std::size_t column);

  // The text of a plain scalar that begins at `at`, its words put back. Lives in the source or in
  // `scratch`.
  [[nodiscard]] std::string_view restore(std::string_view value, std::size_t at,
                                         std::string& scratch);
  // The text of a plain scalar that stands in quotes at `at` in the shortened text; nothing when
  // that is a quoted scalar of the source.
  [[nodiscard]] std::optional<std::string_view> restore_whole(std::string_view value,
                                                              std::size_t at);
  // True when each stretch was put back, in order: yaml-cpp took for plain what shorten() did.
  [[nodiscard]] bool is_complete() const {
    return is_in_order_ && restored_ == text_.stretches.size();
  }

 private:
  [[nodiscard]] std::size_t stretches_before(std::size_t at);

  std::string_view source_;
  const ShortText& text_;
  std::size_t before_ = 0;  // stretches before the place asked for last
  std::size_t last_ = 0;    // that place
  std::size_t line_start_ = 0;
  std::size_t line_start_moved_ = 0;  // by how much it stands further back in the source
  std::size_t restored_ = 0;
  bool is_in_order_ = true;
};

}  // namespace firn::config
