// Random policies and requests over the vocabulary of the roads from S3 to Snowflake. The same seed
// gives the same.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "core/value/value.h"

namespace firn::aws::iam::test {

enum class Caller : std::uint8_t {
  user,       // of the own account
  role,       // of the own account, with a session
  root,       // of the own account
  neighbour,  // a user of another account that is here
  stranger,   // a user of an account that is not here: Snowflake's
  service,
  anonymous,
};

inline constexpr const char* own_account = "123456789012";
inline constexpr const char* other_account = "210987654321";
inline constexpr const char* foreign_account = "999999999999";

inline constexpr const char* user_arn = "arn:aws:iam::123456789012:user/ada";
inline constexpr const char* role_arn = "arn:aws:iam::123456789012:role/Loader";
inline constexpr const char* neighbour_arn = "arn:aws:iam::210987654321:user/eve";
inline constexpr const char* stranger_arn = "arn:aws:iam::999999999999:user/snow";

// One case. Documents are empty texts where there is no such policy.
struct Case {
  Caller caller = Caller::user;
  std::string service;  // of a service
  std::string action;
  std::string resource;
  std::map<std::string, std::vector<std::string>> keys;
  std::vector<std::string> identity;
  std::string boundary;
  std::string session;
  std::string resource_policy;
  bool is_trust = false;
  bool is_key = false;
};

class RandomPolicies {
 public:
  explicit RandomPolicies(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] Case one();
  // A case of a user with a single identity policy.
  [[nodiscard]] Case identity_only();

 private:
  bool chance(unsigned percent) { return random_() % 100 < percent; }
  std::string pick(const std::vector<std::string_view>& of) {
    return std::string(of[random_() % of.size()]);
  }
  Value one_or_list(const std::vector<Value>& items);
  std::string action_pattern(const std::string& action);
  std::string resource_pattern(const std::string& resource);
  Value principal();
  Value condition();
  Value statement(const Case& about, bool names_principals, bool names_resources);
  std::string document(const Case& about, bool names_principals, bool names_resources);
  void ask(Case& one);

  std::mt19937_64 random_;
};

}  // namespace firn::aws::iam::test
