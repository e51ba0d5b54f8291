// Waivers: comments with which an author takes a finding back, and says why.
//
//   # firn: allow FIRN305 because the producer writes to one prefix only
//   files:
//     type: aws.s3_notification
//
// A waiver at the end of a line covers what begins on that line, all that is below it included; one
// on a line of its own covers what begins on the next line. Above a component's use it covers the
// component's objects. Several codes are separated by commas.
#pragma once

#include <span>
#include <vector>

#include "core/check/check.h"
#include "core/stack/stack.h"

namespace firn {

// Marks the findings that are waived. Goes to `diagnostics`: as errors, waivers without a reason
// and those of a code that no check has; as warnings, those that waive nothing.
void apply_waivers(const Stack& stack, std::span<const Check* const> checks,
                   std::span<CheckFinding* const> findings, Diagnostics& diagnostics);

}  // namespace firn
