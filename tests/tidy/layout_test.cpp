// Sources are laid out as clang-format lays them out.
#include <cstdlib>
#include <gtest/gtest.h>
#include <iostream>

#include "tests/tidy/sources.h"

namespace firn::tidy {
namespace {

TEST(Layout, IsThatOfClangFormat) {
  // Another version lays some lines out differently; this is the one of Debian 12.
  if (std::system("clang-format --version 2>/dev/null | grep -q 'version 14\\.'") != 0) {
    std::cerr << "\n*** clang-format 14 was not found: THE LAYOUT OF THE SOURCES IS NOT CHECKED.\n"
                 "*** To check it: scripts/install-deps.sh lint\n\n";
    GTEST_SKIP() << "clang-format 14 was not found";
  }
  std::string command = "cd '" FIRN_SOURCE_FOLDER "' && clang-format --dry-run --Werror";
  for (const SourceFile& file : source_files()) {
    if (file.is_code()) command += " '" + file.path + "'";
  }
  EXPECT_EQ(std::system(command.c_str()), 0) << "lay them out anew: scripts/lint.sh --fix";
}

}  // namespace
}  // namespace firn::tidy
