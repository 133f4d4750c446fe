"""The admin's log says of every change who made it: each step of the desk, each action of the lists, each page."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation

from articles.admin.coverage_actions import CoverageActions
from articles.admin.desk.beside import MOVES
from articles.admin.desk.writing import STEPS
from articles.admin.update_actions import UpdateActions
from articles.models import Coverage, Update
from articles.publishing import coverages, sources, updates

JSON = "application/json"
type Told = Callable[[], list[tuple[str, str]]]


@pytest.fixture
def told() -> Told:
    """What was logged since it was last asked: the object, and what was done to it. All of it by the chief."""

    def since() -> list[tuple[str, str]]:
        entries = list(LogEntry.objects.order_by("pk").select_related("user"))
        assert {entry.user.username for entry in entries} <= {"chief"}
        said = [(entry.object_repr, entry.get_change_message()) for entry in entries]
        LogEntry.objects.all().delete()
        return said

    return since


def send(client: Client, coverage: Coverage, path: str, **sent: Any) -> Any:
    address = f"/admin/articles/coverage/{coverage.pk}/desk/{path}"
    answer = client.post(address, json.dumps(sent), JSON, headers={"Accept": JSON})
    assert answer.status_code == 200, answer.content.decode()
    return answer.json()


WALKED = ["submit", "return", "publish", "pin", "unpin", "key", "unkey", "withdraw", "restore", "retime", "erase"]
"""Steps, in an order in which each changes something."""


def test_each_step_of_the_desk(chief: Client, coverage: Coverage, told: Told) -> None:
    assert {*WALKED, "discard"} == set(STEPS), "a step that is new is walked too"
    written = {"token": str(uuid.uuid4()), "do": "draft", "headline": "One"}
    pk = send(chief, coverage, "updates/", **written)["id"]
    assert told() == [("One", "Added.")]
    for name in WALKED:
        at = {"published_at": "2026-11-20T08:00"} if name == "retime" else {}
        send(chief, coverage, f"updates/{pk}/{name}/", reason="x", confirm="erase", **at)
        assert len(told()) == 1, name
    draft = updates.post(coverage, state="draft", headline="Two").update
    send(chief, coverage, f"updates/{draft.pk}/discard/")
    assert [name for name, _what in told()] == ["Two"]
    out = updates.post(coverage, headline="Three").update
    edited = {"headline": "Drei", "expected": out.revision, "token": str(uuid.uuid4()), "confirmed": True}
    send(chief, coverage, f"updates/{out.pk}/", **edited)
    assert told() == [("Drei", "Changed Headline.")]


def test_each_move_of_the_coverage(chief: Client, draft_coverage: Coverage, told: Told) -> None:
    walked = ["start", "undo-start", "start", "end", "reopen", "withdraw", "restore"]
    assert set(walked) == set(MOVES)
    for name in walked:
        send(chief, draft_coverage, f"coverage/{name}/", reason="x")
        assert len(told()) == 1, name
    send(chief, draft_coverage, "coverage/end/", create="The day after", start=True)
    assert told() == [("Tomorrow", "Ended"), ("The day after", "Added."), ("The day after", "Started")]


def test_in_the_language_of_the_newsroom(chief: Client, coverage: Coverage, told: Told, settings: Any) -> None:
    settings.LANGUAGE_CODE = "uk"
    with translation.override("uk"):
        send(chief, coverage, "coverage/undo-start/")
    ((_name, what),) = told()
    assert what == "Початок скасовано"


def test_what_stands_beside_the_list(
    chief: Client, coverage: Coverage, told: Told, picture: Callable[..., SimpleUploadedFile]
) -> None:
    send(chief, coverage, "key-points/", expected=coverage.key_points_version, points=[{"text": "One"}])
    now = Coverage.objects.get(pk=coverage.pk)
    send(chief, coverage, "coverage/", expected=now.header_version, summary="In short.")
    address = f"/admin/articles/coverage/{coverage.pk}/desk/photos/"
    photo = chief.post(address, {"image": picture(), "alt": "A street"}, headers={"Accept": JSON}).json()["photo"]
    send(chief, coverage, f"photos/{photo['id']}/", alt="A long street")
    assert len(told()) == 4


@pytest.mark.parametrize("action", UpdateActions.actions)
def test_each_action_on_updates(chief: Client, coverage: Coverage, told: Told, action: str) -> None:
    state = "draft" if action in {"publish", "submit", "discard"} else "published"
    one = updates.post(coverage, headline="One", state=state).update
    if action in {"unpin", "unmark_key_event"}:
        updates.pin(one)
        updates.set_key_event(one)
    if action == "restore":
        updates.withdraw(one, "x")
    sent = {"action": action, "_selected_action": [one.pk], "confirmed": "yes", "reason": "x", "index": "0"}
    chief.post("/admin/articles/update/", sent)
    assert [name for name, _what in told()] == [f"#{one.pk}" if action == "erase" else "One"]


@pytest.mark.parametrize("action", CoverageActions.actions)
def test_each_action_on_coverages(chief: Client, draft_coverage: Coverage, told: Told, action: str) -> None:
    one = draft_coverage
    if action not in {"start", "discard"}:
        one = coverages.start(one)
    if action == "reopen":
        coverages.end(one)
    if action == "restore":
        coverages.withdraw(one, "x")
    sent = {"action": action, "_selected_action": [one.pk], "confirmed": "yes", "reason": "x", "index": "0"}
    chief.post("/admin/articles/coverage/", sent)
    assert [name for name, _what in told()] == ["Tomorrow"]


def test_the_switchboard_and_taking_down(chief: Client, coverage: Coverage, told: Told) -> None:
    sent = {f"{coverage.pk}-mode": "frozen", f"{coverage.pk}-poll_seconds": "60", "coverage": coverage.slug}
    for _ in range(2):  # the second changes nothing
        chief.post("/admin/switchboard/", sent)
    assert told() == [("The day", "Switched")]
    update: Update = updates.post(coverage, headline="Wrong").update
    chief.post(f"/admin/takedown/{update.pk}/", {"reason": "It was not so"})
    assert told() == [("Wrong", "Withdrawn")]
    chief.post(f"/admin/takedown/coverage/{coverage.pk}/", {"reason": "Nor was the rest"})
    assert told() == [("The day", "Withdrawn")]


def test_accounts_and_sources(chief: Client, told: Told) -> None:
    chief.post("/admin/auth/user/add/", {"username": "new", "usable_password": "false", "_save": "1"})
    new = User.objects.get(username="new")
    chief.post(f"/admin/auth/user/{new.pk}/access/", {"sessions": ""})
    chief.post(f"/admin/auth/user/{new.pk}/delete/", {"post": "yes"})
    author = sources.author_named("Kyiv desk")
    chief.post(f"/admin/articles/author/{author.pk}/delete/", {"post": "yes"})
    assert [name for name, _what in told()] == ["new", "new", "new", "Kyiv desk"]
