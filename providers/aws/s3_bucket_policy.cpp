#include "providers/aws/s3_bucket_policy.h"

#include <fmt/format.h>

#include "providers/aws/calls.h"
#include "providers/aws/policy_document.h"

namespace firn::aws {

namespace {

constexpr std::string_view log_sid = "DeliverAccessLogs";

Map single(std::string_view key, Value value) {
  Map map;
  map.set(key, std::move(value));
  return map;
}

List bucket_and_objects(const std::string& arn) {
  List resources;
  resources.emplace_back(arn);
  resources.emplace_back(arn + "/*");
  return resources;
}

Value tls_statement(const std::string& arn) {
  Map statement;
  statement.set("Sid", "DenyWithoutTls");
  statement.set("Effect", "Deny");
  statement.set("Principal", "*");
  statement.set("Action", "s3:*");
  statement.set("Resource", bucket_and_objects(arn));
  statement.set("Condition", single("Bool", single("aws:SecureTransport", "false")));
  return Value(std::move(statement));
}

// Source: Amazon S3 User Guide, "Enabling Amazon S3 server access logging".
Value log_statement(const Placement& placement, const std::string& arn, const Value& sources) {
  Map condition;
  condition.set("ArnLike", single("aws:SourceArn", sources));
  condition.set("StringEquals", single("aws:SourceAccount", placement.account));
  Map statement;
  statement.set("Sid", log_sid);
  statement.set("Effect", "Allow");
  statement.set("Principal", single("Service", "logging.s3.amazonaws.com"));
  statement.set("Action", "s3:PutObject");
  statement.set("Resource", arn + "/*");
  statement.set("Condition", Value(std::move(condition)));
  return Value(std::move(statement));
}

Value normalized(const Value& statement, bool with_sid) {
  Value copy = statement;
  if (!with_sid && statement.is_map()) {
    Map shorter = statement.as_map();
    shorter.erase("Sid");
    copy = Value(std::move(shorter));
  }
  const Value list = normalize_statements(copy);
  return list.is_list() && !list.as_list().empty() ? list.as_list().front() : copy;
}

// Some other tool's way to say the same counts too.
bool is_tls_statement(const std::string& arn, const Value& statement) {
  return normalized(statement, false) == normalized(tls_statement(arn), false);
}

bool is_log_statement(const Placement& placement, const std::string& arn, const Value& statement) {
  if (statement.string_or("Sid", "") != log_sid) return false;
  const Value whole = normalized(statement, true);
  const Value& sources = whole.at_path("Condition.ArnLike.aws:SourceArn");
  if (sources.is_null()) return false;
  return whole == normalized(log_statement(placement, arn, sources), true);
}

}  // namespace

std::string bucket_arn(const Placement& placement, const std::string& name) {
  return fmt::format("arn:{}:s3:::{}", placement.partition, name);
}

BucketPolicyParts read_bucket_policy(const Placement& placement, const std::string& name,
                                     const Value& document) {
  const std::string arn = bucket_arn(placement, name);
  const List both = bucket_and_objects(arn);
  Map whole_bucket;
  whole_bucket.set("Effect", "Allow");
  whole_bucket.set("Resource", both);
  const Value own_resource = normalized(Value(std::move(whole_bucket)), true).at("Resource");

  BucketPolicyParts parts;
  List rest;
  List sources;
  for (const Value& statement : list_of(normalize_policy(document).at("Statement"))) {
    if (is_tls_statement(arn, statement)) {
      parts.tls_only = true;
    } else if (is_log_statement(placement, arn, statement)) {
      for (const Value& source : list_of(statement.at_path("Condition.ArnLike.aws:SourceArn"))) {
        sources.push_back(source);
      }
    } else if (statement.is_map() && statement.at("Resource") == own_resource) {
      Map shorter = statement.as_map();
      shorter.erase("Resource");
      rest.emplace_back(std::move(shorter));
    } else {
      rest.push_back(statement);
    }
  }
  parts.log_sources = Value(std::move(sources));
  parts.statements = normalize_statements(Value(std::move(rest)));
  return parts;
}

Value make_bucket_policy(const Placement& placement, const std::string& name,
                         const BucketPolicyParts& parts) {
  const std::string arn = bucket_arn(placement, name);
  List statements;
  if (parts.tls_only) statements.push_back(tls_statement(arn));
  if (!list_of(parts.log_sources).empty()) {
    statements.push_back(log_statement(placement, arn, parts.log_sources));
  }
  for (Value& statement : complete_statements(placement, name, parts.statements)) {
    statements.push_back(std::move(statement));
  }
  return policy_of(statements);
}

List complete_statements(const Placement& placement, const std::string& name,
                         const Value& statements) {
  const List both = bucket_and_objects(bucket_arn(placement, name));
  List complete;
  for (const Value& statement : list_of(statements)) {
    if (!statement.is_map() || statement.find("Resource") != nullptr ||
        statement.find("NotResource") != nullptr) {
      complete.push_back(statement);
      continue;
    }
    Map filled = statement.as_map();
    filled.set("Resource", both);
    complete.emplace_back(std::move(filled));
  }
  return complete;
}

}  // namespace firn::aws
