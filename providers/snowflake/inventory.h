// Inventory: the answers of the listings that a look at many objects needs, each asked once.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/async/task.h"
#include "core/base/result.h"
#include "providers/snowflake/client.h"
#include "providers/snowflake/sql.h"

namespace firn::snowflake {

// Snowflake documentation, "SHOW <objects>": no command lists more.
constexpr std::size_t listed_rows_max = 10'000;

// A statement that shows objects, and narrower ones for when its answer is cut off.
struct Listing {
  std::vector<Statement> forms;  // widest first; never empty
};

class Inventory {
 public:
  void add(const Statement& statement, Result<Rows> rows);
  void add(Inventory other);

  // The rows of the widest form that was asked and is whole. nullptr: what the listing looks into
  // does not exist (or the role cannot see it). Fails when asking failed or every form is cut off.
  [[nodiscard]] Result<const Rows*> rows(const Listing& listing) const;
  // The next form to ask for this listing; nullptr when it is answered (or cannot be).
  [[nodiscard]] const Statement* missing(const Listing& listing) const;

 private:
  std::map<std::string, Result<Rows>> answers_;  // by statement
};

// Asks what the listings need: all widest forms at the same time, then narrower ones of those that
// came back cut off. `narrowest`: only the last form of each, for a look at one object.
enum class Width : std::uint8_t { widest, narrowest };
Task<Inventory> take_inventory(Client& client, std::vector<Listing> listings, Width width);

// The first row in which each of these columns is exactly this text; nullptr when there is none.
struct Match {
  std::string_view column;
  std::string_view text;
};
[[nodiscard]] const Row* find_row(const Rows& rows, std::initializer_list<Match> matches);

// ---- the listings ----

// Account-level objects: `SHOW ROLES`, then `SHOW ROLES LIKE 'name'`.
[[nodiscard]] Listing show_in_account(Keyword show, std::string_view name);
// Objects of a database: `SHOW SCHEMAS IN DATABASE d`, then `… LIKE 'name' IN DATABASE d`.
[[nodiscard]] Listing show_in_database(Keyword show, const ObjectName& database,
                                       std::string_view name);
// Objects of a schema: in the database, in the schema, then LIKE in the schema.
[[nodiscard]] Listing show_in_schema(Keyword show, const ObjectName& object);
// Parts of a table (columns, keys): in the database, in the schema, in the table.
[[nodiscard]] Listing show_parts(Keyword show, const ObjectName& table);

}  // namespace firn::snowflake
