#include "core/plan/attributes.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/base/text.h"
#include "core/schema/validate.h"
#include "core/stack/words.h"

namespace firn {

using config::Node;
using expression::PathStep;
using expression::Reference;

namespace {

bool is_meta(std::string_view key) {
  return std::ranges::find(meta_keys(), key) != meta_keys().end();
}

const Attribute* member_of(std::span<const Attribute> fields, std::string_view name) {
  const auto found = std::ranges::find(fields, name, &Attribute::name);
  return found == fields.end() ? nullptr : &*found;
}

// The row for the items of a list or the members of a map; nullptr where the table has no
// structure.
const Attribute* inner_row(const Attribute* row, std::string_view key) {
  if (row == nullptr) return nullptr;
  switch (row->kind) {
    case AttributeKind::object:
      return member_of(row->fields, key);
    case AttributeKind::list:
    case AttributeKind::map:
      return row->element;
    case AttributeKind::string:
    case AttributeKind::integer:
    case AttributeKind::number:
    case AttributeKind::boolean:
    case AttributeKind::any:
      return nullptr;
  }
  return nullptr;
}

// An output that is known without the object: its name, an input, or a predictable output.
bool is_known_early(const ResourceType& type, std::string_view output) {
  if (output == "name") return true;
  for (const Attribute& row : type.attributes) {
    if (row.name == output && row.computed) return row.predictable;
  }
  const Attribute* row = member_of(type.attributes, output);
  return row != nullptr && !row->chosen_by_cloud;
}

class LinkCollector {
 public:
  LinkCollector(const Stack& stack, std::uint32_t self, std::vector<Link>& links,
                Diagnostics& diagnostics)
      : stack_(stack), self_(self), links_(links), diagnostics_(diagnostics) {}

  struct Flags {
    const Attribute* top = nullptr;
    const Attribute* row = nullptr;  // innermost row with structure
    bool weak = false;
    bool exercises = false;
  };

  void node(Node node, const Context& context, Flags flags) {
    if (flags.row != nullptr) {
      flags.weak = flags.weak || flags.row->weak;
      flags.exercises = flags.exercises || flags.row->exercises;
    }
    if (node.is_scalar()) {
      if (node.has_expression()) scalar(node, context, flags);
    } else if (node.is_list()) {
      node.for_each_item([&](Node item) { this->node(item, context, inner(flags, {})); });
    } else if (node.is_map()) {
      node.for_each_entry(
          [&](Node key, Node value) { this->node(value, context, inner(flags, key.text())); });
    }
  }

 private:
  static Flags inner(Flags flags, std::string_view key) {
    flags.row = inner_row(flags.row, key);
    return flags;
  }

  void scalar(Node node, const Context& context, const Flags& flags) {
    std::vector<Reference> references;
    const StackScope keys(stack_, context, nullptr);  // for items[each.key]
    expression::collect_references(node.text(), node.where(), keys, references, diagnostics_);
    for (const Reference& reference : references)
      this->reference(reference, context, flags);
  }

  void reference(const Reference& reference, const Context& context, const Flags& flags) {
    // What default() is for may be missing: no link then, and no error.
    Diagnostics missing;
    const auto destination =
        stack_.follow(context, reference, reference.is_optional ? missing : diagnostics_);
    using Kind = Stack::Destination::Kind;
    if (destination.kind == Kind::node) {
      // A member that is not written: evaluation says so, where nothing else is taken instead.
      if (destination.node.is_map() && !destination.rest.empty()) return;
      // What a component's parameter or output is made of; its own structure is not the
      // attribute's.
      node(destination.node, destination.context, flags);
    } else if (destination.kind == Kind::resource) {
      resource(destination, flags);
    }
  }

