#include "core/base/diagnostic.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

#include "core/base/result.h"

namespace firn {
namespace {

// A file in a folder of its own; paths in diagnostics are as given, so the tests compare them.
class DiagnosticTest : public testing::Test {
 protected:
  std::string write(const std::string& content) {
    std::ofstream(path_, std::ios::binary) << content;
    return path_;
  }
  void TearDown() override { std::filesystem::remove(path_); }

  const std::string path_ = testing::TempDir() + "firn_" +
                            testing::UnitTest::GetInstance()->current_test_info()->name() + ".yaml";
};

TEST_F(DiagnosticTest, ShowsTheLineWithACaretAndWhatToWrite) {
  const std::string file = write("resources:\n  queue:\n    delay_second: 30\n");
  Diagnostic diagnostic;
  diagnostic.summary = "unknown attribute \"delay_second\" on aws.sqs_queue";
  diagnostic.remedy = "did you mean \"delay_seconds\"?";
  diagnostic.where = {file, 3, 5, 12};
  EXPECT_EQ(render(diagnostic),
            "error: unknown attribute \"delay_second\" on aws.sqs_queue\n"
            "  " +
                file +
                ":3:5\n"
                "   3 |     delay_second: 30\n"
                "     |     ^^^^^^^^^^^^\n"
                "  did you mean \"delay_seconds\"?\n");
}

TEST_F(DiagnosticTest, KeepsTabsAndCountsCharactersNotBytes) {
  const std::string file = write("\tname: caf\xC3\xA9 bl\xC3\xA9\r\n");
  Diagnostic diagnostic;
  diagnostic.severity = Severity::warning;
  diagnostic.summary = "odd name";
  diagnostic.where = {file, 1, 14, 4};  // "blé" is four bytes, after a word of five
  EXPECT_EQ(render(diagnostic),
            "warning: odd name\n"
            "  " +
                file +
                ":1:14\n"
                "   1 | \tname: caf\xC3\xA9 bl\xC3\xA9\n"
                "     | \t           ^^^\n");
}

TEST_F(DiagnosticTest, CaretsStayWithinTheLine) {
  const std::string file = write("ab");
  Diagnostic diagnostic;
  diagnostic.summary = "too short";
  diagnostic.where = {file, 1, 2, 4000000000U};
  EXPECT_NE(render(diagnostic).find("\n     |  ^\n"), std::string::npos) << render(diagnostic);
  diagnostic.where.column = 4000000000U;
  EXPECT_NE(render(diagnostic).find("\n     |   ^\n"), std::string::npos) << render(diagnostic);
}

TEST_F(DiagnosticTest, LeavesOutALineThatCannotBeRead) {
  Diagnostic diagnostic;
  diagnostic.summary = "no such parameter";
  diagnostic.where = {"nowhere/stack.yaml", 7, 3, 4};
  diagnostic.address = "orders";
  diagnostic.detail = "first line\n\nthird line\n";
  EXPECT_EQ(render(diagnostic),
            "error: no such parameter\n"
            "  nowhere/stack.yaml:7:3, in orders\n"
            "  first line\n"
            "\n"
            "  third line\n");
}

TEST_F(DiagnosticTest, TerminalsDoNotObeyWhatAFileSays) {
  const std::string file = write("name: \x1b[2Jgone\n");
  Diagnostic diagnostic;
  diagnostic.summary = "bad \x1b[31mname\x07";
  diagnostic.where = {file, 1, 7, 1};
  const std::string text = render(diagnostic);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find('\x07'), std::string::npos);
  EXPECT_NE(text.find("name: ?[2Jgone"), std::string::npos);
}

TEST(RenderError, SaysWhatWhereWhyAndWhatToDo) {
  Error error;
  error.kind = ErrorKind::denied;
  error.summary = "cannot set the policy of the bucket shop-dev";
  error.detail = "User is not authorized to perform s3:PutBucketPolicy";
  error.remedy = "allow s3:PutBucketPolicy to the deploying role";
  error.operation = "s3:PutBucketPolicy";
  error.code = "AccessDenied";
  error.request_id = "79104EXAMPLEB723";
  error.address = "data";
  EXPECT_EQ(render(error),
            "error: cannot set the policy of the bucket shop-dev\n"
            "  in data\n"
            "  s3:PutBucketPolicy: AccessDenied\n"
            "  User is not authorized to perform s3:PutBucketPolicy\n"
            "  request id: 79104EXAMPLEB723\n"
            "  allow s3:PutBucketPolicy to the deploying role\n");
}

TEST(RenderError, SaysWhenTheEffectIsUnknownAndWhenItIsOurMistake) {
  Error error;
  error.kind = ErrorKind::unavailable;
  error.summary = "the connection broke";
  error.may_have_been_applied = true;
  EXPECT_EQ(render(error),
            "error: the connection broke\n"
            "  the call may have taken effect; the next run looks before it tries again\n");
  error.kind = ErrorKind::bug;
  error.may_have_been_applied = false;
  EXPECT_NE(render(error).find("please report it"), std::string::npos);
}

TEST(DiagnosticList, KnowsWhetherAnErrorIsAmongThem) {
  Diagnostics diagnostics;
  EXPECT_TRUE(diagnostics.empty());
  diagnostics.warning({}, "a warning");
  EXPECT_FALSE(diagnostics.has_errors());
  Diagnostics more;
  more.error({"x.yaml", 1, 1, 1}, "an error", "why", "what to do");
  diagnostics.append(more);
  EXPECT_TRUE(diagnostics.has_errors());
  ASSERT_EQ(diagnostics.items().size(), 2U);
  EXPECT_EQ(diagnostics.items()[1], more.items()[0]);
}

}  // namespace
}  // namespace firn
