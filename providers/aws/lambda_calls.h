// What the resource types of Lambda say on the wire alike.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/async/sync.h"
#include "providers/aws/calls.h"
#include "providers/aws/client.h"

namespace firn::aws {

// "/2015-03-31/functions/<name>", from a name or an ARN.
[[nodiscard]] std::string function_path(std::string_view function);
[[nodiscard]] std::string function_arn(const Placement& placement, std::string_view name);

// A call that changes something, without a body.
[[nodiscard]] Call lambda_call(const Operation& operation, std::string name,
                               std::string_view method, std::string path);
// A call that reads, and for which "there is no such thing" is an answer.
[[nodiscard]] Call lambda_reading(const ResourceRecord& record, std::string name, std::string path);

// What changes the tags of the object with this ARN, as the operation wants it.
[[nodiscard]] std::vector<Call> lambda_tag_calls(const Operation& operation, std::string_view arn);

// Waits while Lambda may not yet do something as the function's role: it was made or changed a
// moment ago. `what` is for the progress line.
void wait_for_role(Call& call, std::string_view what = "Lambda may use the function's role");

// Lambda loses one of two changes that are made to a function's policy at the same time (API
// Reference, AddPermission): per function one follows the other.
class FunctionPolicyLines {
 public:
  explicit FunctionPolicyLines(Client& client) : scheduler_(client.scheduler()) {}
  [[nodiscard]] Semaphore& of(const std::string& function);

 private:
  Scheduler& scheduler_;
  std::map<std::string, std::unique_ptr<Semaphore>> lines_;
};

}  // namespace firn::aws
