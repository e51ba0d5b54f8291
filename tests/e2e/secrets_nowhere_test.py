"""Recognisable secrets are planted wherever a secret may enter; nothing that firn writes holds one.

Every byte of the project, of HOME and of what the program says is searched: state, its write-ahead log as a killed run
leaves it, saved plans, pictures, logs, messages. Exempt are the files that the test itself puts there, and the sandbox's
own database: that is the cloud, and secrets are meant to arrive there, which is checked as well.
"""
import base64
import json
import os
import pathlib
import shutil
import signal
import unittest
import urllib.parse

from firn_case import FirnCase

SANDBOX = ".firn/sandbox.db"
STATE = ".firn/planted.local.state.db"

# Where each enters; what it reads is easy to find and hard to meet by chance. Some hold what JSON, URLs, SQL and YAML
# write in another way.
PLANTED = {
    "ENV_VALUE": "planted-env-value-Aq3/9+x",
    "ENV_MEMBER": 'planted "member" \\ with marks',
    "ENV_PARAMETER": "planted-parameter-Zk81",
    "ENV_ENVIRONMENT": "planted-environment-Vb22",
    "ENV_FUNCTION": "planted-function-Jd07",
    "ENV_COMMENT": "planted-comment-it's-Uw54",
    "ENV_COMPONENT": "planted-component-Hn66",
    "ENV_DEFINITION": "planted-definition-Rt93",
    "ENV_OUTPUT": "planted-output-Lc18",
    "ENV_TAG": "planted-tag-Ms40",
    "ENV_PASSWORD": "Planted-password-Yq58!",
    "ENV_TASK": "planted-task-Gw31",
    "ENV_BODY": "planted-body-Co75",
    "ENV_QUERY": "planted-query-Np09",
    "ENV_MAIL": "planted-mail-Db62",
    "ENV_ALARM": "planted-alarm-Ki84",
}
IN_FILES = {
    "token.txt": "planted-in-a-file-Xe77",
}

STACK = """\
stack: planted
naming: { project: planted, short: plt }
parameters:
  given: { type: string, secret: true, default: "${secret(\\"env:ENV_PARAMETER\\")}" }
  settled: { type: string, secret: true }
  rotation: { type: integer, default: 1 }
resources:
  text:
    type: aws.secret
    value: "${secret(\\"env:ENV_VALUE\\")}"
  document:
    type: aws.secret
    value:
      member: "${secret(\\"env:ENV_MEMBER\\")}"
      plain: seen
      parameter: "${param.given}"
      settled: "before ${param.settled} after"
      file: "${secret(\\"file:token.txt\\")}"
    tags: { hint: "${secret(\\"env:ENV_TAG\\")}" }
  machine_id:
    type: aws.kms_key  # its id is known only when it is made
  collector:
    type: aws.iam_user
  collector_key:
    type: aws.secret
  key:
    type: aws.iam_access_key
    user: ${collector}
    secret: ${collector_key}
    rotation: ${param.rotation}
  worker:
    type: aws.iam_role
    trust: { service: [lambda.amazonaws.com, states.amazonaws.com] }
  function:
    type: aws.lambda_function
    code: function
    handler: main.handler
    runtime: python3.13
    role: ${worker}
    environment:
      TOKEN: "${secret(\\"env:ENV_FUNCTION\\")}"
      BOTH: "${worker.arn} ${secret(\\"env:ENV_FUNCTION\\")}"
      LATE: "${machine_id.key_id} ${secret(\\"env:ENV_FUNCTION\\")}"
  machine:
    type: aws.sfn_state_machine
    role: ${worker}
    definition:
      StartAt: Only
      States: { Only: { Type: Pass, Result: "${secret(\\"env:ENV_DEFINITION\\")}", End: true } }
  lake:
    type: snowflake.database
    comment: "about ${secret(\\"env:ENV_COMMENT\\")}"
  raw: { type: snowflake.schema, database: "${lake}" }
  person:
    type: snowflake.user
    user_type: LEGACY_SERVICE
    password: "${secret(\\"env:ENV_PASSWORD\\")}"
  compute: { type: snowflake.warehouse, size: XSMALL }
  task:
    type: snowflake.task
    schema: ${raw}
    warehouse: ${compute}
    schedule: 60 MINUTE
    definition: "SELECT '${secret(\\"env:ENV_TASK\\")}'"
  procedure:
    type: snowflake.procedure
    schema: ${raw}
    language: SQL
    returns: VARCHAR
    body: "BEGIN RETURN '${secret(\\"env:ENV_BODY\\")}'; END"
  view:
    type: snowflake.view
    schema: ${raw}
    query: "SELECT '${secret(\\"env:ENV_QUERY\\")}' AS A"
  mail:
    type: snowflake.notification_integration
    email: { default_subject: "${secret(\\"env:ENV_MAIL\\")}" }
  alarm:
    type: aws.cloudwatch_alarm
    description: "call ${secret(\\"env:ENV_ALARM\\")}"
    namespace: AWS/SQS
    metric: NumberOfMessagesSent
    statistic: Sum
    period: 60
    evaluation_periods: 1
    threshold: 1
    comparison: GreaterThanThreshold
  inner:
    component: planted_part
    parameters:
      token: "${secret(\\"env:ENV_COMPONENT\\")}"
  noted:
    type: aws.secret
    value: { inner: "${inner.token}", list: ["${secret(\\"env:ENV_VALUE\\")}"] }
outputs:
  told: "${secret(\\"env:ENV_OUTPUT\\")}"
  nested: { given: "${param.given}", key: "${key.access_key_id}" }
"""
COMPONENT = """\
component: planted_part
parameters:
  token: { type: string, secret: true }
resources:
  kept:
    type: aws.secret
    value: "${param.token}"
outputs:
  token: "${param.token}"
"""


