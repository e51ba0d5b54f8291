#include "providers/aws/credential_sources.h"

#include <array>
#include <charconv>
#include <fmt/format.h>
#include <openssl/evp.h>

#include "core/async/calendar.h"
#include "core/base/digest.h"
#include "core/base/text.h"
#include "core/value/json.h"
#include "providers/aws/client.h"
#include "providers/aws/endpoint.h"

namespace firn::aws {

namespace {

constexpr std::string_view container_host = "169.254.170.2";

std::string get(const Section& section, const std::string& key) {
  const auto found = section.find(key);
  return found == section.end() ? std::string() : found->second;
}

Failure broken(std::string summary, std::string detail, std::string remedy) {
  return fail(ErrorKind::credentials, std::move(summary), std::move(detail), std::move(remedy));
}

// The name of the token cache is the SHA-1 of the session's name or start address.
std::string sha1_hex(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) {
    return {};
  }
  return hex(std::string(reinterpret_cast<const char*>(digest.data()), size));
}

ClientOptions sts_options(const CredentialContext& context) {
  ClientOptions options;
  options.placement.region = context.region.empty() ? "us-east-1" : context.region;
  options.endpoints = context.endpoints;
  return options;
}

std::string session_name(const CredentialContext& context, std::string wanted) {
  if (!wanted.empty()) return wanted;
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(context.scheduler->now().time_since_epoch());
  return fmt::format("firn-{}", seconds.count());
}

Found credentials_of_sts(const Reply& reply, std::string_view what) {
  return read_credentials(reply.at("Credentials"), what);
}

}  // namespace

