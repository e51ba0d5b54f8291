#include "providers/aws/iam/context.h"

#include <algorithm>
#include <utility>

#include "core/base/text.h"

namespace firn::aws::iam {
namespace {

constexpr std::string_view opening = "${";

// What stands between ${ and }: the characters themselves, or a key with or without a default.
std::optional<std::string> value_of(std::string_view inside, const Context& context) {
  if (inside == "*" || inside == "?" || inside == "$") return std::string(inside);
  const std::size_t comma = inside.find(',');
  const std::string_view key = trim(inside.substr(0, comma));
  // A key with several values is no variable, so its default is not meant either.
  if (context.find(key) != nullptr) return context.single(key);
  if (comma == std::string_view::npos) return std::nullopt;
  const std::string_view fallback = trim(inside.substr(comma + 1));
  if (fallback.size() < 2 || fallback.front() != '\'' || fallback.back() != '\'') {
    return std::nullopt;
  }
  return std::string(fallback.substr(1, fallback.size() - 2));
}

void append(Symbols& symbols, std::string_view text) {
  const Symbols plain = symbols_of(text);
  symbols.insert(symbols.end(), plain.begin(), plain.end());
}

}  // namespace

Context::Context(
    std::initializer_list<std::pair<std::string_view, std::vector<std::string>>> keys) {
  for (const auto& [key, values] : keys)
    set(key, values);
}

void Context::set(std::string_view key, std::string value) {
  set(key, std::vector<std::string>{std::move(value)});
}

void Context::set(std::string_view key, std::vector<std::string> values) {
  values_.insert_or_assign(to_lower(key), std::move(values));
}

void Context::erase(std::string_view key) {
  values_.erase(to_lower(key));
}

const std::vector<std::string>* Context::find(std::string_view key) const {
  const auto found = values_.find(to_lower(key));
  if (found == values_.end() || found->second.empty()) return nullptr;
  return &found->second;
}

std::optional<std::string> Context::single(std::string_view key) const {
  const std::vector<std::string>* values = find(key);
  if (values == nullptr || values->size() != 1) return std::nullopt;
  return values->front();
}

std::optional<Symbols> resolve_text(std::string_view text, const Context& context, bool variables) {
  if (!variables) return symbols_of(text);
  Symbols symbols;
  while (!text.empty()) {
    const std::size_t begin = text.find(opening);
    const std::size_t end =
        begin == std::string_view::npos ? begin : text.find('}', begin + opening.size());
    // What is not closed is no variable.
    append(symbols, end == std::string_view::npos ? text : text.substr(0, begin));
    if (end == std::string_view::npos) break;
    const std::size_t inside = begin + opening.size();
    const auto value = value_of(text.substr(inside, end - inside), context);
    if (!value) return std::nullopt;
    for (const char32_t character : decode_text(*value))
      symbols.push_back({character, Symbol::Origin::variable});
    text.remove_prefix(end + 1);
  }
  return symbols;
}

std::optional<Pattern> resource_pattern(std::string_view text, const Context& context,
                                        bool variables) {
  if (variables) {
    const std::size_t begin = text.find(opening);
    if (begin != std::string_view::npos && text.find('}', begin) != std::string_view::npos) {
      const auto colons =
          std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(begin), ':');
      if (colons < 5) return std::nullopt;
    }
  }
  const auto symbols = resolve_text(text, context, variables);
  if (!symbols) return std::nullopt;
  return Pattern::resource(*symbols);
}

}  // namespace firn::aws::iam
