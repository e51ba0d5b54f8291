#include "tests/simulation/world.h"

#include <array>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <string_view>
#include <utility>

#include "cli/image_builders.h"
#include "core/async/sync.h"
#include "core/config/document.h"
#include "core/plan/planner.h"
#include "core/provider/builtin.h"
#include "core/stack/environment.h"
#include "core/stack/stack.h"
#include "core/state/state_store.h"
#include "core/value/json.h"
#include "core/value/scrub.h"
#include "providers/aws/endpoint.h"
#include "providers/aws/provider.h"
#include "providers/snowflake/provider.h"

namespace firn::simulation {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 2> sections{"aws", "snowflake"};

std::vector<std::string> texts_of(const Diagnostics& diagnostics) {
  std::vector<std::string> texts;
  for (const Diagnostic& problem : diagnostics.items()) {
    if (problem.severity == Severity::error) texts.push_back(render(problem));
  }
  return texts;
}

fs::path stack_file(const Project& project) {
  return fs::path(project.root) / "stacks" / project.stack / "stack.yaml";
}

std::string text_of(const Step& step) {
  std::string text = fmt::format("{} {}", action_name(step.action), step.address);
  for (const Change& change : step.changes)
    text += fmt::format(", {}: {} → {}", change.path, to_json(change.before),
                        to_json(redacted(change.after)));
  for (const std::string& reason : step.reasons)
    text += "; " + reason;
  return text;
}

std::string text_of(const Error& error) {
  return fmt::format("{}: {} {} ({} {})", error.address, error.summary, error.detail,
                     error.operation, error.code);
}

// A new key for each world would take most of the time that a history takes.
const std::string& key_of_all_deployers() {
  static const std::string key = [] {
    const auto somewhere = sandbox::Sandbox::open({});
    return somewhere ? (*somewhere)->deployer_key("A-B", "eu-west-1", "U", "R").value_or("") : "";
  }();
  return key;
}

}  // namespace

// One process, from its start to its end or its death. Members are destroyed after everything that
// refers to them was dropped.
class World::Life {
 public:
  Life(World& world, const Process& process)
      : world_(world),
        process_(process),
        scheduler_(world.sandbox_->clock(), world.random_),
        ended_(scheduler_),
        lifeline_(process.dies_at, process.at_each_moment, [this] { ended_.set(); }),
        aws_wire_(scheduler_, world.sandbox_->aws(), world.random_, process.weather, lifeline_),
        snowflake_wire_(scheduler_, world.sandbox_->snowflake(), world.random_, process.weather,
                        lifeline_) {}
  ~Life() { scheduler_.abandon(); }
  Life(const Life&) = delete;
  Life& operator=(const Life&) = delete;

  std::string meddle(Meddling how) {
    if (!open()) return {};
    std::string met;
    Task<void> work = meddle_with_one(how, met);
    scheduler_.spawn(std::move(work));
    scheduler_.run(wait());
    scheduler_.abandon();
    return met;
  }

  Ending live() {
    if (open()) {
      Task<void> work = work_off();
      scheduler_.spawn(std::move(work));
      scheduler_.run(wait());
    }
    scheduler_.abandon();
    ending_.died = lifeline_.is_dead();
    ending_.last_moment = lifeline_.last();
    ending_.moments = lifeline_.moments();
    ending_.requests = aws_wire_.requests() + snowflake_wire_.requests();
    ending_.accidents = aws_wire_.accidents() + snowflake_wire_.accidents();
    return std::move(ending_);
  }

 private:
  Task<int> wait() {
    co_await ended_;
    co_return 0;
  }

  bool note(const Diagnostics& diagnostics) {
    for (std::string& text : texts_of(diagnostics))
      ending_.problems.push_back(std::move(text));
    return !diagnostics.has_errors();
  }

  bool open() {
    Diagnostics diagnostics;
    const fs::path root(process_.project.root);
    const std::string file = stack_file(process_.project).string();
    const std::string environment_file =
        (root / "environments" / (process_.project.environment + ".yaml")).string();
    document_ = config::Document::load(file, {}, diagnostics);
    if (!note(diagnostics)) return false;
    environment_ = load_environment(environment_file, process_.project.stack, document_->root(),
                                    sections, diagnostics);
    if (environment_) set_parameters(*environment_, document_->root(), {}, diagnostics);
    if (!note(diagnostics)) return false;
    const Placement placement = open_aws();
    if (!open_snowflake(placement)) return false;
    providers_.add(builtin_);
    providers_.add(*aws_);
    providers_.add(*snowflake_);

    Stack::Settings settings;
    settings.environment = &*environment_;
    settings.providers = &providers_;
    settings.env = Map{{"name", Value(environment_->name)},
                       {"region", Value(placement.region)},
                       {"account", Value(placement.account)},
                       {"partition", Value(placement.partition)}};
    for (const auto& [section, values] : environment_->providers)
      settings.env.set(section, values);
    settings.secrets = secrets();
    Stack::Source source{file, (root / "stacks" / "components").string()};
    stack_ = Stack::load(document_, source, std::move(settings), diagnostics);
    return note(diagnostics) && open_state();
  }

