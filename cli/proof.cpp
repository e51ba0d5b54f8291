#include "cli/proof.h"

#include <algorithm>
#include <tuple>

#include "core/check/waivers.h"
#include "road/beside/beside.h"
#include "road/checks.h"

namespace firn::cli {
namespace {

// Where the stack's objects in AWS are: only that provider knows an account by twelve digits.
Placement aws_placement(const Providers& providers) {
  for (const Provider* provider : providers.all()) {
    if (provider->name() == "aws") return provider->placement();
  }
  return {};
}

auto order_of(const CheckFinding& finding) {
  const Diagnostic& told = finding.diagnostic;
  return std::tie(finding.check->code, told.address, told.where.file.str(), told.where.line,
                  told.where.column, told.summary);
}

// Two roads through one object find the same there.
void drop_repeated(std::vector<CheckFinding>& findings) {
  std::ranges::stable_sort(findings, [](const CheckFinding& a, const CheckFinding& b) {
    return order_of(a) < order_of(b);
  });
  const auto same = [](const CheckFinding& a, const CheckFinding& b) {
    return order_of(a) == order_of(b);
  };
  findings.erase(std::unique(findings.begin(), findings.end(), same), findings.end());
}

}  // namespace

Proof prove(const Stack& stack, const Providers& providers, const Planned& planned,
            Diagnostics& diagnostics) {
  Proof proof{.world = {expected_objects(stack, planned.plan, *planned.evaluation, diagnostics),
                        aws_placement(providers)}};
  proof.roads = prove_roads(proof.world);
  for (const road::BesideCheck check : road::beside_checks())
    check(proof.world, proof.roads, proof.findings);
  std::vector<CheckFinding*> all;
  for (CheckFinding& finding : proof.findings)
    all.push_back(&finding);
  for (road::Road& road : proof.roads) {
    for (road::Hop& hop : road.hops) {
      for (CheckFinding& finding : hop.findings)
        all.push_back(&finding);
    }
  }
  apply_waivers(stack, road::all_checks(), all, diagnostics);
  for (const road::Road& road : proof.roads) {
    for (const road::Hop& hop : road.hops)
      proof.findings.insert(proof.findings.end(), hop.findings.begin(), hop.findings.end());
  }
  drop_repeated(proof.findings);
  return proof;
}

}  // namespace firn::cli
