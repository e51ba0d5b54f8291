#include "sandbox/aws/states/definition.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <set>

#include "core/value/json.h"
#include "core/value/value.h"

namespace firn::sandbox::aws::states {
namespace {

constexpr std::array types = {"Task",    "Pass", "Choice",   "Wait",
                              "Succeed", "Fail", "Parallel", "Map"};

class Checker {
 public:
  std::vector<DefinitionProblem> problems;

  void machine(const Value& machine, const std::string& at) {
    if (!machine.is_map()) {
      add("SCHEMA_VALIDATION_FAILED", "The value must be an object", at.empty() ? "/" : at);
      return;
    }
    std::string missing;
    for (const char* member : {"StartAt", "States"}) {
      if (!machine.find(member)) missing += (missing.empty() ? "" : ", ") + std::string(member);
    }
    if (!missing.empty()) {
      add("SCHEMA_VALIDATION_FAILED", fmt::format("These fields are required: [{}]", missing),
          at.empty() ? "/" : at);
    }
    const Value& states = machine.at("States");
    if (!states.is_map()) return;
    if (states.as_map().empty()) {
      add("SCHEMA_VALIDATION_FAILED", "The States field must not be empty", at + "/States");
      return;
    }
    target(states, machine.at("StartAt"), "StartAt", at + "/StartAt");
    for (const auto& [name, state] : states.as_map()) {
      check_state(states, state, fmt::format("{}/States/{}", at, name));
    }
    check_reach(machine, states, at);
  }

 private:
  void add(std::string code, std::string message, std::string at) {
    problems.push_back({std::move(code), std::move(message), std::move(at)});
  }

  void target(const Value& states, const Value& name, const char* member, const std::string& at) {
    if (!name.is_string()) return;
    if (!states.find(name.as_string())) {
      add("MISSING_TRANSITION_TARGET",
          fmt::format("Missing '{}' target: {}", member, name.as_string()), at);
    }
  }

  void check_state(const Value& states, const Value& state, const std::string& at) {
    const std::string type = state.string_or("Type", "");
    if (type.empty()) {
      add("SCHEMA_VALIDATION_FAILED", "These fields are required: [Type]", at);
      return;
    }
    if (std::find(types.begin(), types.end(), type) == types.end()) {
      add("SCHEMA_VALIDATION_FAILED",
          fmt::format("The value for the field 'Type' must be one of the values: [{}]",
                      fmt::join(types, ", ")),
          at + "/Type");
      return;
    }
    const bool final_type = type == "Succeed" || type == "Fail" || type == "Choice";
    const bool ends = state.bool_or("End", false);
    if (!final_type && ends == (state.find("Next") != nullptr)) {
      add("SCHEMA_VALIDATION_FAILED",
          "One of the fields 'Next' and 'End' is required, and only one of them", at);
    }
    if (type == "Task" && !state.find("Resource")) {
      add("SCHEMA_VALIDATION_FAILED", "These fields are required: [Resource]", at);
    }
    target(states, state.at("Next"), "Next", at + "/Next");
    target(states, state.at("Default"), "Default", at + "/Default");
    for (const char* member : {"Choices", "Catch"}) {
      const Value& items = state.at(member);
      if (!items.is_list()) continue;
      for (std::size_t i = 0; i < items.as_list().size(); ++i) {
        target(states, items.as_list()[i].at("Next"), "Next",
               fmt::format("{}/{}[{}]/Next", at, member, i));
      }
    }
    if (type == "Choice" && !state.at("Choices").is_list()) {
      add("SCHEMA_VALIDATION_FAILED", "These fields are required: [Choices]", at);
    }
    check_nested(type, state, at);
  }

  void check_nested(const std::string& type, const Value& state, const std::string& at) {
    if (type == "Parallel") {
      const Value& branches = state.at("Branches");
      if (!branches.is_list()) {
        add("SCHEMA_VALIDATION_FAILED", "These fields are required: [Branches]", at);
        return;
      }
      for (std::size_t i = 0; i < branches.as_list().size(); ++i) {
        machine(branches.as_list()[i], fmt::format("{}/Branches[{}]", at, i));
      }
    } else if (type == "Map") {
      const char* member = state.find("Iterator") ? "Iterator" : "ItemProcessor";
      if (!state.find(member)) {
        add("SCHEMA_VALIDATION_FAILED", "These fields are required: [ItemProcessor]", at);
        return;
      }
      machine(state.at(member), fmt::format("{}/{}", at, member));
    }
  }

  static void add_targets(const Value& state, std::vector<std::string>& names) {
    for (const char* member : {"Next", "Default"}) {
      if (state.at(member).is_string()) names.push_back(state.at(member).as_string());
    }
    for (const char* member : {"Choices", "Catch"}) {
      if (!state.at(member).is_list()) continue;
      for (const Value& item : state.at(member).as_list()) {
        if (item.at("Next").is_string()) names.push_back(item.at("Next").as_string());
      }
    }
  }

  void check_reach(const Value& machine, const Value& states, const std::string& at) {
    std::set<std::string> reached;
    std::vector<std::string> next{machine.string_or("StartAt", "")};
    while (!next.empty()) {
      const std::string name = next.back();
      next.pop_back();
      const Value* state = states.find(name);
      if (!state || !reached.insert(name).second) continue;
      add_targets(*state, next);
    }
    for (const auto& [name, state] : states.as_map()) {
      if (reached.count(name) == 0 && !reached.empty()) {
        add("MISSING_TRANSITION_TARGET", fmt::format("State \"{}\" is not reachable.", name),
            fmt::format("{}/States/{}", at, name));
      }
    }
  }
};

}  // namespace

std::vector<DefinitionProblem> check_definition(std::string_view text) {
  const auto machine = parse_json(text);
  if (!machine) return {{"INVALID_JSON_DESCRIPTION", machine.error().summary, "/"}};
  Checker checker;
  checker.machine(*machine, "");
  return std::move(checker.problems);
}

}  // namespace firn::sandbox::aws::states
