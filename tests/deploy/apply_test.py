"""Applying exactly what was planned, with the state in the bucket."""
import json
import unittest

from deploy_case import PLAN, STACK, DeployCase

KEY = "road.dev.state.db"
LOCK = "road.dev.lock"
BUCKET = ("--bucket", "firn-state-dev-123456789012-eu-west-1")


class Apply(DeployCase):
    """On the sandbox, with the state beside it."""

    def test_carries_out_what_was_planned(self):
        self.plan()
        self.assertEqual(self.output(), "changes=road\n")
        run = self.apply()
        self.assertIn("As planned: 6 to create", run.out)
        self.is_as_declared()
        self.plan()
        self.assertFalse((self.project / PLAN).exists(), "nothing is left to carry out")
        self.assertIn("There is nothing to carry out.", self.apply().err)

    def test_is_refused_when_the_state_moved_on(self):
        self.plan()
        self.ok("apply", "road", "--env", "dev", "--sandbox", "clouds.db", "--yes")
        before = self.in_clouds()
        run = self.turned_down("apply.sh", "--sandbox", "clouds.db", "dev")
        self.assertIn("the plan is out of date: the state moved on", run.err)
        self.assertIn("not everything was carried out", run.err)
        self.assertEqual(self.in_clouds(), before)

    def test_is_refused_when_the_files_moved_on(self):
        self.plan()
        self.edit(STACK, "default: in/", "default: out/")
        run = self.turned_down("apply.sh", "--sandbox", "clouds.db", "dev")
        self.assertIn("the plan is out of date: the files changed", run.err)
        self.assertEqual(self.in_clouds(), {})

    def test_is_refused_when_the_plan_is_for_something_else(self):
        self.write("stacks/other/stack.yaml", ROAD_2)
        self.plan()
        saved = json.loads((self.project / PLAN).read_text())
        for change in ({"environment": "prod"}, {"stack": "other"}, {"sandbox": "elsewhere.db"},
                       {"state_path": "elsewhere.db"}, {"destroy": True}, {"refresh": False}):
            with self.subTest(change=change):
                self.write(PLAN, json.dumps({**saved, **change}))
                run = self.turned_down("apply.sh", "--sandbox", "clouds.db", "dev")
                self.assertIn("is not one for this job", run.err)
        self.write(PLAN, json.dumps(saved))
        self.turned_down("apply.sh", "--sandbox", "clouds.db", "prod")
        self.turned_down("apply.sh", "dev")  # a rehearsal's plan, for the clouds
        self.assertEqual(self.in_clouds(), {})
        self.apply()

    def test_agrees_to_a_loss_only_where_the_commit_says_so(self):
        self.ok("apply", "road", "--env", "dev", "--sandbox", "clouds.db", "--yes")
        self.edit(STACK, "type: VARCHAR }\n", "type: VARCHAR(3) }\n")
        for message in ("Shorten the id", "Accept-Loss: other/events", "Accept-Loss: road/raw",
                        "We say no to Accept-Loss: road/events"):
            with self.subTest(message=message):
                self.pushed(message)
                self.plan()
                run = self.turned_down("apply.sh", "--sandbox", "clouds.db", "dev")
                self.assertIn("data would be lost", run.err)
        self.pushed("Shorten the id\n\nThere is nothing in it yet.\n\nAccept-Loss: road/events\n")
        self.apply()
        self.is_as_declared()


ROAD_2 = "stack: other\nresources:\n  data: { type: aws.s3_bucket }\n"


class Stacks(DeployCase):
    stacks = {**DeployCase.stacks, "later": ROAD_2.replace("other", "later").replace("data", "z"),
              "zone": ROAD_2.replace("other", "zone")}

    def test_one_that_fails_keeps_no_other_from_being_applied(self):
        self.plan()
        self.edit(STACK, "default: in/", "default: out/")
        run = self.turned_down("apply.sh", "--sandbox", "clouds.db", "dev")
        self.assertEqual(run.out.count("As planned"), 2, str(run))
        self.assertEqual({key[1] for key in self.in_clouds() if key[0].endswith("bucket")},
                         {"later-dev-eu-west-1-z", "zone-dev-eu-west-1"})


