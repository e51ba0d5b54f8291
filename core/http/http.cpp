#include "core/http/http.h"

#include <algorithm>
#include <charconv>

#include "core/base/text.h"

namespace firn::http {
namespace {

int default_port(std::string_view scheme) {
  return scheme == "http" ? 80 : 443;
}

Failure bad_url(std::string detail) {
  // The URL itself is not repeated: a pre-signed one is a secret.
  return fail(ErrorKind::invalid_input, "not a URL that firn can use", std::move(detail),
              "write it as https://host[:port]/path");
}

}  // namespace

void Headers::set(std::string_view name, std::string value) {
  const auto is_it = [name](const auto& item) { return equals_ignoring_case(item.first, name); };
  const auto first = std::find_if(items_.begin(), items_.end(), is_it);
  if (first == items_.end()) {
    items_.emplace_back(std::string(name), std::move(value));
    return;
  }
  first->second = std::move(value);
  items_.erase(std::remove_if(first + 1, items_.end(), is_it), items_.end());
}

void Headers::erase(std::string_view name) {
  std::erase_if(items_,
                [name](const auto& item) { return equals_ignoring_case(item.first, name); });
}

const std::string* Headers::find(std::string_view name) const {
  for (const auto& [key, value] : items_) {
    if (equals_ignoring_case(key, name)) return &value;
  }
  return nullptr;
}

std::string Headers::get(std::string_view name) const {
  const std::string* value = find(name);
  return value != nullptr ? *value : std::string();
}

std::string Request::authority() const {
  // An IPv6 address stands in brackets, or its colons would read as a port.
  std::string text =
      host.find(':') != std::string::npos && !host.starts_with('[') ? "[" + host + "]" : host;
  if (port != 0 && port != default_port(scheme)) text += ":" + std::to_string(port);
  return text;
}

std::string Request::url() const {
  std::string text = scheme + "://" + authority() + path;
  if (!query.empty()) text += "?" + query;
  return text;
}

Result<Request> parse_url(std::string_view url) {
  Request request;
  const std::size_t scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return bad_url("it has no scheme");
  request.scheme = to_lower(url.substr(0, scheme_end));
  if (request.scheme != "https" && request.scheme != "http") {
    return bad_url("its scheme is neither https nor http");
  }
  url.remove_prefix(scheme_end + 3);
  url = url.substr(0, url.find('#'));

  const std::size_t authority_end = std::min(url.find_first_of("/?"), url.size());
  std::string_view authority = url.substr(0, authority_end);
  url.remove_prefix(authority_end);
  if (authority.find('@') != std::string_view::npos) {
    return bad_url("it holds a user name; credentials do not belong into a URL");
  }
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos) return bad_url("its address has no closing bracket");
    request.host = authority.substr(1, bracket - 1);
    port = authority.substr(bracket + 1);
    if (!port.empty() && !port.starts_with(':')) return bad_url("its port is not a number");
  } else {
    const std::size_t colon = authority.find(':');
    request.host = authority.substr(0, colon);
    if (colon != std::string_view::npos) port = authority.substr(colon);
  }
  if (request.host.empty()) return bad_url("it has no host");
  if (std::any_of(request.host.begin(), request.host.end(),
                  [](unsigned char c) { return c <= ' ' || c == 0x7F || c == '\\' || c == '%'; })) {
    return bad_url("its host holds a character that no host name has");
  }
  if (port.size() > 1) {
    port.remove_prefix(1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), request.port);
    if (error != std::errc() || end != port.data() + port.size() || request.port < 1 ||
        request.port > 65535) {
      return bad_url("its port is not a number between 1 and 65535");
    }
  }
  if (std::any_of(url.begin(), url.end(), [](unsigned char c) { return c <= ' ' || c == 0x7F; })) {
    return bad_url("it holds a blank or a control character; percent-encode it");
  }
  const std::size_t question = url.find('?');
  if (question != 0 && !url.empty()) request.path = url.substr(0, question);
  if (question != std::string_view::npos) request.query = url.substr(question + 1);
  return request;
}

}  // namespace firn::http
