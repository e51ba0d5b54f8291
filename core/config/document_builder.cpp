#include "core/config/document_builder.h"

#include <algorithm>
#include <fmt/core.h>
#include <functional>
#include <limits>

#include "core/config/scalar_place.h"
#include "core/expression/scan.h"

namespace firn::config {
namespace {

constexpr std::size_t depth_max = 64;
// How many nodes aliases may stand for in one document, all together.
constexpr std::uint64_t alias_weight_max = 1'000'000;
constexpr std::size_t intern_slots = 1U << 14U;
constexpr std::size_t intern_length = 64;

std::uint16_t saturate(std::size_t value) {
  return static_cast<std::uint16_t>(
      std::min<std::size_t>(value, std::numeric_limits<std::uint16_t>::max()));
}

// What an author calls a resolved tag: "!!set" for "tag:yaml.org,2002:set".
std::string written_tag(const std::string& tag) {
  constexpr std::string_view core = "tag:yaml.org,2002:";
  if (tag.starts_with(core)) return "!!" + tag.substr(core.size());
  return tag;
}

}  // namespace

DocumentBuilder::DocumentBuilder(Document& document, SourcePlaces& places, Diagnostics& diagnostics)
    : document_(document),
      places_(places),
      source_(places.source()),
      diagnostics_(diagnostics),
      interned_(source_.size() < 4096 ? 256 : intern_slots) {
  // Address space, not memory: pages that stay unused are never touched.
  document_.rows_.reserve(source_.size() / 6 + 8);
  document_.pool_.reserve(source_.size() / 2 + 64);
}

YAML::Mark DocumentBuilder::in_source(const YAML::Mark& mark) {
  if (mark.pos < 0 || mark.column < 0) return mark;
  const auto at = static_cast<std::size_t>(mark.pos);
  YAML::Mark place = mark;
  place.column = static_cast<int>(places_.column(at, static_cast<std::size_t>(mark.column)));
  place.pos = static_cast<int>(places_.offset(at));
  return place;
}

SourceRange DocumentBuilder::range(const YAML::Mark& mark, std::size_t length) const {
  SourceRange where;
  where.file = document_.file_;
  where.line = static_cast<std::uint32_t>(std::max(0, mark.line)) + 1;
  where.column = static_cast<std::uint32_t>(std::max(0, mark.column)) + 1;
  where.length = static_cast<std::uint32_t>(std::max<std::size_t>(1, length));
  return where;
}

SourceRange DocumentBuilder::range(const Row& row) const {
  return {document_.file_, row.line, row.column, row.width};
}

void DocumentBuilder::stop(SourceRange where, std::string summary, std::string detail,
                           std::string remedy) {
  diagnostics_.error(std::move(where), std::move(summary), std::move(detail), std::move(remedy));
  throw StopReading{};
}

void DocumentBuilder::OnDocumentStart(const YAML::Mark& mark) {
  if (has_document_)
    stop(range(in_source(mark), 3), "a second YAML document in one file",
         "A file holds one document; another starts here.",
         "put it in a file of its own, or delete the line `---`");
  has_document_ = true;
}

std::uint32_t DocumentBuilder::pool_text(std::string_view text) {
  std::string& pool = document_.pool_;
  Interned* slot = nullptr;
  if (text.size() <= intern_length) {
    slot = &interned_[std::hash<std::string_view>{}(text) & (interned_.size() - 1)];
    if (slot->length == text.size() &&
        std::string_view(pool).substr(slot->offset, slot->length) == text)
      return slot->offset;
  }
  if (pool.size() + text.size() > std::numeric_limits<std::uint32_t>::max()) {
    diagnostics_.error({document_.file_}, "the file is too large", "Its texts exceed 4 GiB.",
                       "split it");
    throw StopReading{};
  }
  const auto offset = static_cast<std::uint32_t>(pool.size());
  pool.append(text);
  if (slot != nullptr) *slot = {offset, static_cast<std::uint32_t>(text.size())};
  return offset;
}

std::uint32_t DocumentBuilder::add(Row row) {
  const auto index = static_cast<std::uint32_t>(document_.rows_.size());
  document_.rows_.push_back(row);
  if (open_.empty()) return index;
  Open& parent = open_.back();
  Row& parent_row = document_.rows_[parent.row];
  if (parent.last_child == 0) {
    parent_row.first = index;
  } else {
    document_.rows_[parent.last_child].next_sibling = index;
  }
  parent.last_child = index;
  if (!parent.is_map || !parent.expects_key) ++parent_row.count;
  if (parent.is_map) parent.expects_key = !parent.expects_key;
  return index;
}

// Adds what a finished child counts to the collection it stands in.
void DocumentBuilder::note_child(std::uint32_t height, std::uint64_t weight) {
  if (open_.empty()) return;
  Open& parent = open_.back();
  parent.height = std::max(parent.height, height + 1);
  parent.weight += weight;
}

void DocumentBuilder::register_anchor(YAML::anchor_t anchor, std::uint32_t row, bool is_closed) {
  if (anchor == YAML::NullAnchor) return;
  if (anchors_.size() <= anchor) anchors_.resize(anchor + 1);
  anchors_[anchor] = {row, 0, 1, is_closed};
}

void DocumentBuilder::OnNull(const YAML::Mark& event, YAML::anchor_t anchor) {
  const YAML::Mark mark = in_source(event);
  Row row;
  row.kind = NodeKind::null;
  row.plain = true;
  if (expects_key())
    stop(range(mark), "a key is missing",
         "Every entry of a map is `key: value`, and the key is a text.",
         "write the key before the colon; a key that is spelled `null` or `~` needs quotes");
  // yaml-cpp gives an absent value the place of the next token, which may be lines below.
  const auto at = static_cast<std::size_t>(std::max(0, mark.pos));
  const std::string_view rest = at < source_.size() ? source_.substr(at) : std::string_view();
  const std::string_view word = rest.substr(0, rest.find_first_of(" \t\r\n,]}:"));
  const bool is_written =
      word == "~" || word == "null" || word == "Null" || word == "NULL" || word.starts_with("&");
  if (!is_written && !open_.empty() && open_.back().last_child != 0 && open_.back().is_map) {
    const Row& key = document_.rows_[open_.back().last_child];
    row.line = key.line;
    row.column = key.column;
    row.width = key.width;
  } else {
    row.line = static_cast<std::uint32_t>(mark.line) + 1;
    row.column = saturate(static_cast<std::size_t>(mark.column) + 1);
    row.width = is_written ? saturate(word.size()) : 1;
  }
  const std::uint32_t index = add(row);
  register_anchor(anchor, index, true);
  note_child(0, 1);
}

void DocumentBuilder::place_scalar(Row& row, const YAML::Mark& mark, std::string_view value,
                                   bool is_plain) {
  ScalarPlace start;
  start.offset = static_cast<std::size_t>(std::max(0, mark.pos));
  start.line = static_cast<std::size_t>(std::max(0, mark.line));
  start.column = static_cast<std::size_t>(std::max(0, mark.column));
  const ScalarPlace place = find_scalar_text(source_, start, value, is_plain);
  row.line = static_cast<std::uint32_t>(place.line + 1);
  row.column = saturate(place.column + 1);
  row.width = saturate(place.width);
}

void DocumentBuilder::check_key(const Row& row, std::string_view text) {
  if (row.plain && text == "<<")
    stop(range(row), "merge keys are not supported",
         "`<<` takes the entries of another map in YAML 1.1; YAML 1.2 has no such key.",
         "write the entries out, use ${merge(a, b)}, or make a component that both use");
  if (text.empty())
    stop(range(row), "a key is empty", "Every entry of a map needs a key to be found by.",
         "write a name before the colon");
}

void DocumentBuilder::OnScalar(const YAML::Mark& event, const std::string& tag,
                               YAML::anchor_t anchor, const std::string& value) {
  const YAML::Mark mark = in_source(event);
  std::string_view text = value;
  bool is_plain = tag == "?";
  const auto at = static_cast<std::size_t>(std::max(0, event.pos));
  if (is_plain) {
    text = places_.restore(value, at, restored_);
  } else if (const auto whole = places_.restore_whole(value, at); whole && tag == "!") {
    text = *whole;
    is_plain = true;
  }
  if (!is_plain && tag != "!") {
    if (tag != "tag:yaml.org,2002:str")
      stop(range(mark, written_tag(tag).size()), fmt::format("unknown tag {}", written_tag(tag)),
           "firn reads YAML's own types only; tags such as !Sub or !Ref belong to other tools.",
           "write an expression ${…} instead, or delete the tag");
  }
  Row row;
  row.kind = NodeKind::scalar;
  row.plain = is_plain;
  row.count = static_cast<std::uint32_t>(text.size());
  row.first = pool_text(text);
  row.has_expression = expression::find_expression(text) != std::string_view::npos;
  place_scalar(row, mark, text, is_plain);
  if (expects_key()) check_key(row, text);
  const std::uint32_t index = add(row);
  register_anchor(anchor, index, true);
  note_child(0, 1);
}

void DocumentBuilder::OnAlias(const YAML::Mark& event, YAML::anchor_t anchor) {
  const YAML::Mark mark = in_source(event);
  const Anchored target = anchor < anchors_.size() ? anchors_[anchor] : Anchored{};
  const auto at = static_cast<std::size_t>(std::max(0, mark.pos));
  const std::size_t end = std::min(source_.find_first_of(" \t\r\n,]}:", at), source_.size());
  const SourceRange where = range(mark, end - std::min(at, end));
  if (!target.is_closed)
    stop(where, "an alias stands inside what it stands for",
         "The value would contain itself without end.", "write the value out");
  if (open_.size() + target.height + 1 > depth_max)
    stop(where, fmt::format("nested deeper than {} levels", depth_max),
         "With what the alias stands for, lists and maps are nested too deeply.",
         "write less deeply nested values");
  alias_weight_ += target.weight;
  if (alias_weight_ > alias_weight_max)
    stop(where, "aliases stand for too many values",
         fmt::format("Written out, the aliases of this file would make more than {} values.",
                     alias_weight_max),
         "use for_each, or write the values out");
  Row row = document_.rows_[target.row];  // shares the children
  row.next_sibling = 0;
  if (row.kind != NodeKind::scalar) {
    row.line = where.line;
    row.column = saturate(where.column);
    row.width = saturate(where.length);
    if (expects_key())
      stop(where, "a key must be a text", "This alias stands for something else.",
           "write the key out");
  } else if (expects_key()) {
    check_key(row, std::string_view(document_.pool_).substr(row.first, row.count));
  }
  add(row);
  note_child(target.height, target.weight);
}

void DocumentBuilder::open(const YAML::Mark& event, const std::string& tag, YAML::anchor_t anchor,
                           NodeKind kind, bool is_flow) {
  const YAML::Mark mark = in_source(event);
  const std::string_view own_tag =
      kind == NodeKind::map ? "tag:yaml.org,2002:map" : "tag:yaml.org,2002:seq";
  if (tag != "?" && tag != "!" && tag != own_tag)
    stop(range(mark, written_tag(tag).size()), fmt::format("unknown tag {}", written_tag(tag)),
         "firn reads YAML's own types only; tags such as !Sub or !Ref belong to other tools.",
         "write an expression ${…} instead, or delete the tag");
  if (expects_key())
    stop(range(mark), "a key must be a text",
         fmt::format("Here a {} stands where a key is expected.",
                     kind == NodeKind::map ? "map" : "list"),
         is_flow && kind == NodeKind::map
             ? "an expression is written ${…}; a text that starts with a brace needs quotes"
             : "write a name, or put quotes around the text");
  if (open_.size() >= depth_max)
    stop(range(mark), fmt::format("nested deeper than {} levels", depth_max),
         "Lists and maps are nested too deeply here.", "write less deeply nested values");
  Row row;
  row.kind = kind;
  row.line = static_cast<std::uint32_t>(mark.line) + 1;
  row.column = saturate(static_cast<std::size_t>(mark.column) + 1);
  const std::uint32_t index = add(row);
  register_anchor(anchor, index, false);
  Open opened;
  opened.row = index;
  opened.anchor = static_cast<std::uint32_t>(anchor);
  opened.is_map = kind == NodeKind::map;
  opened.is_flow = is_flow;
  opened.expects_key = opened.is_map;
  open_.push_back(opened);
}

void DocumentBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                                      YAML::anchor_t anchor, YAML::EmitterStyle::value style) {
  open(mark, tag, anchor, NodeKind::list, style == YAML::EmitterStyle::Flow);
}

