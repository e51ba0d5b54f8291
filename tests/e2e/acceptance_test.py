"""The acceptance data of two pipelines: files are put into the buckets, and rows arrive in the tables.

The sandbox runs no functions, no tasks and no views, and does not read Parquet. So the transformer runs here, in the test,
and the files of finance are JSON with a file format to match; the rest of the road is the stacks' own.
"""
import importlib.util
import io
import json
import os
import sys
import types
import unittest
import unittest.mock

from firn_case import SOURCE, FirnCase


class Road(FirnCase):
    STACK = ""
    REGION = ""

    def setUp(self):
        super().setUp()
        self.new_project()

    def where(self, env, stack=None):
        return [stack or self.STACK, "--env", env, "--sandbox"]

    def deliver(self, env, bucket, objects):
        """Puts files into a bucket, as somebody who is not of the stack."""
        resources = {f"file_{number}": {"type": "aws.s3_object", "bucket": bucket, "key": key, "content": content}
                     for number, (key, content) in enumerate(objects.items())}
        self.write("stacks/delivery/stack.yaml", json.dumps(
            {"stack": "delivery", "defaults": {"aws": {"region": self.REGION}}, "resources": resources}))
        self.apply(*self.where(env, "delivery"))

    def loaded(self, account, table):
        documents = self.documents()
        (number,) = [key for (place, key), thing in documents.items()
                     if place == f"snowflake/{account}/id" and thing["name"] == table]
        return [row for (place, _), row in documents.items() if place == f"snowflake/{account}/rows/{int(number)}"]


class FinanceRoad(Road):
    STACK = "finance"
    REGION = "eu-west-1"
    RUN = "2026-01-01T00:00:00.000Z"

    def coin(self, number):
        return {"id": str(number), "symbol": f"C{number}", "name": f"Coin {number}", "nameid": f"coin-{number}",
                "price_usd": 1.5 * number, "pipeline_timestamp": self.RUN}

    def mention(self, number):
        return {"id": str(number), "name": f"Coin {number}", "nameid": f"coin-{number}", "count": number,
                "average_sentiment": 0.25, "pipeline_timestamp": self.RUN}

    def check(self, env):
        self.edit("stacks/finance/stack.yaml", "    format_type: PARQUET\n    options: { COMPRESSION: SNAPPY }\n",
                  "    format_type: JSON\n")
        self.apply(*self.where(env))
        bucket = f"finance-de-lab-{env}-eu-west-1"
        tables = [f"FDL_{env.upper()}_{name}_TABLE" for name in ("COINLORE", "REDDIT")]
        partition = f"pipeline_timestamp_partition={self.RUN}"
        coins = "\n".join(json.dumps(self.coin(number)) for number in (1, 2, 3))
        mentions = "\n".join(json.dumps(self.mention(number)) for number in (1, 2))

        self.deliver(env, bucket, {f"coinlore/raw/pipeline_timestamp={self.RUN}/part.json": coins,
                                   f"reddit/raw/pipeline_timestamp={self.RUN}/part.json": mentions})
        self.assertEqual([self.loaded("MYORG-MYACCOUNT", table) for table in tables], [[], []])
        self.assertEqual([place for place, _ in self.documents() if "/history/" in place], [])

        self.deliver(env, bucket, {f"coinlore/processed/{partition}/part.json": coins,
                                   f"reddit/processed/{partition}/part.json": mentions})
        coinlore, reddit = (self.loaded("MYORG-MYACCOUNT", table) for table in tables)
        self.assertEqual([row[:4] for row in coinlore], [
            [str(number), f"C{number}", f"Coin {number}", f"coin-{number}"] for number in (1, 2, 3)])
        self.assertEqual([row[0:4] for row in reddit], [
            [str(number), f"Coin {number}", f"coin-{number}", str(number)] for number in (1, 2)])
        self.assertTrue(all(row[-1] for row in coinlore + reddit), "a row without its run")
        # What COIN_SENTIMENT joins: the same coin in the same run.
        self.assertEqual({(row[0], row[-1]) for row in reddit} - {(row[0], row[-1]) for row in coinlore}, set())

    def test_dev(self):
        self.check("dev")

    def test_prod(self):
        self.check("prod")

    def test_parquet_goes_the_same_way(self):
        """As far as the sandbox can see: the file reaches the one pipe, which takes it for Parquet."""
        self.apply(*self.where("dev"))
        self.deliver("dev", "finance-de-lab-dev-eu-west-1", {"reddit/processed/x/part.parquet": "PAR1"})
        (told,) = [entry for (place, _), entry in self.documents().items() if "/history/" in place]
        self.assertTrue(told["table"].endswith(".FDL_DEV_REDDIT_TABLE"))
        self.assertIn("does not read PARQUET content", told["first_error"])


