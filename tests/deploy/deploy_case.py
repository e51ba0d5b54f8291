"""A project with the scripts of scripts/deploy in it, the bootstrap stack, and a short stack to
deploy; the scripts run on firn's sandbox and talk to fake_world.py."""
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "e2e"), str(TESTS / "cli")]
from firn_case import FIRN, HANGS_AFTER_S, SOURCE, FirnCase, Run  # noqa: E402
from fake_world import World  # noqa: E402
from road_case import OBJECTS as ROAD, STACK  # noqa: E402

SANDBOX = "clouds.db"
PLAN = "build/deploy/plans/road.plan"
ROLES = ("plan_role.role", "apply_role.role")  # in the bootstrap stack


class DeployCase(FirnCase):
    stacks = {"road": ROAD}

    def setUp(self):
        super().setUp()
        self.project.mkdir()
        shutil.copytree(SOURCE / "environments", self.project / "environments")
        shutil.copytree(SOURCE / "scripts/deploy", self.project / "scripts/deploy")
        for folder in ("bootstrap", "components"):
            shutil.copytree(SOURCE / "stacks" / folder, self.project / "stacks" / folder)
        for name, text in self.stacks.items():
            self.write(f"stacks/{name}/stack.yaml", text)
        self.temporary = self.scratch / "runner"
        self.temporary.mkdir()
        self.world = World()
        self.addCleanup(self.world.close)
        self.event({})

    # ---------------------------------------------------------------- the surroundings of a job

    def event(self, what):
        (self.scratch / "event.json").write_text(json.dumps(what))

    def pull_request(self, head="my-org/my-repo"):
        self.event({"repository": {"full_name": "my-org/my-repo"},
                    "pull_request": {"number": 7, "head": {"repo": head and {"full_name": head}}}})

    def pushed(self, message):
        self.event({"repository": {"full_name": "my-org/my-repo"},
                    "head_commit": {"message": message}})

    def with_bootstrap(self, environment="dev"):
        """Roles and bucket as the bootstrap stack's plan has them."""
        plan = json.loads(self.ok("plan", "bootstrap", "--env", environment, "--sandbox",
                                  self.scratch / "names.db", "--json").out)
        steps = {step["address"]: step for step in plan["steps"]}
        self.world.roles = {steps[role]["outputs"]["arn"]: steps[role] for role in ROLES}
        self.world.bucket_step = steps["state"]
        self.world.bucket = steps["state"]["name"]
        return steps

    # ---------------------------------------------------------------- running

    def variables(self, **extra):
        return self.environment(**{
            "FIRN": FIRN, "RUNNER_TEMP": str(self.temporary),
            "GITHUB_EVENT_PATH": str(self.scratch / "event.json"),
            "GITHUB_OUTPUT": str(self.scratch / "output"),
            "GITHUB_STEP_SUMMARY": str(self.scratch / "summary.md"),
            **self.world.variables(), **extra})

    def script(self, name, *arguments, env=None, cwd=None, stdin=None):
        words = [str(word) for word in arguments]
        done = subprocess.run(
            [str(self.project / "scripts/deploy" / name), *words], cwd=cwd or self.project,
            env=self.variables(**(env or {})), input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, encoding="utf-8", timeout=HANGS_AFTER_S, check=False)
        self.assertEqual(os.listdir(self.temporary), [], "something private was left behind")
        return Run([name, *words], done.returncode, done.stdout, done.stderr)

    def script_with(self, text):
        """What a script would do with the functions in scripts/deploy."""
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=self.project,
                              env=self.variables(), stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, timeout=HANGS_AFTER_S, check=False)
        return Run(["bash"], done.returncode, done.stdout, done.stderr)

    def done(self, *arguments, **options):
        run = self.script(*arguments, **options)
        self.assertEqual(run.code, 0, str(run))
        return run

    def turned_down(self, *arguments, **options):
        run = self.script(*arguments, **options)
        self.assertEqual(run.code, 1, str(run))
        self.assertIn("error: ", run.err, str(run))
        return run

    def plan(self, *options, environment="dev", **more):
        return self.done("plan.sh", "--sandbox", SANDBOX, *options, environment, **more)

    def apply(self, *options, environment="dev", **more):
        return self.done("apply.sh", "--sandbox", SANDBOX, *options, environment, **more)

    # ---------------------------------------------------------------- looking

    def report(self):
        return (self.project / "build/deploy/report.md").read_text()

    def output(self):
        return (self.scratch / "output").read_text()

    def in_clouds(self):
        return self.things(SANDBOX)

    def is_as_declared(self, *options, environment="dev"):
        run = self.firn("plan", "road", "--env", environment, "--sandbox", SANDBOX,
                        "--detailed-exitcode", *options)
        self.assertEqual(run.code, 0, str(run))

    def serial_of(self, content):
        """Of a state, given as the bytes of its file."""
        file = self.scratch / "look.db"
        file.write_bytes(content)
        database = sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)
        try:
            return int(dict(database.execute("SELECT key, value FROM meta"))["serial"])
        finally:
            database.close()
