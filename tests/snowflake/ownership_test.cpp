#include "providers/snowflake/ownership.h"

#include <gtest/gtest.h>

namespace firn::snowflake {
namespace {

TEST(Ownership, MarkGoesAndComesBack) {
  for (const Mark& mark : {Mark{"finance", "dev", "lake"}, Mark{"finance", "dev", "keys[\"a/b\"]"},
                           Mark{"s", "e", "customers[\"acme\"].queue"}}) {
    for (const std::string text : {"", "Reads the views", "ends in ]", "[firn:not/whole"}) {
      const MarkedComment read = read_mark(with_mark(text, mark));
      EXPECT_EQ(read.text, text);
      ASSERT_TRUE(read.mark) << text;
      EXPECT_EQ(*read.mark, mark);
    }
  }
  EXPECT_EQ(with_mark("", {"finance", "dev", "lake"}), "[firn:finance/dev/lake]");
  EXPECT_EQ(with_mark("Raw data", {"finance", "dev", "lake"}), "Raw data [firn:finance/dev/lake]");
}

TEST(Ownership, WhatIsNoMarkStaysText) {
  for (const char* comment : {"", "plain", "[firn:a/b]", "[firn:a/b/]", "[firn:/b/c]",
                              "x[firn:a/b/c]", "[firn:a/b/c] and more", "[other:a/b/c]"}) {
    const MarkedComment read = read_mark(comment);
    EXPECT_EQ(read.text, comment);
    EXPECT_FALSE(read.mark) << comment;
  }
}

}  // namespace
}  // namespace firn::snowflake
