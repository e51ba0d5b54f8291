"""What a person at a terminal sees: colours, questions, live progress, and a lock that is held."""
import os
import pty
import re
import signal
import subprocess
import unittest

from firn_case import FIRN, FirnCase
from road_case import STACK, RoadCase

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
CONTROL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|\r")


class Terminal:
    """The program on a terminal of its own. Reading blocks until it writes or ends."""

    def __init__(self, test, *arguments, **variables):
        self.test = test
        self.said = ""
        ours, theirs = pty.openpty()
        self.ours = ours
        self.process = subprocess.Popen(
            [FIRN, *arguments], cwd=test.project, stdin=theirs, stdout=theirs, stderr=theirs,
            env=test.environment(**({"TERM": "xterm-256color"} | variables)),
            start_new_session=True)
        os.close(theirs)
        test.addCleanup(self.close)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.ours)

    def read(self):
        """What came next; nothing when the program has ended."""
        try:
            piece = os.read(self.ours, 65536)
        except OSError:  # the other end is closed
            piece = b""
        self.said += piece.decode("utf-8", "replace")
        return piece

    def wait_for(self, words):
        while words not in self.said:
            self.test.assertTrue(self.read(), f"it ended without {words!r}:\n{self.said}")
        return self

    def answer(self, words):
        os.write(self.ours, words.encode() + b"\n")
        return self

    def end(self):
        """Everything that was said, and the exit code."""
        while self.read():
            pass
        return self.said, self.process.wait()


class AtATerminal(RoadCase):
    def test_an_apply_asks_first(self):
        said, code = Terminal(self, "apply", "road").wait_for("Apply this plan? (yes/no) ").answer(
            "yes").end()
        self.assertEqual(code, 0, said)
        self.assert_plan_is_empty("road")

    def test_no_means_no(self):
        for answer in ("no", "", "maybe"):
            said, code = Terminal(self, "apply", "road").wait_for("(yes/no) ").answer(answer).end()
            self.assertEqual(code, 1, said)
            self.assertIn("Nothing was changed.", said)
            self.assertEqual(self.things(), {})

    def test_ctrl_c_at_the_question_changes_nothing(self):
        for sent in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            terminal = Terminal(self, "apply", "road").wait_for("(yes/no) ")
            terminal.process.send_signal(sent)
            said, code = terminal.end()
            self.assertEqual(code, 130, said)
            self.assertTrue(said.endswith("\r\nNothing was changed.\r\n"), said)
            self.assertEqual(self.things(), {})
            self.assertEqual(self.rows(".firn/road.local.state.db")["intents"], [])

    def test_a_destroy_wants_the_environments_name(self):
        self.apply("road")
        before = self.things()
        question = 'This destroys everything above. Type "local" to go on: '
        said, code = Terminal(self, "destroy", "road").wait_for(question).answer("yes").end()
        self.assertEqual((code, self.things()), (1, before), said)
        said, code = Terminal(self, "destroy", "road").wait_for(question).answer("local").end()
        self.assertEqual((code, self.things()), (0, {}), said)

    def test_with_nothing_to_do_nobody_is_asked(self):
        self.apply("road")
        said, code = Terminal(self, "apply", "road").end()
        self.assertEqual(code, 0, said)
        self.assertNotIn("yes/no", said)

    def test_colours_and_no_colours(self):
        coloured, _ = Terminal(self, "plan", "road").end()
        self.assertRegex(coloured, COLOUR)
        plain = self.ok("plan", "road").out.replace("\n", "\r\n")
        self.assertEqual(COLOUR.sub("", coloured), plain)
        self.assertEqual(Terminal(self, "plan", "road", NO_COLOR="1").end()[0], plain)
        self.assertEqual(Terminal(self, "plan", "road", "--no-color").end()[0], plain)
        self.assertRegex(Terminal(self, "plan", "road", NO_COLOR="").end()[0], COLOUR)
        said, code = Terminal(self, "plan", "raod").end()
        self.assertEqual(code, 1)
        self.assertIn("\x1b[31merror:\x1b[0m there is no stack", said)

    def test_a_second_run_is_told_who_is_at_work(self):
        first = Terminal(self, "apply", "road", "--state", "road.db").wait_for("(yes/no) ")
        # On a sandbox of its own, so that the state is all that the two share.
        run = self.refused("apply", "road", "--yes", "--state", "road.db", "--sandbox", "own.db")
        self.assertEqual(run.out, "")
        self.assertRegex(
            self.scrubbed(run.err),
            r'^error: somebody else is changing the state of road/local\n'
            r'  \S+@\S+ runs "apply road --state road.db" since <instant> \(process <pid>\); '
            r'without a sign of life its lease lasts until <instant>\n'
            r'  wait until it ends, then run the command again; the lock of a killed run is free at '
            r'once, that of one that is stopped or cut off when its lease has run out\n')
        self.assertIn(f"(process {first.process.pid})", run.err)
        self.assertEqual(self.things("own.db"), {})
        said, code = first.answer("yes").end()
        self.assertEqual(code, 0, said)
        self.assert_plan_is_empty("road", "--state", "road.db")

    def test_a_sandbox_serves_one_run_at_a_time(self):
        first = Terminal(self, "apply", "road").wait_for("(yes/no) ")
        run = self.refused("apply", "road", "--yes")
        self.assertEqual(run.out, "")
        self.assert_golden("sandbox.in-use.txt", run.err)
        said, code = first.answer("yes").end()
        self.assertEqual(code, 0, said)
        self.assert_plan_is_empty("road")

    def test_a_lock_of_somebody_who_was_killed_holds_nobody(self):
        first = Terminal(self, "apply", "road").wait_for("(yes/no) ")
        first.process.kill()
        first.process.wait()
        self.apply("road")
        self.assert_plan_is_empty("road")


class LiveProgress(FirnCase):
    def test_shows_what_runs_and_what_waits(self):
        self.new_project()
        said, code = Terminal(self, "apply", "finance", "--yes", NO_COLOR="1").end()
        self.assertEqual(code, 0, said)
        plan, progress = said.split("59 to create, 0 to change in place", 1)
        self.assertNotRegex(plan, CONTROL.pattern.replace(r"|\r", ""))
        self.assertRegex(progress, r"\x1b\[1A\x1b\[2K")  # drawn over and over
        text = CONTROL.sub("", progress)
        self.assertRegex(text, r"  … \S+_pipe: .*|  … creating \S+_pipe ")
        self.assertRegex(text, r"\d+ of 59 done, \d+ running, \d+ waiting")
        self.assertIn("✓ warehouse created FDL_DEV_WAREHOUSE", text)
        self.assertIn("Done: 59 created, 0 changed, 0 replaced, 0 removed.", text)


if __name__ == "__main__":
    unittest.main()
