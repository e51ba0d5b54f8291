#!/usr/bin/env python3
"""kill -9 at every request that changes something, before and after it takes effect; then firn must put it right by itself.

    FIRN=build/test/firn tests/crash/kill_sweep.py [STACK …] [--every 1] [--moment before|after] [--again 0]

One life of a stack: applied, changed, destroyed, and each of these is killed at its N-th request. After each kill the same
command is given once more, and nothing else. With --again M that run is killed as well, at its M-th request, in the midst of
the recovery and what follows; and the one after it. What the clouds and the state then hold is compared with a life that
nobody killed: object for object, rule for rule, key for key. At the end nothing is left.
"""

import argparse
import concurrent.futures
import itertools
import os
import sys
import time

from botocore.exceptions import ClientError

import victim  # noqa: I001  (finds the folders beside this one)

import after
import lists

# What is tried of a stack's list of changes: objects made, changed and replaced.
CHANGES = {
    "convex-insurance": ["pipe mode"],
    "events-data-lake": ["name of the queue"],
    "finance": ["one prefix"],
    "flix-tweets": ["dbt with a password"],
    "weather-multi-customer": ["a new customer"],
}
MOMENTS = ("before", "after")


class Wrong(Exception):
    """Something was lost, made twice, or not put right."""


class Step:
    """A command with what was changed before it."""

    def __init__(self, name, command, change=None):
        self.name = name
        self.command = command
        self.change = change

    def prepare(self, place):
        if self.change:
            place.variables.update(self.change.variables)
            place.set(self.change.parameters, self.change.environment)
            for words in self.change.edits:
                place.edit(words, self.change.where)

    def flags(self):
        losses = self.change.loses if self.change else ()
        return ["--yes", *[word for address in losses for word in ("--accept-loss", address)]]


class Tally:
    """What became of the lives of one stack."""

    def __init__(self, counts):
        self.counts = counts  # requests that change something, by step
        self.lives = 0
        self.kills = 0
        self.problems = []


def steps_of(changes, wanted):
    known = {change.name: change for change in changes.changes("moto")}
    chosen = [known[name] for name in wanted] if wanted else list(known.values())
    tried = [one for one in chosen if not one.refused and not one.not_tried and one.first != "destroy"]
    return [Step("apply", "apply"), *(Step(one.name, "apply", one) for one in tried), Step("destroy", "destroy")]


class Reference:
    """A life that nobody kills: what each step leaves, and how many requests it takes."""

    def __init__(self, changes, steps, kept):
        self.counts, self.pictures = {}, {}
        with victim.Victim(changes, kept) as place:
            for step in steps:
                step.prepare(place)
                ended, self.counts[step.name] = place.counted(step.command, *step.flags())
                if ended.returncode != 0:
                    raise Wrong(f"{step.name} fails without any kill\n{ended}")
                self.pictures[step.name] = after.everything(place)


def must_be_as(reference, step, place, told):
    """Nothing to do, and everything as if there had been no kill."""
    if step.command == "apply":
        plan = place.firn("plan", "--detailed-exitcode")
        if plan.returncode != 0 or "\nNothing to do: " not in plan.stdout or plan.stderr:
            raise Wrong(f"the plan is not empty\n{plan.stdout[-3000:]}\n{plan.stderr}\n{told}")
    found = list(after.differences(reference.pictures[step.name], after.everything(place)))
    if found:
        raise Wrong("\n".join([*found, told]))
    if step.command == "destroy":
        remains = place.remains()
        if remains:
            raise Wrong(f"after destroy there is\n{remains}\n{told}")


