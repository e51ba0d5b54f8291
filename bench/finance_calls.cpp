// What a stack asks of the clouds: how many calls, in what order, and how long the road takes when
// each call takes its time.
//
//   finance_calls [--root FOLDER] [--stack finance] [--env local] [--delay MS]... [--times-only]
//
// Everything happens in the sandbox and in virtual time, so the figures are exact and the same on
// every machine. The lower bound of a phase is the longest chain of calls that must follow each
// other, times the delay: for apply and destroy the longest path over the plan's operations, each
// as heavy as its own chain of calls.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/apply/apply.h"
#include "core/async/scheduler.h"
#include "core/config/document.h"
#include "core/http/decorators.h"
#include "core/plan/planner.h"
#include "core/provider/builtin.h"
#include "core/stack/environment.h"
#include "core/stack/stack.h"
#include "core/state/state_store.h"
#include "providers/aws/endpoint.h"
#include "providers/aws/provider.h"
#include "providers/snowflake/provider.h"
#include "sandbox/sandbox.h"

namespace {

using namespace firn;
using Milliseconds = std::chrono::duration<double, std::milli>;

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "{}\n", why);
  std::exit(1);
}

void check(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& problem : diagnostics.items()) {
    if (problem.severity == Severity::error) text += render(problem) + "\n";
  }
  if (!text.empty()) give_up(text);
}

struct Call {
  std::string name;     // "iam CreateRole"
  std::string address;  // of the resource it was made for; empty for those that serve all
  Instant begin{};
  Instant end{};
};

// Writes down when each exchange began and ended.
class Recorder final : public http::Transport {
 public:
  Recorder(Scheduler& scheduler, http::Transport& inner, std::vector<Call>& calls)
      : scheduler_(scheduler), inner_(inner), calls_(calls) {}

  Task<Result<http::Response>> send(http::Request request) override {
    Call call;
    call.name = request.service + " " + request.operation;
    call.address = request.address;
    call.begin = scheduler_.now();
    Task<Result<http::Response>> exchange = inner_.send(std::move(request));
    Result<http::Response> answer = co_await exchange;
    call.end = scheduler_.now();
    if (answer && answer->status >= 400) call.name += fmt::format(" ({})", answer->status);
    calls_.push_back(std::move(call));
    co_return answer;
  }

 private:
  Scheduler& scheduler_;
  http::Transport& inner_;
  std::vector<Call>& calls_;
};

// The most calls of which each began after the one before had ended.
std::size_t chain_of(std::vector<const Call*> calls) {
  std::ranges::sort(calls, {}, &Call::end);
  std::size_t length = 0;
  Instant free{};
  for (const Call* call : calls) {
    if (length > 0 && call->begin < free) continue;
    free = call->end;
    ++length;
  }
  return length;
}

using ByAddress = std::map<std::string, std::vector<const Call*>>;
ByAddress by_address(const std::vector<Call>& calls) {
  ByAddress sorted;
  for (const Call& call : calls)
    sorted[call.address].push_back(&call);
  return sorted;
}

// Calls that do not wait for other objects: those of one address follow each other, no others.
std::size_t chain_of_independent(const std::vector<Call>& calls) {
  std::size_t longest = 0;
  for (const auto& [address, own] : by_address(calls)) {
    if (!address.empty()) longest = std::max(longest, chain_of(own));
  }
  const ByAddress sorted = by_address(calls);
  if (const auto shared = sorted.find(""); shared != sorted.end()) {
    std::map<std::string, std::vector<const Call*>> by_service;
    for (const Call* call : shared->second)
      by_service[call->name.substr(0, call->name.find(' '))].push_back(call);
    for (const auto& [service, own] : by_service)
      longest = std::max(longest, chain_of(own));
  }
  return longest;
}

struct Stop {
  std::string address;
  std::size_t calls = 0;
  Duration waited{};  // within its operation, with no call of its own under way
};

