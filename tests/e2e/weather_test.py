"""The weather pipeline: its names, who may do what, its task graph, and the code of its transformer."""
import importlib.util
import io
import json
import os
import re
import sys
import types
import unittest
import unittest.mock

from firn_case import SOURCE, FirnCase
from privileges import holders, owners, snowflake_rights, statements, trusts

STACK = "weather-multi-customer"
ACCOUNT = "123456789012"
REGION = "eu-north-1"
CUSTOMERS = {"dev": ["xxx"], "prod": ["acme", "globex", "initech"]}

# {e}, {E}, {U}: the environment as dev, Dev and DEV.
NAMES = {
    "aws.s3_bucket": ["open-meteo-datapipe-{e}-eu-north-1-source", "open-meteo-datapipe-{e}-eu-north-1-target"],
    "aws.lambda_function": ["omd-{e}-transformer"],
    "aws.sqs_queue": ["omd-{e}-transformer-dlq"],
    "aws.log_group": ["/aws/lambda/omd-{e}-transformer"],
    "aws.sns_topic": ["omd-{e}-alerts"],
    "aws.cloudwatch_alarm": ["omd-{e}-transformer-errors", "omd-{e}-dlq-depth"],
    "aws.iam_role": ["OMD{E}TransformerRole", "OMD{E}SnowflakeRole"],
    "snowflake.warehouse": ["OMD_{U}_WAREHOUSE"],
    "snowflake.database": ["OMD_{U}_DATABASE"],
    "snowflake.schema": ["WEATHER"],
    "snowflake.storage_integration": ["OMD_{U}_S3_INTEGRATION"],
    "snowflake.file_format": ["OPEN_METEO_JSON"],
    "snowflake.stage": ["OPEN_METEO_STAGE"],
    "snowflake.table": ["WEATHER_DATA", "CUSTOMER_IDS", "LOCATIONS", "CURRENT_WEATHER"],
    "snowflake.pipe": ["OPEN_METEO_PIPE"],
    "snowflake.stream": ["CUSTOMERS_STRM", "LOCATIONS_STRM", "READINGS_STRM"],
    "snowflake.task": ["WEATHER_REFRESH", "LOAD_CUSTOMERS", "LOAD_LOCATIONS", "LOAD_READINGS"],
    "snowflake.role": ["OMD_{U}_PIPELINE", "OMD_{U}_READER"],
}


def policy(effect="Allow", **statement):
    return statements({"Statement": [{"Effect": effect, **statement}]})


class WeatherCase(FirnCase):
    def setUp(self):
        super().setUp()
        self.new_project()

    def where(self, env):
        return [STACK, "--env", env, "--sandbox"]

    def tasks(self, account):
        return {document["name"]: document["properties"].get("state", "suspended")
                for (collection, _), document in self.documents().items()
                if collection == f"snowflake/{account}/task"}


class WeatherNames(WeatherCase):
    def printed(self, env):
        """type → names, from the lines below "… is created"."""
        found = {}
        text = self.ok("plan", *self.where(env)).out
        for kind, name in re.findall(r"(?m)^    \+ .* is created\n      (\S+) (\S+)$", text):
            found.setdefault(kind, []).append(name)
        return {kind: sorted(names) for kind, names in found.items()}

    def check(self, env, more):
        words = {"e": env, "E": env.capitalize(), "U": env.upper()}
        wanted = {**NAMES, **more}
        wanted["aws.iam_user"] = [f"OMD{{E}}Collector{one.capitalize()}" for one in CUSTOMERS[env]]
        wanted["aws.secret"] = [f"omd-{{e}}-collector-{one}" for one in CUSTOMERS[env]]
        self.assertEqual(self.printed(env), {
            kind: sorted(name.format(**words) for name in names) for kind, names in wanted.items()})

    def test_dev(self):
        self.check("dev", {})

    def test_prod(self):
        self.check("prod", {"aws.kms_alias": ["omd-prod-data"]})

    def test_prod_does_not_go_without_somebody_to_tell(self):
        self.edit("environments/prod.yaml", "      customers: [acme, globex, initech]\n"
                  "      alert_email: data-team@example.com\n", "      customers: [acme]\n")
        run = self.refused("plan", *self.where("prod"))
        self.assertIn("endpoint", run.err)


