#!/usr/bin/env python3
"""A random stack in several versions, each an edit of the one before it; everything follows from a seed.

    tests/simulation/random_stack.py SEED [--versions N] [--into FOLDER]

prints the edits and the stacks, or writes each version as a project. What the types take stands in random_types.py. Stacks
are valid: `firn validate` must accept each, and each can be applied to empty clouds.
"""

import argparse
import copy
import json
import os
import pathlib
import random
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))

import random_types  # noqa: E402
from random_types import KINDS  # noqa: E402

STACK = "random"
COMPONENTS = {"s3_to_table"}
NAMES = "amber birch cedar delta ember fjord grove heath inlet jetty knoll larch marsh north oasis pine".split()
EXPRESSION = re.compile(r"\$\{[^}]*\}")
ENVIRONMENT = {
    "environment": "local",
    "aws": {"target": "sandbox", "account": "111122223333"},
    "snowflake": {"target": "sandbox", "account": "firn-local", "user": "FIRN_DEPLOY", "role": "FIRN_DEPLOYER"},
    "state": {"backend": "sqlite"},
}
FUNCTIONS = {"one": "def handler(event, context):\n    return 1\n", "two": "def handler(event, context):\n    return 2\n"}


class NoEdit(Exception):
    """This stack has nothing that could be edited so."""


def references(value, names):
    """The addresses that a value refers to."""
    found = set()
    for expression in EXPRESSION.findall(json.dumps(value)):
        found |= set(re.findall(r"(?<![\w.\"'])[A-Za-z_]\w*", expression)) & names
    return found


class Draw:
    """A stack while it is drawn."""

    def __init__(self, rng, resources, size=0):
        self.rng = rng
        self.resources = resources
        self.size = size
        self.pending = set()  # those that are being drawn: nothing may refer to them yet

    # ------------------------------------------------------------ what the types ask for

    def some(self, values):
        return [value for value in values if self.rng.random() < 0.45]

    def body(self, name):
        return self.resources[name]

    def type_of(self, name):
        body = self.resources[name]
        return body.get("type", body.get("component"))

    def ref(self, name, output=None):
        keys = self.resources.get(name, {}).get("for_each")
        key = f'["{self.rng.choice(keys)}"]' if keys else ""
        return "${" + name + key + (f".{output}" if output else "") + "}"

    def one(self, type_name, fits=lambda body: True, beside=None, make=True):
        """An object of the type, which may have to be made; without `make` there may be none."""
        around = {beside} | self.pending
        there = [
            name
            for name in self.resources
            if self.type_of(name) == type_name
            and name not in around
            and "when" not in self.resources[name]
            and fits(self.resources[name])
            and not (around & self.reached(name))
        ]
        if there and (len(self.resources) >= self.size or self.rng.random() < 0.75):
            return self.rng.choice(there)
        if not make:
            return None
        for _ in range(20):
            name = self.add(type_name)
            if fits(self.resources[name]):
                return name
            del self.resources[name]
        raise NoEdit(f"no {type_name} that fits")

    def let(self, attribute, of, have):
        senders = self.resources[of].setdefault(attribute, [])
        if self.ref(have) not in senders:
            senders.append(self.ref(have))

    def only(self, made):
        """What no other object says already."""
        if any(made.items() <= body.items() for body in self.resources.values()):
            raise NoEdit("there is one that says the same")
        return made

    def new_name(self, word=None):
        for number in range(1, 1000):
            name = f"{word or self.rng.choice(NAMES)}{number if word or number > 30 else ''}"
            if name not in self.resources:
                return name
        raise NoEdit("no name is left")

    def put(self, name, type_name, body):
        key = "component" if type_name in COMPONENTS else "type"
        self.resources[name] = {key: type_name, **body}

    def add(self, type_name, body=None, once=False):
        """A new object; with `once` none when there is one that says the same."""
        if body is not None:
            wanted = {"type": type_name, **body}
            if once and wanted in self.resources.values():
                return None
            name = self.new_name()
            self.resources[name] = wanted
            return name
        kind = KINDS[type_name]
        name = self.new_name()
        self.put(name, type_name, {})
        self.pending.add(name)
        if kind.many and self.rng.random() < 0.15:
            self.resources[name]["for_each"] = self.rng.sample(["a", "b", "c"], self.rng.randrange(1, 3))
        made = kind.make(self, name)
        if "for_each" in self.resources[name]:
            for own in ("name", "fifo"):
                made.pop(own, None)
        self.resources[name].update(made)
        for attribute in kind.vary:
            if self.rng.random() < 0.3:
                self.vary(name, attribute)
        self.pending.discard(name)
        # What it refers to comes first, which nobody needs, but people write so.
        self.resources[name] = self.resources.pop(name)
        return name

    # ------------------------------------------------------------ what edits ask for

    def vary(self, name, attribute):
        self.pending.add(name)
        value = KINDS[self.type_of(name)].vary[attribute](self, name)
        self.pending.discard(name)
        if value is not None:
            self.resources[name][attribute] = value

    def refers(self, name):
        return references(self.resources[name], set(self.resources)) - {name}

    def reached(self, name):
        """All that an object refers to, near and far."""
        found, waiting = set(), [name]
        while waiting:
            for other in self.refers(waiting.pop()):
                if other not in found:
                    found.add(other)
                    waiting.append(other)
        return found

    def users(self, name):
        return {other for other in self.resources if other != name and name in self.refers(other)}

    def remove(self, name):
        """With all that cannot be without it; from lists its name is struck."""
        body = self.resources.pop(name)
        names = {name}
        for other in list(self.resources):
            if other not in self.resources or not references(self.resources[other], names):
                continue
            for attribute in ("publishers", "senders", "depends_on"):
                listed = self.resources[other].get(attribute, [])
                kept = [item for item in listed if not references(item, names) and item != name]
                if attribute in self.resources[other]:
                    self.resources[other][attribute] = kept
                    if not kept:
                        del self.resources[other][attribute]
            if references(self.resources[other], names):
                self.remove(other)
        return body


