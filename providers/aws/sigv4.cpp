#include "providers/aws/sigv4.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <vector>

#include "core/base/digest.h"
#include "core/base/text.h"

namespace firn::aws {

namespace {

// Proxies and HTTP libraries change or add these, so a signature over them would break.
bool is_unsigned(std::string_view name) {
  return name == "authorization" || name == "connection" || name == "content-length" ||
         name == "expect" || name == "keep-alive" || name == "te" || name == "trailer" ||
         name == "transfer-encoding" || name == "upgrade" || name == "user-agent" ||
         name == "x-amzn-trace-id" || name.starts_with("proxy-");
}

std::string collapse_spaces(std::string_view value) {
  std::string collapsed;
  for (const char c : trim(value)) {
    if (c == ' ' && !collapsed.empty() && collapsed.back() == ' ') continue;
    collapsed += c;
  }
  return collapsed;
}

// RFC 3986 dot segments and repeated slashes.
std::string without_dot_segments(std::string_view path) {
  std::vector<std::string> kept;
  for (const std::string& segment : split(path, '/')) {
    if (segment.empty() || segment == ".") continue;
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
      continue;
    }
    kept.push_back(segment);
  }
  std::string normalized = "/" + join(kept, "/");
  const bool is_folder = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
  if (is_folder && normalized.size() > 1) normalized += '/';
  return normalized;
}

// S3 signs the path as sent; every other service signs it normalised and encoded once more.
std::string canonical_path(std::string_view path, bool is_s3) {
  if (path.empty()) return "/";
  if (is_s3) return std::string(path);
  return percent_encode(without_dot_segments(path), true);
}

std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  if (!query.empty()) {
    for (const std::string& part : split(query, '&')) {
      if (part.empty()) continue;
      const auto equals = part.find('=');
      const std::string_view whole = part;
      const std::string_view key = whole.substr(0, equals);
      const std::string_view value =
          equals == std::string::npos ? std::string_view() : whole.substr(equals + 1);
      pairs.emplace_back(percent_encode(percent_decode(key)),
                         percent_encode(percent_decode(value)));
    }
  }
  std::sort(pairs.begin(), pairs.end());
  std::string canonical;
  for (const auto& [key, value] : pairs) {
    if (!canonical.empty()) canonical += '&';
    canonical += key;
    canonical += '=';
    canonical += value;
  }
  return canonical;
}

}  // namespace

Signature sign(http::Request& request, const Credentials& credentials, const SigningScope& scope) {
  const bool is_s3 = scope.signing_name == "s3";
  const std::string time = format_basic(scope.time);
  const std::string day = time.substr(0, 8);
  const std::string payload_hash = sha256_hex(request.body);

  request.headers.set("x-amz-date", time);
  if (is_s3) request.headers.set("x-amz-content-sha256", payload_hash);
  if (!credentials.session_token.empty()) {
    request.headers.set("x-amz-security-token", credentials.session_token);
  }

  std::map<std::string, std::string> headers;
  for (const auto& [name, value] : request.headers) {
    const std::string lower = to_lower(name);
    if (is_unsigned(lower)) continue;
    const auto [it, is_new] = headers.emplace(lower, collapse_spaces(value));
    if (!is_new) it->second += "," + collapse_spaces(value);
  }
  headers["host"] = request.authority();

  std::string canonical_headers;
  std::string signed_headers;
  for (const auto& [name, value] : headers) {
    canonical_headers += name + ":" + value + "\n";
    if (!signed_headers.empty()) signed_headers += ';';
    signed_headers += name;
  }

  Signature result;
  result.signed_headers = signed_headers;
  result.canonical_request =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, canonical_path(request.path, is_s3),
                  canonical_query(request.query), canonical_headers, signed_headers, payload_hash);

  const std::string credential_scope =
      fmt::format("{}/{}/{}/aws4_request", day, scope.region, scope.signing_name);
  const std::string to_sign = fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", time, credential_scope,
                                          sha256_hex(result.canonical_request));
  std::string key = hmac_sha256("AWS4" + credentials.secret_access_key, day);
  key = hmac_sha256(key, scope.region);
  key = hmac_sha256(key, scope.signing_name);
  key = hmac_sha256(key, "aws4_request");
  result.signature = hex(hmac_sha256(key, to_sign));

  request.headers.set(
      "Authorization",
      fmt::format("AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}",
                  credentials.access_key_id, credential_scope, signed_headers, result.signature));
  return result;
}

}  // namespace firn::aws
