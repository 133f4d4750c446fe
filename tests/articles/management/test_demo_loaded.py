"""The demo, loaded once from the files as they are, and played."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management.base import CommandError
from django.db.models import Sum
from django.test import override_settings

from articles.management.demo import data
from articles.models import Coverage, Photo, Update
from articles.publishing import coverages
from tests import database

from .conftest import Said, call

pytestmark = pytest.mark.django_db
type Command = Callable[..., Said]


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Said]:
    """Committed once for all; what a test changes is rolled back."""
    with django_db_blocker.unblock():
        with override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("demo")):
            said = call("demo")
        yield said
        database.empty()


def state() -> tuple[object, ...]:
    return (
        list(Coverage.objects.order_by("pk").values_list("pk", "state", "version")),
        list(Update.objects.order_by("pk").values_list("pk", "state", "version")),
        list(Photo.objects.order_by("pk").values_list("pk", "image")),
    )


def test_both_coverages_are_as_the_files_say(loaded: Said) -> None:
    sunday, monday = Coverage.objects.get(state="ended"), Coverage.objects.get(state="live")
    assert sunday.successor == monday
    for coverage, table in ((sunday, data.ended()), (monday, data.live())):
        assert coverage.slug == table["coverage"]["slug"]
        assert coverage.started_at == table["coverage"]["started_at"]
        assert coverage.ended_at == table["coverage"].get("ended_at")
        assert coverage.lead
        assert coverage.lead.text == table["coverage"]["lead"]["caption"]
        shown = list(Update.objects.published().filter(coverage=coverage).order_by("published_at", "id"))
        assert [update.published_at for update in shown] == sorted(e["published_at"] for e in table["updates"])
        assert [point.text for point in coverage.key_points.all()] == [e["text"] for e in table["key_points"]]
        assert f"/live/{coverage.slug}/" in loaded.out
    assert sunday.updates.count() >= 24
    assert monday.updates.count() >= 12
    used = {e["photo"] for t in (data.ended(), data.live()) for u in t["updates"] for e in u.get("photos", [])}
    leads = {t["coverage"]["lead"]["photo"] for t in (data.ended(), data.live())}
    assert Photo.objects.count() == len(used | leads)


def test_loading_twice_changes_nothing(loaded: Said, command: Command) -> None:
    before = state()
    assert "nothing was changed" in command("demo").out
    assert state() == before


def test_playing(loaded: Said, command: Command) -> None:
    monday = Coverage.objects.get(state="live")
    loaded_ids = set(Update.objects.values_list("pk", flat=True))
    said = command("demo", "--play", "--speed", "1000")
    assert said.out.endswith("Played to the end.\n")
    steps = data.script()
    assert f"{len(steps)}/{len(steps)}" in said.out
    assert [p.text for p in monday.key_points.all()] == [p["text"] for s in steps for p in s.get("key_points", [])]
    played = Update.objects.published().exclude(pk__in=loaded_ids)
    assert played.count() == sum(step["action"] == "post" for step in steps)
    assert Update.objects.filter(coverage=monday, pinned=True).exists()

    first = set(played.values_list("pk", flat=True))
    command("demo", "--play", "--speed", "1000", "--json")
    assert {u.state for u in Update.objects.filter(pk__in=first)} == {"withdrawn"}
    again = Update.objects.published().exclude(pk__in=loaded_ids)
    assert again.count() == len(first)
    assert not first & set(again.values_list("pk", flat=True))


def test_nothing_is_played_on_what_has_ended(loaded: Said, command: Command) -> None:
    coverages.end(Coverage.objects.get(state="live"))
    versions = Coverage.objects.aggregate(Sum("version"))
    with pytest.raises(CommandError, match="not live any more"):
        command("demo", "--play")
    assert Coverage.objects.aggregate(Sum("version")) == versions
