// Answers of AWS, as the client takes them: XML, JSON, errors of every protocol, dates, redirects.
#include <algorithm>
#include <array>

#include "core/async/clock.h"
#include "core/async/random.h"
#include "core/async/scheduler.h"
#include "core/value/json.h"
#include "providers/aws/client.h"
#include "providers/aws/notification_document.h"
#include "tests/fuzz/fuzz.h"

namespace firn::fuzz {
namespace {

constexpr std::string_view clear = "kv81-clear";
constexpr std::array services = {&aws::service::s3, &aws::service::sqs, &aws::service::iam,
                                 &aws::service::lambda, &aws::service::kms};

// A status, header lines and, behind an empty line, the body.
http::Response response_of(std::string_view text) {
  http::Response response;
  response.status = std::clamp(number_of(take_line(text)), 100, 599);
  for (std::string_view line = take_line(text); !line.empty(); line = take_line(text)) {
    const std::size_t colon = std::min(line.find(": "), line.size());
    response.headers.add(std::string(line.substr(0, colon)),
                         std::string(line.substr(std::min(colon + 2, line.size()))));
  }
  response.body = text;
  return response;
}

// Answers in order, and again from the first.
class Answers final : public http::Transport {
 public:
  explicit Answers(std::vector<http::Response> answers) : answers_(std::move(answers)) {}
  Task<Result<http::Response>> send(http::Request request) override {
    require(request.host.find_first_of("/@ \r\n") == std::string::npos, "a host is a host",
            request.host);
    require(asked_ < 1000, "tries come to an end");
    Result<http::Response> answer = answers_[asked_++ % answers_.size()];
    co_return answer;
  }

 private:
  std::vector<http::Response> answers_;
  std::size_t asked_ = 0;
};

void check_notifications(const aws::Reply& reply) {
  const auto document = aws::NotificationDocument::from_reply(reply);
  const std::string xml = document.to_xml();
  aws::Reply again;
  const Result<Value> value = aws::parse_xml(xml);
  require(value.has_value(), "a notification document is written as XML", xml);
  again.value = *value;
  const auto same = aws::NotificationDocument::from_reply(again);
  const std::string text = same.to_xml();
  require(text == xml, "a notification document is written as it was read", xml + "\n  " + text);
}

}  // namespace

// A line with the number of the service; then responses, cut as parts_of() does.
void try_input(std::string_view input) {
  const auto service = static_cast<std::size_t>(number_of(take_line(input))) % services.size();
  std::vector<http::Response> responses;
  for (const std::string_view text : parts_of(input))
    responses.push_back(response_of(text));

  VirtualClock clock(Instant(std::chrono::seconds(1'767'323'045)));
  SeededRandom random(7);
  Scheduler scheduler(clock, random);
  Answers transport(responses);
  aws::StaticCredentials credentials({"AKIDEXAMPLE", "c2VjcmV0", "", std::nullopt});
  aws::ClientOptions options;
  options.placement.account = "123456789012";
  options.placement.region = "eu-west-1";
  aws::Client client(scheduler, transport, credentials, options);
  aws::Call call;
  call.service = services[service];
  call.operation = "GetBucketNotificationConfiguration";
  call.bucket = service == 0 ? "a-bucket" : "";
  call.changes_something = true;
  call.secrets = {std::string(clear)};
  call.wait_while = {{"InvalidParameterValueException", "assume", "Lambda may assume the role"}};
  const Result<aws::Reply> reply = scheduler.run(client.call(call));
  if (reply) {
    require_stable_json(reply->value);
    if (service == 0) check_notifications(*reply);
    for (const Value& item : reply->list("Contents"))
      (void)aws::text_at(item, "Key");
  } else {
    require_told(reply.error(), clear);
  }
}

}  // namespace firn::fuzz