# ---------------------------------------------------------------- edits


def strike(resources, gone):
    """What names an object in depends_on stands there plainly, not in an expression."""
    for body in resources.values():
        if gone in body.get("depends_on", []):
            body["depends_on"].remove(gone)
            if not body["depends_on"]:
                del body["depends_on"]


def chosen(draw, fits):
    names = [name for name in draw.resources if fits(name) and not name.startswith(OWNER)]
    if not names:
        raise NoEdit
    return draw.rng.choice(names)


def add(draw):
    draw.size += 3
    name = draw.add(draw.rng.choice(list(KINDS)))
    return f"adds {name}, {draw.type_of(name)}"


def remove(draw):
    name = chosen(draw, lambda one: True)
    before = set(draw.resources)
    if len(before) < 3:
        raise NoEdit
    draw.remove(name)
    gone = before - set(draw.resources)
    if len(gone) > len(before) / 2:
        raise NoEdit
    for other in gone:
        strike(draw.resources, other)
    return f"removes {', '.join(sorted(gone))}"


def change(draw):
    name = chosen(draw, lambda one: KINDS[draw.type_of(one)].vary)
    kind, body = KINDS[draw.type_of(name)], draw.body(name)
    attribute = draw.rng.choice(list(kind.vary))
    if attribute in body and attribute not in kind.kept and draw.rng.random() < 0.35:
        del body[attribute]
        return f"clears {attribute} of {name}"
    before = copy.deepcopy(body.get(attribute))
    for _ in range(8):
        draw.vary(name, attribute)
        if body.get(attribute) != before:
            return f"changes {attribute} of {name}"
    raise NoEdit


def make_anew(draw):
    """The address is kept, the object is another: of another name, or of another make."""
    name = chosen(draw, lambda one: draw.type_of(one) not in COMPONENTS and "for_each" not in draw.body(one))
    body = draw.body(name)
    unnamed = {"sns_subscription", "s3_notification", "lambda_permission", "grant", "grants", "task_graph"}
    if draw.type_of(name).split(".")[1] in unnamed:
        raise NoEdit
    word = f"{draw.rng.choice(NAMES)}{draw.rng.randrange(100, 999)}"
    if draw.type_of(name).startswith("snowflake."):
        word = word.upper()
    body["name"] = word + (".fifo" if body.get("fifo") else "")
    return f"calls {name} {body['name']}"


def rename(draw):
    old = chosen(draw, lambda one: True)
    new = draw.new_name()
    if draw.body(old).get("name"):
        raise NoEdit  # two addresses that want one name
    pattern = re.compile(rf"(?<![\w.\"']){old}(?!\w)")

    def told(found):
        return pattern.sub(new, found[0].replace('\\"', "\0")).replace("\0", '\\"')  # no quotes of JSON's own

    if any(old in body.get("depends_on", []) for body in draw.resources.values()):
        raise NoEdit
    renamed = {}
    for name, body in draw.resources.items():
        renamed[new if name == old else name] = json.loads(EXPRESSION.sub(told, json.dumps(body)))
    draw.resources.clear()
    draw.resources.update(renamed)
    return f"renames {old} to {new}"


def wait(draw):
    name = chosen(draw, lambda one: True)
    other = chosen(draw, lambda one: one != name and name not in draw.reached(one) and "when" not in draw.body(one))
    if draw.type_of(name) in COMPONENTS or draw.type_of(other) in COMPONENTS:
        raise NoEdit
    if any("depends_on" in body for body in draw.resources.values()):
        raise NoEdit  # two of them may make a circle
    draw.body(name)["depends_on"] = [other]
    return f"lets {name} wait for {other}"


def leave_out(draw):
    name = chosen(draw, lambda one: not draw.users(one) and draw.type_of(one) not in COMPONENTS)
    if any(name in body.get("depends_on", []) for body in draw.resources.values()):
        raise NoEdit
    body = draw.body(name)
    body["when"] = not body.get("when", True)
    return f"{'takes in' if body['when'] else 'leaves out'} {name}"


