"""What the conformance tests share: a moto_server, a recorder in front of it, and firn in a project of its own."""

import dataclasses
import http.client
import http.server
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

import boto3

ROOT = pathlib.Path(__file__).resolve().parents[2]
ACCOUNT = "123456789012"  # the one that moto gives everybody
REGION = "eu-west-1"
# AWS's documentation example keys.
ACCESS_KEY = "AKIDEXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
LIMIT = 300  # seconds after which something that hangs is given up


class Moto:
    """moto_server for the time of a test, on a port of loopback that the kernel chose."""

    def __init__(self):
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.log = []
        self.port = None
        ready = threading.Event()
        self._reader = threading.Thread(target=self._read, args=(ready,), daemon=True)
        self._reader.start()
        if not ready.wait(LIMIT) or self.port is None:
            self.stop()
            raise RuntimeError("moto_server did not start:\n" + "".join(self.log))
        with socket.create_connection(("127.0.0.1", self.port), timeout=LIMIT):
            pass
        # Not {"lambda": {"use_docker": false}}: a function then does not find its layers (moto 5.2.1 looks
        # for them in the other backend). No container engine is needed, as no function is invoked.

    def _read(self, ready):
        for line in self._process.stderr:
            self.log.append(line)
            found = re.search(r"Running on http://127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found.group(1))
                ready.set()
        ready.set()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def client(self, service, region=REGION):
        """boto3, which judges what firn did."""
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.url,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
        )

    def stop(self):
        self._process.terminate()
        self._process.wait(LIMIT)
        self._reader.join(LIMIT)
        self._process.stderr.close()


@dataclasses.dataclass(frozen=True)
class Request:
    method: str
    target: str  # path and query as sent
    headers: tuple  # of (name, value), as sent
    body: bytes
    status: int  # of the answer
    answer: bytes

    def header(self, name):
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ",".join(values) if values else None


class Recorder:
    """A proxy in front of moto that keeps every request exactly as it was sent."""

    def __init__(self, port, stand_in):
        """`stand_in(headers, body)` answers (status, body) in the place of moto, or None."""
        self.requests = []
        self._stand_in = stand_in
        self._lock = threading.Lock()
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self):
                super().setup()
                self.upstream = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)

            def finish(self):
                self.upstream.close()
                super().finish()

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                instead = recorder._stand_in(self.headers, body)
                if instead is None:
                    status, headers, content = self.ask_moto(body)
                else:
                    (status, content), headers = instead, []
                recorder.keep(Request(self.command, self.path, tuple(self.headers.items()), body, status, content))
                self.send_response_only(status)
                for name, value in headers:
                    if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def ask_moto(self, body):
                self.upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    if name.lower() not in ("connection", "expect"):
                        self.upstream.putheader(name, value)
                self.upstream.endheaders(body)
                answer = self.upstream.getresponse()
                return answer.status, answer.headers.items(), answer.read()

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = answer

            def log_message(self, *unused):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128  # firn connects many times at once; who finds no place tries again after 1 s

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def keep(self, request):
        with self._lock:
            self.requests.append(request)

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(LIMIT)


class Project:
    """A folder with stacks and environments/moto.yaml, whose AWS target is `url`; firn runs in it."""

    def __init__(self, url, stacks):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="firn-conformance-"))
        self.url = url
        for stack in stacks:
            shutil.copytree(stack, self.folder / "stacks" / stack.name)
        shutil.copytree(ROOT / "stacks" / "components", self.folder / "stacks" / "components")
        environment = (ROOT / "environments" / "moto.yaml").read_text()
        usual = "http://127.0.0.1:5000"
        if f"target: {usual}" not in environment:
            raise RuntimeError(f"environments/moto.yaml does not name {usual} any more")
        (self.folder / "environments").mkdir()
        self.environment = self.folder / "environments" / "moto.yaml"
        self.environment.write_text(environment.replace(usual, url))

    def run(self, command, what, *arguments, environment=None):
        """firn with its moto environment; `environment`: variables in place of the usual keys of AWS."""
        return self._run(environment, command, what, "--env", "moto", *arguments)

    def explain(self, *subject):
        """What firn says of a type, as JSON; of nothing, the list of the types."""
        done = self._run(None, "explain", *subject, *(["--json"] if subject else []))
        done.check_returncode()
        return done.stdout

    def _run(self, environment, *arguments):
        keys = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
        return subprocess.run(
            [os.environ["FIRN_PROGRAM"], *arguments],
            cwd=self.folder,
            env={
                "HOME": str(self.folder),
                "PATH": "/usr/bin:/bin",
                "NO_COLOR": "1",
                "NO_PROXY": "*",
                "AWS_EC2_METADATA_DISABLED": "true",
                **(keys if environment is None else environment),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )

    def edit(self, path, old, new):
        """Replaces a text that occurs exactly once, as a person edits a stack."""
        file = self.folder / path
        text = file.read_text()
        if text.count(old) != 1:
            raise RuntimeError(f"{old!r} occurs {text.count(old)} times in {path}")
        file.write_text(text.replace(old, new))

    def remove(self):
        shutil.rmtree(self.folder)
