"""What Prometheus is told, by all processes of this machine together: each writes its numbers where all can read them.

`PROMETHEUS_MULTIPROC_DIR` names that folder; `serve` with several workers makes it anew at each start.
"""

import os
import shutil
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import REGISTRY

TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10)

readers = Gauge("liveblog_readers", "Open streams, by coverage.", ["coverage"], multiprocess_mode="livesum")
handed = Histogram(
    "liveblog_handed_seconds",
    "From the version that a post took, by the database's clock, to its delta being written to every open stream.",
    buckets=_SECONDS,
)
deltas = Counter(
    "liveblog_deltas_total", "Deltas, by how they were asked for: stream (each connection) or poll.", ["by"]
)
memory = Counter("liveblog_front_total", "Hot addresses: answered from memory (hit), or made (miss).", ["memory"])
listener = Gauge(
    "liveblog_listener_silence_seconds",
    "Seconds since the database last confirmed the versions, in the process where that is longest.",
    multiprocess_mode="livemax",
)
errors = Counter("liveblog_errors_total", "Requests that ended in an error of ours (5xx).")


class Tally:
    """What is counted too often to be written down each time: `flush` does it, every few seconds."""

    def __init__(self) -> None:
        self.hits = self.misses = self.streamed = self.asked = 0

    def flush(self) -> None:
        memory.labels("hit").inc(self.hits)
        memory.labels("miss").inc(self.misses)
        deltas.labels("stream").inc(self.streamed)
        deltas.labels("poll").inc(self.asked)
        self.hits = self.misses = self.streamed = self.asked = 0


tally = Tally()


def report() -> bytes:
    """The numbers of all processes, as Prometheus reads them."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    _bury(Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]))
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def _bury(folder: Path) -> None:
    """Readers of a worker that was killed are not connected any more."""
    for pid in {int(path.stem.rpartition("_")[2]) for path in folder.glob("gauge_live*_*.db")}:
        if not Path("/proc", str(pid)).exists():
            mark_process_dead(pid)  # type: ignore[no-untyped-call]


def use_folder(parent: Path) -> None:
    """Have the processes that this one starts write in a folder of it; one that serves alone needs none."""
    for old in parent.glob("[0-9]*"):
        if not Path("/proc", old.name).exists():
            shutil.rmtree(old, ignore_errors=True)
    own = parent / str(os.getpid())
    own.mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(own)