class WeatherRoad(Road):
    STACK = "weather-multi-customer"
    REGION = "eu-north-1"
    PLACES = {"Jyvaskyla": (62.2415, 25.7209), "Helsinki": (60.1695, 24.9354)}

    def reading(self, latitude, longitude):
        return json.dumps({
            "latitude": latitude, "longitude": longitude, "generationtime_ms": 0.21, "utc_offset_seconds": 0,
            "timezone": "GMT", "timezone_abbreviation": "GMT", "elevation": 26.0,
            "current_weather": {"temperature": 17.2, "windspeed": 9.4, "winddirection": 210, "weathercode": 3,
                                "is_day": 1, "time": "2023-08-25T15:00"}})

    def transformed(self, source, target, incoming):
        """What the transformer writes of these files."""
        written = {}
        client = types.SimpleNamespace(
            get_object=lambda Bucket, Key: {"Body": io.BytesIO(incoming[Key].encode())},
            put_object=lambda Bucket, Key, Body, ContentType: written.update({(Bucket, Key): Body.decode()}))
        boto3 = types.SimpleNamespace(client=lambda name: client)
        variables = {"TARGET_BUCKET": target, "TARGET_PREFIX": "weather/", "LOG_LEVEL": "ERROR"}
        with unittest.mock.patch.dict(sys.modules, {"boto3": boto3}), unittest.mock.patch.dict(os.environ, variables):
            spec = importlib.util.spec_from_file_location(
                "transformer", SOURCE / "stacks" / self.STACK / "functions/transformer/transformer.py")
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            module.handler({"Records": [{"s3": {"bucket": {"name": source}, "object": {"key": key}}}
                                        for key in incoming]}, None)
        self.assertEqual({bucket for bucket, _ in written}, {target})
        return {key: content for (_, key), content in written.items()}

    def check(self, env, customer):
        self.apply(*self.where(env))
        source, target = (f"open-meteo-datapipe-{env}-eu-north-1-{end}" for end in ("source", "target"))
        incoming = {f"incoming/{customer}/1692976060-451911_{customer}_{place}.json": self.reading(*where)
                    for place, where in self.PLACES.items()}
        files = self.transformed(source, target, incoming)
        self.deliver(env, target, files)
        if env == "dev":  # the pipe rests, and what arrives waits for it
            self.assertEqual(self.loaded("MYORG-NORTHACCOUNT", "WEATHER_DATA"), [])
            self.apply(*self.where(env), "--set", "pipe_paused=false")
        landed = self.loaded("MYORG-NORTHACCOUNT", "WEATHER_DATA")
        self.assertEqual(sorted(tuple(row[-2:]) for row in landed),
                         [(customer, "Helsinki"), (customer, "Jyvaskyla")])
        # Every column has a value: the members are called as the columns are.
        self.assertTrue(all(cell is not None for row in landed for cell in row), landed)
        self.assertEqual(json.loads(landed[0][7])["temperature"], 17.2)

        # The same file once more is the same reading.
        again = {key: content + "\n" for key, content in files.items()}
        self.deliver(env, target, again)
        self.assertEqual(len(self.loaded("MYORG-NORTHACCOUNT", "WEATHER_DATA")), 2)

    def test_dev(self):
        self.check("dev", "xxx")

    def test_prod(self):
        self.check("prod", "acme")


if __name__ == "__main__":
    unittest.main()
