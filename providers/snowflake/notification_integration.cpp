// snowflake.notification_integration: outbound to an SNS topic, or by e-mail. Snowflake
// documentation: "CREATE NOTIFICATION INTEGRATION (outbound to an Amazon SNS topic)", "… (email)",
// "ALTER NOTIFICATION INTEGRATION", "DESCRIBE NOTIFICATION INTEGRATION".
#include <array>

#include "core/base/text.h"
#include "core/value/json.h"
#include "providers/snowflake/types.h"

namespace firn::snowflake {
namespace {

constexpr std::size_t recipients_max = 50;
constexpr std::size_t subject_length_max = 256;
constexpr Attribute recipient_element{
    .name = "recipient",
    .doc = "E-mail address that a user of the account has verified.",
    .example = "- data@example.com"};

constexpr std::array email_fields = {
    Attribute{.name = "allowed_recipients",
              .kind = AttributeKind::list,
              .doc = "Addresses that may be written to; all verified ones when it is not set.",
              .unordered = true,
              .default_json = "[]",
              .example = "allowed_recipients: [data@example.com]",
              .element = &recipient_element},
    Attribute{.name = "default_recipients",
              .kind = AttributeKind::list,
              .doc = "Addresses that a message without recipients goes to.",
              .unordered = true,
              .default_json = "[]",
              .example = "default_recipients: [data@example.com]",
              .element = &recipient_element},
    Attribute{.name = "default_subject",
              .doc = "Subject of a message without one.",
              .example = "default_subject: From the data lake"},
};

constexpr std::array attributes = {
    Attribute{.name = "topic",
              .doc = "SNS topic that messages go to; a standard one, a FIFO topic gets nothing. "
                     "Either topic and role_arn are given, or email.",
              .weak = true,
              .takes = "arn",
              .example = "topic: ${alerts}"},
    Attribute{.name = "role_arn",
              .doc = "IAM role that may publish to the topic. Snowflake does not look at it before "
                     "it sends something, so the role may be made later.",
              .weak = true,
              .takes = "arn",
              .example = "role_arn: ${notify_role}"},
    Attribute{.name = "email",
              .kind = AttributeKind::object,
              .doc = "Messages go out as e-mail.",
              .example = "email: { allowed_recipients: [data@example.com] }",
              .fields = email_fields},
    Attribute{.name = "enabled",
              .kind = AttributeKind::boolean,
              .doc = "Whether messages are sent.",
              .default_json = "true",
              .example = "enabled: true"},
    comment_attribute,
    Attribute{.name = "iam_user_arn",
              .doc = "IAM user of Snowflake's AWS account that assumes the role; of an integration "
                     "with a topic.",
              .computed = true,
              .stand_in = snowflake_user_stand_in},
    Attribute{.name = "external_id",
              .doc = "External id that the role's trust policy must ask for; of an integration "
                     "with a topic.",
              .computed = true,
              .stand_in = "EXTERNAL_ID={digest}"},
    fqn_attribute,
};

Listing listing(const std::string& name) {
  return {{Statement("DESC NOTIFICATION INTEGRATION").identifier(name)}};
}

std::vector<Listing> listings(const ResourceRecord& record) {
  return {listing(record.name)};
}

// `a@x.org,b@x.org`, or a JSON list.
Value recipients(const std::string& text) {
  if (const auto listed = parse_json(text); listed && listed->is_list()) return *listed;
  List list;
  if (!trim(text).empty() && trim(text) != "[]") {
    for (const auto& address : split(text, ','))
      list.emplace_back(trim(address));
  }
  return list;
}

Result<Seen> read(const Inventory& inventory, const ResourceRecord& record) {
  Seen seen;
  auto rows = inventory.rows(listing(record.name));
  if (!rows) return fail(rows.error());
  if (*rows == nullptr) return seen;
  const auto property = [&](std::string_view name) {
    const Row* row = find_row(**rows, {{"property", name}});
    return row == nullptr ? std::string() : row->text("property_value");
  };
  const auto text_or_null = [&](std::string_view name) {
    const std::string text = property(name);
    return text.empty() ? Value() : Value(text);
  };
  seen.exists = true;
  seen.inputs.set("enabled", to_lower(property("ENABLED")) == "true");
  seen.inputs.set("topic", text_or_null("AWS_SNS_TOPIC_ARN"));
  seen.inputs.set("role_arn", text_or_null("AWS_SNS_ROLE_ARN"));
  const bool by_email = property("AWS_SNS_TOPIC_ARN").empty();
  if (by_email) {
    Map email{{"allowed_recipients", recipients(property("ALLOWED_RECIPIENTS"))},
              {"default_recipients", recipients(property("DEFAULT_RECIPIENTS"))}};
    if (const std::string subject = property("DEFAULT_SUBJECT"); !subject.empty()) {
      email.set("default_subject", subject);
    }
    seen.inputs.set("email", std::move(email));
  } else {
    seen.inputs.set("email", Value());
  }
  seen.read_comment(property("COMMENT"));
  seen.outputs = predict_in_account({}, record.name, record.inputs);
  if (!by_email) {
    seen.outputs.set("iam_user_arn", property("SF_AWS_IAM_USER_ARN"));
    seen.outputs.set("external_id", property("SF_AWS_EXTERNAL_ID"));
  }
  return seen;
}

bool has_items(const Value& list) {
  return list.is_list() && !list.as_list().empty();
}

// What email says, for CREATE and ALTER … SET.
void set_email(Statement& statement, const Value& email) {
  if (has_items(email.at("allowed_recipients"))) {
    statement.set_texts("ALLOWED_RECIPIENTS", texts_of(email.at("allowed_recipients")));
  }
  if (has_items(email.at("default_recipients"))) {
    statement.set_texts("DEFAULT_RECIPIENTS", texts_of(email.at("default_recipients")));
  }
  if (is_text(email.at("default_subject"))) {
    statement.set_text("DEFAULT_SUBJECT", email.at("default_subject").as_string());
  }
}

Steps create(const Change& change) {
  Statement statement("CREATE NOTIFICATION INTEGRATION");
  statement.identifier(change.name);
  const bool enabled = change.wanted("enabled").as_bool();
  if (change.is_set("email")) {
    statement.set_word("TYPE", "EMAIL").set_bool("ENABLED", enabled);
    set_email(statement, change.desired.at("email"));
  } else {
    statement.set_bool("ENABLED", enabled)
        .set_word("TYPE", "QUEUE")
        .set_word("DIRECTION", "OUTBOUND")
        .set_word("NOTIFICATION_PROVIDER", "AWS_SNS")
        .set_text("AWS_SNS_TOPIC_ARN", change.desired.string_or("topic", ""))
        .set_text("AWS_SNS_ROLE_ARN", change.desired.string_or("role_arn", ""));
  }
  statement.set_text("COMMENT", change.comment());
  return std::vector{Step{statement}};
}

Statement alter(const Change& change) {
  return Statement("ALTER NOTIFICATION INTEGRATION").identifier(change.name);
}

Steps update(const Change& change) {
  std::vector<Step> steps;
  Statement set = alter(change).word("SET");
  const std::string nothing = set.text();
  if (change.has_changed("enabled")) {
    set.set_bool("ENABLED", change.wanted("enabled").as_bool());
  }
  if (change.has_changed({"topic", "role_arn"}) && change.is_set("topic")) {
    // ALTER takes the two together or not at all.
    set.set_text("AWS_SNS_TOPIC_ARN", change.desired.string_or("topic", ""))
        .set_text("AWS_SNS_ROLE_ARN", change.desired.string_or("role_arn", ""));
  }
  const Value& email = change.desired.at("email");
  if (change.has_changed("email")) set_email(set, email);
  if (change.has_changed("comment")) set.set_text("COMMENT", change.comment());
  if (set.text() != nothing) steps.push_back({set});
  if (!change.has_changed("email")) return steps;
  // UNSET takes one property at a time.
  const auto clear = [&](std::string_view field, Keyword property) {
    if (has_items(email.at(field)) || is_text(email.at(field))) return;
    steps.push_back({alter(change).word("UNSET").word(property)});
  };
  clear("allowed_recipients", "ALLOWED_RECIPIENTS");
  clear("default_recipients", "DEFAULT_RECIPIENTS");
  clear("default_subject", "DEFAULT_SUBJECT");
  return steps;
}

Steps remove(const ResourceRecord& record) {
  return std::vector{
      Step{Statement("DROP NOTIFICATION INTEGRATION").word("IF EXISTS").identifier(record.name)}};
}

void check_recipients(const Value& email, std::string_view field, std::vector<Problem>& problems) {
  const auto addresses = texts_of(email.at(field));
  const std::string path = "email." + std::string(field);
  if (addresses.size() > recipients_max) {
    problems.push_back({path, "there are more than 50 recipients", "Snowflake takes 50 addresses",
                        "write to a mailing list"});
  }
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const auto at = addresses[i].find('@');
    const bool is_address = at != std::string::npos && at > 0 && at + 1 < addresses[i].size() &&
                            addresses[i].find(',') == std::string::npos;
    if (is_address) continue;
    problems.push_back({path + "." + std::to_string(i),
                        "not an e-mail address: " + addresses[i],
                        {},
                        "write NAME@DOMAIN"});
  }
}

void check_arn(const Value& inputs, std::string_view attribute, std::string_view service,
               std::string_view example, std::vector<Problem>& problems) {
  const Value& written = inputs.at(attribute);
  if (!written.is_string()) return;
  const auto parts = split(written.as_string(), ':');
  if (parts.size() >= 6 && parts[0] == "arn" && parts[2] == service) return;
  problems.push_back({std::string(attribute),
                      "not an ARN of " + std::string(service) + ": " + written.as_string(),
                      {},
                      "write " + std::string(example)});
}

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  const bool topic = !inputs.at("topic").is_null();
  const bool role = !inputs.at("role_arn").is_null();
  const bool email = !inputs.at("email").is_null();
  if (email == (topic || role) || topic != role) {
    problems.push_back({email   ? "email"
                        : topic ? "topic"
                                : "",
                        email ? "it sends by e-mail or to a topic, not both"
                              : "it needs a topic and a role that may publish to it",
                        "an integration has one way out", "give topic: and role_arn:, or email:"});
  }
  check_arn(inputs, "topic", "sns", "${TOPIC.arn}", problems);
  check_arn(inputs, "role_arn", "iam", "${ROLE.arn}", problems);
  if (inputs.at("topic").is_string() && inputs.at("topic").as_string().ends_with(".fifo")) {
    problems.push_back({"topic", "Snowflake cannot send to a FIFO topic",
                        "messages would be lost without a word", "use a standard topic"});
  }
  if (!inputs.at("email").is_map()) return;
  check_recipients(inputs.at("email"), "allowed_recipients", problems);
  check_recipients(inputs.at("email"), "default_recipients", problems);
  if (inputs.at("email").string_or("default_subject", "").size() > subject_length_max) {
    problems.push_back(
        {"email.default_subject", "the subject is longer than 256 characters", {}, "shorten it"});
  }
}

