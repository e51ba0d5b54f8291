// What a stack asks of the clouds: how many calls, in what order, and how long the road takes when
// each call takes its time.
//
//   finance_calls [--root FOLDER] [--stack finance] [--env local] [--delay MS]... [--times-only]
//
// Everything happens in the sandbox and in virtual time, so the figures are exact and the same on
// every machine. The lower bound of a command is the longest chain of calls that must follow each
// other, times the delay: what connecting and refreshing take, then the longest path over the
// plan's operations, each as long as its own chain of calls. Where clouds take their time to let
// things take effect, an operation that was refused for it can succeed no earlier than that time
// after the last change of IAM that it builds on, and a function becomes active that much later.
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

#include "cli/image_builders.h"
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
  std::string address;  // of the resource it was made for; empty for those that serve several
  Instant begin{};
  Instant end{};
  bool refused = false;
};

// How long the sandbox takes to let things take effect.
struct Propagation {
  Duration iam{};
  Duration function{};
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
    call.refused = answer && answer->status >= 400;
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

// Of calls that look: those for one object may build on each other, those for different objects and
// those that list many do not.
std::size_t chain_of_looking(const std::vector<Call>& calls) {
  std::size_t longest = calls.empty() ? 0 : 1;
  for (const auto& [address, own] : by_address(calls)) {
    if (!address.empty()) longest = std::max(longest, chain_of(own));
  }
  return longest;
}

// When each operation was under way.
class Watcher final : public ApplyObserver {
 public:
  struct Span {
    Instant begin{};
    Instant end{};
  };
  explicit Watcher(Scheduler& scheduler) : scheduler_(scheduler) {}
  void planned(std::size_t) override {}
  void begun(const Step& step, OperationKind) override { spans[step.address].begin = now(); }
  void progress(const Step&, std::string_view) override {}
  void finished(const Step& step, OperationKind, Duration) override {
    spans[step.address].end = now();
  }
  void failed(const Step&, OperationKind, const Error&) override {}

  std::map<std::string, Span> spans;  // by address

 private:
  [[nodiscard]] Instant now() const { return scheduler_.now(); }
  Scheduler& scheduler_;
};

struct Stop {
  std::string address;
  std::size_t calls = 0;
  Duration waits{};
};

struct Path {
  std::vector<Stop> stops;
  Duration length{};
};

// The longest path over the operations of a plan.
class CriticalPath {
 public:
  CriticalPath(const Plan& plan, const State& before, const std::vector<Call>& calls,
               const Watcher& watcher, Duration delay, Propagation propagation)
      : plan_(plan),
        schedule_(schedule(plan, before)),
        watcher_(watcher),
        delay_(delay),
        propagation_(propagation) {
    for (const Call& call : calls) {
      if (!call.address.empty()) {
        own_[call.address].push_back(&call);
      } else {
        shared_.push_back(&call);
      }
    }
  }

  Path find() {
    const std::size_t count = schedule_.operations.size();
    done_.resize(count);
    iam_done_.resize(count);
    stops_.resize(count);
    std::vector<std::size_t> from(count, SIZE_MAX);
    std::size_t last = SIZE_MAX;
    for (const Graph::Index node : schedule_.order.order()) {
      for (const Graph::Index need : schedule_.order.needs(node)) {
        if (from[node] == SIZE_MAX || done_[need] > done_[from[node]]) from[node] = need;
        iam_done_[node] = std::max(iam_done_[node], iam_done_[need]);
      }
      weigh(node, from[node] == SIZE_MAX ? Duration::zero() : done_[from[node]]);
      if (last == SIZE_MAX || done_[node] > done_[last]) last = node;
    }
    Path path;
    if (last != SIZE_MAX) path.length = done_[last];
    for (; last != SIZE_MAX; last = from[last])
      path.stops.push_back(stops_[last]);
    std::ranges::reverse(path.stops);
    return path;
  }

 private:
  // The calls of an operation, without what was only asked again. A call that serves several counts
  // for each that was under way meanwhile.
  std::vector<const Call*> calls_of(const std::string& address) const {
    std::vector<const Call*> calls;
    const auto own = own_.find(address);
    if (own == own_.end()) return calls;
    bool has_polled = false;
    for (const Call* call : own->second) {
      const bool is_poll = call->name == "lambda GetFunction";
      if (!call->refused && !(is_poll && has_polled)) calls.push_back(call);
      has_polled = has_polled || is_poll;
    }
    const std::string cloud =
        own->second.front()->name.substr(0, own->second.front()->name.find(' '));
    if (const auto span = watcher_.spans.find(address); span != watcher_.spans.end()) {
      for (const Call* call : shared_) {
        if (call->name.starts_with(cloud) && call->begin >= span->second.begin &&
            call->end <= span->second.end)
          calls.push_back(call);
      }
    }
    return calls;
  }

