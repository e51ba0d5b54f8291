"""The events pipeline: its plans and parameters, who may do what, in which order things come and go, and its files."""
import json
import re
import unittest

from firn_case import FirnCase
from privileges import holders, owners, snowflake_rights, statements, trusts

STACK = "events-data-lake"
FOLDER = f"stacks/{STACK}"
ACCOUNT = "123456789012"
SNOWFLAKE = "MYORG-OHIOACCOUNT"
REGION = "us-east-2"

# {e}, {E}, {U}: the environment as dev, Dev and DEV.
NAMES = {
    "aws.s3_bucket": ["events-data-lake-{e}-us-east-2-source", "events-data-lake-{e}-us-east-2-lake"],
    "aws.sqs_queue": ["edl-{e}-extract", "edl-{e}-extract-dlq"],
    "aws.ecr_repository": ["edl-{e}-extractor"],
    "aws.lambda_function": ["edl-{e}-extractor", "edl-{e}-enqueuer"],
    "aws.log_group": ["/aws/lambda/edl-{e}-extractor", "/aws/lambda/edl-{e}-enqueuer"],
    "aws.scheduler_group": ["edl-{e}"],
    "aws.scheduler_schedule": ["EDL{E}HourlyEnqueue"],
    "aws.sns_topic": ["edl-{e}-alerts"],
    "aws.cloudwatch_alarm": ["edl-{e}-dlq-depth", "edl-{e}-queue-age", "edl-{e}-extractor-errors",
                             "edl-{e}-extractor-duration"],
    "aws.iam_role": ["EDL{E}ExtractorRole", "EDL{E}EnqueuerRole", "EDL{E}SchedulerRole", "EDL{E}SnowflakeRole"],
    "snowflake.warehouse": ["EDL_{U}_WAREHOUSE"],
    "snowflake.database": ["EDL_{U}_DATABASE"],
    "snowflake.schema": ["LAKE", "ANALYTICS"],
    "snowflake.storage_integration": ["EDL_{U}_S3_INTEGRATION"],
    "snowflake.file_format": ["AVRO_FORMAT"],
    "snowflake.stage": ["EVENTS_STAGE"],
    "snowflake.external_table": ["EVENTS_EXT"],
    "snowflake.table": ["DIM_ORGANIZATION", "DIM_TIME", "FACT_EVENT"],
    "snowflake.stream": ["EVENTS_DIM_STRM", "EVENTS_FACT_STRM"],
    "snowflake.task": ["LOAD_DIMENSIONS", "LOAD_FACTS"],
    "snowflake.role": ["EDL_{U}_PIPELINE", "EDL_{U}_ANALYST"],
}

# address, path in what is declared → in dev, in prod
PARAMETERS = {
    ("extractor", "environment.ENV"): ("DEV", "PRD"),
    ("hourly_enqueue", "state"): ("DISABLED", "ENABLED"),
    ("hourly_enqueue", "expression"): ("cron(5 * * * ? *)", "cron(5 * * * ? *)"),
    ("extractor", "memory"): (512, 1024),
    ("extractor_trigger", "maximum_concurrency"): (5, 50),
    ("extract", "redrive.max_receive_count"): (3, 5),
    ("source", "force_destroy"): (True, False),
    ("lake", "force_destroy"): (True, False),
    ("extractor_repository", "force_destroy"): (True, False),
    ("lake", "lifecycle.0.expiration_days"): (30, None),
    ("lake", "lifecycle.0.transitions.0"): (None, {"days": 90, "storage_class": "STANDARD_IA"}),
    ("load_graph", "state"): ("suspended", "started"),
    ("warehouse", "size"): ("XSMALL", "SMALL"),
    ("warehouse", "auto_suspend"): (60, 60),
    ("extractor_log", "retention_days"): (7, 90),
    ("enqueuer_log", "retention_days"): (7, 90),
    ("alerts_email", "endpoint"): (None, "data-team@example.com"),
}


def policy(effect="Allow", **statement):
    return statements({"Statement": [{"Effect": effect, **statement}]})


