#include "sandbox/aws/wire/form.h"

#include <fmt/format.h>

#include "core/base/text.h"

namespace firn::sandbox::aws {
namespace {

std::string decode(std::string_view text) {
  return percent_decode(replace_all(std::string(text), "+", " "));
}

}  // namespace

Form Form::parse(std::string_view body) {
  std::map<std::string, std::string> fields;
  for (const std::string& pair : split(body, '&')) {
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    const std::string_view text = pair;
    std::string value;
    if (equals != std::string::npos) value = decode(text.substr(equals + 1));
    fields.insert_or_assign(decode(text.substr(0, equals)), std::move(value));
  }
  return Form(std::move(fields));
}

std::string Form::get(const std::string& name) const {
  const auto found = fields_.find(name);
  return found == fields_.end() ? std::string() : found->second;
}

std::optional<std::string> Form::find(const std::string& name) const {
  const auto found = fields_.find(name);
  if (found == fields_.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string> Form::list(const std::string& prefix) const {
  std::vector<std::string> values;
  for (int i = 1;; ++i) {
    const auto value = find(fmt::format("{}.member.{}", prefix, i));
    if (!value) return values;
    values.push_back(*value);
  }
}

Form Form::below(const std::string& prefix) const {
  std::map<std::string, std::string> fields;
  for (auto it = fields_.lower_bound(prefix); it != fields_.end() && it->first.starts_with(prefix);
       ++it) {
    fields.emplace(it->first.substr(prefix.size()), it->second);
  }
  return Form(std::move(fields));
}

std::vector<Form> Form::members(const std::string& prefix) const {
  std::vector<Form> forms;
  for (int i = 1;; ++i) {
    Form form = below(fmt::format("{}.member.{}.", prefix, i));
    if (form.fields_.empty()) return forms;
    forms.push_back(std::move(form));
  }
}

std::map<std::string, std::string> Form::entries(const std::string& prefix) const {
  std::map<std::string, std::string> values;
  for (int i = 1;; ++i) {
    const auto key = find(fmt::format("{}.entry.{}.key", prefix, i));
    if (!key) return values;
    values[*key] = get(fmt::format("{}.entry.{}.value", prefix, i));
  }
}

std::vector<std::pair<std::string, std::string>> parse_url_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& part : split(query, '&')) {
    if (part.empty()) continue;
    const auto equals = part.find('=');
    const std::string_view text = part;
    std::string value;
    if (equals != std::string::npos) value = decode(text.substr(equals + 1));
    pairs.emplace_back(decode(text.substr(0, equals)), std::move(value));
  }
  return pairs;
}

}  // namespace firn::sandbox::aws
