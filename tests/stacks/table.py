#!/usr/bin/env python3
"""Every stack, everywhere, with every change that its pipeline's description lists; and the table of it.

    FIRN=build/test/firn tests/stacks/table.py [STACK …] [local] [dev] [prod] [moto]

Without names: all of them. Without moto_server, and boto3, the column of moto is missing, loudly, and with CI=true that is
a failure. UPDATE_GOLDEN=1 writes the plans in golden/ anew.
"""

import argparse
import concurrent.futures
import importlib.util
import os
import pathlib
import resource
import sys
import time

EXIT_SKIPPED = 77
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "conformance"))

if importlib.util.find_spec("yaml") is None:
    print("\n*** There is no PyYAML: THE STACKS WERE NOT TRIED. scripts/install-deps.sh test", file=sys.stderr)
    sys.exit(1 if os.environ.get("CI") == "true" else EXIT_SKIPPED)

import life  # noqa: E402
import lists  # noqa: E402
import places  # noqa: E402


# No pipelines.
TRIED_ELSEWHERE = {name: "tests/deploy/bootstrap_test.py" for name in ("bootstrap", "bootstrap-snowflake")}


def has_moto():
    return all(importlib.util.find_spec(name) for name in ("boto3", "moto"))


def one_life(changes, place, servers):
    """The whole life of a stack at a place."""
    if place != "moto":
        with places.Place(place, changes) as here:
            return life.Life(here).live()
    with servers.one() as server, places.Moto(changes, server) as here:
        return life.Life(here).live()


def all_lives(chosen, where, jobs):
    """(stack, place) → Life, those that take longest first."""
    servers = places.Servers()
    try:
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            waiting = {}
            for place in sorted(where, key=lambda name: name != "moto"):
                for changes in chosen:
                    waiting[changes.stack, place] = pool.submit(one_life, changes, place, servers)
            return {key: future.result() for key, future in waiting.items()}
    finally:
        servers.stop()


def table_of(changes, where, lives):
    """One stack: a line for each step, a column for each place."""
    steps = list(lives[changes.stack, where[0]].cells)
    width = max(len(step) for step in [changes.stack, *steps])
    widths = [max(len(life.LEFT_OUT), len(place)) for place in where]
    lines = [[changes.stack, *where]]
    lines += [[step, *(lives[changes.stack, place].cells[step].state for place in where)] for step in steps]
    lines.append(["objects", *(str(lives[changes.stack, place].objects) for place in where)])
    lines.append(["runs of firn", *(str(lives[changes.stack, place].place.runs) for place in where)])
    lines.append(["seconds", *(f"{lives[changes.stack, place].place.seconds:.1f}" for place in where)])
    return "\n".join(
        "  ".join([f"{first:<{width}}", *(f"{cell:>{size}}" for cell, size in zip(cells, widths))])
        for first, *cells in lines
    )


def remarks(chosen, where, lives):
    """What is not as in the stack's own files, or not tried: each with its reason."""
    for changes in chosen:
        for place in where:
            why = changes.at(place).get("why")
            if why:
                yield f"{changes.stack}, {place}: {why}"
            for change in changes.changes(place):
                if change.why:
                    yield f"{changes.stack}, {place}, {change.name}: {change.why}"
            for step, cell in lives[changes.stack, place].cells.items():
                if cell.state == life.LEFT_OUT:
                    yield f"{changes.stack}, {place}, {step} left out: {cell.why}"


def main(words):
    parser = argparse.ArgumentParser(description="Every stack, everywhere, with every change.")
    parser.add_argument("names", nargs="*", help="stacks and places; all when none is named")
    parser.add_argument("--jobs", type=int, default=max(2, os.cpu_count() or 2))
    arguments = parser.parse_args(words)
    known = lists.stacks()
    strange = set(arguments.names) - set(known) - set(lists.PLACES)
    if strange:
        parser.error(f"neither stack nor place: {', '.join(sorted(strange))}")
    where = [place for place in lists.PLACES if place in arguments.names] or list(lists.PLACES)
    moto_is_missing = "moto" in where and not has_moto()
    if moto_is_missing:
        where.remove("moto")
    begun = time.monotonic()
    chosen, wrong = [], []
    for stack in [name for name in known if name in arguments.names] or known:
        if stack in TRIED_ELSEWHERE:
            continue
        changes = lists.load(stack)
        if changes is None:
            wrong.append(f"the stack {stack} has no list of changes: tests/stacks/{stack}.yaml")
        else:
            chosen.append(changes)
    lives = all_lives(chosen, where, arguments.jobs) if where else {}
    for (stack, place), lived in lives.items():
        wrong += [f"{stack}, {place}, {step}: {why}" for step, why in lived.failures]
    for problem in wrong:
        print(f"FAILED {problem}\n")
    for remark in remarks(chosen, where, lives) if where else ():
        print(remark)
    for changes in chosen if where else ():
        print(f"\n{table_of(changes, where, lives)}")
    used = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(f"\n{len(lives)} lives in {time.monotonic() - begun:.1f} s, {used:.1f} s of processor time")
    if moto_is_missing:
        print("\n*** There is no Python with moto[server] and boto3: NOTHING WAS TRIED ON MOTO.", file=sys.stderr)
        if os.environ.get("CI") == "true":
            return 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
