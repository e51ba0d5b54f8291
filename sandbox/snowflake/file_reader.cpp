#include "sandbox/snowflake/file_reader.h"

#include <algorithm>
#include <fmt/core.h>
#include <optional>

#include "core/base/text.h"
#include "core/value/json.h"
#include "sandbox/snowflake/file_format.h"
#include "sandbox/snowflake/gzip.h"

namespace firn::sandbox::snowflake {
namespace {

// The line of a place, asked for places in order: each byte is looked at once.
class Lines {
 public:
  explicit Lines(std::string_view body) : body_(body) {}
  std::int64_t of(std::size_t offset) {
    const std::string_view passed = body_.substr(counted_, offset - counted_);
    line_ += std::count(passed.begin(), passed.end(), '\n');
    counted_ = offset;
    return line_;
  }

 private:
  std::string_view body_;
  std::size_t counted_ = 0;
  std::int64_t line_ = 1;
};

// The end of the JSON value that starts at `at`.
std::size_t end_of_json(std::string_view body, std::size_t at) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = at; i < body.size(); ++i) {
    const char c = body[i];
    if (quoted) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        quoted = false;
        if (depth == 0) return i + 1;
      }
      continue;
    }
    if (c == '"') quoted = true;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') {
      if (--depth <= 0) return i + 1;
    }
    const bool blank = c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == ',';
    if (depth == 0 && !quoted && blank) return i;
  }
  return body.size();
}

Value without_nulls(const Value& value) {
  if (value.is_map()) {
    Map kept;
    for (const auto& [name, member] : value.as_map()) {
      if (!member.is_null()) kept.set(name, without_nulls(member));
    }
    return kept;
  }
  if (value.is_list()) {
    List kept;
    for (const auto& item : value.as_list())
      kept.push_back(without_nulls(item));
    return kept;
  }
  return value;
}

Result<FileContent> read_json(const Map& format, std::string_view body) {
  const bool strip_array = format_option(format, "STRIP_OUTER_ARRAY").as_bool();
  const bool strip_nulls = format_option(format, "STRIP_NULL_VALUES").as_bool();
  FileContent content;
  const auto add = [&](const Value& value, std::int64_t line) {
    content.records.push_back({{strip_nulls ? without_nulls(value) : value}, line});
  };
  Lines lines(body);
  std::size_t at = 0;
  while (true) {
    at = body.find_first_not_of(" \t\r\n,", at);
    if (at == std::string_view::npos) return content;
    const auto end = end_of_json(body, at);
    auto value = parse_json(body.substr(at, end - at));
    const auto line = lines.of(at);
    if (!value) {
      return fail(ErrorKind::invalid_input,
                  fmt::format("Error parsing JSON: {} (line {})", value.error().summary, line));
    }
    if (strip_array && value->is_list()) {
      for (const auto& item : value->as_list())
        add(item, line);
    } else {
      add(*value, line);
    }
    at = end;
  }
}

class CsvReader {
 public:
  CsvReader(const Map& format, std::string_view body) : format_(format), body_(body) {
    const auto text = [&](const char* name) {
      const auto value = format_option(format, name).as_string();
      return value == "NONE" ? std::string() : value;
    };
    field_ = text("FIELD_DELIMITER");
    record_ = text("RECORD_DELIMITER");
    enclosure_ = text("FIELD_OPTIONALLY_ENCLOSED_BY");
    escape_ = text("ESCAPE");
    unenclosed_escape_ = text("ESCAPE_UNENCLOSED_FIELD");
    trim_ = format_option(format, "TRIM_SPACE").as_bool();
    empty_is_null_ = format_option(format, "EMPTY_FIELD_AS_NULL").as_bool();
    skip_blank_ = format_option(format, "SKIP_BLANK_LINES").as_bool();
    const Value null_if = format_option(format, "NULL_IF");
    for (const auto& item : null_if.as_list())
      null_if_.push_back(item.as_string());
  }

