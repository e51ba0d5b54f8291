// The algebra of patterns: named cases, and every small pattern against brute force.
#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <random>

#include "providers/aws/iam/pattern_algebra.h"

namespace firn::aws::iam {
namespace {

Pattern glob(const std::string& text) {
  return Pattern::glob(symbols_of(text));
}
Pattern resource(const std::string& text) {
  return Pattern::resource(symbols_of(text));
}

struct Row {
  const char* name;
  const char* wide;
  const char* narrow;
  bool covers;
  bool meets;
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}

const Row rows[] = {
    {"all", "*", "arn:aws:s3:::lake/raw/*", true, true},
    {"same", "arn:aws:s3:::lake/raw/*", "arn:aws:s3:::lake/raw/*", true, true},
    {"wider_prefix", "arn:aws:s3:::lake/*", "arn:aws:s3:::lake/raw/*", true, true},
    {"narrower_prefix", "arn:aws:s3:::lake/raw/2026/*", "arn:aws:s3:::lake/raw/*", false, true},
    {"other_prefix", "arn:aws:s3:::lake/out/*", "arn:aws:s3:::lake/raw/*", false, false},
    {"suffix_only_meets", "arn:aws:s3:::lake/*.csv", "arn:aws:s3:::lake/raw/*", false, true},
    {"suffix_covers_suffix", "arn:aws:s3:::lake/*.csv", "arn:aws:s3:::lake/raw/*.csv", true, true},
    {"two_stars_are_one", "arn:aws:s3:::lake/**", "arn:aws:s3:::lake/*", true, true},
    {"at_least_one", "arn:aws:s3:::lake/?*", "arn:aws:s3:::lake/*", false, true},
    {"at_least_one_either_way", "arn:aws:s3:::lake/*?", "arn:aws:s3:::lake/?*", true, true},
    {"bucket_and_objects", "arn:aws:s3:::lake*", "arn:aws:s3:::lake/*", true, true},
    {"bucket_alone", "arn:aws:s3:::lake", "arn:aws:s3:::lake/*", false, false},
    {"any_region", "arn:aws:sqs:*:123456789012:q", "arn:aws:sqs:eu-west-1:123456789012:q", true,
     true},
    {"secret_suffix", "arn:aws:secretsmanager:r:1:secret:s-??????",
     "arn:aws:secretsmanager:r:1:secret:s-*", false, true},
    {"secret_suffix_wide", "arn:aws:secretsmanager:r:1:secret:s-*",
     "arn:aws:secretsmanager:r:1:secret:s-??????", true, true},
    // The star inside a part cannot cross a colon, so the shorter pattern has other texts.
    {"within_a_part", "arn:aws:sqs:*:1:q", "arn:aws:sqs:*-1:1:q", true, true},
    {"beyond_a_part", "arn:aws:sqs:eu*1:1:q", "arn:aws:sqs:eu*:1:q", false, true},
};

class Algebra : public testing::TestWithParam<Row> {};

TEST_P(Algebra, OfResources) {
  const Row& row = GetParam();
  const Pattern wide = resource(row.wide);
  const Pattern narrow = resource(row.narrow);
  EXPECT_EQ(covers(wide, narrow), row.covers);
  const auto common = common_text(wide, narrow);
  EXPECT_EQ(common.has_value(), row.meets);
  if (common) {
    EXPECT_TRUE(wide.matches(*common) && narrow.matches(*common)) << *common;
  }
}

INSTANTIATE_TEST_SUITE_P(Table, Algebra, testing::ValuesIn(rows),
                         [](const auto& row) { return row.param.name; });

TEST(Cover, SaysWhatIsNotCovered) {
  const Pattern parts[] = {resource("arn:aws:s3:::lake/raw/*.csv"),
                           resource("arn:aws:s3:::lake/raw/*.json")};
  const Cover answer = cover(resource("arn:aws:s3:::lake/raw/?*"), parts);
  EXPECT_FALSE(answer.covered);
  EXPECT_EQ(answer.uncovered, "arn:aws:s3:::lake/raw/x");
}

TEST(Cover, SeveralPatternsCoverTogether) {
  const Pattern parts[] = {glob("a*"), glob("?"), glob(""), glob("??*")};
  EXPECT_TRUE(cover(glob("*"), parts).covered);
  EXPECT_FALSE(cover(glob("*"), std::span(parts).first(3)).covered);
}

TEST(Cover, ClaimsNothingWhenThereIsTooMuchToLookAt) {
  // The set of places where an `a` stood counts, of which there are 2^24.
  const Pattern hard = glob("*a????????????????????????");
  const Cover answer = cover(glob("*"), {&hard, 1});
  EXPECT_FALSE(answer.covered);
  const Pattern parts[] = {glob("*a?????????????????????b"), glob("*b?????????????????????a")};
  EXPECT_FALSE(classes_of(glob("?????????????????????????????*"), parts).has_value());
}

TEST(Case, IsIgnoredForActionsOnly) {
  const auto any = Pattern::Letters::ignore_case;
  const Pattern wide = Pattern::glob(symbols_of("S3:get*"), any);
  EXPECT_TRUE(covers(wide, Pattern::glob(symbols_of("s3:GETobject*"), any)));
  EXPECT_FALSE(covers(glob("S3:get*"), glob("s3:GETobject*")));
  EXPECT_TRUE(covers(wide, glob("s3:GetObject")));
  EXPECT_FALSE(covers(glob("s3:GetObject"), Pattern::glob(symbols_of("s3:GetObject"), any)));
}

// Brute force: all texts up to a length over an alphabet with every literal, the colon, and two
// letters that no pattern has.
std::vector<std::string> texts_up_to(std::size_t length) {
  std::vector<std::string> texts{""};
  std::size_t from = 0;
  for (std::size_t i = 0; i < length; ++i) {
    const std::size_t to = texts.size();
    for (; from < to; ++from) {
      for (const char c : {'a', 'b', ':', 'x'})
        texts.push_back(texts[from] + c);
    }
  }
  return texts;
}

// A reader of patterns that shares nothing with the automaton.
bool fits(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() == '*') {
    return fits(pattern.substr(1), text) || (!text.empty() && fits(pattern, text.substr(1)));
  }
  if (text.empty()) return false;
  return (pattern.front() == '?' || pattern.front() == text.front()) &&
         fits(pattern.substr(1), text.substr(1));
}

std::vector<std::string> patterns_up_to(std::size_t length) {
  std::vector<std::string> patterns{""};
  std::size_t from = 0;
  for (std::size_t i = 0; i < length; ++i) {
    const std::size_t to = patterns.size();
    for (; from < to; ++from) {
      for (const char c : {'a', 'b', '*', '?'})
        patterns.push_back(patterns[from] + c);
    }
  }
  return patterns;
}

// Patterns of n units that differ do so in a text of at most 2n characters; with one letter for
// all others in the alphabet, 6 are enough for those of 3.
TEST(BruteForce, EverySmallPairOfPatterns) {
  const std::vector<std::string> texts = texts_up_to(6);
  const std::vector<std::string> patterns = patterns_up_to(3);
  std::vector<std::vector<bool>> languages;
  std::vector<Pattern> compiled;
  for (const std::string& pattern : patterns) {
    std::vector<bool>& language = languages.emplace_back();
    for (const std::string& text : texts)
      language.push_back(fits(pattern, text));
    compiled.push_back(glob(pattern));
  }
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    for (std::size_t j = 0; j < patterns.size(); ++j) {
      bool covered = true;
      bool meet = false;
      for (std::size_t t = 0; t < texts.size(); ++t) {
        covered = covered && (languages[i][t] || !languages[j][t]);
        meet = meet || (languages[i][t] && languages[j][t]);
      }
      ASSERT_EQ(covers(compiled[i], compiled[j]), covered) << patterns[i] << " " << patterns[j];
      ASSERT_EQ(common_text(compiled[i], compiled[j]).has_value(), meet)
          << patterns[i] << " " << patterns[j];
    }
  }
}