  void weigh(Graph::Index node, Duration begin) {
    Stop& stop = stops_[node];
    stop.address = plan_.steps[schedule_.operations[node].step].address;
    const std::vector<const Call*> calls = calls_of(stop.address);
    const auto own = own_.find(stop.address);
    stop.calls = chain_of(calls);
    done_[node] = begin + static_cast<std::int64_t>(stop.calls) * delay_;
    if (own == own_.end()) return;
    const auto has = [&](const auto& what) { return std::ranges::any_of(own->second, what); };
    Duration ready = begin;
    if (has([](const Call* call) { return call->refused; }))
      ready = std::max(ready, iam_done_[node] + propagation_.iam);
    if (has([](const Call* call) { return call->name == "lambda CreateFunction"; }))
      ready += propagation_.function;
    stop.waits = ready - begin;
    done_[node] += stop.waits;
    if (has([](const Call* call) { return call->name.starts_with("iam "); }))
      iam_done_[node] = std::max(iam_done_[node], done_[node]);
  }

  const Plan& plan_;
  Schedule schedule_;
  const Watcher& watcher_;
  Duration delay_;
  Propagation propagation_;
  ByAddress own_;
  std::vector<const Call*> shared_;
  std::vector<Duration> done_;      // the earliest end, by operation
  std::vector<Duration> iam_done_;  // of the changes of IAM that it builds on
  std::vector<Stop> stops_;
};

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
  Duration bound{};
  std::vector<Stop> path;
};

// A sandbox and a state that outlive the commands, as files do.
class Rehearsal {
 public:
  Rehearsal(Project project, Duration delay, bool at_once)
      : project_(std::move(project)), delay_(delay) {
    sandbox::Options options;
    if (at_once) options.iam_delay = options.lambda_delay = Duration::zero();
    propagation_ = {options.iam_delay, options.lambda_delay};
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
    const std::unique_ptr<aws::ImageBuilder> builder = cli::make_folder_builder();
    aws_options.image_builder = builder.get();
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
    phase.bound = static_cast<std::int64_t>(chain_of_looking(phase.calls)) * delay_;
    std::size_t seen = phase.calls.size();
    const auto since = [&] {
      return std::vector<Call>(phase.calls.begin() + static_cast<std::ptrdiff_t>(seen),
                               phase.calls.end());
    };

    PlanOptions options;
    options.is_destroy = is_destroy;
    Planned planned = scheduler.run(make_plan(desk, options, diagnostics));
    check(diagnostics);
    phase.bound += static_cast<std::int64_t>(chain_of_looking(since())) * delay_;
    seen = phase.calls.size();
    if (only_plan && planned.plan.changes_anything()) give_up("the second plan is not empty");
    if (!only_plan) {
      const State before = store_->state();
      Journal journal(scheduler, *store_);
      Watcher watcher(scheduler);
      ApplyOptions apply_options;
      apply_options.observer = &watcher;
      const ApplyOutcome outcome =
          scheduler.run(apply(desk, planned, journal, std::move(apply_options)));
      for (const ApplyFailure& failure : outcome.failures)
        fmt::print(stderr, "{}: {} {}\n", failure.address, failure.error.summary,
                   failure.error.detail);
      if (!outcome.is_complete()) give_up("the apply did not succeed");
      const std::vector<Call> calls = since();
      Path path = CriticalPath(planned.plan, before, calls, watcher, delay_, propagation_).find();
      phase.bound += path.length;
      phase.path = std::move(path.stops);
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
  Propagation propagation_;
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
               stop.waits > Duration::zero()
                   ? fmt::format("  (and waits {:.0f} ms)", Milliseconds(stop.waits).count())
                   : std::string());
  }
}

void print_times(const std::vector<Phase>& phases) {
  for (const Phase& phase : phases) {
    const Milliseconds took(phase.took);
    const Milliseconds bound(phase.bound);
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
  print_times(phases);
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
