#include <array>

#include "sandbox/aws/services.h"
#include "sandbox/aws/sqs/operations.h"
#include "sandbox/aws/wire/protocol.h"

namespace firn::sandbox::aws {
namespace {

constexpr std::array operations = {
    JsonOperation{"CreateQueue", sqs::create_queue},
    JsonOperation{"DeleteQueue", sqs::delete_queue},
    JsonOperation{"GetQueueUrl", sqs::get_queue_url},
    JsonOperation{"ListQueues", sqs::list_queues},
    JsonOperation{"GetQueueAttributes", sqs::get_queue_attributes},
    JsonOperation{"SetQueueAttributes", sqs::set_queue_attributes},
    JsonOperation{"TagQueue", sqs::tag_queue},
    JsonOperation{"UntagQueue", sqs::untag_queue},
    JsonOperation{"ListQueueTags", sqs::list_queue_tags},
    JsonOperation{"ListDeadLetterSourceQueues", sqs::list_dead_letter_source_queues},
    JsonOperation{"SendMessage", sqs::send_message},
    JsonOperation{"ReceiveMessage", sqs::receive_message},
    JsonOperation{"DeleteMessage", sqs::delete_message},
    JsonOperation{"PurgeQueue", sqs::purge_queue},
};

}  // namespace

http::Response answer_sqs(Call& call) {
  return answer_json(call, {"sqs", "AmazonSQS", "application/x-amz-json-1.0", operations});
}

}  // namespace firn::sandbox::aws
