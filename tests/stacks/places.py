"""Where a stack lives: both clouds in the sandbox, for each environment; or its AWS half on moto.

A place has a project of its own, a copy of the stack, the components and the environments.
"""

import contextlib
import json
import os
import pathlib
import queue
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request

import lists

FIRN = os.environ.get("FIRN") or os.environ.get("FIRN_PROGRAM") or str(lists.ROOT / "build/test/firn")
HANGS_AFTER_S = 300  # never decides a result
NEEDS = "stands_already"  # the stack of what is there before


class Place:
    """The sandbox, with the names and settings of one environment."""

    def __init__(self, environment, changes):
        self.name = environment
        self.changes = changes
        self.stack = changes.stack
        self.said = changes.at(environment)
        self.runs = 0
        self.variables = {**changes.variables, **self.said.get("variables", {})}

    def __enter__(self):
        self.started = time.monotonic()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"firn-{self.stack}-{self.name}-")).resolve()
        self.stack_folder = self.folder / "stacks" / self.stack
        shutil.copytree(lists.ROOT / "stacks" / self.stack, self.stack_folder)
        shutil.copytree(lists.ROOT / "stacks" / "components", self.folder / "stacks" / "components")
        shutil.copytree(lists.ROOT / "environments", self.folder / "environments")
        self.environment = self.folder / "environments" / f"{self.name}.yaml"
        self.prepare()
        self.set(self.said.get("parameters", {}))
        for words in self.said.get("edits", []):
            self.edit(words, f"places, {self.name}")
        if self.said.get("needs"):
            needs = {"stack": NEEDS, "resources": self.said["needs"]}
            if self.region:
                needs["defaults"] = {"aws": {"region": self.region}}
            folder = self.folder / "stacks" / NEEDS
            folder.mkdir()
            (folder / "stack.yaml").write_text(json.dumps(needs, indent=1), encoding="utf-8")
            self._must(self.firn("apply", "--yes", stack=NEEDS))
        return self

    def __exit__(self, *unused):
        self.seconds = time.monotonic() - self.started
        shutil.rmtree(self.folder, ignore_errors=True)

    def prepare(self):
        pass

    @property
    def region(self):
        stack = lists.yaml12.read((self.stack_folder / "stack.yaml").read_text(encoding="utf-8"))
        return stack.get("defaults", {}).get("aws", {}).get("region")

    # ------------------------------------------------------------ edits

    def said_here(self, value):
        """What a list leaves open: {here}, {python}."""
        if isinstance(value, str):
            for word, meaning in self.words().items():
                value = value.replace("{" + word + "}", meaning)
            return value
        if isinstance(value, list):
            return [self.said_here(item) for item in value]
        if isinstance(value, dict):
            return {key: self.said_here(item) for key, item in value.items()}
        return value

    def words(self):
        return {"here": str(lists.HERE), "python": sys.executable}

    def set(self, parameters, environment=None):
        """Parameters of this stack, and other settings of the environment."""
        if environment:
            lists.set_in_environment(self.environment, self.said_here(environment))
        if parameters:
            own = {self.stack: {"parameters": self.said_here(parameters)}}
            lists.set_in_environment(self.environment, {"stacks": own})

    def edit(self, words, where):
        lists.edit(self.stack_folder, self.said_here(words), where)

    def files(self):
        """The stack and its environment as they are now, to go back to."""
        kept = {self.environment: self.environment.read_bytes()}
        kept.update((file, file.read_bytes()) for file in self.stack_folder.rglob("*") if file.is_file())
        return kept

    def put_back(self, kept):
        for file in [file for file in self.stack_folder.rglob("*") if file.is_file() and file not in kept]:
            file.unlink()
        for file, content in kept.items():
            file.write_bytes(content)

    # ------------------------------------------------------------ firn

    def flags(self):
        return ["--env", "local"] if self.name == "local" else ["--env", self.name, "--sandbox"]

    def firn(self, command, *flags, stack=None):
        return self.run(command, stack or self.stack, *self.flags(), *flags)

    def run(self, *words):
        """What the program says."""
        self.runs += 1
        return subprocess.run(
            [FIRN, *words],
            cwd=self.folder,
            env=self.surroundings(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=HANGS_AFTER_S,
            check=False,
        )

    def surroundings(self):
        """The program's variables; nothing of whoever runs the tests reaches it."""
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "NO_COLOR": "1",
            "NO_PROXY": "*",
            "AWS_EC2_METADATA_DISABLED": "true",
            **{name: os.environ[name] for name in os.environ if name.endswith("SAN_OPTIONS")},
            **{name: str(self.said_here(value)) for name, value in self.variables.items()},
            **self.keys(),
        }

    def keys(self):
        return {}

    @staticmethod
    def _must(done):
        if done.returncode != 0:
            raise RuntimeError(done.stdout + done.stderr)

    # ------------------------------------------------------------ afterwards

    def remains(self):
        """What is left of the stack; empty when nothing is."""
        if self.said.get("needs"):
            self._must(self.firn("destroy", "--yes", stack=NEEDS))
        status = self.run("sandbox", "status").stdout
        return "" if "\nIt is empty.\n" in status else status


