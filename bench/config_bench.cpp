// What reading a stack costs: yaml-cpp's events alone, the document on top of them, and walking it.
//
// The file is made of small resources, half of them with two references, about 75 bytes each.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/parser.h>

#include "core/config/document.h"
#include "core/config/source_text.h"
#include "core/expression/expression.h"

namespace {

using namespace firn;

std::string make_stack(std::int64_t resources) {
  std::string text = "stack: many\nresources:\n";
  for (std::int64_t i = 0; i < resources; ++i) {
    if (i % 2 == 0) {
      text += fmt::format("  queue_{:06}:\n    type: aws.sqs_queue\n    message_retention: {}\n", i,
                          60 + i % 1000);
    } else {
      text += fmt::format(
          "  queue_{:06}:\n    type: aws.sqs_queue\n    senders: ['${{queue_{:06}}}', "
          "'${{queue_{:06}.arn}}']\n",
          i, i - 1, i - 1);
    }
  }
  return text;
}

class Ignore final : public YAML::EventHandler {
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

// Resident memory of this process in bytes, as Linux counts it.
std::int64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t total = 0;
  std::int64_t resident = 0;
  statm >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

std::size_t count_nodes(config::Node node) {
  std::size_t count = 1;
  if (node.is_list()) node.for_each_item([&](config::Node item) { count += count_nodes(item); });
  if (node.is_map()) {
    node.for_each_entry([&](config::Node, config::Node value) { count += 1 + count_nodes(value); });
  }
  return count;
}

void events_alone(benchmark::State& state) {
  const std::string text = make_stack(state.range(0));
  for (auto _ : state) {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    Ignore ignore;
    while (parser.HandleNextDocument(ignore)) {
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

void document(benchmark::State& state) {
  const std::string text = make_stack(state.range(0));
  std::int64_t grown = 0;
  std::size_t nodes = 1;
  for (auto _ : state) {
    const std::int64_t before = resident_bytes();
    Diagnostics diagnostics;
    const auto parsed = config::Document::parse("stack.yaml", text, diagnostics);
    if (parsed == nullptr || !diagnostics.empty()) state.SkipWithError("the stack was refused");
    state.PauseTiming();
    grown = resident_bytes() - before;
    if (parsed != nullptr) nodes = count_nodes(parsed->root());
    state.ResumeTiming();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
  state.counters["nodes"] = static_cast<double>(nodes);
  state.counters["bytes_per_node"] = static_cast<double>(grown) / static_cast<double>(nodes);
}

void check_and_shorten(benchmark::State& state) {
  const std::string text = make_stack(state.range(0));
  for (auto _ : state) {
    Diagnostics diagnostics;
    benchmark::DoNotOptimize(config::check_bytes(text, "stack.yaml", diagnostics));
    benchmark::DoNotOptimize(config::shorten(text, config::Shorten::words_in_quotes));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

void walk(benchmark::State& state) {
  const std::string text = make_stack(state.range(0));
  Diagnostics diagnostics;
  const auto parsed = config::Document::parse("stack.yaml", text, diagnostics);
  for (auto _ : state)
    benchmark::DoNotOptimize(count_nodes(parsed->root()));
}

class Names final : public expression::Scope {
 public:
  Value resolve(const expression::Reference& reference, Diagnostics&) const override {
    return Value(reference.path.back().name);
  }
  [[nodiscard]] std::string base_folder() const override { return "."; }
  Value secret(std::string_view, const SourceRange&, Diagnostics&) const override { return {}; }
};

void evaluate(benchmark::State& state, std::string_view text) {
  const Names scope;
  const SourceRange where{"stack.yaml", 1, 1, 1};
  for (auto _ : state) {
    Diagnostics diagnostics;
    benchmark::DoNotOptimize(expression::evaluate(text, where, scope, diagnostics));
  }
}

void collect(benchmark::State& state, std::string_view text) {
  const SourceRange where{"stack.yaml", 1, 1, 1};
  std::vector<expression::Reference> references;
  for (auto _ : state) {
    references.clear();
    Diagnostics diagnostics;
    expression::collect_references(text, where, references, diagnostics);
    benchmark::DoNotOptimize(references);
  }
}

}  // namespace

BENCHMARK(events_alone)->Arg(1'000)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(document)->Arg(1'000)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(check_and_shorten)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(walk)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(evaluate, path, "${landing.arn}");
BENCHMARK_CAPTURE(evaluate, text, "s3://${data.name}/coinlore/processed/");
BENCHMARK_CAPTURE(evaluate, choice, "${env.name == \"prod\" ? 90 : 14}");
BENCHMARK_CAPTURE(collect, path, "${landing.arn}");
