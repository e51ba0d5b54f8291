"""A proxy in front of moto: slow, sometimes faulty, and able to kill whom it serves at an exact moment.

It counts what passes. What is to happen at request number N happens in the proxy, while the client waits for its answer:
before the request reaches moto, or after moto has answered and before the client hears of it. No clock decides that.
"""

import asyncio
import random
import re
import socket
import threading
import urllib.parse

LIMIT = 300  # seconds after which something that hangs is given up; never decides a result
READS = re.compile(r"^(Get|List|Describe|Head|Lookup|Search|Simulate|Check|Batch(Get|Check))")
HOP_BY_HOP = {b"connection", b"transfer-encoding", b"content-length", b"keep-alive"}


class Call:
    """One request, as far as anybody here wants to know it."""

    def __init__(self, method, target, headers, body):
        self.method = method
        self.target = target
        self.headers = headers  # pairs of bytes, as sent
        self.body = body
        scope = re.search(rb"Credential=[^/]+/\d+/[^/]+/([^/]+)/", self.header(b"authorization"))
        self.service = scope.group(1).decode() if scope else ""
        self.action = self._action()

    def header(self, name):
        return b",".join(value for key, value in self.headers if key.lower() == name)

    def _action(self):
        target = self.header(b"x-amz-target").decode()
        if target:
            return target.rpartition(".")[2]
        if self.header(b"content-type").startswith(b"application/x-www-form-urlencoded"):
            return urllib.parse.parse_qs(self.body.decode()).get("Action", [""])[0]
        return ""

    @property
    def changes(self):
        """Whether it may change something."""
        if self.action:
            return not READS.match(self.action)
        return self.method not in ("GET", "HEAD")

    @property
    def makes_marked_bucket(self):
        """CreateBucket with tags inside, which moto 5.2 does not read: S3 makes bucket and tags in one."""
        return self.service == "s3" and self.method == "PUT" and "?" not in self.target and b"<Tags>" in self.body

    def tagging_of_bucket(self):
        tags = self.body[self.body.index(b"<Tags>") + 6 : self.body.index(b"</Tags>")]
        body = b"<Tagging><TagSet>" + tags + b"</TagSet></Tagging>"
        kept = (b"host", b"authorization", b"x-amz-date")
        headers = [pair for pair in self.headers if pair[0].lower() in kept]
        return Call("PUT", f"{self.target}?tagging", [*headers, (b"Content-Length", str(len(body)).encode())], body)

    def __str__(self):
        path = self.target.split("?X-Amz")[0]
        return f"{self.service} {self.action}" if self.action else f"{self.service} {self.method} {path}"


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def wire(self, method):
        lines = [f"HTTP/1.1 {self.status} -".encode()]
        lines += [name + b": " + value for name, value in self.headers if name.lower() not in HOP_BY_HOP]
        length = str(len(self.body)).encode()
        if method == "HEAD":
            length = next((value for name, value in self.headers if name.lower() == b"content-length"), length)
        if self.status not in (204, 304):
            lines.append(b"Content-Length: " + length)
        return b"\r\n".join(lines) + b"\r\n\r\n" + (b"" if method == "HEAD" else self.body)


def throttled(call):
    """What each kind of service says when it is asked too often; S3 says it as 503."""
    if call.service == "s3":
        body = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
        return Answer(503, [(b"Content-Type", b"application/xml")], body)
    if call.header(b"content-type").startswith(b"application/x-www-form-urlencoded"):
        body = (b"<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error>"
                b"<RequestId>0</RequestId></ErrorResponse>")  # fmt: skip
        return Answer(400, [(b"Content-Type", b"text/xml")], body)
    if call.header(b"x-amz-target"):
        body = b'{"__type":"ThrottlingException","message":"Rate exceeded"}'
        return Answer(400, [(b"Content-Type", b"application/x-amz-json-1.1")], body)
    return Answer(429, [(b"Content-Type", b"application/json"), (b"x-amzn-ErrorType", b"TooManyRequestsException")],
                  b'{"message":"Rate exceeded"}')  # fmt: skip


def unavailable(call):
    return Answer(503, [(b"Content-Type", b"text/plain")], b"Service Unavailable")


class Faults:
    """How often something goes wrong; drawn from a seed, so that a run can be told by it."""

    def __init__(self, seed, throttling=0.0, unavailability=0.0, cuts=0.0):
        self._random = random.Random(seed)
        self._shares = (throttling, unavailability, cuts)
        self.count = {"throttled": 0, "unavailable": 0, "cut before": 0, "cut after": 0}

    def draw(self):
        left = self._random.random()
        for kind, share in zip(("throttled", "unavailable", "cut"), self._shares):
            left -= share
            if left < 0:
                if kind == "cut":
                    kind = self._random.choice(("cut before", "cut after"))
                self.count[kind] += 1
                return kind
        return None


