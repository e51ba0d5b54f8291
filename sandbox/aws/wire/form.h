// The body of a query-protocol request: Action=CreateTopic&Tags.member.1.Key=…
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace firn::sandbox::aws {

class Form {
 public:
  Form() = default;
  explicit Form(std::map<std::string, std::string> fields) : fields_(std::move(fields)) {}
  // Reads application/x-www-form-urlencoded text.
  [[nodiscard]] static Form parse(std::string_view body);

  [[nodiscard]] bool has(const std::string& name) const { return fields_.count(name) != 0; }
  [[nodiscard]] std::string get(const std::string& name) const;  // "" when absent
  [[nodiscard]] std::optional<std::string> find(const std::string& name) const;
  // Values of prefix.member.1, prefix.member.2, …
  [[nodiscard]] std::vector<std::string> list(const std::string& prefix) const;
  // One form for each prefix.member.N.…
  [[nodiscard]] std::vector<Form> members(const std::string& prefix) const;
  // prefix.entry.N.key → prefix.entry.N.value
  [[nodiscard]] std::map<std::string, std::string> entries(const std::string& prefix) const;
  [[nodiscard]] const std::map<std::string, std::string>& fields() const { return fields_; }

 private:
  [[nodiscard]] Form below(const std::string& prefix) const;
  std::map<std::string, std::string> fields_;
};

// One name and value of a URL's query, decoded, in order. A name without '=' has an empty value.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> parse_url_query(
    std::string_view query);

}  // namespace firn::sandbox::aws
