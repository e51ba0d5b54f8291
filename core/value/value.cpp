#include "core/value/value.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <numeric>

namespace firn {

struct Value::Secret {
  Value clear;         // null when sealed
  std::string digest;  // empty when clear
};

namespace {

[[noreturn]] void mismatch(std::string_view expected, Value::Kind actual) {
  const std::string_view name = kind_name(actual);
  std::fprintf(stderr, "firn: bug: %.*s where %.*s was expected; please report this\n",
               static_cast<int>(name.size()), name.data(), static_cast<int>(expected.size()),
               expected.data());
  std::abort();
}

bool key_less(const MapEntry& entry, std::string_view key) {
  return entry.first < key;
}

bool same_number(std::int64_t integer, double number) {
  // 2^63 is the first double beyond the integers; the cast below it is defined.
  constexpr double limit = 9223372036854775808.0;
  return number >= -limit && number < limit && std::trunc(number) == number &&
         static_cast<std::int64_t>(number) == integer;
}

const Value& shared_null() {
  static const Value null;
  return null;
}

// Rebuilds lists and maps with `leaf` applied to everything else. What does not change is shared
// with the original.
template <class Leaf>
Value transform_leaves(const Value& value, const Leaf& leaf) {
  if (value.is_list()) {
    List items;
    items.reserve(value.as_list().size());
    for (const Value& item : value.as_list())
      items.push_back(transform_leaves(item, leaf));
    return Value(std::move(items));
  }
  if (value.is_map()) {
    std::vector<MapEntry> members;
    members.reserve(value.as_map().size());
    for (const auto& [key, member] : value.as_map()) {
      members.emplace_back(key, transform_leaves(member, leaf));
    }
    return Value(Map(std::move(members)));
  }
  return leaf(value);
}

Value without_secrecy(const Value& value) {
  return transform_leaves(value, [](const Value& leaf) {
    if (!leaf.is_secret()) return leaf;
    if (!leaf.secret_digest().empty()) mismatch("a secret in clear", Value::Kind::secret);
    return leaf.reveal();
  });
}

}  // namespace

// Followed by its entries.
struct alignas(MapEntry) Map::Block {
  std::atomic<std::uint32_t> owners = 1;
  std::uint32_t size = 0;
  std::uint32_t capacity = 0;

