#include "core/plan/adoption.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/base/shell.h"
#include "core/base/text.h"
#include "core/plan/comparison.h"
#include "core/plan/diff.h"
#include "core/plan/look_ups.h"
#include "core/plan/refresh.h"
#include "core/plan/wiring.h"

namespace firn {
namespace {

class Adoption {
 public:
  Adoption(Desk desk, AdoptionRequest request, Diagnostics& diagnostics)
      : desk_(desk), request_(std::move(request)), diagnostics_(diagnostics) {}

  Task<Planned> run() {
    Planned planned;
    const auto index = find_instance();
    if (!index) co_return planned;
    index_ = *index;
    wiring_ = wire(*desk_.stack, diagnostics_);
    if (diagnostics_.has_errors()) co_return planned;
    planned.evaluation = std::make_unique<Evaluation>(*desk_.stack, *desk_.providers, *desk_.state,
                                                      desk_.scheduler->now());
    evaluation_ = planned.evaluation.get();
    if (!take_name()) co_return planned;
    prime();
    Task<bool> looking_up = answer_look_ups(
        desk_, *evaluation_, needed_look_ups(), [](std::uint32_t) {}, diagnostics_);
    co_await looking_up;
    if (diagnostics_.has_errors()) co_return planned;
    const Value desired = evaluation_->desired(index_, diagnostics_);
    if (diagnostics_.has_errors() || !is_findable(desired)) co_return planned;

    Operation operation = operation_for(desired);
    Provider* provider = desk_.providers->of_type(type().name);
    const Result<Observation> seen = co_await provider->find_existing(operation);
    if (!seen) {
      diagnostics_.add(diagnostic_of(seen.error(), request_.address));
      co_return planned;
    }
    if (!is_free(*seen)) co_return planned;
    planned.plan = plan_for(step_for(desired, *seen));
    co_return planned;
  }

 private:
  const ResourceType& type() const { return evaluation_->type_of(index_); }
  bool is_named() const { return type().name_rule.form != NameForm::none; }

  void refuse(std::string summary, std::string detail, std::string remedy) {
    Diagnostic diagnostic;
    diagnostic.summary = std::move(summary);
    diagnostic.detail = std::move(detail);
    diagnostic.remedy = std::move(remedy);
    diagnostic.address = request_.address;
    diagnostics_.add(std::move(diagnostic));
  }

  std::optional<std::uint32_t> find_instance() {
    const auto index = desk_.stack->find(request_.address);
    if (!index) {
      std::vector<std::string_view> known;
      for (const Instance& instance : desk_.stack->instances())
        known.push_back(instance.address);
      const auto near = nearest(request_.address, known);
      refuse(fmt::format("the stack declares no \"{}\"", request_.address),
             "What is imported must be declared: that says what it is and what it is to become.",
             near ? fmt::format("did you mean \"{}\"?", *near)
                  : std::string("declare it, then import it"));
      return std::nullopt;
    }
    if (const StoredResource* stored = desk_.state->find(request_.address)) {
      refuse(fmt::format("\"{}\" is in the state already", request_.address),
             fmt::format("It is {}.", shown(stored->record.type, stored->record.name)),
             fmt::format("`firn plan {}` shows what would change in it", desk_.stack_name));
      return std::nullopt;
    }
    const Instance& instance = desk_.stack->instances()[*index];
    if (desk_.stack->declaration_of(instance).type->is_lookup) {
      refuse(fmt::format("\"{}\" is a look-up", request_.address),
             "It is asked anew in each run, and is in no state.", "there is nothing to import");
      return std::nullopt;
    }
    return index;
  }

  static std::string shown(std::string_view type, const std::string& name) {
    return name.empty() ? std::string(type) : fmt::format("{} {}", type, name);
  }

  // The name under which it is looked for.
  bool take_name() {
    if (request_.name.empty()) return true;
    if (is_named()) {
      if (!is_name()) return false;
      evaluation_->take_name(index_, request_.name, diagnostics_);
      return !diagnostics_.has_errors();
    }
    if (!type().import_id.empty()) return true;
    refuse(fmt::format("{} has no name", type().name), "Its inputs say which one is meant.",
           fmt::format("leave out \"{}\"", request_.name));
    return false;
  }

  // People copy ARNs, and Snowflake's names with their quotes.
  bool is_name() {
    const std::string& said = request_.name;
    const bool is_quoted = said.size() > 2 && said.front() == '"' && said.back() == '"';
    if (is_quoted && is_snowflake_form(type().name_rule.form)) {
      refuse(fmt::format("{} has quotes around it", said),
             "Quotes belong to SQL; the name is what stands between them.",
             fmt::format("say it without them: {}", shell_word(said.substr(1, said.size() - 2))));
      return false;
    }
    if (said.starts_with("arn:")) {
      refuse(fmt::format("\"{}\" is an ARN", said),
             fmt::format("{} is found by its name.", type().name),
             "say the name that stands in it");
      return false;
    }
    return true;
  }

  static bool is_snowflake_form(NameForm form) {
    return form == NameForm::snowflake_account || form == NameForm::snowflake_database;
  }

