// Client: one account and region of AWS behind one function.
//
// `call` builds the request for the service's protocol, signs it, sends it, retries it by the class
// of its failure, corrects the clock, follows a bucket to its region, keeps to each service's pace
// and budget, and turns the answer into a Reply or an Error. A resource type only says what it
// wants to have said.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <typeindex>
#include <utility>
#include <vector>

#include "core/async/scheduler.h"
#include "core/async/sync.h"
#include "core/base/result.h"
#include "core/http/http.h"
#include "core/schema/resource_type.h"
#include "core/value/value.h"
#include "providers/aws/credentials.h"
#include "providers/aws/reply.h"
#include "providers/aws/service.h"

namespace firn::aws {

class ImageBuilder;  // image_builder.h

// An error that means "not yet": something this call refers to has not spread through AWS.
struct Propagation {
  std::string_view code;      // "InvalidParameterValueException"
  std::string_view fragment;  // part of the message; "" for any message
  std::string_view what;      // for the progress line: "Lambda may assume the role"
};

struct Call {
  const Service* service = nullptr;
  std::string operation;  // "CreateQueue"

  // Query: parameters; a list becomes Name.member.N, a map at the top Name.entry.N.key/.value, a
  // map inside a list a structure. JSON: the body. rest-json: the body, none when null. rest-xml:
  // unused.
  Value input;

  // rest-json and rest-xml only.
  std::string method = "GET";
  std::string path = "/";  // percent-encoded by the caller (percent_encode of each segment)
  std::vector<std::pair<std::string, std::string>> query;  // not encoded; ("policy", "") is ?policy
  http::Headers headers;                                   // beyond what the protocol needs
  std::string body;                                        // rest-xml; its MD5 is sent along
  std::string bucket;  // S3: goes into the host or before the path; empty for ListBuckets

  bool changes_something = false;
  // False: a second success would make a second object (an access key), so it is not sent again
  // once a try may have taken effect.
  bool is_repeatable = true;
  std::vector<std::string> secrets;  // that it carries, in clear: no error repeats them
  std::string address;               // resource address, for logs and errors
  std::string region;                // "": the client's
  // Wait up to two minutes, with back-off, while one of these comes back. Use it only where what is
  // waited for may have been made or changed a moment ago: the same words also mean a real mistake.
  std::vector<Propagation> wait_while;
  // Error codes that are an answer and no failure (Reply::code). Errors without a code, as S3 gives
  // to HEAD, have the status as their code: "404".
  std::vector<std::string_view> tolerated;
  std::function<void(std::string_view)>
      report;             // one progress line before a long wait; may be empty
  bool is_signed = true;  // sts:AssumeRoleWithWebIdentity goes unsigned
};

struct ClientOptions {
  Placement placement;  // account, region, partition; stack and environment for ownership marks
  // By Service::endpoint_name; "" is the one for every service. "http://127.0.0.1:5000".
  std::map<std::string, std::string> endpoints;
  bool path_style = false;  // S3: always put the bucket into the path
  int max_attempts = 6;     // throttled calls get ten times as many, at most 25
  std::string user_agent = "firn";
  ImageBuilder* image_builder = nullptr;  // outlives the client; nullptr: no image can be built
};

class Client {
 public:
  // Everything is the caller's and outlives the client.
  Client(Scheduler& scheduler, http::Transport& transport, CredentialsSource& credentials,
         ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Task<Result<Reply>> call(Call call);

  [[nodiscard]] const Placement& placement() const { return options_.placement; }
  [[nodiscard]] const std::string& account() const { return options_.placement.account; }
  [[nodiscard]] const std::string& region() const { return options_.placement.region; }
  [[nodiscard]] const std::string& partition() const { return options_.placement.partition; }
  [[nodiscard]] const ClientOptions& options() const { return options_; }
  [[nodiscard]] Scheduler& scheduler() { return scheduler_; }
  [[nodiscard]] Random& random() { return scheduler_.random(); }

  // What the resource types of one service share for as long as the client lives (for example the
  // waiting changes of each bucket's notifications); made on first use. T(Client&).
  template <class T>
  [[nodiscard]] T& shared() {
    auto& slot = shared_[std::type_index(typeid(T))];
    if (!slot) slot = std::make_shared<T>(*this);
    return *static_cast<T*>(slot.get());
  }

 private:
  struct Lane;      // budget, pace and clock skew of one service in one region
  struct Progress;  // of one call through its attempts
  struct Exchange;  // one attempt's outcome
  enum class Next : std::uint8_t { again, give_up };

  Lane& lane_of(const Service& service, const std::string& region);
  std::string region_of(const Call& call) const;
  Task<Exchange> attempt(const Call& call, Lane& lane, std::string region);
  [[nodiscard]] bool may_fail_again(Lane& lane, Progress& progress, int cost) const;
  void note_outage(Lane& lane, Error error);
  Task<Next> wait_before_retry(const Call& call, Lane& lane, Exchange& exchange,
                               Progress& progress);

  Scheduler& scheduler_;
  http::Transport& transport_;
  CredentialsSource& credentials_;
  ClientOptions options_;
  std::map<std::string, std::unique_ptr<Lane>> lanes_;  // "sqs/eu-west-1"
  std::map<std::string, std::string> bucket_regions_;
  std::map<std::type_index, std::shared_ptr<void>> shared_;
};

}  // namespace firn::aws
