// The chain of places where credentials are looked for.
#include <gtest/gtest.h>

#include "core/async/sync.h"
#include "providers/aws/credential_chain.h"
#include "tests/aws/rig.h"

namespace firn::aws {
namespace {

using test::respond;
using test::Rig;

struct Situation {
  const char* name;
  std::map<std::string, std::string> environment;
  std::map<std::string, std::string> files;
  const char* profile;  // the flag
  const char* key_id;   // "" when an error is expected
  const char* origin_or_error;
};

const char* const sts_answer =
    "<R><AssumeRoleResult><Credentials><AccessKeyId>ASSUMED</AccessKeyId>"
    "<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
    "<Expiration>2026-01-02T04:04:05Z</Expiration></Credentials></AssumeRoleResult></R>";
const char* const web_identity_answer =
    "<R><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>WEB</AccessKeyId>"
    "<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
    "<Expiration>2026-01-02T04:04:05Z</Expiration></Credentials>"
    "</AssumeRoleWithWebIdentityResult></R>";

// STS, the container's agent, the instance's metadata service and the sign-on portal in one.
Result<http::Response> world(const http::Request& request) {
  const std::string keys =
      R"({"AccessKeyId":"LOCAL","SecretAccessKey":"s","Token":"t","Expiration":"2026-01-02T09:04:05Z"})";
  if (request.service == "sts") {
    const bool is_web = request.operation == "AssumeRoleWithWebIdentity";
    EXPECT_EQ(request.headers.find("Authorization") == nullptr, is_web);
    return respond(200, is_web ? web_identity_answer : sts_answer);
  }
  if (request.host == "169.254.170.2") return respond(200, keys);
  if (request.host == "imds.example") {
    if (request.method == "PUT") return respond(200, "token");
    EXPECT_EQ(request.headers.get("x-aws-ec2-metadata-token"), "token");
    if (request.path.ends_with("/")) return respond(200, "role");
    return respond(200, keys);
  }
  if (request.service == "sso") {
    EXPECT_EQ(request.headers.get("x-amz-sso_bearer_token"), "bearer");
    return respond(200, R"({"roleCredentials":{"accessKeyId":"SSO","secretAccessKey":"s",)"
                        R"("sessionToken":"t","expiration":1767330000000}})");
  }
  return test::cut(false);
}

Machine machine_of(const Situation& setup) {
  Machine machine;
  machine.environment = setup.environment;
  machine.home = "/home/u";
  machine.read_file = [files = setup.files](const std::string& path) {
    const auto found = files.find(path);
    return found == files.end() ? std::nullopt : std::optional(found->second);
  };
  machine.run = [](const std::vector<std::string>& command) -> Result<std::string> {
    if (command == std::vector<std::string>{"/bin/give keys", "--now"}) {
      return std::string(R"({"Version":1,"AccessKeyId":"PROCESS","SecretAccessKey":"s"})");
    }
    return fail(ErrorKind::credentials, "exit code 1", "no such command");
  };
  return machine;
}

class Chain : public testing::TestWithParam<Situation> {};

TEST_P(Chain, FindsCredentials) {
  const Situation& setup = GetParam();
  Rig rig;
  rig.transport.answer = world;
  const Machine machine = machine_of(setup);
  CredentialChain chain(rig.scheduler, rig.transport, machine,
                        SharedConfiguration(machine, setup.profile), "eu-west-1", {});

  const Result<Credentials> found = rig.scheduler.run(chain.get());

  if (*setup.key_id != 0) {
    ASSERT_TRUE(found.has_value()) << found.error().summary << "\n" << found.error().detail;
    EXPECT_EQ(found->access_key_id, setup.key_id);
    EXPECT_EQ(chain.origin(), setup.origin_or_error);
  } else {
    ASSERT_FALSE(found.has_value());
    EXPECT_EQ(found.error().kind, ErrorKind::credentials);
    EXPECT_NE((found.error().summary + "\n" + found.error().detail).find(setup.origin_or_error),
              std::string::npos)
        << found.error().summary << "\n"
        << found.error().detail;
    EXPECT_FALSE(found.error().remedy.empty());
  }
}

const std::string credentials_file = "/home/u/.aws/credentials";
const std::string config_file = "/home/u/.aws/config";
const std::map<std::string, std::string> env_keys = {{"AWS_ACCESS_KEY_ID", "ENV"},
                                                     {"AWS_SECRET_ACCESS_KEY", "s"}};

const std::vector<Situation>& setups() {
  static const std::vector<Situation> all = {
      {"environment", env_keys, {}, "", "ENV", "environment"},
      {"environment_before_profile",
       env_keys,
       {{credentials_file, "[default]\naws_access_key_id=FILE\naws_secret_access_key=s\n"}},
       "",
       "ENV",
       "environment"},
      {"a_profile_by_flag_before_environment",
       env_keys,
       {{credentials_file, "[dev]\naws_access_key_id=FILE\naws_secret_access_key=s\n"}},
       "dev",
       "FILE",
       "profile dev"},
      {"half_an_environment",
       {{"AWS_ACCESS_KEY_ID", "ENV"}},
       {},
       "",
       "",
       "AWS_SECRET_ACCESS_KEY is not"},
      {"keys_of_the_default_profile",
       {},
       {{credentials_file, "[default]\naws_access_key_id=FILE\naws_secret_access_key=s\n"}},
       "",
       "FILE",
       "profile default"},
      {"a_role_through_a_source_profile",
       {{"AWS_PROFILE", "dev"}},
       {{config_file, "[profile dev]\nrole_arn=arn:r\nsource_profile=base\nexternal_id=x\n"},
        {credentials_file, "[base]\naws_access_key_id=FILE\naws_secret_access_key=s\n"}},
       "",
       "ASSUMED",
       "profile dev"},
      {"a_role_from_its_own_keys",
       {{"AWS_PROFILE", "dev"}},
       {{credentials_file,
         "[dev]\nrole_arn=arn:r\nsource_profile=dev\naws_access_key_id=FILE\n"
         "aws_secret_access_key=s\n"}},
       "",
       "ASSUMED",
       "profile dev"},
      {"roles_in_a_circle",
       {{"AWS_PROFILE", "a"}},
       {{config_file,
         "[profile a]\nrole_arn=arn:a\nsource_profile=b\n"
         "[profile b]\nrole_arn=arn:b\nsource_profile=a\n"}},
       "",
       "",
       "a → b → a"},
      {"a_role_without_source",
       {{"AWS_PROFILE", "a"}},
       {{config_file, "[profile a]\nrole_arn=arn:a\n"}},
       "",
       "",
       "nothing to assume it with"},
      {"a_role_from_the_container",
       {{"AWS_PROFILE", "a"}, {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x"}},
       {{config_file, "[profile a]\nrole_arn=arn:a\ncredential_source=EcsContainer\n"}},
       "",
       "ASSUMED",
       "profile a"},
      {"a_role_behind_a_password",
       {{"AWS_PROFILE", "a"}},
       {{config_file, "[profile a]\nrole_arn=arn:a\nsource_profile=b\nmfa_serial=m\n"},
        {credentials_file, "[b]\naws_access_key_id=FILE\naws_secret_access_key=s\n"}},
       "",
       "",
       "one-time password"},
      {"web_identity",
       {{"AWS_WEB_IDENTITY_TOKEN_FILE", "/token"}, {"AWS_ROLE_ARN", "arn:r"}},
       {{"/token", "jwt\n"}},
       "",
       "WEB",
       "web identity"},
      {"web_identity_of_the_profile",
       {{"AWS_PROFILE", "ci"}},
       {{config_file, "[profile ci]\nrole_arn=arn:r\nweb_identity_token_file=/token\n"},
        {"/token", "jwt"}},
       "",
       "WEB",
       "profile ci"},
      {"web_identity_without_its_file",
       {{"AWS_WEB_IDENTITY_TOKEN_FILE", "/token"}, {"AWS_ROLE_ARN", "arn:r"}},
       {},
       "",
       "",
       "web identity token cannot be read"},
      {"single_sign_on",
       {{"AWS_PROFILE", "corp"}},
       {{config_file,
         "[profile corp]\nsso_session=work\nsso_account_id=1\nsso_role_name=r\n"
         "[sso-session work]\nsso_region=eu-west-1\nsso_start_url=https://s\n"},
        // SHA-1 of "work"
        {"/home/u/.aws/sso/cache/e274eeff768c6396088ec6eb091f4bf4d47ab1e0.json",
         R"({"accessToken":"bearer","expiresAt":"2026-01-02T08:00:00Z"})"}},
       "",
       "SSO",
       "profile corp"},
      {"single_sign_on_nobody_signed_in",
       {{"AWS_PROFILE", "corp"}},
       {{config_file,
         "[profile corp]\nsso_session=work\nsso_account_id=1\nsso_role_name=r\n"
         "[sso-session work]\nsso_region=eu-west-1\n"}},
       "",
       "",
       "nobody is signed in"},
      {"a_process",
       {{"AWS_PROFILE", "p"}},
       {{config_file, "[profile p]\ncredential_process = \"/bin/give keys\" --now\n"}},
       "",
       "PROCESS",
       "profile p"},
      {"a_process_that_fails",
       {{"AWS_PROFILE", "p"}},
       {{config_file, "[profile p]\ncredential_process = /bin/other\n"}},
       "",
       "",
       "credential_process of profile \"p\" failed"},
      {"container",
       {{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials"}},
       {},
       "",
       "LOCAL",
       "container"},
      {"a_container_on_the_open_network",
       {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.com/x"}},
       {},
       "",
       "",
       "unencrypted"},
      {"instance",
       {{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://imds.example/"}},
       {},
       "",
       "LOCAL",
       "instance"},
      {"nothing_anywhere", {}, {}, "", "", "EC2 instance: no metadata service here"},
      {"nothing_anywhere_and_no_instance",
       {{"AWS_EC2_METADATA_DISABLED", "true"}},
       {},
       "",
       "",
       "switched off by AWS_EC2_METADATA_DISABLED"},
  };
  return all;
}

INSTANTIATE_TEST_SUITE_P(Places, Chain, testing::ValuesIn(setups()),
                         [](const auto& row) { return std::string(row.param.name); });

struct ChainRig : Rig {
  Machine machine;
  ChainRig() {
    transport.answer = world;
    machine.environment = {{"AWS_WEB_IDENTITY_TOKEN_FILE", "/token"}, {"AWS_ROLE_ARN", "arn:r"}};
    machine.read_file = [](const std::string& path) {
      return path == "/token" ? std::optional<std::string>("jwt") : std::nullopt;
    };
  }
  CredentialChain chain() {
    return {scheduler, transport, machine, SharedConfiguration(machine, ""), "eu-west-1", {}};
  }
};

TEST(CredentialChain, FetchesOnceForManyCallers) {
  ChainRig rig;
  CredentialChain chain = rig.chain();
  std::vector<Task<Result<Credentials>>> tasks;
  for (int i = 0; i < 20; ++i)
    tasks.push_back(chain.get());
  const auto found = rig.scheduler.run(when_all(rig.scheduler, std::move(tasks)));
  for (const auto& credentials : found)
    EXPECT_TRUE(credentials.has_value());
  EXPECT_EQ(rig.transport.requests.size(), 1U);
}

TEST(CredentialChain, RenewsBeforeTheEndAndNotEarlier) {
  ChainRig rig;  // credentials for one hour
  CredentialChain chain = rig.chain();
  EXPECT_TRUE(rig.scheduler.run(chain.get()).has_value());
  rig.clock.advance_to(test::start + std::chrono::minutes(40));
  EXPECT_TRUE(rig.scheduler.run(chain.get()).has_value());
  EXPECT_EQ(rig.transport.requests.size(), 1U);
  rig.clock.advance_to(test::start + std::chrono::minutes(46));
  EXPECT_TRUE(rig.scheduler.run(chain.get()).has_value());
  EXPECT_EQ(rig.transport.requests.size(), 2U);
}

TEST(CredentialChain, KeepsTheOldOnesWhenATimelyRenewalFails) {
  ChainRig rig;
  CredentialChain chain = rig.chain();
  EXPECT_TRUE(rig.scheduler.run(chain.get()).has_value());
  rig.transport.answer = [](const http::Request&) -> Result<http::Response> {
    return respond(400,
                   "<ErrorResponse><Error><Code>InvalidIdentityToken</Code></Error>"
                   "</ErrorResponse>");
  };
  rig.clock.advance_to(test::start + std::chrono::minutes(46));
  EXPECT_TRUE(rig.scheduler.run(chain.get()).has_value());
  rig.clock.advance_to(test::start + std::chrono::minutes(55));
  EXPECT_FALSE(rig.scheduler.run(chain.get()).has_value());
}

TEST(CredentialChain, FetchesAnewAfterForgetting) {
  ChainRig rig;
  CredentialChain chain = rig.chain();
  EXPECT_TRUE(rig.scheduler.run(chain.get()).has_value());
  chain.forget();
  EXPECT_TRUE(rig.scheduler.run(chain.get()).has_value());
  EXPECT_EQ(rig.transport.requests.size(), 2U);
}

TEST(CredentialChain, TellsTheWholeSearchWhenThereIsNothing) {
  Rig rig;
  rig.transport.answer = world;
  Machine machine;
  machine.home = "/home/u";
  CredentialChain chain(rig.scheduler, rig.transport, machine, SharedConfiguration(machine, ""),
                        "eu-west-1", {});
  const Result<Credentials> found = rig.scheduler.run(chain.get());
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().summary, "there are no AWS credentials");
  for (const char* place : {"AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "profile",
                            "container", "EC2 instance"}) {
    EXPECT_NE(found.error().detail.find(place), std::string::npos) << place;
  }
  EXPECT_NE(found.error().remedy.find("--sandbox"), std::string::npos);
}

TEST(Commands, AreSplitAsAShellWould) {
  EXPECT_EQ(split_command("a 'b c' \"d e\"f  g"),
            (std::vector<std::string>{"a", "b c", "d ef", "g"}));
}

}  // namespace
}  // namespace firn::aws
