"""firn import: what exists is found, shown, marked and remembered; and what is refused."""
import fcntl
import json
import re
import shutil
import unittest

from edited_state import edited
from firn_case import SOURCE
from marks import Marks, take_off
from road_case import STACK, RoadCase
from surroundings_test import AWS_KEYS, free_port

STATE = ".firn/road.local.state.db"
SANDBOX = ".firn/sandbox.db"


class ImportCase(RoadCase):
    def forget(self, *addresses, stack="road"):
        """As if firn had never heard of these; of all, when none is named."""
        state = self.project / f".firn/{stack}.local.state.db"
        if not addresses:
            state.unlink()
            # With its copies: beside them firn would not begin anew.
            shutil.rmtree(f"{state}.backups", ignore_errors=True)
            return
        with edited(state) as database:
            for address in addresses:
                (count,) = database.execute(
                    "SELECT count(*) FROM resources WHERE address = ?", (address,)).fetchone()
                self.assertEqual(count, 1, address)
                database.execute("DELETE FROM resources WHERE address = ?", (address,))
            for address, needs in database.execute(
                    "SELECT address, dependencies FROM resources").fetchall():
                kept = [need for need in json.loads(needs) if need not in addresses]
                database.execute("UPDATE resources SET dependencies = ? WHERE address = ?",
                                 (json.dumps(kept, separators=(",", ":")), address))

    def unmark(self, *addresses, stack="road"):
        """Takes firn's marks off these objects in the sandbox."""
        take_off(self.project / SANDBOX, Marks(stack, "local", addresses))

    def take_in(self, address, *more, stack="road"):
        return self.ok("import", stack, address, *more, "--yes")

    def changes_since(self, before):
        """What firn asked of the clouds to change since then."""
        changing = ("Create", "Put", "Tag", "Set", "Update", "CREATE", "ALTER", "GRANT", "REVOKE")
        return [entry["operation"] for entry in self.log()[before:]
                if entry["operation"].startswith(changing)]


