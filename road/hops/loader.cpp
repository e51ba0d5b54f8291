// Does the pipe, or the external table, take the objects?
//
// Snowflake, "CREATE PIPE", "CREATE EXTERNAL TABLE", "COPY INTO <table>" (PATTERN).
#include <fmt/format.h>
#include <regex>

#include "road/hops/hops.h"

namespace firn::road {

const Check FIRN131{
    .code = "FIRN131",
    .severity = Severity::warning,
    .title = "The pattern of the COPY does not match an object",
    .cause =
        "PATTERN must match what follows the stage's path, as a whole. Told by firn trace "
        "--object.",
    .consequence = "The pipe hears of the object and passes it over.",
    .mend = "Write a pattern that matches to the end of the key, such as .*[.]json."};

namespace {

// Snowflake matches the whole of the path below the stage's URL, and beyond the COPY's own path.
std::optional<bool> pattern_takes(const std::string& pattern, const std::string& rest) {
  try {
    return std::regex_match(rest, std::regex(pattern, std::regex::ECMAScript));
  } catch (const std::regex_error&) {
    return std::nullopt;
  }
}

}  // namespace

std::optional<Hop> check_loader(const World&, const Load& load, const Keys& keys) {
  const bool is_pipe = load.loader->type->name == "snowflake.pipe";
  Hop hop{.title = is_pipe ? "pipe" : "external table", .address = load.loader->address};
  hop.evidence = fmt::format("it takes {}", load.keys.text());
  const Value& inputs = load.loader->inputs;
  if (inputs.bool_or("paused", false)) {
    hop.evidence += ", once it is resumed: it is declared paused";
  }
  const std::string pattern =
      is_pipe ? inputs.at("copy").string_or("pattern", "") : inputs.string_or("pattern", "");
  if (pattern.empty()) return hop;
  hop.evidence += fmt::format(", of these what matches {}", pattern);
  if (!keys.is_one) return hop;
  const auto takes = pattern_takes(pattern, keys.prefix.substr(load.keys.prefix.size()));
  if (!takes) {
    hop.passage = Passage::unknown;
    hop.evidence = fmt::format("the pattern {} is none that firn can read", pattern);
  } else if (!*takes) {
    hop.passage = Passage::stops;
    hop.evidence =
        fmt::format("the pattern {} does not match the object's path below the stage", pattern);
    hop.findings.push_back(
        finding_at(FIRN131, *load.loader, is_pipe ? "copy.pattern" : "pattern",
                   fmt::format("the pattern {} does not match {}", pattern, keys.text()), {}, {}));
  }
  return hop;
}

}  // namespace firn::road
