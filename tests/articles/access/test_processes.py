"""Limits that hold over processes, by the addresses that a trusted proxy tells: a real server beside this process."""

import http.client
import re
import socket
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.browser.server import Server

from .conftest import HOME, PASSWORD, sign_in

pytestmark = pytest.mark.django_db(transaction=True)
ELSEWHERE = "203.0.113.66"
OFTEN = "Too many failed login attempts"


@pytest.fixture(scope="module")
def behind(database_url: str, data: Path) -> Iterator[http.client.HTTPConnection]:
    """A connection such as a proxy has, to a server that believes this machine."""
    server = Server(database_url, data, FORWARDED_ALLOW_IPS="127.0.0.1")
    server.start()
    connection = http.client.HTTPConnection("localhost", server.port, timeout=30)
    yield connection
    connection.close()
    server.stop()


def sign_in_behind(behind: http.client.HTTPConnection, address: str) -> tuple[str, str]:
    """The page, or where it leads; and the cookies that come with it."""
    behind.request("GET", "/admin/login/", headers={"X-Forwarded-For": address})
    answer = behind.getresponse()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', answer.read().decode())
    assert token
    sent = {"login": "anna", "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
    cookie = str(answer.headers["Set-Cookie"]).partition(";")[0]
    form = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie, "X-Forwarded-For": address}
    behind.request("POST", "/admin/login/", urllib.parse.urlencode(sent), form)
    answer = behind.getresponse()
    cookies = "; ".join(one.partition(";")[0] for one in answer.headers.get_all("Set-Cookie", []))
    return answer.read().decode() or str(answer.headers["Location"]), cookies


def test_limits_hold_over_processes_and_by_the_address_that_the_proxy_tells(
    behind: http.client.HTTPConnection, anna: User
) -> None:
    for number in range(5):
        sign_in(Client(), password=f"wrong guess {number}", address=ELSEWHERE)
    assert OFTEN in sign_in_behind(behind, ELSEWHERE)[0], "what this process counted, that one knows"
    assert sign_in_behind(behind, HOME)[0] == "/admin/"


def test_who_has_not_signed_in_sends_nothing_large(behind: http.client.HTTPConnection, anna: User) -> None:
    """A hundred strangers, each with a hundred megabytes: none of it is waited for, or laid down on the disk."""

    def begin(path: str, *more: str) -> socket.socket:
        sending = socket.create_connection(("localhost", behind.port), timeout=20)
        sending.sendall("\r\n".join([f"POST {path} HTTP/1.1", "Host: localhost", *more, "", ""]).encode())
        return sending

    forged = f"Cookie: sessionid={'a' * 32}"
    for path, status in (("/nowhere/", b"404"), ("/admin/login/", b"403"), ("/", b"405")):
        for size in ("Content-Length: 99999999", "Transfer-Encoding: chunked"):
            with begin(path, forged, size) as stranger:
                assert stranger.recv(1 << 16).split()[1] == status
    with begin("/nowhere/", f"Cookie: {sign_in_behind(behind, HOME)[1]}", "Content-Length: 2000000") as known:
        known.settimeout(0.5)
        with pytest.raises(TimeoutError):
            known.recv(1)
        known.settimeout(20)
        known.sendall(bytes(2_000_000))
        assert known.recv(1 << 16).split()[1] == b"404"
