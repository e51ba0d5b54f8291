#include "providers/snowflake/key_pair.h"

#include <algorithm>
#include <cstring>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "core/value/json.h"

namespace firn::snowflake {
namespace {

constexpr int bits_min = 2048;
constexpr std::chrono::seconds token_age_max{50};
constexpr std::chrono::seconds token_life{120};

struct BioDeleter {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, BioDeleter>;

struct DigestContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

constexpr std::string_view make_a_key =
    "make one with:\n  openssl genrsa 2048 | openssl pkcs8 -topk8 -v2 aes-256-cbc -out rsa_key.p8";

Failure unfit(std::string_view source, std::string_view what, std::string_view remedy) {
  return fail(ErrorKind::credentials, "the private key from " + std::string(source) + " is unfit",
              std::string(what), std::string(remedy));
}

struct Passphrase {
  std::string_view text;
  bool asked = false;
};

int give_passphrase(char* buffer, int size, int /*writing*/, void* context) {
  auto& passphrase = *static_cast<Passphrase*>(context);
  passphrase.asked = true;
  if (passphrase.text.empty() || passphrase.text.size() > static_cast<std::size_t>(size)) return -1;
  std::memcpy(buffer, passphrase.text.data(), passphrase.text.size());
  return static_cast<int>(passphrase.text.size());
}

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

Result<KeyPair> KeyPair::read(std::string_view pem, std::string_view passphrase,
                              std::string_view source) {
  // Keys in environment variables often carry their line ends as the two characters \n.
  std::string text =
      holds(pem, "\n") ? std::string(pem) : replace_all(std::string(pem), "\\n", "\n");
  if (holds(text, "-----BEGIN RSA PRIVATE KEY-----")) {
    return unfit(
        source, "it is in the PKCS#1 form (BEGIN RSA PRIVATE KEY); Snowflake uses PKCS#8",
        "convert it with:\n  openssl pkcs8 -topk8 -v2 aes-256-cbc -in KEY -out rsa_key.p8");
  }
  if (holds(text, "-----BEGIN PUBLIC KEY-----")) {
    return unfit(source, "it is a public key", "name the private key's file instead");
  }
  const bool encrypted = holds(text, "-----BEGIN ENCRYPTED PRIVATE KEY-----");
  if (!encrypted && !holds(text, "-----BEGIN PRIVATE KEY-----")) {
    return unfit(source, "it holds no PEM private key (BEGIN PRIVATE KEY)", make_a_key);
  }
  if (encrypted && passphrase.empty()) {
    return unfit(source, "it is encrypted, and there is no passphrase",
                 "set PRIVATE_KEY_PASSPHRASE, or private_key_passphrase in the connection");
  }

  const Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  Passphrase given{passphrase};
  ERR_clear_error();
  EVP_PKEY* raw =
      bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, give_passphrase, &given) : nullptr;
  ERR_clear_error();
  if (raw == nullptr) {
    if (encrypted) {
      return unfit(source,
                   "it cannot be decrypted: the passphrase is wrong, the text is damaged, or it is "
                   "encrypted in an outdated way",
                   "check PRIVATE_KEY_PASSPHRASE; keys made with `-v2 aes-256-cbc` work");
    }
    return unfit(source, "its text is damaged", make_a_key);
  }
  KeyPair pair;
  pair.key_ = std::shared_ptr<evp_pkey_st>(raw, EVP_PKEY_free);
  if (EVP_PKEY_get_base_id(raw) != EVP_PKEY_RSA) {
    return unfit(source, "it is not an RSA key", make_a_key);
  }
  if (const int bits = EVP_PKEY_get_bits(raw); bits < bits_min) {
    return unfit(source,
                 "it has " + std::to_string(bits) + " bits; Snowflake asks for at least 2048",
                 make_a_key);
  }
  unsigned char* der = nullptr;
  const int length = i2d_PUBKEY(raw, &der);
  if (length <= 0) return unfit(source, "its public half cannot be written", make_a_key);
  const std::string public_key(der, der + length);
  OPENSSL_free(der);
  pair.fingerprint_ = "SHA256:" + base64(sha256(public_key));
  return pair;
}

Result<std::string> KeyPair::sign(std::string_view data) const {
  const std::unique_ptr<EVP_MD_CTX, DigestContextDeleter> context(EVP_MD_CTX_new());
  const auto* bytes = reinterpret_cast<const unsigned char*>(data.data());
  std::size_t size = 0;
  std::string signature;
  bool done = context &&
              EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
              EVP_DigestSign(context.get(), nullptr, &size, bytes, data.size()) == 1;
  if (done) {
    signature.resize(size);
    done = EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                          bytes, data.size()) == 1;
    signature.resize(size);
  }
  if (!done) {
    return fail(ErrorKind::credentials, "cannot sign a token with the private key",
                "OpenSSL refused", "check that the key is a whole RSA private key");
  }
  return signature;
}

Result<std::string> make_jwt(const KeyPair& key, std::string_view payload_json) {
  const std::string input =
      base64url(R"({"alg":"RS256","typ":"JWT"})") + '.' + base64url(payload_json);
  auto signature = key.sign(input);
  if (!signature) return fail(signature.error());
  return input + '.' + base64url(*signature);
}

Result<std::string> TokenSource::token(Instant now) {
  if (!token_.empty() && now >= made_at_ && now - made_at_ < token_age_max) return token_;
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  const std::string subject = account_ + '.' + user_;
  Map payload;
  payload.set("iss", subject + '.' + key_.fingerprint());
  payload.set("sub", subject);
  payload.set("iat", std::int64_t{seconds});
  payload.set("exp", std::int64_t{seconds + token_life.count()});
  auto made = make_jwt(key_, to_json(payload));
  if (!made) return made;
  token_ = *made;
  made_at_ = now;
  return made;
}

}  // namespace firn::snowflake
