// Value: the immutable datum that everything in the engine flows through.
//
// Invariants (checked where values are built):
//   V1  A map's keys are unique and sorted bytewise, so equal maps have equal printed forms.
//   V2  A secret is never nested inside a secret.
//   V3  An unknown names what it waits for (a resource output such as "lake.iam_user_arn").
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace firn {

class Value;
using List = std::vector<Value>;
using MapEntry = std::pair<std::string, Value>;

// Sorted members; small, ordered, cheap to compare. A copy shares them until one of the two is
// changed. They stand in one piece of memory: a state of 100,000 objects has half a million maps.
class Map {
 public:
  using const_iterator = const MapEntry*;

  Map() = default;
  Map(std::initializer_list<MapEntry> entries);
  explicit Map(std::vector<MapEntry> entries);  // sorts; of equal keys the last one stays
  Map(const Map& other) noexcept;
  Map(Map&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Map& operator=(Map other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Map();
  // The same as from a vector; takes the contents of the entries and leaves the rest.
  [[nodiscard]] static Map of(MapEntry* entries, std::size_t count);

  [[nodiscard]] const Value* find(std::string_view key) const;  // nullptr when absent
  void set(std::string_view key, Value value);
  bool erase(std::string_view key);

  [[nodiscard]] const_iterator begin() const;
  [[nodiscard]] const_iterator end() const;
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] bool empty() const { return size() == 0; }
  bool operator==(const Map&) const;

 private:
  struct Block;
  // Makes the members this map's own, with room for one more.
  void own();
  [[nodiscard]] MapEntry* place_of(std::string_view key) const;  // of it or of the next

  Block* block_ = nullptr;  // nullptr: empty
};

class Value {
 public:
  enum class Kind : std::uint8_t {
    null,
    boolean,
    integer,
    number,
    string,
    list,
    map,
    unknown,
    secret
  };

  Value() = default;  // null
  Value(bool boolean) : data_(boolean) {}
  Value(int integer) : data_(std::int64_t{integer}) {}
  Value(std::int64_t integer) : data_(integer) {}
  Value(double number) : data_(number) {}
  Value(const char* text) : Value(std::string(text)) {}
  Value(std::string_view text) : Value(std::string(text)) {}
  Value(std::string text);
  Value(List items);
  Value(Map members);
  Value(const void*) = delete;  // no pointer becomes a bool by accident

  // A value that only the cloud can give. `waits_for` names the output it waits for.
  [[nodiscard]] static Value unknown(std::string waits_for);
  // A secret in clear; never printed, never stored. A secret of a secret is the inner one (V2). An
  // unknown stays an unknown, and of a list or map that contains one the known leaves become
  // secrets, so that a secret never hides an unknown.
  [[nodiscard]] static Value secret(const Value& clear);
  // What remains of a secret in state: a keyed digest ("hmac-sha256:..."), no clear text.
  [[nodiscard]] static Value sealed_secret(std::string digest);

  [[nodiscard]] Kind kind() const { return static_cast<Kind>(data_.index()); }
  [[nodiscard]] bool is_null() const { return kind() == Kind::null; }
  [[nodiscard]] bool is_bool() const { return kind() == Kind::boolean; }
  [[nodiscard]] bool is_int() const { return kind() == Kind::integer; }
  [[nodiscard]] bool is_number() const { return kind() == Kind::number; }
  [[nodiscard]] bool is_string() const { return kind() == Kind::string; }
  [[nodiscard]] bool is_list() const { return kind() == Kind::list; }
  [[nodiscard]] bool is_map() const { return kind() == Kind::map; }
  [[nodiscard]] bool is_unknown() const { return kind() == Kind::unknown; }
  [[nodiscard]] bool is_secret() const { return kind() == Kind::secret; }

  // Accessors. The kind must match; a mismatch is our own mistake and aborts with a message.
  [[nodiscard]] bool as_bool() const;
  [[nodiscard]] std::int64_t as_int() const;
  [[nodiscard]] double as_number() const;  // also widens an integer
  [[nodiscard]] const std::string& as_string() const;
  [[nodiscard]] const List& as_list() const;
  [[nodiscard]] const Map& as_map() const&;
  [[nodiscard]] Map as_map() &&;  // of a temporary: shares its members, and outlives it
  [[nodiscard]] const std::string& waits_for() const;      // of an unknown
  [[nodiscard]] const Value& reveal() const;               // clear text of a secret; null if sealed
  [[nodiscard]] const std::string& secret_digest() const;  // of a sealed secret, else empty

  // Forgiving readers, for code that reads attributes of known shape.
  [[nodiscard]] const Value* find(std::string_view key) const;  // nullptr: no map or no member
  [[nodiscard]] const Value& at(std::string_view key) const;    // a shared null when absent
  [[nodiscard]] const Value& at_path(std::string_view dotted) const;  // "a.b.0.c"; null when absent
  [[nodiscard]] std::string string_or(std::string_view key, std::string_view fallback) const;
  [[nodiscard]] std::int64_t int_or(std::string_view key, std::int64_t fallback) const;
  [[nodiscard]] bool bool_or(std::string_view key, bool fallback) const;

  [[nodiscard]] bool contains_unknown() const;
  [[nodiscard]] bool contains_secret() const;

  // Deep equality. Integers equal doubles of the same value. Two secrets are equal when their
  // digests are (both sealed) or their clear texts are (both clear); otherwise they differ.
  bool operator==(const Value& other) const;

 private:
  struct Unknown {
    std::string waits_for;
  };
  struct Secret;
  using Data = std::variant<std::monostate, bool, std::int64_t, double,
                            std::shared_ptr<const std::string>, std::shared_ptr<const List>, Map,
                            std::shared_ptr<const Unknown>, std::shared_ptr<const Secret>>;
  explicit Value(Data data) : data_(std::move(data)) {}
  Data data_;
};

// A word for messages: "a string", "a list", …
[[nodiscard]] std::string_view kind_name(Value::Kind kind);

// A copy with every secret replaced by `(secret)` and every unknown by `(known after apply)`, for
// printing.
[[nodiscard]] Value redacted(const Value& value);

}  // namespace firn