  // What the state holds of the other objects is what references to them mean.
  void prime() {
    for (std::uint32_t i = 0; i < desk_.stack->instances().size(); ++i) {
      const StoredResource* stored = desk_.state->find(desk_.stack->instances()[i].address);
      const bool is_of_its_type =
          stored != nullptr && stored->record.type == evaluation_->type_of(i).name;
      if (is_of_its_type && stored->record.outputs.is_map()) {
        evaluation_->set_outputs(i, stored->record.outputs.as_map());
      }
    }
  }

  // Near and far.
  std::vector<std::uint32_t> needed_look_ups() const {
    std::vector<std::uint32_t> ahead{index_};
    std::vector<bool> seen(desk_.stack->instances().size(), false);
    std::vector<std::uint32_t> look_ups;
    while (!ahead.empty()) {
      const std::uint32_t current = ahead.back();
      ahead.pop_back();
      for (const std::uint32_t need : wiring_.graph.needs(current)) {
        if (seen[need]) continue;
        seen[need] = true;
        ahead.push_back(need);
        if (evaluation_->type_of(need).is_lookup) look_ups.push_back(need);
      }
    }
    return look_ups;
  }

  // Where it is must be known: an object in a schema whose name only apply can tell is not found.
  bool tells_apart(const Attribute& row) const {
    if (is_named()) return row.identity;
    const bool is_asked = std::ranges::find(type().import_by, row.name) != type().import_by.end();
    return is_asked && (row.required || request_.name.empty());
  }

  bool is_findable(const Value& desired) {
    for (const Attribute& row : type().attributes) {
      const Value& value = desired.at(row.name);
      if (!tells_apart(row) || !value.contains_unknown()) continue;
      refuse(fmt::format("\"{}\" cannot be found yet", request_.address),
             fmt::format("Its {} waits for {}.", row.name,
                         value.is_unknown() ? value.waits_for() : "another object"),
             "import or create that first");
      return false;
    }
    return true;
  }

  Operation operation_for(const Value& desired) {
    Operation operation;
    operation.prior.address = request_.address;
    operation.prior.type = std::string(type().name);
    operation.prior.name = name();
    operation.prior.inputs = desired;
    operation.desired = desired;
    operation.placement = evaluation_->placement_of(index_);
    operation.base_folder = evaluation_->base_folder_of(index_);
    return operation;
  }

  std::string name() {
    return is_named() ? evaluation_->name_of(index_, diagnostics_).name : request_.name;
  }

  // What to do when nothing was found.
  std::string how_to_say_it() const {
    const bool has_id = !is_named() && !type().import_id.empty();
    if (!request_.name.empty() || (!is_named() && !has_id)) {
      return "check what it is called, and that the credentials may see it";
    }
    const std::string command = import_command(desk_.stack_name, desk_.environment_name,
                                               request_.address, has_id ? "ID" : "NAME");
    return has_id ? fmt::format("say which one, by {}: {}", type().import_id, command)
                  : fmt::format("if it has another name, say it: {}", command);
  }

  std::string how_it_was_looked_for() const {
    if (!request_.name.empty()) return "It was looked for as the command said.";
    if (is_named()) return "It was looked for under the name that the stack gives it.";
    if (type().import_by.empty()) return "It was looked for by firn's mark.";
    const std::vector<std::string> inputs(type().import_by.begin(), type().import_by.end());
    return fmt::format("It was looked for by these inputs: {}.", join(inputs, ", "));
  }

  bool is_free(const Observation& seen) {
    const std::string what = shown(type().name, name());
    if (!seen.exists) {
      refuse(is_named() || !request_.name.empty()
                 ? fmt::format("there is no {}", what)
                 : fmt::format("there is no {} such as \"{}\" declares", what, request_.address),
             how_it_was_looked_for(), how_to_say_it());
      return false;
    }
    if (seen.foreign && seen.owner) {
      refuse(fmt::format("{} belongs to another stack", what),
             fmt::format("Its ownership mark names {}{}.", *seen.owner,
                         seen.owner_stack.empty() ? "" : " of " + seen.owner_stack),
             "take it out of that stack first: two must not manage one object");
      return false;
    }
    for (const auto& [address, stored] : desk_.state->resources) {
      if (!is_same_object(stored, seen)) continue;
      refuse(fmt::format("{} is in the state already, as \"{}\"", what, address),
             "An object has one address.",
             "import the other object, or change the address in the stack back");
      return false;
    }
    return true;
  }

  // By its full name where it has one: names in two containers may be alike. Without a name, by the
  // ids that the cloud gave to it, inside the same bucket or function.
  bool is_same_object(const StoredResource& stored, const Observation& seen) {
    if (stored.record.type != type().name) return false;
    if (!is_named()) {
      if (type().import_id.empty()) return false;  // several may share one: grants, images
      const bool is_inside = std::ranges::all_of(type().attributes, [&](const Attribute& row) {
        const Value* input = seen.inputs.find(row.name);
        const bool is_where = row.required && row.on_change == OnChange::replace;
        return !is_where || input == nullptr || stored.record.inputs.at(row.name) == *input;
      });
      return is_inside && stored.record.outputs == Value(seen.outputs);
    }
    const Value* fqn = seen.outputs.find("fqn");
    if (fqn != nullptr) return stored.record.outputs.at("fqn") == *fqn;
    return stored.record.name == name();
  }

