// Documents and policies of tests, from short JSON.
#pragma once

#include <gtest/gtest.h>
#include <string>
#include <utility>

#include "providers/aws/iam/evaluator.h"

namespace firn::aws::iam::test {

// The document with these statements (one, or a list), of version 2012-10-17.
inline Document document(DocumentKind kind, const std::string& statements) {
  auto parsed =
      parse_document(Value(R"({"Version": "2012-10-17", "Statement": )" + statements + "}"), kind);
  EXPECT_TRUE(parsed) << render(parsed.error()) << statements;
  return parsed ? std::move(*parsed) : Document{};
}

inline Policy policy(std::string name, DocumentKind kind, const std::string& statements) {
  return {std::move(name), document(kind, statements)};
}

}  // namespace firn::aws::iam::test
