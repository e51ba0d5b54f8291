#include "providers/aws/notification_queue.h"

#include <fmt/format.h>
#include <utility>

#include "providers/aws/retry.h"

namespace firn::aws {

namespace {

// How long the first change waits for others. It is next to nothing beside one call.
constexpr Duration gathering_time = std::chrono::milliseconds(10);
constexpr int most_rounds = 4;  // against another writer
constexpr int most_looks = 4;  // until a write shows: bucket configuration is eventually consistent
constexpr std::size_t most_rules = 100;

bool is_in_place(const NotificationDocument& document, const NotificationChange& change) {
  const bool is_replaced = change.replaces.empty() || !document.find(change.replaces);
  const std::optional<NotificationRule> present = document.find(change.id);
  return is_replaced && present == change.put;
}

Error overlap_error(const std::string& bucket, const NotificationRule& ours,
                    const NotificationRule& other) {
  Error error;
  error.kind = ErrorKind::conflict;
  error.summary = fmt::format("two notification rules of the bucket {} overlap", bucket);
  error.detail = fmt::format(
      "the rule to add is for {}; the rule \"{}\" that is there already is for {}. S3 allows only "
      "one rule for an event.",
      describe(ours), other.id, describe(other));
  error.remedy = "narrow the prefix or suffix of one of them, or take the other rule away";
  error.operation = "s3:PutBucketNotificationConfiguration";
  return error;
}

}  // namespace

Task<Result<std::optional<NotificationDocument>>> NotificationQueue::get(std::string bucket,
                                                                         std::string address) {
  Call call;
  call.service = &service::s3;
  call.operation = "GetBucketNotificationConfiguration";
  call.bucket = std::move(bucket);
  call.query.emplace_back("notification", "");
  call.address = std::move(address);
  call.tolerated.emplace_back("NoSuchBucket");
  const Result<Reply> reply = co_await client_.call(std::move(call));
  if (!reply) co_return fail(reply.error());
  std::optional<NotificationDocument> document;
  if (!reply->is_tolerated_error()) document = NotificationDocument::from_reply(*reply);
  co_return document;
}

Task<Status> NotificationQueue::apply(std::string bucket, NotificationChange change) {
  auto waiting = std::make_shared<Waiting>(client_.scheduler(), std::move(change));
  Bucket& line = buckets_[bucket];
  line.waiting.push_back(waiting);
  if (!line.is_working) {
    line.is_working = true;
    Task<void> worker = work(bucket);
    client_.scheduler().spawn(std::move(worker));
  }
  Event& done = waiting->done;
  co_await done;
  Status status = waiting->status;
  co_return status;
}

Task<void> NotificationQueue::work(std::string bucket) {
  Bucket& line = buckets_[bucket];
  while (!line.waiting.empty()) {
    co_await client_.scheduler().sleep(gathering_time);
    Batch batch = std::exchange(line.waiting, {});
    Status status = co_await write(bucket, batch, true);
    if (status || batch.size() == 1) {
      for (const auto& item : batch) {
        item->status = status;
        item->done.set();
      }
      continue;
    }
    // S3 takes all of a document or nothing. One by one, only the faulty rule fails.
    for (const auto& item : batch) {
      Batch single;
      single.push_back(item);
      item->status = co_await write(bucket, std::move(single), false);
      item->done.set();
    }
  }
  line.is_working = false;
}

Task<Status> NotificationQueue::write(std::string bucket, Batch batch, bool may_wait) {
  const std::string address = batch.front()->change.address;
  const std::string operation = "PutBucketNotificationConfiguration";
  for (int round = 0; round < most_rounds; ++round) {
    Result<std::optional<NotificationDocument>> present = co_await get(bucket, address);
    if (!present) co_return fail(present.error());
    bool adds = false;
    for (const auto& item : batch)
      adds = adds || item->change.put.has_value();
    if (!present->has_value()) {
      if (!adds) co_return Ok{};
      co_return fail(ErrorKind::not_found, fmt::format("the bucket {} does not exist", bucket),
                     "its notifications cannot be set",
                     "check whether it was deleted outside firn, then plan again");
    }
    NotificationDocument document = **present;
    bool is_done = true;
    for (const auto& item : batch) {
      const NotificationChange& change = item->change;
      is_done = is_done && is_in_place(document, change);
      if (!change.put) document.remove(change.id);
      if (!change.replaces.empty()) document.remove(change.replaces);
    }
    if (is_done) co_return Ok{};
    for (const auto& item : batch) {
      if (item->change.put) document.put(*item->change.put);
    }
    for (const auto& item : batch) {
      if (!item->change.put) continue;
      for (const NotificationRule& other : document.rules()) {
        if (other.id == item->change.id || !rules_overlap(*item->change.put, other)) continue;
        Error error = overlap_error(bucket, *item->change.put, other);
        error.address = item->change.address;
        co_return Failure(std::move(error));
      }
    }
    if (adds && document.rules().size() > most_rules) {
      co_return fail(ErrorKind::invalid_input,
                     fmt::format("the bucket {} would have {} notification rules", bucket,
                                 document.rules().size()),
                     fmt::format("S3 allows {}", most_rules), "take rules away that nobody needs");
    }

    Call call;
    call.service = &service::s3;
    call.operation = operation;
    call.method = "PUT";
    call.bucket = bucket;
    call.query.emplace_back("notification", "");
    call.body = document.to_xml();
    call.changes_something = true;
    call.address = address;
    call.report = batch.front()->change.report;
    // A destination that somebody deleted must not keep another rule from going.
    if (!adds) call.headers.set("x-amz-skip-destination-validation", "true");
    if (adds && may_wait) {
      Propagation permission;
      permission.code = "InvalidArgument";
      permission.fragment = "Unable to validate the following destination configurations";
      permission.what = "S3 may send to the destination of the notification";
      call.wait_while.push_back(permission);
    }
    const Result<Reply> written = co_await client_.call(std::move(call));
    if (!written) {
      Error error = written.error();
      if (error.detail.find("Unable to validate") != std::string::npos) {
        error.remedy =
            "the policy of the topic or queue must let s3.amazonaws.com send for this bucket "
            "(`publishers:` of a topic, `senders:` of a queue), and a function needs a permission";
      }
      co_return Failure(std::move(error));
    }

    for (int look = 1; look <= most_looks; ++look) {
      Result<std::optional<NotificationDocument>> after = co_await get(bucket, address);
      if (!after) co_return fail(after.error());
      if (!after->has_value()) co_return Ok{};  // deleted since; the bucket's own affair
      bool all_there = true;
      for (const auto& item : batch)
        all_there = all_there && is_in_place(**after, item->change);
      if (all_there) co_return Ok{};
      const Duration pause = poll_interval(client_.random(), look);
      co_await client_.scheduler().sleep(pause);
    }
  }
  co_return fail(
      ErrorKind::conflict,
      fmt::format("somebody else keeps changing the notifications of the bucket {}", bucket),
      "S3 keeps one document per bucket, and the last writer wins",
      "stop the other tool or run, then run the same command");
}

}  // namespace firn::aws
