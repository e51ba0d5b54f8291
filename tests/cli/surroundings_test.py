"""What can be wrong around the program: credentials, endpoints, files, and somebody else at work.
Each is told with its cause and its mend, and nothing is changed."""
import fcntl
import http.server
import json
import os
import pathlib
import pwd
import socket
import subprocess
import threading
import unittest

from edited_state import edited
from firn_case import FIRN, Run
from road_case import STACK, RoadCase

# Keys that belong to nobody, from AWS's own documentation.
AWS_KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}

EXPIRED = """\
<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <Error>
    <Type>Sender</Type>
    <Code>ExpiredToken</Code>
    <Message>The security token included in the request is expired</Message>
  </Error>
  <RequestId>5c5a3f4e-0000-4000-8000-000000000000</RequestId>
</ErrorResponse>
"""

WRONG_KEY = json.dumps({
    "code": "390144",
    "message": "JWT token is invalid. [6d2a9f1c-0000-4000-8000-000000000000]",
    "sqlState": "",
    "statementHandle": "01b2c3d4-0000-4000-8000-000000000000",
})


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """Answers every request alike, on a port of its own, from the moment it is made."""

    def __init__(self, test, status, content_type, body):
        self.requests = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                length = int(self.headers.get("Content-Length", 0))
                outer.requests.append((self.command, self.path, dict(self.headers),
                                       self.rfile.read(length)))
                answer = body.encode()
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_PUT = do_DELETE = do_HEAD = do_POST

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        test.addCleanup(self.server.server_close)
        test.addCleanup(self.server.shutdown)


class CloudCase(RoadCase):
    """An environment whose AWS or Snowflake is not the sandbox."""

    def environment_of(self, aws="sandbox", snowflake="sandbox"):
        self.write(
            "environments/cloud.yaml", f"""\
environment: cloud
aws:
  target: {aws}
  account: "111122223333"
  region: eu-west-1
snowflake:
  target: {snowflake}
  account: firn-local
  user: FIRN_DEPLOY
  role: FIRN_DEPLOYER
""")

    def assert_cloud_refused(self, golden, **variables):
        """Also of a plan: both need the clouds."""
        run = self.refused("plan", "road", "--env", "cloud", env=variables)
        self.assert_golden(golden, run.err)
        run = self.assert_refused(golden, "apply", "road", "--env", "cloud", "--yes",
                                  env=variables)
        self.assertNotIn(AWS_KEYS["AWS_SECRET_ACCESS_KEY"], run.err)
        return run

    def assert_refused(self, golden, *arguments, **options):
        run = super().assert_refused(golden, *arguments, **options)
        self.assertEqual(self.everything("cloud")[0], {})
        return run

    def key_of_somebody(self):
        """A private key file; one that some sandbox made up serves."""
        self.ok("plan", "road", "--sandbox", "elsewhere.db")
        (pem,) = [document["pem"] for (collection, _), document in
                  self.documents("elsewhere.db").items() if collection.endswith("/private_key")]
        file = self.write("key.p8", pem)
        file.chmod(0o600)
        return pem


class Credentials(CloudCase):
    def test_none_for_aws(self):
        self.environment_of(aws="cloud")
        self.assert_cloud_refused("credentials.no-aws.txt")

    def test_a_profile_that_is_not_there(self):
        self.environment_of(aws="cloud")
        self.assert_cloud_refused("credentials.no-profile.txt", AWS_PROFILE="deploy")

    def test_no_key_for_snowflake(self):
        self.environment_of(snowflake="cloud")
        self.assert_cloud_refused("credentials.no-snowflake-key.txt")

    def test_a_key_file_that_is_not_there(self):
        self.environment_of(snowflake="cloud")
        self.assert_cloud_refused("credentials.no-key-file.txt",
                                  SNOWFLAKE_PRIVATE_KEY_PATH=str(self.scratch / "key.p8"))

    def test_a_key_file_that_holds_no_key(self):
        self.environment_of(snowflake="cloud")
        file = self.write("key.p8", "this is no key\n")
        file.chmod(0o600)
        self.assert_cloud_refused("credentials.no-key.txt", SNOWFLAKE_PRIVATE_KEY_PATH=str(file))

    def test_the_wrong_key(self):
        server = Server(self, 401, "application/json", WRONG_KEY)
        self.environment_of(snowflake=server.url)
        pem = self.key_of_somebody()
        run = self.assert_cloud_refused("credentials.wrong-key.txt",
                                        SNOWFLAKE_PRIVATE_KEY_PATH=str(self.project / "key.p8"))
        self.assertNotIn(pem.splitlines()[1], run.err)
        method, path, headers, _ = server.requests[0]
        self.assertEqual((method, path.split("?")[0]), ("POST", "/api/v2/statements"))
        self.assertEqual(headers["X-Snowflake-Authorization-Token-Type"], "KEYPAIR_JWT")

    def test_an_expired_token(self):
        server = Server(self, 403, "text/xml", EXPIRED)
        self.environment_of(aws="cloud")
        run = self.assert_cloud_refused("credentials.expired-token.txt", **AWS_KEYS,
                                        AWS_SESSION_TOKEN="a-token-of-yesterday",
                                        AWS_ENDPOINT_URL=server.url)
        self.assertNotIn("a-token-of-yesterday", run.err)
        self.assertIn(b"Action=GetCallerIdentity", server.requests[0][3])


