"""A test that runs firn against moto through the recorder, step by step, and checks every request on the way."""

import collections
import io
import os
import re
import unittest
import zipfile

import botocore_model
import support

READING = re.compile(r"\w+:(Get|List|Describe|Head)")


class Story(unittest.TestCase):
    """The steps are the test_ methods in the order of their names; they share moto, the account and the project."""

    maxDiff = None
    folder = None  # of the stack
    other_folders = []  # of further stacks

    @classmethod
    def setUpClass(cls):
        cls.moto = support.Moto()
        cls.addClassCleanup(cls.moto.stop)
        cls.recorder = support.Recorder(cls.moto.port, cls.stand_in)
        cls.addClassCleanup(cls.recorder.stop)
        cls.project = support.Project(cls.recorder.url, [cls.folder, *cls.other_folders])
        cls.addClassCleanup(cls.project.remove)
        cls.checker = botocore_model.Checker(support.ACCESS_KEY, support.SECRET_KEY)
        cls.called = collections.Counter()  # operation → calls, of the whole story

    @classmethod
    def stand_in(cls, headers, body):
        """(status, body) of an answer in the place of moto; None lets moto answer."""

    @classmethod
    def publish_layer(cls, name):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("python/module.py", "")
        published = cls.moto.client("lambda").publish_layer_version(
            LayerName=name, Content={"ZipFile": content.getvalue()}
        )
        return published["LayerVersionArn"]

    def firn(self, command, *arguments, code=0, what=None, environment=None):
        """Runs firn, checks every request that it sent, and answers how often it called what."""
        self.recorder.requests.clear()
        done = self.project.run(command, what or self.folder.name, *arguments, environment=environment)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        counts = collections.Counter()
        for request in self.recorder.requests:
            if b"<SecretAccessKey>" in request.answer and b"<SessionToken>" in request.answer:
                self.checker.learn(request.answer)
            verdict = self.checker.check(request)
            self.assertEqual(verdict.problems, [])
            counts[verdict.operation] += 1
            self.see(verdict)
        type(self).called += counts
        self.last = done
        if os.environ.get("FIRN_PRINT_CALLS"):
            print(f"{command}: {sum(counts.values())} calls {dict(sorted(counts.items()))}")
        return counts

    def see(self, verdict):
        """For tests that look into the requests."""

    def assert_reading(self, counts):
        self.assertEqual([name for name in counts if not READING.match(name)], [])
