#!/usr/bin/env python3
"""What has our name and is not ours: never adopted, changed or deleted. One object of every type, on the sandbox.

    FIRN=build/test/firn tests/contract/ownership_test.py [TYPE …]

Three stories, each over all types at once, and once with the mark of another stack, once with none:

made by others   the state knows nothing, and at the planned name stands what another stack has made; then what carries no mark
                 at all. Apply says what was found, whose it is, and how to import it; the object stays as it is.
after a crash    a run was killed before it heard of anything, and what stands there is not what it made: recovery leaves it
                 alone. What it did make, it finds, whatever type it is.
taken by others  the state knows the object, and its mark says another stack now, or nothing. The plan says so, apply changes
                 nothing, and destroy leaves it alone.

The tables below say of each type that is not treated so, why.
"""

import contextlib
import json
import os
import re
import sqlite3
import subprocess
import sys

EXIT_SKIPPED = 77

try:
    import phases
    import rows
    import world
except ImportError as error:
    print(f"\n*** {error}: NOBODY TRIED WHAT IS NOT OURS. scripts/install-deps.sh test", file=sys.stderr)
    sys.exit(EXIT_SKIPPED)

OTHERS = "theirs"
# Makes a state as a killed run leaves it; without it that story is not told.
LEAVE_OPEN = os.environ.get("FIRN_LEAVE_OPEN")

# Types of which nothing of others can stand at the place of ours, each with the reason: ours is made beside theirs, and
# theirs stays.
BESIDE = {
    "aws.container_image": "each address has a tag of its own on the image, and takes only that away",
    "aws.iam_access_key": "IAM draws the key's id, so there is no planned name; a user's other keys stay",
    "aws.lambda_permission": "each address has a statement of its own in the function's policy",
    "aws.s3_notification": "each address has a rule of its own in the bucket's document; one for the same events is refused",
}
# Types whose mark cannot change behind our back.
FIXED = {
    "aws.lambda_layer": "the description of a version, which carries the mark, cannot be changed",
}
# Types without a mark: what is right is said of each.
MARKLESS = {
    "aws.kms_alias": "an alias carries no tags; KMS refuses one that another key has, and for the same key it is the same",
    "aws.sns_subscription": "a subscription carries no tags; the same topic, protocol and endpoint are the same one",
    "firn.value": "it is nowhere but in the state",
    "snowflake.grant": "a right that a role has already is the same right, whoever gave it",
    "snowflake.grants": "the declared rights of a role are the role's; who may declare them is who owns the role",
    "snowflake.task_graph": "it is how tasks stand, and the tasks carry the marks",
}
# A key has no name: one that carries our mark is ours, any other is none that we could mean.
UNNAMED = {"aws.kms_key": "KMS draws the key's id, so none stands at a planned name"}


class Wrong(Exception):
    pass