class WeatherPrivileges(WeatherCase):
    def check(self, env):
        self.apply(*self.where(env))
        documents = self.documents()
        source, target = (f"arn:aws:s3:::open-meteo-datapipe-{env}-{REGION}-{end}" for end in ("source", "target"))
        keys = [document["arn"] for (collection, _), document in documents.items()
                if collection == f"aws/{ACCOUNT}/{REGION}/kms/key"]
        self.assertEqual(len(keys), 1 if env == "prod" else 0)

        def uses_key(*actions):
            return [line for key in keys for line in policy(Action=list(actions), Resource=key)]

        short, upper = f"OMD{env.capitalize()}", env.upper()
        group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/omd-{env}-transformer:*"
        wanted = {
            f"{short}TransformerRole": [
                *policy(Action="s3:GetObject", Resource=f"{source}/incoming/*"),
                *policy(Action="s3:PutObject", Resource=f"{target}/weather/*"),
                *policy(Action="sqs:SendMessage", Resource=f"arn:aws:sqs:{REGION}:{ACCOUNT}:omd-{env}-transformer-dlq"),
                *policy(Action=["logs:CreateLogStream", "logs:PutLogEvents"], Resource=group),
                *uses_key("kms:Decrypt", "kms:GenerateDataKey")],
            f"{short}SnowflakeRole": [
                *policy(Action=["s3:GetObject", "s3:GetObjectVersion"], Resource=f"{target}/weather/*"),
                *policy(Action="s3:ListBucket", Resource=target,
                        Condition={"StringLike": {"s3:prefix": "weather/*"}}),
                *policy(Action="s3:GetBucketLocation", Resource=target),
                *uses_key("kms:Decrypt")],
        }
        self.assertEqual(holders(documents, ACCOUNT, "role"), {name: sorted(lines) for name, lines in wanted.items()})
        self.assertEqual(holders(documents, ACCOUNT, "user"), {
            f"{short}Collector{one.capitalize()}":
                policy(Action="s3:PutObject", Resource=f"{source}/incoming/{one}/*")
            for one in CUSTOMERS[env]})
        outputs = self.resource("s3_integration", STACK, env, "--sandbox")["outputs"]
        self.assertEqual(trusts(documents, ACCOUNT), {
            f"{short}TransformerRole": policy(Principal={"Service": "lambda.amazonaws.com"}, Action="sts:AssumeRole"),
            f"{short}SnowflakeRole": policy(
                Principal={"AWS": outputs["iam_user_arn"]}, Action="sts:AssumeRole",
                Condition={"StringEquals": {"sts:ExternalId": outputs["external_id"]}})})

        rights = snowflake_rights(documents, "MYORG-NORTHACCOUNT")
        everybody = {f"USAGE on WAREHOUSE OMD_{upper}_WAREHOUSE", f"USAGE on DATABASE OMD_{upper}_DATABASE",
                     "USAGE on SCHEMA WEATHER"}
        star = ("CUSTOMER_IDS", "LOCATIONS", "CURRENT_WEATHER")
        self.assertEqual(rights[f"OMD_{upper}_PIPELINE"], everybody | {
            f"USAGE on INTEGRATION OMD_{upper}_S3_INTEGRATION", "USAGE on STAGE OPEN_METEO_STAGE",
            "USAGE on FILE_FORMAT OPEN_METEO_JSON", "OPERATE on PIPE OPEN_METEO_PIPE",
            "MONITOR on PIPE OPEN_METEO_PIPE", "EXECUTE TASK on ACCOUNT the account",
            *(f"{right} on TABLE {table}" for right in ("SELECT", "INSERT", "UPDATE")
              for table in ("WEATHER_DATA", *star)),
            *(f"SELECT on STREAM {one}_STRM" for one in ("CUSTOMERS", "LOCATIONS", "READINGS"))})
        self.assertEqual(rights[f"OMD_{upper}_READER"], everybody | {
            *(f"SELECT on TABLE {table}" for table in star), "SELECT on future TABLEs in SCHEMA WEATHER"})
        self.assertLessEqual({f"USAGE on ROLE OMD_{upper}_PIPELINE", f"USAGE on ROLE OMD_{upper}_READER"},
                             rights["SYSADMIN"])
        self.assertEqual(owners(documents, "MYORG-NORTHACCOUNT", {"pipe", "task"}), dict.fromkeys(
            ["OPEN_METEO_PIPE", "WEATHER_REFRESH", "LOAD_CUSTOMERS", "LOAD_LOCATIONS", "LOAD_READINGS"],
            f"OMD_{upper}_PIPELINE"))
        # The key of each customer is in his secret, and the deployer's own files do not hold it.
        secrets = [document for (collection, _), document in documents.items()
                   if collection == f"aws/{ACCOUNT}/{REGION}/secretsmanager/secret"]
        self.assertEqual({secret["name"] for secret in secrets},
                         {f"omd-{env}-collector-{one}" for one in CUSTOMERS[env]})

    def test_dev(self):
        self.check("dev")

    def test_prod(self):
        self.check("prod")


