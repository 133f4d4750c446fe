"""What comes from memory goes straight to the connection: over it, byte for byte, HTTP must hold as anywhere else."""

import http.client
import re
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from django.conf import settings

from articles.models import Coverage, Update
from tests.browser.server import Server

pytestmark = pytest.mark.django_db(transaction=True)


class Connection:
    """An open connection to a server that has the page at `path` in its memory."""

    def __init__(self, port: int, path: str) -> None:
        self.port = port
        self.path = path
        self._opened = http.client.HTTPConnection("localhost", port, timeout=30)
        assert self.ask()[0] == 200

    def ask(self, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        self._opened.request(method, self.path, headers=sent)
        said = self._opened.getresponse()
        return said.status, {name.lower(): value for name, value in said.getheaders()}, said.read()

    def head(self, path: str, *lines: str, version: str = "1.1") -> bytes:
        return "\r\n".join([f"GET {path} HTTP/{version}", "Host: localhost", *lines, "", ""]).encode()


@pytest.fixture
def reader(port: int, live: Coverage, post: Callable[..., Update]) -> Connection:
    post(body="<p>" + "word " * 500 + "</p>")
    return Connection(port, live.get_absolute_url())


def exchanged(port: int, *parts: bytes) -> bytes:
    """What the server says to these bytes, sent one after the other, until it closes."""
    with socket.create_connection(("localhost", port), timeout=60) as plain:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in parts:
            plain.sendall(part)
        return b"".join(iter(lambda: plain.recv(1 << 16), b""))


def test_the_same_answer_on_one_connection(reader: Connection) -> None:
    status, headers, body = reader.ask()
    assert (status, int(headers["content-length"])) == (200, len(body))
    assert headers["date"].endswith("GMT")
    assert reader.ask()[2] == body
    status, _, nothing = reader.ask(if_none_match=headers["etag"])
    assert (status, nothing) == (304, b"")
    status, head, nothing = reader.ask("HEAD")
    assert (status, nothing, head["content-length"]) == (200, b"", headers["content-length"])
    assert reader.ask(host="evil.example")[0] == 400
    assert reader.ask("POST")[0] == 405, "what is in memory answers who reads, and nobody else"
    status, headers, _ = reader.ask(connection="close")
    assert (status, headers["connection"]) == (200, "close")


def test_many_requests_at_once_are_answered_in_order(reader: Connection) -> None:
    """Also those that wait for one that must be made; but not as many as somebody likes: each takes memory."""
    paths = [f"{reader.path[:-1]}.json", *[reader.path, "/live/nothing/"] * 49]
    said = exchanged(reader.port, b"".join(map(reader.head, paths)) + reader.head("/", "Connection: close"))
    statuses = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+) ", said)]
    assert statuses == [200, *[200, 404] * 49, 200]
    at_once = reader.head("/live/not-made-yet/") * 150
    with suppress(ConnectionResetError):
        said = exchanged(reader.port, at_once)
        assert said.count(b"HTTP/1.1 ") < 150
        assert b"HTTP/1.1 400 " in said


def test_a_request_in_pieces_and_an_old_one(reader: Connection) -> None:
    old = reader.head(reader.path, version="1.0")
    said = exchanged(reader.port, *(bytes([byte]) for byte in old))
    assert said.startswith(b"HTTP/1.1 200 ")
    assert said.endswith(b"</html>")


def test_a_head_without_end_is_refused(reader: Connection) -> None:
    said = exchanged(reader.port, reader.head(reader.path, "X: " + "x" * 70_000))
    assert said.startswith(b"HTTP/1.1 400 ")
    assert b"65536 bytes" in said
    assert reader.ask()[0] == 200


NOT_HTTP = {
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "a length and chunks": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nGETX",
    "a signed length": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: +4\r\n\r\nGETX",
    "chunks not last": b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "a space before the colon": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length : 4\r\n\r\nGETX",
    "a chunk of no size": b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n\r\n",
}


@pytest.mark.parametrize("sent", NOT_HTTP.values(), ids=NOT_HTTP.keys())
def test_what_two_servers_could_read_in_two_ways_is_refused(port: int, sent: bytes) -> None:
    """So nothing can be smuggled past a proxy; and what is said of it is said with all headers."""
    # In one piece: the second would otherwise meet a connection that is closed, and its reset take the answer away.
    said = exchanged(port, sent + b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n")
    head = said.partition(b"\r\n\r\n")[0].decode().lower()
    assert re.findall(rb"HTTP/1\.1 (\d+) ", said)[-1] == b"400", said
    assert said.count(b"HTTP/1.1 ") == 1, "what follows is not looked at"
    assert [name for name in settings.SAFE_HEADERS if f"\r\n{name.lower()}: " not in head] == []
    assert "\r\ncontent-security-policy: default-src 'none'\r\n" in head


@pytest.fixture
def impatient(database_url: str, data: Path) -> Iterator[Server]:
    """A server that waits a second, not twenty, for the head of a request."""
    server = Server(database_url, data)
    quicker = "from articles.management import connection, server; connection.HEAD_SECONDS = 1; server.TICKS = 1"
    server.start(sys.executable, "-c", f"import manage; {quicker}; manage.main()")
    yield server
    server.stop()


def test_who_says_nothing_is_let_go(impatient: Server, live: Coverage, post: Callable[..., Update]) -> None:
    """A thousand connections that send a byte now and then keep nobody else out, and not their places."""
    post()
    slow = [socket.create_connection(("localhost", impatient.port), timeout=30) for _ in range(1000)]
    for one in slow[:500]:
        one.sendall(b"GET / HT")
    idle = Connection(impatient.port, live.get_absolute_url())
    for one in slow:
        with one, suppress(ConnectionResetError):
            assert one.recv(1) == b""
    assert idle.ask()[0] == 200


def test_a_body_that_does_not_come_is_not_waited_for(impatient: Server) -> None:
    """Here a look is a tenth of a second; who sends on, however slowly for a moment, is heard to the end."""
    head = b"POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("localhost", impatient.port), timeout=10) as slow, suppress(ConnectionError):
        slow.sendall(head % 100_000)
        slow.settimeout(0.2)
        began = time.monotonic()
        answer = None
        while answer is None and time.monotonic() - began < 10:
            slow.sendall(b"x")
            with suppress(TimeoutError):
                answer = slow.recv(1)
        assert answer == b""
    assert time.monotonic() - began < 5
    with socket.create_connection(("localhost", impatient.port), timeout=10) as steady:
        steady.sendall(head % 200_000)
        for _ in range(20):
            steady.sendall(bytes(10_000))
            time.sleep(0.08)
        assert steady.recv(1 << 16).startswith(b"HTTP/1.1 40")


def test_a_body_that_comes_with_its_head_is_not_taken_for_it(port: int, live: Coverage) -> None:
    """An upload over a fast network was cut off: its first piece held more than a head may."""
    body = b"x" * 200_000
    head = f"POST /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r"
    for parts in ([f"{head}\n".encode() + body], [head.encode(), b"\n" + body]):
        assert exchanged(port, *parts).split()[1] not in {b"400", b"431"}
