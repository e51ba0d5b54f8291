// Notification integrations, outbound: to an SNS topic, and by e-mail.
// Source: Snowflake documentation, "CREATE NOTIFICATION INTEGRATION (outbound to an Amazon SNS
// topic)", "CREATE NOTIFICATION INTEGRATION (email)", "ALTER NOTIFICATION INTEGRATION",
// "DESCRIBE NOTIFICATION INTEGRATION".
#pragma once

#include <string>

#include "sandbox/snowflake/context.h"

namespace firn::sandbox::snowflake {

// Storage and notification integrations live in one name space.
[[nodiscard]] bool is_notification(const Object& integration);
// "QUEUE - AWS_SNS", "EMAIL"
[[nodiscard]] std::string notification_type(const Object& integration);

[[nodiscard]] ResultSet create_notification(Context& context, const Create& create);
// Of an integration that is_notification().
[[nodiscard]] ResultSet alter_notification(Context& context, const Alter& alter,
                                           Object integration);
[[nodiscard]] ResultSet describe_notification(const Context& context, const Object& integration);

// The IAM user of Snowflake's that sends to topics.
[[nodiscard]] std::string notification_user(const Catalog& catalog);

// ERROR_INTEGRATION of a pipe or a task: it must be there, be usable, and send out by a queue.
void check_error_integration(const Context& context, const Object& user_of_it);

}  // namespace firn::sandbox::snowflake
