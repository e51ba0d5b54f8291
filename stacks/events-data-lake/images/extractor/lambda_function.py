"""Takes the names of files from the work queue and turns each file's JSON lines into Avro files, one for each subject.

2019-06-01-15-17-3-events.json  →  demo/<on>/2019/06/01/2019-06-01-15-17-3-events.avro

Many seconds have no file: that is no error. What fails comes again, and ends in the dead-letter queue. A name may come
twice; what is in the lake already is left alone, because the stream on the lake would show a file written anew once more.
"""

import io
import json
import logging
import os
import re

import boto3
import fastavro
import pandas as pd

log = logging.getLogger()
log.setLevel(logging.INFO if os.environ.get("ENV") == "PRD" else logging.DEBUG)
for chatty in ("boto3", "botocore", "urllib3"):
    logging.getLogger(chatty).setLevel(logging.INFO)
s3 = boto3.client("s3")

NAME = re.compile(r"(\d{4})-(\d{2})-(\d{2})-\d{2}-\d{1,2}-\d{1,2}-events\.json")
SUBJECTS = {"vehicle", "operating_period"}
TYPES = {
    "event": "string",
    "on": "string",
    "at": "string",
    "organization_id": "string",
    "id": "string",
    "lat": "float",
    "lng": "float",
    "start": "string",
    "finish": "string",
}
SCHEMA = {
    "type": "record",
    "name": "event",
    "fields": [{"name": name, "type": ["null", kind], "default": None} for name, kind in TYPES.items()],
}


def date_of(name):
    """Year, month and day, as texts."""
    match = NAME.fullmatch(name)
    if match is None:
        raise ValueError(f"not the name of a file of events: {name!r}")
    return match.groups()


def key_of(name, subject):
    """Where the external table looks for it: the parts of its path are counted there."""
    return "/".join(["demo", subject, *date_of(name), name.removesuffix(".json") + ".avro"])


def text_of(value):
    return value if value is None or isinstance(value, str) else json.dumps(value)


def flat(event):
    """One event as one record: what `data` holds stands beside the rest."""
    if event.get("on") not in SUBJECTS:
        raise ValueError(f"an event on {event.get('on')!r}")
    data = event.get("data") or {}
    location = data.get("location") or {}
    found = {
        **{name: event.get(name) for name in ("event", "on", "at", "organization_id")},
        **{name: data.get(name) for name in ("id", "start", "finish")},
        **{name: location.get(name) for name in ("lat", "lng")},
    }
    number = {name: None if found[name] is None else float(found[name]) for name in ("lat", "lng")}
    return {name: number[name] if name in number else text_of(found[name]) for name in TYPES}


def records_of(body):
    """Every line of a file, flat. One that is broken fails the whole file."""
    return [flat(json.loads(line)) for line in body.decode("utf-8").splitlines() if line.strip()]


def by_subject(records):
    """Subject → its records."""
    frame = pd.DataFrame(records, columns=list(TYPES), dtype=object)
    for subject, rows in frame.groupby("on", sort=True):
        yield subject, rows.astype(object).where(rows.notna(), None).to_dict("records")


def avro(records):
    file = io.BytesIO()
    fastavro.writer(file, fastavro.parse_schema(SCHEMA), records, codec="deflate")
    return file.getvalue()


def put(key, content):
    try:
        s3.put_object(Bucket=os.environ["DESTINATION_BUCKET"], Key=key, Body=content, IfNoneMatch="*")
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "PreconditionFailed":
            raise
        log.info("%s is there", key)
    else:
        log.info("%s written", key)


def extract(name):
    date_of(name)  # a name that is none is not looked for
    try:
        body = s3.get_object(Bucket=os.environ["SOURCE_BUCKET"], Key=name)["Body"].read()
    except s3.exceptions.NoSuchKey:
        log.debug("no file %s", name)
        return
    files = {key_of(name, subject): avro(records) for subject, records in by_subject(records_of(body))}
    for key, content in files.items():  # nothing is written of a file that fails
        put(key, content)


def handler(event, context):
    failed = []
    for message in event["Records"]:
        try:
            extract(message["body"])
        except Exception:  # whatever it is: the other messages of the batch are not to come again
            log.exception("failed: %s", message["body"])
            failed.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failed}
