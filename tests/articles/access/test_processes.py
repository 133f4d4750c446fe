"""Limits that hold over processes, by the addresses that a trusted proxy tells: a real server beside this process."""

import http.client
import re
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


@pytest.fixture
def behind(database_url: str, data: Path) -> Iterator[http.client.HTTPConnection]:
    """A connection such as a proxy has, to a server that believes this machine."""
    server = Server(database_url, data, FORWARDED_ALLOW_IPS="127.0.0.1")
    server.start()
    connection = http.client.HTTPConnection("localhost", server.port, timeout=30)
    yield connection
    connection.close()
    server.stop()


def sign_in_behind(behind: http.client.HTTPConnection, address: str) -> str:
    """The page, or where it leads."""
    behind.request("GET", "/admin/login/", headers={"X-Forwarded-For": address})
    answer = behind.getresponse()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', answer.read().decode())
    assert token
    sent = {"login": "anna", "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
    cookie = str(answer.headers["Set-Cookie"]).partition(";")[0]
    form = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie, "X-Forwarded-For": address}
    behind.request("POST", "/admin/login/", urllib.parse.urlencode(sent), form)
    answer = behind.getresponse()
    return answer.read().decode() or str(answer.headers["Location"])


def test_limits_hold_over_processes_and_by_the_address_that_the_proxy_tells(
    behind: http.client.HTTPConnection, anna: User
) -> None:
    for number in range(5):
        sign_in(Client(), password=f"wrong guess {number}", address=ELSEWHERE)
    assert OFTEN in sign_in_behind(behind, ELSEWHERE), "what this process counted, that one knows"
    assert sign_in_behind(behind, HOME) == "/admin/"
