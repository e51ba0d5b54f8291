#include "sandbox/snowflake/task.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <set>

#include "core/base/text.h"
#include "sandbox/snowflake/creation.h"
#include "sandbox/snowflake/lexer.h"
#include "sandbox/snowflake/notification.h"
#include "sandbox/snowflake/properties.h"
#include "sandbox/snowflake/schedule.h"
#include "sandbox/snowflake/sql_error.h"

namespace firn::sandbox::snowflake {
namespace {

constexpr std::size_t neighbours_max = 100;

constexpr std::array<std::string_view, 3> overlaps = {"NO_OVERLAP", "ALLOW_CHILD_OVERLAP",
                                                      "ALLOW_ALL_OVERLAP"};
constexpr std::array<std::string_view, 7> sizes = {"XSMALL", "SMALL",   "MEDIUM", "LARGE",
                                                   "XLARGE", "XXLARGE", "X2LARGE"};

constexpr std::array<PropertySpec, 17> specs = {{
    {"WAREHOUSE", PropertyType::name},
    {"USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE", PropertyType::keyword, 0, 0, sizes},
    {"SCHEDULE", PropertyType::text},
    {"CONFIG", PropertyType::text},
    {"OVERLAP_POLICY", PropertyType::keyword, 0, 0, overlaps},
    {"ALLOW_OVERLAPPING_EXECUTION", PropertyType::boolean},
    {"USER_TASK_TIMEOUT_MS", PropertyType::integer, 0, 604'800'000},
    {"SUSPEND_TASK_AFTER_NUM_FAILURES", PropertyType::integer},
    {"TASK_AUTO_RETRY_ATTEMPTS", PropertyType::integer, 0, 30, {}, false},
    {"USER_TASK_MINIMUM_TRIGGER_INTERVAL_IN_SECONDS", PropertyType::integer, 10, 604'800},
    {"TARGET_COMPLETION_INTERVAL", PropertyType::text},
    {"SERVERLESS_TASK_MIN_STATEMENT_SIZE", PropertyType::keyword, 0, 0, sizes},
    {"SERVERLESS_TASK_MAX_STATEMENT_SIZE", PropertyType::keyword, 0, 0, sizes},
    {"ERROR_INTEGRATION", PropertyType::name},
    {"SUCCESS_INTEGRATION", PropertyType::name},
    {"COMMENT", PropertyType::text},
    {"FINALIZE", PropertyType::group},
}};

[[noreturn]] void refuse_combination(std::string_view what) {
  refuse("001422", "22023", what);
}

std::vector<std::int64_t> predecessor_ids(const Object& task) {
  std::vector<std::int64_t> ids;
  if (!task.at("after").is_list()) return ids;
  for (const auto& id : task.at("after").as_list())
    ids.push_back(id.as_int());
  return ids;
}

void set_predecessors(Object& task, const std::vector<std::int64_t>& ids) {
  List list;
  for (const auto id : ids)
    list.emplace_back(id);
  if (list.empty()) {
    task.properties.erase("after");
  } else {
    task.properties.set("after", std::move(list));
  }
}

std::vector<Object> successors_of(const Context& context, const Object& task) {
  std::vector<Object> successors;
  for (auto& other : context.catalog.children(Kind::task, task.parent)) {
    const auto ids = predecessor_ids(other);
    if (std::find(ids.begin(), ids.end(), task.id) != ids.end()) {
      successors.push_back(std::move(other));
    }
  }
  return successors;
}

// The roots above a task; itself when nothing is above it.
std::vector<Object> roots_of(const Context& context, const Object& task) {
  std::vector<Object> roots;
  std::vector<Object> ahead{task};
  std::set<std::int64_t> seen;
  while (!ahead.empty()) {
    const Object current = ahead.back();
    ahead.pop_back();
    if (!seen.insert(current.id).second) continue;
    if (const auto root = finalized_root(context, current)) {
      ahead.push_back(*root);
    } else if (const auto above = predecessors_of(context, current); !above.empty()) {
      ahead.insert(ahead.end(), above.begin(), above.end());
    } else {
      roots.push_back(current);
    }
  }
  return roots;
}

void require_quiet(const Context& context, const Object& task) {
  for (const auto& root : roots_of(context, task)) {
    if (root.text("state") != "started") continue;
    throw SqlError{"091421", "22000",
                   fmt::format("Unable to update graph with root task {} since that root task is "
                               "not suspended.",
                               context.catalog.printed_path(root)),
                   false};
  }
}

void suspend(const Context& context, Object& task, std::string_view reason) {
  if (task.text("state") == "started") task.properties.set("last_suspended_on", context.now_ns());
  task.properties.set("state", "suspended");
  task.properties.set("last_suspended_reason", reason);
}

// A task named in AFTER or FINALIZE: without a schema it is looked for beside the other.
Object need_beside(const Context& context, const Object& task, NamePath name) {
  if (name.size() == 1) {
    const auto schema = context.catalog.by_id(Kind::schema, task.parent);
    auto path = context.catalog.path(*schema);
    path.push_back(name.front());
    name = std::move(path);
  }
  auto found = need(context, Kind::task, name);
  if (found.parent != task.parent) {
    refuse_combination(
        fmt::format("All tasks of a graph must be in one schema; task '{}' is in "
                    "another one.",
                    context.catalog.printed_path(found)));
  }
  if (found.owner != task.owner) {
    refuse_combination(
        fmt::format("All tasks of a graph must have one owner; task '{}' has "
                    "another one.",
                    context.catalog.printed_path(found)));
  }
  return found;
}

void add_predecessors(const Context& context, Object& task, const std::vector<NamePath>& names) {
  auto ids = predecessor_ids(task);
  for (const auto& name : names) {
    const auto before = need_beside(context, task, name);
    require_quiet(context, before);
    if (before.has("finalize")) {
      refuse_combination(fmt::format("Finalizer task '{}' cannot have child tasks.",
                                     context.catalog.printed_path(before)));
    }
    // Is the task itself above its new predecessor?
    std::vector<Object> ahead{before};
    std::set<std::int64_t> seen;
    while (!ahead.empty()) {
      const Object current = ahead.back();
      ahead.pop_back();
      if (current.id == task.id && task.id != 0) {
        refuse_combination(fmt::format("Graph has at least one cycle containing task '{}'.",
                                       context.catalog.printed_path(task)));
      }
      if (!seen.insert(current.id).second) continue;
      for (auto& above : predecessors_of(context, current))
        ahead.push_back(std::move(above));
    }
    if (std::find(ids.begin(), ids.end(), before.id) == ids.end()) ids.push_back(before.id);
    if (successors_of(context, before).size() >= neighbours_max) {
      refuse_combination(fmt::format("Task '{}' has 100 child tasks already.",
                                     context.catalog.printed_path(before)));
    }
  }
  if (ids.size() > neighbours_max) {
    refuse_combination("A task cannot have more than 100 predecessors.");
  }
  set_predecessors(task, ids);
}

void set_finalize(const Context& context, Object& task, const PropertyValue& value) {
  const auto name = value.kind == PropertyValue::Kind::name ? value.name : parse_path(value.text);
  if (name.empty()) refuse("001422", "22023", "invalid value for parameter 'FINALIZE'");
  const auto root = need_beside(context, task, name);
  require_quiet(context, root);
  if (!is_root(root)) refuse_combination("cannot finalize a non-root task");
  if (const auto other = finalizer_of(context, root); other && other->id != task.id) {
    refuse_combination(fmt::format("Root task '{}' already has a finalizer task.",
                                   context.catalog.printed_path(root)));
  }
  if (task.has("schedule") || task.has("after") ||
      (task.id != 0 && !successors_of(context, task).empty())) {
    refuse_combination("A finalizer task has no schedule, no predecessors and no child tasks.");
  }
  task.properties.set("finalize", root.id);
}

// SYSTEM$STREAM_HAS_DATA and SYSTEM$GET_PREDECESSOR_RETURN_VALUE are all that can be asked.
void check_condition(const std::string& sql) {
  const auto tokens = tokenize(sql);
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    const bool call = tokens[i].kind == Token::Kind::word &&
                      tokens[i + 1].kind == Token::Kind::symbol && tokens[i + 1].text == "(";
    static const std::set<std::string, std::less<>> known = {
        "SYSTEM$STREAM_HAS_DATA", "SYSTEM$GET_PREDECESSOR_RETURN_VALUE", "AND", "OR", "NOT", "IN"};
    if (call && !known.contains(tokens[i].text)) {
      refuse("001422", "22023",
             fmt::format("Invalid expression for task condition expression: {} is not supported.",
                         tokens[i].text));
    }
  }
}

void check_task(const Context& context, Object& task, const std::vector<Property>& given) {
  if (find(given, "WAREHOUSE") != nullptr && task.has("warehouse")) {
    require(context, need(context, Kind::warehouse, {task.text("warehouse")}), "USAGE");
  }
  if (task.has("warehouse") && task.has("user_task_managed_initial_warehouse_size")) {
    refuse_combination(
        "WAREHOUSE and USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE exclude each other.");
  }
  if (task.has("schedule")) check_schedule(task.text("schedule"), false);
  if (const auto* overlapping = find(given, "ALLOW_OVERLAPPING_EXECUTION")) {
    task.properties.set("overlap_policy",
                        overlapping->boolean ? "ALLOW_CHILD_OVERLAP" : "NO_OVERLAP");
  }
  if (find(given, "ERROR_INTEGRATION") != nullptr) check_error_integration(context, task);
  if (is_root(task)) return;
  if (task.has("schedule")) {
    refuse_combination("A task with predecessors or a finalizer task cannot have a schedule.");
  }
  if (task.has("overlap_policy")) {
    refuse_combination("Cannot set allow_overlapping_execution on non-root task.");
  }
  for (const auto* of_root : {"config", "task_auto_retry_attempts"}) {
    if (!task.has(of_root)) continue;
    refuse_combination(fmt::format("Cannot set {} on non-root task.", of_root));
  }
}

[[noreturn]] void refuse_execution_right(const char* code, const std::string& what) {
  throw SqlError{code, "23001", "Cannot execute task, " + what, false};
}

// The rights with which the task will run are those of its owner.
void check_owner(const Context& context, const Object& task) {
  const Access owner(context.catalog, task.owner);
  if (!owner.may_globally("EXECUTE TASK")) {
    refuse_execution_right("091089", "EXECUTE TASK privilege must be granted to owner role");
  }
  if (!task.has("warehouse")) {
    if (!owner.may_globally("EXECUTE MANAGED TASK")) {
      refuse_execution_right("091089",
                             "EXECUTE MANAGED TASK privilege must be granted to owner role");
    }
    return;
  }
  const auto warehouse = context.catalog.find(Kind::warehouse, 0, task.text("warehouse"));
  if (!warehouse || !owner.may(*warehouse, "USAGE")) {
    refuse_execution_right("091090",
                           "USAGE privilege on the task's warehouse must be granted to owner role");
  }
}

void resume(Context& context, Object& task) {
  if (task.text("state") == "started") return;
  if (roots_of(context, task).size() > 1) {
    refuse_combination("The graph has more than one root task (one without predecessors).");
  }
  for (const auto& child : successors_of(context, task)) {
    if (roots_of(context, child).size() > 1) {
      refuse_combination("The graph has more than one root task (one without predecessors).");
    }
  }
  check_owner(context, task);
  task.properties.set("state", "started");
  if (is_root(task)) task.properties.set("last_committed_on", context.now_ns());
  context.catalog.put(task);
}

ResultSet change_state(Context& context, const Alter& alter, Object& task) {
  require(context, task, "OPERATE");
  if (!is_root(task)) require_quiet(context, task);
  if (alter.action == Alter::Action::resume) {
    resume(context, task);
  } else if (task.text("state") == "started") {
    suspend(context, task, "USER_SUSPENDED");
    context.catalog.put(task);
  }
  return done();
}

void remove_predecessors(const Context& context, Object& task, const std::vector<NamePath>& names) {
  auto ids = predecessor_ids(task);
  for (const auto& name : names) {
    const auto before = need_beside(context, task, name);
    if (std::erase(ids, before.id) == 0) {
      refuse_combination(
          fmt::format("Task '{}' is no predecessor.", context.catalog.printed_path(before)));
    }
  }
  set_predecessors(task, ids);
  if (ids.empty()) suspend(context, task, "CHILD_BECAME_ROOT");
}

}  // namespace

std::vector<Object> predecessors_of(const Context& context, const Object& task) {
  std::vector<Object> tasks;
  for (const auto id : predecessor_ids(task)) {
    if (auto found = context.catalog.by_id(Kind::task, id)) tasks.push_back(std::move(*found));
  }
  return tasks;
}

std::optional<Object> finalized_root(const Context& context, const Object& task) {
  if (!task.has("finalize")) return std::nullopt;
  return context.catalog.by_id(Kind::task, task.number("finalize"));
}

std::optional<Object> finalizer_of(const Context& context, const Object& root) {
  for (auto& other : context.catalog.children(Kind::task, root.parent)) {
    if (other.has("finalize") && other.number("finalize") == root.id) return std::move(other);
  }
  return std::nullopt;
}

bool is_root(const Object& task) {
  return !task.has("after") && !task.has("finalize");
}

ResultSet create_task(Context& context, const Create& create) {
  auto creation = begin(context, create);
  if (creation.already_there) return *creation.already_there;
  auto& task = creation.object;
  if (creation.replaced) let_go_of_task(context, *creation.replaced);
  assign(task.properties, specs, create.properties, "TASK");
  add_predecessors(context, task, create.after);
  if (const auto* root = find(create.properties, "FINALIZE")) set_finalize(context, task, *root);
  check_task(context, task, create.properties);
  if (!create.condition.empty()) {
    check_condition(create.condition);
    task.properties.set("condition", create.condition);
  }
  check_definition(create.body);
  task.properties.set("definition", create.body);
  task.properties.set("state", "suspended");
  return finish(context, create, creation);
}

ResultSet alter_task(Context& context, const Alter& alter) {
  using Action = Alter::Action;
  auto target = alter_target(context, alter);
  if (!target) return done();
  auto& task = *target;
  if (alter.action == Action::resume || alter.action == Action::suspend) {
    return change_state(context, alter, task);
  }
  require_ownership(context, task);
  require_quiet(context, task);
  switch (alter.action) {
    case Action::set:
      assign(task.properties, specs, alter.properties, "TASK");
      if (const auto* root = find(alter.properties, "FINALIZE")) {
        set_finalize(context, task, *root);
      }
      break;
    case Action::unset:
      if (std::find(alter.names.begin(), alter.names.end(), "FINALIZE") != alter.names.end() &&
          task.has("finalize")) {
        suspend(context, task, "FINALIZER_BECAME_ROOT");
      }
      unset(task.properties, specs, alter.names, "TASK");
      break;
    case Action::add_after:
      if (task.has("finalize")) {
        refuse_combination("A finalizer task has no schedule, no predecessors and no child tasks.");
      }
      add_predecessors(context, task, alter.paths);
      break;
    case Action::remove_after:
      remove_predecessors(context, task, alter.paths);
      break;
    case Action::modify_definition:
      check_definition(alter.texts.front());
      task.properties.set("definition", alter.texts.front());
      break;
    case Action::modify_condition:
      check_condition(alter.texts.front());
      task.properties.set("condition", alter.texts.front());
      break;
    case Action::remove_condition:
      task.properties.erase("condition");
      break;
    case Action::rename:
      return rename(context, alter, std::move(task));
    default:
      refuse_unknown("ALTER TASK with this action");
  }
  check_task(context, task, alter.properties);
  context.catalog.put(task);
  return done();
}

namespace {

// What ran after the task, or finalised it, stands alone now.
void cut_off_successors(Context& context, const Object& task) {
  for (auto& child : successors_of(context, task)) {
    auto ids = predecessor_ids(child);
    std::erase(ids, task.id);
    set_predecessors(child, ids);
    if (ids.empty()) suspend(context, child, "CHILD_BECAME_ROOT");
    context.catalog.put(child);
  }
  if (auto finalizer = finalizer_of(context, task)) {
    finalizer->properties.erase("finalize");
    suspend(context, *finalizer, "FINALIZER_BECAME_ROOT");
    context.catalog.put(*finalizer);
  }
}

}  // namespace

void let_go_of_task(Context& context, const Object& task) {
  const bool alone =
      is_root(task) && successors_of(context, task).empty() && !finalizer_of(context, task);
  if (!alone) require_quiet(context, task);
  cut_off_successors(context, task);
}

void change_hands(Context& context, Object& task, bool alone) {
  suspend(context, task, "OWNERSHIP_TRANSFERRED");
  if (!alone) return;
  cut_off_successors(context, task);
  task.properties.erase("after");
  task.properties.erase("finalize");
}

std::string enable_dependents(Context& context, const std::string& name) {
  const auto path = parse_path(name);
  if (path.empty()) refuse_missing("Task", name);
  const auto first = need(context, Kind::task, path);
  require(context, first, "OPERATE");
  std::vector<Object> order{first};
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (auto& child : successors_of(context, order[i])) {
      const bool known = std::any_of(order.begin(), order.end(),
                                     [&](const Object& task) { return task.id == child.id; });
      if (!known) order.push_back(std::move(child));
    }
  }
  if (auto finalizer = finalizer_of(context, first)) order.push_back(std::move(*finalizer));
  if (first.text("state") != "started") {
    for (auto task = order.rbegin(); task != order.rend(); ++task)
      resume(context, *task);
  }
  return "true";
}

}  // namespace firn::sandbox::snowflake
