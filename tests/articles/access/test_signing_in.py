"""Signing in: who gets in, who is put off and for how long, and what is written down."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import NoReverseMatch, reverse

from liveblog.logs import Json

from .conftest import HOME, PASSWORD, is_in, member, sign_in, signed_in

ELSEWHERE = "203.0.113.66"
OFTEN = "Too many failed login attempts"


@pytest.fixture
def few(settings: Any) -> None:
    """So that fewer attempts are needed here: four failed ones a minute."""
    assert settings.ACCOUNT_RATE_LIMITS["login_failed"].startswith("20/m/ip,")
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "4/m/ip,200/h/ip,5/5m/key"}


def guess(times: int, name: str = "anna", address: str = ELSEWHERE) -> list[str]:
    return [sign_in(Client(), name, f"wrong guess {n}", address).content.decode() for n in range(times)]


def test_who_guesses_is_put_off_and_nobody_else(anna: User) -> None:
    said = guess(6)
    assert [OFTEN in page for page in said] == [False] * 5 + [True]
    client = Client()
    assert OFTEN in sign_in(client, address=ELSEWHERE).content.decode(), "even with the right one, by now"
    sign_in(client, address=HOME)
    assert is_in(client)
    member("boris")
    sign_in(other := Client(), "boris", address=ELSEWHERE)
    assert is_in(other)


def test_guesses_from_everywhere_do_not_keep_the_owner_out(anna: User) -> None:
    for number in range(12):
        guess(1, address=f"203.0.113.{number}")
    assert is_in(signed_in("anna"))


def test_an_address_does_not_try_accounts_without_end(anna: User, few: None) -> None:
    """Households of IPv6 have as many addresses as they like, and count as one."""
    said = [guess(1, f"somebody{n}", f"2001:db8:1:2::{n:x}")[0] for n in range(6)]
    assert [OFTEN in page for page in said] == [False] * 4 + [True] * 2
    assert OFTEN in sign_in(Client(), address="2001:db8:1:2::ffff").content.decode()
    assert is_in(signed_in("anna", address="2001:db8:1:3::1"))


def test_what_a_stranger_says_of_its_address_is_not_believed(anna: User) -> None:
    sent = {"login": "anna", "password": "wrong"}
    lies = [{"X-Forwarded-For": f"192.0.2.{n}", "Host": f"localhost:{8000 + n}"} for n in range(6)]
    said = [Client().post("/admin/login/", sent, headers=told) for told in lies]
    assert OFTEN in said[5].content.decode()


def test_attempts_that_succeed_are_not_counted(anna: User, few: None) -> None:
    for _ in range(6):
        signed_in("anna")


def test_nobody_learns_which_accounts_there_are(anna: User) -> None:
    def told(name: str) -> str:
        page = sign_in(Client(), name, "wrong").content.decode().replace(name, "")
        return page[page.index("errornote") : page.index("csrfmiddlewaretoken")]

    assert told("anna") == told("nobody")


@pytest.mark.parametrize("lacks", ["is_active", "is_staff"])
def test_who_does_not_work_here_is_let_in_by_no_password(lacks: str) -> None:
    member("anna", **{lacks: False})
    client = Client()
    assert sign_in(client).status_code == 302
    assert not is_in(client)
    assert "sessionid" not in client.cookies or "_auth_user_id" not in client.session


def test_there_is_no_way_to_make_an_account_or_to_be_sent_a_password() -> None:
    for name in ("account_signup", "account_email", "account_reset_password", "account_request_login_code"):
        with pytest.raises(NoReverseMatch):
            reverse(name)


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"])
def test_it_leads_nowhere_else(anna: User, where: str) -> None:
    assert sign_in(Client(), next=where)["Location"] == "/admin/"
    client = signed_in("anna")
    assert client.post("/admin/logout/", {"next": where})["Location"] == "/admin/login/"
    assert sign_in(Client(), next="/admin/articles/update/")["Location"] == "/admin/articles/update/"


def test_a_session_that_was_put_into_a_browser_is_not_signed_in(anna: User) -> None:
    client = Client()
    client.get("/admin/two-factor/webauthn/login/", headers={"Accept": "application/json"})  # begins one for nobody
    before = client.session.session_key
    sign_in(client)
    assert is_in(client)
    assert client.session.session_key != before
    stranger = Client()
    stranger.cookies["sessionid"] = before
    assert not is_in(stranger)


def test_the_cookie_is_no_scripts(anna: User) -> None:
    client = Client()
    morsel = sign_in(client).cookies["sessionid"]
    assert (morsel["httponly"], morsel["samesite"], morsel["max-age"]) == (True, "Lax", 7 * 24 * 3600)


def test_all_of_it_is_written_down_and_no_password(anna: User, lines: Callable[[], list[str]]) -> None:
    client = Client()
    sign_in(client, "anna", "hunter2 is no password")
    sign_in(client, "hunter2, in the wrong field\nforged", "x")
    sign_in(client)
    client.get("/admin/auth/user/")
    client.get("/admin/%0Aforged")
    client.post("/admin/logout/")
    assert lines() == [
        f'sign-in failed address="{HOME}" of="anna"',
        f'sign-in failed address="{HOME}"',
        f'signed in user="anna" address="{HOME}" by="password"',
        'refused user="anna" address="127.0.0.1" method="GET" path="/admin/auth/user/" status=403',
        'refused user="anna" address="127.0.0.1" method="GET" path="/admin/\\nforged" status=404',
        'signed out user="anna" address="127.0.0.1"',
    ]
    assert not [line for line in lines() if "hunter2" in line or PASSWORD in line]


def test_a_json_log_has_the_facts_as_members(anna: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "liveblog.access")
    sign_in(Client())
    said: dict[str, Any] = json.loads(Json().format(caplog.records[-1]))
    assert (said["user"], said["address"], said["by"], said["logger"]) == ("anna", HOME, "password", "liveblog.access")


RULED_OUT = ["11 letters.", "098765432101", "qwerty123456", "kovalenko-petrenka"]


@pytest.mark.parametrize("password", [*RULED_OUT, "12 letters. "])
def test_passwords_have_rules(anna: User, password: str) -> None:
    User.objects.update(last_name="Kovalenko-Petrenko")
    client = signed_in("anna")
    sent = {"oldpassword": PASSWORD, "password1": password, "password2": password}
    answer = client.post("/admin/password_change/", sent)
    anna.refresh_from_db()
    is_good = password not in RULED_OUT
    assert anna.check_password(password) == is_good
    assert answer.status_code == (302 if is_good else 200)
    assert LogEntry.objects.filter(user=anna, change_message="Changed the password").exists() == is_good
