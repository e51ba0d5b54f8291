// An environment file: where a stack goes and how its objects are named.
//
//   environment: dev
//   naming: { project: finance-de-lab, short: fdl, names: { aws.s3_bucket: "{project}-{env}" } }
//   aws: { region: eu-west-1, account: "123456789012" }         # one section per provider
//   snowflake: { account: myorg-myaccount, user: FIRN_DEPLOY }
//   state: { backend: sqlite }
//   parameters: { schedule: rate(1 hour) }
//   tags: { team: data }
//   stacks:                                                      # what holds for one stack only
//     finance: { naming: …, aws: …, snowflake: …, parameters: …, tags: … }
//
// What stands under `stacks: <name>:` wins over the file's top level, and both win over the
// stack's own `naming:` and `defaults:`.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/diagnostic.h"
#include "core/config/document.h"
#include "core/value/value.h"

namespace firn {

struct NamedNode {
  std::string_view name;
  config::Node key;
  config::Node value;
};

struct Environment {
  std::string name;
  std::shared_ptr<const config::Document> document;
  // Settings without expressions, merged over the stack's: naming, one per provider, state, tags.
  Value naming;
  std::map<std::string, Value, std::less<>> providers;  // "aws" → {region, account, …}
  Value state;
  Value tags;
  std::vector<NamedNode> parameters;  // later ones win
  // What the nodes of parameters set on the command line stand in.
  std::vector<std::shared_ptr<const config::Document>> settings;
};

// Reads the environment for `stack`; `stack_root` is the stack file's root, whose `naming:` and
// `defaults:` lie below. `provider_names` are the sections that may occur.
[[nodiscard]] std::optional<Environment> load_environment(
    const std::string& path, std::string_view stack, config::Node stack_root,
    std::span<const std::string_view> provider_names, Diagnostics& diagnostics);

// Refuses templates under `naming: { names: … }` for kinds of names and types that there are not.
void check_kinds_of_names(const Environment& environment, std::string_view stack,
                          config::Node stack_root, std::span<const std::string_view> type_names,
                          Diagnostics& diagnostics);

// Parameters from the command line, each `NAME=VALUE`, over those of the file. A parameter that the
// stack declares as a string takes the text as it stands; others are read as YAML.
void set_parameters(Environment& environment, config::Node stack_root,
                    std::span<const std::string> settings, Diagnostics& diagnostics);

}  // namespace firn
