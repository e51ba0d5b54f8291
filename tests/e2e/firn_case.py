"""A test case that runs the real program on a scratch project and compares what people read.

The program is named by $FIRN, the repository by $FIRN_SOURCE (ctest sets both). Golden files stand
in golden/ beside the test; UPDATE_GOLDEN=1 writes them anew. Only what truly varies is scrubbed:
temporary paths, durations, process ids, UUIDs, the host, and the ids that the sandbox makes up.
"""
import difflib
import inspect
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

FIRN = os.environ["FIRN"]
SOURCE = pathlib.Path(
    os.environ.get("FIRN_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
UPDATE = os.environ.get("UPDATE_GOLDEN", "") not in ("", "0")

WRITTEN = {}  # golden files that this process has written anew

# A run that hangs must fail, not stop the whole test run. Generous: it never decides a result.
HANGS_AFTER_S = 240

SCRUBS = [
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<uuid>"),
    # Progress tells a duration only when there was one.
    (re.compile(r" \((\d+(\.\d+)? (ms|s)|\d+ min \d+ s)\)"), ""),
    (re.compile(r"(?m)^  in (\d+(\.\d+)? (ms|s)|\d+ min \d+ s)"), "  in <time>"),
    (re.compile(r"\b[A-Z]{2}\d{5}_SFCRole=\d+_[A-Za-z0-9+/]+="), "<external id>"),
    (re.compile(r"arn:aws:iam::\d{12}:user/[0-9a-z]{4}-s-[0-9a-z]+"), "<integration's user>"),
    (re.compile(r"arn:aws:iam::\d{12}:user/[0-9a-z]{4}-n-[0-9a-z]+"), "<subscribing user>"),
    (re.compile(r"arn:aws:iam::\d{12}:user/[0-9a-z]{4}-q-[0-9a-z]+"), "<notifying user>"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "<instant>"),
    (re.compile(r"\b(request|request id:) [0-9A-Z]{16}\b"), r"\1 <id>"),
    (re.compile(r"\(process \d+\)"), "(process <pid>)"),
    (re.compile(r"127\.0\.0\.1(:| port )\d+"), r"127.0.0.1\1<port>"),
    (re.compile(r"\bafter \d+ ms"), "after <time>"),
    (re.compile(r"SHA256:[A-Za-z0-9+/]+="), "SHA256:<fingerprint>"),
]


class Run:
    """What one run of the program said."""

    def __init__(self, arguments, code, out, err):
        self.arguments = arguments
        self.code = code
        self.out = out
        self.err = err

    def __str__(self):
        return (f"firn {' '.join(self.arguments)} ended with {self.code}\n"
                f"--- stdout\n{self.out}\n--- stderr\n{self.err}")


class FirnCase(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="firn-")).resolve()
        self.addCleanup(shutil.rmtree, self.scratch, ignore_errors=True)
        self.written = {}
        self.addCleanup(self.check_states)
        self.home = self.scratch / "home"
        self.home.mkdir()
        self.project = self.scratch / "project"

    # ---------------------------------------------------------------- the project

    def new_project(self):
        """The repository's stacks and environments, in a folder of their own."""
        self.project.mkdir()
        for folder in ("stacks", "environments"):
            shutil.copytree(SOURCE / folder, self.project / folder)

    def take_project(self, other):
        """A copy of a project as another test left it, with its sandbox and state."""
        shutil.copytree(other, self.project)

    def write(self, path, text):
        file = self.project / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def edit(self, path, before, after):
        """Replaces one passage, which must stand there exactly once."""
        file = self.project / path
        text = file.read_text()
        self.assertEqual(text.count(before), 1, f"{before!r} in {path}")
        file.write_text(text.replace(before, after))

    # ---------------------------------------------------------------- running

    def environment(self, **extra):
        """Nothing of whoever runs the tests reaches the program."""
        variables = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            # No look at the machine's own metadata service.
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        # What sanitizers and coverage need to know.
        for name in os.environ:
            if name.endswith("SAN_OPTIONS") or name == "LLVM_PROFILE_FILE":
                variables[name] = os.environ[name]
        variables.update(extra)
        return variables

    def firn(self, *arguments, env=None, cwd=None, stdin=None):
        """Runs the program in the project's folder and answers what it said."""
        words = [str(word) for word in arguments]
        self.note_state(words, env, cwd)
        done = subprocess.run(
            [FIRN, *words], cwd=cwd or self.project, env=self.environment(**(env or {})),
            input=stdin, stdin=subprocess.DEVNULL if stdin is None else None,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
            timeout=HANGS_AFTER_S, check=False)
        return Run(words, done.returncode, done.stdout, done.stderr)

    def note_state(self, words, env, cwd):
        """Which state this command writes."""
        if words[:1] not in (["apply"], ["destroy"], ["import"], ["recover"]) or len(words) < 2:
            return
        place = [words[1]]
        for at, word in enumerate(words):
            if word in ("-e", "--env", "--state", "--sandbox"):
                value = words[at + 1:at + 2]
                place += [word, *(value if value and not value[0].startswith("-") else [])]
        self.written[tuple(place)] = (env, cwd)

    def check_states(self):
        """At the end of every test the states that it wrote keep all rules."""
        for place, (env, cwd) in self.written.items():
            if not (cwd or self.project).exists():
                continue
            done = subprocess.run([FIRN, "state", "check", *place], cwd=cwd or self.project,
                                  env=self.environment(**(env or {})), stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, encoding="utf-8", check=False)
            # What cannot be found any more (the test broke the stack, or removed it) is no breach.
            for breach in (" is not as it should be", "the file is damaged"):
                self.assertNotIn(breach, done.stderr)

    def start(self, *arguments, env=None, **options):
        """Starts the program and goes on; the test reads its pipes and waits for it."""
        process = subprocess.Popen(
            [FIRN, *[str(word) for word in arguments]], cwd=self.project,
            env=self.environment(**(env or {})), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", **options)
        self.addCleanup(self._end, process)
        return process

    @staticmethod
    def _end(process):
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()

    def ok(self, *arguments, **options):
        run = self.firn(*arguments, **options)
        self.assertEqual(run.code, 0, str(run))
        return run

    def refused(self, *arguments, **options):
        """An error: exit code 1, told on stderr."""
        run = self.firn(*arguments, **options)
        self.assertEqual(run.code, 1, str(run))
        self.assertRegex(run.err, r"(?m)^error( FIRN\d+)?: ", str(run))
        return run

    def apply(self, *arguments, **options):
        return self.ok("apply", *arguments, "--yes", **options)

    def assert_plan_is_empty(self, *arguments):
        run = self.firn("plan", *arguments, "--detailed-exitcode")
        self.assertEqual(run.code, 0, str(run))
        self.assertIn("\nNothing to do: ", run.out, str(run))
        self.assertEqual(run.err, "", str(run))

    # ---------------------------------------------------------------- golden files

    def scrubbed(self, text):
        text = text.replace(str(self.scratch), "<scratch>")
        for pattern, word in SCRUBS:
            text = pattern.sub(word, text)
        return text

    def assert_golden(self, name, text):
        file = pathlib.Path(inspect.getfile(type(self))).resolve().parent / "golden" / name
        text = self.scrubbed(text)
        if UPDATE:
            # Several tests may share a golden file, but only to say the same.
            self.assertEqual(WRITTEN.setdefault(file, text), text)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            return
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        if before != text:
            difference = difflib.unified_diff(
                before.splitlines(), text.splitlines(), str(file), "what firn printed", lineterm="")
            self.fail("not as in the golden file (UPDATE_GOLDEN=1 writes it anew):\n" +
                      "\n".join(difference))

    # ---------------------------------------------------------------- looking into it

    def state(self, stack="finance", env="local", *arguments):
        return json.loads(self.ok("show", stack, "--env", env, "--json", *arguments).out)

    def resource(self, address, stack="finance", env="local", *arguments):
        return json.loads(
            self.ok("state", "show", stack, address, "--env", env, "--json", *arguments).out)

    def log(self, sandbox=None):
        """The requests that the sandbox has answered, as firn shows them."""
        more = ["--sandbox", sandbox] if sandbox else []
        return json.loads(self.ok("sandbox", "log", "--json", *more).out)

    def plan_steps(self, *arguments):
        """address → step, of everything in the plan."""
        plan = json.loads(self.ok("plan", *arguments, "--json").out)
        return {step["address"]: step for step in plan["steps"]}

    def rows(self, path):
        """All rows of an SQLite file, read without firn; nothing when there is no such file. Without the
        lease of a state, whose token also rises with a run that changes nothing, and its checksum."""
        if not (self.project / path).exists():
            return None
        database = sqlite3.connect(f"file:{self.project / path}?mode=ro", uri=True)
        try:
            tables = [name for (name,) in database.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'lease' "
                "ORDER BY name")]
            return {table: [row for row in database.execute(f'SELECT * FROM "{table}"')
                            if row[0] != "checksum"]
                    for table in tables}
        finally:
            database.close()

    def documents(self, sandbox=".firn/sandbox.db"):
        """What is in the sandbox, read from its file without firn: (collection, key) → document."""
        rows = (self.rows(sandbox) or {}).get("document", [])
        return {(collection, key): json.loads(body) for collection, key, body in rows}

    def things(self, sandbox=".firn/sandbox.db"):
        """The same without accounts, keys, logs and other things that are no objects of a stack."""
        return {
            place: document for place, document in self.documents(sandbox).items()
            if place[0].rsplit("/", 1)[-1] in KINDS
            and "deleted_at" not in document  # what a deleted topic leaves behind
            and "given" not in document  # a bucket that was there before
            and not (place[0].startswith("snowflake/")
                     and (place[0].endswith("/subscription")  # Snowflake's memory of its queues
                          or place[1].split("\x1f")[-1] in STANDING))
        }


# Collections that hold what stacks make, and Snowflake's own roles, schemas and deployer in them.
KINDS = {
    "access-key", "alarm", "alert", "alias", "bucket", "function", "group", "key", "layer",
    "machine", "mapping", "object", "oidc-provider", "policy", "queue", "repository", "role",
    "rule", "schedule", "secret", "subscription", "topic", "user", "database", "database_role",
    "file_format", "future", "integration", "pipe", "procedure", "relation", "schema", "stage",
    "task", "warehouse",
}
STANDING = {
    "ACCOUNTADMIN", "SECURITYADMIN", "SYSADMIN", "USERADMIN", "PUBLIC", "ORGADMIN",
    "FIRN_DEPLOY", "FIRN_DEPLOYER", "FIRN_DEV_DEPLOY", "FIRN_DEV_DEPLOYER", "FIRN_PROD_DEPLOY",
    "FIRN_PROD_DEPLOYER",
}
