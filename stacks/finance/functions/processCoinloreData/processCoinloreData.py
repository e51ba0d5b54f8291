"""Drops the rank and turns the text columns of a run's coins into numbers."""

import os

import awswrangler as wr
import pandas as pd

NUMBERS = [
    "price_usd",
    "percent_change_1h",
    "percent_change_24h",
    "percent_change_7d",
    "price_btc",
    "market_cap_usd",
    "volume24",
    "volume24a",
    "csupply",
    "tsupply",
    "msupply",
]


def lambda_handler(event, context):
    timestamp = event["pipeline_timestamp"]
    bucket = os.environ["BUCKET_NAME"]
    frame = wr.s3.read_parquet(f"s3://{bucket}/coinlore/raw/pipeline_timestamp={timestamp}/")
    frame = frame.drop(columns=["rank"], errors="ignore")
    for column in NUMBERS:
        frame[column] = pd.to_numeric(frame[column], errors="coerce")
    frame["pipeline_timestamp"] = pd.to_datetime(timestamp, utc=True)
    folder = f"coinlore/processed/pipeline_timestamp_partition={timestamp}"
    wr.s3.to_parquet(frame, path=f"s3://{bucket}/{folder}/coins.parquet", compression="snappy")
    return {"pipeline_timestamp": timestamp, "coins": len(frame)}
