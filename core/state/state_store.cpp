#include "core/state/state_store.h"

#include <fmt/core.h>
#include <optional>
#include <utility>
#include <vector>

#include "core/state/backups.h"
#include "core/state/checksum.h"
#include "core/state/heartbeat.h"
#include "core/state/lease.h"
#include "core/state/open_state.h"
#include "core/state/row_writer.h"
#include "core/state/state_changes.h"
#include "core/state/state_file.h"
#include "core/state/state_refusals.h"
#include "core/state/state_rows.h"

namespace firn {

struct StateStore::Impl {
  Impl(StateLocation at, OpenedState opened, Mode mode, LeaseTerms held,
       std::unique_ptr<LeaseClock> real_clock)
      : location(std::move(at)),
        terms(held),
        clock(std::move(real_clock)),
        lock(std::move(opened.lock)),
        file(opened.file),
        database(std::move(opened.database)),
        state(std::move(opened.state)),
        token(opened.token),
        last_intent(opened.last_intent),
        last_run(opened.last_run) {
    if (mode == Mode::write) writer.emplace(*database, opened.sum);
    if (token != 0 && terms.beat > Duration::zero())
      heartbeat = std::make_unique<Heartbeat>(location.path, *file, token, terms);
  }

  ~Impl() {
    heartbeat.reset();
    if (lock.is_held()) give_back();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  StateLocation location;
  LeaseTerms terms;
  std::unique_ptr<LeaseClock> clock;  // the real one, unless the terms bring another
  // In this order: the database is closed before the lock is given back.
  StateLock lock;
  std::optional<FileIdentity> file;
  std::optional<sqlite::Database> database;
  std::optional<RowWriter> writer;  // none in mode read
  State state;
  std::int64_t token;  // 0: no lease
  std::int64_t last_intent;
  std::int64_t last_run;
  std::optional<std::int64_t> current_run;
  std::vector<change::Change> staged;
  std::function<Status()> guard;
  std::unique_ptr<Heartbeat> heartbeat;

  void stage(change::Change change) { staged.push_back(std::move(change)); }

  // The last guard of "no secret is stored": what a caller forgot to seal is sealed here.
  void seal_all(Value& value) const {
    if (value.contains_secret()) value = sealed(state.secret_key, value);
  }
  void put(StoredResource resource) {
    seal_all(resource.record.inputs);
    seal_all(resource.record.outputs);
    stage(change::PutResource{std::move(resource)});
  }

  void give_back() {
    // Nothing of this has to survive a power cut, which ends every holder; but the files are closed
    // as carefully as ever.
    if (!database->execute("PRAGMA synchronous = OFF")) return;
    // While the file is locked for writing nobody takes over, so the lock that is removed is ours.
    // Where the disk is full the lease stays in the file, and the lock ends with the descriptor.
    if (database->execute("BEGIN IMMEDIATE")) {
      const auto was_ours = give_back_lease(*database, token);
      if (was_ours && *was_ours) lock.remove_file();
      const bool is_done = was_ours && database->execute("COMMIT");
      if (!is_done && database->in_transaction()) {
        static_cast<void>(database->execute("ROLLBACK").has_value());
      }
    }
    static_cast<void>(database->execute("PRAGMA synchronous = FULL").has_value());
  }

  // The file that is open must still be the one that others find.
  [[nodiscard]] Status check_place() const {
    if (!file) return Ok{};
    const auto now = identity_of(location.path);
    if (now == file) return Ok{};
    return fail(ErrorKind::storage, "cannot write the state " + location.path,
                now ? "another file was put in its place while this run had it open"
                    : "the file was removed while this run had it open",
                now ? "put the file back that was there, or a good copy (firn state restore), then "
                      "run the command again"
                    : "put a good copy in its place (firn state restore), then run the command "
                      "again");
  }

  [[nodiscard]] Failure taken_over() const {
    const auto lease = read_lease(*database);
    return fail(taken_over_by(lease ? *lease : std::nullopt, label(location), terms.length));
  }

  Status write_staged() {
    if (Status begun = database->execute("BEGIN IMMEDIATE"); !begun) return begun;
    if (token != 0) {
      // Read and not only counted on: whoever was stopped for long does not know it.
      const auto is_ours = extend_lease(*database, token, terms.clock->now() + terms.length);
      if (!is_ours) return fail(is_ours.error());
      if (!*is_ours) return taken_over();
    }
    for (const change::Change& change : staged) {
      if (Status written = writer->write(change); !written) return written;
    }
    if (Status summed = write_checksum(*database, writer->sum()); !summed) return summed;
    return database->execute("COMMIT");
  }
};

StateStore::StateStore() = default;
StateStore::~StateStore() = default;

Result<std::unique_ptr<StateStore>> StateStore::open(const StateLocation& location, Mode mode,
                                                     const LockHolder& self, Random& random,
                                                     LeaseTerms terms) {
  std::unique_ptr<LeaseClock> clock;
  if (terms.clock == nullptr) {
    clock = std::make_unique<RealLeaseClock>();
    terms.clock = clock.get();
  }
  if (location.path != in_memory && !is_there(location.path)) {
    // Beginning anew where a state was would make everything a second time.
    if (const auto lost = newest_good_backup(location); lost && lost->resources > 0) {
      Error refusal =
          refuse_lost(location, "the file is gone, and copies of it are still there", {}).value();
      refusal = with_newest_backup(std::move(refusal), location);
      refusal.remedy += "\nto begin anew, move " + backups_folder(location.path) + " away first";
      return fail(for_people(std::move(refusal)));
    }
  }
  auto opened = mode == Mode::read ? open_state_for_reading(location)
                                   : open_state_for_writing(location, self, random, terms);
  if (!opened) {
    Error refusal = opened.error();
    if (is_mended_by_a_copy(refusal)) refusal = with_newest_backup(std::move(refusal), location);
    return fail(for_people(std::move(refusal)));
  }
  std::unique_ptr<StateStore> store(new StateStore());
  store->impl_ =
      std::make_unique<Impl>(location, std::move(*opened), mode, terms, std::move(clock));
  return store;
}

const StateLocation& StateStore::location() const {
  return impl_->location;
}

const State& StateStore::state() const {
  return impl_->state;
}

std::int64_t StateStore::begin_intent(Intent intent) {
  intent.id = ++impl_->last_intent;
  impl_->seal_all(intent.inputs);
  impl_->seal_all(intent.outputs);
  const std::int64_t id = intent.id;
  impl_->stage(change::BeginIntent{std::move(intent), impl_->current_run});
  return id;
}

void StateStore::record_identity(std::int64_t intent, const Value& outputs) {
  Value kept = outputs;
  impl_->seal_all(kept);
  impl_->stage(change::RecordIdentity{intent, std::move(kept)});
}

void StateStore::finish_create(std::int64_t intent, StoredResource resource) {
  impl_->stage(change::CloseIntent{intent, "done"});
  impl_->put(std::move(resource));
}

void StateStore::finish_update(std::int64_t intent, StoredResource resource) {
  finish_create(intent, std::move(resource));
}

void StateStore::finish_remove(std::int64_t intent, const std::string& address,
                               std::vector<Tombstone> tombstones) {
  impl_->stage(change::CloseIntent{intent, "done"});
  impl_->stage(change::RemoveResource{address});
  for (Tombstone& tombstone : tombstones)
    add_tombstone(std::move(tombstone));
}

void StateStore::add_tombstone(Tombstone tombstone) {
  impl_->stage(change::AddTombstone{std::move(tombstone)});
}

void StateStore::abandon_intent(std::int64_t intent) {
  impl_->stage(change::CloseIntent{intent, "abandoned"});
}

void StateStore::put_resource(StoredResource resource) {
  impl_->put(std::move(resource));
}

void StateStore::move_resource(const std::string& from, const std::string& to) {
  impl_->stage(change::MoveResource{from, to});
}

void StateStore::drop_dependencies_on(const std::string& address) {
  impl_->stage(change::DropDependencies{address});
}

void StateStore::forget_resource(const std::string& address) {
  impl_->stage(change::CloseIntentsOf{address, "forgotten"});
  impl_->stage(change::RemoveResource{address});
}

void StateStore::set_outputs(Map outputs) {
  Value kept(std::move(outputs));
  impl_->seal_all(kept);
  impl_->stage(change::SetOutputs{kept.as_map()});
}

void StateStore::drop_tombstones_before(Instant now) {
  impl_->stage(change::DropTombstones{now});
}

void StateStore::raise_serial() {
  impl_->stage(change::RaiseSerial{});
}

void StateStore::replace_by(State other) {
  // Numbers are never given twice in one file.
  for (Intent& intent : other.open_intents)
    intent.id = ++impl_->last_intent;
  impl_->stage(change::ReplaceAll{std::move(other)});
}

std::int64_t StateStore::begin_run(const std::string& command, Instant at) {
  const std::int64_t id = ++impl_->last_run;
  impl_->current_run = id;
  impl_->stage(change::BeginRun{id, command, at});
  return id;
}

void StateStore::finish_run(std::int64_t run, Instant at, const std::string& outcome) {
  impl_->stage(change::FinishRun{run, at, outcome});
}

Result<std::vector<Run>> StateStore::runs() const {
  if (!impl_->database) return std::vector<Run>{};
  return load_runs(*impl_->database);
}

Status StateStore::copy_to(const std::string& path) const {
  if (!impl_->database) {
    return fail(ErrorKind::not_found, "there is no state to copy",
                impl_->location.path + " does not exist", "apply the stack first");
  }
  return impl_->database->copy_to(path);
}

Result<std::vector<std::string>> StateStore::check_file() const {
  std::vector<std::string> sentences;
  if (!impl_->database) return sentences;
  auto rows = impl_->database->prepare("PRAGMA integrity_check");
  if (!rows) return fail(rows.error());
  for (;;) {
    const auto more = rows->step();
    if (!more) return fail(more.error());
    if (!*more) return sentences;
    if (rows->text(0) != "ok") sentences.emplace_back(rows->text(0));
  }
}

Status StateStore::commit() {
  if (impl_->staged.empty()) return Ok{};
  if (!impl_->writer) {
    return fail(ErrorKind::bug, "a change was staged in a state that was opened for reading",
                "this is a mistake in firn, not in your files", "please report it");
  }
  if (impl_->guard) {
    if (Status allowed = impl_->guard(); !allowed) return allowed;
  }
  if (Status there = impl_->check_place(); !there) return there;
  if (impl_->heartbeat && impl_->heartbeat->has_lost()) return impl_->taken_over();
  const std::uint64_t sum_before = impl_->writer->sum();
  if (Status written = impl_->write_staged(); !written) {
    impl_->writer->set_sum(sum_before);
    // Some failures (a full disk) have rolled back already; what is staged stays for the next try.
    if (impl_->database->in_transaction()) {
      const Status rolled_back = impl_->database->execute("ROLLBACK");
      if (!rolled_back) return rolled_back;
    }
    Error error = written.error();
    if (error.kind == ErrorKind::conflict) return fail(std::move(error));
    error.summary = "cannot write the state " + impl_->database->path();
    return fail(std::move(error));
  }
  show_staged();
  return Ok{};
}

void StateStore::set_guard(std::function<Status()> guard) {
  impl_->guard = std::move(guard);
}

void StateStore::show_staged() {
  for (change::Change& change : std::exchange(impl_->staged, {})) {
    change::apply(impl_->state, std::move(change));
  }
}

bool StateStore::has_staged() const {
  return !impl_->staged.empty();
}

}  // namespace firn
