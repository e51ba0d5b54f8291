// What one Snowflake account holds: objects, grants and future grants, as documents in the Store.
//
// Objects are tied to each other by hidden numbers, not by names, as in Snowflake: so a rename
// keeps grants and contents, and a stage remembers the integration that was replaced.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/async/clock.h"
#include "core/value/value.h"
#include "sandbox/snowflake/kinds.h"
#include "sandbox/snowflake/names.h"
#include "sandbox/store.h"

namespace firn::sandbox::snowflake {

// One object: fields that every kind has, and the properties of its kind in `properties` under
// their lower-case names.
struct Object {
  Kind kind = Kind::table;
  std::int64_t id = 0;       // 0: not stored yet; the account itself
  std::int64_t parent = 0;   // database or schema; 0 for account-level objects
  std::string name;          // as it is stored
  std::int64_t owner = 0;    // id of a role or database role; 0: the system
  std::int64_t created = 0;  // nanoseconds since the epoch
  Map properties;

  [[nodiscard]] std::string text(std::string_view key, std::string_view fallback = "") const;
  [[nodiscard]] std::int64_t number(std::string_view key, std::int64_t fallback = 0) const;
  [[nodiscard]] bool flag(std::string_view key, bool fallback = false) const;
  [[nodiscard]] const Value& at(std::string_view key) const;  // a shared null when absent
  [[nodiscard]] bool has(std::string_view key) const;
};

struct GrantRow {
  Kind object_kind = Kind::table;
  std::int64_t object = 0;  // id; 0: the account
  std::string privilege;
  Kind grantee_kind = Kind::role;  // role, database_role, user
  std::int64_t grantee = 0;
  bool grant_option = false;
  std::int64_t by = 0;  // role; 0: the system
  std::int64_t created = 0;
};

struct FutureGrantRow {
  Kind scope_kind = Kind::schema;  // database, schema
  std::int64_t scope = 0;
  Kind object_kind = Kind::table;
  std::string privilege;
  Kind grantee_kind = Kind::role;
  std::int64_t grantee = 0;
  bool grant_option = false;
  std::int64_t created = 0;
};

class Catalog {
 public:
  // `account` in its canonical form (canonical_account()).
  Catalog(Store& store, std::string account);

  [[nodiscard]] const std::string& account() const { return account_; }
  [[nodiscard]] Store& store() const { return store_; }
  [[nodiscard]] bool exists() const;
  // Makes the account with its built-in roles. `region` is AWS's name.
  void create(const std::string& region, Instant now);
  // region, locator, organization, account_name, aws_account, storage_user_arn, sns_user_arn
  [[nodiscard]] Value about() const;

  [[nodiscard]] std::optional<Object> find(Kind kind, std::int64_t parent,
                                           std::string_view name) const;
  // Table or view, whichever has the name.
  [[nodiscard]] std::optional<Object> find_relation(std::int64_t parent,
                                                    std::string_view name) const;
  [[nodiscard]] std::optional<Object> by_id(Kind kind, std::int64_t id) const;
  [[nodiscard]] std::vector<Object> all(Kind kind) const;
  [[nodiscard]] std::vector<Object> children(Kind kind, std::int64_t parent) const;
  // Stores; gives a new object its id.
  void put(Object& object);
  void rename(Object& object, std::int64_t parent, const std::string& name);
  // With all that is inside, all grants on it and to it, its rows and load history. What a dropped
  // role owned passes to `heir`.
  void erase(const Object& object, std::int64_t heir);

  [[nodiscard]] NamePath path(const Object& object) const;
  [[nodiscard]] std::string printed_path(const Object& object) const;
  // Name and kind of a role or database role, for `owner` columns.
  struct RoleName {
    std::string name;
    std::string type;  // ROLE, DATABASE_ROLE
  };
  [[nodiscard]] RoleName role_name(std::int64_t id) const;

  [[nodiscard]] std::vector<GrantRow> grants() const;
  [[nodiscard]] std::vector<GrantRow> grants_on(std::int64_t object) const;
  // True when it was not there yet (a grant option is added to one that was).
  bool put_grant(const GrantRow& grant);
  bool erase_grant(const GrantRow& grant);
  [[nodiscard]] std::vector<FutureGrantRow> future_grants() const;
  bool put_future_grant(const FutureGrantRow& grant);
  bool erase_future_grant(const FutureGrantRow& grant);

  // A path below this account's: "snowflake/ACME-LAB/<part>".
  [[nodiscard]] std::string collection(std::string_view part) const;
  // A text that never comes twice, from the sandbox's seed: base64 of 32 bytes.
  [[nodiscard]] std::string fresh_token(std::string_view purpose) const;

 private:
  [[nodiscard]] std::string object_collection(Kind kind) const;

  Store& store_;
  std::string account_;
};

// The label that names an account, in one form: "acme_lab.eu-west-1" → "ACME-LAB".
[[nodiscard]] std::string canonical_account(std::string_view account);
// Every account of the store.
[[nodiscard]] std::vector<std::string> accounts_of(const Store& store);

}  // namespace firn::sandbox::snowflake
