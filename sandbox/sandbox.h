// The sandbox: a small AWS and a small Snowflake that speak the real wire protocols, in process.
//
// It knows nothing of firn's providers. It is reached through the same http::Transport as the real
// clouds, checks the real signatures, answers in the clouds' own shapes, and keeps everything in
// one SQLite file. Its time is its own: it moves when a run waits, and by `firn sandbox advance`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/async/clock.h"
#include "core/base/result.h"
#include "core/http/http.h"
#include "core/value/value.h"

namespace firn::sandbox {

struct Options {
  std::string file = ":memory:";
  // How long after a change of IAM other services still see the old policies and trust.
  Duration iam_delay = std::chrono::seconds(8);
  // How long a function stays Pending after creation and update.
  Duration lambda_delay = std::chrono::seconds(2);
  // False where AWS is not this sandbox (moto, the real one): Snowflake then takes roles, topics
  // and buckets on trust, as it cannot look at them.
  bool aws_is_here = true;
  // PEM (PKCS#8, RSA) of the private key that deployers get; empty: each gets a new one, which
  // takes a tenth of a second to make.
  std::string deployer_key;
  // Ids of objects count on from here, so that those of two sandboxes can be told apart.
  std::int64_t first_number = 0;
};

struct AwsCredentials {
  std::string access_key_id;
  std::string secret_access_key;
};

struct LogEntry {
  Instant at{};
  std::string cloud;      // "aws", "snowflake"
  std::string service;    // "s3", "iam", "sql"
  std::string operation;  // "PutBucketPolicy", "CREATE PIPE"
  std::string target;     // bucket, role, object name
  std::string address;    // resource address that the caller named, may be empty
  int status = 0;
  std::string error;  // error code, empty when it worked
};

// One line of `firn sandbox status`.
struct Count {
  std::string kind;  // "s3 bucket", "snowflake pipe"
  std::string account;
  std::size_t count = 0;
};

// One thing that the sandbox keeps: an object, a setting, a version, what is still spreading.
struct Document {
  std::string collection;  // "aws/111122223333/eu-west-1/sqs/queue"
  std::string key;
  Value body;
};

class Sandbox {
 public:
  static Result<std::unique_ptr<Sandbox>> open(Options options);
  virtual ~Sandbox() = default;
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  // Its clock: virtual, kept in the file. The engine of a sandbox run uses it as its own.
  virtual VirtualClock& clock() = 0;
  virtual http::Transport& aws() = 0;
  virtual http::Transport& snowflake() = 0;

  // Keys of an administrator of that account; the account exists from then on. Stable per account.
  virtual AwsCredentials administrator_of(const std::string& aws_account) = 0;
  // A bucket that was there before any stack, such as the one for access logs. status()
  // does not count it.
  virtual Status given_bucket(const std::string& aws_account, const std::string& region,
                              const std::string& name) = 0;
  // Makes account, user and role exist (the role with SYSADMIN, SECURITYADMIN and the right to
  // create integrations) and answers the PEM of the user's private key. Stable per account and
  // user. A user and a role that a stack made get no right by this: the user only gets the key, as
  // a second one.
  virtual Result<std::string> deployer_key(const std::string& snowflake_account,
                                           const std::string& region, const std::string& user,
                                           const std::string& role) = 0;

  [[nodiscard]] virtual std::vector<Count> status() const = 0;
  [[nodiscard]] virtual std::vector<LogEntry> log() const = 0;
  // Everything in it, sorted, for those who compare two sandboxes. The form is its own affair.
  [[nodiscard]] virtual std::vector<Document> documents() const = 0;
  virtual Status advance(Duration duration) = 0;
  virtual Status reset() = 0;  // empties everything; time goes on
  // Writes clock and contents to the file; also done after every request that changed something.
  virtual Status save() = 0;

 protected:
  Sandbox() = default;
};

}  // namespace firn::sandbox
