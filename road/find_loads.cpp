// Backwards from each pipe and external table: what it stands on.
#include "road/road.h"

namespace firn::road {
namespace {

void stand_on_stage(const World& world, const std::string& stage_name, const std::string& path,
                    Load& load) {
  load.stage = world.by_output("snowflake.stage", "fqn", stage_name);
  if (load.stage == nullptr) return;
  if (const auto keys = keys_of_url(text_of(*load.stage, "url"))) load.keys = *keys;
  load.keys.prefix += path;
  load.bucket = world.by_name("aws.s3_bucket", load.keys.bucket);
  load.integration = world.by_output("snowflake.storage_integration", "fqn",
                                     text_of(*load.stage, "storage_integration"));
  if (load.integration == nullptr) return;
  load.role = world.by_output("aws.iam_role", "arn", text_of(*load.integration, "role_arn"));
}

void hear(const World& world, bool listens, Load& load) {
  load.listens = listens;
  load.topic_arn = text_of(*load.loader, "sns_topic");
  load.topic = world.by_output("aws.sns_topic", "arn", load.topic_arn);
}

}  // namespace

std::vector<Load> find_loads(const World& world) {
  std::vector<Load> loads;
  for (const Object* pipe : world.of_type("snowflake.pipe")) {
    Load load;
    load.loader = pipe;
    const Value& copy = pipe->inputs.at("copy");
    stand_on_stage(world, copy.string_or("from", ""), copy.string_or("path", ""), load);
    load.table = world.by_output("snowflake.table", "fqn", copy.string_or("into", ""));
    hear(world, pipe->inputs.bool_or("auto_ingest", false), load);
    loads.push_back(std::move(load));
  }
  for (const Object* table : world.of_type("snowflake.external_table")) {
    Load load;
    load.loader = table;
    load.table = table;
    stand_on_stage(world, text_of(*table, "stage"), text_of(*table, "path"), load);
    hear(world, table->inputs.bool_or("auto_refresh", true), load);
    loads.push_back(std::move(load));
  }
  return loads;
}

}  // namespace firn::road
