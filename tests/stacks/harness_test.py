#!/usr/bin/env python3
"""The driver itself: a list that says nothing by mistake is refused, and a step that goes wrong fails."""

import contextlib
import importlib.util
import io
import json
import os
import sys
import types
import unittest
from unittest import mock

if importlib.util.find_spec("yaml") is None:
    print("\n*** There is no PyYAML: THE DRIVER WAS NOT TRIED. scripts/install-deps.sh test", file=sys.stderr)
    sys.exit(1 if os.environ.get("CI") == "true" else 77)

import life
import lists
import table

GOOD = """\
stack: shop
changes:
  - name: bigger
    parameters: { size: SMALL }
    plan: { compute: update }
    loses: { compute: its cache }
    says: [changed in place]
"""

MISTAKES = {  # what is put in the place of what → what is said of it
    ("    says: ", "    say: "): "unknown words: say",
    ("compute: update", "compute: upgrade"): "no such actions: upgrade",
    ("    plan: { compute: update }\n", ""): "what must the plan say",
    ("name: bigger", "named: bigger"): "a name of its own",
    ("    says: [changed in place]", "    at: { moto: { says: [] } }"): "different on moto says why",
    ("    says: [changed in place]", "    at: { mars: { says: [] } }"): "no such place: mars",
    ("    says: [changed in place]", "    at: { dev: { not_tried: '' } }"): "not_tried says why",
    ("    says: [changed in place]", "    not_tried: I do not like it"): "tried nowhere",
    ("    says: [changed in place]", "    edits: [{ file: a, from: b }]"): "from with to",
    ("changes:", "places: { mars: {} }\nchanges:"): "no such places: mars",
    ("changes:", "places: { moto: { layers: { a: [eu-west-1] } } }\nchanges:"): "says why",
}

STEP = {"address": "compute", "action": "update", "losses": ["its cache of 3 days"]}


class Answers:
    """A place whose firn says what the test wants, by command and flags."""

    name = "dev"
    stack = "shop"
    folder = "/nowhere"
    variables = {}

    def __init__(self, text=GOOD, **said):
        self.changes = lists.ChangeList("shop.yaml", text)
        self.applied = False
        self.said = {"remains": "", "steps": [STEP], "words": "compute is changed in place", "without_consent": 1,
                     "apply": 0, "destroy": 0, "after": 0, "held": [], **said}  # fmt: skip

    def firn(self, command, *flags):
        code, out, err = 0, "", ""
        if command == "plan" and "--json" in flags:
            steps = self.said["steps"] if self.applied else [{"address": "compute", "action": "create"}]
            code, out = 2, json.dumps({"steps": steps})
        elif command == "plan" and "--detailed-exitcode" in flags:
            code, out = self.said["after"], "\nNothing to do: all is as declared."
        elif command == "plan":
            out = self.said["words"]
        elif command == "apply":
            careless = self.applied and "--accept-loss" not in flags
            code = self.said["without_consent"] if careless else self.said["apply"]
            self.applied = True
        elif command == "destroy":
            code = self.said["destroy"]
        elif command == "show":
            out = json.dumps({"resources": self.said["held"]})
        return types.SimpleNamespace(returncode=code, stdout=out, stderr=err)

    def set(self, *unused):
        pass

    def files(self):
        return {}

    def put_back(self, kept):
        pass

    def remains(self):
        return self.said["remains"]


WRONG = {  # what firn does → the step that must fail, and why
    "an apply fails": ({"apply": 1}, "apply", "ended with 1"),
    "the second plan is not empty": ({"after": 2}, "re-plan", "not empty"),
    "another action": ({"steps": [{**STEP, "action": "replace"}]}, "bigger", "+ compute: replace"),
    "a step too much": ({"steps": [STEP, {"address": "b", "action": "remove"}]}, "bigger", "+ b: remove"),
    "a step too few": ({"steps": []}, "bigger", "- compute: update"),
    "no loss": ({"steps": [{**STEP, "losses": []}]}, "bigger", "would lose {}"),
    "another loss": ({"steps": [{**STEP, "losses": ["all"]}]}, "bigger", "its cache"),
    "no consent is asked": ({"without_consent": 0}, "bigger", "without consent"),
    "another text": ({"words": "nothing"}, "bigger", "does not say"),
    "a destroy fails": ({"destroy": 1}, "destroy", "ended with 1"),
    "the state holds something": ({"held": [{"address": "compute"}]}, "destroy", "still holds compute"),
    "a cloud holds something": ({"remains": "a bucket"}, "destroy", "a bucket"),
}


class Lists(unittest.TestCase):
    def test_mistakes_are_refused(self):
        lists.ChangeList("shop.yaml", GOOD)
        for (before, after), words in MISTAKES.items():
            with self.subTest(words):
                self.assertIn(before, GOOD)
                with self.assertRaisesRegex(lists.Mistake, words):
                    lists.ChangeList("shop.yaml", GOOD.replace(before, after))

    def test_every_list_is_sound(self):
        for path in sorted(lists.HERE.glob("*.yaml")):
            with self.subTest(path.name):
                changes = lists.ChangeList(path)
                self.assertEqual(changes.stack, path.stem)
                self.assertIn(changes.stack, lists.stacks())

    def test_a_stack_without_a_list_fails(self):
        with mock.patch.object(lists, "stacks", return_value=["shop"]):
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                self.assertEqual(table.main(["local"]), 1)
        self.assertIn("the stack shop has no list of changes: tests/stacks/shop.yaml", printed.getvalue())

    def test_golden_plans_are_those_of_the_lists(self):
        for folder in (lists.HERE / "golden").iterdir():
            changes = lists.load(folder.name)
            wanted = {f"{change.slug}.txt" for change in changes.changes("local")
                      if not change.refused and not change.not_tried}  # fmt: skip
            self.assertEqual({file.name for file in folder.iterdir()}, wanted)


class Lives(unittest.TestCase):
    def test_a_good_one_is_good(self):
        lived = life.Life(Answers()).live()
        self.assertEqual(lived.failures, [])
        self.assertEqual(set(lived.cells), {"apply", "re-plan", "bigger", "destroy", "destroy again"})

    def test_what_goes_wrong_fails(self):
        for title, (said, step, words) in WRONG.items():
            with self.subTest(title):
                failures = dict(life.Life(Answers(**said)).live().failures)
                self.assertIn(step, failures)
                self.assertIn(words, failures[step])

    def test_what_comes_after_a_failure_is_not_reached(self):
        cells = life.Life(Answers(apply=1)).live().cells
        self.assertEqual([cells["bigger"].state, cells["destroy"].state], [life.NOT_REACHED, life.OK])

    def test_a_refusal_must_come_with_its_words(self):
        text = GOOD.split("    plan:", 1)[0] + "    refused: too big\n"
        lived = life.Life(Answers(text)).live()
        self.assertIn("to be refused", dict(lived.failures)["bigger"])

    def test_what_is_left_out_says_why(self):
        lived = life.Life(Answers(GOOD + "    at: { dev: { not_tried: dev has no such thing } }\n")).live()
        self.assertEqual(lived.cells["bigger"], life.Cell(life.LEFT_OUT, "dev has no such thing"))


if __name__ == "__main__":
    unittest.main()
