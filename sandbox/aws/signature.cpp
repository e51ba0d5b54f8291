#include "sandbox/aws/signature.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fmt/format.h>

#include "core/async/calendar.h"
#include "core/base/digest.h"
#include "core/base/text.h"

namespace firn::sandbox::aws {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";
constexpr auto skew_of_s3 = std::chrono::minutes(15);
constexpr auto skew_of_others = std::chrono::minutes(5);

std::string squeeze(std::string_view value) {
  std::string squeezed;
  for (const char c : trim(value)) {
    if ((c == ' ' || c == '\t') && !squeezed.empty() && squeezed.back() == ' ') continue;
    squeezed += c == '\t' ? ' ' : c;
  }
  return squeezed;
}

std::optional<std::string> header_value(const http::Request& request, const std::string& name) {
  std::optional<std::string> joined;
  for (const auto& [key, value] : request.headers) {
    if (!equals_ignoring_case(key, name)) continue;
    joined = joined ? *joined + "," + squeeze(value) : squeeze(value);
  }
  if (!joined && name == "host") return request.authority();
  return joined;
}

// RFC 3986 section 5.2.4, and slashes that follow each other become one.
std::string without_dots(std::string_view path) {
  std::vector<std::string> kept;
  for (const std::string& segment : split(path, '/')) {
    if (segment.empty() || segment == ".") continue;
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else {
      kept.push_back(segment);
    }
  }
  std::string normal = "/" + join(kept, "/");
  const bool slash_at_end = path.size() > 1 && path.back() == '/';
  if (slash_at_end && normal.size() > 1) normal += '/';
  return normal;
}

std::string canonical_path(const http::Request& request, bool is_s3) {
  const std::string path = request.path.empty() ? "/" : request.path;
  // S3 encodes the key once and leaves dots alone; the others normalise the path as it was sent
  // and encode that again.
  if (is_s3) return percent_encode(percent_decode(path), true);
  return percent_encode(without_dots(path), true);
}

std::string canonical_query(const http::Request& request) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& part : split(request.query, '&')) {
    if (part.empty()) continue;
    const auto equals = part.find('=');
    const std::string_view text = part;
    const std::string name = percent_decode(text.substr(0, equals));
    const std::string value =
        equals == std::string::npos ? std::string() : percent_decode(text.substr(equals + 1));
    pairs.emplace_back(percent_encode(name), percent_encode(value));
  }
  std::sort(pairs.begin(), pairs.end());
  std::vector<std::string> parts;
  for (const auto& [name, value] : pairs)
    parts.push_back(name + "=" + value);
  return join(parts, "&");
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned different = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    different |=
        static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]));
  }
  return different == 0;
}

bool is_signed(const Authorization& authorization, std::string_view name) {
  const auto& names = authorization.signed_headers;
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::optional<int> digits(std::string_view text, std::size_t from, std::size_t count) {
  int value = 0;
  if (text.size() < from + count) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data() + from, text.data() + from + count, value);
  if (error != std::errc() || end != text.data() + from + count) return std::nullopt;
  return value;
}

