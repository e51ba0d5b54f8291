"""Ctrl-C at exact moments: the proxy sends the signal while a request of firn's is in its hands."""

import os
import signal
import threading
import unittest

import victim  # noqa: I001  (finds the folders beside this one)

import kill_sweep
import lists
from proxy import Answer, Trap

STACK = "weather-multi-customer"
STOPPING = "\nStopping: calls in flight are finished and recorded. Again to leave at once.\n"


class Case(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.kept = victim.Kept()
        cls.addClassCleanup(cls.kept.__exit__, None, None, None)
        cls.changes = lists.load(STACK)

    def setUp(self):
        self.place = self.enterContext(victim.Victim(self.changes, self.kept))
        self.proxy = self.place.proxy

    if not hasattr(unittest.TestCase, "enterContext"):  # before Python 3.11

        def enterContext(self, manager):
            self.addCleanup(manager.__exit__, None, None, None)
            return manager.__enter__()

    def send(self, number):
        os.kill(self.place.process.pid, number)

    def at(self, number, moment, command, sent, counts=None):
        """Runs a command that gets a signal at its N-th request, which then goes on."""

        def strike(call):
            struck.append(call)
            self.send(sent)
            return True

        struck = []
        self.proxy.trap = Trap(number, moment, strike, counts)
        self.place.start(command, "--yes")
        ended = self.place.finish()
        self.proxy.trap = None
        self.assertEqual(len(struck), 1, str(ended))
        return ended

    def hold(self, number, moment, counts=None):
        """A trap that keeps the N-th request; answers it with an event that tells when it is there."""
        there = threading.Event()

        def strike(_):
            there.set()
            return True

        self.proxy.trap = Trap(number, moment, strike, counts, holds=True)
        self.addCleanup(self.proxy.trap.release.set)
        return self.proxy.trap, there

    def reach(self, there):
        self.assertTrue(there.wait(victim.LIMIT), "the run ended before it came that far")

    def read_until(self, stream, words):
        said = ""
        while words not in said:
            line = stream.readline()
            self.assertTrue(line, f"it ended without {words!r}:\n{said}")
            said += line
        return said

    def assert_nothing_is_open(self):
        run = self.place.firn("recover")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("Nothing to recover", run.stdout)

    def assert_next_run_finishes(self):
        run = self.place.firn("apply", "--yes")
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        plan = self.place.firn("plan", "--detailed-exitcode")
        self.assertEqual((plan.returncode, plan.stderr), (0, ""), plan.stdout)


class Once(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.steps = kill_sweep.steps_of(cls.changes, kill_sweep.CHANGES[STACK])[:1]
        cls.reference = kill_sweep.Reference(cls.changes, cls.steps, cls.kept)

    def test_what_is_in_flight_is_finished_and_recorded(self):
        for sent in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            for number, moment in ((3, "before"), (14, "after"), (25, "before")):
                with self.subTest(signal=sent.name, number=number, moment=moment):
                    with victim.Victim(self.changes, self.kept) as self.place:
                        self.one(number, moment, sent)

    def one(self, number, moment, sent):
        ended = self.at(number, moment, "apply", sent)
        self.assertEqual(ended.returncode, 130, str(ended))
        self.assertIn(STOPPING, ended.stderr)
        self.assertRegex(ended.stdout, r"(?m)^Not finished: \d+ created, .*, 0 failed, \d+ not started\.$")
        self.assertRegex(ended.stdout, r"(?m)^  not started: ")
        self.assert_nothing_is_open()
        run = self.place.firn("apply", "--yes")
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertNotIn("An earlier run did not end", run.stderr)
        kill_sweep.must_be_as(self.reference, self.steps[0], self.place, str(ended))

    def test_with_everything_done_the_next_command_of_a_script_does_not_run(self):
        ended = self.at(1, "after", "apply", signal.SIGINT, lambda call: call.action == "PutMetricAlarm")
        self.assertEqual(ended.returncode, 130, str(ended))


class Twice(Case):
    def test_it_leaves_at_once_and_the_next_run_recovers(self):
        trap, there = self.hold(8, "after")
        self.place.start("apply", "--yes")
        self.reach(there)
        self.send(signal.SIGINT)
        said = self.read_until(self.place.process.stderr, "Again to leave at once.\n")
        self.send(signal.SIGINT)
        # The request is still held: what ends now does not wait for it.
        said += self.place.process.stderr.read()
        self.assertEqual(self.place.process.wait(victim.LIMIT), 130, said)
        trap.release.set()
        self.place.finish()
        self.proxy.trap = None
        self.assertRegex(said, r"\nLeft with \d+ of \d+ operations done and \d+ under way: .*; \d+ not started\.\n"
                               r"The journal knows what was under way: the next run looks up what became of it\.\n$")  # fmt: skip
        run = self.place.firn("recover")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("An earlier run did not end: firn apply", run.stderr)
        self.assert_next_run_finishes()

    def test_a_shell_that_hangs_up_twice_is_one_wish(self):
        trap, there = self.hold(8, "after")
        self.place.start("apply", "--yes")
        self.reach(there)
        self.send(signal.SIGHUP)
        self.read_until(self.place.process.stderr, "Again to leave at once.\n")
        self.send(signal.SIGHUP)
        trap.release.set()
        ended = self.place.finish()
        self.assertEqual(ended.returncode, 130, str(ended))
        self.assertRegex(ended.stdout, r"(?m)^Not finished: ")
        self.assert_nothing_is_open()


class WhileNothingChanges(Case):
    def test_a_plan_ends_at_once(self):
        for command in ("plan", "apply"):
            with self.subTest(command=command):
                trap, there = self.hold(1, "before", lambda call: True)
                self.place.start(command, *(["--yes"] if command == "apply" else []))
                self.reach(there)
                self.send(signal.SIGINT)
                self.assertEqual(self.place.process.wait(victim.LIMIT), 130)
                trap.release.set()
                ended = self.place.finish()
                self.assertEqual(ended.stderr, "\nInterrupted.\n")
        self.assertEqual([str(call) for call in self.proxy.calls if call.changes], [])
        self.assert_next_run_finishes()

    def test_so_does_a_refresh_of_what_is_there(self):
        self.assert_next_run_finishes()
        before = len([call for call in self.proxy.calls if call.changes])
        trap, there = self.hold(9, "after", lambda call: True)
        self.place.start("apply", "--yes")
        self.reach(there)
        self.send(signal.SIGTERM)
        self.assertEqual(self.place.process.wait(victim.LIMIT), 130)
        trap.release.set()
        self.place.finish()
        self.proxy.trap = None
        self.assertEqual(len([call for call in self.proxy.calls if call.changes]), before)
        self.assert_nothing_is_open()

    def test_what_is_told_to_be_ignored_is_ignored(self):
        """nohup firn apply"""
        ended = None

        def ignore():
            signal.signal(signal.SIGHUP, signal.SIG_IGN)

        trap, there = self.hold(8, "after")
        self.place.start("apply", "--yes", preexec_fn=ignore)
        self.reach(there)
        self.send(signal.SIGHUP)
        trap.release.set()
        ended = self.place.finish()
        self.assertEqual(ended.returncode, 0, str(ended))


class LongWaits(Case):
    """Without an end to the patience with calls in flight these took minutes; one signal is enough."""

    def leave(self, stand_in, shows):
        self.proxy.stand_in = stand_in
        self.place.start("apply", "--yes")
        said = self.read_until(self.place.process.stderr, shows)
        self.send(signal.SIGINT)
        ended = self.place.finish()
        self.proxy.stand_in = self.proxy.amend = None
        self.assertEqual(ended.returncode, 130, said + str(ended))
        self.assertIn("\nLeft with ", ended.stderr)
        self.assertIn(" under way: transformer; ", ended.stderr)
        self.assert_next_run_finishes()

    def test_until_lambda_may_use_a_new_role(self):
        refusal = b'{"Type":"User","message":"The role defined for the function cannot be assumed by Lambda."}'

        def stand_in(call):
            if call.service != "lambda" or call.method != "POST" or not call.target.endswith("/functions"):
                return None
            return Answer(400, [(b"Content-Type", b"application/json"),
                                (b"x-amzn-ErrorType", b"InvalidParameterValueException")], refusal)  # fmt: skip

        self.leave(stand_in, "… transformer: waiting")

    def test_until_a_function_is_no_longer_pending(self):
        def amend(call, answer):
            if call.service == "lambda" and b'"State": "Active"' in answer.body:
                answer.body = answer.body.replace(b'"State": "Active"', b'"State": "Pending"')

        self.proxy.amend = amend
        self.leave(None, "… transformer: waiting")


if __name__ == "__main__":
    unittest.main(verbosity=2)
