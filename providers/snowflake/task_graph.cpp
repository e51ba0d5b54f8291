// snowflake.task_graph: whether the tasks of a graph run. Snowflake documentation: "Create a
// sequence of tasks with a task graph", "ALTER TASK" (RESUME, SUSPEND), "EXECUTE TASK".
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "core/base/text.h"
#include "providers/snowflake/task_rows.h"
#include "providers/snowflake/types.h"

namespace firn::snowflake {
namespace {

constexpr std::array<std::string_view, 2> states = {"started", "suspended"};
constexpr std::array<std::string_view, 1> tasks_too = {"snowflake.task"};
// Snowflake documentation, "CREATE TASK": limits of a graph.
constexpr std::size_t tasks_max = 1000;
constexpr std::size_t neighbours_max = 100;

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
  return seen;
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

// ---- what a graph and the tasks of the stack say of each other ----

struct StackTask {
  std::string_view address;
  std::vector<std::string> after;
  std::string finalize;
};
using StackTasks = std::map<std::string, StackTask>;  // by full name

class GraphCheck {
 public:
  GraphCheck(std::size_t peer, const Value& inputs, const StackTasks& tasks,
             std::vector<PeerProblem>& problems)
      : peer_(peer), root_(inputs.string_or("root", "")), tasks_(tasks), problems_(problems) {
    for (const auto& name : texts_of(inputs.at("tasks")))
      listed_.insert(name);
  }

  void run() {
    check_root();
    std::string finaliser;
    for (const std::string& name : listed_) {
      const auto found = tasks_.find(name);
      if (found == tasks_.end()) continue;  // not of this stack
      check_listed(name, found->second);
      if (found->second.finalize.empty()) continue;
      if (!finaliser.empty()) {
        tell("tasks", "the graph has two finalisers: " + finaliser + " and " + name,
             "a root has one task that finalises it", "let one of them run after other tasks");
      }
      finaliser = name;
    }
    check_left_out();
    if (const std::string circle = find_circle(); !circle.empty()) {
      tell("tasks", "tasks run after each other: " + circle, "Snowflake refuses a circle",
           "take one of these out of the after: of the next");
    }
  }

 private:
  void tell(std::string path, std::string summary, std::string detail, std::string remedy) {
    problems_.push_back(
        {peer_, {std::move(path), std::move(summary), std::move(detail), std::move(remedy)}});
  }

  [[nodiscard]] bool has(const std::string& name) const {
    return name == root_ || listed_.contains(name);
  }

  void check_root() {
    const auto found = tasks_.find(root_);
    if (found == tasks_.end()) return;
    const StackTask& root = found->second;
    if (root.after.empty() && root.finalize.empty()) return;
    tell("root",
         root_ + " is no root: it " +
             (root.after.empty() ? "finalises " + root.finalize
                                 : "runs after " + join(root.after, ", ")),
         "the root of a graph runs by its own schedule", "name the task at which the graph begins");
  }

  void check_listed(const std::string& name, const StackTask& task) {
    if (task.after.empty() && task.finalize.empty()) {
      tell("tasks", "the graph has two roots: " + root_ + " and " + name,
           name + " runs after no other task", "say what it runs after, or give it its own graph");
    }
    if (!task.finalize.empty() && task.finalize != root_) {
      tell("tasks", name + " finalises another graph", "it belongs to the root " + task.finalize,
           "list it in the graph of that root");
    }
    if (task.after.size() > neighbours_max) {
      tell("tasks", name + " runs after more than 100 tasks", "Snowflake allows no more",
           "put a task between them");
    }
    for (const std::string& before : task.after) {
      if (has(before)) continue;
      tell("tasks", name + " runs after " + before + ", which is not in the graph",
           "a task of a graph runs after tasks of the same graph", "list " + before + ", too");
    }
  }

  // A task that hangs on the graph without being listed would never be resumed.
  void check_left_out() {
    for (const auto& [name, task] : tasks_) {
      if (has(name)) continue;
      for (const std::string& before : task.after) {
        if (!has(before)) continue;
        tell("tasks", name + " runs after " + before + ", but is not listed",
             "it would stay suspended, and be skipped",
             "list it: \"${" + std::string(task.address) + "}\"");
        break;
      }
      if (!task.finalize.empty() && task.finalize == root_) {
        tell("tasks", name + " finalises the graph, but is not listed",
             "it would stay suspended, and be skipped",
             "list it: \"${" + std::string(task.address) + "}\"");
      }
    }
  }

  // The names along a circle; empty: there is none.
  std::string find_circle() {
    std::set<std::string> done;
    std::vector<std::string> path;
    std::string circle;
    for (const std::string& name : listed_) {
      if (walk(name, done, path, circle)) return circle;
    }
    return circle;
  }

  bool walk(const std::string& name, std::set<std::string>& done, std::vector<std::string>& path,
            std::string& circle) {
    const auto begun = std::find(path.begin(), path.end(), name);
    if (begun != path.end()) {
      circle = join(std::vector<std::string>(begun, path.end()), " after ") + " after " + name;
      return true;
    }
    const auto found = tasks_.find(name);
    if (found == tasks_.end() || !done.insert(name).second) return false;
    path.push_back(name);
    for (const std::string& before : found->second.after) {
      if (walk(before, done, path, circle)) return true;
    }
    path.pop_back();
    return false;
  }

  std::size_t peer_;
  std::string root_;
  std::set<std::string> listed_;
  const StackTasks& tasks_;
  std::vector<PeerProblem>& problems_;
};

void validate_together(std::span<const Peer> peers, std::vector<PeerProblem>& problems) {
  StackTasks tasks;
  for (const Peer& peer : peers) {
    if (peer.type != tasks_too[0] || peer.outputs == nullptr) continue;
    const Value* fqn = peer.outputs->find("fqn");
    if (fqn == nullptr || !fqn->is_string()) continue;
    const Value& finalize = peer.inputs->at("finalize");
    tasks.insert_or_assign(fqn->as_string(),
                           StackTask{peer.address, texts_of(peer.inputs->at("after")),
                                     finalize.is_string() ? finalize.as_string() : ""});
  }
  std::map<std::string, std::string_view> owners;  // of a task: the graph that lists it
  for (std::size_t i = 0; i < peers.size(); ++i) {
    if (peers[i].type == tasks_too[0]) continue;
    GraphCheck check(i, *peers[i].inputs, tasks, problems);
    check.run();
    auto names = texts_of(peers[i].inputs->at("tasks"));
    names.push_back(peers[i].inputs->string_or("root", ""));
    for (const std::string& name : names) {
      const auto [found, is_new] = owners.try_emplace(name, peers[i].address);
      if (is_new || found->second == peers[i].address) continue;
      problems.push_back({i,
                          {"tasks", name + " is in two graphs",
                           "\"" + std::string(found->second) + "\" lists it, too",
                           "a task belongs to one graph: list it once"}});
    }
  }
}

Value normalize(const Value& inputs) {
  Map normal = inputs.as_map();
  normalize_name_at(normal, "root");
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
    .validate = validate,
    .validate_together = validate_together,
    .also_sees = tasks_too,
    .normalize = normalize};

}  // namespace

const ObjectType task_graph_type{.type = &type,
                                 .listings = listings,
                                 .read = read,
                                 .create = settle,
                                 .update = settle,
                                 .surroundings = surroundings,
                                 .remove_from = remove_from};

}  // namespace firn::snowflake
