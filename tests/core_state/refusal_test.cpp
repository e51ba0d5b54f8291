// Every file that a StateStore must not touch is refused with what, why and what to do, and is left
// as it was.
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <sqlite3.h>

#include "core/state/state_store.h"
#include "tests/core_state/support.h"

namespace firn::test {
namespace {

using Mode = StateStore::Mode;

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

void run_sql(const std::string& path, const char* sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
}

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

void damaged_row(const std::string& path) {
  make_state(path);
  run_sql(path, "UPDATE resources SET inputs = '{\"half\":' WHERE address = 'r7'");
}

void other_owner(const std::string& path) {
  make_state(path);
  run_sql(path, "UPDATE meta SET value = 'prod' WHERE key = 'environment'");
}

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
        Refusal{"DamagedRow", damaged_row, "the file is damaged: ", restore},
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

// A crash while the file was being made leaves one of these; both are a state that never was.
TEST(StateRefusal, AFileInWhichNothingWasMadeIsTakenOver) {
  for (const bool with_header : {false, true}) {
    const TemporaryFolder folder;
    const std::string path = folder.file("s");
    if (with_header) {
      run_sql(path, "PRAGMA journal_mode = WAL");
    } else {
      write_bytes(path, "");
    }
    EXPECT_EQ(read(path).lineage, "");
    EXPECT_NE(writer(path)->state().lineage, "");
  }
}

}  // namespace
}  // namespace firn::test
