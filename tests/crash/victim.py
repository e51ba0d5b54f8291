"""A stack whose AWS is moto behind the slow proxy, and whose firn is killed at exact moments."""

import os
import pathlib
import signal
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
for folder in ("stacks", "conformance"):
    sys.path.insert(0, str(HERE.parent / folder))

import places  # noqa: E402
from proxy import Proxy, Trap  # noqa: E402

LIMIT = 300  # seconds after which something that hangs is given up; never decides a result


class Ended:
    """How a run of firn ended and what it said."""

    def __init__(self, words, code, out, err, at=None):
        self.words = words
        self.returncode = code
        self.stdout = out
        self.stderr = err
        self.at = at  # the Call at which it was struck; None when it ended before that

    def __str__(self):
        lines = [*self.stdout.splitlines()[-25:], *self.stderr.splitlines()[-25:]]
        struck = f", struck at {self.at}" if self.at else ""
        return "\n".join([f"firn {' '.join(self.words)} ended with {self.returncode}{struck}", *lines])


class Victim(places.Moto):
    """`kept` is what outlives a place: the moto_server and the proxy in front of it."""

    def __init__(self, changes, kept):
        super().__init__(changes, kept.moto)
        self.proxy = kept.proxy
        self.clients = kept.clients
        self.process = None

    def prepare(self):
        super().prepare()
        self.proxy.forget()
        text = self.environment.read_text(encoding="utf-8")
        self.environment.write_text(text.replace(self.server.url, self.proxy.url), encoding="utf-8")

    def client(self, service, region=None):
        """boto3 takes long to make one."""
        key = (service, region or self.looked_at or self.region)
        if key not in self.clients:
            self.clients[key] = self.server.client(*key)
        return self.clients[key]

    def start(self, command, *flags, **options):
        """Starts firn; `finish` waits for it."""
        words = [command, self.stack, *self.flags(), *flags]
        # Everything that firn starts holds this pipe, too: at its end nothing of that run is left.
        reading, self._writing = os.pipe()
        self._left = os.fdopen(reading, "rb")
        self.runs += 1
        self.process = subprocess.Popen(
            [places.FIRN, *words],
            cwd=self.folder,
            env=self.surroundings(),
            pass_fds=[self._writing],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            **{"stdin": subprocess.DEVNULL, **options},
        )
        os.close(self._writing)
        self._words = words
        return self.process

    def finish(self, at=None):
        try:
            out, err = self.process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out, err = self.process.communicate()
            raise RuntimeError(f"firn {' '.join(self._words)} hangs\n{out[-2000:]}\n{err[-2000:]}") from None
        with self._left:
            self._left.read()
        self.proxy.wait_until_idle()
        return Ended(self._words, self.process.returncode, out, err, at)

    def killed(self, number, moment, command, *flags):
        """kill -9 at the N-th request that changes something; without so many, firn simply ends."""
        struck = []

        def kill(call):
            struck.append(call)
            os.kill(self.process.pid, signal.SIGKILL)
            return False  # nobody is there to be answered

        self.proxy.trap = Trap(number, moment, kill)
        self.start(command, *flags)
        ended = self.finish()
        self.proxy.trap = None
        ended.at = struck[0] if struck else None
        if struck and ended.returncode != -signal.SIGKILL:
            raise RuntimeError(f"it was killed, and did not die of it\n{ended}")
        return ended

    def counted(self, command, *flags):
        """A run without a kill, and how many of its requests changed something."""
        self.proxy.calls.clear()
        self.start(command, *flags)
        ended = self.finish()
        return ended, sum(call.changes for call in self.proxy.calls)


class Kept:
    """A moto_server and a proxy before it, emptied for each life."""

    def __init__(self, delay=(0.001, 0.004), seed=1):
        import support

        self.moto = support.Moto()
        self.proxy = Proxy(self.moto.port, delay, seed)
        self.clients = {}

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.proxy.stop()
        self.moto.stop()
