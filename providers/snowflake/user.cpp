// snowflake.user. Snowflake documentation: "CREATE USER", "ALTER USER", "SHOW USERS", "DESCRIBE
// USER", "User management" (types of users).
#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "providers/snowflake/public_key.h"
#include "providers/snowflake/types.h"

namespace firn::snowflake {
namespace {

constexpr std::array<std::string_view, 3> user_types = {"LEGACY_SERVICE", "PERSON", "SERVICE"};
constexpr std::array<std::string_view, 2> secondary_roles = {"ALL", "NONE"};

constexpr Attribute default_object(std::string_view name, std::string_view doc,
                                   std::string_view example) {
  return Attribute{.name = name,
                   .doc = doc,
                   .weak = true,
                   .takes = "fqn",
                   .default_json = "\"\"",
                   .example = example};
}
constexpr Attribute public_key(std::string_view name, std::string_view doc) {
  return Attribute{
      .name = name, .doc = doc, .default_json = "\"\"", .example = "${file(\"keys/tableau.pub\")}"};
}

constexpr std::array attributes = {
    Attribute{.name = "user_type",
              .doc = "PERSON; or SERVICE for a program, which signs in with a key and can have no "
                     "password; or LEGACY_SERVICE for one that still has a password.",
              .default_json = "\"PERSON\"",
              .example = "user_type: SERVICE",
              .allowed = user_types},
    Attribute{.name = "login_name",
              .doc = "Name to sign in with, in any case; without it, the user's name.",
              .example = "login_name: TABLEAU@EXAMPLE.COM"},
    Attribute{.name = "display_name",
              .doc = "Name that people see; without it, the user's name.",
              .example = "display_name: Tableau"},
    Attribute{.name = "first_name",
              .doc = "First name of a person.",
              .default_json = "\"\"",
              .example = "first_name: Ada"},
    Attribute{.name = "last_name",
              .doc = "Last name of a person.",
              .default_json = "\"\"",
              .example = "last_name: Lovelace"},
    Attribute{.name = "email",
              .doc = "E-mail address.",
              .default_json = "\"\"",
              .example = "email: ada@example.com"},
    default_object("default_warehouse",
                   "Warehouse of a new session. Snowflake does not look whether it exists, and the "
                   "user needs a privilege on it.",
                   "default_warehouse: ${compute}"),
    default_object("default_role",
                   "Role of a new session. It must also be granted to the user, with a "
                   "snowflake.grant.",
                   "default_role: ${dashboard}"),
    default_object("default_namespace", "Database, or schema, of a new session.",
                   "default_namespace: ${working}"),
    Attribute{.name = "default_secondary_roles",
              .doc = "Whether all roles that the user has count beside the one that is chosen.",
              .default_json = "\"ALL\"",
              .example = "default_secondary_roles: NONE",
              .allowed = secondary_roles},
    public_key("rsa_public_key",
               "RSA public key to sign in with: PEM, or what stands between its first and last "
               "line. Compared by fingerprint."),
    public_key("rsa_public_key_2",
               "A second key that is valid beside the first one, to change keys without a gap."),
    Attribute{.name = "password",
              .doc = "Password of a PERSON or LEGACY_SERVICE; give it as a secret. Snowflake never "
                     "shows it: firn sets it when the secret changes.",
              .secret = true,
              .write_only = true,
              .example = "password: ${secret(\"env:TABLEAU_PASSWORD\")}"},
    Attribute{.name = "must_change_password",
              .kind = AttributeKind::boolean,
              .doc =
                  "Whether the user must choose another password at the next sign-in. Said again "
                  "whenever firn sets the password.",
              .write_only = true,
              .default_json = "false",
              .example = "must_change_password: true"},
    Attribute{.name = "disabled",
              .kind = AttributeKind::boolean,
              .doc = "Whether the user is locked out.",
              .default_json = "false",
              .example = "disabled: true"},
    comment_attribute,
    fqn_attribute,
};

constexpr std::array<std::string_view, 2> key_names = {"rsa_public_key", "rsa_public_key_2"};
constexpr std::array<std::string_view, 3> default_names = {"default_warehouse", "default_role",
                                                           "default_namespace"};
// What a SERVICE cannot have.
constexpr std::array<std::string_view, 4> of_people = {"first_name", "last_name", "password",
                                                       "must_change_password"};

Listing description_of(const std::string& name) {
  return {{Statement("DESC USER").identifier(name)}};
}

bool has_key(const Value& inputs) {
  return std::any_of(key_names.begin(), key_names.end(),
                     [&](std::string_view key) { return is_text(inputs.at(key)); });
}

std::vector<Listing> listings(const ResourceRecord& record) {
  std::vector<Listing> all{show_in_account("SHOW USERS", record.name)};
  // SHOW USERS only tells whether there is a key, not which.
  if (has_key(record.inputs)) all.push_back(description_of(record.name));
  return all;
}

// SHOW prints the stored parts of a name with dots between them and no quotes; other ways in print
// quotes. Text that can be read as the recorded name is that name.
Value shown_name(const std::string& shown, const Value& recorded) {
  if (!recorded.is_string()) return normalized_name(shown);
  const auto name = parse_object_name(recorded.as_string());
  const auto printed = parse_object_name(shown);
  const bool is_bare = name && join(name->parts, ".") == shown;
  const bool is_quoted = name && printed && *printed == *name;
  return is_bare || is_quoted ? recorded : normalized_name(shown);
}

// Snowflake gives a key back as text of its own making; the fingerprint says whether it is the
// recorded one.
void read_keys(const Rows& description, const Value& recorded, Map& inputs) {
  for (const std::string_view key : key_names) {
    const std::string property = to_upper(key);
    const Row* print = find_row(description, {{"property", property + "_FP"}});
    if (print == nullptr || recorded.at(key).is_secret()) continue;
    const std::string fingerprint = print->text("value");
    const auto known = is_text(recorded.at(key))
                           ? public_key_fingerprint(recorded.at(key).as_string())
                           : Result<std::string>(std::string());
    if (known && *known == fingerprint) {
      if (is_text(recorded.at(key))) inputs.set(key, recorded.at(key));
      continue;
    }
    const Row* text = find_row(description, {{"property", property}});
    std::string body = text == nullptr ? "" : public_key_body(text->text("value"));
    inputs.set(key, body.empty() ? fingerprint : body);
  }
}

// Snowflake documentation, "SHOW USERS": a role that neither owns the user nor has CREATE USER is
// told the name and nothing else. So it is there, and whoever only plans takes the rest as
// recorded.
bool is_hidden(const Row& row) {
  return row.text("login_name").empty() && row.text("owner").empty();
}

Result<Seen> read(const Inventory& inventory, const ResourceRecord& record) {
  Seen seen;
  auto rows = inventory.rows(show_in_account("SHOW USERS", record.name));
  if (!rows) return fail(rows.error());
  const Row* row = *rows == nullptr ? nullptr : find_row(**rows, {{"name", record.name}});
  if (row == nullptr) return seen;
  seen.exists = true;
  if (is_hidden(*row)) {
    seen.carries_mark = false;
    seen.outputs = predict_in_account({}, record.name, record.inputs);
    return seen;
  }
  const std::string type = to_upper(row->text("type"));
  seen.inputs.set("user_type", type.empty() ? "PERSON" : type);
  for (const std::string_view text :
       {"login_name", "display_name", "first_name", "last_name", "email"}) {
    seen.inputs.set(text, row->text(text));
  }
  for (const std::string_view name : default_names) {
    const std::string shown = row->text(name);
    seen.inputs.set(name, shown.empty() ? Value("") : shown_name(shown, record.inputs.at(name)));
  }
  const std::string roles = row->text("default_secondary_roles");
  if (!roles.empty()) {
    seen.inputs.set("default_secondary_roles",
                    roles.find("ALL") != std::string::npos ? "ALL" : "NONE");
  }
  seen.inputs.set("disabled", row->flag("disabled"));
  seen.read_comment(row->text("comment"));
  seen.outputs = predict_in_account({}, record.name, record.inputs);
  if (has_key(record.inputs)) {
    const auto description = inventory.rows(description_of(record.name));
    if (!description) return fail(description.error());
    if (*description != nullptr) read_keys(**description, record.inputs, seen.inputs);
  }
  return seen;
}

struct TextProperty {
  std::string_view attribute;
  Keyword property;
};
constexpr std::array text_properties = {
    TextProperty{"login_name", "LOGIN_NAME"}, TextProperty{"display_name", "DISPLAY_NAME"},
    TextProperty{"first_name", "FIRST_NAME"}, TextProperty{"last_name", "LAST_NAME"},
    TextProperty{"email", "EMAIL"}};
constexpr std::array default_properties = {TextProperty{"default_warehouse", "DEFAULT_WAREHOUSE"},
                                           TextProperty{"default_role", "DEFAULT_ROLE"},
                                           TextProperty{"default_namespace", "DEFAULT_NAMESPACE"}};
constexpr std::array key_properties = {TextProperty{"rsa_public_key", "RSA_PUBLIC_KEY"},
                                       TextProperty{"rsa_public_key_2", "RSA_PUBLIC_KEY_2"}};

// The properties of CREATE and of ALTER … SET, in one order, all but the type.
Status set_properties(Statement& statement, const Change& change, bool is_create) {
  const auto applies = [&](std::string_view attribute) {
    const Value& wanted = change.desired.at(attribute);
    if (wanted.is_null() || wanted == Value("")) return false;  // cleared: UNSET
    const bool is_new_password = attribute == "must_change_password" && change.is_set("password") &&
                                 change.has_changed("password");
    return is_create || change.has_changed(attribute) || is_new_password;
  };
  for (const TextProperty& row : text_properties) {
    if (applies(row.attribute)) {
      statement.set_text(row.property, change.wanted(row.attribute).as_string());
    }
  }
  for (const TextProperty& row : default_properties) {
    if (!applies(row.attribute)) continue;
    const auto name = parse_object_name(change.wanted(row.attribute).as_string());
    if (!name) return fail(name.error());
    statement.set_name(row.property, *name);
  }
  if (applies("default_secondary_roles")) {
    const bool all = change.wanted("default_secondary_roles").as_string() == "ALL";
    statement.set_texts("DEFAULT_SECONDARY_ROLES",
                        all ? std::vector<std::string>{"ALL"} : std::vector<std::string>{});
  }
  for (const TextProperty& row : key_properties) {
    if (!applies(row.attribute)) continue;
    statement.set_text(row.property, public_key_body(change.wanted(row.attribute).as_string()));
  }
  if (applies("password")) statement.set_text("PASSWORD", change.wanted("password").as_string());
  if (applies("must_change_password")) {
    statement.set_bool("MUST_CHANGE_PASSWORD", change.wanted("must_change_password").as_bool());
  }
  if (applies("disabled")) statement.set_bool("DISABLED", change.wanted("disabled").as_bool());
  if (is_create || change.has_changed("comment")) statement.set_text("COMMENT", change.comment());
  return Ok{};
}

Step with_password(Statement statement, const Change& change) {
  Step step{std::move(statement)};
  step.secret = change.desired.string_or("password", "");
  return step;
}

Steps create(const Change& change) {
  Statement statement("CREATE USER");
  statement.identifier(change.name);
  if (change.is_set("user_type")) {
    statement.set_word("TYPE", change.wanted("user_type").as_string());
  }
  const Status set = set_properties(statement, change, true);
  if (!set) return fail(set.error());
  return std::vector{with_password(std::move(statement), change)};
}

// Taken away, or set to nothing.
bool is_cleared(const Change& change, std::string_view attribute) {
  if (!change.has_changed(attribute)) return false;
  const Value& wanted = change.desired.at(attribute);
  return wanted.is_null() || wanted == Value("");
}

std::vector<Keyword> cleared_properties(const Change& change) {
  std::vector<Keyword> cleared;
  const auto consider = [&](std::string_view attribute, Keyword property) {
    if (is_cleared(change, attribute)) cleared.push_back(property);
  };
  for (const auto& rows : {std::span<const TextProperty>(text_properties),
                           std::span<const TextProperty>(default_properties),
                           std::span<const TextProperty>(key_properties)}) {
    for (const TextProperty& row : rows)
      consider(row.attribute, row.property);
  }
  consider("default_secondary_roles", "DEFAULT_SECONDARY_ROLES");
  consider("password", "PASSWORD");
  consider("must_change_password", "MUST_CHANGE_PASSWORD");
  consider("disabled", "DISABLED");
  return cleared;
}

// What a SERVICE cannot have is taken away before the user becomes one: Snowflake would keep it,
// hidden, and it would come back with the type. What a PERSON can have is given after.
Steps update(const Change& change) {
  std::vector<Step> steps;
  const std::vector<Keyword> cleared = cleared_properties(change);
  if (!cleared.empty()) {
    Statement unset("ALTER USER");
    unset.identifier(change.name).word("UNSET");
    for (std::size_t i = 0; i < cleared.size(); ++i) {
      if (i > 0) unset.comma();
      unset.word(cleared[i]);
    }
    steps.push_back({unset});
  }
  if (change.has_changed("user_type")) {
    steps.push_back({Statement("ALTER USER")
                         .identifier(change.name)
                         .word("SET")
                         .set_word("TYPE", change.wanted("user_type").as_string())});
  }
  Statement alter("ALTER USER");
  alter.identifier(change.name).word("SET");
  const std::string before = alter.text();
  const Status set = set_properties(alter, change, false);
  if (!set) return fail(set.error());
  if (alter.text() != before) steps.push_back(with_password(std::move(alter), change));
  return steps;
}

Steps remove(const ResourceRecord& record) {
  return std::vector{Step{Statement("DROP USER").word("IF EXISTS").identifier(record.name)}};
}

void validate_service(const Value& inputs, std::vector<Problem>& problems) {
  if (inputs.string_or("user_type", "PERSON") != "SERVICE") return;
  for (const std::string_view attribute : of_people) {
    if (inputs.at(attribute).is_null()) continue;
    problems.push_back({std::string(attribute),
                        "a user of type SERVICE has no " + std::string(attribute),
                        "it signs in with a key pair, and is no person",
                        "remove " + std::string(attribute) +
                            ", or write user_type: PERSON (or LEGACY_SERVICE, for a program that "
                            "still needs a password)"});
  }
}

void validate_keys(const Value& inputs, std::vector<Problem>& problems) {
  std::vector<std::string> prints;
  for (const std::string_view key : key_names) {
    const Value& text = inputs.at(key);
    if (!is_text(text)) continue;
    auto fingerprint = public_key_fingerprint(text.as_string());
    if (!fingerprint) {
      // Told of the whole block, so that no message shows a line of what may be a private key.
      Problem problem = problem_of("", fingerprint.error());
      problem.summary = std::string(key) + " is no public key that Snowflake takes";
      problems.push_back(std::move(problem));
    } else {
      prints.push_back(std::move(*fingerprint));
    }
  }
  if (prints.size() == 2 && prints[0] == prints[1]) {
    problems.push_back({"rsa_public_key_2", "both keys are the same",
                        "the second one is there to change keys without a gap",
                        "remove rsa_public_key_2, or put the new key there"});
  }
}

void validate(const Placement&, const std::string& name, const Value& inputs,
              std::vector<Problem>& problems) {
  if (name == "SNOWFLAKE") {
    problems.push_back({"name", name + " belongs to Snowflake",
                        "it is the user of Snowflake's own support", "give the user another name"});
  }
  validate_service(inputs, problems);
  validate_keys(inputs, problems);
  for (const std::string_view single : {"default_warehouse", "default_role"}) {
    if (is_text(inputs.at(single))) check_name(inputs, single, 1, problems);
  }
  const Value& place = inputs.at("default_namespace");
  if (!is_text(place)) return;
  const auto parsed = parse_object_name(place.as_string());
  if (!parsed) {
    problems.push_back(problem_of("default_namespace", parsed.error()));
  } else if (parsed->parts.size() > 2) {
    problems.push_back(
        {"default_namespace", "a namespace is a database or a schema",
         place.as_string() + " has " + std::to_string(parsed->parts.size()) + " parts",
         "write DATABASE or DATABASE.SCHEMA"});
  }
}

Value normalize(const Value& inputs) {
  Map normal = inputs.as_map();
  for (const std::string_view name : default_names) {
    if (is_text(inputs.at(name))) normalize_name_at(normal, name);
  }
  normalize_upper_at(normal, "login_name");
  for (const std::string_view key : key_names) {
    if (!is_text(inputs.at(key))) continue;
    // A private key stays as it is, for validate() to refuse.
    const std::string& text = inputs.at(key).as_string();
    if (text.find("PRIVATE KEY") == std::string::npos) normal.set(key, public_key_body(text));
  }
  return normal;
}

constexpr ResourceType type{
    .name = "snowflake.user",
    .summary = "A user: a person, or a program that signs in with a key.",
    .doc =
        "Defaults grant nothing: give the user its role with a snowflake.grant. To change a key "
        "without a gap, put the new one into `rsa_public_key_2`, let the program use it, then move "
        "it to `rsa_public_key` and remove the second.\n\n"
        "No private key comes near firn, and a password is in no state, plan or log.",
    .example =
        "  type: snowflake.user\n  user_type: SERVICE\n  default_role: ${dashboard}\n"
        "  default_warehouse: ${compute}\n  rsa_public_key: ${file(\"keys/tableau.pub\")}\n",
    .attributes = attributes,
    .name_rule = account_name_rule,
    .predict = predict_in_account,
    .validate = validate,
    .normalize = normalize};

}  // namespace

const ObjectType user_type{.type = &type,
                           .listings = listings,
                           .read = read,
                           .create = create,
                           .update = update,
                           .remove = remove};

}  // namespace firn::snowflake
