// recover: settles what an earlier run left open, and does nothing else.
#include "cli/commands.h"
#include "cli/session.h"

namespace firn::cli {

int run_recover(const Arguments& arguments, Console& console) {
  auto session = Session::open(arguments, console);
  if (session == nullptr || !session->open_state(StateStore::Mode::write)) return kExitError;
  if (session->store().state().open_intents.empty()) {
    console.line("Nothing to recover: no operation of an earlier run is open.");
    return kExitOk;
  }
  return session->recover() ? kExitOk : kExitError;
}

}  // namespace firn::cli
