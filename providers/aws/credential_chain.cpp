#include "providers/aws/credential_chain.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/base/text.h"

namespace firn::aws {

namespace {

constexpr Duration advisory_margin = std::chrono::minutes(15);
constexpr Duration mandatory_margin = std::chrono::minutes(10);

std::string get_key(const Section& section, const std::string& key) {
  const auto found = section.find(key);
  return found == section.end() ? std::string() : found->second;
}

}  // namespace

CredentialChain::CredentialChain(Scheduler& scheduler, http::Transport& transport, Machine machine,
                                 SharedConfiguration configuration, std::string region,
                                 std::map<std::string, std::string> endpoints)
    : scheduler_(scheduler),
      transport_(transport),
      machine_(std::move(machine)),
      configuration_(std::move(configuration)),
      region_(std::move(region)),
      endpoints_(std::move(endpoints)) {
  if (!machine_.read_file) machine_.read_file = [](const std::string&) { return std::nullopt; };
}

CredentialContext CredentialChain::context() const {
  return {&scheduler_, &transport_, &machine_, &configuration_, region_, endpoints_};
}

// A session shorter than the margins would always be stale: there a quarter of its life is enough.
CredentialChain::Age CredentialChain::age() const {
  if (!current_) return Age::stale;
  if (!current_->expires) return Age::fresh;
  const Duration life = *current_->expires - fetched_;
  const Duration left = *current_->expires - scheduler_.now();
  if (left > std::min(advisory_margin, life / 4)) return Age::fresh;
  return left > std::min(mandatory_margin, life / 8) ? Age::aging : Age::stale;
}

Task<Result<Credentials>> CredentialChain::get() {
  while (fetching_) {
    const std::shared_ptr<Event> under_way = fetching_;
    Event& gate = *under_way;  // GCC 12 would wait on a copy of `*under_way`
    co_await gate;
    if (!current_ && last_failure_) co_return Failure(*last_failure_);
  }
  const Age present = age();
  if (present == Age::fresh) {
    Credentials copy = *current_;
    co_return copy;
  }
  auto gate = std::make_shared<Event>(scheduler_);
  fetching_ = gate;
  Result<Credentials> found = co_await search();
  fetching_.reset();
  last_failure_.reset();
  if (found) {
    current_ = *found;
    fetched_ = scheduler_.now();
  } else if (present == Age::stale) {
    current_.reset();
    last_failure_ = found.error();
  }
  gate->set();
  // The old ones still hold for a while when a timely renewal fails.
  if (!found && current_) {
    Credentials copy = *current_;
    co_return copy;
  }
  co_return found;
}

// The keys that a role is assumed with: a source profile's own, however it gets them.
Task<Found> CredentialChain::from_profile_source(std::string name,
                                                 std::vector<std::string> visited) {
  const CredentialContext here = context();
  const Section* section = configuration_.profile(name);
  if (section == nullptr) {
    co_return fail(ErrorKind::credentials, fmt::format("there is no AWS profile \"{}\"", name),
                   "another profile names it as its source_profile", "add it, or correct the name");
  }
  // A profile may name itself when it has keys: they are the source of its role.
  Found keys = from_keys(*section, name);
  const bool is_own = !visited.empty() && visited.back() == name;
  if (!keys || (*keys && (is_own || get_key(*section, "role_arn").empty()))) co_return keys;
  if (std::find(visited.begin(), visited.end(), name) != visited.end()) {
    visited.push_back(name);
    co_return fail(ErrorKind::credentials, "the AWS profiles name each other in a circle",
                   "source_profile: " + join(visited, " → "), "let one of them have its own keys");
  }
  if (!get_key(*section, "role_arn").empty()) {
    Found role = co_await from_profile_role(name, std::move(visited));
    co_return role;
  }
  Section copy = *section;
  std::string profile = name;
  Found sso = co_await from_sso(here, std::move(copy), std::move(profile));
  if (!sso || *sso) co_return sso;
  Found process = from_process(machine_, *section, name);
  if (!process || *process) co_return process;
  co_return fail(ErrorKind::credentials, fmt::format("the AWS profile \"{}\" has no keys", name),
                 "another profile names it as its source_profile",
                 "give it aws_access_key_id and aws_secret_access_key, or sign in");
}

Task<Found> CredentialChain::from_profile_role(std::string name, std::vector<std::string> visited) {
  const CredentialContext here = context();
  const Section* section = configuration_.profile(name);
  if (section == nullptr) co_return std::optional<Credentials>();
  const std::string role_arn = get_key(*section, "role_arn");
  const std::string source_profile = get_key(*section, "source_profile");
  const std::string credential_source = get_key(*section, "credential_source");
  const std::string token_file = get_key(*section, "web_identity_token_file");
  if (role_arn.empty()) co_return std::optional<Credentials>();
  if (!token_file.empty()) {
    std::string session = get_key(*section, "role_session_name");
    Found found = co_await from_web_identity(here, role_arn, token_file, std::move(session));
    co_return found;
  }
  if (source_profile.empty() == credential_source.empty()) {
    co_return fail(
        ErrorKind::credentials,
        fmt::format("the AWS profile \"{}\" has a role_arn and {}", name,
                    source_profile.empty() ? "nothing to assume it with" : "two ways to assume it"),
        "exactly one of source_profile and credential_source is needed", "correct the profile");
  }

  Found source = std::optional<Credentials>();
  if (!source_profile.empty()) {
    visited.push_back(name);
    std::string next = source_profile;
    source = co_await from_profile_source(std::move(next), std::move(visited));
  } else if (credential_source == "Environment") {
    source = from_environment(machine_);
  } else if (credential_source == "EcsContainer") {
    source = co_await from_container(here);
  } else if (credential_source == "Ec2InstanceMetadata") {
    source = co_await from_instance(here);
  } else {
    co_return fail(ErrorKind::credentials,
                   fmt::format("the AWS profile \"{}\" has an unknown credential_source", name),
                   credential_source, "write Environment, Ec2InstanceMetadata or EcsContainer");
  }
  if (!source) co_return source;
  if (!*source) {
    co_return fail(ErrorKind::credentials,
                   fmt::format("the AWS profile \"{}\" has nothing to assume its role with", name),
                   fmt::format("credential_source = {} gave no credentials", credential_source),
                   "check where firn runs, or use source_profile");
  }
  Credentials keys = **source;
  Section copy = *section;
  Found assumed = co_await assume_role(here, std::move(keys), std::move(copy), name);
  co_return assumed;
}

Task<Result<Credentials>> CredentialChain::search() {
  const CredentialContext here = context();
  std::vector<std::string> tried;
  const std::string profile = configuration_.profile_name();
  const Section* section = configuration_.profile(profile);

  if (!configuration_.is_flag()) {
    const Found found = from_environment(machine_);
    if (!found) co_return fail(found.error());
    if (*found) {
      origin_ = "environment";
      co_return **found;
    }
    tried.emplace_back("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: not set");
  }

  origin_ = fmt::format("profile {}", profile);
  if (section != nullptr) {
    std::vector<std::string> visited;
    const Found role = co_await from_profile_role(profile, std::move(visited));
    if (!role) co_return fail(role.error());
    if (*role) co_return **role;
  }
  const std::string token_file = machine_.variable("AWS_WEB_IDENTITY_TOKEN_FILE");
  const std::string role_arn = machine_.variable("AWS_ROLE_ARN");
  if (!token_file.empty() && !role_arn.empty()) {
    std::string session = machine_.variable("AWS_ROLE_SESSION_NAME");
    const Found found = co_await from_web_identity(here, role_arn, token_file, std::move(session));
    if (!found) co_return fail(found.error());
    origin_ = "web identity";
    if (*found) co_return **found;
  }
  tried.emplace_back("AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN: not set");
  if (section != nullptr) {
    Section copy = *section;
    const Found sso = co_await from_sso(here, std::move(copy), profile);
    if (!sso) co_return fail(sso.error());
    if (*sso) co_return **sso;
    const Found keys = from_keys(*section, profile);
    if (!keys) co_return fail(keys.error());
    if (*keys) co_return **keys;
    const Found process = from_process(machine_, *section, profile);
    if (!process) co_return fail(process.error());
    if (*process) co_return **process;
    tried.push_back(
        fmt::format("profile \"{}\": has no keys, role, sign-in or credential_process", profile));
  } else {
    tried.push_back(fmt::format("profile \"{}\": not in {} or {}", profile,
                                configuration_.config_path(), configuration_.credentials_path()));
  }

  const Found container = co_await from_container(here);
  if (!container) co_return fail(container.error());
  origin_ = "container";
  if (*container) co_return **container;
  tried.emplace_back(
      "container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and …_FULL_URI are not set");

  const Found instance = co_await from_instance(here);
  if (!instance) co_return fail(instance.error());
  origin_ = "instance";
  if (*instance) co_return **instance;
  const bool is_off = equals_ignoring_case(machine_.variable("AWS_EC2_METADATA_DISABLED"), "true");
  tried.emplace_back(is_off ? "EC2 instance: switched off by AWS_EC2_METADATA_DISABLED"
                            : "EC2 instance: no metadata service here");
  origin_.clear();
  co_return fail(
      ErrorKind::credentials, "there are no AWS credentials",
      "looked at, in order:\n  " + join(tried, "\n  "),
      "sign in (`aws sso login`, `aws configure`), choose a profile with AWS_PROFILE, or "
      "run without a cloud: --env local or --sandbox");
}

}  // namespace firn::aws
