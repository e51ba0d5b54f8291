// Container images by the author's command.
#include <array>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <spawn.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

#include "cli/image_builders.h"
#include "core/base/text.h"

extern char** environ;

namespace firn::cli {
namespace {

constexpr Duration poll = std::chrono::milliseconds(50);
// How much of what a command said is shown when it failed.
constexpr std::size_t lines_shown = 20;

// A name beside the scratch folder, gone when it is left.
class LogFile {
 public:
  explicit LogFile(std::string path) : path_(std::move(path)) {}
  ~LogFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string last_lines() const {
    std::ifstream stream(path_, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream),
                           std::istreambuf_iterator<char>()};
    std::vector<std::string> lines;
    for (const std::string& line : split(text, '\n')) {
      // A builder draws its progress over itself; the last state of a line is what counts.
      const std::size_t drawn = line.find_last_of('\r', line.empty() ? 0 : line.size() - 2);
      const std::string shown(trim(drawn == std::string::npos ? line : line.substr(drawn + 1)));
      if (!shown.empty()) lines.push_back(shown);
    }
    const std::size_t first = lines.size() > lines_shown ? lines.size() - lines_shown : 0;
    return join(std::span(lines).subspan(first), "\n");
  }

 private:
  std::string path_;
};

// The variables of this process, and those that say what to build.
std::vector<std::string> variables_for(const aws::ImageBuild& build) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (!text.starts_with("FIRN_IMAGE_") && !text.starts_with("FIRN_OCI_LAYOUT=")) {
      variables.emplace_back(text);
    }
  }
  variables.push_back(fmt::format("FIRN_IMAGE_URI={}:{}", build.repository, build.tag));
  variables.push_back("FIRN_IMAGE_REPOSITORY=" + build.repository);
  variables.push_back("FIRN_IMAGE_TAG=" + build.tag);
  variables.push_back("FIRN_IMAGE_FOLDER=" + build.folder);
  variables.push_back("FIRN_OCI_LAYOUT=" + build.oci_layout);
  return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words)
    pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

// The process, or the number of an error.
struct Started {
  pid_t process = 0;
  int error = 0;
};

Started start(const aws::ImageBuild& build, const std::string& log) {
  std::vector<std::string> words = build.command;
  std::vector<std::string> variables = variables_for(build);
  std::vector<char*> arguments = pointers_to(words);
  std::vector<char*> environment = pointers_to(variables);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  posix_spawn_file_actions_addchdir_np(&actions, build.folder.c_str());
  Started started;
  started.error = posix_spawnp(&started.process, arguments[0], &actions, nullptr, arguments.data(),
                               environment.data());
  posix_spawn_file_actions_destroy(&actions);
  return started;
}

Failure failed(const aws::ImageBuild& build, std::string how, const std::string& said) {
  Error error;
  error.kind = ErrorKind::invalid_input;
  error.summary = "the command that builds the image failed";
  error.detail = fmt::format("{} {}", join(build.command, " "), how);
  if (!said.empty()) error.detail += ":\n" + said;
  error.remedy = "mend the build, then run the same command of firn again";
  error.address = build.address;
  return fail(std::move(error));
}

class CommandBuilder final : public aws::ImageBuilder {
 public:
  explicit CommandBuilder(Scheduler& scheduler) : scheduler_(scheduler) {}

  Task<Status> build(aws::ImageBuild build) override {
    if (build.report) {
      build.report(fmt::format("building the image: {}", join(build.command, " ")));
    }
    const LogFile log(build.oci_layout + ".log");
    const Started started = start(build, log.path());
    if (started.error != 0) {
      co_return failed(build, fmt::format("cannot be started: {}", std::strerror(started.error)),
                       "");
    }
    int status = 0;
    while (waitpid(started.process, &status, WNOHANG) == 0)
      co_await scheduler_.sleep(poll);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) co_return Ok{};
    std::string how = WIFEXITED(status) ? fmt::format("ended with code {}", WEXITSTATUS(status))
                                        : fmt::format("was stopped by signal {}", WTERMSIG(status));
    co_return failed(build, std::move(how), log.last_lines());
  }

 private:
  Scheduler& scheduler_;
};

}  // namespace

std::unique_ptr<aws::ImageBuilder> make_command_builder(Scheduler& scheduler) {
  return std::make_unique<CommandBuilder>(scheduler);
}

}  // namespace firn::cli
