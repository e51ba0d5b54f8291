#include "cli/state_place.h"

#include <filesystem>
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include "cli/clouds.h"
#include "core/base/shell.h"
#include "core/base/text.h"
#include "core/stack/words.h"

namespace firn::cli {
namespace {

namespace fs = std::filesystem;

std::string who_am_i() {
  char host[256] = "localhost";
  static_cast<void>(gethostname(host, sizeof host - 1));
  const passwd* user = getpwuid(getuid());
  return fmt::format("{}@{}", user != nullptr ? user->pw_name : std::to_string(getuid()), host);
}

// What a command line needs to mean the same state.
std::string flags_of(const Arguments& arguments, const std::string& environment) {
  std::string flags = "--env " + shell_word(environment);
  if (!arguments.state_path.empty()) {
    flags += " --state " + shell_word(arguments.state_path);
  } else if (arguments.sandbox) {
    flags += " --sandbox";
    if (!arguments.sandbox->empty()) flags += " " + shell_word(*arguments.sandbox);
  }
  return flags;
}

}  // namespace

StateLocation state_location(const Project& project, const Environment& environment,
                             const Arguments& arguments) {
  StateLocation location;
  location.stack = project.stack_name;
  location.environment = environment.name;
  location.flags = flags_of(arguments, environment.name);
  const std::string file = fmt::format("{}.{}.state.db", location.stack, location.environment);
  if (!arguments.state_path.empty()) {
    location.path = arguments.state_path;
  } else if (arguments.sandbox) {
    // A rehearsal has a state of its own, beside the sandbox that it belongs to.
    const std::string sandbox =
        arguments.sandbox->empty() ? project.path(".firn/sandbox.db") : *arguments.sandbox;
    location.path = (fs::path(sandbox + ".states") / file).string();
  } else if (const std::string path = environment.state.string_or("path", ""); !path.empty()) {
    location.path = project.path(path);
  } else {
    location.path = project.path((fs::path(".firn") / file).string());
  }
  return location;
}

LockHolder holder_of(const Arguments& arguments) {
  LockHolder self;
  self.who = who_am_i();
  self.process = getpid();
  self.command = join(arguments.words, " ");
  self.since = RealClock().now();
  return self;
}

std::optional<StateSettings> state_settings(const Environment& environment, Console& console) {
  Diagnostics diagnostics;
  const config::Node written = environment.document->root().find("state");
  const std::string backend = environment.state.string_or("backend", "sqlite");
  if (!contains(state_backends(), backend)) {
    diagnostics.error(
        written.find("backend").where(), fmt::format("unknown state backend \"{}\"", backend),
        "This version keeps the state in an SQLite file.", "write state: { backend: sqlite }");
  }
  StateSettings settings;
  const Value& backups = environment.state.at("backups");
  if (backups.is_int() && backups.as_int() >= 0) {
    settings.backups = backups.as_int();
  } else if (!backups.is_null()) {
    diagnostics.error(written.find("backups").where(), "backups must be a number, from 0 on",
                      "So many copies of the state are kept, one from before each run that changes "
                      "something.",
                      "write state: { backups: 10 }, or 0 for none");
  }
  console.show(diagnostics);
  if (diagnostics.has_errors()) return std::nullopt;
  return settings;
}

std::optional<StateLocation> find_state(const Arguments& arguments, Console& console) {
  Diagnostics diagnostics;
  const auto project = find_project(arguments.stack, arguments.environment, diagnostics);
  std::optional<Environment> environment;
  if (project) {
    environment = load_environment(project->environment_file, project->stack_name,
                                   project->stack_document->root(), provider_names(), diagnostics);
  }
  console.show(diagnostics);
  if (!environment || diagnostics.has_errors()) return std::nullopt;
  if (!state_settings(*environment, console)) return std::nullopt;
  return state_location(*project, *environment, arguments);
}

}  // namespace firn::cli
