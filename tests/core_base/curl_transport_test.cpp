#include "core/http/curl_transport.h"

#include <atomic>
#include <gtest/gtest.h>
#include <httplib.h>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "core/async/sync.h"
#include "tests/core_base/loopback_server.h"

namespace firn::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::Connection;
using test::LoopbackServer;

// A cpp-httplib server that echoes what it got.
class EchoServer {
 public:
  EchoServer() {
    const auto echo = [this](const httplib::Request& request, httplib::Response& response) {
      {
        const std::scoped_lock lock(mutex_);
        client_ports_.insert(request.remote_port);
      }
      response.set_header("X-Method", request.method);
      response.set_header("X-Target", request.target);
      for (const auto& [name, value] : request.headers)
        response.set_header("Got-" + name, value);
      response.set_content(request.body, "application/octet-stream");
      if (request.has_header("Want-Status")) {
        response.status = std::stoi(request.get_header_value("Want-Status"));
        response.set_header("Location", "/elsewhere");
      }
    };
    server_.Get(".*", echo);
    server_.Post(".*", echo);
    server_.Put(".*", echo);
    server_.Delete(".*", echo);
    // A thread for each connection: cpp-httplib keeps one busy while a connection is kept alive.
    server_.new_task_queue = [] { return new httplib::ThreadPool(80); };
    server_.set_keep_alive_max_count(1000);
    port = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running())
      std::this_thread::yield();
  }
  ~EchoServer() {
    server_.stop();
    thread_.join();
  }

  [[nodiscard]] std::size_t connections() {
    const std::scoped_lock lock(mutex_);
    return client_ports_.size();
  }

  int port = 0;

 private:
  std::mutex mutex_;
  std::set<int> client_ports_;
  httplib::Server server_;
  std::thread thread_;
};

// The tests talk to loopback only, whatever proxy the machine has.
class CurlTransportTest : public testing::Test {
 protected:
  CurlTransportTest() {
    ::setenv("no_proxy", "127.0.0.1", 1);
    ::unsetenv("http_proxy");
    CurlOptions options;
    options.user_agent = "firn/test";
    options.connections_per_host = 4;  // fewer than the backlog of cpp-httplib's listener
    transport_ = std::make_unique<CurlTransport>(scheduler_, options);
  }

  static Request request_to(int port, std::string method = "GET", std::string path = "/") {
    Request request;
    request.method = std::move(method);
    request.scheme = "http";
    request.host = "127.0.0.1";
    request.port = port;
    request.path = std::move(path);
    request.service = "s3";
    request.operation = "Test";
    request.address = "data";
    request.timeout = seconds(30);
    return request;
  }

  Result<Response> send(Request request) {
    return scheduler_.run(transport_->send(std::move(request)));
  }

  EchoServer& echo() {
    if (!echo_) echo_ = std::make_unique<EchoServer>();
    return *echo_;
  }

  RealClock clock_;
  SeededRandom random_{1};
  Scheduler scheduler_{clock_, random_};
  std::unique_ptr<EchoServer> echo_;  // outlives the transport: it waits for its connections to end
  std::unique_ptr<CurlTransport> transport_;
};

TEST_F(CurlTransportTest, CarriesMethodPathHeadersAndBodyAsTheyAre) {
  EchoServer& server = echo();
  Request request = request_to(server.port, "PUT", "/a%2fb/../c%20d//e");
  request.query = "policy=&x=%2F";
  request.headers = {{"X-Amz-Date", "20260102T030405Z"}};
  request.body = std::string("line\n\0binary", 12);
  const Result<Response> response = send(request);
  ASSERT_TRUE(response.has_value()) << render(response.error());
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->headers.get("X-Method"), "PUT");
  EXPECT_EQ(response->headers.get("X-Target"), "/a%2fb/../c%20d//e?policy=&x=%2F");
  EXPECT_EQ(response->headers.get("Got-X-Amz-Date"), "20260102T030405Z");
  EXPECT_EQ(response->headers.get("Got-User-Agent"), "firn/test");
  EXPECT_EQ(response->body, request.body);
}

