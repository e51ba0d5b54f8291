// Whole stacks: stack, environment and component, loaded, checked against tables and evaluated.
#include "core/stack/stack.h"

#include <array>
#include <filesystem>

#include "core/provider/builtin.h"
#include "core/value/json.h"
#include "tests/fuzz/fuzz.h"

namespace firn::fuzz {
namespace {

constexpr std::string_view clear = "kv81-clear";

// One attribute of each kind, so that every check of a table is reached.
constexpr Attribute text_item{.name = "item", .doc = "One."};
constexpr Attribute any_item{.name = "item", .kind = AttributeKind::any, .doc = "One."};
constexpr std::array<std::string_view, 2> colours = {"blue", "red"};
constexpr std::array rule_fields = {
    Attribute{.name = "days", .kind = AttributeKind::integer, .minimum = 1, .maximum = 365},
    Attribute{.name = "prefix", .required = true},
};
constexpr Attribute rule{.name = "rule", .kind = AttributeKind::object, .fields = rule_fields};
constexpr std::array attributes = {
    Attribute{.name = "colour", .allowed = colours},
    Attribute{.name = "size", .kind = AttributeKind::integer, .minimum = 0, .maximum = 10},
    Attribute{.name = "ratio", .kind = AttributeKind::number},
    Attribute{.name = "open", .kind = AttributeKind::boolean},
    Attribute{.name = "keys", .kind = AttributeKind::list, .element = &text_item},
    Attribute{.name = "labels", .kind = AttributeKind::map, .element = &text_item},
    Attribute{.name = "members", .kind = AttributeKind::map, .element = &any_item},
    Attribute{.name = "rules", .kind = AttributeKind::list, .element = &rule},
    Attribute{.name = "best", .kind = AttributeKind::object, .fields = rule_fields},
    Attribute{.name = "document", .kind = AttributeKind::any},
    Attribute{.name = "password", .secret = true},
    Attribute{.name = "arn", .computed = true},
};
constexpr ResourceType thing{.name = "fuzz.thing",
                             .summary = "A thing.",
                             .attributes = attributes,
                             .name_rule = {.form = NameForm::aws},
                             .taggable = true};
constexpr std::array types = {&thing};

// Only its table is asked for.
class Things final : public Provider {
 public:
  std::string_view name() const override { return "fuzz"; }
  std::span<const ResourceType* const> types() const override { return fuzz::types; }
  Placement placement() const override { return {}; }
  Task<Status> connect() override { co_return Ok{}; }
  Task<std::vector<Result<Observation>>> observe(std::vector<ResourceRecord>) override {
    co_return std::vector<Result<Observation>>();
  }
  Task<Result<Map>> look_up(std::string_view, Value) override { co_return Map{}; }
  Task<Result<Applied>> create(Operation&) override { co_return Applied{}; }
  Task<Result<Applied>> update(Operation&) override { co_return Applied{}; }
  Task<Result<Removed>> remove(Operation&) override { co_return Removed{}; }
  Task<Result<Observation>> find_after_crash(Operation&) override { co_return Observation{}; }
};

class Unknowns final : public ResourceValues {
 public:
  Value resource_value(std::uint32_t, std::span<const expression::PathStep>,
                       const expression::Reference& reference, Diagnostics&) override {
    return Value::unknown(reference.text());
  }
};

void evaluate(const Stack& stack, Diagnostics& problems) {
  Unknowns unknowns;
  for (const Instance& instance : stack.instances()) {
    require(stack.find(instance.address).has_value(), "an instance is found by its address",
            instance.address);
    const StackScope scope(stack, stack.context_of(instance), &unknowns);
    const Value value = evaluate_node(stack.declaration_of(instance).block, scope, problems);
    require_kept_secret(value, clear);
  }
  for (const Module& module : stack.modules())
    require(stack.declaration_names(module).size() == module.declaration_count,
            "a module knows its declarations");
}

}  // namespace

// The parts of an input: the stack, the environment, the component "part".
void try_input(std::string_view input) {
  if (input.find("kv81") != std::string_view::npos) return;
  const auto parts = parts_of(input);
  Diagnostics problems;
  const auto document = config::Document::parse("stack.yaml", part(parts, 0), problems);
  if (document == nullptr) return;
  std::filesystem::create_directories(scratch_folder() + "/components");
  (void)file_with("components/part.yaml", part(parts, 2));
  std::string settings(part(parts, 1));
  if (settings.empty()) settings = "environment: dev\n";
  const std::string file = file_with("dev.yaml", settings);

  constexpr std::array<std::string_view, 2> provider_names = {"firn", "fuzz"};
  auto environment = load_environment(file, "shop", document->root(), provider_names, problems);
  if (environment) {
    const std::vector<std::string> flags = {"size=" + std::string(part(parts, 3))};
    if (parts.size() > 3) set_parameters(*environment, document->root(), flags, problems);
    BuiltinProvider builtin;
    Things things;
    Providers providers;
    providers.add(builtin);
    providers.add(things);
    check_kinds_of_names(*environment, "shop", document->root(), providers.type_names(), problems);
    Stack::Settings for_stack;
    for_stack.environment = &*environment;
    for_stack.providers = &providers;
    for_stack.env = Map{{"name", environment->name}, {"region", "eu-west-1"}};
    for_stack.secrets = [](std::string_view) { return std::optional<std::string>(clear); };
    const auto stack = Stack::load(document, {"stack.yaml", scratch_folder() + "/components"},
                                   for_stack, problems);
    if (stack != nullptr) evaluate(*stack, problems);
    require(stack != nullptr || problems.has_errors(), "what cannot be loaded is told about");
  } else {
    require(problems.has_errors(), "an environment that cannot be read is told about");
  }
  require_told(problems, clear);
  for (const Diagnostic& item : problems.items())
    require(!render(item).empty(), "a problem is shown");
}

}  // namespace firn::fuzz
