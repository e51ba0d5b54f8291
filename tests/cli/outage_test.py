"""A service that is down: the run ends soon, says it once, and tells what was done, what failed and what was not
started. The state holds exactly what was done, and the next run does the rest."""
import http.server
import json
import threading
import unittest
import urllib.parse

from firn_case import FirnCase

KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}

STACK = """\
stack: relay
naming: { project: relay, short: rl }
resources:
  alarms: { type: aws.sns_topic }
  orders: { type: aws.sqs_queue }
  returns: { type: aws.sqs_queue }
  parcels: { type: aws.sqs_queue }
  reports: { type: aws.sns_topic, depends_on: [orders] }
  bills: { type: aws.sns_topic, depends_on: [reports] }
"""

ENVIRONMENT = """\
environment: cloud
aws:
  target: {url}
  account: "111122223333"
  region: eu-west-1
snowflake: {{ target: sandbox, account: firn-local, user: FIRN_DEPLOY, role: FIRN_DEPLOYER }}
"""

IDENTITY = """\
<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111122223333</Account>\
<Arn>arn:aws:iam::111122223333:user/deploy</Arn><UserId>AIDAEXAMPLE</UserId></GetCallerIdentityResult>\
</GetCallerIdentityResponse>"""


class Cloud:
    """Knows who calls, makes topics, and makes queues unless that is down."""

    def __init__(self, test):
        self.queues_are_down = True
        self.asked = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                status, kind, answer = outer.answer(self.headers.get("X-Amz-Target", ""), body)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer.encode())

            def log_message(self, *words):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        test.addCleanup(server.server_close)
        test.addCleanup(server.shutdown)

    def answer(self, target, body):
        if target:
            operation = target.rpartition(".")[2]
            self.asked.append(operation)
            if self.queues_are_down:
                return 503, "application/x-amz-json-1.0", ""
            return self.queue(operation, json.loads(body))
        form = {name: values[0] for name, values in urllib.parse.parse_qs(body).items()}
        self.asked.append(form["Action"])
        if form["Action"] == "GetCallerIdentity":
            return 200, "text/xml", IDENTITY
        if form["Action"] == "CreateTopic":
            arn = f"arn:aws:sns:eu-west-1:111122223333:{form['Name']}"
            return 200, "text/xml", ("<CreateTopicResponse><CreateTopicResult><TopicArn>" + arn +
                                     "</TopicArn></CreateTopicResult></CreateTopicResponse>")
        return 200, "text/xml", self.topic(form)

    def topic(self, form):
        """A topic as it was made, with the mark of whom it belongs to."""
        action = form["Action"]
        arn = form.get("TopicArn", form.get("ResourceArn", ""))
        inner = ""
        if action == "GetTopicAttributes":
            inner = (f"<Attributes><entry><key>TopicArn</key><value>{arn}</value></entry></Attributes>")
        if action == "ListTagsForResource":
            tags = {"firn:stack": "relay", "firn:environment": "cloud",
                    "firn:resource": arn.rpartition("-")[2]}
            inner = "<Tags>" + "".join(f"<member><Key>{key}</Key><Value>{value}</Value></member>"
                                       for key, value in tags.items()) + "</Tags>"
        return f"<{action}Response><{action}Result>{inner}</{action}Result></{action}Response>"

    def queue(self, operation, body):
        if operation == "CreateQueue":
            return 200, "application/x-amz-json-1.0", json.dumps(
                {"QueueUrl": f"{self.url}/111122223333/{body['QueueName']}"})
        return 200, "application/x-amz-json-1.0", "{}"


class Outage(FirnCase):
    def setUp(self):
        super().setUp()
        self.new_project()
        self.cloud = Cloud(self)
        self.write("stacks/relay/stack.yaml", STACK)
        self.write("environments/cloud.yaml", ENVIRONMENT.format(url=self.cloud.url))
        self.variables = dict(KEYS, AWS_MAX_ATTEMPTS="2")

    def run_apply(self, *more):
        return self.firn("apply", "relay", "--env", "cloud", "--yes", *more, env=self.variables)

    def known(self):
        run = self.firn("state", "list", "relay", "--env", "cloud", env=self.variables)
        return run.out

    def test_it_is_said_once_with_what_was_done_and_what_was_not(self):
        run = self.run_apply()
        self.assertEqual(run.code, 1, str(run))
        self.assert_golden("outage.txt",
                           "error: " + run.err.split("error: ", 1)[1] + "--- stdout, after the plan\n" +
                           "Not finished" + run.out.split("Not finished", 1)[1].split("  in ", 1)[0])
        self.assertEqual(run.err.count("error: "), 1, run.err)
        # Three queues, twice each.
        self.assertEqual(self.cloud.asked.count("CreateQueue"), 6)
        known = self.known()
        self.assertIn("alarms", known)
        for address in ("orders", "returns", "parcels", "reports", "bills"):
            self.assertNotIn(address, known)

    def test_for_programs(self):
        run = self.run_apply("--json")
        self.assertEqual(run.code, 1, str(run))
        said = json.loads(run.out)
        self.assertEqual(said["created"], 1)
        self.assertEqual(sorted(one["address"] for one in said["failures"]),
                         ["orders", "parcels", "returns"])
        self.assertEqual({one["may_have_been_applied"] for one in said["failures"]}, {True})
        self.assertEqual(sorted(said["not_started"]), ["bills", "reports"])


if __name__ == "__main__":
    unittest.main()
