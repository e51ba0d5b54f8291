#!/usr/bin/env python3
"""The contract that every resource type keeps, by being listed in types/.

    FIRN=build/test/firn tests/contract/contract_test.py [sandbox] [moto] [TYPE …]
"""

import os
import sys

EXIT_SKIPPED = 77

try:
    import phases
    import rows
    import world
except ImportError as error:
    print(f"\n*** {error}: THE CONTRACT OF THE TYPES WAS NOT TRIED. scripts/install-deps.sh test", file=sys.stderr)
    sys.exit(1 if os.environ.get("CI") == "true" else EXIT_SKIPPED)

# The words of a row that let a case do without something.
OF_ROWS = {
    "undone": "is not gone when it is destroyed",
    "unmarked": "shows nobody whose it is",
    "nowhere": "cannot be seen in a cloud",
}
REASONS = {
    "nowhere": "cannot be seen in a cloud",
    "unseen": "drift cannot be seen",
    "renewed": "becomes another object by a change in place",
    "one_way": "drift is mended by a new object",
    "replaced": "a change replaces the object",
    "keeps": "is not cleared",
}


def live(world_class, chosen, import_works):
    """The life of all cases of the chosen rows in one world; with it, what was left out by name."""
    with world_class() as here:
        here_rows = [row for row in chosen.values() if here.has(row.type)]
        cases, left_out = [], []
        for row in here_rows:
            for case in row.cases():
                reason = row.moto_lacks(case.label) if here.name == "moto" else None
                if reason is None:
                    cases.append(case)
                else:
                    left_out.append(f"{case.title}: {reason}")
        if here.together:
            rows.bring_together(cases)
        absent = {row.type for row in here_rows if here.name == "moto" and row.whole_not_on_moto}
        needs = rows.needs_of(here_rows, cases)
        needs = {name: block for name, block in needs.items() if here.has(block["type"]) and block["type"] not in absent}
        life = phases.Life(here, cases, needs, import_works)
        life.run()
        life.left_out_by_name = left_out
        return life


def table(life, types):
    width = max(len(name) for name in types)
    title = "sandbox" if life.world.name == "sandbox" else "moto"
    lines = ["  ".join([f"{title:<{width}}"] + [f"{step:>7}" for step in phases.STEPS])]
    for name in types:
        if life.world.has(name):
            cells = [life.cell(name, step) for step in phases.STEPS]
            lines.append("  ".join([f"{name:<{width}}"] + [f"{cell:>7}" for cell in cells]))
    return "\n".join(lines)


def named(chosen, lives):
    """What was left out, each with its reason: nothing is passed over in silence."""
    for row in chosen.values():
        for label, word in row.words.items():
            if "not_tried" in word:
                yield f"NOT TRIED: {row.type} {label}: {word['not_tried']}"
        for case in row.cases():
            for word, meaning in REASONS.items():
                is_said_already = row.nowhere or (word == "unseen" and case.nowhere)
                if getattr(case, word) and not (word in ("nowhere", "unseen") and is_said_already):
                    yield f"{case.title} {meaning}: {getattr(case, word)}"
        for word, meaning in OF_ROWS.items():
            if word in row.said:
                yield f"{row.type} {meaning}: {row.said[word]}"
        for step, reason in row.moto_cannot.items():
            yield f"moto cannot {step} {row.type}: {reason}"
    for life in lives:
        for text in life.left_out_by_name:
            yield f"not on moto: {text}"


def main(words):
    worlds = [word for word in words if word in world.WORLDS] or list(world.WORLDS)
    wanted = [word for word in words if word not in world.WORLDS]
    everything, problems = rows.load(world.tables())
    unknown = set(wanted) - set(everything)
    if unknown:
        print("\n".join([f"there are no rows of {', '.join(sorted(unknown))}", *problems]))
        return 1
    chosen = {name: row for name, row in everything.items() if not wanted or name in wanted}
    import_works = world.import_is_there()
    lives = [live(world.WORLDS[name], chosen, import_works) for name in worlds]
    for life in lives:
        for failure in life.failures:
            print(f"{life.world.name}: {failure}\n")
    for problem in problems:
        print(f"FAILED rows: {problem}\n")
    for text in named(chosen, lives):
        print(text)
    for life in lives:
        print(f"\n{table(life, sorted(chosen))}")
        print(f"{len(life.by_address)} objects, {life.world.runs} runs of firn, {life.world.seconds():.1f} s")
    if not import_works:
        print("\n*** IMPORT WAS NOT TRIED: this firn has no `firn import`.")
    return 1 if problems or any(life.failures for life in lives) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
