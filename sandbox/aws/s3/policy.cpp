#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "core/base/text.h"
#include "core/value/json.h"
#include "sandbox/aws/policy/document.h"
#include "sandbox/aws/policy/principals.h"
#include "sandbox/aws/s3/operations.h"
#include "sandbox/aws/s3/public_policy.h"
#include "sandbox/aws/tags.h"

namespace firn::sandbox::aws::s3 {
namespace {

constexpr std::size_t policy_bytes = 20 * 1024;

// A fixed value of one of these keys makes a statement non-public.
constexpr std::array narrowing_keys = {"aws:principalaccount",
                                       "aws:principalarn",
                                       "aws:principalorgid",
                                       "aws:principalorgpaths",
                                       "aws:sourceaccount",
                                       "aws:sourcearn",
                                       "aws:sourceorgid",
                                       "aws:sourceip",
                                       "aws:sourcevpc",
                                       "aws:sourcevpce",
                                       "aws:sourceowner",
                                       "aws:userid",
                                       "s3:dataaccesspointaccount",
                                       "s3:dataaccesspointarn"};

bool names_everyone(const Value& statement) {
  const Value& principal = statement.at("Principal");
  if (principal.is_string()) return principal.as_string() == "*";
  const std::vector<std::string> named = texts_of(principal.at("AWS"));
  return std::find(named.begin(), named.end(), "*") != named.end();
}

bool is_narrowed(const Value& condition) {
  if (!condition.is_map()) return false;
  for (const auto& [name, keys] : condition.as_map()) {
    const bool positive = name.find("Not") == std::string::npos && name != "Null";
    if (!positive || !keys.is_map()) continue;
    for (const auto& [key, value] : keys.as_map()) {
      const bool narrows = std::find(narrowing_keys.begin(), narrowing_keys.end(), to_lower(key)) !=
                           narrowing_keys.end();
      const std::vector<std::string> values = texts_of(value);
      const bool fixed = std::none_of(values.begin(), values.end(), [](const std::string& text) {
        return text == "*" || text == "0.0.0.0/0";
      });
      if (narrows && fixed && !values.empty()) return true;
    }
  }
  return false;
}

Refusal malformed(std::string message, const std::string& detail = {}) {
  Refusal refused = refusal(400, "MalformedPolicy", std::move(message));
  if (!detail.empty()) refused.fields = {{"Detail", detail}};
  return refused;
}

std::string words_for(const PolicyProblem& problem) {
  using What = PolicyProblem::What;
  switch (problem.what) {
    case What::not_json:
      return "Policies must be valid JSON and the first byte must be '{'";
    case What::missing_statement:
      return "Missing required field Statement";
    case What::missing_effect:
      return "Missing required field Effect";
    case What::missing_action:
      return "Missing required field Action";
    case What::missing_resource:
      return "Missing required field Resource";
    case What::missing_principal:
      return "Missing required field Principal";
    case What::bad_action:
      return "Policy has invalid action";
    case What::bad_resource:
      return "Policy has invalid resource";
    case What::bad_principal:
      return "Invalid principal in policy";
    case What::bad_condition:
      return problem.message;
    default:
      return problem.subject.empty() ? "Invalid policy syntax."
                                     : fmt::format("Invalid policy syntax: {}", problem.subject);
  }
}

// Every resource must be this bucket or something in it, every action one of S3's.
void check_scope(const Value& document, const Value& bucket) {
  const std::string arn = bucket_arn(bucket);
  for (const Value& statement : statements_of(document)) {
    for (const char* member : {"Resource", "NotResource"}) {
      for (const std::string& text : texts_of(statement.at(member))) {
        if (text != arn && !text.starts_with(arn + "/")) {
          throw malformed("Policy has invalid resource", text);
        }
      }
    }
    for (const char* member : {"Action", "NotAction"}) {
      for (const std::string& text : texts_of(statement.at(member))) {
        if (text != "*" && !to_lower(text).starts_with("s3:")) {
          throw malformed("Policy has invalid action", text);
        }
      }
    }
  }
}

Refusal no_policy(const std::string& bucket) {
  Refusal refused = refusal(404, "NoSuchBucketPolicy", "The bucket policy does not exist");
  refused.fields = {{"BucketName", bucket}};
  return refused;
}

}  // namespace

bool is_public(const Value& document) {
  for (const Value& statement : statements_of(document)) {
    if (statement.string_or("Effect", "") == "Allow" && names_everyone(statement) &&
        !is_narrowed(statement.at("Condition"))) {
      return true;
    }
  }
  return false;
}

http::Response get_policy(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target, "s3:GetBucketPolicy");
  if (!has_policy(bucket)) throw no_policy(target.bucket);
  http::Response response = empty_answer();
  response.headers.set("Content-Type", "application/json");
  response.body = to_json(present_policy(call.world, policy_of(bucket)));
  return response;
}

http::Response put_policy(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target, "s3:PutBucketPolicy");
  require_checksum(call);
  const std::string& text = call.request.body;
  if (text.empty() || text.front() != '{') {
    throw malformed("Policies must be valid JSON and the first byte must be '{'");
  }
  if (text.size() > policy_bytes) {
    throw malformed("Normalized policy document exceeds the maximum allowed size of 20480 bytes.");
  }
  const auto parsed = parse_policy(text, PolicyKind::resource);
  if (const auto* problem = std::get_if<PolicyProblem>(&parsed)) {
    throw malformed(words_for(*problem), problem->subject);
  }
  const Value& document = std::get<Value>(parsed);
  check_scope(document, bucket);
  const PrincipalCheck check = check_principals(call.world, document, SeenFrom::others);
  if (check.invalid) throw malformed("Invalid principal in policy", *check.invalid);
  const bool blocks = bucket.at("public_access_block").bool_or("BlockPublicPolicy", false);
  if (blocks && is_public(document)) {
    throw refusal(403, "AccessDenied",
                  fmt::format("User: {} is not authorized to perform: s3:PutBucketPolicy on "
                              "resource: \"{}\" because public policies are prevented by the "
                              "BlockPublicPolicy setting in S3 Block Public Access.",
                              call.caller.arn, bucket_arn(bucket)));
  }
  keep_bucket(call.world, target.bucket, with(bucket, "policy", pack({check.document, check.ids})));
  return empty_answer(204);
}

http::Response delete_policy(Call& call, const Target& target) {
  const Value bucket = bucket_for(call, target, "s3:DeleteBucketPolicy");
  keep_bucket(call.world, target.bucket, without(bucket, "policy"));
  return empty_answer(204);
}

}  // namespace firn::sandbox::aws::s3
