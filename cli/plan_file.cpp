#include "cli/plan_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <sstream>

#include "cli/plan_view.h"

namespace firn::cli {
namespace {

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
  const std::string part = path + ".part";
  std::ofstream file(part, std::ios::binary | std::ios::trunc);
  file << to_text(saved);
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
  return parse_plan(text.str(), path);
}

bool is_plan_file(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return false;
  std::ifstream file(path, std::ios::binary);
  std::string start(200, '\0');
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  return start.find('{') == 0 || path.ends_with(".plan");
}

}  // namespace firn::cli
