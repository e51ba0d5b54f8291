// What the files of SNS share.
#pragma once

#include <string>

#include "sandbox/aws/call.h"
#include "sandbox/aws/sns/state.h"
#include "sandbox/aws/wire/form.h"
#include "sandbox/aws/wire/xml.h"

namespace firn::sandbox::aws::sns {

[[nodiscard]] Refusal invalid_parameter(std::string message);

struct Topic {
  TopicId id;
  Value document;
};
// The topic of that ARN, with the caller's right to do `action` checked; throws NotFound.
[[nodiscard]] Topic topic_for(Call& call, const std::string& arn, const std::string& action);

void create_topic(Call&, const Form&, Xml&);
void delete_topic(Call&, const Form&, Xml&);
void get_topic_attributes(Call&, const Form&, Xml&);
void set_topic_attributes(Call&, const Form&, Xml&);
void list_topics(Call&, const Form&, Xml&);
void tag_resource(Call&, const Form&, Xml&);
void untag_resource(Call&, const Form&, Xml&);
void list_tags_for_resource(Call&, const Form&, Xml&);
void publish_message(Call&, const Form&, Xml&);
void subscribe_endpoint(Call&, const Form&, Xml&);
void unsubscribe(Call&, const Form&, Xml&);
void get_subscription_attributes(Call&, const Form&, Xml&);
void set_subscription_attributes(Call&, const Form&, Xml&);
void list_subscriptions(Call&, const Form&, Xml&);
void list_subscriptions_by_topic(Call&, const Form&, Xml&);

}  // namespace firn::sandbox::aws::sns
