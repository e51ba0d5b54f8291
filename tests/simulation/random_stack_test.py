#!/usr/bin/env python3
"""Random stacks are valid, follow from their seed alone, and leave no type and no edit out.

FIRN_SOUND names the program that validates many projects at once; FIRN_NIGHTLY=1 validates all seeds.
"""

import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import random_stack  # noqa: E402
import versions  # noqa: E402
from random_types import KINDS  # noqa: E402

SEEDS = 200
VALIDATED = SEEDS if os.environ.get("FIRN_NIGHTLY") == "1" else 25
EDITS = {"adds", "removes", "changes", "clears", "calls", "renames", "lets", "leaves", "takes", "is"}
AT_ONCE = 100  # folders on one command line


class RandomStacks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stacks = {seed: random_stack.versions(seed) for seed in range(1, SEEDS + 1)}

    def test_each_version_validates(self):
        with tempfile.TemporaryDirectory(prefix="firn-random-") as keep_in:
            folders = []
            for seed, stacks in list(self.stacks.items())[:VALIDATED]:
                folders += [folder for _, folder in versions.of_seed(seed, pathlib.Path(keep_in), stacks)]
            for first in range(0, len(folders), AT_ONCE):
                some = [str(folder) for folder in folders[first : first + AT_ONCE]]
                done = subprocess.run(
                    [versions.program("firn_sound"), random_stack.STACK, *some], capture_output=True, text=True, check=False
                )
                wrong = [line for line in done.stdout.splitlines() if '"summary"' in line][:3]
                self.assertEqual(done.returncode, 0, f"{done.stderr[-400:]}\n{wrong}")
            self.assertEqual(len(folders), 4 * VALIDATED)

    def test_a_seed_says_all(self):
        for seed in (1, 17, 100):
            self.assertEqual(json.dumps(self.stacks[seed]), json.dumps(random_stack.versions(seed)))

    def test_each_version_is_an_edit_of_the_one_before(self):
        for seed, stacks in self.stacks.items():
            for (_, before), (said, after) in zip(stacks, stacks[1:]):
                self.assertNotEqual(before["resources"], after["resources"], f"seed {seed}: {said}")

    def test_nothing_is_left_out(self):
        types, edits, words = collections.Counter(), collections.Counter(), collections.Counter()
        for stacks in self.stacks.values():
            for said, stack in stacks:
                edits.update(EDITS & set(said.split()))
                for body in stack["resources"].values():
                    types[body.get("type", body.get("component"))] += 1
                    words.update(body.keys())
        self.assertEqual(set(KINDS) - set(types), set())
        self.assertEqual(EDITS - set(edits), set())
        said = {attribute for kind in KINDS.values() for attribute in kind.vary} | {"for_each", "when", "depends_on", "name"}
        self.assertEqual(said - set(words), set())

    def test_most_are_small_and_some_are_not(self):
        sizes = sorted(len(stacks[0][1]["resources"]) for stacks in self.stacks.values())
        self.assertLess(sizes[len(sizes) // 2], 14)
        self.assertGreater(sizes[-1], 25)
        self.assertGreaterEqual(sizes[0], 3)


if __name__ == "__main__":
    unittest.main()