class Story:
    def __init__(self, here, cases, needs):
        self.here = here
        self.cases = {case.address: case for case in cases}
        self.needs = needs
        self.problems = []

    def write(self):
        resources = dict(self.needs)
        for case in self.cases.values():
            resources.update(case.own)
            resources[case.address] = case.base
        self.here.write(resources)

    def run(self, *words, code=0):
        run = self.here.run(*words)
        if run.returncode != code:
            raise Wrong(f"firn {' '.join(words)} ended with {run.returncode}, not {code}\n{run.stdout[-3000:]}\n{run.stderr[-6000:]}")
        return run

    def fail(self, address, story, why):
        case = self.cases[address]
        self.problems.append(f"FAILED {case.type}, {story}: {why}")

    # ------------------------------------------------------------ the sandbox's file

    def file(self):
        return self.here.folder / ".firn" / "sandbox.db"

    def documents(self):
        """Every object as it is, without what clouds remember of what was asked."""
        with contextlib.closing(sqlite3.connect(self.file())) as database:
            found = database.execute("SELECT collection, key, body FROM document").fetchall()
        bodies = [(kind, key, json.loads(body)) for kind, key, body in found]
        return {
            f"{kind} {key}": json.dumps(world.without_moments(body), sort_keys=True)
            for kind, key, body in bodies
            if not world.is_memory(kind.rsplit("/", 1)[-1], body) and "/sqs/message/" not in kind
        }

    def mark(self, addresses, stack):
        """Gives the objects to another stack; with None to nobody."""
        module, marks = self.here.marks(addresses)
        if stack is None:
            module.take_off(self.file(), marks)
        else:
            module.give(self.file(), marks, stack)

    def must_be_untouched(self, before, story):
        after = self.documents()
        for place in sorted({*before, *after}):
            is_unnamed = place not in before and "/kms/key " in place
            # What the objects refer to is ours, and is taken up again.
            is_ours = any(mark in before.get(place, "") for mark in ('"firn:stack": "contract"', "[firn:contract/"))
            if not is_unnamed and not is_ours and before.get(place) != after.get(place):
                self.problems.append(f"FAILED {story}: {place} was {before.get(place)}, is {after.get(place)}")

    # ------------------------------------------------------------ the stories

    def made_by_others(self, whose):
        story = f"made by others ({whose or 'no mark'})"
        self.here.keep_state("ours")
        self.here.lose_state()
        self.here.let_time_pass()
        before = self.documents()
        run = self.here.run("apply", "--yes", "--json")
        if not run.stdout.strip():
            raise Wrong(run.stderr)
        said = {one["address"]: one for one in json.loads(run.stdout)["failures"]}
        for address, case in self.cases.items():
            if case.type in UNNAMED:
                continue
            failure = said.get(address)
            if failure is None:
                self.fail(address, story, "it was taken over")
                continue
            words = "\n".join([failure["summary"], failure["detail"], failure["remedy"]])
            wanted = [self.said_of(whose), "exists already"]
            wanted += [] if whose else [rf"firn import contract {address}\b"]
            for passage in wanted:
                if not re.search(passage, words):
                    self.fail(address, story, f"the error does not say {passage!r}:\n{words}")
        self.must_be_untouched(before, story)
        self.here.put_state_back("ours")

    def leave_open(self):
        """The state of a run that was killed before it heard of anything."""
        words = [LEAVE_OPEN, str(self.here.folder / world.STATE), "contract", self.here.name]
        subprocess.run(words, check=True, capture_output=True, text=True)

    def settled(self):
        """address → what recovery said of it."""
        run = self.run("recover")
        self.run("recover")
        return {line.split()[0]: line for line in run.stderr.splitlines() if line.startswith("  ")}

    def after_a_crash(self, whose):
        story = f"after a crash ({whose or 'no mark'})"
        self.here.keep_state("ours")
        self.here.let_time_pass()
        before = self.documents()
        self.leave_open()
        said = self.settled()
        for address, case in self.cases.items():
            if case.type in FIXED and not whose:
                continue
            wanted = "was not made: it is planned again" if case.type in UNNAMED else "is not this stack's, and is left alone"
            if wanted not in said.get(address, ""):
                self.fail(address, story, f"recovery says: {said.get(address)}")
        self.must_be_untouched(before, story)
        self.here.put_state_back("ours")

    def finds_its_own(self):
        """The control: everything is ours, and was made."""
        self.here.keep_state("ours")
        self.here.let_time_pass()
        before = self.documents()
        self.leave_open()
        for address, line in self.settled().items():
            if "was made: the state has it now" not in line:
                self.problems.append(f"FAILED after a crash (ours): {line.strip()}")
        self.run("apply", "--yes")
        self.run("plan", "--detailed-exitcode")
        after = self.documents()
        for place in sorted(set(before) ^ set(after)):
            if "/id " in place:  # the number of a view, which CREATE OR REPLACE gives anew
                continue
            self.problems.append(f"FAILED after a crash (ours): {place} was made or went")
        self.here.put_state_back("ours")

    def taken_by_others(self, whose):
        story = f"taken by others ({whose or 'no mark'})"
        self.here.keep_state("ours")
        self.here.let_time_pass()
        before = self.documents()
        run = self.here.run("plan")
        if run.returncode != 1:
            self.problems.append(f"FAILED {story}: the plan ended with {run.returncode}\n{run.stdout[-2000:]}")
        for address, case in self.cases.items():
            part = next((one for one in re.split(r"(?m)^(?=error: )", run.stderr) if re.search(rf"\b{address}\b", one)), "")
            if case.type in FIXED and not whose:
                continue
            for passage in ("exists, but is not ours", self.said_of(whose)):
                if not re.search(passage, part):
                    self.fail(address, story, f"the plan does not say {passage!r}:\n{part}")
        self.run("apply", "--yes", code=1)
        self.must_be_untouched(before, story)
        plan = self.run("plan", "--destroy").stdout
        for address, case in self.cases.items():
            if not (case.type in FIXED and not whose) and not re.search(rf"(?m)^ *x {address} ", plan):
                self.fail(address, story, "a destroy would not leave it alone")

    def beside(self):
        """Ours is made beside theirs, and goes; theirs is there before, in between and afterwards."""
        theirs = self.marks_of(OTHERS)
        self.here.keep_state("ours")
        self.here.lose_state()
        self.here.let_time_pass()
        run = self.here.run("apply", "--yes", "--json")
        failures = {one["address"]: one["summary"] for one in json.loads(run.stdout)["failures"]}
        for address, case in self.cases.items():
            why = failures.get(address, "")
            if ("overlap" in why) if case.type == "aws.s3_notification" else not why:
                continue
            self.fail(address, "beside", why or "a rule for the same events was not refused")
        for step in ("made", "removed"):
            lost = theirs - self.marks_of(OTHERS)
            if lost or not theirs:
                self.problems.append(f"FAILED beside theirs: when ours was {step}, of theirs went {sorted(lost)}")
            # Only these: what they are in would take theirs along.
            self.here.write({**self.needs, **{name: block for case in self.cases.values() for name, block in case.own.items()}})
            self.run("apply", "--yes")
        self.here.put_state_back("ours")

    def marks_of(self, stack):
        """Every mark of that stack that the cloud shows, where a bucket or a function has several."""
        _, marks = self.here.marks(sorted(self.cases))
        wanted = marks.texts_of(stack)
        return {text for document in self.documents().values() for text in wanted if text in document}

    def said_of(self, whose):
        return rf"{whose}(/|, environment ){self.here.name}" if whose else "no (ownership )?marks? of firn"

    def live_beside(self):
        self.here.write({})
        self.here.run("plan")
        self.here.make_by_hand()
        self.write()
        self.run("apply", "--yes")
        self.mark(sorted(self.cases), OTHERS)
        self.beside()

    def live(self):
        self.here.write({})
        self.here.run("plan")  # so that the accounts are there
        self.here.make_by_hand()
        self.write()
        self.run("apply", "--yes")
        marked = sorted(self.cases)
        kept = self.file().read_bytes()
        if LEAVE_OPEN:
            self.finds_its_own()
            self.file().write_bytes(kept)
        for whose in (OTHERS, None):
            crash = [self.after_a_crash] if LEAVE_OPEN else []
            for story in (self.made_by_others, self.taken_by_others, *crash):
                self.mark(marked, whose)
                story(whose)
                self.file().write_bytes(kept)


def main(words):
    everything, problems = rows.load(world.tables())
    chosen = [row for name, row in everything.items() if (not words or name in words) and not row.table.get("is_lookup")]
    print_reasons()
    count, runs = 0, 0
    for wanted, way in ((lambda name: name not in {**BESIDE, **MARKLESS}, Story.live), (lambda name: name in BESIDE, Story.live_beside)):
        some = [row for row in chosen if wanted(row.type)]
        cases = [row.case(rows.PLAIN, {}) for row in some]
        if not cases:
            continue
        with world.Sandbox() as here:
            story = Story(here, cases, rows.needs_of(some, cases))
            try:
                way(story)
            except Wrong as wrong:
                story.problems.append(f"FAILED {wrong}")
            problems += story.problems
            count, runs = count + len(cases), runs + here.runs
    for problem in problems:
        print(f"{problem}\n")
    print(f"{count} types, {len(problems)} wrong, {runs} runs of firn")
    return 1 if problems else 0


def print_reasons():
    """No type is passed over in silence."""
    for title, types in (("made beside", BESIDE), ("cannot change", FIXED), ("carries no mark", MARKLESS), ("no name", UNNAMED)):
        for name, why in types.items():
            print(f"{name} ({title}): {why}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
