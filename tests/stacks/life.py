"""The life of one stack at one place: applied, changed as its list says, destroyed. Each step is a cell of the table."""

import dataclasses
import difflib
import json
import os
import re

import lists

UPDATE = os.environ.get("UPDATE_GOLDEN", "") not in ("", "0")
GOLDEN = lists.HERE / "golden"

MOST_LINES = 60
OK, FAILED, LEFT_OUT, NOT_REACHED = "ok", "FAILED", "left out", "-"

# Only what truly varies.
SCRUBS = [
    (re.compile(r"\b[A-Z]{2}\d{5}_SFCRole=\d+_[A-Za-z0-9+/]+="), "<external id>"),
    (re.compile(r"arn:aws:iam::\d{12}:user/[0-9a-z]{4}-s-[0-9a-z]+"), "<integration's user>"),
    (re.compile(r"arn:aws:iam::\d{12}:user/[0-9a-z]{4}-n-[0-9a-z]+"), "<subscribing user>"),
    (re.compile(r"arn:aws:sqs:[-\w]+:\d{12}:sf-snowpipe-[-\w]+"), "<Snowflake's queue>"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<uuid>"),
    (re.compile(r"(:secret:[-\w/]+)-[A-Za-z0-9]{6}\b(?!-)"), r"\1-<drawn>"),
    (re.compile(r"\b(AKIA|AIDA|AROA)[A-Z0-9]{16,17}\b"), r"<\1…>"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "<instant>"),
]


class Wrong(Exception):
    """A step that did not do what it must."""


@dataclasses.dataclass
class Cell:
    state: str
    why: str = ""


def told(done):
    """What a run said; of a long plan only its end."""
    lines = done.stdout.splitlines()[-MOST_LINES:] + done.stderr.splitlines()[-MOST_LINES:]
    return "\n".join([f"firn ended with {done.returncode}", *lines])


def scrubbed(text, folder):
    text = text.replace(str(folder), "<project>")
    for pattern, word in SCRUBS:
        text = pattern.sub(word, text)
    return text


class Life:
    def __init__(self, place):
        self.place = place
        self.cells = {}  # step → Cell
        self.objects = 0

    def live(self):
        changes = self.place.changes.changes(self.place.name)
        steps = [("apply", self.apply_all), ("re-plan", self.nothing_to_do)]
        steps += [(change.name, lambda change=change: self.try_change(change)) for change in changes]
        steps += [("destroy", self.destroy), ("destroy again", self.destroy_again)]
        reached = True
        for name, step in steps:
            self.cells[name] = Cell(NOT_REACHED)
            if not reached and name not in ("destroy", "destroy again"):
                continue
            try:
                self.cells[name] = step() or Cell(OK)
            except (Wrong, lists.Mistake, RuntimeError) as error:
                self.cells[name] = Cell(FAILED, str(error))
                reached = False  # what follows would begin elsewhere; it is taken down nevertheless
        return self

    @property
    def failures(self):
        return [(name, cell.why) for name, cell in self.cells.items() if cell.state == FAILED]

    # ------------------------------------------------------------ steps

    def apply_all(self):
        plan = self.planned(2)
        others = [step["address"] for step in plan if step["action"] not in ("create", "look_up", "none")]
        if others:
            raise Wrong(f"the first plan does not create: {', '.join(others)}")
        self.objects = sum(step["action"] == "create" for step in plan)
        self.applied()

    def nothing_to_do(self):
        done = self.place.firn("plan", "--detailed-exitcode")
        if done.returncode != 0 or "\nNothing to do: " not in done.stdout or done.stderr:
            raise Wrong(f"the plan is not empty\n{told(done)}")

    def try_change(self, change):
        if change.not_tried:
            return Cell(LEFT_OUT, change.not_tried)
        if change.first == "destroy":
            self.take_down()
        before = self.place.files()
        try:
            self.change(change, before)
        except (Wrong, lists.Mistake):
            self.place.put_back(before)  # so that what is there can be taken down
            raise
        return None

    def change(self, change, before):
        self.place.variables.update(change.variables)
        self.place.set(change.parameters, change.environment)
        for words in change.edits:
            self.place.edit(words, change.where)
        if change.refused:
            self.is_refused(change)
            self.place.put_back(before)
            self.nothing_to_do()
            return
        plan = self.planned(2)
        text = self.place.firn("plan").stdout
        self.compare_actions(change, plan)
        self.compare_losses(change, plan, text)
        for passage in change.says:
            if passage not in text:
                raise Wrong(f"the plan does not say {passage!r}\n{text}")
        self.compare_golden(change, text)
        if change.loses:
            done = self.place.firn("apply", "--yes")
            if done.returncode != 1:
                raise Wrong(f"data was lost without consent\n{told(done)}")
        self.applied(*[word for address in change.loses for word in ("--accept-loss", address)])
        self.nothing_to_do()

    def destroy(self):
        self.take_down()
        remains = self.place.remains()
        if remains:
            raise Wrong(f"after destroy there is\n{remains}")

    def destroy_again(self):
        done = self.place.firn("destroy", "--yes")
        if done.returncode != 0:
            raise Wrong(told(done))

    # ------------------------------------------------------------ parts of them

    def planned(self, code, *flags):
        done = self.place.firn("plan", "--json", "--detailed-exitcode", *flags)
        if done.returncode != code or done.stderr:
            raise Wrong(f"the plan was to end with {code}\n{told(done)}")
        return json.loads(done.stdout)["steps"]

    def applied(self, *flags):
        done = self.place.firn("apply", "--yes", *flags)
        if done.returncode != 0:
            raise Wrong(told(done))

    def take_down(self):
        before = self.place.files()
        self.lift_protection()
        done = self.place.firn("destroy", "--yes")
        if done.returncode != 0:
            raise Wrong(told(done))
        held = json.loads(self.place.firn("show", "--json").stdout)["resources"]
        if held:
            raise Wrong(f"the state still holds {', '.join(one['address'] for one in held)}")
        self.place.put_back(before)

    def lift_protection(self):
        """What must be said before a protected stack goes: without it, it does not go."""
        said = self.place.changes.leaving(self.place.name)
        if said is None:
            return
        done = self.place.firn("destroy", "--yes")
        if done.returncode != 1 or "protect" not in done.stderr:
            raise Wrong(f"it is not protected\n{told(done)}")
        self.place.set(said.get("parameters", {}))
        for words in said.get("edits", []):
            self.place.edit(words, "leave")
        self.applied()

    def is_refused(self, change):
        done = self.place.firn("plan", "--detailed-exitcode")
        if done.returncode != 1 or change.refused not in done.stderr:
            raise Wrong(f"it was to be refused with {change.refused!r}\n{told(done)}")

    @staticmethod
    def compare_actions(change, plan):
        found = {step["address"]: step["action"] for step in plan if step["action"] not in ("none", "look_up")}
        wanted = dict(change.plan)
        every = wanted.pop("*", None)
        if every:
            wanted = {**{address: every for address in found}, **wanted}
        if found != wanted:
            lines = difflib.ndiff(
                [f"{address}: {action}" for address, action in sorted(wanted.items())],
                [f"{address}: {action}" for address, action in sorted(found.items())],
            )
            raise Wrong("the plan (+) is not the one that the list names (-)\n" + "\n".join(lines))

    @staticmethod
    def compare_losses(change, plan, text):
        found = {step["address"]: "; ".join(step["losses"]) for step in plan if step.get("losses")}
        if set(found) != set(change.loses):
            raise Wrong(f"the plan would lose {found}, the list says {change.loses}\n{text}")
        for address, words in change.loses.items():
            if words not in found[address]:
                raise Wrong(f"{address} loses {found[address]!r}, the list says {words!r}")

    def compare_golden(self, change, text):
        """The plan word for word, as people see it; in the environment that people begin with."""
        if self.place.name != "local":
            return
        file = GOLDEN / self.place.stack / f"{change.slug}.txt"
        text = scrubbed(text, self.place.folder)
        if UPDATE:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            return
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        if before != text:
            lines = difflib.unified_diff(
                before.splitlines(), text.splitlines(), str(file.relative_to(lists.ROOT)), "the plan", lineterm=""
            )
            raise Wrong("not as in the golden file (UPDATE_GOLDEN=1 writes it anew)\n" + "\n".join(lines))
