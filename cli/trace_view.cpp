#include "cli/trace_view.h"

#include <algorithm>
#include <fmt/format.h>

namespace firn::cli {
namespace {

using road::Hop;
using road::Passage;
using road::Road;

std::string sign(Passage passage, const Console& console) {
  switch (passage) {
    case Passage::passes:
      return console.styled(Style::green, "✓");
    case Passage::some:
      return console.styled(Style::yellow, "!");
    case Passage::stops:
      return console.styled(Style::red, "✗");
    case Passage::unknown:
      break;
  }
  return console.styled(Style::dim, "?");
}

std::string table_of(const Road& road) {
  return road.load.table != nullptr ? road.load.table->address : "a table of somebody else's";
}

// The first line of the evidence; the rest is told with the finding.
std::string_view first_line(std::string_view text) {
  return text.substr(0, text.find('\n'));
}

std::string hops_text(const std::vector<Hop>& hops, const Console& console) {
  std::size_t widest_title = 0;
  std::size_t widest_address = 0;
  for (const Hop& hop : hops) {
    widest_title = std::max(widest_title, hop.title.size());
    widest_address = std::max(widest_address, hop.address.size());
  }
  std::string text;
  for (const Hop& hop : hops) {
    text += fmt::format("  {} {:<{}}  {:<{}}  {}\n", sign(hop.passage, console), hop.title,
                        widest_title, hop.address, widest_address, first_line(hop.evidence));
  }
  return text;
}

Value finding_value(const CheckFinding& finding) {
  const Diagnostic& told = finding.diagnostic;
  return Value(Map{{"code", Value(std::string(finding.check->code))},
                   {"severity", Value(told.severity == Severity::error ? "error" : "warning")},
                   {"summary", Value(told.summary)},
                   {"detail", Value(told.detail)},
                   {"remedy", Value(told.remedy)},
                   {"file", Value(told.where.file.str())},
                   {"line", Value(static_cast<std::int64_t>(told.where.line))},
                   {"column", Value(static_cast<std::int64_t>(told.where.column))},
                   {"address", Value(told.address)},
                   {"waived", finding.waived ? Value(*finding.waived) : Value()}});
}

Value road_value(const Road& road) {
  List hops;
  for (const Hop& hop : road.hops) {
    List findings;
    for (const CheckFinding& finding : hop.findings)
      findings.push_back(finding_value(finding));
    hops.emplace_back(Map{{"hop", Value(std::string(hop.title))},
                          {"address", Value(hop.address)},
                          {"passage", Value(std::string(passage_name(hop.passage)))},
                          {"evidence", Value(hop.evidence)},
                          {"findings", Value(std::move(findings))}});
  }
  return Value(
      Map{{"road", Value(road.load.loader->address)},
          {"objects", Value(road.load.keys.text())},
          {"table", road.load.table != nullptr ? Value(road.load.table->address) : Value()},
          {"passage", Value(std::string(passage_name(road.passage())))},
          {"hops", Value(std::move(hops))}});
}

}  // namespace

bool Journey::arrives() const {
  return std::ranges::any_of(roads,
                             [](const Road& road) { return road.passage() == Passage::passes; });
}

Journey journey_of(const Proof& proof, const road::Keys& object) {
  Journey journey{.object = object, .roads = {}};
  for (const Road& road : proof.roads) {
    const road::Keys& taken = road.load.keys;
    if (taken.bucket != object.bucket || !object.prefix.starts_with(taken.prefix)) continue;
    journey.roads.push_back(
        {.load = road.load, .hops = prove_hops(proof.world, road.load, object)});
  }
  return journey;
}

std::string roads_text(const std::vector<Road>& roads, const Console& console) {
  std::string text;
  for (const Road& road : roads) {
    text += fmt::format("\n{} {}: {} → {}\n", sign(road.passage(), console),
                        console.styled(Style::bold, road.load.loader->address),
                        road.load.keys.text(), table_of(road));
    text += hops_text(road.hops, console);
  }
  return text;
}

std::string journey_text(const Journey& journey, const Proof& proof, const Console& console) {
  const std::string object = journey.object.text();
  if (journey.roads.empty()) {
    std::string text = fmt::format("{} nothing loads {}\n", sign(Passage::stops, console), object);
    for (const Road& road : proof.roads) {
      text += fmt::format("    {} takes {}\n", road.load.loader->address, road.load.keys.text());
    }
    return text;
  }
  std::string text;
  for (const Road& road : journey.roads) {
    const auto stopped = std::ranges::find_if(
        road.hops, [](const Hop& hop) { return hop.passage == Passage::stops; });
    const bool stops = stopped != road.hops.end();
    text += stops ? fmt::format("{} {} stops before {}: {}\n", sign(Passage::stops, console),
                                object, table_of(road), stopped->title)
                  : fmt::format("{} {} lands in {}\n", sign(road.passage(), console), object,
                                table_of(road));
    text += hops_text(road.hops, console);
    for (const Hop& hop : road.hops) {
      for (const CheckFinding& finding : hop.findings)
        text += "\n" + render(finding.diagnostic);
    }
  }
  return text;
}

Value roads_value(const std::vector<Road>& roads) {
  List all;
  for (const Road& road : roads)
    all.push_back(road_value(road));
  return Value(std::move(all));
}

Value journey_value(const Journey& journey) {
  return Value(Map{{"object", Value(journey.object.text())},
                   {"arrives", Value(journey.arrives())},
                   {"roads", roads_value(journey.roads)}});
}

}  // namespace firn::cli
