#include "providers/aws/iam/pattern.h"

#include <algorithm>

namespace firn::aws::iam {
namespace {

using Kind = PatternUnit::Kind;

constexpr std::size_t header_parts =
    5;  // before the resource: arn:partition:service:region:account
constexpr char32_t beyond_unicode = 0x110000;

// The length of the sequence that begins with this byte; 0 when none does.
std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  if (lead >= 0xF0 && lead < 0xF5) return 4;
  return 0;
}

// The character at `at`; nothing when the bytes there are no UTF-8.
std::optional<char32_t> character_at(std::string_view text, std::size_t at, std::size_t length) {
  if (length == 0 || at + length > text.size()) return std::nullopt;
  const auto lead = static_cast<unsigned char>(text[at]);
  if (length == 1) return lead;
  auto character = static_cast<char32_t>(lead & (0x7FU >> length));
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[at + i]);
    if ((next & 0xC0U) != 0x80U) return std::nullopt;
    character = (character << 6U) | (next & 0x3FU);
  }
  // A longer form of a shorter sequence would not come back as the same bytes.
  constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (character < smallest[length] || character >= beyond_unicode) return std::nullopt;
  return character;
}

void append_utf8(std::string& text, char32_t character) {
  const auto byte = [&text](char32_t value) { text += static_cast<char>(value & 0xFFU); };
  if (character >= beyond_unicode) {
    byte(character - beyond_unicode);
  } else if (character < 0x80) {
    byte(character);
  } else if (character < 0x800) {
    byte(0xC0U | (character >> 6U));
    byte(0x80U | (character & 0x3FU));
  } else if (character < 0x10000) {
    byte(0xE0U | (character >> 12U));
    byte(0x80U | ((character >> 6U) & 0x3FU));
    byte(0x80U | (character & 0x3FU));
  } else {
    byte(0xF0U | (character >> 18U));
    byte(0x80U | ((character >> 12U) & 0x3FU));
    byte(0x80U | ((character >> 6U) & 0x3FU));
    byte(0x80U | (character & 0x3FU));
  }
}

bool is_separator(const Symbol& symbol) {
  return symbol.character == U':' && symbol.origin == Symbol::Origin::plain;
}

PatternUnit wildcard(char32_t character, bool within_part) {
  if (character == U'*') return {within_part ? Kind::many_in_part : Kind::many, character};
  return {within_part ? Kind::one_in_part : Kind::one, character};
}

}  // namespace

char32_t lower_ascii(char32_t character) {
  return character >= U'A' && character <= U'Z' ? character - U'A' + U'a' : character;
}

std::u32string decode_text(std::string_view text) {
  std::u32string characters;
  characters.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = sequence_length(lead);
    if (const auto character = character_at(text, at, length)) {
      characters += *character;
      at += length;
    } else {
      characters += beyond_unicode + lead;
      ++at;
    }
  }
  return characters;
}

std::string encode_text(std::u32string_view characters) {
  std::string text;
  text.reserve(characters.size());
  for (const char32_t character : characters)
    append_utf8(text, character);
  return text;
}

Symbols symbols_of(std::string_view text) {
  Symbols symbols;
  for (const char32_t character : decode_text(text)) {
    const bool is_wildcard = character == U'*' || character == U'?';
    symbols.push_back({character, is_wildcard ? Symbol::Origin::wildcard : Symbol::Origin::plain});
  }
  return symbols;
}

Pattern::Pattern(std::vector<PatternUnit> units, Letters letters)
    : units_(std::move(units)), letters_(letters) {
  if (letters_ == Letters::exact) return;
  for (PatternUnit& unit : units_)
    unit.character = lower_ascii(unit.character);
}

Pattern Pattern::literal(const Symbols& symbols, Letters letters) {
  std::vector<PatternUnit> units;
  units.reserve(symbols.size());
  for (const Symbol& symbol : symbols)
    units.push_back({Kind::literal, symbol.character});
  return Pattern(std::move(units), letters);
}