def at(value, path):
    for word in path.split("."):
        if isinstance(value, list):
            value = value[int(word)] if int(word) < len(value) else None
        else:
            value = (value or {}).get(word)
    return value


class EventsCase(FirnCase):
    def setUp(self):
        super().setUp()
        self.new_project()

    def where(self, env):
        return [STACK, "--env", env, "--sandbox"]

    def changes_of(self, run):
        """The calls of a run that changed something and were granted, in order; run() makes them."""
        before = len(self.log()) if (self.project / ".firn/sandbox.db").exists() else 0
        run()
        return [entry for entry in self.log()[before:] if entry["status"] < 300
                and not entry["operation"].startswith(("Describe", "Get", "List", "Head", "SHOW", "DESC", "SELECT"))]

    def position(self, calls, operation, address, last=False):
        found = [i for i, entry in enumerate(calls)
                 if (entry["operation"], entry["address"]) == (operation, address)]
        self.assertTrue(found, f"{operation} of {address} in {[(c['operation'], c['address']) for c in calls]}")
        return found[-1] if last else found[0]

    def assert_order(self, calls, *steps):
        places = [self.position(calls, *step) for step in steps]
        self.assertEqual(places, sorted(places), steps)


class EventsPlans(EventsCase):
    def test_plans_word_for_word(self):
        for env in ("dev", "prod"):
            with self.subTest(env):
                self.assert_golden(f"events.{env}.plan.txt", self.ok("plan", *self.where(env)).out)

    def test_names(self):
        for env in ("dev", "prod"):
            words = {"e": env, "E": env.capitalize(), "U": env.upper()}
            found = {}
            for step in self.plan_steps(*self.where(env)).values():
                if step["name"]:
                    found.setdefault(step["type"], set()).add(step["name"])
            self.assertEqual({kind: names for kind, names in found.items() if kind in NAMES}, {
                kind: {name.format(**words) for name in names} for kind, names in NAMES.items()})
            self.assertEqual(set(found) - set(NAMES), set())

    def test_parameters(self):
        plans = [self.plan_steps(*self.where(env)) for env in ("dev", "prod")]
        for (address, path), wanted in PARAMETERS.items():
            found = tuple(at(plan.get(address, {}).get("after"), path) for plan in plans)
            self.assertEqual(found, wanted, f"{address}, {path}")
        # `local` makes the choices of dev.
        here = self.plan_steps(STACK)
        for (address, path), (wanted, _) in PARAMETERS.items():
            self.assertEqual(at(here.get(address, {}).get("after"), path), wanted, f"{address}, {path}")

    def test_prod_does_not_go_without_somebody_to_tell(self):
        text = (self.project / "environments/prod.yaml").read_text()
        (section,) = re.findall(r"(?ms)^  events-data-lake:\n.*?(?=^  \w)", text)
        without = section.replace("      alert_email: data-team@example.com\n", "")
        self.assertNotEqual(without, section)
        self.write("environments/prod.yaml", text.replace(section, without))
        run = self.refused("plan", *self.where("prod"))
        self.assertIn("endpoint", run.err)

    def test_no_key_stands_anywhere(self):
        for env in ("dev", "prod"):
            steps = self.plan_steps(*self.where(env))
            self.assertEqual(set(steps["extractor"]["after"]["environment"]),
                             {"ENV", "SOURCE_BUCKET", "DESTINATION_BUCKET"})
            self.assertEqual(set(steps["enqueuer"]["after"]["environment"]), {"QUEUE_URL"})
            self.assertEqual(steps["hourly_enqueue"]["after"]["target"]["input"],
                             {"scheduled_time": "<aws.scheduler.scheduled-time>"})
            self.assertNotRegex(json.dumps(steps), r"(AKIA|ASIA)[A-Z0-9]{16}|(?i:secret_?(access_?)?key)")


