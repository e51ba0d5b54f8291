#include "core/state/state_refusals.h"

#include <fmt/core.h>
#include <utility>

namespace firn {
namespace {

constexpr std::string_view code_foreign = "foreign-file";
constexpr std::string_view code_lost = "lost-file";

Failure with_code(Failure failure, std::string_view code) {
  Error error = std::move(failure.value());
  error.code = code;
  return fail(std::move(error));
}

}  // namespace

std::string label(const StateLocation& location) {
  return fmt::format("the state of {}/{}", location.stack, location.environment);
}

Failure refuse(const StateLocation& location, std::string why, std::string remedy) {
  return fail(ErrorKind::storage, "cannot open " + label(location),
              location.path + ": " + std::move(why), std::move(remedy));
}

Failure refuse_damaged(const StateLocation& location, std::string why) {
  return with_code(
      refuse(location, "the file is damaged: " + std::move(why),
             "put the last good copy of the file back; firn does not guess at a damaged state, as "
             "it might lose track of what it made"),
      sqlite::damage_code());
}

Failure refuse_foreign(const StateLocation& location, std::string why) {
  return with_code(refuse(location, std::move(why),
                          "give the state another place (state: in the environment's file), or "
                          "move that file away"),
                   code_foreign);
}

Failure refuse_lost(const StateLocation& location, std::string why, std::string remedy) {
  return with_code(refuse(location, std::move(why), std::move(remedy)), code_lost);
}

Failure refuse_failure(const StateLocation& location, const sqlite::Database* database,
                       const Error& error) {
  if (sqlite::is_not_a_database(error)) {
    return refuse_foreign(location, "this is not a state of firn: it is not an SQLite database");
  }
  if (sqlite::is_no_such_thing(error)) {
    return refuse_damaged(location, "its tables are not those of a state: " + error.detail);
  }
  if (sqlite::is_damage(error)) {
    std::string why = error.detail;
    // A look at the whole file takes long, so only now; its first line says most.
    if (database != nullptr) {
      if (auto check = database->prepare("PRAGMA quick_check(1)"); check) {
        const auto row = check->step();
        if (row && *row && check->text(0) != "ok") why = check->text(0);
      }
    }
    return refuse_damaged(location, std::move(why));
  }
  Error refused = error;
  refused.summary = "cannot open " + label(location);
  refused.detail = location.path + ": " + error.detail;
  return fail(std::move(refused));
}

bool is_mended_by_a_copy(const Error& refusal) {
  return sqlite::is_damage(refusal) || refusal.code == code_foreign || refusal.code == code_lost;
}

Error for_people(Error refusal) {
  if (refusal.code == code_foreign || refusal.code == code_lost) refusal.code.clear();
  return refusal;
}

}  // namespace firn