std::optional<Instant> parse_iso_time(std::string_view text) {
  const auto number = [&](std::size_t from, std::size_t length) -> std::optional<int> {
    if (text.size() < from + length) return std::nullopt;
    int value = 0;
    const char* first = text.data() + from;
    const auto [end, error] = std::from_chars(first, first + length, value);
    if (error != std::errc() || end != first + length) return std::nullopt;
    return value;
  };
  const auto year = number(0, 4);
  const auto month = number(5, 2);
  const auto day = number(8, 2);
  const auto hour = number(11, 2);
  const auto minute = number(14, 2);
  const auto second = number(17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  return instant_of(*year, *month, *day, *hour, *minute, *second);
}

std::vector<std::string> split_command(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (const char c : line) {
    if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '"' || c == '\'') {
      quote = c;
      in_word = true;
    } else if (c == ' ' || c == '\t') {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (in_word) words.push_back(std::move(word));
  return words;
}

Found read_credentials(const Value& value, std::string_view what) {
  Credentials credentials;
  credentials.access_key_id = text_of(value.at("AccessKeyId"));
  credentials.secret_access_key = text_of(value.at("SecretAccessKey"));
  credentials.session_token = text_of(value.at("SessionToken"));
  if (credentials.session_token.empty()) credentials.session_token = text_of(value.at("Token"));
  credentials.expires = parse_iso_time(text_of(value.at("Expiration")));
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
    return broken(fmt::format("{} gave no AWS credentials", what),
                  "its answer has no AccessKeyId and SecretAccessKey", "check how it is set up");
  }
  return std::optional(std::move(credentials));
}

Found from_environment(const Machine& machine) {
  Credentials credentials;
  credentials.access_key_id = machine.variable("AWS_ACCESS_KEY_ID");
  credentials.secret_access_key = machine.variable("AWS_SECRET_ACCESS_KEY");
  credentials.session_token = machine.variable("AWS_SESSION_TOKEN");
  credentials.expires = parse_iso_time(machine.variable("AWS_CREDENTIAL_EXPIRATION"));
  if (credentials.access_key_id.empty() && credentials.secret_access_key.empty()) {
    return std::optional<Credentials>();
  }
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
    const bool has_id = !credentials.access_key_id.empty();
    return broken(
        "the AWS credentials in the environment are incomplete",
        fmt::format("{} is set, {} is not", has_id ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                    has_id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID"),
        "set both, or neither");
  }
  return std::optional(std::move(credentials));
}

Found from_keys(const Section& section, std::string_view profile) {
  Credentials credentials;
  credentials.access_key_id = get(section, "aws_access_key_id");
  credentials.secret_access_key = get(section, "aws_secret_access_key");
  credentials.session_token = get(section, "aws_session_token");
  if (credentials.access_key_id.empty()) return std::optional<Credentials>();
  if (credentials.secret_access_key.empty()) {
    return broken(fmt::format("the AWS profile \"{}\" is incomplete", profile),
                  "it has aws_access_key_id, but no aws_secret_access_key",
                  "add the key to ~/.aws/credentials");
  }
  return std::optional(std::move(credentials));
}

Found from_process(const Machine& machine, const Section& section, std::string_view profile) {
  const std::string line = get(section, "credential_process");
  if (line.empty()) return std::optional<Credentials>();
  const std::vector<std::string> command = split_command(line);
  const std::string what = fmt::format("the credential_process of profile \"{}\"", profile);
  if (command.empty() || !machine.run) {
    return broken(what + " cannot be run", "there is no command", "check the profile");
  }
  const Result<std::string> output = machine.run(command);
  if (!output) {
    return broken(what + " failed", output.error().summary + " " + output.error().detail,
                  fmt::format("run `{}` by hand and mend what it says", command.front()));
  }
  const Result<Value> value = parse_json(*output);
  if (!value || value->int_or("Version", 0) != 1) {
    // The output is not shown: it may hold the secret.
    return broken(what + " did not answer as it should",
                  "its output must be a JSON object with \"Version\": 1",
                  fmt::format("check `{}`", command.front()));
  }
  return read_credentials(*value, what);
}

Task<Found> from_sso(CredentialContext context, Section section, std::string profile) {
  const std::string session = get(section, "sso_session");
  std::string start_url = get(section, "sso_start_url");
  std::string region = get(section, "sso_region");
  if (session.empty() && start_url.empty()) co_return std::optional<Credentials>();
  std::string cache_name = session.empty() ? start_url : session;
  if (!session.empty()) {
    const Section* shared = context.configuration->sso_session(session);
    if (shared == nullptr) {
      co_return broken(fmt::format("there is no [sso-session {}]", session),
                       fmt::format("the AWS profile \"{}\" names it", profile),
                       "run `aws configure sso`");
    }
    region = get(*shared, "sso_region");
  }
  const std::string login = fmt::format("run `aws sso login --profile {}`", profile);
  const std::string path =
      fmt::format("{}/.aws/sso/cache/{}.json", context.machine->home, sha1_hex(cache_name));
  const std::optional<std::string> cached = context.machine->read_file(path);
  if (!cached) {
    co_return broken("nobody is signed in to AWS's single sign-on",
                     fmt::format("the AWS profile \"{}\" needs it", profile), login);
  }
  const Result<Value> token = parse_json(*cached);
  const std::string access = token ? text_of(token->at("accessToken")) : std::string();
  const auto expires = token ? parse_iso_time(text_of(token->at("expiresAt"))) : std::nullopt;
  if (access.empty() || !expires || *expires <= context.scheduler->now()) {
    co_return broken("the sign-in to AWS's single sign-on is over",
                     fmt::format("the AWS profile \"{}\" needs it", profile), login);
  }

  http::Request request;
  request.host = fmt::format("portal.sso.{}.{}", region, dns_suffix(partition_of(region)));
  request.path = "/federation/credentials";
  request.query =
      fmt::format("account_id={}&role_name={}", percent_encode(get(section, "sso_account_id")),
                  percent_encode(get(section, "sso_role_name")));
  request.headers.set("x-amz-sso_bearer_token", access);
  request.service = "sso";
  request.operation = "GetRoleCredentials";
  const Result<http::Response> response = co_await context.transport->send(std::move(request));
  if (!response) co_return fail(response.error());
  const Result<Value> answer = parse_json(response->body);
  if (response->status != 200 || !answer) {
    co_return broken(
        "AWS's single sign-on gave no credentials",
        fmt::format("HTTP status {}; the AWS profile is \"{}\"", response->status, profile), login);
  }
  const Value& role = answer->at("roleCredentials");
  Credentials credentials;
  credentials.access_key_id = text_of(role.at("accessKeyId"));
  credentials.secret_access_key = text_of(role.at("secretAccessKey"));
  credentials.session_token = text_of(role.at("sessionToken"));
  credentials.expires = Instant(std::chrono::milliseconds(role.int_or("expiration", 0)));
  co_return std::optional(std::move(credentials));
}

Task<Found> from_web_identity(CredentialContext context, std::string role_arn,
                              std::string token_file, std::string wanted_session) {
  const std::optional<std::string> token = context.machine->read_file(token_file);
  if (!token) {
    co_return broken(
        "the web identity token cannot be read", token_file,
        "check AWS_WEB_IDENTITY_TOKEN_FILE, or web_identity_token_file in the profile");
  }
  Credentials nobody;
  StaticCredentials source(nobody);
  Client client(*context.scheduler, *context.transport, source, sts_options(context));
  Map input;
  input.set("RoleArn", role_arn);
  input.set("RoleSessionName", session_name(context, std::move(wanted_session)));
  input.set("WebIdentityToken", trim(*token));
  Call call;
  call.service = &service::sts;
  call.operation = "AssumeRoleWithWebIdentity";
  call.input = Value(std::move(input));
  call.is_signed = false;
  const Result<Reply> reply = co_await client.call(std::move(call));
  if (!reply) {
    Error error = reply.error();
    error.kind = ErrorKind::credentials;
    error.summary = fmt::format("cannot assume the role {} with the web identity", role_arn);
    error.remedy =
        "check that the role's trust policy names the token's issuer, audience and subject";
    co_return Failure(std::move(error));
  }
  co_return credentials_of_sts(*reply, "sts:AssumeRoleWithWebIdentity");
}

Task<Found> assume_role(CredentialContext context, Credentials source, Section section,
                        std::string profile) {
  const std::string role_arn = get(section, "role_arn");
  if (!get(section, "mfa_serial").empty()) {
    co_return broken(fmt::format("the AWS profile \"{}\" asks for a one-time password", profile),
                     "firn asks for nothing while it runs",
                     "sign in first (`aws sso login`, or `aws sts get-session-token` with the code "
                     "and the AWS_* variables from its answer)");
  }
  StaticCredentials credentials(std::move(source));
  Client client(*context.scheduler, *context.transport, credentials, sts_options(context));
  Map input;
  input.set("RoleArn", role_arn);
  input.set("RoleSessionName", session_name(context, get(section, "role_session_name")));
  const std::string external_id = get(section, "external_id");
  if (!external_id.empty()) input.set("ExternalId", external_id);
  const std::string duration = get(section, "duration_seconds");
  if (!duration.empty()) input.set("DurationSeconds", duration);
  Call call;
  call.service = &service::sts;
  call.operation = "AssumeRole";
  call.input = Value(std::move(input));
  const Result<Reply> reply = co_await client.call(std::move(call));
  if (!reply) {
    Error error = reply.error();
    error.summary =
        fmt::format("cannot assume the role {} of the AWS profile \"{}\"", role_arn, profile);
    if (error.kind == ErrorKind::denied) {
      error.kind = ErrorKind::credentials;
      error.remedy =
          "allow sts:AssumeRole on the role for the source credentials, and name them in "
          "the role's trust policy";
    }
    co_return Failure(std::move(error));
  }
  co_return credentials_of_sts(*reply, "sts:AssumeRole");
}

Task<Found> from_container(CredentialContext context) {
  const Machine& machine = *context.machine;
  const std::string relative = machine.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  const std::string full = machine.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (relative.empty() && full.empty()) co_return std::optional<Credentials>();
  const std::string url =
      relative.empty() ? full : fmt::format("http://{}{}", container_host, relative);
  Result<http::Request> request = http::parse_url(url);
  if (!request) {
    co_return broken("the address of the container's credentials is not a URL", "",
                     "check AWS_CONTAINER_CREDENTIALS_FULL_URI");
  }
  const std::string& host = request->host;
  const bool is_local = host == container_host || host == "169.254.170.23" ||
                        host == "fd00:ec2::23" || host == "[fd00:ec2::23]" || host == "localhost" ||
                        host == "::1" || host == "[::1]" || host.starts_with("127.");
  if (request->scheme != "https" && !is_local) {
    co_return broken("the container's credentials would come over the network unencrypted",
                     fmt::format("from {}", host), "use an https address, or the local agent's");
  }
  std::string token = machine.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  const std::string token_file = machine.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  if (!token_file.empty()) {
    const std::optional<std::string> text = machine.read_file(token_file);
    if (!text) {
      co_return broken("the container's authorization token cannot be read", token_file,
                       "check AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    }
    token = std::string(trim(*text));
  }
  if (!token.empty()) request->headers.set("Authorization", token);
  request->service = "container";
  request->operation = "GetCredentials";
  request->timeout = std::chrono::seconds(5);
  http::Request prepared = std::move(*request);
  const Result<http::Response> response = co_await context.transport->send(std::move(prepared));
  if (!response) co_return fail(response.error());
  const Result<Value> value = parse_json(response->body);
  if (response->status != 200 || !value) {
    co_return broken("the container's agent gave no credentials",
                     fmt::format("HTTP status {}", response->status),
                     "check the role of the task or pod");
  }
  co_return read_credentials(*value, "the container's agent");
}

Task<Found> from_instance(CredentialContext context) {
  const Machine& machine = *context.machine;
  if (equals_ignoring_case(machine.variable("AWS_EC2_METADATA_DISABLED"), "true")) {
    co_return std::optional<Credentials>();
  }
  std::string base = machine.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  if (base.empty()) {
    const bool is_v6 =
        equals_ignoring_case(machine.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"), "ipv6");
    base = is_v6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
  }
  while (base.ends_with('/'))
    base.pop_back();
  const auto prepare = [&base](std::string_view path) {
    Result<http::Request> request = http::parse_url(base + std::string(path));
    if (request) {
      request->timeout = std::chrono::seconds(1);
      request->service = "imds";
    }
    return request;
  };

  Result<http::Request> token_request = prepare("/latest/api/token");
  if (!token_request) co_return fail(token_request.error());
  token_request->method = "PUT";
  token_request->operation = "GetToken";
  token_request->headers.set("x-aws-ec2-metadata-token-ttl-seconds", "21600");
  http::Request first = std::move(*token_request);
  const Result<http::Response> token = co_await context.transport->send(std::move(first));
  // Outside EC2 nobody answers, or something that is no metadata service.
  if (!token || token->status != 200) co_return std::optional<Credentials>();

  const std::string folder = "/latest/meta-data/iam/security-credentials/";
  Result<http::Request> role_request = prepare(folder);
  if (!role_request) co_return fail(role_request.error());
  role_request->operation = "GetRoleName";
  role_request->headers.set("x-aws-ec2-metadata-token", token->body);
  http::Request second = std::move(*role_request);
  const Result<http::Response> role = co_await context.transport->send(std::move(second));
  if (!role || role->status != 200) co_return std::optional<Credentials>();

  const std::string name(trim(role->body));
  Result<http::Request> keys_request = prepare(folder + percent_encode(name));
  if (!keys_request) co_return fail(keys_request.error());
  keys_request->operation = "GetCredentials";
  keys_request->headers.set("x-aws-ec2-metadata-token", token->body);
  http::Request third = std::move(*keys_request);
  const Result<http::Response> keys = co_await context.transport->send(std::move(third));
  if (!keys) co_return fail(keys.error());
  const Result<Value> value = parse_json(keys->body);
  if (keys->status != 200 || !value) {
    co_return broken("the instance's metadata service gave no credentials",
                     fmt::format("HTTP status {} for the role {}", keys->status, name),
                     "check the instance profile");
  }
  co_return read_credentials(*value, "the instance's metadata service");
}

}  // namespace firn::aws
