#include "cli/console.h"

#include <cstdlib>
#include <iostream>
#include <set>
#include <string>
#include <sys/ioctl.h>
#include <unistd.h>

namespace firn::cli {
namespace {

std::string_view code_of(Style style) {
  switch (style) {
    case Style::plain:
      return "";
    case Style::bold:
      return "\x1b[1m";
    case Style::dim:
      return "\x1b[2m";
    case Style::red:
      return "\x1b[31m";
    case Style::green:
      return "\x1b[32m";
    case Style::yellow:
      return "\x1b[33m";
    case Style::cyan:
      return "\x1b[36m";
  }
  return "";
}

std::string wrap(bool colour, Style style, std::string_view text) {
  if (!colour || style == Style::plain || text.empty()) return std::string(text);
  return std::string(code_of(style)) + std::string(text) + "\x1b[0m";
}

// "error: …" in red, "warning: …" in yellow; the rest as it is.
std::string highlighted(bool colour, const std::string& text) {
  for (const auto& [word, style] :
       {std::pair{std::string_view("error:"), Style::red}, {"warning:", Style::yellow}}) {
    if (text.starts_with(word)) {
      return wrap(colour, style, word) + text.substr(word.size());
    }
  }
  return text;
}

}  // namespace

Console::Console(bool colour)
    : out_is_terminal_(isatty(STDOUT_FILENO) == 1), error_is_terminal_(isatty(STDERR_FILENO) == 1) {
  const char* no_colour = std::getenv("NO_COLOR");
  const bool wanted = colour && (no_colour == nullptr || *no_colour == '\0');
  colour_ = wanted && out_is_terminal_;
  error_colour_ = wanted && error_is_terminal_;
}

void Console::out(std::string_view text) {
  std::cout << text;
}
void Console::line(std::string_view text) {
  std::cout << text << '\n';
}

void Console::err(std::string_view text) {
  std::cout.flush();
  std::cerr << text;
}

void Console::error_line(std::string_view text) {
  std::cout.flush();
  std::cerr << text << '\n';
}

void Console::show(const Diagnostics& diagnostics) {
  // What is written once can be read in several places, and be wrong in each.
  std::set<std::string> shown;
  for (const Diagnostic& item : diagnostics.items()) {
    const std::string text = render(item);
    if (shown.insert(text).second) error_line(highlighted(error_colour_, text));
  }
}

void Console::show(const Error& error) {
  error_line(highlighted(error_colour_, render(error)));
}

std::string Console::styled(Style style, std::string_view text) const {
  return wrap(colour_, style, text);
}

bool Console::can_ask() const {
  return isatty(STDIN_FILENO) == 1 && error_is_terminal_;
}

std::string Console::ask(std::string_view question) {
  err(question);
  std::cerr.flush();
  std::string answer;
  std::getline(std::cin, answer);
  return answer;
}

int Console::width() const {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

}  // namespace firn::cli
