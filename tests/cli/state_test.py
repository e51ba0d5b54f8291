"""The state as a file that is worth keeping: checked, copied, gone back to, and taken over from a run that
was stopped."""
import fcntl
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import unittest

from firn_case import FIRN, FirnCase
from road_case import LOCAL, STACK, RoadCase

STATE = ".firn/road.local.state.db"
SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ of Linux, which Python names from 3.10 on


class Copies(RoadCase):
    def copies(self):
        folder = self.project / f"{STATE}.backups"
        return sorted(file.name for file in folder.iterdir()) if folder.exists() else []

    def add_a_queue(self, name):
        self.edit(STACK, "  arrivals:\n", f"  {name}:\n    type: aws.sqs_queue\n  arrivals:\n")

    def test_back_to_a_copy_and_on_again(self):
        self.apply("road")
        self.assertEqual(self.copies(), [], "there was nothing to keep")
        self.assert_golden("state.check.txt", self.ok("state", "check", "road").out)
        self.assertEqual(json.loads(self.ok("state", "check", "road", "--json").out),
                         {"sound": True, "problems": [], "objects": 6, "open_operations": 0,
                          "serial": 1})
        self.assert_golden("state.backup.txt",
                           self.ok("state", "backup", "road", "copies/monday.db").out)
        self.add_a_queue("later")
        self.apply("road")
        self.assertRegex(" ".join(self.copies()), r"^\d{8}T\d{6}Z-1\.db$")

        refused = self.refused("state", "restore", "road", "copies/monday.db")
        self.assertIn("add --yes to go on without asking", refused.err)
        self.assertIn("later", self.ok("state", "list", "road").out, "nothing was done")
        self.assert_golden("state.restore.txt", self.dated(
            self.ok("state", "restore", "road", "copies/monday.db", "--yes").out))
        self.assertNotIn("later", self.ok("state", "list", "road").out)
        # What came after the copy has our mark, and is taken back instead of made again.
        before = self.things()
        self.apply("road")
        self.assertEqual(self.things(), before)
        self.assert_plan_is_empty("road")
        self.ok("state", "check", "road")
        self.ok("destroy", "road", "--yes")
        self.assertEqual(self.things(), {})

    def dated(self, text):
        return self.scrubbed(text).replace(self.copies()[-1].split("-")[0], "<time>")

    def test_a_damaged_state_says_how_to_go_on(self):
        self.apply("road")
        self.ok("state", "backup", "road")
        (good,) = self.copies()
        with sqlite3.connect(self.project / STATE) as state:
            state.execute("UPDATE resources SET name = 'arrival' WHERE address = 'arrivals'")
        state.close()
        run = self.refused("plan", "road")
        self.assert_golden("state.damaged.txt", run.err.replace(good, "<copy>"))
        self.assertEqual(self.refused("state", "check", "road").err, run.err)
        command = run.err.split("to go on with that copy: firn ")[1].split("\n")[0]
        self.ok(*command.split())
        self.assert_plan_is_empty("road")

    def test_how_many_are_kept(self):
        self.write("environments/local.yaml", LOCAL + "state: { backups: 2 }\n")
        for number in range(4):
            self.add_a_queue(f"queue_{number}")
            self.apply("road")
        self.assertEqual([name.split("-")[1] for name in self.copies()], ["2.db", "3.db"])
        self.write("environments/local.yaml", LOCAL + "state: { backups: 0 }\n")
        self.add_a_queue("one_more")
        self.apply("road")
        self.assertEqual(len(self.copies()), 2)
        self.write("environments/local.yaml", LOCAL + "state: { backups: few }\n")
        self.assert_golden("state.backups-no-number.txt", self.refused("plan", "road").err)

    def test_of_what_is_not_there(self):
        self.assertEqual(self.ok("state", "check", "road").out, "There is no state of road/local yet.\n")
        self.assert_golden("state.backup-of-nothing.txt",
                           self.refused("state", "backup", "road").err)
        self.apply("road")
        self.assert_golden("state.restore-of-nothing.txt",
                           self.refused("state", "restore", "road", "nowhere.db").err)
        self.write("there.txt", "dear letter")
        self.assert_golden("state.backup-over-a-file.txt",
                           self.refused("state", "backup", "road", "there.txt").err)
        self.assertEqual((self.project / "there.txt").read_text(), "dear letter")


