// TLS of the real transport: whom it trusts, and that HTTP/1.1 and the CA bundle work over it.
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <gtest/gtest.h>
#include <httplib.h>
#include <memory>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string>
#include <thread>

#include "core/http/curl_transport.h"

namespace firn::http {
namespace {

using std::chrono::seconds;

struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

// A certificate that vouches for itself, for one IP address.
class SelfSigned {
 public:
  explicit SelfSigned(const std::string& ip) : key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
    X509* certificate = certificate_.get();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key_.get());
    X509_NAME* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("firn test"), -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    const std::string names = "IP:" + ip;
    X509_EXTENSION* extension =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    X509_sign(certificate, key_.get(), EVP_sha256());
  }

  [[nodiscard]] X509* certificate() const { return certificate_.get(); }
  [[nodiscard]] EVP_PKEY* key() const { return key_.get(); }

  void write_pem(const std::string& path) const {
    std::FILE* file = std::fopen(path.c_str(), "wb");
    ASSERT_NE(file, nullptr);
    PEM_write_X509(file, certificate());
    std::fclose(file);
  }

 private:
  std::unique_ptr<EVP_PKEY, FreeKey> key_;
  std::unique_ptr<X509, FreeCertificate> certificate_;
};

class TlsServer {
 public:
  explicit TlsServer(const SelfSigned& identity) : server_(identity.certificate(), identity.key()) {
    server_.Post("/", [this](const httplib::Request& request, httplib::Response& response) {
      ++served;
      response.set_content(request.body, "text/plain");
    });
    port = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running())
      std::this_thread::yield();
  }
  ~TlsServer() {
    server_.stop();
    thread_.join();
  }

  int port = 0;
  std::atomic<int> served{0};

 private:
  httplib::SSLServer server_;
  std::thread thread_;
};

class CurlTlsTest : public testing::Test {
 protected:
  CurlTlsTest() { ::setenv("no_proxy", "127.0.0.1", 1); }
  void TearDown() override { std::filesystem::remove(bundle_); }

  Result<Response> post(int port, const std::string& ca_bundle) {
    CurlOptions options;
    options.ca_bundle = ca_bundle;
    CurlTransport transport(scheduler_, options);
    Request request;
    request.method = "POST";
    request.host = "127.0.0.1";
    request.port = port;
    request.body = "hello";
    request.timeout = seconds(30);
    request.changes_something = true;
    return scheduler_.run(transport.send(std::move(request)));
  }

  RealClock clock_;
  SeededRandom random_{1};
  Scheduler scheduler_{clock_, random_};
  const std::string bundle_ = testing::TempDir() + "firn_" +
                              testing::UnitTest::GetInstance()->current_test_info()->name() +
                              ".pem";
};

TEST_F(CurlTlsTest, TrustsWhomTheCaBundleNames) {
  const SelfSigned identity("127.0.0.1");
  identity.write_pem(bundle_);
  TlsServer server(identity);
  const Result<Response> response = post(server.port, bundle_);
  ASSERT_TRUE(response.has_value()) << render(response.error());
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "hello");
}

TEST_F(CurlTlsTest, TrustsNobodyElseAndSendsThemNothing) {
  const SelfSigned unknown("127.0.0.1");
  const SelfSigned elsewhere("127.0.0.2");
  elsewhere.write_pem(bundle_);
  TlsServer unknown_server(unknown);
  TlsServer elsewhere_server(elsewhere);
  // Nobody vouches for the first; the second is vouched for, but under another address.
  for (const auto& [server, bundle] :
       {std::pair<TlsServer*, std::string>(&unknown_server, ""), {&elsewhere_server, bundle_}}) {
    const Result<Response> response = post(server->port, bundle);
    ASSERT_FALSE(response.has_value());
    EXPECT_EQ(response.error().kind, ErrorKind::unavailable);
    EXPECT_FALSE(response.error().may_have_been_applied);
    EXPECT_NE(response.error().summary.find("trusted TLS connection to 127.0.0.1"),
              std::string::npos);
    EXPECT_EQ(server->served, 0);
  }
}

TEST_F(CurlTlsTest, AMissingCaBundleIsNamed) {
  const SelfSigned identity("127.0.0.1");
  TlsServer server(identity);
  const Result<Response> response = post(server.port, bundle_);  // never written
  ASSERT_FALSE(response.has_value());
  EXPECT_FALSE(response.error().may_have_been_applied);
  EXPECT_NE(response.error().summary.find("CA bundle"), std::string::npos);
  EXPECT_NE(render(response.error()).find(bundle_), std::string::npos);
}

}  // namespace
}  // namespace firn::http
