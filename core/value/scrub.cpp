#include "core/value/scrub.h"

#include <algorithm>
#include <utility>

#include "core/base/text.h"
#include "core/value/json.h"

namespace firn {
namespace {

constexpr std::size_t shortest = 4;

void collect_leaves(const Value& value, std::vector<std::string>& secrets) {
  if (value.is_list()) {
    for (const Value& item : value.as_list())
      collect_leaves(item, secrets);
  } else if (value.is_map()) {
    for (const auto& [key, member] : value.as_map())
      collect_leaves(member, secrets);
  } else if (value.is_string()) {
    secrets.push_back(value.as_string());
  } else if (value.is_int() || value.is_number()) {
    secrets.push_back(to_json(value));
  }
}

// As it stands inside a JSON text.
std::string inside_json(const std::string& text) {
  const std::string quoted = to_json(Value(text));
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace

void collect_secrets(const Value& value, std::vector<std::string>& secrets) {
  if (!value.contains_secret()) return;
  if (value.is_secret()) {
    collect_leaves(value.reveal(), secrets);
  } else if (value.is_list()) {
    for (const Value& item : value.as_list())
      collect_secrets(item, secrets);
  } else if (value.is_map()) {
    for (const auto& [key, member] : value.as_map())
      collect_secrets(member, secrets);
  }
}

std::string without_secrets(std::string text, std::span<const std::string> secrets) {
  std::vector<std::string> forms;
  for (const std::string& secret : secrets) {
    if (secret.size() < shortest) continue;
    const std::string once = inside_json(secret);
    forms.insert(forms.end(), {secret, once, inside_json(once), percent_encode(secret)});
  }
  // The longest first: one secret may be a part of another.
  std::ranges::sort(forms, [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  forms.erase(std::unique(forms.begin(), forms.end()), forms.end());
  for (const std::string& form : forms)
    text = replace_all(std::move(text), form, "(secret)");
  return text;
}

void scrub(Error& error, std::span<const std::string> secrets) {
  if (secrets.empty()) return;
  for (std::string* text :
       {&error.summary, &error.detail, &error.remedy, &error.code, &error.request_id}) {
    *text = without_secrets(std::move(*text), secrets);
  }
}

}  // namespace firn
