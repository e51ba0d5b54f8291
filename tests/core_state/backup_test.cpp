// Copies of a state: kept, pruned, found when the state is damaged, and put back.
#include <gtest/gtest.h>
#include <set>

#include "core/state/backups.h"
#include "core/state/invariants.h"
#include "core/state/restore.h"
#include "core/state/state_store.h"
#include "tests/core_state/support.h"

namespace firn::test {
namespace {

using Mode = StateStore::Mode;

std::set<std::string> names_in(const std::string& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.insert(entry.path().filename().string());
  return names;
}

// A state whose serial rises by one with each object.
void add(const std::string& path, const std::string& address) {
  const auto store = writer(path);
  store->put_resource(resource(address));
  store->raise_serial();
  ASSERT_TRUE(store->commit());
}

Result<Restore> prepare(const std::string& path, const std::string& copy) {
  SeededRandom random(9);
  return Restore::prepare(location(path), copy, holder(), random);
}

void restore(const std::string& path, const std::string& copy) {
  auto prepared = prepare(path, copy);
  ASSERT_TRUE(prepared) << prepared.error().summary << prepared.error().detail;
  SeededRandom random(10);
  const auto done = prepared->carry_out(at(77), random);
  ASSERT_TRUE(done) << done.error().summary << done.error().detail;
}

TEST(Backup, ACopyHasAllThatIsCommittedWhileAnotherRunWrites) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  const auto store = writer(path);
  store->put_resource(resource("a"));
  store->begin_intent(intent("b", IntentAction::create));
  ASSERT_TRUE(store->commit());
  store->put_resource(resource("staged"));
  const auto reader = open(path, Mode::read);
  ASSERT_TRUE(reader);
  ASSERT_TRUE(keep_copy(**reader, folder.file("copy.db")));
  ASSERT_TRUE(store->commit());
  EXPECT_EQ(print(read(folder.file("copy.db"))), print((*reader)->state()));
  EXPECT_FALSE(read(folder.file("copy.db")).resources.contains("staged"));
  EXPECT_FALSE(std::filesystem::exists(folder.file("copy.db-wal"))) << "it stands by itself";
  EXPECT_EQ(
      std::filesystem::status(folder.file("copy.db")).permissions() & std::filesystem::perms::all,
      std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(Backup, NeverReplacesAFile) {
  const TemporaryFolder folder;
  add(folder.file("s"), "a");
  write_bytes(folder.file("there"), "dear letter");
  const auto store = open(folder.file("s"), Mode::read);
  const Status kept = keep_copy(**store, folder.file("there"));
  ASSERT_FALSE(kept);
  EXPECT_EQ(kept.error().summary, folder.file("there") + " exists already");
  EXPECT_EQ(bytes_of(folder.file("there")), "dear letter");
}

TEST(Backup, OfRunsArePrunedAndOthersStay) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  {
    const auto store = writer(path);
    ASSERT_TRUE(keep_backup_of_run(*store, at(0), 3));
    EXPECT_FALSE(std::filesystem::exists(backups_folder(path))) << "there is nothing to keep yet";
  }
  for (int run = 1; run <= 5; ++run) {
    add(path, "r" + std::to_string(run));
    const auto store = writer(path);
    ASSERT_TRUE(keep_backup_of_run(*store, at(run), 3));
    if (run == 1) {
      ASSERT_TRUE(keep_copy(*store, backup_path(path, at(run), 1, "by-hand")));
    }
    ASSERT_TRUE(keep_backup_of_run(*store, at(run), 0)) << "switched off";
  }
  EXPECT_EQ(names_in(backups_folder(path)),
            (std::set<std::string>{"20260102T030406Z-1-by-hand.db", "20260102T030408Z-3.db",
                                   "20260102T030409Z-4.db", "20260102T030410Z-5.db"}));
}

TEST(Backup, ADamagedStateSaysWhichCopyIsGood) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  add(path, "a");
  ASSERT_TRUE(keep_backup_of_run(*writer(path), at(1), 10));
  add(path, "b");
  ASSERT_TRUE(keep_backup_of_run(*writer(path), at(2), 10));
  const std::string good = backup_path(path, at(1), 1, "");
  write_bytes(backup_path(path, at(2), 2, ""), "spoilt");
  struct {
    const char* name;
    void (*damage)(const std::string&);
    const char* why;
  } const rows[] = {
      {"changed row", [](const std::string& p) { run_sql(p, "UPDATE resources SET name = 'x'"); },
       ": the file is damaged: its rows do not add up to its checksum, so one was changed or lost, "
       "or another program wrote to it"},
      {"emptied", [](const std::string& p) { write_bytes(p, ""); },
       ": the file is empty, as firn never leaves one"},
      {"another file", [](const std::string& p) { write_bytes(p, "dear letter"); },
       ": this is not a state of firn: it is not an SQLite database"},
      {"gone", [](const std::string& p) { std::filesystem::remove(p); },
       ": the file is gone, and copies of it are still there"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    row.damage(path);
    for (const Mode mode : {Mode::read, Mode::write}) {
      const auto opened = open(path, mode);
      ASSERT_FALSE(opened);
      EXPECT_EQ(opened.error().detail,
                path + row.why + "\nThe newest good copy is " + good + " (serial 1, 1 object).");
      EXPECT_EQ(opened.error().remedy.substr(0, opened.error().remedy.find('\n')),
                "to go on with that copy: firn state restore shop " + good + " --env dev");
    }
    restore(path, good);
    const State state = read(path);
    EXPECT_EQ(state.serial, 2);
    EXPECT_EQ(state.resources.size(), 1U);
    EXPECT_EQ(check_invariants(state), std::vector<std::string>{});
    add(path, "c");  // it can be written again
  }
}

TEST(Restore, OfASoundStateKeepsWhatItReplaces) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  add(path, "a");
  ASSERT_TRUE(keep_copy(*writer(path), folder.file("copy.db")));
  {
    const auto store = writer(path);
    store->put_resource(resource("b"));
    store->put_resource(resource("gone"));
    store->raise_serial();
    ASSERT_TRUE(store->commit());
    const auto removal = store->begin_intent(intent("gone", IntentAction::remove));
    store->finish_remove(removal, "gone", {{"test.thing", "shop-dev-gone", at(900), "held"}});
    store->begin_intent(intent("b", IntentAction::update));
    store->set_outputs(Map{{"new", "yes"}});
    store->raise_serial();
    ASSERT_TRUE(store->commit());
  }
  const std::string before = print(read(path));
  const std::int64_t token = integer_in(path, "SELECT token FROM lease");
  std::string kept;
  {
    auto prepared = prepare(path, folder.file("copy.db"));
    ASSERT_TRUE(prepared);
    EXPECT_TRUE(prepared->is_older());
    EXPECT_EQ(prepared->forgotten(), std::vector<std::string>{"b"});
    const auto meanwhile = open(path, Mode::write);
    ASSERT_FALSE(meanwhile) << "it is held";
    EXPECT_EQ(meanwhile.error().kind, ErrorKind::conflict);
    SeededRandom random(1);
    const auto done = prepared->carry_out(at(77), random);
    ASSERT_TRUE(done);
    EXPECT_EQ(*done, 4) << "above both, so that it never goes down";
    kept = prepared->kept();
  }
  EXPECT_EQ(print(read(kept)), before);
  const State state = read(path);
  EXPECT_EQ(state.serial, 4);
  EXPECT_EQ(state.resources.size(), 1U);
  EXPECT_TRUE(state.open_intents.empty());
  EXPECT_TRUE(state.outputs.empty());
  ASSERT_EQ(state.tombstones.size(), 1U) << "the cloud still holds the name";
  EXPECT_EQ(state.tombstones[0].name, "shop-dev-gone");
  EXPECT_GT(integer_in(path, "SELECT token FROM lease"), token)
      << "a run that was stopped before must not come back to it";
  EXPECT_EQ(check_invariants(state), std::vector<std::string>{});
  const auto runs = writer(path)->runs();
  ASSERT_TRUE(runs && !runs->empty());
  EXPECT_EQ(runs->front().command, "apply shop --env dev") << "the restore is a run, too";
}

TEST(Restore, RefusesWhatIsNoCopyOfThisState) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  add(path, "a");
  const std::string before = bytes_of(path);
  const std::string other = folder.file("other.db");
  add(other, "a");
  write_bytes(folder.file("letter"), "dear");
  SeededRandom random(3);
  {
    auto prod =
        StateStore::open({folder.file("prod"), "shop", "prod"}, Mode::write, holder(), random);
    ASSERT_TRUE(prod);
  }
  run_sql(other, "UPDATE resources SET name = 'x'");
  // The lineage of a state comes from its random numbers.
  {
    auto stranger =
        StateStore::open(location(folder.file("stranger")), Mode::write, holder(), random);
    ASSERT_TRUE(stranger);
  }
  const std::pair<std::string, std::string> rows[] = {
      {folder.file("nothing"), "there is no " + folder.file("nothing")},
      {folder.file("letter"), "cannot restore the state of shop/dev from this copy"},
      {folder.file("prod"), "cannot restore the state of shop/dev from this copy"},
      {other, "cannot restore the state of shop/dev from this copy"},
      {folder.file("stranger"), "this copy is not one of the state of shop/dev"},
  };
  for (const auto& [copy, summary] : rows) {
    const auto refused = prepare(path, copy);
    ASSERT_FALSE(refused) << copy;
    EXPECT_EQ(refused.error().summary, summary);
    EXPECT_FALSE(refused.error().remedy.empty());
  }
  EXPECT_EQ(read(path).serial, 1);
}

// The moments at which a restore of a damaged state may be killed.
TEST(Restore, ThatWasCutShortIsNoticedAndDoneAgain) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  add(path, "a");
  ASSERT_TRUE(keep_backup_of_run(*writer(path), at(1), 10));
  write_bytes(path, "firn: a restore of this state was cut short\n");
  const auto opened = open(path, Mode::write);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().detail.find("a restore of this state was cut short"), std::string::npos);
  EXPECT_NE(opened.error().remedy.find("firn state restore shop "), std::string::npos);
  write_bytes(path + ".restored", "half");
  restore(path, backup_path(path, at(1), 1, ""));
  EXPECT_EQ(read(path).resources.size(), 1U);
  EXPECT_EQ(read(path).serial, 2);
}

}  // namespace
}  // namespace firn::test
