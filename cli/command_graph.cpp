// graph: the stack as a picture.
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <set>

#include "cli/commands.h"
#include "cli/graph_picture.h"
#include "cli/session.h"
#include "core/plan/wiring.h"

namespace firn::cli {
namespace {

Picture picture_of(const Session& session, const Wiring& wiring, Evaluation& evaluation,
                   Diagnostics& diagnostics) {
  const Stack& stack = session.stack();
  Picture picture;
  picture.title = fmt::format("{} → {}", stack.name(), session.environment().name);
  const auto order = wiring.graph.order();
  std::vector<std::size_t> position(order.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    position[order[i]] = i;
  for (const auto index : order) {
    picture.nodes.push_back({stack.instances()[index].address,
                             std::string(evaluation.type_of(index).name),
                             evaluation.name_of(index, diagnostics).name});
  }
  for (const auto index : order) {
    std::set<std::uint32_t> strong;
    for (const auto need : wiring.graph.needs(index)) {
      picture.edges.push_back({position[index], position[need], false});
      strong.insert(need);
    }
    std::set<std::uint32_t> weak;
    for (const Link& link : wiring.links[index]) {
      if (!link.is_edge && !strong.contains(link.target) && link.target != index) {
        weak.insert(link.target);
      }
    }
    for (const auto target : weak) {
      picture.edges.push_back({position[index], position[target], true});
    }
  }
  return picture;
}

}  // namespace

int run_graph(const Arguments& arguments, Console& console) {
  const auto session = Session::open(arguments, console);
  if (session == nullptr) return kExitError;
  Diagnostics diagnostics;
  const Wiring wiring = wire(session->stack(), diagnostics);
  if (diagnostics.has_errors()) {
    console.show(diagnostics);
    return kExitError;
  }
  const State nothing;
  Evaluation evaluation(session->stack(), session->clouds().providers(), nothing,
                        session->clouds().scheduler().now());
  const Picture picture = picture_of(*session, wiring, evaluation, diagnostics);
  console.show(diagnostics);
  if (diagnostics.has_errors()) return kExitError;
  const std::string text = arguments.format == "svg"    ? svg(picture)
                           : arguments.format == "html" ? html(picture)
                                                        : mermaid(picture);
  if (arguments.out_file.empty()) {
    console.out(text);
    return kExitOk;
  }
  std::ofstream file(arguments.out_file, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) {
    Error error;
    error.kind = ErrorKind::storage;
    error.summary = fmt::format("cannot write {}", arguments.out_file);
    error.detail = std::strerror(errno);
    error.remedy = "choose a place that you may write to";
    console.show(error);
    return kExitError;
  }
  return kExitOk;
}

}  // namespace firn::cli
