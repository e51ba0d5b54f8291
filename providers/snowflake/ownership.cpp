#include "providers/snowflake/ownership.h"

namespace firn::snowflake {
namespace {
constexpr std::string_view opening = "[firn:";
}

std::string with_mark(std::string_view text, const Mark& mark) {
  std::string comment(text);
  if (!comment.empty()) comment += ' ';
  comment += opening;
  return comment + mark.stack + '/' + mark.environment + '/' + mark.address + ']';
}

MarkedComment read_mark(std::string_view comment) {
  MarkedComment whole{std::string(comment), std::nullopt};
  if (comment.empty() || comment.back() != ']') return whole;
  const auto begin = comment.rfind(opening);
  if (begin == std::string_view::npos) return whole;
  if (begin > 0 && comment[begin - 1] != ' ') return whole;
  const auto inner =
      comment.substr(begin + opening.size(), comment.size() - begin - opening.size() - 1);
  // Neither stack nor environment can hold a slash; an address may ("keys[\"a/b\"]").
  const auto first = inner.find('/');
  if (first == std::string_view::npos) return whole;
  const auto second = inner.find('/', first + 1);
  if (second == std::string_view::npos) return whole;
  Mark mark{std::string(inner.substr(0, first)),
            std::string(inner.substr(first + 1, second - first - 1)),
            std::string(inner.substr(second + 1))};
  if (mark.stack.empty() || mark.environment.empty() || mark.address.empty()) return whole;
  return {std::string(comment.substr(0, begin > 0 ? begin - 1 : 0)), std::move(mark)};
}

}  // namespace firn::snowflake
