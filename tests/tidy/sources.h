// The files of the project, as the rules look at them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace firn::tidy {

struct SourceFile {
  std::string path;  // from the project's root: "core/value/value.h"
  std::string text;

  [[nodiscard]] bool is_header() const { return path.ends_with(".h"); }
  [[nodiscard]] bool is_code() const { return is_header() || path.ends_with(".cpp"); }
};

// Every text file that belongs to the project; nothing that is built.
[[nodiscard]] const std::vector<SourceFile>& source_files();

struct Line {
  int number = 0;  // from 1
  std::string_view text;
};
[[nodiscard]] std::vector<Line> lines_of(std::string_view text);

}  // namespace firn::tidy
