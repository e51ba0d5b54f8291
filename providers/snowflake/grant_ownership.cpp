#include "providers/snowflake/grant_ownership.h"

#include <algorithm>

#include "core/base/text.h"
#include "providers/snowflake/pipe_pause.h"

namespace firn::snowflake {
namespace {

Statement current_role() {
  return Statement("SELECT").word("CURRENT_ROLE()");
}

bool is_pipe(const GrantTarget& target) {
  return target.reach == Reach::object && target.kind != nullptr &&
         target.kind->attribute == "pipe";
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
  if (target && is_pipe(*target)) {
    all.push_back(pipe_status(target->name));
    all.push_back(pipe_description(target->name));
  }
  return all;
}

// Only a paused pipe may change hands. One that an earlier run paused for this, and did not come to
// resume, is resumed now.
Steps pass_ownership(const GrantTarget& target, const Grantee& to, const Inventory* around) {
  bool pauses = false;
  PipeComment comment;
  if (is_pipe(target) && around != nullptr) {
    const auto paused = is_paused(*around, target.name);
    if (!paused) return fail(paused.error());
    auto described = comment_of(*around, target.name);
    if (!described) return fail(described.error());
    pauses = !*paused;
    comment = std::move(*described);
  }
  std::vector<Step> steps;
  if (pauses) steps.push_back(pause_pipe(target.name, comment.text));
  Step passing = grant_step({"OWNERSHIP"}, target, to, GrantOption::without);
  // What others were granted stays; on what is still to be made there is nothing yet.
  if (target.reach != Reach::future) passing.statement.word("COPY CURRENT GRANTS");
  steps.push_back(std::move(passing));
  if (pauses || comment.says_paused) {
    for (Step& step : resume_pipe(target.name, comment.text))
      steps.push_back(std::move(step));
  }
  return steps;
}

Steps finish_interrupted_pass(const ResourceRecord& record, const Inventory& around) {
  const auto target = target_of(record.inputs.at("on"));
  if (!is_ownership(record.inputs) || !target || !is_pipe(*target)) return std::vector<Step>();
  const auto comment = comment_of(around, target->name);
  if (!comment) return fail(comment.error());
  if (!comment->says_paused) return std::vector<Step>();
  return resume_pipe(target->name, comment->text);
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
  Steps steps = pass_ownership(target, *deployer, &around);
  if (!steps) return steps;
  for (Step& step : *steps)
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