std::string random_text(std::mt19937_64& random, std::string_view letters, std::size_t longest) {
  std::string text;
  const std::size_t length = random() % (longest + 1);
  for (std::size_t i = 0; i < length; ++i)
    text += letters[random() % letters.size()];
  return text;
}

TEST(BruteForce, LongerPatternsMatchTheSameTexts) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const std::string pattern = random_text(random, "aab**?", 8);
    const std::string text = random_text(random, "aab", 10);
    ASSERT_EQ(glob(pattern).matches(text), fits(pattern, text)) << pattern << " " << text;
  }
}

// With parts and colons: resource patterns against their own matching, which the table of
// pattern_test.cpp pins, on all short texts.
TEST(BruteForce, ClassesOfResourcePatterns) {
  const std::vector<std::string> texts = texts_up_to(6);
  std::mt19937_64 random(2);
  for (int i = 0; i < 300; ++i) {
    const Pattern of = resource(random_text(random, "aab:**?", 4));
    std::vector<Pattern> by;
    for (int j = 0; j < 3; ++j)
      by.push_back(resource(random_text(random, "aab:**?", 4)));
    const auto classes = classes_of(of, by);
    ASSERT_TRUE(classes);
    std::map<std::vector<bool>, std::string> found;
    for (const TextClass& one : *classes) {
      ASSERT_TRUE(of.matches(one.example));
      for (std::size_t j = 0; j < by.size(); ++j)
        ASSERT_EQ(by[j].matches(one.example), one.matched[j]) << one.example;
      ASSERT_TRUE(found.emplace(one.matched, one.example).second) << "a class twice";
    }
    std::map<std::vector<bool>, std::string> expected;
    for (const std::string& text : texts) {
      if (!of.matches(text)) continue;
      std::vector<bool> matched;
      for (const Pattern& pattern : by)
        matched.push_back(pattern.matches(text));
      expected.emplace(matched, text);
    }
    for (const auto& [matched, example] : expected) {
      ASSERT_TRUE(found.contains(matched)) << example;
      // The shortest texts come first in both.
      ASSERT_EQ(found.at(matched).size(), example.size()) << example;
    }
    for (const auto& [matched, example] : found) {
      if (example.size() > 6) continue;
      ASSERT_TRUE(expected.contains(matched)) << example;
    }
  }
}

TEST(BruteForce, CoversOfSeveral) {
  const std::vector<std::string> texts = texts_up_to(6);
  std::mt19937_64 random(3);
  for (int i = 0; i < 500; ++i) {
    const std::string wide = random_text(random, "ab**?", 3);
    std::vector<std::string> parts;
    std::vector<Pattern> by;
    for (int j = 0; j < 4; ++j) {
      parts.push_back(random_text(random, "ab**?", 3));
      by.push_back(glob(parts.back()));
    }
    std::string uncovered;
    bool covered = true;
    for (const std::string& text : texts) {
      if (!fits(wide, text)) continue;
      if (std::any_of(parts.begin(), parts.end(),
                      [&text](const std::string& part) { return fits(part, text); })) {
        continue;
      }
      covered = false;
      uncovered = text;
      break;
    }
    const Cover answer = cover(glob(wide), by);
    ASSERT_EQ(answer.covered, covered) << wide << " " << uncovered;
    if (!covered) {
      ASSERT_EQ(answer.uncovered.size(), uncovered.size());
      ASSERT_TRUE(fits(wide, answer.uncovered));
    }
  }
}

}  // namespace
}  // namespace firn::aws::iam