class EventsPrivileges(EventsCase):
    def check(self, env, compaction=False, plain=False):
        self.apply(*self.where(env), "--set", f"compaction={json.dumps(compaction)}",
                   "--set", f"plain_table_for_streams={json.dumps(plain)}")
        documents = self.documents()
        source, lake = (f"arn:aws:s3:::events-data-lake-{env}-{REGION}-{end}" for end in ("source", "lake"))
        short, upper = f"EDL{env.capitalize()}", env.upper()
        queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:edl-{env}-extract"
        function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:edl-{env}-"

        def writes_log(name):
            return policy(Action=["logs:CreateLogStream", "logs:PutLogEvents"],
                          Resource=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/edl-{env}-{name}:*")

        wanted = {
            f"{short}ExtractorRole": [
                *policy(Action=["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], Resource=queue),
                *policy(Action="s3:GetObject", Resource=f"{source}/*"),
                *policy(Action="s3:ListBucket", Resource=source),
                *policy(Action="s3:PutObject", Resource=f"{lake}/demo/*"),
                *writes_log("extractor")],
            f"{short}EnqueuerRole": [
                *policy(Action="sqs:SendMessage", Resource=queue),
                *writes_log("enqueuer")],
            f"{short}SchedulerRole": [
                *policy(Action="lambda:InvokeFunction", Resource=f"{function}enqueuer"),
                *policy(Action="sqs:SendMessage", Resource=f"{queue}-dlq")],
            f"{short}SnowflakeRole": [
                *policy(Action=["s3:GetObject", "s3:GetObjectVersion"], Resource=f"{lake}/demo/*"),
                *policy(Action="s3:ListBucket", Resource=lake, Condition={"StringLike": {"s3:prefix": "demo/*"}}),
                *policy(Action="s3:GetBucketLocation", Resource=lake)],
        }
        if compaction:
            wanted[f"{short}SnowflakeRole"] += policy(
                Action=["s3:PutObject", "s3:DeleteObject"], Resource=f"{lake}/compacted/*")
        self.assertEqual(holders(documents, ACCOUNT, "role"), {name: sorted(lines) for name, lines in wanted.items()})
        self.assertEqual(holders(documents, ACCOUNT, "user"), {})

        outputs = self.resource("s3_integration", STACK, env, "--sandbox")["outputs"]
        by_lambda = policy(Principal={"Service": "lambda.amazonaws.com"}, Action="sts:AssumeRole")
        self.assertEqual(trusts(documents, ACCOUNT), {
            f"{short}ExtractorRole": by_lambda,
            f"{short}EnqueuerRole": by_lambda,
            f"{short}SchedulerRole": policy(
                Principal={"Service": "scheduler.amazonaws.com"}, Action="sts:AssumeRole",
                Condition={"StringEquals": {
                    "aws:SourceAccount": ACCOUNT,
                    "aws:SourceArn": f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/edl-{env}"}}),
            f"{short}SnowflakeRole": policy(
                Principal={"AWS": outputs["iam_user_arn"]}, Action="sts:AssumeRole",
                Condition={"StringEquals": {"sts:ExternalId": outputs["external_id"]}})})

        (repository,) = self.those(documents, f"aws/{ACCOUNT}/{REGION}/ecr/repository")
        self.assertEqual(statements(repository["policy"]["document"]), policy(
            Principal={"Service": "lambda.amazonaws.com"},
            Action=["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            Condition={"ArnLike": {"aws:SourceArn": f"{function}extractor"}}))

        rights = snowflake_rights(documents, SNOWFLAKE)
        everybody = {f"USAGE on WAREHOUSE EDL_{upper}_WAREHOUSE", f"USAGE on DATABASE EDL_{upper}_DATABASE",
                     "USAGE on SCHEMA LAKE", "USAGE on SCHEMA ANALYTICS", "SELECT on EXTERNAL_TABLE EVENTS_EXT"}
        star = ("DIM_ORGANIZATION", "DIM_TIME", "FACT_EVENT")
        self.assertEqual(rights[f"EDL_{upper}_PIPELINE"], everybody | {
            f"USAGE on INTEGRATION EDL_{upper}_S3_INTEGRATION", "USAGE on STAGE EVENTS_STAGE",
            "USAGE on FILE_FORMAT AVRO_FORMAT", "EXECUTE TASK on ACCOUNT the account",
            "SELECT on STREAM EVENTS_DIM_STRM", "SELECT on STREAM EVENTS_FACT_STRM",
            *(["SELECT on EXTERNAL_TABLE EVENTS_EXT_PLAIN"] if plain else []),
            *(f"{right} on TABLE {table}" for right in ("SELECT", "INSERT", "UPDATE") for table in star)})
        self.assertEqual(rights[f"EDL_{upper}_ANALYST"], everybody | {
            *(f"SELECT on TABLE {table}" for table in star), "SELECT on future TABLEs in SCHEMA ANALYTICS"})
        self.assertLessEqual({f"USAGE on ROLE EDL_{upper}_PIPELINE", f"USAGE on ROLE EDL_{upper}_ANALYST"},
                             rights["SYSADMIN"])
        tasks = ["LOAD_DIMENSIONS", "LOAD_FACTS", *(["COMPACT_YESTERDAY"] if compaction else [])]
        self.assertEqual(owners(documents, SNOWFLAKE, {"task"}), dict.fromkeys(tasks, f"EDL_{upper}_PIPELINE"))

        (integration,) = self.those(documents, f"snowflake/{SNOWFLAKE}/integration")
        bucket = f"s3://events-data-lake-{env}-{REGION}-lake"
        self.assertEqual(integration["properties"]["storage_allowed_locations"],
                         [f"{bucket}/demo/", *([f"{bucket}/compacted/"] if compaction else [])])

    @staticmethod
    def those(documents, collection):
        return [document for (place, _), document in documents.items() if place == collection]

    def test_dev(self):
        self.check("dev")

    def test_prod(self):
        self.check("prod")

    def test_with_compaction(self):
        self.check("prod", compaction=True)

    def test_with_a_table_for_the_streams(self):
        self.check("dev", plain=True)


class EventsOrder(EventsCase):
    PUSH = {"InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload", "PutImage"}

    def test_what_is_needed_comes_first_and_goes_last(self):
        made = self.changes_of(lambda: self.apply(*self.where("dev")))
        self.assert_order(made, ("PutImage", "extractor_image"), ("CreateFunction", "extractor"),
                          ("CreateEventSourceMapping", "extractor_trigger"))
        self.assert_order(made, ("CreateQueue", "extract_dlq"), ("CreateQueue", "extract"),
                          ("CreateEventSourceMapping", "extractor_trigger"))
        self.assert_order(made, ("CREATE EXTERNAL TABLE", "events_ext"),
                          ("PutBucketNotificationConfiguration", "lake_files"))
        (entry,) = [entry for entry in made if entry["operation"] == "PutBucketNotificationConfiguration"]
        self.assertEqual(entry["address"], "lake_files")
        # The bucket tells the very queue that the table listens to.
        documents = self.documents()
        (lake,) = [document for (place, key), document in documents.items()
                   if place == "aws/s3/bucket" and key.endswith("-lake")]
        channel = self.resource("events_ext", STACK, "dev", "--sandbox")["outputs"]["notification_channel"]
        self.assertRegex(channel, rf"^arn:aws:sqs:{REGION}:\d{{12}}:sf-snowpipe-")
        self.assertIn(channel, json.dumps(lake))

        gone = self.changes_of(lambda: self.ok("destroy", *self.where("dev"), "--yes"))
        self.assert_order(gone, ("UpdateEventSourceMapping", "extractor_trigger"),
                          ("DeleteEventSourceMapping", "extractor_trigger"), ("DeleteQueue", "extract"))
        self.assert_order(gone, ("BatchDeleteImage", "extractor_image"), ("DeleteRepository", "extractor_repository"))
        self.assertEqual(self.things(), {})
        self.ok("destroy", *self.where("dev"), "--yes")

    def test_a_trigger_that_would_be_refused_is_refused_before_any_call(self):
        run = self.refused("apply", *self.where("dev"), "--yes", "--set", "visibility_timeout=782")
        self.assertEqual(run.out, "")
        self.assert_golden("events.visibility.txt", run.err)
        self.assertEqual(self.things(), {})

    def test_an_image_is_pushed_when_its_folder_changed_and_else_not(self):
        self.apply(*self.where("dev"))
        before = self.resource("extractor", STACK, "dev", "--sandbox")["inputs"]["image"]
        code = self.project / FOLDER / "images/extractor/lambda_function.py"
        text = code.read_text()
        code.unlink()
        code.write_text(text)  # another file of the same content, written later
        self.assert_plan_is_empty(*self.where("dev"))
        calls = self.changes_of(lambda: self.apply(*self.where("dev")))
        self.assertEqual([call["operation"] for call in calls if call["operation"] in self.PUSH], [])

        code.write_text(text + "\n# Changed.\n")
        calls = self.changes_of(lambda: self.apply(*self.where("dev")))
        self.assert_order(calls, ("PutImage", "extractor_image"), ("UpdateFunctionCode", "extractor"))
        self.assertEqual({call["address"] for call in calls}, {"extractor_image", "extractor"})
        after = self.resource("extractor", STACK, "dev", "--sandbox")["inputs"]["image"]
        self.assertNotEqual(after, before)
        for uri in (before, after):
            self.assertRegex(uri, r"/edl-dev-extractor@sha256:[0-9a-f]{64}$")
        self.assert_plan_is_empty(*self.where("dev"))

    def test_the_name_of_a_deleted_queue_is_waited_for(self):
        stack = f"{FOLDER}/stack.yaml"
        self.apply(*self.where("dev"))
        self.edit(stack, "  extract:\n    type: aws.sqs_queue\n", "  extract:\n    type: aws.sqs_queue\n    called: work\n")
        calls = self.changes_of(lambda: self.apply(*self.where("dev")))
        # The trigger moves from the old queue to the new one, and only then does the old one go.
        self.assert_order(calls, ("CreateQueue", "extract"), ("DeleteEventSourceMapping", "extractor_trigger"),
                          ("CreateEventSourceMapping", "extractor_trigger"), ("DeleteQueue", "extract"))
        self.edit(stack, "    called: work\n", "")
        self.apply(*self.where("dev"))
        refused = {entry["error"] for entry in self.log()
                   if (entry["operation"], entry["address"]) == ("CreateQueue", "extract") and entry["status"] >= 400}
        self.assertEqual(refused, {"com.amazonaws.sqs#QueueDeletedRecently"})
        self.assert_plan_is_empty(*self.where("dev"))

    def test_tasks_rest_in_dev_and_run_in_prod(self):
        for env, state in (("dev", "suspended"), ("prod", "started")):
            where = [STACK, "--env", env, "--sandbox", f"{env}.db"]
            self.apply(*where, "--set", "compaction=true")
            tasks = {document["name"]: document["properties"].get("state", "suspended")
                     for (place, _), document in self.documents(f"{env}.db").items()
                     if place == f"snowflake/{SNOWFLAKE}/task"}
            self.assertEqual(tasks, {"LOAD_DIMENSIONS": state, "COMPACT_YESTERDAY": state, "LOAD_FACTS": "started"})


# What the extractor writes of the acceptance files, put there by hand: functions do not run in the sandbox.
FILES = {
    "demo/vehicle/2019/06/01/2019-06-01-15-17-3-events.avro": ("vehicle", "2019-06-01"),
    "demo/operating_period/2019/06/01/2019-06-01-15-18-40-events.avro": ("operating_period", "2019-06-01"),
}


class EventsLake(EventsCase):
    def registered(self):
        """The files that each external table knows; all know the same."""
        tables = {}
        for place, key in self.documents():
            if place.startswith(f"snowflake/{SNOWFLAKE}/files/"):
                tables.setdefault(place, set()).add(key)
        self.assertLessEqual(len(set(map(frozenset, tables.values()))), 1, tables)
        return next(iter(tables.values()), set())

    def put(self, *keys):
        """A stack of its own puts them, so that the lake's notification is what tells of them."""
        bucket = f"events-data-lake-dev-{REGION}-lake"
        self.write("stacks/files/stack.yaml", json.dumps({
            "stack": "files", "defaults": {"aws": {"region": REGION}},
            "resources": {f"file_{number}": {"type": "aws.s3_object", "bucket": bucket, "key": key, "content": "Obj"}
                          for number, key in enumerate(keys)}}))
        self.apply("files", "--env", "dev", "--sandbox")

    def test_the_table_hears_of_files_that_come_and_go(self):
        self.apply(*self.where("dev"))
        self.assertEqual(self.registered(), set())
        self.put(*FILES, "demo/vehicle/2019/06/01/notes.txt", "elsewhere/vehicle/2019/06/01/x.avro")
        self.assertEqual(self.registered(), set(FILES))
        first, second = FILES
        self.put(first)
        self.assertEqual(self.registered(), {first})
        # A table that is made anew finds what is there.
        self.edit(f"{FOLDER}/stack.yaml", "SPLIT_PART(METADATA$FILENAME, '/', 2)",
                  "UPPER(SPLIT_PART(METADATA$FILENAME, '/', 2))")
        self.apply(*self.where("dev"))
        self.assertEqual(self.registered(), {first})

    def test_a_table_for_the_streams_hears_of_the_same_files(self):
        self.apply(*self.where("dev"), "--set", "plain_table_for_streams=true")
        self.put(*FILES)
        self.assertEqual(self.registered(), set(FILES))
        tables = {place for place, _ in self.documents() if place.startswith(f"snowflake/{SNOWFLAKE}/files/")}
        self.assertEqual(len(tables), 2)

    def test_the_partitions_of_the_files(self):
        """The two expressions, worked out by hand: the sandbox keeps them as they are."""
        columns = {column["name"]: column for column in
                   self.plan_steps(*self.where("dev"))["events_ext"]["after"]["columns"]}
        self.assertEqual([name for name, column in columns.items() if column.get("partition")],
                         ["ON_PART", "DATE_PART"])
        part = re.fullmatch(r"SPLIT_PART\(METADATA\$FILENAME, '/', (\d)\)", columns["ON_PART"]["expression"])
        date = re.fullmatch(r"TO_DATE\(SUBSTR\(SPLIT_PART\(METADATA\$FILENAME, '/', (\d)\), (\d), (\d+)\), 'YYYY-MM-DD'\)",
                            columns["DATE_PART"]["expression"])
        for key, partition in FILES.items():
            parts = ["", *key.split("/")]  # counted from 1
            name, start, length = parts[int(date[1])], int(date[2]), int(date[3])
            self.assertEqual((parts[int(part[1])], name[start - 1:start - 1 + length]), partition)

    def test_columns(self):
        steps = self.plan_steps(*self.where("dev"))
        self.assertEqual([(column["name"], column["type"]) for column in steps["events_ext"]["after"]["columns"]], [
            ("ON_PART", "VARCHAR(16777216)"), ("DATE_PART", "DATE"), ("EVENT", "VARCHAR(16777216)"),
            ("ORGANIZATION_ID", "VARCHAR(16777216)"), ("ID", "VARCHAR(16777216)"), ("FINISH", "VARCHAR(16777216)"),
            ('"on"', "VARCHAR(16777216)"), ('"at"', "VARCHAR(16777216)"), ('"start"', "VARCHAR(16777216)"),
            ("LAT", "FLOAT"), ("LNG", "FLOAT"), ("SOURCE_FILE", "VARCHAR(16777216)")])
        organization = steps["dim_organization"]["after"]
        self.assertEqual(organization["columns"][0], {
            "name": "ORGANIZATION_SK", "type": "NUMBER(38,0)", "nullable": False,
            "identity": {"start": 1, "increment": 1}})
        self.assertEqual(organization["unique_keys"], [{"columns": ["ORGANIZATION_ID"]}])
        self.assertEqual(steps["fact_event"]["after"]["cluster_by"], ["TO_DATE(OCCURRED_AT)"])


if __name__ == "__main__":
    unittest.main()
