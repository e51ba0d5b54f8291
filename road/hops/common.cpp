// What several hops ask.
#include <fmt/format.h>

#include "core/value/json.h"
#include "road/hops/hops.h"

namespace firn::road {

bool is_snowflake_queue(const World& world, std::string_view arn) {
  for (const std::string_view type : {"snowflake.pipe", "snowflake.external_table"}) {
    if (world.by_output(type, "notification_channel", arn) != nullptr) return true;
  }
  return arn.find(":sf-snowpipe-") != std::string_view::npos;
}

std::string snowflake_user(const World& world, const Load& load) {
  // Snowflake subscribes to all topics as the same user, so the answer for another topic does.
  for (const Object* asked : world.of_type("snowflake.sns_subscriber")) {
    std::string user = output_of(*asked, "iam_user_arn");
    if (!user.empty()) return user;
  }
  return load.integration != nullptr ? output_of(*load.integration, "iam_user_arn") : std::string();
}

const Object* find_key(const World& world, const std::string& text) {
  if (const Object* key = world.by_output("aws.kms_key", "arn", text)) return key;
  if (const Object* key = world.by_output("aws.kms_key", "key_id", text)) return key;
  for (const std::string_view output : {"arn", "alias"}) {
    const Object* alias = world.by_output("aws.kms_alias", output, text);
    if (alias != nullptr) return find_key(world, text_of(*alias, "key"));
  }
  return nullptr;
}

std::string mend_text(const aws::iam::Missing& missing, const Object* identity,
                      const Object* resource) {
  if (missing.denied_by)
    return fmt::format("change what denies it: {}", place_text(*missing.denied_by));
  std::string text;
  for (const aws::iam::Addition& addition : missing.additions) {
    const bool is_resource = addition.side == aws::iam::Side::resource;
    const Object* owner = is_resource ? resource : identity;
    text += fmt::format(
        "{}add to the {}{}:\n{}", text.empty() ? "" : "\n", side_name(addition.side),
        owner == nullptr ? std::string() : " of " + owner->address, to_json(addition.statement));
  }
  return text;
}

}  // namespace firn::road
