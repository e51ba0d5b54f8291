// Digests and encodings, over OpenSSL.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace firn {

// Raw bytes.
[[nodiscard]] std::string sha256(std::string_view data);
[[nodiscard]] std::string md5(std::string_view data);
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view data);

[[nodiscard]] std::string hex(std::string_view bytes);  // lower case
[[nodiscard]] std::string base64(std::string_view bytes);
[[nodiscard]] std::string base64url(std::string_view bytes);  // without padding
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);
[[nodiscard]] std::optional<std::string> decode_base64url(std::string_view text);

[[nodiscard]] inline std::string sha256_hex(std::string_view data) {
  return hex(sha256(data));
}

}  // namespace firn