class Taking(ImportCase):
    def setUp(self):
        super().setUp()
        self.apply("road")
        self.before = self.things()

    def test_everything_after_the_state_was_lost(self):
        addresses = [one["address"] for one in self.state("road")["resources"]]
        self.forget()
        asked = len(self.log())
        for address in addresses:
            self.take_in(address)
        self.assertEqual(self.changes_since(asked), [], "all of it carries our marks already")
        plan = json.loads(self.ok("plan", "road", "--json").out)
        self.assertEqual({step["action"] for step in plan["steps"]}, {"none"})
        self.apply("road")  # outputs, and what depends on what
        self.assert_plan_is_empty("road")
        self.assertEqual(self.things(), self.before)
        self.ok("destroy", "road", "--yes")
        self.assertEqual(self.things(), {})

    def test_what_was_made_by_hand_is_marked_and_nothing_else_changes(self):
        addresses = [one["address"] for one in self.state("road")["resources"]]
        self.forget()
        self.unmark(*addresses)
        self.assertNotEqual(self.things(), self.before)
        run = self.take_in("data")
        self.assert_golden("import.txt", run.out)
        self.assert_golden("import.progress.txt", run.err)
        for address in addresses:
            if address != "data":
                self.take_in(address)
        self.assertEqual(self.things(), self.before, "with its marks it is what firn had made")
        self.apply("road")
        self.assert_plan_is_empty("road")

    def test_what_differs_is_shown_kept_and_mended_by_the_next_apply(self):
        self.forget("events")
        self.unmark("events")
        self.edit(STACK, "- { name: ID, type: VARCHAR }",
                  "- { name: ID, type: VARCHAR }\n      - { name: AT, type: DATE }\n"
                  "    retention_days: 3\n    comment: As it comes")
        run = self.take_in("events")
        self.assert_golden("import.differs.txt", run.out)
        self.assertEqual(self.resource("events", "road")["inputs"]["comment"], "")
        steps = self.plan_steps("road")
        self.assertEqual(steps["events"]["action"], "update")
        self.assertEqual(sorted(change["path"] for change in steps["events"]["changes"]),
                         ["columns[AT]", "comment", "retention_days"])
        self.apply("road")
        self.assert_plan_is_empty("road")

    def test_a_name_of_its_own_is_kept(self):
        """A quoted lower-case identifier, as an earlier installation made it."""
        self.ok("destroy", "road", "--yes")
        self.edit(STACK, "  raw:\n    type: snowflake.schema\n",
                  "  raw:\n    type: snowflake.schema\n    name: legacy_raw\n")
        self.apply("road", "--only", "raw")
        self.forget("raw")
        self.unmark("raw")
        self.edit(STACK, "    name: legacy_raw\n", "")
        self.assert_refused("import.other-name.txt", "import", "road", "raw", "--yes")
        self.take_in("raw", "legacy_raw")
        raw = self.resource("raw", "road")
        self.assertEqual(raw["name"], "legacy_raw")
        self.assertTrue(raw["outputs"]["fqn"].endswith('."legacy_raw"'), raw["outputs"]["fqn"])
        self.apply("road")
        self.assert_plan_is_empty("road")
        table = self.resource("events", "road")
        self.assertIn('"legacy_raw"', table["outputs"]["fqn"])
        self.ok("destroy", "road", "--yes")
        self.assertEqual(self.things(), {})

    def test_a_rule_without_a_name_is_found_by_what_it_is_for(self):
        self.forget("rule")
        self.unmark("rule")
        self.assertEqual(self.rules(), ["by-hand-rule"])
        run = self.take_in("rule")
        self.assertIn(">+ rule is imported", run.out)
        self.assertEqual(self.rules(), ["firn:road/local/rule"])
        self.assertEqual(self.resource("rule", "road")["outputs"]["rule_id"],
                         "firn:road/local/rule")

    def test_and_by_its_id_where_one_is_said(self):
        self.forget("rule")
        self.unmark("rule")
        self.assert_refused("import.no-such-rule.txt", "import", "road", "rule", "another", "--yes")
        self.take_in("rule", "by-hand-rule")
        self.assertEqual(self.rules(), ["firn:road/local/rule"])

    def rules(self):
        text = json.dumps([document for place, document in self.documents().items()
                           if place[0].endswith("/bucket")])
        return re.findall(r"(firn:road/local/rule|by-hand-rule)", text)

    def test_as_json(self):
        self.forget("events")
        run = self.ok("import", "road", "events", "--yes", "--json")
        answer = json.loads(run.out)
        self.assertEqual((answer["imported"], answer["failures"], answer["interrupted"]),
                         (True, [], False))
        self.assertEqual({key: answer["object"][key] for key in ("address", "type", "action", "name")},
                         {"address": "events", "type": "snowflake.table", "action": "adopt",
                          "name": "EVENTS"})
        self.assertNotIn("changes", answer["object"])

    def test_it_is_noted_among_the_runs(self):
        self.forget("events")
        self.take_in("events")
        runs = [row[1] for row in sorted(self.rows(STATE)["runs"])]
        self.assertEqual(runs[-1], "import road events --yes")
        intents = [row for row in self.rows(STATE)["intents"] if "events" in row]
        self.assertTrue(intents)