class Bucket(DeployCase):
    """The state between jobs: one object, written only over the version that was read."""

    def setUp(self):
        super().setUp()
        self.with_bootstrap()
        self.put_first_plan()

    def put_first_plan(self):
        self.as_job("dev-plan")
        self.plan(*BUCKET)
        self.as_job("dev")

    def as_job(self, environment):
        """Each job starts from a fresh checkout, but for the plans that it is handed."""
        self.world.environment = environment
        for file in (self.project / ".firn").rglob("*.state.db*"):
            file.unlink()

    def state(self):
        return self.world.objects[KEY][1]

    def test_goes_from_the_bucket_into_the_bucket(self):
        self.apply(*BUCKET)
        self.assertEqual(set(self.world.objects), {KEY}, "no lock is left")
        self.assertEqual(self.serial_of(self.state()), 1)
        self.as_job("dev-plan")
        self.plan(*BUCKET)
        self.assertEqual(self.output(), "changes=road\nchanges=\n")

        self.edit(STACK, "default: in/", "default: out/")
        self.put_first_plan()
        first = self.world.objects[KEY][0]
        self.apply(*BUCKET)
        self.assertNotEqual(self.world.objects[KEY][0], first)
        self.assertEqual(self.serial_of(self.state()), 2)

    def test_that_moved_on_is_refused(self):
        self.apply(*BUCKET)
        self.as_job("dev")
        before = dict(self.world.objects)
        run = self.turned_down("apply.sh", "--sandbox", "clouds.db", *BUCKET, "dev")
        self.assertIn("the plan is out of date: the state moved on", run.err)
        self.assertEqual(self.world.objects, before, "the state is as it was, and no lock is left")

    def test_is_locked_while_it_is_worked_on(self):
        self.world.put(LOCK, b'{"who":"grace","since":"2026-01-01T00:00:00Z","nonce":"1"}')
        run = self.turned_down("apply.sh", "--sandbox", "clouds.db", *BUCKET, "dev")
        self.assert_golden("locked.txt", run.err)
        self.assertEqual(self.in_clouds(), {})
        self.assertEqual(set(self.world.objects), {LOCK}, "somebody else's lock stays")

    def test_is_locked_by_one_of_two_that_come_together(self):
        self.world.before_write.append(self.grab)
        run = self.turned_down("apply.sh", "--sandbox", "clouds.db", *BUCKET, "dev")
        self.assertIn("grace, since", run.err)
        self.assertEqual(self.in_clouds(), {})

    def grab(self, _, key):
        if key == LOCK and LOCK not in self.world.objects:
            self.world.put(LOCK, b'{"who":"grace","since":"2026-01-01T00:00:00Z","nonce":"1"}')

    def test_that_somebody_else_wrote_meanwhile_is_not_overwritten(self):
        """Past the lock: somebody who does not use the scripts. The race is lost, and said so."""
        theirs = b"SQLite format 3\0 theirs"

        def sneak_in(method, key):
            if method == "PUT" and key == KEY and KEY not in self.world.objects:
                self.world.put(KEY, theirs)

        self.world.before_write.append(sneak_in)
        run = self.turned_down("apply.sh", "--sandbox", "clouds.db", *BUCKET, "dev")
        self.assertIn("somebody else wrote the state of road in dev", run.err)
        self.assertEqual(self.state(), theirs)
        aside, = (key for key in self.world.objects if key.startswith("lost/"))
        self.assertRegex(aside, r"^lost/road\.dev\.\d{8}T\d{6}Z\.\d+\.state\.db$")
        self.assertIn(aside, run.err)
        self.assertEqual(self.serial_of(self.world.objects[aside][1]), 1)
        self.assertTrue((self.project / "build/deploy/rescue" / KEY).is_file())
        self.assertIn(LOCK, self.world.objects, "nobody goes on until somebody has looked")

        self.as_job("dev")
        run = self.turned_down("apply.sh", "--sandbox", "clouds.db", *BUCKET, "dev")
        self.assertIn("somebody else works on road in dev", run.err)

    def test_that_was_replaced_between_reading_and_writing_is_not_overwritten(self):
        self.apply(*BUCKET)
        self.edit(STACK, "default: in/", "default: out/")
        self.put_first_plan()

        def replace(method, key):
            if method == "PUT" and key == KEY:
                self.world.before_write.remove(replace)
                self.world.put(KEY, self.state())

        self.world.before_write.append(replace)
        run = self.turned_down("apply.sh", "--sandbox", "clouds.db", *BUCKET, "dev")
        self.assertIn("somebody else wrote the state", run.err)
        self.assertEqual(self.serial_of(self.state()), 1)

    def test_writes_whose_answer_is_lost_are_recognised(self):
        self.world.lose_answer_of = {KEY, LOCK}
        self.apply(*BUCKET)
        self.assertEqual(set(self.world.objects), {KEY})

    def test_writes_under_way_are_waited_for(self):
        self.world.conflicts = {KEY: 2, LOCK: 1}
        self.apply(*BUCKET)
        self.assertEqual(set(self.world.objects), {KEY})

    def test_of_a_failed_apply_is_written_all_the_same(self):
        self.write(STACK, (self.project / STACK).read_text().replace(
            '    publishers: ["${data}"]\n', ""))
        self.put_first_plan()
        run = self.turned_down("apply.sh", "--sandbox", "clouds.db", *BUCKET, "dev")
        self.assertIn("✗ rule not created", run.err)
        self.assertEqual(set(self.world.objects), {KEY})
        self.assertEqual(self.serial_of(self.state()), 1)

    def test_nobody_writes_blindly(self):
        """The bucket refuses whoever says neither what is there nor that nothing is."""
        status, _, text = self.world.answer("GET", f"/s3/{self.world.bucket}/{KEY}", {}, b"")
        self.assertEqual(status, 403, text)
        run = self.script_with("source scripts/deploy/common.sh; source scripts/deploy/aws.sh;"
                               "source scripts/deploy/snowflake.sh; source scripts/deploy/store.sh;"
                               f"open_store dev '' apply_role_arn; echo > {self.scratch}/x;"
                               f"body_digest=$(sha256sum <{self.scratch}/x | cut -d' ' -f1);"
                               f"s3 PUT {KEY} --upload-file {self.scratch}/x; s3_refusal")
        self.assertIn("403 AccessDenied", run.out)
        self.assertEqual(self.world.objects, {})


