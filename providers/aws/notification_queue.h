// Changes to bucket notifications, gathered so that what becomes ready together goes in one call.
//
// A bucket has one document, PUT replaces it whole, and there is no lock or version: so per bucket
// one change follows another, each GET, PUT, GET again. The second GET shows whether somebody else
// wrote at the same time.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/async/sync.h"
#include "core/async/task.h"
#include "core/base/result.h"
#include "providers/aws/client.h"
#include "providers/aws/notification_document.h"

namespace firn::aws {

struct NotificationChange {
  std::string id;                       // of the rule
  std::optional<NotificationRule> put;  // absent: take it away
  std::string replaces = {};            // another rule's id, which goes in the same call
  std::string address;
  std::function<void(std::string_view)> report;
};

class NotificationQueue {
 public:
  explicit NotificationQueue(Client& client) : client_(client) {}
  // Resumes when the change is in the bucket's document. Taking away from a bucket that is gone, or
  // what is not there, succeeds.
  Task<Status> apply(std::string bucket, NotificationChange change);
  // The document as it stands; an empty optional when the bucket is gone.
  Task<Result<std::optional<NotificationDocument>>> get(std::string bucket, std::string address);

 private:
  struct Waiting {
    Waiting(Scheduler& scheduler, NotificationChange wanted)
        : change(std::move(wanted)), done(scheduler) {}
    NotificationChange change;
    Event done;
    Status status;
  };
  using Batch = std::vector<std::shared_ptr<Waiting>>;
  struct Bucket {
    Batch waiting;
    bool is_working = false;
  };

  Task<void> work(std::string bucket);
  Task<Status> write(std::string bucket, Batch batch, bool may_wait);

  Client& client_;
  std::map<std::string, Bucket> buckets_;
};

}  // namespace firn::aws
