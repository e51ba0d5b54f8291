#include "core/plan/evaluation.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "core/base/text.h"
#include "core/plan/attributes.h"

namespace firn {

using config::Node;
using expression::PathStep;
using expression::Reference;

namespace {

// The item that a number names, or no node.
Node item_at(Node list, std::string_view position) {
  std::size_t index = 0;
  const auto [end, error] =
      std::from_chars(position.data(), position.data() + position.size(), index);
  if (error != std::errc() || end != position.data() + position.size()) return {};
  Node item = list.first_child();
  while (item.is_present() && index-- > 0)
    item = item.next_sibling();
  return item;
}

const std::shared_ptr<const PlannedName>& nameless() {
  static const auto none = std::make_shared<const PlannedName>();
  return none;
}

// What `name` or `called` says; nothing when it is absent, or null as a parameter may be.
std::optional<std::string> name_in(Node given, const StackScope& scope, Diagnostics& diagnostics) {
  if (!given.is_present()) return std::nullopt;
  const Value value = evaluate_node(given, scope, diagnostics);
  if (value.is_string()) return value.as_string();
  if (value.is_unknown()) {
    diagnostics.error(given.where(), "a name must be known before apply",
                      fmt::format("It waits for {}.", value.waits_for()),
                      "build it from env, param, each and other names");
  } else if (!value.is_null()) {
    diagnostics.error(given.where(), "a name must be a text",
                      fmt::format("This is {}.", kind_name(value.kind())), "put it in quotes");
  }
  return std::nullopt;
}

}  // namespace

Node node_at(Node block, std::string_view path) {
  Node node = block;
  for (const auto& word : split(path, '.')) {
    const Node inner = node.is_map()    ? node.find(word)
                       : node.is_list() ? item_at(node, word)
                                        : Node{};
    if (!inner.is_present()) break;
    node = inner;
  }
  return node;
}

void report_problems(const std::vector<Problem>& problems, Node block, const std::string& address,
                     Diagnostics& diagnostics) {
  for (const Problem& problem : problems) {
    const Node node = node_at(block, problem.path);
    Diagnostic diagnostic;
    diagnostic.summary = problem.summary;
    diagnostic.detail = problem.detail;
    diagnostic.remedy = problem.remedy;
    diagnostic.where = node.where();
    diagnostic.address = address;
    diagnostics.add(std::move(diagnostic));
  }
}

Naming naming_of(const Environment& environment, const Stack& stack, const Providers& providers) {
  Naming naming;
  naming.stack = stack.name();
  naming.environment = environment.naming.string_or("env", environment.name);
  naming.project = environment.naming.string_or("project", stack.name());
  naming.short_form = environment.naming.string_or("short", "");
  if (const Value* names = environment.naming.find("names"); names != nullptr && names->is_map()) {
    for (const auto& [key, text] : names->as_map()) {
      if (text.is_string()) naming.templates[key] = text.as_string();
    }
  }
  // The region in a bucket's name is that of the first provider that has regions.
  for (const Provider* provider : providers.all()) {
    const Placement placement = provider->placement();
    if (naming.region.empty()) naming.region = placement.region;
    if (naming.account.empty()) naming.account = placement.account;
  }
  return naming;
}

namespace {

std::vector<Tombstone> names_in_the_way(const State& state, const Providers& providers) {
  std::vector<Tombstone> names = state.tombstones;
  for (const auto& [address, stored] : state.resources) {
    const Provider* provider = stored.deposed ? providers.of_type(stored.record.type) : nullptr;
    if (provider == nullptr) continue;
    const Elsewhere elsewhere = provider->elsewhere(stored.record);
    if (!elsewhere.place.empty() && elsewhere.name_is_free) continue;
    Tombstone held;
    held.type = stored.record.type;
    held.name = stored.record.name;
    held.until = Instant::max();
    held.reason = "the object that was replaced has it, and is still to be removed";
    names.push_back(std::move(held));
  }
  return names;
}

}  // namespace

Evaluation::Evaluation(const Stack& stack, const Providers& providers, const State& state,
                       Instant now)
    : stack_(stack),
      providers_(providers),
      state_(state),
      now_(now),
      naming_(naming_of(*stack.settings().environment, stack, providers)),
      names_in_the_way_(names_in_the_way(state, providers)),
      facts_(stack.instances().size()) {}

Placement Evaluation::placement_of(std::uint32_t instance) const {
  Placement placement = providers_.of_type(type_of(instance).name)->placement();
  placement.stack = stack_.name();
  placement.environment = stack_.settings().environment->name;
  placement.address = stack_.instances()[instance].address;
  return placement;
}

std::string Evaluation::base_folder_of(std::uint32_t instance) const {
  const StackScope scope(stack_, stack_.context_of(stack_.instances()[instance]), nullptr);
  return scope.base_folder();
}

PlannedName Evaluation::work_out_name(std::uint32_t index, Diagnostics& diagnostics) {
  const Instance& instance = stack_.instances()[index];
  const Declaration& declaration = stack_.declaration_of(instance);
  const ResourceType& type = *declaration.type;
  PlannedName planned;
  const Node given = declaration.block.find("name");
  const Node called = declaration.block.find("called");
  if (type.name_rule.form == NameForm::none) {
    for (const auto& [word, node] : {std::pair("name", given), std::pair("called", called)}) {
      if (!node.is_present()) continue;
      diagnostics.error(node.where(), fmt::format("{} has no name of its own", type.name), {},
                        fmt::format("remove {}:", word));
    }
    return planned;
  }
  const StackScope scope(stack_, stack_.context_of(instance), this);
  const std::size_t problems = diagnostics.items().size();
  const std::optional<std::string> whole = name_in(given, scope, diagnostics);
  const std::optional<std::string> part = name_in(called, scope, diagnostics);
  if (diagnostics.items().size() != problems) return planned;
  if (whole) {
    planned.base = *whole;
    if (part) {
      diagnostics.error(called.where(), "name and called are both given",
                        "With a whole name there is no convention to follow.",
                        "remove one of them");
    }
    if (const auto refusal = refuse_name(type.name_rule, planned.base)) {
      diagnostics.error(
          given.where(), fmt::format("\"{}\" cannot name {}", planned.base, type.name),
          fmt::format("{}.", *refusal), "change name:, or remove it to use the convention");
    }
  } else {
    planned.base = conventional_name(naming_, type, part ? *part : instance.address);
  }

  const StoredResource* stored = state_.find(instance.address);
  const int at_least = facts_[index].generation_min;
  // What moves here from another place takes a name that is free here.
  const bool is_here = stored != nullptr && stored->record.type == type.name &&
                       providers_.of_type(type.name)->elsewhere(stored->record).place.empty();
  if (is_here && stored->base_name == planned.base && stored->generation >= at_least) {
    planned.name = stored->record.name;
    planned.generation = stored->generation;
    return planned;
  }
  ChosenName chosen = choose_name(type, planned.base, at_least, names_in_the_way_, now_,
                                  placement_of(index).region);
  planned.name = std::move(chosen.name);
  planned.generation = chosen.generation;
  planned.stepped_over = std::move(chosen.stepped_over);
  planned.lifted = std::move(chosen.lifted);
  return planned;
}

const PlannedName& Evaluation::name_of(std::uint32_t index, Diagnostics& diagnostics) {
  Facts& facts = facts_[index];
  if (facts.name) return *facts.name;
  if (facts.naming) {
    const Instance& instance = stack_.instances()[index];
    const Node block = stack_.declaration_of(instance).block;
    const Node given = block.find("name");
    diagnostics.error((given.is_present() ? given : block.find("called")).where(),
                      fmt::format("the name of \"{}\" depends on itself", instance.address), {},
                      "give one of the names in the circle a text of its own");
    return *nameless();
  }
  facts.naming = true;
  PlannedName planned = work_out_name(index, diagnostics);
  facts.naming = false;
  facts.name = planned.name.empty() && planned.base.empty()
                   ? nameless()
                   : std::make_shared<const PlannedName>(std::move(planned));
  return *facts.name;
}

bool Evaluation::require_generation(std::uint32_t index, int generation, Diagnostics& diagnostics) {
  Facts& facts = facts_[index];
  if (facts.generation_min >= generation) return false;
  facts.generation_min = generation;
  const std::string before = name_of(index, diagnostics).name;
  // Anything may have been derived from the name: start afresh, except for real outputs.
  for (Facts& other : facts_) {
    other.name.reset();
    other.predicted.reset();
  }
  return name_of(index, diagnostics).name != before;
}

void Evaluation::take_name(std::uint32_t index, std::string name, Diagnostics& diagnostics) {
  PlannedName taken;
  taken.base = name_of(index, diagnostics).base;
  taken.name = std::move(name);
  // One that was replaced before has a generation of the name, and the next one takes the next.
  constexpr int most = 1000;
  for (int generation = 2; generation < most; ++generation) {
    if (with_generation(type_of(index).name_rule, taken.base, generation) != taken.name) continue;
    taken.generation = generation;
    break;
  }
  for (Facts& other : facts_) {
    other.name.reset();
    other.predicted.reset();
  }
  facts_[index].name = std::make_shared<const PlannedName>(std::move(taken));
}

const Map& Evaluation::predicted(std::uint32_t index, Diagnostics& diagnostics) {
  Facts& facts = facts_[index];
  if (facts.predicted) return *facts.predicted;
  const ResourceType& type = type_of(index);
  if (facts.predicting) {
    const Instance& instance = stack_.instances()[index];
    diagnostics.error(stack_.declaration_of(instance).block.where(),
                      fmt::format("the identity of \"{}\" depends on itself", instance.address), {},
                      "break the circle: an object cannot contain itself");
    static const Map kNone;
    return kNone;
  }
  facts.predicting = true;
  const std::string name = name_of(index, diagnostics).name;
  Map outputs;
  if (type.predict != nullptr) {
    Map identity = inputs_of(stack_, index, *this, true, diagnostics);
    outputs = type.predict(placement_of(index), name, Value(std::move(identity)));
  }
  if (type.name_rule.form != NameForm::none) outputs.set("name", Value(name));
  facts_[index].predicting = false;
  facts_[index].predicted = std::move(outputs);
  return *facts_[index].predicted;
}

Value Evaluation::desired(std::uint32_t index, Diagnostics& diagnostics) {
  const Instance& instance = stack_.instances()[index];
  const Declaration& declaration = stack_.declaration_of(instance);
  const ResourceType& type = *declaration.type;
  Map inputs = inputs_of(stack_, index, *this, false, diagnostics);
  const Value& tags = stack_.settings().environment->tags;
  if (type.taggable && tags.is_map() && !tags.as_map().empty()) {
    Map all = tags.as_map();
    if (const Value* own = inputs.find("tags"); own != nullptr && own->is_map()) {
      for (const auto& [key, value] : own->as_map())
        all.set(key, value);
    }
    inputs.set("tags", Value(std::move(all)));
  }
  Value value{std::move(inputs)};
  if (diagnostics.has_errors()) return value;
  std::vector<Problem> problems;
  if (type.prepare != nullptr) value = type.prepare(base_folder_of(index), value, problems);
  if (type.normalize != nullptr) value = type.normalize(value);
  if (type.validate != nullptr) {
    type.validate(placement_of(index), name_of(index, diagnostics).name, value, problems);
  }
  report_problems(problems, declaration.block, instance.address, diagnostics);
  return value;
}

void Evaluation::set_outputs(std::uint32_t index, Map outputs) {
  facts_[index].outputs = std::move(outputs);
}

void Evaluation::forget_outputs(std::uint32_t index) {
  facts_[index].outputs.reset();
}

Value Evaluation::attribute_value(std::uint32_t index, const std::string& name,
                                  const Reference& reference, Diagnostics& diagnostics) {
  const Instance& instance = stack_.instances()[index];
  const ResourceType& type = type_of(index);
  Facts& facts = facts_[index];
  if (facts.outputs) {
    if (const Value* value = facts.outputs->find(name)) return *value;
  }
  if (name == "name" && type.name_rule.form != NameForm::none) {
    return Value(name_of(index, diagnostics).name);
  }
  const Attribute* output = nullptr;
  const Attribute* input = nullptr;
  for (const Attribute& row : type.attributes) {
    if (row.name == name) (row.computed ? output : input) = &row;
  }
  if (output != nullptr && output->predictable) {
    if (const Value* value = predicted(index, diagnostics).find(name)) return *value;
    return Value::unknown(instance.address + "." + name);
  }
  if (input != nullptr) {
    if (facts.reading) {
      diagnostics.error(reference.where,
                        fmt::format("\"{}.{}\" depends on itself", instance.address, name), {},
                        "break the circle of inputs");
      return {};
    }
    facts.reading = true;
    const Map inputs = inputs_of(stack_, index, *this, false, diagnostics);
    facts_[index].reading = false;
    if (const Value* value = inputs.find(name)) return *value;
    if (input->chosen_by_cloud || output != nullptr) {
      return Value::unknown(instance.address + "." + name);
    }
    return {};
  }
  if (output != nullptr) return Value::unknown(instance.address + "." + name);
  std::vector<std::string_view> names;
  if (type.name_rule.form != NameForm::none) names.emplace_back("name");
  for (const Attribute& row : type.attributes)
    names.push_back(row.name);
  std::string remedy = suggestion(name, names);
  diagnostics.error(reference.where, fmt::format("{} has no attribute \"{}\"", type.name, name),
                    fmt::format("${{{}}} asks \"{}\" for it.", reference.text(), instance.address),
                    remedy);
  return {};
}

Value Evaluation::resource_value(std::uint32_t index, std::span<const PathStep> rest,
                                 const Reference& reference, Diagnostics& diagnostics) {
  if (rest.empty()) {
    const ResourceType& type = type_of(index);
    std::vector<std::string_view> outputs;
    for (const Attribute& row : type.attributes) {
      if (row.computed) outputs.push_back(row.name);
    }
    diagnostics.error(
        reference.where, fmt::format("${{{}}} is a whole object", reference.text()),
        "This place takes one value of it.",
        fmt::format(
            "say which: ${{{}.name}}{}", reference.text(),
            outputs.empty() ? std::string() : fmt::format(" or .{}", fmt::join(outputs, ", ."))));
    return {};
  }
  const Value value = attribute_value(index, rest[0].name, reference, diagnostics);
  return step_into(value, rest.subspan(1), reference, diagnostics);
}

}  // namespace firn
