// Physical names: from a convention per kind of object, carrying the environment, fitted to the
// service's length and alphabet, stable, and stepping over names that a cloud will not accept yet.
//
// A convention is a template:  {short}-{env}-{resource:kebab}
//
//   placeholders  {project} {short} {env} {region} {account} {stack} {resource}
//   styles        :raw :lower :upper :kebab :snake :upper_snake :camel :pascal
//   [ … ]         left out for the resource called `data`, the stack's main store
//
// {resource} is the address: `collector["acme"].key` gives the words collector, acme, key.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/schema/resource_type.h"
#include "core/state/state.h"

namespace firn {

struct Naming {
  std::string project;  // "finance-de-lab"
  std::string
      short_form;  // "fdl"; empty: the first letter of each word of the project, or its only word
  std::string environment;
  std::string region;
  std::string account;
  std::string stack;
  // Overrides, by type ("aws.lambda_function") or by form ("aws", "iam", "s3_bucket", …).
  std::map<std::string, std::string, std::less<>> templates;
};

// The word for a form in `naming: { names: { … } }`, and back.
[[nodiscard]] std::string_view form_name(NameForm form);
[[nodiscard]] std::optional<NameForm> form_of(std::string_view name);
[[nodiscard]] std::vector<std::string_view> form_names();

// The template in force for a type: by type, by form, or built in.
[[nodiscard]] std::string_view template_for(const Naming& naming, const ResourceType& type);

// A template's own mistakes ("unknown placeholder {env2}"), one sentence each; empty when sound.
[[nodiscard]] std::vector<std::string> check_template(std::string_view text);

// The base name (generation 1) of an address under the convention, fitted.
[[nodiscard]] std::string conventional_name(const Naming& naming, const ResourceType& type,
                                            std::string_view address);

// Makes a name acceptable: characters outside the alphabet become the form's separator, and what is
// too long is cut and ends in six characters of a digest of the whole, so that two long names do
// not meet. `reserve` bytes are kept free for a generation.
[[nodiscard]] std::string fit(const NameRule& rule, std::string_view name, std::size_t reserve = 4);

// A sentence when an author's own name is not acceptable, else nothing.
[[nodiscard]] std::optional<std::string> refuse_name(const NameRule& rule, std::string_view name);

// "fdl-dev-topic" → "fdl-dev-topic-g2", "FDLDevRole" → "FDLDevRoleG2", "FDL_DEV_DB" →
// "FDL_DEV_DB_G2".
[[nodiscard]] std::string with_generation(const NameRule& rule, std::string_view base,
                                          int generation);

// The name to create under now: the lowest generation from `at_least` on that no tombstone holds,
// or whose tombstone the type knows how to lift. Tombstones of other places do not count.
struct ChosenName {
  std::string name;
  int generation = 1;
  std::vector<Tombstone> stepped_over;  // why a lower generation was not taken
  std::optional<Tombstone> lifted;      // the object that comes back under this name
};
[[nodiscard]] ChosenName choose_name(const ResourceType& type, std::string_view base, int at_least,
                                     const std::vector<Tombstone>& tombstones, Instant now,
                                     std::string_view place = {});

}  // namespace firn