def more_or_fewer(draw):
    name = chosen(draw, lambda one: "for_each" in draw.body(one))
    keys = draw.body(name)["for_each"]
    used = json.dumps(draw.resources)
    free = [key for key in keys if f'{name}[\\"{key}\\"]' not in used]
    absent = [key for key in ("a", "b", "c", "d") if key not in keys]
    if free and len(keys) > 1 and draw.rng.random() < 0.5:
        keys.remove(draw.rng.choice(free))
    else:
        keys.append(draw.rng.choice(absent or ["e"]))
    if len(set(keys)) != len(keys):
        raise NoEdit
    return f"{name} is for {', '.join(keys)}"


EDITS = [add, add, remove, remove, change, change, change, change, make_anew, rename, wait, leave_out, more_or_fewer]


def edited(rng, resources):
    """(resources, what was edited); one edit, or two at once."""
    wanted = 1 if rng.random() < 0.65 else 2
    said, before = [], resources
    for _ in range(200):
        attempt = Draw(rng, copy.deepcopy(resources))
        try:
            what = rng.choice(EDITS)(attempt)
        except NoEdit:
            continue
        if attempt.resources in (before, resources):
            continue
        resources = attempt.resources
        said.append(what)
        if len(said) == wanted:
            return resources, ", ".join(said)
    raise RuntimeError("nothing can be edited")


# ---------------------------------------------------------------- stacks


def outputs(rng, resources):
    made = {}
    for name, body in resources.items():
        if "type" in body and "for_each" not in body and body.get("when", True) and rng.random() < 0.2:
            if body["type"] in ("aws.s3_bucket", "aws.sqs_queue", "aws.sns_topic", "aws.iam_role", "snowflake.database"):
                made[f"name_of_{name}"] = "${" + name + ".name}"
    return made


# What firn must own a pipe by, to work on it: edits leave it alone.
OWNER = "owner_of_"


def with_owners(seed, resources):
    """A pipe that works pauses while its owner changes, so some change hands. Drawn aside: the other stacks stay as they are."""
    rng = random.Random(f"owners {seed}")
    made = dict(resources)
    for name, body in resources.items():
        if body.get("type") == "snowflake.pipe" and "for_each" not in body and rng.random() < 0.5:
            role = OWNER + name
            same_when = {"when": body["when"]} if "when" in body else {}
            made[role] = {"type": "snowflake.role"}
            made[f"{role}_obeys"] = {"type": "snowflake.grant", "role": "${" + role + "}", "to": {"role": "SYSADMIN"}}
            made[f"{role}_owns"] = {
                "type": "snowflake.grant",
                "privileges": ["OWNERSHIP"],
                "on": {"pipe": "${" + name + "}"},
                "to": {"role": "${" + role + "}"},
                "depends_on": [f"{role}_obeys"],
                **same_when,
            }
    return made


def versions(seed, count=4):
    """[(what was edited, stack)]; small ones are the most, as a small stack that fails says more."""
    rng = random.Random(seed)
    size = rng.choice([3, 4, 5, 6, 8, 10, 14, 20, 30])
    resources = {}
    while len(resources) < size:
        draw = Draw(rng, copy.deepcopy(resources), size)
        try:
            draw.add(rng.choice(list(KINDS)))
        except NoEdit:
            continue
        resources = draw.resources
    resources = with_owners(seed, resources)
    made = [("the first", {"stack": STACK, "resources": resources, "outputs": outputs(rng, resources)})]
    for _ in range(count - 1):
        resources, said = edited(rng, resources)
        made.append((said, {"stack": STACK, "resources": resources, "outputs": outputs(rng, resources)}))
    return made


def write(stack, folder):
    """A project with this stack alone."""
    own = pathlib.Path(folder) / "stacks" / STACK
    own.mkdir(parents=True)
    (own / "stack.yaml").write_text(json.dumps(stack, indent=1), encoding="utf-8")
    for name, code in FUNCTIONS.items():
        (own / "functions" / name).mkdir(parents=True)
        (own / "functions" / name / "main.py").write_text(code, encoding="utf-8")
    environments = pathlib.Path(folder) / "environments"
    environments.mkdir()
    (environments / "local.yaml").write_text(json.dumps(ENVIRONMENT), encoding="utf-8")
    os.symlink(ROOT / "stacks" / "components", own.parent / "components")


def main(given):
    parser = argparse.ArgumentParser(description="A random stack in several versions.")
    parser.add_argument("seed", type=int)
    parser.add_argument("--versions", type=int, default=4)
    parser.add_argument("--into", type=pathlib.Path)
    arguments = parser.parse_args(given)
    for number, (said, stack) in enumerate(versions(arguments.seed, arguments.versions)):
        print(f"{number}: {said}, {len(stack['resources'])} resources")
        if arguments.into:
            write(stack, arguments.into / str(number))
        else:
            print(json.dumps(stack, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