TEST_F(CurlTransportTest, AddsNoHeaderThatWasNotAskedFor) {
  std::string seen;
  LoopbackServer server([&seen](Connection& connection) {
    seen = connection.read_request();
    connection.write("HTTP/1.1 204 No Content\r\n\r\n");
    connection.wait_until_client_leaves();
  });
  Request request = request_to(server.port(), "POST", "/");
  request.headers = {{"X-Empty", ""}};
  request.body = std::string(5000, 'x');  // long enough for libcurl to think of "Expect"
  const Result<Response> response = send(request);
  transport_.reset();
  ASSERT_TRUE(response.has_value()) << render(response.error());
  EXPECT_EQ(seen.substr(0, seen.find("\r\n\r\n")),
            "POST / HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                "\r\nUser-Agent: firn/test\r\nX-Empty:\r\nContent-Length: 5000");
}

TEST_F(CurlTransportTest, SendsEveryMethodWithAndWithoutBody) {
  EchoServer& server = echo();
  for (const char* method : {"GET", "PUT", "POST", "DELETE"}) {
    for (const char* body : {"", "{}"}) {
      if (method == std::string("GET")) body = "";  // cpp-httplib does not read a body there
      Request request = request_to(server.port, method);
      request.body = body;
      const Result<Response> response = send(request);
      ASSERT_TRUE(response.has_value()) << method << render(response.error());
      EXPECT_EQ(response->headers.get("X-Method"), method);
      EXPECT_EQ(response->body, body) << method;
    }
  }
  const Result<Response> head = send(request_to(server.port, "HEAD"));
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->headers.get("X-Method"), "HEAD");
  EXPECT_EQ(head->body, "");
}

TEST_F(CurlTransportTest, EveryStatusIsAnAnswerAndNoRedirectIsFollowed) {
  EchoServer& server = echo();
  for (const int status : {200, 301, 307, 400, 403, 404, 429, 500, 503}) {
    Request request = request_to(server.port);
    request.headers.set("Want-Status", std::to_string(status));
    const Result<Response> response = send(request);
    ASSERT_TRUE(response.has_value()) << status;
    EXPECT_EQ(response->status, status);
  }
}

TEST_F(CurlTransportTest, KeepsConnectionsAlive) {
  EchoServer& server = echo();
  for (int i = 0; i < 20; ++i) {
    Request request = request_to(server.port, i % 2 == 0 ? "GET" : "POST");
    request.changes_something = i % 2 != 0;
    ASSERT_TRUE(send(request).has_value());
  }
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(CurlTransportTest, ManyExchangesAtOnceKeepTheirAnswersApart) {
  EchoServer& server = echo();
  std::vector<Task<Result<Response>>> exchanges;
  for (int i = 0; i < 100; ++i) {
    Request request = request_to(server.port, "POST");
    request.body = std::to_string(i);
    exchanges.push_back(transport_->send(std::move(request)));
  }
  const auto responses = scheduler_.run(when_all(scheduler_, std::move(exchanges)));
  for (std::size_t i = 0; i < responses.size(); ++i) {
    ASSERT_TRUE(responses[i].has_value()) << render(responses[i].error());
    EXPECT_EQ(responses[i]->body, std::to_string(i));
  }
}

TEST_F(CurlTransportTest, HeadersOfInterimAnswersDoNotCount) {
  LoopbackServer server([](Connection& connection) {
    (void)connection.read_request();
    connection.write(
        "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"
        "HTTP/1.1 200 OK\r\nX-A:  1 \r\nx-a: 2\r\nContent-Length: 2\r\n\r\nok");
    connection.wait_until_client_leaves();
  });
  const Result<Response> response = send(request_to(server.port()));
  transport_.reset();
  ASSERT_TRUE(response.has_value()) << render(response.error());
  EXPECT_EQ(response->body, "ok");
  EXPECT_EQ(response->headers.find("X-Early"), nullptr);
  EXPECT_EQ(response->headers.get("X-A"), "1");
  EXPECT_EQ(response->headers.size(), 3U);
}

TEST_F(CurlTransportTest, ARefusedConnectionHasChangedNothing) {
  const int port = test::closed_port();
  Request request = request_to(port, "POST");
  request.changes_something = true;
  const Result<Response> response = send(request);
  ASSERT_FALSE(response.has_value());
  const Error& error = response.error();
  EXPECT_EQ(error.kind, ErrorKind::unavailable);
  EXPECT_FALSE(error.may_have_been_applied);
  EXPECT_EQ(error.summary, "cannot connect to 127.0.0.1:" + std::to_string(port));
  EXPECT_NE(error.remedy.find("HTTPS_PROXY"), std::string::npos);
  EXPECT_EQ(error.operation, "s3:Test");
  EXPECT_EQ(error.address, "data");
}

TEST_F(CurlTransportTest, AFailedHandshakeHasChangedNothing) {
  LoopbackServer server([](Connection& connection) {
    connection.write("this is no TLS\r\n");
    connection.wait_until_client_leaves();
  });
  Request request = request_to(server.port(), "POST");
  request.scheme = "https";
  const Result<Response> response = send(request);
  transport_.reset();
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().kind, ErrorKind::unavailable);
  EXPECT_FALSE(response.error().may_have_been_applied);
  EXPECT_NE(response.error().summary.find("trusted TLS connection"), std::string::npos);
}

