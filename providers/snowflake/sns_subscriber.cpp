// snowflake.sns_subscriber, a look-up. Snowflake documentation: "SYSTEM$GET_AWS_SNS_IAM_POLICY".
#include <array>

#include "core/value/json.h"
#include "providers/snowflake/look_up.h"
#include "providers/snowflake/object_type.h"

namespace firn::snowflake {
namespace {

constexpr std::array attributes = {
    Attribute{.name = "topic",
              .doc = "SNS topic that a pipe is to listen to. It need not exist yet.",
              .required = true,
              .weak = true,
              .takes = "arn",
              .example = "topic: ${coins_topic}"},
    Attribute{.name = "iam_user_arn",
              .doc = "IAM user of Snowflake's AWS account that subscribes to the topic.",
              .computed = true,
              .stand_in = snowflake_user_stand_in},
};

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  const Value& topic = inputs.at("topic");
  if (!topic.is_string() || topic.as_string().rfind("arn:", 0) == 0) return;
  problems.push_back({"topic", "not the ARN of a topic: " + topic.as_string(),
                      "Snowflake is asked about a topic by its ARN", "write ${TOPIC.arn}"});
}

constexpr ResourceType type{
    .name = "snowflake.sns_subscriber",
    .summary = "Look-up: who of Snowflake subscribes to an SNS topic.",
    .doc =
        "The topic's policy must let this IAM user do sns:Subscribe before a pipe names the topic. "
        "It can be another user than that of a storage integration.",
    .example = "  type: snowflake.sns_subscriber\n  topic: ${coins_topic}\n",
    .attributes = attributes,
    .is_lookup = true,
    .validate = validate};

Result<Statement> question(const Value& inputs) {
  const std::vector<std::string> arguments{inputs.string_or("topic", "")};
  return Statement::question("SYSTEM$GET_AWS_SNS_IAM_POLICY", arguments);
}

Result<Map> answer(const Rows& rows, const Value& inputs) {
  if (!rows.rows.empty()) {
    const auto policy = parse_json(rows.rows.front().text_at(0));
    if (policy) {
      const Value& principal = policy->at_path("Statement.0.Principal.AWS");
      const Value& only =
          principal.is_list() ? policy->at_path("Statement.0.Principal.AWS.0") : principal;
      if (is_text(only)) return Map{{"iam_user_arn", only}};
    }
  }
  Error error;
  error.kind = ErrorKind::unavailable;
  error.operation = "SYSTEM$GET_AWS_SNS_IAM_POLICY";
  error.summary = "Snowflake names no subscriber for the topic " + inputs.string_or("topic", "");
  error.detail = "the policy it answered has no principal";
  return fail(std::move(error));
}

}  // namespace

const LookUp sns_subscriber_look_up{
    .type = &type, .question = question, .answer = answer, .object = "topic"};

}  // namespace firn::snowflake