// The longest path over the operations of a plan.
std::vector<Stop> critical_path(const Plan& plan, const State& before,
                                const std::vector<Call>& calls) {
  const Schedule order = schedule(plan, before);
  const ByAddress sorted = by_address(calls);
  std::vector<Stop> stops(order.operations.size());
  std::vector<std::size_t> length(stops.size());
  std::vector<std::size_t> from(stops.size(), SIZE_MAX);
  std::size_t last = SIZE_MAX;
  for (const Graph::Index node : order.order.order()) {
    const PlannedOperation& operation = order.operations[node];
    stops[node].address = plan.steps[operation.step].address;
    if (const auto own = sorted.find(stops[node].address); own != sorted.end()) {
      stops[node].calls = chain_of(own->second);
      const auto begin = std::ranges::min(own->second, {}, &Call::begin)->begin;
      const auto end = std::ranges::max(own->second, {}, &Call::end)->end;
      const auto one = std::ranges::max(own->second, {},
                                        [](const Call* call) { return call->end - call->begin; });
      stops[node].waited =
          end - begin - static_cast<std::int64_t>(stops[node].calls) * (one->end - one->begin);
    }
    for (const Graph::Index need : order.order.needs(node)) {
      if (from[node] == SIZE_MAX || length[need] > length[from[node]]) from[node] = need;
    }
    length[node] = stops[node].calls + (from[node] == SIZE_MAX ? 0 : length[from[node]]);
    if (last == SIZE_MAX || length[node] > length[last]) last = node;
  }
  std::vector<Stop> path;
  for (; last != SIZE_MAX; last = from[last])
    path.push_back(stops[last]);
  std::ranges::reverse(path);
  return path;
}

struct Project {
  std::string stack_file;
  std::string environment_file;
  std::string components;
};

struct Phase {
  std::string name;
  std::vector<Call> calls;
  Duration took{};           // virtual
  Milliseconds processor{};  // real
  std::size_t bound = 0;     // calls that must follow each other
  std::vector<Stop> path;
};

// A sandbox and a state that outlive the commands, as files do.
class Rehearsal {
 public:
  Rehearsal(Project project, Duration delay, bool at_once)
      : project_(std::move(project)), delay_(delay) {
    sandbox::Options options;
    if (at_once) options.iam_delay = options.lambda_delay = Duration::zero();
    auto opened = sandbox::Sandbox::open(options);
    if (!opened) give_up(opened.error().summary);
    sandbox_ = std::move(*opened);
  }

