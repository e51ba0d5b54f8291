// Result<T>: the outcome of talking to the world (files, clouds, the state).
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "core/base/source.h"

namespace firn {

// What kind of failure an Error is: decides retries, exit codes and the advice given.
enum class ErrorKind : std::uint8_t {
  invalid_input,  // the request is wrong and will stay wrong
  not_found,      // the object does not exist (or is not visible to us)
  conflict,       // exists already, or somebody else is changing it
  denied,         // authenticated, but not allowed
  credentials,    // no credentials, or the cloud does not accept them
  throttled,      // the service asks us to slow down
  not_ready,      // would succeed later: something else is still propagating
  unavailable,    // 5xx, or the connection failed
  timed_out,      // gave up waiting
  interrupted,    // the person asked us to stop
  storage,        // the local disk or the state store failed
  bug,            // our own mistake; the message asks for a report
};

// One failure. Never holds a secret. The engine adds `address`; a provider fills the rest.
struct Error {
  ErrorKind kind = ErrorKind::bug;
  std::string summary;                 // what failed, one line
  std::string detail;                  // why: normally the cloud's own words
  std::string remedy;                  // what to do; may be empty
  std::string operation;               // "s3:PutBucketPolicy", "CREATE PIPE"; may be empty
  std::string code;                    // the cloud's error code: "NoSuchBucket", "002003"
  std::string request_id;              // for the cloud's support; may be empty
  std::string address;                 // resource address; filled by the engine
  bool may_have_been_applied = false;  // the effect is unknown: look before trying again
  SourceRange where;                   // the place in an author's file, when there is one
};

// A value or an Error. `[[nodiscard]]` by type: a failure cannot be dropped by accident.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using Base = tl::expected<T, Error>;
  using Base::Base;
  Result() = default;
  Result(Base base) : Base(std::move(base)) {}
};

using Failure = tl::unexpected<Error>;

// `return fail(ErrorKind::storage, "cannot write x", "disk full");`
[[nodiscard]] inline Failure fail(ErrorKind kind, std::string summary, std::string detail = {},
                                  std::string remedy = {}) {
  Error error;
  error.kind = kind;
  error.summary = std::move(summary);
  error.detail = std::move(detail);
  error.remedy = std::move(remedy);
  return Failure(std::move(error));
}
[[nodiscard]] inline Failure fail(Error error) {
  return Failure(std::move(error));
}

// Nothing on success.
struct Ok {
  bool operator==(const Ok&) const = default;
};
using Status = Result<Ok>;

// Prints an error as people read it (summary, place, operation and code, detail, request id,
// remedy). Ends with a newline.
[[nodiscard]] std::string render(const Error& error);

}  // namespace firn
