// Questions: statements that ask a function for one value. Several of them go as one statement.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/async/sync.h"
#include "core/async/task.h"
#include "core/base/result.h"
#include "providers/snowflake/client.h"
#include "providers/snowflake/sql.h"

namespace firn::snowflake {

struct Asked {
  Statement statement;  // Statement::is_question
  std::string object;   // what it is asked about, for messages; may be empty
};

// Answers each as if it had been asked alone, in their order. Where the answer to all of them is a
// refusal, each is asked alone: the refusal is of one.
Task<std::vector<Result<Rows>>> ask_together(Client& client, std::vector<Asked> questions);

// Gathers what several ask at the same time.
class QuestionRounds {
 public:
  Task<Result<Rows>> ask(Client& client, Asked question);

 private:
  struct Round {
    explicit Round(Scheduler& scheduler) : answered(scheduler) {}
    std::vector<Asked> questions;
    std::vector<Result<Rows>> answers;
    Event answered;
  };
  std::shared_ptr<Round> open_;  // still takes questions
};

}  // namespace firn::snowflake
