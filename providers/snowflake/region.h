// Where an account is. Snowflake documentation: "CURRENT_REGION", "Supported cloud regions".
#pragma once

#include <string_view>

#include "core/provider/provider.h"

namespace firn::snowflake {

// `AWS_EU_WEST_1`, or `PUBLIC.AWS_EU_WEST_1` where an organization spans groups of regions, in the
// words of the cloud that hosts the account.
[[nodiscard]] Whereabouts place_of(std::string_view shown);

}  // namespace firn::snowflake
