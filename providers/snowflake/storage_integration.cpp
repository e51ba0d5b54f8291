// snowflake.storage_integration, for Amazon S3. Snowflake documentation: "CREATE STORAGE
// INTEGRATION", "ALTER STORAGE INTEGRATION", "DESCRIBE INTEGRATION".
#include <algorithm>
#include <array>
#include <optional>

#include "core/base/text.h"
#include "providers/snowflake/types.h"

namespace firn::snowflake {
namespace {

constexpr std::array<std::string_view, 1> acls = {"bucket-owner-full-control"};
constexpr Attribute location_element{.name = "location",
                                     .doc = "An S3 URL; everything below it is meant.",
                                     .weak = true,
                                     .example = "- s3://bucket/prefix/"};

constexpr std::array attributes = {
    Attribute{.name = "role_arn",
              .doc =
                  "IAM role that Snowflake assumes. Snowflake does not look at it before a stage "
                  "is used, so the role may be made later.",
              .required = true,
              .weak = true,
              .takes = "arn",
              .example = "role_arn: ${loader}"},
    Attribute{.name = "allowed_locations",
              .kind = AttributeKind::list,
              .doc = "S3 URLs that stages on it may use; \"*\" alone allows all.",
              .required = true,
              .weak = true,
              .unordered = true,
              .example = "allowed_locations: [ \"s3://${data.name}/processed/\" ]",
              .element = &location_element},
    Attribute{.name = "blocked_locations",
              .kind = AttributeKind::list,
              .doc =
                  "S3 URLs that stages on it may not use, even where allowed_locations would let "
                  "them.",
              .weak = true,
              .unordered = true,
              .default_json = "[]",
              .example = "blocked_locations: [ \"s3://${data.name}/raw/\" ]",
              .element = &location_element},
    Attribute{.name = "external_id",
              .doc =
                  "External id that the role's trust policy must ask for. Snowflake makes one up "
                  "unless it is set here.",
              .chosen_by_cloud = true,
              .stand_in = "EXTERNAL_ID={digest}",
              .example = "external_id: finance-lake"},
    Attribute{.name = "enabled",
              .kind = AttributeKind::boolean,
              .doc = "Whether stages may use it.",
              .default_json = "true",
              .example = "enabled: true"},
    Attribute{.name = "object_acl",
              .doc = "Canned ACL of the objects that Snowflake writes into the bucket.",
              .example = "object_acl: bucket-owner-full-control",
              .allowed = acls},
    comment_attribute,
    Attribute{.name = "iam_user_arn",
              .doc = "IAM user of Snowflake's AWS account that assumes the role.",
              .computed = true,
              .stand_in = snowflake_user_stand_in},
    fqn_attribute,
};

Listing listing(const std::string& name) {
  return {{Statement("DESC STORAGE INTEGRATION").identifier(name)}};
}

std::vector<Listing> listings(const ResourceRecord& record) {
  return {listing(record.name)};
}

Value locations(const std::string& joined) {
  List list;
  if (!trim(joined).empty()) {
    for (const auto& location : split(joined, ','))
      list.emplace_back(trim(location));
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
  seen.exists = true;
  seen.inputs.set("role_arn", property("STORAGE_AWS_ROLE_ARN"));
  seen.inputs.set("allowed_locations", locations(property("STORAGE_ALLOWED_LOCATIONS")));
  seen.inputs.set("blocked_locations", locations(property("STORAGE_BLOCKED_LOCATIONS")));
  seen.inputs.set("external_id", property("STORAGE_AWS_EXTERNAL_ID"));
  seen.inputs.set("enabled", to_lower(property("ENABLED")) == "true");
  const std::string acl = property("STORAGE_AWS_OBJECT_ACL");
  seen.inputs.set("object_acl", acl.empty() ? Value() : Value(acl));
  seen.read_comment(property("COMMENT"));
  seen.outputs = predict_in_account({}, record.name, record.inputs);
  seen.outputs.set("iam_user_arn", property("STORAGE_AWS_IAM_USER_ARN"));
  seen.outputs.set("external_id", property("STORAGE_AWS_EXTERNAL_ID"));
  return seen;
}

// Snowflake names AWS's partitions in its own way.
std::string_view storage_provider(std::string_view role_arn) {
  if (role_arn.rfind("arn:aws-us-gov:", 0) == 0) return "S3GOV";
  if (role_arn.rfind("arn:aws-cn:", 0) == 0) return "S3CHINA";
  return "S3";
}

bool has_items(const Value& list) {
  return list.is_list() && !list.as_list().empty();
}

// The properties of CREATE and of ALTER … SET, in one order.
void set_properties(Statement& statement, const Change& change, bool is_create) {
  const auto applies = [&](std::string_view attribute) {
    return is_create || change.has_changed(attribute);
  };
  if (applies("enabled")) statement.set_bool("ENABLED", change.wanted("enabled").as_bool());
  if (applies("role_arn")) {
    statement.set_text("STORAGE_AWS_ROLE_ARN", change.wanted("role_arn").as_string());
  }
  if (applies("allowed_locations")) {
    statement.set_texts("STORAGE_ALLOWED_LOCATIONS", texts_of(change.wanted("allowed_locations")));
  }
  if (applies("blocked_locations") && has_items(change.desired.at("blocked_locations"))) {
    statement.set_texts("STORAGE_BLOCKED_LOCATIONS",
                        texts_of(change.desired.at("blocked_locations")));
  }
  if (applies("external_id") && is_text(change.desired.at("external_id"))) {
    statement.set_text("STORAGE_AWS_EXTERNAL_ID", change.desired.at("external_id").as_string());
  }
  if (applies("object_acl") && is_text(change.desired.at("object_acl"))) {
    statement.set_text("STORAGE_AWS_OBJECT_ACL", change.desired.at("object_acl").as_string());
  }
  if (applies("comment")) statement.set_text("COMMENT", change.comment());
}

Steps create(const Change& change) {
  Statement statement("CREATE STORAGE INTEGRATION");
  statement.identifier(change.name)
      .set_word("TYPE", "EXTERNAL_STAGE")
      .set_text("STORAGE_PROVIDER", storage_provider(change.desired.string_or("role_arn", "")));
  set_properties(statement, change, true);
  return std::vector{Step{statement}};
}

// As texts; nothing while one of them is not known.
std::optional<std::vector<std::string>> known_locations(const Value& list) {
  if (list.is_null()) return std::vector<std::string>{};
  if (!list.is_list()) return std::nullopt;
  for (const Value& item : list.as_list()) {
    if (!item.is_string()) return std::nullopt;
  }
  return texts_of(list);
}

bool is_below(const std::string& url, const std::vector<std::string>& locations) {
  return std::any_of(locations.begin(), locations.end(), [&](const std::string& location) {
    return location == "*" || url.rfind(location, 0) == 0 || url + "/" == location;
  });
}

Listing all_stages() {
  return {{Statement("SHOW STAGES IN ACCOUNT")}};
}

std::vector<Listing> around_update(const Change& change) {
  if (!change.has_changed({"allowed_locations", "blocked_locations"})) return {};
  return {all_stages()};
}

// Stages of this stack are looked at in the plan: they may move in the same run.
Status check_stages_of_others(const Change& change) {
  // Not asked where a create finds what it made before: nobody has a stage on that yet.
  if (change.around == nullptr || change.around->missing(all_stages()) != nullptr) return Ok{};
  const auto rows = change.around->rows(all_stages());
  if (!rows) return fail(rows.error());
  if (*rows == nullptr) return Ok{};
  const auto covers = [](const Value& allowed, const Value& blocked, const std::string& url) {
    return is_below(url, texts_of(allowed)) && !is_below(url, texts_of(blocked));
  };
  for (const Row& row : (*rows)->rows) {
    const std::string url = row.text("url");
    if (row.text("storage_integration") != change.name) continue;
    const bool was_outside =
        !covers(change.prior.at("allowed_locations"), change.prior.at("blocked_locations"), url);
    if (was_outside ||
        covers(change.wanted("allowed_locations"), change.wanted("blocked_locations"), url)) {
      continue;
    }
    Seen stage;
    stage.read_comment(row.text("comment"));
    if (stage.mark && stage.mark->stack == change.mark.stack &&
        stage.mark->environment == change.mark.environment) {
      continue;
    }
    const ObjectName name{{row.text("database_name"), row.text("schema_name"), row.text("name")}};
    return fail(ErrorKind::invalid_input,
                "the stage " + name.shortest() + " would fall outside of " + change.name,
                "it reads " + url + ", which Snowflake would then refuse",
                "allow the location, or have the stage moved or dropped first");
  }
  return Ok{};
}

Steps update(const Change& change) {
  if (auto status = check_stages_of_others(change); !status) return fail(status.error());
  std::vector<Step> steps;
  Statement set = Statement("ALTER STORAGE INTEGRATION").identifier(change.name).word("SET");
  const std::string set_nothing = set.text();
  set_properties(set, change, false);
  if (set.text() != set_nothing) steps.push_back({set});

  Statement unset = Statement("ALTER STORAGE INTEGRATION").identifier(change.name).word("UNSET");
  const std::string unset_nothing = unset.text();
  const auto clear = [&](std::string_view attribute, Keyword property) {
    const Value& wanted = change.desired.at(attribute);
    if (!change.has_changed(attribute) || is_text(wanted) || has_items(wanted)) return;
    if (unset.text() != unset_nothing) unset.comma();
    unset.word(property);
  };
  clear("blocked_locations", "STORAGE_BLOCKED_LOCATIONS");
  clear("external_id", "STORAGE_AWS_EXTERNAL_ID");
  clear("object_acl", "STORAGE_AWS_OBJECT_ACL");
  if (unset.text() != unset_nothing) steps.push_back({unset});
  return steps;
}

Steps remove(const ResourceRecord& record) {
  return std::vector{
      Step{Statement("DROP STORAGE INTEGRATION").word("IF EXISTS").identifier(record.name)}};
}

void check_locations(const Value& list, std::string_view attribute,
                     std::vector<Problem>& problems) {
  for (const auto& location : texts_of(list)) {
    const bool is_s3 = location.rfind("s3://", 0) == 0 || location.rfind("s3gov://", 0) == 0 ||
                       location.rfind("s3china://", 0) == 0;
    if (is_s3 || location == "*") {
      if (location.find(',') == std::string::npos) continue;
    }
    problems.push_back({std::string(attribute), "not an S3 location: " + location,
                        "Snowflake wants a URL such as s3://bucket/prefix/, without commas",
                        "write s3://BUCKET/PREFIX/"});
  }
}

void validate(const Placement&, const std::string&, const Value& inputs,
              std::vector<Problem>& problems) {
  check_locations(inputs.at("allowed_locations"), "allowed_locations", problems);
  check_locations(inputs.at("blocked_locations"), "blocked_locations", problems);
  const Value& allowed = inputs.at("allowed_locations");
  if (allowed.is_list() && allowed.as_list().empty()) {
    problems.push_back({"allowed_locations", "no location is allowed",
                        "stages on this integration could not be made",
                        "list the prefixes that stages read"});
  }
}

constexpr std::array<std::string_view, 1> stages_too = {"snowflake.stage"};

// Snowflake looks at a stage's URL when the stage is made and when it is used, and not when the
// integration is narrowed: a stage that falls outside would stop loading without a word.
void validate_together(std::span<const Peer> peers, std::vector<PeerProblem>& problems) {
  for (std::size_t i = 0; i < peers.size(); ++i) {
    if (peers[i].type == stages_too[0] || peers[i].outputs == nullptr) continue;
    const Value* name = peers[i].outputs->find("fqn");
    const auto allowed = known_locations(peers[i].inputs->at("allowed_locations"));
    const auto blocked = known_locations(peers[i].inputs->at("blocked_locations"));
    if (name == nullptr || !name->is_string() || !allowed || !blocked) continue;
    for (const Peer& stage : peers) {
      if (stage.type != stages_too[0] || stage.inputs->at("storage_integration") != *name) continue;
      const std::string url = stage.inputs->string_or("url", "");
      if (url.empty()) continue;
      const bool is_blocked = is_below(url, *blocked);
      if (is_below(url, *allowed) && !is_blocked) continue;
      problems.push_back({i,
                          {is_blocked ? "blocked_locations" : "allowed_locations",
                           "the stage \"" + std::string(stage.address) + "\" would fall outside",
                           "it reads " + url + ", which Snowflake would then refuse",
                           is_blocked ? "take the location off the list, or move the stage"
                                      : "allow the location, or move the stage"}});
    }
  }
}

constexpr ResourceType type{
    .name = "snowflake.storage_integration",
    .summary = "A storage integration: the IAM role by which Snowflake reads S3.",
    .doc =
        "It is altered, never replaced, since stages are tied to it by a hidden id. The role's "
        "trust policy takes its `iam_user_arn` and `external_id`, most simply by "
        "`trust: { snowflake: ${lake} }`.\n\n"
        "A stage of the same stack that its locations do not cover is refused in the plan, and one "
        "of others before the integration is altered: Snowflake itself would notice only when the "
        "stage is used.",
    .example =
        "  type: snowflake.storage_integration\n  role_arn: ${loader}\n"
        "  allowed_locations: [ \"s3://${data.name}/processed/\" ]\n",
    .attributes = attributes,
    .name_rule = account_name_rule,
    .distance_cost =
        "It works, but every file that Snowflake reads crosses regions, which AWS bills,\n"
        "and a bucket tells a queue of new files only in its own region: pipes there need a topic.",
    .scope = "snowflake.integration",
    .predict = predict_in_account,
    .validate = validate,
    .validate_together = validate_together,
    .also_sees = stages_too};

}  // namespace

const ObjectType storage_integration_type{.type = &type,
                                          .listings = listings,
                                          .read = read,
                                          .create = create,
                                          .update = update,
                                          .remove = remove,
                                          .around_update = around_update,
                                          .reads_back = true};

}  // namespace firn::snowflake
