"""What comes from memory goes straight to the connection: over it, byte for byte, HTTP must hold as anywhere else."""

import http.client
import re
import socket
from collections.abc import Callable

import pytest

from articles.models import Coverage, Update

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/live/the-day/"


@pytest.fixture
def connection(port: int, live: Coverage, post: Callable[..., Update]) -> http.client.HTTPConnection:
    """An open connection to a server that has the page in its memory."""
    post(body="<p>" + "word " * 500 + "</p>")
    opened = http.client.HTTPConnection("localhost", port, timeout=30)
    assert answer(opened)[0] == 200
    return opened


def answer(
    opened: http.client.HTTPConnection, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    opened.request(method, PAGE, headers={name.replace("_", "-"): value for name, value in headers.items()})
    said = opened.getresponse()
    return said.status, {name.lower(): value for name, value in said.getheaders()}, said.read()


def test_the_same_answer_on_one_connection(connection: http.client.HTTPConnection) -> None:
    status, headers, body = answer(connection)
    assert (status, int(headers["content-length"])) == (200, len(body))
    assert headers["date"].endswith("GMT")
    assert answer(connection)[2] == body
    status, _, nothing = answer(connection, if_none_match=headers["etag"])
    assert (status, nothing) == (304, b"")
    status, head, nothing = answer(connection, "HEAD")
    assert (status, nothing, head["content-length"]) == (200, b"", headers["content-length"])
    assert answer(connection, host="evil.example")[0] == 400
    assert answer(connection, "POST")[0] == 405
    status, headers, _ = answer(connection, connection="close")
    assert (status, headers["connection"]) == (200, "close")


def test_many_requests_at_once_are_answered_in_order(connection: http.client.HTTPConnection, port: int) -> None:
    """Also those that wait for one that must be made: a thousand, each within the other, would go too deep."""
    wanted = ["/live/the-day.json", *[PAGE, "/live/nothing/"] * 500]
    requests = b"".join(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() for path in wanted)
    with socket.create_connection(("localhost", port), timeout=60) as plain:
        plain.sendall(requests + b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        said = b"".join(iter(lambda: plain.recv(1 << 16), b""))
    statuses = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+) ", said)]
    assert statuses == [200, *[200, 404] * 500, 200]


def test_a_request_in_pieces_and_an_old_one(connection: http.client.HTTPConnection, port: int) -> None:
    with socket.create_connection(("localhost", port), timeout=30) as plain:
        for byte in b"GET /live/the-day/ HTTP/1.0\r\nHost: localhost\r\n\r\n":
            plain.sendall(bytes([byte]))
        said = b"".join(iter(lambda: plain.recv(1 << 16), b""))
    assert said.startswith(b"HTTP/1.1 200 ")
    assert said.endswith(b"</html>")