TEST_F(CurlTransportTest, AServerThatClosesMidAnswerMayHaveActed) {
  for (const char* part :
       {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"}) {
    LoopbackServer server([part](Connection& connection) {
      (void)connection.read_request();
      connection.write(part);
    });
    Request request = request_to(server.port(), "POST");
    request.body = "create";
    request.changes_something = true;
    const Result<Response> response = send(request);
    ASSERT_FALSE(response.has_value()) << part;
    EXPECT_EQ(response.error().kind, ErrorKind::unavailable);
    EXPECT_TRUE(response.error().may_have_been_applied) << part;
  }
}

TEST_F(CurlTransportTest, AnAnswerThatDoesNotComeInTimeMayStillHaveActed) {
  LoopbackServer server([](Connection& connection) { connection.wait_until_client_leaves(); });
  Request request = request_to(server.port(), "POST");
  request.timeout = milliseconds(50);
  const Result<Response> response = send(request);
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().kind, ErrorKind::timed_out);
  EXPECT_TRUE(response.error().may_have_been_applied);
  EXPECT_NE(response.error().summary.find("no answer in time"), std::string::npos);
}

// However much time the exchange has left: an upload may need an hour, but not one of silence.
TEST_F(CurlTransportTest, AConnectionOnWhichNothingMovesIsGivenUp) {
  CurlOptions options;
  options.idle_timeout = seconds(1);
  transport_ = std::make_unique<CurlTransport>(scheduler_, options);
  for (const char* part :
       {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na"}) {
    LoopbackServer server([part](Connection& connection) {
      (void)connection.read_request();
      connection.write(part);
      connection.wait_until_client_leaves();
    });
    Request request = request_to(server.port(), "POST");
    request.timeout = std::chrono::hours(1);
    const Result<Response> response = send(request);
    ASSERT_FALSE(response.has_value()) << part;
    EXPECT_EQ(response.error().kind, ErrorKind::timed_out) << part;
    EXPECT_TRUE(response.error().may_have_been_applied) << part;
    EXPECT_NE(response.error().summary.find("no answer in time"), std::string::npos);
    EXPECT_FALSE(response.error().remedy.empty());
  }
}

// The first request on a connection is answered, the second is read and dropped. libcurl would send
// it again on a new connection.
class DroppingServer {
 public:
  std::atomic<int> arrived{0};
  LoopbackServer server{[this](Connection& connection) {
    if (connection.read_request().empty()) return;
    ++arrived;
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    if (!connection.read_request().empty()) ++arrived;
  }};
};

TEST_F(CurlTransportTest, AChangeIsNeverSentTwiceByItself) {
  DroppingServer dropping;
  Request request = request_to(dropping.server.port(), "POST");
  request.changes_something = true;
  ASSERT_TRUE(send(request).has_value());
  const Result<Response> response = send(request);
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().kind, ErrorKind::unavailable);
  EXPECT_TRUE(response.error().may_have_been_applied);
  EXPECT_NE(response.error().detail.find("kept alive"), std::string::npos);
  transport_.reset();
  EXPECT_EQ(dropping.arrived, 2);
}

