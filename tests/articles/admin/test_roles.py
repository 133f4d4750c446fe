"""What each role may see and do, in two tables, and what it may not: all the rest."""

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client

from articles.publishing import sources, updates

from .walk import JSON, ROLES, STEPS, addresses, by_route, client_of, refused, state_of_all

# N: staff without a role. R: Reporter. E: Editor. A: Administrator. S: a superuser.
PAGES = [
    (r"login/|inactive/|password_change/(done/)?", "NREAS"),
    (r"two-factor/((authenticate|totp/activate|recovery-codes/generate)/)?", "NREAS"),
    (r"two-factor/webauthn/((add|login)/)?|sessions/|jsi18n/|", "NREAS"),
    (r"[\w/]+/<path:object_id>/", "NREAS"),  # leads to the form, and says nothing
    (r"articles/(author|coverage|photo|update)/(<path:object_id>/(change|history)/)?", "REAS"),
    (r"articles/(photo|update)/add/|articles/coverage/<int:pk>/zone/", "REAS"),
    (r"articles/coverage/<int:pk>/desk/(changes|stream|feed|preview/|updates/<int:number>/(history/)?)?", "REAS"),
    (r"articles/(author|coverage)/add/|articles/(coverage|photo|update)/<path:object_id>/delete/", "EAS"),
    (r"articles/(coverage|update)/<int:pk>/preview/|switchboard/|takedown/(coverage/)?<int:number>/", "EAS"),
    (r"articles/author/<path:object_id>/delete/|articles/update/<int:pk>/erase/", "AS"),
    (r"auth/user/(add/|<int:pk>/access/|<id>/password/|<path:object_id>/(change|delete|history)/)?", "AS"),
    (r"auth/group/(<path:object_id>/(change|history)/)?", "AS"),
    (r"auth/group/(add|<path:object_id>/delete)/", "S"),
    (r"django_tasks_database/dbtaskresult/(<path:object_id>/(change|history)/)?", "S"),
]
"""What each role may see, by route under /admin/; what is not here is shown to nobody."""
NOT_WALKED = re.compile("logout/|takedown/photo|[(]")
"""Signing out, a photo that must be withdrawn, and indexes of apps, which depend on what is in them."""
DESK, LIST = "/admin/articles/coverage/{coverage}/desk/", "/admin/articles/{}/"
SURE = {"confirmed": "yes", "reason": "x", "post": "yes"}
NEW = {"username": "new", "usable_password": "false"}


def actions() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """What each role may do: who, the address, and what is sent there. What stands in it was not written by them."""
    for name in ("pin", "key", "withdraw", "discard", "publish", "submit"):
        of = "{draft}" if name in {"discard", "publish", "submit"} else "{update}"
        yield "EAS", f"{DESK}updates/{of}/{name}/", {"reason": "x"}
    yield "AS", f"{DESK}updates/{{update}}/erase/", {"confirm": "erase"}
    yield "REAS", f"{DESK}updates/", {"token": str(uuid.uuid4()), "do": "draft", "headline": "x"}
    yield "EAS", f"{DESK}updates/", {"token": str(uuid.uuid4()), "do": "publish", "headline": "x"}
    yield "EAS", f"{DESK}updates/", {"token": str(uuid.uuid4()), "do": "draft", "headline": "x", "pinned": True}
    yield "EAS", f"{DESK}photos/{{photo}}/", {"alt": "x"}
    yield "REAS", f"{DESK}photos/{{loose}}/", {"alt": "x"}
    for name in ("end", "withdraw"):
        yield "EAS", f"{DESK}coverage/{name}/", {"reason": "x"}
    for kind, name, who, of in BULK:
        yield who, LIST.format(kind), {"action": name, "_selected_action": f"{{{of}}}", "index": "0", **SURE}
    for kind, who in (("update", "EAS"), ("coverage", "EAS"), ("author", "AS")):
        yield who, f"{LIST.format(kind)}{{{kind}}}/delete/", SURE
    yield "EAS", "/admin/articles/photo/{loose}/delete/", SURE
    yield "AS", "/admin/articles/update/{update}/erase/", SURE
    yield "EAS", "/admin/articles/author/add/", {"name": "New", "slug": "new"}
    yield "EAS", "/admin/takedown/{update}/", SURE
    yield "EAS", "/admin/takedown/coverage/{coverage}/", SURE
    yield "EAS", "/admin/switchboard/", {"coverage": "{slug}", "{coverage}-mode": "poll"}
    yield "AS", "/admin/auth/user/add/", NEW
    yield "AS", "/admin/auth/user/{person}/delete/", SURE
    yield "AS", "/admin/auth/user/{person}/access/", {"sessions": ""}
    yield "AS", "/admin/auth/user/", {"action": "delete_selected", "_selected_action": "{person}", **SURE}
    yield "S", "/admin/auth/user/", {"action": "delete_selected", "_selected_action": "{root}", **SURE}
    yield "S", "/admin/auth/user/{root}/access/", {"sessions": ""}
    yield "S", "/admin/auth/group/add/", {"name": "New"}


