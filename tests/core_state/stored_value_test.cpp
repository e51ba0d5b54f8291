#include "core/state/stored_value.h"

#include <gtest/gtest.h>

#include "core/value/json.h"

namespace firn::test {
namespace {

std::string nested(int levels) {
  return std::string(static_cast<std::size_t>(levels), '[') +
         std::string(static_cast<std::size_t>(levels), ']');
}

TEST(StoredValue, PlainTextGivesWhatTheFullReaderGives) {
  for (const std::string text :
       {"null", "true", "false", "0", "-1", "999999999999999999", "-999999999999999999", "\"\"",
        "\"a b\"", "[]", "[1]", "[1,\"a\",[],{}]", "{}", "{\"a\":1}",
        "{\"arn\":\"arn:aws:s3:::x\",\"on\":true,\"tags\":{\"k\":\"v\"},\"z\":[null,-5]}"}) {
    const auto plain = parse_plain(text);
    ASSERT_TRUE(plain) << text;
    const auto full = parse_state_json(text);
    ASSERT_TRUE(full) << text;
    EXPECT_EQ(*plain, *full) << text;
    EXPECT_EQ(plain->kind(), full->kind()) << text;
  }
}

TEST(StoredValue, WhatNeedsJudgementIsNotPlain) {
  for (const std::string text : {"",
                                 " 1",
                                 "1 ",
                                 "1.5",
                                 "1e3",
                                 "-0",
                                 "01",
                                 "-",
                                 "+1",
                                 "1234567890123456789",
                                 "tru",
                                 "nul",
                                 "\"a",
                                 "\"a\\n\"",
                                 "\"é\"",
                                 "\"\x01\"",
                                 "[",
                                 "[1",
                                 "[1,",
                                 "[1,]",
                                 "[1 ,2]",
                                 "{",
                                 "{\"a\"",
                                 "{\"a\":",
                                 "{\"a\":1",
                                 "{\"a\":1,}",
                                 "{a:1}",
                                 "{\"$secret\":\"hmac-sha256:x\"}",
                                 "{\"$$ref\":1}",
                                 "[1]]",
                                 "1,2"}) {
    EXPECT_FALSE(parse_plain(text)) << text;
  }
  EXPECT_TRUE(parse_plain(nested(33)));
  EXPECT_FALSE(parse_plain(nested(34)));
}

TEST(StoredValue, TheRestIsReadByTheFullReader) {
  ValueReader reader;
  EXPECT_TRUE(reader.read("")->is_null());
  EXPECT_EQ(reader.read("{\"$secret\":\"hmac-sha256:x\"}")->secret_digest(), "hmac-sha256:x");
  EXPECT_EQ(reader.read("\"é\""), Value("é"));
  EXPECT_EQ(reader.read("1.5"), Value(1.5));
  EXPECT_FALSE(reader.read_shared("{\"half\":"));
  EXPECT_FALSE(reader.read_shared("{\"half\":")) << "a failure is not remembered as a value";
  EXPECT_EQ(to_json(*reader.read("{\"a\":[1,2]}")), "{\"a\":[1,2]}")
      << "nor does it stay in the way";
}

TEST(StoredValue, PlainTextsAreReadWithoutValues) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(parse_plain_texts("[]"), Texts{});
  EXPECT_EQ(parse_plain_texts("[\"a\"]"), Texts{"a"});
  EXPECT_EQ(parse_plain_texts("[\"a\",\"\",\"b c\"]"), (Texts{"a", "", "b c"}));
  for (const char* text : {"", "[", "[\"a\"", "[\"a\",]", "[1]", "[\"a\"] ", "\"a\"", "[\"\\n\"]",
                           "[\"é\"]", "[\"a\" ,\"b\"]"}) {
    EXPECT_FALSE(parse_plain_texts(text)) << text;
  }
}

TEST(StoredValue, EqualTextsShareOneValue) {
  ValueReader reader;
  const auto first = reader.read_shared("{\"a\":[1,2]}");
  const auto second = reader.read_shared("{\"a\":[1,2]}");
  EXPECT_EQ(first->find("a"), second->find("a"));
}

}  // namespace
}  // namespace firn::test
