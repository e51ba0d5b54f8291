#include "providers/aws/profile.h"

#include <array>
#include <charconv>
#include <fmt/format.h>

#include "core/base/text.h"
#include "providers/aws/service.h"

namespace firn::aws {

namespace {

constexpr std::array<const Service*, 9> configured_services = {
    &service::s3,     &service::sqs,       &service::sns,    &service::iam, &service::sts,
    &service::lambda, &service::scheduler, &service::states, &service::logs};

std::string without_comment(std::string_view line) {
  // Only a '#' or ';' after white space begins a comment: secrets hold both characters.
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool starts = line[i] == '#' || line[i] == ';';
    if (starts && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t')) {
      return std::string(line.substr(0, i));
    }
  }
  return std::string(line);
}

std::string expand_home(std::string path, const std::string& home) {
  if (path.starts_with("~/")) return home + path.substr(1);
  return path;
}

// The last word of "profile dev", "sso-session work"; quotes around it are allowed.
std::optional<std::string> name_after(std::string_view section, std::string_view kind) {
  if (!section.starts_with(kind)) return std::nullopt;
  std::string_view rest = section.substr(kind.size());
  if (rest.empty() || (rest.front() != ' ' && rest.front() != '\t')) return std::nullopt;
  rest = trim(rest);
  if (rest.size() >= 2 && (rest.front() == '"' || rest.front() == '\'') &&
      rest.back() == rest.front()) {
    rest = rest.substr(1, rest.size() - 2);
  }
  return std::string(rest);
}

void merge(std::map<std::string, Section>& into, const std::string& name, const Section& keys) {
  for (const auto& [key, value] : keys)
    into[name][key] = value;
}

bool is_true(std::string_view text) {
  return equals_ignoring_case(text, "true") || text == "1";
}

Result<int> attempts_of(const std::string& text, std::string_view source) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 1) {
    return fail(ErrorKind::invalid_input, fmt::format("{} is \"{}\"", source, text),
                "it must be a whole number of at least 1", fmt::format("write {} = 3", source));
  }
  return value;
}

}  // namespace

std::string Machine::variable(std::string_view name) const {
  const auto found = environment.find(std::string(name));
  return found == environment.end() ? std::string() : found->second;
}

std::map<std::string, Section> parse_ini(std::string_view text) {
  std::map<std::string, Section> sections;
  Section* section = nullptr;
  std::string parent;  // key whose nested keys follow, indented
  for (const std::string& raw : split(text, '\n')) {
    std::string_view line = raw;
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool is_indented = !line.empty() && (line.front() == ' ' || line.front() == '\t');
    const std::string content = without_comment(line);
    const std::string_view stripped = trim(content);
    if (stripped.empty()) continue;
    if (!is_indented && stripped.front() == '[') {
      const auto end = stripped.find(']');
      if (end == std::string_view::npos) continue;
      section = &sections[std::string(trim(stripped.substr(1, end - 1)))];
      parent.clear();
      continue;
    }
    const auto equals = stripped.find('=');
    if (section == nullptr || equals == std::string_view::npos || equals == 0) continue;
    const std::string key = to_lower(trim(stripped.substr(0, equals)));
    const std::string value(trim(stripped.substr(equals + 1)));
    if (is_indented && !parent.empty()) {
      (*section)[parent + "." + key] = value;
      continue;
    }
    parent = value.empty() ? key : std::string();
    (*section)[key] = value;
  }
  return sections;
}