  void resource(const Stack::Destination& destination, Flags flags) {
    // `${task[*].fqn}` stands where a list is wanted: each is one of its items.
    while (flags.row != nullptr && flags.row->takes.empty() &&
           flags.row->kind == AttributeKind::list && flags.row->element != nullptr) {
      flags.row = flags.row->element;
      flags.weak = flags.weak || flags.row->weak;
      flags.exercises = flags.exercises || flags.row->exercises;
    }
    const auto& type = *stack_.declaration_of(stack_.instances()[destination.instance]).type;
    bool known_early = true;
    if (!destination.rest.empty()) {
      known_early = is_known_early(type, destination.rest[0].name);
    } else if (flags.row != nullptr && !flags.row->takes.empty()) {
      for (const auto& output : split(flags.row->takes, ',')) {
        known_early = known_early && is_known_early(type, output);
      }
    }
    // An object's own name is there before the object.
    if (destination.instance == self_ && known_early) return;
    Link link;
    link.target = destination.instance;
    link.attribute = flags.top;
    link.innermost = flags.row;
    link.exercises = flags.exercises;
    link.is_edge = !(flags.weak && known_early);
    links_.push_back(link);
  }

  const Stack& stack_;
  std::uint32_t self_;
  std::vector<Link>& links_;
  Diagnostics& diagnostics_;
};

void depends_on_links(const Stack& stack, const Instance& instance, std::vector<Link>& links,
                      Diagnostics& diagnostics) {
  const Declaration& declaration = stack.declaration_of(instance);
  const Node block = declaration.block.find("depends_on");
  if (!block.is_present() || block.is_null()) return;
  const auto add = [&](Node item) {
    std::string text(item.text());
    if (const auto sole = expression::sole_reference(text, item.where())) text = sole->text();
    const Module& module = stack.modules()[declaration.module];
    const std::string prefix = module.prefix + text;
    bool found = false;
    const auto link = [&](std::uint32_t target) {
      links.push_back(Link{.target = target, .is_edge = true});
      found = true;
    };
    if (const auto known = stack.find_declaration(module, text);
        known && stack.declarations()[*known].type != nullptr) {
      const Declaration& target = stack.declarations()[*known];
      for (std::uint32_t i = 0; i < target.instance_count; ++i)
        link(target.first_instance + i);
      found = true;  // left out by `when`: nothing to wait for
    } else {
      for (std::uint32_t i = 0; i < stack.instances().size(); ++i) {
        const std::string& address = stack.instances()[i].address;
        if (address == prefix || address.starts_with(prefix + ".")) link(i);
      }
    }
    if (found) return;
    std::vector<std::string_view> names = stack.declaration_names(module);
    std::ranges::sort(names);
    const auto near = nearest(text, names);
    diagnostics.error(item.where(), fmt::format("depends_on: there is no resource \"{}\"", text),
                      {}, near ? fmt::format("did you mean \"{}\"?", *near) : std::string());
  };
  if (block.is_list()) {
    block.for_each_item(add);
  } else {
    add(block);
  }
}

class InputReader {
 public:
  InputReader(const Stack& stack, ResourceValues& resources, Diagnostics& diagnostics)
      : stack_(stack), resources_(resources), diagnostics_(diagnostics) {}

  Value read(Node node, const Attribute* row, const Context& context) {
    if (node.is_scalar() && node.has_expression()) return scalar(node, row, context);
    if (node.is_list()) {
      List items;
      items.reserve(node.size());
      node.for_each_item(
          [&](Node item) { items.push_back(read(item, inner_row(row, {}), context)); });
      return Value(std::move(items));
    }
    if (node.is_map()) {
      std::vector<MapEntry> members;
      members.reserve(node.size());
      node.for_each_entry([&](Node key, Node value) {
        members.emplace_back(std::string(key.text()),
                             read(value, inner_row(row, key.text()), context));
      });
      return Value(Map(std::move(members)));
    }
    const StackScope scope(stack_, context, &resources_);
    return evaluate_node(node, scope, diagnostics_);
  }

