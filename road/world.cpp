#include "road/world.h"

#include <utility>

namespace firn::road {

World::World(std::vector<Object> objects, Placement aws)
    : objects_(std::move(objects)), aws_(std::move(aws)) {
  for (const Object& object : objects_)
    by_type_[object.type->name].push_back(&object);
}

std::span<const Object* const> World::of_type(std::string_view type) const {
  const auto found = by_type_.find(type);
  if (found == by_type_.end()) return {};
  return found->second;
}

const Object* World::by_output(std::string_view type, std::string_view output,
                               std::string_view text) const {
  for (const Object* object : of_type(type)) {
    if (!text.empty() && output_of(*object, output) == text) return object;
  }
  return nullptr;
}

const Object* World::by_name(std::string_view type, std::string_view name) const {
  for (const Object* object : of_type(type)) {
    if (!name.empty() && object->name == name) return object;
  }
  return nullptr;
}

std::string text_of(const Object& object, std::string_view input) {
  const Value& value = object.inputs.at(input);
  return value.is_string() ? value.as_string() : std::string();
}

std::string output_of(const Object& object, std::string_view output) {
  const Value* value = object.outputs.find(output);
  return value != nullptr && value->is_string() ? value->as_string() : std::string();
}

std::vector<std::string> texts_of(const Object& object, std::string_view input) {
  std::vector<std::string> texts;
  const Value& value = object.inputs.at(input);
  if (!value.is_list()) return texts;
  for (const Value& item : value.as_list()) {
    if (item.is_string()) texts.push_back(item.as_string());
  }
  return texts;
}

}  // namespace firn::road
