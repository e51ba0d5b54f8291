#include "core/base/digest.h"

#include <array>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace firn {
namespace {

constexpr std::string_view standard_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

[[noreturn]] void refuse(const char* what) {
  std::fprintf(stderr,
               "firn: the system's OpenSSL refuses %s; check its configuration "
               "(a FIPS-only provider does not offer MD5)\n",
               what);
  std::abort();
}

std::string digest(const EVP_MD* algorithm, std::string_view data, const char* name) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  if (EVP_Digest(data.data(), data.size(), bytes.data(), &size, algorithm, nullptr) != 1) {
    refuse(name);
  }
  return {reinterpret_cast<const char*>(bytes.data()), size};
}

std::string encode(std::string_view bytes, std::string_view alphabet, bool padded) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  const auto byte = [&](std::size_t i) -> std::uint32_t {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U;
  };
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::uint32_t group = byte(i) << 16U | byte(i + 1) << 8U | byte(i + 2);
    const std::size_t left = bytes.size() - i;
    text += alphabet[group >> 18U & 63U];
    text += alphabet[group >> 12U & 63U];
    if (left > 1) text += alphabet[group >> 6U & 63U];
    if (left > 2) text += alphabet[group & 63U];
    if (padded && left < 3) text.append(3 - left, '=');
  }
  return text;
}

std::optional<std::uint32_t> sextet(char c, bool url) {
  if (c >= 'A' && c <= 'Z') return static_cast<std::uint32_t>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<std::uint32_t>(c - 'a' + 26);
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0' + 52);
  if (c == (url ? '-' : '+')) return 62U;
  if (c == (url ? '_' : '/')) return 63U;
  return std::nullopt;
}

// `text` without its padding.
std::optional<std::string> decode(std::string_view text, bool url) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const auto value = sextet(c, url);
    if (!value) return std::nullopt;
    bits = (bits << 6U | *value) & 0xFFFFU;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>(bits >> count & 0xFFU);
    }
  }
  // RFC 4648, 3.5: the bits left over must be zero, or one text would have several spellings.
  if ((bits & ((1U << count) - 1U)) != 0) return std::nullopt;
  return bytes;
}

}  // namespace

std::string sha256(std::string_view data) {
  return digest(EVP_sha256(), data, "SHA-256");
}

std::string md5(std::string_view data) {
  return digest(EVP_md5(), data, "MD5");
}

std::string hmac_sha256(std::string_view key, std::string_view data) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  // OpenSSL takes a null key for "the key of before", so an empty one must still point somewhere.
  const char* start = key.empty() ? "" : key.data();
  if (key.size() > INT_MAX || HMAC(EVP_sha256(), start, static_cast<int>(key.size()),
                                   reinterpret_cast<const unsigned char*>(data.data()), data.size(),
                                   bytes.data(), &size) == nullptr) {
    refuse("HMAC-SHA-256");
  }
  return {reinterpret_cast<const char*>(bytes.data()), size};
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

std::string base64(std::string_view bytes) {
  return encode(bytes, standard_alphabet, true);
}

std::string base64url(std::string_view bytes) {
  return encode(bytes, url_alphabet, false);
}

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i)
    text.remove_suffix(1);
  return decode(text, false);
}

std::optional<std::string> decode_base64url(std::string_view text) {
  return decode(text, true);
}

}  // namespace firn