  // What secret("…") gives: as the project's secrets.json says, or always the same.
  std::function<std::optional<std::string>(std::string_view)> secrets() {
    std::ifstream file(fs::path(process_.project.root) / "secrets.json");
    std::ostringstream text;
    text << file.rdbuf();
    const Result<Value> read = parse_json(text.str());
    const Value known = read ? *read : Value();
    return [known](std::string_view source) { return known.string_or(source, "secret"); };
  }

  Placement open_aws() {
    const Value& settings = environment_->providers.at("aws");
    aws::ClientOptions options;
    options.user_agent = "firn";
    options.placement.account = settings.string_or("account", "111122223333");
    options.placement.region = settings.string_or("region", "eu-west-1");
    options.placement.partition = aws::partition_of(options.placement.region);
    options.placement.stack = process_.project.stack;
    options.placement.environment = environment_->name;
    images_ = cli::make_folder_builder();
    options.image_builder = images_.get();
    Placement placement = options.placement;
    if (const std::string logs = settings.string_or("log_bucket", ""); !logs.empty()) {
      const Status given = world_.sandbox_->given_bucket(placement.account, placement.region, logs);
      if (!given) note(given.error());
    }
    const auto keys = world_.sandbox_->administrator_of(placement.account);
    credentials_ = std::make_unique<aws::StaticCredentials>(
        aws::Credentials{keys.access_key_id, keys.secret_access_key, {}, {}});
    aws_ = std::make_unique<aws::AwsProvider>(scheduler_, aws_wire_, *credentials_,
                                              std::move(options));
    return placement;
  }

  bool open_snowflake(const Placement& placement) {
    const Value& settings = environment_->providers.at("snowflake");
    snowflake::ConnectionOptions wanted;
    wanted.account = settings.string_or("account", "firn-local");
    wanted.user = settings.string_or("user", "FIRN_DEPLOY");
    wanted.role = settings.string_or("role", "FIRN_DEPLOYER");
    const auto key = world_.sandbox_->deployer_key(
        wanted.account, settings.string_or("region", placement.region), wanted.user, wanted.role);
    if (!key) return note(key.error());
    wanted.private_key_pem = *key;
    const auto sources = snowflake::process_sources();
    auto connection = snowflake::resolve_connection(wanted, sources);
    if (!connection) return note(connection.error());
    snowflake::ProviderOptions options;
    options.stack = process_.project.stack;
    options.environment = environment_->name;
    snowflake_ = std::make_unique<snowflake::SnowflakeProvider>(
        scheduler_, snowflake_wire_, std::move(*connection), sources, std::move(options));
    return true;
  }

  bool note(const Error& error) {
    if (error.kind == ErrorKind::bug) ending_.has_met_bug = true;
    ending_.problems.push_back(text_of(error));
    return false;
  }

  bool open_state() {
    const StateLocation location{world_.state_file(process_.project), process_.project.stack,
                                 environment_->name};
    // One thread: a process of many could not be copied, and no minute passes here.
    LeaseTerms terms;
    terms.beat = Duration::zero();
    auto store = StateStore::open(location, StateStore::Mode::write, {}, world_.random_, terms);
    if (!store) return note(store.error());
    store_ = std::move(*store);
    // Before each landing, and, when the journal has landed, after it.
    store_->set_guard([this]() -> Status {
      is_landing_ = true;
      if (lifeline_.pass("before a landing of the state")) return Ok{};
      return fail(ErrorKind::storage, "the process is dead");
    });
    journal_ = std::make_unique<Journal>(scheduler_, *store_);
    scheduler_.at_end_of_turn([this] {
      if (std::exchange(is_landing_, false)) lifeline_.pass("after a landing of the state");
    });
    return true;
  }

  Desk desk() {
    Desk desk;
    desk.scheduler = &scheduler_;
    desk.providers = &providers_;
    desk.stack = stack_.get();
    desk.state = &store_->state();
    desk.stack_name = process_.project.stack;
    desk.environment_name = environment_->name;
    return desk;
  }

  // As it would be by firn's hand, but the state does not learn of it.
  Task<void> meddle_with_one(Meddling how, std::string& met) {
    const auto& resources = store_->state().resources;
    if (!resources.empty()) {
      const auto at = world_.random_.next() % resources.size();
      const StoredResource& stored =
          std::next(resources.begin(), static_cast<std::ptrdiff_t>(at))->second;
      Provider* provider = providers_.of_type(stored.record.type);
      Task<Status> connecting = provider->connect();
      static_cast<void>(co_await connecting);
      Operation operation;
      operation.prior = stored.record;
      operation.placement = provider->placement();
      operation.placement.stack = process_.project.stack;
      operation.placement.environment = environment_->name;
      operation.placement.address = stored.record.address;
      if (how == Meddling::deletes) {
        Task<Result<Removed>> removing = provider->remove(operation);
        const Result<Removed> removed = co_await removing;
        if (removed) met = stored.record.address;
      } else if (describe_otherwise(operation)) {
        Task<Result<Applied>> updating = provider->update(operation);
        const Result<Applied> updated = co_await updating;
        if (updated) met = stored.record.address;
      }
    }
    ended_.set();
  }