class Rights(DeployCase):
    """Which job may be what."""

    def setUp(self):
        super().setUp()
        self.with_bootstrap()

    def refused(self, environment, script, *options):
        self.world.environment = environment
        run = self.turned_down(script, "--sandbox", "clouds.db", *BUCKET, *options, "dev")
        self.assertEqual(self.in_clouds(), {})
        return run

    def test_a_job_without_the_permission_gets_no_token(self):
        run = self.refused(None, "plan.sh")
        self.assertIn("GitHub gives this job no token for AWS", run.err)

    def test_a_job_of_another_environment_gets_no_role(self):
        run = self.refused("prod-plan", "plan.sh")
        self.assert_golden("no-role.txt", run.err)
        self.refused("dev", "plan.sh")  # the applying job is not the planning one either

    def test_the_job_that_plans_cannot_apply(self):
        self.world.environment = "dev-plan"
        self.plan(*BUCKET)
        self.refused("dev-plan", "apply.sh")

    def test_the_role_that_plans_cannot_write_a_state(self):
        self.world.environment = "dev-plan"
        self.plan(*BUCKET)
        apply_role, = (arn for arn in self.world.roles if "Apply" in arn)
        plan_role, = (arn for arn in self.world.roles if "Plan" in arn)
        self.world.roles[apply_role] = self.world.roles[plan_role]
        run = self.refused("dev-plan", "apply.sh")
        self.assertIn("cannot be written", run.err)
        self.assertIn("is not authorized to perform: s3:PutObject", run.err)

    def test_without_a_key_for_snowflake_nothing_is_planned(self):
        self.world.environment = "dev-plan"
        run = self.turned_down("plan.sh", "dev")
        self.assertIn("GitHub's environment has no secret SNOWFLAKE_PRIVATE_KEY.", run.err)

    def test_private_files_never_lie_in_the_checkout(self):
        inside = self.project / "build/tmp"
        inside.mkdir(parents=True)
        run = self.script("plan.sh", "--sandbox", "clouds.db", "dev",
                          env={"RUNNER_TEMP": str(inside)})
        self.assertIn("secrets would lie inside the checkout", run.err)
        self.assertEqual(list(inside.iterdir()), [])


class Destroy(DeployCase):
    def setUp(self):
        super().setUp()
        self.ok("apply", "road", "--env", "dev", "--sandbox", "clouds.db", "--yes")

    def test_wants_the_name_typed(self):
        self.done("confirm.sh", "dev", "road", "dev/road")
        for typed in ("", "road", "dev", "prod/road", "dev/road ", "DEV/ROAD", "dev/*"):
            with self.subTest(typed=typed):
                run = self.turned_down("confirm.sh", "dev", "road", typed)
                self.assertIn("To destroy road in dev, type dev/road.", run.err)
        self.turned_down("confirm.sh", "dev", "raod", "dev/raod")
        self.turned_down("confirm.sh", "dev", "bootstrap", "dev/bootstrap")

    def test_removes_what_was_shown(self):
        self.done("plan.sh", "--destroy", "--sandbox", "clouds.db", "dev", "road")
        self.assertIn("## Plan to destroy in dev", self.report())
        self.assertIn("6 to remove", self.report())
        self.apply("--destroy")
        self.assertEqual(self.in_clouds(), {})

    def test_needs_to_be_meant_in_both_places(self):
        self.done("plan.sh", "--destroy", "--sandbox", "clouds.db", "dev", "road")
        before = self.in_clouds()
        run = self.turned_down("apply.sh", "--sandbox", "clouds.db", "dev")
        self.assertIn("is not one for this job", run.err)
        self.edit(STACK, "default: in/", "default: out/")
        self.plan()
        self.turned_down("apply.sh", "--destroy", "--sandbox", "clouds.db", "dev")
        self.assertEqual(self.in_clouds(), before)

    def test_is_refused_when_the_state_moved_on(self):
        self.done("plan.sh", "--destroy", "--sandbox", "clouds.db", "dev", "road")
        self.edit(STACK, "default: in/", "default: out/")
        self.ok("apply", "road", "--env", "dev", "--sandbox", "clouds.db", "--yes")
        before = self.in_clouds()
        run = self.turned_down("apply.sh", "--destroy", "--sandbox", "clouds.db", "dev")
        self.assertIn("out of date", run.err)
        self.assertEqual(self.in_clouds(), before)


if __name__ == "__main__":
    unittest.main()
