#include "tests/sandbox_aws/harness.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <unistd.h>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "sandbox/store.h"

namespace firn::sandbox::testing {
namespace {

struct Address {
  std::string path;
  std::string query;
};

Address split_address(const std::string& text) {
  const auto mark = text.find('?');
  if (mark == std::string::npos) return {text, {}};
  return {text.substr(0, mark), text.substr(mark + 1)};
}

std::string between(std::string_view text, std::string_view from, std::string_view to) {
  const auto start = text.find(from);
  if (start == std::string_view::npos) return {};
  const auto begin = start + from.size();
  const auto end = text.find(to, begin);
  return std::string(text.substr(begin, end == std::string_view::npos ? end : end - begin));
}

// Names may come with a namespace before '#' and an address after ':'.
std::string short_code(std::string code) {
  code = code.substr(0, code.find(':'));
  const auto hash = code.find('#');
  return hash == std::string::npos ? code : code.substr(hash + 1);
}

// The shape that "Error responses" of each protocol's documentation shows, with all its parts.
std::string shape_of(const http::Response& response, const Reply& reply) {
  const std::string& body = response.body;
  if (body.find("<Error><Code>") != std::string::npos) {
    const bool whole = body.find("</Code><Message>") != std::string::npos &&
                       !reply.xml("RequestId").empty() &&
                       reply.xml("RequestId") == response.headers.get("x-amz-request-id") &&
                       !reply.xml("HostId").empty();
    return whole ? "s3" : "";
  }
  if (body.find("<ErrorResponse xmlns=\"") != std::string::npos) {
    const bool whole = body.find("<Error><Type>Sender</Type><Code>") != std::string::npos &&
                       !reply.xml("Message").empty() &&
                       reply.xml("RequestId") == response.headers.get("x-amzn-requestid");
    return whole ? "query" : "";
  }
  const Value json = reply.json();
  const bool has_message = !json.string_or("message", "").empty();
  if (!has_message || response.headers.get("x-amzn-requestid").empty()) return "";
  if (!response.headers.get("x-amzn-errortype").empty()) return "rest";
  return json.string_or("__type", "").empty() ? "" : "json";
}

Reply to_reply(const http::Response& response) {
  Reply reply{response.status, {}, {}, response.body, response.headers};
  if (response.status < 300) return reply;
  reply.shape = shape_of(response, reply);
  reply.code = short_code(response.headers.get("x-amzn-errortype"));
  if (reply.code.empty()) reply.code = between(response.body, "<Code>", "</Code>");
  if (reply.code.empty()) reply.code = short_code(reply.json().string_or("__type", ""));
  return reply;
}

const std::map<std::string, std::string>& target_prefixes() {
  static const std::map<std::string, std::string> prefixes = {
      {"ecr", "AmazonEC2ContainerRegistry_V20150921"},
      {"events", "AWSEvents"},
      {"monitoring", "GraniteServiceVersion20100801"},
      {"sqs", "AmazonSQS"},
      {"kms", "TrentService"},
      {"logs", "Logs_20140328"},
      {"secretsmanager", "secretsmanager"},
      {"states", "AWSStepFunctions"},
      {"tagging", "ResourceGroupsTaggingAPI_20170126"}};
  return prefixes;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Reply& reply) {
  return out << reply.status << ' ' << reply.code << '\n' << reply.body;
}

std::string Reply::xml(std::string_view name) const {
  return between(body, fmt::format("<{}>", name), fmt::format("</{}>", name));
}

void sign(http::Request& request, const Keys& keys, const std::string& service,
          const std::string& region, Instant at) {
  const std::string stamp = format_basic(at);
  const std::string payload = sha256_hex(request.body);
  request.headers.set("Host", request.authority());
  request.headers.set("X-Amz-Date", stamp);
  if (service == "s3" && !request.headers.find("x-amz-content-sha256")) {
    request.headers.set("x-amz-content-sha256", payload);
  }
  if (!keys.session_token.empty()) {
    request.headers.set("X-Amz-Security-Token", keys.session_token);
  }
  std::map<std::string, std::string> signed_headers;
  for (const auto& [name, value] : request.headers) {
    signed_headers[to_lower(name)] = std::string(trim(value));
  }
  std::vector<std::string> names;
  std::string header_lines;
  for (const auto& [name, value] : signed_headers) {
    names.push_back(name);
    header_lines += name + ":" + value + "\n";
  }
  std::vector<std::string> parameters;
  for (const std::string& part : split(request.query, '&')) {
    if (part.empty()) continue;
    parameters.push_back(part.find('=') == std::string::npos ? part + "=" : part);
  }
  std::sort(parameters.begin(), parameters.end());
  // Paths in these tests hold no dots, so encoding once more is all that S3 does not do.
  const std::string path = service == "s3" ? request.path : percent_encode(request.path, true);
  const std::string hash = service == "s3" ? request.headers.get("x-amz-content-sha256") : payload;
  const std::string canonical = request.method + "\n" + path + "\n" + join(parameters, "&") + "\n" +
                                header_lines + "\n" + join(names, ";") + "\n" + hash;
  const std::string day = stamp.substr(0, 8);
  const std::string scope = day + "/" + region + "/" + service + "/aws4_request";
  const std::string text =
      "AWS4-HMAC-SHA256\n" + stamp + "\n" + scope + "\n" + sha256_hex(canonical);
  const std::string key = hmac_sha256(
      hmac_sha256(hmac_sha256(hmac_sha256("AWS4" + keys.secret_access_key, day), region), service),
      "aws4_request");
  request.headers.set("Authorization", "AWS4-HMAC-SHA256 Credential=" + keys.access_key_id + "/" +
                                           scope + ", SignedHeaders=" + join(names, ";") +
                                           ", Signature=" + hex(hmac_sha256(key, text)));
}

Client::Client(Sandbox& sandbox, std::string account, std::string region)
    : sandbox_(sandbox), region_(std::move(region)) {
  const AwsCredentials credentials = sandbox.administrator_of(account);
  keys_ = {credentials.access_key_id, credentials.secret_access_key, {}};
}

Client::Client(Sandbox& sandbox, Keys keys, std::string region)
    : sandbox_(sandbox), keys_(std::move(keys)), region_(std::move(region)) {}

Reply Client::send_unsigned(http::Request request) {
  SeededRandom random(1);
  Scheduler scheduler(sandbox_.clock(), random);
  auto response = scheduler.run(sandbox_.aws().send(std::move(request)));
  if (!response) {
    ADD_FAILURE() << render(response.error());
    return {};
  }
  return to_reply(*response);
}

Reply Client::send(http::Request request, const std::string& service) {
  const std::string region = service == "iam" ? "us-east-1" : region_;
  sign(request, keys_, service, region, sandbox_.clock().now());
  return send_unsigned(std::move(request));
}

Reply Client::s3(const std::string& method, const std::string& bucket,
                 const std::string& path_and_query, const std::string& body,
                 const Headers& headers) {
  const Address address = split_address(path_and_query);
  http::Request request;
  request.method = method;
  request.host = fmt::format("{}{}s3.{}.amazonaws.com", bucket, bucket.empty() ? "" : ".", region_);
  request.path = address.path;
  request.query = address.query;
  request.body = body;
  if (!body.empty()) request.headers.set("Content-MD5", base64(md5(body)));
  for (const auto& [name, value] : headers) {
    if (value.empty()) {
      request.headers.erase(name);
    } else {
      request.headers.set(name, value);
    }
  }
  return send(std::move(request), "s3");
}

Reply Client::query(const std::string& service, const Form& form) {
  http::Request request;
  request.method = "POST";
  request.host =
      service == "iam" ? "iam.amazonaws.com" : fmt::format("{}.{}.amazonaws.com", service, region_);
  request.headers.set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  std::vector<std::string> pairs;
  for (const auto& [name, value] : form) {
    pairs.push_back(percent_encode(name) + "=" + percent_encode(value));
  }
  request.body = join(pairs, "&");
  return send(std::move(request), service);
}

Reply Client::json(const std::string& service, const std::string& operation, const Value& input) {
  http::Request request;
  request.method = "POST";
  request.host = fmt::format("{}.{}.amazonaws.com", service, region_);
  request.headers.set("Content-Type", "application/x-amz-json-1.0");
  request.headers.set("X-Amz-Target", target_prefixes().at(service) + "." + operation);
  request.body = to_json(input);
  return send(std::move(request), service);
}

Reply Client::rest(const std::string& service, const std::string& method,
                   const std::string& path_and_query, const Value& body) {
  const Address address = split_address(path_and_query);
  http::Request request;
  request.method = method;
  request.host = fmt::format("{}.{}.amazonaws.com", service, region_);
  request.path = address.path;
  request.query = address.query;
  request.headers.set("Content-Type", "application/json");
  if (!body.is_null()) request.body = to_json(body);
  return send(std::move(request), service);
}

std::string service_trust(const std::string& service) {
  return fmt::format(
      R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"{}"}},"Action":"sts:AssumeRole"}}]}})",
      service);
}