SharedConfiguration::SharedConfiguration(const Machine& machine, std::string profile)
    : profile_name_(std::move(profile)) {
  is_flag_ = !profile_name_.empty();
  for (const char* name : {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"}) {
    if (profile_name_.empty()) profile_name_ = machine.variable(name);
  }
  is_chosen_ = !profile_name_.empty();
  if (profile_name_.empty()) profile_name_ = "default";

  config_path_ = machine.variable("AWS_CONFIG_FILE");
  if (config_path_.empty()) config_path_ = "~/.aws/config";
  config_path_ = expand_home(config_path_, machine.home);
  credentials_path_ = machine.variable("AWS_SHARED_CREDENTIALS_FILE");
  if (credentials_path_.empty()) credentials_path_ = "~/.aws/credentials";
  credentials_path_ = expand_home(credentials_path_, machine.home);
  if (!machine.read_file) return;

  if (const auto text = machine.read_file(config_path_)) {
    for (const auto& [name, keys] : parse_ini(*text)) {
      if (name == "default") {
        merge(profiles_, name, keys);
      } else if (const auto profile_section = name_after(name, "profile")) {
        merge(profiles_, *profile_section, keys);
      } else if (const auto session = name_after(name, "sso-session")) {
        merge(sso_sessions_, *session, keys);
      } else if (const auto service_section = name_after(name, "services")) {
        merge(services_, *service_section, keys);
      }
    }
  }
  if (const auto text = machine.read_file(credentials_path_)) {
    for (const auto& [name, keys] : parse_ini(*text))
      merge(profiles_, name, keys);
  }
}

const Section* SharedConfiguration::profile(const std::string& name) const {
  const auto found = profiles_.find(name);
  return found == profiles_.end() ? nullptr : &found->second;
}

const Section* SharedConfiguration::sso_session(const std::string& name) const {
  const auto found = sso_sessions_.find(name);
  return found == sso_sessions_.end() ? nullptr : &found->second;
}

const Section* SharedConfiguration::services(const std::string& name) const {
  const auto found = services_.find(name);
  return found == services_.end() ? nullptr : &found->second;
}

std::vector<std::string> SharedConfiguration::profile_names() const {
  std::vector<std::string> names;
  for (const auto& [name, keys] : profiles_)
    names.push_back(name);
  return names;
}

std::string SharedConfiguration::setting(const std::string& key) const {
  const Section* section = profile(profile_name_);
  if (section == nullptr) return {};
  const auto found = section->find(key);
  return found == section->end() ? std::string() : found->second;
}

Result<Settings> read_settings(const Machine& machine, const SharedConfiguration& configuration) {
  if (configuration.is_chosen() && configuration.profile(configuration.profile_name()) == nullptr) {
    std::vector<std::string> names = configuration.profile_names();
    std::vector<std::string_view> candidates(names.begin(), names.end());
    std::string advice = suggestion(configuration.profile_name(), candidates);
    if (advice.empty()) advice = "run `aws configure`, or unset AWS_PROFILE";
    return fail(ErrorKind::credentials,
                fmt::format("there is no AWS profile \"{}\"", configuration.profile_name()),
                fmt::format("looked in {} and {}", configuration.config_path(),
                            configuration.credentials_path()),
                std::move(advice));
  }

  Settings settings;
  settings.region = machine.variable("AWS_REGION");
  if (settings.region.empty()) settings.region = machine.variable("AWS_DEFAULT_REGION");
  if (settings.region.empty()) settings.region = configuration.setting("region");
  settings.ca_bundle = machine.variable("AWS_CA_BUNDLE");
  if (settings.ca_bundle.empty()) settings.ca_bundle = configuration.setting("ca_bundle");

  std::string attempts = machine.variable("AWS_MAX_ATTEMPTS");
  const bool is_variable = !attempts.empty();
  if (!is_variable) attempts = configuration.setting("max_attempts");
  if (!attempts.empty()) {
    const Result<int> value =
        attempts_of(attempts, is_variable ? "AWS_MAX_ATTEMPTS" : "max_attempts");
    if (!value) return fail(value.error());
    settings.max_attempts = *value;
  }

  const bool ignore_all = is_true(machine.variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")) ||
                          is_true(configuration.setting("ignore_configured_endpoint_urls"));
  if (ignore_all) return settings;
  const Section* services = configuration.services(configuration.setting("services"));
  for (const Service* service : configured_services) {
    const std::string name(service->endpoint_name);
    std::string url = machine.variable("AWS_ENDPOINT_URL_" + name);
    // AWS_ENDPOINT_URL comes before the files; being for every service it is set below.
    if (url.empty() && machine.variable("AWS_ENDPOINT_URL").empty() && services != nullptr) {
      const auto found = services->find(to_lower(name) + ".endpoint_url");
      if (found != services->end()) url = found->second;
    }
    if (!url.empty()) settings.endpoints[name] = url;
  }
  std::string for_all = machine.variable("AWS_ENDPOINT_URL");
  if (for_all.empty()) for_all = configuration.setting("endpoint_url");
  if (!for_all.empty()) settings.endpoints[""] = for_all;
  return settings;
}

}  // namespace firn::aws
