#include "core/base/text.h"

#include <gtest/gtest.h>

namespace firn {
namespace {

using Names = std::vector<std::string_view>;

TEST(Text, SplitsIntoAllPartsEvenEmptyOnes) {
  EXPECT_EQ(split("a,b,,c", ','), (std::vector<std::string>{"a", "b", "", "c"}));
  EXPECT_EQ(split("", ','), (std::vector<std::string>{""}));
  EXPECT_EQ(split(",", ','), (std::vector<std::string>{"", ""}));
}

TEST(Text, JoinIsTheInverseOfSplit) {
  for (const std::string text : {"", "a", "a.b", ".a..b."}) {
    EXPECT_EQ(join(split(text, '.'), "."), text);
  }
}

TEST(Text, TrimsBlanksOnBothSidesOnly) {
  EXPECT_EQ(trim(" \t\r\n a b \n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
}

TEST(Text, ReplacesEveryOccurrenceOnce) {
  EXPECT_EQ(replace_all("aaa", "a", "aa"), "aaaaaa");
  EXPECT_EQ(replace_all("a.b.c", ".", ""), "abc");
  EXPECT_EQ(replace_all("abc", "", "x"), "abc");
}

TEST(Text, ComparesIgnoringAsciiCase) {
  EXPECT_TRUE(equals_ignoring_case("Content-Type", "content-TYPE"));
  EXPECT_FALSE(equals_ignoring_case("abc", "abcd"));
  EXPECT_FALSE(equals_ignoring_case("[", "{"));  // differ by the bit that makes letters lower
}

struct NearestCase {
  std::string_view wrong;
  Names candidates;
  std::string_view expected;  // "" for none
};

TEST(Text, FindsTheNameThatWasMeant) {
  const std::vector<NearestCase> cases{
      {"delay_second", {"delay", "delay_seconds", "name"}, "delay_seconds"},
      {"dealy", {"delay", "display"}, "delay"},      // a swap is one step
      {"VERSIONING", {"versioning"}, "versioning"},  // case is no distance
      {"versionning", {"versioning"}, "versioning"},
      {"tag", {"tags", "type"}, "tags"},
      {"colour", {"name", "size"}, ""},
      {"x", {"y"}, ""},
      {"", {"y"}, ""},
      {"abc", {}, ""},
      {"rolx", {"role", "roll"}, "role"},  // equally near: the first
  };
  for (const NearestCase& c : cases) {
    EXPECT_EQ(nearest(c.wrong, c.candidates).value_or(""), c.expected) << c.wrong;
  }
}

TEST(Text, SuggestsTheNearestOrElseWhatIsAllowed) {
  EXPECT_EQ(suggestion("sise", Names{"size", "name"}), "did you mean \"size\"?");
  EXPECT_EQ(suggestion("colour", Names{"size", "name"}), "choose one of: size, name");
  EXPECT_EQ(suggestion("colour", Names{"name"}), "the only choice is: name");
  EXPECT_EQ(suggestion("colour", Names{}), "");
  const Names many(24, "name");
  EXPECT_TRUE(suggestion("colour", many).ends_with("name and 4 more"));
}

// RFC 3986, 2.3: the unreserved characters.
TEST(Text, PercentEncodesEverythingReserved) {
  EXPECT_EQ(percent_encode("AZaz09-_.~"), "AZaz09-_.~");
  EXPECT_EQ(percent_encode("a b/c+d\xC3\xA9%"), "a%20b%2Fc%2Bd%C3%A9%25");
  EXPECT_EQ(percent_encode("a b/c", true), "a%20b/c");
}

TEST(Text, PercentDecodesAndLeavesMalformedEscapesAlone) {
  EXPECT_EQ(percent_decode("a%20b%2fc%C3%A9"), "a b/c\xC3\xA9");
  EXPECT_EQ(percent_decode("100%"), "100%");
  EXPECT_EQ(percent_decode("%2"), "%2");
  EXPECT_EQ(percent_decode("%zz+"), "%zz+");
  std::string all;
  for (int i = 0; i < 256; ++i)
    all += static_cast<char>(i);
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
}

}  // namespace
}  // namespace firn