void DocumentBuilder::OnMapStart(const YAML::Mark& mark, const std::string& tag,
                                 YAML::anchor_t anchor, YAML::EmitterStyle::value style) {
  open(mark, tag, anchor, NodeKind::map, style == YAML::EmitterStyle::Flow);
}

void DocumentBuilder::OnMapEnd() {
  check_duplicate_keys(document_.rows_[open_.back().row]);
  close();
}

void DocumentBuilder::close() {
  const Open closed = open_.back();
  open_.pop_back();
  if (closed.anchor != 0)
    anchors_[closed.anchor] = {closed.row, closed.height, closed.weight, true};
  note_child(closed.height, closed.weight);
}

void DocumentBuilder::report_duplicate(std::uint32_t first, std::uint32_t second) {
  const Row& earlier = document_.rows_[first];
  const Row& later = document_.rows_[second];
  const std::string key = document_.pool_.substr(later.first, later.count);
  diagnostics_.error(range(later), fmt::format("duplicate key \"{}\"", key),
                     fmt::format("The same map has it already on line {}, column {}.", earlier.line,
                                 earlier.column),
                     "keep one of the two, or rename one");
}

void DocumentBuilder::check_duplicate_keys(const Row& map) {
  constexpr std::size_t few_keys = 12;
  const std::vector<Row>& rows = document_.rows_;
  const auto text = [&](std::uint32_t index) {
    return std::string_view(document_.pool_).substr(rows[index].first, rows[index].count);
  };
  const auto next_key = [&](std::uint32_t key) {
    const std::uint32_t value = rows[key].next_sibling;
    return value == 0 ? 0 : rows[value].next_sibling;
  };
  if (map.count <= few_keys) {
    for (std::uint32_t key = map.first; key != 0; key = next_key(key)) {
      for (std::uint32_t earlier = map.first; earlier != key; earlier = next_key(earlier)) {
        if (rows[earlier].count == rows[key].count && text(earlier) == text(key)) {
          report_duplicate(earlier, key);
          break;
        }
      }
    }
    return;
  }
  std::size_t slots = 32;
  while (slots < std::size_t{map.count} * 2)
    slots *= 2;
  std::vector<std::uint32_t> table(slots);  // 0: free (a key is never row 0)
  for (std::uint32_t key = map.first; key != 0; key = next_key(key)) {
    std::size_t slot = std::hash<std::string_view>{}(text(key)) & (slots - 1);
    while (table[slot] != 0 && text(table[slot]) != text(key))
      slot = (slot + 1) & (slots - 1);
    if (table[slot] != 0) {
      report_duplicate(table[slot], key);
    } else {
      table[slot] = key;
    }
  }
}

std::optional<SourceRange> DocumentBuilder::open_bracket() const {
  if (open_.empty() || !open_.back().is_flow) return std::nullopt;
  return range(document_.rows_[open_.back().row]);
}

}  // namespace firn::config
