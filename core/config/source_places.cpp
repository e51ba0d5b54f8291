#include "core/config/source_places.h"

#include <algorithm>

namespace firn::config {

std::size_t SourcePlaces::stretches_before(std::size_t at) {
  const auto& stretches = text_.stretches;
  if (at < last_) {
    const auto found = std::ranges::lower_bound(stretches, at, {}, &Stretch::at);
    before_ = static_cast<std::size_t>(found - stretches.begin());
  }
  last_ = at;
  while (before_ < stretches.size() && stretches[before_].at < at)
    ++before_;
  return before_;
}

std::size_t SourcePlaces::offset(std::size_t at) {
  const std::size_t before = stretches_before(at);
  if (before == 0) return at;
  const Stretch& last = text_.stretches[before - 1];
  return last.source_at + last.length + (at - last.at - last.width());
}

std::size_t SourcePlaces::column(std::size_t at, std::size_t column) {
  const std::size_t line_start = at - std::min(at, column);
  if (line_start != line_start_) {
    line_start_ = line_start;
    line_start_moved_ = offset(line_start) - line_start;
  }
  return column + (offset(at) - at) - line_start_moved_;
}

std::string_view SourcePlaces::restore(std::string_view value, std::size_t at,
                                       std::string& scratch) {
  if (value.find(stand_in) == std::string_view::npos) return value;
  std::size_t next = stretches_before(at);
  is_in_order_ = is_in_order_ && next == restored_;
  const auto word = [&] {
    if (next >= text_.stretches.size()) return std::string_view();
    const Stretch& stretch = text_.stretches[next++];
    is_in_order_ = is_in_order_ && stretch.is_whole == 0;
    ++restored_;
    return source_.substr(stretch.source_at, stretch.length);
  };
  if (value.size() == 1) return word();
  scratch.clear();
  for (const char c : value) {
    if (c == stand_in) {
      scratch += word();
    } else {
      scratch += c;
    }
  }
  return scratch;
}

std::optional<std::string_view> SourcePlaces::restore_whole(std::string_view value,
                                                            std::size_t at) {
  if (value.size() != 1 || value.front() != stand_in) return std::nullopt;
  const std::size_t next = stretches_before(at);
  if (next >= text_.stretches.size() || text_.stretches[next].at != at ||
      text_.stretches[next].is_whole == 0)
    return std::nullopt;
  is_in_order_ = is_in_order_ && next == restored_;
  ++restored_;
  return source_.substr(text_.stretches[next].source_at, text_.stretches[next].length);
}

}  // namespace firn::config
