"""Finds the coins that a run's posts name and scores how each is spoken of."""

import os
import re

import awswrangler as wr
import pandas as pd

# A small lexicon keeps the function a plain zip; the scores lie between -1 and 1.
GOOD = {"bull", "bullish", "buy", "gain", "good", "great", "growth", "moon", "profit", "up", "win"}
BAD = {"bad", "bear", "bearish", "crash", "down", "drop", "fear", "hack", "loss", "scam", "sell"}


def cleaned(text):
    text = re.sub(r"https?://\S+", " ", text or "")
    return re.sub(r"[^a-z0-9 ]", " ", text.lower()).split()


def score(words):
    good = sum(word in GOOD for word in words)
    bad = sum(word in BAD for word in words)
    return 0.0 if good + bad == 0 else (good - bad) / (good + bad)


def lambda_handler(event, context):
    timestamp = event["pipeline_timestamp"]
    bucket = os.environ["BUCKET_NAME"]
    posts = wr.s3.read_parquet(f"s3://{bucket}/reddit/raw/pipeline_timestamp={timestamp}/")
    coins = wr.s3.read_parquet(
        f"s3://{bucket}/coinlore/processed/pipeline_timestamp_partition={timestamp}/",
        columns=["id", "symbol", "name", "nameid"],
    )
    texts = [cleaned(f"{row.title} {row.selftext}") for row in posts.itertuples()]
    rows = []
    for coin in coins.itertuples():
        names = {str(coin.symbol).lower(), str(coin.name).lower(), str(coin.nameid).lower()}
        scores = [score(words) for words in texts if names.intersection(words)]
        if scores:
            rows.append(
                {
                    "id": coin.id,
                    "name": coin.name,
                    "nameid": coin.nameid,
                    "count": len(scores),
                    "average_sentiment": sum(scores) / len(scores),
                }
            )
    frame = pd.DataFrame(rows, columns=["id", "name", "nameid", "count", "average_sentiment"])
    frame["pipeline_timestamp"] = pd.to_datetime(timestamp, utc=True)
    folder = f"reddit/processed/pipeline_timestamp_partition={timestamp}"
    wr.s3.to_parquet(frame, path=f"s3://{bucket}/{folder}/sentiment.parquet", compression="snappy")
    return {"pipeline_timestamp": timestamp, "coins": len(frame)}
