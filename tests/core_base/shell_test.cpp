#include "core/base/shell.h"

#include <gtest/gtest.h>

namespace firn {
namespace {

TEST(Shell, WritesWordsForTheShell) {
  EXPECT_EQ(shell_word("raw/data:x.y-z_1"), "raw/data:x.y-z_1");
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("table[\"a b\"]"), "'table[\"a b\"]'");
  EXPECT_EQ(shell_word("it's"), R"('it'\''s')");
}

TEST(Shell, SaysHowToImport) {
  EXPECT_EQ(import_command("lake", "dev", "queues[\"a\"]"),
            "firn import lake 'queues[\"a\"]' --env dev");
  EXPECT_EQ(import_command("lake", "dev", "a", "NAME"), "firn import lake a NAME --env dev");
}

}  // namespace
}  // namespace firn