 private:
  Value scalar(Node node, const Attribute* row, const Context& context) {
    // `[${data}]` is often written `${data}`: a single value where a list is wanted.
    const Attribute* taker = row;
    while (taker != nullptr && taker->takes.empty() && taker->kind == AttributeKind::list) {
      taker = taker->element;
    }
    const bool has_parts = row != nullptr && (row->element != nullptr || !row->fields.empty());
    const bool takes_object = taker != nullptr && !taker->takes.empty();
    if (has_parts || takes_object) {
      const StackScope keys(stack_, context, nullptr);
      if (const auto sole = expression::sole_reference(node.text(), node.where(), keys)) {
        const auto destination = stack_.follow(context, *sole, diagnostics_);
        using Kind = Stack::Destination::Kind;
        if (destination.kind == Kind::nothing) return {};
        // What is written at a parameter is read as if it were written here.
        if (destination.kind == Kind::node && !destination.folder) {
          const Attribute* whole = destination.rest.empty() ? row : nullptr;
          const Value value = read(destination.node, whole, destination.context);
          return step_into(value, destination.rest, *sole, diagnostics_);
        }
        if (destination.kind == Kind::resource && destination.rest.empty() && takes_object) {
          return taken(destination.instance, taker->takes, *sole);
        }
      }
    }
    const StackScope scope(stack_, context, &resources_);
    return expression::evaluate(node.text(), node.where(), scope, diagnostics_);
  }

  Value taken(std::uint32_t instance, std::string_view takes, const Reference& reference) {
    const auto outputs = split(takes, ',');
    const auto output = [&](const std::string& name) {
      PathStep step;
      step.name = name;
      const std::vector<PathStep> path{step};
      return resources_.resource_value(instance, path, reference, diagnostics_);
    };
    if (outputs.size() == 1) return output(outputs[0]);
    Map all;
    for (const auto& name : outputs)
      all.set(name, output(name));
    return Value(std::move(all));
  }

  const Stack& stack_;
  ResourceValues& resources_;
  Diagnostics& diagnostics_;
};

}  // namespace

void add_links_of(const Stack& stack, std::uint32_t index, std::vector<Link>& links,
                  Diagnostics& diagnostics) {
  const Instance& instance = stack.instances()[index];
  const Declaration& declaration = stack.declaration_of(instance);
  const Context context = stack.context_of(instance);
  LinkCollector collector(stack, index, links, diagnostics);
  declaration.block.for_each_entry([&](Node key, Node value) {
    if (key.text() == "name" || key.text() == "called") {
      LinkCollector::Flags flags;
      flags.weak = true;
      collector.node(value, context, flags);
    } else if (!is_meta(key.text())) {
      LinkCollector::Flags flags;
      flags.top = member_of(declaration.type->attributes, key.text());
      flags.row = flags.top;
      collector.node(value, context, flags);
    }
  });
  depends_on_links(stack, instance, links, diagnostics);
}

Map inputs_of(const Stack& stack, std::uint32_t index, ResourceValues& resources,
              bool identity_only, Diagnostics& diagnostics) {
  const Instance& instance = stack.instances()[index];
  const Declaration& declaration = stack.declaration_of(instance);
  const Context context = stack.context_of(instance);
  InputReader reader(stack, resources, diagnostics);
  std::vector<MapEntry> inputs;
  declaration.block.for_each_entry([&](Node key, Node node) {
    if (is_meta(key.text())) return;
    const Attribute* row = nullptr;
    for (const Attribute& candidate : declaration.type->attributes) {
      if (candidate.name == key.text() && !candidate.computed) row = &candidate;
    }
    if (row == nullptr || row->derived) return;  // refused by check_block
    if (identity_only && !row->identity) return;
    Value value = reader.read(node, row, context);
    value = check_value(*row, std::move(value), node.where(), row->name, diagnostics);
    if (row->secret && !value.is_null() && !value.is_unknown()) value = Value::secret(value);
    if (!value.is_null()) inputs.emplace_back(std::string(row->name), std::move(value));
  });
  return Map(std::move(inputs));
}

}  // namespace firn
