"""Where the cases live: a project of its own against the sandbox, or against moto."""

import contextlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
FIRN = os.environ.get("FIRN", str(HERE.parents[1] / "build/test/firn"))
STATE = "contract.db"
# What the sandbox keeps of what was: logs, names that are not free yet, the subscriptions of deleted topics.
MEMORIES = {"channel", "deleted", "layer_count", "log", "released", "sandbox", "statement", "subscription"}
BUSES = ("by-hand", "also-by-hand")
MOMENTS = {"changed_at", "modified_at", "request", "token", "updated_on"}
HANGS_AFTER_S = 300  # never decides a result

SNOWFLAKE = "{ target: sandbox, account: firn-local, user: FIRN_DEPLOY, role: FIRN_DEPLOYER }"


def firn(*words, cwd=None, **variables):
    """What the program says; nothing of whoever runs the tests reaches it."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(cwd or HERE),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "NO_COLOR": "1",
        "NO_PROXY": "*",
        "AWS_EC2_METADATA_DISABLED": "true",
        **{name: os.environ[name] for name in os.environ if name.endswith("SAN_OPTIONS")},
        **variables,
    }
    return subprocess.run(
        [FIRN, *map(str, words)],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=HANGS_AFTER_S,
        check=False,
    )


def tables():
    """Every type's schema table, by name."""
    listed = json.loads(firn("explain", "--json").stdout)
    return {row["name"]: json.loads(firn("explain", row["name"], "--json").stdout) for row in listed}


def import_is_there():
    return "Usage: firn import" in firn("import", "--help").stdout


def is_memory(kind, document):
    """What a cloud remembers: also what old answers come from, and what waits to be deleted."""
    return kind in MEMORIES or kind.endswith("-history") or bool(document.get("deleted_at"))


