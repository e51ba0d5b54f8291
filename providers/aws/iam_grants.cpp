#include "providers/aws/iam_grants.h"

#include <array>
#include <fmt/format.h>
#include <initializer_list>
#include <utility>

#include "providers/aws/calls.h"
#include "providers/aws/policy_document.h"

namespace firn::aws {
namespace {

// A grant that names a list of ARNs.
struct ArnGrant {
  std::string_view grant;
  std::string_view list;
  std::string_view service;  // the third part of the ARNs
  std::string_view sid;
  std::string_view resource_suffix;
  std::array<const char*, 2> actions;  // the second may be nullptr
};

constexpr std::array kArnGrants{
    // Streams of a log group are resources below it, hence the suffix.
    ArnGrant{"write_logs",
             "log_groups",
             "logs",
             "WriteLogs",
             ":*",
             {"logs:CreateLogStream", "logs:PutLogEvents"}},
    ArnGrant{"invoke", "functions", "lambda", "Invoke", "", {"lambda:InvokeFunction", nullptr}},
    ArnGrant{"start_execution",
             "state_machines",
             "states",
             "StartExecution",
             "",
             {"states:StartExecution", nullptr}},
    ArnGrant{"publish", "topics", "sns", "Publish", "", {"sns:Publish", nullptr}},
    ArnGrant{"send_messages", "queues", "sqs", "SendMessages", "", {"sqs:SendMessage", nullptr}},
    ArnGrant{"kms_decrypt", "keys", "kms", "KmsDecrypt", "", {"kms:Decrypt", nullptr}},
    ArnGrant{
        "kms_encrypt", "keys", "kms", "KmsEncrypt", "", {"kms:GenerateDataKey", "kms:Decrypt"}},
    ArnGrant{"read_secrets",
             "secrets",
             "secretsmanager",
             "ReadSecrets",
             "",
             {"secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"}},
};

List texts(std::initializer_list<const char*> items) {
  List list;
  for (const char* item : items)
    list.emplace_back(item);
  return list;
}

// `base` with `suffix` behind it; what is unknown stays unknown.
Value appended(const Value& base, std::string_view suffix) {
  if (!base.is_string()) return base;
  return base.as_string() + std::string(suffix);
}

Map statement(std::string_view sid, List actions, List resources) {
  Map map;
  map.set("Sid", sid);
  map.set("Effect", "Allow");
  map.set("Action", std::move(actions));
  map.set("Resource", std::move(resources));
  return map;
}

void add_list_statements(const Value& grant, const std::string& sid, List& statements) {
  const Value& bucket = grant.at("bucket");
  List prefixes;
  for (const Value& prefix : list_of(grant.at("prefixes"))) {
    prefixes.push_back(appended(prefix, "*"));
  }
  List location = texts({"s3:GetBucketLocation"});
  if (prefixes.empty()) {
    location.emplace_back("s3:ListBucket");
  } else {
    Map list = statement(sid + "List", texts({"s3:ListBucket"}), {bucket});
    Map keys;
    keys.set("s3:prefix", std::move(prefixes));
    Map condition;
    condition.set("StringLike", std::move(keys));
    list.set("Condition", std::move(condition));
    statements.emplace_back(std::move(list));
  }
  // Asking for the region carries no prefix, so a condition on one would always refuse it.
  statements.emplace_back(statement(sid + "Bucket", std::move(location), {bucket}));
}

void add_s3_statements(const Value& grant, const std::string& sid, List actions,
                       bool lists_by_default, List& statements) {
  if (!grant.is_map()) return;
  const Value& bucket = grant.at("bucket");
  List objects;
  for (const Value& prefix : list_of(grant.at("prefixes"))) {
    if (prefix.is_string()) {
      objects.push_back(appended(bucket, "/" + prefix.as_string() + "*"));
    } else {
      objects.push_back(prefix);
    }
  }
  if (objects.empty()) objects.push_back(appended(bucket, "/*"));
  statements.emplace_back(statement(sid + "Objects", std::move(actions), std::move(objects)));
  if (grant.bool_or("list", lists_by_default)) add_list_statements(grant, sid, statements);
}

void add_arn_statement(const Value& grants, const ArnGrant& row, List& statements) {
  const Value& grant = grants.at(row.grant);
  if (!grant.is_map()) return;
  List resources;
  for (const Value& arn : list_of(grant.at(row.list))) {
    const bool has_suffix = arn.is_string() && !row.resource_suffix.empty() &&
                            arn.as_string().ends_with(row.resource_suffix);
    resources.push_back(has_suffix ? arn : appended(arn, row.resource_suffix));
  }
  if (resources.empty()) return;
  List actions;
  for (const char* action : row.actions) {
    if (action != nullptr) actions.emplace_back(action);
  }
  statements.emplace_back(statement(row.sid, std::move(actions), std::move(resources)));
}

void expect_arns(const Value& list, std::string_view service, const std::string& path,
                 std::vector<Problem>& problems) {
  const List items = list_of(list);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Value& item = items[i];
    if (!item.is_string() || item.as_string() == "*") continue;
    const std::string& text = item.as_string();
    const std::size_t partition_end = text.find(':', 4);
    const bool fits =
        text.starts_with("arn:") && partition_end != std::string::npos &&
        text.compare(partition_end + 1, service.size() + 1, std::string(service) + ":") == 0;
    if (fits) continue;
    Problem problem;
    problem.path = list.is_list() ? fmt::format("{}.{}", path, i) : path;
    problem.summary = fmt::format("\"{}\" is not an ARN of {}", text, service);
    problem.detail = "IAM compares resources by their whole ARN";
    problem.remedy = fmt::format(
        "refer to the resource itself, \"${{...}}\", or write an ARN that begins with arn:aws:{}:",
        service);
    problems.push_back(std::move(problem));
  }
}

// A statement about an alias grants nothing: requests are held against the key's own ARN.
void refuse_aliases(const Value& list, const std::string& path, std::vector<Problem>& problems) {
  const List items = list_of(list);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!items[i].is_string() || items[i].as_string().find(":alias/") == std::string::npos)
      continue;
    problems.push_back({list.is_list() ? fmt::format("{}.{}", path, i) : path,
                        fmt::format("\"{}\" is an alias", items[i].as_string()),
                        "IAM compares the key's own ARN, so this would grant nothing",
                        "refer to the key itself"});
  }
}

