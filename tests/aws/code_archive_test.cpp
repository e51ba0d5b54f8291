#include "providers/aws/code_archive.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <unistd.h>
#include <vector>
#include <zip.h>

#include "core/base/digest.h"

namespace firn::aws {
namespace {

namespace fs = std::filesystem;

class CodeArchiveTest : public testing::Test {
 protected:
  void SetUp() override { fs::remove_all(root_); }
  void TearDown() override { fs::remove_all(root_); }

  fs::path write(const std::string& file, const std::string& text) {
    const fs::path path = root_ / file;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  // Names, contents and modes of the archive's entries, in their order.
  struct Entry {
    std::string name;
    std::string content;
    unsigned mode = 0;
  };
  static std::vector<Entry> entries(const std::string& bytes) {
    std::vector<Entry> found;
    zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, nullptr);
    zip_t* archive = zip_open_from_source(source, ZIP_RDONLY, nullptr);
    if (archive == nullptr) {
      zip_source_free(source);
      ADD_FAILURE() << "not a zip";
      return found;
    }
    for (zip_int64_t i = 0; i < zip_get_num_entries(archive, 0); ++i) {
      zip_stat_t stat;
      zip_stat_index(archive, static_cast<zip_uint64_t>(i), 0, &stat);
      Entry entry;
      entry.name = stat.name;
      entry.content.resize(static_cast<std::size_t>(stat.size));
      zip_file_t* file = zip_fopen_index(archive, static_cast<zip_uint64_t>(i), 0);
      zip_fread(file, entry.content.data(), entry.content.size());
      zip_fclose(file);
      zip_uint8_t system = 0;
      zip_uint32_t attributes = 0;
      zip_file_get_external_attributes(archive, static_cast<zip_uint64_t>(i), 0, &system,
                                       &attributes);
      entry.mode = (attributes >> 16U) & 07777U;
      found.push_back(std::move(entry));
    }
    zip_discard(archive);
    return found;
  }

  fs::path root_ = fs::path(testing::TempDir()) / ("firn_code_archive_" + std::to_string(getpid()));
};

TEST_F(CodeArchiveTest, DependsOnNamesContentsAndExecuteBitsOnly) {
  write("one/b.py", "b = 1\n");
  write("one/lib/a.py", "a = 1\n");
  write("one/bootstrap", "#!/bin/sh\n");
  write("two/bootstrap", "#!/bin/sh\n");
  const fs::path late = write("two/lib/a.py", "a = 1\n");
  const fs::path early = write("two/b.py", "b = 1\n");
  fs::last_write_time(late, fs::file_time_type::clock::now() + std::chrono::hours(1000));
  fs::last_write_time(early, fs::file_time_type::clock::now() - std::chrono::hours(100000));
  fs::permissions(early, fs::perms::owner_read | fs::perms::owner_write);
  for (const char* folder : {"one", "two"}) {
    fs::permissions(root_ / folder / "bootstrap", fs::perms::owner_all);
  }

  const auto one = archive_folder((root_ / "one").string());
  const auto two = archive_folder((root_ / "two").string());
  ASSERT_TRUE(one);
  ASSERT_TRUE(two);
  EXPECT_EQ(one->bytes, two->bytes);
  EXPECT_EQ(one->sha256, base64(sha256(one->bytes)));

  const auto found = entries(one->bytes);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].name, "b.py");
  EXPECT_EQ(found[0].content, "b = 1\n");
  EXPECT_EQ(found[0].mode, 0644U);
  EXPECT_EQ(found[1].name, "bootstrap");
  EXPECT_EQ(found[1].mode, 0755U);
  EXPECT_EQ(found[2].name, "lib/a.py");
}

TEST_F(CodeArchiveTest, DoesNotDependOnTheTimeZone) {
  write("code/a.py", "a = 1\n");
  ::setenv("TZ", "Pacific/Kiritimati", 1);
  ::tzset();
  const auto there = archive_folder((root_ / "code").string());
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  const auto here = archive_folder((root_ / "code").string());
  ASSERT_TRUE(there);
  ASSERT_TRUE(here);
  EXPECT_EQ(there->bytes, here->bytes);
}

