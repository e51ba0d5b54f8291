// The words for decisions.
#include <fmt/format.h>

#include "providers/aws/iam/evaluator.h"

namespace firn::aws::iam {
namespace {

std::string words(const StatementPlace& place) {
  const std::string sid = place.sid.empty() ? std::string() : fmt::format(" (\"{}\")", place.sid);
  return fmt::format("{} {}, statement {}{}", side_name(place.side), place.policy, place.index + 1,
                     sid);
}

std::string words(const Mismatch& mismatch) {
  const std::string what =
      mismatch.key.empty() ? std::string(part_name(mismatch.part)) : mismatch.key;
  if (!mismatch.is_known) {
    return fmt::format("{} cannot be told yet: the statement says {}", what, mismatch.wanted);
  }
  if (mismatch.part == StatementPart::condition && mismatch.given.empty()) {
    return fmt::format("{} is not in the request, the statement asks for {}", what,
                       mismatch.wanted);
  }
  return fmt::format("{} is {}, the statement asks for {}", what, mismatch.given, mismatch.wanted);
}

}  // namespace

std::string_view reason_name(Reason reason) {
  switch (reason) {
    case Reason::allowed:
      return "allowed";
    case Reason::explicit_deny:
      return "a statement denies it";
    case Reason::no_resource_allow:
      return "no resource policy allows it";
    case Reason::no_identity_allow:
      return "no identity policy allows it";
    case Reason::no_boundary_allow:
      return "the permissions boundary does not allow it";
    case Reason::no_session_allow:
      break;
  }
  return "no session policy allows it";
}

std::string describe(const Decision& decision) {
  std::string text(reason_name(decision.reason));
  for (const StatementPlace& place : decision.allowed_by)
    text += fmt::format("\n  by {}", words(place));
  if (decision.identity_was_assumed) {
    text += "\n  the principal's own policies are in another account and were taken to allow it";
  }
  if (decision.denied_by) text += fmt::format("\n  by {}", words(*decision.denied_by));
  for (const Miss& miss : decision.misses) {
    if (!decision.denied_by) text += fmt::format("\n  {} does not apply:", words(miss.place));
    for (const Mismatch& mismatch : miss.mismatches)
      text += fmt::format("\n    {}", words(mismatch));
  }
  return text;
}

}  // namespace firn::aws::iam
