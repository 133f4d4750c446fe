"""What no browser sends to the door, and to pages of the admin: told that it makes no sense, and no error of ours."""

import logging
import time
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from articles.models import Coverage
from articles.publishing import updates
from liveblog.logs import Json

from .conftest import is_in, signed_in

PASSKEY = "/admin/two-factor/webauthn/login/"


@pytest.mark.parametrize(
    "sent", ["[" * 100_000, '{"id": "\\u0000"}', "[]", "null", '{"rawId": 1}', '{"id": [], "response": 1}']
)
def test_a_passkey_that_is_none(sent: str) -> None:
    stranger = Client()
    assert stranger.post(PASSKEY, {"credential": sent}, follow=True).status_code == 200
    assert not is_in(stranger)


def test_a_cookie_that_no_table_can_hold(anna: User) -> None:
    stranger = Client()
    stranger.cookies.load(r'sessionid="\000aaaaaaaaaaaa"')
    assert stranger.get("/admin/", follow=True).status_code == 200


def test_an_address_makes_no_line_of_its_own_in_the_log(lines: Callable[[], list[str]]) -> None:
    Client().get("/admin/%0Asigned in user=x%C2%85%E2%80%A8%E2%80%AE%C2%9B1A%1B[1A/")
    (line,) = lines()
    assert line.isprintable()
    assert line.startswith("refused address=")
    record = logging.makeLogRecord({"msg": line, "facts": {"path": "\n\x85\u2028ї"}})
    assert Json().format(record).isprintable()


def test_searches(anna: User, live: Coverage) -> None:
    updates.post(live, headline="a")
    client = signed_in("anna")
    client.raise_request_exception = False
    began = time.monotonic()
    assert client.get("/admin/articles/update/", {"q": "a " * 3000}).status_code == 200
    assert time.monotonic() - began < 4
    refused = client.get("/admin/articles/update/?state__exact=%00")
    assert refused.status_code == 400
    assert "This request makes no sense" in refused.content.decode()
