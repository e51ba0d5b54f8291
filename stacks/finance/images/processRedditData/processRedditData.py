"""Finds the coins that a run's posts name and scores how each is spoken of (VADER)."""

import os
import re

import awswrangler as wr
import pandas as pd
from nltk.sentiment.vader import SentimentIntensityAnalyzer

ANALYZER = SentimentIntensityAnalyzer()


def cleaned(text):
    text = re.sub(r"https?://\S+", " ", text or "")
    return re.sub(r"\s+", " ", text).strip()


def spoken(text):
    """Its words alone, each between blanks: so a name is found as a whole, "bitcoin cash" too."""
    return " " + " ".join(re.findall(r"[a-z0-9]+", str(text).lower())) + " "


def score(text):
    """Between -1 and 1."""
    return ANALYZER.polarity_scores(text)["compound"]


def mentions(coins, texts):
    """One row for each coin that at least one text names."""
    scored = [(spoken(text), score(text)) for text in texts]
    for coin in coins.itertuples():
        names = {spoken(name) for name in (coin.symbol, coin.name, coin.nameid)} - {"  "}
        scores = [value for text, value in scored if any(name in text for name in names)]
        if scores:
            yield coin.id, coin.name, coin.nameid, len(scores), sum(scores) / len(scores)


def lambda_handler(event, context):
    timestamp = event["pipeline_timestamp"]
    bucket = os.environ["BUCKET_NAME"]
    posts = wr.s3.read_parquet(f"s3://{bucket}/reddit/raw/pipeline_timestamp={timestamp}/")
    coins = wr.s3.read_parquet(
        f"s3://{bucket}/coinlore/processed/pipeline_timestamp_partition={timestamp}/",
        columns=["id", "symbol", "name", "nameid"],
    )
    texts = [cleaned(f"{row.title or ''} {row.selftext or ''}") for row in posts.itertuples()]
    columns = ["id", "name", "nameid", "count", "average_sentiment"]
    frame = pd.DataFrame(list(mentions(coins, texts)), columns=columns)
    frame["pipeline_timestamp"] = pd.to_datetime(timestamp, utc=True)
    folder = f"reddit/processed/pipeline_timestamp_partition={timestamp}"
    wr.s3.to_parquet(frame, path=f"s3://{bucket}/{folder}/sentiment.parquet", compression="snappy")
    return {"pipeline_timestamp": timestamp, "coins": len(frame)}
