#include "tests/tidy/sources.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace firn::tidy {
namespace {

namespace fs = std::filesystem;

constexpr std::array folders{"bench",        "cli",     "cmake",   "core",      "docs",
                             "environments", ".ci",     ".github", "providers", "road",
                             "sandbox",      "scripts", "stacks",  "tests"};

bool is_text(const fs::path& path) {
  // Golden files are what the program prints, byte for byte; archives and keys are not text.
  static constexpr std::array endings{".cpp", ".h",  ".cmake", ".in",  ".json", ".md",
                                      ".py",  ".sh", ".sql",   ".txt", ".yaml", ".yml"};
  const std::string ending = path.extension().string();
  return std::find(endings.begin(), endings.end(), ending) != endings.end() ||
         path.filename() == "run";
}

void add(const fs::path& root, const fs::path& path, std::vector<SourceFile>& files) {
  std::ifstream stream(path, std::ios::binary);
  files.push_back({fs::relative(path, root).generic_string(),
                   {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()}});
}

std::vector<SourceFile> read_all() {
  const fs::path root(FIRN_SOURCE_FOLDER);
  std::vector<SourceFile> files;
  for (const auto& entry : fs::directory_iterator(root)) {
    if (entry.is_regular_file() && is_text(entry.path())) add(root, entry.path(), files);
  }
  for (const char* folder : folders) {
    if (!fs::exists(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      if (entry.is_regular_file() && is_text(entry.path())) add(root, entry.path(), files);
    }
  }
  std::sort(files.begin(), files.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

}  // namespace

const std::vector<SourceFile>& source_files() {
  static const std::vector<SourceFile> files = read_all();
  return files;
}

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  int number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back({++number, text.substr(0, end)});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace firn::tidy
