// trace: the roads of a stack, hop by hop; or what becomes of one object.
#include <algorithm>
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/session.h"
#include "cli/trace_view.h"
#include "core/base/text.h"
#include "core/value/json.h"

namespace firn::cli {
namespace {

int refuse(Console& console, std::string summary, std::string remedy) {
  Diagnostics diagnostics;
  diagnostics.error({}, std::move(summary), {}, std::move(remedy));
  console.show(diagnostics);
  return kExitError;
}

// Leaves the one road that was asked for; false when there is none of that name.
bool choose(std::vector<road::Road>& roads, const std::string& wanted, Console& console) {
  std::vector<std::string_view> names;
  for (const road::Road& road : roads)
    names.push_back(road.load.loader->address);
  if (std::ranges::find(names, wanted) == names.end()) {
    const std::string nearest = suggestion(wanted, names);
    refuse(console, fmt::format("the stack has no road \"{}\"", wanted),
           names.empty() ? "roads end in a snowflake.pipe or a snowflake.external_table" : nearest);
    return false;
  }
  std::erase_if(roads,
                [&wanted](const road::Road& road) { return road.load.loader->address != wanted; });
  return true;
}

bool is_of(const CheckFinding& finding, const std::vector<road::Road>& roads) {
  return std::ranges::any_of(roads, [&finding](const road::Road& road) {
    return std::ranges::any_of(road.hops, [&finding](const road::Hop& hop) {
      return std::ranges::any_of(hop.findings, [&finding](const CheckFinding& own) {
        return own.check == finding.check && own.diagnostic.address == finding.diagnostic.address;
      });
    });
  });
}

int trace_object(const Proof& proof, const Arguments& arguments, Console& console) {
  auto object = road::keys_of_url(arguments.object);
  if (!object || object->prefix.empty()) {
    return refuse(console, fmt::format("\"{}\" is no object of a bucket", arguments.object),
                  "--object s3://bucket/key");
  }
  object->is_one = true;
  Journey journey = journey_of(proof, *object);
  if (!arguments.subject.empty()) {
    std::erase_if(journey.roads, [&arguments](const road::Road& road) {
      return road.load.loader->address != arguments.subject;
    });
  }
  console.out(arguments.json ? to_pretty_json(journey_value(journey)) + "\n"
                             : journey_text(journey, proof, console));
  return journey.arrives() ? kExitOk : kExitError;
}

}  // namespace

int run_trace(const Arguments& arguments, Console& console) {
  auto session = Session::open(arguments, console);
  if (session == nullptr || !session->open_state(StateStore::Mode::read)) return kExitError;
  PlanOptions options;
  options.refresh = arguments.refresh;
  const auto planned = session->plan_unproven(std::move(options));
  if (!planned) return kExitError;
  Diagnostics diagnostics;
  Proof proof = prove(session->stack(), session->clouds().providers(), *planned, diagnostics);
  console.show(diagnostics);
  if (diagnostics.has_errors()) return kExitError;
  if (!arguments.subject.empty() && !choose(proof.roads, arguments.subject, console)) {
    return kExitError;
  }
  if (!arguments.object.empty()) return trace_object(proof, arguments, console);
  std::erase_if(proof.findings, [&](const CheckFinding& finding) {
    return !arguments.subject.empty() && !is_of(finding, proof.roads);
  });
  const bool is_broken = std::ranges::any_of(proof.findings, &CheckFinding::refuses);
  if (arguments.json) {
    console.line(to_pretty_json(roads_value(proof.roads)));
    return is_broken ? kExitError : kExitOk;
  }
  console.line(fmt::format("{} → {}", session->stack().name(), session->environment().name));
  if (proof.roads.empty()) {
    console.line("\nThe stack has no road: no snowflake.pipe and no snowflake.external_table.");
  }
  console.out(roads_text(proof.roads, console));
  for (const CheckFinding& finding : proof.findings) {
    if (finding.waived) {
      console.line(fmt::format("\nAllowed by the author: {} {}, because {}", finding.check->code,
                               finding.diagnostic.address, *finding.waived));
    } else {
      console.out("\n" + render(finding.diagnostic));
    }
  }
  return is_broken ? kExitError : kExitOk;
}

}  // namespace firn::cli
