// import: an object that exists is taken into the state.
#include "cli/carry_out.h"
#include "cli/commands.h"
#include "cli/plan_view.h"
#include "cli/progress.h"
#include "core/value/json.h"

namespace firn::cli {

int run_import(const Arguments& arguments, Console& console) {
  auto session = Session::open(arguments, console);
  if (session == nullptr || !session->open_state(StateStore::Mode::write)) return kExitError;
  auto planned = session->plan_import({arguments.subject, arguments.name});
  if (!planned) {
    save_sandbox(*session, console);
    return kExitError;
  }
  if (!arguments.json) {
    console.out(plan_text(planned->plan, console, session->clouds().target()));
  }
  if (!is_agreed("\nImport it? (yes/no) ", {}, arguments, console)) {
    save_sandbox(*session, console);
    return kExitError;
  }
  if (!session->keep_backup()) return kExitError;
  const CarriedOut done = carry_out_plan(*session, *planned, arguments, console);
  if (arguments.json) {
    const Map outcome = outcome_members(done.outcome);
    const Map answer{{"imported", Value(done.outcome.adopted > 0)},
                     {"object", step_value(planned->plan.steps.front())},
                     {"failures", *outcome.find("failures")},
                     {"interrupted", *outcome.find("interrupted")}};
    console.line(to_pretty_json(Value(answer)));
  } else {
    console.out(outcome_text(done.outcome, console));
  }
  return done.exit_code();
}

}  // namespace firn::cli
