#include "core/base/shell.h"

#include <algorithm>

#include "core/base/text.h"

namespace firn {

std::string shell_word(std::string_view text) {
  const bool is_plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./:@%+=,").find(c) != std::string_view::npos;
  });
  if (is_plain) return std::string(text);
  return "'" + replace_all(std::string(text), "'", "'\\''") + "'";
}

std::string import_command(std::string_view stack, std::string_view environment,
                           std::string_view address, std::string_view more) {
  std::string command = "firn import " + shell_word(stack) + " " + shell_word(address);
  if (!more.empty()) command += " " + std::string(more);
  return command + " --env " + shell_word(environment);
}

}  // namespace firn
