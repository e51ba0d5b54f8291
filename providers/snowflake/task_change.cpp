// The statements that make, change and remove a task. Snowflake documentation: "CREATE TASK",
// "ALTER TASK", "DROP TASK", "Create a sequence of tasks with a task graph".
#include "providers/snowflake/task_change.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "core/value/json.h"
#include "providers/snowflake/grant_ownership.h"
#include "providers/snowflake/task_rows.h"

namespace firn::snowflake {
namespace {

std::string config_text(const Value& config) {
  return config.is_string() ? config.as_string() : to_json(config);
}

// One property of CREATE, ALTER … SET and ALTER … UNSET.
struct Property {
  std::string_view attribute;
  Keyword name;
  enum class Form : std::uint8_t { identifier, text, word, number, config } form;
};
constexpr std::array properties = {
    Property{"warehouse", "WAREHOUSE", Property::Form::identifier},
    Property{"initial_warehouse_size", "USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE",
             Property::Form::text},
    Property{"schedule", "SCHEDULE", Property::Form::text},
    Property{"config", "CONFIG", Property::Form::config},
    Property{"overlap_policy", "OVERLAP_POLICY", Property::Form::word},
    Property{"user_task_timeout_ms", "USER_TASK_TIMEOUT_MS", Property::Form::number},
    Property{"suspend_task_after_num_failures", "SUSPEND_TASK_AFTER_NUM_FAILURES",
             Property::Form::number},
    Property{"task_auto_retry_attempts", "TASK_AUTO_RETRY_ATTEMPTS", Property::Form::number},
    Property{"error_integration", "ERROR_INTEGRATION", Property::Form::identifier},
};

void set_property(Statement& statement, const Property& property, const Value& value) {
  switch (property.form) {
    case Property::Form::identifier:
      statement.set_identifier(property.name, stored_identifier(value.as_string()));
      break;
    case Property::Form::text:
      statement.set_text(property.name, value.as_string());
      break;
    case Property::Form::word:
      statement.set_word(property.name, value.as_string());
      break;
    case Property::Form::number:
      statement.set(property.name, value.as_int());
      break;
    case Property::Form::config:
      statement.set_text(property.name, config_text(value));
      break;
  }
}

void add_names(Statement& statement, const std::vector<ObjectName>& names) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) statement.comma();
    statement.name(names[i]);
  }
}

// The tasks that a task is tied to by its inputs.
std::vector<ObjectName> ties_of(const Value& inputs) {
  auto names = names_in(inputs.at("after"));
  if (auto root = parse_object_name(inputs.string_or("finalize", ""), 3)) {
    names.push_back(std::move(*root));
  }
  return names;
}

Result<std::vector<ListedTask>> neighbours(const Inventory* around, const ObjectName& task) {
  if (around == nullptr) return std::vector<ListedTask>{};
  const ObjectName schema = task.parent();
  return tasks_from(*around, tasks_in(schema), schema);
}

// A graph takes no change while its root runs. Its task_graph sets it going again.
void suspend_roots(const std::vector<ListedTask>& tasks, const std::vector<ObjectName>& of,
                   std::vector<Step>& steps) {
  for (const ObjectName& root : running_roots(tasks, of))
    steps.push_back(suspend_task(root));
}

// The role that is to own it: the one that is named, or the one that deploys.
Result<Grantee> owner_of(const Change& change) {
  if (change.is_set("owner")) return grantee_of(Map{{"role", change.desired.at("owner")}});
  static const Inventory nothing;
  return deploying_role(change.around != nullptr ? *change.around : nothing);
}

Result<std::vector<Step>> hand_over(const ObjectName& task, const Grantee& to) {
  const auto target = target_of(Map{{"task", task.shortest()}});
  if (!target) return fail(target.error());
  return pass_ownership(*target, to, nullptr);
}

