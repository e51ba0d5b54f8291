// aws.lambda_permission: one statement of a function's policy.
//
// Source of facts: AWS Lambda API Reference, AddPermission, RemovePermission, GetPolicy.
#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>
#include <optional>
#include <utility>

#include "core/base/text.h"
#include "providers/aws/lambda_calls.h"
#include "providers/aws/lambda_statement.h"
#include "providers/aws/resource_tags.h"
#include "providers/aws/types.h"

namespace firn::aws {
namespace {

constexpr std::array attributes{
    Attribute{.name = "action",
              .doc = "What the principal may do.",
              .default_json = "\"lambda:InvokeFunction\"",
              .example = "lambda:GetFunction"},
    Attribute{.name = "function",
              .doc = "The function that is opened, by ARN or name.",
              .required = true,
              .on_change = OnChange::replace,
              .on_target_replaced = OnTargetReplaced::replace,
              .takes = "arn",
              .example = "${transformer}"},
    Attribute{.name = "organization",
              .doc = "Only principals of this organization, by its id.",
              .example = "o-a1b2c3d4e5"},
    Attribute{.name = "principal",
              .doc = "Who may: a service, an account by its id, or a user or role by ARN.",
              .required = true,
              .example = "s3.amazonaws.com"},
    Attribute{.name = "source_account",
              .doc = "Only on behalf of resources of this account. Left out, it is the stack's own "
                     "account where source_arn names none, as the ARN of a bucket does.",
              .example = "\"123456789012\"",
              .minimum = 12,
              .maximum = 12},
    Attribute{.name = "source_arn",
              .doc = "Only on behalf of this resource: the bucket, topic or rule that calls. It "
                     "may have * and ? in it.",
              .weak = true,
              .takes = "arn",
              .example = "${source}"},
    Attribute{.name = "statement_id",
              .doc = "The id of the statement in the function's policy.",
              .computed = true},
};

bool is_account_id(const std::string& text) {
  return text.size() == 12 && std::all_of(text.begin(), text.end(),
                                          [](unsigned char c) { return std::isdigit(c) != 0; });
}

// An account is the same by its id and by its root.
Value plain_principal(const Value& principal) {
  if (!principal.is_string()) return principal;
  const std::vector<std::string> parts = split(principal.as_string(), ':');
  const bool is_root = parts.size() == 6 && parts[0] == "arn" && parts[2] == "iam" &&
                       parts[5] == "root" && is_account_id(parts[4]);
  return is_root ? Value(parts[4]) : principal;
}

Value normalize(const Value& inputs) {
  if (!inputs.is_map()) return inputs;
  Map normal = inputs.as_map();
  if (const Value* principal = normal.find("principal")) {
    Value plain = plain_principal(*principal);
    normal.set("principal", std::move(plain));
  }
  return Value(std::move(normal));
}

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  const Value& action = inputs.at("action");
  if (action.is_string() && action.as_string() != "*" &&
      !action.as_string().starts_with("lambda:")) {
    problems.push_back({"action", fmt::format("\"{}\" is no action of Lambda", action.as_string()),
                        "the policy of a function speaks of lambda: actions only",
                        "write for example lambda:InvokeFunction"});
  }
  const Value& principal = inputs.at("principal");
  if (principal.is_string()) {
    const std::string& who = principal.as_string();
    const bool is_known = who == "*" || who.starts_with("arn:") || is_account_id(who) ||
                          who.find('.') != std::string::npos;
    if (!is_known) {
      problems.push_back({"principal", fmt::format("\"{}\" is no principal", who),
                          "a service has a dot in its name, an account has twelve digits",
                          "write for example s3.amazonaws.com, an account id, or an ARN"});
    }
    if (who == "*" && inputs.at("source_arn").is_null() && inputs.at("source_account").is_null() &&
        inputs.at("organization").is_null()) {
      problems.push_back({"principal", "this opens the function to everybody",
                          "anyone with an AWS account could call it",
                          "add source_arn, source_account or organization, or name the principal"});
    }
  }
  const Value& account = inputs.at("source_account");
  if (account.is_string() && account.as_string().size() == 12 &&
      !is_account_id(account.as_string())) {
    problems.push_back({"source_account",
                        fmt::format("\"{}\" is no account id", account.as_string()),
                        "an account id has twelve digits", "write the id"});
  }
}

// Two of them with one content would be two statements that say the same; Lambda allows it, and it
// is always a mistake.
void validate_together(std::span<const Peer> peers, std::vector<PeerProblem>& problems) {
  for (std::size_t i = 0; i < peers.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (peers[i].inputs->contains_unknown() || *peers[i].inputs != *peers[k].inputs) continue;
      Problem problem;
      problem.summary = fmt::format("\"{}\" permits the same already", peers[k].address);
      problem.remedy = "remove one of the two";
      problems.push_back({i, std::move(problem)});
      break;
    }
  }
}

