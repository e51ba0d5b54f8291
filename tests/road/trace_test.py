"""What firn trace says of a small stack that is sound, and of one that is broken in one place.

Each row of BROKEN breaks one thing and names the check that must tell of it; what is said is held in golden/<row>.txt.
"""
import json
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from firn_case import FirnCase  # noqa: E402

ENVIRONMENT = """\
environment: dev
aws: { target: sandbox, account: "111122223333", region: eu-west-1 }
snowflake: { target: sandbox, account: firn-local, user: FIRN, role: FIRN }
state: { backend: sqlite }
"""
STACK = "stacks/lake/stack.yaml"
BUCKET = "lake-dev-eu-west-1"

# name: (codes, [(before, after)]). A code in lower case is a warning: it does not refuse a plan.
BROKEN = {
    "no rule": (["FIRN101"], [("""\
  visits_files:
    type: aws.s3_notification
    bucket: ${data}
    queue: ${visits_pipe.notification_channel}
    prefix: visits/
    suffix: .json
""", "")]),
    "rule to another topic": (["FIRN101"], [("    topic: ${events}\n    prefix: orders/", """\
    topic: ${others}
    prefix: orders/
  others:
    type: aws.sns_topic
    publishers: ["${data}"]""")]),
    "another prefix": (["FIRN102"], [("prefix: visits/", "prefix: visit-logs/")]),
    "narrow rule": (["firn103"], [("prefix: visits/", "prefix: visits/2026/")]),
    "removals only": (["FIRN104"], [("prefix: visits/", 'prefix: visits/\n    events: ["s3:ObjectRemoved:*"]')]),
    "single uploads only": (["firn105"], [("prefix: orders/", 'prefix: orders/\n    events: ["s3:ObjectCreated:Put"]')]),
    "no publisher": (["FIRN111"], [('    publishers: ["${data}"]\n', "")]),
    "another publisher": (["FIRN111"], [('publishers: ["${data}"]', 'publishers: ["arn:aws:s3:::elsewhere"]')]),
    "key is not for S3": (["FIRN112"], [("Service: s3.amazonaws.com", "Service: events.amazonaws.com")]),
    "key of AWS": (["FIRN112"], [("kms_key: ${key.arn}\n    publishers", "kms_key: alias/aws/sns\n    publishers")]),
    "no subscriber": (["FIRN121"], [('    subscribers: ["${subscriber.iam_user_arn}"]\n', "")]),
    "location is blocked": (["FIRN201"], [("  role:\n", '    blocked_locations: ["s3://${data.name}/visits/private/"]\n  role:\n')]),
    "integration is off": (["FIRN202"], [("  role:\n", "    enabled: false\n  role:\n")]),
    "trusts another": (["FIRN211"], [('trust: { snowflake: "${integration}" }', "trust: { service: lambda.amazonaws.com }")]),
    "another external id": (["FIRN211"], [('{ snowflake: "${integration}" }', '{ snowflake: { iam_user_arn: '
                                           '"${integration.iam_user_arn}", external_id: guessed } }')]),
    "may not read": (["FIRN221", "FIRN222"], [("prefixes: [orders/, visits/]", "prefixes: [orders/]")]),
    "may read a part": (["FIRN221", "FIRN222"], [("prefixes: [orders/, visits/]", "prefixes: [orders/, visits/2026/]")]),
    "bucket denies": (["FIRN221"], [("  key:\n", """\
    statements:
      - { Effect: Deny, Principal: "*", Action: "s3:GetObject", Resource: "${data.arn}/orders/*" }
  key:
""")]),
    "may not list": (["FIRN222"], [("        s3_read: { bucket: \"${data}\", prefixes: [orders/, visits/] }\n", """\
        statements: [{ Effect: Allow, Action: "s3:GetObject", Resource: "${data.arn}/*" }]
""")]),
    "record into columns": (["FIRN301"], [(", match_by_column_name: CASE_INSENSITIVE", "")]),
    "header is not read": (["FIRN302"], [("format_type: JSON", "format_type: CSV")]),
    "a value too many": (["FIRN303"], [("match_by_column_name: CASE_INSENSITIVE",
                                        'select: "$1:id::NUMBER, $1:price::FLOAT, $1"')]),
    "no such column": (["FIRN304"], [("match_by_column_name: CASE_INSENSITIVE",
                                      'columns: [ID, PRIZE], select: "$1:id::NUMBER, $1:price::FLOAT"')]),
    "loads twice": (["FIRN401"], [("  visits_pipe:\n", """\
  more_orders:
    type: snowflake.pipe
    schema: ${raw}
    copy: { into: "${orders}", from: "${orders_stage}", path: 2026/, match_by_column_name: CASE_INSENSITIVE }
  visits_pipe:
""")]),
    "every location": (["firn402"], [('["s3://${data.name}/orders/", "s3://${data.name}/visits/"]', '["*"]')]),
    "a key in clear": (["FIRN403"], [("format_type: JSON", "format_type: JSON\n    comment: loaded as AKIAABCDEFGHIJKLMNOP")]),
    "no external id": (["firn404"], [('{ snowflake: "${integration}" }', """
      statements:
        - Effect: Allow
          Principal: { AWS: "${integration.iam_user_arn}" }
          Action: sts:AssumeRole""")]),
    "trusts an account": (["firn405"], [('{ snowflake: "${integration}" }', """
      statements:
        - Effect: Allow
          Principal: { AWS: "*" }
          Action: sts:AssumeRole
          Condition: { StringEquals: { "sts:ExternalId": "${integration.external_id}" } }""")]),
    "open to all": (["FIRN406"], [("  key:\n", """\
    statements:
      - { Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: "${data.arn}/orders/*" }
  key:
""")]),
    "an open lock": (["firn407"], [("  key:\n", "    public_access_block: { block_public_policy: false }\n  key:\n")]),
    "another region": (["FIRN408"], [("    topic: ${events}\n    prefix: orders/",
                                      "    topic: arn:aws:sns:us-east-1:111122223333:elsewhere\n    prefix: orders/")]),
    "a table for a format": (["FIRN409"], [("visits/\n    storage_integration: ${integration}\n    file_format: ${json}",
                                            "visits/\n    storage_integration: ${integration}\n    file_format: ${orders}")]),
    "may not decrypt": (["FIRN223"], [('        kms_decrypt: { keys: ["${key}"] }\n', "")]),
}

