#!/usr/bin/env python3
"""Lives the deaths and histories of seeds.yaml again: each found a bug once."""

import pathlib
import shutil
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import sweep  # noqa: E402
import versions  # noqa: E402

WORDS = {"stack", "stack-seed", "only", "at", "of", "was", "versions", "history-seed"}


class Seeds(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.seeds = versions.lists.yaml12.read((HERE / "seeds.yaml").read_text(encoding="utf-8"))
        cls.keep_in = pathlib.Path(tempfile.mkdtemp(prefix="firn-seeds-"))
        cls.made = {}

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.keep_in)

    def versions_of(self, said):
        """(stack, versions, the words that name it on a command line)."""
        seed, stack = said.get("stack-seed"), said.get("stack", "random")
        if (stack, seed) not in self.made:
            write = versions.of_seed if seed else versions.of_stack
            self.made[stack, seed] = write(seed or stack, self.keep_in)
        return stack, self.made[stack, seed], f"--stack-seed {seed}" if seed else stack

    def live(self, program, flags, command):
        code, said = versions.live(program, flags, lambda again: command)
        self.assertEqual(code, 0, said)

    def test_each_says_what_it_was(self):
        for said in self.seeds.get("deaths", []) + self.seeds.get("histories", []):
            self.assertLessEqual(set(said), WORDS)
            self.assertTrue(said["was"].strip().endswith("."), said)

    def test_deaths(self):
        for said in self.seeds.get("deaths", []):
            with self.subTest(**said):
                stack, made, which = self.versions_of(said)
                runs = [flags for title, flags in sweep.sweeps(made) if title == said["only"]]
                self.assertEqual(len(runs), 1, "no such run of the stack")
                flags = ["--stack", stack, *runs[0]]
                moments = sweep.moments_called(flags, said["at"])
                self.assertTrue(moments, f"no moment is called {said['at']!r}")
                moment = moments[said.get("of", 0)]
                command = f'tests/simulation/sweep.py {which} --only "{said["only"]}" --moment {moment}'
                self.live("firn_crash_points", [*flags, "--from", moment, "--to", moment + 1], command)

    def test_histories(self):
        for said in self.seeds.get("histories", []):
            with self.subTest(**said):
                stack, made, which = self.versions_of(said)
                names = said.get("versions", [name for name, _ in made])
                folders = ",".join(str(dict(made)[name]) for name in names)
                seed = said["history-seed"]
                listed = f' --versions "{";".join(names)}"' if "versions" in said else ""
                command = f"tests/simulation/histories.py {which}{listed} --history-seed {seed} --tell"
                self.live("firn_histories", ["--projects", folders, "--stack", stack, "--from", seed, "--count", 1], command)


if __name__ == "__main__":
    unittest.main()
