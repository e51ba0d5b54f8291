#include "sandbox/aws/policy/principals.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "core/base/text.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/iam/state.h"

namespace firn::sandbox::aws {
namespace {

// First labels of service principals that IAM accepts: the services that pipelines meet.
constexpr std::array known_services = {"apigateway",
                                       "appflow",
                                       "application-autoscaling",
                                       "athena",
                                       "autoscaling",
                                       "backup",
                                       "batch",
                                       "bedrock",
                                       "billingreports",
                                       "budgets",
                                       "cloudformation",
                                       "cloudfront",
                                       "cloudtrail",
                                       "cloudwatch",
                                       "codebuild",
                                       "codedeploy",
                                       "codepipeline",
                                       "cognito-idp",
                                       "config",
                                       "datasync",
                                       "dms",
                                       "dynamodb",
                                       "ec2",
                                       "ecr",
                                       "ecs",
                                       "ecs-tasks",
                                       "edgelambda",
                                       "eks",
                                       "elasticloadbalancing",
                                       "elasticmapreduce",
                                       "events",
                                       "firehose",
                                       "glue",
                                       "guardduty",
                                       "inspector",
                                       "iot",
                                       "kafka",
                                       "kafkaconnect",
                                       "kinesis",
                                       "kinesisanalytics",
                                       "kms",
                                       "lakeformation",
                                       "lambda",
                                       "logs",
                                       "macie",
                                       "monitoring",
                                       "osis",
                                       "pipes",
                                       "quicksight",
                                       "ram",
                                       "rds",
                                       "redshift",
                                       "s3",
                                       "sagemaker",
                                       "scheduler",
                                       "secretsmanager",
                                       "ses",
                                       "sns",
                                       "sqs",
                                       "ssm",
                                       "states",
                                       "storagegateway",
                                       "sts",
                                       "transfer",
                                       "vpc-flow-logs",
                                       "workspaces",
                                       "xray"};

bool service_exists(std::string_view name) {
  constexpr std::string_view suffix = ".amazonaws.com";
  if (name.ends_with(".cn")) name.remove_suffix(3);
  if (!name.ends_with(suffix)) return false;
  name.remove_suffix(suffix.size());
  const auto known = [](std::string_view label) {
    return std::find(known_services.begin(), known_services.end(), label) != known_services.end();
  };
  if (known(name)) return true;
  const auto dot = name.find('.');
  if (dot == std::string_view::npos) return false;
  const std::string_view first = name.substr(0, dot);
  const std::string_view second = name.substr(dot + 1);
  // "states.eu-west-1", "logging.s3", "delivery.logs".
  if (known(first) && is_region(second)) return true;
  return known(second) && !first.empty();
}

bool holder_exists(const World& world, const std::string& arn, SeenFrom seen_from) {
  return seen_from == SeenFrom::iam ? iam::find_holder_by_arn(world, arn) != nullptr
                                    : iam::holder_seen_by_others(world, arn).has_value();
}

std::string holder_id(const World& world, const std::string& arn) {
  const Value* holder = iam::find_holder_by_arn(world, arn);
  return holder ? holder->string_or("id", "") : std::string();
}

// The form in which a principal of type AWS is kept; nothing when it does not exist.
std::optional<std::string> keep_aws_principal(const World& world, const std::string& text,
                                              SeenFrom seen_from) {
  if (text == "*") return text;
  if (is_account(text)) return fmt::format("arn:aws:iam::{}:root", text);
  const auto arn = parse_arn(text);
  if (!arn || !is_account(arn->account)) return std::nullopt;
  if (text.find('*') != std::string::npos || text.find('?') != std::string::npos) {
    return std::nullopt;  // no partial wildcards
  }
  if (arn->service == "sts" && arn->resource.starts_with("assumed-role/")) return text;
  if (arn->service != "iam") return std::nullopt;
  if (arn->resource == "root") return text;
  if (holder_exists(world, text, seen_from)) return text;
  if (arn->resource.starts_with("user/") && world.snowflake &&
      world.snowflake->iam_user_exists(text)) {
    return text;
  }
  return std::nullopt;
}

bool federated_exists(const std::string& text) {
  const auto arn = parse_arn(text);
  if (arn) {
    return arn->service == "iam" && (arn->resource.starts_with("oidc-provider/") ||
                                     arn->resource.starts_with("saml-provider/"));
  }
  return text == "cognito-identity.amazonaws.com" || text == "accounts.google.com" ||
         text == "graph.facebook.com" || text == "www.amazon.com";
}

Value replace_texts(const Value& given, const std::vector<std::string>& texts) {
  if (given.is_string()) return Value(texts.front());
  List items;
  for (const std::string& text : texts)
    items.emplace_back(text);
  return Value(std::move(items));
}

// Checks one Principal element and writes it into `kept`.
std::optional<std::string> check_element(const World& world, const Value& element,
                                         SeenFrom seen_from, Value& kept, Map& ids) {
  kept = element;
  if (!element.is_map()) return std::nullopt;
  Map members;
  for (const auto& [type, values] : element.as_map()) {
    std::vector<std::string> texts = texts_of(values);
    for (std::string& text : texts) {
      if (type == "AWS") {
        const auto form = keep_aws_principal(world, text, seen_from);
        if (!form) return fmt::format("\"AWS\":\"{}\"", text);
        text = *form;
        if (const std::string id = holder_id(world, text); !id.empty()) ids.set(text, id);
      } else if (type == "Service" && !service_exists(text)) {
        return fmt::format("\"SERVICE\":\"{}\"", text);
      } else if (type == "Federated" && !federated_exists(text)) {
        return fmt::format("\"Federated\":\"{}\"", text);
      }
    }
    members.set(type, texts.empty() ? values : replace_texts(values, texts));
  }
  kept = Value(std::move(members));
  return std::nullopt;
}

// The unique id under which a principal is shown, when the role it named is no more.
std::optional<std::string> stale_id(const World& world, const Map& ids, const std::string& text) {
  const Value* id = ids.find(text);
  if (!id || !id->is_string() || holder_id(world, text) == id->as_string()) return std::nullopt;
  return id->as_string();
}

Value present_element(const World& world, const Value& element, const Map& ids) {
  if (!element.is_map()) return element;
  const Value* named = element.find("AWS");
  if (!named) return element;
  std::vector<std::string> texts = texts_of(*named);
  for (std::string& text : texts) {
    if (const auto id = stale_id(world, ids, text)) text = *id;
  }
  Map members = element.as_map();
  if (!texts.empty()) members.set("AWS", replace_texts(*named, texts));
  return Value(std::move(members));
}

}  // namespace

PrincipalCheck check_principals(const World& world, const Value& document, SeenFrom seen_from) {
  PrincipalCheck check;
  List statements;
  for (const Value& statement : statements_of(document)) {
    Map members = statement.as_map();
    for (const char* name : {"Principal", "NotPrincipal"}) {
      const Value* element = members.find(name);
      if (!element) continue;
      Value kept;
      check.invalid = check_element(world, *element, seen_from, kept, check.ids);
      if (check.invalid) return check;
      members.set(name, std::move(kept));
    }
    statements.emplace_back(std::move(members));
  }
  Map whole = document.as_map();
  if (document.at("Statement").is_list()) {
    whole.set("Statement", Value(std::move(statements)));
  } else if (!statements.empty()) {
    whole.set("Statement", statements.front());
  }
  check.document = Value(std::move(whole));
  check.changed = !(check.document == document);
  return check;
}

Value present_policy(const World& world, const StoredPolicy& policy) {
  if (!has_stale_principal(world, policy)) return policy.document;
  List statements;
  for (const Value& statement : statements_of(policy.document)) {
    Map members = statement.as_map();
    for (const char* name : {"Principal", "NotPrincipal"}) {
      if (const Value* element = members.find(name)) {
        members.set(name, present_element(world, Value(*element), policy.principal_ids));
      }
    }
    statements.emplace_back(std::move(members));
  }
  Map whole = policy.document.as_map();
  whole.set("Statement", Value(std::move(statements)));
  return Value(std::move(whole));
}

bool has_stale_principal(const World& world, const StoredPolicy& policy) {
  return std::any_of(policy.principal_ids.begin(), policy.principal_ids.end(),
                     [&](const MapEntry& entry) {
                       return stale_id(world, policy.principal_ids, entry.first).has_value();
                     });
}

Value pack(const StoredPolicy& policy) {
  return Map{{"document", policy.document}, {"ids", Value(policy.principal_ids)}};
}

StoredPolicy unpack(const Value& packed) {
  StoredPolicy policy;
  policy.document = packed.at("document");
  if (packed.at("ids").is_map()) policy.principal_ids = packed.at("ids").as_map();
  return policy;
}

}  // namespace firn::sandbox::aws
