#include "core/schema/resource_type.h"

#include <algorithm>
#include <array>
#include <gtest/gtest.h>

namespace firn::tests {
namespace {

TEST(CheckTable, RefusesAnAttributeThatAWordOfEveryResourceWouldHide) {
  constexpr std::array rows = {
      Attribute{.name = "size", .kind = AttributeKind::integer, .doc = "How large."},
      Attribute{.name = "when", .doc = "At what time."},
      Attribute{.name = "name", .doc = "The name, an output.", .computed = true},
  };
  const ResourceType type{.name = "lab.thing",
                          .summary = "A thing.",
                          .example = "  type: lab.thing\n  size: 1\n",
                          .attributes = rows};
  const auto sentences = check_table(type);
  ASSERT_EQ(sentences.size(), 1U);
  EXPECT_NE(sentences.front().find("when"), std::string::npos) << sentences.front();
  EXPECT_NE(sentences.front().find("hides this one"), std::string::npos) << sentences.front();
}

}  // namespace
}  // namespace firn::tests