  // What the state is to remember: of what the author declares, that which the cloud shows. What
  // the author does not declare is not managed, and a secret that cannot be read is set anew.
  Value inputs_to_record(const Value& desired, const Observation& seen,
                         std::vector<std::string>& notes) {
    Map recorded;
    for (const Attribute& row : type().attributes) {
      const Value* wanted = desired.find(row.name);
      if (row.computed || wanted == nullptr || wanted->is_null()) continue;
      const Value* shown = row.write_only ? nullptr : seen.inputs.find(row.name);
      if (shown == nullptr) {
        if (!row.write_only || wanted->contains_secret() || wanted->contains_unknown()) continue;
        recorded.set(row.name, *wanted);
        notes.push_back(
            fmt::format("{} is taken to be as declared: the cloud does not show it", row.name));
        continue;
      }
      const Value current = in_terms_of_wanted(type(), row, *wanted, *shown);
      if (same_meaning(row, *wanted, current, desk_.state->secret_key)) {
        recorded.set(row.name, *wanted);
      } else if (!current.is_null()) {
        recorded.set(row.name, comparable(current, *wanted, desk_.state->secret_key));
      }
    }
    return sealed(desk_.state->secret_key, Value(std::move(recorded)));
  }

  Step step_for(const Value& desired, const Observation& seen) {
    Step step;
    step.address = request_.address;
    step.type = &type();
    step.instance = index_;
    step.action = Action::adopt;
    if (is_named()) {
      const PlannedName& planned = evaluation_->name_of(index_, diagnostics_);
      step.name = planned.name;
      step.base_name = planned.base;
      step.generation = planned.generation;
    }
    step.is_marked = !seen.foreign && seen.owner == request_.address;
    if (seen.foreign) {
      step.notes.push_back(fmt::format("it is marked as {}/{}/{}", desk_.stack_name,
                                       desk_.environment_name, request_.address));
    }
    StoredResource stored;
    stored.record.inputs = inputs_to_record(desired, seen, step.notes);
    step.after = stored.record.inputs;
    step.outputs = seen.outputs;
    if (is_named() && step.outputs.find("name") == nullptr) step.outputs.set("name", step.name);
    tell_what_differs(stored, desired, seen, step);
    const config::Node protect = block().find("protect");
    if (protect.is_present()) {
      const StackScope scope(*desk_.stack,
                             desk_.stack->context_of(desk_.stack->instances()[index_]), nullptr);
      step.protect = evaluate_node(protect, scope, diagnostics_) == Value(true);
    }
    // Those that are in the state: the next plan adds what is made until then.
    for (const std::uint32_t need : wiring_.graph.needs(index_)) {
      const std::string& address = desk_.stack->instances()[need].address;
      if (desk_.state->find(address) != nullptr) step.dependencies.push_back(address);
    }
    std::ranges::sort(step.dependencies);
    return step;
  }

  config::Node block() const {
    return desk_.stack->declaration_of(desk_.stack->instances()[index_]).block;
  }

  // What the next plan would do. Its losses are not this plan's: they are told, and need no consent
  // yet.
  void tell_what_differs(const StoredResource& stored, const Value& desired,
                         const Observation& seen, Step& step) {
    Comparison comparison = compare(type(), stored, &seen, desired, desk_.state->secret_key);
    if (comparison.cost != OnChange::update && type().holds_data) {
      comparison.losses.emplace_back(type().data_loss);
    }
    step.changes = std::move(comparison.changes);
    step.changed = std::move(comparison.changed);
    step.reasons = std::move(comparison.reasons);
    for (std::string& note : comparison.notes)
      step.notes.push_back(std::move(note));
    for (const std::string& loss : comparison.losses)
      step.notes.push_back(fmt::format("that would lose: {}", loss));
  }

  Plan plan_for(Step step) {
    Plan plan;
    plan.stack = desk_.stack_name;
    plan.environment = desk_.environment_name;
    plan.lineage = desk_.state->lineage;
    plan.serial = desk_.state->serial;
    plan.secret_key = desk_.state->secret_key;
    plan.is_import = true;
    plan.steps.push_back(std::move(step));
    return plan;
  }

  Desk desk_;
  AdoptionRequest request_;
  Diagnostics& diagnostics_;
  std::uint32_t index_ = 0;
  Wiring wiring_;
  Evaluation* evaluation_ = nullptr;
};

}  // namespace

Task<Planned> plan_adoption(Desk desk, AdoptionRequest request, Diagnostics& diagnostics) {
  Adoption adoption(desk, std::move(request), diagnostics);
  Task<Planned> running = adoption.run();
  co_return co_await running;
}

}  // namespace firn
