#include "providers/snowflake/key_pair.h"

#include <gtest/gtest.h>
#include <memory>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "core/value/json.h"
#include "tests/snowflake/keys.h"

namespace firn::snowflake {
namespace {

constexpr Instant start{std::chrono::seconds(1'767'225'600)};

// RFC 7515, appendix A.2.
TEST(KeyPair, SignsAsRfc7515Says) {
  const auto key = KeyPair::read(keys::rfc7515_a2, "", "test");
  ASSERT_TRUE(key);
  const auto signature = key->sign(
      "eyJhbGciOiJSUzI1NiJ9"
      ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnV"
      "lfQ");
  ASSERT_TRUE(signature);
  EXPECT_EQ(
      base64url(*signature),
      "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W"
      "2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkS"
      "jtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnv"
      "Wh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw");
}

TEST(KeyPair, ReadsEncryptedKeysAndKeysOnOneLine) {
  const auto plain = KeyPair::read(keys::rfc7515_a2, "", "test");
  const auto encrypted = KeyPair::read(keys::encrypted, keys::passphrase, "test");
  const auto one_line =
      KeyPair::read(replace_all(std::string(keys::rfc7515_a2), "\n", "\\n"), "", "test");
  ASSERT_TRUE(plain);
  ASSERT_TRUE(encrypted);
  ASSERT_TRUE(one_line);
  EXPECT_EQ(plain->fingerprint(), keys::rfc7515_a2_fingerprint);
  EXPECT_EQ(encrypted->fingerprint(), keys::rfc7515_a2_fingerprint);
  EXPECT_EQ(one_line->fingerprint(), keys::rfc7515_a2_fingerprint);
}

TEST(KeyPair, SaysExactlyWhyAKeyIsUnfit) {
  struct Row {
    std::string_view pem;
    std::string_view passphrase;
    const char* detail;
  };
  std::string damaged(keys::rfc7515_a2);
  damaged.erase(200, 40);
  for (const Row& row : {
           Row{keys::encrypted, "summer",
               "it cannot be decrypted: the passphrase is wrong, the text is damaged, or it is "
               "encrypted in an outdated way"},
           Row{keys::encrypted, "", "it is encrypted, and there is no passphrase"},
           Row{keys::pkcs1, "",
               "it is in the PKCS#1 form (BEGIN RSA PRIVATE KEY); Snowflake uses PKCS#8"},
           Row{keys::elliptic, "", "it is not an RSA key"},
           Row{keys::rsa_1024, "", "it has 1024 bits; Snowflake asks for at least 2048"},
           Row{keys::public_half, "", "it is a public key"},
           Row{"hello", "", "it holds no PEM private key (BEGIN PRIVATE KEY)"},
           Row{damaged, "", "its text is damaged"},
       }) {
    const auto key = KeyPair::read(row.pem, row.passphrase, "rsa_key.p8");
    ASSERT_FALSE(key) << row.detail;
    EXPECT_EQ(key.error().kind, ErrorKind::credentials);
    EXPECT_EQ(key.error().summary, "the private key from rsa_key.p8 is unfit");
    EXPECT_EQ(key.error().detail, row.detail);
    EXPECT_FALSE(key.error().remedy.empty());
  }
}

// The signature is checked with the public half alone, as the server does.
TEST(TokenSource, MakesTokensThatTheServerAccepts) {
  TokenSource tokens(*KeyPair::read(keys::rfc7515_a2, "", "test"), "MYORG-MYACCOUNT",
                     "FIRN_DEPLOY");
  const auto token = tokens.token(start);
  ASSERT_TRUE(token);
  const auto parts = split(*token, '.');
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_EQ(decode_base64url(parts[0]), R"({"alg":"RS256","typ":"JWT"})");
  const auto payload = parse_json(*decode_base64url(parts[1]));
  ASSERT_TRUE(payload);
  EXPECT_EQ(payload->string_or("iss", ""),
            "MYORG-MYACCOUNT.FIRN_DEPLOY." + std::string(keys::rfc7515_a2_fingerprint));
  EXPECT_EQ(payload->string_or("sub", ""), "MYORG-MYACCOUNT.FIRN_DEPLOY");
  EXPECT_EQ(payload->int_or("iat", 0), 1'767'225'600);
  EXPECT_LE(payload->int_or("exp", 0) - payload->int_or("iat", 0), 3600);

  const std::unique_ptr<BIO, int (*)(BIO*)> bio(
      BIO_new_mem_buf(keys::public_half.data(), static_cast<int>(keys::public_half.size())),
      BIO_free);
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(
      PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                   EVP_MD_CTX_free);
  const std::string signature = *decode_base64url(parts[2]);
  const std::string signed_part = parts[0] + "." + parts[1];
  ASSERT_EQ(EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()), 1);
  EXPECT_EQ(
      EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                       signature.size(), reinterpret_cast<const unsigned char*>(signed_part.data()),
                       signed_part.size()),
      1);
}

TEST(TokenSource, KeepsATokenForFiftySecondsOnly) {
  using std::chrono::seconds;
  TokenSource tokens(*KeyPair::read(keys::rfc7515_a2, "", "test"), "A", "U");
  const auto first = *tokens.token(start);
  EXPECT_EQ(*tokens.token(start + seconds(49)), first);
  const auto second = *tokens.token(start + seconds(50));
  EXPECT_NE(second, first);
  EXPECT_EQ(*tokens.token(start + seconds(51)), second);
  tokens.renew();
  EXPECT_NE(*tokens.token(start + seconds(52)), second);
}

}  // namespace
}  // namespace firn::snowflake