  // One command, with providers of its own. `only_plan`: a plan with refresh, and no apply.
  Phase run(const std::string& name, bool is_destroy, bool only_plan) {
    Phase phase;
    phase.name = name;
    const auto begun = std::chrono::steady_clock::now();
    Scheduler scheduler(sandbox_->clock(), random_);
    http::DelayTransport slow_aws(scheduler, sandbox_->aws(), delay_);
    http::DelayTransport slow_snowflake(scheduler, sandbox_->snowflake(), delay_);
    Recorder aws_wire(scheduler, slow_aws, phase.calls);
    Recorder snowflake_wire(scheduler, slow_snowflake, phase.calls);

    Diagnostics diagnostics;
    const auto document = config::Document::load(project_.stack_file, {}, diagnostics);
    check(diagnostics);
    const std::string stack_name(document->root().find("stack").text());
    constexpr std::string_view sections[] = {"aws", "snowflake"};
    const auto environment = load_environment(project_.environment_file, stack_name,
                                              document->root(), sections, diagnostics);
    check(diagnostics);
    const Value& aws_settings = environment->providers.at("aws");
    const Value& snowflake_settings = environment->providers.at("snowflake");

    aws::ClientOptions aws_options;
    aws_options.user_agent = "firn";
    aws_options.placement.account = aws_settings.string_or("account", "111122223333");
    aws_options.placement.region = aws_settings.string_or("region", "eu-west-1");
    aws_options.placement.partition = aws::partition_of(aws_options.placement.region);
    aws_options.placement.stack = stack_name;
    aws_options.placement.environment = environment->name;
    const Placement placement = aws_options.placement;
    const auto keys = sandbox_->administrator_of(placement.account);
    aws::StaticCredentials credentials({keys.access_key_id, keys.secret_access_key, {}, {}});
    aws::AwsProvider aws(scheduler, aws_wire, credentials, std::move(aws_options));

    snowflake::ConnectionOptions wanted;
    wanted.account = snowflake_settings.string_or("account", "firn-local");
    wanted.user = snowflake_settings.string_or("user", "FIRN_DEPLOY");
    wanted.role = snowflake_settings.string_or("role", "FIRN_DEPLOYER");
    const auto key =
        sandbox_->deployer_key(wanted.account, placement.region, wanted.user, wanted.role);
    if (!key) give_up(key.error().summary);
    wanted.private_key_pem = *key;
    const auto sources = snowflake::process_sources();
    auto connection = snowflake::resolve_connection(wanted, sources);
    if (!connection) give_up(connection.error().summary);
    snowflake::ProviderOptions snowflake_options;
    snowflake_options.stack = stack_name;
    snowflake_options.environment = environment->name;
    snowflake::SnowflakeProvider snowflake(scheduler, snowflake_wire, std::move(*connection),
                                           sources, std::move(snowflake_options));
    BuiltinProvider builtin;
    Providers providers;
    providers.add(builtin);
    providers.add(aws);
    providers.add(snowflake);

    Stack::Settings settings;
    settings.environment = &*environment;
    settings.providers = &providers;
    settings.env = Map{{"name", Value(environment->name)},
                       {"region", Value(placement.region)},
                       {"account", Value(placement.account)},
                       {"partition", Value(placement.partition)}};
    for (const auto& [section, values] : environment->providers)
      settings.env.set(section, values);
    settings.secrets = [](std::string_view) { return std::string("secret"); };
    const auto stack = Stack::load(document, {project_.stack_file, project_.components},
                                   std::move(settings), diagnostics);
    check(diagnostics);
    open_state(stack_name, environment->name);

    Desk desk;
    desk.scheduler = &scheduler;
    desk.providers = &providers;
    desk.stack = stack.get();
    desk.state = &store_->state();
    desk.stack_name = stack_name;
    desk.environment_name = environment->name;

    const Instant start = scheduler.now();
    std::vector<Task<Status>> connecting;
    connecting.push_back(aws.connect());
    connecting.push_back(snowflake.connect());
    for (const Status& connected : scheduler.run(when_all(scheduler, std::move(connecting)))) {
      if (!connected) give_up(connected.error().summary);
    }
    phase.bound = chain_of_independent(phase.calls);
    std::size_t seen = phase.calls.size();
    const auto since = [&] {
      return std::vector<Call>(phase.calls.begin() + static_cast<std::ptrdiff_t>(seen),
                               phase.calls.end());
    };

    PlanOptions options;
    options.is_destroy = is_destroy;
    Planned planned = scheduler.run(make_plan(desk, options, diagnostics));
    check(diagnostics);
    phase.bound += chain_of_independent(since());
    seen = phase.calls.size();
    if (only_plan && planned.plan.changes_anything()) give_up("the second plan is not empty");
    if (!only_plan) {
      const State before = store_->state();
      Journal journal(scheduler, *store_);
      const ApplyOutcome outcome = scheduler.run(apply(desk, planned, journal, {}));
      for (const ApplyFailure& failure : outcome.failures)
        fmt::print(stderr, "{}: {} {}\n", failure.address, failure.error.summary,
                   failure.error.detail);
      if (!outcome.is_complete()) give_up("the apply did not succeed");
      phase.path = critical_path(planned.plan, before, since());
      for (const Stop& stop : phase.path)
        phase.bound += stop.calls;
    }
    phase.took = scheduler.now() - start;
    phase.processor = std::chrono::steady_clock::now() - begun;
    return phase;
  }

 private:
  void open_state(const std::string& stack, const std::string& environment) {
    if (store_ != nullptr) return;
    auto store =
        StateStore::open({":memory:", stack, environment}, StateStore::Mode::write, {}, random_);
    if (!store) give_up(store.error().summary);
    store_ = std::move(*store);
  }

