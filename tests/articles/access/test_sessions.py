"""Where one is signed in can be seen and ended: by oneself, by an administrator, by a new password."""

from collections.abc import Callable

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from articles.access.models import Session
from articles.access.sessions import SessionStore

from .conftest import PASSWORD, is_in, member, signed_in


@pytest.fixture
def two(anna: User) -> list[Client]:
    """Anna's browsers, at home and elsewhere."""
    return [signed_in("anna", address=address) for address in ("198.51.100.1", "203.0.113.9")]


def test_one_sees_them_and_ends_the_others(anna: User, two: list[Client], lines: Callable[[], list[str]]) -> None:
    here, elsewhere = two
    page = here.get("/admin/sessions/").content.decode()
    assert "198.51.100.1" in page
    assert "203.0.113.9" in page
    assert not [one for one in Session.objects.all() if one.session_key in page], "a key lets in whoever has it"
    assert here.post("/admin/sessions/").status_code == 302
    assert is_in(here)
    assert not is_in(elsewhere)
    assert LogEntry.objects.get().change_message == "Ended the sessions"
    assert 'sessions ended user="anna" address="127.0.0.1" of="anna" count=1' in lines()


def access(user: User) -> str:
    return f"/admin/auth/user/{user.pk}/access/"


def test_an_administrator_ends_all_of_a_persons(anna: User, two: list[Client]) -> None:
    chief = signed_in(member("chief", "Administrator").username)
    assert "203.0.113.9" in chief.get(access(anna)).content.decode()
    assert chief.post(access(anna), {"sessions": ""}).status_code == 302
    assert [is_in(client) for client in two] == [False, False]
    assert is_in(chief)
    entry = LogEntry.objects.get()
    assert (entry.user.username, entry.object_repr, entry.change_message) == ("chief", "anna", "Ended the sessions")


def test_nobody_else_does(anna: User, two: list[Client]) -> None:
    for name, role in (("rita", "Reporter"), ("edith", "Editor")):
        client = signed_in(member(name, role).username)
        assert client.get(access(anna)).status_code == 403
        assert client.post(access(anna), {"sessions": ""}).status_code == 403
    root = User.objects.create_superuser("root", password=PASSWORD)
    roots = signed_in("root")
    chief = signed_in(member("chief", "Administrator").username)
    for sent in ({"sessions": ""}, {"factors": ""}):
        assert chief.post(access(root), sent).status_code == 403
    assert is_in(roots)
    assert all(map(is_in, two))


def test_a_new_password_ends_them(anna: User, two: list[Client]) -> None:
    here, elsewhere = two
    new = "another horse battery"
    here.post("/admin/password_change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert is_in(here)
    assert not is_in(elsewhere)
    assert Session.objects.filter(user=anna).count() == 1
    chief = signed_in(User.objects.create_superuser("chief", password=PASSWORD).username)
    sent = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    assert chief.post(f"/admin/auth/user/{anna.pk}/password/", sent).status_code == 302
    assert not is_in(here)
    assert is_in(chief)
    assert not Session.objects.filter(user=anna).exists()


@pytest.mark.parametrize("lost", ["is_active", "is_staff"])
def test_a_closed_account_ends_them_for_good(anna: User, two: list[Client], lost: str) -> None:
    setattr(anna, lost, False)
    anna.save()
    assert not any(map(is_in, two))
    setattr(anna, lost, True)
    anna.save()
    assert not any(map(is_in, two)), "what was ended does not come back"


@pytest.mark.parametrize("lost", ["is_active", "is_staff"])
def test_nor_do_they_let_in_where_nobody_ended_them(anna: User, two: list[Client], lost: str) -> None:
    """Changed past Django, such as by hand in the database."""
    User.objects.update(**{lost: False})
    assert [client.get("/admin/sessions/").status_code for client in two] == [302, 302]


def test_what_has_expired_lets_nobody_in_and_goes(anna: User, two: list[Client]) -> None:
    Session.objects.update(expire_date=timezone.now())
    assert not any(map(is_in, two))
    signed_in("anna")
    assert Session.objects.count() == 1


def test_sessions_of_nobody_are_kept_briefly() -> None:
    Client().get("/admin/two-factor/webauthn/login/", headers={"Accept": "application/json"})
    kept = Session.objects.get()
    assert kept.user is None
    assert (kept.expire_date - timezone.now()).total_seconds() <= 3600


@pytest.mark.django_db(transaction=True)
def test_a_session_of_an_account_that_is_gone_is_nobodys(client: Client) -> None:
    """The database refused it, which Django took for a key that was taken: it tried another one, for ever."""
    gone = User.objects.create_user("gone")
    session = SessionStore("x" * 32)
    session[SESSION_KEY] = str(gone.pk)
    gone.delete()
    session.save(must_create=True)
    client.cookies["sessionid"] = session.session_key
    assert not is_in(client)
