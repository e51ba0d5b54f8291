"""Sends the names of the files that an hour may have brought to the work queue, one message for each.

The input is what the schedule sends, {"scheduled_time": "2019-06-01T16:05:00Z"}, and means the hour before that one; or,
by hand, {"date": "2019-06-01", "hour": 15}.
"""

import datetime
import os

import boto3

BATCH = 10  # the most that SQS takes at once
TRIES = 3

sqs = boto3.client("sqs")


def hour_of(event):
    """The hour that is meant, as a moment in UTC."""
    if "date" in event:
        day = datetime.date.fromisoformat(event["date"])
        return datetime.datetime(day.year, day.month, day.day, int(event["hour"]), tzinfo=datetime.timezone.utc)
    now = datetime.datetime.fromisoformat(event["scheduled_time"].replace("Z", "+00:00"))
    if now.tzinfo is None:
        now = now.replace(tzinfo=datetime.timezone.utc)
    this_hour = now.astimezone(datetime.timezone.utc).replace(minute=0, second=0, microsecond=0)
    return this_hour - datetime.timedelta(hours=1)


def names_of(hour):
    """The 3,600 possible names: hours have two digits, minutes and seconds as many as they need."""
    return [f"{hour:%Y-%m-%d-%H}-{minute}-{second}-events.json" for minute in range(60) for second in range(60)]


def batches(names):
    for start in range(0, len(names), BATCH):
        yield [{"Id": str(place), "MessageBody": name} for place, name in enumerate(names[start : start + BATCH])]


def send(entries):
    for _ in range(TRIES):
        answer = sqs.send_message_batch(QueueUrl=os.environ["QUEUE_URL"], Entries=entries)
        refused = {one["Id"] for one in answer.get("Failed", [])}
        entries = [entry for entry in entries if entry["Id"] in refused]
        if not entries:
            return
    raise RuntimeError(f"SQS did not take {', '.join(entry['MessageBody'] for entry in entries)}")


def handler(event, context):
    # When it fails midway the schedule tries again, and names are sent twice: the extractor does nothing twice.
    hour = hour_of(event)
    names = names_of(hour)
    for entries in batches(names):
        send(entries)
    return {"hour": hour.isoformat(), "messages": len(names)}
