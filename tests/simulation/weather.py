#!/usr/bin/env python3
"""Sends every run of every stack's life through bad weather: its apply, each change in its list, its destroy.

    FIRN_BAD_WEATHER=build/test/tests/simulation/firn_bad_weather tests/simulation/weather.py [STACK …]
        [--every N] [--every-run N] [--accident WORD …] [--lives N] [--seed N] [--only WORD]

Each request of each run meets each accident once (--every 1; the test takes a share), and every stack lives --lives
whole lives in weather that throttles, fails and cuts. The folder of projects is kept when something failed, so that the
printed command can be run.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import sweep
import versions

lists = versions.lists
PROGRAM = os.environ.get("FIRN_BAD_WEATHER") or str(lists.ROOT / "build/test/tests/simulation/firn_bad_weather")
ACCIDENTS = ("throttled", "unavailable", "failed_after", "cut_before", "cut_after")
TOTALS = re.compile(r"(\d+) tried, (\d+) failed")


def main(words):
    parser = argparse.ArgumentParser(description="Sends every run of every stack's life through bad weather.")
    parser.add_argument("stacks", nargs="*")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--every-run", type=int, default=1, help="take each N-th accident of the runs only")
    parser.add_argument("--accident", action="append", choices=ACCIDENTS)
    parser.add_argument("--lives", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="the runs whose title has this word")
    arguments = parser.parse_args(words)
    known = versions.known_stacks()
    strange = set(arguments.stacks) - set(known)
    if strange:
        parser.error(f"no such stack: {', '.join(sorted(strange))}")
    keep_in = pathlib.Path(tempfile.mkdtemp(prefix="firn-bad-weather-"))
    begun = time.monotonic()
    tried = failed = number = 0
    for stack in arguments.stacks or known:
        for title, flags in sweep.sweeps(versions.of_stack(stack, keep_in)):
            if arguments.only not in title:
                continue
            shares = []
            for accident in arguments.accident or ACCIDENTS:
                number += 1
                if number % arguments.every_run:
                    continue
                # Another share of the requests each time.
                first = number * 7 % arguments.every
                shares.append(["--accident", accident, "--every", arguments.every, "--from", first])
            if arguments.lives and title == "apply":
                shares.append(["--to", arguments.lives])
            for share in shares:
                command = [PROGRAM, "--stack", stack, *flags, *share, "--seed", arguments.seed]
                done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
                counted = TOTALS.search(done.stdout)
                tried += int(counted[1]) if counted else 0
                failed += int(counted[2]) if counted else 1
                if done.returncode != 0:
                    print(f"FAILED {stack}, {title}\n{done.stdout}{done.stderr}", flush=True)
                else:
                    print(f"{title}: {done.stdout.strip()}", flush=True)
    took = time.monotonic() - begun
    print(f"\n{tried} runs in bad weather, {failed} of them not well; {took:.0f} s, {tried / took:.1f} a second")
    if failed:
        print(f"The projects are kept: {keep_in}")
    else:
        shutil.rmtree(keep_in)
    return 1 if failed or not tried else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
