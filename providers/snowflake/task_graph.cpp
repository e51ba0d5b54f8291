// snowflake.task_graph: whether the tasks of a graph run. Snowflake documentation: "Create a
// sequence of tasks with a task graph", "ALTER TASK" (RESUME, SUSPEND), "EXECUTE TASK".
#include <algorithm>
#include <array>
#include <map>

#include "core/base/text.h"
#include "providers/snowflake/task_graph_checks.h"
#include "providers/snowflake/task_rows.h"
#include "providers/snowflake/types.h"

namespace firn::snowflake {
namespace {

constexpr std::array<std::string_view, 2> states = {"started", "suspended"};
// Snowflake documentation, "CREATE TASK": limits of a graph.
constexpr std::size_t tasks_max = 1000;

constexpr Attribute task_element{.name = "task",
                                 .doc = "A task of the graph.",
                                 .updated_with_target = true,
                                 .takes = "fqn",
                                 .example = "- ${load_readings}"};

constexpr std::array attributes = {
    Attribute{.name = "root",
              .doc = "The task that has the schedule, or a task that stands alone.",
              .required = true,
              .on_change = OnChange::replace,
              .updated_with_target = true,
              .takes = "fqn",
              .example = "root: ${refresh}"},
    Attribute{.name = "tasks",
              .kind = AttributeKind::list,
              .doc = "All other tasks of the graph, its finaliser among them.",
              .unordered = true,
              .default_json = "[]",
              .example = "tasks: [\"${load_customers}\", \"${load_readings}\"]",
              .element = &task_element},
    Attribute{
        .name = "state",
        .doc =
            "With started it runs by its schedule. With suspended the root is suspended, so that "
            "nothing runs by itself; the other tasks stay resumed, as EXECUTE TASK of the "
            "root runs only those.",
        .default_json = "\"suspended\"",
        .example = "state: started",
        .allowed = states},
};

Result<ObjectName> root_of(const Value& inputs) {
  return parse_object_name(inputs.string_or("root", ""), 3);
}

Listing listing(const ObjectName& root) {
  return show_in_schema("SHOW TASKS", root);
}

std::vector<Listing> listings(const ResourceRecord& record) {
  const auto root = root_of(record.inputs);
  if (!root) return {};
  return {Listing{{listing(*root).forms.front(), tasks_in(root->parent()).forms.front()}}};
}

std::vector<Listing> surroundings(const ResourceRecord& record) {
  const auto root = root_of(record.inputs);
  if (!root) return {};
  return {tasks_in(root->parent())};
}

// Started or suspended as a whole; where not all tasks fit, which ones.
std::string state_of(const ListedTask& root, const std::vector<ListedTask>& tasks,
                     const std::vector<ObjectName>& members) {
  std::string state = root.is_started ? "started" : "suspended";
  std::vector<std::string> asleep;
  for (const ObjectName& name : members) {
    const ListedTask* task = find_task(tasks, name);
    if (task != nullptr && !task->is_started) asleep.push_back(shortest_identifier(name.last()));
  }
  if (!asleep.empty()) state += ", but not resumed: " + join(asleep, ", ");
  return state;
}

bool has_all(const std::vector<const ListedTask*>& members, const std::vector<ObjectName>& names) {
  return std::ranges::all_of(names, [&](const ObjectName& name) {
    return std::ranges::any_of(members, [&](const auto* task) { return task->name == name; });
  });
}

Result<Seen> read(const Inventory& inventory, const ResourceRecord& record) {
  Seen seen;
  seen.carries_mark = false;
  const auto root = root_of(record.inputs);
  if (!root) return fail(root.error());
  const auto tasks = tasks_from(inventory, listings(record).front(), root->parent());
  if (!tasks) return fail(tasks.error());
  const ListedTask* top = find_task(*tasks, *root);
  if (top == nullptr) return seen;
  seen.exists = true;
  seen.inputs.set("root", root->shortest());
  seen.inputs.set("state", state_of(*top, *tasks, names_in(record.inputs.at("tasks"))));
  // Of its tasks only those count that are declared: each says itself what it runs after.
  const Value& declared = record.inputs.at("tasks");
  if (declared.is_list() && has_all(members_of(*tasks, *root), names_in(declared))) {
    seen.inputs.set("tasks", declared);
  }
  return seen;
}

// A task that SHOW leaves out would stay suspended, or not be cut off.
bool shows_all_tasks(const ResourceRecord& record, const Inventory& around) {
  const auto root = root_of(record.inputs);
  if (!root) return true;
  const auto tasks = tasks_from(around, tasks_in(root->parent()), root->parent());
  if (!tasks) return true;  // settle() says why
  return find_task(*tasks, *root) != nullptr &&
         std::ranges::all_of(names_in(record.inputs.at("tasks")), [&](const ObjectName& name) {
           return find_task(*tasks, name) != nullptr;
         });
}

bool holds(const std::vector<ObjectName>& names, const ObjectName& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Those that run last come first.
std::vector<const ListedTask*> leaves_first(const std::vector<ListedTask>& tasks,
                                            const ObjectName& root) {
  auto members = members_of(tasks, root);
  std::map<const ListedTask*, std::size_t> depth;
  const auto depth_of = [&](const ObjectName& name) {
    const auto found = depth.find(find_task(tasks, name));
    return found == depth.end() ? std::size_t{0} : found->second;
  };
  for (std::size_t round = 0; round < members.size(); ++round) {
    bool moved = false;
    for (const ListedTask* task : members) {
      std::size_t deepest = 0;
      for (const ObjectName& before : task->after)
        deepest = std::max(deepest, depth_of(before));
      moved = moved || depth[task] != deepest + 1;
      depth[task] = deepest + 1;
    }
    if (!moved) break;
  }
  std::stable_sort(members.begin(), members.end(),
                   [&](const auto* a, const auto* b) { return depth[a] > depth[b]; });
  return members;
}

Steps settle(const Change& change) {
  const auto root = root_of(change.desired);
  if (!root) return fail(root.error());
  static const Inventory nothing;
  const Inventory& around = change.around != nullptr ? *change.around : nothing;
  const auto tasks = tasks_from(around, tasks_in(root->parent()), root->parent());
  if (!tasks) return fail(tasks.error());
  const ListedTask* top = find_task(*tasks, *root);
  const bool is_started = top != nullptr && top->is_started;
  const bool shall_run = change.wanted("state") == Value("started");
  const auto listed = names_in(change.desired.at("tasks"));
  const auto listed_before = names_in(change.prior.at("tasks"));

  std::vector<Step> inside;  // what needs a suspended root
  const auto members = leaves_first(*tasks, *root);
  for (const ListedTask* task : members) {
    // A task that leaves the graph is cut off, so that it can be removed while the graph runs.
    if (holds(listed, task->name) || !holds(listed_before, task->name)) continue;
    if (task->is_started) inside.push_back(suspend_task(task->name));
    if (!task->finalizes.parts.empty()) {
      inside.push_back({alter_task(task->name).word("UNSET FINALIZE")});
    }
    if (task->after.empty()) continue;
    Statement cut = alter_task(task->name).word("REMOVE AFTER");
    for (std::size_t i = 0; i < task->after.size(); ++i) {
      if (i > 0) cut.comma();
      cut.name(task->after[i]);
    }
    inside.push_back({cut});
  }
  for (const ListedTask* task : members) {
    if (holds(listed, task->name) && !task->is_started) inside.push_back(resume_task(task->name));
  }
  std::vector<Step> steps;
  if (is_started && (!shall_run || !inside.empty())) steps.push_back(suspend_task(*root));
  const bool runs_now = is_started && steps.empty();
  steps.insert(steps.end(), inside.begin(), inside.end());
  if (shall_run && !runs_now) steps.push_back(resume_task(*root));
  return steps;
}

// Back to how tasks are without a graph: all of them suspended, the root first.
Steps remove_from(const ResourceRecord& record, const Inventory& around) {
  const auto root = root_of(record.inputs);
  if (!root) return fail(root.error());
  const auto tasks = tasks_from(around, tasks_in(root->parent()), root->parent());
  if (!tasks) return fail(tasks.error());
  std::vector<ObjectName> all = names_in(record.inputs.at("tasks"));
  all.insert(all.begin(), *root);
  std::vector<Step> steps;
  for (const ObjectName& name : all) {
    const ListedTask* task = find_task(*tasks, name);
    if (task != nullptr && task->is_started) steps.push_back(suspend_task(name));
  }
  return steps;
}

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  check_name(inputs, "root", 3, problems);
  const auto root = root_of(inputs);
  const auto listed = texts_of(inputs.at("tasks"));
  for (std::size_t i = 0; i < listed.size(); ++i) {
    const auto name = parse_object_name(listed[i], 3);
    const std::string path = "tasks." + std::to_string(i);
    if (!name) {
      problems.push_back(problem_of(path, name.error()));
    } else if (root && name->parent() != root->parent()) {
      problems.push_back(
          {path, name->shortest() + " stands in another schema than the root",
           "all tasks of a graph stand in one schema, here " + root->parent().shortest(),
           "move it there, or give it a graph of its own"});
    }
  }
  if (listed.size() + 1 > tasks_max) {
    problems.push_back({"tasks", "a graph has at most 1000 tasks", {}, "make several graphs"});
  }
}

Value normalize(const Value& inputs) {
  Map normal = inputs.as_map();
  normalize_name_at(normal, "root");
  // Whoever makes a graph wants its tasks resumed, also without a word on whether it runs.
  if (inputs.at("state").is_null()) normal.set("state", "suspended");
  const Value* listed = normal.find("tasks");
  if (listed == nullptr || !listed->is_list()) return normal;
  const Value& root = inputs.at("root").is_string() ? *normal.find("root") : inputs.at("root");
  List names;
  for (const Value& written : listed->as_list()) {
    Value name = normalized_name(written);
    // Who lists the root among the others means the same.
    if (name.is_string() && name == root) continue;
    names.push_back(std::move(name));
  }
  normal.set("tasks", std::move(names));
  return normal;
}

constexpr std::array<std::string_view, 1> import_inputs{"root"};

constexpr ResourceType type{
    .name = "snowflake.task_graph",
    .summary = "Whether a root task, and what runs after it, are started.",
    .doc =
        "It resumes the tasks before their root and suspends the root before them. It is updated "
        "whenever one of its tasks changes, since that suspends the root. When an apply is "
        "interrupted in between, the next plan sees a graph that is not in its declared state, and "
        "sets it going again.\n\nThe role that owns the tasks needs EXECUTE TASK on the account, "
        "and EXECUTE MANAGED TASK for tasks without a warehouse.",
    .example =
        "  type: snowflake.task_graph\n  root: ${refresh}\n"
        "  tasks: [\"${load_customers}\", \"${load_readings}\"]\n  state: started\n",
    .attributes = attributes,
    .import_by = import_inputs,
    .validate = validate,
    .validate_together = check_graphs,
    .also_sees = seen_by_graphs,
    .normalize = normalize};

}  // namespace

const ObjectType task_graph_type{.type = &type,
                                 .listings = listings,
                                 .read = read,
                                 .create = settle,
                                 .update = settle,
                                 .surroundings = surroundings,
                                 .remove_from = remove_from,
                                 .is_surrounded = shows_all_tasks};

}  // namespace firn::snowflake
