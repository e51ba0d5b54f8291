"""Fetches the tweets of the last day that match a query, keeps eight facts of each, and writes one Parquet file:

    <prefix><stamp>/<stamp>__cleansed_tweets.parquet

The names of the facts are those that the pipe's select reads. No tweets, or no answer, is a failure: who started the
function tries again.

By hand, from a workstation: python3 tweet_extractor.py --help
"""

import argparse
import base64
import datetime
import hashlib
import hmac
import json
import os
import secrets
import time
import urllib.parse
import urllib.request

SEARCH = "https://api.twitter.com/2/tweets/search/recent"
PAGES = 50  # of 100 tweets: the most that one run fetches
TIMEOUT_S = 20


class NoTweets(Exception):
    """The API answered, and knows of none."""


# ---------------------------------------------------------------- names


def stamp(moment):
    return moment.strftime("%Y_%m_%d__%H_%M_%S_%f")


def object_key(prefix, moment):
    return f"{prefix}{stamp(moment)}/{stamp(moment)}__cleansed_tweets.parquet"


# ---------------------------------------------------------------- what is kept


def utc(text):
    """2023-08-25T15:07:40.000Z as Snowflake reads it for a time without a zone."""
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(datetime.timezone.utc)
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def facts(tweet, users):
    """What is not there is None: the table takes what comes."""
    user = users.get(tweet.get("author_id"), {})
    return {
        "is_retweet": any(other.get("type") == "retweeted" for other in tweet.get("referenced_tweets", [])),
        "tweet_created_at": utc(tweet["created_at"]) if "created_at" in tweet else None,
        "tweet_hasthags": [hashtag["tag"] for hashtag in tweet.get("entities", {}).get("hashtags", [])],
        "tweet_id": tweet.get("id"),
        "tweet_text": tweet.get("text"),
        "user_followers_count": user.get("public_metrics", {}).get("followers_count"),
        "user_id": tweet.get("author_id"),
        "user_location": user.get("location"),
    }


def cleansed(page):
    """The facts of all tweets of one answer."""
    users = {user["id"]: user for user in page.get("includes", {}).get("users", [])}
    return [facts(tweet, users) for tweet in page.get("data", [])]


# ---------------------------------------------------------------- asking


def quoted(text):
    return urllib.parse.quote(str(text), safe="~")


def signature(method, url, parameters, consumer_secret, token_secret):
    """OAuth 1.0, HMAC-SHA1: RFC 5849, section 3.4."""
    pairs = sorted((quoted(name), quoted(value)) for name, value in parameters.items())
    joined = "&".join(f"{name}={value}" for name, value in pairs)
    base = "&".join([method, quoted(url), quoted(joined)])
    key = f"{quoted(consumer_secret)}&{quoted(token_secret)}"
    return base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()).decode()


def authorization(url, query, secret, now, nonce):
    oauth = {
        "oauth_consumer_key": secret["consumer_key"],
        "oauth_nonce": nonce,
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(now),
        "oauth_token": secret["access_token"],
        "oauth_version": "1.0",
    }
    oauth["oauth_signature"] = signature(
        "GET", url, {**query, **oauth}, secret["consumer_secret"], secret["access_token_secret"]
    )
    return "OAuth " + ", ".join(f'{quoted(name)}="{quoted(value)}"' for name, value in sorted(oauth.items()))


def fetch(query, secret):
    header = authorization(SEARCH, query, secret, int(time.time()), secrets.token_hex(16))
    # Encoded as it was signed: a blank is %20.
    url = f"{SEARCH}?{urllib.parse.urlencode(query, quote_via=urllib.parse.quote, safe='~')}"
    request = urllib.request.Request(url, headers={"Authorization": header})
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
        return json.load(answer)


def search(words, since, ask):
    """The facts of all tweets, page by page."""
    query = {
        "query": words,
        "start_time": since.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "max_results": 100,
        "tweet.fields": "author_id,created_at,entities,referenced_tweets",
        "expansions": "author_id",
        "user.fields": "location,public_metrics",
    }
    found = []
    for _ in range(PAGES):
        page = ask(query)
        found += cleansed(page)
        following = page.get("meta", {}).get("next_token")
        if not following:
            break
        query = {**query, "next_token": following}
    if not found:
        raise NoTweets(f"no tweet of the last day matches {words!r}")
    return found


# ---------------------------------------------------------------- writing


def parquet(rows):
    # The layer of the function brings it.
    import pyarrow
    import pyarrow.parquet

    schema = pyarrow.schema(
        [
            ("is_retweet", pyarrow.bool_()),
            ("tweet_created_at", pyarrow.string()),
            ("tweet_hasthags", pyarrow.list_(pyarrow.string())),
            ("tweet_id", pyarrow.string()),
            ("tweet_text", pyarrow.string()),
            ("user_followers_count", pyarrow.int64()),
            ("user_id", pyarrow.string()),
            ("user_location", pyarrow.string()),
        ]
    )
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows, schema), sink, compression="snappy")
    return sink.getvalue().to_pybytes()


def extract(session, bucket, prefix, words, secret_arn):
    value = session.client("secretsmanager").get_secret_value(SecretId=secret_arn)["SecretString"]
    secret = json.loads(value)
    now = datetime.datetime.now(datetime.timezone.utc)
    rows = search(words, now - datetime.timedelta(days=1), lambda query: fetch(query, secret))
    key = object_key(prefix, now)
    session.client("s3").put_object(Bucket=bucket, Key=key, Body=parquet(rows))
    return {"key": key, "tweets": len(rows)}


def handler(event, context):
    import boto3

    names = ("BUCKET_NAME", "PREFIX", "QUERY", "TWITTER_SECRET_ARN")
    return extract(boto3.Session(), *(os.environ[name] for name in names))


def in_role(session, role):
    import boto3

    assumed = session.client("sts").assume_role(RoleArn=role, RoleSessionName="tweet-extractor")["Credentials"]
    return boto3.Session(
        assumed["AccessKeyId"], assumed["SecretAccessKey"], assumed["SessionToken"], session.region_name
    )


def main():
    import boto3

    parser = argparse.ArgumentParser(description="Fetch tweets once, by hand.")
    parser.add_argument("--bucket", required=True)
    parser.add_argument("--prefix", default="tweets/cleansed_tweets/")
    parser.add_argument("--query", required=True)
    parser.add_argument("--secret", required=True, help="name or ARN of the secret with the four keys")
    parser.add_argument("--role", help="ARN of the role to take; without it, as whoever you are")
    parser.add_argument("--region", default="sa-east-1")
    words = parser.parse_args()
    session = boto3.Session(region_name=words.region)
    if words.role:
        session = in_role(session, words.role)
    print(json.dumps(extract(session, words.bucket, words.prefix, words.query, words.secret)))


if __name__ == "__main__":
    main()
