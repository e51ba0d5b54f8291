#include "core/names/names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>
#include <set>

#include "core/base/digest.h"
#include "core/base/text.h"

namespace firn {
namespace {

struct Form {
  NameForm form;
  std::string_view name;
  std::string_view text;
};

constexpr std::array kForms{
    Form{NameForm::s3_bucket, "s3_bucket", "{project}-{env}-{region}[-{resource:kebab}]"},
    Form{NameForm::iam, "iam", "{short:upper}{env:pascal}{resource:pascal}"},
    Form{NameForm::aws, "aws", "{short}-{env}-{resource:kebab}"},
    Form{NameForm::snowflake_account, "snowflake_account",
         "{short:upper_snake}_{env:upper_snake}_{resource:upper_snake}"},
    Form{NameForm::snowflake_database, "snowflake_database", "{resource:upper_snake}"},
};

constexpr std::array<std::string_view, 8> kStyles{"raw",   "lower",       "upper", "kebab",
                                                  "snake", "upper_snake", "camel", "pascal"};
constexpr std::array<std::string_view, 7> kPlaceholders{"project", "short", "env",     "region",
                                                        "account", "stack", "resource"};

bool is_alphanumeric(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}
bool is_upper(char c) {
  return std::isupper(static_cast<unsigned char>(c)) != 0;
}
bool is_lower_or_digit(char c) {
  return is_alphanumeric(c) && !is_upper(c);
}

// "getDataFromApi" → get Data From Api; "coinlore_topic" → coinlore topic; "HTTPServer" → HTTP
// Server.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  const auto flush = [&] {
    if (!word.empty()) words.push_back(std::exchange(word, {}));
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!is_alphanumeric(c)) {
      flush();
      continue;
    }
    const bool after_lower = !word.empty() && is_lower_or_digit(word.back());
    const bool before_lower = i + 1 < text.size() && is_alphanumeric(text[i + 1]) &&
                              !is_upper(text[i + 1]) && !word.empty() && is_upper(word.back());
    if (is_upper(c) && (after_lower || before_lower)) flush();
    word += c;
  }
  flush();
  return words;
}

std::string capitalised(std::string word) {
  if (!word.empty()) word[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(word[0])));
  return word;
}

std::string styled(std::string_view text, std::string_view style) {
  if (style == "raw" || style.empty()) return std::string(text);
  if (style == "lower") return to_lower(text);
  if (style == "upper") return to_upper(text);
  std::vector<std::string> words = words_of(text);
  if (style == "pascal" || style == "camel") {
    // Inner capitals stay: `getDataFromApi` becomes GetDataFromApi.
    for (auto& word : words)
      word = capitalised(std::move(word));
    std::string all = join(words, "");
    if (style == "camel" && !all.empty()) {
      all[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(all[0])));
    }
    return all;
  }
  for (auto& word : words)
    word = style == "upper_snake" ? to_upper(word) : to_lower(word);
  return join(words, style == "kebab" ? "-" : "_");
}

// The initials; of a single word all of it, as one letter would tell few projects apart.
std::string short_form_of(const Naming& naming) {
  if (!naming.short_form.empty()) return naming.short_form;
  const auto words = words_of(naming.project);
  if (words.size() == 1) return to_lower(words[0]);
  std::string initials;
  for (const auto& word : words)
    initials += word[0];
  return to_lower(initials);
}

std::string placeholder(const Naming& naming, std::string_view address, std::string_view name) {
  if (name == "project") return naming.project;
  if (name == "short") return short_form_of(naming);
  if (name == "env") return naming.environment;
  if (name == "region") return naming.region;
  if (name == "account") return naming.account;
  if (name == "stack") return naming.stack;
  return std::string(address);
}

