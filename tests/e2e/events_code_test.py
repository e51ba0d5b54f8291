"""The code of the events pipeline: the names that the enqueuer sends, and what the extractor makes of a file.

boto3 and fastavro are stood in for. What pandas does is tried where there is pandas, and said loudly where there is none.
"""
import datetime
import importlib.util
import io
import json
import logging
import os
import sys
import types
import unittest
import unittest.mock

from firn_case import SOURCE

FOLDER = SOURCE / "stacks/events-data-lake"
HAS_PANDAS = importlib.util.find_spec("pandas") is not None
if HAS_PANDAS:
    importlib.import_module("pandas")  # once, and not for each test

VEHICLE = "2019-06-01-15-17-3-events.json"
PERIOD = "2019-06-01-15-18-40-events.json"
MISSING = "2019-06-01-15-18-41-events.json"
BROKEN = "2019-06-01-15-59-59-events.json"
ORGANIZATION = "org-id"
EVENTS = {
    VEHICLE: [
        {"event": "create", "on": "vehicle", "at": "2019-06-01T15:17:03.241Z", "data": {"id": "bac5188f"},
         "organization_id": ORGANIZATION},
        {"event": "update", "on": "vehicle", "at": "2019-06-01T15:17:03.517Z", "organization_id": ORGANIZATION,
         "data": {"id": "bac5188f", "location": {"lat": 52.45133, "lng": 13.46045, "at": "2019-06-01T15:17:03.517Z"}}},
    ],
    PERIOD: [
        {"event": "create", "on": "operating_period", "at": "2019-06-01T15:18:40.102Z", "organization_id": ORGANIZATION,
         "data": {"id": "op-2", "start": "2019-06-01T15:18:40.102Z", "finish": "2019-06-01T15:23:40.102Z"}},
    ],
}
EMPTY = dict.fromkeys(("event", "on", "at", "organization_id", "id", "lat", "lng", "start", "finish"))


