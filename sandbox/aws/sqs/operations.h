// What the files of SQS share.
#pragma once

#include <optional>
#include <string>

#include "sandbox/aws/call.h"
#include "sandbox/aws/sqs/state.h"

namespace firn::sandbox::aws::sqs {

[[nodiscard]] Refusal queue_does_not_exist();
[[nodiscard]] Refusal refusal(std::string code, std::string message, std::string query_code = {});
// Account and name of the request's QueueUrl; throws QueueDoesNotExist.
struct Queue {
  QueueId id;
  Value document;
};
// Finds the queue of QueueUrl and checks that the caller may do `action` on it.
[[nodiscard]] Queue queue_for(Call& call, const Value& input, const char* action);

// Checks one attribute and answers it as it is kept; throws.
void put_attribute(Call& call, const QueueId& id, Map& queue, const std::string& name,
                   const std::string& value, bool creating);
// All attributes as GetQueueAttributes shows them.
[[nodiscard]] Map shown_attributes(Call& call, const Queue& queue);
void add_defaults(Map& queue, bool fifo);
// Is this the name of an attribute that SQS knows?
[[nodiscard]] bool is_attribute(const std::string& name);

Value create_queue(Call&, const Value&);
Value delete_queue(Call&, const Value&);
Value get_queue_url(Call&, const Value&);
Value list_queues(Call&, const Value&);
Value get_queue_attributes(Call&, const Value&);
Value set_queue_attributes(Call&, const Value&);
Value tag_queue(Call&, const Value&);
Value untag_queue(Call&, const Value&);
Value list_queue_tags(Call&, const Value&);
Value list_dead_letter_source_queues(Call&, const Value&);
Value send_message(Call&, const Value&);
Value receive_message(Call&, const Value&);
Value delete_message(Call&, const Value&);
Value purge_queue(Call&, const Value&);

}  // namespace firn::sandbox::aws::sqs