  static Block* make(std::size_t capacity) {
    void* memory = ::operator new(sizeof(Block) + capacity * sizeof(MapEntry));
    auto* block = new (memory) Block;
    block->capacity = static_cast<std::uint32_t>(capacity);
    return block;
  }
  static void release(Block* block) {
    if (block == nullptr || block->owners.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    std::destroy_n(block->entries(), block->size);
    block->~Block();
    ::operator delete(block);
  }
  MapEntry* entries() { return reinterpret_cast<MapEntry*>(this + 1); }
  MapEntry* end() { return entries() + size; }
};

Map::Map(std::initializer_list<MapEntry> entries) : Map(std::vector<MapEntry>(entries)) {}

Map::Map(std::vector<MapEntry> entries) : Map(of(entries.data(), entries.size())) {}

Map Map::of(MapEntry* entries, std::size_t count) {
  Map map;
  if (count == 0) return map;
  map.block_ = Block::make(count);
  MapEntry* const own = map.block_->entries();
  const auto not_rising = [](const MapEntry& a, const MapEntry& b) { return !(a.first < b.first); };
  if (std::adjacent_find(entries, entries + count, not_rising) == entries + count) {
    std::uninitialized_move_n(entries, count, own);
    map.block_->size = static_cast<std::uint32_t>(count);
    return map;
  }
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, {},
                           [&](std::uint32_t i) -> const std::string& { return entries[i].first; });
  for (std::size_t i = 0; i < count; ++i) {
    const bool is_last_of_its_key =
        i + 1 == count || entries[order[i]].first != entries[order[i + 1]].first;
    if (!is_last_of_its_key) continue;
    std::construct_at(map.block_->end(), std::move(entries[order[i]]));
    ++map.block_->size;
  }
  return map;
}

Map::Map(const Map& other) noexcept : block_(other.block_) {
  if (block_ != nullptr) block_->owners.fetch_add(1, std::memory_order_relaxed);
}

Map::~Map() {
  Block::release(block_);
}

Map::const_iterator Map::begin() const {
  return block_ != nullptr ? block_->entries() : nullptr;
}

Map::const_iterator Map::end() const {
  return block_ != nullptr ? block_->end() : nullptr;
}

std::size_t Map::size() const {
  return block_ != nullptr ? block_->size : 0;
}

void Map::own() {
  const bool is_alone = block_ != nullptr && block_->owners.load(std::memory_order_acquire) == 1;
  if (is_alone && block_->size < block_->capacity) return;
  Block* own = Block::make(std::max<std::size_t>(4, size() + size() / 2 + 1));
  if (is_alone) {
    std::uninitialized_move(block_->entries(), block_->end(), own->entries());
  } else {
    std::uninitialized_copy(begin(), end(), own->entries());
  }
  own->size = static_cast<std::uint32_t>(size());
  Block::release(std::exchange(block_, own));
}

MapEntry* Map::place_of(std::string_view key) const {
  if (block_ == nullptr) return nullptr;
  return std::lower_bound(block_->entries(), block_->end(), key, key_less);
}

const Value* Map::find(std::string_view key) const {
  const MapEntry* place = place_of(key);
  return place != end() && place->first == key ? &place->second : nullptr;
}

void Map::set(std::string_view key, Value value) {
  const std::string name(key);  // the key may stand in this map
  own();
  MapEntry* place = place_of(name);
  if (place != end() && place->first == name) {
    place->second = std::move(value);
    return;
  }
  if (place == end()) {
    std::construct_at(place, name, std::move(value));
  } else {
    std::construct_at(block_->end(), std::move(*(block_->end() - 1)));
    std::move_backward(place, block_->end() - 1, block_->end());
    *place = MapEntry(name, std::move(value));
  }
  ++block_->size;
}

bool Map::erase(std::string_view key) {
  if (find(key) == nullptr) return false;
  const std::string name(key);
  own();
  MapEntry* place = place_of(name);
  std::move(place + 1, block_->end(), place);
  --block_->size;
  std::destroy_at(block_->end());
  return true;
}

bool Map::operator==(const Map& other) const {
  return block_ == other.block_ || std::equal(begin(), end(), other.begin(), other.end());
}

Value::Value(std::string text) : data_(std::make_shared<const std::string>(std::move(text))) {}
Value::Value(List items) : data_(std::make_shared<const List>(std::move(items))) {}
Value::Value(Map members) : data_(std::move(members)) {}

Value Value::unknown(std::string waits_for) {
  if (waits_for.empty()) mismatch("the name of what an unknown waits for", Kind::null);
  return Value(Data(std::make_shared<const Unknown>(Unknown{std::move(waits_for)})));
}

Value Value::secret(const Value& clear) {
  if (clear.is_secret() || clear.is_unknown()) return clear;
  if (clear.contains_unknown()) {
    return transform_leaves(clear, [](const Value& leaf) { return secret(leaf); });
  }
  Value inner = clear.contains_secret() ? without_secrecy(clear) : clear;
  return Value(Data(std::make_shared<const Secret>(Secret{std::move(inner), {}})));
}

Value Value::sealed_secret(std::string digest) {
  if (digest.empty()) mismatch("the digest of a secret", Kind::null);
  return Value(Data(std::make_shared<const Secret>(Secret{Value(), std::move(digest)})));
}

bool Value::as_bool() const {
  if (const auto* boolean = std::get_if<bool>(&data_)) return *boolean;
  mismatch(kind_name(Kind::boolean), kind());
}

std::int64_t Value::as_int() const {
  if (const auto* integer = std::get_if<std::int64_t>(&data_)) return *integer;
  mismatch(kind_name(Kind::integer), kind());
}

double Value::as_number() const {
  if (const auto* number = std::get_if<double>(&data_)) return *number;
  if (const auto* integer = std::get_if<std::int64_t>(&data_)) {
    return static_cast<double>(*integer);
  }
  mismatch(kind_name(Kind::number), kind());
}

const std::string& Value::as_string() const {
  if (const auto* text = std::get_if<std::shared_ptr<const std::string>>(&data_)) return **text;
  mismatch(kind_name(Kind::string), kind());
}

const List& Value::as_list() const {
  if (const auto* items = std::get_if<std::shared_ptr<const List>>(&data_)) return **items;
  mismatch(kind_name(Kind::list), kind());
}

const Map& Value::as_map() const& {
  if (const auto* members = std::get_if<Map>(&data_)) return *members;
  mismatch(kind_name(Kind::map), kind());
}

Map Value::as_map() && {
  return static_cast<const Value&>(*this).as_map();
}

const std::string& Value::waits_for() const {
  if (const auto* unknown = std::get_if<std::shared_ptr<const Unknown>>(&data_)) {
    return (*unknown)->waits_for;
  }
  mismatch(kind_name(Kind::unknown), kind());
}

const Value& Value::reveal() const {
  if (const auto* secret = std::get_if<std::shared_ptr<const Secret>>(&data_)) {
    return (*secret)->clear;
  }
  mismatch(kind_name(Kind::secret), kind());
}

const std::string& Value::secret_digest() const {
  if (const auto* secret = std::get_if<std::shared_ptr<const Secret>>(&data_)) {
    return (*secret)->digest;
  }
  mismatch(kind_name(Kind::secret), kind());
}

const Value* Value::find(std::string_view key) const {
  const auto* members = std::get_if<Map>(&data_);
  return members != nullptr ? members->find(key) : nullptr;
}

const Value& Value::at(std::string_view key) const {
  const Value* member = find(key);
  return member != nullptr ? *member : shared_null();
}

const Value& Value::at_path(std::string_view dotted) const {
  const Value* value = this;
  while (true) {
    const std::size_t dot = dotted.find('.');
    const std::string_view step = dotted.substr(0, dot);
    if (value->is_list()) {
      std::size_t index = 0;
      const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
      const bool is_index = error == std::errc() && end == step.data() + step.size();
      if (!is_index || index >= value->as_list().size()) return shared_null();
      value = &value->as_list()[index];
    } else {
      value = value->find(step);
      if (value == nullptr) return shared_null();
    }
    if (dot == std::string_view::npos) return *value;
    dotted.remove_prefix(dot + 1);
  }
}

std::string Value::string_or(std::string_view key, std::string_view fallback) const {
  const Value* member = find(key);
  return member != nullptr && member->is_string() ? member->as_string() : std::string(fallback);
}

std::int64_t Value::int_or(std::string_view key, std::int64_t fallback) const {
  const Value* member = find(key);
  return member != nullptr && member->is_int() ? member->as_int() : fallback;
}

bool Value::bool_or(std::string_view key, bool fallback) const {
  const Value* member = find(key);
  return member != nullptr && member->is_bool() ? member->as_bool() : fallback;
}

bool Value::contains_unknown() const {
  switch (kind()) {
    case Kind::unknown:
      return true;
    case Kind::list:
      return std::any_of(as_list().begin(), as_list().end(),
                         [](const Value& item) { return item.contains_unknown(); });
    case Kind::map:
      return std::any_of(as_map().begin(), as_map().end(),
                         [](const MapEntry& entry) { return entry.second.contains_unknown(); });
    default:
      return false;  // a secret never holds an unknown: see Value::secret
  }
}

bool Value::contains_secret() const {
  switch (kind()) {
    case Kind::secret:
      return true;
    case Kind::list:
      return std::any_of(as_list().begin(), as_list().end(),
                         [](const Value& item) { return item.contains_secret(); });
    case Kind::map:
      return std::any_of(as_map().begin(), as_map().end(),
                         [](const MapEntry& entry) { return entry.second.contains_secret(); });
    default:
      return false;
  }
}

bool Value::operator==(const Value& other) const {
  if (kind() != other.kind()) {
    if (is_int() && other.is_number()) return same_number(as_int(), other.as_number());
    if (is_number() && other.is_int()) return same_number(other.as_int(), as_number());
    return false;
  }
  // Values are shared, so the same object is the common case of equality.
  const auto same = [&other]<class T>(const std::shared_ptr<const T>& mine, const auto& equal) {
    const auto& theirs = std::get<std::shared_ptr<const T>>(other.data_);
    return mine == theirs || equal(*mine, *theirs);
  };
  switch (kind()) {
    case Kind::null:
      return true;
    case Kind::boolean:
      return as_bool() == other.as_bool();
    case Kind::integer:
      return as_int() == other.as_int();
    case Kind::number:
      return as_number() == other.as_number();
    case Kind::string:
      return same(std::get<std::shared_ptr<const std::string>>(data_), std::equal_to<>());
    case Kind::list:
      return same(std::get<std::shared_ptr<const List>>(data_), std::equal_to<>());
    case Kind::map:
      return as_map() == other.as_map();
    case Kind::unknown:
      return same(std::get<std::shared_ptr<const Unknown>>(data_),
                  [](const Unknown& a, const Unknown& b) { return a.waits_for == b.waits_for; });
    case Kind::secret:
      return same(std::get<std::shared_ptr<const Secret>>(data_),
                  [](const Secret& a, const Secret& b) {
                    return a.digest == b.digest && a.clear == b.clear;
                  });
  }
  return false;
}

std::string_view kind_name(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::null:
      return "nothing";
    case Value::Kind::boolean:
      return "a boolean";
    case Value::Kind::integer:
      return "an integer";
    case Value::Kind::number:
      return "a number";
    case Value::Kind::string:
      return "a string";
    case Value::Kind::list:
      return "a list";
    case Value::Kind::map:
      return "a map";
    case Value::Kind::unknown:
      return "a value known only after apply";
    case Value::Kind::secret:
      return "a secret";
  }
  return "a value";
}

Value redacted(const Value& value) {
  if (!value.contains_secret() && !value.contains_unknown()) return value;
  return transform_leaves(value, [](const Value& leaf) {
    if (leaf.is_secret()) return Value("(secret)");
    if (leaf.is_unknown()) return Value("(known after apply)");
    return leaf;
  });
}

}  // namespace firn
