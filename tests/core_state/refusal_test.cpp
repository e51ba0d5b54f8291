// Every file that a StateStore must not touch is refused with what, why and what to do, and is left
// as it was.
#include <gtest/gtest.h>

#include "core/state/state_store.h"
#include "tests/core_state/support.h"

namespace firn::test {
namespace {

using Mode = StateStore::Mode;

// A state with enough in it that damage can be done.
void make_state(const std::string& path) {
  const auto store = writer(path);
  for (int i = 0; i < 500; ++i)
    store->put_resource(resource("r" + std::to_string(i)));
  ASSERT_TRUE(store->commit());
}

struct Refusal {
  std::string name;
  void (*prepare)(const std::string& path);
  std::string detail;  // after the path and ": "
  std::string remedy;
};

void not_a_database(const std::string& path) {
  write_bytes(path, "resources: {}\n# not ours\n");
}

void foreign_database(const std::string& path) {
  run_sql(path, "CREATE TABLE songs (title TEXT)");
}

void newer_format(const std::string& path) {
  make_state(path);
  run_sql(path,
          "UPDATE meta SET value = '9.1.0' WHERE key = 'written_by'; PRAGMA user_version = 7");
}

void damaged_pages(const std::string& path) {
  make_state(path);
  std::string bytes = bytes_of(path);
  for (std::size_t i = 3 * 4096; i + 64 < bytes.size(); i += 4096) {
    bytes.replace(i, 64, std::string(64, '\xff'));
  }
  write_bytes(path, bytes);
}

// Not a change that a reader of rows could see: only the checksum tells.
void changed_row(const std::string& path) {
  make_state(path);
  run_sql(path, "UPDATE resources SET inputs = '{\"size\":4}' WHERE address = 'r7'");
}

void removed_row(const std::string& path) {
  make_state(path);
  run_sql(path, "DELETE FROM resources WHERE address = 'r7'");
}

void added_row(const std::string& path) {
  make_state(path);
  run_sql(path,
          "INSERT INTO resources SELECT 'r7b', type, 'x', base_name, generation, inputs, outputs,"
          " dependencies, protect, incomplete, deposed, created_at, updated_at FROM resources"
          " WHERE address = 'r7'");
}

void changed_serial(const std::string& path) {
  make_state(path);
  run_sql(path, "UPDATE meta SET value = 99 WHERE key = 'serial'");
}

void removed_checksum(const std::string& path) {
  make_state(path);
  run_sql(path, "DELETE FROM meta WHERE key = 'checksum'");
}

void reopened_intent(const std::string& path) {
  make_state(path);
  {
    const auto store = writer(path);
    store->abandon_intent(store->begin_intent(intent("x", IntentAction::create)));
    ASSERT_TRUE(store->commit());
  }
  run_sql(path, "UPDATE intents SET outcome = NULL");
}

void changed_tables(const std::string& path) {
  make_state(path);
  run_sql(path, "ALTER TABLE resources ADD COLUMN note TEXT");
}

void lost_table(const std::string& path) {
  make_state(path);
  run_sql(path, "DROP TABLE tombstones");
}

void unreadable_row(const std::string& path) {
  make_state(path);
  run_sql(path, "UPDATE resources SET inputs = '{\"half\":' WHERE address = 'r7'");
}

void later_tables(const std::string& path) {
  make_state(path);
  run_sql(path, "PRAGMA user_version = 1");
}

void truncated(const std::string& path) {
  make_state(path);
  const std::string bytes = bytes_of(path);
  write_bytes(path, bytes.substr(0, bytes.size() / 8192 * 4096));
}

void truncated_to_some_bytes(const std::string& path) {
  make_state(path);
  write_bytes(path, bytes_of(path).substr(0, 60));
}

void emptied(const std::string& path) {
  make_state(path);
  write_bytes(path, "");
}

void never_filled(const std::string& path) {
  run_sql(path, "PRAGMA journal_mode = WAL");
}

void other_owner(const std::string& path) {
  const auto renamed = StateStore::Mode::write;
  SeededRandom random(3);
  ASSERT_TRUE(StateStore::open({path, "shop", "prod"}, renamed, holder(), random));
}

const char* const does_not_add_up =
    "the file is damaged: its rows do not add up to its checksum, so one was changed or lost, or "
    "another program wrote to it";
const char* const elsewhere =
    "give the state another place (state: in the environment's file), or move that file away";
const char* const restore =
    "put the last good copy of the file back; firn does not guess at a damaged state, as it might "
    "lose track of what it made";

class StateRefusal : public testing::TestWithParam<Refusal> {};

TEST_P(StateRefusal, SaysWhyAndLeavesTheFileAlone) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  GetParam().prepare(path);
  const std::string before = bytes_of(path);
  for (const Mode mode : {Mode::read, Mode::write}) {
    const auto opened = open(path, mode);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, ErrorKind::storage);
    EXPECT_EQ(opened.error().summary, "cannot open the state of shop/dev");
    EXPECT_EQ(opened.error().detail.substr(0, path.size() + 2 + GetParam().detail.size()),
              path + ": " + GetParam().detail);
    EXPECT_EQ(opened.error().remedy, GetParam().remedy);
    EXPECT_EQ(bytes_of(path), before);
    EXPECT_FALSE(std::filesystem::exists(path + ".lock"));
  }
}

