// The shared configuration of AWS's own tools: ~/.aws/config and ~/.aws/credentials.
//
// Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace firn::aws {

// What the provider sees of the machine it runs on. A test hands in its own.
struct Machine {
  std::map<std::string, std::string> environment;
  std::string home;  // of the user
  // The whole file, or nothing when it cannot be read.
  std::function<std::optional<std::string>(const std::string& path)> read_file;
  // Runs a `credential_process` through no shell and answers its standard output. May be empty:
  // then that setting is refused.
  std::function<Result<std::string>(const std::vector<std::string>& command)> run;

  // A variable's value; "" when unset or empty.
  [[nodiscard]] std::string variable(std::string_view name) const;
};

// Keys of a section in lower case; nested keys as "s3.addressing_style".
using Section = std::map<std::string, std::string>;

// An INI file in AWS's dialect. Section names as written ("profile dev", "default"); of a key given
// twice the last one counts. Lines that are no INI are passed over, as AWS's tools do.
[[nodiscard]] std::map<std::string, Section> parse_ini(std::string_view text);

class SharedConfiguration {
 public:
  // Reads both files; a missing file is empty. `profile` is the flag's; "" for AWS_PROFILE,
  // AWS_DEFAULT_PROFILE, then "default".
  SharedConfiguration(const Machine& machine, std::string profile);

  [[nodiscard]] const std::string& profile_name() const { return profile_name_; }
  // Whether a person or a variable chose it.
  [[nodiscard]] bool is_chosen() const { return is_chosen_; }
  [[nodiscard]] bool is_flag() const { return is_flag_; }
  // Both files' keys; of a key in both, the credentials file's. nullptr when neither has it.
  [[nodiscard]] const Section* profile(const std::string& name) const;
  [[nodiscard]] const Section* sso_session(const std::string& name) const;
  [[nodiscard]] const Section* services(const std::string& name) const;
  [[nodiscard]] std::vector<std::string> profile_names() const;
  // A key of the chosen profile; "" when absent.
  [[nodiscard]] std::string setting(const std::string& key) const;
  [[nodiscard]] const std::string& config_path() const { return config_path_; }
  [[nodiscard]] const std::string& credentials_path() const { return credentials_path_; }

 private:
  std::string profile_name_;
  bool is_chosen_ = false;
  bool is_flag_ = false;
  std::string config_path_;
  std::string credentials_path_;
  std::map<std::string, Section> profiles_;
  std::map<std::string, Section> sso_sessions_;
  std::map<std::string, Section> services_;
};

// What of it concerns the client and not the credentials.
struct Settings {
  std::string region;  // AWS_REGION, AWS_DEFAULT_REGION, the profile's; "" when none is set
  std::map<std::string, std::string> endpoints;  // as ClientOptions::endpoints
  std::string ca_bundle;                         // PEM file; "" for the system's
  int max_attempts = 6;
};
// Fails when the chosen profile does not exist, or a number is none.
[[nodiscard]] Result<Settings> read_settings(const Machine& machine,
                                             const SharedConfiguration& configuration);

}  // namespace firn::aws
