#include <gtest/gtest.h>

#include "core/state/invariants.h"
#include "core/state/state_store.h"
#include "tests/core_state/support.h"

namespace firn::test {
namespace {

// A state with every member set, and values of every kind.
void fill(StateStore& store) {
  StoredResource bucket = resource("customers[\"acmé 雪\"].bucket");
  bucket.record.inputs = Map{{"$ref", "a dollar key"},
                             {"big", std::int64_t{9'007'199'254'740'993}},
                             {"document", std::string(300'000, 'x')},
                             {"empty list", List{}},
                             {"empty map", Map{}},
                             {"fraction", 0.1},
                             {"lines", "one\ntwo\t\"three\" \\ \x01 ❄"},
                             {"minimum", std::int64_t{INT64_MIN}},
                             {"nothing", Value()},
                             {"password", Value::sealed_secret("hmac-sha256:AAAA")},
                             {"yes", true}};
  bucket.protect = true;
  bucket.generation = 3;
  bucket.record.name = bucket.base_name + "-g3";
  bucket.created_at = at(0) + std::chrono::nanoseconds(123'456'789);
  StoredResource half = resource("half", {"customers[\"acmé 雪\"].bucket"});
  half.incomplete = true;
  StoredResource old = resource("topic#deposed");
  old.deposed = true;
  StoredResource nameless = resource("rule", {"customers[\"acmé 雪\"].bucket", "half"});
  nameless.record.name.clear();
  nameless.base_name.clear();
  nameless.record.outputs = Value();
  for (const auto& each : {bucket, half, old, nameless})
    store.put_resource(each);

  Intent open = intent("topic", IntentAction::create);
  open.generation = 2;
  open.dependencies = {"half"};
  const std::int64_t begun = store.begin_intent(open);
  store.record_identity(begun, Map{{"arn", "arn:x"}});
  store.begin_intent(intent("half", IntentAction::update));

  const std::int64_t removal = store.begin_intent(intent("gone", IntentAction::remove));
  store.finish_remove(removal, "gone",
                      {{"test.thing", "shop-dev-gone", at(72 * 3600), "held for 72 hours"}});
  store.set_outputs(Map{{"list", List{1, "two"}}, {"url", "https://example.com/ü"}});
  store.raise_serial();
  store.raise_serial();
}

TEST(StateStore, EverythingComesBackAsItWasWritten) {
  const TemporaryFolder folder;
  const std::string path = folder.file("shop.state");
  std::string written;
  {
    const auto store = writer(path);
    fill(*store);
    ASSERT_TRUE(store->commit());
    written = print(store->state());
  }
  EXPECT_EQ(print(read(path)), written);
  EXPECT_EQ(check_invariants(read(path)), std::vector<std::string>{});
  EXPECT_EQ(read(path).serial, 2);
  EXPECT_EQ(read(path).resources.size(), 4U);
  EXPECT_EQ(read(path).open_intents.size(), 2U);
  EXPECT_EQ(read(path).secret_key.size(), 32U);
  EXPECT_EQ(print(writer(path)->state()), written) << "a writer sees the same";
}

TEST(StateStore, InMemoryStoreBehavesTheSame) {
  const auto store = writer(":memory:");
  fill(*store);
  ASSERT_TRUE(store->commit());
  EXPECT_EQ(store->state().resources.size(), 4U);
  EXPECT_EQ(check_invariants(store->state()), std::vector<std::string>{});
}

TEST(StateStore, StagedWritesShowOnlyAfterCommit) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  const auto store = writer(path);
  EXPECT_FALSE(store->has_staged());
  store->put_resource(resource("bucket"));
  EXPECT_TRUE(store->has_staged());
  EXPECT_TRUE(store->state().resources.empty());
  EXPECT_TRUE(read(path).resources.empty());
  ASSERT_TRUE(store->commit());
  EXPECT_FALSE(store->has_staged());
  EXPECT_NE(store->state().find("bucket"), nullptr);
  EXPECT_NE(read(path).find("bucket"), nullptr) << "a reader sees it while the writer lives";
}

TEST(StateStore, ReadingAMissingFileGivesAnEmptyStateAndCreatesNothing) {
  const TemporaryFolder folder;
  const State state = read(folder.file("not/there/yet"));
  EXPECT_EQ(state.stack, "shop");
  EXPECT_EQ(state.environment, "dev");
  EXPECT_EQ(state.lineage, "");
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(StateStore, ReadingLeavesNothingBehind) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  { const auto store = writer(path); }
  { const State state = read(path); }
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    names.push_back(entry.path().filename().string());
  }
  EXPECT_EQ(names, std::vector<std::string>{"s"}) << "neither lock nor journal files stay";
}

TEST(StateStore, MakesTheFolderAndKeepsTheFileToItsOwner) {
  const TemporaryFolder folder;
  const std::string path = folder.file("a/b/shop.state");
  const auto store = writer(path);
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(StateStore, LineageTellsTwoStatesApart) {
  const TemporaryFolder folder;
  SeededRandom random(1);
  std::vector<std::string> lineages;
  std::vector<std::string> keys;
  for (const char* name : {"one", "two"}) {
    auto store =
        StateStore::open(location(folder.file(name)), StateStore::Mode::write, holder(), random);
    ASSERT_TRUE(store);
    lineages.push_back((*store)->state().lineage);
    keys.push_back((*store)->state().secret_key);
  }
  EXPECT_NE(lineages[0], lineages[1]);
  EXPECT_NE(keys[0], keys[1]);
}

TEST(StateStore, NoSecretReachesTheDisk) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  const std::string clear = "correct horse battery staple";
  const auto store = writer(path);
  StoredResource careless = resource("user");
  careless.record.inputs = Map{{"password", Value::secret(clear)}};
  careless.record.outputs = Map{{"keys", List{Value::secret(clear)}}};
  store->put_resource(careless);
  Intent begun = intent("other", IntentAction::create);
  begun.inputs = Map{{"password", Value::secret(clear)}};
  const auto id = store->begin_intent(begun);
  store->record_identity(id, Map{{"password", Value::secret(clear)}});
  store->set_outputs(Map{{"password", Value::secret(clear)}});
  ASSERT_TRUE(store->commit());

  EXPECT_EQ(check_invariants(store->state()), std::vector<std::string>{});
  const Value& kept = store->state().find("user")->record.inputs.at("password");
  EXPECT_EQ(kept.secret_digest(), seal(store->state().secret_key, Value(clear)));
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    std::FILE* file = std::fopen(entry.path().c_str(), "rb");
    ASSERT_NE(file, nullptr);
    std::string bytes(std::filesystem::file_size(entry.path()), '\0');
    bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file));
    std::fclose(file);
    EXPECT_EQ(bytes.find(clear), std::string::npos) << entry.path();
  }
}

TEST(StateStore, OutcomeClosesItsIntent) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  const auto store = writer(path);
  const auto created = store->begin_intent(intent("a", IntentAction::create));
  const auto failed = store->begin_intent(intent("b", IntentAction::create));
  const auto unfinished = store->begin_intent(intent("c", IntentAction::create));
  ASSERT_TRUE(store->commit());
  EXPECT_EQ(read(path).open_intents.size(), 3U);