Pattern Pattern::glob(const Symbols& symbols, Letters letters) {
  std::vector<PatternUnit> units;
  units.reserve(symbols.size());
  for (const Symbol& symbol : symbols) {
    units.push_back(symbol.origin == Symbol::Origin::wildcard
                        ? wildcard(symbol.character, false)
                        : PatternUnit{Kind::literal, symbol.character});
  }
  return Pattern(std::move(units), letters);
}

Pattern Pattern::resource(const Symbols& symbols) {
  std::vector<PatternUnit> units;
  units.reserve(symbols.size());
  std::size_t part = 0;
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    const Symbol& symbol = symbols[i];
    if (symbol.origin != Symbol::Origin::wildcard) {
      if (is_separator(symbol)) ++part;
      units.push_back({Kind::literal, symbol.character});
      continue;
    }
    const bool ends_part = i + 1 == symbols.size() || is_separator(symbols[i + 1]);
    const bool goes_on = part >= header_parts || (symbol.character == U'*' && ends_part);
    units.push_back(wildcard(symbol.character, !goes_on));
  }
  return Pattern(std::move(units), Letters::exact);
}

std::optional<Pattern> Pattern::arn(const Symbols& symbols) {
  std::vector<PatternUnit> units;
  units.reserve(symbols.size());
  std::size_t part = 0;
  for (const Symbol& symbol : symbols) {
    if (symbol.origin == Symbol::Origin::wildcard) {
      units.push_back(wildcard(symbol.character, part < header_parts));
      continue;
    }
    // A part of an ARN holds no colon, so one that holds a variable's colon is equal to none.
    if (symbol.character == U':' && symbol.origin == Symbol::Origin::variable &&
        part < header_parts) {
      return std::nullopt;
    }
    if (is_separator(symbol)) ++part;
    units.push_back({Kind::literal, symbol.character});
  }
  if (part < header_parts) return std::nullopt;
  return Pattern(std::move(units), Letters::exact);
}

// From a wildcard for many one may go on without a character. What stands before a `*` adds no text
// to what stands at it: its texts, too, lead there, and the `*` takes whatever came before.
void Pattern::close(Positions& positions) const {
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const std::uint32_t at = positions[i];
    if (at == units_.size()) continue;
    const Kind kind = units_[at].kind;
    if (kind == Kind::many || kind == Kind::many_in_part) positions.push_back(at + 1);
  }
  std::sort(positions.begin(), positions.end());
  positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
  for (std::size_t i = positions.size(); i-- > 0;) {
    if (positions[i] == units_.size() || units_[positions[i]].kind != Kind::many) continue;
    positions.erase(positions.begin(), positions.begin() + static_cast<std::ptrdiff_t>(i));
    break;
  }
}

Pattern::Positions Pattern::start() const {
  Positions positions{0};
  close(positions);
  return positions;
}

Pattern::Positions Pattern::step(const Positions& from, char32_t character) const {
  const char32_t given = ignores_case() ? lower_ascii(character) : character;
  Positions reached;
  reached.reserve(from.size() + 1);
  for (const std::uint32_t at : from) {
    if (at == units_.size()) continue;
    const PatternUnit& unit = units_[at];
    switch (unit.kind) {
      case Kind::literal:
        if (unit.character == given) reached.push_back(at + 1);
        break;
      case Kind::one:
        reached.push_back(at + 1);
        break;
      case Kind::one_in_part:
        if (given != U':') reached.push_back(at + 1);
        break;
      case Kind::many:
        reached.push_back(at);
        break;
      case Kind::many_in_part:
        if (given != U':') reached.push_back(at);
        break;
    }
  }
  close(reached);
  return reached;
}

bool Pattern::accepts(const Positions& positions) const {
  return !positions.empty() && positions.back() == units_.size();
}

bool Pattern::is_settled(const Positions& positions) const {
  if (positions.empty()) return true;
  return accepts(positions) && positions.front() + 1 == units_.size() &&
         units_[positions.front()].kind == Kind::many;
}

bool Pattern::matches(std::string_view text) const {
  Positions positions = start();
  for (const char32_t character : decode_text(text)) {
    if (is_settled(positions)) break;
    positions = step(positions, character);
  }
  return accepts(positions);
}

}  // namespace firn::aws::iam
