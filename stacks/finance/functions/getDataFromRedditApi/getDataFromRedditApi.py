"""Signs in to Reddit (OAuth, password grant) and writes the 50 newest posts of one forum as Parquet."""

import base64
import json
import os
import urllib.parse
import urllib.request

import awswrangler as wr
import boto3
import pandas as pd

FORUM = "CryptoCurrency"
POSTS = 50


def credentials():
    client = boto3.client("secretsmanager")
    return json.loads(client.get_secret_value(SecretId=os.environ["REDDIT_SECRET_ARN"])["SecretString"])


def request(url, headers, form=None):
    body = urllib.parse.urlencode(form).encode() if form else None
    headers = {"User-Agent": os.environ["REDDIT_USER_AGENT"], **headers}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10) as answer:
        return json.load(answer)


def token():
    secret = credentials()
    pair = base64.b64encode(f"{secret['client_id']}:{secret['client_secret']}".encode()).decode()
    form = {
        "grant_type": "password",
        "username": secret["username"],
        "password": secret["password"],
    }
    url = "https://www.reddit.com/api/v1/access_token"
    return request(url, {"Authorization": f"Basic {pair}"}, form)["access_token"]


def lambda_handler(event, context):
    timestamp = event["pipeline_timestamp"]
    url = f"https://oauth.reddit.com/r/{FORUM}/new?limit={POSTS}"
    children = request(url, {"Authorization": f"Bearer {token()}"})["data"]["children"]
    columns = ("id", "title", "selftext", "created_utc")
    frame = pd.DataFrame([{name: child["data"].get(name) for name in columns} for child in children])
    frame["pipeline_timestamp"] = timestamp
    path = f"s3://{os.environ['BUCKET_NAME']}/reddit/raw/pipeline_timestamp={timestamp}/posts.parquet"
    wr.s3.to_parquet(frame, path=path, compression="snappy")
    return {"pipeline_timestamp": timestamp, "posts": len(frame)}
