#!/usr/bin/env python3
"""Lives random histories of the five stacks and of random ones: accidents, deaths, edits, objects that somebody deletes.

    tests/simulation/histories.py [STACK …] [--count N] [--of N] [--seed N]     versions drawn from the stack's list of changes
    tests/simulation/histories.py --random N [--count N] [--stack-seed N]      N random stacks
    tests/simulation/histories.py --stack-seed N --history-seed N [--tell] [--shrink]
    tests/simulation/histories.py STACK --versions "NAME;NAME" --history-seed N [--tell]

The last two replay one history; a failure prints which. FIRN_HISTORIES names the program.
"""

import argparse
import pathlib
import random
import re
import shutil
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import shrink  # noqa: E402
import versions  # noqa: E402

TOTALS = re.compile(
    r"(?P<histories>\d+) histories from seed \d+, (?P<processes>\d+) processes, (?P<requests>\d+) requests, "
    r"(?P<accidents>\d+) accidents, (?P<deaths>\d+) deaths, (?P<failed>\d+) failed"
)
FROM = re.compile(r"--from (\d+)")
COMMAND = "tests/simulation/histories.py"


class Totals(dict):
    def add(self, title, code, said):
        counted = TOTALS.search(said)
        for key in ("histories", "processes", "requests", "accidents", "deaths", "failed"):
            self[key] = self.get(key, 0) + (int(counted[key]) if counted else key == "failed")
        self["batches"] = self.get("batches", 0) + 1
        if code != 0:
            print(f"FAILED {title}\n{said}", flush=True)

    def tell(self, seconds):
        print(
            f"{self['histories']} histories in {self['batches']} batches: {self['processes']} processes, "
            f"{self['requests']} requests, {self['accidents']} accidents, {self['deaths']} deaths; "
            f"{self['failed']} not well; {seconds:.0f} s, {self['histories'] / seconds:.1f} a second"
        )


def flags_of(stack, chosen, seed, count, jobs):
    folders = ",".join(str(folder) for _, folder in chosen)
    return ["--projects", folders, "--stack", stack, "--from", seed, "--count", count, *(["--jobs", jobs] if jobs else [])]


def of_stack(stack, arguments, keep_in, totals):
    made = versions.of_stack(stack, keep_in)
    names = [name for name, _ in made]
    if arguments.versions:
        wanted = arguments.versions.split(";")
        strange = set(wanted) - set(names)
        if strange:
            raise SystemExit(f"{stack} has no version {', '.join(sorted(strange))}; it has: {'; '.join(names)}")
        batches = [[made[names.index(name)] for name in wanted]]
    else:
        rng = random.Random(f"{stack} {arguments.seed}")
        batches = [
            sorted(rng.sample(made, min(len(made), arguments.of)), key=lambda one: names.index(one[0]))
            for _ in range(arguments.batches)
        ]
    for number, chosen in enumerate(batches):
        first = arguments.history_seed or arguments.seed * 1_000_000 + number * 10_000 + 1
        said_of = ";".join(name for name, _ in chosen)

        def replay(again, said_of=said_of):
            return f'{COMMAND} {stack} --versions "{said_of}" --history-seed {FROM.search(again)[1]} --tell'

        flags = flags_of(stack, chosen, first, 1 if arguments.history_seed else arguments.count, arguments.jobs)
        code, said = versions.live("firn_histories", [*flags, *(["--tell"] if arguments.tell else [])], replay)
        totals.add(f"{stack}, {said_of}", code, said)
        if arguments.tell or code == 0:
            print(said.strip(), flush=True)


def of_seed(seed, arguments, keep_in, totals):
    made = versions.of_seed(seed, keep_in)
    first = arguments.history_seed or 1

    def replay(again):
        return f"{COMMAND} --stack-seed {seed} --history-seed {FROM.search(again)[1]} --tell"

    flags = flags_of("random", made, first, 1 if arguments.history_seed else arguments.count, arguments.jobs)
    code, said = versions.live("firn_histories", [*flags, *(["--tell"] if arguments.tell else [])], replay)
    totals.add(f"random stack {seed}", code, said)
    if arguments.tell and code == 0:
        print(said.strip())
    if code != 0 and arguments.shrink:
        small = shrink.shrink(seed, arguments.history_seed, keep_in / "shrink")
        print(small)
    shutil.rmtree(keep_in / f"random-{seed}")


def main(words):
    parser = argparse.ArgumentParser(description="Lives random histories of stacks.")
    parser.add_argument("stacks", nargs="*")
    parser.add_argument("--count", type=int, default=100, help="histories of each batch")
    parser.add_argument("--of", type=int, default=4, help="versions in a batch")
    parser.add_argument("--batches", type=int, default=1, help="batches of each stack")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--versions", default="", help="names of versions, with a semicolon between them")
    parser.add_argument("--random", type=int, default=0, help="how many random stacks")
    parser.add_argument("--stack-seed", type=int, default=0)
    parser.add_argument("--history-seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument("--tell", action="store_true")
    parser.add_argument("--shrink", action="store_true", help="look for a smaller stack that fails, too")
    arguments = parser.parse_args(words)
    strange = set(arguments.stacks) - set(versions.known_stacks())
    if strange:
        parser.error(f"no such stack: {', '.join(sorted(strange))}")
    is_random = arguments.random or arguments.stack_seed
    keep_in = pathlib.Path(tempfile.mkdtemp(prefix="firn-histories-"))
    totals = Totals()
    begun = time.monotonic()
    try:
        for stack in arguments.stacks or ([] if is_random else versions.known_stacks()):
            of_stack(stack, arguments, keep_in, totals)
        first = arguments.stack_seed or 1
        for seed in range(first, first + (arguments.random or 1)) if is_random else ():
            of_seed(seed, arguments, keep_in, totals)
    finally:
        shutil.rmtree(keep_in, ignore_errors=True)
    totals.tell(time.monotonic() - begun)
    return 1 if totals["failed"] or not totals["batches"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
