// init and version: around the work itself.
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>

#include "cli/commands.h"
#include "cli/project.h"
#include "core/value/json.h"

#include "firn_version.h"

namespace firn::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStack =
    R"(# One road: files that land under incoming/ end up as rows of a table.
#   firn plan {0} --env local      what would be made
#   firn apply {0} --env local     make it, here in the sandbox, without any account
#   firn explain                     the types of objects, `firn explain TYPE` for one
stack: {0}

resources:
  data:
    type: aws.s3_bucket
    force_destroy: true

  database:
    type: snowflake.database
  schema:
    type: snowflake.schema
    name: RAW
    database: ${{database}}
  events:
    type: snowflake.table
    schema: ${{schema}}
    columns:
      - {{ name: ID, type: VARCHAR }}
      - {{ name: AT, type: TIMESTAMP_NTZ }}
  format:
    type: snowflake.file_format
    schema: ${{schema}}
    format_type: JSON

  # The integration names a role that does not exist yet, the role trusts the user that the
  # integration brings: no circle, because Snowflake does not check the first at once.
  integration:
    type: snowflake.storage_integration
    role_arn: ${{reader.arn}}
    allowed_locations: ["s3://${{data.name}}/incoming/"]
  reader:
    type: aws.iam_role
    trust: {{ snowflake: "${{integration}}" }}
    policies:
      files: {{ s3_read: {{ bucket: "${{data}}", prefixes: [incoming/] }} }}
  stage:
    type: snowflake.stage
    schema: ${{schema}}
    url: "s3://${{data.name}}/incoming/"
    storage_integration: ${{integration}}

  subscriber:
    type: snowflake.sns_subscriber
    topic: ${{topic}}
  topic:
    type: aws.sns_topic
    publishers: ["${{data}}"]
    subscribers: ["${{subscriber.iam_user_arn}}"]
  files:
    type: aws.s3_notification
    bucket: ${{data}}
    topic: ${{topic}}
    prefix: incoming/
  pipe:
    type: snowflake.pipe
    schema: ${{schema}}
    auto_ingest: true
    sns_topic: ${{topic}}
    copy:
      into: ${{events}}
      from: ${{stage}}
      file_format: ${{format}}
      match_by_column_name: CASE_INSENSITIVE

outputs:
  drop_files_here: "s3://${{data.name}}/incoming/"
)";

constexpr std::string_view kLocal =
    R"(# Both clouds are the sandbox: no account, no server, no cost.
environment: local
aws: { target: sandbox, account: "111122223333", region: eu-west-1 }
snowflake: { target: sandbox, account: firn-local, user: FIRN_DEPLOY, role: FIRN_DEPLOYER }
)";

constexpr std::string_view kDev =
    R"(# Credentials come from AWS profiles, the environment, connections.toml …, never from this file.
environment: dev
aws: { account: "123456789012", region: eu-west-1 }
snowflake: { account: myorg-myaccount, user: FIRN_DEPLOY, role: FIRN_DEPLOYER }
)";

// Writes a new file; what exists is left as it is.
Status write_new(const fs::path& path, const std::string& text, Console& console) {
  std::error_code error;
  if (fs::exists(path, error)) {
    console.line(fmt::format("  kept    {}", path.string()));
    return Ok{};
  }
  if (!path.parent_path().empty()) fs::create_directories(path.parent_path(), error);
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) {
    return fail(ErrorKind::storage, fmt::format("cannot write {}", path.string()),
                std::strerror(errno), "run `firn init` in a folder that you may write to");
  }
  console.line(fmt::format("  written {}", path.string()));
  return Ok{};
}

}  // namespace

int run_init(const Arguments& arguments, Console& console) {
  const std::string name = arguments.stack.empty() ? "landing" : arguments.stack;
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  bool sound = !name.empty() && name[0] >= 'a' && name[0] <= 'z';
  for (const char c : name)
    sound = sound && (is_letter(c) || c == '-' || c == '_');
  if (!sound) {
    Diagnostics diagnostics;
    diagnostics.error({}, fmt::format("\"{}\" cannot name a stack", name),
                      "The name goes into the names of all objects.",
                      "use lower-case letters, digits, - and _, and begin with a letter");
    console.show(diagnostics);
    return kExitError;
  }
  const std::pair<fs::path, std::string> files[] = {
      {fs::path("stacks") / name / "stack.yaml", fmt::format(fmt::runtime(kStack), name)},
      {fs::path("environments") / "local.yaml", std::string(kLocal)},
      {fs::path("environments") / "dev.yaml", std::string(kDev)},
      {fs::path(".gitignore"), "/.firn/\n*.plan\n"},
  };
  for (const auto& [path, text] : files) {
    if (const Status written = write_new(path, text, console); !written) {
      console.show(written.error());
      return kExitError;
    }
  }
  console.line(
      fmt::format("\nNow:\n  firn plan {0} --env local\n  firn apply {0} --env local", name));
  return kExitOk;
}

int run_version(const Arguments& arguments, Console& console) {
  if (arguments.json) {
    console.line(to_json(Value(Map{{"version", Value(version)}})));
  } else {
    console.line(fmt::format("firn {}", version));
  }
  return kExitOk;
}

}  // namespace firn::cli
