// Each rule twice: on a made-up file that breaks it, and on every file of the project.
#include "tests/tidy/house_rules.h"

#include <gtest/gtest.h>
#include <ostream>
#include <set>

namespace firn::tidy {
namespace {

using Rule = std::vector<std::string> (*)(const SourceFile&);

struct NamedRule {
  std::string name;
  Rule rule;
  friend std::ostream& operator<<(std::ostream& out, const NamedRule& row) {
    return out << row.name;
  }
};

class HouseRule : public testing::TestWithParam<NamedRule> {};

TEST_P(HouseRule, IsKeptByEveryFile) {
  EXPECT_GT(source_files().size(), 50U) << "the project's files were not found";
  for (const SourceFile& file : source_files()) {
    for (const std::string& sentence : GetParam().rule(file))
      ADD_FAILURE() << sentence;
  }
}

INSTANTIATE_TEST_SUITE_P(Project, HouseRule,
                         testing::Values(NamedRule{"Directions", broken_directions},
                                         NamedRule{"HeavyIncludes", heavy_includes},
                                         NamedRule{"HeaderForm", header_form},
                                         NamedRule{"ForbiddenWords", forbidden_words},
                                         NamedRule{"LooseBlanks", loose_blanks}),
                         [](const auto& row) { return row.param.name; });

struct Sample {
  std::string name;
  Rule rule;
  SourceFile file;
  std::string sentence;  // "": the rule is kept
  friend std::ostream& operator<<(std::ostream& out, const Sample& row) { return out << row.name; }
};

class HouseRuleSample : public testing::TestWithParam<Sample> {};

TEST_P(HouseRuleSample, IsJudged) {
  const auto expected = GetParam().sentence.empty() ? std::vector<std::string>{}
                                                    : std::vector<std::string>{GetParam().sentence};
  EXPECT_EQ(GetParam().rule(GetParam().file), expected);
}

Sample include(std::string name, std::string path, std::string line, std::string sentence) {
  return {std::move(name),
          broken_directions,
          {std::move(path), "// x\n" + line + "\n"},
          std::move(sentence)};
}

INSTANTIATE_TEST_SUITE_P(
    Sample, HouseRuleSample,
    testing::Values(
        include("CoreKnowsNoProvider", "core/plan/plan.cpp", "#include \"providers/aws/aws.h\"",
                "core/plan/plan.cpp:2: core/ may include only core/, not \"providers/aws/aws.h\""),
        include("CoreKnowsNoTests", "core/a.cpp", "  #include \"tests/a.h\"",
                "core/a.cpp:2: core/ may include only core/, not \"tests/a.h\""),
        include("CoreMayUseGeneratedHeaders", "core/a.cpp", "#include \"firn_version.h\"", ""),
        include("ProvidersDoNotKnowEachOther", "providers/aws/a.h",
                "#include \"providers/snowflake/b.h\"",
                "providers/aws/a.h:2: providers/aws/ may include only core/, providers/aws/, not "
                "\"providers/snowflake/b.h\""),
        include("SandboxSharesNothingWithProviders", "sandbox/aws/iam.cpp",
                "#include \"providers/aws/sigv4.h\"",
                "sandbox/aws/iam.cpp:2: sandbox/ may include only core/, sandbox/, not "
                "\"providers/aws/sigv4.h\""),
        include("NobodyIncludesBench", "tests/a.cpp", "#include \"bench/a.h\"",
                "tests/a.cpp:2: tests/ may include only cli/, core/, providers/, road/, sandbox/, "
                "tests/, "
                "not \"bench/a.h\""),
        include("CliKnowsAll", "cli/main.cpp", "#include \"sandbox/sandbox.h\"", ""),
        include("IncludesStartAtTheRoot", "core/value/json.cpp", "#include \"json.h\"",
                "core/value/json.cpp:2: core/ may include only core/, not \"json.h\""),
        include("NewFoldersNeedARule", "extra/a.cpp", "",
                "extra/a.cpp: no rule says what this folder may include; add one to "
                "tests/tidy/house_rules.cpp"),
        Sample{"HeavyHeader",
               heavy_includes,
               {"core/a.h", "// x\n#include <sqlite3.h>\n"},
               "core/a.h:2: include <sqlite3.h> in the .cpp file; all who include this header "
               "would pay for it"},
        Sample{"HeavyHeaderInSource", heavy_includes, {"core/a.cpp", "#include <sqlite3.h>\n"}, ""},
        Sample{"NoPragmaOnce",
               header_form,
               {"core/a.h", "// x\n"},
               "core/a.h: write #pragma once after the first comment"},
        Sample{"NoHeadComment",
               header_form,
               {"core/a.h", "#pragma once\n"},
               "core/a.h: begin with a comment that says what the header gives"},
        Sample{"MachinePath",
               forbidden_words,
               {"docs/a.md", std::string("see /wo") + "rk/a\n"},
               std::string("docs/a.md:1: \"/wo") +
                   "rk/\" is a path of one machine: make it relative to the project"},
        Sample{"PathThatOnlyLooksLikeIt",
               forbidden_words,
               {"docs/a.md", std::string("net/wo") + "rk/a\n"},
               ""},
        Sample{"UnfinishedWork",
               forbidden_words,
               {"core/a.cpp", std::string("// TO") + "DO: later\n"},
               std::string("core/a.cpp:1: \"TO") + "DO\" is finish it, or write an issue"},
        Sample{"BlankAtTheEnd",
               loose_blanks,
               {"core/a.cpp", "int a; \n"},
               "core/a.cpp:1: remove the blanks at the end"},
        Sample{"NoNewlineAtTheEnd",
               loose_blanks,
               {"core/a.cpp", "int a;"},
               "core/a.cpp: end the file with one newline"}),
    [](const auto& row) { return row.param.name; });

// The rule about directions is only as good as the list of folders.
TEST(HouseRules, LookAtEveryFolder) {
  std::set<std::string> folders;
  for (const SourceFile& file : source_files()) {
    folders.insert(file.path.substr(0, file.path.find('/')));
  }
  for (const char* folder : {"core", "providers", "road", "sandbox", "cli", "tests", "scripts"}) {
    EXPECT_TRUE(folders.contains(folder)) << folder;
  }
}

}  // namespace
}  // namespace firn::tidy
