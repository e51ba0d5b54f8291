#!/usr/bin/env python3
"""The contract suite itself: what it must catch, it catches."""

import sys
import tempfile
import unittest
from pathlib import Path

try:
    import phases
    import rows
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(77)

TABLE = {
    "name": "aws.thing",
    "naming": "aws",
    "attributes": [
        {"name": "size", "kind": "integer", "on_change": "in place", "default": "3", "maximum": 4},
        {"name": "kind", "kind": "string", "on_change": "replaces the object", "default": '"A"', "allowed": ["A", "B"]},
        {"name": "where", "kind": "string", "on_change": "in place", "required": True},
        {"name": "rule", "kind": "object", "on_change": "in place", "fields": [
            {"name": "count", "kind": "integer", "on_change": "in place"}]},
        {"name": "key", "kind": "string", "on_change": "in place", "write_only": True},
        {"name": "arn", "kind": "string", "on_change": "in place", "computed": True},
        {"name": "digest", "kind": "string", "on_change": "in place", "derived": True},
    ],
}  # fmt: skip
ROW = """\
type: aws.thing
attributes:
  where: [here, THIS there]
  rule: [{ count: 1 }, { count: 2 }]
  key: [a, b]
"""


class Rows(unittest.TestCase):
    def load(self, text, table=TABLE):
        """The row and the problems of a type that has this text."""
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "types").mkdir()
            if text is not None:
                (Path(folder) / "types" / "aws.thing.yaml").write_text(text)
            before, rows.HERE = rows.HERE, Path(folder)
            self.addCleanup(setattr, rows, "HERE", before)
            found, problems = rows.load({"aws.thing": table})
        return found.get("aws.thing"), problems

    def assert_problem(self, text, words):
        problems = self.load(text)[1]
        self.assertTrue(any(words in problem for problem in problems), problems)

    def test_a_sound_row_fills_itself_up_from_the_table(self):
        row, problems = self.load(ROW)
        self.assertEqual(problems, [])
        cases = {case.label: case for case in row.cases()}
        self.assertEqual(set(cases), {"plain", "size", "kind", "where", "rule", "key", "name"})
        size = cases["size"]
        self.assertEqual([size.value_in(block) for block in (size.base, size.first, size.second)], [None, 2, 1])
        self.assertEqual([cases["kind"].first["kind"], cases["kind"].second["kind"]], ["B", "A"])
        self.assertTrue(cases["kind"].must_replace)
        self.assertEqual(cases["plain"].base, {"type": "aws.thing", "where": "here"})
        self.assertTrue(cases["where"].is_always_there)
        self.assertEqual(cases["where"].second["where"], "aws_thing_where there")
        self.assertEqual(cases["key"].unseen, "the cloud does not show it")

    def test_a_type_without_rows(self):
        self.assert_problem(None, "aws.thing has no rows")

    def test_a_property_without_values(self):
        self.assert_problem(ROW.replace("  key: [a, b]\n", ""), "key has no values")

    def test_a_field_with_one_value_only(self):
        self.assert_problem(ROW.replace("count: 2", "count: 1"), "rule.count never has two values")

    def test_a_property_that_the_table_does_not_know(self):
        self.assert_problem(ROW + "  colour: [red, green]\n", "aws.thing has no attribute colour")

    def test_a_word_that_rows_do_not_know(self):
        self.assert_problem(ROW + "skip: everything\n", "known words are")

    def test_moto_lacks_only_what_is_there(self):
        self.assert_problem(ROW + "not_on_moto: { colour: no }\n", "which are no cases")


class Checks(unittest.TestCase):
    """The verdicts on what a plan says of one case."""

    def setUp(self):
        size = TABLE["attributes"][0]
        self.case = rows.Case("aws.thing", "size", size, [{}, {"size": 2}, {"size": 1}], {}, {})

    def step(self, action="update", path="size", **change):
        return {"address": "x", "action": action, "changes": [{"path": path, "before": 1, "after": 2, **change}]}

    def test_a_change(self):
        self.assertIsNone(phases.changes_it(self.case, self.step(), set()))
        for planned in (None, self.step(path="other"), self.step(action="replace")):
            self.assertIsNotNone(phases.changes_it(self.case, planned, set()))
        both = self.step()
        both["changes"] += self.step(path="other[0].deep")["changes"]
        self.assertIn("other was not touched", phases.changes_it(self.case, both, set()))
        self.assertIsNone(phases.changes_it(self.case, both, {"other"}))

    def test_drift(self):
        self.assertIsNone(phases.drifted(self.case, self.step(drift=True), set()))
        for planned in (None, self.step(), self.step(action="replace", drift=True)):
            self.assertIsNotNone(phases.drifted(self.case, planned, set()))

    def test_what_vanished(self):
        self.assertIsNone(phases.is_made_anew(self.case, self.step(action="create"), set()))
        for planned in (None, self.step()):
            self.assertIsNotNone(phases.is_made_anew(self.case, planned, set()))


if __name__ == "__main__":
    unittest.main()
