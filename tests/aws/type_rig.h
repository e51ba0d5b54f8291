// What tests of single resource types stand on: a cloud that answers each operation from a list,
// and operations that note what the type told the engine.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "providers/aws/types.h"
#include "tests/aws/rig.h"

namespace firn::aws::test {

using Names = std::vector<std::string>;

inline http::Response query_error(int status, const std::string& code,
                                  const std::string& message = "") {
  return respond(status, "<ErrorResponse><Error><Code>" + code + "</Code><Message>" + message +
                             "</Message></Error><RequestId>rid-1</RequestId></ErrorResponse>");
}
inline http::Response json_error(int status, const std::string& code,
                                 const std::string& message = "") {
  return respond(status, R"({"__type": ")" + code + R"(", "message": ")" + message + "\"}");
}
inline http::Response query_answer(const std::string& operation, const std::string& content = "") {
  return respond(200, "<" + operation + "Response><" + operation + "Result>" + content + "</" +
                          operation + "Result></" + operation + "Response>");
}

// The value of a parameter of a query request.
inline std::string parameter(const http::Request& request, const std::string& name) {
  for (const std::string& pair : split(request.body, '&')) {
    const std::size_t equals = pair.find('=');
    if (percent_decode(pair.substr(0, equals)) == name) {
      return percent_decode(pair.substr(equals + 1));
    }
  }
  return "(none)";
}

class ServiceTypes : public testing::Test {
 protected:
  Operation operation(std::string type, std::string name, const std::string& desired) {
    Operation operation;
    operation.prior.address = "thing";
    operation.prior.type = std::move(type);
    operation.prior.name = std::move(name);
    operation.placement = Rig::options().placement;
    operation.idempotency_token = "token-1";
    operation.base_folder = folder_;
    operation.desired = json(desired);
    operation.report = [this](std::string_view line) { reports_.emplace_back(line); };
    operation.record_identity = [this](Map outputs) { return note(this, std::move(outputs)); };
    return operation;
  }
  static Task<Status> note(ServiceTypes* self, Map outputs) {
    self->identified_after_ = self->rig_.transport.requests.size();
    self->identity_ = std::move(outputs);
    co_return Ok{};
  }

  Result<Applied> create(Operation& operation) {
    return rig_.scheduler.run(find_type(operation.prior.type)->create(client_, operation));
  }
  Result<Applied> update(Operation& operation) {
    return rig_.scheduler.run(find_type(operation.prior.type)->update(client_, operation));
  }
  Result<Removed> remove(Operation& operation) {
    return rig_.scheduler.run(find_type(operation.prior.type)->remove(client_, operation));
  }
  std::vector<Result<Observation>> observe(std::vector<ResourceRecord> records) {
    AwsProvider provider(rig_.scheduler, rig_.transport, rig_.credentials, Rig::options());
    return rig_.scheduler.run(provider.observe(std::move(records)));
  }

  // Answers by operation name, each list from front to back, its last answer again and again.
  void script(std::map<std::string, std::vector<http::Response>> answers) {
    auto next = std::make_shared<std::map<std::string, std::size_t>>();
    rig_.transport.answer = [answers = std::move(answers),
                             next](const http::Request& request) -> Result<http::Response> {
      const auto found = answers.find(request.operation);
      if (found == answers.end()) {
        ADD_FAILURE() << "nobody expected " << request.operation;
        return respond(400, "");
      }
      std::size_t& index = (*next)[request.operation];
      return found->second[std::min(index++, found->second.size() - 1)];
    };
  }

  std::vector<std::string> operations() const {
    std::vector<std::string> names;
    for (const http::Request& request : rig_.transport.requests)
      names.push_back(request.operation);
    return names;
  }
  const http::Request& request(const std::string& operation) const {
    for (const http::Request& request : rig_.transport.requests) {
      if (request.operation == operation) return request;
    }
    ADD_FAILURE() << operation << " was not called";
    return rig_.transport.requests.front();
  }

  void write(const std::string& file, const std::string& text) const {
    const std::filesystem::path path = std::filesystem::path(folder_) / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }

  Rig rig_;
  Client client_{rig_.scheduler, rig_.transport, rig_.credentials, Rig::options()};
  std::vector<std::string> reports_;
  std::size_t identified_after_ = 0;
  Map identity_;
  std::string folder_ = testing::TempDir() + "firn_service_types_" + std::to_string(getpid());
};

}  // namespace firn::aws::test
