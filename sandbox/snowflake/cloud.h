// The sandbox's Snowflake: the SQL API, version 2, over a small catalogue kept in the Store.
//
// It verifies the key-pair JWT, parses the SQL, checks the role's privileges, and acts in AWS
// through an AwsDoor as Snowflake does (assumes the integration's role, subscribes its queue to a
// topic). Source of its behaviour: Snowflake documentation, "Snowflake SQL API reference",
// "Key-pair authentication", and the reference pages of the statements that it knows.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/async/clock.h"
#include "core/base/result.h"
#include "core/http/http.h"
#include "sandbox/crossing.h"
#include "sandbox/sandbox.h"
#include "sandbox/store.h"

namespace firn::sandbox {

class SnowflakeCloud final : public SnowflakeDoor {
 public:
  struct Options {
    // How often a statement sent with async=true is polled (GET) before its result is there.
    int polls_until_ready = 1;
    // Rows of one partition of a result; the rest is fetched by `?partition=N`.
    std::size_t partition_rows = 10000;
    std::string deployer_key;  // see sandbox::Options
  };

  // Keeps references to `store` and `clock`; both must live longer. `aws` is nullptr where AWS is
  // elsewhere: then roles, topics and buckets are taken on trust.
  SnowflakeCloud(Store& store, VirtualClock& clock, AwsDoor* aws);
  SnowflakeCloud(Store& store, VirtualClock& clock, AwsDoor* aws, Options options);
  ~SnowflakeCloud() override;
  SnowflakeCloud(const SnowflakeCloud&) = delete;
  SnowflakeCloud& operator=(const SnowflakeCloud&) = delete;

  // For the other half that is made after this one.
  void set_aws(AwsDoor* aws);

  // One HTTP exchange. Commits the store when the statement succeeded and rolls it back when it was
  // refused. The account is that of the host name's first label
  // ("acme-lab.snowflakecomputing.com"), or of the JWT's issuer where the host names none.
  http::Response handle(const http::Request& request);

  // What the last handle() was about, for the request log.
  struct Handled {
    std::string account;    // "ACME-LAB"
    std::string operation;  // "CREATE PIPE", "SHOW TABLES"; "" when no statement was read
    std::string target;     // the object's name as it is stored; may be empty
    std::string error;      // "002003"; empty when it worked
    bool changed_something = false;
  };
  [[nodiscard]] const Handled& last_handled() const;

  // Makes account, user and role exist (the role with SYSADMIN, SECURITYADMIN and the rights to
  // create integrations and to run tasks and alerts) and answers the PEM of the user's private key
  // (PKCS#8). Stable per account and user. `region` is AWS's name ("eu-west-1") and counts when the
  // account is new. The caller commits the store.
  Result<std::string> deployer_key(const std::string& account, const std::string& region,
                                   const std::string& user, const std::string& role);

  // Objects per kind and account, only kinds that exist; built-in roles and schemas do not count.
  [[nodiscard]] std::vector<Count> status() const;

  bool iam_user_exists(const std::string& arn) override;
  bool queue_exists(const std::string& queue_arn) override;
  // Both are part of the caller's transaction: the caller commits.
  void subscription_deleted(const std::string& topic_arn, const std::string& queue_arn) override;
  void deliver(const std::string& queue_arn, const std::string& message) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace firn::sandbox
