"""The states in the bucket by hand, keys, and what an interrupt does."""
import os
import pathlib
import re
import signal
import stat
import subprocess
import unittest

from deploy_case import DeployCase

KEY = "road.dev.state.db"
LOCK = "road.dev.lock"


class ByHand(DeployCase):
    def setUp(self):
        super().setUp()
        self.with_bootstrap()
        self.keys = self.world.person()
        self.mine = self.scratch / "mine.db"
        self.mine.write_bytes(b"mine")

    def state(self, *arguments, **options):
        return self.done("state.sh", *arguments, env=self.keys, **options)

    def refused(self, *arguments, **options):
        before = dict(self.world.objects)
        run = self.turned_down("state.sh", *arguments, env=self.keys, **options)
        self.assertEqual(self.world.objects, before)
        return run

    def test_the_first_state_goes_in_and_comes_out(self):
        self.state("push", "dev", "road", self.mine)
        self.assertEqual(self.world.objects[KEY][1], b"mine")
        self.state("pull", "dev", "road", "got.db", cwd=self.scratch)
        self.assertEqual((self.scratch / "got.db").read_bytes(), b"mine")

    def test_the_one_of_the_bootstrap_stack_too(self):
        self.state("push", "dev", "bootstrap", self.mine)
        self.state("push", "dev", "bootstrap-snowflake-north", self.mine)
        self.assertEqual(set(self.world.objects),
                         {"bootstrap.dev.state.db", "bootstrap-snowflake-north.dev.state.db"})
        self.refused("push", "dev", "bootstrap/../road", self.mine)

    def test_the_first_one_overwrites_none(self):
        self.world.put(KEY, b"theirs")
        run = self.refused("push", "dev", "road", self.mine)
        self.assertIn("there is a state of road in dev already", run.err)

    def test_nothing_here_is_overwritten(self):
        self.world.put(KEY, b"theirs")
        self.refused("pull", "dev", "road", self.mine)
        self.assertEqual(self.mine.read_bytes(), b"mine")

    def test_one_that_is_still_open_is_no_state(self):
        pathlib.Path(f"{self.mine}-wal").write_bytes(b"more")
        run = self.refused("push", "dev", "road", self.mine)
        self.assertIn("is not a state that is at rest", run.err)

    def test_another_takes_its_place_when_that_is_meant(self):
        self.world.put(KEY, b"theirs")
        for typed in ("", "yes\n", "prod/road\n"):
            with self.subTest(typed=typed):
                self.refused("replace", "dev", "road", self.mine, stdin=typed)
        self.state("replace", "dev", "road", self.mine, stdin="dev/road\n")
        self.assertEqual(self.world.objects.keys(), {KEY})
        self.assertEqual(self.world.objects[KEY][1], b"mine")

    def test_the_lock_of_a_dead_run_goes_when_that_is_meant(self):
        self.world.put(LOCK, b'{"who":"grace","since":"2026-01-01T00:00:00Z","nonce":"1"}')
        run = self.refused("unlock", "dev", "road", stdin="no\n")
        self.assertIn("It is locked by grace, since 2026-01-01T00:00:00Z.", run.err)
        self.state("unlock", "dev", "road", stdin="dev/road\n")
        self.assertEqual(self.world.objects, {})
        run = self.refused("unlock", "dev", "road", stdin="dev/road\n")
        self.assertIn("is not locked", run.err)

    def test_tells_what_it_can_do(self):
        run = self.refused("push", "dev")
        self.assertIn("state.sh [--bucket NAME] push ENVIRONMENT STACK FILE", run.err)

    def test_needs_keys(self):
        run = self.turned_down("state.sh", "pull", "dev", "road", "got.db")
        self.assertIn("the variable AWS_ACCESS_KEY_ID is not set", run.err)


