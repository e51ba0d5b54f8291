#include "providers/snowflake/privileges.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "providers/snowflake/data_type.h"
#include "providers/snowflake/grant_table.h"

namespace firn::snowflake {
namespace {

constexpr std::array kinds = {
    GrantableKind{"alert", "ALERT", "ALERT", 3, true},
    GrantableKind{"database", "DATABASE", "DATABASE", 1, true},
    GrantableKind{"external_table", "EXTERNAL TABLE", "EXTERNAL_TABLE", 3, true},
    GrantableKind{"file_format", "FILE FORMAT", "FILE_FORMAT", 3, true},
    GrantableKind{"integration", "INTEGRATION", "INTEGRATION", 1, false},
    GrantableKind{"pipe", "PIPE", "PIPE", 3, true},
    GrantableKind{"procedure", "PROCEDURE", "PROCEDURE", 3, true},
    GrantableKind{"schema", "SCHEMA", "SCHEMA", 2, true},
    GrantableKind{"stage", "STAGE", "STAGE", 3, true},
    GrantableKind{"stream", "STREAM", "STREAM", 3, true},
    GrantableKind{"table", "TABLE", "TABLE", 3, true},
    GrantableKind{"task", "TASK", "TASK", 3, true},
    GrantableKind{"view", "VIEW", "VIEW", 3, true},
    GrantableKind{"warehouse", "WAREHOUSE", "WAREHOUSE", 1, false},
};

constexpr std::array plurals = {
    ObjectKind{"ALERTS", "ALERTS", "ALERT", "SHOW ALERTS"},
    ObjectKind{"EXTERNAL TABLES", "EXTERNAL TABLES", "EXTERNAL_TABLE", "SHOW EXTERNAL TABLES"},
    ObjectKind{"FILE FORMATS", "FILE FORMATS", "FILE_FORMAT", "SHOW FILE FORMATS"},
    ObjectKind{"PIPES", "PIPES", "PIPE", "SHOW PIPES"},
    ObjectKind{"PROCEDURES", "PROCEDURES", "PROCEDURE", "SHOW PROCEDURES"},
    ObjectKind{"SCHEMAS", "SCHEMAS", "SCHEMA", "SHOW SCHEMAS"},
    ObjectKind{"STAGES", "STAGES", "STAGE", "SHOW STAGES"},
    ObjectKind{"STREAMS", "STREAMS", "STREAM", "SHOW STREAMS"},
    ObjectKind{"TABLES", "TABLES", "TABLE", "SHOW TABLES"},
    ObjectKind{"TASKS", "TASKS", "TASK", "SHOW TASKS"},
    ObjectKind{"VIEWS", "VIEWS", "VIEW", "SHOW VIEWS"},
};

const GrantableKind* find_kind(std::string_view attribute) {
  const auto* found = std::find_if(kinds.begin(), kinds.end(), [&](const GrantableKind& kind) {
    return kind.attribute == attribute;
  });
  return found == kinds.end() ? nullptr : found;
}

const GrantableKind* find_shown_kind(std::string_view shown) {
  const auto* found = std::find_if(kinds.begin(), kinds.end(),
                                   [&](const GrantableKind& kind) { return kind.shown == shown; });
  return found == kinds.end() ? nullptr : found;
}

template <class Matches>
const ObjectKind* find_objects(Matches matches) {
  const auto* found = std::find_if(plurals.begin(), plurals.end(), matches);
  return found == plurals.end() ? nullptr : found;
}

Failure bad(std::string summary, std::string remedy) {
  return fail(ErrorKind::invalid_input, std::move(summary), {}, std::move(remedy));
}

bool has_arguments(const GrantTarget& target) {
  return target.kind != nullptr && target.kind->attribute == "procedure";
}

// Types one after the other in their canonical form, without their sizes, which do not tell two
// procedures apart. A name before a type is dropped.
std::string canonical_arguments(std::string_view written) {
  std::string types;
  for (const std::string& argument : split_at_commas(written)) {
    auto type = parse_data_type(argument);
    const std::size_t blank = argument.find(' ');
    if (!type && blank != std::string::npos) type = parse_data_type(argument.substr(blank + 1));
    const std::string text = type ? type->text : to_upper(argument);
    types += (types.empty() ? "" : ", ") + text.substr(0, text.find('('));
  }
  return types;
}

// `D.S.P(VARCHAR, NUMBER)`; and, as SHOW GRANTS prints it, `D.S."P(A VARCHAR):NUMBER"`.
Result<GrantTarget> procedure_of(std::string_view written) {
  GrantTarget target;
  target.kind = find_kind("procedure");
  std::string text(written);
  const std::size_t bracket = text.find('(');
  const std::size_t quote = text.rfind('"', bracket);
  const bool is_printed = bracket != std::string::npos && quote != std::string::npos &&
                          text.ends_with('"') && quote + 1 < bracket;
  if (is_printed) text.erase(quote, 1);
  const std::size_t open = text.find('(');
  const std::size_t close = text.find(')', open == std::string::npos ? 0 : open);
  if (open != std::string::npos && close != std::string::npos) {
    target.arguments =
        canonical_arguments(std::string_view(text).substr(open + 1, close - open - 1));
  }
  auto name = parse_object_name(trim(std::string_view(text).substr(0, open)), 3);
  if (!name) return fail(name.error());
  target.name = std::move(*name);
  return target;
}

Result<GrantTarget> many_of(const Value& many, Reach reach) {
  GrantTarget target;
  target.reach = reach;
  const std::string plural = to_upper(many.string_or("objects", ""));
  target.objects = find_objects([&](const ObjectKind& kind) { return kind.plural == plural; });
  if (target.objects == nullptr) {
    return bad("no kind of objects: " + many.string_or("objects", ""),
               suggestion(plural, plural_words));
  }
  for (const std::string_view container : {"schema", "database"}) {
    const Value& name = many.at(container);
    if (!name.is_string()) continue;
    target.kind = find_kind(container);
    auto parsed = parse_object_name(name.as_string(), target.kind->parts);
    if (!parsed) return fail(parsed.error());
    target.name = std::move(*parsed);
    return target;
  }
  return bad("it is not said where these objects are", "add schema: or database:");
}

Result<GrantTarget> object_of(const GrantableKind& kind, std::string_view text) {
  if (kind.attribute == "procedure") return procedure_of(text);
  auto parsed = parse_object_name(text, kind.parts);
  if (!parsed) return fail(parsed.error());
  GrantTarget target;
  target.kind = &kind;
  target.name = std::move(*parsed);
  return target;
}

std::string_view word_of(Reach reach) {
  return reach == Reach::future ? "FUTURE" : "ALL";
}

}  // namespace

std::span<const GrantableKind> grantable_kinds() {
  return kinds;
}
std::span<const ObjectKind> object_kinds() {
  return plurals;
}

Result<GrantTarget> target_of(const Value& on) {
  if (on.bool_or("account", false)) {
    GrantTarget target;
    target.reach = Reach::account;
    return target;
  }
  if (on.at("future").is_map()) return many_of(on.at("future"), Reach::future);
  if (on.at("all").is_map()) return many_of(on.at("all"), Reach::all);
  for (const GrantableKind& kind : kinds) {
    const Value& name = on.at(kind.attribute);
    if (name.is_string()) return object_of(kind, name.as_string());
  }
  return bad("the grant names no object", "write on: { table: ${TABLE} }, or another object");
}

void add_target(Statement& statement, const GrantTarget& target) {
  switch (target.reach) {
    case Reach::account:
      statement.word("ACCOUNT");
      return;
    case Reach::object:
      break;
    case Reach::future:
      statement.word("FUTURE").word(target.objects->keyword).word("IN");
      break;
    case Reach::all:
      statement.word("ALL").word(target.objects->keyword).word("IN");
      break;
  }
  if (target.kind == nullptr) {
    statement.value_word(target.other_kind).name(target.name);
    return;
  }
  statement.word(target.kind->keyword).name(target.name);
  if (!has_arguments(target)) return;
  statement.open();
  bool is_first = true;
  for (const std::string& type : split_at_commas(target.arguments)) {
    if (!is_first) statement.comma();
    is_first = false;
    statement.value_word(type);
  }
  statement.close();
}

std::string text_of_target(const GrantTarget& target) {
  if (target.reach == Reach::account) return "ACCOUNT";
  std::string text;
  if (target.reach != Reach::object) {
    text += word_of(target.reach);
    text += ' ';
    text += target.objects->plural;
    text += " IN ";
  }
  text +=
      target.kind == nullptr ? std::string_view(target.other_kind) : target.kind->keyword.text();
  text += ' ' + target.name.shortest();
  if (has_arguments(target)) text += '(' + target.arguments + ')';
  return text;
}

Result<GrantTarget> target_of_text(std::string_view text) {
  GrantTarget target;
  if (text == "ACCOUNT") {
    target.reach = Reach::account;
    return target;
  }
  for (const Reach reach : {Reach::future, Reach::all}) {
    const std::string opening = std::string(word_of(reach)) + ' ';
    const std::size_t in = text.find(" IN ");
    if (!text.starts_with(opening) || in == std::string_view::npos) continue;
    const std::string_view plural = text.substr(opening.size(), in - opening.size());
    const ObjectKind* objects =
        find_objects([&](const ObjectKind& kind) { return kind.plural == plural; });
    auto place = target_of_text(text.substr(in + 4));
    if (objects == nullptr || !place) continue;
    place->reach = reach;
    place->objects = objects;
    return place;
  }
  for (const GrantableKind& kind : kinds) {
    const std::string opening = std::string(kind.keyword.text()) + ' ';
    if (text.starts_with(opening)) return object_of(kind, text.substr(opening.size()));
  }
  // The words of a kind are in capitals, and its object's name is what follows.
  std::size_t at = 0;
  while (at < text.size() && ((text[at] >= 'A' && text[at] <= 'Z') || text[at] == ' '))
    ++at;
  const std::size_t blank = text.rfind(' ', at);
  if (blank == std::string_view::npos) return bad("no privilege is on " + std::string(text), {});
  auto name = parse_object_name(text.substr(blank + 1));
  if (!name) return fail(name.error());
  target.other_kind = text.substr(0, blank);
  target.name = std::move(*name);
  return target;
}

GrantTarget target_of_row(const Row& row) {
  const std::string shown = replace_all(row.text("granted_on"), " ", "_");
  const std::string name = row.text("name");
  GrantTarget target;
  if (shown == "ACCOUNT") {
    target.reach = Reach::account;
    return target;
  }
  if (const GrantableKind* kind = find_shown_kind(shown)) {
    auto known = object_of(*kind, name);
    if (known) return std::move(*known);
  }
  target.other_kind = replace_all(shown, "_", " ");
  auto parsed = parse_object_name(name);
  target.name = parsed ? std::move(*parsed) : ObjectName{{name}};
  return target;
}

Result<GrantTarget> target_of_future_row(const Row& row) {
  GrantTarget target;
  target.reach = Reach::future;
  const std::string singular = replace_all(row.text("grant_on"), " ", "_");
  target.objects = find_objects([&](const ObjectKind& kind) { return kind.singular == singular; });
  if (target.objects == nullptr) {
    return bad("future grants on objects of the kind " + singular + " are not known to firn",
               "revoke them, or leave the role's grants to others");
  }
  // `D.S.<TABLE>`, or `D.<TABLE>` for a whole database.
  std::string name = row.text("name");
  name.erase(std::min(name.rfind(".<"), name.size()));
  auto parsed = parse_object_name(name);
  if (!parsed) return fail(parsed.error());
  target.kind = find_kind(parsed->parts.size() == 1 ? "database" : "schema");
  target.name = std::move(*parsed);
  return target;
}

bool covers(const GrantTarget& many, const GrantTarget& object) {
  const bool is_many = many.reach == Reach::all || many.reach == Reach::future;
  if (!is_many || object.reach != Reach::object || object.kind == nullptr) return false;
  if (object.kind->shown != many.objects->singular) return false;
  const auto& place = many.name.parts;
  const auto& parts = object.name.parts;
  return parts.size() > place.size() && std::equal(place.begin(), place.end(), parts.begin());
}

Result<Grantee> grantee_of(const Value& to) {
  struct Kind {
    std::string_view attribute;
    GranteeKind kind;
    std::size_t parts;
  };
  for (const Kind& row :
       {Kind{"role", GranteeKind::role, 1}, Kind{"database_role", GranteeKind::database_role, 2},
        Kind{"user", GranteeKind::user, 1}}) {
    const Value& name = to.at(row.attribute);
    if (!name.is_string()) continue;
    auto parsed = parse_object_name(name.as_string(), row.parts);
    if (!parsed) return fail(parsed.error());
    return Grantee{row.kind, std::move(*parsed)};
  }
  return bad("the grant names nobody to grant to", "write to: { role: ${ROLE} }");
}

void add_grantee(Statement& statement, const Grantee& grantee) {
  switch (grantee.kind) {
    case GranteeKind::role:
      statement.word("ROLE");
      break;
    case GranteeKind::database_role:
      statement.word("DATABASE ROLE");
      break;
    case GranteeKind::user:
      statement.word("USER");
      break;
  }
  statement.name(grantee.name);
}

bool is_same_name(std::string_view printed, const ObjectName& name) {
  const auto parsed = parse_object_name(printed);
  if (!parsed) return false;
  return *parsed == name ||
         (parsed->parts.size() == 1 && name.parts.size() == 2 && parsed->last() == name.last());
}

}  // namespace firn::snowflake
