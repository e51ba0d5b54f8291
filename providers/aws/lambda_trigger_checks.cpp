#include "providers/aws/lambda_trigger_checks.h"

#include <fmt/format.h>
#include <string_view>
#include <utility>

#include "providers/aws/calls.h"

namespace firn::aws {
namespace {

// What a queue and a function have when nobody says (SQS: VisibilityTimeout; Lambda: Timeout).
constexpr std::int64_t visibility_unsaid = 30;
constexpr std::int64_t timeout_unsaid = 3;

bool is_of(const Peer& peer, std::string_view type) {
  return peer.type == type;
}

// The peer of that type whose output `arn` is the given one; nullptr when it is not in the stack.
const Peer* find_by_arn(std::span<const Peer> peers, std::string_view type, const Value& arn) {
  if (!arn.is_string()) return nullptr;
  for (const Peer& peer : peers) {
    if (!is_of(peer, type) || peer.outputs == nullptr) continue;
    const Value* own = peer.outputs->find("arn");
    if (own != nullptr && *own == arn) return &peer;
  }
  return nullptr;
}

void check_timeouts(std::span<const Peer> peers, std::size_t index,
                    std::vector<PeerProblem>& problems) {
  const Value& inputs = *peers[index].inputs;
  const Peer* queue = find_by_arn(peers, "aws.sqs_queue", inputs.at("queue"));
  const Peer* function = find_by_arn(peers, "aws.lambda_function", inputs.at("function"));
  if (queue == nullptr || function == nullptr) return;
  if (queue->inputs->at("visibility_timeout").is_unknown()) return;
  if (function->inputs->at("timeout").is_unknown()) return;
  const std::int64_t visible = queue->inputs->int_or("visibility_timeout", visibility_unsaid);
  const std::int64_t timeout = function->inputs->int_or("timeout", timeout_unsaid);
  if (visible >= timeout) return;
  Problem problem;
  problem.path = "queue";
  problem.summary =
      fmt::format("messages of \"{}\" come back after {} s, but \"{}\" may work on them for {} s",
                  queue->address, visible, function->address, timeout);
  problem.detail =
      "Lambda refuses a queue whose visibility timeout is shorter than the function's timeout: a "
      "message would be worked on twice.";
  problem.remedy = fmt::format(
      "give \"{}\" a visibility_timeout of {} (AWS advises six times the function's timeout), or "
      "\"{}\" a shorter timeout",
      queue->address, 6 * timeout, function->address);
  problems.push_back({index, std::move(problem)});
}

void check_repetition(std::span<const Peer> peers, std::size_t index,
                      std::vector<PeerProblem>& problems) {
  const auto is_same = [&](const Peer& other, std::string_view name) {
    const Value& here = peers[index].inputs->at(name);
    return here.is_string() && here == other.inputs->at(name);
  };
  for (std::size_t k = 0; k < index; ++k) {
    if (peers[k].type != peers[index].type) continue;
    if (!is_same(peers[k], "queue") || !is_same(peers[k], "function")) continue;
    Problem problem;
    problem.summary =
        fmt::format("\"{}\" is a trigger of this queue and function already", peers[k].address);
    problem.detail = "Lambda allows one.";
    problem.remedy = "remove one of the two; filters of both may stand in one";
    problems.push_back({index, std::move(problem)});
    return;
  }
}

}  // namespace

void check_trigger(const Placement&, const std::string&, const Value& inputs,
                   std::vector<Problem>& problems) {
  const Value& queue = inputs.at("queue");
  const bool is_fifo = queue.is_string() && queue.as_string().ends_with(".fifo");
  const std::int64_t size = inputs.int_or("batch_size", 10);
  const bool has_window =
      inputs.at("batch_window").is_unknown() || inputs.int_or("batch_window", 0) > 0;
  if (size > 10 && is_fifo) {
    problems.push_back({"batch_size",
                        fmt::format("a batch of a FIFO queue has no {} messages", size),
                        "the most is 10", "write at most 10"});
  } else if (size > 10 && !has_window) {
    problems.push_back({"batch_size",
                        fmt::format("a batch of {} messages needs time to gather them", size),
                        "Lambda takes more than 10 only with a batch_window of a second or more",
                        "add `batch_window: 1`, or write at most 10"});
  }
  if (is_fifo && inputs.int_or("batch_window", 0) > 0) {
    problems.push_back({"batch_window", "messages of a FIFO queue are not gathered",
                        "Lambda has no batch window for FIFO queues", "leave batch_window out"});
  }
  if (queue.is_string() && queue.as_string().find(":sqs:") == std::string::npos) {
    problems.push_back({"queue", fmt::format("\"{}\" is not the ARN of a queue", queue.as_string()),
                        "", "write ${QUEUE}"});
  }
  const Value& function = inputs.at("function");
  if (function.is_string() && function.as_string().find(":function:") == std::string::npos) {
    problems.push_back({"function",
                        fmt::format("\"{}\" is not the ARN of a function", function.as_string()),
                        "", "write ${FUNCTION}"});
  }
  std::size_t number = 0;
  for (const Value& pattern : list_of(inputs.at("filters"))) {
    const std::string path = fmt::format("filters.{}", number++);
    if (pattern.is_map() || pattern.is_unknown()) continue;
    problems.push_back({path, "a filter is a pattern, which is a map",
                        "it says what the body or an attribute of a message has to be",
                        "write for example { body: { kind: [order] } }"});
  }
}

void check_triggers(std::span<const Peer> peers, std::vector<PeerProblem>& problems) {
  for (std::size_t index = 0; index < peers.size(); ++index) {
    if (!is_of(peers[index], "aws.lambda_event_source_mapping")) continue;
    check_repetition(peers, index, problems);
    check_timeouts(peers, index, problems);
  }
}

}  // namespace firn::aws
