#include "cli/plan_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <sstream>

#include "cli/plan_view.h"
#include "core/value/json.h"

namespace firn::cli {
namespace {

constexpr std::string_view kMagic = "firn plan 1";

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

// plan_json() redacts secrets; their digests, added here, tell whether one changed since. Where
// there is no state yet there is no key, and a digest without one would give a short secret away.
std::string steps_of(const Plan& plan, bool with_digests) {
  std::string text = plan_json(plan);
  for (const Step& step : plan.steps) {
    if (!with_digests || !step.after.contains_secret()) continue;
    const Value after = sealed(plan.secret_key, step.after);
    text += fmt::format("\n{} {}", step.address, seal(plan.secret_key, after));
  }
  return text;
}

}  // namespace

SavedPlan saved_from(const Plan& plan, const Session& session, const Arguments& arguments,
                     bool before_any_state) {
  SavedPlan saved;
  saved.stack_argument = arguments.stack;
  saved.environment = arguments.environment;
  saved.sandbox = arguments.sandbox;
  saved.state_path = arguments.state_path;
  saved.only = arguments.only;
  saved.parameters = arguments.parameters;
  saved.refresh = arguments.refresh;
  saved.is_destroy = plan.is_destroy;
  saved.digests = session.stack().digests();
  saved.digests.push_back(session.environment().document->file() + " " +
                          session.environment().document->digest());
  saved.lineage = plan.lineage;
  saved.serial = plan.serial;
  saved.steps = steps_of(plan, !before_any_state && !plan.secret_key.empty());
  return saved;
}

Status write_plan_file(const std::string& path, const SavedPlan& saved) {
  Map map{{"firn", Value(kMagic)},
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
  const std::string part = path + ".part";
  std::ofstream file(part, std::ios::binary | std::ios::trunc);
  file << to_pretty_json(Value(std::move(map))) << '\n';
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(part, path, error);
  if (!file || error) {
    std::filesystem::remove(part, error);
    return fail(ErrorKind::storage, fmt::format("cannot write the plan to {}", path),
                std::strerror(errno), "choose a place that you may write to, with free space");
  }
  return Ok{};
}

Result<SavedPlan> read_plan_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) {
    return fail(ErrorKind::storage, fmt::format("cannot read the plan {}", path),
                std::strerror(errno), "check the path");
  }
  const auto value = parse_json(text.str());
  if (!value || value->string_or("firn", "") != kMagic) {
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

bool is_plan_file(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return false;
  std::ifstream file(path, std::ios::binary);
  std::string start(200, '\0');
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  return start.find('{') == 0 || path.ends_with(".plan");
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
