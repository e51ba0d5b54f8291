"""What an environment sets: each parameter of two pipelines' descriptions, as the plans of dev and prod show it."""
import json
import unittest

from firn_case import FirnCase

ABSENT = "absent"
KEY = {"known_after_apply": "data_key.arn"}

# What it is: address, path → in dev, in prod. ABSENT: there is no such object, or nothing is said of it.
FINANCE = {
    "schedule": ("step_function_scheduler", "expression", "rate(10 minutes)", "rate(10 minutes)"),
    "disabled by default": ("step_function_scheduler", "state", "DISABLED", "ENABLED"),
    "bucket may be emptied": ("data", "force_destroy", True, False),
    "encryption": ("data", "encryption.type", "sse_s3", "sse_kms"),
    "with the stack's key": ("data", "encryption.kms_key", ABSENT, KEY),
    "the secret as well": ("reddit_api", "kms_key", ABSENT, KEY),
    "which is rotated": ("data_key", "rotation", ABSENT, True),
    "raw expiry, coins": ("data", "lifecycle.0.expiration_days", 7, 90),
    "raw expiry, posts": ("data", "lifecycle.1.expiration_days", 7, 90),
    "access logs": ("data", "logging.bucket", ABSENT, "company-access-logs"),
    "below": ("data", "logging.prefix", ABSENT, "finance-de-lab-prod-eu-west-1_logs/"),
    "auto-suspend": ("warehouse", "auto_suspend", 60, 60),
    "alert e-mail": ("alerts_email", "endpoint", ABSENT, "data-team@example.com"),
    "log retention, function": ("processRedditData_log", "retention_days", 14, 90),
    "log retention, workflow": ("dataInjectionWorkflow_log", "retention_days", 14, 90),
    "table retention": ("database", "retention_days", 1, 7),
    "pandas layer": ("processCoinloreData", "layers.0",
                     *["arn:aws:lambda:eu-west-1:336392948345:layer:AWSSDKPandas-Python313:4"] * 2),
}
WEATHER = {
    "source expiry": ("source", "lifecycle.0.expiration_days", 7, 30),
    "target expiry": ("target", "lifecycle.0.expiration_days", 30, 365),
    "log retention": ("transformer_log", "retention_days", 14, 90),
    "encryption of the source": ("source", "encryption.type", "sse_s3", "sse_kms"),
    "encryption of the target": ("target", "encryption.type", "sse_s3", "sse_kms"),
    "key of the queue": ("transformer_dlq", "kms_key", ABSENT, KEY),
    "key of the secrets": ('collector["acme"].secret', "kms_key", ABSENT, KEY),
    "rotation": ("data_key", "rotation", ABSENT, True),
    "versioning of the source": ("source", "versioning", False, True),
    "versioning of the target": ("target", "versioning", False, True),
    "source may be emptied": ("source", "force_destroy", True, False),
    "target may be emptied": ("target", "force_destroy", True, False),
    "task schedule": ("weather_graph.root", "schedule", "10 MINUTE", "10 MINUTE"),
    "tasks": ("weather_graph.graph", "state", "suspended", "started"),
    "pipe paused": ("readings.pipe", "paused", True, False),
    "table retention": ("weather", "retention_days", 1, 7),
    "alert e-mail": ("alerts_email", "endpoint", ABSENT, "data-team@example.com"),
    "memory": ("transformer", "memory", 128, 256),
    "concurrency": ("transformer", "reserved_concurrency", ABSENT, 20),
}


def at(value, path):
    for word in path.split("."):
        try:
            value = value[int(word)] if isinstance(value, list) else value[word]
        except (KeyError, IndexError, TypeError):
            return ABSENT
    return value


class ParameterCase(FirnCase):
    def setUp(self):
        super().setUp()
        self.new_project()

    def check(self, stack, table):
        for env, place in (("dev", 2), ("prod", 3)):
            run = self.ok("plan", stack, "--env", env, "--sandbox", "--json")
            after = {step["address"]: step.get("after") for step in json.loads(run.out)["steps"]}
            found = {what: at(after.get(row[0]), row[1]) for what, row in table.items()}
            self.assertEqual(found, {what: row[place] for what, row in table.items()}, env)

    def needs_an_address(self, stack):
        text = (self.project / "environments/prod.yaml").read_text()
        self.write("environments/prod.yaml", text.replace("      alert_email: data-team@example.com\n", ""))
        self.assertIn("endpoint", self.refused("plan", stack, "--env", "prod", "--sandbox").err)


class FinanceParameters(ParameterCase):
    def test_each_is_as_described(self):
        self.check("finance", FINANCE)

    def test_prod_does_not_go_without_somebody_to_tell(self):
        self.needs_an_address("finance")

    def test_the_layer_may_be_the_stacks_own(self):
        self.write("environments/layer/python/pandas.py", "")
        self.edit("environments/local.yaml", "stacks:\n",
                  "stacks:\n  finance:\n    parameters: { pandas_layer_folder: layer }\n")
        steps = self.plan_steps("finance")
        self.assertEqual(steps["own_pandas"]["after"]["runtimes"], ["python3.13"])
        self.assertEqual(steps["processCoinloreData"]["after"]["layers"], [{"known_after_apply": "own_pandas.arn"}])


class WeatherParameters(ParameterCase):
    def test_each_is_as_described(self):
        self.check("weather-multi-customer", WEATHER)

    def test_each_customer_has_what_is_his(self):
        for env, customers in (("dev", {"xxx"}), ("prod", {"acme", "globex", "initech"})):
            run = self.ok("plan", "weather-multi-customer", "--env", env, "--sandbox", "--json")
            users = {step["address"] for step in json.loads(run.out)["steps"] if step["type"] == "aws.iam_user"}
            self.assertEqual(users, {f'collector["{one}"].user' for one in customers})


if __name__ == "__main__":
    unittest.main()
