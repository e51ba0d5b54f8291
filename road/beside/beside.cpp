#include "road/beside/beside.h"

namespace firn::road {

const std::vector<BesideCheck>& beside_checks() {
  static const std::vector<BesideCheck> checks{
      find_double_loading, find_wide_locations, find_written_keys,   find_wide_trust,
      find_public_buckets, find_other_regions,  find_barred_callers, find_mistaken_names};
  return checks;
}

}  // namespace firn::road