class Keys(DeployCase):
    def test_are_private_and_signed_in_with(self):
        file = self.scratch / "deploy.p8"
        run = self.done("new_key.sh", file)
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        self.assertTrue(file.read_text().startswith("-----BEGIN PRIVATE KEY-----\n"))
        public = subprocess.run(["openssl", "pkey", "-in", file, "-pubout"], check=True,
                                capture_output=True, text=True).stdout
        self.assertEqual(run.out, public)

    def test_never_lie_in_the_checkout_nor_replace_another(self):
        run = self.turned_down("new_key.sh", "stacks/deploy.p8")
        self.assertIn("lies in the checkout", run.err)
        self.assertFalse((self.project / "stacks/deploy.p8").exists())
        file = self.scratch / "there.p8"
        file.write_text("a key\n")
        self.turned_down("new_key.sh", file)
        self.assertEqual(file.read_text(), "a key\n")

    def test_reach_firn_as_a_private_file_of_the_right_user(self):
        """firn as a program that tells what it was given."""
        self.with_bootstrap()
        self.world.environment = "dev"
        teller = self.write("teller", TELLER.replace("FIRN", os.environ["FIRN"]))
        teller.chmod(0o755)
        self.write("build/deploy/plans/road.plan",
                   '{"stack":"road","environment":"dev","state_path":".firn/deploy/road.dev.state.db",'
                   '"destroy":false,"refresh":true}')
        run = self.done("apply.sh", "dev", env={"FIRN": str(teller), "SNOWFLAKE_PRIVATE_KEY": "KEY\nLINES"})
        told = run.out[run.out.index("told:"):]
        told = re.sub(r"/firn-\w{10}\b", "/<private>", told.replace(str(self.temporary), "<runner>"))
        self.assert_golden("told.txt", told)


TELLER = """\
#!/usr/bin/env bash
[[ $1 != plan ]] || exec FIRN "$@"
echo told: "$@"
stat -c '%a %n' "$SNOWFLAKE_HOME" "$SNOWFLAKE_HOME"/{snowflake.p8,connections.toml} \\
  "$AWS_WEB_IDENTITY_TOKEN_FILE"
cat "$SNOWFLAKE_HOME/connections.toml"
cat "$SNOWFLAKE_HOME/snowflake.p8"
echo "$AWS_ROLE_ARN $AWS_ROLE_SESSION_NAME"
env | grep -E '^(SNOWFLAKE_PRIVATE_KEY|GITHUB_TOKEN|ACTIONS_ID_TOKEN_REQUEST_TOKEN|AWS_SECRET)' ||
  echo "and no secret in the environment"
"""


class Environments(DeployCase):
    """Those of GitHub's, which keep a branch of somebody's own from deploying."""

    def setUp(self):
        super().setUp()
        self.world.permissions.add("administration")

    def branches(self, environment):
        return [policy["name"] for policy in self.world.policies[environment]]

    def test_are_made_with_their_rules(self):
        self.done("github_environments.sh", "my-org/my-repo", "dev", "dev")
        run = self.done("github_environments.sh", "my-org/my-repo", "prod", "main", "grace", "hedy")
        self.assertEqual(run.err, "prod-plan: jobs of every branch.\n"
                                  "prod: jobs of main, once one of these has approved: grace hedy.\n")
        custom = {"protected_branches": False, "custom_branch_policies": True}
        self.assertEqual(self.world.environments, {
            "dev-plan": {"deployment_branch_policy": None},
            "dev": {"reviewers": None, "prevent_self_review": False,
                    "deployment_branch_policy": custom},
            "prod-plan": {"deployment_branch_policy": None},
            "prod": {"reviewers": [{"type": "User", "id": 17}, {"type": "User", "id": 18}],
                     "prevent_self_review": True, "deployment_branch_policy": custom}})
        self.assertEqual((self.branches("dev"), self.branches("prod")), (["dev"], ["main"]))

    def test_are_changed_by_a_second_run(self):
        self.done("github_environments.sh", "my-org/my-repo", "prod", "master")
        for _ in range(2):
            self.done("github_environments.sh", "my-org/my-repo", "prod", "main", "grace")
            self.assertEqual(self.branches("prod"), ["main"])
        self.assertEqual(len(self.world.environments["prod"]["reviewers"]), 1)

    def test_are_not_made_without_all_that_is_needed(self):
        for arguments, complaint in (
                (("my-org/my-repo", "prod"), "which repository, environment and branch?"),
                (("my-repo", "prod", "main"), "which repository, environment and branch?"),
                (("my-org/my-repo", "staging", "main"), 'there is no environment "staging"'),
                (("my-org/my-repo", "prod", "main", "nobody"), "GitHub refuses GET /users/nobody")):
            with self.subTest(arguments=arguments):
                run = self.turned_down("github_environments.sh", *arguments)
                self.assertIn(complaint, run.err)
                self.assertEqual(self.world.environments, {})


