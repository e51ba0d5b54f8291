"""An installation that somebody made by hand becomes a stack: bucket, integration, database and stage keep their names,
nothing of them changes, and what others made on the bucket stays."""
import json
import unittest

from import_test import ImportCase
from marks import Marks

LEGACY = """\
stack: legacy
naming: { project: flix-tweets, short: flx }
resources:
  data: { type: aws.s3_bucket, name: flix-tweets-bucket, force_destroy: true }
  topic: { type: aws.sns_topic, name: everyone, publishers: ["${data}"] }
  theirs: { type: aws.s3_notification, bucket: "${data}", topic: "${topic}", prefix: exports/ }
  ours: { type: aws.s3_notification, bucket: "${data}", topic: "${topic}", prefix: tweets/raw/ }
  database: { type: snowflake.database, name: FLIX_TWEETS }
  raw: { type: snowflake.schema, database: "${database}" }
  integration:
    type: snowflake.storage_integration
    name: flix_s3_integration
    role_arn: ${role.arn}
    allowed_locations: ["s3://flix-tweets-bucket/tweets/raw/"]
  role:
    type: aws.iam_role
    name: flix-snowflake
    trust: { snowflake: "${integration}" }
  stage:
    type: snowflake.stage
    name: tweets_stage
    schema: ${raw}
    url: s3://flix-tweets-bucket/tweets/raw/
    storage_integration: ${integration}
"""

STACK = "stacks/tweets/stack.yaml"
TWEETS = """\
stack: tweets
naming: { project: flix-tweets, short: flx }
resources:
  data: { type: aws.s3_bucket, force_destroy: true }
  topic: { type: aws.sns_topic, publishers: ["${data}"] }
  raw_rule: { type: aws.s3_notification, bucket: "${data}", topic: "${topic}", prefix: tweets/raw/ }
  database: { type: snowflake.database }
  raw: { type: snowflake.schema, database: "${database}" }
  integration:
    type: snowflake.storage_integration
    role_arn: ${role.arn}
    allowed_locations: ["s3://${data.name}/tweets/raw/"]
  role:
    type: aws.iam_role
    trust: { snowflake: "${integration}" }
  raw_stage:
    type: snowflake.stage
    schema: ${raw}
    url: s3://${data.name}/tweets/raw/
    storage_integration: ${integration}
"""

# As the words of the command line, in an order in which each finds what it is in.
NAMES = {
    "data": ["flix-tweets-bucket"],
    "topic": ["everyone"],
    "role": ["flix-snowflake"],
    "database": ["FLIX_TWEETS"],
    "raw": [],
    "integration": ["flix_s3_integration"],
    "raw_stage": ["tweets_stage"],
}


class Installation(ImportCase):
    def setUp(self):
        super().setUp()
        self.write("stacks/legacy/stack.yaml", LEGACY)
        self.write(STACK, TWEETS)
        self.apply("legacy")
        made = [one["address"] for one in self.state("legacy")["resources"]]
        self.unmark(*made, stack="legacy")
        self.forget(stack="legacy")
        self.by_hand = self.things()

    def take_all_in(self):
        for address, name in NAMES.items():
            self.take_in(address, *name, stack="tweets")

    def unmarked(self):
        """What there is, without the marks of the new stack."""
        marks = Marks("tweets", "local", [*NAMES, "raw_rule", "late_rule"])
        return {place: marks.off(document) for place, document in self.things().items()}

    def rules(self):
        """prefix → id, of all rules of the bucket."""
        (bucket,) = [document for place, document in self.things().items() if place[0].endswith("/bucket")]
        text = json.dumps(bucket)
        return {prefix: identity for prefix in ("exports/", "tweets/raw/", "tweets/late/")
                for identity in ("by-hand-theirs", "by-hand-ours", "firn:tweets/local/raw_rule",
                                 "firn:tweets/local/late_rule")
                if prefix in text and self.rule_of(bucket, identity) == prefix}

    def rule_of(self, node, identity):
        """The prefix of the rule of this id, wherever it stands in the bucket's document."""
        if isinstance(node, list):
            return next(filter(None, (self.rule_of(one, identity) for one in node)), None)
        if not isinstance(node, dict):
            return None
        if identity in [value for value in node.values() if isinstance(value, str)]:
            return next(prefix for prefix in ("exports/", "tweets/raw/", "tweets/late/")
                        if prefix in json.dumps(node))
        return self.rule_of(list(node.values()), identity)

    def test_without_a_change(self):
        asked = len(self.log())
        self.take_all_in()
        self.assertEqual(self.unmarked(), self.by_hand)
        steps = self.plan_steps("tweets")
        self.assertEqual({address: step["action"] for address, step in steps.items()
                          if step["action"] != "none"}, {"raw_rule": "create"})
        changed = [one for one in self.changes_since(asked) if "Notification" in one]
        self.assertEqual(changed, [], "the bucket's rules were not written")
        integration = self.resource("integration", "tweets")
        self.assertEqual(integration["name"], "flix_s3_integration")
        stage = self.resource("raw_stage", "tweets")
        self.assertTrue(stage["outputs"]["fqn"].endswith('."tweets_stage"'), stage["outputs"]["fqn"])

    def test_the_rules_of_others_are_kept(self):
        self.take_all_in()
        run = self.ok("import", "tweets", "raw_rule", "--yes")
        self.assertIn("it is as declared", run.out)
        self.assertEqual(self.rules(), {"exports/": "by-hand-theirs",
                                        "tweets/raw/": "firn:tweets/local/raw_rule"})
        self.apply("tweets")
        self.assert_plan_is_empty("tweets")
        self.edit(STACK, "  database: { type", '  late_rule: { type: aws.s3_notification, bucket: "${data}", topic: '
                  '"${topic}", prefix: tweets/late/ }\n  database: { type')
        self.apply("tweets")
        self.assertEqual(self.rules(), {"exports/": "by-hand-theirs",
                                        "tweets/raw/": "firn:tweets/local/raw_rule",
                                        "tweets/late/": "firn:tweets/local/late_rule"})
        for rule in ("raw_rule", "late_rule"):
            text = (self.project / STACK).read_text()
            (self.project / STACK).write_text(
                "".join(line for line in text.splitlines(True) if not line.startswith(f"  {rule}:")))
        self.apply("tweets")
        self.assertEqual(self.rules(), {"exports/": "by-hand-theirs"})
        self.assert_plan_is_empty("tweets")

    def test_quoted_names_and_arns(self):
        self.assert_refused("import.quoted.txt", "import", "tweets", "integration",
                            '"flix_s3_integration"', "--yes")
        self.assert_refused("import.arn.txt", "import", "tweets", "role",
                            "arn:aws:iam::111122223333:role/flix-snowflake", "--yes")
        self.assert_refused("import.no-such-input.txt", "import", "tweets", "raw_rule", "--yes")
        self.assertEqual(self.things(), self.by_hand)


