#!/usr/bin/env python3
"""What the documents say is so.

    FIRN=build/test/firn tests/docs/docs_test.py [Examples | Links | Commands | Functions | Reference]
"""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIRN = os.environ.get("FIRN", str(ROOT / "build/release/firn"))
GUIDE = ROOT / "docs/guide.md"
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def documents():
    """Every Markdown file of the project, without what is built or installed."""
    skipped = {"build", ".git", ".firn", ".cache"}
    for path in sorted(ROOT.rglob("*.md")):
        if not skipped & set(path.relative_to(ROOT).parts):
            yield path


def firn(*words, folder=ROOT):
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(("AWS_", "SNOWFLAKE_"))}
    environment["NO_COLOR"] = "1"
    return subprocess.run([FIRN, *words], cwd=folder, env=environment, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, check=False)


def without_fences(text):
    return FENCE.sub("", text)


class Examples(unittest.TestCase):
    """```yaml stack and ```yaml environment blocks are whole files; `stack apply` is also lived."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="firn-docs-"))
        self.addCleanup(shutil.rmtree, self.folder)
        shutil.copytree(ROOT / "environments", self.folder / "environments")
        shutil.copytree(ROOT / "stacks", self.folder / "stacks",
                        ignore=shutil.ignore_patterns(".firn", "__pycache__"))

    def blocks(self, kind):
        for path in documents():
            text = path.read_text(encoding="utf-8")
            for match in FENCE.finditer(text):
                words = match[1].split()
                if words[:2] == ["yaml", kind]:
                    line = text.count("\n", 0, match.start()) + 1
                    yield f"{path.relative_to(ROOT)}:{line}", words[2:], match[2]

    def done(self, *words, code=0):
        result = firn(*words, folder=self.folder)
        self.assertEqual(result.returncode, code, f"{' '.join(words)}\n{result.stdout}{result.stderr}")
        return result.stdout

    def write(self, place, text):
        path = self.folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def test_stacks_are_sound(self):
        count = 0
        for place, words, text in self.blocks("stack"):
            with self.subTest(place=place):
                count += 1
                name = re.search(r"^stack: (\S+)$", text, re.MULTILINE)[1]
                self.write(f"stacks/{name}/stack.yaml", text)
                for environment in ("local", "prod"):
                    self.done("validate", name, "--env", environment)
                if "apply" in words:
                    self.done("apply", name, "--yes")
                    self.done("plan", name, "--detailed-exitcode")
                    self.done("destroy", name, "--yes")
                    self.assertIn("0 objects.", self.done("show", name))
        self.assertGreater(count, 5, "the examples were not found")

    def test_transcripts_are_what_firn_prints(self):
        """```console transcript NAME: the stack is the one shown before; … leaves lines out."""
        for path in documents():
            stacks = {}
            for kind, body in FENCE.findall(path.read_text(encoding="utf-8")):
                words = kind.split()
                if words[:2] == ["yaml", "stack"]:
                    stacks[re.search(r"^stack: (\S+)$", body, re.MULTILINE)[1]] = body
                if words[:2] != ["console", "transcript"]:
                    continue
                self.write(f"stacks/{words[2]}/stack.yaml", stacks[words[2]])
                for call in re.split(r"^\$ firn ", body, flags=re.MULTILINE)[1:]:
                    line, _, shown = call.partition("\n")
                    printed = self.done(*line.split())
                    for part in re.split(r"^…\n", shown, flags=re.MULTILINE):
                        with self.subTest(page=path.name, command=line):
                            self.assertIn(part, printed)
                            printed = printed.partition(part)[2]

    def test_environments_are_sound(self):
        count = 0
        for place, _, text in self.blocks("environment"):
            with self.subTest(place=place):
                count += 1
                name = re.search(r"^environment: (\S+)$", text, re.MULTILINE)[1]
                self.write(f"environments/{name}.yaml", text)
                self.done("validate", "finance", "--env", name)
        self.assertGreater(count, 0, "the examples were not found")

    def test_what_init_writes_is_sound(self):
        new = self.folder / "new"
        new.mkdir()
        self.assertEqual(firn("init", folder=new).returncode, 0)
        self.assertEqual(firn("validate", "landing", folder=new).returncode, 0)


class Links(unittest.TestCase):
    @staticmethod
    def anchors(path):
        """The anchors of a page's headings, as GitHub makes them."""
        found = set()
        for line in without_fences(path.read_text(encoding="utf-8")).splitlines():
            heading = re.match(r"#+ (.*)$", line)
            if heading:
                words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).lower()
                found.add(re.sub(r"[^\w\- ]", "", words).replace(" ", "-"))
        return found

    def test_relative_links_lead_somewhere(self):
        count = 0
        for path in documents():
            for target in re.findall(r"\]\(([^)\s]+)\)", without_fences(path.read_text(encoding="utf-8"))):
                if re.match(r"[a-z]+:", target):
                    continue
                count += 1
                name, _, anchor = target.partition("#")
                there = (path.parent / name).resolve() if name else path
                with self.subTest(page=str(path.relative_to(ROOT)), link=target):
                    self.assertTrue(there.exists(), "there is no such file")
                    if anchor:
                        self.assertIn(anchor, self.anchors(there))
        self.assertGreater(count, 20, "the links were not found")

    def test_every_folder_says_what_it_is_for(self):
        for folder in ("cli", "core", "environments", "providers", "providers/aws",
                       "providers/snowflake", "sandbox", "sandbox/aws", "sandbox/snowflake", "scripts",
                       "scripts/deploy", "stacks", "stacks/bootstrap", "stacks/components", "stacks/finance",
                       "tests", ".github/workflows",
                       *(f"core/{path.name}" for path in (ROOT / "core").iterdir() if path.is_dir())):
            with self.subTest(folder=folder):
                self.assertTrue((ROOT / folder / "README.md").is_file(), "it has no README.md")


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.commands = {}  # "state list" → its help
        cls.collect(())

    @classmethod
    def collect(cls, words):
        text = firn(*words, "--help").stdout
        listed = re.search(r"^Subcommands:\n((?:  .*\n)+)", text, re.MULTILINE)
        if not listed:
            cls.commands[" ".join(words)] = text
            return
        for name in re.findall(r"^  (\w+)", listed[1], re.MULTILINE):
            cls.collect((*words, name))

    @staticmethod
    def code(path):
        """What stands in code: spans and console blocks."""
        text = path.read_text(encoding="utf-8")
        fenced = [body for kind, body in FENCE.findall(text) if kind.split()[:1] != ["yaml"]]
        return re.findall(r"`([^`\n]+)`", without_fences(text)) + [
            line for body in fenced for line in body.splitlines()]

    def flags(self, *commands):
        found = {"--help"}
        for command in commands or self.commands:
            found |= set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", self.commands[command]))
        return found

    def test_commands_and_flags_in_the_documents_exist(self):
        count = 0
        for path in documents():
            for code in self.code(path):
                call = re.match(r"(?:\$ )?(?:\S*/)?firn ([a-z].*)", code)
                if not call:
                    continue
                words = re.split(r"\s+", call[1])
                command = next((" ".join(words[:n]) for n in (2, 1)
                                if " ".join(words[:n]) in self.commands), None)
                with self.subTest(page=str(path.relative_to(ROOT)), code=code):
                    count += 1
                    is_group = len(words) == 1 and any(c.startswith(words[0] + " ") for c in self.commands)
                    self.assertTrue(command or is_group, "there is no such command")
                    for flag in re.findall(r"(?<=\s)--?[a-z][a-z-]*", call[1]) if command else []:
                        self.assertIn(flag, self.flags(command) | {"--no-color"})
        self.assertGreater(count, 20, "the commands were not found")

    def test_the_guide_names_every_command_and_flag(self):
        code = self.code(GUIDE)
        text = "\n".join(code)
        for command in self.commands:
            first, _, second = command.partition(" ")
            with self.subTest(command=command):
                self.assertRegex(text, rf"firn {first}\b")
                self.assertTrue(not second or f"firn {command}" in text or second in code)
        for flag in sorted(self.flags() - {"--help", "-h", "--help-all", "--no-colour"}):
            with self.subTest(flag=flag):
                self.assertRegex(text, rf"(?<![\w-]){flag}(?![\w-])")
        known = self.flags() | {"--no-color"}
        for flag in re.findall(r"(?<![\w-])--[a-z][a-z-]*", "\n".join(c for c in code if c.startswith("--"))):
            with self.subTest(flag=flag):
                self.assertIn(flag, known)


class Functions(unittest.TestCase):
    def test_the_guide_lists_exactly_the_functions_that_there_are(self):
        there = set(re.findall(r"^(\w+)\(", firn("explain", "functions").stdout, re.MULTILINE))
        section = GUIDE.read_text(encoding="utf-8").split("### Functions\n")[1].split("\n### ")[0]
        listed = {name for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
                  for name in re.findall(r"`(\w+)\(", row)}
        self.assertEqual(listed, there)


class Reference(unittest.TestCase):
    def test_the_pages_are_those_of_the_schema_tables(self):
        result = subprocess.run([ROOT / "scripts/reference.sh", "--check"], text=True, check=False,
                                env={**os.environ, "FIRN": FIRN}, capture_output=True)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)


if __name__ == "__main__":
    unittest.main()
