// Offspring: what comes after a moment, lived by a copy of the process (fork), while the original
// goes on to the next moment. So a sweep over all moments of a run lives that run once only.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace firn::simulation {

// Ends the program with 2: what was to be tried could not even begin.
[[noreturn]] void give_up(std::string_view why);

// A folder that goes with its owner; in memory where the system has such a place, as the states of
// simulated processes need not survive a power cut.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Numbers that all descendants share.
struct Tally {
  std::atomic<std::size_t> tried{0};
  std::atomic<std::size_t> failed{0};
  std::atomic<std::size_t> processes{0};
  std::atomic<std::size_t> requests{0};
  std::atomic<std::size_t> accidents{0};
  std::atomic<std::size_t> deaths{0};
};

class Offspring {
 public:
  // At most `jobs` copies live at once.
  explicit Offspring(std::size_t jobs);
  ~Offspring();
  Offspring(const Offspring&) = delete;
  Offspring& operator=(const Offspring&) = delete;

  // Lives `story` in a copy of this process and counts it as tried. It answers a report when
  // something was wrong, which is printed, and counted as failed; so is a copy that crashes or
  // hangs. Files of this process are changed by it as it goes on: `pack` puts what the copy needs
  // of them into the copy's own folder before the two part.
  using Pack = std::function<void(const std::string& folder)>;
  using Life = std::function<std::string(const std::string& folder)>;
  void live(const std::string& title, const Pack& pack, const Life& story);
  void wait();  // until all copies have ended

  [[nodiscard]] Tally& tally() { return *tally_; }

 private:
  struct Copy {
    pid_t process;
    std::string title;
    std::string folder;
  };
  void wait_for_one();

  std::size_t jobs_;
  std::vector<Copy> copies_;
  Tally* tally_;  // in memory that copies share
};

}  // namespace firn::simulation