class Trap:
    """Springs once, at the N-th request that counts, before or after moto has seen it.

    `then` is called with the Call, in the proxy's thread; what it answers tells whether the request goes on. With `holds`
    the request stays where it is until `release` is set.
    """

    def __init__(self, number, moment, then, counts=None, holds=False):
        self.number = number
        self.moment = moment
        self.then = then
        self.counts = counts or (lambda call: call.changes)
        self.seen = 0
        self.release = threading.Event()
        if not holds:
            self.release.set()

    def springs_at(self, call):
        if not self.counts(call):
            return False
        self.seen += 1
        return self.seen == self.number


class Proxy:
    """`delay` is the pair of shortest and longest time, in seconds, that each way takes."""

    def __init__(self, port, delay=(0.001, 0.004), seed=1):
        self._port = port
        self._delay = delay
        self._random = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._open = set()  # a task for each connection of a client
        self._idle = threading.Condition()
        self.calls = []  # every Call, in the order in which they came
        self.trap = None
        self.faults = None
        self.stand_in = None  # answers a Call in the place of moto, or with None
        self.amend = None  # changes an Answer to a Call
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        if not ready.wait(LIMIT):
            raise RuntimeError("the proxy did not start")

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def stop(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(LIMIT)

    def forget(self):
        self.calls, self.trap, self.faults, self.stand_in, self.amend = [], None, None, None, None

    def wait_until_idle(self):
        """Until moto has answered everything that it was asked: what the dead sent has taken its effect.

        Connections are taken in the order in which they came. When one of ours was taken, so were those of the dead;
        and each of theirs ends only after all that was sent on it has been answered.
        """
        with socket.create_connection(self._server.sockets[0].getsockname(), timeout=LIMIT) as last:
            last.shutdown(socket.SHUT_WR)
            last.recv(1)
        with self._idle:
            if not self._idle.wait_for(lambda: not self._open, LIMIT):
                raise RuntimeError("moto still works on a request")

    def _run(self, ready):
        asyncio.set_event_loop(self._loop)
        serving = asyncio.start_server(self._serve, "127.0.0.1", 0, limit=2**26, backlog=256)
        self._server = self._loop.run_until_complete(serving)
        ready.set()
        self._loop.run_forever()
        self._server.close()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.close()

    async def _serve(self, reader, writer):
        with self._idle:
            self._open.add(asyncio.current_task())  # nothing else holds on to it
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client has gone
        finally:
            writer.close()
            with self._idle:
                self._open.discard(asyncio.current_task())
                self._idle.notify_all()

    async def _one(self, reader, writer):
        """One request and its answer; whether another may follow on this connection."""
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head[:-4].split(b"\r\n")
        method, target, _ = first.decode("latin-1").split(" ", 2)
        headers = [tuple(part.strip() for part in line.split(b":", 1)) for line in lines]
        known = {name.lower(): value for name, value in headers}
        if known.get(b"expect", b"").lower() == b"100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await reader.readexactly(int(known.get(b"content-length", b"0")))
        call = Call(method, target, headers, body)
        self.calls.append(call)
        trap = self.trap
        springs = trap is not None and trap.springs_at(call)
        if springs and trap.moment == "before" and not await self._spring(trap, call):
            return False
        answer = await self._answer(call)
        if springs and trap.moment == "after" and not await self._spring(trap, call):
            return False
        if answer is None:
            writer.transport.abort()
            return False
        await asyncio.sleep(self._random.uniform(*self._delay))
        writer.write(answer.wire(method))
        await writer.drain()
        return True

    async def _spring(self, trap, call):
        goes_on = trap.then(call)
        if not trap.release.is_set():
            await self._loop.run_in_executor(None, trap.release.wait)
        return goes_on

    async def _answer(self, call):
        """What the client is told; None when its connection is cut."""
        await asyncio.sleep(self._random.uniform(*self._delay))
        fault = self.faults.draw() if self.faults else None
        if fault == "throttled":
            return throttled(call)
        if fault == "unavailable":
            return unavailable(call)
        if fault == "cut before":
            return None
        instead = self.stand_in(call) if self.stand_in else None
        answer = instead or await self._ask(call)
        if self.amend:
            self.amend(call, answer)
        if answer.status == 200 and call.makes_marked_bucket:
            await self._ask(call.tagging_of_bucket())
        return None if fault == "cut after" else answer

    async def _ask(self, call):
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**26)
        try:
            lines = [f"{call.method} {call.target} HTTP/1.1".encode("latin-1")]
            lines += [name + b": " + value for name, value in call.headers if name.lower() not in (b"connection", b"expect")]
            lines.append(b"Connection: close")
            writer.write(b"\r\n".join(lines) + b"\r\n\r\n" + call.body)
            await writer.drain()
            seen = await reader.read()
        finally:
            writer.close()
        head, _, body = seen.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        headers = [tuple(part.strip() for part in line.split(b":", 1)) for line in lines]
        if any(name.lower() == b"transfer-encoding" and value.lower() == b"chunked" for name, value in headers):
            body = _without_chunks(body)
        return Answer(int(first.split(b" ")[1]), headers, body)


def _without_chunks(body):
    whole = b""
    while True:
        size, _, rest = body.partition(b"\r\n")
        length = int(size.split(b";")[0], 16)
        if length == 0:
            return whole
        whole += rest[:length]
        body = rest[length + 2 :]
