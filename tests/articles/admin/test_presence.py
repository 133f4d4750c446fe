"""Who is on a desk is told by those who are there: each of themselves alone, and nobody without end."""

import json
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from articles.models import Author, Coverage, Presence


@pytest.fixture
def base(coverage: Coverage) -> str:
    return f"/admin/articles/coverage/{coverage.pk}/desk/"


def enter(client: Client, base: str, tab: str, status: int = 200, **sent: Any) -> Any:
    answer = client.post(f"{base}presence/", json.dumps({"tab": tab, **sent}), "application/json")
    assert answer.status_code == status, answer.content
    return answer.json()


def test_nobody_is_pushed_out(base: str, chief: Client, writer: Client, author: Author) -> None:
    tab = str(uuid.uuid4())
    (there,) = enter(chief, base, tab, editing=0)["people"]
    assert "somebody else" in enter(writer, base, tab, 400, user=there["user"], name="Anna Reporter")["error"]
    enter(writer, base, tab, leaving=True)
    own = str(uuid.uuid4())
    seen = enter(writer, base, own, user=there["user"], name=there["name"])["people"]
    assert [one for one in seen if one["tab"] != own] == [there]
    assert [one["user"] != there["user"] for one in seen if one["tab"] == own] == [True]


def test_nobody_is_there_more_than_twenty_times(base: str, chief: Client, writer: Client) -> None:
    tab = str(uuid.uuid4())
    enter(chief, base, tab)
    seen = [enter(writer, base, str(uuid.uuid4()))["people"] for _ in range(25)][-1]
    assert len(seen) == 21
    assert tab in {one["tab"] for one in seen}


def test_json_without_end(base: str, chief: Client) -> None:
    """Python's own limit of depth was an error of ours."""
    for address, sent in (("presence/", "[" * 100_000), ("updates/", '{"a":' * 100_000)):
        assert chief.post(base + address, sent, content_type="application/json").status_code == 400
    assert (
        chief.post(f"{base}preview/", {"payload": "[" * 100_000}, headers={"Accept": "application/json"}).status_code
        == 400
    )


def test_what_changes_nothing_costs_nothing(base: str, chief: Client) -> None:
    """Said again at once it is not written down, and leaving twice is told to nobody."""
    tab = str(uuid.uuid4())
    enter(chief, base, tab, editing=0)
    seen = Presence.objects.get().seen_at
    with CaptureQueriesContext(connection) as asked:
        enter(chief, base, tab, editing=0)
        enter(chief, base, str(uuid.uuid4()), leaving=True)
    assert Presence.objects.get().seen_at == seen
    assert not [one for one in asked if "pg_notify" in one["sql"]]
