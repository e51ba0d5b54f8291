"""The code of finance's functions, with what is not Python's own replaced by a few lines: S3, Parquet, the network."""
import importlib.util
import io
import json
import os
import sys
import types
import unittest
import unittest.mock
import urllib.parse

from firn_case import SOURCE

RUN = "2026-01-01T00:10:00.000Z"
FOLDER = SOURCE / "stacks/finance"


class Frame:
    """As much of a pandas.DataFrame as the functions use."""

    def __init__(self, rows, columns=None):
        self.rows = [dict(zip(columns, row)) if columns else dict(row) for row in rows]

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, column):
        return [row[column] for row in self.rows]

    def __setitem__(self, column, values):
        values = values if isinstance(values, list) else [values] * len(self.rows)
        for row, value in zip(self.rows, values):
            row[column] = value

    def drop(self, columns, errors):
        return Frame([{key: value for key, value in row.items() if key not in columns} for row in self.rows])

    def itertuples(self):
        return [types.SimpleNamespace(**row) for row in self.rows]


def to_numeric(values, errors):
    def number(value):
        try:
            return float(value)
        except (TypeError, ValueError):
            return None

    return [number(value) for value in values]


class FinanceCode(unittest.TestCase):
    def setUp(self):
        self.stored = {}  # path → Frame
        self.asked = []  # requests to the network
        self.answers = {}  # beginning of a URL → JSON

        def read_parquet(path, columns=None):
            (frame,) = [frame for name, frame in self.stored.items() if name.startswith(path)]
            return Frame([{key: row[key] for key in columns or row} for row in frame.rows])

        s3 = types.SimpleNamespace(
            to_parquet=lambda frame, path, compression: self.stored.update({path: frame}), read_parquet=read_parquet)
        pandas = types.SimpleNamespace(
            DataFrame=Frame, to_numeric=to_numeric, to_datetime=lambda text, utc: ("instant", text))
        secret = json.dumps({"username": "u", "password": "p", "client_id": "i", "client_secret": "s"})
        boto3 = types.SimpleNamespace(client=lambda name: types.SimpleNamespace(
            get_secret_value=lambda SecretId: {"SecretString": secret if SecretId == "the-secret" else ""}))
        analyzer = types.SimpleNamespace(
            polarity_scores=lambda text: {"compound": text.count("good") - text.count("bad")})
        vader = types.SimpleNamespace(SentimentIntensityAnalyzer=lambda: analyzer)
        modules = {"awswrangler": types.SimpleNamespace(s3=s3), "pandas": pandas, "boto3": boto3,
                   "nltk": types.SimpleNamespace(), "nltk.sentiment": types.SimpleNamespace(),
                   "nltk.sentiment.vader": vader}
        self.enter(unittest.mock.patch.dict(sys.modules, modules))
        self.enter(unittest.mock.patch.dict(os.environ, {
            "BUCKET_NAME": "lake", "REDDIT_SECRET_ARN": "the-secret", "REDDIT_USER_AGENT": "lab-dev (by /u/x)"}))
        self.enter(unittest.mock.patch("urllib.request.urlopen", self.urlopen))

    def enter(self, context):
        context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)

    def urlopen(self, request, timeout):
        url = request if isinstance(request, str) else request.full_url
        self.asked.append(request)
        (answer,) = [answer for beginning, answer in self.answers.items() if url.startswith(beginning)]
        return io.BytesIO(json.dumps(answer(url) if callable(answer) else answer).encode())

    def run_handler(self, path):
        spec = importlib.util.spec_from_file_location(FOLDER.joinpath(path).stem, FOLDER / path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.lambda_handler({"pipeline_timestamp": RUN}, None)

    def test_a_thousand_coins_come_in_ten_calls(self):
        def page(url):
            query = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)
            start, limit = int(query["start"][0]), int(query["limit"][0])
            return {"data": [{"id": str(number)} for number in range(start, start + limit)]}

        self.answers = {"https://api.coinlore.net/api/tickers/": page}
        answer = self.run_handler("functions/getDataFromCoinloreApi/getDataFromCoinloreApi.py")
        self.assertEqual(answer, {"pipeline_timestamp": RUN, "coins": 1000})
        self.assertEqual(len(self.asked), 10)
        ((path, frame),) = self.stored.items()
        self.assertEqual(path, f"s3://lake/coinlore/raw/pipeline_timestamp={RUN}/coins.parquet")
        self.assertEqual(frame["id"], [str(number) for number in range(1000)])
        self.assertEqual(set(frame["pipeline_timestamp"]), {RUN})

    def test_texts_become_numbers_and_the_rank_goes(self):
        numbers = ["price_usd", "percent_change_1h", "percent_change_24h", "percent_change_7d", "price_btc",
                   "market_cap_usd", "volume24", "volume24a", "csupply", "tsupply", "msupply"]
        coin = {"id": "90", "symbol": "BTC", "name": "Bitcoin", "nameid": "bitcoin", "rank": 1,
                **dict.fromkeys(numbers, "1.5"), "msupply": "?"}
        self.stored[f"s3://lake/coinlore/raw/pipeline_timestamp={RUN}/coins.parquet"] = Frame([coin])
        self.run_handler("functions/processCoinloreData/processCoinloreData.py")
        frame = self.stored[f"s3://lake/coinlore/processed/pipeline_timestamp_partition={RUN}/coins.parquet"]
        # The columns of the table, and no other: the pipe matches them by name.
        self.assertEqual(set(frame.rows[0]), {"id", "symbol", "name", "nameid", *numbers, "pipeline_timestamp"})
        self.assertEqual(frame["price_usd"], [1.5])
        self.assertEqual(frame["msupply"], [None])
        self.assertEqual(frame["pipeline_timestamp"], [("instant", RUN)])

    def test_posts_are_read_as_who_the_secret_says(self):
        posts = [{"data": {"id": "1", "title": "t", "selftext": "x", "created_utc": 1.0, "ups": 7}}]
        self.answers = {"https://www.reddit.com/api/v1/access_token": {"access_token": "abc"},
                        "https://oauth.reddit.com/": {"data": {"children": posts}}}
        self.run_handler("functions/getDataFromRedditApi/getDataFromRedditApi.py")
        sign_in, read = self.asked
        self.assertEqual(urllib.parse.parse_qs(sign_in.data.decode()),
                         {"grant_type": ["password"], "username": ["u"], "password": ["p"]})
        self.assertEqual(read.get_header("Authorization"), "Bearer abc")
        self.assertIn("limit=50", read.full_url)
        self.assertEqual({one.get_header("User-agent") for one in self.asked}, {"lab-dev (by /u/x)"})
        ((path, frame),) = self.stored.items()
        self.assertEqual(path, f"s3://lake/reddit/raw/pipeline_timestamp={RUN}/posts.parquet")
        self.assertEqual(frame.rows, [
            {"id": "1", "title": "t", "selftext": "x", "created_utc": 1.0, "pipeline_timestamp": RUN}])

    def test_coins_that_are_named_are_counted_and_scored(self):
        coins = [{"id": "1", "symbol": "BTC", "name": "Bitcoin", "nameid": "bitcoin", "price_usd": 1},
                 {"id": "2", "symbol": "BCH", "name": "Bitcoin Cash", "nameid": "bitcoin-cash", "price_usd": 1},
                 {"id": "3", "symbol": "X", "name": "Other", "nameid": "other", "price_usd": 1}]
        posts = [{"title": "Bitcoin is good", "selftext": "good! https://example.com/other"},
                 {"title": "on bitcoin-cash", "selftext": "bad"},
                 {"title": "btc?", "selftext": None}]
        self.stored[f"s3://lake/reddit/raw/pipeline_timestamp={RUN}/posts.parquet"] = Frame(posts)
        self.stored[f"s3://lake/coinlore/processed/pipeline_timestamp_partition={RUN}/c.parquet"] = Frame(coins)
        self.run_handler("images/processRedditData/processRedditData.py")
        frame = self.stored[f"s3://lake/reddit/processed/pipeline_timestamp_partition={RUN}/sentiment.parquet"]
        self.assertEqual([(row["id"], row["count"], row["average_sentiment"]) for row in frame.rows],
                         [("1", 3, (2 - 1 + 0) / 3), ("2", 1, -1.0)])
        self.assertEqual(set(frame.rows[0]), {"id", "name", "nameid", "count", "average_sentiment", "pipeline_timestamp"})


if __name__ == "__main__":
    unittest.main()
