// What requests to the sandbox's AWS are made of: forms, XML, patterns, definitions, signatures.
#include "core/http/http.h"
#include "core/value/json.h"
#include "providers/aws/reply.h"
#include "sandbox/aws/arn.h"
#include "sandbox/aws/event_pattern.h"
#include "sandbox/aws/events/pattern.h"
#include "sandbox/aws/scheduler/expression.h"
#include "sandbox/aws/signature.h"
#include "sandbox/aws/states/definition.h"
#include "sandbox/aws/wire/form.h"
#include "sandbox/aws/wire/xml.h"
#include "sandbox/snowflake/wire.h"
#include "tests/fuzz/fuzz.h"

namespace firn::fuzz {
namespace {

namespace cloud = sandbox::aws;

void check_depth(const cloud::XmlElement& element, int depth) {
  require(depth < 1000, "XML is not nested without end");
  for (const cloud::XmlElement& child : element.children)
    check_depth(child, depth + 1);
}

void check_patterns(const Value& pattern) {
  const Value event(Map{{"source", "aws.s3"}, {"detail", Map{{"key", "raw/a.csv"}, {"size", 5}}}});
  for (const bool may_nest : {false, true}) {
    const auto problem = cloud::pattern_problem(pattern, may_nest);
    require(!problem || !problem->empty(), "a problem says something");
    if (!problem) (void)cloud::fits_pattern(pattern, event);
  }
  std::string unknown;
  const auto problem = cloud::events::pattern_problem(pattern, unknown);
  if (!problem && unknown.empty()) (void)cloud::events::fits(pattern, event);
}

void check_request(std::string_view text) {
  http::Request request;
  request.method = "POST";
  request.host = "sqs.eu-west-1.amazonaws.com";
  request.headers.set("Authorization", std::string(take_line(text)));
  request.headers.set("X-Amz-Date", std::string(take_line(text)));
  request.query = std::string(take_line(text));
  request.body = text;
  (void)cloud::signing_time(request);
  if (const auto authorization = cloud::parse_authorization(request); authorization) {
    const Instant now(std::chrono::seconds(1'767'323'045));
    require(cloud::verify_signature(request, *authorization, "key", now).has_value(),
            "nobody guesses a signature");
  }
  sandbox::snowflake::StatementRequest statement;
  (void)sandbox::snowflake::check_headers(request);
  (void)sandbox::snowflake::read_statement(request, statement);
}

}  // namespace

void try_input(std::string_view input) {
  const auto form = cloud::Form::parse(input);
  for (const char* prefix : {"Tags", "Attributes"}) {
    (void)form.list(prefix);
    (void)form.members(prefix);
    (void)form.entries(prefix);
  }
  (void)cloud::parse_url_query(input);
  if (const auto element = cloud::parse_xml(input); element) check_depth(*element, 0);
  const auto escaped =
      cloud::parse_xml("<a>" + cloud::escape_xml("x" + std::string(input)) + "</a>");
  const bool is_plain = input.find_first_of(std::string_view("\0\r", 2)) == std::string_view::npos;
  if (is_plain) {
    require(escaped && escaped->text == "x" + std::string(input), "escaped text is read back");
    const auto theirs = aws::parse_xml("<a>x" + aws::escape_xml(input) + "</a>");
    require(theirs.has_value() && theirs->is_string() &&
                theirs->as_string() == "x" + std::string(input),
            "escaped text is read back");
  }
  if (const auto arn = cloud::parse_arn(input); arn)
    require(arn->text() == input, "an ARN is its parts", input);
  const std::string text(input);
  (void)cloud::scheduler::is_schedule_expression(text);
  (void)cloud::states::check_definition(input);
  if (const auto pattern = parse_json(input); pattern) check_patterns(*pattern);
  if (const auto url = http::parse_url(input); url) {
    require(url->host.find_first_of("/@?# \r\n") == std::string::npos, "a host is a host",
            url->host);
  }
  check_request(input);
}

}  // namespace firn::fuzz
