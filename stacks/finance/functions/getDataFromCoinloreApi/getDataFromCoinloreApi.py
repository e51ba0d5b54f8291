"""Reads the top 1,000 coins from CoinLore, 100 per call, and writes them untouched as Parquet."""

import json
import os
import urllib.request

import awswrangler as wr
import pandas as pd

API = "https://api.coinlore.net/api/tickers/?start={start}&limit={limit}"
COINS = 1000
PER_CALL = 100


def fetch(start):
    with urllib.request.urlopen(API.format(start=start, limit=PER_CALL), timeout=10) as answer:
        return json.load(answer)["data"]


def lambda_handler(event, context):
    timestamp = event["pipeline_timestamp"]
    coins = [coin for start in range(0, COINS, PER_CALL) for coin in fetch(start)]
    frame = pd.DataFrame(coins)
    frame["pipeline_timestamp"] = timestamp
    path = f"s3://{os.environ['BUCKET_NAME']}/coinlore/raw/pipeline_timestamp={timestamp}/coins.parquet"
    wr.s3.to_parquet(frame, path=path, compression="snappy")
    return {"pipeline_timestamp": timestamp, "coins": len(frame)}
