// Values of expressions over one record of a file or one row of a table.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/value/value.h"
#include "sandbox/snowflake/ast.h"

namespace firn::sandbox::snowflake {

struct EvaluationScope {
  std::vector<Value> positions;                                   // $1, $2 …
  std::function<Result<Value>(const NamePath& path)> column;      // a name
  std::function<Result<Value>(const Expression& call)> function;  // a call not known here
};

[[nodiscard]] Result<Value> evaluate(const Expression& expression, const EvaluationScope& scope);

// Throws SqlError for what a COPY transformation cannot evaluate, before the first file comes.
void check_expression(const Expression& expression);

}  // namespace firn::sandbox::snowflake