std::string small_zip() {
  // A local file header is enough: the sandbox looks at the first bytes and hashes the rest.
  return base64(std::string("PK\x03\x04", 4) + std::string(26, '\0') + "code");
}

SandboxTest::SandboxTest(Options options) {
  auto opened = Sandbox::open(std::move(options));
  if (!opened) {
    ADD_FAILURE() << render(opened.error());
    return;
  }
  sandbox = std::move(*opened);
  aws = std::make_unique<Client>(*sandbox, account_a);
  other = std::make_unique<Client>(*sandbox, account_b);
}

namespace {

std::string file_of_this_test() {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  // The process, so that two runs side by side do not meet.
  const auto name =
      fmt::format("firn_{}_{}_{}.sqlite", test->test_suite_name(), test->name(), getpid());
  return (std::filesystem::path(::testing::TempDir()) / replace_all(name, "/", "_")).string();
}

void remove_database(const std::string& file) {
  for (const char* end : {"", "-wal", "-shm"})
    std::filesystem::remove(file + end);
}

Options options_for_file() {
  Options options;
  options.file = file_of_this_test();
  remove_database(options.file);
  return options;
}

}  // namespace

FileTest::FileTest() : SandboxTest(options_for_file()), file_(file_of_this_test()) {}

FileTest::~FileTest() {
  aws.reset();
  other.reset();
  sandbox.reset();
  remove_database(file_);
}

