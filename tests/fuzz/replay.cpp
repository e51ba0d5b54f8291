// Feeds a target its corpus, and texts that are deep and long. Stands in for libFuzzer in an
// ordinary build.
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz.h"

namespace {

// Begun once and repeated until it is as deep, or as long, as no honest text is.
struct Hostile {
  std::string_view start;
  std::string_view piece;
};
constexpr std::array hostile = {
    Hostile{"", "["},
    Hostile{"", "{"},
    Hostile{"", "("},
    Hostile{"", "\""},
    Hostile{"", "'"},
    Hostile{"", "- "},
    Hostile{"", "-"},
    Hostile{"", "9"},
    Hostile{"", "a"},
    Hostile{"", "a."},
    Hostile{"", "not "},
    Hostile{"", "\n"},
    Hostile{"", "\xff"},
    Hostile{"", "<a>"},
    Hostile{"", "a: "},
    Hostile{"", "[\n"},
    Hostile{"", "&a ["},
    Hostile{"", "\\"},
    Hostile{"", "/*"},
    Hostile{"", "$$"},
    Hostile{"", "! "},
    Hostile{"", "{\"a\":"},
    Hostile{"", "[[a]]\n"},
    Hostile{"", "1 "},
    Hostile{"\n", "1\n"},
    Hostile{"a = ", "["},
    Hostile{"a = ", "{b="},
    Hostile{"&a [", "*a "},
    Hostile{"", "[a]\nb=1\n"},
    Hostile{"200\n\n<r>", "<a>"},
    Hostile{"${", "("},
    Hostile{"${", "["},
    Hostile{"${", "!"},
    Hostile{"${", "a ? "},
    Hostile{"${", "upper("},
    Hostile{"${a", "[a"},
    Hostile{"${", "a+"},
    Hostile{"${a", ".a"},
    Hostile{"", "${a}"},
    Hostile{"SELECT ", "("},
    Hostile{"SELECT ", "- "},
    Hostile{"SELECT ", "CASE WHEN "},
    Hostile{"CREATE TABLE T (", "A NUMBER, "},
    Hostile{"", "ARRAY("},
    Hostile{"", "BEGIN "},
    Hostile{"", "A.B,"},
    Hostile{"", "* "},
};
constexpr std::size_t hostile_length = 100'000;

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

int main(int count, char** arguments) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < count; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(arguments[i])) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  if (files.empty()) {
    std::fprintf(stderr, "usage: %s FOLDER, which holds inputs\n", arguments[0]);
    return 2;
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    std::printf("%s\n", file.c_str());
    std::fflush(stdout);
    firn::fuzz::try_input(read(file));
  }
  for (const auto& [start, piece] : hostile) {
    std::printf("%s%s, again and again\n", start.data(), piece.data());
    std::fflush(stdout);
    std::string text(start);
    while (text.size() < hostile_length)
      text += piece;
    firn::fuzz::try_input(text);
  }
  std::printf("%zu inputs\n", files.size() + hostile.size());
  return 0;
}
