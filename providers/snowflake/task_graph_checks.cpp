#include "providers/snowflake/task_graph_checks.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/base/text.h"
#include "providers/snowflake/object_type.h"

namespace firn::snowflake {
namespace {

// Snowflake documentation, "CREATE TASK": limits of a graph.
constexpr std::size_t neighbours_max = 100;
constexpr std::string_view task_type_name = seen_by_graphs[0];

struct StackTask {
  std::string_view address;
  std::vector<std::string> after;
  std::string finalize;
  std::string owner;  // empty: whoever deploys
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
      check_owner(name, found->second);
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

  void check_owner(const std::string& name, const StackTask& task) {
    const auto root = tasks_.find(root_);
    if (root == tasks_.end() || root->second.owner == task.owner) return;
    const auto text = [](const std::string& owner) {
      return owner.empty() ? std::string("whoever deploys") : owner;
    };
    tell("tasks",
         name + " belongs to " + text(task.owner) + ", and its root to " + text(root->second.owner),
         "all tasks of a graph have one owner", "give both the same owner:");
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

}  // namespace

void check_graphs(std::span<const Peer> peers, std::vector<PeerProblem>& problems) {
  StackTasks tasks;
  for (const Peer& peer : peers) {
    if (peer.type != task_type_name || peer.outputs == nullptr) continue;
    const Value* fqn = peer.outputs->find("fqn");
    if (fqn == nullptr || !fqn->is_string()) continue;
    const Value& finalize = peer.inputs->at("finalize");
    const Value& owner = peer.inputs->at("owner");
    tasks.insert_or_assign(fqn->as_string(),
                           StackTask{peer.address, texts_of(peer.inputs->at("after")),
                                     finalize.is_string() ? finalize.as_string() : "",
                                     owner.is_string() ? owner.as_string() : ""});
  }
  std::map<std::string, std::string_view> owners;  // of a task: the graph that lists it
  for (std::size_t i = 0; i < peers.size(); ++i) {
    if (peers[i].type == task_type_name) continue;
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

}  // namespace firn::snowflake
