// Attribute: one row of a resource type's schema table.
//
// From these rows come validation, diffing, graph edges, `firn explain`, the JSON Schema for
// editors and the reference pages. Before adding a function to a resource type, ask whether a
// column here can say the same.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace firn {

enum class AttributeKind : std::uint8_t {
  string,
  integer,
  number,
  boolean,
  list,    // of `element`
  map,     // of text keys to `element`
  object,  // of `fields`
  any,     // any value: JSON-like documents
};

// What a change of this attribute costs on an existing object.
enum class OnChange : std::uint8_t {
  update,               // changed in place
  replace,              // the object is made anew; nothing that people would miss goes with it
  replace_losing_data,  // the object is made anew and its data is lost (see `loss`)
};

// What must happen to this object when the object it refers to through this attribute is replaced,
// even though the text of the attribute stays the same (links by hidden id, containment).
enum class OnTargetReplaced : std::uint8_t { nothing, update, replace };

struct Attribute {
  std::string_view name = {};
  AttributeKind kind = AttributeKind::string;
  std::string_view doc = {};  // one or two sentences; first word capitalised, ends with a full stop

  bool required = false;
  bool computed = false;     // an output: the cloud gives it, an author may not set it
  bool predictable = false;  // of an output: a pure function of scope, name and identity inputs
  bool identity = false;     // of an input: predict() needs it (containers: database, schema, path)
  bool secret = false;       // never stored or printed; compared by keyed digest
  bool weak = false;         // the cloud does not check that what this refers to exists: no edge
  bool exercises = false;    // creating this object uses what this refers to, so it also waits for
                             // everything that object refers to weakly, however far away
  bool unordered = false;    // of a list: order carries no meaning, compare as a set
  bool derived = false;  // an input that prepare() fills from local files; an author may not set it
  bool chosen_by_cloud = false;  // an input that is also an output: the cloud chooses a value when
                                 // the author gives none (a storage integration's external id)
  bool write_only = false;       // the cloud never shows it: drift cannot be seen
  // Objects of this type open the target to others (a function's permissions): this object waits
  // for all of them that refer to the same target, although it names none of them.
  std::string_view permitted_by = {};
  OnChange on_change = OnChange::update;
  OnTargetReplaced on_target_replaced = OnTargetReplaced::nothing;
  // The object is broken by an in-place change of this attribute of what it refers to through this
  // attribute, and must be replaced then: a pipe stops when its stage's `url` is altered.
  std::string_view broken_by_change_of = {};
  // Whatever is done to the target (made anew, changed in place), this object is updated after it:
  // a task graph is set going again when one of its tasks was changed.
  bool updated_with_target = false;
  // Of an output: an update of this input gives it another value, which only the cloud knows. There
  // may be several, separated by commas.
  std::string_view moves_with = {};
  std::string_view loss = {};  // for replace_losing_data: what is lost, "all rows of the table"

  // A reference to a whole object, `${data}`, stands for this output of it ("arn", "name", "fqn").
  // Several, separated by commas, make a map of them ("iam_user_arn,external_id").
  // Empty: the author must say which output.
  std::string_view takes = {};

  // Of an output that only the cloud knows, or an input that it chooses: a text of the same form,
  // with {account}, {region}, {partition}, {name} and {digest} (of the address) filled in.
  // Questions about a stack that is not there yet are asked with it (core/plan/expectation.h).
  std::string_view stand_in = {};

  // A JSON literal: the cloud's own value when the author says nothing ("30", "\"STANDARD\"",
  // "{}"). Used for documentation, and as the target when an author removes the attribute again.
  std::string_view default_json = {};
  std::string_view example = {};                   // YAML, one line, for `firn explain`
  std::span<const std::string_view> allowed = {};  // allowed values of a string
  const Attribute* element = nullptr;              // of list and map
  std::span<const Attribute> fields = {};          // of object
  std::int64_t minimum = INT64_MIN;  // of integer; also length of string / list if >= 0
  std::int64_t maximum = INT64_MAX;
};

}  // namespace firn