std::string function_of(const Value& inputs) {
  return clear_text(inputs.at("function"));
}

Map inputs_of(const Placement& placement, const Value& recorded, const Map& wire) {
  const Value shown(wire);
  Map inputs;
  inputs.set("action", shown.at("Action"));
  inputs.set("organization", shown.at("PrincipalOrgID"));
  inputs.set("principal", shown.at("Principal"));
  inputs.set("source_account", shown.at("SourceAccount"));
  inputs.set("source_arn", shown.at("SourceArn"));
  // The account that was put in for the author is not theirs to see as a change.
  if (recorded.at("source_account").is_null()) {
    Map plain = inputs;
    plain.erase("source_account");
    const Value expected(permission_wire(placement, Value(std::move(plain))));
    if (expected == shown) inputs.set("source_account", Value());
  }
  return inputs;
}

// The statement of a record in the policy: by the id that it was given, or by whose ids look like
// it when an interrupted run did not get as far as to write that down.
std::optional<PolicyStatement> find_statement(const Placement& placement,
                                              const ResourceRecord& record,
                                              const std::vector<PolicyStatement>& statements) {
  const std::string id = record.outputs.string_or("statement_id", "");
  const std::string stem = statement_id_stem(placement, record.address);
  const auto found = std::find_if(statements.begin(), statements.end(),
                                  [&](const PolicyStatement& one) { return one.id == id; });
  if (found != statements.end()) return *found;
  const auto ours =
      std::find_if(statements.begin(), statements.end(),
                   [&](const PolicyStatement& one) { return is_of_stem(one.id, stem); });
  if (ours != statements.end()) return *ours;
  return std::nullopt;
}

Observation observe_statement(const Client& client, const ResourceRecord& record,
                              const std::vector<PolicyStatement>& statements) {
  Observation observation;
  Placement placement = client.placement();
  const auto statement = find_statement(placement, record, statements);
  if (!statement) return observation;
  observation.inputs = inputs_of(placement, record.inputs, statement->wire);
  // Somebody took the account away that goes with a bucket: then this is not what was made.
  const bool lost_account =
      record.inputs.at("source_account").is_null() &&
      Value(statement->wire).at("SourceAccount").is_null() &&
      permission_wire(placement, record.inputs).find("SourceAccount") != nullptr;
  if (lost_account) return Observation{};
  observation.exists = true;
  observation.outputs.set("statement_id", statement->id);
  observation.owner = record.address;  // the id says so
  return observation;
}

Task<Result<std::vector<PolicyStatement>>> get_policy(Client& client, ResourceRecord record,
                                                      std::string function) {
  Call call = lambda_reading(record, "GetPolicy", function_path(function) + "/policy");
  const Result<Reply> reply = co_await client.call(std::move(call));
  if (!reply) co_return fail(reply.error());
  std::vector<PolicyStatement> statements;
  if (!reply->is_tolerated_error()) statements = statements_of_policy(reply->text("Policy"));
  co_return statements;
}

