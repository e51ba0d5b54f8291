#include "sandbox/snowflake/keys.h"

#include <memory>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "core/value/json.h"

namespace firn::sandbox::snowflake {
namespace {

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

// The DER bytes of a public key given as PEM or as PEM without its lines.
std::string public_der(std::string_view key) {
  std::string body;
  for (const auto& line : split(key, '\n')) {
    const auto trimmed = trim(line);
    if (!trimmed.starts_with("-----")) body += trimmed;
  }
  return decode_base64(body).value_or("");
}

Key public_key(std::string_view text) {
  const auto der = public_der(text);
  const auto* data = reinterpret_cast<const unsigned char*>(der.data());
  Key key(d2i_PUBKEY(nullptr, &data, static_cast<long>(der.size())));
  if (key && EVP_PKEY_base_id(key.get()) != EVP_PKEY_RSA) key.reset();
  return key;
}

bool signed_by(std::string_view signed_text, std::string_view signature, std::string_view key) {
  const Key verifier = public_key(key);
  const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  if (!verifier || !context) return false;
  if (EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, verifier.get()) != 1) {
    return false;
  }
  return EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                          signature.size(),
                          reinterpret_cast<const unsigned char*>(signed_text.data()),
                          signed_text.size()) == 1;
}

Failure refused(std::string code, std::string why) {
  Error error;
  error.kind = ErrorKind::credentials;
  error.summary = "JWT token is invalid";
  error.detail = std::move(why);
  error.code = std::move(code);
  return fail(std::move(error));
}

struct Parts {
  Value header;
  Value payload;
  std::string signature;
  std::string_view signed_text;
};

Result<Parts> parts_of(std::string_view jwt) {
  const auto first = jwt.find('.');
  const auto last = jwt.rfind('.');
  if (first == std::string_view::npos || first == last) {
    return refused("394306", "not three parts separated by dots");
  }
  const auto header = decode_base64url(jwt.substr(0, first));
  const auto payload = decode_base64url(jwt.substr(first + 1, last - first - 1));
  const auto signature = decode_base64url(jwt.substr(last + 1));
  if (!header || !payload || !signature) return refused("394306", "not base64url");
  auto head = parse_json(*header);
  auto body = parse_json(*payload);
  if (!head || !body || !head->is_map() || !body->is_map()) {
    return refused("394306", "header or payload is no JSON object");
  }
  return Parts{std::move(*head), std::move(*body), *signature, jwt.substr(0, last)};
}

Result<Claims> claims_of(const Value& payload) {
  const auto subject = payload.string_or("sub", "");
  const auto issuer = payload.string_or("iss", "");
  const auto dot = subject.find('.');
  const auto prefix = subject + ".SHA256:";
  if (dot == std::string::npos || !issuer.starts_with(prefix)) {
    return refused("394300", "iss is not <sub>.SHA256:<fingerprint>");
  }
  return Claims{canonical_account(subject.substr(0, dot)), subject.substr(dot + 1),
                issuer.substr(prefix.size())};
}

// Epoch seconds; milliseconds are accepted too.
std::int64_t seconds_of(const Value& value) {
  const auto number = value.is_int()      ? value.as_int()
                      : value.is_number() ? static_cast<std::int64_t>(value.as_number())
                                          : std::int64_t{0};
  return number > 100'000'000'000 ? number / 1000 : number;
}

Result<KeyPair> pair_of(const Key& key, std::string private_pem) {
  unsigned char* der = nullptr;
  const int length = i2d_PUBKEY(key.get(), &der);
  if (length <= 0) return fail(ErrorKind::bug, "cannot encode an RSA key", "OpenSSL refused");
  KeyPair pair;
  pair.private_pem = std::move(private_pem);
  pair.public_key = base64(
      std::string_view(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length)));
  OPENSSL_free(der);
  return pair;
}

}  // namespace

Result<KeyPair> make_key_pair() {
  const Key key(EVP_RSA_gen(2048));
  const std::unique_ptr<BIO, FreeBio> bio(BIO_new(BIO_s_mem()));
  if (!key || !bio ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
          1) {
    return fail(ErrorKind::bug, "cannot make an RSA key pair", "OpenSSL refused");
  }
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &data);
  return pair_of(key, std::string(data, static_cast<std::size_t>(size)));
}

Result<KeyPair> key_pair_of(const std::string& private_pem) {
  const std::unique_ptr<BIO, FreeBio> bio(
      BIO_new_mem_buf(private_pem.data(), static_cast<int>(private_pem.size())));
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  if (!key || EVP_PKEY_base_id(key.get()) != EVP_PKEY_RSA) {
    return fail(ErrorKind::invalid_input, "the deployers' key is no RSA private key in PEM");
  }
  return pair_of(key, private_pem);
}

std::string fingerprint_of_public_key(std::string_view key) {
  if (!public_key(key)) return "";
  return base64(sha256(public_der(key)));
}

Result<Claims> read_claims(std::string_view jwt) {
  auto parts = parts_of(jwt);
  if (!parts) return Failure(parts.error());
  return claims_of(parts->payload);
}

Result<Object> verify_jwt(std::string_view jwt, const Catalog& catalog, Instant now) {
  auto parts = parts_of(jwt);
  if (!parts) return Failure(parts.error());
  if (parts->header.string_or("alg", "") != "RS256") return refused("394305", "alg is not RS256");
  auto claims = claims_of(parts->payload);
  if (!claims) return Failure(claims.error());
  if (claims->account != catalog.account()) {
    return refused("394307", "the issuer's account is not this one");
  }
  if (parts->payload.find("iat") == nullptr || parts->payload.find("exp") == nullptr) {
    return refused("394301", "iat or exp is missing");
  }
  std::optional<Object> user;
  for (auto& candidate : catalog.all(Kind::user)) {
    if (login_name(candidate) == claims->login) user = std::move(candidate);
  }
  if (!user || user->flag("disabled")) return refused("394300", "no such user");

  std::string key;
  for (const auto* property : {"rsa_public_key", "rsa_public_key_2"}) {
    const auto candidate = user->text(property);
    if (!candidate.empty() && fingerprint_of_public_key(candidate) == claims->fingerprint) {
      key = candidate;
    }
  }
  if (key.empty()) return refused("394304", "the fingerprint matches no key of the user");
  if (!signed_by(parts->signed_text, parts->signature, key)) {
    return refused("394306", "the signature does not verify");
  }
  const auto at = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  const auto issued = seconds_of(parts->payload.at("iat"));
  const auto expires = std::min(seconds_of(parts->payload.at("exp")), issued + 3600);
  if (at > expires) return refused("394303", "the token has expired");
  if (at - issued > 60) return refused("394302", "the token was issued more than 60 s ago");
  if (issued - at > 60) return refused("394302", "the token was issued in the future");
  return std::move(*user);
}

}  // namespace firn::sandbox::snowflake
