// state backup, restore, check: the state as a file that is worth keeping.
#include <fmt/format.h>
#include <vector>

#include "cli/carry_out.h"
#include "cli/commands.h"
#include "cli/state_place.h"
#include "core/base/shell.h"
#include "core/base/text.h"
#include "core/state/backups.h"
#include "core/state/invariants.h"
#include "core/state/restore.h"
#include "core/value/json.h"

namespace firn::cli {
namespace {

std::string objects(std::size_t count) {
  return fmt::format("{} object{}", count, count == 1 ? "" : "s");
}

std::string name_of(const StateLocation& location) {
  return location.stack + "/" + location.environment;
}

Error nothing_there(const StateLocation& location) {
  Error error;
  error.kind = ErrorKind::not_found;
  error.summary = "there is no state of " + name_of(location) + " yet";
  error.detail = location.path + " does not exist.";
  error.remedy = "the first `firn apply` makes it";
  return error;
}

Result<std::unique_ptr<StateStore>> open_reading(const StateLocation& location) {
  SystemRandom unused;
  return StateStore::open(location, StateStore::Mode::read, {}, unused);
}

// Everything that can be wrong with a state that opens.
Result<std::vector<std::string>> problems_of(const StateStore& store) {
  auto problems = store.check_file();
  if (!problems) return problems;
  for (std::string& sentence : check_invariants(store.state()))
    problems->push_back(std::move(sentence));
  return problems;
}

// What a restore would do, for the person who is asked.
void describe(const Restore& restore, const StateLocation& location, Console& console) {
  const State& copy = restore.copy();
  console.line(
      fmt::format("The copy holds {} (serial {}).", objects(copy.resources.size()), copy.serial));
  const State* present = restore.present();
  if (present == nullptr) {
    console.line(fmt::format("The state of {} cannot be read any more.", name_of(location)));
    return;
  }
  console.line(fmt::format("The state of {} holds {} (serial {}).", name_of(location),
                           objects(present->resources.size()), present->serial));
  const auto forgotten = restore.forgotten();
  if (forgotten.empty()) return;
  console.line(fmt::format("It would lose track of {}:", objects(forgotten.size())));
  for (const std::string& address : forgotten) {
    const StoredResource& stored = present->resources.at(address);
    console.line(fmt::format("  {}  {}{}{}", address, stored.record.type,
                             stored.record.name.empty() ? "" : "  ", stored.record.name));
  }
  console.line(
      "They stay in the clouds. What carries firn's mark and stands in the stack is taken back by "
      "the "
      "next apply.");
}

}  // namespace

int run_state_backup(const Arguments& arguments, Console& console) {
  const auto location = find_state(arguments, console);
  if (!location) return kExitError;
  const auto store = open_reading(*location);
  if (!store) {
    console.show(store.error());
    return kExitError;
  }
  const State& state = (*store)->state();
  if (state.lineage.empty()) {
    console.show(nothing_there(*location));
    return kExitError;
  }
  const std::string to = arguments.out_file.empty() ? backup_path(location->path, RealClock().now(),
                                                                  state.serial, "by-hand")
                                                    : arguments.out_file;
  if (const Status kept = keep_copy(**store, to); !kept) {
    console.show(kept.error());
    return kExitError;
  }
  console.line(fmt::format("Kept {} (serial {}) of {} in {}.", objects(state.resources.size()),
                           state.serial, name_of(*location), to));
  return kExitOk;
}

int run_state_restore(const Arguments& arguments, Console& console) {
  const auto location = find_state(arguments, console);
  if (!location) return kExitError;
  SystemRandom random;
  auto restore = Restore::prepare(*location, arguments.out_file, holder_of(arguments), random);
  if (!restore) {
    console.show(restore.error());
    return kExitError;
  }
  describe(*restore, *location, console);
  if (restore->is_older() &&
      !is_agreed("\nGo back to this copy? (yes/no) ", {}, arguments, console)) {
    return kExitError;
  }
  const auto serial = restore->carry_out(RealClock().now(), random);
  if (!serial) {
    console.show(serial.error());
    return kExitError;
  }
  console.line(fmt::format("Restored, as serial {}.", *serial));
  if (!restore->kept().empty()) {
    console.line(fmt::format("What it replaced is kept in {}.", restore->kept()));
  }
  console.line(fmt::format("Look at what has changed since: firn plan {} {}",
                           shell_word(arguments.stack), location->flags));
  return kExitOk;
}

int run_state_check(const Arguments& arguments, Console& console) {
  const auto location = find_state(arguments, console);
  if (!location) return kExitError;
  const auto store = open_reading(*location);
  auto problems = store ? problems_of(**store) : Result<std::vector<std::string>>();
  if (!store || !problems) {
    const Error& error = store ? problems.error() : store.error();
    if (arguments.json) {
      console.line(to_pretty_json(
          Value(Map{{"sound", Value(false)}, {"problems", Value(List{Value(error.detail)})}})));
    }
    console.show(error);
    return kExitError;
  }
  const State& state = (*store)->state();
  if (arguments.json) {
    List sentences;
    for (const std::string& problem : *problems)
      sentences.emplace_back(problem);
    console.line(to_pretty_json(
        Value(Map{{"sound", Value(problems->empty())},
                  {"problems", Value(std::move(sentences))},
                  {"objects", Value(static_cast<std::int64_t>(state.resources.size()))},
                  {"open_operations", Value(static_cast<std::int64_t>(state.open_intents.size()))},
                  {"serial", Value(state.serial)}})));
    return problems->empty() ? kExitOk : kExitError;
  }
  if (!problems->empty()) {
    Error error;
    error.kind = ErrorKind::bug;
    error.summary = fmt::format("the state of {} is not as it should be", name_of(*location));
    error.detail = join(*problems, "\n");
    error.remedy = "keep a copy (firn state backup) and report it: firn itself wrote this";
    console.show(error);
    return kExitError;
  }
  if (state.lineage.empty()) {
    console.line(fmt::format("There is no state of {} yet.", name_of(*location)));
    return kExitOk;
  }
  console.line(fmt::format("The state of {} is sound: {}, serial {}.", name_of(*location),
                           objects(state.resources.size()), state.serial));
  if (!state.open_intents.empty()) {
    console.line(fmt::format("{} of an earlier run is open; the next run settles that.",
                             state.open_intents.size() == 1
                                 ? std::string("1 operation")
                                 : fmt::format("{} operations", state.open_intents.size())));
  }
  return kExitOk;
}

}  // namespace firn::cli
