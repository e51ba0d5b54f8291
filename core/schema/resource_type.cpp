#include "core/schema/resource_type.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <string>
#include <utility>

#include "core/base/text.h"
#include "core/config/document.h"
#include "core/schema/validate.h"
#include "core/stack/words.h"
#include "core/value/json.h"

namespace firn {
namespace {

bool is_index(std::string_view word) {
  return !word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos;
}

// An input before an output of the same name: paths name what authors write.
const Attribute* find_row(std::span<const Attribute> rows, std::string_view name) {
  const Attribute* found = nullptr;
  for (const Attribute& row : rows) {
    if (row.name == name && (found == nullptr || found->computed)) found = &row;
  }
  return found;
}

bool is_word(std::string_view name) {
  return !name.empty() && name.front() >= 'a' && name.front() <= 'z' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

// Writes down everything that is wrong with one table.
class TableChecker {
 public:
  explicit TableChecker(const ResourceType& type) : type_(type) {}

  std::vector<std::string> run() {
    check_type();
    check_rows(type_.attributes, "");
    check_example();
    return std::move(sentences_);
  }

 private:
  void say(std::string_view path, std::string_view sentence) {
    sentences_.push_back(path.empty() ? fmt::format("{}: {}.", type_.name, sentence)
                                      : fmt::format("{}.{}: {}.", type_.name, path, sentence));
  }
  void require(bool holds, std::string_view path, std::string_view sentence) {
    if (!holds) say(path, sentence);
  }

  void check_type() {
    const std::size_t dot = type_.name.find('.');
    require(dot != std::string_view::npos && is_word(type_.name.substr(0, dot)) &&
                is_word(type_.name.substr(dot + 1)),
            "", "the name is not of the form provider.kind");
    check_prose("", type_.summary, "the summary");
    require(!type_.holds_data || !type_.data_loss.empty(), "",
            "it holds data, but data_loss does not say which");
    require(!type_.is_lookup || !type_.holds_data, "", "a look-up holds no data");
    require(type_.name_rule.length_max > 0, "", "names may not have a single character");
    for (const std::string_view name : type_.import_by) {
      const Attribute* row = find_row(type_.attributes, name);
      require(row != nullptr && !row->computed, name, "an import looks at it, but it is no input");
    }
    const Attribute* tags = find_row(type_.attributes, "tags");
    require(!type_.taggable || (tags != nullptr && tags->kind == AttributeKind::map), "",
            "it is taggable, but the table has no map \"tags\"");
    bool predicts = false;
    bool derives = false;
    for (const Attribute& row : type_.attributes) {
      predicts = predicts || (row.predictable && row.name != "name");
      derives = derives || row.derived;
    }
    require(!predicts || type_.predict != nullptr, "",
            "outputs are predictable, but there is no predict()");
    require(!derives || type_.prepare != nullptr, "",
            "inputs are derived, but there is no prepare()");
  }

  void check_prose(std::string_view path, std::string_view text, std::string_view what) {
    if (text.empty()) {
      say(path, fmt::format("{} is missing", what));
      return;
    }
    require(text.front() < 'a' || text.front() > 'z', path,
            fmt::format("{} does not start with a capital letter", what));
    require(text.back() == '.', path, fmt::format("{} does not end with a full stop", what));
  }

  void check_rows(std::span<const Attribute> rows, const std::string& above) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        // What an author may pin and the cloud gives otherwise may be an input and an output.
        if (rows[i].name == rows[j].name && rows[i].computed == rows[j].computed)
          say(above, fmt::format("\"{}\" is there twice", rows[i].name));
      }
      const std::string path =
          above.empty() ? std::string(rows[i].name) : fmt::format("{}.{}", above, rows[i].name);
      require(is_word(rows[i].name), path, "the name is not in snake_case");
      check_prose(path, rows[i].doc, "the doc");
      check_row(rows[i], path, above.empty());
    }
  }

  void check_row(const Attribute& row, const std::string& path, bool is_top) {
    check_flags(row, path, is_top);
    check_structure(row, path);
    require(row.minimum <= row.maximum, path, "the minimum is above the maximum");
    check_default(row, path);
    check_row_example(row, path);
    if (row.kind == AttributeKind::object) check_rows(row.fields, path);
    if (row.element != nullptr) check_row(*row.element, path + ".*", false);
  }

