#include "core/config/document.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fmt/core.h>
#include <istream>
#include <streambuf>
#include <sys/stat.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "core/config/document_builder.h"
#include "core/config/scalar.h"
#include "core/config/source_text.h"
#include "core/config/syntax_error.h"

namespace firn::config {
namespace {

constexpr std::size_t file_size_max = std::size_t{256} << 20U;  // bytes

// Lets yaml-cpp read a text where it lies.
class ViewBuffer final : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // never written: there is no put area
    setg(begin, begin, begin + text.size());
  }
};

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

NodeKind Node::kind() const {
  return document_->rows_[index_].kind;
}

std::string_view Node::text() const {
  if (!is_scalar()) return {};
  const Document::Row& row = document_->rows_[index_];
  return std::string_view(document_->pool_).substr(row.first, row.count);
}

bool Node::is_plain() const {
  return is_present() && document_->rows_[index_].plain;
}

SourceRange Node::where() const {
  if (!is_present()) return {};
  const Document::Row& row = document_->rows_[index_];
  return {document_->file_, row.line, row.column, row.width};
}

std::uint32_t Node::line() const {
  return is_present() ? document_->rows_[index_].line : 0;
}
std::uint32_t Node::column() const {
  return is_present() ? document_->rows_[index_].column : 0;
}
std::size_t Node::size() const {
  return is_list() || is_map() ? document_->rows_[index_].count : 0;
}

Node Node::first_child() const {
  if (!is_list() && !is_map()) return {};
  const std::uint32_t child = document_->rows_[index_].first;
  return child == 0 ? Node() : Node(document_, child);
}

Node Node::next_sibling() const {
  if (!is_present()) return {};
  const std::uint32_t sibling = document_->rows_[index_].next_sibling;
  return sibling == 0 ? Node() : Node(document_, sibling);
}

Node Node::find_key(std::string_view key) const {
  if (!is_map()) return {};
  for (Node child = first_child(); child.is_present();
       child = child.next_sibling().next_sibling()) {
    if (child.text() == key) return child;
  }
  return {};
}

Node Node::find(std::string_view key) const {
  return find_key(key).next_sibling();
}

bool Node::has_expression() const {
  return is_present() && document_->rows_[index_].has_expression;
}

Value Node::literal() const {
  if (!is_present()) return {};
  switch (kind()) {
    case NodeKind::null:
      return {};
    case NodeKind::scalar:
      // What holds an expression is unescaped by its evaluation.
      if (!has_expression() && text().find("$${") != std::string_view::npos)
        return Value(replace_all(std::string(text()), "$${", "${"));
      return is_plain() ? plain_scalar_value(text()) : Value(text());
    case NodeKind::list: {
      List items;
      items.reserve(size());
      for_each_item([&](Node item) { items.push_back(item.literal()); });
      return Value(std::move(items));
    }
    case NodeKind::map: {
      std::vector<MapEntry> entries;
      entries.reserve(size());
      for_each_entry(
          [&](Node key, Node value) { entries.emplace_back(key.text(), value.literal()); });
      return Value(Map(std::move(entries)));
    }
  }
  return {};
}

Node Document::root() const {
  return {this, 0};
}

std::shared_ptr<const Document> Document::parse(std::string file, std::string_view text,
                                                Diagnostics& diagnostics) {
  auto document = std::make_shared<Document>();
  document->file_ = std::move(file);
  document->digest_ = sha256_hex(text);
  if (text.size() > file_size_max) {
    diagnostics.error({document->file_, 1, 1, 1}, "the file is too large",
                      fmt::format("It has {} bytes; firn reads YAML files of at most {} MiB.",
                                  text.size(), file_size_max >> 20U),
                      "split it, or use for_each");
    return nullptr;
  }
  // A byte order mark shows nowhere, so columns do not count it.
  std::string_view source = text;
  if (source.starts_with("\xEF\xBB\xBF")) source.remove_prefix(3);
  if (!check_bytes(source, document->file(), diagnostics)) return nullptr;

  // The first ways are quick. What they find wrong or odd is read again as it was written, so that
  // messages are exact; what is still odd then is for yaml-cpp alone to judge.
  constexpr Shorten ways[] = {Shorten::words_in_quotes, Shorten::words, Shorten::expressions,
                              Shorten::nothing};
  for (const Shorten way : ways) {
    const ShortText shortened = shorten(source, way);
    if (way == Shorten::words_in_quotes && shortened.has_lone_scalar) continue;
    const bool is_quick = way <= Shorten::words;
    Diagnostics found;
    const Reading reading = document->read(source, shortened, found);
    if (reading == Reading::doubtful || (is_quick && !found.empty())) continue;
    diagnostics.append(std::move(found));
    if (reading == Reading::failed) return nullptr;
    break;
  }
  return document;
}

Document::Reading Document::read(std::string_view source, const ShortText& text,
                                 Diagnostics& diagnostics) {
  rows_.clear();
  pool_.clear();
  annotations_ = text.annotations;
  SourcePlaces places(source, text);
  DocumentBuilder builder(*this, places, diagnostics);
  try {
    ViewBuffer buffer(text.text);
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const StopReading&) {
    return Reading::failed;
  } catch (const YAML::ParserException& problem) {
    const YAML::Mark mark = builder.in_source(problem.mark);
    SyntaxError error;
    error.message = problem.msg;
    error.line = static_cast<std::uint32_t>(std::max(0, mark.line)) + 1;
    error.column = static_cast<std::uint32_t>(std::max(0, mark.column)) + 1;
    error.open_bracket = builder.open_bracket();
    diagnostics.add(explain_syntax_error(error, source, text, file()));
    return Reading::failed;
  } catch (const std::exception& problem) {
    diagnostics.error({file_, 1, 1, 1}, "not valid YAML", problem.what(),
                      "check the file with another YAML reader");
    return Reading::failed;
  }
  if (rows_.empty()) {
    Row nothing;
    nothing.line = 1;
    nothing.column = 1;
    nothing.plain = true;
    rows_.push_back(nothing);
  }
  return places.is_complete() ? Reading::good : Reading::doubtful;
}

std::shared_ptr<const Document> Document::load(const std::string& path,
                                               const SourceRange& wanted_by,
                                               Diagnostics& diagnostics) {
  const auto give_up = [&](int code) {
    diagnostics.error(wanted_by, fmt::format("cannot read {}", path), std::strerror(code),
                      code == ENOENT   ? "check the spelling of the path"
                      : code == EACCES ? "make the file readable"
                      : code == EISDIR ? "name the file inside the folder"
                                       : "");
    return nullptr;
  };
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
  if (!file) return give_up(errno);
  std::string text;
  struct stat facts {};
  if (::fstat(::fileno(file.get()), &facts) == 0 && facts.st_size > 0)
    text.reserve(std::min(static_cast<std::size_t>(facts.st_size), file_size_max) + 1);
  char block[1U << 16U];
  for (;;) {
    const std::size_t count = std::fread(block, 1, sizeof block, file.get());
    text.append(block, count);
    if (count < sizeof block || text.size() > file_size_max) break;
  }
  if (std::ferror(file.get()) != 0) return give_up(errno);
  return parse(path, text, diagnostics);
}

}  // namespace firn::config