// Lists that are not given are empty, as Snowflake shows them.
Value normalize(const Value& inputs) {
  Map normal = inputs.as_map();
  const Value* email = normal.find("email");
  if (email == nullptr || !email->is_map()) return normal;
  Map members = email->as_map();
  for (const std::string_view list : {"allowed_recipients", "default_recipients"}) {
    if (const Value* given = members.find(list); given == nullptr || given->is_null()) {
      members.set(list, List{});
    }
  }
  const Value* subject = members.find("default_subject");
  if (subject != nullptr && subject->is_string() && subject->as_string().empty()) {
    members.erase("default_subject");
  }
  normal.set("email", std::move(members));
  return normal;
}

OnChange judge_change(const Value& before, const Value& after, std::string_view attribute,
                      std::string& reason, std::string&) {
  const bool kind_changes = before.is_null() != after.is_null();
  if ((attribute == "email" || attribute == "topic" || attribute == "role_arn") && kind_changes) {
    reason = "an integration cannot be turned from a topic to e-mail or back";
    return OnChange::replace;
  }
  return OnChange::update;
}

constexpr ResourceType type{
    .name = "snowflake.notification_integration",
    .summary = "A notification integration: the way by which Snowflake sends messages out.",
    .doc =
        "Pipes and tasks tell of errors by it (`error_integration`), and SQL sends messages by it. "
        "With a topic, Snowflake assumes `role_arn`; the role's trust policy takes this "
        "integration's `iam_user_arn` and `external_id`, most simply by "
        "`trust: { snowflake: ${alerts} }`. It is altered, never made anew, as long as it keeps "
        "its way out: a new one would have another external id.",
    .example =
        "  type: snowflake.notification_integration\n  topic: ${alerts_topic}\n"
        "  role_arn: ${notify_role}\n",
    .attributes = attributes,
    .name_rule = account_name_rule,
    .scope = "snowflake.integration",
    .predict = predict_in_account,
    .validate = validate,
    .normalize = normalize,
    .judge_change = judge_change};

}  // namespace

const ObjectType notification_integration_type{.type = &type,
                                               .listings = listings,
                                               .read = read,
                                               .create = create,
                                               .update = update,
                                               .remove = remove,
                                               .reads_back = true};

}  // namespace firn::snowflake