class Interrupt(DeployCase):
    """A job that is cancelled, or whose time is over, in the middle of an apply."""

    def setUp(self):
        super().setUp()
        self.with_bootstrap()
        self.world.environment = "dev"

    def say_what_is_planned(self):
        for stack in ("road", "second"):
            self.write(f"stacks/{stack}/stack.yaml", f"stack: {stack}\nresources: {{}}\n")
            self.write(f"build/deploy/plans/{stack}.plan",
                       f'{{"stack":"{stack}","environment":"dev",'
                       f'"state_path":".firn/deploy/{stack}.dev.state.db","sandbox":"clouds.db",'
                       '"destroy":false,"refresh":true}')

    def start_apply(self, program):
        """apply.sh with a firn that says "working" and goes on for long."""
        teller = self.write("teller", program.replace("FIRN", os.environ["FIRN"]))
        teller.chmod(0o755)
        process = subprocess.Popen(
            [self.project / "scripts/deploy/apply.sh", "--sandbox", "clouds.db", "--bucket",
             self.world.bucket, "dev"], cwd=self.project, env=self.variables(FIRN=str(teller)),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True)
        self.addCleanup(self._end, process)
        self.addCleanup(self.end_all, teller)
        for line in process.stdout:
            if line == "working\n":
                break
        else:
            self.fail("it never was at work")
        self.assertIn(LOCK, self.world.objects)
        return process

    @staticmethod
    def end_all(program):
        """What is left of it goes with the test."""
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if str(program) in (folder / "cmdline").read_text():
                    os.kill(int(folder.name), signal.SIGKILL)
            except OSError:
                pass

    def finish(self):
        return self.done("finish.sh", "dev", env={"FIRN": str(self.project / "teller")})

    def test_reaches_firn_once_and_the_state_is_written(self):
        """firn as a program that, like firn, ends what it does at the first signal."""
        self.say_what_is_planned()
        process = self.start_apply(SLOW)
        process.send_signal(signal.SIGINT)
        said = process.stdout.read()
        self.assertEqual(process.wait(), 1, said)
        self.assertIn("one signal\n", said)
        self.assertIn("error: interrupted", said)
        self.assertNotIn("== second", said)
        self.assertEqual(set(self.world.objects), {KEY}, "written, and unlocked")
        self.assertIn("Nothing was broken off.", self.finish().err)

    def test_that_reaches_nobody_is_made_up_for(self):
        """In a container, where GitHub's runner only leaves off listening."""
        self.say_what_is_planned()
        process = self.start_apply(SLOW)
        run = self.finish()
        self.assertIn("apply.sh is at work still.", run.err)
        said = process.stdout.read()
        self.assertEqual(process.wait(), 1, said)
        self.assertIn("one signal\n", said)
        self.assertEqual(set(self.world.objects), {KEY}, "written, and unlocked")

    def test_that_kills_the_script_leaves_the_state_to_be_written(self):
        self.say_what_is_planned()
        process = self.start_apply(SLOW)
        process.kill()
        process.wait()
        run = self.finish()
        self.assertIn("apply.sh was killed while it worked on road.", run.err)
        self.assertIn("one signal\n", process.stdout.read(), "firn, too, was asked to end")
        self.assertEqual(set(self.world.objects), {KEY}, "written, and unlocked")

    def test_that_kills_everything_loses_nothing_that_was_done(self):
        """The real firn, which has applied when all of it is killed."""
        self.plan("--bucket", self.world.bucket, env=self.world.person())
        process = self.start_apply(DONE_THEN_SLOW)
        process.kill()
        process.wait()
        self.end_all(self.project / "teller")
        self.finish()
        self.assertEqual(set(self.world.objects), {KEY}, "written, and unlocked")
        self.assertEqual(self.serial_of(self.world.objects[KEY][1]), 1)


DONE_THEN_SLOW = """\
#!/usr/bin/env bash
[[ $1 == apply ]] || exec FIRN "$@"
FIRN "$@" || exit 1
echo working
sleep 600
"""
SLOW = """\
#!/usr/bin/env bash
[[ $1 != plan ]] || exec FIRN "$@"
mkdir -p .firn/deploy
sqlite3 .firn/deploy/road.dev.state.db 'CREATE TABLE half (done)'
trap 'echo one signal; kill %1; exit 130' INT TERM
sleep 600 &
echo working
wait
"""


if __name__ == "__main__":
    unittest.main()
