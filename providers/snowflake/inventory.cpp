#include "providers/snowflake/inventory.h"

#include <algorithm>
#include <set>

#include "core/async/sync.h"
#include "providers/snowflake/questions.h"

namespace firn::snowflake {
namespace {

bool is_cut_off(const Result<Rows>& answer) {
  return answer.has_value() && answer->rows.size() >= listed_rows_max;
}

// One listing, or all questions.
Task<std::vector<Result<Rows>>> ask(Client& client, std::vector<Statement> statements) {
  std::vector<Result<Rows>> answers;
  if (statements.front().is_question()) {
    std::vector<Asked> questions;
    for (Statement& statement : statements)
      questions.push_back({std::move(statement), {}});
    answers = co_await ask_together(client, std::move(questions));
  } else {
    CallContext context;
    auto rows = co_await client.run(std::move(statements.front()), std::move(context));
    answers.push_back(std::move(rows));
  }
  co_return answers;
}

}  // namespace

void Inventory::add(const Statement& statement, Result<Rows> rows) {
  answers_.insert_or_assign(statement.text(), std::move(rows));
}

void Inventory::add(Inventory other) {
  answers_.merge(other.answers_);
}

Result<const Rows*> Inventory::rows(const Listing& listing) const {
  for (const Statement& form : listing.forms) {
    const auto found = answers_.find(form.text());
    if (found == answers_.end() || is_cut_off(found->second)) continue;
    if (found->second.has_value()) return &*found->second;
    const Error& error = found->second.error();
    if (means_missing(error.code)) return nullptr;
    return fail(error);
  }
  Error error;
  error.kind = ErrorKind::invalid_input;
  error.operation = listing.forms.back().operation();
  error.summary = "Snowflake lists no more than 10000 rows for " + error.operation;
  error.detail = "the answer is cut off, so firn cannot tell what exists";
  error.remedy = "spread the objects over several schemas";
  return fail(std::move(error));
}

const Statement* Inventory::missing(const Listing& listing) const {
  for (const Statement& form : listing.forms) {
    const auto found = answers_.find(form.text());
    if (found == answers_.end()) return &form;
    if (!is_cut_off(found->second)) return nullptr;
  }
  return nullptr;
}

Task<Inventory> take_inventory(Client& client, std::vector<Listing> listings, Width width) {
  if (width == Width::narrowest) {
    for (Listing& listing : listings) {
      if (listing.forms.size() > 1) {
        listing.forms.erase(listing.forms.begin(), std::prev(listing.forms.end()));
      }
    }
  }
  Inventory inventory;
  while (true) {
    std::set<std::string> texts;
    std::vector<std::vector<Statement>> groups;
    std::vector<Statement> questions;
    for (const Listing& listing : listings) {
      const Statement* next = inventory.missing(listing);
      if (next == nullptr || !texts.insert(next->text()).second) continue;
      if (next->is_question()) {
        questions.push_back(*next);
      } else {
        groups.push_back({*next});
      }
    }
    if (!questions.empty()) groups.push_back(std::move(questions));
    if (groups.empty()) break;
    std::vector<Task<std::vector<Result<Rows>>>> tasks;
    tasks.reserve(groups.size());
    for (const std::vector<Statement>& group : groups)
      tasks.push_back(ask(client, group));
    Task<std::vector<std::vector<Result<Rows>>>> all =
        when_all(client.scheduler(), std::move(tasks));
    std::vector<std::vector<Result<Rows>>> answers = co_await all;
    for (std::size_t i = 0; i < groups.size(); ++i) {
      for (std::size_t k = 0; k < groups[i].size(); ++k)
        inventory.add(groups[i][k], std::move(answers[i][k]));
    }
  }
  co_return inventory;
}

const Row* find_row(const Rows& rows, std::initializer_list<Match> matches) {
  const auto found = std::find_if(rows.rows.begin(), rows.rows.end(), [&](const Row& row) {
    return std::all_of(matches.begin(), matches.end(),
                       [&](const Match& match) { return row.text(match.column) == match.text; });
  });
  return found == rows.rows.end() ? nullptr : &*found;
}

Listing show_in_account(Keyword show, std::string_view name) {
  return {{Statement(show), Statement(show).word("LIKE").literal(like_pattern(name))}};
}

Listing show_in_database(Keyword show, const ObjectName& database, std::string_view name) {
  return {{Statement(show).word("IN DATABASE").name(database), Statement(show)
                                                                   .word("LIKE")
                                                                   .literal(like_pattern(name))
                                                                   .word("IN DATABASE")
                                                                   .name(database)}};
}

Listing show_in_schema(Keyword show, const ObjectName& object) {
  const ObjectName schema = object.parent();
  return {{Statement(show).word("IN DATABASE").name(schema.parent()),
           Statement(show).word("IN SCHEMA").name(schema),
           Statement(show)
               .word("LIKE")
               .literal(like_pattern(object.last()))
               .word("IN SCHEMA")
               .name(schema)}};
}

Listing show_parts(Keyword show, const ObjectName& table) {
  const ObjectName schema = table.parent();
  return {{Statement(show).word("IN DATABASE").name(schema.parent()),
           Statement(show).word("IN SCHEMA").name(schema),
           Statement(show).word("IN TABLE").name(table)}};
}

}  // namespace firn::snowflake
