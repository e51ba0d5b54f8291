"""The finance pipeline from nothing to done: planned, applied in one pass, planned again."""
import json
import unittest

import finance_names_test
from finance_case import FinanceCase, unknowns

BUCKET = "finance-de-lab-local-eu-west-1"

# Every object with its final name; what has none of its own (rules, grants) counts by its type.
NAMES = {kind: {name.format(e="dev", E="Dev", U="DEV") for name in names}
         for kind, names in finance_names_test.NAMES.items()}
NAMES["aws.s3_bucket"] = {BUCKET}


class FirstPlan(FinanceCase):
    APPLIED = False

    def test_reads_as_its_golden_file(self):
        run = self.firn("plan", "finance", "--env", "local", "--detailed-exitcode")
        self.assertEqual((run.code, run.err), (2, ""), str(run))
        self.assert_golden("finance.plan.txt", run.out)

    def test_names_every_object_as_it_will_be(self):
        names = {}
        for step in self.plan_steps("finance").values():
            self.assertEqual(step["action"], "create", step["address"])
            if step["name"]:
                names.setdefault(step["type"], set()).add(step["name"])
        self.assertEqual(names, NAMES)

    def test_knows_all_but_what_the_clouds_make_up(self):
        plan = json.loads(self.ok("plan", "finance", "--json").out)
        inputs = {step["address"]: step["after"] for step in plan["steps"]}
        self.assertEqual(
            {waits for _, waits in unknowns(inputs)} | {waits for _, waits in unknowns(
                {output["name"]: output["after"] for output in plan["outputs"]})},
            {
                "s3_integration.external_id", "s3_integration.iam_user_arn",
                # Six characters of a secret's ARN are drawn; an image has its digest when it is built.
                "reddit_api.arn", "processRedditData_image.uri",
            })

    def test_creates_nothing(self):
        self.ok("plan", "finance")
        self.assertEqual(self.things(), {})
        self.assertFalse((self.project / ".firn/finance.local.state.db").exists())

    def test_is_the_same_twice(self):
        first = self.ok("plan", "finance")
        self.assertEqual(self.ok("plan", "finance").out, first.out)


class FirstApply(FinanceCase):
    def test_says_what_was_done(self):
        self.assertEqual(self.applied.code, 0)
        self.assertIn("\nPlan: 59 to create, ", self.applied.out)
        after_plan = self.applied.out.split(" to remove.\n", 1)[1]
        # What runs at the same time ends in any order.
        progress = "".join(sorted(self.applied.err.splitlines(keepends=True)))
        self.assert_golden("finance.apply.txt",
                           f"{after_plan}\n--- progress, sorted\n{progress}")

    def test_leaves_nothing_to_do(self):
        self.assert_plan_is_empty("finance")
        again = self.apply("finance")
        self.assert_golden("finance.apply-again.txt", again.out)
        self.assertEqual(again.err, "")

    def test_the_role_trusts_the_integrations_user_and_external_id(self):
        integration = self.resource("s3_integration")["outputs"]
        (statement,) = self.trust_of("FDLDevSnowpipeRole")["Statement"]
        self.assertEqual(statement["Principal"], {"AWS": integration["iam_user_arn"]})
        self.assertEqual(statement["Condition"],
                         {"StringEquals": {"sts:ExternalId": integration["external_id"]}})
        made = self.documents()[("snowflake/FIRN-LOCAL/integration",
                                 "000000000000\x1fFDL_DEV_S3_INTEGRATION")]["properties"]
        self.assertEqual(made["storage_aws_external_id"], integration["external_id"])
        self.assertEqual(made["storage_aws_role_arn"],
                         "arn:aws:iam::111122223333:role/FDLDevSnowpipeRole")

    def test_the_bucket_has_one_document_with_two_rules(self):
        self.assertEqual(
            self.rules_of(BUCKET), {
                "fdl-dev-snowpipe-coinlore": "coinlore/processed/",
                "fdl-dev-snowpipe-reddit": "reddit/processed/"
            })
        self.assertEqual(
            len(self.answered(self.log(), "PutBucketNotificationConfiguration", BUCKET)), 1)

    def test_each_pipe_is_on_its_own_topic(self):
        topics = {
            name: properties["aws_sns_topic"].split(":")[-1]
            for name, properties in self.pipes().items()
        }
        self.assertEqual(
            topics, {
                "COINLORE_DATA_PIPE": "fdl-dev-snowpipe-coinlore",
                "REDDIT_DATA_PIPE": "fdl-dev-snowpipe-reddit"
            })

    def test_integration_and_role_were_created_exactly_once(self):
        log = self.log()
        for operation, target in (("CREATE INTEGRATION", "FDL_DEV_S3_INTEGRATION"),
                                  ("CreateRole", "FDLDevSnowpipeRole")):
            asked = [entry for entry in log
                     if entry["operation"] == operation and entry["target"] == target]
            self.assertEqual([entry["status"] for entry in asked], [200], operation)
        # Nor was either touched again: what they need of each other came in the right order.
        self.assertEqual(self.answered(log, "ALTER INTEGRATION"), [])
        self.assertEqual(self.answered(log, "UpdateAssumeRolePolicy"), [])

    def test_the_sandbox_holds_what_the_plan_named(self):
        held = set()
        for (collection, key), document in self.things().items():
            kind = collection.rsplit("/", 1)[-1]
            if kind not in ("subscription", "future"):
                held.add(document.get("name") or key.split("\x1f")[-1])
        named = set().union(*NAMES.values())
        # A database comes with schemas of its own.
        self.assertEqual({name for name in held if name not in
                          ("INFORMATION_SCHEMA", "SNOWFLAKE")}, named)

    def test_status_counts_it(self):
        status = self.ok("sandbox", "status").out.splitlines()
        self.assertRegex(status[0], r"^The sandbox's time is 2026-01-01T00:00:\d\dZ\.$")
        self.assert_golden("finance.status.txt", "\n".join(status[1:]) + "\n")


if __name__ == "__main__":
    unittest.main()
