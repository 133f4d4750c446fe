"""One update to many open streams: when readers have it, and what a reader costs, beside nchan."""

import resource
import statistics
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .newsroom import PROJECT, free_port, memory, processor_seconds, running, serve
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
    ours = _measure_ours(slug, readers, data)
    theirs = _measure_nchan(readers, data) if MODULE.exists() else None
    for name, _ in TIMES:
        times = ours.times[name], theirs.times[name] if theirs else []
        yield _row(f"{what}: {name} receipt after the commit", *times, 1000, "ms")
    yield _row(f"{what}: processor time for 10,000 deliveries", ours.work, theirs.work if theirs else [], 1000, "ms")
    yield _row(f"{what}: memory a reader", ours.memory, theirs.memory if theirs else [], 1 / 1024, "KB")
    yield _row(f"{what}: connects", ours.connects, theirs.connects if theirs else [], 1, "a second")


def _row(what: str, ours: list[float], theirs: list[float], scale: float, unit: str) -> Row:
    figure = statistics.median(ours) * scale
    beside = "nchan skipped: not installed (apt-get install libnginx-mod-nchan)"
    if theirs:
        other = statistics.median(theirs) * scale
        beside = f"{figure / other:.2f} × nchan ({other:,.1f} {unit})"
    return Row(what, f"{figure:,.1f} {unit}", beside)


def _measure_ours(slug: str, readers: int, data: Path) -> Measured:
    port = free_port()
    with running(*serve(port, 1), port=port) as server:
        version = urllib.request.urlopen(f"http://127.0.0.1:{port}/live/{slug}.json").headers["ETag"].split("-")[1][:-1]
        many = Readers(port, f"/live/{slug}/stream?after={version}", readers)
        measured = _measure(server.pid, many, b"event: heartbeat", [slug])
        address = f"http://127.0.0.1:{port}/live/{slug}/changes?after={version}"
        (data / "event").write_bytes(urllib.request.urlopen(address).read().replace(b"\n", b""))
    return measured


def _measure_nchan(readers: int, data: Path) -> Measured:
    port = free_port()
    (data / "nchan.conf").write_text(NCHAN.format(folder=data, port=port, module=MODULE))
    data.chmod(0o755)
    with running("nginx", "-c", str(data / "nchan.conf"), "-p", str(data), port=port, path="/publish") as server:
        many = Readers(port, "/stream", readers)
        return _measure(server.pid, many, b"\r\n\r\n", ["nchan", str(port), str(data / "event")])


def _measure(pid: int, many: Readers, until: bytes, target: list[str]) -> Measured:
    measured = Measured()
    with publisher(target) as publish:
        empty = memory(pid)
        many.open(until)
        measured.memory.append((memory(pid) - empty) / many.number)
        measured.connects.append(many.number / many.opened)
        for _ in range(ROUNDS):
            before = processor_seconds(pid)
            told = publish.begin()
            got = sorted(many.receive())
            _, committed = told()
            measured.work.append((processor_seconds(pid) - before) * 10_000 / many.number)
            for name, part in TIMES:
                measured.times[name].append(got[min(int(len(got) * part), len(got) - 1)] - committed)
        many.close()
    return measured


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
