// What a service answered, in one form for every protocol.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/http/http.h"
#include "core/value/value.h"

namespace firn::aws {

struct Reply {
  int status = 0;
  http::Headers headers;
  std::string body;  // as received
  // JSON as it is. XML by these rules: the root element's name is ignored, and of a query answer
  // only the content of `<OperationResult>` is kept, so paths begin at "Role", not at
  // "GetRoleResult.Role". An element with children is a map; one without is its text; siblings of
  // one name are a list. An element that holds only `member`s is a list, one that holds only
  // `entry`s with `key` and `value` is a map of them. Attributes are dropped. Null when the answer
  // is neither XML nor JSON (S3 returns a bucket policy raw, in `body`).
  Value value;
  std::string code;  // the error code when it was one of Call::tolerated; else empty
  std::string request_id;

  [[nodiscard]] bool is_tolerated_error() const { return !code.empty(); }
  // The value at a dotted path, null when absent.
  [[nodiscard]] const Value& at(std::string_view dotted) const { return value.at_path(dotted); }
  // The text at a dotted path, "" when absent. Numbers and booleans are printed.
  [[nodiscard]] std::string text(std::string_view dotted) const;
  // The items at a dotted path: none when absent or empty, one when a single element stands there.
  [[nodiscard]] List list(std::string_view dotted) const;
};

// The same readers for a part of a reply.
[[nodiscard]] std::string text_of(const Value& value);
[[nodiscard]] std::string text_at(const Value& value, std::string_view dotted);
[[nodiscard]] List list_at(const Value& value, std::string_view dotted);
// "true"/"TRUE"/true; false otherwise.
[[nodiscard]] bool flag_at(const Value& value, std::string_view dotted);

// XML by the rules above. Fails on malformed text, on nesting deeper than 64 and on DOCTYPEs.
[[nodiscard]] Result<Value> parse_xml(std::string_view text);
// Text for an XML element or attribute.
[[nodiscard]] std::string escape_xml(std::string_view text);

}  // namespace firn::aws
