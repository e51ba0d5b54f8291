"""Brings every reading into one shape: adds the facts that only the name of its file carries.

incoming/<customer>/<epoch>_<customer>_<place>.json  →  weather/modified_<the same name>

The names of the members are those of the table's columns: the pipe matches them by name.
"""

import datetime
import json
import logging
import os
import urllib.parse

import boto3

log = logging.getLogger()
log.setLevel(os.environ.get("LOG_LEVEL", "INFO"))
s3 = boto3.client("s3")


def facts(key):
    """What the name of the file says: when it was fetched, for whom, and where."""
    name = key.rpartition("/")[2].removesuffix(".json")
    epoch, customer, place = name.split("_", 2)
    # Seconds with a hyphen for the decimal point.
    moment = datetime.datetime.fromtimestamp(float(epoch.replace("-", ".")), datetime.timezone.utc)
    return {
        "fetch_timestamp": moment.strftime("%Y-%m-%d %H:%M:%S"),
        "customer_id": customer,
        "location_name": place,
    }


def transform(bucket, key):
    reading = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    target = f"{os.environ['TARGET_PREFIX']}modified_{key.rpartition('/')[2]}"
    body = json.dumps({**reading, **facts(key)}).encode()
    s3.put_object(
        Bucket=os.environ["TARGET_BUCKET"], Key=target, Body=body, ContentType="application/json"
    )
    log.info("%s became %s", key, target)


def handler(event, context):
    # A record that fails makes Lambda try the whole event again: writing a file twice is no harm,
    # as the pipe remembers the names of files.
    for record in event["Records"]:
        transform(
            record["s3"]["bucket"]["name"],
            urllib.parse.unquote_plus(record["s3"]["object"]["key"]),
        )
