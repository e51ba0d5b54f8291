// Where commands write: standard output and error, with colour where a person looks.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "core/base/diagnostic.h"
#include "core/base/result.h"

namespace firn::cli {

// Exit codes of every command.
inline constexpr int kExitOk = 0;
inline constexpr int kExitError = 1;
inline constexpr int kExitChanges = 2;  // plan --detailed-exitcode: there is something to do
inline constexpr int kExitInterrupted = 130;

enum class Style : std::uint8_t { plain, bold, dim, red, green, yellow, cyan };

class Console {
 public:
  // Colour: on a terminal, unless NO_COLOR is set or `colour` is false.
  explicit Console(bool colour);

  void out(std::string_view text);
  void line(std::string_view text = {});  // to standard output, with a line end
  void err(std::string_view text);
  void error_line(std::string_view text);
  void show(const Diagnostics& diagnostics);  // to standard error
  void show(const Error& error);

  [[nodiscard]] std::string styled(Style style, std::string_view text) const;  // for stdout
  [[nodiscard]] bool is_terminal() const { return out_is_terminal_; }
  [[nodiscard]] bool error_is_terminal() const { return error_is_terminal_; }
  [[nodiscard]] bool can_ask() const;  // a person is there to answer
  // Asks on standard error and reads one line; "" at the end of input.
  [[nodiscard]] std::string ask(std::string_view question);
  [[nodiscard]] int width() const;

 private:
  bool out_is_terminal_ = false;
  bool error_is_terminal_ = false;
  bool colour_ = false;
  bool error_colour_ = false;
};

}  // namespace firn::cli
