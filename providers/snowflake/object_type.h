// ObjectType: one resource type of Snowflake, as data and pure functions. The provider asks its
// listings, runs its steps and keeps all time, repetition and ownership out of it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/provider/provider.h"
#include "core/schema/resource_type.h"
#include "providers/snowflake/inventory.h"
#include "providers/snowflake/ownership.h"
#include "providers/snowflake/sql.h"

namespace firn::snowflake {

// An object as its listings show it.
struct Seen {
  bool exists = false;
  Map inputs;  // normalised; `comment` without the mark
  Map outputs;
  bool carries_mark = true;  // this kind of object has a COMMENT
  std::optional<Mark> mark;

  // Takes a stored comment apart into `comment` and the mark.
  void read_comment(std::string_view stored);
};

// What one mutating operation asks.
struct Change {
  std::string name;  // physical name, as stored
  std::string address;
  Value desired;                     // full inputs
  Value prior;                       // of an update: inputs as last applied
  std::vector<std::string> changed;  // of an update: top-level attributes that differ
  Mark mark;
  Seen now;  // of an update, for types that ask for it: what is there now
  const ResourceType* type = nullptr;
  const Inventory* around = nullptr;  // for types with `surroundings`: what they show now
  bool unfinished = false;            // of an update: see Operation::unfinished

  // An input, or the documented default when the author says nothing (any more).
  [[nodiscard]] Value wanted(std::string_view attribute) const;
  [[nodiscard]] bool is_set(std::string_view attribute) const;
  [[nodiscard]] bool has_changed(std::string_view attribute) const;
  // Any of them.
  [[nodiscard]] bool has_changed(std::initializer_list<std::string_view> attributes) const;
  // The comment to store: the author's, with the mark.
  [[nodiscard]] std::string comment() const;
};

// One statement of an operation.
struct Step {
  Statement statement;
  std::vector<std::string_view> tolerates = {};  // error codes that mean "it is so already"
  // Progress while a failure of kind not_ready is waited out; empty: it is not waited out.
  std::string_view waiting_for = {};
  // Asked again, every second, until this holds or `patience` is over (then work goes on).
  bool (*until)(const Rows& rows) = nullptr;
  Duration patience = std::chrono::seconds(60);
  std::string database = {};  // to resolve names that the author left unqualified
  std::string schema = {};
  std::string secret = {};  // a text in the statement that no message may repeat
};
using Steps = Result<std::vector<Step>>;

struct ObjectType {
  const ResourceType* type = nullptr;
  // What must be listed to see the object. Empty when the record names no place.
  std::vector<Listing> (*listings)(const ResourceRecord& record) = nullptr;
  Result<Seen> (*read)(const Inventory& inventory, const ResourceRecord& record) = nullptr;
  Steps (*create)(const Change& change) = nullptr;
  Steps (*update)(const Change& change) = nullptr;
  Steps (*remove)(const ResourceRecord& record) = nullptr;
  // What has to be listed beside, now that `listings` have answered; most types need nothing.
  std::vector<Listing> (*details)(const Inventory& inventory,
                                  const ResourceRecord& record) = nullptr;
  // What stands around an object and must be known before it is created, updated or removed: asked
  // right before, and given as Change::around or to remove_from(), which such a type has in place
  // of remove().
  std::vector<Listing> (*surroundings)(const ResourceRecord& record) = nullptr;
  Steps (*remove_from)(const ResourceRecord& record, const Inventory& around) = nullptr;
  // After a run that died while it created an object that is not there: what it left of what it did
  // first is put right. Needs `surroundings`.
  Steps (*after_lost_creation)(const ResourceRecord& record, const Inventory& around) = nullptr;
  // The same before an update alone, where it hangs on what changes.
  std::vector<Listing> (*around_update)(const Change& change) = nullptr;
  // Whether the surroundings show what a creation or an update builds on. While they do not, they
  // are asked for again: SHOW may be behind. nullptr: nothing in particular is looked for.
  bool (*is_surrounded)(const ResourceRecord& record, const Inventory& around) = nullptr;
  // Puts the mark into the comment of an object that somebody else made. nullptr: update() does, as
  // for any change of the comment.
  Steps (*claim)(const Change& change) = nullptr;
  bool reads_back = false;    // has outputs that only Snowflake knows
  bool update_reads = false;  // update() needs Change::now
};

// ---- what several types share ----

// The name of an object in a schema, a database, or the account, from its record.
[[nodiscard]] Result<ObjectName> name_in_schema(const Value& inputs, const std::string& name);
[[nodiscard]] Result<ObjectName> name_in_database(const Value& inputs, const std::string& name);
[[nodiscard]] ObjectName name_in_account(const std::string& name);

// An object of a schema, looked for in its listing: its name, and its row when it is there.
struct FoundInSchema {
  ObjectName name;
  const Row* row = nullptr;  // owned by the inventory
};
[[nodiscard]] Result<FoundInSchema> find_in_schema(const Inventory& inventory,
                                                   const ResourceRecord& record,
                                                   Listing (*listing)(const ObjectName& name));

// predict(): the output fqn. Unknown when the container is.
[[nodiscard]] Map predict_in_schema(const Placement&, const std::string& name, const Value& inputs);
[[nodiscard]] Map predict_in_database(const Placement&, const std::string& name,
                                      const Value& inputs);
[[nodiscard]] Map predict_in_account(const Placement&, const std::string& name,
                                     const Value& inputs);

// validate(): a problem when a known text at `path` is no name of that many parts.
void check_name(const Value& inputs, std::string_view path, std::size_t parts,
                std::vector<Problem>& problems);
// normalize(): the canonical spelling of a dotted name; other values unchanged.
[[nodiscard]] Value normalized_name(const Value& written);
void normalize_name_at(Map& inputs, std::string_view attribute);
void normalize_upper_at(Map& inputs, std::string_view attribute);

[[nodiscard]] bool is_text(const Value& value);
[[nodiscard]] std::vector<std::string> texts_of(const Value& list);

[[nodiscard]] Problem problem_of(std::string path, const Error& error);

// Schema rows.

// An account has one IAM user for all that it does in AWS, and one queue for all buckets of a
// region
// ("Automating Snowpipe for Amazon S3").
constexpr std::string_view snowflake_user_stand_in = "arn:aws:iam::000000000000:user/snowflake";
constexpr std::string_view notification_channel_stand_in =
    "arn:aws:sqs:{region}:000000000000:sf-snowpipe-stand-in";
constexpr Attribute comment_attribute{
    .name = "comment",
    .doc = "Comment on the object. firn appends its ownership mark, which is not shown here.",
    .default_json = "\"\"",
    .example = "comment: Loaded by the pipe of the same name"};
constexpr Attribute schema_attribute{
    .name = "schema",
    .doc = "Schema that holds the object: a reference to a snowflake.schema, or DATABASE.SCHEMA.",
    .required = true,
    .identity = true,
    .on_change = OnChange::replace,
    .on_target_replaced = OnTargetReplaced::replace,
    .takes = "fqn",
    .example = "schema: ${loading}"};
constexpr Attribute fqn_attribute{
    .name = "fqn",
    .doc = "Fully qualified name, with quotes only where a part needs them.",
    .computed = true,
    .predictable = true};

constexpr NameRule account_name_rule{
    .form = NameForm::snowflake_account, .length_max = 255, .extra_characters = "_$"};
constexpr NameRule database_name_rule{
    .form = NameForm::snowflake_database, .length_max = 255, .extra_characters = "_$"};

}  // namespace firn::snowflake
