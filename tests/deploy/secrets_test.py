"""What the jobs are given in secret stands in nothing that they write or say: no log, report, comment, issue, saved plan,
state, artefact or file that stays. The cloud itself, which secrets are meant for, is exempt, and must hold them."""
import os
import pathlib
import sys
import unittest

from deploy_case import SANDBOX, SOURCE, DeployCase

sys.path.insert(0, str(SOURCE / "tests/e2e"))
from secrets_nowhere_test import forms  # noqa: E402

KEY = """-----BEGIN PRIVATE KEY-----
planted+key+line+one/Hs83+planted+key+line+one/Hs83+planted+key+
planted+key+line+two/Wq20==
-----END PRIVATE KEY-----"""
GIVEN = {"API_TOKEN": "planted-api-token-Lx47/+", "SUBJECT": "planted subject-Rb15/+="}

STACK = """\
stack: road
naming: { project: road, short: rd }
parameters:
  prefix: { type: string, default: in/ }
  subject: { type: string, secret: true, default: "${secret(\\"env:SUBJECT\\")}" }
resources:
  data: { type: aws.s3_bucket, force_destroy: true }
  api:
    type: aws.secret
    value: { token: "${secret(\\"env:API_TOKEN\\")}", where: "${param.prefix}" }
  alerts: { type: aws.sns_topic, tags: { subject: "about ${param.subject}" } }
  database: { type: snowflake.database, comment: "${param.subject}" }
outputs:
  told: "${param.subject}"
"""

# firn as a program that tells all that it can see without looking into private files.
TELLER = """\
#!/usr/bin/env bash
[[ $1 != plan ]] || exec FIRN "$@"
echo "$@"
env
find "$SNOWFLAKE_HOME" "$PWD" -name '*.p8'
exit 1
"""


class Nowhere(DeployCase):
    stacks = {"road": STACK}

    def setUp(self):
        super().setUp()
        self.with_bootstrap()
        self.said = []

    def script(self, name, *arguments, env=None, **options):
        run = super().script(name, *arguments, env={**GIVEN, "SNOWFLAKE_PRIVATE_KEY": KEY, **(env or {})}, **options)
        self.said.append((name, (run.out + run.err).encode()))
        return run

    def secrets(self):
        keys = [part for session in self.world.sessions.values() for part in session[:2]]
        return [*GIVEN.values(), *KEY.split("\n")[1:3], self.world.token, self.world.job_token,
                *self.world.tokens, *keys]

    def all_written(self):
        """(where, bytes) of everything but the cloud."""
        for folder, _, names in os.walk(self.scratch):
            for name in names:
                if not name.startswith((SANDBOX, "names.db")):  # of the second only names were asked
                    path = pathlib.Path(folder) / name
                    yield str(path), path.read_bytes()
        for key, (_, content) in self.world.objects.items():
            yield f"s3://{key}", content
        for entry in [*self.world.comments, *self.world.issues]:
            yield "GitHub", (entry.get("title", "") + entry["body"]).encode()
        yield from self.said

    def assert_nowhere(self):
        secrets = self.secrets()
        places = list(self.all_written())
        for where, data in places:
            self.assertFalse(b"PRIVATE KEY-----" in data, where)
            for secret in secrets:
                for form in forms(secret):
                    self.assertFalse(form in data, f"{secret!r} is in {where}")
        return len(places), len(secrets)

    def as_job(self, environment, script, *options, code=0, **more):
        self.world.environment = environment
        run = self.script(script, "--sandbox", SANDBOX, "--bucket", self.world.bucket, *options, **more)
        self.assertEqual(run.code, code, str(run))
        return run

    def test_over_the_whole_life_of_a_stack(self):
        self.pull_request()
        self.as_job("dev-plan", "plan.sh", "dev")
        self.done("comment.sh", "dev")
        self.as_job("dev", "apply.sh", "dev")
        self.assert_nowhere()
        self.as_job("dev-plan", "plan.sh", "dev", env={"API_TOKEN": GIVEN["API_TOKEN"] + "-changed"})
        self.done("comment.sh", "dev")
        self.done("drift.sh", "dev")
        self.assertEqual(len(self.world.issues), 1)
        self.as_job("dev", "apply.sh", "dev", code=1)  # the secret is not the planned one any more
        self.as_job("dev", "apply.sh", "dev", env={"API_TOKEN": GIVEN["API_TOKEN"] + "-changed"})
        self.assert_nowhere()
        self.as_job("dev-plan", "plan.sh", "--destroy", "dev", "road")
        self.as_job("dev", "apply.sh", "--destroy", "dev")
        places, secrets = self.assert_nowhere()
        self.assertGreater(places, 40)
        self.assertGreater(secrets, 15)

    def test_when_things_go_wrong(self):
        self.as_job("dev-plan", "plan.sh", "dev")
        self.world.environment = "dev"
        teller = self.write("teller", TELLER.replace("FIRN", os.environ["FIRN"]))
        teller.chmod(0o755)
        self.as_job("dev", "apply.sh", "dev", code=1, env={"FIRN": str(teller)})
        # The same where Snowflake's key is needed: firn gets a file, which goes with the run.
        self.write("build/deploy/plans/road.plan",
                   '{"stack":"road","environment":"dev","state_path":".firn/deploy/road.dev.state.db",'
                   '"destroy":false,"refresh":true}')
        run = self.script("apply.sh", "dev", env={"FIRN": str(teller)})
        self.assertEqual(run.code, 1, str(run))
        self.assertIn("snowflake.p8", run.out)
        self.world.environment = "prod"
        self.as_job("prod", "plan.sh", "dev", code=1)
        self.assertEqual(self.script("plan.sh", "dev", env={"SNOWFLAKE_PRIVATE_KEY": ""}).code, 1)
        self.world.permissions.clear()
        self.pull_request()
        self.script("comment.sh", "dev")
        # The stack's own secrets are firn's to know, and the teller is not firn.
        told = [(name, text) for name, text in self.said if b"API_TOKEN=" in text]
        self.assertEqual(len(told), 2)
        self.said = [entry for entry in self.said if entry not in told]
        for name, text in told:
            lines = [line for line in text.splitlines() if not line.startswith((b"API_TOKEN=", b"SUBJECT="))]
            self.said.append((name, b"\n".join(lines)))
        self.assert_nowhere()

    def test_the_search_finds_what_is_there(self):
        self.as_job("dev-plan", "plan.sh", "dev")
        self.as_job("dev", "apply.sh", "dev")
        cloud = b"".join(path.read_bytes() for path in self.project.iterdir() if path.name.startswith(SANDBOX)
                         and path.is_file())
        for secret in GIVEN.values():
            self.assertTrue(any(form in cloud for form in forms(secret)), secret)
        self.assertGreaterEqual(len(self.world.tokens), 4)
        self.write("build/deploy/leak.txt", "a" + GIVEN["API_TOKEN"] + "b")
        with self.assertRaises(AssertionError):
            self.assert_nowhere()


if __name__ == "__main__":
    unittest.main()
