// Where in an author's file something stands.
#pragma once

#include <cstdint>
#include <string>

namespace firn {

// A span on one line of a file that a person wrote. Lines and columns count from 1, columns in
// bytes. An empty `file` means "no place" (a value that came from a flag or from the engine).
struct SourceRange {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t length = 1;

  [[nodiscard]] bool is_known() const { return !file.empty(); }
  bool operator==(const SourceRange&) const = default;
};

}  // namespace firn
