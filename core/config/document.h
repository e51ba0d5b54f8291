// A YAML file as a typed tree in which every node knows where it stands.
//
// The tree is flat: nodes are rows of one table, texts are slices of one buffer, and `Node` is a
// handle (document pointer + index). A document therefore costs about 30 bytes a node, and copying
// a Node costs nothing. Documents outlive their nodes; they are held by shared_ptr.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/diagnostic.h"
#include "core/value/value.h"

namespace firn::config {

enum class NodeKind : std::uint8_t { null, scalar, list, map };

class Document;
struct ShortText;

// A comment such as `# firn: allow FIRN305 because …`, kept for the checks that read them.
struct Annotation {
  std::uint32_t line = 0;
  std::string text;  // what follows "firn:", trimmed
};

class Node {
 public:
  Node() = default;  // "no node": is_present() is false
  Node(const Document* document, std::uint32_t index) : document_(document), index_(index) {}

  [[nodiscard]] bool is_present() const { return document_ != nullptr; }
  [[nodiscard]] NodeKind kind() const;
  [[nodiscard]] bool is_map() const { return is_present() && kind() == NodeKind::map; }
  [[nodiscard]] bool is_list() const { return is_present() && kind() == NodeKind::list; }
  [[nodiscard]] bool is_scalar() const { return is_present() && kind() == NodeKind::scalar; }
  [[nodiscard]] bool is_null() const { return is_present() && kind() == NodeKind::null; }

  // The text of a scalar, after YAML's own unescaping; "" for other kinds.
  [[nodiscard]] std::string_view text() const;
  // A scalar written without quotes (and not as a block): `true`, `5`, `1e3`, `~` are typed then.
  [[nodiscard]] bool is_plain() const;
  // The place of a scalar is that of its text: behind an opening quote; for a block scalar, the
  // first line of its text. So byte n of text() stands at column + n while no escape or fold comes
  // before it. The place of a list or map is its first item or its bracket. What an alias stands
  // for keeps the place where its text was written.
  [[nodiscard]] SourceRange where() const;
  [[nodiscard]] std::uint32_t line() const;
  [[nodiscard]] std::uint32_t column() const;

  // Children. Lists: items in order. Maps: (key node, value node) in the author's order.
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] Node first_child() const;   // of a map: the first key
  [[nodiscard]] Node next_sibling() const;  // of a map's key: its value; of its value: the next key
  [[nodiscard]] Node find(std::string_view key) const;      // value of a map's key, or no node
  [[nodiscard]] Node find_key(std::string_view key) const;  // the key node itself

  // Visits map entries as f(Node key, Node value), list items as f(Node item).
  template <class F>
  void for_each_entry(F&& f) const {
    for (Node key = first_child(); key.is_present();) {
      const Node value = key.next_sibling();
      f(key, value);
      key = value.next_sibling();
    }
  }
  template <class F>
  void for_each_item(F&& f) const {
    for (Node item = first_child(); item.is_present(); item = item.next_sibling())
      f(item);
  }

  // True when a scalar's text has a `${` that is not escaped as `$${`.
  [[nodiscard]] bool has_expression() const;
  // The scalar as YAML 1.2's core schema types it when plain (null, bool, integer, number, string);
  // always a string when quoted. Expressions are not evaluated; `$${` becomes `${` where there are
  // none. Lists and maps convert deeply.
  // Kept as strings, so that no digit and no meaning is lost: decimals that start with a
  // superfluous zero (account numbers), integers beyond 64 bits, and .inf and .nan, which JSON
  // cannot say.
  [[nodiscard]] Value literal() const;

  [[nodiscard]] const Document* document() const { return document_; }
  [[nodiscard]] std::uint32_t index() const { return index_; }

 private:
  const Document* document_ = nullptr;
  std::uint32_t index_ = 0;
};

class Document {
 public:
  // Parses `text`; `file` is the name used in messages. Problems (syntax, duplicate keys, tabs,
  // anchors that are cyclic, several documents, depth beyond 64) go to `diagnostics`; the answer is
  // null when nothing usable was read.
  //
  // `${…}` may stand unquoted anywhere, also inside flow collections (`{ snowflake: ${lake} }`),
  // where YAML itself would not allow its braces.
  static std::shared_ptr<const Document> parse(std::string file, std::string_view text,
                                               Diagnostics& diagnostics);
  // Reads and parses a file; a missing or unreadable file is a diagnostic at `wanted_by`.
  static std::shared_ptr<const Document> load(const std::string& path, const SourceRange& wanted_by,
                                              Diagnostics& diagnostics);

  [[nodiscard]] Node root() const;
  [[nodiscard]] const std::string& file() const { return file_.str(); }
  // Digest of the text, hex SHA-256: tells whether a file moved on since a plan was saved.
  [[nodiscard]] const std::string& digest() const { return digest_; }
  [[nodiscard]] const std::vector<Annotation>& annotations() const { return annotations_; }

 private:
  friend class Node;
  friend class DocumentBuilder;
  enum class Reading : std::uint8_t { good, failed, doubtful };
  Reading read(std::string_view source, const ShortText& text, Diagnostics& diagnostics);
  struct Row {
    std::uint32_t first = 0;  // of a scalar: where its text begins in the pool; else its first
                              // child, 0 when there is none (row 0 is the root and nobody's child)
    std::uint32_t count = 0;  // bytes of the text; else items or entries
    std::uint32_t line = 0;
    std::uint32_t next_sibling = 0;  // 0: none
    std::uint16_t column = 0;        // saturates at 65535
    std::uint16_t width = 1;         // bytes on its first line; saturates at 65535
    NodeKind kind = NodeKind::null;
    bool plain = false;
    bool has_expression = false;
  };
  FileName file_;
  std::string digest_;
  std::string pool_;
  std::vector<Row> rows_;
  std::vector<Annotation> annotations_;
  static_assert(sizeof(Row) == 24);
};

}  // namespace firn::config