class Moto(Place):
    """AWS is moto, an emulator that has nothing to do with firn; Snowflake is the sandbox."""

    def __init__(self, changes, server):
        super().__init__("moto", changes)
        self.server = server
        self.looked_at = None  # a region, while another than the stack's own is looked at

    def prepare(self):
        text = self.environment.read_text(encoding="utf-8")
        usual = "http://127.0.0.1:5000"
        if f"target: {usual}" not in text:
            raise RuntimeError(f"environments/moto.yaml does not name {usual} any more")
        self.environment.write_text(text.replace(usual, self.server.url), encoding="utf-8")
        self.reset()
        for layer, regions in self.said.get("layers", {}).items():
            for region in regions:
                publish = self.server.client("lambda", region).publish_layer_version
                publish(LayerName=layer, Content={"ZipFile": b"-"})

    def reset(self):
        """Empties moto."""
        reset = urllib.request.Request(f"{self.server.url}/moto-api/reset", method="POST")
        with urllib.request.urlopen(reset, timeout=HANGS_AFTER_S):
            pass

    def words(self):
        return {**super().words(), "moto": self.server.url, "region": self.region}

    def flags(self):
        return ["--env", "moto"]

    def keys(self):
        import support

        return {"AWS_ACCESS_KEY_ID": support.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": support.SECRET_KEY}

    def client(self, service, region=None):
        return self.server.client(service, region or self.looked_at or self.region)

    def regions(self):
        """All that the stack may have been in."""
        return dict.fromkeys([self.region, *(one for some in self.said.get("layers", {}).values() for one in some)])

    def remains(self):
        import aws_picture

        if self.said.get("needs"):
            self._must(self.firn("destroy", "--yes", stack=NEEDS))
        left = {}
        for self.looked_at in self.regions():
            seen = {**aws_picture.picture(self), **aws_picture.access(self, self.looked_at)}
            left |= {f"{kind} in {self.looked_at}": things for kind, things in seen.items() if things}
        with contextlib.closing(sqlite3.connect(self.folder / ".firn" / "sandbox.db")) as database:
            collections = {row[0].rsplit("/", 1)[-1] for row in database.execute("SELECT collection FROM document")}
        for kind in sorted(collections & {"database", "warehouse", "integration", "pipe"}):
            left[f"snowflake {kind}"] = "in the sandbox"
        return json.dumps(left, default=str) if left else ""


class Servers:
    """As many moto_servers as stories run at the same time; each is emptied for the next story."""

    def __init__(self):
        self._idle = queue.SimpleQueue()
        self._all = []

    @contextlib.contextmanager
    def one(self):
        import support

        try:
            server = self._idle.get_nowait()
        except queue.Empty:
            server = support.Moto()
            self._all.append(server)
        yield server
        self._idle.put(server)

    def stop(self):
        for server in self._all:
            server.stop()