# The same for steps.yaml.
BARRED = {
    "called for another bucket": (["FIRN501"], [("source_arn: ${data}", "source_arn: arn:aws:s3:::elsewhere")]),
    "called by another service": (["FIRN501"], [("principal: s3.amazonaws.com\n    source_arn: ${data}",
                                                 "principal: events.amazonaws.com\n    source_arn: arn:aws:events:eu-west-1:111122223333:rule/x")]),
    "queue takes nothing": (["FIRN502"], [('    senders: ["${data}"]\n', "")]),
    "queue takes another topic": (["FIRN502"], [('senders: ["${news}"]', 'senders: ["arn:aws:sns:eu-west-1:111122223333:old"]')]),
    "cannot take from the queue": (["FIRN503"], [('"sqs:ReceiveMessage", "sqs:DeleteMessage", ', "")]),
}


class Lake(FirnCase):
    def setUp(self):
        super().setUp()
        self.write("environments/dev.yaml", ENVIRONMENT)
        self.write(STACK, (HERE / "lake.yaml").read_text())

    def trace(self, *arguments):
        return self.firn("trace", "lake", "--env", "dev", *arguments)


class Sound(Lake):
    def test_every_hop_passes(self):
        run = self.trace()
        self.assertEqual((run.code, run.err), (0, ""), str(run))
        self.assert_golden("sound.txt", run.out)

    def test_the_same_once_it_is_there(self):
        before = self.trace().out
        self.apply("lake", "--env", "dev")
        run = self.trace()
        self.assertEqual(run.code, 0, str(run))
        self.assertEqual(self.scrubbed(run.out), self.scrubbed(before))

    def test_one_road(self):
        run = self.trace("visits_pipe")
        self.assertEqual(run.code, 0, str(run))
        self.assertNotIn("orders_pipe", run.out)

    def test_a_road_that_is_none(self):
        run = self.refused("trace", "lake", "visit_pipe", "--env", "dev")
        self.assertIn('did you mean "visits_pipe"?', run.err)

    def test_json_says_the_same(self):
        roads = json.loads(self.trace("--json").out)
        self.assertEqual([road["road"] for road in roads], ["orders_pipe", "visits_pipe"])
        self.assertEqual({hop["passage"] for road in roads for hop in road["hops"]}, {"passes"})


class Objects(Lake):
    def test_one_that_lands(self):
        run = self.trace("--object", f"s3://{BUCKET}/visits/2026/a.json")
        self.assertEqual(run.code, 0, str(run))
        self.assert_golden("object.lands.txt", run.out)

    def test_one_that_is_not_announced(self):
        run = self.trace("--object", f"s3://{BUCKET}/visits/2026/a.csv")
        self.assertEqual(run.code, 1, str(run))
        self.assert_golden("object.stops.txt", run.out)

    def test_one_that_the_pattern_leaves_out(self):
        self.edit(STACK, 'pattern: ".*[.]json"', 'pattern: "2025/.*"')
        run = self.trace("--object", f"s3://{BUCKET}/visits/2026/a.json")
        self.assertEqual(run.code, 1, str(run))
        self.assertIn("warning FIRN131: ", run.out)

    def test_one_that_nothing_loads(self):
        run = self.trace("--object", f"s3://{BUCKET}/other/a.json")
        self.assertEqual(run.code, 1, str(run))
        self.assert_golden("object.nothing.txt", run.out)

    def test_what_is_no_object(self):
        self.assertIn("--object s3://bucket/key", self.refused(
            "trace", "lake", "--env", "dev", "--object", "visits/a.json").err)


