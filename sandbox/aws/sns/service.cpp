#include <array>

#include "sandbox/aws/services.h"
#include "sandbox/aws/sns/operations.h"
#include "sandbox/aws/wire/protocol.h"

namespace firn::sandbox::aws {
namespace {

constexpr std::array operations = {
    QueryOperation{"CreateTopic", sns::create_topic},
    QueryOperation{"DeleteTopic", sns::delete_topic},
    QueryOperation{"GetTopicAttributes", sns::get_topic_attributes},
    QueryOperation{"SetTopicAttributes", sns::set_topic_attributes},
    QueryOperation{"ListTopics", sns::list_topics},
    QueryOperation{"TagResource", sns::tag_resource},
    QueryOperation{"UntagResource", sns::untag_resource},
    QueryOperation{"ListTagsForResource", sns::list_tags_for_resource},
    QueryOperation{"Publish", sns::publish_message},
    QueryOperation{"Subscribe", sns::subscribe_endpoint},
    QueryOperation{"Unsubscribe", sns::unsubscribe},
    QueryOperation{"GetSubscriptionAttributes", sns::get_subscription_attributes},
    QueryOperation{"SetSubscriptionAttributes", sns::set_subscription_attributes},
    QueryOperation{"ListSubscriptions", sns::list_subscriptions},
    QueryOperation{"ListSubscriptionsByTopic", sns::list_subscriptions_by_topic},
};

}  // namespace

http::Response answer_sns(Call& call) {
  return answer_query(call, {"sns", "http://sns.amazonaws.com/doc/2010-03-31/", operations});
}

}  // namespace firn::sandbox::aws
