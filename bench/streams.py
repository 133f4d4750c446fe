"""One update to many open streams: when readers have it, and what a reader costs, beside nchan and django-eventstream.

All servers hold their readers at the same time, and publish in turns. Each server, and each crowd of readers, is a
process of its own, with as many open files as a process may have.
"""

import importlib.util
import json
import resource
import statistics
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from .newsroom import PROJECT, free_port, memory, processor_seconds, running, serve, uvicorn
from .readers import Readers
from .table import Row

ROUNDS = 7
MODULE = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
NCHAN = """daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
worker_rlimit_nofile 20000; load_module {module};
events {{ worker_connections 19000; }}
http {{ access_log off; nchan_shared_memory_size 128M; server {{ listen 127.0.0.1:{port} backlog=4096;
location = /publish {{ nchan_publisher; nchan_channel_id day; nchan_message_buffer_length 1; }}
location = /stream {{ nchan_subscriber eventsource; nchan_channel_id day; nchan_subscriber_first_message newest;
  nchan_eventsource_ping_interval 15; }} }} }}
"""
TIMES = (("first", 0.0), ("median", 0.5), ("99 %", 0.99), ("last", 1.0))


class Server(NamedTuple):
    pid: int
    port: int
    path: str
    """Of its stream."""
    until: bytes
    """What a reader has received once its stream is open."""
    target: list[str]
    """What bench.publisher is told, to publish there."""


@dataclass
class Measured:
    """What one server did, a list entry a round."""

    times: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name, _ in TIMES})
    work: list[float] = field(default_factory=list)
    """Seconds of processor time for each 10,000 deliveries."""
    memory: list[float] = field(default_factory=list)
    """Bytes a reader."""
    connects: list[float] = field(default_factory=list)
    """A second."""


