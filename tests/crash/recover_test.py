"""What a run says that finds the work of one that was killed: word for word, for everything that it can find."""

import difflib
import json
import os
import pathlib
import re
import tempfile
import time
import unittest

import victim  # noqa: I001  (finds the folders beside this one)

import life
import support
from proxy import Answer

GOLDEN = pathlib.Path(__file__).resolve().parent / "golden"
UPDATE = os.environ.get("UPDATE_GOLDEN", "") not in ("", "0")

REQUEST = re.compile(r"(request id: )\w+")

ENVIRONMENT = """\
environment: moto
aws: {{ target: "{url}", account: "{account}", region: {region} }}
snowflake: {{ target: sandbox, account: firn-local, user: FIRN_DEPLOY, role: FIRN_DEPLOYER }}
naming: {{ project: bell, short: bl }}
"""


class Changes:
    """As lists.ChangeList, of a stack that is nowhere but here."""

    stack = "bell"
    variables = {}

    @staticmethod
    def at(_):
        return {}


class Bell(victim.Victim):
    """One topic; so only one operation is open when firn is killed."""

    region = support.REGION

    def __init__(self, kept):
        super().__init__(Changes, kept)

    def __enter__(self):
        self.started = time.monotonic()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="firn-bell-")).resolve()
        self.stack_folder = self.folder / "stacks" / "bell"
        self.stack_folder.mkdir(parents=True)
        (self.folder / "environments").mkdir()
        self.environment = self.folder / "environments" / "moto.yaml"
        self.reset()
        self.proxy.forget()
        self.environment.write_text(
            ENVIRONMENT.format(url=self.proxy.url, account=support.ACCOUNT, region=support.REGION), encoding="utf-8")
        return self

    def write(self, **said):
        stack = {"stack": "bell", "resources": {"bell": {"type": "aws.sns_topic", **said}}}
        (self.stack_folder / "stack.yaml").write_text(json.dumps(stack), encoding="utf-8")

    def topics(self):
        sns = self.client("sns")
        arns = [one["TopicArn"] for one in sns.list_topics()["Topics"]]
        return {arn.rpartition(":")[2]: {tag["Key"]: tag["Value"] for tag in sns.list_tags_for_resource(ResourceArn=arn)["Tags"]}
                for arn in arns}  # fmt: skip


class Found(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.kept = victim.Kept()
        cls.addClassCleanup(cls.kept.__exit__, None, None, None)

    def setUp(self):
        self.place = Bell(self.kept)
        self.place.__enter__()
        self.addCleanup(self.place.__exit__, None, None, None)
        self.place.write()

    def ok(self, *words):
        run = self.place.firn(*words)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        return run

    def kill(self, command, moment, number=1):
        ended = self.place.killed(number, moment, command, "--yes")
        self.assertIsNotNone(ended.at, str(ended))

    def assert_golden(self, name, text):
        file = GOLDEN / name
        text = REQUEST.sub(r"\1<drawn>", life.scrubbed(text, self.place.folder))
        if UPDATE:
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
            return
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        if before != text:
            lines = difflib.unified_diff(before.splitlines(), text.splitlines(), name, "what firn said", lineterm="")
            self.fail("not as in the golden file (UPDATE_GOLDEN=1 writes it anew)\n" + "\n".join(lines))

    def assert_recovers(self, golden):
        run = self.ok("recover")
        self.assertEqual(run.stdout, "")
        self.assert_golden(golden, run.stderr)
        self.assert_golden("recover.nothing.txt", self.ok("recover").stdout)

    def assert_finishes(self, topics=("bl-moto-bell",)):
        self.ok("apply", "--yes")
        plan = self.place.firn("plan", "--detailed-exitcode")
        self.assertEqual((plan.returncode, plan.stderr), (0, ""), plan.stdout)
        self.assertEqual(sorted(self.place.topics()), sorted(topics))

    def test_an_object_that_was_made(self):
        self.kill("apply", "after")
        self.assert_recovers("recover.made.txt")
        self.assert_finishes()

    def test_an_object_that_was_not_made(self):
        self.kill("apply", "before")
        self.assert_recovers("recover.not-made.txt")
        self.assertEqual(self.place.topics(), {})
        self.assert_finishes()

    def test_something_else_that_has_the_name_now(self):
        for tags in ({}, {"firn:stack": "chimes", "firn:environment": "moto", "firn:address": "bell"}):
            with self.subTest(tags=tags):
                with Bell(self.kept) as self.place:
                    self.place.write(type="aws.log_group")
                    self.kill("apply", "before")
                    logs = self.place.client("logs")
                    logs.create_log_group(logGroupName="bl-moto-bell", tags=tags)
                    before = logs.describe_log_groups()["logGroups"]
                    self.assert_recovers("recover.not-ours.txt")
                    run = self.place.firn("apply", "--yes")
                    self.assertEqual(run.returncode, 1, run.stdout)
                    told = run.stderr[run.stderr.index("error: ") :]
                    self.assert_golden(f"recover.not-ours.{'marked' if tags else 'bare'}.txt", told)
                    self.assertEqual(logs.describe_log_groups()["logGroups"], before)
                    self.assertEqual(logs.list_tags_log_group(logGroupName="bl-moto-bell")["tags"], tags)

    def test_a_change_that_may_be_half_done(self):
        self.ok("apply", "--yes")
        self.place.write(display_name="Ding", tags={"tone": "a"})
        self.kill("apply", "after")
        self.assert_recovers("recover.unfinished.txt")
        self.assert_finishes()
        self.assertEqual(self.place.topics()["bl-moto-bell"]["tone"], "a")

    def test_a_removal(self):
        for moment, golden in (("after", "recover.removed.txt"), ("before", "recover.not-removed.txt")):
            with self.subTest(moment=moment):
                with Bell(self.kept) as self.place:
                    self.place.write()
                    self.ok("apply", "--yes")
                    self.kill("destroy", moment)
                    self.assert_recovers(golden)
                    self.ok("destroy", "--yes")
                    self.assertEqual(self.place.topics(), {})

    def test_a_plan_only_looks(self):
        self.kill("apply", "after")
        run = self.place.firn("plan")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assert_golden("recover.plan.txt", run.stderr)
        self.assert_recovers("recover.made.txt")

    def test_a_cloud_that_does_not_answer(self):
        self.kill("apply", "after")

        def stand_in(call):
            if call.service != "sns":
                return None
            body = b"<ErrorResponse><Error><Code>AuthorizationError</Code><Message>Not you.</Message></Error></ErrorResponse>"
            return Answer(403, [(b"Content-Type", b"text/xml")], body)

        self.place.proxy.stand_in = stand_in
        run = self.place.firn("recover")
        self.place.proxy.stand_in = None
        self.assertEqual(run.returncode, 1, run.stdout)
        self.assert_golden("recover.no-answer.txt", run.stderr)
        self.assert_recovers("recover.made.txt")
        self.assert_finishes()


if __name__ == "__main__":
    unittest.main(verbosity=2)
