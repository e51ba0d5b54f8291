#include "core/expression/file_functions.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fmt/core.h>
#include <memory>
#include <string>

#include "core/base/text.h"
#include "core/config/utf8.h"
#include "core/expression/scan.h"
#include "core/value/json.h"

namespace firn::expression {
namespace {

constexpr std::size_t file_size_max = std::size_t{16} << 20U;  // bytes

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

struct TextFile {
  std::string path;  // as it can be opened
  std::string text;
};

std::optional<TextFile> read(const Call& call) {
  const auto give_up = [&](std::string detail, std::string remedy) {
    call.diagnostics.error(call.places[0],
                           fmt::format("cannot read \"{}\"", call.arguments[0].as_string()),
                           std::move(detail), std::move(remedy));
    return std::nullopt;
  };
  if (!call.arguments[0].is_string()) {
    call.diagnostics.error(call.places[0], "a path is a text",
                           fmt::format("This is {}.", kind_name(call.arguments[0].kind())),
                           "write it in quotes: file(\"policy.json\")");
    return std::nullopt;
  }
  const std::string& written = call.arguments[0].as_string();
  if (written.empty() || written.find('\0') != std::string::npos)
    return give_up("That is no path.", "name a file");
  const std::filesystem::path folder = call.scope.base_folder();
  TextFile file;
  file.path = (folder / written).lexically_normal().string();
  std::error_code ignored;
  const std::string looked_for = fmt::format("Looked for {}.", file.path);
  if (std::filesystem::is_directory(file.path, ignored))
    return give_up(looked_for + " That is a folder.", "name a file inside it");
  const std::unique_ptr<std::FILE, CloseFile> stream(std::fopen(file.path.c_str(), "rb"));
  if (!stream)
    return give_up(fmt::format("{} {}.", looked_for, std::strerror(errno)),
                   errno == EACCES ? "make the file readable"
                                   : "paths are relative to the file that they are written in");
  char block[1U << 16U];
  for (;;) {
    const std::size_t count = std::fread(block, 1, sizeof block, stream.get());
    file.text.append(block, count);
    if (file.text.size() > file_size_max)
      return give_up(fmt::format("It is larger than {} MiB.", file_size_max >> 20U),
                     "put large files into a bucket instead");
    if (count < sizeof block) break;
  }
  if (std::ferror(stream.get()) != 0) return give_up(std::strerror(errno), "");
  if (file.text.starts_with("\xEF\xBB\xBF")) file.text.erase(0, 3);
  if (!config::is_utf8(file.text))
    return give_up("It is not a text in UTF-8.", "save it as UTF-8, or store its base64 form");
  return file;
}

SourceRange place_in_file(const TextFile& file, std::size_t offset, std::size_t length) {
  const std::string_view before = std::string_view(file.text).substr(0, offset);
  SourceRange where;
  where.file = file.path;
  where.line = static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n')) + 1;
  where.column = static_cast<std::uint32_t>(offset - (before.rfind('\n') + 1)) + 1;
  where.length = static_cast<std::uint32_t>(length);
  return where;
}

// Lists and maps are written as JSON: templates are JSON documents more often than not.
std::string inserted(const Value& value) {
  if (const auto text = text_of(value)) return *text;
  return to_json(value);
}

}  // namespace

std::optional<Value> apply_file(const Call& call) {
  auto file = read(call);
  if (!file) return std::nullopt;
  return Value(std::move(file->text));
}

std::optional<Value> apply_template(const Call& call) {
  if (!call.arguments[1].is_map()) {
    call.diagnostics.error(call.places[1], "template takes a map of names and values",
                           fmt::format("This is {}.", kind_name(call.arguments[1].kind())),
                           "write template(\"flow.json\", {name: value})");
    return std::nullopt;
  }
  const auto file = read(call);
  if (!file) return std::nullopt;
  const Map& values = call.arguments[1].as_map();
  std::vector<std::string_view> names;
  for (const auto& [name, unused] : values)
    names.push_back(name);
  const std::string_view text = file->text;
  std::string result;
  bool is_sound = true;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t open = find_expression(text, at);
    result += replace_all(std::string(text.substr(at, open - at)), "$${", "${");
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find_first_of("}\n", open);
    if (close == std::string_view::npos || text[close] == '\n') {
      call.diagnostics.error(place_in_file(*file, open, 2), "`${` is not closed",
                             "Its } must stand on the same line.",
                             "add the }, or write $${ for a literal ${");
      return std::nullopt;
    }
    const std::string_view name = trim(text.substr(open + 2, close - open - 2));
    if (const Value* value = values.find(name)) {
      result += inserted(*value);
    } else {
      is_sound = false;
      call.diagnostics.error(
          place_in_file(*file, open, close - open + 1),
          fmt::format("the template wants \"{}\", which it is not given", name),
          fmt::format("It is used in {}, line {}.", call.where.file.str(), call.where.line),
          names.empty() ? fmt::format("pass it: template(\"…\", {{{}: value}})", name)
                        : suggestion(name, names));
    }
    at = close + 1;
  }
  if (!is_sound) return std::nullopt;
  return Value(std::move(result));
}

}  // namespace firn::expression
