// A Snowflake of the sandbox beside a pretended AWS, and short ways to ask it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/async/clock.h"
#include "core/http/http.h"
#include "core/value/value.h"
#include "sandbox/crossing.h"
#include "sandbox/snowflake/cloud.h"
#include "sandbox/store.h"

namespace firn::sandbox {

// Says yes to everything until told otherwise, and remembers what it was asked.
class FakeAws final : public AwsDoor {
 public:
  bool role_is_assumable = true;
  std::set<std::string> denied_actions;
  bool topic_lets_subscribe = true;
  std::set<std::string> buckets = {"lake"};
  std::map<std::string, std::string> files;  // key → body, all in one bucket
  std::set<std::pair<std::string, std::string>> subscriptions;
  std::vector<std::string> assumed_with;  // external ids
  int subscribe_calls = 0;

  Verdict assume_role(const std::string&, const std::string&,
                      const std::string& external_id) override {
    assumed_with.push_back(external_id);
    return {role_is_assumable, "the trust policy does not allow it"};
  }
  Verdict role_may(const std::string&, const std::string& action, const std::string&,
                   const Map&) override {
    return {!denied_actions.contains(action), "no statement allows it"};
  }
  Verdict subscribe(const std::string& topic, const std::string&,
                    const std::string& queue) override {
    ++subscribe_calls;
    if (topic_lets_subscribe) subscriptions.emplace(topic, queue);
    return {topic_lets_subscribe, "the topic's policy does not allow sns:Subscribe"};
  }
  bool bucket_exists(const std::string& bucket) override { return buckets.contains(bucket); }
  std::vector<Object> list_objects(const std::string&, const std::string& prefix) override {
    std::vector<Object> objects;
    for (const auto& [key, body] : files) {
      if (key.starts_with(prefix)) {
        objects.push_back({key, static_cast<std::int64_t>(body.size()), "etag", body});
      }
    }
    return objects;
  }
};

struct Answer {
  int status = 0;
  std::string code;
  std::string sql_state;
  std::string message;
  Value body;

  [[nodiscard]] bool ok() const { return status == 200; }
  [[nodiscard]] std::size_t rows() const;
  // SQL NULL as "<null>"; a column that is not there as "<absent>".
  [[nodiscard]] std::string cell(std::size_t row, const std::string& column) const;
  [[nodiscard]] std::vector<std::string> column(const std::string& name) const;
  [[nodiscard]] std::vector<std::string> column_names() const;
  // The cell of the row whose `key` column holds `value`.
  [[nodiscard]] std::string look_up(const std::string& key, const std::string& value,
                                    const std::string& column) const;
};

struct Token {
  std::string account = "ACME-LAB";
  std::string user = "DEPLOYER";
  std::string fingerprint;  // empty: that of the key
  std::string algorithm = "RS256";
  std::int64_t issued_ago = 0;  // seconds
  std::int64_t life = 60;
  bool without_times = false;
  std::string issuer_account;  // empty: as `account`
};
[[nodiscard]] std::string sign_token(const std::string& pem, const Token& token, Instant now);
// A PEM of a new RSA key, and the RSA_PUBLIC_KEY form of a PEM.
[[nodiscard]] std::string new_key();
[[nodiscard]] std::string public_key_of(const std::string& pem);

// A statement that is refused, and how.
struct RefusedSql {
  const char* what;
  std::string sql;
  const char* code;
  const char* state;
  const char* message;  // a part of it
  const char* role = "DEPLOYER_ROLE";
};

class Harness {
 public:
  explicit Harness(const std::string& file = ":memory:", SnowflakeCloud::Options options = {});

  VirtualClock clock{Instant(std::chrono::hours(24 * 365 * 56))};
  std::unique_ptr<Store> store;
  FakeAws aws;
  std::unique_ptr<SnowflakeCloud> cloud;
  std::string key;  // PEM of the deployer

  // As DEPLOYER with the role DEPLOYER_ROLE, or the one named.
  Answer sql(const std::string& text, const std::string& role = "DEPLOYER_ROLE",
             const Map& more = {});
  // Fails the test when it is refused.
  Answer must(const std::string& text, const std::string& role = "DEPLOYER_ROLE");
  // Each is refused with HTTP 422 and as said, and nothing is different afterwards.
  void expect_refused(const std::vector<RefusedSql>& rows);
  // All that the store holds but failed log-ins, as text.
  std::string contents() const;
  // A POST as a client sends it; tests change what they are about.
  http::Request post(const std::string& text, const Map& body = {});
  Answer send(const http::Request& request);
  void advance(Duration duration) { clock.advance_to(clock.now() + duration); }

  // Database D, schemas S and T, table D.S.T (A VARCHAR, N NUMBER(10,2), V VARIANT), a JSON file
  // format D.S.J, integration I for s3://lake/in/, stage D.S.ST on it.
  void make_road();
  // The S3 event for a new object, as it arrives at the queue.
  static std::string event(const std::string& key, const std::string& bucket = "lake");
  static std::string through_topic(const std::string& topic, const std::string& message);
  // Puts a file in the bucket and delivers its event through the topic.
  void arrive(const std::string& key, const std::string& body, const std::string& topic = "");
  std::string channel();
};

inline constexpr const char* topic_arn = "arn:aws:sns:eu-west-1:111122223333:landing";

}  // namespace firn::sandbox
