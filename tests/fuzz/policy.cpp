// Policy documents: as the provider brings them into one form and evaluates them, and as the
// sandbox reads them.
#include <array>

#include "core/value/json.h"
#include "providers/aws/iam/evaluator.h"
#include "providers/aws/lambda_statement.h"
#include "providers/aws/policy_document.h"
#include "sandbox/aws/policy/document.h"
#include "sandbox/aws/policy/evaluate.h"
#include "tests/fuzz/fuzz.h"

namespace firn::fuzz {
namespace {

namespace cloud = sandbox::aws;

constexpr std::array kinds = {cloud::PolicyKind::identity, cloud::PolicyKind::trust,
                              cloud::PolicyKind::resource, cloud::PolicyKind::repository};

std::vector<cloud::Question> questions() {
  std::vector<cloud::Question> all;
  for (const char* action : {"s3:GetObject", "sqs:SendMessage", "sts:AssumeRole"}) {
    cloud::Question question;
    question.principal.kind = cloud::Principal::Kind::role;
    question.principal.account = "123456789012";
    question.principal.arn = "arn:aws:sts::123456789012:assumed-role/Loader/run";
    question.principal.role_arn = "arn:aws:iam::123456789012:role/Loader";
    question.principal.unique_id = "AROAEXAMPLE";
    question.action = action;
    question.resource = "arn:aws:s3:::lake/raw/a.csv";
    question.context.set("aws:SourceAccount", "123456789012");
    question.context.set("aws:SourceArn", "arn:aws:s3:::lake");
    question.context.set("aws:CurrentTime", "2026-01-02T03:04:05Z");
    question.context.set("aws:SecureTransport", "true");
    question.context.set("s3:max-keys", "10");
    question.context.set("sts:ExternalId", std::vector<std::string>{"a", "b"});
    all.push_back(std::move(question));
  }
  return all;
}

// Two documents that mean the same are judged the same.
void compare(const Value& written, const Value& normal) {
  for (const cloud::Question& question : questions()) {
    const auto before = cloud::evaluate_identity_policy(written, question);
    const auto after = cloud::evaluate_identity_policy(normal, question);
    require(before.effect == after.effect, "the normal form allows what the document allows",
            to_json(written) + "\n  " + to_json(normal));
    const auto as_resource = cloud::evaluate_resource_policy({written, {}}, question);
    const auto as_normal = cloud::evaluate_resource_policy({normal, {}}, question);
    require(as_resource.effect == as_normal.effect,
            "the normal form allows what the document allows",
            to_json(written) + "\n  " + to_json(normal));
  }
}

// The provider's evaluator reads any document, and its normal form means the same.
void evaluate(const Value& written, const Value& normal) {
  using aws::iam::DocumentKind;
  aws::iam::Request request;
  request.principal =
      aws::iam::Principal::role_session("arn:aws:iam::123456789012:role/Loader", "run");
  request.action = "s3:GetObject";
  request.resource = "arn:aws:s3:::lake/raw/a.csv";
  aws::iam::add_principal_keys(request.principal, request.context);
  request.context.set("aws:SourceArn", "arn:aws:s3:::lake");
  request.context.set("aws:CurrentTime", "2026-01-02T03:04:05Z");
  request.context.set("aws:SourceIp", "203.0.113.7");
  request.context.set("s3:max-keys", "10");
  for (const auto kind : {DocumentKind::identity, DocumentKind::resource, DocumentKind::repository,
                          DocumentKind::trust}) {
    const auto document = aws::iam::parse_document(written, kind);
    if (!document) {
      require_told(document.error());
      continue;
    }
    const auto same = aws::iam::parse_document(normal, kind);
    // The normal form leaves empty lists out, so it may say nothing any more.
    if (!same) continue;
    const auto decide = [&request, kind](const aws::iam::Document& of) {
      aws::iam::Policies policies;
      if (kind == DocumentKind::identity) {
        policies.identity = {{"fuzzed", of}};
      } else {
        policies.resource = aws::iam::Policy{"fuzzed", of};
      }
      return aws::iam::evaluate(request, policies);
    };
    const auto before = decide(*document);
    require(!aws::iam::describe(before).empty(), "a decision says something");
    require(before.allowed == decide(*same).allowed, "the normal form allows what is written",
            to_json(written) + "\n  " + to_json(normal));
  }
}

}  // namespace

void try_input(std::string_view input) {
  const Result<Value> document = parse_json(input);
  for (const auto kind : kinds) {
    const auto read = cloud::parse_policy(input, kind);
    if (const auto* problem = std::get_if<cloud::PolicyProblem>(&read)) {
      require(!problem->message.empty(), "a refusal says something");
      require(document || problem->what == cloud::PolicyProblem::What::not_json,
              "what is no JSON is refused as that", input);
      continue;
    }
    require(document.has_value(), "a policy is JSON", input);
    const Value normal = aws::normalize_policy(*document);
    const std::string text = aws::to_text(normal);
    const auto again = cloud::parse_policy(text, kind);
    require(std::holds_alternative<Value>(again), "the normal form is a policy, too", text);
    compare(std::get<Value>(read), std::get<Value>(again));
  }
  (void)aws::statements_of_policy(input);
  if (!document) return;

  const Value normal = aws::normalize_policy(*document);
  require(aws::normalize_policy(normal) == normal, "the normal form is normal", to_json(normal));
  require_stable_json(normal);
  evaluate(*document, normal);
  const Value from_text = aws::normalize_policy(Value(std::string(input)));
  if (document->is_map()) {
    require(from_text == normal, "a text and its map have one normal form",
            to_json(from_text) + "\n  " + to_json(normal));
  }
  const Value statements = aws::normalize_statements(*document);
  require(aws::normalize_statements(statements) == statements, "normal statements are normal",
          to_json(statements));
  std::vector<Problem> problems;
  for (const auto use : {aws::PolicyUse::identity, aws::PolicyUse::resource, aws::PolicyUse::trust,
                         aws::PolicyUse::repository})
    aws::check_statements(*document, use, "statements", problems);
  for (const Problem& problem : problems)
    require(!problem.summary.empty(), "a problem says something");
}

}  // namespace firn::fuzz
