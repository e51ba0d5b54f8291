// Provider: what the engine asks of a cloud. One implementation per cloud, in providers/.
//
// The engine decides, a provider acts: it never prints, never plans, never touches the state.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/async/scheduler.h"
#include "core/async/task.h"
#include "core/base/result.h"
#include "core/schema/resource_type.h"
#include "core/value/value.h"

namespace firn {

// An object as the engine last knew it: enough to find it again.
struct ResourceRecord {
  std::string address;  // "orders", "customers[\"acme\"].queue"
  std::string type;     // "aws.sqs_queue"
  std::string name;     // physical name; "" for types without one
  Value inputs;         // normalised, as last applied
  Value outputs;        // as last seen
};

// What the cloud shows of an object.
struct Observation {
  bool exists = false;
  // Inputs as the cloud shows them, normalised; only those that it shows and that firn can manage.
  // An attribute absent here cannot be compared and is taken to be as recorded.
  Map inputs;
  Map outputs;                       // all outputs, including predictable ones
  std::optional<std::string> owner;  // address in the ownership mark, if the object carries one
  bool foreign = false;              // the ownership mark is missing or names another stack
  std::string owner_stack;           // "finance/dev": stack and environment in the mark
};

// A name that the cloud will not accept again for a while.
struct Tombstone {
  std::string type;
  std::string name;
  Instant until{};
  std::string reason;  // "Snowflake holds its subscription for 72 hours"
  std::string place;   // where, of a name that is free elsewhere: "eu-west-1"; empty: everywhere
};

// Everything one mutating operation needs. Lives as long as the operation.
class Operation {
 public:
  ResourceRecord prior;  // for create: only address, type and name are set
  Value desired;         // for create and update: full inputs, secrets in clear, nothing unknown
  std::vector<std::string> changed;  // for update: top-level attributes that differ
  // For update: an earlier run did not finish what it did to the object, be it to remove it. What a
  // comparison cannot see of that (an object that was paused first) is put right, too.
  bool unfinished = false;
  Placement placement;
  std::string base_folder;        // what relative paths in `desired` are relative to
  std::string idempotency_token;  // the same for every try of one intent, across crashes
  Instant begun_at{};             // for find_after_crash: when the lost call was about to be made

  // Called as soon as the cloud has given the object an identity, before any further call: from
  // then on a crash cannot lose it. Outputs known so far. The record is durable when this resumes.
  std::function<Task<Status>(Map outputs)> record_identity;
  // For remove, called before the call that burns names: once the object is gone nobody can tell
  // any more that they are burnt. The record is durable when this resumes.
  std::function<Task<Status>(std::vector<Tombstone> tombstones)> record_tombstones;
  // One line for the live progress: "waiting until Lambda may assume the role".
  std::function<void(std::string_view)> report;
};

struct Applied {
  Map outputs;  // all outputs
  // What the cloud stored, where that differs from what was asked in form only; usually empty.
  Map inputs;
};

struct Removed {
  std::vector<Tombstone> tombstones;
};

// Where an object lives, when that is not where the environment is now.
struct Elsewhere {
  std::string place;          // "eu-west-1"; empty: the object is here, or everywhere
  std::string here;           // "eu-central-1"
  bool name_is_free = false;  // the same name can be used here while the object there still lives
};

// Where a cloud keeps what a run works on.
struct Whereabouts {
  std::string cloud;   // who hosts it: "aws", also for a Snowflake account that is there
  std::string region;  // "eu-west-1"; empty: not known, or nowhere in particular
  bool operator==(const Whereabouts&) const = default;
};

class Provider {
 public:
  virtual ~Provider() = default;
  Provider() = default;
  Provider(const Provider&) = delete;
  Provider& operator=(const Provider&) = delete;

  // The prefix of its types: "aws", "snowflake".
  [[nodiscard]] virtual std::string_view name() const = 0;
  // Sorted by name; static storage.
  [[nodiscard]] virtual std::span<const ResourceType* const> types() const = 0;
  // Account, region and partition that types of this provider are placed in. Pure: from
  // configuration, no call. `stack` and `environment` are filled by the engine.
  [[nodiscard]] virtual Placement placement() const = 0;

  // An object cannot follow its environment to another place: there it is made anew, and the old
  // one removed. Pure. All other functions know by the record where to look: by its outputs, among
  // which the engine puts `region` when it is about to be made.
  [[nodiscard]] virtual Elsewhere elsewhere(const ResourceRecord& /*record*/) const { return {}; }

  // Checks once, before anything else, that the cloud can be reached and that the credentials
  // belong to the configured account.
  virtual Task<Status> connect() = 0;

  // Known once connected.
  [[nodiscard]] virtual Whereabouts whereabouts() const { return {}; }

  // Looks at many objects with as few calls as it can; answers in the order of `records`.
  // "Gone" is a value (exists = false), not an error.
  virtual Task<std::vector<Result<Observation>>> observe(std::vector<ResourceRecord> records) = 0;

  // A look-up (ResourceType::is_lookup): its outputs for these inputs.
  virtual Task<Result<Map>> look_up(std::string_view type, Value inputs) = 0;

  virtual Task<Result<Applied>> create(Operation& operation) = 0;
  virtual Task<Result<Applied>> update(Operation& operation) = 0;
  // Removing what is gone already succeeds.
  virtual Task<Result<Removed>> remove(Operation& operation) = 0;
  // After a crash between intent and outcome of a create: the object the lost call made, if any.
  virtual Task<Result<Observation>> find_after_crash(Operation& operation) = 0;

  // An object that exists and that the state does not know (firn import): `operation.prior` has the
  // desired inputs and the name, of a type without names what ResourceType::import_id says.
  virtual Task<Result<Observation>> find_existing(Operation& operation);
  // Writes the ownership mark on it and changes nothing else. `operation.prior` is as find_existing
  // saw it, with those inputs that are to be recorded. Answers outputs that this changed.
  virtual Task<Result<Applied>> claim(Operation& operation);
};

// The providers of a run, looked up by type name. Not owned.
class Providers {
 public:
  void add(Provider& provider) { providers_.push_back(&provider); }
  [[nodiscard]] Provider* of_type(std::string_view type_name) const;         // by prefix; nullptr
  [[nodiscard]] const ResourceType* type(std::string_view type_name) const;  // nullptr
  [[nodiscard]] std::vector<std::string_view> type_names() const;
  [[nodiscard]] const std::vector<Provider*>& all() const { return providers_; }

 private:
  std::vector<Provider*> providers_;
};

}  // namespace firn
