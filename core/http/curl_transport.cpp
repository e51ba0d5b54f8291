#include "core/http/curl_transport.h"

#include <algorithm>
#include <array>
#include <curl/curl.h>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/text.h"

namespace firn::http {
namespace {

// No answer of a control plane comes near this; more is a fault that must not exhaust the memory.
constexpr std::size_t body_max = std::size_t{512} * 1024 * 1024;

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

struct CleanUp {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, CleanUp>;

long milliseconds(Duration duration) {
  const auto count = std::chrono::ceil<std::chrono::milliseconds>(duration).count();
  return static_cast<long>(std::clamp<std::int64_t>(count, 1, std::numeric_limits<int>::max()));
}

long whole_seconds(Duration duration) {
  const auto count = std::chrono::ceil<std::chrono::seconds>(duration).count();
  return static_cast<long>(std::clamp<std::int64_t>(count, 1, std::numeric_limits<int>::max()));
}

bool has_line_break(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

// Sends nothing that the caller did not ask for: an empty value takes away a header that libcurl
// would add by itself.
HeaderList header_list(const Request& request, bool has_body) {
  HeaderList list;
  const auto append = [&list](const std::string& line) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) return;  // out of memory; libcurl itself fails next
    [[maybe_unused]] curl_slist* same = list.release();
    list.reset(longer);
  };
  for (const auto& [name, value] : request.headers) {
    if (equals_ignoring_case(name, "Content-Length")) continue;  // libcurl counts
    append(value.empty() ? name + ";" : name + ": " + value);
  }
  append("Expect:");
  for (const char* name : {"Accept", "Content-Type"}) {
    const bool would_be_added = has_body || std::string_view(name) != "Content-Type";
    if (would_be_added && request.headers.find(name) == nullptr) append(std::string(name) + ":");
  }
  return list;
}

// Why no answer came, in words that say what to check. `was_sent`: some byte of the request left.
Error explain(CURLcode code, const Request& request, std::string detail, bool was_sent) {
  const std::string target = request.authority();
  Error error;
  error.kind = ErrorKind::unavailable;
  error.detail = detail.empty() ? curl_easy_strerror(code) : std::move(detail);
  error.operation =
      request.service.empty() ? request.operation : request.service + ":" + request.operation;
  error.address = request.address;
  error.may_have_been_applied = was_sent;
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      error.summary = "cannot find the host " + target;
      error.remedy = "check the region or account in the environment, and that DNS works here";
      break;
    case CURLE_COULDNT_RESOLVE_PROXY:
      error.summary = "cannot find the proxy on the way to " + target;
      error.remedy = "check HTTPS_PROXY and NO_PROXY";
      break;
    case CURLE_COULDNT_CONNECT:
      error.summary = "cannot connect to " + target;
      error.remedy = "check the network, the firewall, and HTTPS_PROXY and NO_PROXY";
      break;
    case CURLE_SSL_CACERT_BADFILE:
      error.summary = "cannot read the CA bundle for " + target;
      error.remedy = "check the file that AWS_CA_BUNDLE or the configuration names";
      break;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
      error.summary = "cannot make a trusted TLS connection to " + target;
      error.remedy =
          "check the host name and the clock; behind a proxy that opens TLS, name its "
          "certificates in a CA bundle";
      break;
    case CURLE_OPERATION_TIMEDOUT:
      error.kind = ErrorKind::timed_out;
      error.summary = (was_sent ? "no answer in time from " : "cannot reach in time ") + target;
      error.remedy = "check the network and the service's status page";
      break;
    case CURLE_WRITE_ERROR:
      error.summary = "the answer of " + target + " is longer than 512 MiB";
      break;
    default:
      error.summary = "the connection to " + target + " broke";
      error.remedy = "check the network and HTTPS_PROXY; the next try may succeed";
      break;
  }
  return error;
}

}  // namespace

// The multi handle, the easy handles that wait for reuse, and the transfers under way.
class CurlTransport::Multi final : public EventSource {
 public:
  class Transfer;