SECRET = "stacks/hidden/stack.yaml"
HIDDEN = """\
stack: hidden
naming: { project: hidden, short: hd }
parameters:
  word: { type: string, secret: true }
resources:
  role:
    type: aws.iam_role
    trust: { service: lambda.amazonaws.com }
  worker:
    type: aws.lambda_function
    role: ${role}
    runtime: python3.12
    handler: main.run
    code: code
    environment: { WORD: "${param.word}", PLAIN: open }
  vault:
    type: aws.secret
    value: ${param.word}
"""


class Secrets(ImportCase):
    """An import reads what there is; a secret among it does not get into the state, the same or another."""

    def setUp(self):
        super().setUp()
        self.write(SECRET, HIDDEN)
        self.write("stacks/hidden/code/main.py", "def run(event, context):\n    return 1\n")
        self.write("environments/local.yaml", (self.project / "environments/local.yaml").read_text() +
                   'stacks: { hidden: { parameters: { word: "${secret(\\"env:WORD\\")}" } } }\n')

    def said(self, word):
        return {"env": {"WORD": word}}

    def test_what_is_there_and_what_is_wanted(self):
        """Also one that the stack does not know of."""
        text = (self.project / SECRET).read_text()
        self.edit(SECRET, "PLAIN: open }", "PLAIN: open, THEIRS: third-hidden-word }")
        self.ok("apply", "hidden", "--yes", **self.said("first-hidden-word"))
        self.write(SECRET, text)
        for wanted in ("first-hidden-word", "second-hidden-word"):
            with self.subTest(wanted=wanted):
                self.forget(stack="hidden")
                said = ""
                for address in ("role", "worker", "vault"):
                    run = self.ok("import", "hidden", address, "--yes", **self.said(wanted))
                    said += run.out + run.err
                plan = self.ok("plan", "hidden", **self.said(wanted))
                said += plan.out + plan.err
                for word in ("first-hidden-word", "second-hidden-word", "third-hidden-word"):
                    self.assertNotIn(word, said)
                    folder = self.project / ".firn"
                    # The state and its copies.
                    for file in [*folder.glob("hidden.*.db"), *folder.glob("hidden.*/*.db")]:
                        self.assertNotIn(word.encode(), file.read_bytes(), file.name)
                (worker,) = [step for step in json.loads(
                    self.ok("plan", "hidden", "--json", **self.said(wanted)).out)["steps"]
                    if step["address"] == "worker"]
                changed = {change["path"] for change in worker["changes"]}
                self.assertEqual(changed, {"environment.THEIRS"} | (
                    {"environment.WORD"} if wanted == "second-hidden-word" else set()))
        self.ok("apply", "hidden", "--yes", **self.said("second-hidden-word"))
        plan = self.firn("plan", "hidden", "--detailed-exitcode", **self.said("second-hidden-word"))
        self.assertEqual(plan.code, 0, str(plan))


if __name__ == "__main__":
    unittest.main()