  // What people change by hand most easily. False: the object is not described.
  static bool describe_otherwise(Operation& operation) {
    // These hold secrets, which a record does not have in clear.
    if (operation.prior.type == "aws.secret" || operation.prior.type == "snowflake.user")
      return false;
    for (const std::string_view name : {"comment", "description", "display_name"}) {
      if (operation.prior.inputs.string_or(name, "").empty()) continue;
      Map desired = operation.prior.inputs.as_map();
      desired.set(std::string(name), Value("by hand"));
      operation.desired = Value(std::move(desired));
      operation.changed = {std::string(name)};
      return true;
    }
    return false;
  }

  Task<void> work_off() {
    Task<void> work = carry_out();
    co_await work;
    ended_.set();
  }

  Task<void> carry_out() {
    std::vector<Task<Status>> connecting;
    connecting.push_back(aws_->connect());
    connecting.push_back(snowflake_->connect());
    const std::vector<Status> connected = co_await when_all(scheduler_, std::move(connecting));
    for (const Status& status : connected) {
      if (!status) note(status.error());
    }
    if (!ending_.problems.empty()) co_return;
    if (!store_->state().open_intents.empty()) {
      Task<Recovery> recovering = recover(scheduler_, providers_, *store_);
      ending_.recovery = co_await recovering;
      for (const ApplyFailure& failure : ending_.recovery.failures)
        note(failure.error);
      const Status landed = co_await journal_->durable();
      if (!landed) note(landed.error());
      if (!ending_.problems.empty()) co_return;
    }
    PlanOptions options;
    options.is_destroy = process_.command == Command::destroy;
    Diagnostics diagnostics;
    Task<Planned> planning = make_plan(desk(), std::move(options), diagnostics);
    planned_ = co_await planning;
    if (!note(diagnostics)) co_return;
    ending_.had_work = planned_.plan.changes_anything();
    for (const Step& step : planned_.plan.steps) {
      if (step.action != Action::none) ending_.work.push_back(text_of(step));
    }
    Task<ApplyOutcome> applying = apply(desk(), planned_, *journal_, {});
    const ApplyOutcome outcome = co_await applying;
    for (const ApplyFailure& failure : outcome.failures)
      note(failure.error);
    if (!outcome.state_written) note(outcome.state_written.error());
    ending_.complete = outcome.is_complete();
  }

  World& world_;
  const Process& process_;
  Ending ending_;
  Scheduler scheduler_;
  Event ended_;
  Lifeline lifeline_;
  Network aws_wire_;
  Network snowflake_wire_;
  std::shared_ptr<const config::Document> document_;
  std::optional<Environment> environment_;
  std::unique_ptr<aws::ImageBuilder> images_;
  std::unique_ptr<aws::CredentialsSource> credentials_;
  std::unique_ptr<aws::AwsProvider> aws_;
  std::unique_ptr<snowflake::SnowflakeProvider> snowflake_;
  BuiltinProvider builtin_;
  Providers providers_;
  std::unique_ptr<Stack> stack_;
  std::unique_ptr<StateStore> store_;
  std::unique_ptr<Journal> journal_;
  Planned planned_;
  bool is_landing_ = false;
};

bool exists(const Project& project) {
  return fs::exists(stack_file(project));
}

World::World(std::uint64_t seed, std::string folder, const std::string& sandbox_file)
    : random_(seed), folder_(std::move(folder)) {
  sandbox::Options options;
  options.file = sandbox_file;
  options.deployer_key = key_of_all_deployers();
  options.first_number = static_cast<std::int64_t>(seed % 89) * 1000;
  auto opened = sandbox::Sandbox::open(std::move(options));
  if (opened) sandbox_ = std::move(*opened);
}

World::~World() = default;

Ending World::run(const Process& process) {
  Life life(*this, process);
  return life.live();
}

std::string World::meddle(const Process& like, Meddling how) {
  Life life(*this, like);
  return life.meddle(how);
}

std::string World::state_file(const Project& project) const {
  const std::string name = fmt::format("{}.{}.state.db", project.stack, project.environment);
  return (fs::path(folder_) / name).string();
}

void World::copy_states(const std::string& folder) const {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
    // The journal of SQLite belongs to its file; the shared memory and the lock are the dead's.
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".db") || name.ends_with("-wal"))
      fs::copy_file(entry.path(), fs::path(folder) / name);
  }
}

void World::draw_from(std::uint64_t seed) {
  random_ = SeededRandom(seed);
}

State World::state(const Project& project) const {
  SeededRandom unused(0);
  const StateLocation location{state_file(project), project.stack, project.environment};
  auto store = StateStore::open(location, StateStore::Mode::read, {}, unused);
  return store ? (*store)->state() : State();
}

Snapshot World::snapshot() const {
  return Snapshot(sandbox_->documents());
}

std::vector<std::string> World::contents() const {
  std::vector<std::string> lines;
  for (const sandbox::Count& count : sandbox_->status())
    lines.push_back(fmt::format("{} {}: {}", count.account, count.kind, count.count));
  return lines;
}

}  // namespace firn::simulation
