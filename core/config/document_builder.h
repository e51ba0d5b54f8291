// Turns yaml-cpp's events into the rows of a Document.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include "core/base/diagnostic.h"
#include "core/config/document.h"
#include "core/config/source_places.h"

namespace firn::config {

// Thrown through yaml-cpp when reading cannot go on; its diagnostic has been added already.
struct StopReading {};

class DocumentBuilder final : public YAML::EventHandler {
 public:
  // `places` leads from what yaml-cpp reads to what the author wrote.
  DocumentBuilder(Document& document, SourcePlaces& places, Diagnostics& diagnostics);

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& event, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& event, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& event, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override;

  // The same place in what the author wrote.
  [[nodiscard]] YAML::Mark in_source(const YAML::Mark& mark);
  // Where the innermost bracket stands that is not closed yet.
  [[nodiscard]] std::optional<SourceRange> open_bracket() const;

 private:
  using Row = Document::Row;

  struct Open {
    std::uint32_t row = 0;
    std::uint32_t last_child = 0;
    std::uint32_t anchor = 0;
    std::uint32_t height = 0;  // levels below, so far
    std::uint64_t weight = 1;  // nodes in it, aliases counted in full
    bool is_map = false;
    bool is_flow = false;
    bool expects_key = false;
  };
  struct Anchored {
    std::uint32_t row = 0;
    std::uint32_t height = 0;
    std::uint64_t weight = 1;
    bool is_closed = false;
  };

  std::uint32_t add(Row row);
  void open(const YAML::Mark& event, const std::string& tag, YAML::anchor_t anchor, NodeKind kind,
            bool is_flow);
  void close();
  void note_child(std::uint32_t height, std::uint64_t weight);
  void register_anchor(YAML::anchor_t anchor, std::uint32_t row, bool is_closed);
  void check_duplicate_keys(const Row& map);
  void report_duplicate(std::uint32_t first, std::uint32_t second);
  void check_key(const Row& row, std::string_view text);
  void place_scalar(Row& row, const YAML::Mark& mark, std::string_view value, bool is_plain);
  [[nodiscard]] bool expects_key() const { return !open_.empty() && open_.back().expects_key; }
  std::uint32_t pool_text(std::string_view text);
  [[nodiscard]] SourceRange range(const YAML::Mark& mark, std::size_t length = 1) const;
  [[nodiscard]] SourceRange range(const Row& row) const;
  [[noreturn]] void stop(SourceRange where, std::string summary, std::string detail,
                         std::string remedy);

  Document& document_;
  SourcePlaces& places_;
  std::string_view source_;
  Diagnostics& diagnostics_;
  std::vector<Open> open_;
  std::vector<Anchored> anchors_;  // yaml-cpp numbers anchors from 1
  std::uint64_t alias_weight_ = 0;
  bool has_document_ = false;
  std::string restored_;  // scratch

  // Texts seen lately, by hash: the same key text is stored once. Forgetting one costs only space.
  struct Interned {
    std::uint32_t offset = 0;
    std::uint32_t length = 0;
  };
  std::vector<Interned> interned_;
};

}  // namespace firn::config
