"""Plans of pull requests: one comment for each environment, rewritten by every later plan."""
import unittest

from deploy_case import PLAN, STACK, DeployCase
from fake_world import BOT


class PullRequest(DeployCase):
    def setUp(self):
        super().setUp()
        self.pull_request()

    def test_gets_one_comment_that_is_rewritten(self):
        self.plan()
        run = self.done("comment.sh", "dev")
        self.assertIn("Commented on #7.", run.err)
        first, = self.world.comments
        self.assert_golden("comment.md", first["body"].replace(str(self.project), "<project>"))

        self.edit(STACK, "default: in/", "default: out/")
        self.plan()
        self.done("comment.sh", "dev")
        again, = self.world.comments
        self.assertEqual(again["id"], first["id"])
        self.assertIn('prefix: "out/"', again["body"])
        self.assertNotIn('prefix: "in/"', again["body"])

    def test_has_a_comment_for_each_environment(self):
        for environment in ("dev", "prod"):
            self.plan(environment=environment)
            self.done("comment.sh", environment)
        self.assertEqual([comment["body"].splitlines()[0] for comment in self.world.comments],
                         ["<!-- firn: plan for dev -->", "<!-- firn: plan for prod -->"])

    def test_with_nothing_to_do_only_says_so_where_there_was_something(self):
        self.firn("apply", "road", "--env", "dev", "--sandbox", "clouds.db", "--yes")
        self.plan()
        self.assertEqual(self.output(), "changes=\n")
        self.assertFalse((self.project / PLAN).exists())
        self.done("comment.sh", "dev")
        self.assertEqual(self.world.comments, [])

        self.world.comments.append(self.world.entry("<!-- firn: plan for dev -->\nold"))
        self.done("comment.sh", "dev")
        self.assertIn("| `road` | nothing to do |", self.world.comments[0]["body"])

    def test_leaves_comments_of_others_alone_and_finds_its_own_behind_many(self):
        theirs = self.world.entry("<!-- firn: plan for dev -->\nmine!", login="mallory")
        talk = [self.world.entry(f"word {number}", login="ada") for number in range(230)]
        ours = self.world.entry("<!-- firn: plan for dev -->\nold", login=BOT)
        self.world.comments += [theirs, *talk, ours]
        self.plan()
        self.done("comment.sh", "dev")
        self.assertEqual(theirs["body"], "<!-- firn: plan for dev -->\nmine!")
        self.assertIn("6 to create", ours["body"])
        self.assertEqual(len(self.world.comments), 232)

    def test_of_a_fork_is_not_planned(self):
        for head in ("mallory/my-repo", None):
            with self.subTest(head=head):
                self.pull_request(head)
                run = self.done("plan.sh", "dev")  # no --sandbox: it would need keys
                self.assertIn("it is not planned", run.err)
                self.done("comment.sh", "dev")
                self.assertEqual(self.world.requests, [])

    def test_whose_plan_fails_shows_why_and_fails(self):
        self.edit(STACK, "type: VARCHAR }", "type: VARCHRA }")
        run = self.script("plan.sh", "--sandbox", "clouds.db", "dev")
        self.assertEqual(run.code, 1, str(run))
        self.assertEqual(self.output(), "changes=\n")
        self.done("comment.sh", "dev")
        body = self.world.comments[0]["body"]
        self.assertIn("| `road` | **failed** |", body)
        self.assertIn("VARCHRA", body)

    def test_with_a_plan_of_any_length_and_any_text_stays_one_page(self):
        columns = "".join(f"      - {{ name: C{number}, type: VARCHAR, comment: \"ü ````` {number}\" }}\n"
                          for number in range(4000))
        self.edit(STACK, "      - { name: ID, type: VARCHAR }\n", columns)
        self.plan()
        self.done("comment.sh", "dev")
        body = self.world.comments[0]["body"]
        self.assertGreater(len(body), 40000)
        self.assertIn("… and more", body)
        fence = "`" * 6
        self.assertIn(f"\n{fence}text\n", body)
        self.assertTrue(body.endswith(f"\n{fence}\n\n</details>\n"), body[-200:])

    def test_says_what_github_refuses(self):
        self.plan()
        self.world.permissions.clear()
        run = self.turned_down("comment.sh", "dev")
        self.assert_golden("comment.refused.txt", run.err)

    def test_shows_the_plan_on_the_page_of_the_run(self):
        self.plan()
        self.assertEqual((self.scratch / "summary.md").read_text(), self.report())


class Plans(DeployCase):
    stacks = {**DeployCase.stacks, "other": "stack: other\nresources:\n  data: { type: aws.s3_bucket }\n",
              "broken": "stack: broken\nresources:\n  data: { type: aws.s3_bukket }\n"}

    def test_one_that_fails_keeps_no_other_from_being_seen(self):
        run = self.script("plan.sh", "--sandbox", "clouds.db", "dev")
        self.assertEqual(run.code, 1, str(run))
        self.assert_golden("table.md", self.report().split("\n\n<details>")[0] + "\n")
        self.assertIn("aws.s3_bukket", run.out)
        self.assertEqual(self.output(), "changes=other road\n")

    def test_of_some_stacks_only(self):
        self.done("plan.sh", "--sandbox", "clouds.db", "dev", "other")
        self.assertEqual(self.output(), "changes=other\n")

    def test_refuse_what_they_do_not_know(self):
        for arguments, words in (
                (["staging"], 'there is no environment "staging"'),
                (["../dev"], '"../dev" is not the name of an environment'),
                (["dev", "raod"], 'there is no stack "raod" to deploy'),
                (["dev", "bootstrap"], 'there is no stack "bootstrap" to deploy'),
                (["dev", "bootstrap-snowflake"], 'there is no stack "bootstrap-snowflake" to deploy'),
                (["--destroy", "dev"], "--destroy needs the name of a stack"),
                (["--force", "dev"], "unknown option --force")):
            with self.subTest(arguments=arguments):
                run = self.turned_down("plan.sh", "--sandbox", "clouds.db", *arguments)
                self.assertIn(words, run.err)


if __name__ == "__main__":
    unittest.main()
