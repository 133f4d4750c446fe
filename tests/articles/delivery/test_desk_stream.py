"""The desk's own stream, from a real server: what only editors see, who is there, and who may still look."""

import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User

from articles.access.models import Session
from articles.admin.desk.stream import LOOK
from articles.models import Coverage
from articles.publishing import coverages, presence, updates
from tests.browser.editor import Editor

from .streams import EventStream

pytestmark = pytest.mark.django_db(transaction=True)


class DeskStream(EventStream):
    def event(self, name: str, wanted: Callable[[Any], object] = lambda facts: True) -> Any:
        """What the next event of this name says for which `wanted` holds."""
        deadline = time.monotonic() + 20
        while (said := self.next()) and time.monotonic() < deadline:
            if said[0] == name and wanted(said[1]):
                return said[1]
        raise AssertionError(f"it was not told {name}")


@pytest.fixture
def cookie(port: int, live: Coverage, data: Path) -> dict[str, str]:
    editor = Editor(port, live.pk, "anna", (data / "secret-key").read_text())
    return {"Cookie": editor.cookie, "Accept": "application/json"}


@pytest.fixture
def user(cookie: dict[str, str]) -> User:
    return User.objects.get()


def path(coverage: Coverage, after: int) -> str:
    return f"/admin/articles/coverage/{coverage.pk}/desk/stream?after={after}"


@pytest.fixture
def desk(port: int, live: Coverage, cookie: dict[str, str]) -> Iterator[DeskStream]:
    with DeskStream(port, path(live, live.revision), cookie) as opened:
        assert opened.status == 200
        opened.event("people")  # it has begun to listen
        yield opened


def test_a_draft_is_on_every_desk_and_no_readers_page(desk: DeskStream, port: int, live: Coverage) -> None:
    with EventStream(port, f"/live/{live.slug}/stream?after={live.version}") as reader:
        reader.next()
        draft = updates.post(live, state="draft", headline="Not yet").update
        said = desk.event("changes")
        assert [entry["id"] for entry in said["entries"]] == [draft.pk]
        assert said["unpublished"] == [draft.pk]
        published = updates.publish(draft)
        delta = reader.changes()
        assert delta["after"] == live.version, "the draft took no version"
        assert delta["version"] == published.version
    assert desk.event("changes")["revision"] == published.revision


def test_it_tells_how_many_read_and_how_soon_they_had_it(desk: DeskStream, port: int, live: Coverage) -> None:
    address = f"/live/{live.slug}/stream?after={live.version}"
    with EventStream(port, address) as one, EventStream(port, address) as another:
        desk.event("audience", lambda said: said["readers"] == 2)
        update = updates.post(live, headline="News").update
        said = desk.event("audience", lambda said: said["version"] == update.version)
        assert (said["readers"], said["handed"]) == (2, 2)
        assert 0 <= said["milliseconds"] < 5_000
        assert one.changes()["version"] == another.changes()["version"] == update.version
    desk.event("audience", lambda said: said["readers"] == 0)


def test_it_tells_who_is_there_and_writes_what(desk: DeskStream, live: Coverage, user: User) -> None:
    tab = uuid.uuid4()
    presence.enter(live, user, tab, 0)
    assert desk.event("people", lambda said: said["people"])["people"][0]["editing"] == 0
    presence.enter(live, user, tab, 12)
    desk.event("people", lambda said: said["people"][0]["editing"] == 12)
    presence.leave(live, user, tab)
    desk.event("people", lambda said: said["people"] == [])


def test_who_is_signed_out_elsewhere_is_shown_nothing_more(desk: DeskStream, live: Coverage) -> None:
    Session.objects.all().delete()
    updates.post(live, state="draft", headline="Secret")
    assert desk.event("goodbye") == {"why": "signed-out"}
    assert desk.next() is None


def test_nor_is_who_has_a_new_password(desk: DeskStream, live: Coverage, user: User) -> None:
    user.set_password("another horse battery")
    user.save()
    updates.post(live, state="draft", headline="Secret")
    assert desk.event("goodbye") == {"why": "signed-out"}


def test_nor_is_who_lost_the_role(desk: DeskStream, live: Coverage, user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_superuser=False)
    updates.post(live, state="draft", headline="Secret")
    assert desk.event("goodbye") == {"why": "forbidden"}


def test_nor_is_whose_role_now_demands_a_second_factor(desk: DeskStream, live: Coverage, user: User) -> None:
    user.groups.add(Group.objects.get(name="Reporter"))
    updates.post(live, state="draft", headline="Secret")
    assert desk.event("goodbye") == {"why": "signed-out"}


def test_whose_account_is_closed_is_sent_away_though_nothing_happens(desk: DeskStream, user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)
    closed = time.monotonic()
    assert desk.event("goodbye") == {"why": "signed-out"}
    assert time.monotonic() - closed < LOOK + 3


def test_a_desk_whose_coverage_is_discarded_is_told(port: int, cookie: dict[str, str]) -> None:
    coverage = coverages.create(headline="Never", slug="never")
    with DeskStream(port, path(coverage, 0), cookie) as desk:
        desk.event("people")
        coverages.discard(coverage)
        assert desk.event("goodbye") == {"why": "gone"}


def test_strangers_get_no_stream(port: int, live: Coverage, cookie: dict[str, str]) -> None:
    with EventStream(port, path(live, 0), {"Accept": "application/json"}) as stranger:
        assert stranger.status == 401
    with EventStream(port, path(live, 0).replace("after=0", "after=x"), cookie) as junk:
        assert junk.status == 400
