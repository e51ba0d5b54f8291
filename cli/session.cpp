#include "cli/session.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <set>
#include <sstream>

#include "cli/proof.h"
#include "cli/recovery_view.h"
#include "cli/state_place.h"
#include "core/base/text.h"
#include "core/plan/look_ups.h"
#include "core/recovery/recovery.h"
#include "core/stack/words.h"
#include "core/state/backups.h"

namespace firn::cli {
namespace {

// secret("env:NAME") and secret("file:path").
std::optional<std::string> read_secret(std::string_view source) {
  if (source.starts_with("env:")) {
    const char* value = std::getenv(std::string(source.substr(4)).c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  }
  if (source.starts_with("file:")) {
    std::ifstream file{std::string(source.substr(5)), std::ios::binary};
    if (!file) return std::nullopt;
    std::ostringstream text;
    text << file.rdbuf();
    std::string clear = text.str();
    while (!clear.empty() && (clear.back() == '\n' || clear.back() == '\r'))
      clear.pop_back();
    return clear;
  }
  return std::nullopt;
}

std::optional<std::string> stand_in(std::string_view /*source*/) {
  return "stand-in";
}

// What ${env.…} shows.
Map env_values(const Environment& environment, const Providers& providers) {
  Map values{{"name", Value(environment.name)}};
  for (const auto& [name, settings] : environment.providers)
    values.set(name, settings);
  for (const Provider* provider : providers.all()) {
    const Placement placement = provider->placement();
    if (values.find("region") == nullptr && !placement.region.empty()) {
      values.set("region", Value(placement.region));
      values.set("account", Value(placement.account));
      values.set("partition", Value(placement.partition));
    }
  }
  return values;
}

}  // namespace

std::unique_ptr<Session> Session::open(const Arguments& arguments, Console& console,
                                       Secrets secrets) {
  Diagnostics diagnostics;
  auto session = open(arguments, console, secrets, diagnostics);
  console.show(diagnostics);
  return session;
}

std::unique_ptr<Session> Session::open(const Arguments& arguments, Console& console,
                                       Secrets secrets, Diagnostics& diagnostics) {
  std::unique_ptr<Session> session(new Session(arguments, console));
  if (!session->load(secrets, diagnostics) || diagnostics.has_errors()) return nullptr;
  return session;
}

bool Session::load(Secrets secrets, Diagnostics& diagnostics) {
  auto project = find_project(arguments_.stack, arguments_.environment, diagnostics);
  if (!project) return false;
  project_ = std::move(*project);
  environment_ = load_environment(project_.environment_file, project_.stack_name,
                                  project_.stack_document->root(), provider_names(), diagnostics);
  if (environment_) {
    set_parameters(*environment_, project_.stack_document->root(), arguments_.parameters,
                   diagnostics);
  }
  if (!environment_ || diagnostics.has_errors()) return false;
  clouds_ = Clouds::open(*environment_, project_.stack_name, arguments_,
                         project_.path(".firn/sandbox.db"), diagnostics);
  if (clouds_ == nullptr || diagnostics.has_errors()) return false;
  check_kinds_of_names(*environment_, project_.stack_name, project_.stack_document->root(),
                       clouds_->providers().type_names(), diagnostics);
  if (diagnostics.has_errors()) return false;
  Stack::Settings settings;
  settings.environment = &*environment_;
  settings.providers = &clouds_->providers();
  settings.env = env_values(*environment_, clouds_->providers());
  settings.secrets = secrets == Secrets::read ? read_secret : stand_in;
  Stack::Source source{project_.stack_file, project_.components_folder};
  stack_ = Stack::load(project_.stack_document, source, std::move(settings), diagnostics);
  return stack_ != nullptr;
}

StateLocation Session::state_location() const {
  return cli::state_location(project_, *environment_, arguments_);
}

bool Session::open_state(StateStore::Mode mode) {
  const auto settings = state_settings(*environment_, console_);
  if (!settings) return false;
  const StateLocation location = state_location();
  auto store = StateStore::open(location, mode, holder_of(arguments_), clouds_->random());
  if (!store) {
    console_.show(store.error());
    return false;
  }
  store_ = std::move(*store);
  mode_ = mode;
  backups_ = settings->backups;
  return true;
}

bool Session::keep_backup() {
  if (is_backed_up_) return true;
  const Status kept = keep_backup_of_run(*store_, RealClock().now(), backups_);
  if (!kept) console_.show(kept.error());
  is_backed_up_ = kept.has_value();
  return is_backed_up_;
}

bool Session::recover() {
  if (mode_ == StateStore::Mode::write && !keep_backup()) return false;
  const auto types = types_to_recover(store_->state());
  Diagnostics diagnostics;
  clouds_->connect(types, diagnostics);
  console_.show(diagnostics);
  if (diagnostics.has_errors()) return false;
  const Recovery recovery =
      clouds_->scheduler().run(firn::recover(clouds_->scheduler(), clouds_->providers(), *store_));
  const bool is_written = mode_ == StateStore::Mode::write;
  if (!is_written) {
    store_->show_staged();
  } else if (const Status landed = store_->commit(); !landed) {
    console_.show(landed.error());
    return false;
  }
  std::optional<Run> unfinished;
  if (const auto runs = store_->runs(); runs && !runs->empty() && !runs->front().finished_at) {
    unfinished = runs->front();
  }
  console_.err(recovery_text(recovery, unfinished, is_written));
  for (const ApplyFailure& failure : recovery.failures)
    console_.show(failure.error);
  return recovery.failures.empty();
}

Desk Session::desk() {
  Desk desk;
  desk.scheduler = &clouds_->scheduler();
  desk.providers = &clouds_->providers();
  desk.stack = stack_.get();
  desk.state = &store_->state();
  desk.stack_name = project_.stack_name;
  desk.environment_name = environment_->name;
  return desk;
}

bool Session::connect(const Plan& plan) {
  std::set<std::string> types;
  for (const Step& step : plan.steps) {
    if (step.action != Action::none) types.emplace(step.type->name);
  }
  Diagnostics diagnostics;
  clouds_->connect({types.begin(), types.end()}, diagnostics);
  console_.show(diagnostics);
  return !diagnostics.has_errors();
}

std::optional<Planned> Session::plan(PlanOptions options) {
  const bool is_destroy = options.is_destroy;
  const bool is_partial = !options.only.empty();
  std::optional<Planned> planned = plan_unproven(std::move(options));
  if (!planned || is_destroy) return planned;
  Diagnostics diagnostics;
  Proof proof = prove(*stack_, clouds_->providers(), *planned, diagnostics);
  const auto is_planned = [&](const CheckFinding& finding) {
    const auto is_its = [&finding](const Step& step) {
      return step.address == finding.diagnostic.address;
    };
    return !is_partial || std::ranges::any_of(planned->plan.steps, is_its);
  };
  for (CheckFinding& finding : proof.findings) {
    if (!is_planned(finding)) continue;
    if (finding.waived) {
      planned->plan.waived.push_back(std::move(finding));
    } else if (finding.refuses()) {
      diagnostics.add(std::move(finding.diagnostic));
    } else {
      planned->plan.warnings.push_back(std::move(finding.diagnostic));
    }
  }
  console_.show(diagnostics);
  if (diagnostics.has_errors()) return std::nullopt;
  return planned;
}

std::optional<Planned> Session::plan_unproven(PlanOptions options) {
  if (!store_->state().open_intents.empty() && !recover()) return std::nullopt;
  Diagnostics diagnostics;
  // Without a refresh only look-ups are asked.
  std::set<std::string> types;
  if (options.refresh) {
    for (const auto& [address, stored] : store_->state().resources)
      types.insert(stored.record.type);
  }
  if (!options.is_destroy) {
    check_look_ups(*stack_, clouds_->providers(), clouds_->scheduler().now(), diagnostics);
    for (const Declaration& declaration : stack_->declarations()) {
      if (declaration.type == nullptr || declaration.instance_count == 0) continue;
      if (options.refresh || declaration.type->is_lookup) types.emplace(declaration.type->name);
    }
  }
  if (!diagnostics.has_errors()) clouds_->connect({types.begin(), types.end()}, diagnostics);
  std::optional<Planned> planned;
  if (!diagnostics.has_errors()) {
    planned = clouds_->scheduler().run(make_plan(desk(), std::move(options), diagnostics));
  }
  console_.show(diagnostics);
  if (diagnostics.has_errors()) return std::nullopt;
  return planned;
}

std::optional<Planned> Session::plan_import(AdoptionRequest request) {
  Diagnostics diagnostics;
  std::set<std::string> types;
  for (const Declaration& declaration : stack_->declarations()) {
    if (declaration.type == nullptr || declaration.instance_count == 0) continue;
    if (declaration.type->is_lookup) types.emplace(declaration.type->name);
  }
  if (const auto index = stack_->find(request.address)) {
    types.emplace(stack_->declaration_of(stack_->instances()[*index]).type->name);
    clouds_->connect({types.begin(), types.end()}, diagnostics);
  }
  std::optional<Planned> planned;
  if (!diagnostics.has_errors()) {
    planned = clouds_->scheduler().run(plan_adoption(desk(), std::move(request), diagnostics));
  }
  console_.show(diagnostics);
  if (diagnostics.has_errors()) return std::nullopt;
  return planned;
}

}  // namespace firn::cli
