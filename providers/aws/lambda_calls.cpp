#include "providers/aws/lambda_calls.h"

#include <fmt/format.h>
#include <utility>

#include "core/base/text.h"
#include "providers/aws/resource_tags.h"

namespace firn::aws {

std::string function_path(std::string_view function) {
  return "/2015-03-31/functions/" + percent_encode(function);
}

std::string function_arn(const Placement& placement, std::string_view name) {
  return fmt::format("arn:{}:lambda:{}:{}:function:{}", placement.partition, placement.region,
                     placement.account, name);
}

Call lambda_call(const Operation& operation, std::string name, std::string_view method,
                 std::string path) {
  Call call = changing(service::lambda, std::move(name), Map(), operation);
  call.method = method;
  call.path = std::move(path);
  call.input = Value();
  return call;
}

Call lambda_reading(const ResourceRecord& record, std::string name, std::string path) {
  Call call = reading(service::lambda, std::move(name), Map(), record);
  call.input = Value();
  call.path = std::move(path);
  call.tolerated = missing_codes();
  return call;
}

std::vector<Call> lambda_tag_calls(const Operation& operation, std::string_view arn) {
  const TagChange change = wanted_tag_change(operation);
  const std::string path = "/2017-03-31/tags/" + percent_encode(arn);
  std::vector<Call> calls;
  Call add = lambda_call(operation, "TagResource", "POST", path);
  Map input;
  input.set("Tags", change.set);
  add.input = Value(std::move(input));
  calls.push_back(std::move(add));
  if (!change.removed.empty()) {
    Call remove = lambda_call(operation, "UntagResource", "DELETE", path);
    for (const std::string& key : change.removed)
      remove.query.emplace_back("tagKeys", key);
    calls.push_back(std::move(remove));
  }
  return calls;
}

void wait_for_role(Call& call, std::string_view what) {
  for (const char* fragment :
       {"cannot be assumed by Lambda", "execution role does not have permissions to call",
        "Lambda was unable to configure access to your environment variables"}) {
    Propagation wait;
    wait.code = "InvalidParameterValueException";
    wait.fragment = fragment;
    wait.what = what;
    call.wait_while.push_back(wait);
  }
}

Semaphore& FunctionPolicyLines::of(const std::string& function) {
  std::unique_ptr<Semaphore>& line = lines_[function];
  if (line == nullptr) line = std::make_unique<Semaphore>(scheduler_, 1);
  return *line;
}

}  // namespace firn::aws