  void check_flags(const Attribute& row, const std::string& path, bool is_top) {
    require(!is_top || row.computed || !contains(resource_words(), row.name), path,
            "every resource has a word of that name, which hides this one");
    require(!row.computed || !(row.required || row.derived || row.weak || row.write_only), path,
            "an output is marked as an input too (required, derived, weak or write_only)");
    require(!row.computed || row.default_json.empty(), path, "an output has no default");
    require(!row.predictable || row.computed || row.chosen_by_cloud, path,
            "only outputs are predictable");
    require(!row.required || row.default_json.empty(), path,
            "a required attribute has no use for a default");
    require(!row.required || !row.derived, path, "a derived attribute cannot be required");
    require(!row.identity || is_top, path, "only attributes at the top are identity inputs");
    require(!row.identity || row.computed || row.on_change != OnChange::update, path,
            "predictions depend on an identity input, so a change must replace the object");
    require(row.on_change != OnChange::replace_losing_data || !row.loss.empty(), path,
            "its change loses data, but loss does not say which");
    require(row.moves_with.empty() || (row.computed && is_top), path,
            "only outputs at the top change with inputs");
    for (const std::string& cause : split(row.moves_with, ',')) {
      const Attribute* input = row.moves_with.empty() ? nullptr : find_row(type_.attributes, cause);
      require(row.moves_with.empty() || (input != nullptr && !input->computed), path,
              "moves_with is not a list of inputs, separated by commas without spaces");
    }
    require(row.permitted_by.empty() || !row.computed, path, "nothing waits for an output");
    for (const std::string& output : split(row.takes, ',')) {
      require(row.takes.empty() || is_word(output), path,
              "takes is not a list of outputs, separated by commas without spaces");
    }
  }

  void check_structure(const Attribute& row, const std::string& path) {
    const bool is_object = row.kind == AttributeKind::object;
    const bool is_list = row.kind == AttributeKind::list;
    const bool has_elements = is_list || row.kind == AttributeKind::map;
    require(is_object != row.fields.empty(), path,
            is_object ? "an object without fields" : "fields belong to objects only");
    require(row.element == nullptr || has_elements, path,
            "an element belongs to lists and maps only");
    require(row.element != nullptr || !is_list, path, "a list without its element");
    require(row.allowed.empty() || row.kind == AttributeKind::string, path,
            "only texts have allowed values; those of a list belong to its element");
    require(!row.unordered || is_list, path, "only lists can be unordered");
  }

  void check_default(const Attribute& row, const std::string& path) {
    if (row.default_json.empty()) return;
    const auto value = parse_json(row.default_json);
    if (!value) return say(path, fmt::format("the default {} is not JSON", row.default_json));
    Diagnostics problems;
    static_cast<void>(check_value(row, *value, {}, row.name, problems));
    for (const Diagnostic& problem : problems.items())
      say(path, fmt::format("the default: {}. {}", problem.summary, problem.detail));
  }

  void check_row_example(const Attribute& row, const std::string& path) {
    if (row.example.empty()) return;
    require(row.example.find('\n') == std::string_view::npos, path,
            "the example has several lines");
    // Some tables write the whole line, some the value alone; items are written with their dash.
    const std::string key = fmt::format("{}:", row.name);
    const std::string text = row.example.starts_with(key) || row.example.starts_with("- ")
                                 ? std::string(row.example)
                                 : fmt::format("{} {}", key, row.example);
    Diagnostics problems;
    const auto document = config::Document::parse("example", text, problems);
    if (document != nullptr) {
      const config::Node root = document->root();
      const config::Node node = root.is_list() ? root.first_child() : root.find(row.name);
      check_attribute(row, node, row.name, type_.name, {}, problems);
    }
    for (const Diagnostic& problem : problems.items())
      say(path, fmt::format("the example: {}. {}", problem.summary, problem.detail));
  }

  void check_example() {
    if (type_.example.empty()) return say("", "the example is missing");
    constexpr std::array<std::string_view, 7> meta_keys{"type", "name",       "called", "for_each",
                                                        "when", "depends_on", "protect"};
    Diagnostics problems;
    const std::string text = fmt::format("example:\n{}", type_.example);
    const auto document = config::Document::parse("example", text, problems);
    if (document != nullptr) {
      const config::Node block = document->root().find("example");
      check_block(type_, block, meta_keys, "example", problems);
      require(block.find("type").text() == type_.name, "", "the example is of another type");
    }
    for (const Diagnostic& problem : problems.items())
      say("", fmt::format("the example, line {}: {}. {}", problem.where.line, problem.summary,
                          problem.detail));
  }

  const ResourceType& type_;
  std::vector<std::string> sentences_;
};

}  // namespace

const Attribute* find_attribute(const ResourceType& type, std::string_view path) {
  const Attribute* row = nullptr;
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t end = std::min(path.find('.', start), path.size());
    const std::string_view word = path.substr(start, end - start);
    start = end + 1;
    if (row == nullptr) {
      row = find_row(type.attributes, word);
    } else if (row->kind == AttributeKind::any) {
      return word.empty() ? nullptr : row;
    } else if (row->kind == AttributeKind::object) {
      row = find_row(row->fields, word);
    } else if (row->kind == AttributeKind::list && is_index(word)) {
      row = row->element;
    } else if (row->kind == AttributeKind::map && !word.empty()) {
      // A map without an element row holds anything, as `any` does.
      if (row->element == nullptr) return row;
      row = row->element;
    } else {
      return nullptr;
    }
    if (row == nullptr) return nullptr;
  }
  return row;
}

std::vector<std::string> check_table(const ResourceType& type) {
  return TableChecker(type).run();
}

}  // namespace firn
