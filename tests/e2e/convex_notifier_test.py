"""The function that tells Slack of what fails in the convex pipeline."""

import importlib.util
import io
import json
import os
import sys
import types
import unittest
import unittest.mock

from firn_case import SOURCE

STACK = "convex-insurance"


class SlackNotifier(unittest.TestCase):
    """The code of the function, with Secrets Manager and Slack in memory."""

    def setUp(self):
        self.read, self.posted = [], []
        self.secret = "https://hooks.slack.test/T/B/x\n"

        def get_secret_value(SecretId):
            self.read.append(SecretId)
            return {"SecretString": self.secret}

        boto3 = types.SimpleNamespace(
            client=lambda name: types.SimpleNamespace(get_secret_value=get_secret_value))
        self._enter(unittest.mock.patch.dict(sys.modules, {"boto3": boto3}))
        self._enter(unittest.mock.patch.dict(os.environ, {"WEBHOOK_SECRET_ARN": "arn:webhook"}))
        self._enter(unittest.mock.patch("urllib.request.urlopen", self.urlopen))
        path = SOURCE / "stacks" / STACK / "functions/slack_notifier/slack_notifier.py"
        spec = importlib.util.spec_from_file_location("slack_notifier", path)
        self.module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.module)

    def _enter(self, context):
        context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)

    def urlopen(self, request, timeout):
        self.posted.append((request.full_url, json.loads(request.data)["text"]))
        return io.BytesIO(b"ok")

    def tell(self, *messages):
        return self.module.handler({"Records": [{"Sns": {"Subject": None, "Message": text}} for text in messages]}, None)

    def test_a_failed_task_is_told(self):
        done = self.tell(json.dumps({
            "version": "1.0", "messageType": "USER_TASK_FAILED", "timestamp": "2026-01-31T08:00:12Z",
            "accountName": "SOUTHEASTACCOUNT", "taskName": "CVX_PROD_DATABASE.CONVEX_VAULT.TASK_LOAD_STAGE",
            "messages": [{"runId": "r1", "queryId": "q1", "errorCode": "000630", "errorMessage": "It took too long."}]}))
        self.assertEqual(done, 1)
        ((url, text),) = self.posted
        self.assertEqual(url, "https://hooks.slack.test/T/B/x")
        self.assertEqual(text, "Convex insurance: something failed\n*account:* SOUTHEASTACCOUNT\n"
                               "*task:* CVX_PROD_DATABASE.CONVEX_VAULT.TASK_LOAD_STAGE\n*what:* USER_TASK_FAILED\n"
                               "*when:* 2026-01-31T08:00:12Z\n• r1: It took too long.")

    def test_a_failed_load_is_told(self):
        self.tell(json.dumps({
            "messageType": "INGEST_FAILED_FILE", "pipeName": "CVX.PIPE",
            "messages": [{"fileName": "/customers.csv", "firstError": "Too few columns"}]}))
        self.assertIn("*pipe:* CVX.PIPE", self.posted[0][1])
        self.assertIn("• /customers.csv: Too few columns", self.posted[0][1])

    def test_what_is_no_message_of_snowflake_is_passed_on_as_it_is(self):
        self.tell("a plain text", "[1, 2]", "x" * 9000)
        texts = [text.split("\n", 1)[1] for _, text in self.posted]
        self.assertEqual(texts[:2], ["a plain text", "[1, 2]"])
        self.assertEqual(len(texts[2]), self.module.MOST_CHARACTERS)

    def test_the_secret_is_read_once_and_may_be_json(self):
        self.secret = '{"url": "https://hooks.slack.test/json"}'
        self.tell("a", "b")
        self.assertEqual(self.read, ["arn:webhook"])
        self.assertEqual({url for url, _ in self.posted}, {"https://hooks.slack.test/json"})

    def test_what_slack_refuses_is_an_error(self):
        with unittest.mock.patch("urllib.request.urlopen", side_effect=OSError("503")):
            with self.assertRaises(OSError):
                self.tell("a")


if __name__ == "__main__":
    unittest.main()
