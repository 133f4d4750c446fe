"""How long an editor waits for the commit: alone, in company, and while a crowd reads and asks."""

import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from multiprocessing import get_context

import psycopg

from .newsroom import free_port, running, serve, text
from .readers import Readers
from .streams import Publisher, publisher
from .table import Row

POSTS = 21
EDITORS = 8
SECONDS = 5
STREAMS = 10_000
PAGES = 2_000
"""Asked for a second."""


def editors(slug: str) -> Iterator[Row]:
    """Posts a second of eight editors on one coverage."""
    with ProcessPoolExecutor(EDITORS, mp_context=get_context("spawn")) as pool:
        posts = sum(pool.map(_post_for_a_while, [slug] * EDITORS))
    yield Row(f"{EDITORS} editors on one coverage", f"{posts / SECONDS:.0f} posts/s", "")


def _post_for_a_while(slug: str) -> int:
    import django

    django.setup()
    from articles.models import Coverage
    from articles.publishing import updates

    coverage, number, ends = Coverage.objects.get(slug=slug), 0, time.monotonic() + SECONDS
    while time.monotonic() < ends:
        updates.post(coverage, headline=f"Post {number}", body=text(number))
        number += 1
    return number


def latency(slug: str, readers: int) -> Iterator[Row]:
    """From the commit to the median reader, beyond what PostgreSQL's own notification takes."""
    port = free_port()
    with running(*serve(port, 1), port=port), publisher([slug]) as publish, _listener() as heard:
        many = Readers(port, f"/live/{slug}/stream?after=1", readers)
        many.open(b"event: changes")
        beyond = []
        for _ in range(POSTS):
            heard.clear()
            publish()
            beyond.append(statistics.median(many.receive()) - heard[0])
        many.close()
    figure = statistics.median(beyond) * 1000
    yield Row(f"to the median of {readers:,} readers, beyond a bare LISTEN", f"{figure:.1f} ms", f"{POSTS} posts")


@contextmanager
def _listener() -> Iterator[list[float]]:
    """When each notification came to a connection that does nothing but listen."""
    from liveblog.postgres import conninfo

    heard: list[float] = []
    listening = psycopg.connect(**conninfo(), autocommit=True)
    listening.execute("LISTEN liveblog")

    def listen() -> None:
        told = (notice for notice in listening.notifies(timeout=60) if not notice.payload.startswith("site"))
        heard.extend(time.monotonic() for _ in told)

    threading.Thread(target=listen, daemon=True).start()
    yield heard


def commits(slug: str) -> Iterator[Row]:
    """An editor's commit, quiet and while 10,000 streams are open and 2,000 pages a second are asked for."""
    port = free_port()
    with running(*serve(port, 2), port=port), publisher([slug]) as publish:
        quiet = statistics.median(_commits(publish))
        many = Readers(port, f"/live/{slug}/stream?after=1", STREAMS)
        many.open(b"event: changes")
        asking = subprocess.Popen([sys.executable, "-m", "bench.crowd", str(port), f"/live/{slug}/"])
        drain = threading.Thread(target=_drain, args=(many, stop := threading.Event()))
        drain.start()
        time.sleep(1)
        busy = statistics.median(_commits(publish))
        asking.kill()
        stop.set()
        drain.join()
        many.close()
    yield Row("an editor's commit, quiet", f"{quiet * 1000:.1f} ms", f"median of {POSTS}")
    beside = f"{busy / quiet:.1f} × quiet; median of {POSTS}"
    yield Row(f"with {STREAMS:,} streams and {PAGES:,} pages/s", f"{busy * 1000:.1f} ms", beside)


def _commits(publish: Publisher) -> list[float]:
    took = []
    for _ in range(POSTS):
        time.sleep(0.2)
        began, done = publish()
        took.append(done - began)
    return took


def _drain(many: Readers, stop: threading.Event) -> None:
    while not stop.is_set():
        many.drain(0.2)


def _ask(port: int, path: str) -> None:
    """Ask for the page PAGES times a second, until killed."""
    connection = HTTPConnection("127.0.0.1", port)
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: br\r\n\r\n".encode()
    connection.connect()
    began, asked, burst = time.monotonic(), 0, 20
    while True:
        connection.sock.sendall(request * burst)
        received = 0
        while received < burst:
            received += connection.sock.recv(1 << 20).count(b"HTTP/1.1 200")
        asked += burst
        time.sleep(max(0.0, began + asked / PAGES - time.monotonic()))


if __name__ == "__main__":
    _ask(int(sys.argv[1]), sys.argv[2])
