"""The nightly look: one issue for each environment, as long as something is not as declared."""
import shutil
import unittest

from deploy_case import STACK, DeployCase


class Drift(DeployCase):
    def setUp(self):
        super().setUp()
        self.ok("apply", "road", "--env", "dev", "--sandbox", "clouds.db", "--yes")

    def night(self):
        run = self.script("plan.sh", "--sandbox", "clouds.db", "dev")
        self.assertIn(run.code, (0, 1), str(run))
        return self.done("drift.sh", "dev").err

    def somebody_changes(self, prefix):
        """The same object, by somebody with a state of his own."""
        theirs = self.scratch / "theirs.db"
        shutil.copy(self.project / "clouds.db.states/road.dev.state.db", theirs)
        before = (self.project / STACK).read_text()
        self.edit(STACK, "default: in/", f"default: {prefix}")
        self.ok("apply", "road", "--env", "dev", "--sandbox", "clouds.db", "--state", theirs, "--yes")
        self.write(STACK, before)

    def test_is_told_in_one_issue_until_it_is_over(self):
        self.assertEqual(self.night(), "dev is as its stacks say.\n")
        self.assertEqual(self.world.issues, [])

        self.somebody_changes("elsewhere/")
        self.assertEqual(self.night(), "Opened #1101.\n")
        issue, = self.world.issues
        self.assert_golden("issue.md", f"{issue['title']}\n\n{issue['body']}")

        self.somebody_changes("third/")
        self.assertEqual(self.night(), "Brought #1101 up to date.\n")
        issue, = self.world.issues
        self.assertIn('"third/"', issue["body"])
        self.assertNotIn('"elsewhere/"', issue["body"])

        self.ok("apply", "road", "--env", "dev", "--sandbox", "clouds.db", "--yes")
        self.assertEqual(self.night(), "Closed #1101.\n")
        self.assertEqual((issue["state"], issue["state_reason"]), ("closed", "completed"))
        self.assertEqual(self.night(), "dev is as its stacks say.\n")

        self.somebody_changes("again/")
        self.assertEqual(self.night(), "Opened #1102.\n")

    def test_finds_its_issue_among_others(self):
        marker = "<!-- firn: drift in dev -->\n"
        others = [self.world.entry(f"issue {number}", login="ada") for number in range(150)]
        others.append(self.world.entry(marker + "mine", login="mallory"))
        others.append({**self.world.entry(marker + "a pull request"), "pull_request": {}})
        ours = self.world.entry(marker + "old")
        for number, issue in enumerate([*others, ours]):
            issue.update(number=number + 1, state="open", title="")
        self.world.issues += [*others, ours]
        self.somebody_changes("elsewhere/")
        self.assertEqual(self.night(), f"Brought #{ours['number']} up to date.\n")
        self.assertEqual(len(self.world.issues), len(others) + 1)

    def test_a_plan_that_fails_is_told_as_well(self):
        self.edit(STACK, "type: VARCHAR }", "type: VARCHRA }")
        self.night()
        self.assertIn("| `road` | **failed** |", self.world.issues[0]["body"])

    def test_without_a_plan_nothing_is_said(self):
        run = self.turned_down("drift.sh", "dev")
        self.assertIn("nothing was planned", run.err)
        self.assertEqual(self.world.requests, [])


if __name__ == "__main__":
    unittest.main()
