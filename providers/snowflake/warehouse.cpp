// snowflake.warehouse. Snowflake documentation: "CREATE WAREHOUSE", "ALTER WAREHOUSE", "SHOW
// WAREHOUSES".
#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "providers/snowflake/types.h"

namespace firn::snowflake {
namespace {

constexpr std::array<std::string_view, 10> sizes = {"XSMALL",  "SMALL",   "MEDIUM",   "LARGE",
                                                    "XLARGE",  "XXLARGE", "XXXLARGE", "X4LARGE",
                                                    "X5LARGE", "X6LARGE"};
constexpr std::array<std::string_view, 2> kinds = {"STANDARD", "SNOWPARK-OPTIMIZED"};
constexpr std::array<std::string_view, 2> policies = {"STANDARD", "ECONOMY"};

constexpr std::array attributes = {
    Attribute{.name = "size",
              .doc = "Compute per cluster; each step doubles the credits per hour.",
              .default_json = "\"XSMALL\"",
              .example = "size: XSMALL",
              .allowed = sizes},
    Attribute{.name = "warehouse_type",
              .doc = "Kind of machine. A change suspends the warehouse for a moment.",
              .default_json = "\"STANDARD\"",
              .example = "warehouse_type: SNOWPARK-OPTIMIZED",
              .allowed = kinds},
    Attribute{.name = "auto_suspend",
              .kind = AttributeKind::integer,
              .doc = "Seconds without work after which it stops (and stops costing); 0 is never.",
              .default_json = "600",
              .example = "auto_suspend: 60",
              .minimum = 0},
    Attribute{.name = "auto_resume",
              .kind = AttributeKind::boolean,
              .doc = "Whether a query starts it.",
              .default_json = "true",
              .example = "auto_resume: true"},
    Attribute{.name = "initially_suspended",
              .kind = AttributeKind::boolean,
              .doc =
                  "Whether it is created stopped. Without it a new warehouse runs, and bills, at "
                  "once. Read at creation only.",
              .write_only = true,
              .default_json = "false",
              .example = "initially_suspended: true"},
    Attribute{.name = "min_cluster_count",
              .kind = AttributeKind::integer,
              .doc = "Clusters that run at least. More than one needs the Enterprise edition.",
              .default_json = "1",
              .example = "min_cluster_count: 1",
              .minimum = 1},
    Attribute{.name = "max_cluster_count",
              .kind = AttributeKind::integer,
              .doc = "Clusters that run at most.",
              .default_json = "1",
              .example = "max_cluster_count: 3",
              .minimum = 1},
    Attribute{.name = "scaling_policy",
              .doc = "How eagerly further clusters start.",
              .default_json = "\"STANDARD\"",
              .example = "scaling_policy: ECONOMY",
              .allowed = policies},
    Attribute{.name = "statement_timeout",
              .kind = AttributeKind::integer,
              .doc = "Seconds after which a statement on it is cancelled.",
              .default_json = "172800",
              .example = "statement_timeout: 3600",
              .minimum = 0,
              .maximum = 604800},
    comment_attribute,
    fqn_attribute,
};

// SHOW prints `X-Small`, `2X-Large`; the statements take XSMALL, XXLARGE.
std::string canonical_size(std::string_view shown) {
  std::string size = replace_all(to_upper(shown), "-", "");
  if (size == "2XLARGE" || size == "X2LARGE") return "XXLARGE";
  if (size == "3XLARGE" || size == "X3LARGE") return "XXXLARGE";
  if (size.size() == 7 && size[0] >= '4' && size[0] <= '6') {
    return std::string("X") + size[0] + "LARGE";
  }
  return size;
}

Listing timeout_listing(const std::string& name) {
  return {{Statement("SHOW PARAMETERS")
               .word("LIKE")
               .literal("STATEMENT_TIMEOUT_IN_SECONDS")
               .word("IN WAREHOUSE")
               .identifier(name)}};
}

std::vector<Listing> listings(const ResourceRecord& record) {
  std::vector<Listing> all{show_in_account("SHOW WAREHOUSES", record.name)};
  if (record.inputs.find("statement_timeout") != nullptr) {
    all.push_back(timeout_listing(record.name));
  }
  return all;
}

Result<Seen> read(const Inventory& inventory, const ResourceRecord& record) {
  Seen seen;
  auto rows = inventory.rows(show_in_account("SHOW WAREHOUSES", record.name));
  if (!rows) return fail(rows.error());
  const Row* row = *rows == nullptr ? nullptr : find_row(**rows, {{"name", record.name}});
  if (row == nullptr) return seen;
  seen.exists = true;
  seen.inputs.set("size", canonical_size(row->text("size")));
  seen.inputs.set("warehouse_type", to_upper(row->text("type")));
  seen.inputs.set("auto_suspend", row->integer("auto_suspend").value_or(0));
  seen.inputs.set("auto_resume", row->flag("auto_resume"));
  if (auto count = row->integer("min_cluster_count")) seen.inputs.set("min_cluster_count", *count);
  if (auto count = row->integer("max_cluster_count")) seen.inputs.set("max_cluster_count", *count);
  const std::string policy = row->text("scaling_policy");
  if (!policy.empty()) seen.inputs.set("scaling_policy", to_upper(policy));
  seen.read_comment(row->text("comment"));
  seen.outputs = predict_in_account({}, record.name, record.inputs);
  if (record.inputs.find("statement_timeout") != nullptr) {
    auto parameters = inventory.rows(timeout_listing(record.name));
    if (!parameters) return fail(parameters.error());
    if (*parameters != nullptr) {
      const Row* parameter = find_row(**parameters, {{"key", "STATEMENT_TIMEOUT_IN_SECONDS"}});
      const auto value = parameter != nullptr ? parameter->integer("value") : std::nullopt;
      if (value) seen.inputs.set("statement_timeout", *value);
    }
  }
  return seen;
}

// The properties of CREATE and of ALTER … SET, in one order; answers whether there were any.
bool set_properties(Statement& statement, const Change& change, bool is_create) {
  const std::string before = statement.text();
  const auto applies = [&](std::string_view attribute) {
    return is_create ? change.is_set(attribute) : change.has_changed(attribute);
  };
  const auto text = [&](std::string_view attribute) {
    return change.wanted(attribute).as_string();
  };
  const auto number = [&](std::string_view attribute) { return change.wanted(attribute).as_int(); };
  if (is_create && applies("warehouse_type")) {
    statement.set_text("WAREHOUSE_TYPE", text("warehouse_type"));
  }
  if (applies("size")) statement.set_text("WAREHOUSE_SIZE", text("size"));
  if (applies("max_cluster_count")) statement.set("MAX_CLUSTER_COUNT", number("max_cluster_count"));
  if (applies("min_cluster_count")) statement.set("MIN_CLUSTER_COUNT", number("min_cluster_count"));
  if (applies("scaling_policy")) statement.set_text("SCALING_POLICY", text("scaling_policy"));
  if (applies("auto_suspend")) statement.set("AUTO_SUSPEND", number("auto_suspend"));
  if (applies("auto_resume")) {
    statement.set_bool("AUTO_RESUME", change.wanted("auto_resume").as_bool());
  }
  if (is_create && applies("initially_suspended")) {
    statement.set_bool("INITIALLY_SUSPENDED", change.wanted("initially_suspended").as_bool());
  }
  if (change.is_set("statement_timeout") && applies("statement_timeout")) {
    statement.set("STATEMENT_TIMEOUT_IN_SECONDS", number("statement_timeout"));
  }
  if (is_create || applies("comment")) statement.set_text("COMMENT", change.comment());
  return statement.text() != before;
}

Steps create(const Change& change) {
  Statement statement("CREATE WAREHOUSE");
  statement.identifier(change.name);
  set_properties(statement, change, true);
  return std::vector{Step{statement}};
}

bool is_suspended(const Rows& rows) {
  return rows.rows.empty() || rows.rows.front().text("state") == "SUSPENDED";
}

Steps update(const Change& change) {
  std::vector<Step> steps;
  if (change.has_changed("warehouse_type")) {
    // Its kind can only be changed while it is stopped, and it stops by way of SUSPENDING.
    steps.push_back(
        {Statement("ALTER WAREHOUSE").identifier(change.name).word("SUSPEND"), {"090064"}});
    steps.push_back({Statement("SHOW WAREHOUSES").word("LIKE").literal(like_pattern(change.name))});
    steps.back().until = is_suspended;
    steps.push_back({Statement("ALTER WAREHOUSE")
                         .identifier(change.name)
                         .word("SET")
                         .set_text("WAREHOUSE_TYPE", change.wanted("warehouse_type").as_string())});
    // One that queries wake by themselves may sleep on.
    if (!change.wanted("auto_resume").as_bool()) {
      steps.push_back(
          {Statement("ALTER WAREHOUSE").identifier(change.name).word("RESUME IF SUSPENDED"),
           {"090063"}});
    }
  }
  Statement alter("ALTER WAREHOUSE");
  alter.identifier(change.name).word("SET");
  if (set_properties(alter, change, false)) steps.push_back({alter});
  if (change.has_changed("statement_timeout") && !change.is_set("statement_timeout")) {
    steps.push_back({Statement("ALTER WAREHOUSE")
                         .identifier(change.name)
                         .word("UNSET")
                         .word("STATEMENT_TIMEOUT_IN_SECONDS")});
  }
  return steps;
}

Steps remove(const ResourceRecord& record) {
  return std::vector{Step{Statement("DROP WAREHOUSE").word("IF EXISTS").identifier(record.name)}};
}

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  const Value& low = inputs.at("min_cluster_count");
  const Value& high = inputs.at("max_cluster_count");
  if (low.is_int() && low.as_int() > (high.is_int() ? high.as_int() : 1)) {
    problems.push_back({"min_cluster_count", "min_cluster_count is larger than max_cluster_count",
                        "a warehouse cannot run more clusters than it may",
                        "raise max_cluster_count"});
  }
}

constexpr ResourceType type{
    .name = "snowflake.warehouse",
    .summary = "A virtual warehouse: the compute that runs queries.",
    .doc = "Pipes with auto-ingest need none; Snowflake loads with compute of its own.",
    .example =
        "  type: snowflake.warehouse\n  size: XSMALL\n  auto_suspend: 60\n"
        "  initially_suspended: true\n",
    .attributes = attributes,
    .name_rule = account_name_rule,
    .predict = predict_in_account,
    .validate = validate};

}  // namespace

const ObjectType warehouse_type{.type = &type,
                                .listings = listings,
                                .read = read,
                                .create = create,
                                .update = update,
                                .remove = remove};

}  // namespace firn::snowflake
