#include "providers/snowflake/questions.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace firn::snowflake {
namespace {

// Far below the longest statement that Snowflake takes (1 MB).
constexpr std::size_t questions_per_statement = 50;

Task<Result<Rows>> ask_alone(Client& client, Asked question) {
  CallContext context;
  context.object = std::move(question.object);
  auto rows = co_await client.run(std::move(question.statement), std::move(context));
  co_return rows;
}

// Column by column, as answers to single questions.
std::vector<Result<Rows>> take_apart(const Rows& rows, std::size_t count) {
  std::vector<Result<Rows>> answers;
  for (std::size_t i = 0; i < count; ++i) {
    Rows one;
    one.column_names = {rows.column_names[i]};
    const auto names = std::make_shared<const std::vector<std::string>>(one.column_names);
    for (const Row& row : rows.rows)
      one.rows.emplace_back(names, Row::Cells{row.text_at(i)});
    answers.emplace_back(std::move(one));
  }
  return answers;
}

Task<std::vector<Result<Rows>>> ask_some(Client& client, std::vector<Asked> questions) {
  if (questions.size() > 1) {
    std::vector<Statement> statements;
    for (const Asked& one : questions)
      statements.push_back(one.statement);
    Statement all = Statement::questions(statements);
    CallContext context;
    const auto rows = co_await client.run(std::move(all), std::move(context));
    if (rows && rows->column_names.size() == questions.size())
      co_return take_apart(*rows, questions.size());
  }
  std::vector<Task<Result<Rows>>> tasks;
  for (Asked& one : questions)
    tasks.push_back(ask_alone(client, std::move(one)));
  Task<std::vector<Result<Rows>>> each = when_all(client.scheduler(), std::move(tasks));
  std::vector<Result<Rows>> answers = co_await each;
  co_return answers;
}

}  // namespace

Task<std::vector<Result<Rows>>> ask_together(Client& client, std::vector<Asked> questions) {
  std::vector<Task<std::vector<Result<Rows>>>> tasks;
  for (std::size_t begin = 0; begin < questions.size(); begin += questions_per_statement) {
    const std::size_t end = std::min(questions.size(), begin + questions_per_statement);
    std::vector<Asked> some;
    for (std::size_t i = begin; i < end; ++i)
      some.push_back(std::move(questions[i]));
    tasks.push_back(ask_some(client, std::move(some)));
  }
  Task<std::vector<std::vector<Result<Rows>>>> all = when_all(client.scheduler(), std::move(tasks));
  std::vector<std::vector<Result<Rows>>> parts = co_await all;
  std::vector<Result<Rows>> answers;
  for (std::vector<Result<Rows>>& part : parts)
    std::move(part.begin(), part.end(), std::back_inserter(answers));
  co_return answers;
}

Task<Result<Rows>> QuestionRounds::ask(Client& client, Asked question) {
  const bool is_first = open_ == nullptr;
  if (is_first) open_ = std::make_shared<Round>(client.scheduler());
  const std::shared_ptr<Round> round = open_;
  const std::size_t place = round->questions.size();
  round->questions.push_back(std::move(question));
  if (is_first) {
    co_await client.scheduler().yield();  // the others that are ready to ask
    open_ = nullptr;
    std::vector<Asked> questions = std::move(round->questions);
    round->answers = co_await ask_together(client, std::move(questions));
    round->answered.set();
  } else {
    co_await round->answered;
  }
  co_return round->answers[place];
}

}  // namespace firn::snowflake
