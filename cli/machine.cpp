#include "cli/machine.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <pwd.h>
#include <spawn.h>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace firn::cli {
namespace {

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Runs a program without a shell and answers what it prints. Its errors go to ours.
Result<std::string> run_program(const std::vector<std::string>& command) {
  const auto refuse = [&](const std::string& why) {
    return fail(ErrorKind::credentials,
                fmt::format("cannot run {}", command.empty() ? "nothing" : command[0]), why,
                "check the command in the configuration");
  };
  if (command.empty()) return refuse("The command is empty.");
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return refuse(std::strerror(errno));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  posix_spawn_file_actions_addclose(&actions, ends[1]);
  std::vector<char*> arguments;
  for (const auto& word : command)
    arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int failed =
      posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (failed != 0) {
    close(ends[0]);
    return refuse(std::strerror(failed));
  }
  std::string output;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t count = read(ends[0], buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    output.append(buffer.data(), static_cast<std::size_t>(count));
  }
  close(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return refuse(WIFEXITED(status)
                      ? fmt::format("It ended with exit code {}.", WEXITSTATUS(status))
                      : std::string("It was ended by a signal."));
  }
  return output;
}

}  // namespace

aws::Machine this_machine() {
  aws::Machine machine;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view line(*entry);
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    machine.environment.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  if (const auto home = machine.environment.find("HOME"); home != machine.environment.end()) {
    machine.home = home->second;
  } else if (const passwd* user = getpwuid(getuid()); user != nullptr) {
    machine.home = user->pw_dir;
  }
  machine.read_file = read_file;
  machine.run = run_program;
  return machine;
}

}  // namespace firn::cli
