"""Edits of the finance stack: what is planned for each, carried out, and planned again as empty."""
import unittest

from finance_case import STACK, FinanceCase

BUCKET = "finance-de-lab-local-eu-west-1"
REDDIT_TABLE = "FDL_DEV_DATABASE.FDL_DEV_LOADING_SCHEMA.FDL_DEV_REDDIT_TABLE"
SEQUENCE = ("Create", "Put", "Update", "Set", "Delete", "CREATE", "ALTER", "DROP")


class EditCase(FinanceCase):
    def planned(self, golden, *more):
        """The plan after an edit; its text is the golden file."""
        run = self.firn("plan", "finance", "--detailed-exitcode", *more)
        self.assertEqual((run.code, run.err), (2, ""), str(run))
        self.assert_golden(golden, run.out)
        return {address: step for address, step in self.plan_steps("finance").items()
                if step["action"] != "none"}

    def carried_out(self, *more):
        """Applies the edit and answers the calls that changed something, in order."""
        before = len(self.log())
        self.apply("finance", *more)
        calls = [entry for entry in self.log()[before:]
                 if entry["status"] < 300 and entry["operation"].startswith(SEQUENCE)]
        self.assert_plan_is_empty("finance")
        return [(entry["operation"], entry["target"].rsplit(".", 1)[-1]) for entry in calls]

    def actions(self, steps):
        return {address: step["action"] for address, step in steps.items()}

    def assert_order(self, calls, *wanted):
        """The wanted calls were made once each, in this order."""
        for call in wanted:
            self.assertEqual(calls.count(call), 1, f"{call} in {calls}")
        positions = [calls.index(call) for call in wanted]
        self.assertEqual(positions, sorted(positions), calls)


class InPlace(EditCase):
    def test_a_schedule(self):
        self.edit(STACK, "default: rate(10 minutes)", "default: rate(30 minutes)")
        steps = self.planned("edit.schedule.txt")
        self.assertEqual(self.actions(steps), {"step_function_scheduler": "update"})
        self.assertEqual(self.carried_out(), [("UpdateSchedule", "FDLDevStepFunctionScheduler")])
        schedule = self.documents()[("aws/111122223333/eu-west-1/scheduler/schedule",
                                     "fdl-dev/FDLDevStepFunctionScheduler")]
        self.assertIn("rate(30 minutes)", str(schedule))

    def test_a_new_column(self):
        before = self.table("FDL_DEV_REDDIT_TABLE")
        self.edit(STACK, "      - { name: AVERAGE_SENTIMENT, type: FLOAT }\n",
                  "      - { name: AVERAGE_SENTIMENT, type: FLOAT }\n"
                  "      - { name: LANGUAGE, type: VARCHAR(2) }\n")
        steps = self.planned("edit.new-column.txt")
        self.assertEqual(self.actions(steps), {"reddit_table": "update"})
        self.assertEqual(self.carried_out(), [("ALTER TABLE", "FDL_DEV_REDDIT_TABLE")])
        after = self.table("FDL_DEV_REDDIT_TABLE")
        columns = [column["name"] for column in before["properties"]["columns"]]
        self.assertEqual([column["name"] for column in after["properties"]["columns"]],
                         columns + ["LANGUAGE"])
        self.assertEqual(after["id"], before["id"])  # the same table, with its rows

    def table(self, name):
        (table,) = [document for (collection, key), document in self.documents().items()
                    if collection.endswith("/relation") and key.split("\x1f")[-1] == name]
        return table

    def test_a_prefix(self):
        self.edit(STACK, "default: reddit/processed/", "default: reddit/clean/")
        steps = self.planned("edit.prefix.txt")
        self.assertEqual(
            self.actions(steps), {
                "reddit_files": "update",
                "reddit_data_stage": "update",
                "s3_integration": "update",
                "snowpipe_role": "update",
                "processRedditData_role": "update",
                # Snowflake stops a pipe whose stage moves (STOPPED_STAGE_ALTERED), for good.
                "reddit_data_pipe": "replace",
            })
        calls = self.carried_out()
        self.assert_order(calls, ("DROP PIPE", "REDDIT_DATA_PIPE"),
                          ("ALTER STAGE", "REDDIT_DATA_STAGE"),
                          ("CREATE PIPE", "REDDIT_DATA_PIPE"))
        # The whole document in one call.
        self.assertEqual(calls.count(("PutBucketNotificationConfiguration", BUCKET)), 1)
        self.assertEqual(
            self.rules_of(BUCKET), {
                "fdl-dev-snowpipe-coinlore": "coinlore/processed/",
                "fdl-dev-snowpipe-reddit": "reddit/clean/"
            })
        self.assertFalse({"CREATE INTEGRATION", "CREATE STAGE", "CreateRole", "CreateTopic"} &
                         {operation for operation, _ in calls})


