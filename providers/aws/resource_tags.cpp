#include "providers/aws/resource_tags.h"

#include <fmt/format.h>
#include <string>
#include <utility>

#include "core/base/shell.h"
#include "core/base/text.h"

namespace firn::aws {

void observe_tags(const Placement& placement, const ResourceRecord& record, const Map& tags,
                  Observation& observation) {
  read_ownership(placement, tags, observation);
  if (!record.inputs.is_map() || record.inputs.as_map().empty()) return;
  const Value& recorded = record.inputs.at("tags");
  if (!recorded.is_map()) {
    observation.inputs.erase("tags");
    return;
  }
  Map managed;
  for (const auto& [key, ignored] : recorded.as_map()) {
    if (const Value* seen = tags.find(key)) managed.set(key, *seen);
  }
  observation.inputs.set("tags", std::move(managed));
}

Map wanted_tags(const Operation& operation) {
  return tags_with_ownership(operation.placement, operation.prior.address,
                             operation.desired.at("tags"));
}

TagChange wanted_tag_change(const Operation& operation) {
  const Value& before = operation.prior.inputs.at("tags");
  // The marks are set again with every change: it costs nothing and mends them.
  return tag_change(before.is_map() ? before.as_map() : Map(), wanted_tags(operation));
}

List removed_tag_keys(const TagChange& change) {
  List keys;
  for (const std::string& key : change.removed)
    keys.emplace_back(key);
  return keys;
}

List tags_to_lower_case_list(const Map& tags) {
  List list;
  for (const auto& [key, value] : tags) {
    Map tag;
    tag.set("key", key);
    tag.set("value", value);
    list.emplace_back(std::move(tag));
  }
  return list;
}

Status claim_existing(const Observation& found, const Operation& operation, std::string_view what,
                      std::string_view operation_name, const Reply& reply) {
  const std::string& address = operation.prior.address;
  // What an object of this very address would show: a long address is marked in a shorter form.
  Observation own;
  read_ownership(operation.placement, tags_with_ownership(operation.placement, address, Value()),
                 own);
  const bool is_ours = found.exists && !found.foreign && found.owner == own.owner;
  if (is_ours) return Ok{};

  Error error;
  error.kind = ErrorKind::conflict;
  error.summary = fmt::format("the {} {} exists already", what, operation.prior.name);
  if (!found.exists) {
    error.detail = "it was found when it was to be created, and was gone a moment later";
    error.remedy = "run the command again";
  } else if (found.owner && !found.foreign) {
    error.detail = fmt::format(
        "its tags say that this stack made it for the resource \"{}\", which is another one",
        *found.owner);
    error.remedy = "give one of the two resources another name with `name:`";
  } else if (found.owner) {
    error.detail =
        fmt::format("its tags say that it belongs to another stack or environment: \"{}\" of {}",
                    *found.owner, found.owner_stack);
    error.remedy = "give the resource another name with `name:`, or another environment";
  } else {
    error.detail = "it carries no marks of firn, so firn did not make it and leaves it alone";
    error.remedy = how_to_import(operation);
  }
  error.operation = operation_name;
  error.code = reply.code;
  error.request_id = reply.request_id;
  error.address = address;
  return fail(std::move(error));
}

std::string how_to_import(const Operation& operation) {
  return fmt::format(
      "to manage it from here on, run\n  {}\nor give the resource another name with `name:`",
      import_command(operation.placement.stack, operation.placement.environment,
                     operation.prior.address));
}

std::string how_to_say_which(const Operation& operation) {
  return "say which: " + import_command(operation.placement.stack, operation.placement.environment,
                                        operation.prior.address, "ID");
}

Operation update_of_found(const Operation& operation, const Observation& found) {
  Operation update = operation;
  update.prior.inputs = found.inputs;
  update.prior.outputs = found.outputs;
  update.changed.clear();
  if (operation.desired.is_map()) {
    for (const auto& [attribute, ignored] : operation.desired.as_map()) {
      update.changed.push_back(attribute);
    }
  }
  return update;
}

}  // namespace firn::aws