void FileTest::reopen() {
  aws.reset();
  other.reset();
  sandbox.reset();
  Options options;
  options.file = file_;
  auto opened = Sandbox::open(options);
  ASSERT_TRUE(opened.has_value()) << render(opened.error());
  sandbox = std::move(*opened);
  aws = std::make_unique<Client>(*sandbox, account_a);
  other = std::make_unique<Client>(*sandbox, account_b);
}

std::string FileTest::contents() {
  EXPECT_TRUE(sandbox->save().has_value());
  // A copy, as the sandbox keeps its own file locked.
  const std::string copy = file_ + ".copy";
  remove_database(copy);
  for (const char* end : {"", "-wal"}) {
    if (std::filesystem::exists(file_ + end)) std::filesystem::copy_file(file_ + end, copy + end);
  }
  std::string text;
  {
    auto store = Store::open(copy);
    EXPECT_TRUE(store.has_value()) << render(store.error());
    if (!store) return {};
    for (const std::string& place : (*store)->collections("")) {
      if (place == "log" || place == "sandbox") continue;
      for (const auto& [key, document] : (*store)->list(place)) {
        text += fmt::format("{} {} {}\n", place, key, to_json(document));
      }
    }
  }
  remove_database(copy);
  return text;
}

void FileTest::expect_refused(const std::string& what, const std::function<Reply()>& ask,
                              const Refused& wanted) {
  SCOPED_TRACE(what);
  const std::string before = contents();
  const Reply reply = ask();
  EXPECT_EQ(reply.status, wanted.status) << reply;
  EXPECT_EQ(reply.code, wanted.code) << reply;
  EXPECT_EQ(reply.shape, wanted.shape) << reply;
  EXPECT_TRUE(reply.contains(wanted.message)) << "wanted: " << wanted.message << "\n" << reply;
  EXPECT_EQ(contents(), before);
}

Reply SandboxTest::create_bucket(const std::string& name) {
  return aws->s3("PUT", name, "/",
                 "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                 "<LocationConstraint>eu-west-1</LocationConstraint>"
                 "</CreateBucketConfiguration>");
}

std::string SandboxTest::ready_role(const std::string& name, const std::string& service,
                                    const std::string& policy) {
  EXPECT_OK(aws->query("iam", {{"Action", "CreateRole"},
                               {"Version", "2010-05-08"},
                               {"RoleName", name},
                               {"AssumeRolePolicyDocument", service_trust(service)}}));
  if (!policy.empty()) {
    EXPECT_OK(aws->query("iam", {{"Action", "PutRolePolicy"},
                                 {"Version", "2010-05-08"},
                                 {"RoleName", name},
                                 {"PolicyName", "own"},
                                 {"PolicyDocument", policy}}));
  }
  EXPECT_TRUE(sandbox->advance(std::chrono::seconds(10)).has_value());
  return fmt::format("arn:aws:iam::{}:role/{}", account_a, name);
}

}  // namespace firn::sandbox::testing
