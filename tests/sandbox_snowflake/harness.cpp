#include "tests/sandbox_snowflake/harness.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <tuple>

#include "core/base/digest.h"
#include "core/value/json.h"

namespace firn::sandbox {
namespace {

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

Key read_key(const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  Key key(PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr));
  BIO_free(bio);
  return key;
}

std::string sign(const std::string& pem, const std::string& text) {
  const Key key = read_key(pem);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  std::size_t size = 0;
  EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key.get());
  const auto* data = reinterpret_cast<const unsigned char*>(text.data());
  EVP_DigestSign(context, nullptr, &size, data, text.size());
  std::string signature(size, '\0');
  EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size, data,
                 text.size());
  signature.resize(size);
  EVP_MD_CTX_free(context);
  return signature;
}

std::string der_of(const std::string& pem) {
  const Key key = read_key(pem);
  unsigned char* der = nullptr;
  const int length = i2d_PUBKEY(key.get(), &der);
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
  OPENSSL_free(der);
  return bytes;
}

}  // namespace

std::string new_key() {
  const Key key(EVP_RSA_gen(2048));
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return pem;
}

std::string public_key_of(const std::string& pem) {
  return base64(der_of(pem));
}

std::string sign_token(const std::string& pem, const Token& token, Instant now) {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  const auto subject = token.account + "." + token.user;
  const auto issuer_account = token.issuer_account.empty() ? token.account : token.issuer_account;
  const auto fingerprint =
      token.fingerprint.empty() ? base64(sha256(der_of(pem))) : token.fingerprint;
  Map payload{{"sub", subject},
              {"iss", issuer_account + "." + token.user + ".SHA256:" + fingerprint}};
  if (!token.without_times) {
    payload.set("iat", seconds - token.issued_ago);
    payload.set("exp", seconds - token.issued_ago + token.life);
  }
  const auto head = to_json(Map{{"alg", token.algorithm}, {"typ", "JWT"}});
  const auto text = base64url(head) + "." + base64url(to_json(payload));
  return text + "." + base64url(sign(pem, text));
}

std::size_t Answer::rows() const {
  return body.at("data").is_list() ? body.at("data").as_list().size() : 0;
}

std::vector<std::string> Answer::column_names() const {
  std::vector<std::string> names;
  const Value& types = body.at_path("resultSetMetaData.rowType");
  if (!types.is_list()) return names;
  for (const auto& type : types.as_list())
    names.push_back(type.string_or("name", ""));
  return names;
}

std::string Answer::cell(std::size_t row, const std::string& name) const {
  const auto names = column_names();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] != name) continue;
    if (row >= rows()) return "<no row>";
    const Value& value = body.at("data").as_list()[row].as_list()[i];
    return value.is_string() ? value.as_string() : "<null>";
  }
  return "<absent>";
}

std::vector<std::string> Answer::column(const std::string& name) const {
  std::vector<std::string> cells;
  for (std::size_t i = 0; i < rows(); ++i)
    cells.push_back(cell(i, name));
  return cells;
}

std::string Answer::look_up(const std::string& key, const std::string& value,
                            const std::string& wanted) const {
  for (std::size_t i = 0; i < rows(); ++i) {
    if (cell(i, key) == value) return cell(i, wanted);
  }
  return "<no row>";
}

namespace {

// A new account costs the making of an RSA key, so those in memory are copies of the first one.
struct FreshAccount {
  std::vector<std::tuple<std::string, std::string, Value>> documents;
  std::int64_t numbers_used = 0;

  explicit FreshAccount(Store& store) {
    for (const auto& place : store.collections("")) {
      for (auto& [name, document] : store.list(place)) {
        documents.emplace_back(place, name, std::move(document));
      }
    }
    numbers_used = store.next_number();
  }
  void copy_to(Store& store) const {
    for (const auto& [place, name, document] : documents)
      store.put(place, name, document);
    while (store.next_number() < numbers_used) {
    }
  }
};

}  // namespace

Harness::Harness(const std::string& file, SnowflakeCloud::Options options) {
  static std::optional<FreshAccount> fresh;
  auto opened = Store::open(file);
  EXPECT_TRUE(opened.has_value());
  store = std::move(*opened);
  if (file == ":memory:" && fresh) fresh->copy_to(*store);
  cloud = std::make_unique<SnowflakeCloud>(*store, clock, &aws, options);
  auto pem = cloud->deployer_key("acme-lab", "eu-west-1", "deployer", "DEPLOYER_ROLE");
  EXPECT_TRUE(pem.has_value());
  key = *pem;
  if (file == ":memory:" && !fresh) fresh.emplace(*store);
  EXPECT_TRUE(store->commit().has_value());
}

