"""Destroying the finance stack, and the names of its topics, which stay taken for 72 hours."""
import unittest
from datetime import datetime, timedelta

from finance_case import FinanceCase

TOPICS = {"fdl-dev-snowpipe-coinlore", "fdl-dev-snowpipe-reddit"}
SECOND = {f"{name}-g2" for name in TOPICS}

# A topic that only the bucket uses: Snowflake never subscribes to it.
BARE = """\
stack: bare
naming: { project: bare, short: br }
resources:
  data: { type: aws.s3_bucket, force_destroy: true }
  arrivals:
    type: aws.sns_topic
    publishers: ["${data}"]
  rule:
    type: aws.s3_notification
    bucket: ${data}
    topic: ${arrivals}
    prefix: in/
"""


def instant(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")


class Destroy(FinanceCase):
    def destroy(self):
        return self.ok("destroy", "finance", "--yes")

    def topic_names(self):
        """What a plan would call the two topics now, and what it says of it."""
        steps = [step for step in self.plan_steps("finance").values()
                 if step["type"] == "aws.sns_topic" and step["address"] != "alerts"]
        return ({step["name"] for step in steps},
                [note for step in steps for note in step.get("notes", [])])

    def now(self):
        return instant(self.ok("sandbox", "status").out.split()[4].rstrip("."))

    def test_says_what_goes_and_what_is_lost(self):
        run = self.firn("plan", "finance", "--destroy", "--detailed-exitcode")
        self.assertEqual((run.code, run.err), (2, ""), str(run))
        self.assert_golden("destroy.plan.txt", run.out)

    def test_needs_somebody_to_agree(self):
        before = self.things()
        run = self.refused("destroy", "finance")
        self.assert_golden("destroy.unconfirmed.txt", run.err)
        self.assertEqual(self.things(), before)

    def test_leaves_both_clouds_empty_and_what_can_be_brought_back(self):
        run = self.destroy()
        after_plan = run.out.split(" to remove.\n", 1)[1]
        self.assert_golden("destroy.outcome.txt", after_plan)
        self.assertEqual(self.things(), {})
        self.assertIn("\nIt is empty.\n", self.ok("sandbox", "status").out)
        state = self.state()
        self.assertEqual((state["resources"], state["outputs"]), ([], {}))
        kept = {name: ("aws.sns_topic", timedelta(hours=72)) for name in TOPICS}
        kept["fdl-dev-reddit-api"] = ("aws.secret", timedelta(days=7))
        self.assertEqual({tombstone["name"] for tombstone in state["tombstones"]}, set(kept))
        for tombstone in state["tombstones"]:
            kind, window = kept[tombstone["name"]]
            self.assertEqual(tombstone["type"], kind)
            left = instant(tombstone["until"]) - self.now()
            self.assertLess(abs(left - window), timedelta(seconds=5))

    def test_twice_has_nothing_to_do(self):
        self.destroy()
        run = self.destroy()
        self.assert_golden("destroy.twice.txt", run.out)

    def test_an_apply_at_once_takes_the_next_generation_and_says_why(self):
        self.destroy()
        names, notes = self.topic_names()
        self.assertEqual(names, SECOND)
        self.assert_golden("destroy.next-generation.txt", "\n".join(sorted(notes)) + "\n")
        run = self.apply("finance")
        for note in notes:
            self.assertIn(f"note: {note}\n", run.out)
        # Within its recovery window the secret comes back, with the value that it had.
        self.assertIn("note: brings back fdl-dev-reddit-api, ", run.out)
        self.assertEqual(self.resource("reddit_api")["name"], "fdl-dev-reddit-api")
        self.assert_plan_is_empty("finance")
        self.assertEqual(self.topics(), SECOND)
        self.assertEqual(
            {properties["aws_sns_topic"].split(":")[-1] for properties in self.pipes().values()},
            SECOND)
        # And it stays with them, also when the plain names are free again.
        self.ok("sandbox", "advance", "73h")
        self.assert_plan_is_empty("finance")

    def test_after_73_hours_the_plain_names_are_back(self):
        self.destroy()
        self.ok("sandbox", "advance", "71h")
        self.assertEqual(self.topic_names()[0], SECOND)
        self.ok("sandbox", "advance", "2h")
        self.assertEqual(self.topic_names(), (TOPICS, []))
        self.assertEqual([tombstone["type"] for tombstone in self.state()["tombstones"]], ["aws.secret"])
        self.apply("finance")
        self.assertEqual(self.state()["tombstones"], [])
        self.assertEqual(self.topics(), TOPICS)
        self.assert_plan_is_empty("finance")


class NeverSubscribed(FinanceCase):
    APPLIED = False

    def test_leaves_no_tombstone(self):
        self.write("stacks/bare/stack.yaml", BARE)
        self.apply("bare")
        self.assertEqual(self.topics(), {"br-dev-arrivals"})
        run = self.ok("destroy", "bare", "--yes")
        self.assert_golden("destroy.never-subscribed.txt", run.out + "--- progress\n" + run.err)
        self.assertEqual(self.state("bare")["tombstones"], [])
        self.assertEqual(self.plan_steps("bare")["arrivals"]["name"], "br-dev-arrivals")
        self.apply("bare")
        self.assertEqual(self.topics(), {"br-dev-arrivals"})


if __name__ == "__main__":
    unittest.main()
