// Does the integration allow the stage's location?
//
// Snowflake, "CREATE STORAGE INTEGRATION" (STORAGE_ALLOWED_LOCATIONS, STORAGE_BLOCKED_LOCATIONS,
// ENABLED).
#include <fmt/format.h>

#include "road/hops/hops.h"

namespace firn::road {

const Check FIRN201{
    .code = "FIRN201",
    .severity = Severity::error,
    .title = "A part of the stage is blocked by the integration",
    .cause =
        "An entry of blocked_locations lies below the stage's URL; what is blocked is blocked "
        "although it is allowed as well.",
    .consequence = "Objects there are announced, and Snowflake refuses to read them.",
    .mend = "Take the entry out of blocked_locations, or stage another location."};
const Check FIRN202{.code = "FIRN202",
                    .severity = Severity::error,
                    .title = "The integration is switched off",
                    .cause = "enabled: false.",
                    .consequence = "No stage may use it, so nothing is read.",
                    .mend = "enabled: true"};

namespace {

// How many of `keys` are below a location as integrations name it: "*", or a URL.
Share share_below(const std::string& location, const Keys& keys) {
  if (location == "*") return Share::all;
  const auto area = keys_of_url(location);
  if (!area || area->bucket != keys.bucket) return Share::none;
  return share_of(keys, area->prefix, "");
}

}  // namespace

std::optional<Hop> check_locations(const World&, const Load& load, const Keys& keys) {
  Hop hop{.title = "storage integration"};
  if (load.stage == nullptr) {
    hop.passage = Passage::unknown;
    hop.evidence = "the stage is not in this stack";
    return hop;
  }
  if (load.integration == nullptr) {
    const std::string name = text_of(*load.stage, "storage_integration");
    hop.passage = Passage::unknown;
    hop.evidence = name.empty() ? fmt::format("{} names none", load.stage->address)
                                : fmt::format("{} is not in this stack", name);
    return hop;
  }
  const Object& integration = *load.integration;
  hop.address = integration.address;
  if (!integration.inputs.bool_or("enabled", true)) {
    hop.passage = Passage::stops;
    hop.evidence = "it is switched off";
    hop.findings.push_back(finding_at(
        FIRN202, integration, "enabled",
        fmt::format("\"{}\" may not use \"{}\"", load.stage->address, integration.address),
        "The integration is switched off.", "enabled: true"));
    return hop;
  }
  const std::vector<std::string> allowed = texts_of(integration, "allowed_locations");
  Share share = Share::none;
  std::string by;
  for (const std::string& location : allowed) {
    const Share here = share_below(location, keys);
    if (here > share) {
      share = here;
      by = location;
    }
  }
  // A stage outside of them was refused before (snowflake.storage_integration).
  if (share != Share::all) {
    hop.passage = Passage::stops;
    hop.evidence = fmt::format("it allows {} only", fmt::join(allowed, ", "));
    return hop;
  }
  for (const std::string& location : texts_of(integration, "blocked_locations")) {
    const Share blocked = share_below(location, keys);
    if (blocked == Share::none) continue;
    hop.passage = blocked == Share::all ? Passage::stops : Passage::some;
    hop.evidence = fmt::format("it blocks {}", location);
    hop.findings.push_back(finding_at(
        FIRN201, integration, "blocked_locations",
        fmt::format("\"{}\" blocks {} of {}", integration.address,
                    blocked == Share::all ? "all" : "a part", keys.text()),
        fmt::format("It blocks {}, which counts for more than what it allows.", location),
        "take it out of blocked_locations, or stage another location"));
    return hop;
  }
  hop.evidence = fmt::format("it allows {}", by);
  return hop;
}

}  // namespace firn::road
