#include "core/http/http.h"

#include <gtest/gtest.h>

#include "core/async/sync.h"
#include "core/http/decorators.h"

namespace firn::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Headers, NamesAreComparedIgnoringCaseAndKeptAsGiven) {
  Headers headers{{"Content-Type", "text/plain"}, {"X-A", "1"}};
  headers.add("x-a", "2");
  EXPECT_EQ(headers.get("content-type"), "text/plain");
  EXPECT_EQ(headers.get("X-a"), "1");
  EXPECT_EQ(headers.find("missing"), nullptr);
  headers.set("X-A", "3");
  EXPECT_EQ(headers.size(), 2U);
  EXPECT_EQ(headers.get("x-a"), "3");
  headers.set("New", "4");
  headers.erase("CONTENT-TYPE");
  std::string order;
  for (const auto& [name, value] : headers)
    order += name + "=" + value + ";";
  EXPECT_EQ(order, "X-A=3;New=4;");
}

TEST(Request, PutsItsUrlTogether) {
  Request request;
  request.host = "bucket.s3.eu-west-1.amazonaws.com";
  request.path = "/a%20b";
  request.query = "policy=";
  EXPECT_EQ(request.url(), "https://bucket.s3.eu-west-1.amazonaws.com/a%20b?policy=");
  request.port = 443;
  EXPECT_EQ(request.authority(), "bucket.s3.eu-west-1.amazonaws.com");
  request.scheme = "http";
  EXPECT_EQ(request.authority(), "bucket.s3.eu-west-1.amazonaws.com:443");
  request.host = "::1";
  request.port = 80;
  EXPECT_EQ(request.authority(), "[::1]");
}

struct UrlCase {
  std::string url, scheme, host;
  int port;
  std::string path, query;
};

TEST(ParseUrl, TakesApartWhatUrlPutsTogether) {
  const std::vector<UrlCase> cases{
      {"https://example.com", "https", "example.com", 0, "/", ""},
      {"HTTPS://example.com/", "https", "example.com", 0, "/", ""},
      {"http://localhost:4566/a/b?c=d&e", "http", "localhost", 4566, "/a/b", "c=d&e"},
      {"https://example.com?x=1", "https", "example.com", 0, "/", "x=1"},
      {"https://example.com/a#part", "https", "example.com", 0, "/a", ""},
      {"https://example.com/%2F%2f/../x", "https", "example.com", 0, "/%2F%2f/../x", ""},
      {"http://[::1]:8080/x", "http", "::1", 8080, "/x", ""},
  };
  for (const UrlCase& c : cases) {
    const Result<Request> request = parse_url(c.url);
    ASSERT_TRUE(request.has_value()) << c.url;
    EXPECT_EQ(request->scheme, c.scheme);
    EXPECT_EQ(request->host, c.host);
    EXPECT_EQ(request->port, c.port);
    EXPECT_EQ(request->path, c.path);
    EXPECT_EQ(request->query, c.query);
  }
}

TEST(ParseUrl, RefusesWhatItCannotUseAndQuotesNothing) {
  for (const std::string url :
       {"", "example.com", "ftp://example.com", "https://", "https:///x",
        "https://pearl@example.com", "https://example.com:0", "https://example.com:65536",
        "https://example.com:8x", "https://example.com:-1", "https://[::1", "https://[::1]x",
        "https://exa mple.com/", "https://example.com/a b", "https://example.com/\r\nX: y"}) {
    const Result<Request> request = parse_url(url);
    ASSERT_FALSE(request.has_value()) << url;
    EXPECT_EQ(request.error().kind, ErrorKind::invalid_input);
    EXPECT_EQ(render(request.error()).find("pearl"), std::string::npos);
  }
}

// Answers 200 with the number of requests so far.
class Echo final : public Transport {
 public:
  Task<Result<Response>> send(Request request) override {
    ++arrived;
    last = std::move(request);
    Response response;
    response.status = 200;
    response.body = std::to_string(arrived);
    co_return response;
  }
  int arrived = 0;
  Request last;
};

class DecoratorTest : public testing::Test {
 protected:
  Result<Response> send(Transport& transport, std::string operation) {
    Request request;
    request.host = "sqs.eu-west-1.amazonaws.com";
    request.service = "sqs";
    request.operation = std::move(operation);
    request.address = "queue";
    return scheduler_.run(transport.send(std::move(request)));
  }

  VirtualClock clock_{Instant{}};
  SeededRandom random_{1};
  Scheduler scheduler_{clock_, random_};
  Echo echo_;
};

TEST_F(DecoratorTest, DelayTakesItsTimeAndOverlaps) {
  DelayTransport delayed(scheduler_, echo_, milliseconds(50));
  std::vector<Task<Result<Response>>> exchanges;
  for (int i = 0; i < 10; ++i)
    exchanges.push_back(delayed.send(Request()));
  const auto responses = scheduler_.run(when_all(scheduler_, std::move(exchanges)));
  EXPECT_EQ(clock_.now(), Instant{milliseconds(50)});
  EXPECT_EQ(responses.size(), 10U);
  for (const auto& response : responses)
    EXPECT_TRUE(response.has_value());
}

TEST_F(DecoratorTest, CountsByServiceAndOperation) {
  CountingTransport counting(echo_);
  for (const char* operation : {"CreateQueue", "GetQueueAttributes", "CreateQueue"}) {
    EXPECT_TRUE(send(counting, operation).has_value());
  }
  EXPECT_EQ(counting.total(), 3U);
  EXPECT_EQ(counting.counts().at("sqs CreateQueue"), 2U);
  EXPECT_EQ(counting.counts().at("sqs GetQueueAttributes"), 1U);
}

TEST_F(DecoratorTest, InterferesBeforeAfterOrInstead) {
  Interference next;
  InterferingTransport transport(echo_, [&next](const Request&) { return next; });

  next.kind = Interference::Kind::cut_before;
  const Result<Response> before = send(transport, "CreateQueue");
  ASSERT_FALSE(before.has_value());
  EXPECT_EQ(before.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(before.error().operation, "sqs:CreateQueue");
  EXPECT_FALSE(before.error().may_have_been_applied);
  EXPECT_EQ(echo_.arrived, 0);

  next.kind = Interference::Kind::cut_after;
  const Result<Response> after = send(transport, "CreateQueue");
  ASSERT_FALSE(after.has_value());
  EXPECT_TRUE(after.error().may_have_been_applied);
  EXPECT_EQ(echo_.arrived, 1);

  next.kind = Interference::Kind::answer;
  next.response.status = 503;
  const Result<Response> instead = send(transport, "CreateQueue");
  ASSERT_TRUE(instead.has_value());
  EXPECT_EQ(instead->status, 503);
  EXPECT_EQ(echo_.arrived, 1);

  next.kind = Interference::Kind::none;
  const Result<Response> none = send(transport, "CreateQueue");
  ASSERT_TRUE(none.has_value());
  EXPECT_EQ(none->body, "2");
  EXPECT_EQ(echo_.last.operation, "CreateQueue");
}

}  // namespace
}  // namespace firn::http