// Ties it to others, when it is there already.
Steps tie(const Change& change, const ObjectName& name) {
  std::vector<Step> steps;
  if (const auto after = names_in(change.desired.at("after")); !after.empty()) {
    Statement statement = alter_task(name).word("ADD AFTER");
    add_names(statement, after);
    steps.push_back({statement});
  }
  if (const auto root = parse_object_name(change.desired.string_or("finalize", ""), 3)) {
    steps.push_back({alter_task(name).word("SET").word("FINALIZE =").name(*root)});
  }
  if (!change.is_set("condition")) return steps;
  auto condition = AuthorSql::expression(change.desired.string_or("condition", ""));
  if (!condition) return fail(condition.error());
  steps.push_back({alter_task(name).word("MODIFY WHEN").sql(*condition)});
  return steps;
}

std::vector<ObjectName> without(const std::vector<ObjectName>& names,
                                const std::vector<ObjectName>& others) {
  std::vector<ObjectName> left;
  std::copy_if(names.begin(), names.end(), std::back_inserter(left), [&](const ObjectName& name) {
    return std::find(others.begin(), others.end(), name) == others.end();
  });
  return left;
}

// What is set, and what is taken away, each in one statement.
void change_properties(const Change& change, const ObjectName& name, std::vector<Step>& steps) {
  Statement unset = alter_task(name).word("UNSET");
  Statement set = alter_task(name).word("SET");
  const std::string unset_nothing = unset.text();
  const std::string set_nothing = set.text();
  for (const Property& property : properties) {
    if (!change.has_changed(property.attribute)) continue;
    if (change.is_set(property.attribute)) {
      set_property(set, property, change.desired.at(property.attribute));
    } else if (property.attribute == "task_auto_retry_attempts") {
      set.set(property.name, 0);  // ALTER TASK … UNSET does not know it
    } else {
      if (unset.text() != unset_nothing) unset.comma();
      unset.word(property.name);
    }
  }
  if (change.has_changed("comment")) set.set_text("COMMENT", change.comment());
  // Away first: a warehouse and the size of a task without one exclude each other.
  if (unset.text() != unset_nothing) steps.push_back({unset});
  if (set.text() != set_nothing) steps.push_back({set});
}

}  // namespace

Steps create_task(const Change& change) {
  const auto name = name_in_schema(change.desired, change.name);
  if (!name) return fail(name.error());
  auto definition = AuthorSql::script(change.desired.string_or("definition", ""));
  if (!definition) return fail(definition.error());
  const auto tasks = neighbours(change.around, *name);
  if (!tasks) return fail(tasks.error());
  std::vector<Step> steps;
  suspend_roots(*tasks, ties_of(change.desired), steps);

  Statement statement("CREATE TASK");
  statement.name(*name);
  for (const Property& property : properties) {
    if (change.is_set(property.attribute)) {
      set_property(statement, property, change.desired.at(property.attribute));
    }
  }
  statement.set_text("COMMENT", change.comment());
  const bool is_handed_over = change.is_set("owner");
  if (!is_handed_over || ties_of(change.desired).empty()) {
    if (const auto root = parse_object_name(change.desired.string_or("finalize", ""), 3)) {
      statement.word("FINALIZE =").name(*root);
    }
    if (const auto after = names_in(change.desired.at("after")); !after.empty()) {
      statement.word("AFTER");
      add_names(statement, after);
    }
    if (change.is_set("condition")) {
      auto condition = AuthorSql::expression(change.desired.string_or("condition", ""));
      if (!condition) return fail(condition.error());
      statement.word("WHEN").sql(*condition);
    }
  }
  steps.push_back({statement.word("AS").sql(*definition)});
  if (!is_handed_over) return steps;
  // Tasks of two owners cannot be tied to each other, so it joins the graph as what it is to be.
  const auto owner = owner_of(change);
  if (!owner) return fail(owner.error());
  const auto passing = hand_over(*name, *owner);
  if (!passing) return fail(passing.error());
  steps.insert(steps.end(), passing->begin(), passing->end());
  if (ties_of(change.desired).empty()) return steps;
  const auto tying = tie(change, *name);
  if (!tying) return fail(tying.error());
  steps.insert(steps.end(), tying->begin(), tying->end());
  return steps;
}