def one_life(changes, steps, reference, kept, number, moment, again, tally):
    """Kills each step at its N-th request, and adds the kills to `tally`."""
    with victim.Victim(changes, kept) as place:
        for step in steps:
            step.prepare(place)
            if number > reference.counts[step.name]:
                ended = place.killed(0, moment, step.command, *step.flags())
                if ended.returncode != 0:
                    raise Wrong(f"{step.name}\n{ended}")
                continue
            told, where = [], []
            for strike in [number, *again]:
                ended = place.killed(strike, moment, step.command, *step.flags())
                told.append(str(ended))
                if ended.at is None:
                    break
                where.append(str(ended.at))
                tally.kills += 1
            if ended.at is not None:
                ended = place.killed(0, moment, step.command, *step.flags())
                told.append(str(ended))
            place_of_kill = f"{changes.stack}, {step.name}, killed {moment} {', then '.join(where)} (number {number})"
            if ended.returncode != 0:
                raise Wrong(f"{place_of_kill}: it does not finish\n" + "\n".join(told))
            try:
                must_be_as(reference, step, place, told[-1])
            except Wrong as wrong:
                raise Wrong(f"{place_of_kill}\n{wrong}") from None


def sweep(stack, arguments, kept):
    """All lives of one stack; answers (lives, kills, problems)."""
    changes = lists.load(stack)
    steps = steps_of(changes, None if arguments.all_changes else CHANGES[stack])
    reference = Reference(changes, steps, kept)
    most = max(reference.counts.values())
    numbers = range(arguments.first, (arguments.last or most) + 1, arguments.every)
    moments = [arguments.moment] if arguments.moment else MOMENTS
    tally = Tally(reference.counts)
    chosen = list(itertools.product(numbers, moments))
    if arguments.lives:
        # Spread evenly; the moments take turns.
        chosen = [(1 + most * (2 * i + 1) // (2 * arguments.lives), moments[i % len(moments)]) for i in range(arguments.lives)]
    for number, moment in chosen:
        try:
            one_life(changes, steps, reference, kept, number, moment, arguments.again, tally)
        except (Wrong, RuntimeError, ClientError) as wrong:
            tally.problems.append(f"{wrong}\nto see it again: tests/crash/kill_sweep.py {stack} --first {number} --last {number} "
                            f"--moment {moment}" + "".join(f" --again {one}" for one in arguments.again))  # fmt: skip
        tally.lives += 1
    return tally


def parsed(words):
    parser = argparse.ArgumentParser(description="kill -9 at every request, and what firn makes of it.")
    parser.add_argument("stacks", nargs="*", help="all when none is named")
    parser.add_argument("--every", type=int, default=1, help="only every so many-th request")
    parser.add_argument("--first", type=int, default=1, help="the first request to kill at")
    parser.add_argument("--last", type=int, default=0, help="the last one")
    parser.add_argument("--lives", type=int, default=0, help="so many lives of each stack, spread over its requests")
    parser.add_argument("--moment", choices=MOMENTS)
    parser.add_argument("--again", type=int, action="append", default=[], help="kill the next run, too, at this request")
    parser.add_argument("--all-changes", action="store_true", help="every change of the stack's list")
    parser.add_argument("--jobs", type=int, default=max(1, min(4, os.cpu_count() or 1)))
    return parser.parse_args(words)


def main(words):
    arguments = parsed(words)
    stacks = arguments.stacks or list(CHANGES)

    def one(stack):
        with victim.Kept() as kept:
            return sweep(stack, arguments, kept)

    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        found = dict(zip(stacks, pool.map(one, stacks)))
    for stack, tally in found.items():
        for problem in tally.problems:
            print(f"FAILED {problem}\n")
        asked = ", ".join(f"{name} {count}" for name, count in tally.counts.items())
        print(f"{stack}: {tally.lives} lives, {tally.kills} kills, {len(tally.problems)} wrong; "
              f"requests that change something: {asked}")  # fmt: skip
    lives = sum(tally.lives for tally in found.values())
    kills = sum(tally.kills for tally in found.values())
    wrong = sum(len(tally.problems) for tally in found.values())
    print(f"{lives} lives, {kills} kills, {wrong} wrong, in {time.monotonic() - begun:.0f} s")
    return 1 if wrong or not kills else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