void validate_s3(const Value& grant, const std::string& path, std::vector<Problem>& problems) {
  if (!grant.is_map()) return;
  expect_arns(grant.at("bucket"), "s3", path + ".bucket", problems);
  const List prefixes = list_of(grant.at("prefixes"));
  for (std::size_t i = 0; i < prefixes.size(); ++i) {
    if (!prefixes[i].is_string()) continue;
    const std::string& prefix = prefixes[i].as_string();
    if (!prefix.starts_with('/') && prefix.find_first_of("*?") == std::string::npos) continue;
    Problem problem;
    problem.path = fmt::format("{}.prefixes.{}", path, i);
    problem.summary = fmt::format("\"{}\" is not the beginning of an object key", prefix);
    problem.detail = prefix.starts_with('/')
                         ? "keys in S3 do not begin with a slash"
                         : "a prefix is plain text; the wildcard behind it is added by firn";
    problem.remedy = "write the prefix as in coinlore/processed/";
    problems.push_back(std::move(problem));
  }
}

}  // namespace

List grant_statements(const Value& grants) {
  List statements;
  List read = texts({"s3:GetObject", "s3:GetObjectVersion"});
  List write = texts({"s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"});
  add_s3_statements(grants.at("s3_read"), "S3Read", std::move(read), true, statements);
  add_s3_statements(grants.at("s3_write"), "S3Write", std::move(write), false, statements);
  for (const ArnGrant& row : kArnGrants)
    add_arn_statement(grants, row, statements);
  if (grants.bool_or("deliver_logs", false)) {
    List actions =
        texts({"logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery",
               "logs:DeleteLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy",
               "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"});
    statements.emplace_back(statement("DeliverLogs", std::move(actions), texts({"*"})));
  }
  for (const Value& own : list_of(grants.at("statements")))
    statements.push_back(own);
  return statements;
}

Value normalize_grants(const Value& grants) {
  if (!grants.is_map()) return grants;
  Map normal;
  normal.set("statements", normalize_statements(grant_statements(grants)));
  return normal;
}

Value grants_document(const Value& grants) {
  return policy_of(grant_statements(grants));
}

void validate_grants(const Value& grants, const std::string& path, std::vector<Problem>& problems) {
  if (!grants.is_map()) return;
  const std::string below = path.empty() ? std::string() : path + ".";
  validate_s3(grants.at("s3_read"), below + "s3_read", problems);
  validate_s3(grants.at("s3_write"), below + "s3_write", problems);
  for (const ArnGrant& row : kArnGrants) {
    const std::string where = fmt::format("{}{}.{}", below, row.grant, row.list);
    expect_arns(grants.at(row.grant).at(row.list), row.service, where, problems);
    if (row.service == "kms") refuse_aliases(grants.at(row.grant).at(row.list), where, problems);
  }
  const bool has_unknown = grants.contains_unknown();
  if (!has_unknown && grant_statements(grants).empty()) {
    Problem problem;
    problem.path = path;
    problem.summary = "the policy grants nothing";
    problem.detail = "IAM refuses a policy document without statements";
    problem.remedy =
        "name what is granted (s3_read, invoke, statements, …), or leave the policy out";
    problems.push_back(std::move(problem));
  }
}

}  // namespace firn::aws
