// A policy document, read into statements.
//
// Source: IAM User Guide, "Grammar of the IAM JSON policy language" and "IAM JSON policy element
// reference".
//
// What is not known before apply. A text that waits for an output (an ARN that only the cloud
// knows) stays in its place and says what it waits for; it is never guessed. A statement with such
// a text may fit a request or may not, so it allows nothing, and it denies. Who wants a sharper
// answer evaluates the stack with a name of its own for each unknown output and reads the documents
// of that: only there it is known what stands around the output ("${role.arn}/x"). The shape must
// be known: a whole statement or a map that waits is an error.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/value/value.h"
#include "providers/aws/iam/condition.h"

namespace firn::aws::iam {

// Which elements a document must and must not have.
enum class DocumentKind : std::uint8_t {
  identity,    // of a user or role; boundaries and session policies, too
  resource,    // of a bucket, topic, queue, function, key
  repository,  // a resource policy without Resource: it is the resource that it is part of
  trust,       // of a role
};

enum class Effect : std::uint8_t { allow, deny };

// Principal or NotPrincipal.
struct PrincipalElement {
  bool everyone = false;  // "*" or {"AWS": "*"}
  std::vector<PolicyText> aws = {};
  std::vector<PolicyText> services = {};
  std::vector<PolicyText> federated = {};
  std::vector<PolicyText> canonical_users = {};
};

struct Statement {
  std::size_t index = 0;  // in the document, from 0
  std::string sid;        // may be empty
  Effect effect = Effect::allow;
  std::optional<PrincipalElement> principal;  // nothing in policies of identities
  bool is_not_principal = false;
  std::vector<PolicyText> actions;
  bool is_not_action = false;
  std::vector<PolicyText> resources;  // empty when the document's kind has none
  bool is_not_resource = false;
  std::vector<Condition> conditions;  // all must hold

  // `statement 2 ("ReadObjects")`, for messages.
  [[nodiscard]] std::string label() const;
};

struct Document {
  DocumentKind kind = DocumentKind::identity;
  bool has_variables = false;  // version 2012-10-17; in the older one "${…}" is plain text
  std::vector<Statement> statements;
};

// `document` is a map or JSON text. The error says which statement and which member is wrong, and
// what AWS wants there.
[[nodiscard]] Result<Document> parse_document(const Value& document, DocumentKind kind);

}  // namespace firn::aws::iam
