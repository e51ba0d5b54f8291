// State files: whole ones, damaged, and sound ones with rows that firn did not write.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/async/random.h"
#include "core/state/invariants.h"
#include "core/state/sqlite.h"
#include "core/state/state_store.h"
#include "tests/fuzz/fuzz.h"

namespace firn::fuzz {
namespace {

Result<std::unique_ptr<StateStore>> open(const std::string& path, StateStore::Mode mode) {
  SeededRandom random(7);
  return StateStore::open({path, "shop", "dev"}, mode,
                          {"ana@desk", 4242, "apply shop --env dev", Instant{}}, random);
}

// The bytes of a sound state with a resource, an intent and a tombstone.
const std::string& sound_file() {
  static const std::string bytes = [] {
    const std::string path = scratch_folder() + "/sound.db";
    {
      auto opened = open(path, StateStore::Mode::write);
      require(opened.has_value(), "a new state opens");
      StateStore& store = **opened;
      store.begin_run("apply shop --env dev", Instant{});
      StoredResource queue;
      queue.record = {"queue", "aws.sqs_queue", "shop-dev-queue", Map{{"delay_seconds", 3}},
                      Map{{"arn", "arn:aws:sqs:eu-west-1:123456789012:shop-dev-queue"}}};
      queue.base_name = "shop-dev-queue";
      store.put_resource(queue);
      Intent intent;
      intent.address = "topic";
      intent.type = "aws.sns_topic";
      intent.name = "shop-dev-topic";
      intent.inputs = Map{{"display_name", "t"}};
      intent.outputs = Map{{"arn", "arn:aws:sns:eu-west-1:123456789012:shop-dev-topic"}};
      intent.dependencies = {"queue"};
      store.begin_intent(intent);
      store.set_outputs(Map{{"queue", "shop-dev-queue"}});
      require(store.commit().has_value(), "a new state is written");
    }
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }();
  return bytes;
}

void remove_traces(const std::string& path) {
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm", "-journal", ".lock"})
    std::filesystem::remove(path + suffix, ignored);
}

void check(const std::string& path) {
  const auto opened = open(path, StateStore::Mode::read);
  if (!opened) {
    require_told(opened.error());
    require(opened.error().kind == ErrorKind::storage ||
                opened.error().kind == ErrorKind::conflict ||
                opened.error().kind == ErrorKind::invalid_input,
            "a state is refused for what it is", render(opened.error()));
    return;
  }
  const State& state = (*opened)->state();
  for (const std::string& sentence : check_invariants(state))
    require(!sentence.empty(), "what is wrong with a state is said");
  (void)(*opened)->runs();
}

// Columns that an edit can put a text into.
constexpr std::array<std::string_view, 17> places = {
    "UPDATE resources SET inputs = ?",
    "UPDATE resources SET outputs = ?",
    "UPDATE resources SET dependencies = ?",
    "UPDATE resources SET address = ?",
    "UPDATE resources SET type = ?",
    "UPDATE resources SET name = ?",
    "UPDATE intents SET inputs = ?",
    "UPDATE intents SET outputs = ?",
    "UPDATE intents SET dependencies = ?",
    "UPDATE intents SET address = ?",
    "UPDATE outputs SET value = ?",
    "UPDATE outputs SET name = ?",
    "UPDATE runs SET command = ?",
    "UPDATE meta SET value = ? WHERE key = 'serial'",
    "UPDATE meta SET value = ? WHERE key = 'lineage'",
    "UPDATE meta SET value = ? WHERE key = 'secret_key'",
    "INSERT INTO tombstones VALUES ('aws.sqs_queue', ?, 5, 'because')",
};

void edit(const std::string& path, std::string_view edits) {
  auto database = sqlite::Database::open(path, sqlite::Database::Access::write);
  require(database.has_value(), "a sound state opens");
  for (std::string_view text : parts_of(edits)) {
    const auto place = static_cast<std::size_t>(number_of(take_line(text))) % places.size();
    auto statement = database->prepare(places[place]);
    if (!statement) continue;
    statement->bind(1, text);
    (void)statement->run();  // what the schema's own checks refuse cannot be in a file
  }
}

// The first format had no checksum, which refuses most edits before a row is read.
void pretend_to_be_old(const std::string& path) {
  auto database = sqlite::Database::open(path, sqlite::Database::Access::write);
  require(database && database->execute("PRAGMA user_version = 1").has_value(),
          "an edited state can be written to");
}

}  // namespace

// A whole file, or edits: a line with the number of a place, then the text that is put there.
void try_input(std::string_view input) {
  const bool is_file = input.starts_with("SQLite");
  const std::string path = file_with("state.db", is_file ? input : std::string_view(sound_file()));
  if (is_file) {
    check(path);
  } else {
    edit(path, input);
    check(path);
    pretend_to_be_old(path);
    check(path);
  }
  remove_traces(path);
}

}  // namespace firn::fuzz
