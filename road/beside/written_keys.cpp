// Credentials that somebody wrote into the stack.
//
// IAM User Guide, "IAM identifiers" (prefixes of access key ids); RFC 7468 (textual encodings of
// keys).
#include <algorithm>
#include <fmt/format.h>

#include "road/beside/beside.h"

namespace firn::road {

const Check FIRN403{
    .code = "FIRN403",
    .severity = Severity::error,
    .title = "A credential stands in the stack in clear",
    .cause = "A text has the form of an access key id of AWS, or is a private key.",
    .consequence = "It is in the repository, the state and the plan, for everybody who reads them.",
    .mend =
        "Let a role or a storage integration take its place, or refer to it: "
        "${secret(\"env:NAME\")}. The one that was written must be revoked."};

namespace {

constexpr std::size_t key_id_length = 20;

bool is_key_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// What it looks like; "" for a text that is none.
std::string_view credential_in(std::string_view text) {
  if (text.find("-----BEGIN ") != text.npos && text.find("PRIVATE KEY-----") != text.npos) {
    return "a private key";
  }
  for (const std::string_view prefix : {"AKIA", "ASIA"}) {
    for (std::size_t at = text.find(prefix); at != text.npos; at = text.find(prefix, at + 1)) {
      const std::string_view id = text.substr(at, key_id_length);
      const bool begins = at == 0 || !is_key_character(text[at - 1]);
      const bool ends =
          at + key_id_length >= text.size() || !is_key_character(text[at + key_id_length]);
      if (begins && ends && id.size() == key_id_length &&
          std::ranges::all_of(id, is_key_character)) {
        return "an access key id of AWS";
      }
    }
  }
  return {};
}

void search(const Value& value, const std::string& path, const Object& object,
            std::vector<CheckFinding>& findings) {
  if (value.is_string()) {
    const std::string_view kind = credential_in(value.as_string());
    if (kind.empty()) return;
    findings.push_back(finding_at(FIRN403, object, path,
                                  fmt::format("{} of \"{}\" is {}", path, object.address, kind), {},
                                  "${secret(\"env:NAME\")} in its place; and revoke this one"));
  } else if (value.is_list()) {
    std::size_t index = 0;
    for (const Value& item : value.as_list())
      search(item, fmt::format("{}.{}", path, index++), object, findings);
  } else if (value.is_map()) {
    for (const auto& [key, item] : value.as_map())
      search(item, path.empty() ? key : path + "." + key, object, findings);
  }
}

}  // namespace

void find_written_keys(const World& world, const std::vector<Road>&,
                       std::vector<CheckFinding>& findings) {
  for (const Object& object : world.all())
    search(object.inputs, "", object, findings);
}

}  // namespace firn::road