  Multi(Scheduler& scheduler, CurlOptions options)
      : scheduler_(scheduler), options_(std::move(options)) {
    curl_global_init(CURL_GLOBAL_DEFAULT);  // counted by libcurl
    multi_ = curl_multi_init();
    curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, options_.connections_per_host);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, options_.connections_per_host * 4);
    scheduler_.add_event_source(*this);
  }
  ~Multi() override;

  [[nodiscard]] bool is_busy() const override { return !under_way_.empty(); }
  void poll(Duration wait) override;

 private:
  bool finish_done();
  void remove(Transfer& transfer);
  [[nodiscard]] Easy take_easy();

  Scheduler& scheduler_;
  CurlOptions options_;
  CURLM* multi_ = nullptr;
  std::vector<Easy> idle_;
  std::vector<Transfer*> under_way_;  // each knows its place
};

// One exchange. Lives in the frame of the coroutine that waits for it, so destroying that frame
// cancels the exchange.
class CurlTransport::Multi::Transfer {
 public:
  Transfer(Multi& multi, Request request) : multi_(&multi), request_(std::move(request)) {}
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer() {
    if (multi_ != nullptr && easy_) multi_->remove(*this);
  }

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  // False when the exchange could not even be started.
  bool await_suspend(std::coroutine_handle<> waiter) {
    waiter_ = waiter;
    return start();
  }
  Result<Response> await_resume() { return std::move(outcome_); }

 private:
  friend class Multi;

  bool start();
  bool refuse(std::string detail);
  void set_options();
  void finish(CURLcode code);

  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) noexcept;
  static std::size_t on_header(char* data, std::size_t size, std::size_t count,
                               void* self) noexcept;
  static int on_request(void* self, char*, char*, int, int) noexcept;

  Multi* multi_;  // null once the transport is gone
  Request request_;
  Response response_;
  Result<Response> outcome_;
  Easy easy_;
  HeaderList headers_;
  std::array<char, CURL_ERROR_SIZE> message_{};
  std::coroutine_handle<> waiter_;
  std::size_t place_ = 0;  // in under_way_
  int times_sent_ = 0;
  bool has_whole_head_ = false;
};

bool CurlTransport::Multi::Transfer::refuse(std::string detail) {
  outcome_ = fail(ErrorKind::invalid_input, "cannot send a request to " + request_.authority(),
                  std::move(detail));
  return false;
}

bool CurlTransport::Multi::Transfer::start() {
  if (request_.scheme != "https" && request_.scheme != "http") {
    return refuse("the scheme is neither https nor http");
  }
  // A line break in any of these would begin another header.
  if (has_line_break(request_.method) || has_line_break(request_.url())) {
    return refuse("the method or the URL holds a line break");
  }
  for (const auto& [name, value] : request_.headers) {
    if (has_line_break(name) || has_line_break(value)) {
      return refuse("the header \"" + name + "\" holds a line break");
    }
  }
  if (multi_->multi_ == nullptr) return refuse("libcurl could not be started");
  easy_ = multi_->take_easy();
  if (!easy_) return refuse("libcurl could not be started");
  set_options();
  if (curl_multi_add_handle(multi_->multi_, easy_.get()) != CURLM_OK) {
    easy_.reset();
    return refuse("libcurl did not take the request");
  }
  place_ = multi_->under_way_.size();
  multi_->under_way_.push_back(this);
  return true;
}

void CurlTransport::Multi::Transfer::set_options() {
  CURL* easy = easy_.get();
  const CurlOptions& options = multi_->options_;
  const bool is_head = request_.method == "HEAD";
  // These methods say how long their body is even when it is empty.
  const bool has_body = !request_.body.empty() || request_.method == "POST" ||
                        request_.method == "PUT" || request_.method == "PATCH";
  headers_ = header_list(request_, has_body);

  curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy, CURLOPT_URL, request_.url().c_str());
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, message_.data());
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, milliseconds(request_.timeout));
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(options.connect_timeout));
  // Fewer bytes a second than this count as none.
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, whole_seconds(options.idle_timeout));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &Transfer::on_request);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
  if (!options.user_agent.empty() && request_.headers.find("User-Agent") == nullptr) {
    curl_easy_setopt(easy, CURLOPT_USERAGENT, options.user_agent.c_str());
  }
  if (!options.ca_bundle.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_bundle.c_str());
  }
  if (is_head) {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return;
  }
  if (has_body) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.c_str());  // not copied
  }
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
}

std::size_t CurlTransport::Multi::Transfer::on_body(char* data, std::size_t size, std::size_t count,
                                                    void* self) noexcept {
  std::string& body = static_cast<Transfer*>(self)->response_.body;
  const std::size_t length = size * count;
  if (length > body_max - body.size()) return 0;
  body.append(data, length);
  return length;
}

