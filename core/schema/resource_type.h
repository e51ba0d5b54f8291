// ResourceType: everything the engine knows of one kind of cloud object, as data and pure
// functions. What talks to the cloud stands in core/provider/provider.h.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/async/clock.h"
#include "core/base/diagnostic.h"
#include "core/schema/attribute.h"
#include "core/value/value.h"

namespace firn {

// Which convention a physical name follows; the forms are in core/names/names.h.
enum class NameForm : std::uint8_t {
  none,                // has no name of its own (a notification, a grant, a look-up)
  s3_bucket,           // {project}-{env}-{region}[-{resource}]
  iam,                 // {Short}{Env}{Resource}; also EventBridge rules and schedules
  aws,                 // {short}-{env}-{resource}
  snowflake_account,   // {SHORT}_{ENV}_{RESOURCE}
  snowflake_database,  // {RESOURCE}, inside a database
};

struct NameRule {
  NameForm form = NameForm::none;
  std::size_t length_max = 255;            // bytes
  std::string_view extra_characters = {};  // allowed beside A-Z a-z 0-9, for example "-_."
  bool lower_case_only = false;
  bool case_insensitive = false;  // two names that differ by case only collide (IAM)
};

// Where a resource lives: account and region in the cloud; stack, environment and address in the
// project. Snowflake types read only `account`; `partition` is aws, aws-cn or aws-us-gov.
struct Placement {
  std::string account;
  std::string region;
  std::string partition = "aws";
  std::string stack;
  std::string environment;
  std::string address;  // of the resource; empty where no single one is meant
};

// A problem that a type's own check found. `path` is dotted below the resource ("policies.read").
struct Problem {
  std::string path;
  std::string summary;
  std::string detail;
  std::string remedy;
};

// An instance of a type, as validate_together() sees it. Inputs are normalised; unknowns may occur.
struct Peer {
  std::string_view address;
  const Value* inputs = nullptr;
  std::string_view type = {};    // matters to a type that `also_sees` others
  const Map* outputs = nullptr;  // those that the plan knows
};

// A problem between two instances: told at `peer` (an index), about `other`.
struct PeerProblem {
  std::size_t peer = 0;
  Problem problem;
};

struct ResourceType {
  std::string_view name = {};     // "aws.sqs_queue"
  std::string_view summary = {};  // one line: "An SQS queue with its policy and redrive."
  std::string_view doc = {};      // Markdown paragraphs for the reference page; may be empty
  std::string_view example =
      {};  // a YAML resource block, indented by two, without the address line
  std::span<const Attribute> attributes = {};
  NameRule name_rule = {};

  bool is_lookup = false;   // read at plan time, never created or deleted
  bool holds_data = false;  // deleting the object loses data; see data_loss
  std::string_view data_loss =
      {};  // "all objects in the bucket", said before a delete or replacement
  // A replacement under the same name must not reuse the name (a topic that Snowflake subscribed
  // to, a policy that roles have attached): the new object takes the next generation of the name
  // and is created first.
  bool replace_takes_new_name = false;
  // How long a name is taken for burnt when somebody else deleted its object, and why: nobody can
  // tell any more whether it is. Zero: it is free at once.
  Duration name_held_after_loss{};
  std::string_view name_held_because = {};
  // A create under a name that still has a tombstone brings the removed object back (a secret
  // inside its recovery window), so that name is taken again and not stepped over.
  bool restores_name = false;
  // What it means for objects of this type that another cloud of the run is in another region;
  // empty: nothing. The plan says it once, as a warning.
  std::string_view distance_cost = {};
  bool taggable = false;  // carries firn's ownership as tags; `tags:` is allowed
  // By what `firn import` finds an object of a type without names: the inputs that tell it from all
  // others (a rule's bucket, prefix and suffix); and, where they do not always, what is said in the
  // place of a name ("the id of the rule").
  std::span<const std::string_view> import_by = {};
  std::string_view import_id = {};
  std::string_view scope =
      {};  // pseudo-scope for uniqueness checks of physical names, "" = per type

  // Outputs known before creation, from placement, physical name and the inputs marked `identity`
  // (which may be unknown; then so is what depends on them). Keys are a subset of the outputs
  // marked `predictable`; "name" is added by the engine.
  Map (*predict)(const Placement&, const std::string& name, const Value& inputs) = nullptr;

  // Reads local files that inputs name (a function's code folder) and adds the inputs marked
  // `derived` (its digest). Paths are relative to `base_folder`, where the YAML stands. nullptr: no
  // files.
  Value (*prepare)(const std::string& base_folder, const Value& inputs,
                   std::vector<Problem>& problems) = nullptr;

  // What the table cannot say: relations between attributes. Unknowns and secrets may occur.
  void (*validate)(const Placement&, const std::string& name, const Value& inputs,
                   std::vector<Problem>& problems) = nullptr;

  // What instances of one type say against each other: rules that overlap in one document. nullptr:
  // nothing. Names are compared by the engine.
  void (*validate_together)(std::span<const Peer> peers,
                            std::vector<PeerProblem>& problems) = nullptr;
  // Other types whose instances validate_together() is shown, too: a task graph looks at tasks.
  std::span<const std::string_view> also_sees = {};

  // The canonical form of inputs, to compare and to store: the same for what an author wrote and
  // for what the cloud shows (policy documents, type synonyms, list order). Idempotent.
  Value (*normalize)(const Value& inputs) = nullptr;

  // What the cloud shows of an attribute, in the terms of what is wanted, where the same meaning
  // can be shown in several ways: a privilege on one table, when one on all tables is wanted.
  // nullptr: as it is shown.
  Value (*in_terms_of)(std::string_view attribute, const Value& wanted,
                       const Value& shown) = nullptr;

  // What an update of `changed` (top-level attribute names) would lose, or whether it cannot be
  // done in place after all; refines `on_change` (a column widened is an update, narrowed a loss).
  // Answers the worst OnChange; `reason` and `loss` say why. nullptr: the table decides alone.
  OnChange (*judge_change)(const Value& before, const Value& after, std::string_view attribute,
                           std::string& reason, std::string& loss) = nullptr;
};

// The row of a dotted path ("lifecycle.0.prefix"), or nullptr. Numbers step into lists, any word
// into maps. Everything inside an `any` has the row of that `any`.
[[nodiscard]] const Attribute* find_attribute(const ResourceType& type, std::string_view path);

// Conformance of the table itself (unique names, defaults that parse, identity inputs that force
// replacement, …); answers sentences, empty when sound. Run by a test over every type.
[[nodiscard]] std::vector<std::string> check_table(const ResourceType& type);

}  // namespace firn