def measure(slug: str, readers: int, data: Path) -> Iterator[Row]:
    """Rows for that many readers; what is missing on this machine is left out with a word."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    what = f"{readers:,} streams"
    if readers + 500 > hard:
        yield Row(what, "", f"skipped: this machine allows {hard:,} open files a process")
        return
    servers, missing = {"": _ours(slug, data)}, []
    for name, is_there, server in (
        ("nchan", MODULE.exists(), _nchan),
        ("django-eventstream", importlib.util.find_spec("django_eventstream"), _eventstream),
    ):
        if is_there:
            servers[name] = server(data)
        else:
            missing.append(f"{name} skipped: not installed")
    seen = _interleaved(servers, readers)

    def row(part: str, of: Callable[[Measured], list[float]], scale: float, unit: str) -> Row:
        figures = {name: statistics.median(of(measured)) * scale for name, measured in seen.items()}
        ours = figures.pop("")
        beside = [
            f"{ours / figure:.2f} × {name} ({figure:,.1f} {unit})" if figure else f"{name}: too little to measure"
            for name, figure in figures.items()
        ]
        return Row(f"{what}: {part}", f"{ours:,.1f} {unit}", "; ".join(beside + missing))

    for name, _ in TIMES:
        yield row(f"{name} receipt after the commit", lambda one, name=name: one.times[name], 1000, "ms")  # type: ignore[misc]
    yield row("processor time for 10,000 deliveries", lambda one: one.work, 1000, "ms")
    yield row("memory a reader", lambda one: one.memory, 1 / 1024, "KB")
    yield row("connects", lambda one: one.connects, 1, "a second")


def _interleaved(servers: dict[str, AbstractContextManager[Server]], readers: int) -> dict[str, Measured]:
    seen = {name: Measured() for name in servers}
    with ExitStack() as stack:
        rounds = []
        for name, opened in servers.items():
            server = stack.enter_context(opened)
            publish = stack.enter_context(publisher(server.target))
            empty = memory(server.pid)
            crowd = stack.enter_context(_crowd(server, readers))
            seen[name].memory.append((memory(server.pid) - empty) / readers)
            seen[name].connects.append(readers / crowd.opened)
            rounds.append((server, publish, crowd, seen[name]))
        for _ in range(ROUNDS):
            for one in rounds:
                _round(*one, readers)
    return seen


def _round(server: Server, publish: "Publisher", crowd: "Crowd", measured: Measured, readers: int) -> None:
    before = processor_seconds(server.pid)
    crowd.begin()
    told = publish.begin()
    got = sorted(crowd.received())
    _, committed = told()
    measured.work.append((processor_seconds(server.pid) - before) * 10_000 / readers)
    for name, part in TIMES:
        measured.times[name].append(got[min(int(len(got) * part), len(got) - 1)] - committed)


# ── Servers ─────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _ours(slug: str, data: Path) -> Iterator[Server]:
    """With what the others shall send, a delta of one post, in the file `event`."""
    port = free_port()
    with running(*serve(port, 1), port=port) as process:
        address = f"http://127.0.0.1:{port}/live/{slug}"
        version = json.load(urllib.request.urlopen(f"{address}.json"))["version"]
        (data / "event").write_bytes(urllib.request.urlopen(f"{address}/changes?after={version - 1}").read())
        yield Server(process.pid, port, f"/live/{slug}/stream?after={version}", b"event: heartbeat", [slug])


@contextmanager
def _nchan(data: Path) -> Iterator[Server]:
    port = free_port()
    (data / "nchan.conf").write_text(NCHAN.format(folder=data, port=port, module=MODULE))
    data.chmod(0o755)
    with running("nginx", "-c", str(data / "nchan.conf"), "-p", str(data), port=port, path="/publish") as process:
        yield Server(process.pid, port, "/stream", b"\r\n\r\n", ["http", str(port), str(data / "event")])


@contextmanager
def _eventstream(data: Path) -> Iterator[Server]:
    port = free_port()
    with running(*uvicorn("bench.eventstream:application", port, 1), port=port) as process:
        yield Server(process.pid, port, "/stream", b"stream-open", ["http", str(port), str(data / "event")])


# ── Those who publish and those who read ────────────────────────────────────────────────────────────────


class Publisher:
    """A process that publishes when it is told to; see bench.publisher."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def begin(self) -> Callable[[], tuple[float, float]]:
        """Publish; the result waits for it, as `__call__` does."""
        assert self._process.stdin
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._told

    def __call__(self) -> tuple[float, float]:
        """Publish, and say by time.monotonic when that began and when it was committed."""
        return self.begin()()

    def _told(self) -> tuple[float, float]:
        assert self._process.stdout
        began, committed = map(float, self._process.stdout.readline().split())
        return began, committed


@contextmanager
def publisher(target: list[str]) -> Iterator[Publisher]:
    command = [sys.executable, "-m", "bench.publisher", *target]
    with subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.readline()
        yield Publisher(process)
        process.kill()


class Crowd:
    """A process of readers; see bench.readers."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.opened: float = pipe.recv()
        """Seconds that it took to open them all."""

    def begin(self) -> None:
        """Have them wait for the next event."""
        self._pipe.send(True)
        self._pipe.recv()

    def received(self) -> list[float]:
        """As Readers.receive."""
        got: list[float] = self._pipe.recv()
        return got


@contextmanager
def _crowd(server: Server, number: int) -> Iterator[Crowd]:
    spawning = get_context("spawn")
    here, there = spawning.Pipe()
    process = spawning.Process(target=_read, args=(there, server.port, server.path, number, server.until))
    process.start()
    there.close()  # so that its end is heard of here
    yield Crowd(here)
    process.kill()
    process.join()


def _read(pipe: Connection, port: int, path: str, number: int, until: bytes) -> None:
    many = Readers(port, path, number)
    many.open(until)
    pipe.send(many.opened)
    while pipe.recv():
        pipe.send(True)
        pipe.send(many.receive())