TOPICS = 120


def topic(number):
    text = f"  topic_{number:03}_in_a_long_chain_of_topics_that_wait_for_each_other:\n    type: aws.sns_topic\n"
    if number > 0:
        text += f"    depends_on: [topic_{number - 1:03}_in_a_long_chain_of_topics_that_wait_for_each_other]\n"
    return text


class Stopped(FirnCase):
    """A run that is stopped in the middle (SIGSTOP, a closed laptop, a paused machine) and comes back
    after another one has done its work."""

    def setUp(self):
        super().setUp()
        self.project.mkdir()
        self.write("environments/local.yaml", LOCAL)
        self.write("stacks/chain/stack.yaml",
                   "stack: chain\nnaming: { project: chain, short: ch }\nresources:\n"
                   + "".join(topic(number) for number in range(TOPICS)))

    def begin(self, word):
        """An apply that has printed `word` and then waits until somebody reads its progress."""
        reading, writing = os.pipe()
        fcntl.fcntl(writing, SET_PIPE_SIZE, 4096)
        process = subprocess.Popen(
            [FIRN, "apply", "chain", "--yes", "--state", "state.db", "--sandbox", "one/sandbox.db"],
            cwd=self.project, env=self.environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=writing, text=True, encoding="utf-8")
        os.close(writing)
        self.addCleanup(self._end, process)
        progress = os.fdopen(reading, encoding="utf-8")
        self.addCleanup(progress.close)
        said = ""
        while word not in said:
            line = progress.readline()
            self.assertTrue(line, f"it ended without {word!r}:\n{said}")
            said += line
        return process, progress

    @staticmethod
    def _end(process):
        if process.poll() is None:
            process.kill()
        process.communicate()

    def stop(self, process):
        """Stopped outside a commit: in one it holds the file itself, and is waited for."""
        while True:
            process.send_signal(signal.SIGSTOP)
            os.waitpid(process.pid, os.WUNTRACED)
            state = sqlite3.connect(self.project / "state.db", timeout=0, isolation_level=None)
            try:
                state.execute("BEGIN IMMEDIATE")
                # As when a minute has gone by.
                state.execute("UPDATE lease SET expires_at = 1")
                state.execute("COMMIT")
                return
            except sqlite3.OperationalError:
                process.send_signal(signal.SIGCONT)
            finally:
                state.close()

    def test_another_run_takes_over_and_the_first_writes_nothing_more(self):
        process, progress = self.begin("topic_003")
        refused = self.refused("apply", "chain", "--yes", "--state", "state.db", "--sandbox", "other/sandbox.db")
        self.assertIn("error: somebody else is changing the state of chain/local\n", refused.err)
        self.assertIn(f"(process {process.pid}); without a sign of life its lease lasts until ",
                      refused.err)
        self.stop(process)

        # The cloud as it is now: one file serves one process, and the first one has it open.
        shutil.copytree(self.project / "one", self.project / "two")
        there = ["--state", "state.db", "--sandbox", "two/sandbox.db"]
        second = self.ok("apply", "chain", "--yes", *there)
        self.assertRegex(second.out, r"Done: \d+ created")
        self.assert_plan_is_empty("chain", *there)
        rows = self.rows("state.db")
        self.assertEqual(len(rows["resources"]), TOPICS)

        process.send_signal(signal.SIGCONT)
        said = progress.read()
        out = process.stdout.read()
        self.assertEqual(process.wait(), 1, said + out)
        taken_over = said[said.index("error: another run took over"):].split("\nerror: ")[0]
        # Which topic it was about depends on when it was stopped.
        self.assert_golden("state.taken-over.txt", re.sub(r"in topic_\d+_", "in topic_NNN_", taken_over))
        self.assertEqual(self.rows("state.db"), rows, "the first run wrote nothing after all")
        self.ok("state", "check", "chain", "--state", "state.db")
        self.assert_plan_is_empty("chain", *there)


if __name__ == "__main__":
    unittest.main()