TEST_F(CurlTransportTest, AQuestionMayBeAskedAgain) {
  DroppingServer dropping;
  ASSERT_TRUE(send(request_to(dropping.server.port())).has_value());
  EXPECT_TRUE(send(request_to(dropping.server.port())).has_value());
  transport_.reset();
  EXPECT_EQ(dropping.arrived, 3);
}

TEST_F(CurlTransportTest, NothingCanBeSmuggledIntoARequest) {
  for (const char* where : {"name", "value", "path", "method"}) {
    Request request = request_to(test::closed_port());
    const std::string smuggled = "a\r\nX-Admin: yes";
    if (where == std::string("name")) request.headers.set(smuggled, "x");
    if (where == std::string("value")) request.headers.set("X", smuggled);
    if (where == std::string("path")) request.path = "/" + smuggled;
    if (where == std::string("method")) request.method = smuggled;
    const Result<Response> response = send(request);
    ASSERT_FALSE(response.has_value());
    EXPECT_EQ(response.error().kind, ErrorKind::invalid_input) << where;
    EXPECT_FALSE(response.error().may_have_been_applied);
  }
}

TEST_F(CurlTransportTest, TheProxyOfTheEnvironmentIsUsed) {
  std::string seen;
  LoopbackServer proxy([&seen](Connection& connection) {
    seen = connection.read_request();
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    connection.wait_until_client_leaves();
  });
  ::setenv("http_proxy", ("http://127.0.0.1:" + std::to_string(proxy.port())).c_str(), 1);
  Request request = request_to(0, "GET", "/x");
  request.host = "bucket.example";
  const Result<Response> response = send(request);
  ::unsetenv("http_proxy");
  transport_.reset();
  ASSERT_TRUE(response.has_value()) << render(response.error());
  EXPECT_TRUE(seen.starts_with("GET http://bucket.example/x HTTP/1.1\r\n")) << seen;
}

Task<void> send_and_forget(CurlTransport& transport, Request request, bool& answered) {
  const Result<Response> response = co_await transport.send(std::move(request));
  answered = true;
}

Task<void> open_soon(Scheduler& scheduler, Event& gate, std::atomic<bool>& arrived) {
  while (!arrived)
    co_await scheduler.yield();
  gate.set();
}

Task<void> pass(Event& gate) {
  co_await gate;
}

TEST_F(CurlTransportTest, DestroyingWhoWaitsCancelsTheExchange) {
  std::atomic<bool> arrived{false};
  LoopbackServer server([&arrived](Connection& connection) {
    (void)connection.read_request();
    arrived = true;
    connection.wait_until_client_leaves();
  });
  bool answered = false;
  Event gate(scheduler_);
  scheduler_.spawn(send_and_forget(*transport_, request_to(server.port()), answered));
  scheduler_.spawn(open_soon(scheduler_, gate, arrived));
  scheduler_.run(pass(gate));
  scheduler_.abandon();
  EXPECT_FALSE(answered);
  // The server's thread ends only when the connection does.
}

TEST_F(CurlTransportTest, ClosingTheTransportAnswersWhoWaits) {
  std::atomic<bool> arrived{false};
  LoopbackServer server([&arrived](Connection& connection) {
    (void)connection.read_request();
    arrived = true;
    connection.wait_until_client_leaves();
  });
  Event gate(scheduler_);
  Task<Result<Response>> exchange = transport_->send(request_to(server.port(), "POST"));
  scheduler_.post(exchange.handle());
  scheduler_.spawn(open_soon(scheduler_, gate, arrived));
  scheduler_.run(pass(gate));
  transport_.reset();
  scheduler_.run(pass(gate));
  ASSERT_TRUE(exchange.is_done());
  const Result<Response> response = exchange.handle().promise().take();
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().kind, ErrorKind::interrupted);
  EXPECT_TRUE(response.error().may_have_been_applied);
}

}  // namespace
}  // namespace firn::http
