"""The versions of a stack, written as projects that the programs here can live through: of the five stacks, the stack as it is
after each change of its list; of a random one, its edits.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "stacks"))

import lists  # noqa: E402
import places  # noqa: E402
import random_stack  # noqa: E402
import table  # noqa: E402

FIRST = "apply"  # what the version before all changes is called


def program(name):
    return os.environ.get(name.upper()) or str(lists.ROOT / "build/test/tests/simulation" / name)


def known_stacks():
    return [stack for stack in lists.stacks() if stack not in table.TRIED_ELSEWHERE]


class Project(places.Place):
    """A stack in the environment local, and copies of it as it is after each change."""

    def __init__(self, changes, keep_in):
        super().__init__("local", changes)
        self.keep_in = keep_in
        self.said = dict(self.said)
        self.needs = self.said.pop("needs", None)  # the program makes it, in the same world

    def version(self, number):
        folder = self.keep_in / self.stack / str(number)
        shutil.copytree(self.folder, folder)
        secrets = {f"env:{key}": str(self.said_here(value)) for key, value in self.variables.items()}
        (folder / "secrets.json").write_text(json.dumps(secrets), encoding="utf-8")
        if self.needs:
            other = folder / "stacks" / "stands_already"
            other.mkdir()
            needs = {"stack": "stands_already", "resources": self.needs}
            (other / "stack.yaml").write_text(json.dumps(needs), encoding="utf-8")
        return folder


def of_stack(stack, keep_in):
    """[(name, folder)]: the stack, and how it is after each change, one upon the other."""
    changes = lists.load(stack)
    with Project(changes, keep_in) as project:
        made = [(FIRST, project.version(0))]
        for number, change in enumerate(changes.changes("local"), 1):
            if change.not_tried or change.refused or change.first == "destroy":
                continue
            project.variables.update(change.variables)
            project.set(change.parameters, change.environment)
            for words in change.edits:
                project.edit(words, change.where)
            made.append((change.name, project.version(number)))
        return made


def of_seed(seed, keep_in, stacks=None):
    """[(name, folder)] of a random stack; `stacks` are its versions, when they are not those of the seed."""
    made = []
    for number, (said, stack) in enumerate(stacks or random_stack.versions(seed)):
        folder = keep_in / f"{random_stack.STACK}-{seed}" / str(number)
        random_stack.write(stack, folder)
        made.append((f"{number}: {said}", folder))
    return made


AGAIN = re.compile(r"^  again: .*$", re.MULTILINE)


def live(name, flags, replay):
    """Runs one of the programs. `replay` makes of the command that it prints for a failure one without folders."""
    done = subprocess.run(
        [program(name), *(str(flag) for flag in flags)], capture_output=True, text=True, check=False
    )
    said = AGAIN.sub(lambda found: f"  again: {replay(found[0])}", done.stdout)
    return done.returncode, said + done.stderr
