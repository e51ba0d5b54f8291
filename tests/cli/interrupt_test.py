"""Ctrl-C in the middle of an apply: what is in flight is finished and recorded, nothing new starts,
and the next apply goes on where this one stopped."""
import fcntl
import os
import signal
import subprocess
import unittest

from firn_case import FIRN, FirnCase

LINKS = 120
SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ of Linux, which Python names from 3.10 on

ROOT = """\
stack: chain
naming: { project: chain, short: ch }
resources:
  # In flight from the beginning to the end: AWS takes its time until Lambda may use a new role.
  worker_role:
    type: aws.iam_role
    trust: { service: lambda.amazonaws.com }
  worker:
    type: aws.lambda_function
    code: worker
    handler: main.handler
    runtime: python3.13
    role: ${worker_role}
"""


def link(number):
    text = f"  link_{number:03}_of_a_long_chain_of_topics_that_wait_for_each_other:\n" \
           "    type: aws.sns_topic\n"
    if number > 0:
        text += f"    depends_on: [link_{number - 1:03}_of_a_long_chain_of_topics_that_wait_for" \
                "_each_other]\n"
    return text


class Interrupt(FirnCase):
    def setUp(self):
        super().setUp()
        self.new_project()
        self.write("stacks/chain/stack.yaml", ROOT + "".join(link(n) for n in range(LINKS)))
        self.write("stacks/chain/worker/main.py", "def handler(event, context):\n    pass\n")

    def apply_until(self, word):
        """An apply that has printed `word` and cannot get far beyond: its progress goes into a pipe
        that holds one page, so it waits until somebody reads on."""
        reading, writing = os.pipe()
        fcntl.fcntl(writing, SET_PIPE_SIZE, 4096)
        process = subprocess.Popen(
            [FIRN, "apply", "chain", "--yes"], cwd=self.project, env=self.environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=writing, text=True,
            encoding="utf-8")
        os.close(writing)
        self.addCleanup(self._end, process)
        progress = os.fdopen(reading, encoding="utf-8")
        self.addCleanup(progress.close)
        said = ""
        while word not in said:
            line = progress.readline()
            self.assertTrue(line, f"it ended without {word!r}:\n{said}")
            said += line
        return process, progress, said

    def test_what_is_in_flight_is_finished_and_the_rest_comes_later(self):
        process, progress, said = self.apply_until("… worker: waiting")
        process.send_signal(signal.SIGINT)
        said += progress.read()
        out = process.stdout.read()
        self.assertEqual(process.wait(), 130, said)
        self.assertIn("\nStopping: calls in flight are finished and recorded. "
                      "Again to leave at once.\n", said)

        resources = self.state("chain")["resources"]
        made = len(resources)
        self.assertLess(made, LINKS)
        # The function was on its way when the signal came; it is there, and the state knows.
        self.assertIn("worker", {one["address"] for one in resources})
        self.assertEqual([one["address"] for one in resources if one["incomplete"]], [])
        self.assertEqual(
            {one["name"] for one in resources},
            {document["name"] for document in self.things().values()})
        left = LINKS + 2 - made
        self.assertIn(f"\nNot finished: {made} created, 0 changed, 0 replaced, 0 removed, 0 failed, "
                      f"{left} not started.\n", out)

        self.apply("chain")
        self.assert_plan_is_empty("chain")
        created = [entry["target"] for entry in self.log()
                   if entry["operation"] == "CreateTopic" and entry["status"] == 200]
        self.assertEqual(len(created), LINKS)
        self.assertEqual(len(set(created)), LINKS)

    def test_twice_leaves_at_once_and_loses_nothing(self):
        process, progress, said = self.apply_until("✓")
        process.send_signal(signal.SIGINT)
        while "Stopping" not in said:
            line = progress.readline()
            self.assertTrue(line, said)
            said += line
        process.send_signal(signal.SIGINT)
        progress.read()
        process.stdout.read()
        self.assertEqual(process.wait(), 130)
        self.apply("chain")
        self.assert_plan_is_empty("chain")
        # A call whose answer was not read any more may have been made twice; never for two objects.
        self.assertEqual(
            {one["name"] for one in self.state("chain")["resources"]},
            {document["name"] for document in self.things().values()})
        self.assertEqual(len(self.things()), LINKS + 2)

    def test_a_reader_that_leaves_does_not_stop_the_work(self):
        process, progress, _ = self.apply_until("✓")
        progress.close()
        process.stdout.close()
        self.assertEqual(process.wait(), 0)
        self.assert_plan_is_empty("chain")


if __name__ == "__main__":
    unittest.main()
