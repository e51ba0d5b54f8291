// Who calls functions and fills queues, and whether he may.
//
// AWS Lambda Developer Guide, "Process Amazon S3 event notifications with Lambda", "Using Lambda
// with Amazon SQS" (execution role permissions); Amazon SNS Developer Guide, "Fanout to Amazon SQS
// queues".
#include <fmt/format.h>

#include "road/beside/beside.h"
#include "road/hops/hops.h"
#include "road/policies.h"

namespace firn::road {

const Check FIRN501{
    .code = "FIRN501",
    .severity = Severity::error,
    .title = "A function may not be called by what shall call it",
    .cause =
        "No aws.lambda_permission lets the bucket or topic call the function, or it names "
        "another source.",
    .consequence =
        "S3 refuses the notification rule; SNS delivers nothing, and says so in no place "
        "that anybody looks at.",
    .mend =
        "An aws.lambda_permission with function, principal (s3.amazonaws.com, "
        "sns.amazonaws.com) and source_arn."};
const Check FIRN502{
    .code = "FIRN502",
    .severity = Severity::error,
    .title = "A queue does not take messages from what shall send them",
    .cause =
        "The queue's policy allows sqs:SendMessage neither to the bucket nor to the topic that "
        "sends, or names another source.",
    .consequence = "S3 refuses the notification rule; SNS drops the messages.",
    .mend = "senders: [\"${bucket}\"] on the aws.sqs_queue."};
const Check FIRN503{
    .code = "FIRN503",
    .severity = Severity::error,
    .title = "A function's role may not read the queue that triggers it",
    .cause = "The role lacks sqs:ReceiveMessage, sqs:DeleteMessage or sqs:GetQueueAttributes.",
    .consequence = "Lambda refuses the trigger, or, where the right is lost later, stops polling.",
    .mend = "The three actions on the queue's ARN in a policy of the aws.iam_role."};

namespace {

using aws::iam::Policies;
using aws::iam::Principal;
using aws::iam::Request;

class Callers {
 public:
  Callers(const World& world, std::vector<CheckFinding>& findings)
      : world_(world), findings_(findings) {}

  void find() {
    for (const Object* rule : world_.of_type("aws.s3_notification")) {
      const std::string source = bucket_arn(world_, text_of(*rule, "bucket"));
      call(*rule, "function", text_of(*rule, "function"), "s3.amazonaws.com", source);
      send(*rule, "queue", text_of(*rule, "queue"), "s3.amazonaws.com", source);
    }
    for (const Object* subscription : world_.of_type("aws.sns_subscription")) {
      const std::string topic = text_of(*subscription, "topic");
      const std::string endpoint = text_of(*subscription, "endpoint");
      const std::string protocol = text_of(*subscription, "protocol");
      if (protocol == "lambda") {
        call(*subscription, "endpoint", endpoint, "sns.amazonaws.com", topic);
      } else if (protocol == "sqs") {
        send(*subscription, "endpoint", endpoint, "sns.amazonaws.com", topic);
      }
    }
    for (const Object* trigger : world_.of_type("aws.lambda_event_source_mapping"))
      receive(*trigger);
  }

 private:
  void call(const Object& caller, std::string_view attribute, const std::string& arn,
            const std::string& service, const std::string& source) {
    const Object* function = world_.by_output("aws.lambda_function", "arn", arn);
    if (function == nullptr) return;
    Policies policies;
    policies.resource = policy_of_function(world_, *function);
    const auto decision =
        evaluate(request_for(world_, service, source, "lambda:InvokeFunction", arn), policies);
    if (decision.allowed) return;
    findings_.push_back(finding_at(
        FIRN501, caller, attribute,
        fmt::format("{} may not call \"{}\" for \"{}\"", service, function->address,
                    caller.address),
        describe(decision),
        fmt::format("type: aws.lambda_permission\nfunction: ${{{}}}\nprincipal: {}\nsource_arn: {}",
                    function->address, service, source)));
  }

  void send(const Object& sender, std::string_view attribute, const std::string& arn,
            const std::string& service, const std::string& source) {
    const Object* queue = world_.by_output("aws.sqs_queue", "arn", arn);
    if (queue == nullptr) return;
    const Request request = request_for(world_, service, source, "sqs:SendMessage", arn);
    Policies policies;
    policies.resource = policy_of_queue(world_, *queue);
    const auto decision = evaluate(request, policies);
    if (decision.allowed) return;
    findings_.push_back(finding_at(
        FIRN502, sender, attribute,
        fmt::format("{} may not send to \"{}\" for \"{}\"", service, queue->address,
                    sender.address),
        describe(decision), mend_text(missing_statements(request, policies), nullptr, queue)));
  }

  void receive(const Object& trigger) {
    const std::string arn = text_of(trigger, "queue");
    const Object* queue = world_.by_output("aws.sqs_queue", "arn", arn);
    const Object* function =
        world_.by_output("aws.lambda_function", "arn", text_of(trigger, "function"));
    if (queue == nullptr || function == nullptr) return;
    const Object* role = world_.by_output("aws.iam_role", "arn", text_of(*function, "role"));
    if (role == nullptr) return;
    OwnPolicies own = own_policies(world_, *role);
    if (!own.unknown.empty()) return;  // nobody here can read those
    Policies policies;
    policies.identity = std::move(own.identity);
    policies.boundary = std::move(own.boundary);
    policies.resource = policy_of_queue(world_, *queue);
    for (const char* action :
         {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}) {
      const Request request = request_by(
          world_, Principal::role_session(output_of(*role, "arn"), function->name), action, arn);
      const auto decision = evaluate(request, policies);
      if (decision.allowed) continue;
      findings_.push_back(finding_at(
          FIRN503, *role, "policies",
          fmt::format("\"{}\" lacks {} on \"{}\"", role->address, action, queue->address),
          fmt::format("\"{}\" has it trigger \"{}\".\n{}", trigger.address, function->address,
                      describe(decision)),
          mend_text(missing_statements(request, policies), role, queue)));
    }
  }

  const World& world_;
  std::vector<CheckFinding>& findings_;
};

}  // namespace

void find_barred_callers(const World& world, const std::vector<Road>&,
                         std::vector<CheckFinding>& findings) {
  Callers(world, findings).find();
}

}  // namespace firn::road