// Without the punctuation of an address: collector["acme"].key → collector_acme_key.
std::string raw_resource(std::string_view address) {
  std::string plain;
  for (const char c : address) {
    if (is_alphanumeric(c) || c == '_' || c == '-') {
      plain += c;
    } else if (!plain.empty() && plain.back() != '_') {
      plain += '_';
    }
  }
  while (!plain.empty() && plain.back() == '_')
    plain.pop_back();
  return plain;
}

std::string expand(const Naming& naming, std::string_view text, std::string_view address) {
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '[') {
      const std::size_t end = text.find(']', i);
      if (address != "data") name += expand(naming, text.substr(i + 1, end - i - 1), address);
      i = end;
    } else if (text[i] == '{') {
      const std::size_t end = text.find('}', i);
      const std::string_view inner = text.substr(i + 1, end - i - 1);
      const std::size_t colon = inner.find(':');
      const std::string_view what = inner.substr(0, colon);
      const std::string_view style =
          colon == std::string_view::npos ? std::string_view{} : inner.substr(colon + 1);
      const std::string value = placeholder(naming, address, what);
      name += what == "resource" && (style == "raw" || style.empty()) ? raw_resource(value)
                                                                      : styled(value, style);
      i = end;
    } else {
      name += text[i];
    }
  }
  return name;
}

char separator_of(NameForm form) {
  return form == NameForm::snowflake_account || form == NameForm::snowflake_database ? '_' : '-';
}

bool is_accepted(const NameRule& rule, char c) {
  if (is_alphanumeric(c)) return !(rule.lower_case_only && is_upper(c));
  return rule.extra_characters.find(c) != std::string_view::npos;
}

}  // namespace

std::string_view form_name(NameForm form) {
  const auto found = std::ranges::find(kForms, form, &Form::form);
  return found == kForms.end() ? std::string_view("none") : found->name;
}

std::optional<NameForm> form_of(std::string_view name) {
  const auto found = std::ranges::find(kForms, name, &Form::name);
  if (found == kForms.end()) return std::nullopt;
  return found->form;
}

std::vector<std::string_view> form_names() {
  std::vector<std::string_view> names;
  for (const Form& form : kForms)
    names.push_back(form.name);
  return names;
}

std::string_view template_for(const Naming& naming, const ResourceType& type) {
  if (const auto by_type = naming.templates.find(type.name); by_type != naming.templates.end()) {
    return by_type->second;
  }
  const std::string_view form = form_name(type.name_rule.form);
  if (const auto by_form = naming.templates.find(form); by_form != naming.templates.end()) {
    return by_form->second;
  }
  const auto found = std::ranges::find(kForms, type.name_rule.form, &Form::form);
  return found == kForms.end() ? std::string_view{} : found->text;
}

std::vector<std::string> check_template(std::string_view text) {
  std::vector<std::string> problems;
  bool names_resource = false;
  bool bracket_open = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '[' || text[i] == ']') {
      if ((text[i] == '[') == bracket_open) {
        problems.emplace_back("brackets must come in pairs and cannot be nested");
        return problems;
      }
      bracket_open = text[i] == '[';
      continue;
    }
    if (text[i] != '{') continue;
    const std::size_t end = text.find('}', i);
    if (end == std::string_view::npos) {
      problems.emplace_back("a placeholder is not closed with }");
      return problems;
    }
    const std::string_view inner = text.substr(i + 1, end - i - 1);
    const std::size_t colon = inner.find(':');
    const std::string_view what = inner.substr(0, colon);
    if (std::ranges::find(kPlaceholders, what) == kPlaceholders.end()) {
      problems.push_back(
          fmt::format("unknown placeholder {{{}}}: {}", what, suggestion(what, kPlaceholders)));
    }
    if (colon != std::string_view::npos) {
      const std::string_view style = inner.substr(colon + 1);
      if (std::ranges::find(kStyles, style) == kStyles.end()) {
        problems.push_back(
            fmt::format("unknown style \"{}\": {}", style, suggestion(style, kStyles)));
      }
    }
    names_resource = names_resource || what == "resource";
    i = end;
  }
  if (bracket_open) problems.emplace_back("brackets must come in pairs and cannot be nested");
  return problems;
}

