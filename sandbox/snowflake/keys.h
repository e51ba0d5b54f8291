// RSA keys and key-pair JWTs, over OpenSSL.
// Source: Snowflake documentation, "Key-pair authentication and key-pair rotation", "Authenticating
// to the server" (SQL API), "Troubleshooting key-pair authentication".
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "sandbox/snowflake/catalog.h"

namespace firn::sandbox::snowflake {

struct KeyPair {
  std::string private_pem;  // PKCS#8, not encrypted
  std::string public_key;   // base64 of the DER SubjectPublicKeyInfo: what RSA_PUBLIC_KEY takes
};
// RSA, 2048 bits.
[[nodiscard]] Result<KeyPair> make_key_pair();
[[nodiscard]] Result<KeyPair> key_pair_of(const std::string& private_pem);

// Base64 of the SHA-256 of the DER form; `key` with or without PEM lines. Empty when it is no RSA
// public key.
[[nodiscard]] std::string fingerprint_of_public_key(std::string_view key);

// What the JWT's issuer is compared with: LOGIN_NAME, by default NAME, in upper case.
[[nodiscard]] std::string login_name(const Object& user);
// False of a service: its names and password are stored, but not shown.
[[nodiscard]] bool shows_people(const Object& user);
// Defaults of a user are shown as stored parts with dots between them, without quotes.
[[nodiscard]] std::string bare_name(const std::string& dotted_name);

// Who a JWT says it is, without checking anything: to find the account.
struct Claims {
  std::string account;  // canonical
  std::string login;
  std::string fingerprint;  // without "SHA256:"
};
[[nodiscard]] Result<Claims> read_claims(std::string_view jwt);

// The user whose key signed the JWT. The error's code is one of 394300–394307, which Snowflake
// shows only to administrators; callers see 390144.
[[nodiscard]] Result<Object> verify_jwt(std::string_view jwt, const Catalog& catalog, Instant now);

}  // namespace firn::sandbox::snowflake
