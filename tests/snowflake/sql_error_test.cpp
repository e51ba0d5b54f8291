#include "providers/snowflake/sql_error.h"

#include <gtest/gtest.h>

namespace firn::snowflake {
namespace {

TEST(SqlErrors, AreClassified) {
  struct Row {
    int status;
    const char* code;
    const char* message;
    ErrorKind kind;
  };
  for (const Row& row : {
           Row{422, "002003",
               "SQL compilation error:\nDatabase 'X' does not exist or not authorized.",
               ErrorKind::not_found},
           Row{422, "002043", "Object does not exist, or operation cannot be performed.",
               ErrorKind::not_found},
           Row{422, "002002", "Object 'X' already exists.", ErrorKind::conflict},
           Row{422, "003041", "Object already exists, but current role has no privileges on it",
               ErrorKind::conflict},
           Row{422, "003001", "Insufficient privileges to operate on schema 'X'",
               ErrorKind::denied},
           Row{422, "003011", "Grant partially executed", ErrorKind::denied},
           Row{422, "003167", "Error assuming AWS_ROLE: not authorized to perform sts:AssumeRole",
               ErrorKind::not_ready},
           Row{422, "091003",
               "Failure using stage area. Cause: [Access Denied (Status Code: 403; )]",
               ErrorKind::not_ready},
           Row{422, "091003", "Failure using stage area. Cause: [bad file]",
               ErrorKind::invalid_input},
           Row{422, "001044", "Pipe Notifications bind failure \"could not subscribe\"",
               ErrorKind::not_ready},
           Row{422, "001044",
               "Pipe Notifications bind failure \"Cannot set AWS SNS topic for pipe without "
               "auto_ingest\"",
               ErrorKind::invalid_input},
           Row{422, "003127", "Location 's3://x/' is not allowed by integration I.",
               ErrorKind::invalid_input},
           Row{422, "000904", "invalid identifier 'X'", ErrorKind::invalid_input},
           Row{422, "001003", "syntax error line 1", ErrorKind::invalid_input},
           Row{401, "390144", "JWT token is invalid. [uuid]", ErrorKind::credentials},
           Row{401, "394304", "JWT token is invalid.", ErrorKind::credentials},
           Row{401, "", "", ErrorKind::credentials},
           Row{403, "", "", ErrorKind::denied},
           Row{408, "000630", "Statement reached its timeout", ErrorKind::timed_out},
           Row{429, "390505", "Too many requests.", ErrorKind::throttled},
           Row{503, "", "", ErrorKind::unavailable},
           Row{400, "390142", "Incoming request does not contain a valid payload.", ErrorKind::bug},
           Row{404, "", "", ErrorKind::unavailable},
       }) {
    const Answer answer{row.status, row.code, "", row.message, ""};
    EXPECT_EQ(kind_of(answer), row.kind) << row.code << ' ' << row.message;
  }
}

TEST(SqlErrors, SayWhatWhereWhyAndTheMend) {
  const Answer answer{422, "003127", "42601",
                      "SQL compilation error:\nLocation 's3://b/x/' is not allowed by integration "
                      "LAKE.",
                      "01b2-query"};
  const Error error = error_of(answer, {"CREATE STAGE", "DB.S.ST", "FIRN", "SHA256:x"});
  EXPECT_EQ(error.summary, "Snowflake refused CREATE STAGE DB.S.ST");
  EXPECT_EQ(error.detail, "Location 's3://b/x/' is not allowed by integration LAKE.");
  EXPECT_EQ(error.remedy,
            "add the location to allowed_locations of the storage integration, and see that "
            "blocked_locations does not hold it");
  EXPECT_EQ(error.operation, "CREATE STAGE");
  EXPECT_EQ(error.code, "003127");
  EXPECT_EQ(error.request_id, "01b2-query");
  EXPECT_FALSE(error.may_have_been_applied);
}

TEST(SqlErrors, ExplainTokens) {
  const Question question{"SELECT", "", "FIRN", "SHA256:abc"};
  EXPECT_EQ(error_of({401, "390144", "", "JWT token is invalid. [u]", ""}, question).remedy,
            "compare the user's RSA_PUBLIC_KEY_FP (DESC USER) with this key's SHA256:abc; see that "
            "the user is named by LOGIN_NAME, that the account is right and that this machine's "
            "clock is");
  EXPECT_EQ(error_of({401, "394302", "", "", ""}, question).remedy,
            "the token was made more than 60 s ago: set this machine's clock");
  EXPECT_EQ(error_of({401, "390144", "", "JWT token is invalid. 394307", ""}, question).remedy,
            "the token is for another account: check the account's name in the environment file");
}

}  // namespace
}  // namespace firn::snowflake
