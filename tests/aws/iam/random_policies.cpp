#include "tests/aws/iam/random_policies.h"

#include "core/value/json.h"

namespace firn::aws::iam::test {
namespace {

struct Target {
  const char* action;
  const char* resource;
};

const std::vector<Target> targets = {
    {"s3:GetObject", "arn:aws:s3:::lake/raw/a.csv"},
    {"s3:GetObject", "arn:aws:s3:::lake/raw/2026-01-02T03:04:05/a.csv"},
    {"s3:PutObject", "arn:aws:s3:::lake/ada/b.json"},
    {"s3:ListBucket", "arn:aws:s3:::lake"},
    {"sns:Publish", "arn:aws:sns:eu-west-1:123456789012:files"},
    {"sqs:SendMessage", "arn:aws:sqs:eu-west-1:123456789012:ada-queue"},
    {"lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:123456789012:function:load"},
    {"states:StartExecution", "arn:aws:states:eu-west-1:123456789012:stateMachine:load"},
    {"kms:Decrypt", "arn:aws:kms:eu-west-1:123456789012:key/0a1b"},
    {"kms:GenerateDataKey", "arn:aws:kms:eu-west-1:123456789012:key/0a1b"},
    {"sts:AssumeRole", "arn:aws:iam::123456789012:role/Target"},
    {"sts:AssumeRole", "arn:aws:iam::123456789012:role/Target"},
};

// Keys with the values that requests and documents have for them.
struct Key {
  std::string_view name;
  std::vector<std::string_view> values;
  std::vector<std::string_view> patterns;  // only in documents
};

const std::vector<Key> keys = {
    {"aws:SourceArn",
     {"arn:aws:s3:::lake", "arn:aws:sns:eu-west-1:123456789012:files", "arn:aws:s3:::pond"},
     {"arn:aws:s3:::*", "arn:aws:sns:*:123456789012:*", "arn:aws:s3:*", "arn:*:s3:::l?ke"}},
    {"aws:SourceAccount", {"123456789012", "210987654321"}, {"1234*", "${aws:PrincipalAccount}"}},
    {"aws:PrincipalArn",
     {user_arn, role_arn, neighbour_arn},
     {"arn:aws:iam::123456789012:*", "arn:aws:iam::*:role/Load*",
      "arn:aws:iam::123456789012:user/${aws:username}"}},
    {"s3:prefix", {"raw/", "out/", "", "ada/x"}, {"raw/*", "*", "${aws:username}/*", "?ut/"}},
    {"sts:ExternalId", {"FIRN_SFCRole=1", "other"}, {"FIRN_SFCRole=?", "${$}"}},
    {"kms:ViaService", {"s3.eu-west-1.amazonaws.com", "sqs.eu-west-1.amazonaws.com"}, {"s3.*"}},
    {"kms:CallerAccount", {"123456789012", "210987654321"}, {"*"}},
    {"aws:SecureTransport", {"true", "false"}, {"True"}},
    {"aws:userid", {"AROALOAD:run", "AIDAADA"}, {"AROALOAD:*", "${aws:userid}"}},
    {"aws:username", {"ada", "eve"}, {"a*", "${s3:prefix, 'ada'}"}},
    {"aws:PrincipalAccount", {"123456789012", "210987654321"}, {"123*"}},
    {"aws:PrincipalTag/Team", {"data", "d*"}, {"${aws:PrincipalTag/team}", "d*", "d${*}"}},
    {"s3:max-keys", {"1", "10", "100.5"}, {"10.0"}},
};
// The only one with several values.
const Key tag_keys = {"aws:TagKeys", {"team", "tier", "cost", ""}, {"t*", "*"}};

const std::vector<std::string_view> operators = {"StringEquals",
                                                 "StringNotEquals",
                                                 "StringEqualsIgnoreCase",
                                                 "StringNotEqualsIgnoreCase",
                                                 "StringLike",
                                                 "StringNotLike",
                                                 "ArnEquals",
                                                 "ArnNotEquals",
                                                 "ArnLike",
                                                 "ArnNotLike",
                                                 "Bool",
                                                 "StringLike",
                                                 "StringEquals",
                                                 "ArnLike"};
const std::vector<std::string_view> numeric_operators = {
    "NumericEquals",         "NumericNotEquals",   "NumericLessThan",
    "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals"};

const std::vector<std::string_view> services = {"s3.amazonaws.com", "lambda.amazonaws.com",
                                                "sns.amazonaws.com", "states.amazonaws.com"};
const std::vector<std::string_view> named = {user_arn,
                                             user_arn,
                                             role_arn,
                                             role_arn,
                                             "arn:aws:sts::123456789012:assumed-role/Loader/run",
                                             "arn:aws:sts::123456789012:assumed-role/Loader/other",
                                             own_account,
                                             "arn:aws:iam::123456789012:root",
                                             neighbour_arn,
                                             other_account,
                                             stranger_arn,
                                             foreign_account,
                                             "AROALOAD",
                                             "AIDAADA",
                                             "*"};

}  // namespace

Value RandomPolicies::one_or_list(const std::vector<Value>& items) {
  if (items.size() == 1 && chance(50)) return items.front();
  return Value(List(items));
}

std::string RandomPolicies::action_pattern(const std::string& action) {
  const std::string service = action.substr(0, action.find(':'));
  switch (random_() % 8) {
    case 0:
      return "*";
    case 1:
      return service + ":*";
    case 2: {
      std::string changed = action;
      changed[random_() % changed.size()] = '?';
      return changed.find(':') == std::string::npos ? action : changed;
    }
    case 3:
      return pick({"S3:GETOBJECT", "SQS:SendMessage", "s3:Get*", "kms:*Key", "SNS:*", "sts:*"});
    case 4:
      return targets[random_() % targets.size()].action;
    default:
      return action;
  }
}

std::string RandomPolicies::resource_pattern(const std::string& resource) {
  switch (random_() % 12) {
    case 0:
    case 1:
      return "*";
    case 2:
    case 3: {  // a prefix
      const std::size_t length = 8 + random_() % (resource.size() - 7);
      return resource.substr(0, length) + "*";
    }
    case 4: {  // some characters of the middle
      std::string changed = resource;
      const std::size_t begin = 4 + random_() % (changed.size() - 4);
      changed.replace(begin, random_() % 12, "*");
      return changed;
    }
    case 5: {
      std::string changed = resource;
      changed[4 + random_() % (changed.size() - 4)] = '?';
      return changed;
    }
    case 6:
      return pick({"arn:aws:s3:::lake/${aws:username}/*", "arn:aws:sqs:*:*:${aws:username}-queue",
                   "arn:aws:s3:::lake/${aws:PrincipalTag/team, 'raw'}/*",
                   "arn:aws:s3:::${s3:prefix}*",
                   "arn:aws:sqs:eu-west-1:${aws:PrincipalAccount}:ada-queue",
                   "arn:aws:s3:::lake/raw/${*}"});
    case 7:
      return targets[random_() % targets.size()].resource;
    default:
      return resource;
  }
}

Value RandomPolicies::principal() {
  if (chance(15)) return Value("*");
  Map element;
  if (chance(70)) {
    std::vector<Value> who;
    for (std::size_t i = 0; i <= random_() % 3; ++i)
      who.emplace_back(pick(named));
    element.set("AWS", one_or_list(who));
  }
  if (element.empty() || chance(20)) {
    std::vector<Value> who;
    for (std::size_t i = 0; i <= random_() % 2; ++i)
      who.emplace_back(pick(services));
    element.set("Service", one_or_list(who));
  }
  return Value(std::move(element));
}

Value RandomPolicies::condition() {
  Map block;
  for (std::size_t i = 0; i <= random_() % 2; ++i) {
    const bool is_set = chance(15);
    const Key& key = is_set && chance(70) ? tag_keys : keys[random_() % keys.size()];
    std::vector<Value> values;
    for (std::size_t j = 0; j <= random_() % 2; ++j)
      values.emplace_back(pick(chance(50) ? key.values : key.patterns));
    std::string name;
    if (!is_set && chance(12)) {
      name = "Null";
      values = {Value(pick({"true", "false"}))};
    } else {
      name = pick(key.name == "s3:max-keys" && chance(80) ? numeric_operators : operators);
      if (is_set) name = pick({"ForAnyValue:", "ForAllValues:"}) + name;
      if (chance(15)) name += "IfExists";
    }
    // A text that is no number says nothing of how it would be compared.
    if (name.find("Numeric") != std::string::npos) values = {Value("10")};
    const Value* present = block.find(name);
    Map tests = present != nullptr ? present->as_map() : Map{};
    tests.set(key.name, one_or_list(values));
    block.set(name, Value(std::move(tests)));
  }
  return Value(std::move(block));
}

Value RandomPolicies::statement(const Case& about, bool names_principals, bool names_resources) {
  Map statement;
  statement.set("Effect", chance(75) ? "Allow" : "Deny");
  std::vector<Value> actions;
  for (std::size_t i = 0; i <= random_() % 2; ++i)
    actions.emplace_back(action_pattern(about.action));
  statement.set(chance(90) ? "Action" : "NotAction", one_or_list(actions));
  if (names_resources) {
    std::vector<Value> resources;
    for (std::size_t i = 0; i <= random_() % 2; ++i)
      resources.emplace_back(resource_pattern(about.resource));
    statement.set(chance(90) ? "Resource" : "NotResource", one_or_list(resources));
  }
  if (names_principals) statement.set(chance(92) ? "Principal" : "NotPrincipal", principal());
  if (chance(35)) statement.set("Condition", condition());
  return Value(std::move(statement));
}

std::string RandomPolicies::document(const Case& about, bool names_principals,
                                     bool names_resources) {
  std::vector<Value> statements;
  for (std::size_t i = 0; i <= random_() % 3; ++i)
    statements.push_back(statement(about, names_principals, names_resources));
  Map whole;
  if (chance(90)) whole.set("Version", "2012-10-17");
  whole.set("Statement", one_or_list(statements));
  return to_json(Value(std::move(whole)));
}

void RandomPolicies::ask(Case& one) {
  const Target& target = targets[random_() % targets.size()];
  one.action = target.action;
  one.resource = target.resource;
  one.is_trust = one.action == "sts:AssumeRole";
  one.is_key = one.action.starts_with("kms:");
  for (const Key& key : keys) {
    if (chance(60)) one.keys[std::string(key.name)] = {pick(key.values)};
  }
  if (chance(60)) {
    std::vector<std::string>& values = one.keys[std::string(tag_keys.name)];
    const std::size_t count = random_() % 4;
    for (std::size_t i = 0; i < count; ++i)
      values.push_back(pick(tag_keys.values));
  }
}

Case RandomPolicies::one() {
  Case one;
  ask(one);
  constexpr Caller callers[] = {
      Caller::user, Caller::user,      Caller::role,     Caller::role,    Caller::role,
      Caller::root, Caller::neighbour, Caller::stranger, Caller::service, Caller::anonymous};
  one.caller = callers[random_() % std::size(callers)];
  if (one.caller == Caller::service) one.service = pick(services);
  for (std::size_t i = 0; i < random_() % 3; ++i)
    one.identity.push_back(document(one, false, true));
  if (chance(25)) one.boundary = document(one, false, true);
  if (one.caller == Caller::role && chance(25)) {
    one.session = document(one, false, true);
  }
  if (one.is_trust || chance(70)) one.resource_policy = document(one, true, !one.is_trust);
  return one;
}

Case RandomPolicies::identity_only() {
  Case one;
  do {
    one = {};
    ask(one);
  } while (one.is_trust || one.is_key);
  one.identity.push_back(document(one, false, true));
  return one;
}

}  // namespace firn::aws::iam::test
