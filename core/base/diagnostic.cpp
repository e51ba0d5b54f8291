#include "core/base/diagnostic.h"

#include <algorithm>
#include <fmt/core.h>
#include <fstream>
#include <iterator>
#include <optional>

#include "core/base/result.h"

namespace firn {
namespace {

// Text from files and clouds may hold control characters; a terminal must not obey them.
std::string printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n' || c == '\t' || (byte >= 0x20 && byte != 0x7F)) {
      result += c;
    } else {
      result += '?';
    }
  }
  return result;
}

// Each line of `text`, indented by two.
void append_indented(std::string& out, std::string_view text) {
  while (!text.empty() && text.back() == '\n')
    text.remove_suffix(1);
  if (text.empty()) return;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    if (end > start) out += "  " + printable(text.substr(start, end - start));
    out += '\n';
    start = end + 1;
  }
}

std::optional<std::string> read_line(const std::string& file, std::uint32_t number) {
  if (number == 0) return std::nullopt;
  std::ifstream stream(file);
  std::string line;
  for (std::uint32_t i = 0; i < number; ++i) {
    if (!std::getline(stream, line)) return std::nullopt;
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

bool is_utf8_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// Columns count bytes, carets count characters; tabs stay, so both lines shift alike.
std::string caret_line(std::string_view line, const SourceRange& where) {
  const std::size_t start = std::min<std::size_t>(std::max(where.column, 1U) - 1, line.size());
  const std::size_t end = std::min<std::size_t>(start + where.length, line.size());
  std::string carets;
  for (const char c : line.substr(0, start)) {
    if (!is_utf8_continuation(c)) carets += c == '\t' ? '\t' : ' ';
  }
  const std::string_view marked = line.substr(start, end - start);
  const auto characters =
      std::count_if(marked.begin(), marked.end(), [](char c) { return !is_utf8_continuation(c); });
  carets.append(std::max<std::size_t>(static_cast<std::size_t>(characters), 1), '^');
  return carets;
}

void append_place(std::string& out, const SourceRange& where, std::string_view address) {
  std::string place;
  if (where.is_known()) {
    place = printable(where.file.str());
    // Of a flag (`--set NAME`) the reader needs no line and column.
    const bool has_lines = where.line > 0 && !where.file.str().starts_with("--");
    if (has_lines) place += fmt::format(":{}", where.line);
    if (has_lines && where.column > 0) place += fmt::format(":{}", where.column);
  }
  if (!address.empty()) {
    place += (place.empty() ? "in " : ", in ") + printable(address);
  }
  if (!place.empty()) out += "  " + place + '\n';
  if (!where.is_known()) return;
  const auto line = read_line(where.file.str(), where.line);
  if (!line) return;
  const std::string number = std::to_string(where.line);
  out += fmt::format("   {} | {}\n", number, printable(*line));
  if (where.column > 0) {
    out += fmt::format("   {} | {}\n", std::string(number.size(), ' '), caret_line(*line, where));
  }
}

}  // namespace

void Diagnostics::error(SourceRange where, std::string summary, std::string detail,
                        std::string remedy) {
  items_.push_back({Severity::error,
                    std::move(summary),
                    std::move(detail),
                    std::move(remedy),
                    std::move(where),
                    {},
                    {}});
}

void Diagnostics::warning(SourceRange where, std::string summary, std::string detail,
                          std::string remedy) {
  items_.push_back({Severity::warning,
                    std::move(summary),
                    std::move(detail),
                    std::move(remedy),
                    std::move(where),
                    {},
                    {}});
}

void Diagnostics::append(Diagnostics other) {
  items_.insert(items_.end(), std::make_move_iterator(other.items_.begin()),
                std::make_move_iterator(other.items_.end()));
}

bool Diagnostics::has_errors() const {
  return std::any_of(items_.begin(), items_.end(),
                     [](const Diagnostic& d) { return d.severity == Severity::error; });
}

std::string render(const Diagnostic& diagnostic) {
  std::string out = diagnostic.severity == Severity::error ? "error" : "warning";
  if (!diagnostic.code.empty()) out += ' ' + diagnostic.code;
  out += ": " + printable(diagnostic.summary) + '\n';
  append_place(out, diagnostic.where, diagnostic.address);
  append_indented(out, diagnostic.detail);
  append_indented(out, diagnostic.remedy);
  return out;
}

std::string render(const Error& error) {
  std::string out = "error: " + printable(error.summary) + '\n';
  append_place(out, error.where, error.address);
  if (!error.operation.empty() || !error.code.empty()) {
    std::string call = error.operation;
    const bool code_follows = error.detail.starts_with(error.code + ":");
    if (!error.code.empty() && (call.empty() || !code_follows)) {
      call = call.empty() ? "code " + error.code : fmt::format("{}: {}", call, error.code);
    }
    append_indented(out, call);
  }
  append_indented(out, error.detail);
  if (!error.request_id.empty()) append_indented(out, "request id: " + error.request_id);
  if (error.may_have_been_applied) {
    append_indented(out,
                    "the call may have taken effect; the next run looks before it tries again");
  }
  append_indented(out, error.remedy);
  if (error.kind == ErrorKind::bug) {
    append_indented(out, "this is a mistake in firn itself: please report it with this message");
  }
  return out;
}

}  // namespace firn
