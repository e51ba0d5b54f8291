// Any byte of a state may turn into another one: what is read then is right, or refused.
#include <gtest/gtest.h>
#include <vector>

#include "core/state/state_store.h"
#include "tests/core_state/support.h"

namespace firn::test {
namespace {

// A row of every kind, several pages of them, and traces of rows that are gone.
void fill(StateStore& store) {
  store.begin_run("apply shop --env dev", at(1));
  for (int i = 0; i < 60; ++i) {
    const std::string address = "r" + std::to_string(i);
    const auto id = store.begin_intent(intent(address, IntentAction::create));
    store.finish_create(
        id, resource(address, i > 0 ? std::vector<std::string>{"r0"} : std::vector<std::string>{}));
  }
  const auto gone = store.begin_intent(intent("r59", IntentAction::remove));
  store.finish_remove(gone, "r59", {{"test.thing", "shop-dev-gone", at(900), "held"}});
  store.begin_intent(intent("r7", IntentAction::update));
  store.set_outputs(Map{{"url", "https://example.com/"}});
  store.raise_serial();
}

std::string everything(StateStore& store) {
  std::string text = print(store.state());
  const auto runs = store.runs();
  EXPECT_TRUE(runs);
  for (const Run& run : *runs)
    text += run.command + " " + format_iso(run.begun_at) + "\n";
  return text;
}

struct Damage {
  const char* name;
  char (*of)(char);
};
const Damage kinds[] = {
    {"lowest bit", [](char byte) { return static_cast<char>(byte ^ 1); }},
    {"highest bit", [](char byte) { return static_cast<char>(byte ^ 0x80); }},
    {"zero", [](char) { return '\0'; }},
    {"all ones", [](char) { return '\xff'; }},
};

// Reads `bytes` with each damage at every `step`th offset from `from` to `to`; answers how often
// that was refused.
int try_all(const std::string& bytes, std::size_t from, std::size_t to, std::size_t step,
            const std::string& right) {
  int refused = 0;
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  for (std::size_t offset = from; offset < to; offset += step) {
    for (const Damage& kind : kinds) {
      std::string damaged = bytes;
      damaged[offset] = kind.of(damaged[offset]);
      if (damaged == bytes) continue;
      for (const char* end : {"", "-wal", "-shm"})
        std::filesystem::remove(path + end);
      write_bytes(path, damaged);
      const auto opened = open(path, StateStore::Mode::read);
      if (opened) {
        EXPECT_EQ(everything(**opened), right) << kind.name << " at " << offset;
        continue;
      }
      ++refused;
      EXPECT_FALSE(opened.error().remedy.empty())
          << kind.name << " at " << offset << ": " << opened.error().detail;
    }
  }
  return refused;
}

TEST(StateFlip, IsRefusedOrMakesNoDifference) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  std::string right;
  {
    const auto store = writer(path);
    fill(*store);
    ASSERT_TRUE(store->commit());
    right = everything(*store);
  }
  const std::string bytes = bytes_of(path);
  ASSERT_GT(bytes.size(), 40'000U);
  EXPECT_GT(try_all(bytes, 0, 100, 1, right), 50) << "the header";
  // A prime step comes by every column and every place in a page.
  EXPECT_GT(try_all(bytes, 100, bytes.size(), 79, right), 100);
}

// What a killed run leaves is partly in SQLite's log. A byte that turns in there may only cost the
// last commit, which cannot be told from one that was cut short; its open intent is found all the
// same.
TEST(StateFlip, InTheLogOfAKilledRunCostsTheLastCommitAtMost) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  std::vector<std::string> commits;
  const auto store = writer(path);
  for (int i = 0; i < 6; ++i) {
    commits.push_back(print(store->state()));
    store->put_resource(resource("r" + std::to_string(i)));
    ASSERT_TRUE(store->commit());
  }
  const std::string last = print(store->state());
  const std::string before = commits.back();
  const std::string file = bytes_of(path);
  const std::string log = bytes_of(path + "-wal");
  ASSERT_GT(log.size(), 30'000U);

  const TemporaryFolder after_crash;
  const std::string copy = after_crash.file("s");
  int refused = 0;
  int shortened = 0;
  for (std::size_t offset = 0; offset < log.size(); offset += offset < 64 ? 1 : 531) {
    std::string damaged = log;
    damaged[offset] = static_cast<char>(damaged[offset] ^ 0x10);
    for (const char* end : {"", "-wal", "-shm"})
      std::filesystem::remove(copy + end);
    write_bytes(copy, file);
    write_bytes(copy + "-wal", damaged);
    const auto opened = open(copy, StateStore::Mode::write);
    if (!opened) {
      ++refused;
      EXPECT_NE(opened.error().detail.find("the file is damaged: its journal ("), std::string::npos)
          << opened.error().detail;
      continue;
    }
    const std::string found = print((*opened)->state());
    EXPECT_TRUE(found == last || found == before) << "byte " << offset << "\n" << found;
    shortened += found == before ? 1 : 0;
  }
  EXPECT_GT(refused, 60);
  EXPECT_GT(shortened, 0);
}

}  // namespace
}  // namespace firn::test
