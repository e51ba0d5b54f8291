#!/usr/bin/env python3
"""Kills firn at every moment of every stack's life: of its apply, of each change in its list, of its destroy.

    FIRN_CRASH_POINTS=build/test/tests/simulation/firn_crash_points tests/simulation/sweep.py [STACK …]
        [--every N] [--again N] [--third N] [--seed N] [--only WORD]

--every 1 is exhaustive; the test takes a share. Each sweep prints how many moments there are and how many deaths were
lived through. The folder of projects is kept when something failed, so that the printed command can be run.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "stacks"))

import lists  # noqa: E402
import places  # noqa: E402
import table  # noqa: E402

PROGRAM = os.environ.get("FIRN_CRASH_POINTS") or str(lists.ROOT / "build/test/tests/simulation/firn_crash_points")
TOTALS = re.compile(r"(\d+) moments, (\d+) deaths lived through, (\d+) failed")


class Project(places.Place):
    """A stack in the environment local, and copies of it as it is after each change."""

    def __init__(self, changes, keep_in):
        super().__init__("local", changes)
        self.keep_in = keep_in
        self.said = dict(self.said)
        self.needs = self.said.pop("needs", None)  # the program makes it, in the same world

    def version(self, name):
        folder = self.keep_in / self.stack / name
        shutil.copytree(self.folder, folder)
        secrets = {f"env:{key}": str(self.said_here(value)) for key, value in self.variables.items()}
        (folder / "secrets.json").write_text(json.dumps(secrets), encoding="utf-8")
        if self.needs:
            other = folder / "stacks" / "stands_already"
            other.mkdir()
            needs = {"stack": "stands_already", "resources": self.needs}
            (other / "stack.yaml").write_text(json.dumps(needs), encoding="utf-8")
        return folder


def sweeps(changes, keep_in):
    """(title, flags) of every run of a stack's life."""
    with Project(changes, keep_in) as project:
        last = project.version("0")
        yield "apply", ["--after", last]
        yield "destroy", ["--after", last, "--run", "destroy"]
        for number, change in enumerate(changes.changes("local"), 1):
            if change.not_tried or change.refused or change.first == "destroy":
                continue
            project.variables.update(change.variables)
            project.set(change.parameters, change.environment)
            for words in change.edits:
                project.edit(words, change.where)
            following = project.version(f"{number}-{change.slug}")
            yield change.name, ["--before", last, "--after", following]
            last = following


def main(words):
    parser = argparse.ArgumentParser(description="Kills firn at every moment of every stack's life.")
    parser.add_argument("stacks", nargs="*")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--again", type=int, default=0)
    parser.add_argument("--third", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="the sweeps whose title has this word")
    arguments = parser.parse_args(words)
    known = [stack for stack in lists.stacks() if stack not in table.TRIED_ELSEWHERE]
    strange = set(arguments.stacks) - set(known)
    if strange:
        parser.error(f"no such stack: {', '.join(sorted(strange))}")
    keep_in = pathlib.Path(tempfile.mkdtemp(prefix="firn-crash-points-"))
    begun = time.monotonic()
    moments = deaths = failed = number = 0
    for stack in arguments.stacks or known:
        for title, flags in sweeps(lists.load(stack), keep_in):
            if arguments.only not in title:
                continue
            number += 1
            # Another share of the moments in each sweep.
            share = ["--every", arguments.every, "--from", number * 7 % arguments.every]
            depth = ["--again", arguments.again, "--third", arguments.third, "--seed", arguments.seed]
            command = [PROGRAM, "--stack", stack, *flags, *share, *depth]
            done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
            counted = TOTALS.search(done.stdout)
            if counted:
                moments += int(counted[1])
                deaths += int(counted[2])
            failed += int(counted[3]) if counted else 1
            if done.returncode != 0:
                print(f"FAILED {stack}, {title}\n{done.stdout}{done.stderr}")
            else:
                print(f"{title}: {done.stdout.strip()}", flush=True)
    took = time.monotonic() - begun
    print(
        f"\n{number} runs of firn with {moments} moments; {deaths} deaths lived through, {failed} of them not well; "
        f"{took:.0f} s, {deaths / took:.1f} a second"
    )
    if failed:
        print(f"The projects are kept: {keep_in}")
    else:
        shutil.rmtree(keep_in)
    return 1 if failed or not number else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
