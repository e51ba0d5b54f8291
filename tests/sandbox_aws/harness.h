// A small client of AWS for the tests of the sandbox: it signs by itself and speaks the four
// protocols, so that nothing is tested against its own mistake.
#pragma once

#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/async/random.h"
#include "core/async/scheduler.h"
#include "core/http/http.h"
#include "core/value/json.h"
#include "core/value/value.h"
#include "sandbox/sandbox.h"

namespace firn::sandbox::testing {

inline constexpr const char* account_a = "123456789012";
inline constexpr const char* account_b = "210987654321";

struct Reply {
  int status = 0;
  std::string code;   // of an error, in whatever shape the protocol has
  std::string shape;  // of an error: "s3", "query", "json", "rest"; "" when it has none of them
  std::string body;
  http::Headers headers;

  [[nodiscard]] bool contains(std::string_view text) const {
    return body.find(text) != std::string::npos;
  }
  [[nodiscard]] Value json() const { return parse_json(body).value_or(Value()); }
  // The text of the first <name>…</name>; "" when there is none.
  [[nodiscard]] std::string xml(std::string_view name) const;
  [[nodiscard]] bool ok() const { return status >= 200 && status < 300; }
};
std::ostream& operator<<(std::ostream& out, const Reply& reply);

struct Keys {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;
};

using Headers = std::vector<std::pair<std::string, std::string>>;
using Form = std::vector<std::pair<std::string, std::string>>;

// Signs as "AWS Signature Version 4" says; written for these tests alone.
void sign(http::Request& request, const Keys& keys, const std::string& service,
          const std::string& region, Instant at);

class Client {
 public:
  Client(Sandbox& sandbox, std::string account, std::string region = "eu-west-1");
  Client(Sandbox& sandbox, Keys keys, std::string region);

  Reply send(http::Request request, const std::string& service);
  Reply send_unsigned(http::Request request);

  // Virtual-host style; Content-MD5 is added to requests with a body.
  Reply s3(const std::string& method, const std::string& bucket, const std::string& path_and_query,
           const std::string& body = {}, const Headers& headers = {});
  Reply query(const std::string& service, const Form& form);
  Reply json(const std::string& service, const std::string& operation, const Value& input);
  Reply rest(const std::string& service, const std::string& method,
             const std::string& path_and_query, const Value& body = {});

  [[nodiscard]] const Keys& keys() const { return keys_; }

 private:
  Sandbox& sandbox_;
  Keys keys_;
  std::string region_;
};

// A sandbox in memory with one administrator's client for each of two accounts.
class SandboxTest : public ::testing::Test {
 protected:
  explicit SandboxTest(Options options = {});

  void advance(Duration duration) { ASSERT_TRUE(sandbox->advance(duration).has_value()); }
  Reply create_bucket(const std::string& name);
  // A role that `service` may assume, old enough for everybody to see.
  std::string ready_role(const std::string& name, const std::string& service,
                         const std::string& policy = {});

  std::unique_ptr<Sandbox> sandbox;
  std::unique_ptr<Client> aws;
  std::unique_ptr<Client> other;
};

// What a refusal must look like: its status, code, a part of its message, and its protocol's shape.
struct Refused {
  int status = 0;
  std::string code;
  std::string message;
  std::string shape;
};

// A sandbox in a file, so that a test can open it again and compare all that it holds.
class FileTest : public SandboxTest {
 protected:
  FileTest();
  ~FileTest() override;

  // All that the file holds, as text; without the clock and the request log.
  std::string contents();
  // Closes the sandbox and opens its file again.
  void reopen();
  // The request is refused as said, and nothing is different afterwards.
  void expect_refused(const std::string& what, const std::function<Reply()>& ask,
                      const Refused& wanted);

 private:
  std::string file_;
};

[[nodiscard]] std::string service_trust(const std::string& service);
// base64 of a small zip archive.
[[nodiscard]] std::string small_zip();

// `answer` is an error with this status and code whose message holds this text.
#define EXPECT_REFUSED(answer, wanted_status, wanted_code, wanted_text) \
  do {                                                                  \
    const ::firn::sandbox::testing::Reply refused_reply = (answer);     \
    EXPECT_EQ(refused_reply.status, wanted_status) << refused_reply;    \
    EXPECT_EQ(refused_reply.code, wanted_code) << refused_reply;        \
    EXPECT_TRUE(refused_reply.contains(wanted_text)) << refused_reply;  \
  } while (false)
#define EXPECT_OK(answer)                                        \
  do {                                                           \
    const ::firn::sandbox::testing::Reply good_reply = (answer); \
    EXPECT_TRUE(good_reply.ok()) << good_reply;                  \
  } while (false)

}  // namespace firn::sandbox::testing