std::size_t CurlTransport::Multi::Transfer::on_header(char* data, std::size_t size,
                                                      std::size_t count, void* self) noexcept {
  auto& transfer = *static_cast<Transfer*>(self);
  Response& response = transfer.response_;
  const std::string_view line = trim({data, size * count});
  const std::size_t colon = line.find(':');
  if (line.starts_with("HTTP/")) {
    response.headers = {};  // those of an interim answer (1xx) do not count
    transfer.has_whole_head_ = false;
  } else if (line.empty()) {
    transfer.has_whole_head_ = true;
  } else if (colon != std::string_view::npos && colon > 0) {
    response.headers.add(std::string(line.substr(0, colon)),
                         std::string(trim(line.substr(colon + 1))));
  }
  return size * count;
}

// Called before each time the request is sent. libcurl sends it again by itself when a kept-alive
// connection breaks without an answer; but the service may have done it already, and only the
// engine knows how to look.
int CurlTransport::Multi::Transfer::on_request(void* self, char*, char*, int, int) noexcept {
  auto& transfer = *static_cast<Transfer*>(self);
  ++transfer.times_sent_;
  return transfer.times_sent_ > 1 && transfer.request_.changes_something ? CURL_PREREQFUNC_ABORT
                                                                         : CURL_PREREQFUNC_OK;
}

void CurlTransport::Multi::Transfer::finish(CURLcode code) {
  // libcurl takes an answer that breaks off among its headers for one without a body.
  if (code == CURLE_OK && !has_whole_head_) code = CURLE_GOT_NOTHING;
  if (code == CURLE_OK) {
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    response_.status = static_cast<int>(status);
    outcome_ = std::move(response_);
  } else {
    std::string detail = message_.data();
    if (code == CURLE_ABORTED_BY_CALLBACK) {
      detail = "the service closed a connection that was kept alive, without an answer";
    }
    outcome_ = fail(explain(code, request_, std::move(detail), times_sent_ > 0));
  }
  Multi& multi = *multi_;
  multi.remove(*this);
  multi.scheduler_.post(waiter_);
}

CurlTransport::Multi::~Multi() {
  scheduler_.remove_event_source(*this);
  const std::vector<Transfer*> cut = under_way_;
  for (Transfer* transfer : cut) {
    Error error = explain(CURLE_ABORTED_BY_CALLBACK, transfer->request_,
                          "firn is closing its connections", transfer->times_sent_ > 0);
    error.kind = ErrorKind::interrupted;
    transfer->outcome_ = fail(std::move(error));
    remove(*transfer);
    transfer->multi_ = nullptr;
    scheduler_.post(transfer->waiter_);
  }
  idle_.clear();
  curl_multi_cleanup(multi_);
  curl_global_cleanup();
}

void CurlTransport::Multi::poll(Duration wait) {
  int running = 0;
  curl_multi_perform(multi_, &running);
  if (finish_done() || wait <= Duration::zero()) return;
  curl_multi_poll(multi_, nullptr, 0, static_cast<int>(milliseconds(wait)), nullptr);
  curl_multi_perform(multi_, &running);
  finish_done();
}

bool CurlTransport::Multi::finish_done() {
  bool any = false;
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;  // `message` dies with the handle's removal
    Transfer* transfer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    transfer->finish(code);
    any = true;
  }
  return any;
}

void CurlTransport::Multi::remove(Transfer& transfer) {
  curl_multi_remove_handle(multi_, transfer.easy_.get());
  under_way_.back()->place_ = transfer.place_;
  std::swap(under_way_[transfer.place_], under_way_.back());
  under_way_.pop_back();
  curl_easy_reset(transfer.easy_.get());
  idle_.push_back(std::move(transfer.easy_));
}

Easy CurlTransport::Multi::take_easy() {
  if (idle_.empty()) return Easy(curl_easy_init());
  Easy easy = std::move(idle_.back());
  idle_.pop_back();
  return easy;
}

CurlTransport::CurlTransport(Scheduler& scheduler, CurlOptions options)
    : multi_(std::make_unique<Multi>(scheduler, std::move(options))) {}

CurlTransport::~CurlTransport() = default;

Task<Result<Response>> CurlTransport::send(Request request) {
  Multi::Transfer transfer(*multi_, std::move(request));
  co_return co_await transfer;
}

}  // namespace firn::http