class Broken(Lake):
    def test_each_is_told_with_its_mend(self):
        for name, (codes, edits) in BROKEN.items():
            with self.subTest(name):
                self.write(STACK, (HERE / "lake.yaml").read_text())
                for before, after in edits:
                    self.edit(STACK, before, after)
                run = self.trace()
                refuses = any(code.isupper() for code in codes)
                self.assertEqual(run.code, 1 if refuses else 0, str(run))
                for code in codes:
                    word = "error" if code.isupper() else "warning"
                    self.assertIn(f"\n{word} {code.upper()}: ", run.out, str(run))
                self.assert_golden(f"{name.replace(' ', '-')}.txt", run.out)

    def test_what_bars_functions_and_queues(self):
        self.write("stacks/steps/code/main.py", "def handler(event, context):\n    pass\n")
        steps = "stacks/steps/stack.yaml"
        self.write(steps, (HERE / "steps.yaml").read_text())
        self.ok("trace", "steps", "--env", "dev")
        for name, (codes, edits) in BARRED.items():
            with self.subTest(name):
                self.write(steps, (HERE / "steps.yaml").read_text())
                for before, after in edits:
                    self.edit(steps, before, after)
                run = self.firn("trace", "steps", "--env", "dev")
                self.assertEqual(run.code, 1, str(run))
                for code in codes:
                    self.assertIn(f"\nerror {code}: ", run.out, str(run))
                self.assert_golden(f"{name.replace(' ', '-')}.txt", run.out)

    def test_every_check_has_a_row(self):
        listed = {line.split()[0] for line in self.ok("explain", "checks").out.splitlines()}
        told = {code.upper() for rows in (BROKEN, BARRED) for codes, _ in rows.values() for code in codes}
        self.assertEqual(listed, told | {"FIRN131"})

    def test_a_plan_refuses_what_is_broken_and_warns_of_the_rest(self):
        self.edit(STACK, "prefix: visits/", "prefix: visit-logs/")
        run = self.refused("plan", "lake", "--env", "dev")
        self.assertIn("error FIRN102: ", run.err)
        self.assertEqual(run.out, "")
        self.refused("apply", "lake", "--env", "dev", "--yes")
        self.edit(STACK, "prefix: visit-logs/", "prefix: visits/2026/")
        self.assertIn("warning FIRN103: ", self.apply("lake", "--env", "dev").out)

    def test_a_destroy_asks_nothing(self):
        self.apply("lake", "--env", "dev")
        self.edit(STACK, "prefix: visits/", "prefix: visit-logs/")
        self.ok("destroy", "lake", "--env", "dev", "--yes")


class Waivers(Lake):
    BROKEN = "    prefix: visits/\n"

    def waive(self, comment):
        self.edit(STACK, "  visits_files:\n", f"  # firn: {comment}\n  visits_files:\n")

    def test_above_the_object_with_its_reason(self):
        self.edit(STACK, self.BROKEN, "    prefix: visit-logs/\n")
        self.waive("allow FIRN102 because the producer moves next week")
        run = self.ok("plan", "lake", "--env", "dev")
        self.assertIn("Allowed by the author:\n  FIRN102 visits_files: ", run.out)
        self.assertIn("    because the producer moves next week\n", run.out)
        self.assertIn("the producer moves next week", self.trace().out)
        waived = [finding["waived"] for road in json.loads(self.trace("--json").out)
                  for hop in road["hops"] for finding in hop["findings"]]
        self.assertEqual(waived, ["the producer moves next week"])

    def test_at_the_end_of_the_line(self):
        self.edit(STACK, self.BROKEN, "    prefix: visit-logs/  # firn: allow FIRN102 because we test\n")
        self.ok("plan", "lake", "--env", "dev")

    def test_elsewhere_it_waives_nothing(self):
        self.edit(STACK, self.BROKEN, "    prefix: visit-logs/\n")
        self.edit(STACK, "  orders_files:\n", "  # firn: allow FIRN102 because of nothing\n  orders_files:\n")
        run = self.refused("plan", "lake", "--env", "dev")
        self.assertIn("warning: the waiver of FIRN102 waives nothing", run.err)
        self.assertIn("error FIRN102: ", run.err)

    def test_without_a_reason(self):
        self.edit(STACK, self.BROKEN, "    prefix: visit-logs/\n")
        self.waive("allow FIRN102")
        self.assertIn("gives no reason", self.refused("plan", "lake", "--env", "dev").err)

    def test_of_a_code_that_is_none(self):
        self.waive("allow FIRN1O2 because of a typing error")
        self.assertIn('did you mean "FIRN1', self.refused("plan", "lake", "--env", "dev").err)


if __name__ == "__main__":
    unittest.main()
