#include "core/check/waivers.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <string>
#include <string_view>

#include "core/base/text.h"

namespace firn {
namespace {

using config::Annotation;
using config::Document;
using config::Node;

// A stretch of lines of one document, ends included.
struct Lines {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};

void reach(Node node, std::uint32_t& last) {
  if (!node.is_present()) return;
  last = std::max(last, node.line());
  if (node.is_map()) {
    node.for_each_entry([&last](Node key, Node value) {
      last = std::max(last, key.line());
      reach(value, last);
    });
  } else if (node.is_list()) {
    node.for_each_item([&last](Node item) { reach(item, last); });
  }
}

// Of all that begins on or after `line`, the first line on which something begins, and how far the
// outermost of what begins there reaches.
class Target {
 public:
  explicit Target(std::uint32_t line) : line_(line) {}

  [[nodiscard]] Lines find(Node root) {
    visit(root);
    return found_;
  }

 private:
  void visit(Node node) {
    if (node.is_map()) {
      node.for_each_entry([this](Node key, Node value) {
        offer(key, value);
        visit(value);
      });
    } else if (node.is_list()) {
      node.for_each_item([this](Node item) {
        offer(item, item);
        visit(item);
      });
    }
  }
  // Outer ones are offered before what they hold. What an alias stands for was written elsewhere,
  // so lines need not rise.
  void offer(Node begins, Node holds) {
    const std::uint32_t line = begins.line();
    if (line < line_ || (found_.first != 0 && line >= found_.first)) return;
    found_ = {line, line};
    reach(holds, found_.last);
  }

  std::uint32_t line_;
  Lines found_;
};

struct Waiver {
  SourceRange where;
  std::vector<std::string> codes;
  std::string reason;
  Lines lines;
  std::vector<std::string> addresses;  // of declarations that begin on its line
  bool is_used = false;

  [[nodiscard]] bool covers(const CheckFinding& finding) const {
    if (std::ranges::find(codes, finding.check->code) == codes.end()) return false;
    const SourceRange& place = finding.diagnostic.where;
    if (place.file == where.file && place.line >= lines.first && place.line <= lines.last) {
      return true;
    }
    const std::string_view address = finding.diagnostic.address;
    return std::ranges::any_of(addresses, [address](const std::string& owner) {
      if (!address.starts_with(owner)) return false;
      const std::string_view rest = address.substr(owner.size());
      return rest.empty() || rest.front() == '.' || rest.front() == '[';
    });
  }
};

// "allow FIRN305, FIRN306 because …"; nothing after a problem, or when it is about something else.
std::optional<Waiver> read_waiver(const Annotation& annotation, const Document& document,
                                  std::span<const Check* const> checks, Diagnostics& diagnostics) {
  Waiver waiver;
  waiver.where = {document.file(), annotation.line, 0, 1};
  std::string_view text = annotation.text;
  if (!text.starts_with("allow ")) {
    diagnostics.warning(waiver.where, fmt::format("firn does not know the comment \"{}\"", text),
                        "Comments that begin with firn: are for waivers of checks.",
                        "# firn: allow FIRN305 because …");
    return std::nullopt;
  }
  text.remove_prefix(std::string_view("allow ").size());
  constexpr std::string_view because = " because ";
  const std::size_t end = text.find(because);
  const std::string_view reason =
      end == std::string_view::npos ? std::string_view() : trim(text.substr(end + because.size()));
  for (const std::string& part : split(text.substr(0, end), ',')) {
    std::string code(trim(part));
    const auto is_it = [&code](const Check* check) { return check->code == code; };
    if (std::ranges::none_of(checks, is_it)) {
      std::vector<std::string_view> known;
      for (const Check* check : checks)
        known.push_back(check->code);
      diagnostics.error(waiver.where, fmt::format("no check has the code \"{}\"", code), {},
                        suggestion(code, known));
      return std::nullopt;
    }
    waiver.codes.push_back(std::move(code));
  }
  if (reason.empty()) {
    diagnostics.error(
        waiver.where,
        fmt::format("the waiver of {} gives no reason", fmt::join(waiver.codes, ", ")),
        "Whoever reads the plan shall see why it may be so.",
        fmt::format("# firn: allow {} because …", fmt::join(waiver.codes, ", ")));
    return std::nullopt;
  }
  waiver.reason = std::string(reason);
  waiver.lines = Target(annotation.line).find(document.root());
  return waiver;
}

std::vector<Waiver> read_waivers(const Stack& stack, std::span<const Check* const> checks,
                                 Diagnostics& diagnostics) {
  std::vector<Waiver> waivers;
  std::set<const Document*> seen;
  for (const Module& module : stack.modules()) {
    if (!seen.insert(module.document.get()).second) continue;
    for (const Annotation& annotation : module.document->annotations()) {
      auto waiver = read_waiver(annotation, *module.document, checks, diagnostics);
      if (waiver) waivers.push_back(std::move(*waiver));
    }
  }
  return waivers;
}

// The name of a declaration stands one line above its block, or on the same one.
std::uint32_t line_of(const Module& module, const Declaration& declaration) {
  const Node key = module.document->root().find("resources").find_key(declaration.name);
  return key.is_present() ? key.line() : declaration.block.line();
}

void note_addresses(const Stack& stack, std::vector<Waiver>& waivers) {
  for (const Declaration& declaration : stack.declarations()) {
    const Module& module = stack.modules()[declaration.module];
    for (Waiver& waiver : waivers) {
      if (waiver.where.file != FileName(module.document->file())) continue;
      if (waiver.lines.first != line_of(module, declaration)) continue;
      waiver.addresses.push_back(module.prefix + std::string(declaration.name));
    }
  }
}

}  // namespace

void apply_waivers(const Stack& stack, std::span<const Check* const> checks,
                   std::span<CheckFinding* const> findings, Diagnostics& diagnostics) {
  std::vector<Waiver> waivers = read_waivers(stack, checks, diagnostics);
  if (waivers.empty()) return;
  note_addresses(stack, waivers);
  for (CheckFinding* finding : findings) {
    for (Waiver& waiver : waivers) {
      if (!waiver.covers(*finding)) continue;
      waiver.is_used = true;
      if (!finding->waived) finding->waived = waiver.reason;
    }
  }
  for (const Waiver& waiver : waivers) {
    if (waiver.is_used) continue;
    diagnostics.warning(
        waiver.where, fmt::format("the waiver of {} waives nothing", fmt::join(waiver.codes, ", ")),
        {}, "remove it, or move it right above what it is about");
  }
}

}  // namespace firn