http::Request Harness::post(const std::string& text, const Map& body) {
  http::Request request;
  request.method = "POST";
  request.host = "acme-lab.snowflakecomputing.com";
  request.path = "/api/v2/statements";
  request.query = "requestId=11111111-2222-3333-4444-555555555555";
  request.headers.set("Authorization", "Bearer " + sign_token(key, {}, clock.now()));
  request.headers.set("X-Snowflake-Authorization-Token-Type", "KEYPAIR_JWT");
  request.headers.set("Content-Type", "application/json");
  request.headers.set("Accept", "application/json");
  request.headers.set("User-Agent", "test/1.0");
  Map all = body;
  all.set("statement", text);
  request.body = to_json(all);
  return request;
}

Answer Harness::send(const http::Request& request) {
  const auto response = cloud->handle(request);
  Answer answer;
  answer.status = response.status;
  auto parsed = parse_json(response.body);
  EXPECT_TRUE(parsed.has_value()) << response.body;
  if (parsed) answer.body = std::move(*parsed);
  answer.code = answer.body.string_or("code", "");
  answer.sql_state = answer.body.string_or("sqlState", "");
  answer.message = answer.body.string_or("message", "");
  return answer;
}

Answer Harness::sql(const std::string& text, const std::string& role, const Map& more) {
  Map body = more;
  body.set("role", role);
  return send(post(text, body));
}

Answer Harness::must(const std::string& text, const std::string& role) {
  auto answer = sql(text, role);
  EXPECT_EQ(answer.status, 200) << text << "\n" << answer.code << " " << answer.message;
  return answer;
}

std::string Harness::contents() const {
  std::string text;
  for (const auto& place : store->collections("")) {
    if (place.ends_with("/login_failure")) continue;
    for (const auto& [name, document] : store->list(place)) {
      text += place + " " + name + " " + to_json(document) + "\n";
    }
  }
  return text;
}

void Harness::expect_refused(const std::vector<RefusedSql>& rows) {
  for (const auto& row : rows) {
    SCOPED_TRACE(std::string(row.what) + ": " + row.sql);
    const auto before = contents();
    const auto answer = sql(row.sql, row.role);
    EXPECT_EQ(answer.status, 422);
    EXPECT_EQ(answer.code, row.code) << answer.message;
    EXPECT_EQ(answer.sql_state, row.state) << answer.message;
    EXPECT_NE(answer.message.find(row.message), std::string::npos)
        << "wanted: " << row.message << "\n"
        << answer.message;
    EXPECT_FALSE(answer.body.string_or("statementHandle", "").empty());
    EXPECT_EQ(answer.body.find("data"), nullptr);
    EXPECT_EQ(contents(), before);
  }
}

void Harness::make_road() {
  must("CREATE DATABASE D");
  must("CREATE SCHEMA D.S");
  must("CREATE TABLE D.S.T (A VARCHAR, N NUMBER(10,2), V VARIANT)");
  must("CREATE FILE FORMAT D.S.J TYPE = JSON STRIP_OUTER_ARRAY = TRUE");
  must(
      "CREATE STORAGE INTEGRATION I TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = 'S3' ENABLED = TRUE "
      "STORAGE_AWS_ROLE_ARN = 'arn:aws:iam::111122223333:role/Snowpipe' "
      "STORAGE_ALLOWED_LOCATIONS = ('s3://lake/in/') STORAGE_BLOCKED_LOCATIONS = "
      "('s3://lake/in/raw/')");
  must(
      "CREATE STAGE D.S.ST URL = 's3://lake/in/' STORAGE_INTEGRATION = I "
      "FILE_FORMAT = (FORMAT_NAME = 'D.S.J')");
}

std::string Harness::event(const std::string& object_key, const std::string& bucket) {
  const Map s3{{"bucket", Map{{"name", bucket}}}, {"object", Map{{"key", object_key}}}};
  const Map record{{"eventName", "ObjectCreated:Put"}, {"s3", s3}};
  return to_json(Map{{"Records", List{record}}});
}

std::string Harness::through_topic(const std::string& topic, const std::string& message) {
  return to_json(Map{{"Type", "Notification"}, {"TopicArn", topic}, {"Message", message}});
}

std::string Harness::channel() {
  return must("SHOW PIPES IN ACCOUNT").cell(0, "notification_channel");
}

void Harness::arrive(const std::string& object_key, const std::string& body,
                     const std::string& topic) {
  aws.files[object_key] = body;
  const auto message = event(object_key);
  cloud->deliver(channel(), topic.empty() ? message : through_topic(topic, message));
}

}  // namespace firn::sandbox
