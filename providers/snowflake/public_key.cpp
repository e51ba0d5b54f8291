#include "providers/snowflake/public_key.h"

#include <memory>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "core/base/digest.h"
#include "core/base/text.h"

namespace firn::snowflake {
namespace {

constexpr int bits_min = 2048;

constexpr std::string_view public_half =
    "its public half is printed by:\n  openssl rsa -in rsa_key.p8 -pubout";

Failure unfit(std::string what, std::string_view remedy) {
  return fail(ErrorKind::invalid_input, "this is no public key that Snowflake takes",
              std::move(what), std::string(remedy));
}

}  // namespace

std::string public_key_body(std::string_view text) {
  // Keys in environment variables often carry their line ends as the two characters \n.
  const std::string lines = replace_all(std::string(text), "\\n", "\n");
  std::string body;
  for (const std::string& line : split(lines, '\n')) {
    const std::string_view trimmed = trim(line);
    if (!trimmed.starts_with("-----")) body += trimmed;
  }
  return body;
}

Result<std::string> public_key_fingerprint(std::string_view text) {
  if (text.find("PRIVATE KEY") != std::string_view::npos) {
    return unfit("it is a private key, which must stay with its owner", public_half);
  }
  const auto der = decode_base64(public_key_body(text));
  if (!der || der->empty()) {
    return unfit("it is neither PEM (BEGIN PUBLIC KEY) nor its Base64 text", public_half);
  }
  const auto* data = reinterpret_cast<const unsigned char*>(der->data());
  const unsigned char* const end = data + der->size();
  ERR_clear_error();
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      d2i_PUBKEY(nullptr, &data, static_cast<long>(der->size())), EVP_PKEY_free);
  ERR_clear_error();
  if (key == nullptr || data != end) {
    return unfit("its Base64 text holds no public key (SubjectPublicKeyInfo)", public_half);
  }
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) {
    return unfit("it is not an RSA key", "make an RSA key; Snowflake signs in with no other");
  }
  if (const int bits = EVP_PKEY_get_bits(key.get()); bits < bits_min) {
    return unfit(
        "it has " + std::to_string(bits) + " bits; Snowflake asks for at least 2048",
        "make a longer one with:\n  openssl genrsa 2048 | openssl pkcs8 -topk8 -out rsa_key.p8");
  }
  return "SHA256:" + base64(sha256(*der));
}

}  // namespace firn::snowflake