def without_moments(value):
    """A document without when it was touched and by which request; the order of what it lists means nothing."""
    if isinstance(value, dict):
        return {key: without_moments(member) for key, member in value.items() if key not in MOMENTS}
    if isinstance(value, list):
        return sorted((without_moments(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return value


class World:
    """A project whose stack is written anew for each phase; the state can be taken back in time."""

    name = "sandbox"
    aws = '{ target: sandbox, account: "111122223333", region: eu-west-1 }'
    variables = {"CONTRACT_PASSWORD": "Correct-Horse-1", "CONTRACT_OTHER_PASSWORD": "Battery-Staple-2"}
    together = False  # whether simple cases of a type share one object

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="firn-contract-"))
        self.runs = 0
        self.started = time.monotonic()
        (self.folder / "environments").mkdir()
        (self.folder / "stacks" / "contract").mkdir(parents=True)
        for folder in ("functions", "images", "keys"):
            shutil.copytree(HERE / folder, self.folder / "stacks" / "contract" / folder)
        (self.folder / "environments" / f"{self.name}.yaml").write_text(
            f"environment: {self.name}\naws: {self.aws}\nsnowflake: {SNOWFLAKE}\n"
            "naming: { project: contract, short: ct }\n"
        )
        self.prepare()
        return self

    def __exit__(self, *unused):
        self.ended = time.monotonic()
        shutil.rmtree(self.folder, ignore_errors=True)

    def prepare(self):
        """What must be there before the project is used."""

    def has(self, type_name):
        return True

    def things(self):
        """Everything that is in the sandbox, without what clouds remember of things that are gone."""
        with contextlib.closing(sqlite3.connect(self.folder / ".firn" / "sandbox.db")) as database:
            rows = database.execute("SELECT collection, key, body FROM document").fetchall()
        return {f"{kind} {key}" for kind, key, body in rows if not is_memory(kind.rsplit("/", 1)[-1], json.loads(body))}

    def picture(self, addresses):
        """The same with what they are like, but for the marks of these addresses; nothing where that cannot be had."""
        return set()

    def seconds(self):
        return self.ended - self.started

    def write(self, resources):
        codes = [line.split()[0] for line in firn("explain", "checks").stdout.splitlines()]
        waiver = f" # firn: allow {', '.join(codes)} because no road is meant"
        stack = {"stack": "contract", "resources": resources}
        path = self.folder / "stacks" / "contract" / "stack.yaml"
        text = json.dumps(stack, indent=1, ensure_ascii=False)
        # Objects of all types stand side by side here, and lead nowhere.
        path.write_text(text.replace(' "resources": {', f'{waiver}\n "resources": {{', 1), encoding="utf-8")

    def run(self, command, *flags):
        self.runs += 1
        place = ("contract", "--env", self.name, "--state", STATE)
        return firn(command, *place, *flags, cwd=self.folder, **self.variables)

    def make_by_hand(self):
        """What rows refer to and no type makes."""
        account, region = "111122223333", "eu-west-1"
        with contextlib.closing(sqlite3.connect(self.folder / ".firn" / "sandbox.db")) as database, database:
            for bus in BUSES:
                document = {"name": bus, "arn": f"arn:aws:events:{region}:{account}:event-bus/{bus}", "tags": {}}
                database.execute(
                    "INSERT INTO document (collection, key, body) VALUES (?, ?, ?)",
                    (f"aws/{account}/{region}/events/bus", bus, json.dumps(document)),
                )

    def let_time_pass(self):
        """What has just been made is no longer new."""
        firn("sandbox", "advance", "5m", cwd=self.folder).check_returncode()

    # ------------------------------------------------------------ the state, taken back in time

    def keep_state(self, name):
        """A copy of the state. The clouds go on; put back, it is a state behind whose back they went on."""
        folder = self.folder / "kept" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for file in self.state_files():
            shutil.copy2(file, folder)

    def put_state_back(self, name):
        for file in self.state_files():
            file.unlink()
        for file in (self.folder / "kept" / name).iterdir():
            shutil.copy2(file, self.folder)

    def forget(self, addresses):
        """Takes objects out of the state, and leaves them in the clouds."""
        sys.path.insert(0, str(HERE.parent / "e2e"))
        from edited_state import edited

        with edited(self.folder / STATE) as database:
            database.executemany("DELETE FROM resources WHERE address = ?", [(address,) for address in addresses])

    def unmark(self, addresses):
        """Objects that nobody can tell from what others made; whether that can be had here."""
        return False

    def lose_state(self):
        for file in self.state_files():
            file.unlink()
        # With its copies: beside them firn would not begin anew.
        shutil.rmtree(self.folder / f"{STATE}.backups", ignore_errors=True)

    def state_files(self):
        return [file for file in self.folder.glob(f"{STATE}*") if file.is_file()]


class Sandbox(World):
    """Both clouds in firn's own process."""

    def marks(self, addresses):
        sys.path.insert(0, str(HERE.parent / "cli"))
        import marks

        return marks, marks.Marks("contract", self.name, addresses)

    def unmark(self, addresses):
        module, marks = self.marks(addresses)
        module.take_off(self.folder / ".firn" / "sandbox.db", marks)
        return True

    def picture(self, addresses):
        _, marks = self.marks(addresses)
        with contextlib.closing(sqlite3.connect(self.folder / ".firn" / "sandbox.db")) as database:
            rows = database.execute("SELECT collection, key, body FROM document").fetchall()
        documents = [(kind, key, json.loads(body)) for kind, key, body in rows if "/sqs/message/" not in kind]
        return {
            f"{kind} {key} {json.dumps(without_moments(marks.off(body)), sort_keys=True)}"
            for kind, key, body in documents
            if not is_memory(kind.rsplit("/", 1)[-1], body)
        }


class Moto(World):
    """An emulator of AWS that has nothing to do with firn; Snowflake's types do not occur."""

    name = "moto"
    together = True

    def prepare(self):
        sys.path.insert(0, str(HERE.parent / "conformance"))
        import support

        self.stack = contextlib.ExitStack()
        moto = self.moto = support.Moto()
        self.stack.callback(moto.stop)
        self.variables = {**self.variables, "AWS_ACCESS_KEY_ID": support.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": support.SECRET_KEY}
        path = self.folder / "environments" / "moto.yaml"
        aws = f'{{ target: "{moto.url}", account: "{support.ACCOUNT}", region: {support.REGION} }}'
        path.write_text(path.read_text().replace(self.aws, aws))

    def make_by_hand(self):
        for bus in BUSES:
            self.moto.client("events").create_event_bus(Name=bus)

    def let_time_pass(self):
        """Time is real here."""

    def things(self):
        import aws_picture

        seen = aws_picture.picture(self.moto)
        # Lambda itself makes these for functions that write.
        seen["log groups"] = [name for name in seen["log groups"] if not name.startswith("/aws/lambda/")]
        return {f"{kind}: {json.dumps(things)}" for kind, things in seen.items() if things}

    def __exit__(self, *unused):
        self.stack.close()
        super().__exit__()

    def has(self, type_name):
        return not type_name.startswith("snowflake.")


WORLDS = {"sandbox": Sandbox, "moto": Moto}
