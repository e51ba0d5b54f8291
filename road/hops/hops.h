// The stretches of a road: one function each, in a file of its own, beside the checks that it
// makes. It answers nothing where the road does not lead over it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "providers/aws/iam/missing.h"
#include "road/policies.h"
#include "road/requests.h"
#include "road/road.h"

namespace firn::road {

std::optional<Hop> check_references(const World& world, const Load& load, const Keys& keys);
std::optional<Hop> check_announcement(const World& world, const Load& load, const Keys& keys);
std::optional<Hop> check_publishing(const World& world, const Load& load, const Keys& keys);
std::optional<Hop> check_subscription(const World& world, const Load& load, const Keys& keys);
std::optional<Hop> check_loader(const World& world, const Load& load, const Keys& keys);
std::optional<Hop> check_locations(const World& world, const Load& load, const Keys& keys);
std::optional<Hop> check_trust(const World& world, const Load& load, const Keys& keys);
std::optional<Hop> check_reading(const World& world, const Load& load, const Keys& keys);
std::optional<Hop> check_columns(const World& world, const Load& load, const Keys& keys);

extern const Check FIRN101, FIRN102, FIRN103, FIRN104, FIRN105;
extern const Check FIRN111, FIRN112;
extern const Check FIRN121;
extern const Check FIRN131;
extern const Check FIRN201, FIRN202;
extern const Check FIRN211;
extern const Check FIRN221, FIRN222, FIRN223;
extern const Check FIRN301, FIRN302, FIRN303, FIRN304;

// Whether a queue is Snowflake's own, by which pipes and external tables hear. An account has one
// of them for all buckets of a region ("Automating Snowpipe for Amazon S3", option 1).
[[nodiscard]] bool is_snowflake_queue(const World& world, std::string_view arn);
// The IAM user as which Snowflake acts in AWS, as far as the stack knows.
[[nodiscard]] std::string snowflake_user(const World& world, const Load& load);

// A key of the stack, by its ARN or id, or by an alias; nullptr when it has none.
[[nodiscard]] const Object* find_key(const World& world, const std::string& text);

// "add to the policy of events: {…}" for each statement that is missing; what stands in the way,
// when no statement helps.
[[nodiscard]] std::string mend_text(const aws::iam::Missing& missing, const Object* identity,
                                    const Object* resource);

}  // namespace firn::road
