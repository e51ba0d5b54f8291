#include "road/checks.h"

#include <array>

#include "road/beside/beside.h"
#include "road/hops/hops.h"

namespace firn::road {

std::span<const Check* const> all_checks() {
  static constexpr std::array checks{
      &FIRN101, &FIRN102, &FIRN103, &FIRN104, &FIRN105,  // what the bucket tells
      &FIRN111, &FIRN112, &FIRN121, &FIRN131,            // the topic; the pipe
      &FIRN201, &FIRN202,                                // locations
      &FIRN211, &FIRN221, &FIRN222, &FIRN223,            // the role
      &FIRN301, &FIRN302, &FIRN303, &FIRN304,            // columns
      &FIRN401, &FIRN402, &FIRN403, &FIRN404, &FIRN405,  // beside the roads
      &FIRN406, &FIRN407, &FIRN408, &FIRN409, &FIRN501, &FIRN502,
      &FIRN503,  // functions and queues on the way
  };
  return checks;
}

}  // namespace firn::road