class Topics(EditCase):
    def test_renamed_by_its_address(self):
        stack = self.project / STACK
        stack.write_text(stack.read_text().replace("snowpipe_reddit", "snowpipe_forum"))
        steps = self.planned("edit.topic-address.txt")
        self.assertEqual(
            self.actions(steps), {
                "snowpipe_forum": "create",
                "reddit_files": "update",
                "reddit_data_pipe": "replace",
                "snowpipe_reddit": "remove",
            })
        self.check_the_order(self.carried_out(), "fdl-dev-snowpipe-forum")

    def test_renamed_by_its_name(self):
        self.edit(STACK, "  snowpipe_reddit:\n", "  snowpipe_reddit:\n    name: fdl-dev-forum\n")
        steps = self.planned("edit.topic-name.txt")
        self.assertEqual(
            self.actions(steps), {
                "snowpipe_reddit": "replace",
                "reddit_files": "update",
                "reddit_data_pipe": "replace",
            })
        self.assertTrue(steps["snowpipe_reddit"]["create_first"])
        self.check_the_order(self.carried_out(), "fdl-dev-forum")

    def check_the_order(self, calls, topic):
        """The new one, then its users, then the old one goes."""
        old = "fdl-dev-snowpipe-reddit"
        for user in (("PutBucketNotificationConfiguration", BUCKET),
                     ("CREATE PIPE", "REDDIT_DATA_PIPE")):
            self.assert_order(calls, ("CreateTopic", topic), user, ("DeleteTopic", old))
        self.assertEqual(self.topics(), {topic, "fdl-dev-snowpipe-coinlore"})
        self.assertEqual(set(self.rules_of(BUCKET)), self.topics())
        self.assertEqual(
            self.pipes()["REDDIT_DATA_PIPE"]["aws_sns_topic"].split(":")[-1], topic)
        (tombstone,) = self.state()["tombstones"]
        self.assertEqual((tombstone["type"], tombstone["name"]), ("aws.sns_topic", old))


class Loss(EditCase):
    def setUp(self):
        super().setUp()
        self.edit(STACK, "      - { name: NAMEID, type: VARCHAR }\n"
                  "      - { name: COUNT,", "      - { name: NAMEID, type: VARCHAR(40) }\n"
                  "      - { name: COUNT,")

    def test_comes_first_in_the_plan(self):
        steps = self.planned("edit.narrower-column.txt")
        self.assertEqual(
            self.actions(steps), {"reddit_table": "replace", "coin_sentiment": "update", "loader_rights": "update"})
        lines = self.ok("plan", "finance").out.splitlines()
        self.assertEqual(lines[2], "Data would be lost:")

    def test_is_refused_without_consent(self):
        before = self.things()
        state = self.state()
        run = self.refused("apply", "finance", "--yes")
        self.assert_golden("edit.narrower-column.refused.txt", run.err)
        self.assertEqual(self.things(), before)
        self.assertEqual(self.state(), state)

    def test_is_refused_with_consent_to_another(self):
        before = self.things()
        self.refused("apply", "finance", "--yes", "--accept-loss", "coinlore_table")
        self.assertEqual(self.things(), before)

    def test_is_accepted_by_address(self):
        calls = self.carried_out("--accept-loss", "reddit_table")
        self.assert_order(calls, ("DROP TABLE", "FDL_DEV_REDDIT_TABLE"),
                          ("CREATE TABLE", "FDL_DEV_REDDIT_TABLE"))


if __name__ == "__main__":
    unittest.main()