Task<Result<Observation>> read(Client& client, ResourceRecord record) {
  ResourceRecord copy = record;
  std::string function = function_of(record.inputs);
  const auto statements = co_await get_policy(client, std::move(copy), std::move(function));
  if (!statements) co_return fail(statements.error());
  Observation observation = observe_statement(client, record, *statements);
  co_return observation;
}

Task<Result<Observation>> find_after_crash(Client& client, Operation& operation) {
  ResourceRecord record = operation.prior;
  if (!operation.desired.is_null()) record.inputs = normalize(operation.desired);
  Result<Observation> observation = co_await read(client, std::move(record));
  co_return observation;
}

// One GetPolicy for each function, however many permissions it has.
Task<std::vector<Result<Observation>>> observe_many(Client& client, SharedTags&,
                                                    std::vector<ResourceRecord> records) {
  std::vector<std::string> functions;
  std::vector<Task<Result<std::vector<PolicyStatement>>>> gets;
  for (const ResourceRecord& record : records) {
    const std::string function = function_of(record.inputs);
    if (std::find(functions.begin(), functions.end(), function) != functions.end()) continue;
    functions.push_back(function);
    gets.push_back(get_policy(client, record, function));
  }
  const std::vector<Result<std::vector<PolicyStatement>>> policies =
      co_await when_all(client.scheduler(), std::move(gets));
  std::vector<Result<Observation>> observations;
  for (const ResourceRecord& record : records) {
    const auto index = std::find(functions.begin(), functions.end(), function_of(record.inputs)) -
                       functions.begin();
    const auto& statements = policies[static_cast<std::size_t>(index)];
    if (!statements) {
      observations.emplace_back(fail(statements.error()));
    } else {
      observations.emplace_back(observe_statement(client, record, *statements));
    }
  }
  co_return observations;
}

Task<Result<Reply>> add_statement(Client& client, Operation& operation, std::string function,
                                  std::string id, Map wire) {
  Call call = lambda_call(operation, "AddPermission", "POST", function_path(function) + "/policy");
  wire.set("StatementId", id);
  call.input = Value(std::move(wire));
  call.tolerated.emplace_back("ResourceConflictException");
  Propagation principal;
  principal.code = "InvalidParameterValueException";
  principal.fragment = "provided principal was invalid";
  principal.what = "Lambda knows the principal of the permission";
  call.wait_while.push_back(principal);
  Result<Reply> reply = co_await client.call(std::move(call));
  co_return reply;
}

Task<Status> remove_statement(Client& client, Operation& operation, std::string function,
                              std::string id) {
  Call call = lambda_call(operation, "RemovePermission", "DELETE",
                          function_path(function) + "/policy/" + percent_encode(id));
  call.tolerated = missing_codes();
  const Result<Reply> removed = co_await client.call(std::move(call));
  if (!removed) co_return fail(removed.error());
  co_return Ok{};
}

// Takes away every statement of this resource but `keep`.
Task<Status> remove_others(Client& client, Operation& operation, std::string function,
                           std::string keep) {
  ResourceRecord record = operation.prior;
  const auto statements = co_await get_policy(client, std::move(record), function);
  if (!statements) co_return fail(statements.error());
  const std::string stem = statement_id_stem(operation.placement, operation.prior.address);
  const std::string recorded = operation.prior.outputs.string_or("statement_id", "");
  for (const PolicyStatement& statement : *statements) {
    const bool is_ours = statement.id == recorded || is_of_stem(statement.id, stem);
    if (!is_ours || statement.id == keep) continue;
    const Status removed = co_await remove_statement(client, operation, function, statement.id);
    if (!removed) co_return fail(removed.error());
  }
  co_return Ok{};
}

