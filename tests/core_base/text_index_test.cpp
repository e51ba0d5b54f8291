#include "core/base/text_index.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace firn {
namespace {

TEST(TextIndex, FindsEachOfMany) {
  std::vector<std::string> texts;
  const auto text_of = [&](std::uint32_t number) -> std::string_view { return texts[number]; };
  TextIndex index;
  EXPECT_FALSE(index.find("", text_of));
  for (std::uint32_t i = 0; i < 5'000; ++i) {
    texts.push_back("item_" + std::to_string(i * 7919));
    EXPECT_TRUE(index.add(texts.back(), i, text_of));
  }
  for (std::uint32_t i = 0; i < 5'000; ++i)
    EXPECT_EQ(index.find(texts[i], text_of), i);
  EXPECT_FALSE(index.find("item_", text_of));
  EXPECT_FALSE(index.find("item_1", text_of));
}

TEST(TextIndex, KeepsTheFirstOfEqualTexts) {
  const std::vector<std::string> texts{"a", "b", "a"};
  const auto text_of = [&](std::uint32_t number) -> std::string_view { return texts[number]; };
  TextIndex index;
  index.reserve(100);
  EXPECT_TRUE(index.add("a", 0, text_of));
  EXPECT_TRUE(index.add("b", 1, text_of));
  EXPECT_FALSE(index.add("a", 2, text_of));
  EXPECT_EQ(index.find("a", text_of), 0U);
}

}  // namespace
}  // namespace firn
