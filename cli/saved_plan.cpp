#include "cli/saved_plan.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/value/json.h"

namespace firn::cli {
namespace {

constexpr std::string_view magic = "firn plan 1";

Value texts(const std::vector<std::string>& items) {
  List list;
  for (const auto& item : items)
    list.emplace_back(item);
  return Value(std::move(list));
}

std::vector<std::string> strings(const Value& value) {
  std::vector<std::string> items;
  if (!value.is_list()) return items;
  for (const Value& item : value.as_list()) {
    if (item.is_string()) items.push_back(item.as_string());
  }
  return items;
}

}  // namespace

std::string to_text(const SavedPlan& saved) {
  Map map{{"firn", Value(magic)},
          {"stack", Value(saved.stack_argument)},
          {"environment", Value(saved.environment)},
          {"state_path", Value(saved.state_path)},
          {"only", texts(saved.only)},
          {"parameters", texts(saved.parameters)},
          {"refresh", Value(saved.refresh)},
          {"destroy", Value(saved.is_destroy)},
          {"digests", texts(saved.digests)},
          {"lineage", Value(saved.lineage)},
          {"serial", Value(saved.serial)},
          {"steps", Value(saved.steps)}};
  if (saved.sandbox) map.set("sandbox", Value(*saved.sandbox));
  return to_pretty_json(Value(std::move(map))) + '\n';
}

Result<SavedPlan> parse_plan(std::string_view text, const std::string& path) {
  const auto value = parse_json(text);
  if (!value || value->string_or("firn", "") != magic) {
    return fail(ErrorKind::invalid_input, fmt::format("{} is not a plan of this version", path),
                value ? std::string() : value.error().detail,
                "make it again with `firn plan … --out " + path + "`");
  }
  SavedPlan saved;
  saved.stack_argument = value->string_or("stack", "");
  saved.environment = value->string_or("environment", "");
  if (const Value* sandbox = value->find("sandbox"); sandbox != nullptr && sandbox->is_string()) {
    saved.sandbox = sandbox->as_string();
  }
  saved.state_path = value->string_or("state_path", "");
  saved.only = strings(value->at("only"));
  saved.parameters = strings(value->at("parameters"));
  saved.refresh = value->bool_or("refresh", true);
  saved.is_destroy = value->bool_or("destroy", false);
  saved.digests = strings(value->at("digests"));
  saved.lineage = value->string_or("lineage", "");
  saved.serial = value->int_or("serial", 0);
  saved.steps = value->string_or("steps", "");
  return saved;
}

Status check_still_the_same(const SavedPlan& saved, const SavedPlan& now) {
  const std::string again = "make a new plan, review it, and apply that";
  if (saved.digests != now.digests) {
    std::string which;
    for (const auto& line : saved.digests) {
      if (std::find(now.digests.begin(), now.digests.end(), line) == now.digests.end()) {
        which = line.substr(0, line.find(' '));
        break;
      }
    }
    return fail(ErrorKind::conflict, "the plan is out of date: the files changed",
                which.empty()
                    ? std::string("Other files are read than when it was saved.")
                    : fmt::format("{} is not what it was when the plan was saved.", which),
                again);
  }
  // Planned before there was a state: nothing may have been applied since.
  const bool is_first = saved.lineage.empty() && now.serial == 0;
  if (!is_first && (saved.lineage != now.lineage || saved.serial != now.serial)) {
    return fail(ErrorKind::conflict, "the plan is out of date: the state moved on",
                saved.lineage.empty() ? std::string("It was made before there was a state.")
                : saved.lineage != now.lineage
                    ? std::string("It was made against another state.")
                    : fmt::format("It was made against serial {}, the state is at {}.",
                                  saved.serial, now.serial),
                again);
  }
  if (saved.steps != now.steps) {
    return fail(ErrorKind::conflict, "the plan is out of date: the clouds changed",
                "Planning again gives other steps than the saved ones.", again);
  }
  return Ok{};
}

}  // namespace firn::cli