Steps update_task(const Change& change) {
  const auto name = name_in_schema(change.desired, change.name);
  if (!name) return fail(name.error());
  const auto tasks = neighbours(change.around, *name);
  if (!tasks) return fail(tasks.error());
  std::vector<Step> steps;
  std::vector<ObjectName> touched = ties_of(change.desired);
  touched.push_back(*name);
  suspend_roots(*tasks, touched, steps);

  // What ties it to others is compared with what is there: a predecessor that was made anew has
  // lost its successors.
  const ListedTask* now = find_task(*tasks, *name);
  std::vector<ObjectName> tied = names_in(change.prior.at("after"));
  ObjectName finalizes;
  if (auto root = parse_object_name(change.prior.string_or("finalize", ""), 3)) finalizes = *root;
  if (now != nullptr) {
    tied = now->after;
    finalizes = now->finalizes;
  }
  const auto after = names_in(change.desired.at("after"));
  ObjectName finalize;
  if (auto root = parse_object_name(change.desired.string_or("finalize", ""), 3)) finalize = *root;
  // A task that changes hands alone loses what ties it to others: it is cut off before, and tied
  // again after. Snowflake documentation: "Create a sequence of tasks with a task graph".
  bool changes_hands = false;
  std::vector<Step> passing;
  if (change.has_changed("owner")) {
    const auto owner = owner_of(change);
    if (!owner) return fail(owner.error());
    auto handing = hand_over(*name, *owner);
    if (!handing) return fail(handing.error());
    passing = *std::move(handing);
    changes_hands = now == nullptr || now->owner != owner->name.last();
  }
  const bool finalize_changes =
      changes_hands || (change.has_changed("finalize") && finalizes != finalize);
  const bool after_changes = changes_hands || change.has_changed("after");

  if (finalize_changes && !finalizes.parts.empty()) {
    steps.push_back({alter_task(*name).word("UNSET FINALIZE")});
  }
  const auto gone = changes_hands ? tied : without(tied, after);
  if (after_changes && !gone.empty()) {
    Statement statement = alter_task(*name).word("REMOVE AFTER");
    add_names(statement, gone);
    steps.push_back({statement});
  }
  if (changes_hands) {
    tied.clear();
    steps.insert(steps.end(), passing.begin(), passing.end());
  }
  change_properties(change, *name, steps);
  if (const auto fresh = without(after, tied); after_changes && !fresh.empty()) {
    Statement statement = alter_task(*name).word("ADD AFTER");
    add_names(statement, fresh);
    steps.push_back({statement});
  }
  if (finalize_changes && !finalize.parts.empty()) {
    steps.push_back({alter_task(*name).word("SET").word("FINALIZE =").name(finalize)});
  }
  if (change.has_changed("condition") && change.is_set("condition")) {
    auto condition = AuthorSql::expression(change.desired.string_or("condition", ""));
    if (!condition) return fail(condition.error());
    steps.push_back({alter_task(*name).word("MODIFY WHEN").sql(*condition)});
  } else if (change.has_changed("condition")) {
    steps.push_back({alter_task(*name).word("REMOVE WHEN")});
  }
  if (change.has_changed("definition")) {
    auto definition = AuthorSql::script(change.desired.string_or("definition", ""));
    if (!definition) return fail(definition.error());
    steps.push_back({alter_task(*name).word("MODIFY AS").sql(*definition)});
  }
  return steps;
}

Steps claim_task(const Change& change) {
  Steps steps = update_task(change);
  if (!steps) return steps;
  const auto name = name_in_schema(change.desired, change.name);
  if (!name) return fail(name.error());
  const auto tasks = neighbours(change.around, *name);
  if (!tasks) return fail(tasks.error());
  for (const ObjectName& root : running_roots(*tasks, {*name}))
    steps->push_back(resume_task(root));
  return steps;
}

Steps remove_task(const ResourceRecord& record, const Inventory& around) {
  const auto name = name_in_schema(record.inputs, record.name);
  if (!name) return fail(name.error());
  const auto tasks = neighbours(&around, *name);
  if (!tasks) return fail(tasks.error());
  std::vector<Step> steps;
  suspend_roots(*tasks, {*name}, steps);
  steps.push_back({Statement("DROP TASK").word("IF EXISTS").name(*name)});
  return steps;
}

}  // namespace firn::snowflake