// Makes the statement, if it is not there as wanted.
Task<Status> put_statement(Client& client, Operation& operation, std::string function,
                           std::string id, Map wire) {
  const Result<Reply> added = co_await add_statement(client, operation, function, id, wire);
  if (!added) co_return fail(added.error());
  if (!added->is_tolerated_error()) co_return Ok{};
  // The id says that it is ours: an earlier call was lost, or somebody put another statement in its
  // place.
  ResourceRecord record = operation.prior;
  const auto statements = co_await get_policy(client, std::move(record), function);
  if (!statements) co_return fail(statements.error());
  for (const PolicyStatement& statement : *statements) {
    if (statement.id == id && statement.wire == wire) co_return Ok{};
  }
  const Status removed = co_await remove_statement(client, operation, function, id);
  if (!removed) co_return fail(removed.error());
  const Result<Reply> again = co_await add_statement(client, operation, function, id, wire);
  if (!again) co_return fail(again.error());
  if (!again->is_tolerated_error()) co_return Ok{};
  co_return fail(ErrorKind::conflict,
                 fmt::format("somebody else keeps changing the policy of {}", function),
                 "the permission could not be put in its place",
                 "stop the other tool or run, then run the same command");
}

// Create and update alike. A changed permission has another id: the new one is there before the old
// one goes, and nobody is shut out in between.
Task<Result<Applied>> put(Client& client, Operation& operation) {
  const Value desired = normalize(operation.desired);
  const std::string function = function_of(desired);
  const std::string id = statement_id(operation.placement, operation.prior.address, desired);
  Map wire = permission_wire(operation.placement, desired);
  Semaphore& line = client.shared<FunctionPolicyLines>().of(function);
  const Semaphore::Permit turn = co_await line;
  const Status done = co_await put_statement(client, operation, function, id, std::move(wire));
  if (!done) co_return fail(done.error());
  Applied applied;
  applied.outputs.set("statement_id", id);
  const Status recorded = co_await note_identity(operation, applied.outputs);
  if (!recorded) co_return fail(recorded.error());
  if (!operation.prior.outputs.is_null()) {
    const Status gone = co_await remove_others(client, operation, function, id);
    if (!gone) co_return fail(gone.error());
  }
  co_return applied;
}

// --- what exists already

// Which statement is meant: the one that was said, ours, or the only one that says what is
// declared.
Result<std::optional<PolicyStatement>> existing_statement(
    const Operation& operation, const std::vector<PolicyStatement>& statements) {
  const std::string& said = operation.prior.name;
  const std::string stem = statement_id_stem(operation.placement, operation.prior.address);
  const Map wanted = permission_wire(operation.placement, normalize(operation.desired));
  std::vector<std::string> alike;
  std::optional<PolicyStatement> found;
  for (const PolicyStatement& one : statements) {
    const bool is_meant = said.empty() ? is_of_stem(one.id, stem) : one.id == said;
    if (is_meant) return std::optional(one);
    if (!said.empty() || one.wire != wanted || !one.is_whole) continue;
    alike.push_back(one.id);
    found = one;
  }
  if (alike.size() < 2) return found;
  return fail(ErrorKind::invalid_input,
              fmt::format("{} statements of the function's policy say this", alike.size()),
              fmt::format("their ids are {}", join(alike, ", ")), how_to_say_which(operation));
}

