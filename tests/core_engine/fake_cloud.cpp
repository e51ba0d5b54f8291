#include "tests/core_engine/fake_cloud.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

#include "core/state/invariants.h"

namespace firn::testing_support {
namespace {

constexpr NameRule kName{
    .form = NameForm::aws, .length_max = 40, .extra_characters = "-", .lower_case_only = true};

constexpr Attribute kText{.name = "item"};
constexpr Attribute kStoreArn{.name = "item", .takes = "arn"};

constexpr std::array kStoreRows{
    Attribute{.name = "color", .doc = "In place.", .default_json = "\"white\""},
    Attribute{.name = "shape", .doc = "By replacement.", .on_change = OnChange::replace},
    Attribute{.name = "parent",
              .doc = "A store that contains this one.",
              .on_target_replaced = OnTargetReplaced::replace,
              .takes = "arn"},
    Attribute{.name = "labels", .kind = AttributeKind::list, .unordered = true, .element = &kText},
    Attribute{.name = "password", .secret = true, .write_only = true},
    Attribute{.name = "arn", .computed = true, .predictable = true},
    Attribute{.name = "serial", .computed = true},
};
constexpr std::array kRoleRows{
    Attribute{.name = "trusts", .takes = "user"},
    Attribute{.name = "reads", .on_target_replaced = OnTargetReplaced::update, .takes = "arn"},
    Attribute{.name = "may_read", .kind = AttributeKind::list, .weak = true, .element = &kStoreArn},
    Attribute{.name = "arn", .computed = true, .predictable = true},
};
constexpr std::array kLinkRows{
    Attribute{.name = "role", .required = true, .weak = true, .takes = "arn"},
    Attribute{.name = "url"},
    Attribute{.name = "follows", .updated_with_target = true, .takes = "name"},
    Attribute{.name = "notes", .kind = AttributeKind::map, .element = &kText},
    Attribute{.name = "user", .computed = true},
    Attribute{.name = "revision", .computed = true, .moves_with = "notes,url"},
};
constexpr std::array kPipeRows{
    Attribute{.name = "through",
              .required = true,
              .exercises = true,
              .broken_by_change_of = "url",
              .loss = "its load history",
              .takes = "name"},
    Attribute{.name = "into", .permitted_by = "fake.grant", .takes = "arn"},
};
constexpr std::array kBadgeRows{
    Attribute{.name = "user", .required = true, .takes = "user"},
    Attribute{.name = "badge", .computed = true},
};
constexpr std::array kGrantRows{
    Attribute{.name = "on", .required = true, .takes = "arn"},
    Attribute{.name = "seen_by", .takes = "name"},
};
constexpr std::array kTopicRows{
    Attribute{.name = "fifo", .kind = AttributeKind::boolean, .on_change = OnChange::replace},
    Attribute{.name = "arn", .computed = true, .predictable = true},
};

Map predict_arn(const Placement& placement, const std::string& name, const Value&) {
  return Map{{"arn", Value("arn:" + placement.account + ":" + name)}};
}

constexpr ResourceType kStore{.name = "fake.store",
                              .attributes = kStoreRows,
                              .name_rule = kName,
                              .holds_data = true,
                              .data_loss = "all that is stored",
                              .predict = predict_arn};
constexpr ResourceType kRole{
    .name = "fake.role", .attributes = kRoleRows, .name_rule = kName, .predict = predict_arn};
constexpr ResourceType kLink{.name = "fake.link",
                             .attributes = kLinkRows,
                             .name_rule = kName,
                             .distance_cost = "Links are slow over a distance."};
constexpr ResourceType kPipe{.name = "fake.pipe", .attributes = kPipeRows, .name_rule = kName};
constexpr ResourceType kBadge{.name = "fake.badge", .attributes = kBadgeRows, .is_lookup = true};
constexpr ResourceType kGrant{.name = "fake.grant", .attributes = kGrantRows, .name_rule = kName};
constexpr ResourceType kTopic{.name = "fake.topic",
                              .attributes = kTopicRows,
                              .name_rule = kName,
                              .replace_takes_new_name = true,
                              .name_held_after_loss = std::chrono::hours(72),
                              .name_held_because = "it may be subscribed",
                              .predict = predict_arn};

// A removed one can be brought back for a while.
constexpr ResourceType kVault{.name = "fake.vault",
                              .attributes = kTopicRows,
                              .name_rule = kName,
                              .restores_name = true,
                              .predict = predict_arn};

// Has no name: what it is on tells it from all others.
constexpr std::array<std::string_view, 1> kRuleIdentity{"on"};
constexpr std::array kRuleRows{Attribute{.name = "on", .required = true, .takes = "arn"}};
constexpr ResourceType kRule{
    .name = "fake.rule", .attributes = kRuleRows, .import_by = kRuleIdentity};

constexpr std::array<const ResourceType*, 9> kTypes{&kBadge, &kGrant, &kLink,  &kPipe, &kRole,
                                                    &kRule,  &kStore, &kTopic, &kVault};

std::string key_of(const ResourceRecord& record, const Value& inputs) {
  return record.type + " " + (record.name.empty() ? inputs.string_or("on", "") : record.name);
}
std::string key_of(const ResourceRecord& record) {
  return key_of(record, record.inputs);
}

}  // namespace

std::span<const ResourceType* const> FakeCloud::types() const {
  return kTypes;
}

Placement FakeCloud::placement() const {
  Placement placement;
  placement.account = "1234";
  placement.region = "north";
  return placement;
}

Task<Status> FakeCloud::connect() {
  co_return Ok{};
}

Task<Status> FakeCloud::call(std::string what) {
  ++in_flight_;
  in_flight_max = std::max(in_flight_max, in_flight_);
  co_await scheduler_.sleep(latency);
  --in_flight_;
  calls.push_back(what);
  if (const auto failure = failures.find(what); failure != failures.end()) {
    Error error = failure->second;
    failures.erase(failure);
    co_return fail(std::move(error));
  }
  co_return Ok{};
}

Task<std::vector<Result<Observation>>> FakeCloud::observe(std::vector<ResourceRecord> records) {
  std::vector<Result<Observation>> seen;
  for (const ResourceRecord& record : records) {
    Observation observation;
    const auto found = objects.find(key_of(record));
    if (found != objects.end() && scheduler_.now() >= found->second.made_at + shown_after) {
      observation.exists = true;
      observation.inputs = found->second.inputs;
      observation.inputs.erase("password");
      observation.outputs = found->second.outputs;
      if (!found->second.owner.empty()) {
        observation.owner = found->second.owner;
        observation.owner_stack = "elsewhere/dev";
      }
      observation.foreign = found->second.owner != record.address;
    }
    seen.emplace_back(std::move(observation));
  }
  co_return seen;
}

Task<Result<Map>> FakeCloud::look_up(std::string_view type, Value inputs) {
  const std::string user = inputs.string_or("user", "nobody");
  Task<Status> calling = call(fmt::format("look up {} of {}", type, user));
  const Status called = co_await calling;
  if (!called) co_return fail(called.error());
  co_return Map{{"badge", Value("badge of " + user)}};
}

Task<Result<Applied>> FakeCloud::create(Operation& operation) {
  const std::string key = key_of(operation.prior, operation.desired);
  Task<Status> calling = call("create " + key);
  const Status called = co_await calling;
  if (!called) co_return fail(called.error());
  if (objects.contains(key)) co_return fail(ErrorKind::conflict, key + " exists already");
  FakeObject object;
  object.type = operation.prior.type;
  object.owner = operation.prior.address;
  object.inputs = operation.desired.as_map();
  object.made_at = scheduler_.now();
  object.outputs = Map{{"name", Value(operation.prior.name)}};
  object.outputs.set("arn", Value("arn:1234:" + operation.prior.name));
  object.outputs.set("user", Value("user-of-" + operation.prior.name));
  object.outputs.set("serial", Value(static_cast<std::int64_t>(calls.size())));
  object.outputs.set("revision", Value(fmt::format("made as {}", calls.size())));
  objects[key] = object;
  Applied applied;
  applied.outputs = object.outputs;
  co_return applied;
}

Task<Result<Applied>> FakeCloud::update(Operation& operation) {
  if (operation.unfinished) unfinished.push_back(operation.prior.name);
  const std::string key = key_of(operation.prior);
  Task<Status> calling = call("update " + key);
  const Status called = co_await calling;
  if (!called) co_return fail(called.error());
  const auto found = objects.find(key);
  if (found == objects.end()) co_return fail(ErrorKind::not_found, key + " is gone");
  found->second.inputs = operation.desired.as_map();
  const auto is_changed = [&](std::string_view name) {
    return std::ranges::find(operation.changed, name) != operation.changed.end();
  };
  if (is_changed("url") || is_changed("notes")) {
    found->second.outputs.set("revision", Value(fmt::format("changed as {}", calls.size())));
  }
  Applied applied;
  applied.outputs = found->second.outputs;
  co_return applied;
}

Task<Result<Removed>> FakeCloud::remove(Operation& operation) {
  const std::string key = key_of(operation.prior);
  Task<Status> calling = call("remove " + key);
  const Status called = co_await calling;
  if (!called) co_return fail(called.error());
  objects.erase(key);
  Removed removed;
  if (operation.prior.type == "fake.topic" || operation.prior.type == "fake.vault") {
    removed.tombstones.push_back({operation.prior.type, operation.prior.name,
                                  scheduler_.now() + std::chrono::hours(72), "it is subscribed"});
  }
  co_return removed;
}

Task<Result<Observation>> FakeCloud::find_after_crash(Operation& operation) {
  static_cast<void>(operation);
  co_return Observation{};
}

Task<Result<Applied>> FakeCloud::claim(Operation& operation) {
  const std::string key = key_of(operation.prior);
  Task<Status> calling = call("claim " + key);
  const Status called = co_await calling;
  if (!called) co_return fail(called.error());
  objects.at(key).owner = operation.prior.address;
  co_return Applied{};
}

Workbench::Workbench()
    : clock(Instant{std::chrono::hours(24 * 365 * 56)}),
      random(1),
      scheduler(clock, random),
      cloud(scheduler) {
  providers.add(cloud);
  StateLocation location{":memory:", "lab", "dev"};
  auto opened = StateStore::open(location, StateStore::Mode::write, LockHolder{}, random);
  EXPECT_TRUE(opened.has_value());
  store = std::move(*opened);
  journal = std::make_unique<Journal>(scheduler, *store);
}

bool Workbench::load(const std::string& resources) {
  problems = Diagnostics();
  const std::string text = "stack: lab\n" + head + "resources:\n" + resources;
  auto document = config::Document::parse("stack.yaml", text, problems);
  if (document == nullptr || problems.has_errors()) return false;
  // Of this process alone: tests run side by side.
  const std::string folder = fmt::format("{}firn-engine-{}/", testing::TempDir(), getpid());
  std::filesystem::create_directories(folder);
  const std::string file = folder + "environment.yaml";
  std::ofstream(file) << "environment: dev\n";
  constexpr std::array<std::string_view, 1> kSections{"fake"};
  environment_ = load_environment(file, "lab", document->root(), kSections, problems);
  if (!environment_) return false;
  set_parameters(*environment_, document->root(), parameters, problems);
  Stack::Settings settings;
  settings.environment = &*environment_;
  settings.providers = &providers;
  settings.env = Map{{"name", Value("dev")}, {"region", Value("north")}};
  settings.secrets = [](std::string_view source) -> std::optional<std::string> {
    if (source == "env:PASSWORD") return "hunter2";
    if (source == "env:OTHER") return "hunter3";
    return std::nullopt;
  };
  stack = Stack::load(std::move(document), Stack::Source{"stack.yaml", folder}, std::move(settings),
                      problems);
  return stack != nullptr && !problems.has_errors();
}

Desk Workbench::desk() {
  Desk desk;
  desk.scheduler = &scheduler;
  desk.providers = &providers;
  desk.stack = stack.get();
  desk.state = &store->state();
  desk.stack_name = "lab";
  desk.environment_name = "dev";
  return desk;
}

std::optional<Planned> Workbench::plan(const std::string& resources, PlanOptions options) {
  if (!load(resources)) return std::nullopt;
  Planned planned = scheduler.run(make_plan(desk(), std::move(options), problems));
  if (problems.has_errors()) return std::nullopt;
  return planned;
}

ApplyOutcome Workbench::apply(const std::string& resources, ApplyOptions options) {
  auto planned = plan(resources);
  EXPECT_TRUE(planned.has_value()) << problems_text();
  if (!planned) return {};
  ApplyOutcome outcome = scheduler.run(firn::apply(desk(), *planned, *journal, options));
  EXPECT_EQ(check_invariants(store->state()), std::vector<std::string>{});
  return outcome;
}

ApplyOutcome Workbench::destroy() {
  problems = Diagnostics();
  PlanOptions options;
  options.is_destroy = true;
  Planned planned = scheduler.run(make_plan(desk(), options, problems));
  EXPECT_FALSE(problems.has_errors()) << problems_text();
  ApplyOutcome outcome = scheduler.run(firn::apply(desk(), planned, *journal, ApplyOptions{}));
  EXPECT_EQ(check_invariants(store->state()), std::vector<std::string>{});
  return outcome;
}

std::optional<Planned> Workbench::plan_import(const std::string& resources,
                                              AdoptionRequest request) {
  if (!load(resources)) return std::nullopt;
  Planned planned = scheduler.run(plan_adoption(desk(), std::move(request), problems));
  if (problems.has_errors()) return std::nullopt;
  return planned;
}

ApplyOutcome Workbench::import(const std::string& resources, AdoptionRequest request) {
  auto planned = plan_import(resources, std::move(request));
  EXPECT_TRUE(planned.has_value()) << problems_text();
  if (!planned) return {};
  ApplyOutcome outcome = scheduler.run(firn::apply(desk(), *planned, *journal, ApplyOptions{}));
  EXPECT_EQ(check_invariants(store->state()), std::vector<std::string>{});
  return outcome;
}

std::vector<std::string> Workbench::actions(const Plan& plan) {
  std::vector<std::string> actions;
  for (const Step& step : plan.steps) {
    if (step.action == Action::none) continue;
    actions.push_back(std::string(action_name(step.action)) + " " + step.address);
  }
  return actions;
}

const Step& Workbench::step(const Plan& plan, const std::string& address) const {
  const auto found = std::ranges::find(plan.steps, address, &Step::address);
  if (found == plan.steps.end()) {
    ADD_FAILURE() << "no step for " << address;
    static const Step kNone;
    return kNone;
  }
  return *found;
}

std::string Workbench::problems_text() const {
  std::string text;
  for (const Diagnostic& item : problems.items())
    text += render(item) + "\n";
  return text;
}

}  // namespace firn::testing_support
