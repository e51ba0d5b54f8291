// Is each of these projects one that `firn validate` accepts? One process for all of them.
//
//   firn_sound STACK FOLDER …
#include <fmt/format.h>
#include <string>
#include <unistd.h>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/console.h"

int main(int argc, char** argv) {
  using namespace firn::cli;
  if (argc < 3) {
    fmt::print(stderr, "firn_sound STACK FOLDER …\n");
    return kExitError;
  }
  Arguments arguments;
  arguments.stack = argv[1];
  arguments.json = true;
  int refused = 0;
  for (int i = 2; i < argc; ++i) {
    if (chdir(argv[i]) != 0) {
      fmt::print(stderr, "there is no folder {}\n", argv[i]);
      return kExitError;
    }
    Console console(false);
    if (run_validate(arguments, console) == kExitOk) continue;
    fmt::print(stderr, "refused: {}\n", argv[i]);
    ++refused;
  }
  return refused == 0 ? kExitOk : kExitError;
}
