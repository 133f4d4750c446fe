"""Second factors: set up, asked for, demanded of a role, lost and taken away. Passkeys are tested in a browser."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client

from articles.models import Coverage
from tests.articles.admin.conftest import things
from tests.articles.admin.walk import addresses

from .conftest import HOME, PASSWORD, code_of, confirm, enrol, is_in, member, sign_in, signed_in

__all__ = ["things"]
AUTHENTICATE = "/admin/two-factor/authenticate/"
OTHER = "/admin/two-factor/totp/activate/"


@pytest.fixture
def coverage(live: Coverage) -> Coverage:
    return live


def half_way(name: str = "anna") -> Client:
    """Somebody whose password was right, and who is asked for more."""
    client = Client()
    assert sign_in(client, name)["Location"] == AUTHENTICATE
    assert not is_in(client)
    return client


def test_a_code_is_asked_for_and_each_lets_in_once(anna: User, lines: Callable[[], list[str]]) -> None:
    secret = enrol(signed_in("anna"))
    code = code_of(secret)
    first, second = half_way(), half_way()
    assert first.post(AUTHENTICATE, {"code": code}).status_code == 302
    assert is_in(first)
    assert second.post(AUTHENTICATE, {"code": code}).status_code == 200
    assert not is_in(second)
    assert f'signed in user="anna" address="{HOME}" by="password"' in lines()
    assert 'signed in user="anna" address="127.0.0.1" by="password and totp"' in lines()
    assert 'second factor failed user="anna" address="127.0.0.1" factor="totp"' in lines()
    assert not [line for line in lines() if secret in line or code in line]


def test_nobody_is_asked_for_one_who_is_not_signing_in(anna: User, lines: Callable[[], list[str]]) -> None:
    stranger = Client()
    for ask in (stranger.get, stranger.post):
        assert ask(AUTHENTICATE)["Location"] == "/admin/login/"
    assert sum(line.startswith("refused") and AUTHENTICATE in line for line in lines()) == 2
    client = signed_in("anna")
    assert client.post("/admin/logout/")["Location"] == "/admin/login/"
    assert not [line for line in lines() if line.startswith("refused") and "/admin/logout/" in line]


def test_recovery_codes(anna: User) -> None:
    client = signed_in("anna")
    enrol(client)
    codes = client.get("/admin/two-factor/recovery-codes/").context["unused_codes"]
    assert len(codes) == 10
    lost = half_way()
    lost.post(AUTHENTICATE, {"code": codes[0]})
    assert is_in(lost)
    again = half_way()
    again.post(AUTHENTICATE, {"code": codes[0]})
    assert not is_in(again)


def test_codes_cannot_be_tried_without_end(anna: User) -> None:
    secret = enrol(signed_in("anna"))
    client = half_way()
    for number in range(5):
        client.post(AUTHENTICATE, {"code": f"00000{number}"})
    said = client.post(AUTHENTICATE, {"code": code_of(secret)})
    assert "Too many failed login attempts" in said.content.decode()
    assert not is_in(client)


def test_what_is_kept_gives_no_codes_away(anna: User, settings: Any) -> None:
    secret = enrol(signed_in("anna"))
    assert secret not in str(list(Authenticator.objects.values_list("data", flat=True)))
    settings.SECRET_KEY = "another, after a restored backup"
    assert Client().post(AUTHENTICATE, {"code": code_of(secret)}).status_code == 302
    client = half_way()
    assert client.post(AUTHENTICATE, {"code": code_of(secret)}).status_code == 200
    assert not is_in(client)


def test_setting_one_up_takes_the_password(anna: User) -> None:
    client = signed_in("anna")
    for path in (OTHER, "/admin/two-factor/webauthn/add/", "/admin/two-factor/recovery-codes/generate/"):
        assert client.get(path)["Location"].startswith("/admin/reauthenticate/"), path
    confirm(client)
    assert client.get(OTHER).status_code == 200


# ── Demanded of a role ──────────────────────────────────────────────────────────────────────────────────


def test_who_must_have_one_gets_nowhere_without(
    anna: User, things: dict[str, Any], settings: Any, lines: Callable[[], list[str]]
) -> None:
    """Walked: every address of the admin and the desk."""
    settings.TWO_FACTOR_ROLES = ["Reporter"]
    client = Client()
    client.force_login(anna)
    open_to_them = ("/admin/two-factor/", "/admin/login/", "/admin/logout/", "/admin/inactive/", "/admin/reauth")
    walked = [path for path in addresses(things) if not path.startswith(open_to_them)]
    assert len(walked) > 60
    for path in walked:
        for method in (client.get, client.post):
            assert method(path)["Location"] == "/admin/two-factor/", path
            refused = method(path, headers={"Accept": "application/json"})
            assert (refused.status_code, refused.json()["code"]) == (401, "second_factor"), path
            assert refused.json()["login"] == "/admin/two-factor/"
    assert sum("status=401" in line for line in lines()) == len(walked) * 2
    page = client.get("/admin/two-factor/").content.decode()
    assert "Your role needs a second factor" in page
    enrol(client)
    assert is_in(client)
    assert client.get(f"/admin/articles/coverage/{things['coverage'].pk}/desk/").status_code == 200


def test_others_need_none(settings: Any) -> None:
    settings.TWO_FACTOR_ROLES = ["Administrator"]
    assert is_in(signed_in(member("edith", "Editor").username))
    User.objects.create_superuser("root", password=PASSWORD)
    for name in ("root", member("chief", "Administrator").username):
        client = Client()
        sign_in(client, name)
        assert client.get("/admin/")["Location"] == "/admin/two-factor/", name


# ── Lost ────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_administrator_takes_away_what_is_lost(anna: User, lines: Callable[[], list[str]]) -> None:
    enrol(signed_in("anna"))
    chief = signed_in(member("chief", "Administrator").username)
    address = f"/admin/auth/user/{anna.pk}/access/"
    assert "Take away the second factor" in chief.get(address).content.decode()
    assert chief.post(address, {"factors": ""}).status_code == 302
    assert not Authenticator.objects.exists()
    assert is_in(signed_in("anna"))
    said = LogEntry.objects.filter(user__username="chief", object_id=str(anna.pk))
    assert {entry.change_message.partition(":")[0] for entry in said} == {"Removed as second factor"}
    assert 'second factor removed user="chief" address="127.0.0.1" factor="totp" of="anna"' in lines()


def test_not_ones_own_nor_a_superusers(anna: User) -> None:
    root = User.objects.create_superuser("root", password=PASSWORD)
    enrol(signed_in("root"))
    chief_user = member("chief", "Administrator")
    chief = signed_in("chief")
    enrol(chief)
    for user in (root, chief_user):
        assert chief.post(f"/admin/auth/user/{user.pk}/access/", {"factors": ""}).status_code == 403
    assert Authenticator.objects.filter(type="totp").count() == 2