def forms(secret):
    """The ways in which a secret may stand in a file."""
    data = secret.encode()
    yield data
    yield json.dumps(secret)[1:-1].encode()
    yield json.dumps(json.dumps(secret)[1:-1])[1:-1].encode()
    yield urllib.parse.quote(secret, safe="").encode()
    yield urllib.parse.quote_plus(secret).encode()
    yield secret.replace("'", "''").encode()
    yield secret.replace("'", "\\'").encode()
    yield data.hex().encode()
    yield data.hex().upper().encode()
    yield data.decode().encode("utf-16-le")
    # base64 of a text that holds it, at each of the three alignments, without the ends that depend on what stands around.
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + data)
        yield whole[4 if shift else 0:-4]


class Nowhere(FirnCase):
    def setUp(self):
        super().setUp()
        self.new_project()
        self.write("stacks/planted/stack.yaml", STACK)
        self.write("stacks/components/planted_part.yaml", COMPONENT)
        self.write("stacks/planted/function/main.py", "def handler(event, context):\n    return event\n")
        for name, secret in IN_FILES.items():
            self.write(f"stacks/planted/{name}", secret + "\n")
        text = (self.project / "environments/local.yaml").read_text()
        self.write("environments/local.yaml", text + "\nparameters:\n"
                   '  settled: "${secret(\\"env:ENV_ENVIRONMENT\\")}"\n')
        self.secrets = set(PLANTED.values()) | set(IN_FILES.values())
        self.said = []  # (what was run, everything that it said)

    def firn(self, *arguments, env=None, **options):
        run = super().firn(*arguments, env={**PLANTED, **(env or {})}, **options)
        self.said.append((" ".join(run.arguments), (run.out + run.err).encode()))
        return run

    # ---------------------------------------------------------------- the search

    def learn_keys(self):
        """The secret parts of the access keys that the sandbox has made."""
        for (collection, _), document in self.documents().items():
            if not collection.endswith("secretsmanager/secret"):
                continue
            for version in document.get("versions", []):
                if "SecretAccessKey" in version["text"]:
                    self.secrets.add(json.loads(version["text"])["SecretAccessKey"])

    def files(self):
        for folder, _, names in os.walk(self.scratch):
            for name in names:
                yield pathlib.Path(folder) / name

    def is_exempt(self, file):
        path = file.relative_to(self.scratch).as_posix()
        return (path.startswith("project/" + SANDBOX)  # the cloud, with its write-ahead log
                or path in {f"project/stacks/planted/{name}" for name in IN_FILES})

    def assert_nowhere(self):
        self.learn_keys()
        searched = 0
        keys = [key.encode() for key in ("PRIVATE KEY-----", "eyJhbGciOiJSUzI1NiI")]  # of Snowflake's users, and tokens
        for what, data in [*self.said, *((str(file), file.read_bytes())
                                         for file in self.files() if not self.is_exempt(file))]:
            searched += 1
            for key in keys:
                self.assertFalse(key in data, f"{key!r} is in {what}")
            for secret in self.secrets:
                for form in forms(secret):
                    self.assertFalse(form in data, f"{secret!r} is in {what}")
        return searched

    def test_the_search_finds_what_is_there(self):
        """A search that cannot fail proves nothing: the cloud holds all of them."""
        self.apply("planted")
        self.learn_keys()
        self.assertEqual(len(self.secrets), len(PLANTED) + len(IN_FILES) + 1, "and one access key")
        cloud = b"".join(file.read_bytes() for file in self.files()
                         if file.name.startswith("sandbox.db"))
        arrived = {secret for secret in self.secrets if any(form in cloud for form in forms(secret))}
        # An output goes to no cloud, and of a password nobody keeps more than a digest.
        self.assertEqual(self.secrets - arrived, {PLANTED["ENV_OUTPUT"], PLANTED["ENV_PASSWORD"]})

    # ---------------------------------------------------------------- what firn does

    def test_in_nothing_that_firn_writes_over_a_whole_life(self):
        self.ok("validate", "planted")
        self.ok("plan", "planted")
        self.ok("plan", "planted", "--json")
        self.ok("plan", "planted", "--out", "first.plan")
        self.ok("apply", "first.plan")
        self.assert_nowhere()
        self.assert_plan_is_empty("planted")
        # What people look at.
        for words in (["show", "planted"], ["show", "planted", "--json"], ["output", "planted"],
                      ["output", "planted", "told"], ["output", "planted", "--json"],
                      ["state", "list", "planted"], ["sandbox", "log"], ["sandbox", "log", "--json"],
                      ["sandbox", "status"], ["schema"]):
            self.ok(*words)
        for address in json.loads(self.ok("show", "planted", "--json").out)["resources"]:
            self.ok("state", "show", "planted", address["address"])
        for form in ("svg", "mermaid", "html", "dot"):
            self.firn("graph", "planted", "--format", form)
        self.assert_nowhere()
        # Changes: of every secret, of the key, of one thing beside them, saved and applied.
        changed = {name: f"{secret}-changed" for name, secret in PLANTED.items()}
        self.secrets |= set(changed.values())
        self.ok("plan", "planted", "--set", "rotation=2", "--out", "next.plan", env=changed)
        self.ok("apply", "next.plan", env=changed)
        self.ok("plan", "planted", "--set", "rotation=2", env=changed)
        self.assert_nowhere()
        self.ok("destroy", "planted", "--set", "rotation=2", "--yes", env=changed)
        self.apply("planted", env=changed)  # brings back what waits for its deletion
        self.ok("destroy", "planted", "--yes", env=changed)
        self.assertGreater(self.assert_nowhere(), 40)

    def test_not_in_what_is_told_of_changes_behind_our_back(self):
        """What the cloud shows in place of a secret is somebody's secret, too."""
        self.apply("planted")
        theirs = {name: f"{secret}-by-somebody" for name, secret in PLANTED.items()}
        self.secrets |= set(theirs.values())
        shutil.copy(self.project / STATE, self.scratch / "theirs.db")
        self.ok("apply", "planted", "--state", self.scratch / "theirs.db", "--yes", env=theirs)
        for words in (["plan", "planted"], ["plan", "planted", "--json"], ["plan", "planted", "--out", "back.plan"]):
            run = self.ok(*words)
            self.assertIn("machine", run.out)
        self.ok("apply", "back.plan")
        self.assert_nowhere()
        self.assert_plan_is_empty("planted")

    def test_in_no_error(self):
        self.apply("planted")
        # A parameter with a plain value on the command line is refused, and not repeated.
        self.secrets.add("planted-on-the-command-line")
        run = self.refused("plan", "planted", "--set", "given=planted-on-the-command-line",
                           "--out", "leak.plan")
        self.said.pop()  # its arguments are the test's own
        self.assertNotIn("planted-on", run.out + run.err)
        # What a cloud refuses, it may repeat.
        edits = [
            ("handler: main.handler", "handler: main.handler\n    memory: 1"),
            ('    value: "${secret(\\"env:ENV_VALUE\\")}"',
             '    value: "${secret(\\"env:ENV_VALUE\\")}"\n    name: "${secret(\\"env:ENV_VALUE\\")}"'),
            ("type: snowflake.database\n",
             'type: snowflake.database\n    retention_days: "${secret(\\"env:ENV_COMMENT\\")}"\n'),
            ("Type: Pass", "Type: Nonsense"),
            ("  noted:\n    type: aws.secret\n    value:", "  noted:\n    type: firn.value\n    input:"),
            ("runtime: python3.13", 'runtime: "${secret(\\"env:ENV_FUNCTION\\")}"'),
            ("rotation: ${param.rotation}", 'rotation: "${secret(\\"env:ENV_VALUE\\")}"'),
        ]
        whole = (self.project / "stacks/planted/stack.yaml").read_text()
        for before, after in edits:
            self.edit("stacks/planted/stack.yaml", before, after)
            run = self.firn("apply", "planted", "--yes")
            self.assertEqual(run.code, 1, f"{after}\n{run}")
            self.write("stacks/planted/stack.yaml", whole)
        # A secret that is not there, and one with the wrong kind of content.
        run = self.refused("apply", "planted", "--yes", env={"ENV_VALUE": ""})
        self.assert_nowhere()

    def test_not_in_the_write_ahead_log_of_a_killed_run(self):
        process = self.start("apply", "planted", "--yes", env=PLANTED)
        # The journal holds the intent of everything that is under way when the first object is done.
        for line in process.stderr:
            if "created" in line:
                break
        process.send_signal(signal.SIGKILL)
        process.wait()
        left = self.project / (STATE + "-wal")
        self.assertTrue(left.exists() and left.stat().st_size > 0, "the run had written nothing yet")
        self.assert_nowhere()
        self.apply("planted")
        self.assert_nowhere()


if __name__ == "__main__":
    unittest.main()