  store->finish_create(created, resource("a"));
  store->abandon_intent(failed);
  ASSERT_TRUE(store->commit());
  const State after = read(path);
  ASSERT_EQ(after.open_intents.size(), 1U);
  EXPECT_EQ(after.open_intents[0].id, unfinished);
  EXPECT_NE(after.find("a"), nullptr);
  EXPECT_EQ(after.find("b"), nullptr);
}

TEST(StateStore, IntentIdsNeverRepeat) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  std::int64_t first = 0;
  {
    const auto store = writer(path);
    first = store->begin_intent(intent("a", IntentAction::create));
    ASSERT_TRUE(store->commit());
    store->abandon_intent(first);
    ASSERT_TRUE(store->commit());
  }
  EXPECT_GT(writer(path)->begin_intent(intent("a", IntentAction::create)), first);
}

TEST(StateStore, MovingRenamesDependenciesAndOpenIntents) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  const auto store = writer(path);
  store->put_resource(resource("topic"));
  store->put_resource(resource("topic2"));
  store->put_resource(resource("pipe", {"a", "topic", "z"}));
  store->put_resource(resource("other", {"topic2"}));
  store->begin_intent(intent("topic", IntentAction::update));
  Intent waiting = intent("stage", IntentAction::create);
  waiting.dependencies = {"topic"};
  store->begin_intent(waiting);
  ASSERT_TRUE(store->commit());

  store->move_resource("topic", "topic#deposed");
  ASSERT_TRUE(store->commit());
  EXPECT_EQ(print(read(path)), print(store->state()));
  EXPECT_EQ(store->state().find("topic"), nullptr);
  ASSERT_NE(store->state().find("topic#deposed"), nullptr);
  EXPECT_EQ(store->state().find("topic#deposed")->record.address, "topic#deposed");
  EXPECT_EQ(store->state().find("pipe")->dependencies,
            (std::vector<std::string>{"a", "topic#deposed", "z"}));
  EXPECT_EQ(store->state().find("other")->dependencies, std::vector<std::string>{"topic2"});
  EXPECT_EQ(store->state().open_intents[0].address, "topic#deposed");
  EXPECT_EQ(store->state().open_intents[1].dependencies, std::vector<std::string>{"topic#deposed"});
}

