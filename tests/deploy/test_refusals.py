"""What nginx says itself, before an application that is not there: readable, and with the headers of every answer."""

import re
import socket
from collections.abc import Iterator
from email.parser import BytesParser
from pathlib import Path

import pytest
from django.conf import settings

from tests.browser.server import free_port

from .nginx import TRUSTING, Nginx, program

HSTS = "max-age=31536000; includeSubDomains; preload"
HOST = "Host: localhost"


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Iterator[Nginx]:
    if not program():
        pytest.skip("nginx is not installed (apt-get install nginx-light).")
    alone = Nginx(tmp_path_factory.mktemp("alone"), data)
    alone.configure(free_port())
    alone.start()
    yield alone
    alone.stop()


def said(port: int, sent: str, *, tls: bool = True) -> tuple[int, "dict[str, list[str]]", str]:
    """Status, headers by their names in small letters, and the body."""
    with socket.create_connection(("localhost", port), timeout=20) as plain:
        connection = TRUSTING.wrap_socket(plain, server_hostname="localhost") if tls else plain
        connection.sendall(sent.replace("\n", "\r\n").encode())
        answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    status, _, lines = head.partition(b"\r\n")
    headers: dict[str, list[str]] = {}
    for name, value in BytesParser().parsebytes(lines + b"\r\n\r\n").items():
        headers.setdefault(name.lower(), []).append(value)
    return int(status.split()[1]), headers, body.decode()


CASES = [
    (400, "GET / HTTP/1.1\n\n"),
    (400, f"GET / HTTP/1.1\n{HOST}\nContent-Length: 3\nTransfer-Encoding: chunked\nConnection: close\n\n0\n\n"),
    (400, f"GET / HTTP/1.1\n{HOST}\nX: {'x' * 10_000}\nConnection: close\n\n"),
    (404, f"GET /metrics HTTP/1.1\n{HOST}\nConnection: close\n\n"),
    (404, f"GET /static/none.css HTTP/1.1\n{HOST}\nConnection: close\n\n"),
    (404, f"GET /nginx/refused.html HTTP/1.1\n{HOST}\nConnection: close\n\n"),
    (413, f"POST /admin/ HTTP/1.1\n{HOST}\nContent-Length: 999999999\nConnection: close\n\n"),
    (414, f"GET /{'x' * 10_000} HTTP/1.1\n{HOST}\nConnection: close\n\n"),
    (421, "GET / HTTP/1.1\nHost: evil.example\nConnection: close\n\n"),
    (502, f"GET / HTTP/1.1\n{HOST}\nConnection: close\n\n"),
    (502, f"POST /admin/login/ HTTP/1.1\n{HOST}\nContent-Length: 0\nConnection: close\n\n"),
    (502, f"GET /live/the-day/stream HTTP/1.1\n{HOST}\nConnection: close\n\n"),
    (502, f"GET /media/none.jpg HTTP/1.1\n{HOST}\nConnection: close\n\n"),
]


@pytest.mark.parametrize(("status", "sent"), CASES, ids=[f"{status} {sent[:30]!r}" for status, sent in CASES])
def test_each_says_what_every_answer_says(nginx: Nginx, status: int, sent: str) -> None:
    answered, headers, body = said(nginx.port, sent)
    assert answered == status
    for name, value in {**settings.SAFE_HEADERS, "Strict-Transport-Security": HSTS}.items():
        assert headers.get(name.lower()) == [value], name
    (policy,) = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert headers["server"] == ["nginx"]
    assert headers["cache-control"] == ["no-store"]
    assert re.search("<h1>.+</h1>", body)


def test_plain_http_is_sent_on(nginx: Nginx) -> None:
    sent = f"GET /live/the-day/?x=1 HTTP/1.1\n{HOST}\nConnection: close\n\n"
    status, headers, _ = said(nginx.plain_port, sent, tls=False)
    assert (status, headers["location"]) == (301, [f"{nginx.origin}/live/the-day/?x=1"])
    assert {name: headers.get(name.lower()) for name in settings.SAFE_HEADERS} == {
        name: [value] for name, value in settings.SAFE_HEADERS.items()
    }
    assert "strict-transport-security" not in headers
    status, headers, body = said(nginx.port, sent, tls=False)
    assert (status, headers["cache-control"]) == (400, ["no-store"])
    assert "This cannot be answered" in body
