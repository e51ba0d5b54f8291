#include "providers/snowflake/grant_ownership.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/value/json.h"

namespace firn::snowflake {
namespace {

Statement pipe_status_of(const GrantTarget& target) {
  const std::vector<std::string> arguments{target.name.shortest()};
  return Statement("SELECT").call("SYSTEM$PIPE_STATUS", arguments);
}

Statement current_role() {
  return Statement("SELECT").word("CURRENT_ROLE()");
}

bool is_pipe(const GrantTarget& target) {
  return target.reach == Reach::object && target.kind != nullptr &&
         target.kind->attribute == "pipe";
}

bool is_running(const GrantTarget& pipe, const Inventory& around) {
  const auto rows = around.rows({{pipe_status_of(pipe)}});
  if (!rows || *rows == nullptr || (*rows)->rows.empty()) return false;
  const auto status = parse_json((*rows)->rows.front().text_at(0));
  return status && status->string_or("executionState", "") == "RUNNING";
}

}  // namespace

bool holds_ownership(const Value& privileges) {
  const auto words = texts_of(privileges);
  return std::any_of(words.begin(), words.end(),
                     [](const auto& word) { return equals_ignoring_case(word, "OWNERSHIP"); });
}

bool is_ownership(const Value& inputs) {
  const Value& privileges = inputs.at("privileges");
  return texts_of(privileges).size() == 1 && holds_ownership(privileges);
}

std::vector<Listing> surroundings_of_ownership(const ResourceRecord& record) {
  std::vector<Listing> all;
  if (!is_ownership(record.inputs)) return all;
  all.push_back(deploying_role_listing());
  const auto target = target_of(record.inputs.at("on"));
  if (target && is_pipe(*target)) all.push_back({{pipe_status_of(*target)}});
  return all;
}

// Only a paused pipe may change hands, and nothing but SYSTEM$PIPE_FORCE_RESUME resumes it then.
std::vector<Step> pass_ownership(const GrantTarget& target, const Grantee& to,
                                 const Inventory* around) {
  const bool running = is_pipe(target) && around != nullptr && is_running(target, *around);
  std::vector<Step> steps;
  if (running) {
    steps.push_back({Statement("ALTER PIPE")
                         .name(target.name)
                         .word("SET")
                         .set_bool("PIPE_EXECUTION_PAUSED", true)});
  }
  Step passing = grant_step({"OWNERSHIP"}, target, to, GrantOption::without);
  // What others were granted stays; on what is still to be made there is nothing yet.
  if (target.reach != Reach::future) passing.statement.word("COPY CURRENT GRANTS");
  steps.push_back(std::move(passing));
  if (running) {
    const std::vector<std::string> arguments{target.name.shortest()};
    steps.push_back({Statement("SELECT").call("SYSTEM$PIPE_FORCE_RESUME", arguments)});
  }
  return steps;
}

Listing deploying_role_listing() {
  return {{current_role()}};
}

Result<Grantee> deploying_role(const Inventory& around) {
  const auto rows = around.rows(deploying_role_listing());
  if (!rows) return fail(rows.error());
  if (*rows == nullptr || (*rows)->rows.empty()) {
    return fail(ErrorKind::unavailable, "Snowflake does not say which role this is");
  }
  return Grantee{GranteeKind::role, {{(*rows)->rows.front().text_at(0)}}};
}

Steps give_ownership_back(const GrantTarget& target, const Grantee& from, const Inventory& around) {
  if (target.reach == Reach::future) return std::vector{revoke_step({"OWNERSHIP"}, target, from)};
  const auto deployer = deploying_role(around);
  if (!deployer) return fail(deployer.error());
  std::vector<Step> steps = pass_ownership(target, *deployer, &around);
  for (Step& step : steps)
    step.tolerates = {"002003", "002043"};
  return steps;
}

void validate_ownership(const Value& inputs, std::vector<Problem>& problems) {
  if (!holds_ownership(inputs.at("privileges"))) return;
  if (texts_of(inputs.at("privileges")).size() > 1) {
    problems.push_back({"privileges", "OWNERSHIP stands alone",
                        "it passes from one role to another, and brings all privileges with it",
                        "write a grant of its own for the others"});
  } else if (inputs.at("on").bool_or("account", false)) {
    problems.push_back(
        {"on.account", "an account has no owner", "OWNERSHIP is of objects", "name the object"});
  } else if (inputs.bool_or("with_grant_option", false)) {
    problems.push_back({"with_grant_option", "an owner may pass on what it owns anyway", "",
                        "remove with_grant_option"});
  }
}

}  // namespace firn::snowflake