class Endpoints(CloudCase):
    def test_aws_does_not_answer(self):
        self.environment_of(aws=f"http://127.0.0.1:{free_port()}")
        self.assert_cloud_refused("endpoint.aws.txt", **AWS_KEYS)

    def test_snowflake_does_not_answer(self):
        self.environment_of(snowflake=f"http://127.0.0.1:{free_port()}")
        self.key_of_somebody()
        self.assert_cloud_refused("endpoint.snowflake.txt",
                                  SNOWFLAKE_PRIVATE_KEY_PATH=str(self.project / "key.p8"))

    def test_no_snowflake_there(self):
        server = Server(self, 404, "text/html", "<html>nothing here</html>")
        self.environment_of(snowflake=server.url)
        self.key_of_somebody()
        self.assert_cloud_refused("endpoint.not-snowflake.txt",
                                  SNOWFLAKE_PRIVATE_KEY_PATH=str(self.project / "key.p8"))


class StateFile(RoadCase):
    STATE = ".firn/road.local.state.db"

    def setUp(self):
        super().setUp()
        self.apply("road")

    def test_read_only(self):
        file = self.project / self.STATE
        file.chmod(0o444)
        self.edit(STACK, "type: VARCHAR }", "type: VARCHAR(9) }")
        self.assert_refused("state.read-only-file.txt", "apply", "road", "--yes")
        # Reading needs no more than that.
        self.ok("state", "list", "road")

    def test_in_a_folder_of_somebody_else(self):
        """Root may write anywhere; then the program runs as nobody."""
        where = self.scratch / "states"
        where.mkdir()
        where.chmod(0o555)
        before = self.everything()
        arguments = ["apply", "road", "--yes", "--state", str(where / "road.db")]
        run = self.as_nobody(arguments) if os.geteuid() == 0 else self.firn(*arguments)
        self.assertEqual((run.code, run.out), (1, ""), str(run))
        self.assert_golden("state.read-only-folder.txt", run.err)
        self.assertEqual(list(where.iterdir()), [])
        self.assertEqual(self.everything(), before)

    def as_nobody(self, arguments):
        nobody = pwd.getpwnam("nobody")
        for folder in (self.scratch, *self.scratch.rglob("*")):
            if folder.is_dir() and folder.name != "states":
                folder.chmod(0o777)
            elif folder.is_file():
                folder.chmod(0o666)
        # A copy: the build folder may be closed to others.
        program = self.scratch / "firn"
        program.write_bytes(pathlib.Path(FIRN).read_bytes())
        program.chmod(0o755)
        done = subprocess.run([str(program), *arguments], cwd=self.project,
                              env=self.environment(), user=nobody.pw_uid, group=nobody.pw_gid,
                              extra_groups=[], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=240, check=False)
        return Run(arguments, done.returncode, done.stdout, done.stderr)

    def test_of_another_stack(self):
        self.write("stacks/other/stack.yaml",
                   (self.project / STACK).read_text().replace("road", "other"))
        self.assert_refused("state.of-another-stack.txt", "apply", "other", "--yes", "--state",
                            self.STATE)

    def test_that_is_none(self):
        self.write("notes.txt", "not a state\n" * 100)
        self.assert_refused("state.not-a-state.txt", "apply", "road", "--yes", "--state",
                            "notes.txt")

    def test_of_a_firn_that_knew_more(self):
        with edited(self.project / self.STATE) as state:
            state.execute("UPDATE resources SET type = 'aws.kinesis_stream' WHERE address = 'rule'")
        self.edit(STACK, "  rule:\n    type: aws.s3_notification\n    bucket: ${data}\n"
                  "    topic: ${arrivals}\n    prefix: ${param.prefix}\n", "")
        for more in ([], ["--no-refresh"]):
            self.assert_refused("state.unknown-type.txt", "apply", "road", "--yes", *more)
            self.assert_refused("state.unknown-type.txt", "destroy", "road", "--yes", *more)

    def test_somebody_else_at_work(self):
        """A first run that waits for its answer holds the lock; only a terminal is asked."""
        self.edit(STACK, "type: VARCHAR }", "type: VARCHAR(9) }")
        with open(self.project / f"{self.STATE}.lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            json.dump({"who": "ada@build-7", "command": "apply road", "process": 4711,
                       "since": "2026-01-02T03:04:05Z"}, lock)
            lock.flush()
            self.assert_refused("state.locked.txt", "apply", "road", "--yes")
            # Who only looks does not have to wait.
            self.ok("plan", "road")
            self.ok("show", "road")
        run = self.firn("apply", "road", "--yes", "--accept-loss", "events")
        self.assertEqual(run.code, 0, str(run))


if __name__ == "__main__":
    unittest.main()
