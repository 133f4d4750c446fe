"""Readers by the hundred, and what breaks beneath them: all must be right again within five seconds."""

import http.client
import os
import re
import signal
import socket
import struct
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from articles.models import Coverage, Update
from articles.public.responses import CACHE_LIVE
from articles.publishing import updates
from bench.newsroom import memory
from bench.readers import Readers
from tests.browser.server import Server
from tests.browser.waiting import until

from .streams import EventStream

type Post = Callable[..., Update]
pytestmark = pytest.mark.django_db(transaction=True)
HEALED = 5
"""Seconds."""


def version(coverage: Coverage) -> int:
    return Coverage.objects.values_list("version", flat=True).get(pk=coverage.pk)


def stream_path(coverage: Coverage, after: int | None = None) -> str:
    return f"/live/{coverage.slug}/stream?after={version(coverage) if after is None else after}"


@pytest.fixture
def crowd(port: int, live: Coverage) -> Iterator[Callable[[int], Readers]]:
    opened: list[Readers] = []

    def joined(number: int, at: int = port) -> Readers:
        readers = Readers(at, stream_path(live), number)
        readers.open(b"event: heartbeat")
        opened.append(readers)
        return readers

    yield joined
    for readers in opened:
        readers.close()


def test_who_reads_nothing_among_a_thousand(crowd: Callable[[int], Readers], port: int, live: Coverage) -> None:
    """Nobody else notices, and what it costs is bounded."""
    many = crowd(1000)
    pid = server_of(port)
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("localhost", port))
        slow.sendall(f"GET {stream_path(live)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        before = memory(pid)
        for number in range(12):
            updates.post(live, headline=f"Post {number}", body=f"<p>{'word ' * 8000}</p>")
            many.receive()  # each exactly once
        assert memory(pid) - before < 20 * 2**20


def server_of(port: int) -> int:
    """The process that listens there."""
    address = f"0100007F:{port:04X}"
    inodes = {line.split()[9] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if f" {address} " in line}
    for folder in Path("/proc").glob("[0-9]*/fd"):
        try:
            links = {str(link.readlink()) for link in folder.iterdir()}
        except OSError:
            continue
        if any(f"socket:[{inode}]" in links for inode in inodes):
            return int(folder.parent.name)
    raise AssertionError("nobody listens there")


def test_a_reader_drops_at_every_byte_of_an_event(port: int, live: Coverage, post: Post) -> None:
    began = version(live)
    post(headline="Hello", body="<p>Words.</p>")
    request = f"GET {stream_path(live, began)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    (whole,) = _read(port, request, 10**6)
    for end in range(0, len(whole), 300):
        _read(port, request, *range(end, min(end + 300, len(whole))))
    (again,) = _read(port, request, 10**6)
    assert _event(again) == _event(whole)
    with EventStream(port, stream_path(live)) as reader:
        reader.next()
        update = post(headline="After")
        assert [one["id"] for one in reader.changes()["updates"]] == [update.pk]


def _read(port: int, request: bytes, *most: int) -> list[bytes]:
    """What readers at the same time have read when they leave: so many bytes each, or the whole event."""
    readers = [socket.create_connection(("localhost", port), timeout=20) for _ in most]
    said = []
    for reader in readers:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # leave with a reset
        reader.sendall(request)
    for reader, end in zip(readers, most, strict=True):
        with reader:
            got = b""
            while len(got) < end and not got.endswith(b"\n\n\r\n"):
                got += reader.recv(min(65536, end - len(got)))
            said.append(got)
    return said


def _event(said: bytes) -> bytes:
    return said[said.index(b"event: changes") :]


def test_the_listening_connection_goes_deaf(crowd: Callable[[int], Readers], live: Coverage, post: Post) -> None:
    """Silent, not closed: as when a firewall forgets it."""
    many = crowd(200)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND query LIKE 'SELECT id, version FROM articles_coverage%'"
        )
        listening = [pid for (pid,) in cursor.fetchall()]
    assert listening
    for pid in listening:
        os.kill(pid, signal.SIGSTOP)
    try:
        committed = post() and time.monotonic()
        assert max(many.receive()) - committed < HEALED
    finally:
        for pid in listening:
            os.kill(pid, signal.SIGCONT)