class Refusing(ImportCase):
    def setUp(self):
        super().setUp()
        self.apply("road")

    def test_words(self):
        self.assert_refused("import.undeclared.txt", "import", "road", "event", "--yes")
        self.assert_refused("import.recorded.txt", "import", "road", "events", "--yes")
        self.forget("events")
        before = self.everything()
        run = self.refused("import", "road", "events")
        self.assert_golden("import.no-answer.txt", run.out + run.err)
        self.assertEqual(self.everything(), before)
        self.edit(STACK, "  events:\n", "  later:\n    type: snowflake.role\n  who:\n"
                  "    type: snowflake.sns_subscriber\n    topic: ${arrivals}\n  kept:\n"
                  "    type: firn.value\n    input: 1\n  events:\n")
        self.assert_refused("import.not-there.txt", "import", "road", "later", "--yes")
        self.assert_refused("import.look-up.txt", "import", "road", "who", "--yes")
        self.assert_refused("import.in-no-cloud.txt", "import", "road", "kept", "--yes")

    def test_what_another_stack_owns(self):
        self.write("stacks/other/stack.yaml",
                   "stack: other\nnaming: { project: road, short: rd }\nresources:\n"
                   "  mine: { type: snowflake.database, name: "
                   f"{self.resource('database', 'road')['name']} }}\n")
        run = self.refused("import", "other", "mine", "--yes")
        self.assert_golden("import.owned.txt", run.err)
        self.assertEqual(self.resource("database", "road")["address"], "database")

    def test_a_grant_is_not_called_anything(self):
        self.edit(STACK, "  events:\n", "  reader:\n    type: snowflake.role\n  reads:\n"
                  "    type: snowflake.grant\n    privileges: [USAGE]\n"
                  "    on: { database: \"${database}\" }\n    to: { role: \"${reader}\" }\n"
                  "  events:\n")
        self.apply("road")
        self.forget("reads")
        self.assert_refused("import.nameless.txt", "import", "road", "reads", "READS", "--yes")
        self.take_in("reads")
        self.assert_plan_is_empty("road")

    def test_one_object_has_one_address(self):
        self.edit(STACK, "  events:\n", "  seal:\n    type: aws.kms_key\n  events:\n")
        self.apply("road")
        key = self.resource("seal", "road")["outputs"]["key_id"]
        self.edit(STACK, "  events:\n", "  other_seal:\n    type: aws.kms_key\n  events:\n")
        self.assert_refused("import.twice.txt", "import", "road", "other_seal", key, "--yes")
        # Its inputs do not say which key is meant, so an id does.
        self.assert_refused("import.which.txt", "import", "road", "other_seal", "--yes")
        self.assert_refused("import.no-key.txt", "import", "road", "other_seal", "alias/nothing", "--yes")

    def test_what_the_stack_says_of_it_is_no_type(self):
        self.edit(STACK, "  events:\n", "  pond:\n    type: aws.s3_pond\n  events:\n")
        self.assert_refused("import.no-such-type.txt", "import", "road", "pond", "--yes")

    def test_what_it_is_in_is_not_there_yet(self):
        """What it is found by is not known before the other is made or imported."""
        self.edit(STACK, "  events:\n", "  seal:\n    type: aws.kms_key\n  hook:\n"
                  "    type: aws.sns_subscription\n    topic: ${arrivals}\n    protocol: https\n"
                  "    endpoint: \"https://hooks.example.com/${seal.key_id}\"\n  events:\n")
        self.assert_refused("import.not-yet.txt", "import", "road", "hook", "--yes")

    def test_a_cloud_that_does_not_answer(self):
        self.forget("data")
        text = (self.project / "environments/local.yaml").read_text()
        self.write("environments/local.yaml", text.replace(
            "aws: { target: sandbox", f'aws: {{ target: "http://127.0.0.1:{free_port()}"'))
        self.assert_refused("import.no-cloud.txt", "import", "road", "data", "--yes", env=AWS_KEYS)

    def test_while_somebody_else_is_at_work(self):
        self.forget("events")
        with open(self.project / f"{STATE}.lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            json.dump({"who": "ada@build-7", "command": "apply road", "process": 4711,
                       "since": "2026-01-02T03:04:05Z"}, lock)
            lock.flush()
            self.assert_refused("state.locked.txt", "import", "road", "events", "--yes")

    def test_with_a_state_that_cannot_be_written(self):
        self.forget("events")
        (self.project / STATE).chmod(0o444)
        self.assert_refused("state.read-only-file.txt", "import", "road", "events", "--yes")


class AllOfFinance(ImportCase):
    """Every type that finance has, found again after its state was lost."""

    def setUp(self):
        super().setUp()
        for folder in ("stacks/finance", "stacks/components"):
            shutil.copytree(SOURCE / folder, self.project / folder)
        (self.project / "environments/local.yaml").unlink()
        shutil.copy(SOURCE / "environments/local.yaml", self.project / "environments/local.yaml")

    def test_each_object(self):
        self.apply("finance")
        resources = self.state()["resources"]
        before = self.things()
        for lost_marks in (False, True):
            with self.subTest(lost_marks=lost_marks):
                self.forget(stack="finance")
                if lost_marks:
                    self.unmark(*(one["address"] for one in resources), stack="finance")
                for one in resources:
                    self.take_in(one["address"], stack="finance")
                steps = self.plan_steps("finance")
                self.assertEqual({address: step["changes"] for address, step in steps.items()
                                  if step["action"] != "none"}, {})
                self.apply("finance")
                self.assert_plan_is_empty("finance")
                self.assertEqual(self.things().keys(), before.keys())


if __name__ == "__main__":
    unittest.main()