  Result<FileContent> run() {
    FileContent content;
    Lines lines(body_);
    auto skip = format_option(format_, "SKIP_HEADER").as_int();
    bool header = format_option(format_, "PARSE_HEADER").as_bool();
    while (at_ < body_.size()) {
      Record record;
      record.line = lines.of(at_);
      if (!read_record(record)) {
        return fail(ErrorKind::invalid_input,
                    fmt::format("End of file reached in an enclosed field (line {})", record.line));
      }
      if (skip > 0) {
        --skip;
      } else if (header) {
        header = false;
        for (const auto& field : record.fields) {
          content.header.push_back(field.is_string() ? field.as_string() : "");
        }
      } else if (!(skip_blank_ && blank_)) {
        content.records.push_back(std::move(record));
      }
    }
    return content;
  }

 private:
  [[nodiscard]] bool at(const std::string& delimiter) const {
    return !delimiter.empty() && body_.substr(at_, delimiter.size()) == delimiter;
  }
  // "\n" also ends lines that end in "\r\n".
  bool accept_record_end() {
    if (record_ == "\n" && body_.substr(at_, 2) == "\r\n") {
      at_ += 2;
      return true;
    }
    if (!at(record_)) return false;
    at_ += record_.size();
    return true;
  }

  bool read_record(Record& record) {
    const auto start = at_;
    while (true) {
      std::string text;
      bool enclosed = false;
      if (!read_field(text, enclosed)) return false;
      record.fields.push_back(finished(std::move(text), enclosed));
      if (at(field_)) {
        at_ += field_.size();
        if (at_ < body_.size()) continue;
        record.fields.push_back(finished("", false));
      }
      const auto end = at_;
      if (at_ < body_.size()) accept_record_end();
      blank_ = trim(body_.substr(start, end - start)).empty();
      return true;
    }
  }

  bool read_field(std::string& text, bool& enclosed) {
    if (at(enclosure_)) {
      enclosed = true;
      at_ += enclosure_.size();
      while (at_ < body_.size()) {
        if (at(escape_) && at_ + 1 < body_.size()) {
          at_ += escape_.size();
          text += body_[at_++];
        } else if (at(enclosure_)) {
          at_ += enclosure_.size();
          if (!at(enclosure_)) return true;
          text += enclosure_;
          at_ += enclosure_.size();
        } else {
          text += body_[at_++];
        }
      }
      return false;
    }
    while (at_ < body_.size() && !at(field_)) {
      if (record_ == "\n" && body_.substr(at_, 2) == "\r\n") return true;
      if (at(record_)) return true;
      const auto& escape = escape_.empty() ? unenclosed_escape_ : escape_;
      const bool null_mark = body_.substr(at_, 2) == "\\N";
      if (at(escape) && !null_mark && at_ + escape.size() < body_.size()) at_ += escape.size();
      text += body_[at_++];
    }
    return true;
  }

  [[nodiscard]] Value finished(std::string text, bool enclosed) const {
    if (trim_ && !enclosed) text = std::string(trim(text));
    if (std::find(null_if_.begin(), null_if_.end(), text) != null_if_.end()) return {};
    if (text.empty() && !enclosed && empty_is_null_) return {};
    return text;
  }

  const Map& format_;
  std::string_view body_;
  std::size_t at_ = 0;
  std::string field_;
  std::string record_;
  std::string enclosure_;
  std::string escape_;
  std::string unenclosed_escape_;
  std::vector<std::string> null_if_;
  bool trim_ = false;
  bool empty_is_null_ = true;
  bool skip_blank_ = false;
  bool blank_ = false;
};

}  // namespace

Result<FileContent> read_file(const Map& format, std::string_view body) {
  const auto type = format_type(format);
  if (type != "CSV" && type != "JSON") {
    return fail(ErrorKind::invalid_input,
                fmt::format("The sandbox received the file but does not read {} content", type));
  }
  const auto compression = format_option(format, "COMPRESSION").as_string();
  std::string unpacked;
  if (compression == "GZIP" || (compression == "AUTO" && is_gzip(body))) {
    auto text = gunzip(body);
    if (!text) return Failure(text.error());
    unpacked = std::move(*text);
    body = unpacked;
  } else if (is_gzip(body) || (compression != "AUTO" && compression != "NONE")) {
    return fail(ErrorKind::invalid_input,
                fmt::format("The sandbox received the file but does not read compressed content "
                            "other than GZIP (COMPRESSION = {})",
                            compression));
  }
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (body.starts_with(byte_order_mark)) body.remove_prefix(byte_order_mark.size());
  return type == "JSON" ? read_json(format, body) : CsvReader(format, body).run();
}

}  // namespace firn::sandbox::snowflake
