#include "tests/fuzz/fuzz.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdlib.h>  // mkdtemp

#include "core/value/json.h"

namespace firn::fuzz {
namespace {

struct Folder {
  std::string path;
  Folder() {
    path = (std::filesystem::temp_directory_path() / "firn-fuzz-XXXXXX").string();
    require(::mkdtemp(path.data()) != nullptr, "a temporary folder can be made", path);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
};

std::string told(const Diagnostic& item) {
  return item.summary + " | " + item.detail + " | " + item.remedy;
}

}  // namespace

void require(bool holds, std::string_view promise, std::string_view shown) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %.*s\n  %.*s\n", static_cast<int>(promise.size()),
               promise.data(), static_cast<int>(shown.size()), shown.data());
  std::abort();
}

std::vector<std::string_view> parts_of(std::string_view input) {
  constexpr std::string_view mark = "\n----\n";
  std::vector<std::string_view> parts;
  for (std::size_t end = input.find(mark); end != std::string_view::npos; end = input.find(mark)) {
    parts.push_back(input.substr(0, end));
    input.remove_prefix(end + mark.size());
  }
  parts.push_back(input);
  return parts;
}

std::string_view part(const std::vector<std::string_view>& parts, std::size_t index) {
  return index < parts.size() ? parts[index] : std::string_view();
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

int number_of(std::string_view text) {
  int number = 0;
  for (const char c : text.substr(0, 6)) {
    if (c < '0' || c > '9') return 0;
    number = number * 10 + (c - '0');
  }
  return number;
}

void require_place(const SourceRange& where, std::string_view text) {
  require(where.line >= 1 && where.column >= 1, "lines and columns count from 1");
  std::size_t start = 0;
  for (std::uint32_t line = 1; line < where.line; ++line) {
    const std::size_t end = text.find('\n', start);
    require(end != std::string_view::npos, "a place is on a line of the text",
            std::to_string(where.line));
    start = end + 1;
  }
  const std::size_t end = std::min(text.find('\n', start), text.size());
  // A block of text that begins with an empty line begins at the column of its other lines.
  const bool is_blank = text.substr(start, end - start).find_first_not_of(" \t\r") == text.npos;
  require(is_blank || where.column <= end - start + 1, "a place is inside its line",
          std::to_string(where.line) + ":" + std::to_string(where.column));
}

void require_places(const Diagnostics& diagnostics, std::string_view text) {
  for (const Diagnostic& item : diagnostics.items()) {
    require(!item.summary.empty(), "a diagnostic says something");
    if (item.where.is_known()) require_place(item.where, text);
  }
}

void require_told(const Error& error, std::string_view secret) {
  require(!error.summary.empty(), "an error says something", error.detail);
  require(error.kind != ErrorKind::bug, "an input is no bug of ours", render(error));
  if (secret.empty()) return;
  const std::string text = render(error);
  require(text.find(secret) == std::string::npos, "an error holds no secret", text);
}

void require_told(const Diagnostics& diagnostics, std::string_view secret) {
  for (const Diagnostic& item : diagnostics.items()) {
    require(told(item).find(secret) == std::string::npos, "a diagnostic holds no secret",
            told(item));
  }
}

void require_kept_secret(const Value& value, std::string_view secret) {
  if (value.is_string()) {
    require(value.as_string().find(secret) == std::string::npos, "what is secret stays secret",
            value.as_string());
  } else if (value.is_list()) {
    for (const Value& item : value.as_list())
      require_kept_secret(item, secret);
  } else if (value.is_map()) {
    for (const auto& [key, member] : value.as_map()) {
      require(key.find(secret) == std::string::npos, "what is secret stays secret", key);
      require_kept_secret(member, secret);
    }
  }
}

void require_stable_json(const Value& value) {
  const std::string text = to_json(value);
  const Result<Value> again = parse_json(text);
  require(again.has_value(), "what is written can be read", text);
  require(to_json(*again) == text, "reading and writing changes nothing", text);
  const Result<Value> pretty = parse_json(to_pretty_json(value));
  require(pretty.has_value() && *pretty == *again, "indenting changes nothing", text);
}

const std::string& scratch_folder() {
  static const Folder folder;
  return folder.path;
}

std::string file_with(std::string_view name, std::string_view content) {
  const std::string path = scratch_folder() + "/" + std::string(name);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  return path;
}

}  // namespace firn::fuzz

// libFuzzer's entry; its name and form are libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  firn::fuzz::try_input({reinterpret_cast<const char*>(data), size});
  return 0;
}
