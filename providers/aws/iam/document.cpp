#include "providers/aws/iam/document.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

#include "core/base/text.h"
#include "core/value/json.h"
#include "providers/aws/reply.h"

namespace firn::aws::iam {
namespace {

constexpr std::array<std::string_view, 3> document_members = {"Version", "Id", "Statement"};
constexpr std::array<std::string_view, 9> statement_members = {
    "Sid",       "Effect",   "Principal",   "NotPrincipal", "Action",
    "NotAction", "Resource", "NotResource", "Condition"};

Failure wrong(const std::string& where, std::string_view what, std::string remedy = {}) {
  return fail(ErrorKind::invalid_input, "AWS would not take this policy document",
              fmt::format("{} {}", where, what), std::move(remedy));
}

Failure not_yet(const std::string& where, const std::string& waits_for) {
  return fail(ErrorKind::not_ready, "the policy document is not known yet",
              fmt::format("{} waits for {}", where, waits_for));
}

// Numbers and booleans may stand without quotes. A secret is not looked into.
Result<PolicyText> read_text(const Value& value, const std::string& where) {
  switch (value.kind()) {
    case Value::Kind::string:
      return PolicyText{.text = value.as_string()};
    case Value::Kind::boolean:
    case Value::Kind::integer:
    case Value::Kind::number:
      return PolicyText{.text = text_of(value)};
    case Value::Kind::unknown:
      return PolicyText{.waits_for = value.waits_for()};
    case Value::Kind::secret:
      return PolicyText{.waits_for = "a secret"};
    default:
      return wrong(where, fmt::format("holds {}, not a text", kind_name(value.kind())));
  }
}

Result<std::vector<PolicyText>> read_texts(const Value& value, const std::string& where) {
  std::vector<PolicyText> texts;
  if (!value.is_list()) {
    auto text = read_text(value, where);
    if (!text) return fail(text.error());
    texts.push_back(std::move(*text));
    return texts;
  }
  for (const Value& item : value.as_list()) {
    auto text = read_text(item, where);
    if (!text) return fail(text.error());
    texts.push_back(std::move(*text));
  }
  return texts;
}

Result<PrincipalElement> read_principal(const Value& value, const std::string& where) {
  PrincipalElement element;
  if (value.is_string() && value.as_string() == "*") {
    element.everyone = true;
    return element;
  }
  if (value.is_unknown()) {
    element.aws.push_back({.waits_for = value.waits_for()});
    return element;
  }
  if (!value.is_map() || value.as_map().empty()) {
    return wrong(where, "names nobody", R"(write "*" or {"AWS": …}, {"Service": …})");
  }
  for (const auto& [type, who] : value.as_map()) {
    auto texts = read_texts(who, fmt::format("{}.{}", where, type));
    if (!texts) return fail(texts.error());
    if (type == "AWS") {
      const auto stars = std::remove_if(texts->begin(), texts->end(),
                                        [](const PolicyText& text) { return text.text == "*"; });
      element.everyone = stars != texts->end();
      texts->erase(stars, texts->end());
      element.aws = std::move(*texts);
    } else if (type == "Service") {
      element.services = std::move(*texts);
    } else if (type == "Federated") {
      element.federated = std::move(*texts);
    } else if (type == "CanonicalUser") {
      element.canonical_users = std::move(*texts);
    } else {
      return wrong(where, fmt::format("has no type \"{}\"", type),
                   "the types are AWS, Service, Federated and CanonicalUser");
    }
  }
  return element;
}

Status read_conditions(const Value& value, const std::string& where,
                       std::vector<Condition>& conditions) {
  if (value.is_unknown()) return not_yet(where, value.waits_for());
  if (!value.is_map()) return wrong(where, "is not a map of operators");
  for (const auto& [name, keys] : value.as_map()) {
    const auto op = parse_condition_operator(name);
    if (!op) return wrong(where, fmt::format("has no operator \"{}\"", name));
    const std::string place = fmt::format("{}.{}", where, name);
    if (keys.is_unknown()) return not_yet(place, keys.waits_for());
    if (!keys.is_map()) return wrong(place, "is not a map of condition keys");
    for (const auto& [key, values] : keys.as_map()) {
      auto texts = read_texts(values, fmt::format("{}.{}", place, key));
      if (!texts) return fail(texts.error());
      conditions.push_back({name, *op, key, std::move(*texts)});
    }
  }
  return Ok{};
}

// The one of two members that is there; both at once are wrong, and so is an empty one.
struct Choice {
  const Value* value = nullptr;
  std::string name;
  bool is_not = false;
};

Result<Choice> choose(const Value& statement, const std::string& member, const std::string& label) {
  const std::string negated = "Not" + member;
  const Value* plain = statement.find(member);
  const Value* other = statement.find(negated);
  if (plain != nullptr && plain->is_null()) plain = nullptr;
  if (other != nullptr && other->is_null()) other = nullptr;
  if (plain != nullptr && other != nullptr) {
    return wrong(label, fmt::format("has both {} and {}", member, negated));
  }
  if (other != nullptr) return Choice{other, negated, true};
  return Choice{plain, member, false};
}

Result<std::vector<PolicyText>> read_choice(const Choice& choice, const std::string& label) {
  const std::string where = fmt::format("{}: {}", label, choice.name);
  auto texts = read_texts(*choice.value, where);
  if (texts && texts->empty()) return wrong(where, "is empty");
  return texts;
}

Status read_members(const Value& value, DocumentKind kind, Statement& statement) {
  const std::string label = statement.label();
  auto action = choose(value, "Action", label);
  if (!action) return fail(action.error());
  if (action->value == nullptr) return wrong(label, "has no Action");
  auto actions = read_choice(*action, label);
  if (!actions) return fail(actions.error());
  statement.actions = std::move(*actions);
  statement.is_not_action = action->is_not;

  const bool names_resources = kind == DocumentKind::identity || kind == DocumentKind::resource;
  auto resource = choose(value, "Resource", label);
  if (!resource) return fail(resource.error());
  if (names_resources != (resource->value != nullptr)) {
    return wrong(
        label, names_resources ? "has no Resource" : "has a Resource, which is what it is part of");
  }
  if (resource->value != nullptr) {
    auto resources = read_choice(*resource, label);
    if (!resources) return fail(resources.error());
    statement.resources = std::move(*resources);
    statement.is_not_resource = resource->is_not;
  }

  const bool names_principals = kind != DocumentKind::identity;
  auto principal = choose(value, "Principal", label);
  if (!principal) return fail(principal.error());
  if (names_principals != (principal->value != nullptr)) {
    return wrong(label, names_principals ? "has no Principal"
                                         : "has a Principal, which is whose policy it is");
  }
  if (principal->value != nullptr) {
    auto element = read_principal(*principal->value, fmt::format("{}: {}", label, principal->name));
    if (!element) return fail(element.error());
    statement.principal = std::move(*element);
    statement.is_not_principal = principal->is_not;
  }

  const Value& conditions = value.at("Condition");
  if (conditions.is_null()) return Ok{};
  return read_conditions(conditions, fmt::format("{}: Condition", label), statement.conditions);
}

Result<Statement> read_statement(const Value& value, DocumentKind kind, std::size_t index) {
  Statement statement;
  statement.index = index;
  if (value.is_unknown()) return not_yet(statement.label(), value.waits_for());
  if (!value.is_map()) {
    return wrong(statement.label(), fmt::format("is {}, not a map", kind_name(value.kind())));
  }
  statement.sid = value.string_or("Sid", "");
  for (const auto& [name, member] : value.as_map()) {
    if (std::find(statement_members.begin(), statement_members.end(), name) ==
        statement_members.end()) {
      return wrong(statement.label(), fmt::format("has a member \"{}\"", name),
                   suggestion(name, statement_members));
    }
  }
  const std::string effect = value.string_or("Effect", "");
  if (effect != "Allow" && effect != "Deny") {
    return wrong(statement.label(), "has no Effect", "write Allow or Deny");
  }
  statement.effect = effect == "Deny" ? Effect::deny : Effect::allow;
  if (Status read = read_members(value, kind, statement); !read) return fail(read.error());
  return statement;
}

}  // namespace

std::string Statement::label() const {
  if (sid.empty()) return fmt::format("statement {}", index + 1);
  return fmt::format("statement {} (\"{}\")", index + 1, sid);
}

Result<Document> parse_document(const Value& document, DocumentKind kind) {
  const std::string whole = "the document";
  if (document.is_string()) {
    auto parsed = parse_json(document.as_string());
    if (!parsed) return wrong(whole, fmt::format("is no JSON: {}", parsed.error().detail));
    if (parsed->is_map()) return parse_document(*parsed, kind);
    return wrong(whole, "is not a map");
  }
  if (document.is_unknown()) return not_yet(whole, document.waits_for());
  if (!document.is_map()) return wrong(whole, "is not a map");
  for (const auto& [name, member] : document.as_map()) {
    if (std::find(document_members.begin(), document_members.end(), name) ==
        document_members.end()) {
      return wrong(whole, fmt::format("has a member \"{}\"", name),
                   suggestion(name, document_members));
    }
  }
  Document read;
  read.kind = kind;
  // "If you do not include a Version element, the value defaults to 2008-10-17."
  const std::string version = document.string_or("Version", "2008-10-17");
  if (version != "2012-10-17" && version != "2008-10-17") {
    return wrong(whole, fmt::format("has the Version \"{}\"", version), "write 2012-10-17");
  }
  read.has_variables = version == "2012-10-17";
  const Value& statements = document.at("Statement");
  if (statements.is_unknown()) return not_yet("Statement", statements.waits_for());
  if (statements.is_null()) return wrong(whole, "has no Statement");
  const List items = statements.is_list() ? statements.as_list() : List{statements};
  for (std::size_t i = 0; i < items.size(); ++i) {
    auto statement = read_statement(items[i], kind, i);
    if (!statement) return fail(statement.error());
    read.statements.push_back(std::move(*statement));
  }
  return read;
}

}  // namespace firn::aws::iam
