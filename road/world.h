// What a stack will have made: its objects, to be found by what other objects call them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/plan/expectation.h"
#include "core/provider/provider.h"

namespace firn::road {

using Object = ExpectedObject;

class World {
 public:
  // `aws` says in which account and region the stack's objects in AWS are.
  World(std::vector<Object> objects, Placement aws);

  [[nodiscard]] const Placement& aws() const { return aws_; }
  [[nodiscard]] std::span<const Object> all() const { return objects_; }
  [[nodiscard]] std::span<const Object* const> of_type(std::string_view type) const;
  // The object of that type whose output or name is `text`; nullptr when the stack has none: then
  // it is somebody else's. Outputs: "arn", "fqn", "notification_channel", …
  [[nodiscard]] const Object* by_output(std::string_view type, std::string_view output,
                                        std::string_view text) const;
  [[nodiscard]] const Object* by_name(std::string_view type, std::string_view name) const;

 private:
  std::vector<Object> objects_;
  Placement aws_;
  std::unordered_map<std::string_view, std::vector<const Object*>> by_type_;
};

// An input as text; "" when it is not there, or not known.
[[nodiscard]] std::string text_of(const Object& object, std::string_view input);
[[nodiscard]] std::string output_of(const Object& object, std::string_view output);
// The texts of a list.
[[nodiscard]] std::vector<std::string> texts_of(const Object& object, std::string_view input);

}  // namespace firn::road