  Project project_;
  Duration delay_;
  SeededRandom random_{1};
  std::unique_ptr<sandbox::Sandbox> sandbox_;
  std::unique_ptr<StateStore> store_;
};

void print_calls(const Phase& phase) {
  std::map<std::string, std::size_t> counts;
  for (const Call& call : phase.calls)
    ++counts[call.name];
  fmt::print("\n{}: {} calls\n", phase.name, phase.calls.size());
  for (const auto& [name, count] : counts)
    fmt::print("  {:5} {}\n", count, name);
}

void print_path(const Phase& phase) {
  if (phase.path.empty()) return;
  fmt::print("\nThe longest chain of {}:\n", phase.name);
  for (const Stop& stop : phase.path) {
    fmt::print("  {:3} {}{}\n", stop.calls, stop.address,
               stop.waited > Duration::zero()
                   ? fmt::format("  (and waits {:.0f} ms)", Milliseconds(stop.waited).count())
                   : std::string());
  }
}

void print_times(const std::vector<Phase>& phases, Duration delay) {
  for (const Phase& phase : phases) {
    const Milliseconds took(phase.took);
    const Milliseconds bound(static_cast<std::int64_t>(phase.bound) * delay);
    const std::string ratio =
        bound.count() > 0 ? fmt::format("{:.2f}", took.count() / bound.count()) : std::string("–");
    fmt::print("| {} | {} | {:.0f} ms | {:.0f} ms | {} | {:.0f} ms |\n", phase.name,
               phase.calls.size(), took.count(), bound.count(), ratio, phase.processor.count());
  }
}

void measure(const Project& project, Duration delay, bool at_once, bool with_calls) {
  Rehearsal rehearsal(project, delay, at_once);
  std::vector<Phase> phases;
  phases.push_back(rehearsal.run("apply", false, false));
  phases.push_back(rehearsal.run("no-op plan with refresh", false, true));
  phases.push_back(rehearsal.run("destroy", true, false));
  if (with_calls) {
    for (const Phase& phase : phases)
      print_calls(phase);
    for (const Phase& phase : phases)
      print_path(phase);
  }
  fmt::print("\n{} ms for each call; {}:\n\n", Milliseconds(delay).count(),
             at_once ? "what is done takes effect at once"
                     : "IAM takes 8 s to be seen everywhere, a function 2 s to become active");
  fmt::print("| command | calls | takes | lower bound | ratio | processor |\n");
  fmt::print("| --- | ---: | ---: | ---: | ---: | ---: |\n");
  print_times(phases, delay);
}

}  // namespace

int main(int count, char** words) {
  std::filesystem::path root = ".";
  std::string stack = "finance";
  std::string environment = "local";
  std::vector<Duration> delays;
  bool with_calls = true;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const auto value = [&]() -> std::string {
      if (++i >= count) give_up(word + " needs a value");
      return words[i];
    };
    if (word == "--root") {
      root = value();
    } else if (word == "--stack") {
      stack = value();
    } else if (word == "--env") {
      environment = value();
    } else if (word == "--delay") {
      delays.emplace_back(std::chrono::milliseconds(std::atoi(value().c_str())));
    } else if (word == "--times-only") {
      with_calls = false;
    } else {
      give_up(
          "usage: finance_calls [--root FOLDER] [--stack NAME] [--env NAME] [--delay MS]... "
          "[--times-only]");
    }
  }
  if (delays.empty()) delays = {Duration::zero(), std::chrono::milliseconds(50)};
  Project project;
  project.stack_file = (root / "stacks" / stack / "stack.yaml").string();
  project.environment_file = (root / "environments" / (environment + ".yaml")).string();
  project.components = (root / "stacks" / "components").string();
  for (const Duration delay : delays) {
    measure(project, delay, true, with_calls && delay == delays.back());
    measure(project, delay, false, false);
  }
  return 0;
}
