// The private key of a Snowflake user, and the JSON Web Tokens made with it.
//
// Snowflake documentation: "Key-pair authentication and key-pair rotation", "Authenticating
// Snowflake SQL API requests"; RFC 7515 (JWS), RFC 7519 (JWT).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/async/clock.h"
#include "core/base/result.h"

struct evp_pkey_st;

namespace firn::snowflake {

// An RSA key of at least 2048 bits. Copies share one key; its text is never kept.
class KeyPair {
 public:
  // Reads PEM PKCS#8, encrypted or not. `source` names where the text came from in messages. Fails
  // with ErrorKind::credentials; each way in which a key can be unfit has its own message.
  static Result<KeyPair> read(std::string_view pem, std::string_view passphrase,
                              std::string_view source);

  // "SHA256:" and the Base64 digest of the public key, as DESC USER shows it in RSA_PUBLIC_KEY_FP.
  [[nodiscard]] const std::string& fingerprint() const { return fingerprint_; }
  // RSASSA-PKCS1-v1_5 with SHA-256, raw bytes.
  [[nodiscard]] Result<std::string> sign(std::string_view data) const;

 private:
  KeyPair() = default;
  std::shared_ptr<evp_pkey_st> key_;
  std::string fingerprint_;
};

// A compact JWS over this payload, with the header {"alg":"RS256","typ":"JWT"}.
[[nodiscard]] Result<std::string> make_jwt(const KeyPair& key, std::string_view payload_json);

// Hands out tokens; the server must receive one within 60 s of its making, so none gets older
// than 50 s here.
class TokenSource {
 public:
  // `account` and `user` as they stand in the issuer: upper case, account without region.
  TokenSource(KeyPair key, std::string account, std::string user)
      : key_(std::move(key)), account_(std::move(account)), user_(std::move(user)) {}

  [[nodiscard]] Result<std::string> token(Instant now);
  void renew() { token_.clear(); }  // the next token() signs anew
  [[nodiscard]] const KeyPair& key() const { return key_; }

 private:
  KeyPair key_;
  std::string account_;
  std::string user_;
  std::string token_;
  Instant made_at_{};
};

}  // namespace firn::snowflake
