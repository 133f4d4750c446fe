"""Every address and action of the admin and the desk, walked as each role, and what was sent by hand."""

import json
import uuid
from collections.abc import Iterator
from itertools import product
from typing import Any
from urllib.parse import urlencode

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from articles.access.models import Session
from articles.models import Author, Coverage, Photo, Update
from articles.publishing import PlacedPhoto, coverages, sources, updates

ROLES = ("Reporter", "Editor", "Administrator")
JSON, HTML, FORM = "application/json", "text/html", "application/x-www-form-urlencoded"
STEPS = ("publish", "pin", "key", "withdraw", "restore", "erase", "discard", "retime", "submit")


def client_of(role: str) -> Client:
    """Somebody who has this role, or none at all ("")."""
    user = User.objects.create_user(f"a-{role or 'guest'}".lower(), is_staff=bool(role))
    if role:
        user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def things(coverage: Coverage, picture: Any) -> dict[str, Any]:
    photo = sources.add_photo(image=picture())
    return {
        "coverage": coverage,
        "update": updates.post(coverage, headline="Out", photos=[PlacedPhoto(photo)]).update,
        "photo": photo,
        "author": sources.author_named("Kyiv desk"),
    }


def patterns(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for one in resolver.url_patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from patterns(one, route)
        elif isinstance(one, URLPattern):
            yield route


def addresses(things: dict[str, Any]) -> list[str]:
    """Every address under /admin/, with ids that exist."""
    found = set()
    for route in patterns(get_resolver()):
        if not route.startswith("admin/"):
            continue
        kind = next((kind for kind in things if f"articles/{kind}/" in route), None)
        pk = things[kind].pk if kind else User.objects.earliest("pk").pk
        filled = route.replace("<path:object_id>", str(pk)).replace("<int:pk>", str(pk)).replace("<id>", str(pk))
        filled = filled.replace("<int:number>", str(things["update"].pk)).replace("<slug:name>", "pin")
        if "<" not in filled and "^" not in filled and "(" not in filled:
            found.add(f"/{filled}")
    return sorted(found)


def state_of_all() -> list[Any]:
    models = (Coverage, Update, Photo, Author, User, Authenticator, User.groups.through, LogEntry)
    return [list(model._default_manager.order_by("pk").values()) for model in models]  # type: ignore[attr-defined]


def without_login_times(rows: list[Any]) -> list[Any]:
    return [[{k: v for k, v in row.items() if k != "last_login"} for row in table] for table in rows]


DOORS = ("/login/", "/logout/", "/inactive/", "jsi18n")
"""Parts of addresses that are for everybody."""
FORGED = {"_save": "1", "_publish": "1", "post": "yes", "confirmed": "yes", "reason": "x", "action": "erase"}
FORGED |= {"_selected_action": "1", "sessions": "", "factors": "", "headline": "Forged", "password1": "x" * 20}
FORGED |= {"do": "publish"}


def refused(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was written down of refusals since it was last asked."""
    lines = [one.getMessage() for one in caplog.records if one.name == "liveblog.access"]
    caplog.clear()
    return [line for line in lines if line.startswith("refused ")]


def test_who_has_no_role_gets_nowhere(things: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    """A stranger, somebody who does not work here, and an administrator whose session has expired."""
    guest, expired = client_of(""), client_of("Administrator")
    Session.objects.update(expire_date=timezone.now())
    walked = [path for path in addresses(things) if not any(door in path for door in DOORS)]
    assert len(walked) > 80
    before = without_login_times(state_of_all())
    for address in walked:
        for client in (guest, Client(), expired):
            for method, accepts in product(("GET", "POST"), (HTML, JSON)):
                sent = FORGED if method == "POST" else {}
                answer = client.generic(method, address, urlencode(sent), FORM, headers={"Accept": accepts})
                assert answer.status_code in {302, 401, 403, 404, 405}, address
                assert "Out" not in answer.content.decode(), address
                assert refused(caplog), f"{method} {address} wrote no line"
    assert without_login_times(state_of_all()) == before


def test_a_reporter_changes_nothing_by_hand(things: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    """Every address, with all that a form or a script could send. What a reporter may do is tested elsewhere."""
    reporter = client_of("Reporter")
    before = without_login_times(state_of_all())
    for address in addresses(things):
        if address.endswith(("/logout/", "/presence/", "/stream", "/admin/sessions/")):
            continue
        for sent in (FORGED, json.dumps({**FORGED, "expected": 0, "token": str(uuid.uuid4()), "points": []})):
            kind = {"content_type": JSON} if isinstance(sent, str) else {}
            answer = reporter.post(address, sent, headers={"Accept": JSON}, **kind)
            assert answer.status_code < 500, address
            assert "frame-ancestors 'none'" in answer["Content-Security-Policy"], address
            assert len(refused(caplog)) == (400 <= answer.status_code < 500), address
    assert without_login_times(state_of_all()) == before


def test_nothing_is_done_without_the_forms_token(things: dict[str, Any]) -> None:
    """By a page of somebody else's, in the browser of a superuser who is signed in."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("root"))
    before = without_login_times(state_of_all())
    for address in addresses(things):
        answer = client.post(address, FORGED)
        assert answer.status_code in {403, 404}, address
    assert without_login_times(state_of_all()) == before


def test_the_desk_of_one_coverage_does_nothing_to_another(things: dict[str, Any]) -> None:
    """Ids of what exists, elsewhere; by somebody who may do all of it at its own desk."""
    chief = client_of("Administrator")
    other = coverages.start(coverages.create(headline="Another", slug="another"))
    base = f"/admin/articles/coverage/{other.pk}/desk/"
    update = things["update"]
    before = without_login_times(state_of_all())
    record = update.history.latest().history_id
    forged: list[tuple[str, dict[str, Any]]] = [
        (f"updates/{update.pk}/", {"headline": "x", "expected": update.revision, "token": str(uuid.uuid4())}),
        (f"updates/{update.pk}/revert/", {"record": record}),
        *((f"updates/{update.pk}/{name}/", {"reason": "x", "confirm": "erase"}) for name in STEPS),
        ("key-points/", {"expected": 0, "points": [{"text": "x", "update": update.pk}]}),
    ]
    for path, sent in forged:
        answer = chief.post(base + path, json.dumps(sent), JSON, headers={"Accept": JSON})
        assert answer.status_code == 404, path
    for path in (f"updates/{update.pk}/", f"updates/{update.pk}/history/"):
        assert chief.get(base + path, headers={"Accept": JSON}).status_code == 404, path
    token = Update.objects.values_list("token", flat=True).get(pk=update.pk)
    again = {"token": str(token), "do": "publish", "headline": "Mine"}
    answer = chief.post(f"{base}updates/", json.dumps(again), JSON, headers={"Accept": JSON})
    assert answer.status_code == 400, "a token that made another update makes nothing"
    assert without_login_times(state_of_all()) == before


@pytest.mark.parametrize("role", ROLES)
def test_every_address_answers_every_role(role: str, things: dict[str, Any]) -> None:
    client = client_of(role)
    client.raise_request_exception = True
    for address in addresses(things):
        if "/logout/" not in address and not address.endswith("/stream"):
            assert client.get(address).status_code < 500, address
            assert client.get(address, headers={"Accept": JSON}).status_code < 500, address


def test_a_reporter_writes_own_drafts_and_nothing_else(things: dict[str, Any]) -> None:
    reporter, coverage = client_of("Reporter"), things["coverage"]
    base = f"/admin/articles/coverage/{coverage.pk}/desk/"

    def send(path: str, **sent: Any) -> Any:
        return reporter.post(base + path, json.dumps(sent), JSON, headers={"Accept": JSON})

    mine = send("updates/", token=str(uuid.uuid4()), do="draft", headline="Mine")
    assert mine.status_code == 200
    hers = updates.post(coverage, state="draft", headline="Hers").update
    before = without_login_times(state_of_all())
    forged: list[tuple[str, dict[str, Any]]] = [
        ("updates/", {"token": str(uuid.uuid4()), "do": "publish", "headline": "x"}),
        ("updates/", {"token": str(uuid.uuid4()), "do": "draft", "headline": "x", "pinned": True}),
        (f"updates/{mine.json()['id']}/", {"do": "publish", "expected": 0, "token": str(uuid.uuid4())}),
        (f"updates/{hers.pk}/", {"headline": "x", "expected": hers.revision, "token": str(uuid.uuid4())}),
        (f"updates/{hers.pk}/revert/", {"record": hers.history.latest().history_id}),
        ("key-points/", {"expected": 0, "points": []}),
        ("coverage/", {"expected": 0, "headline": "x"}),
        (f"photos/{things['photo'].pk}/", {"alt": "x"}),
    ]
    steps = [f"updates/{one.pk}/{name}/" for one in (things["update"], hers) for name in STEPS]
    forged += [(path, {"reason": "x", "confirm": "erase"}) for path in steps]
    forged += [(f"coverage/{name}/", {"reason": "x"}) for name in ("start", "end", "reopen", "withdraw", "restore")]
    for path, sent in forged:
        assert send(path, **sent).status_code == 403, path
    assert without_login_times(state_of_all()) == before
    assert send(f"updates/{mine.json()['id']}/submit/").status_code == 200
    page = reporter.get(base).content.decode()
    assert "coverage/end" not in page


def test_an_editor_runs_the_coverage_and_erases_nothing(things: dict[str, Any]) -> None:
    editor, update = client_of("Editor"), things["update"]
    base = f"/admin/articles/coverage/{update.coverage_id}/desk/"
    erase = editor.post(f"{base}updates/{update.pk}/erase/", '{"confirm": "erase"}', JSON, headers={"Accept": JSON})
    assert erase.status_code == 403
    assert editor.get("/admin/auth/user/").status_code == 403
    end = editor.post(f"{base}coverage/end/", "{}", JSON, headers={"Accept": JSON})
    assert end.json()["state"] == "ended"


def test_an_administrator_makes_accounts_but_no_superuser(things: dict[str, Any]) -> None:
    administrator = client_of("Administrator")
    chief = User.objects.create_superuser("chief")
    page = f"/admin/auth/user/{chief.pk}/"
    for path in ("change/", "password/", "delete/"):
        answer = administrator.post(page + path, {"post": "yes", "password1": "x" * 20, "password2": "x" * 20})
        assert answer.status_code == 403, path
    me = User.objects.get(username="a-administrator")
    own = {"username": me.username, "is_active": "on", "is_staff": "on", "is_superuser": "on", "user_permissions": [1]}
    administrator.post(f"/admin/auth/user/{me.pk}/change/", {**own, "_save": "1"})
    me.refresh_from_db()
    assert not me.is_superuser
    assert not me.user_permissions.exists()
    update = things["update"]
    erase = f"/admin/articles/coverage/{update.coverage_id}/desk/updates/{update.pk}/erase/"
    assert administrator.post(erase, '{"confirm": "erase"}', JSON, headers={"Accept": JSON}).status_code == 200