std::optional<Instant> basic_time(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  const auto year = digits(text, 0, 4);
  const auto month = digits(text, 4, 2);
  const auto day = digits(text, 6, 2);
  const auto hour = digits(text, 9, 2);
  const auto minute = digits(text, 11, 2);
  const auto second = digits(text, 13, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  return instant_of(*year, *month, *day, *hour, *minute, *second);
}

// The hash of the payload as it stands in the canonical request, or what is wrong with it.
std::variant<std::string, SignatureProblem> payload_hash(const http::Request& request, bool is_s3) {
  const std::string computed = sha256_hex(request.body);
  const auto header = header_value(request, "x-amz-content-sha256");
  if (!is_s3) return header.value_or(computed) == "UNSIGNED-PAYLOAD" ? *header : computed;
  if (!header) return SignatureProblem{SignatureFault::missing_payload_hash};
  if (header->starts_with("STREAMING-")) {
    return SignatureProblem{SignatureFault::streaming, *header};
  }
  if (*header == "UNSIGNED-PAYLOAD" && request.scheme == "https") return *header;
  if (*header != computed) {
    return SignatureProblem{SignatureFault::payload_hash_mismatch, computed};
  }
  return computed;
}

std::optional<SignatureProblem> check_time(const std::string& stamp, Instant at, Instant now,
                                           bool is_s3) {
  const Duration allowed = is_s3 ? Duration(skew_of_s3) : Duration(skew_of_others);
  if (at < now - allowed) {
    return SignatureProblem{
        SignatureFault::too_late,
        fmt::format("Signature expired: {} is now earlier than {} ({} - {} min.)", stamp,
                    format_basic(now - allowed), format_basic(now),
                    std::chrono::duration_cast<std::chrono::minutes>(allowed).count())};
  }
  if (at > now + allowed) {
    return SignatureProblem{
        SignatureFault::too_early,
        fmt::format("Signature not yet current: {} is still later than {} ({} + {} min.)", stamp,
                    format_basic(now + allowed), format_basic(now),
                    std::chrono::duration_cast<std::chrono::minutes>(allowed).count())};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Instant> signing_time(const http::Request& request) {
  const auto stamp = header_value(request, "x-amz-date");
  return stamp ? basic_time(*stamp) : std::nullopt;
}

std::optional<Authorization> parse_authorization(const http::Request& request) {
  const std::string* header = request.headers.find("authorization");
  if (!header || !header->starts_with(algorithm)) return std::nullopt;
  Authorization parsed;
  for (const std::string& part : split(header->substr(algorithm.size()), ',')) {
    const std::string_view item = trim(part);
    const auto equals = item.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = item.substr(0, equals);
    const std::string_view value = item.substr(equals + 1);
    if (name == "Credential") {
      const std::vector<std::string> scope = split(value, '/');
      if (scope.size() != 5 || scope[4] != "aws4_request") continue;
      parsed.access_key_id = scope[0];
      parsed.day = scope[1];
      parsed.region = scope[2];
      parsed.service = scope[3];
    } else if (name == "SignedHeaders") {
      parsed.signed_headers = split(value, ';');
    } else if (name == "Signature") {
      parsed.signature = std::string(value);
    }
  }
  return parsed;
}

std::optional<SignatureProblem> verify_signature(const http::Request& request,
                                                 const Authorization& authorization,
                                                 const std::string& secret, Instant now) {
  const bool is_s3 = authorization.service == "s3";
  const auto stamp = header_value(request, "x-amz-date");
  const auto at = signing_time(request);
  if (!stamp || !at || authorization.signature.empty() || authorization.access_key_id.empty() ||
      !is_signed(authorization, "host")) {
    return SignatureProblem{SignatureFault::incomplete};
  }
  if (auto problem = check_time(*stamp, *at, now, is_s3)) return problem;

  for (const auto& [name, value] : request.headers) {
    const std::string lower = to_lower(name);
    if (is_s3 && lower.starts_with("x-amz-") && !is_signed(authorization, lower)) {
      return SignatureProblem{SignatureFault::unsigned_headers, lower};
    }
  }
  auto payload = payload_hash(request, is_s3);
  if (auto* problem = std::get_if<SignatureProblem>(&payload)) return *problem;

  std::string canonical = fmt::format("{}\n{}\n{}\n", request.method,
                                      canonical_path(request, is_s3), canonical_query(request));
  for (const std::string& name : authorization.signed_headers) {
    canonical += fmt::format("{}:{}\n", name, header_value(request, name).value_or(""));
  }
  canonical += fmt::format("\n{}\n{}", join(authorization.signed_headers, ";"),
                           std::get<std::string>(payload));

  const std::string scope = fmt::format("{}/{}/{}/aws4_request", authorization.day,
                                        authorization.region, authorization.service);
  const std::string to_sign =
      fmt::format("{}\n{}\n{}\n{}", algorithm, *stamp, scope, sha256_hex(canonical));
  std::string key = hmac_sha256("AWS4" + secret, authorization.day);
  key = hmac_sha256(key, authorization.region);
  key = hmac_sha256(key, authorization.service);
  key = hmac_sha256(key, "aws4_request");
  const std::string expected = hex(hmac_sha256(key, to_sign));
  const bool same_day = stamp->substr(0, 8) == authorization.day;
  if (same_day && equal_in_constant_time(expected, authorization.signature)) return std::nullopt;
  return SignatureProblem{SignatureFault::mismatch, {}, canonical, to_sign};
}

}  // namespace firn::sandbox::aws