INSTANTIATE_TEST_SUITE_P(
    StateStore, StateRefusal,
    testing::Values(
        Refusal{"NotADatabase", not_a_database,
                "this is not a state of firn: it is not an SQLite database", elsewhere},
        Refusal{"AnotherProgramsDatabase", foreign_database,
                "this is an SQLite database, but not a state of firn: another program uses it",
                elsewhere},
        Refusal{"NewerFormat", newer_format,
                "it was written by a newer firn (9.1.0) in format 7; firn ",
                "use that newer firn, here and wherever this state is used"},
        Refusal{"DamagedPages", damaged_pages, "the file is damaged: ", restore},
        Refusal{"ChangedRow", changed_row, does_not_add_up, restore},
        Refusal{"RemovedRow", removed_row, does_not_add_up, restore},
        Refusal{"AddedRow", added_row, does_not_add_up, restore},
        Refusal{"ChangedSerial", changed_serial, does_not_add_up, restore},
        Refusal{"RemovedChecksum", removed_checksum, does_not_add_up, restore},
        Refusal{"ReopenedIntent", reopened_intent, "the file is damaged: ", restore},
        Refusal{"ChangedTables", changed_tables, does_not_add_up, restore},
        Refusal{"LostTable", lost_table,
                "the file is damaged: its tables are not those of a state: ", restore},
        Refusal{"UnreadableRow", unreadable_row, "the file is damaged: ", restore},
        Refusal{"TablesOfALaterFormat", later_tables,
                "the file is damaged: it says format 1 and has tables of a later one", restore},
        Refusal{"Truncated", truncated, "the file is damaged: ", restore},
        Refusal{"TruncatedToSomeBytes", truncated_to_some_bytes,
                "the file is damaged: it ends in its first bytes", restore},
        Refusal{"Emptied", emptied, "the file is empty, as firn never leaves one",
                "put the last good copy of the file back; only if there was never a state here, "
                "remove the empty file"},
        Refusal{"NeverFilled", never_filled,
                "the file is a database in which nothing was ever made",
                "put the last good copy of the file back; only if there was never a state here, "
                "remove the file"},
        Refusal{"OtherEnvironment", other_owner, "it is the state of shop/prod",
                "give each stack and environment a state of its own (state: in the environment's "
                "file)"}),
    [](const auto& row) { return row.param.name; });

TEST(StateRefusal, FileMarkedReadOnlyCanBeReadOnly) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  make_state(path);
  std::filesystem::permissions(path, std::filesystem::perms::owner_read);
  const auto opened = open(path, Mode::write);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().detail, path + ": the file is read-only");
  EXPECT_EQ(opened.error().remedy,
            "give yourself write permission on it (chmod u+w); the journal must be written before "
            "anything is changed");
  EXPECT_EQ(read(path).resources.size(), 500U);
}

TEST(StateRefusal, FolderMarkedReadOnlyCanBeReadOnly) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  make_state(path);
  std::filesystem::permissions(
      folder.path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  const auto opened = open(path, Mode::write);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().detail,
            path + ": the folder " + folder.path().string() + " is read-only");
  EXPECT_EQ(read(path).resources.size(), 500U);
}

TEST(StateRefusal, ADirectoryIsNoState) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  std::filesystem::create_directory(path);
  for (const Mode mode : {Mode::read, Mode::write}) {
    const auto opened = open(path, mode);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().detail, path + ": Is a directory");
    EXPECT_EQ(opened.error().remedy, "the state must be a plain file");
  }
}

TEST(StateRefusal, FolderThatCannotBeMade) {
  const TemporaryFolder folder;
  write_bytes(folder.file("file"), "x");
  const std::string path = folder.file("file/below/s");
  const auto opened = open(path, Mode::write);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().detail,
            path + ": cannot make the folder " + folder.file("file/below") + ": Not a directory");
}

// A crash while a new state is made leaves it beside its place, and the next run makes it again.
TEST(StateRefusal, ACrashWhileAStateIsMadeLeavesNoState) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  write_bytes(path + ".new", "half");
  EXPECT_EQ(read(path).lineage, "");
  EXPECT_NE(writer(path)->state().lineage, "");
  EXPECT_FALSE(std::filesystem::exists(path + ".new"));
}

}  // namespace
}  // namespace firn::test
