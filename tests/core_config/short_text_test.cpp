// What yaml-cpp reads is shorter than what the author wrote; nobody may notice.
//
// Many small documents from a seed, sound and broken ones: firn must read each as yaml-cpp reads it
// when it sees every letter.
#include <gtest/gtest.h>
#include <sstream>
#include <string>
#include <vector>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "core/async/random.h"
#include "core/config/document.h"

namespace firn::config {
namespace {

// The scalars of a document in order; what else there is as marks. Nothing when it is not YAML.
class Recorder final : public YAML::EventHandler {
 public:
  std::vector<std::string> events;

  // yaml-cpp makes documents without end of a stray comma.
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents > 1) throw YAML::ParserException(mark, "a second document");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override { events.emplace_back("<null>"); }
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override { has_alias = true; }
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string& value) override {
    events.push_back(value);
  }
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    events.emplace_back("<list>");
  }
  void OnSequenceEnd() override { events.emplace_back("<end>"); }
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    events.emplace_back("<map>");
  }
  void OnMapEnd() override { events.emplace_back("<end>"); }

  int documents = 0;
  bool has_alias = false;
};

void list(Node node, std::vector<std::string>& events) {
  switch (node.kind()) {
    case NodeKind::null:
      events.emplace_back("<null>");
      return;
    case NodeKind::scalar:
      events.emplace_back(node.text());
      return;
    case NodeKind::list:
      events.emplace_back("<list>");
      node.for_each_item([&](Node item) { list(item, events); });
      events.emplace_back("<end>");
      return;
    case NodeKind::map:
      events.emplace_back("<map>");
      node.for_each_entry([&](Node key, Node value) {
        list(key, events);
        list(value, events);
      });
      events.emplace_back("<end>");
      return;
  }
}

// A plain scalar that ends on its line stands where it says it does.
void check_places(Node node, std::string_view source) {
  if (node.is_scalar() && node.is_plain() &&
      node.text().find_first_of(" \n") == std::string_view::npos) {
    std::size_t line_start = 0;
    for (std::uint32_t line = 1; line < node.line(); ++line)
      line_start = source.find('\n', line_start) + 1;
    EXPECT_EQ(source.substr(line_start + node.column() - 1, node.text().size()), node.text())
        << source;
  }
  if (node.is_list()) node.for_each_item([&](Node item) { check_places(item, source); });
  if (node.is_map()) {
    node.for_each_entry([&](Node key, Node value) {
      check_places(key, source);
      check_places(value, source);
    });
  }
}

class Author {
 public:
  explicit Author(std::uint64_t seed) : random_(seed) {}

  std::string document() {
    std::string text;
    for (std::uint64_t lines = 1 + below(7); lines > 0; --lines) {
      text += std::string(below(4) * 2, ' ');
      if (one_in(3)) text += "- ";
      if (one_in(12)) text += pick({"--- ", "? ", "%YAML 1.2", "...", "---"});
      if (!one_in(4)) text += key() + ":" + pick({" ", " ", " ", "", "  "});
      text += value();
      if (one_in(8)) text += pick({" # a comment: x", "#no", " #"});
      text += pick({"\n", "\n", "\n", "\n", "\r\n", "\n\n", " \n"});
    }
    return text;
  }

 private:
  std::uint64_t below(std::uint64_t limit) { return random_.next() % limit; }
  bool one_in(std::uint64_t count) { return below(count) == 0; }
  std::string pick(const std::vector<std::string>& choices) {
    return choices[below(choices.size())];
  }
  // Distinct, as a repeated key is refused.
  std::string key() {
    const std::string name = pick({"k", "key", "a-b", "x.y", "null", "'q k'", "\"d k\"", "-k"});
    const bool quoted = name.back() == '\'' || name.back() == '"';
    return quoted ? name : name + std::to_string(++keys_);
  }
  std::string word() {
    return pick({"a",   "ab",  "word", "null", "NULL", "~",   "true",       "12",
                 "1.5", "x/y", "-w",   ".w",   "a:b",  "a#b", "http://h/p", "...",
                 "---", "$x",  "é",    "%p",   "@",    "a,b", "[",          "}"});
  }
  std::string words() {
    std::string text = word();
    while (one_in(3))
      text += pick({" ", "  ", " ", "\t"}) + word();
    return text;
  }
  std::string value() {
    switch (below(12)) {
      case 0:
        return "";
      case 1:
        return "'it''s " + words() + "'";
      case 2:
        return "\"say \\\"" + words() + "\\\" \\u0041\"";
      case 3:
        return "{ " + key() + ": " + word() + ", " + key() + ": [" + word() + ", " + word() + "] }";
      case 4:
        return "[" + words() + ", " + pick({"", "{}", "[]", word()}) + "]";
      case 5:
        return pick({"|", ">", "|-", ">+", "|2"}) + "\n" + std::string(below(5) * 2, ' ') + words();
      case 6:
        return "&anchor " + words();
      case 7:
        return "!!str " + words();
      default:
        return words();
    }
  }

  SeededRandom random_;
  int keys_ = 0;
};

TEST(ShortText, ReadsWhatYamlCppReadsFromEveryLetter) {
  Author author(20240611);
  int sound = 0;
  for (int i = 0; i < 30'000; ++i) {
    const std::string source = author.document();
    Recorder recorder;
    bool is_yaml = true;
    try {
      std::istringstream stream(source);
      YAML::Parser parser(stream);
      while (parser.HandleNextDocument(recorder)) {
      }
    } catch (const YAML::ParserException&) {
      is_yaml = false;
    }
    Diagnostics diagnostics;
    const auto document = Document::parse("x.yaml", source, diagnostics);
    if (!is_yaml) {
      EXPECT_TRUE(diagnostics.has_errors()) << source;
      continue;
    }
    // firn refuses more than yaml-cpp does (repeated keys, lists as keys, …), and says so.
    if (document == nullptr || diagnostics.has_errors() || recorder.documents != 1 ||
        recorder.has_alias)
      continue;
    ++sound;
    std::vector<std::string> events;
    list(document->root(), events);
    ASSERT_EQ(events, recorder.events) << source;
    check_places(document->root(), source);
  }
  EXPECT_GT(sound, 3'000);
}

TEST(ShortText, ALongLineKeepsItsColumns) {
  std::string source = "list: [";
  for (int i = 0; i < 20'000; ++i)
    source += "word, ${some.path}, ";
  source += "last]";
  Diagnostics diagnostics;
  const auto document = Document::parse("x.yaml", source, diagnostics);
  ASSERT_TRUE(document);
  Node last;
  document->root().find("list").for_each_item([&](Node item) { last = item; });
  EXPECT_EQ(last.text(), "last");
  EXPECT_EQ(last.column(), 65'535U) << "columns end there";
  EXPECT_EQ(document->root().find("list").first_child().next_sibling().column(), 14U);
}

}  // namespace
}  // namespace firn::config