// The digest of a known folder is pinned: a change of it would send every function's code again.
TEST_F(CodeArchiveTest, KeepsItsDigestFromVersionToVersion) {
  write("code/process.py", "def handler(event, context):\n    return event\n");
  const auto archive = archive_folder((root_ / "code").string());
  ASSERT_TRUE(archive);
  EXPECT_EQ(archive->sha256, "7S/GIoUVcqPic5u8X2WE3OVCBYa03cz/2is37AltfiU=");
}

TEST_F(CodeArchiveTest, ChangesWithEachOfThem) {
  write("code/a.py", "a = 1\n");
  const std::string folder = (root_ / "code").string();
  const auto before = archive_folder(folder);
  write("code/a.py", "a = 2\n");
  const auto changed = archive_folder(folder);
  fs::permissions(root_ / "code/a.py", fs::perms::owner_all);
  const auto executable = archive_folder(folder);
  fs::rename(root_ / "code/a.py", root_ / "code/b.py");
  const auto renamed = archive_folder(folder);
  EXPECT_NE(before->sha256, changed->sha256);
  EXPECT_NE(changed->sha256, executable->sha256);
  EXPECT_NE(executable->sha256, renamed->sha256);
}

TEST_F(CodeArchiveTest, LeavesOutWhatIsNoCode) {
  write("code/a.py", "a = 1\n");
  write("code/__pycache__/a.cpython-313.pyc", "x");
  write("code/lib/b.pyc", "x");
  write("code/.git/HEAD", "x");
  write("code/lib/b.py", "b = 1\n");
  const auto archive = archive_folder((root_ / "code").string());
  ASSERT_TRUE(archive);
  const auto found = entries(archive->bytes);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].name, "a.py");
  EXPECT_EQ(found[1].name, "lib/b.py");
}

TEST_F(CodeArchiveTest, CompressesLargeFolders) {
  write("code/data.bin", std::string(6U * 1024 * 1024, 'x'));
  const auto archive = archive_folder((root_ / "code").string());
  ASSERT_TRUE(archive);
  EXPECT_LT(archive->bytes.size(), 100'000U);
  EXPECT_EQ(entries(archive->bytes).at(0).content.size(), 6U * 1024 * 1024);
}

TEST_F(CodeArchiveTest, FollowsLinksInsideOnly) {
  write("code/a.py", "a = 1\n");
  fs::create_symlink("a.py", root_ / "code/same.py");
  const auto inside = archive_folder((root_ / "code").string());
  ASSERT_TRUE(inside);
  EXPECT_EQ(entries(inside->bytes).at(1).content, "a = 1\n");

  write("secret.txt", "keep out");
  fs::create_symlink(root_ / "secret.txt", root_ / "code/leak.txt");
  const auto outside = archive_folder((root_ / "code").string());
  ASSERT_FALSE(outside);
  EXPECT_NE(outside.error().summary.find("leak.txt points out of the code folder"),
            std::string::npos);
}

TEST_F(CodeArchiveTest, RefusesALinkThatLeadsBackUp) {
  write("code/a.py", "a = 1\n");
  fs::create_directory_symlink(root_ / "code", root_ / "code/loop");
  const auto archive = archive_folder((root_ / "code").string());
  ASSERT_FALSE(archive);
  EXPECT_NE(archive.error().summary.find("leads back to itself"), std::string::npos);
}

TEST_F(CodeArchiveTest, NamesTheFolderThatIsMissingOrEmptyOrTooLarge) {
  const std::string folder = (root_ / "code").string();
  auto archive = archive_folder(folder);
  ASSERT_FALSE(archive);
  EXPECT_EQ(archive.error().summary, "there is no folder " + folder);

  fs::create_directories(folder);
  archive = archive_folder(folder);
  ASSERT_FALSE(archive);
  EXPECT_EQ(archive.error().summary, "the folder " + folder + " holds no files");

  write("code/a.py", std::string(5000, 'x'));
  archive = archive_folder(folder, 4000);
  ASSERT_FALSE(archive);
  EXPECT_EQ(archive.error().summary, "the code archive of " + folder + " is too large");
  EXPECT_NE(archive.error().remedy.find("layer"), std::string::npos);
}

}  // namespace
}  // namespace firn::aws