class WeatherGraph(WeatherCase):
    """Tasks rest in dev and run in prod."""

    def test_dev(self):
        self.apply(*self.where("dev"))
        tasks = self.tasks("MYORG-NORTHACCOUNT")
        self.assertEqual(tasks.pop("WEATHER_REFRESH"), "suspended")
        self.assertEqual(set(tasks.values()), {"started"})

    def test_prod_and_a_new_schedule(self):
        self.apply(*self.where("prod"))
        self.assertEqual(set(self.tasks("MYORG-NORTHACCOUNT").values()), {"started"})
        self.edit(f"stacks/{STACK}/stack.yaml", "default: 10 MINUTE", "default: 5 MINUTE")
        before = len(self.log())
        self.apply(*self.where("prod"))
        calls = [entry["target"].rsplit(".", 1)[-1] for entry in self.log()[before:]
                 if entry["operation"] == "ALTER TASK" and entry["status"] < 300]
        # Suspended, changed, and set going again; nothing is done to the others.
        self.assertEqual(calls, ["WEATHER_REFRESH"] * 3)
        self.assertEqual(set(self.tasks("MYORG-NORTHACCOUNT").values()), {"started"})


class WeatherTransformer(unittest.TestCase):
    """The code of the function, with S3 in memory."""

    def setUp(self):
        self.objects = {}
        client = types.SimpleNamespace(
            get_object=lambda Bucket, Key: {"Body": io.BytesIO(self.objects[Bucket, Key])},
            put_object=lambda Bucket, Key, Body, ContentType: self.objects.update({(Bucket, Key): Body}))
        boto3 = types.SimpleNamespace(client=lambda name: client)
        self._enter(unittest.mock.patch.dict(sys.modules, {"boto3": boto3}))
        self._enter(unittest.mock.patch.dict(
            os.environ, {"TARGET_BUCKET": "target", "TARGET_PREFIX": "weather/", "LOG_LEVEL": "ERROR"}))
        path = SOURCE / "stacks" / STACK / "functions/transformer/transformer.py"
        spec = importlib.util.spec_from_file_location("transformer", path)
        self.module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.module)

    def _enter(self, context):
        context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)

    def test_facts_come_from_the_name(self):
        for key, facts in {
            "incoming/xxx/1692976060-451911_xxx_Helsinki.json": ("2023-08-25 15:07:40", "xxx", "Helsinki"),
            "incoming/acme/0-5_acme_New_York.json": ("1970-01-01 00:00:00", "acme", "New_York"),
            "incoming/acme/1692976060_acme_Jyväskylä.json": ("2023-08-25 15:07:40", "acme", "Jyväskylä"),
        }.items():
            names = ("fetch_timestamp", "customer_id", "location_name")
            self.assertEqual(self.module.facts(key), dict(zip(names, facts)))

    def test_every_record_becomes_one_object(self):
        keys = ["incoming/xxx/1692976060-451911_xxx_Helsinki.json", "incoming/xxx/1692976061-0_xxx_Sankt Pölten.json"]
        for key in keys:
            self.objects["source", key] = json.dumps({"latitude": 60.17, "current_weather": {"is_day": 1}}).encode()
        sent = ["incoming/xxx/1692976060-451911_xxx_Helsinki.json",
                "incoming/xxx/1692976061-0_xxx_Sankt+P%C3%B6lten.json"]
        self.module.handler({"Records": [
            {"s3": {"bucket": {"name": "source"}, "object": {"key": key}}} for key in sent]}, None)
        self.assertEqual(
            json.loads(self.objects["target", "weather/modified_1692976060-451911_xxx_Helsinki.json"]),
            {"latitude": 60.17, "current_weather": {"is_day": 1}, "fetch_timestamp": "2023-08-25 15:07:40",
             "customer_id": "xxx", "location_name": "Helsinki"})
        self.assertIn(("target", "weather/modified_1692976061-0_xxx_Sankt Pölten.json"), self.objects)


if __name__ == "__main__":
    unittest.main()
