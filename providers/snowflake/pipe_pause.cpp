#include "providers/snowflake/pipe_pause.h"

#include "core/value/json.h"

namespace firn::snowflake {
namespace {

constexpr std::string_view words = " [paused by firn for a moment]";

Statement alter(const ObjectName& pipe) {
  return Statement("ALTER PIPE").name(pipe).word("SET");
}

}  // namespace

Listing pipe_description(const ObjectName& pipe) {
  return {{Statement("DESCRIBE PIPE").name(pipe)}};
}

Listing pipe_status(const ObjectName& pipe) {
  const std::vector<std::string> arguments{pipe.shortest()};
  return {{Statement::question("SYSTEM$PIPE_STATUS", arguments)}};
}

Result<bool> is_paused(const Inventory& around, const ObjectName& pipe) {
  const auto rows = around.rows(pipe_status(pipe));
  if (!rows) return fail(rows.error());
  if (*rows == nullptr || (*rows)->rows.empty()) return true;
  const auto status = parse_json((*rows)->rows.front().text_at(0));
  return status && status->string_or("executionState", "") == "PAUSED";
}

Result<PipeComment> comment_of(const Inventory& around, const ObjectName& pipe) {
  const auto rows = around.rows(pipe_description(pipe));
  if (!rows) return fail(rows.error());
  if (*rows == nullptr || (*rows)->rows.empty()) return PipeComment{};
  const std::string stored = (*rows)->rows.front().text("comment");
  return PipeComment{without_pause(stored), stored.ends_with(words)};
}

std::string without_pause(std::string_view comment) {
  if (comment.ends_with(words)) comment.remove_suffix(words.size());
  return std::string(comment);
}

Step pause_pipe(const ObjectName& pipe, const std::optional<std::string>& comment) {
  Statement pause = alter(pipe).set_bool("PIPE_EXECUTION_PAUSED", true);
  if (comment) pause.set_text("COMMENT", *comment + std::string(words));
  return {std::move(pause)};
}

Step force_resume_pipe(const ObjectName& pipe) {
  const std::vector<std::string> arguments{pipe.shortest()};
  return {Statement("SELECT").call("SYSTEM$PIPE_FORCE_RESUME", arguments)};
}

// The words go last: a pipe that still has them is looked after.
std::vector<Step> resume_pipe(const ObjectName& pipe, const std::optional<std::string>& comment) {
  std::vector<Step> steps{force_resume_pipe(pipe)};
  if (comment) steps.push_back({alter(pipe).set_text("COMMENT", *comment)});
  return steps;
}

}  // namespace firn::snowflake
