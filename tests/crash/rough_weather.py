#!/usr/bin/env python3
"""Applies and destroys through a proxy that throttles, is out of service, and cuts connections; all must finish.

    FIRN=build/test/firn tests/crash/rough_weather.py [STACK …] [--applies 5] [--seed 1]

Of every hundred requests five are throttled or answered with 503, and of two the connection is cut: half of them before the
request has reached the cloud, half when the answer was on its way. Each apply is one command, given once. What the clouds and
the state then hold is compared with an apply in fair weather.
"""

import argparse
import sys
import time

import victim  # noqa: I001  (finds the folders beside this one)

import kill_sweep
import lists
from proxy import Faults

THROTTLED, UNAVAILABLE, CUT = 0.03, 0.02, 0.02


def one_life(changes, steps, reference, kept, seed):
    """Answers the faults that it went through."""
    with victim.Victim(changes, kept) as place:
        faults = Faults(seed, THROTTLED, UNAVAILABLE, CUT)
        for step in steps:
            step.prepare(place)
            place.proxy.faults = faults
            ended, _ = place.counted(step.command, *step.flags())
            place.proxy.faults = None
            if ended.returncode != 0:
                raise kill_sweep.Wrong(f"{step.name} does not finish after {faults.count}\n{ended}")
            kill_sweep.must_be_as(reference, step, place, str(ended))
        return faults.count


def main(words):
    parser = argparse.ArgumentParser(description="Applies in rough weather.")
    parser.add_argument("stacks", nargs="*", help="all when none is named")
    parser.add_argument("--applies", type=int, default=5, help="so many of each stack")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args(words)
    begun, lives, wrong, told = time.monotonic(), 0, 0, {}
    for stack in arguments.stacks or list(kill_sweep.CHANGES):
        changes = lists.load(stack)
        with victim.Kept() as kept:
            steps = kill_sweep.steps_of(changes, kill_sweep.CHANGES[stack])
            reference = kill_sweep.Reference(changes, steps, kept)
            for seed in range(arguments.seed, arguments.seed + arguments.applies):
                lives += 1
                try:
                    for kind, count in one_life(changes, steps, reference, kept, seed).items():
                        told[kind] = told.get(kind, 0) + count
                except (kill_sweep.Wrong, RuntimeError) as problem:
                    wrong += 1
                    print(f"FAILED {stack}: {problem}\nto see it again: "
                          f"tests/crash/rough_weather.py {stack} --applies 1 --seed {seed}\n")  # fmt: skip
    faults = ", ".join(f"{count} {kind}" for kind, count in told.items())
    print(f"{lives} lives of an apply, a change and a destroy, {wrong} wrong, in {time.monotonic() - begun:.0f} s; {faults}")
    return 1 if wrong or not sum(told.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