std::string conventional_name(const Naming& naming, const ResourceType& type,
                              std::string_view address) {
  return fit(type.name_rule, expand(naming, template_for(naming, type), address));
}

std::string fit(const NameRule& rule, std::string_view name, std::size_t reserve) {
  const char separator = separator_of(rule.form);
  const bool has_separator = rule.extra_characters.find(separator) != std::string_view::npos;
  std::string fitted;
  for (char c : name) {
    if (rule.lower_case_only) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (is_accepted(rule, c)) {
      fitted += c;
    } else if (has_separator && !fitted.empty() && fitted.back() != separator) {
      fitted += separator;
    }
  }
  while (!fitted.empty() && fitted.back() == separator)
    fitted.pop_back();
  const std::size_t longest = rule.length_max - reserve;
  if (fitted.size() <= longest) return fitted;
  constexpr std::size_t kDigestLength = 6;
  const std::string digest = sha256_hex(name).substr(0, kDigestLength);
  std::string cut = fitted.substr(0, longest - kDigestLength - (has_separator ? 1 : 0));
  while (!cut.empty() && cut.back() == separator)
    cut.pop_back();
  if (has_separator) cut += separator;
  const bool upper =
      rule.form == NameForm::snowflake_account || rule.form == NameForm::snowflake_database;
  return cut + (upper ? to_upper(digest) : digest);
}

std::optional<std::string> refuse_name(const NameRule& rule, std::string_view name) {
  if (name.empty()) return "a name cannot be empty";
  if (name.size() > rule.length_max) {
    return fmt::format("it has {} characters, and at most {} are allowed", name.size(),
                       rule.length_max);
  }
  for (const char c : name) {
    if (!is_accepted(rule, c)) {
      return fmt::format("the character '{}' is not allowed: only {}, digits{}", c,
                         rule.lower_case_only ? "lower-case letters" : "letters",
                         rule.extra_characters.empty()
                             ? std::string()
                             : fmt::format(" and {}", rule.extra_characters));
    }
  }
  return std::nullopt;
}

std::string with_generation(const NameRule& rule, std::string_view base, int generation) {
  if (generation <= 1) return std::string(base);
  switch (rule.form) {
    case NameForm::iam:
      return fmt::format("{}G{}", base, generation);
    case NameForm::snowflake_account:
    case NameForm::snowflake_database:
      return fmt::format("{}_G{}", base, generation);
    case NameForm::none:
    case NameForm::s3_bucket:
    case NameForm::aws:
      break;
  }
  // A FIFO queue or topic must end in ".fifo": the generation goes before it.
  constexpr std::string_view kFifo = ".fifo";
  if (base.ends_with(kFifo)) {
    return fmt::format("{}-g{}{}", base.substr(0, base.size() - kFifo.size()), generation, kFifo);
  }
  return fmt::format("{}-g{}", base, generation);
}

ChosenName choose_name(const ResourceType& type, std::string_view base, int at_least,
                       const std::vector<Tombstone>& tombstones, Instant now,
                       std::string_view place) {
  ChosenName chosen;
  for (int generation = std::max(at_least, 1);; ++generation) {
    std::string name = with_generation(type.name_rule, base, generation);
    const auto burnt = std::ranges::find_if(tombstones, [&](const Tombstone& tombstone) {
      const bool is_here = tombstone.place.empty() || tombstone.place == place;
      return is_here && tombstone.type == type.name && tombstone.name == name &&
             tombstone.until > now;
    });
    const bool is_held = burnt != tombstones.end() && burnt->until == Instant::max();
    if (burnt == tombstones.end() || (type.restores_name && !is_held)) {
      if (burnt != tombstones.end()) chosen.lifted = *burnt;
      chosen.name = std::move(name);
      chosen.generation = generation;
      return chosen;
    }
    chosen.stepped_over.push_back(*burnt);
  }
}

}  // namespace firn