BULK = [
    *(("update", name, "EAS", "update") for name in ("withdraw", "pin", "mark_key_event")),
    *(("update", name, "EAS", "draft") for name in ("publish", "submit", "discard")),
    ("update", "erase", "AS", "update"),
    *(("coverage", name, "EAS", "coverage") for name in ("end_coverage", "withdraw")),
    ("photo", "withdraw", "EAS", "photo"),
    ("photo", "discard", "EAS", "loose"),
    ("photo", "render_anew", "EAS", "photo"),
]


@pytest.fixture
def clients() -> dict[str, Client]:
    root = Client()
    root.force_login(User.objects.create_superuser("root"))
    return {"N": client_of("none"), **{role[0]: client_of(role) for role in ROLES}, "S": root}


@pytest.fixture
def person(things: dict[str, Any]) -> User:
    """Somebody whose account can be changed, and who is signed in."""
    found = User.objects.create_user("somebody", is_staff=True)
    Client().force_login(found)
    things["user"] = found
    return found


@pytest.mark.usefixtures("person")
def test_each_role_sees_its_own_pages(things: dict[str, Any], clients: dict[str, Client]) -> None:
    for route, (address, *_others) in by_route(things).items():
        if NOT_WALKED.search(route):
            continue
        may = {who for pattern, whose in PAGES if re.fullmatch(pattern, route.removeprefix("admin/")) for who in whose}
        saw = {name for name, client in clients.items() if shows(client.get(address))}
        assert saw == may, route


def shows(answer: Any) -> bool:
    """Whether it was no refusal; 400 is said to those who may ask, but said it wrong."""
    led = answer.headers.get("Location", "").startswith("/admin/login/")
    return answer.status_code in {200, 302, 400} and not led


def test_each_role_does_what_it_may(
    things: dict[str, Any],
    clients: dict[str, Client],
    person: User,
    picture: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    names = {name: str(thing.pk) for name, thing in things.items()}
    coverage = things["coverage"]
    names["draft"] = str(updates.post(coverage, state="draft", headline="Hers").update.pk)
    names["loose"] = str(sources.add_photo(image=picture()).pk)
    names |= {"person": str(person.pk), "root": str(User.objects.get(username="root").pk), "slug": coverage.slug}
    before = state_of_all()
    for may, address, sent in actions():
        path = address.format(**names)
        filled = {k.format(**names): v.format(**names) if isinstance(v, str) else v for k, v in sent.items()}
        for name, client in clients.items():
            refused(caplog)
            moment = transaction.savepoint_create()
            kind = {"data": json.dumps(filled), "content_type": JSON} if "/desk/" in path else {"data": filled}
            answer = client.post(path, headers={"Accept": JSON}, **kind)
            did, lines = state_of_all() != before, refused(caplog)
            transaction.savepoint_rollback(moment)
            assert did == (name in may), f"{name} {path} {filled}: {answer.status_code}"
            assert bool(lines) != did, f"{name} {path} {filled}: {lines}"


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
    before = state_of_all()
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
    assert state_of_all() == before
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
