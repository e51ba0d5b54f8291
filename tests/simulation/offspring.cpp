#include "tests/simulation/offspring.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <new>
#include <string_view>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace firn::simulation {
namespace {

namespace fs = std::filesystem;

constexpr unsigned hangs_after_s = 300;  // never decides the result of a sound run

// In one piece, so that reports of two copies do not mix.
void print_whole(const std::string& text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (written <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string make_scratch_folder() {
  const fs::path in_memory = "/dev/shm";
  std::error_code error;
  const fs::path base =
      ::access(in_memory.c_str(), W_OK) == 0 ? in_memory : fs::temp_directory_path(error);
  std::string name = (base / "firn-simulation-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) give_up("cannot make " + name);
  return name;
}

}  // namespace

void give_up(std::string_view why) {
  fmt::print(stderr, "{}\n", why);
  std::exit(2);
}

ScratchFolder::ScratchFolder() : path_(make_scratch_folder()) {}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

Offspring::Offspring(std::size_t jobs) : jobs_(jobs) {
  void* shared =
      mmap(nullptr, sizeof(Tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) give_up("no memory to share");
  tally_ = new (shared) Tally();
}

Offspring::~Offspring() {
  wait();
  munmap(tally_, sizeof(Tally));
}

void Offspring::live(const std::string& title, const Pack& pack, const Life& story) {
  while (copies_.size() >= jobs_)
    wait_for_one();
  const std::string folder = make_scratch_folder();
  pack(folder);
  std::fflush(nullptr);
  const pid_t process = fork();
  if (process < 0) give_up("cannot fork");
  if (process > 0) {
    copies_.push_back({process, title, folder});
    return;
  }
  alarm(hangs_after_s);
  copies_.clear();  // they are its siblings
  ++tally_->tried;
  const std::string report = story(folder);
  if (!report.empty()) {
    ++tally_->failed;
    print_whole(report);
  }
  // Nothing is cleaned up: what is open belongs to the original.
  _exit(0);
}

void Offspring::wait_for_one() {
  int status = 0;
  const pid_t process = waitpid(-1, &status, 0);
  if (process < 0) {
    if (errno != EINTR) copies_.clear();
    return;
  }
  const auto copy = std::ranges::find(copies_, process, &Copy::process);
  if (copy == copies_.end()) return;
  if (!WIFEXITED(status)) {
    ++tally_->failed;
    print_whole(fmt::format("FAILED {}\n  the process ended by signal {}{}\n", copy->title,
                            WTERMSIG(status), WTERMSIG(status) == SIGALRM ? ": it hung" : ""));
  }
  std::error_code ignored;
  fs::remove_all(copy->folder, ignored);
  copies_.erase(copy);
}

void Offspring::wait() {
  while (!copies_.empty())
    wait_for_one();
}

}  // namespace firn::simulation
