// Diagnostics: what firn tells the author of a file, and how it is printed.
//
// Reading what people wrote returns a value plus a list of diagnostics, all of them and not just
// the first. Talking to the world returns Result<T> (core/base/result.h) with one Error.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/source.h"

namespace firn {

enum class Severity : std::uint8_t { error, warning };

struct Diagnostic {
  Severity severity = Severity::error;
  std::string summary =
      {};  // one line, stable for one kind of problem: `unknown attribute "x" on y`
  std::string detail = {};   // why it is a problem; may be empty; may span lines
  std::string remedy = {};   // what to write or run instead; may be empty
  SourceRange where = {};    // may be unknown
  std::string address = {};  // resource address, may be empty
  std::string code = {};     // of the check that says it (core/check); mostly empty

  bool operator==(const Diagnostic&) const = default;
};

// An append-only list. Functions that read what an author wrote take one by reference.
class Diagnostics {
 public:
  void add(Diagnostic diagnostic) { items_.push_back(std::move(diagnostic)); }
  void error(SourceRange where, std::string summary, std::string detail = {},
             std::string remedy = {});
  void warning(SourceRange where, std::string summary, std::string detail = {},
               std::string remedy = {});
  void append(Diagnostics other);

  [[nodiscard]] bool has_errors() const;
  [[nodiscard]] bool empty() const { return items_.empty(); }
  [[nodiscard]] const std::vector<Diagnostic>& items() const { return items_; }

 private:
  std::vector<Diagnostic> items_;
};

// Prints one diagnostic as people read it:
//
//   error: unknown attribute "delay_second" on aws.sqs_queue
//     stacks/shop/stack.yaml:14:5
//      14 |     delay_second: 30
//         |     ^^^^^^^^^^^^
//     did you mean "delay_seconds"?
//
// The line of the file is read from disk; it is left out where it cannot be read. Ends with a
// newline.
[[nodiscard]] std::string render(const Diagnostic& diagnostic);

}  // namespace firn