@pytest.fixture
def cut_off(database_url: str, data: Path, tmp_path: Path) -> Iterator[tuple[Server, Callable[[], None]]]:
    """A server, and what takes the database away from it alone."""
    address = conninfo_to_dict(database_url)
    way = tmp_path / f".s.PGSQL.{address.get('port', 5432)}"
    way.symlink_to(Path(str(address["host"])) / way.name)
    server = Server(make_conninfo(database_url, host=str(tmp_path), application_name=tmp_path.name), data)

    def cut() -> None:
        way.unlink()
        with connection.cursor() as cursor:
            ours = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s"
            cursor.execute(ours, [tmp_path.name])

    server.start()
    yield server, cut
    server.stop()


def test_the_database_goes_right_after_it_announced_a_version(
    cut_off: tuple[Server, Callable[[], None]], live: Coverage, post: Post
) -> None:
    """What is in memory is served, though something newer is known of; and streams are taken."""
    server, cut = cut_off
    path = f"/live/{live.slug}/"

    def page() -> tuple[int, str, bool]:
        with urllib.request.urlopen(f"http://localhost:{server.port}{path}", timeout=20) as answer:
            return answer.status, answer.headers["Cache-Control"], b"Before the fall" in answer.read()

    before = post(headline="Before the fall")
    assert page()[2]
    with EventStream(server.port, stream_path(live, before.version)) as reader:
        reader.until(post(headline="Announced").version)
    cut()
    began = time.monotonic()
    assert page() == (200, CACHE_LIVE, True)
    with EventStream(server.port, stream_path(live, before.version)) as late:
        assert late.status == 200
    assert time.monotonic() - began < HEALED
    began = time.monotonic()
    assert page()[0] == 200
    assert time.monotonic() - began < 1, "it is not waited for again and again"


@pytest.fixture(scope="module")
def two_workers(database_url: str, data: Path) -> Iterator[Server]:
    server = Server(database_url, data, workers=2)
    server.start()
    yield server
    server.stop()


def test_a_worker_is_killed_with_its_readers(
    crowd: Callable[[int, int], Readers], two_workers: Server, live: Coverage, post: Post
) -> None:
    """Those whose connection is gone come back with the version that they have; the others notice nothing."""
    many = crowd(1000, two_workers.port)
    assert two_workers.process
    children = Path(f"/proc/{two_workers.process.pid}/task/{two_workers.process.pid}/children").read_text().split()
    workers = [int(pid) for pid in children if "spawn_main" in Path(f"/proc/{pid}/cmdline").read_text()]
    os.kill(workers[0], signal.SIGKILL)
    lost = many.lost(2)
    assert 0 < lost < many.number, "each worker had some"
    began = time.monotonic()
    back = crowd(lost, two_workers.port)
    post()
    assert max([*many.receive(), *back.receive()]) - began < HEALED


def test_one_worker_hears_before_the_other(two_workers: Server, live: Coverage, post: Post) -> None:
    """A reader who has the newest version from one may ask the other, which does not know it yet: nothing is reset."""
    for _ in range(20):
        update = post()
        for _ in range(4):
            asked = http.client.HTTPConnection("localhost", two_workers.port, timeout=20)
            asked.request("GET", f"/live/{live.slug}/changes?after={update.version}")
            said = asked.getresponse().read().decode()
            assert '"reset":false' in said
            assert re.search(r'"version":(\d+)', said)[1] == str(update.version)  # type: ignore[index]
            asked.close()


def connect_and_leave(port: int, live: Coverage, times: int, most: int) -> None:
    pid = server_of(port)
    files = Path(f"/proc/{pid}/fd")
    path = stream_path(live)

    def round_of(number: int) -> None:
        for _ in range(number // 500):
            readers = Readers(port, path, 500)
            readers.open(b"event: heartbeat")
            readers.close()

    round_of(1000)
    before = memory(pid), len(list(files.iterdir()))
    round_of(times)
    until(lambda: len(list(files.iterdir())) <= before[1])
    assert memory(pid) - before[0] < most


def test_connections_that_are_closed_leave_nothing(port: int, live: Coverage) -> None:
    connect_and_leave(port, live, 3000, 3 * 2**20)


@pytest.mark.soak
def test_twenty_thousand_connections_leave_nothing(port: int, live: Coverage) -> None:
    connect_and_leave(port, live, 20_000, 3 * 2**20)
