"""A plan saved with --out: applied exactly, or refused because something moved on."""
import json
import unittest

from road_case import STACK, RoadCase

PLAN = "next.plan"


class PlanFile(RoadCase):
    def setUp(self):
        super().setUp()
        self.apply("road")
        self.edit(STACK, "type: VARCHAR }", "type: VARCHAR }\n      - { name: AT, type: DATE }")
        self.saved = self.ok("plan", "road", "--out", PLAN)

    def columns(self):
        return [column["name"] for column in self.resource("events", "road")["inputs"]["columns"]]

    def test_is_applied_without_asking(self):
        self.assert_golden("plan-file.saved.txt", self.saved.out)
        run = self.ok("apply", PLAN)
        self.assert_golden("plan-file.applied.txt", run.out)
        self.assertEqual(self.columns(), ["ID", "AT"])
        self.assert_plan_is_empty("road")

    def test_of_the_first_apply(self):
        """Before there is any state."""
        run = self.ok("plan", "road", "--state", "first.db", "--sandbox", "first-sandbox.db",
                      "--out", PLAN)
        self.assertFalse((self.project / "first.db").exists())
        self.assertIn("Plan: 6 to create", run.out)
        self.ok("apply", PLAN)
        run = self.refused("apply", PLAN)
        self.assert_golden("plan-file.first-twice.txt", run.err)

    def test_once_only(self):
        self.ok("apply", PLAN)
        self.assert_refused_after_plan("plan-file.twice.txt")

    def test_not_after_the_stack_changed(self):
        self.edit(STACK, "type: DATE", "type: TIME")
        self.assert_refused_after_plan("plan-file.stack-changed.txt")

    def test_not_after_the_environment_changed(self):
        self.write("environments/local.yaml",
                   (self.project / "environments/local.yaml").read_text() + "# more\n")
        self.assert_refused_after_plan("plan-file.environment-changed.txt")

    def test_not_after_the_state_moved_on(self):
        self.apply("road", "--set", "prefix=out/")
        self.assert_refused_after_plan("plan-file.state-moved-on.txt")

    def test_not_after_a_cloud_changed(self):
        """Somebody else, with a state of their own, changed the same object."""
        theirs = self.scratch / "theirs.db"
        theirs.write_bytes((self.project / ".firn/road.local.state.db").read_bytes())
        text = (self.project / STACK).read_text()
        self.edit(STACK, "force_destroy: true", "force_destroy: true\n    versioning: true")
        self.apply("road", "--state", theirs)
        self.write(STACK, text.replace("force_destroy: true",
                                       "force_destroy: true\n    versioning: false"))
        self.apply("road")
        self.ok("plan", "road", "--out", PLAN)
        self.write(STACK, text.replace("force_destroy: true",
                                       "force_destroy: true\n    versioning: true"))
        self.apply("road", "--state", theirs)
        self.write(STACK, text.replace("force_destroy: true",
                                       "force_destroy: true\n    versioning: false"))
        self.assert_refused_after_plan("plan-file.cloud-changed.txt")

    def test_not_with_another_state(self):
        saved = json.loads((self.project / PLAN).read_text())
        saved["state_path"] = "other.db"
        self.write(PLAN, json.dumps(saved))
        self.assert_refused_after_plan("plan-file.another-state.txt")

    def test_keeps_parameters_and_selection(self):
        self.ok("plan", "road", "--only", "rule", "--set", "prefix=out/", "--out", PLAN)
        self.ok("apply", PLAN)
        self.assertEqual(self.resource("rule", "road")["inputs"]["prefix"], "out/")
        self.assertEqual(self.columns(), ["ID"])

    def test_of_a_destroy(self):
        self.ok("plan", "road", "--destroy", "--out", PLAN)
        self.ok("apply", PLAN)
        self.assertEqual(self.things(), {})

    def test_does_not_consent_to_loss(self):
        self.edit(STACK, "type: VARCHAR }\n", "type: VARCHAR(3) }\n")
        self.ok("plan", "road", "--out", PLAN)
        before = self.everything()
        run = self.refused("apply", PLAN)
        self.assert_golden("plan-file.loss.txt", run.err)
        self.assertEqual(self.everything(), before)
        self.ok("apply", PLAN, "--accept-loss", "events")

    def test_that_is_none(self):
        self.write("notes.plan", "apply everything, please\n")
        self.assert_refused("plan-file.not-a-plan.txt", "apply", "notes.plan")

    def test_where_nobody_may_write(self):
        before = self.everything()
        run = self.refused("plan", "road", "--out", "no-such-folder/next.plan")
        self.assert_golden("plan-file.unwritable.txt", run.err)
        self.assertEqual(self.everything(), before)

    def test_holds_no_secret(self):
        self.edit(STACK, "    force_destroy: true\n",
                  "    force_destroy: true\n    tags: { note: \"${secret('env:NOTE')}\" }\n")
        env = {"NOTE": "nobody-shall-read-this"}
        run = self.ok("plan", "road", "--out", PLAN, env=env)
        self.assertNotIn(env["NOTE"], run.out)
        self.assertNotIn(env["NOTE"], (self.project / PLAN).read_text())
        run = self.refused("apply", PLAN, env={"NOTE": "another-one"})
        self.assertIn("out of date", run.err)
        run = self.ok("apply", PLAN, env=env)
        self.assertNotIn(env["NOTE"], run.out + run.err)
        folder = self.project / ".firn"
        # The state and its copies.
        for file in [*folder.glob("road.*.db"), *folder.glob("road.*/*.db")]:
            self.assertNotIn(env["NOTE"].encode(), file.read_bytes(), file)
        self.assertEqual(self.firn("plan", "road", "--detailed-exitcode", env=env).code, 0)
        # Another tag beside it is the only change then.
        self.edit(STACK, "tags: { note", "tags: { team: ice, note")
        run = self.ok("plan", "road", env=env)
        self.assertIn('      tags.team: "ice"  (was not set)\n', run.out)
        self.assertNotIn("tags.note", run.out)
        self.edit(STACK, "tags: { team: ice, note", "tags: { note")
        # Nor is it shown when it goes away, though the cloud shows a tag to everybody.
        self.edit(STACK, "    tags: { note: \"${secret('env:NOTE')}\" }\n", "    tags: {}\n")
        run = self.ok("plan", "road")
        self.assertNotIn(env["NOTE"], run.out)
        self.assertIn("tags.note: (secret, changed)", run.out)

    def test_of_the_first_apply_with_a_secret(self):
        """There is no key yet that could seal it, so nothing of it is in the file."""
        self.edit(STACK, "    force_destroy: true\n",
                  "    force_destroy: true\n    tags: { note: \"${secret('env:NOTE')}\" }\n")
        where = ("--state", "first.db", "--sandbox", "first-sandbox.db")
        saved = []
        for note in ("one", "other"):
            self.ok("plan", "road", *where, "--out", PLAN, env={"NOTE": note})
            saved.append((self.project / PLAN).read_text())
        self.assertEqual(saved[0], saved[1])
        self.ok("apply", PLAN, env={"NOTE": "other"})
        run = self.firn("plan", "road", *where, "--detailed-exitcode", env={"NOTE": "other"})
        self.assertEqual(run.code, 0, str(run))

    def assert_refused_after_plan(self, golden):
        before = self.everything()
        run = self.refused("apply", PLAN)
        self.assert_golden(golden, run.err)
        self.assertEqual(self.everything(), before)


if __name__ == "__main__":
    unittest.main()
