#include "tests/tidy/house_rules.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/core.h>
#include <optional>
#include <span>
#include <string_view>

namespace firn::tidy {
namespace {

using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 1> core_only{"core/"};
constexpr std::array<std::string_view, 2> aws_only{"core/", "providers/aws/"};
constexpr std::array<std::string_view, 2> snowflake_only{"core/", "providers/snowflake/"};
constexpr std::array<std::string_view, 2> sandbox_only{"core/", "sandbox/"};
constexpr std::array<std::string_view, 3> road_only{"core/", "providers/", "road/"};
constexpr std::array<std::string_view, 5> product{"cli/", "core/", "providers/", "road/",
                                                  "sandbox/"};
constexpr std::array<std::string_view, 6> product_and_tests{"cli/",  "core/",    "providers/",
                                                            "road/", "sandbox/", "tests/"};
constexpr std::array<std::string_view, 6> product_and_bench{"bench/",     "cli/",  "core/",
                                                            "providers/", "road/", "sandbox/"};

struct Direction {
  std::string_view folder;
  Names may_include;
};
constexpr std::array directions{
    Direction{"core/", core_only},
    Direction{"providers/aws/", aws_only},
    Direction{"providers/snowflake/", snowflake_only},
    Direction{"sandbox/", sandbox_only},
    Direction{"road/", road_only},
    Direction{"cli/", product},
    Direction{"tests/", product_and_tests},
    Direction{"bench/", product_and_bench},
};

// Made by CMake from files of core; they have no folder.
constexpr std::array<std::string_view, 2> generated{"firn_version.h", "state_schema.h"};

constexpr std::array<std::string_view, 9> heavy{"CLI/",      "benchmark/",    "curl/",
                                                "nlohmann/", "openssl/",      "pugixml",
                                                "sqlite3.h", "yaml-cpp/node", "yaml-cpp/yaml.h"};

struct Forbidden {
  std::string word;
  std::string_view remedy;
};

// Put together from halves, so that this file keeps the rule too.
const std::vector<Forbidden>& forbidden() {
  static const std::vector<Forbidden> words{
      {std::string("/wo") + "rk/", "a path of one machine: make it relative to the project"},
      {std::string("/ro") + "ot/", "a path of one machine: make it relative to the project"},
      {std::string("TO") + "DO", "finish it, or write an issue"},
      {std::string("FIX") + "ME", "finish it, or write an issue"},
      {std::string("X") + "XX", "finish it, or write an issue"},
  };
  return words;
}

bool is_word_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

// `word` stands alone: not in the middle of a longer word or path.
bool contains_word(std::string_view line, std::string_view word) {
  for (std::size_t at = line.find(word); at != std::string_view::npos;
       at = line.find(word, at + 1)) {
    const bool begins = at == 0 || !(is_word_character(line[at - 1]) || line[at - 1] == '}');
    const std::size_t end = at + word.size();
    const bool ends = word.back() == '/' || end == line.size() || !is_word_character(line[end]);
    if (begins && ends) return true;
  }
  return false;
}

// The path between quotes or angle brackets of an #include line.
std::optional<std::string_view> included(std::string_view line, char open, char close) {
  constexpr std::string_view directive = "#include ";
  const std::size_t start = line.find_first_not_of(' ');
  if (start == std::string_view::npos || !line.substr(start).starts_with(directive)) {
    return std::nullopt;
  }
  std::string_view rest = line.substr(start + directive.size());
  if (rest.empty() || rest.front() != open) return std::nullopt;
  rest.remove_prefix(1);
  const std::size_t end = rest.find(close);
  if (end == std::string_view::npos) return std::nullopt;
  return rest.substr(0, end);
}

std::string list(Names names) {
  std::string text;
  for (const std::string_view name : names) {
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text;
}

std::string place(const SourceFile& file, const Line& line) {
  return fmt::format("{}:{}", file.path, line.number);
}

}  // namespace

std::vector<std::string> broken_directions(const SourceFile& file) {
  std::vector<std::string> broken;
  if (!file.is_code()) return broken;
  const auto direction = std::find_if(
      directions.begin(), directions.end(),
      [&file](const Direction& candidate) { return file.path.starts_with(candidate.folder); });
  if (direction == directions.end()) {
    return {fmt::format("{}: no rule says what this folder may include; add one to {}", file.path,
                        "tests/tidy/house_rules.cpp")};
  }
  for (const Line& line : lines_of(file.text)) {
    const auto path = included(line.text, '"', '"');
    if (!path) continue;
    if (std::find(generated.begin(), generated.end(), *path) != generated.end()) continue;
    const bool is_allowed =
        std::any_of(direction->may_include.begin(), direction->may_include.end(),
                    [&path](std::string_view allowed) { return path->starts_with(allowed); });
    if (!is_allowed) {
      broken.push_back(fmt::format("{}: {} may include only {}, not \"{}\"", place(file, line),
                                   direction->folder, list(direction->may_include), *path));
    }
  }
  return broken;
}

std::vector<std::string> heavy_includes(const SourceFile& file) {
  std::vector<std::string> broken;
  const bool is_product = !file.path.starts_with("tests/") && !file.path.starts_with("bench/");
  if (!file.is_header() || !is_product) return broken;
  for (const Line& line : lines_of(file.text)) {
    const auto path = included(line.text, '<', '>');
    if (!path) continue;
    const bool is_heavy = std::any_of(heavy.begin(), heavy.end(), [&path](std::string_view start) {
      return path->starts_with(start);
    });
    if (is_heavy) {
      broken.push_back(
          fmt::format("{}: include <{}> in the .cpp file; all who include this header "
                      "would pay for it",
                      place(file, line), *path));
    }
  }
  return broken;
}

std::vector<std::string> header_form(const SourceFile& file) {
  std::vector<std::string> broken;
  if (!file.is_header()) return broken;
  if (!file.text.starts_with("// ")) {
    broken.push_back(file.path + ": begin with a comment that says what the header gives");
  }
  const auto lines = lines_of(file.text);
  const bool is_once = std::any_of(lines.begin(), lines.end(),
                                   [](const Line& line) { return line.text == "#pragma once"; });
  if (!is_once) broken.push_back(file.path + ": write #pragma once after the first comment");
  return broken;
}

std::vector<std::string> forbidden_words(const SourceFile& file) {
  std::vector<std::string> broken;
  for (const Line& line : lines_of(file.text)) {
    for (const Forbidden& each : forbidden()) {
      if (contains_word(line.text, each.word)) {
        broken.push_back(
            fmt::format("{}: \"{}\" is {}", place(file, line), each.word, each.remedy));
      }
    }
  }
  return broken;
}

std::vector<std::string> loose_blanks(const SourceFile& file) {
  std::vector<std::string> broken;
  if (file.path.find("/golden/") != std::string::npos) return broken;
  for (const Line& line : lines_of(file.text)) {
    if (line.text.find('\r') != std::string_view::npos) {
      broken.push_back(place(file, line) + ": end lines with a newline alone");
    } else if (line.text.ends_with(' ') || line.text.ends_with('\t')) {
      broken.push_back(place(file, line) + ": remove the blanks at the end");
    }
  }
  if (!file.text.empty() && (!file.text.ends_with('\n') || file.text.ends_with("\n\n"))) {
    broken.push_back(file.path + ": end the file with one newline");
  }
  return broken;
}

}  // namespace firn::tidy
