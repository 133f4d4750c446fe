"""Every address and action of the admin and the desk, tried by those who may not: directly, or with forged ids."""

import json
import re
import uuid
from itertools import product
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from articles.access.models import Session
from articles.models import Update
from articles.publishing import coverages, sources, updates

from .walk import FORM, HTML, JSON, STEPS, addresses, client_of, patterns, refused, state_of_all

DOORS = ("/login/", "/logout/", "/inactive/", "jsi18n")
"""Parts of addresses that are for everybody."""
FORGED = {"_save": "1", "_publish": "1", "post": "yes", "confirmed": "yes", "reason": "x", "action": "erase"}
FORGED |= {"_selected_action": "1", "sessions": "", "factors": "", "headline": "Forged", "password1": "x" * 20}
FORGED |= {"do": "publish"}


HAND = re.compile(r'refused (user="[^"]+" )?address="127\.0\.0\.1" method="[A-Z]+" path="[^"]+" status=\d{3}')
"""What a line says: who, from where, and what."""
SHORT = list(product(("GET", "POST"), (HTML, JSON)))
LONG = [*SHORT, *((method, JSON) for method in ("PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"))]


def deactivated() -> Client:
    """Whose account was closed past all forms, so that the session is still there."""
    client = client_of("Editor")
    User.objects.filter(username="a-editor").update(is_active=False)
    return client


def test_who_has_no_role_gets_nowhere(things: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    """Strangers, people who do not work here (any more), and an administrator whose session has expired."""
    guest, expired = client_of(""), client_of("Administrator")
    Session.objects.update(expire_date=timezone.now())
    expired.cookies["sessionid"] = str(expired.session.session_key)
    ways = [(guest, SHORT), (deactivated(), SHORT), (expired, SHORT), (Client(), LONG)]
    before = state_of_all()
    for address in addresses(things):
        if any(door in address for door in DOORS):
            continue
        for client, (method, accepts) in [(client, way) for client, tried in ways for way in tried]:
            sent = {} if method in {"GET", "HEAD"} else FORGED
            answer = client.generic(method, address, urlencode(sent), FORM, headers={"Accept": accepts})
            assert answer.status_code in {302, 401, 403, 404, 405}, f"{method} {address}"
            assert "Out" not in answer.content.decode(), address
            (line,) = refused(caplog)
            assert HAND.fullmatch(line), line
    assert state_of_all() == before


def test_what_is_not_under_the_admin_is_for_readers() -> None:
    """Beside the admin there is nothing that anybody must be kept out of; readers' pages take no POST."""
    elsewhere = [view for route, view in patterns() if not route.startswith("admin/")]
    readers = {view.__module__.removeprefix("articles.public") for view in elsewhere}
    assert all(module.startswith(".") or module == "django.views.generic.base" for module in readers), readers


def test_a_reporter_changes_nothing_by_hand(things: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    """Every address, with all that a form or a script could send. What a reporter may do is tested elsewhere."""
    reporter = client_of("Reporter")
    before = state_of_all()
    for address in addresses(things):
        if address.endswith(("/logout/", "/presence/", "/stream", "/admin/sessions/")):
            continue
        for sent in (FORGED, json.dumps({**FORGED, "expected": 0, "token": str(uuid.uuid4()), "points": []})):
            kind = {"content_type": JSON} if isinstance(sent, str) else {}
            answer = reporter.post(address, sent, headers={"Accept": JSON}, **kind)
            assert answer.status_code < 500, address
            assert "frame-ancestors 'none'" in answer["Content-Security-Policy"], address
            assert len(refused(caplog)) == (400 <= answer.status_code < 500), address
    assert state_of_all() == before


def test_nothing_is_done_without_the_forms_token(things: dict[str, Any]) -> None:
    """By a page of somebody else's, in the browser of a superuser who is signed in."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("root"))
    before = state_of_all()
    for address in addresses(things):
        answer = client.post(address, FORGED)
        assert answer.status_code in {403, 404}, address
    assert state_of_all() == before


def test_the_desk_of_one_coverage_does_nothing_to_another(things: dict[str, Any]) -> None:
    """Ids of what exists, elsewhere; by somebody who may do all of it at its own desk."""
    chief = client_of("Administrator")
    other = coverages.start(coverages.create(headline="Another", slug="another"))
    base = f"/admin/articles/coverage/{other.pk}/desk/"
    update = things["update"]
    before = state_of_all()
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
    assert state_of_all() == before


def test_forged_numbers_change_nothing(things: dict[str, Any], picture: Any) -> None:
    """Another update's history, a revision that is to come, a withdrawn photo, a method in a header, another origin."""
    coverage, update = things["coverage"], things["update"]
    chief = Client(enforce_csrf_checks=True)
    chief.force_login(User.objects.create_superuser("root"))
    base = f"/admin/articles/coverage/{coverage.pk}/desk/"
    chief.get(base)
    other = updates.post(coverage, headline="Other").update
    gone = sources.withdraw_photo(sources.add_photo(image=picture()), "No rights")
    one, token = f"updates/{update.pk}/", str(uuid.uuid4())
    before = state_of_all()

    def send(path: str, sent: dict[str, Any], **headers: str) -> int:
        told = {"Accept": JSON, "X-CSRFToken": chief.cookies["csrftoken"].value, **headers}
        return int(chief.post(base + path, json.dumps(sent), JSON, headers=told).status_code)

    assert send(f"{one}revert/", {"record": other.history.latest().history_id}) == 400
    assert send(one, {"headline": "x", "expected": update.revision + 10**6, "token": token}) == 409
    assert send("updates/", {"headline": "x", "token": token, "photos": [{"id": gone.pk}]}) == 400
    assert send(f"photos/{gone.pk}/", {"alt": "x"}) == 403
    posted = {"headline": "x", "token": token, "do": "publish"}
    assert send("updates/", posted, Origin="https://evil.example") == 403
    assert send("updates/", posted, **{"X-CSRFToken": "x" * 32}) == 403
    for header in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"):
        told = {"Accept": JSON, header: "POST"}
        assert chief.get(f"{base}updates/", posted, headers=told).status_code == 405
    assert state_of_all() == before


def test_what_is_offered_of_a_photo_can_be_saved(things: dict[str, Any]) -> None:
    """Words of a photo that readers see are not a reporter's, and so are no fields at the desk."""
    desk = f"/admin/articles/coverage/{things['coverage'].pk}/desk/"
    for role, may in (("Reporter", False), ("Editor", True)):
        client = client_of(role)
        (photo,) = client.get(f"{desk}updates/{things['update'].pk}/").json()["photos"]
        saved = client.post(f"{desk}photos/{photo['id']}/", {"alt": "x"}, JSON).status_code
        assert (photo["changeable"], saved) == (may, 200 if may else 403)
