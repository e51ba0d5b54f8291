// HTTP as values, and the interface behind which clouds, sandbox and test doubles stand.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/async/clock.h"
#include "core/async/task.h"
#include "core/base/result.h"

namespace firn::http {

// Header names are compared ignoring case and kept as given; order is kept; names may repeat.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> items) : items_(items) {}
  void set(std::string_view name, std::string value);  // replaces all of that name
  void add(std::string name, std::string value) {
    items_.emplace_back(std::move(name), std::move(value));
  }
  void erase(std::string_view name);
  [[nodiscard]] const std::string* find(std::string_view name) const;  // nullptr when absent
  [[nodiscard]] std::string get(std::string_view name) const;          // "" when absent
  [[nodiscard]] auto begin() const { return items_.begin(); }
  [[nodiscard]] auto end() const { return items_.end(); }
  [[nodiscard]] std::size_t size() const { return items_.size(); }

 private:
  std::vector<std::pair<std::string, std::string>> items_;
};

struct Request {
  std::string method = "GET";
  std::string scheme = "https";
  std::string host;        // without port
  int port = 0;            // 0: the scheme's own
  std::string path = "/";  // already percent-encoded, sent byte for byte
  std::string query;       // without '?', already percent-encoded
  Headers headers;
  std::string body;
  Duration timeout = std::chrono::seconds(60);  // for the whole exchange

  // For logs and for the sandbox's request log: what this is, in the field's words.
  std::string service;    // "s3", "iam", "snowflake"
  std::string operation;  // "PutBucketPolicy", "CREATE PIPE"
  std::string address;    // resource address it is sent for; may be empty
  bool changes_something = false;

  [[nodiscard]] std::string url() const;        // scheme://host[:port]path[?query]
  [[nodiscard]] std::string authority() const;  // host[:port], the port only when not the default
};

struct Response {
  int status = 0;
  Headers headers;
  std::string body;
};

// Carries one exchange. The Error of a failure is `unavailable` or `timed_out` and says by
// `may_have_been_applied` whether any byte of the request can have reached the other side.
// Any HTTP status is a success here.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual Task<Result<Response>> send(Request request) = 0;
};

// "https://host:port/path?query" into a Request's parts; the rest of the Request is default.
[[nodiscard]] Result<Request> parse_url(std::string_view url);

}  // namespace firn::http