TEST(StateStore, ForgettingAlsoClosesOpenIntents) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  const auto store = writer(path);
  store->put_resource(resource("a"));
  store->begin_intent(intent("a", IntentAction::update));
  ASSERT_TRUE(store->commit());
  store->forget_resource("a");
  ASSERT_TRUE(store->commit());
  EXPECT_TRUE(read(path).resources.empty());
  EXPECT_TRUE(read(path).open_intents.empty());
}

TEST(StateStore, TombstonesEndWithTheirTimeOrWhenTheNameLivesAgain) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  const auto store = writer(path);
  const auto id = store->begin_intent(intent("a", IntentAction::remove));
  store->finish_remove(id, "a",
                       {{"test.thing", "shop-dev-a", at(60), "queue names wait 60 seconds"},
                        {"test.thing", "shop-dev-b", at(7200), "longer"},
                        {"test.other", "shop-dev-b", at(7200), "longer"}});
  ASSERT_TRUE(store->commit());
  ASSERT_EQ(read(path).tombstones.size(), 3U);

  store->drop_tombstones_before(at(60));
  store->put_resource(resource("b"));
  ASSERT_TRUE(store->commit());
  ASSERT_EQ(store->state().tombstones.size(), 1U);
  EXPECT_EQ(store->state().tombstones[0].type, "test.other");
  EXPECT_EQ(print(read(path)), print(store->state()));
}

TEST(StateStore, RunsAreListedLatestFirstAndPruned) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  const auto store = writer(path);
  for (int i = 1; i <= 130; ++i) {
    const auto run = store->begin_run("apply shop " + std::to_string(i), at(i));
    const auto begun = store->begin_intent(intent("a", IntentAction::create));
    store->abandon_intent(begun);
    if (i != 129) store->finish_run(run, at(i + 1), "done");
    ASSERT_TRUE(store->commit());
  }
  const auto runs = store->runs();
  ASSERT_TRUE(runs);
  ASSERT_EQ(runs->size(), 100U);
  EXPECT_EQ(runs->at(0).command, "apply shop 130");
  EXPECT_EQ(runs->at(0).outcome, "done");
  EXPECT_EQ(runs->at(0).finished_at, at(131));
  EXPECT_EQ(runs->at(1).finished_at, std::nullopt) << "killed";
  EXPECT_EQ(runs->at(99).command, "apply shop 31");
}

TEST(StateStore, ChangesInAStateOpenedForReadingAreRefused) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  { const auto store = writer(path); }
  auto reader = open(path, StateStore::Mode::read);
  ASSERT_TRUE(reader);
  (*reader)->raise_serial();
  const Status committed = (*reader)->commit();
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().kind, ErrorKind::bug);
}

TEST(StateStore, AReaderSeesTheLastCommitWhileAnotherWrites) {
  const TemporaryFolder folder;
  const std::string path = folder.file("s");
  const auto store = writer(path);
  for (int i = 0; i < 50; ++i) {
    store->put_resource(resource("r" + std::to_string(i)));
    ASSERT_TRUE(store->commit());
    EXPECT_EQ(read(path).resources.size(), static_cast<std::size_t>(i + 1));
  }
}

}  // namespace
}  // namespace firn::test
