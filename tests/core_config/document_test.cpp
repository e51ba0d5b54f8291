#include "core/config/document.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <unistd.h>

#include "core/base/digest.h"
#include "core/value/json.h"
#include "tests/core_config/support.h"

namespace firn::config {
namespace {

using tests::at;
using tests::listed;
using tests::parse_sound;
using tests::tree;

struct TreeCase {
  std::string_view name;
  std::string_view yaml;
  std::string_view expected;
};

class DocumentTree : public testing::TestWithParam<TreeCase> {};

TEST_P(DocumentTree, HasNodesAtTheirPlaces) {
  const auto document = parse_sound(GetParam().yaml);
  ASSERT_NE(document, nullptr);
  EXPECT_EQ(tree(document->root()), GetParam().expected);
}

constexpr TreeCase trees[] = {
    {"empty", "", "1:1+1 null\n"},
    {"comment_only", "# nothing\n\n", "1:1+1 null\n"},
    {"separator_only", "---\n", "2:1+1 null\n"},
    {"scalar", "hello", "1:1+5 hello\n"},
    {"map",
     "stack: finance\n"
     "empty:\n"
     "nullable: true\n",
     "1:1+1 map of 3\n"
     "  1:1+5 stack\n"
     "    1:8+7 finance\n"
     "  2:1+5 empty\n"
     "    2:1+5 null\n"
     "  3:1+8 nullable\n"
     "    3:11+4 true\n"},
    {"list",
     "- a\n"
     "- - b\n"
     "  - ~\n"
     "- k: v\n"
     "  l:\n"
     "  - w\n",
     "1:1+1 list of 3\n"
     "  1:3+1 a\n"
     "  2:3+1 list of 2\n"
     "    2:5+1 b\n"
     "    3:5+1 null\n"
     "  4:3+1 map of 2\n"
     "    4:3+1 k\n"
     "      4:6+1 v\n"
     "    5:3+1 l\n"
     "      6:3+1 list of 1\n"
     "        6:5+1 w\n"},
    {"flow", "a: { b: [1, two], 'c d': \"e\" }\n",
     "1:1+1 map of 1\n"
     "  1:1+1 a\n"
     "    1:4+1 map of 2\n"
     "      1:6+1 b\n"
     "        1:9+1 list of 2\n"
     "          1:10+1 1\n"
     "          1:13+3 two\n"
     "      1:20+3 quoted c d\n"
     "        1:27+1 quoted e\n"},
    {"quoted_text_starts_behind_its_quote",
     "a: \"x ${y}\"\n"
     "b: ''\n",
     "1:1+1 map of 2\n"
     "  1:1+1 a\n"
     "    1:5+6 quoted x ${y}\n"
     "  2:1+1 b\n"
     "    2:5+1 quoted \n"},
    {"literal_block_starts_at_its_text",
     "a: |\n"
     "  first\n"
     "    second\n"
     "b: >-\n"
     "  one\n"
     "  two\n",
     "1:1+1 map of 2\n"
     "  1:1+1 a\n"
     "    2:3+5 quoted first\\n  second\\n\n"
     "  4:1+1 b\n"
     "    5:3+3 quoted one two\n"},
    {"block_with_empty_first_line",
     "a: |\n"
     "\n"
     "  text\n",
     "1:1+1 map of 1\n"
     "  1:1+1 a\n"
     "    2:3+1 quoted \\ntext\\n\n"},
    {"several_lines",
     "a: one\n"
     "  two\n"
     "b: \"three\n"
     "  four\"\n",
     "1:1+1 map of 2\n"
     "  1:1+1 a\n"
     "    1:4+3 one two\n"
     "  3:1+1 b\n"
     "    3:5+5 quoted three four\n"},
    {"utf8_columns_are_bytes",
     "größe: ä\n"
     "ok: \"é\" # ü\n",
     "1:1+1 map of 2\n"
     "  1:1+7 größe\n"
     "    1:10+2 ä\n"
     "  2:1+2 ok\n"
     "    2:6+2 quoted é\n"},
    {"crlf",
     "a: one\r\n"
     "b: two words\r\n"
     "c:\r\n"
     "  - d\r\n",
     "1:1+1 map of 3\n"
     "  1:1+1 a\n"
     "    1:4+3 one\n"
     "  2:1+1 b\n"
     "    2:4+9 two words\n"
     "  3:1+1 c\n"
     "    4:3+1 list of 1\n"
     "      4:5+1 d\n"},
    {"byte_order_mark_is_not_counted",
     "\xEF\xBB\xBF"
     "a: b\n",
     "1:1+1 map of 1\n"
     "  1:1+1 a\n"
     "    1:4+1 b\n"},
    {"alias_shares_what_it_stands_for",
     "a: &x { k: v }\n"
     "b: *x\n"
     "c: &y text\n"
     "d: *y\n",
     "1:1+1 map of 4\n"
     "  1:1+1 a\n"
     "    1:4+1 map of 1\n"
     "      1:9+1 k\n"
     "        1:12+1 v\n"
     "  2:1+1 b\n"
     "    2:4+2 map of 1\n"
     "      1:9+1 k\n"
     "        1:12+1 v\n"
     "  3:1+1 c\n"
     "    3:7+4 text\n"
     "  4:1+1 d\n"
     "    3:7+4 text\n"},
    {"directive_and_end_marker",
     "%YAML 1.2\n"
     "---\n"
     "a: b\n"
     "...\n",
     "3:1+1 map of 1\n"
     "  3:1+1 a\n"
     "    3:4+1 b\n"},
};
INSTANTIATE_TEST_SUITE_P(Trees, DocumentTree, testing::ValuesIn(trees),
                         [](const auto& one) { return std::string(one.param.name); });

// Where YAML itself would stumble over the braces, commas and colons of an expression.
struct MaskCase {
  std::string_view name;
  std::string_view yaml;  // the text stands at "x", or at "x.y" when there is one
  std::string_view path;
  std::string_view text;
};

class UnquotedExpression : public testing::TestWithParam<MaskCase> {};

TEST_P(UnquotedExpression, KeepsItsText) {
  const auto document = parse_sound(GetParam().yaml);
  ASSERT_NE(document, nullptr);
  EXPECT_EQ(at(*document, GetParam().path).text(), GetParam().text);
}

constexpr MaskCase masks[] = {
    {"in_flow_map", "x: { y: ${lake} }", "x.y", "${lake}"},
    {"in_flow_list", "x: [ ${a}, ${b.c} ]", "x.1", "${b.c}"},
    {"tight_flow_list", "x: [${a},${b}]", "x.1", "${b}"},
    {"choice", "x: ${env.name == \"prod\" ? 90 : 14}", "x", "${env.name == \"prod\" ? 90 : 14}"},
    {"choice_in_flow", "x: { y: ${a ? b : c}, z: 1 }", "x.y", "${a ? b : c}"},
    {"call_in_flow", "x: { y: ${join(list, \", \")} }", "x.y", "${join(list, \", \")}"},
    {"brace_in_text", "x: { y: ${a[\"}\"]} }", "x.y", "${a[\"}\"]}"},
    {"map_in_expression", "x: { y: ${merge({a: b}, {c: d})} }", "x.y", "${merge({a: b}, {c: d})}"},
    {"hash_sign", "x: ${split(a, \" #\")}", "x", "${split(a, \" #\")}"},
    {"between_text", "x: [ s3://${data.name}/${a[\"b\"]}/ ]", "x.0",
     "s3://${data.name}/${a[\"b\"]}/"},
    {"escaped", "x: { y: $${literal} }", "x.y", "$${literal}"},
    {"second_line_of_plain", "x: some\n  ${a: b} text", "x", "some ${a: b} text"},
    {"apostrophe_line", "x: it\n  's ${a: b}", "x", "it 's ${a: b}"},
    {"second_line_of_flow", "x: [ a,\n  ${b, c} ]", "x.1", "${b, c}"},
    {"after_quoted_key", "\"x\": { \"y\":${a} }", "x.y", "${a}"},
    {"after_block_text", "a: |\n  '${not: masked\nx: ${b: c}", "x", "${b: c}"},
    {"after_comment", "a: b # it's ${\nx: ${b: c}", "x", "${b: c}"},
    {"after_quotes", "a: 'it''s ${'\nb: \"\\\"${\"\nx: ${b: c}", "x", "${b: c}"},
    {"after_anchor", "x: &a ${b: c}", "x", "${b: c}"},
    {"in_list_in_list", "x:\n- - ${b: c}", "x.0.0", "${b: c}"},
    {"inside_quotes_untouched", "x: \"{ ${a}: [,] } #\"", "x", "{ ${a}: [,] } #"},
    {"inside_block_untouched", "x: |\n  { ${a: b}: # c\n", "x", "{ ${a: b}: # c\n"},
    {"block_in_list", "x:\n- |\n  ${a: b}\n- ${c: d}", "x.1", "${c: d}"},
    {"key", "x: { ${a}: b }", "x.${a}", "b"},
};
INSTANTIATE_TEST_SUITE_P(Masks, UnquotedExpression, testing::ValuesIn(masks),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(UnquotedExpression, LeavesLaterColumnsRight) {
  const auto document = parse_sound("x: { y: ${a, b: c}, z: 1 }");
  const SourceRange where = at(*document, "x.z").where();
  EXPECT_EQ(where.column, 24U);
}

struct LiteralCase {
  std::string_view written;
  std::string_view json;
};

class Literal : public testing::TestWithParam<LiteralCase> {};

TEST_P(Literal, IsTypedByTheCoreSchema) {
  const auto document = parse_sound("x: " + std::string(GetParam().written));
  EXPECT_EQ(to_json(at(*document, "x").literal()), GetParam().json);
}

constexpr LiteralCase literals[] = {
    {"true", "true"},
    {"False", "false"},
    {"tRUE", "\"tRUE\""},
    {"yes", "\"yes\""},
    {"no", "\"no\""},
    {"on", "\"on\""},
    {"y", "\"y\""},
    {"~", "null"},
    {"Null", "null"},
    {"", "null"},
    {"nil", "\"nil\""},
    {"0", "0"},
    {"-17", "-17"},
    {"+17", "17"},
    {"0x1F", "31"},
    {"0o17", "15"},
    {"0x", "\"0x\""},
    {"0x-1", "\"0x-1\""},
    {"0b11", "\"0b11\""},
    {"1_000", "\"1_000\""},
    {"123456789012", "123456789012"},
    {"012345678901", "\"012345678901\""},
    {"9223372036854775807", "9223372036854775807"},
    {"9223372036854775808", "\"9223372036854775808\""},
    {"1.5", "1.5"},
    {".5", "0.5"},
    {"-1e3", "-1000"},
    {"1.2.3", "\"1.2.3\""},
    {"1e", "\"1e\""},
    {".", "\".\""},
    {".inf", "\".inf\""},
    {".nan", "\".nan\""},
    {"1e999", "\"1e999\""},
    {"12:30", "\"12:30\""},
    {"2024-01-01", "\"2024-01-01\""},
    {"\"5\"", "\"5\""},
    {"'true'", "\"true\""},
    {"!!str 5", "\"5\""},
    {"$${a}", "\"${a}\""},
    {"${a}", "\"${a}\""},
    {"[1, {a: no}]", "[1,{\"a\":\"no\"}]"},
};
INSTANTIATE_TEST_SUITE_P(Literals, Literal, testing::ValuesIn(literals));

TEST(Document, KnowsWhichScalarsHoldExpressions) {
  const auto document =
      parse_sound("a: x${y}\nb: $${y}\nc: $$${y}\nd: $y\ne: \"${y}\"\nf: $$$${y}");
  EXPECT_TRUE(at(*document, "a").has_expression());
  EXPECT_FALSE(at(*document, "b").has_expression());
  EXPECT_FALSE(at(*document, "c").has_expression());
  EXPECT_FALSE(at(*document, "d").has_expression());
  EXPECT_TRUE(at(*document, "e").has_expression());
  EXPECT_FALSE(at(*document, "f").has_expression());
}

TEST(Document, FindsKeysAndSaysWhenThereIsNone) {
  const auto document = parse_sound("a: 1\nb: { c: 2 }");
  EXPECT_EQ(document->root().find("b").find("c").text(), "2");
  EXPECT_EQ(document->root().find_key("b").line(), 2U);
  EXPECT_FALSE(document->root().find("c").is_present());
  EXPECT_FALSE(document->root().find("a").find("x").is_present());
  EXPECT_FALSE(Node().find("x").is_present());
  EXPECT_EQ(Node().text(), "");
  EXPECT_EQ(Node().size(), 0U);
  EXPECT_FALSE(Node().where().is_known());
}

TEST(Document, KeepsAnnotations) {
  const auto document = parse_sound(
      "# firn: allow FIRN305 because the bucket is a test's\n"
      "a: b   #firn:  second  \n"
      "c: \"# firn: no\"\n"
      "d: |  # firn: third\n"
      "  # firn: no\n"
      "# another comment\n"
      "e: [ 1, # firn: fourth\r\n"
      "  2 ]\n");
  std::string all;
  for (const Annotation& annotation : document->annotations())
    all += std::to_string(annotation.line) + " " + annotation.text + "\n";
  EXPECT_EQ(all,
            "1 allow FIRN305 because the bucket is a test's\n"
            "2 second\n"
            "4 third\n"
            "7 fourth\n");
}

TEST(Document, HasTheDigestOfItsText) {
  EXPECT_EQ(parse_sound("a: b")->digest(), sha256_hex("a: b"));
  EXPECT_NE(parse_sound("a: b")->digest(), parse_sound("a: b ")->digest());
}

class File : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("firn-config-" + std::to_string(getpid()) + "-" +
               testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST_F(File, IsLoadedByItsPath) {
  const std::string path = (folder_ / "stack.yaml").string();
  std::ofstream(path) << "stack: finance\n";
  Diagnostics diagnostics;
  const auto document = Document::load(path, {}, diagnostics);
  ASSERT_NE(document, nullptr);
  EXPECT_EQ(document->file(), path);
  EXPECT_EQ(document->root().find("stack").text(), "finance");
}

TEST_F(File, ThatIsMissingIsAProblemWhereItIsWanted) {
  const std::string path = (folder_ / "none.yaml").string();
  Diagnostics diagnostics;
  EXPECT_EQ(Document::load(path, {"main.yaml", 3, 7, 4}, diagnostics), nullptr);
  EXPECT_EQ(listed(diagnostics), "3:7+4 cannot read " + path +
                                     " | No such file or directory | check the spelling of the "
                                     "path\n");
}

TEST_F(File, ThatIsAFolderIsAProblem) {
  Diagnostics diagnostics;
  EXPECT_EQ(Document::load(folder_.string(), {"main.yaml", 3, 7, 4}, diagnostics), nullptr);
  EXPECT_EQ(listed(diagnostics), "3:7+4 cannot read " + folder_.string() +
                                     " | Is a directory | name the file inside the folder\n");
}

}  // namespace
}  // namespace firn::config