class CodeCase(unittest.TestCase):
    def enter(self, context):
        context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)

    def load(self, path, modules, environment):
        self.enter(unittest.mock.patch.dict(sys.modules, modules))
        self.enter(unittest.mock.patch.dict(os.environ, environment))
        spec = importlib.util.spec_from_file_location(path.rpartition("/")[2].removesuffix(".py"), FOLDER / path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


class EventsEnqueuer(CodeCase):
    def setUp(self):
        self.sent = []
        self.refusals = []  # ids that the next batches refuse
        sqs = types.SimpleNamespace(send_message_batch=self.take)
        self.module = self.load("functions/enqueuer/enqueuer.py",
                                {"boto3": types.SimpleNamespace(client=lambda name: sqs)}, {"QUEUE_URL": "the queue"})

    def take(self, QueueUrl, Entries):
        self.assertEqual(QueueUrl, "the queue")
        self.assertLessEqual(len(Entries), 10)
        self.assertEqual(len({entry["Id"] for entry in Entries}), len(Entries))
        refused = self.refusals.pop(0) if self.refusals else []
        self.sent += [entry["MessageBody"] for entry in Entries if entry["Id"] not in refused]
        return {"Failed": [{"Id": one} for one in refused]}

    def test_which_hour(self):
        for event, hour in (
            ({"scheduled_time": "2019-06-01T16:05:00Z"}, (2019, 6, 1, 15)),
            ({"scheduled_time": "2020-01-01T00:05:00Z"}, (2019, 12, 31, 23)),
            ({"scheduled_time": "2019-06-01T16:00:00"}, (2019, 6, 1, 15)),
            ({"scheduled_time": "2019-06-01T18:05:00+02:00"}, (2019, 6, 1, 15)),
            ({"date": "2019-06-01", "hour": 15}, (2019, 6, 1, 15)),
            ({"date": "2019-06-01", "hour": "0"}, (2019, 6, 1, 0)),
        ):
            self.assertEqual(self.module.hour_of(event),
                             datetime.datetime(*hour, tzinfo=datetime.timezone.utc), event)

    def test_every_second_has_a_name(self):
        answer = self.module.handler({"scheduled_time": "2019-06-01T10:05:00Z"}, None)
        self.assertEqual(answer, {"hour": "2019-06-01T09:00:00+00:00", "messages": 3600})
        self.assertEqual(len(set(self.sent)), 3600)
        self.assertEqual((self.sent[0], self.sent[-1]),
                         ("2019-06-01-09-0-0-events.json", "2019-06-01-09-59-59-events.json"))
        self.assertIn("2019-06-01-09-5-40-events.json", self.sent)

    def test_what_the_queue_does_not_take_is_sent_again(self):
        self.refusals = [["0", "9"], ["9"]]
        self.module.handler({"date": "2019-06-01", "hour": 15}, None)
        self.assertEqual(len(set(self.sent)), 3600)
        self.assertEqual(len(self.sent), 3600)

    def test_what_it_never_takes_is_an_error(self):
        self.refusals = [["3"]] * 3
        with self.assertRaisesRegex(RuntimeError, "2019-06-01-15-0-3-events.json"):
            self.module.handler({"date": "2019-06-01", "hour": 15}, None)


class ClientError(Exception):
    def __init__(self, code):
        super().__init__(code)
        self.response = {"Error": {"Code": code}}


class NoSuchKey(ClientError):
    pass


class EventsExtractor(CodeCase):
    def setUp(self):
        self.source = {name: "\n".join(map(json.dumps, events)).encode() for name, events in EVENTS.items()}
        self.source[BROKEN] = b'{"event": "create", "on": "vehicle"'
        self.lake = {}
        self.denied = False
        s3 = types.SimpleNamespace(get_object=self.get, put_object=self.put,
                                   exceptions=types.SimpleNamespace(NoSuchKey=NoSuchKey, ClientError=ClientError))
        modules = {
            "boto3": types.SimpleNamespace(client=lambda name: s3),
            "fastavro": types.SimpleNamespace(parse_schema=lambda schema: schema, writer=self.write),
        }
        if not HAS_PANDAS:
            modules["pandas"] = types.ModuleType("pandas")
        level = logging.getLogger().level
        self.addCleanup(logging.getLogger().setLevel, level)
        self.module = self.load("images/extractor/lambda_function.py", modules,
                                {"ENV": "PRD", "SOURCE_BUCKET": "source", "DESTINATION_BUCKET": "lake"})
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)

    def get(self, Bucket, Key):
        self.assertEqual(Bucket, "source")
        if Key not in self.source:
            raise NoSuchKey("NoSuchKey")
        return {"Body": io.BytesIO(self.source[Key])}

    def put(self, Bucket, Key, Body, IfNoneMatch):
        self.assertEqual((Bucket, IfNoneMatch), ("lake", "*"))
        if self.denied:
            raise ClientError("AccessDenied")
        if Key in self.lake:
            raise ClientError("PreconditionFailed")
        self.lake[Key] = json.loads(Body)

    @staticmethod
    def write(file, schema, records, codec):
        """In the place of Avro: what the schema lets through, as JSON."""
        types_of = {field["name"]: field["type"] for field in schema["fields"]}
        kinds = {"null": type(None), "string": str, "float": float}
        for record in records:
            assert set(record) == set(types_of), record
            for name, value in record.items():
                assert isinstance(value, tuple(kinds[kind] for kind in types_of[name])), (name, value)
        file.write(json.dumps(records).encode())

    def handle(self, *names):
        if not HAS_PANDAS:  # the same by hand; test_pandas_sorts_by_subject tries the function itself
            self.module.by_subject = lambda records: [
                (subject, [one for one in records if one["on"] == subject])
                for subject in sorted({one["on"] for one in records})]
        return self.module.handler(
            {"Records": [{"messageId": str(number), "body": name} for number, name in enumerate(names)]}, None)

    def test_schema(self):
        self.assertEqual({field["name"]: field["type"] for field in self.module.SCHEMA["fields"]}, {
            **dict.fromkeys(("event", "on", "at", "organization_id", "id", "start", "finish"), ["null", "string"]),
            **dict.fromkeys(("lat", "lng"), ["null", "float"])})

    def test_where_it_goes(self):
        self.assertEqual(self.module.key_of(VEHICLE, "vehicle"),
                         "demo/vehicle/2019/06/01/2019-06-01-15-17-3-events.avro")
        for name in ("", "events.json", "2019-06-01-15-17-3-events.json.gz", "x/" + VEHICLE):
            with self.assertRaises(ValueError):
                self.module.key_of(name, "vehicle")

    def test_events_become_flat(self):
        first, second = EVENTS[VEHICLE]
        self.assertEqual(self.module.flat(first), {
            **EMPTY, "event": "create", "on": "vehicle", "at": "2019-06-01T15:17:03.241Z",
            "organization_id": ORGANIZATION, "id": "bac5188f"})
        self.assertEqual(self.module.flat(second), {
            **EMPTY, "event": "update", "on": "vehicle", "at": "2019-06-01T15:17:03.517Z",
            "organization_id": ORGANIZATION, "id": "bac5188f", "lat": 52.45133, "lng": 13.46045})
        self.assertEqual(self.module.flat(EVENTS[PERIOD][0])["finish"], "2019-06-01T15:23:40.102Z")
        self.assertEqual(self.module.flat({"on": "vehicle", "data": {"id": 7, "location": {"lat": 1}}}),
                         {**EMPTY, "on": "vehicle", "id": "7", "lat": 1.0})
        for strange in ({}, {"on": "vehicle/../x"}, {"on": None}):
            with self.assertRaises(ValueError):
                self.module.flat(strange)

    def test_the_acceptance_files(self):
        self.assertEqual(self.handle(VEHICLE, PERIOD, MISSING), {"batchItemFailures": []})
        self.assertEqual({key: len(records) for key, records in self.lake.items()}, {
            "demo/vehicle/2019/06/01/2019-06-01-15-17-3-events.avro": 2,
            "demo/operating_period/2019/06/01/2019-06-01-15-18-40-events.avro": 1})
        self.assertEqual({record["organization_id"] for records in self.lake.values() for record in records},
                         {ORGANIZATION})

    def test_only_what_failed_comes_again(self):
        answer = self.handle(VEHICLE, BROKEN, "no name", PERIOD)
        self.assertEqual(answer, {"batchItemFailures": [{"itemIdentifier": "1"}, {"itemIdentifier": "2"}]})
        self.assertEqual(len(self.lake), 2)

    def test_what_is_in_the_lake_is_left_alone(self):
        self.handle(VEHICLE)
        before = dict(self.lake)
        self.source[VEHICLE] = self.source[PERIOD].replace(b"operating_period", b"vehicle")
        self.assertEqual(self.handle(VEHICLE, VEHICLE), {"batchItemFailures": []})
        self.assertEqual(self.lake, before)
        self.denied = True
        self.assertEqual(self.handle(PERIOD), {"batchItemFailures": [{"itemIdentifier": "0"}]})

    def test_nothing_is_written_of_a_file_that_fails(self):
        self.source[VEHICLE] += b"\n" + self.source[BROKEN]
        self.assertEqual(self.handle(VEHICLE), {"batchItemFailures": [{"itemIdentifier": "0"}]})
        self.assertEqual(self.lake, {})

    def test_a_file_of_both_subjects_becomes_two(self):
        self.source[VEHICLE] += b"\n\n" + self.source[PERIOD]
        self.handle(VEHICLE)
        self.assertEqual(sorted(self.lake), [
            "demo/operating_period/2019/06/01/2019-06-01-15-17-3-events.avro",
            "demo/vehicle/2019/06/01/2019-06-01-15-17-3-events.avro"])

    def test_pandas_sorts_by_subject(self):
        if not HAS_PANDAS:
            print("\n*** There is no pandas: HOW THE EXTRACTOR SORTS EVENTS WAS NOT TRIED.", file=sys.stderr)
            self.skipTest("no pandas")
        records = [self.module.flat(event) for name in (PERIOD, VEHICLE) for event in EVENTS[name]]
        self.assertEqual(dict(self.module.by_subject(records)),
                         {"operating_period": records[:1], "vehicle": records[1:]})
        self.assertEqual(list(self.module.by_subject([])), [])


if __name__ == "__main__":
    unittest.main()
