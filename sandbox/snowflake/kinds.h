// The kinds of object that the sandbox's Snowflake knows, as data.
// Source: Snowflake documentation, "Access control privileges", reference pages of SHOW and GRANT.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace firn::sandbox::snowflake {

enum class Kind : std::uint8_t {
  account,
  warehouse,
  database,
  schema,
  table,
  view,
  file_format,
  integration,
  stage,
  pipe,
  role,
  database_role,
  user,
  external_table,
  stream,
  task,
  procedure,
  alert
};

enum class Level : std::uint8_t { account, database, schema };

struct KindInfo {
  Kind kind;
  Level level;
  std::string_view words;       // "FILE FORMAT": as statements and CREATE privileges say it
  std::string_view plural;      // "FILE FORMATS"
  std::string_view granted_on;  // "FILE_FORMAT": as SHOW GRANTS prints it
  std::string_view noun;        // "File format": as messages say it
  std::string_view collection;  // last part of its collection in the store
  std::span<const std::string_view> privileges;  // grantable ones, without OWNERSHIP
};

[[nodiscard]] const KindInfo& info(Kind kind);
[[nodiscard]] std::span<const KindInfo> all_kinds();
// Tables, views, external tables and streams: what a query reads from. In one schema no two of them
// have the same name.
[[nodiscard]] bool is_relation(Kind kind);
// By words in the singular ("FILE FORMAT") or plural; "STORAGE INTEGRATION" and "NOTIFICATION
// INTEGRATION" are INTEGRATIONs.
[[nodiscard]] std::optional<Kind> kind_of_words(std::string_view words);
[[nodiscard]] std::optional<Kind> kind_of_plural(std::string_view words);

}  // namespace firn::sandbox::snowflake