Task<Result<Observation>> find_existing(Client& client, Operation& operation) {
  ResourceRecord record = operation.prior;
  record.inputs = normalize(operation.desired);
  ResourceRecord copy = record;
  std::string function = function_of(record.inputs);
  const auto statements = co_await get_policy(client, std::move(copy), std::move(function));
  if (!statements) co_return fail(statements.error());
  const auto found = existing_statement(operation, *statements);
  if (!found) co_return fail(found.error());
  if (!found->has_value()) co_return absent();
  const PolicyStatement& statement = **found;
  if (!statement.is_whole) {
    co_return fail(ErrorKind::invalid_input,
                   fmt::format("the statement {} has conditions of another kind", statement.id),
                   "firn knows source_arn, source_account and organization, and would lose others",
                   "leave it as it is, and declare a permission beside it");
  }
  Observation observation;
  observation.exists = true;
  observation.inputs = inputs_of(operation.placement, record.inputs, statement.wire);
  observation.inputs.set("function", record.inputs.at("function"));
  observation.outputs.set("statement_id", statement.id);
  const std::string stem = statement_id_stem(operation.placement, operation.prior.address);
  observation.foreign = !is_of_stem(statement.id, stem);
  if (!observation.foreign) {
    observation.owner = operation.prior.address;
  } else if (is_made_by_firn(statement.id)) {
    observation.owner = statement.id;
  }
  co_return observation;
}

// The statement stays what it is and gets our id, which says whose it is: ours is there before the
// other one goes.
Task<Result<Applied>> claim(Client& client, Operation& operation) {
  const std::string function = function_of(operation.prior.inputs);
  const std::string given = operation.prior.outputs.string_or("statement_id", "");
  const std::string id =
      statement_id(operation.placement, operation.prior.address, normalize(operation.prior.inputs));
  Applied applied;
  applied.outputs.set("statement_id", id);
  Semaphore& line = client.shared<FunctionPolicyLines>().of(function);
  const Semaphore::Permit turn = co_await line;
  ResourceRecord record = operation.prior;
  const auto statements = co_await get_policy(client, std::move(record), function);
  if (!statements) co_return fail(statements.error());
  const auto found = std::find_if(statements->begin(), statements->end(),
                                  [&](const PolicyStatement& one) { return one.id == given; });
  if (found == statements->end()) {
    co_return fail(ErrorKind::not_found, fmt::format("the statement {} is gone", given),
                   "it was taken away while it was imported", "look again: run the same command");
  }
  Map wire = found->wire;
  const Status done = co_await put_statement(client, operation, function, id, std::move(wire));
  if (!done) co_return fail(done.error());
  const Status gone = co_await remove_statement(client, operation, function, given);
  if (!gone) co_return fail(gone.error());
  co_return applied;
}

Task<Result<Removed>> remove(Client& client, Operation& operation) {
  const std::string function = function_of(operation.prior.inputs);
  Semaphore& line = client.shared<FunctionPolicyLines>().of(function);
  const Semaphore::Permit turn = co_await line;
  std::string keep;
  const Status gone = co_await remove_others(client, operation, function, std::move(keep));
  if (!gone) co_return fail(gone.error());
  co_return Removed{};
}

constexpr std::array<std::string_view, 6> import_inputs{
    "action", "function", "organization", "principal", "source_account", "source_arn"};

const ResourceType type{
    .name = "aws.lambda_permission",
    .summary = "A right to call a Lambda function, given to a service, an account or a role.",
    .doc =
        "The function's policy gets one statement for each of these resources; statements of "
        "others stay. What calls the function waits for its permissions by itself: an "
        "`aws.s3_notification` with a `function:` and an `aws.sns_subscription` of a function "
        "need no `depends_on`.\n\n"
        "A changed permission is put beside the old one before that goes, so that no call is "
        "refused in between.",
    .example =
        "  type: aws.lambda_permission\n"
        "  function: ${transformer}\n"
        "  principal: s3.amazonaws.com\n"
        "  source_arn: ${source}\n",
    .attributes = attributes,
    .import_by = import_inputs,
    .import_id = "the id of the statement",
    .validate = validate,
    .validate_together = validate_together,
    .normalize = normalize,
};

const Batch by_function{.threshold = 2, .observe = observe_many};

}  // namespace

const AwsType lambda_permission{.type = &type,
                                .read = read,
                                .create = put,
                                .update = put,
                                .remove = remove,
                                .find_after_crash = find_after_crash,
                                .batch = &by_function,
                                .find_existing = find_existing,
                                .claim = claim};

}  // namespace firn::aws
