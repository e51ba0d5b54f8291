#!/usr/bin/env python3
"""Kills firn at every moment of every stack's life: of its apply, of each change in its list, of its destroy.

    tests/simulation/sweep.py [STACK …] [--every N] [--every-run N] [--again N] [--third N] [--seed N] [--only WORD]
    tests/simulation/sweep.py --random N [--stack-seed N]            N random stacks, with each edit
    tests/simulation/sweep.py STACK --only WORD --moment N           one moment: a failure prints this
    tests/simulation/sweep.py STACK --only WORD --at TEXT            the moments that are called so

--every 1 is exhaustive; the test takes a share. Each sweep prints how many moments there are and how many deaths were
lived through. FIRN_CRASH_POINTS names the program.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import versions  # noqa: E402

TOTALS = re.compile(r"(\d+) moments, (\d+) deaths lived through, (\d+) failed")
FROM = re.compile(r"--from (\d+)")
COMMAND = "tests/simulation/sweep.py"


def sweeps(made):
    """(title, flags) of every run of a stack's life."""
    first, folder = made[0]
    yield first, ["--after", folder]
    yield "destroy", ["--after", folder, "--run", "destroy"]
    for (_, before), (name, after) in zip(made, made[1:]):
        yield name, ["--before", before, "--after", after]


def moments_called(flags, text):
    """The moments whose text has this in it."""
    listed = subprocess.run(
        [versions.program("firn_crash_points"), *(str(flag) for flag in flags), "--list"],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line.split(" ", 1) for line in listed.stdout.splitlines()]
    return [int(line[0]) for line in lines if line[0].isdigit() and text in line[1]]


class Sweeping:
    def __init__(self, arguments):
        self.arguments = arguments
        self.seen = self.runs = self.moments = self.deaths = self.failed = 0

    def takes(self, title):
        self.seen += 1
        return self.arguments.only in title and (self.seen - 1) % self.arguments.every_run == 0

    def shares(self, flags):
        """Flags for each call of the program: which moments."""
        if self.arguments.moment is not None:
            yield ["--from", self.arguments.moment, "--to", self.arguments.moment + 1]
        elif self.arguments.at:
            for moment in moments_called(flags, self.arguments.at):
                yield ["--from", moment, "--to", moment + 1]
        else:
            # Another share of the moments in each sweep.
            yield ["--every", self.arguments.every, "--from", self.runs * 7 % self.arguments.every]

    def sweep(self, stack, title, flags, which):
        """`which` are the words that name the stack on the command line."""
        self.runs += 1
        flags = ["--stack", stack, *flags]
        depth = ["--again", self.arguments.again, "--third", self.arguments.third, "--seed", self.arguments.seed]
        if self.arguments.jobs:
            depth += ["--jobs", self.arguments.jobs]

        def replay(again):
            words = f'{COMMAND} {which} --only "{title}" --moment {FROM.search(again)[1]} --seed {self.arguments.seed}'
            for flag in ("again", "third"):
                if f"--{flag} " in again:
                    words += f" --{flag} {getattr(self.arguments, flag)}"
            return words

        tried = 0
        for share in self.shares(flags):
            tried += 1
            code, said = versions.live("firn_crash_points", [*flags, *share, *depth], replay)
            counted = TOTALS.search(said)
            if counted:
                self.moments += int(counted[1])
                self.deaths += int(counted[2])
            self.failed += int(counted[3]) if counted else 1
            if code != 0:
                print(f"FAILED {which}, {title}\n{said}", flush=True)
            else:
                print(f"{title}: {said.strip()}", flush=True)
        if not tried:
            self.failed += 1
            print(f"FAILED {which}, {title}\n  there is no moment called {self.arguments.at!r}", flush=True)


def main(words):
    parser = argparse.ArgumentParser(description="Kills firn at every moment of every stack's life.")
    parser.add_argument("stacks", nargs="*")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--every-run", type=int, default=1, help="take each N-th run of the stacks' lives")
    parser.add_argument("--again", type=int, default=0, help="kill the run that recovers, too, at every N-th moment")
    parser.add_argument("--third", type=int, default=0, help="and the one after that")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="the sweeps whose title has this word")
    parser.add_argument("--moment", type=int)
    parser.add_argument("--at", default="", help="the moments whose text has this in it")
    parser.add_argument("--random", type=int, default=0, help="how many random stacks")
    parser.add_argument("--stack-seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=0)
    arguments = parser.parse_args(words)
    known = versions.known_stacks()
    strange = set(arguments.stacks) - set(known)
    if strange:
        parser.error(f"no such stack: {', '.join(sorted(strange))}")
    is_random = arguments.random or arguments.stack_seed
    keep_in = pathlib.Path(tempfile.mkdtemp(prefix="firn-crash-points-"))
    sweeping = Sweeping(arguments)
    begun = time.monotonic()
    try:
        for stack in arguments.stacks or ([] if is_random else known):
            for title, flags in sweeps(versions.of_stack(stack, keep_in)):
                if sweeping.takes(title):
                    sweeping.sweep(stack, title, flags, stack)
        first = arguments.stack_seed or 1
        for seed in range(first, first + (arguments.random or 1)) if is_random else ():
            for title, flags in sweeps(versions.of_seed(seed, keep_in)):
                if sweeping.takes(title):
                    sweeping.sweep("random", title, flags, f"--stack-seed {seed}")
            shutil.rmtree(keep_in / f"random-{seed}")
    finally:
        shutil.rmtree(keep_in, ignore_errors=True)
    took = time.monotonic() - begun
    print(
        f"\n{sweeping.runs} runs of firn with {sweeping.moments} moments; {sweeping.deaths} deaths lived through, "
        f"{sweeping.failed} of them not well; {took:.0f} s, {sweeping.deaths / took:.1f} a second"
    )
    return 1 if sweeping.failed or not sweeping.runs else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
